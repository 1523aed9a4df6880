//! An event of the log as a browser gets it, encoded once for everybody whose view of the row is whole.

use std::borrow::Cow;

use chrono::{DateTime, SecondsFormat};
use domain::challan::Challan;
use proto_contracts::events::{self, Change, change};
use serde_json::{Map, Value, json};

/// One change of a challan.
#[derive(Debug)]
pub(crate) struct Event {
    /// Its place in the log.
    pub(crate) seq: u64,
    /// The row after it, for asking who may see it.
    pub(crate) challan: Challan,
    /// The row's JSON, without `hidden`.
    row: Map<String, Value>,
    kind: String,
    changed: Vec<String>,
    by: String,
    at: String,
    /// The data line for those from whom nothing is hidden.
    whole: String,
}

impl Event {
    /// The event of a log row; none where the row is not a challan's.
    pub(crate) fn read(seq: u64, change: Change) -> Option<Event> {
        let Some(change::Row::Challan(row)) = change.row else { return None };
        let row = json_of(&row);
        let challan: Challan = serde_json::from_value(Value::Object(row.clone())).ok()?;
        let at = DateTime::from_timestamp_micros(change.at_micros)?.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let mut event = Event {
            seq,
            challan,
            row,
            kind: change.kind,
            changed: change.changes.into_iter().map(|c| c.field).collect(),
            by: change.actor.unwrap_or_default().name,
            at,
            whole: String::new(),
        };
        event.whole = event.encoded(&[]);
        Some(event)
    }

    /// The data line for somebody from whom `hidden` columns are kept.
    pub(crate) fn data(&self, hidden: &[String]) -> Cow<'_, str> {
        if hidden.is_empty() { Cow::Borrowed(&self.whole) } else { Cow::Owned(self.encoded(hidden)) }
    }

    /// JSON on one line: `serde_json` escapes every control character, so no text can forge an event.
    fn encoded(&self, hidden: &[String]) -> String {
        let mut row = self.row.clone();
        for column in hidden {
            if let Some(value) = row.get_mut(column) {
                *value = Value::Null;
            }
        }
        row.insert("hidden".into(), json!(hidden));
        let changed: Vec<&String> = self.changed.iter().filter(|c| !hidden.contains(c)).collect();
        json!({ "kind": self.kind, "challan": row, "changed": changed, "by": self.by, "at": self.at }).to_string()
    }
}

/// The row as the register's own answers have it: absent is `null`.
fn json_of(c: &events::Challan) -> Map<String, Value> {
    let value = json!({
        "id": c.id, "challan_number": c.challan_number, "date": c.date, "customer": c.customer,
        "customer_id": c.customer_id, "dc_summary": c.dc_summary, "delivery_executives": c.delivery_executives,
        "amount": c.amount, "dispatched_at": c.dispatched_at, "delivered_at": c.delivered_at,
        "invoice_number": c.invoice_number, "invoice_date": c.invoice_date,
        "invoice_submission": c.invoice_submission, "invoice_submitted_on": c.invoice_submitted_on,
        "proof_of_delivery": c.proof_of_delivery, "pod_upload_date": c.pod_upload_date,
        "received_by": c.received_by, "remarks": c.remarks, "stage": c.stage, "voided_at": c.voided_at,
        "void_reason": c.void_reason, "source": c.source, "external_id": c.external_id, "version": c.version,
        "created_at": c.created_at, "created_by": c.created_by, "updated_at": c.updated_at,
        "updated_by": c.updated_by, "deleted_at": c.deleted_at, "deleted_by": c.deleted_by,
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
