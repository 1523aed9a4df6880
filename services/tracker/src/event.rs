//! A challan and its changes as the events of `proto-contracts`.

use chrono::SecondsFormat;
use domain::challan::{Challan, Field};
use proto_contracts::events::{self, FieldChange, TextList, change, value};
use serde_json::Value;

/// The facts in which two states of a challan differ, with both values.
#[must_use]
pub fn changes(before: Option<&Challan>, after: &Challan) -> Vec<FieldChange> {
    let mut found = Vec::new();
    for field in Field::ALL {
        let old = before.map_or(Value::Null, |b| b.facts.get(*field));
        push(&mut found, field.as_str(), &old, &after.facts.get(*field));
    }
    let text = |v: Option<&String>| v.map_or(Value::Null, |t| Value::String(t.clone()));
    let number = before.and_then(|b| b.challan_number.as_ref());
    push(&mut found, "challan_number", &text(number), &text(after.challan_number.as_ref()));
    let reason = before.and_then(|b| b.void_reason.as_ref());
    push(&mut found, "void_reason", &text(reason), &text(after.void_reason.as_ref()));
    found
}

/// What else a change moved: with it and [`changes`] the row before can be rebuilt from the row after.
#[must_use]
pub fn also(before: Option<&Challan>, after: &Challan) -> Vec<FieldChange> {
    let Some(before) = before else { return Vec::new() };
    let instant = |t: chrono::DateTime<chrono::Utc>| Value::String(t.to_rfc3339_opts(SecondsFormat::AutoSi, true));
    let moved = |c: &Challan| {
        [
            ("customer_id", Value::String(c.customer_id.to_string())),
            ("proof_of_delivery", c.proof_of_delivery.iter().map(ToString::to_string).collect()),
            ("voided_at", c.voided_at.map_or(Value::Null, instant)),
            ("deleted_at", c.deleted_at.map_or(Value::Null, instant)),
            ("deleted_by", c.deleted_by.clone().map_or(Value::Null, Value::String)),
            ("updated_at", instant(c.updated_at)),
            ("updated_by", Value::String(c.updated_by.clone())),
        ]
    };
    let mut found = Vec::new();
    for ((field, old), (_, new)) in moved(before).iter().zip(moved(after)) {
        push(&mut found, field, old, &new);
    }
    found
}

/// The members in which two JSON objects differ, with both values, in the order of `names`.
#[must_use]
pub fn differences(names: &[&str], before: Option<&Value>, after: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    for name in names {
        push(&mut found, name, before.map_or(&Value::Null, |b| &b[*name]), &after[*name]);
    }
    found
}

/// Whether a value is none: null, false, or a list without items.
#[must_use]
pub fn is_nothing(value: &Value) -> bool {
    value.is_null() || value == &Value::Bool(false) || value.as_array().is_some_and(Vec::is_empty)
}

fn push(found: &mut Vec<FieldChange>, field: &str, old: &Value, new: &Value) {
    if old != new && !(is_nothing(old) && is_nothing(new)) {
        found.push(FieldChange { field: field.to_owned(), old: encode(old), new: encode(new) });
    }
}

/// A JSON value as an event's value; null is absent.
fn encode(value: &Value) -> Option<events::Value> {
    let kind = match value {
        Value::String(t) => value::Kind::Text(t.clone()),
        Value::Bool(b) => value::Kind::Flag(*b),
        Value::Array(items) => {
            value::Kind::List(TextList { items: items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect() })
        }
        Value::Number(n) => value::Kind::Number(n.as_i64().unwrap_or_default()),
        Value::Null | Value::Object(_) => return None,
    };
    Some(events::Value { kind: Some(kind) })
}

/// An event's value as JSON; absent is null.
#[must_use]
pub fn decode(value: Option<&events::Value>) -> Value {
    match value.and_then(|v| v.kind.as_ref()) {
        None => Value::Null,
        Some(value::Kind::Text(t)) => Value::String(t.clone()),
        Some(value::Kind::Flag(b)) => Value::Bool(*b),
        Some(value::Kind::List(l)) => l.items.clone().into(),
        Some(value::Kind::Number(n)) => (*n).into(),
    }
}

/// The row after a change.
#[must_use]
pub fn row(c: &Challan) -> change::Row {
    let f = &c.facts;
    let instant = |t: chrono::DateTime<chrono::Utc>| t.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    change::Row::Challan(events::Challan {
        id: c.id.to_string(),
        challan_number: c.challan_number.clone(),
        date: f.date.to_string(),
        customer: f.customer.clone(),
        customer_id: c.customer_id.to_string(),
        dc_summary: f.dc_summary.clone(),
        delivery_executives: f.delivery_executives.clone(),
        amount: f.amount.map(|a| a.to_string()),
        dispatched_at: f.dispatched_at.map(|w| w.to_string()),
        delivered_at: f.delivered_at.map(|w| w.to_string()),
        invoice_number: f.invoice_number.clone(),
        invoice_date: f.invoice_date.map(|d| d.to_string()),
        invoice_submission: f.invoice_submission,
        invoice_submitted_on: f.invoice_submitted_on.map(|d| d.to_string()),
        proof_of_delivery: c.proof_of_delivery.iter().map(ToString::to_string).collect(),
        pod_upload_date: f.pod_upload_date.map(|d| d.to_string()),
        received_by: f.received_by.clone(),
        remarks: f.remarks.clone(),
        voided_at: c.voided_at.map(instant),
        void_reason: c.void_reason.clone(),
        source: c.source.clone(),
        external_id: c.external_id.clone(),
        version: c.version,
        created_at: instant(c.created_at),
        created_by: c.created_by.clone(),
        updated_at: instant(c.updated_at),
        updated_by: c.updated_by.clone(),
        deleted_at: c.deleted_at.map(instant),
        deleted_by: c.deleted_by.clone(),
        stage: c.stage.as_str().to_owned(),
    })
}
