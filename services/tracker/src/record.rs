//! Rows of the change log for what stands beside the challans: customers, series, saved views and batches.

use changelog::Entry;
use proto_contracts::events::{Actor, Change, FieldChange};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::event;
use crate::store::batches::Batch;
use crate::store::customers::Customer;
use crate::store::series;
use crate::store::views::View;
use crate::write::Context;

const OF_CUSTOMER: [&str; 7] = ["name", "aliases", "gstin", "state", "address", "active", "merged_into"];
const OF_BATCH: [&str; 7] = ["status", "action", "matched", "done", "changed", "refused", "undo_of"];
const OF_SERIES: [&str; 4] = ["name", "template", "reset", "default"];
const OF_VIEW: [&str; 3] = ["name", "shared", "state"];

/// The entry of a changed customer.
#[must_use]
pub fn customer(context: &Context, kind: &str, before: Option<&Customer>, after: &Customer) -> Entry {
    let before = before.map(Customer::json);
    entry(context, "customer", (after.id, after.version), kind, &OF_CUSTOMER, before.as_ref(), &after.json())
}

/// Everything a customer is, as one change from nothing.
#[must_use]
pub fn of_customer(customer: &Customer) -> Vec<FieldChange> {
    event::differences(&OF_CUSTOMER, None, &customer.json())
}

/// The entry that tells a batch's maker how far it has come; `told` counts these from 1.
#[must_use]
pub fn batch(context: &Context, told: u64, batch: &Batch) -> Entry {
    let after = json!({
        "status": batch.status, "action": batch.action, "matched": batch.matched, "done": batch.done,
        "changed": batch.changed, "refused": batch.refused, "undo_of": batch.undo_of,
    });
    let kind = if told == 1 { "created" } else { "updated" };
    entry(context, "batch", (batch.id, told), kind, &OF_BATCH, None, &after)
}

/// The entry of a changed series.
#[must_use]
pub fn series(context: &Context, kind: &str, before: Option<&series::Stored>, after: &series::Stored) -> Entry {
    let before = before.map(series::Stored::json);
    entry(context, "series", (after.id, after.version), kind, &OF_SERIES, before.as_ref(), &after.json())
}

/// The entry of a saved or changed view.
#[must_use]
pub fn view(context: &Context, kind: &str, before: Option<&View>, after: &View) -> Entry {
    let before = before.map(of_view);
    entry(context, "view", (after.id, after.version), kind, &OF_VIEW, before.as_ref(), &of_view(after))
}

/// The entry of a removed view, with what it was.
#[must_use]
pub fn view_removed(context: &Context, view: &View) -> Entry {
    let nothing = json!({});
    entry(context, "view", (view.id, view.version + 1), "deleted", &OF_VIEW, Some(&of_view(view)), &nothing)
}

/// The entry of somebody's choice to open with a view, or not any more. It is no change of the view.
#[must_use]
pub fn view_chosen(context: &Context, view: &View, chooses: bool) -> Entry {
    let (before, after) = (json!({ "default_for_me": !chooses }), json!({ "default_for_me": chooses }));
    entry(context, "view", (view.id, view.version), "chosen", &["default_for_me"], Some(&before), &after)
}

/// The site's own JSON is a text here: the log's values are texts, flags, numbers and lists of texts.
fn of_view(view: &View) -> Value {
    json!({ "name": view.name, "shared": view.shared, "state": view.state.to_string() })
}

fn entry(
    context: &Context,
    entity: &str,
    (id, version): (Uuid, u64),
    kind: &str,
    names: &[&str],
    before: Option<&Value>,
    after: &Value,
) -> Entry {
    Entry::from_change(&Change {
        entity: entity.into(),
        entity_id: id.to_string(),
        version,
        kind: kind.into(),
        actor: Some(Actor { id: context.actor_id.to_string(), name: context.actor_name.clone() }),
        changes: event::differences(names, before, after),
        batch_id: context.batch_id.to_string(),
        request_id: context.request_id.clone(),
        at_micros: context.now.timestamp_micros(),
        via: context.via.into(),
        address: context.address.clone(),
        also: Vec::new(),
        row: None,
    })
}
