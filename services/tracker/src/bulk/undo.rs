//! Undo: the opposite of what a batch did to a row, field by field, where the row still stands as the batch left it.

use chrono::{DateTime, Utc};
use db::Tx;
use domain::challan::{Challan, Field};
use domain::identity::Permission;
use domain::rights::reach;
use proto_contracts::events::{self, Change, FieldChange, change};
use serde_json::Value;

use super::{Claimed, Desk, Judged, Refusal, row};
use crate::api::conflict;
use crate::event;
use crate::event::is_nothing;
use crate::store::challans::Stored;
use crate::store::customers;
use crate::write::{WriteError, rfc3339};

/// What a batch made of one field, all its changes of it together.
struct Net {
    field: String,
    old: Value,
    new: Value,
}

fn net<'a>(changes: impl Iterator<Item = &'a FieldChange>) -> Vec<Net> {
    let mut all: Vec<Net> = Vec::new();
    for change in changes {
        let new = event::decode(change.new.as_ref());
        match all.iter_mut().find(|n| n.field == change.field) {
            Some(known) => known.new = new,
            None => all.push(Net { field: change.field.clone(), old: event::decode(change.old.as_ref()), new }),
        }
    }
    all.retain(|n| !same(&n.old, &n.new));
    all
}

fn same(one: &Value, other: &Value) -> bool {
    one == other || (is_nothing(one) && is_nothing(other))
}

/// One row and what the batch did to it.
struct Case<'a> {
    stored: Stored,
    facts: Vec<Net>,
    also: Vec<Net>,
    made: bool,
    /// The row as the batch left it.
    left: &'a events::Challan,
    version: u64,
}

impl Case<'_> {
    fn also(&self, field: &str) -> Option<&Net> {
        self.also.iter().find(|n| n.field == field)
    }

    fn instant(&self, field: &str, old: bool) -> Option<DateTime<Utc>> {
        let net = self.also(field)?;
        let text = if old { &net.old } else { &net.new };
        DateTime::parse_from_rfc3339(text.as_str()?).ok().map(|t| t.to_utc())
    }

    /// Whether the batch took the row out of the trash.
    fn restored(&self) -> bool {
        self.also("deleted_at").is_some_and(|n| n.new.is_null())
    }
}

/// The opposite of `done`, which a batch did to this row, as far as the row's present state and its maker's rights allow.
///
/// # Errors
/// [`WriteError`]; the transaction is then to be dropped.
pub async fn judge(
    tx: &mut Tx,
    desk: &Desk<'_>,
    stored: Stored,
    done: &[Change],
    claimed: &mut Claimed,
) -> Result<Judged, WriteError> {
    let id = stored.challan.id;
    let Some(seen) = reach(desk.who, Permission::ChallanRead, &stored.challan, desk.context.now) else {
        return Ok(Refusal::row(id, "not_found", "You cannot see this challan any more.").into());
    };
    let Some((last, Some(change::Row::Challan(left)))) = done.last().map(|c| (c, c.row.as_ref())) else {
        return Ok(Judged::default());
    };
    let case = Case {
        facts: net(done.iter().flat_map(|c| &c.changes)),
        also: net(done.iter().flat_map(|c| &c.also)),
        made: done.first().is_some_and(|c| c.kind == "created"),
        left,
        version: last.version,
        stored,
    };
    let present = &case.stored.challan;
    if case.made || case.restored() {
        if present.deleted_at.is_some() {
            return Ok(Judged::default());
        }
        return to_trash(tx, desk, case, claimed).await;
    }
    if present.deleted_at.is_some() && case.left.deleted_at.is_none() {
        let by = present.deleted_by.clone().unwrap_or_default();
        let refusal = Refusal::row(id, "deleted", format!("{by} moved this challan to the trash since."));
        let at = present.deleted_at.map(rfc3339).unwrap_or_default();
        return Ok(refusal.for_theirs(Value::Null, &by, at).into());
    }
    if present.voided_at.is_some() && case.left.voided_at.is_none() {
        let refusal = Refusal::row(id, "void", "This challan was voided since.");
        let at = present.voided_at.map(rfc3339).unwrap_or_default();
        return Ok(refusal.for_theirs(Value::Null, &present.updated_by, at).into());
    }
    back(tx, desk, case, &seen, claimed).await
}

/// What the batch brought into the register goes to the trash, unless somebody touched it since.
async fn to_trash(tx: &mut Tx, desk: &Desk<'_>, case: Case<'_>, claimed: &mut Claimed) -> Result<Judged, WriteError> {
    const NEEDED: [Permission; 1] = [Permission::ChallanDelete];
    let present = case.stored.challan.clone();
    let id = present.id;
    if row::hidden(desk, &NEEDED, &present).is_none() {
        return Ok(Refusal::row(id, "forbidden", "You need the permission challan:delete for this challan.").into());
    }
    if !is_as_left(case.left, &present) {
        let detail = format!("{} changed this challan since, so it stays.", present.updated_by);
        let refusal = Refusal::row(id, "conflict", detail);
        return Ok(refusal.for_theirs(Value::Null, &present.updated_by, rfc3339(present.updated_at)).into());
    }
    let mut after = case.stored;
    after.challan.deleted_at = Some(desk.context.now);
    after.challan.deleted_by = Some(desk.context.actor_name.clone());
    Ok(match row::planned(tx, desk, present, after, "deleted", &NEEDED, claimed).await? {
        Ok(plan) => Judged { plan, refusals: Vec::new() },
        Err(refusal) => refusal.into(),
    })
}

/// Whether a row stands as it was left, but for another name of the same customer.
fn is_as_left(left: &events::Challan, present: &Challan) -> bool {
    let change::Row::Challan(mut now) = event::row(present) else { return false };
    if now.customer_id == left.customer_id {
        now.customer.clone_from(&left.customer);
    }
    now.version = left.version;
    now.updated_at.clone_from(&left.updated_at);
    now.updated_by.clone_from(&left.updated_by);
    // A batch that brought it back left these empty; the row is not in the trash, so they are.
    now == *left
}

/// Fields, the void and the trash, each by itself.
async fn back(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: Case<'_>,
    seen: &[String],
    claimed: &mut Claimed,
) -> Result<Judged, WriteError> {
    let present = case.stored.challan.clone();
    let id = present.id;
    let mut refusals = Vec::new();
    let mut after = case.stored.clone();
    let mut needed = Vec::new();
    let mut kind = "updated";
    if !case.facts.is_empty() {
        match row::hidden(desk, &[Permission::ChallanUpdate], &present) {
            None => {
                let detail = "You need the permission challan:update for this challan.";
                refusals.push(Refusal::row(id, "forbidden", detail));
            }
            Some(mut hidden) => {
                hidden.extend_from_slice(seen);
                needed.push(Permission::ChallanUpdate);
                kind = fields_back(tx, desk, &case, &hidden, &mut after, &mut refusals).await?;
            }
        }
    }
    if let Some(wrote) = case.instant("deleted_at", false).filter(|_| present.deleted_at.is_some()) {
        if row::hidden(desk, &[Permission::ChallanDelete], &present).is_none() {
            let detail = "You need the permission challan:delete for this challan.";
            refusals.push(Refusal::row(id, "forbidden", detail));
        } else if present.deleted_at != Some(wrote) {
            let by = present.deleted_by.clone().unwrap_or_default();
            let refusal = Refusal::row(id, "conflict", format!("{by} deleted this challan again since."));
            let at = present.deleted_at.map(rfc3339).unwrap_or_default();
            refusals.push(refusal.for_theirs(Value::Null, &by, at));
        } else {
            needed.push(Permission::ChallanDelete);
            after.challan.deleted_at = None;
            after.challan.deleted_by = None;
            kind = "restored";
        }
    }
    Ok(match row::planned(tx, desk, present, after, kind, &needed, claimed).await? {
        Ok(plan) => Judged { plan, refusals },
        Err(refusal) => refusal.into(),
    })
}

/// Writes the old values of fields back; gives the kind of the change.
async fn fields_back(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case<'_>,
    hidden: &[String],
    after: &mut Stored,
    refusals: &mut Vec<Refusal>,
) -> Result<&'static str, WriteError> {
    let present = &case.stored.challan;
    let mut kind = "updated";
    let mut moved = Vec::new();
    for net in &case.facts {
        let name = net.field.as_str();
        if hidden.iter().any(|h| h == name) {
            let detail = format!("The field {name} is hidden from you.");
            refusals.push(Refusal::field(present.id, name, "hidden", detail));
        } else if name == "challan_number" {
            let detail = "A number that was taken stays: an issued challan is not a draft again.";
            let now = present.challan_number.clone().map_or(Value::Null, Value::String);
            refusals.push(Refusal { now, ..Refusal::field(present.id, name, "number_kept", detail) });
        } else if name == "void_reason" {
            match void_back(case, net, &mut after.challan) {
                Some(becomes) => kind = becomes,
                None => moved.push((name, void_reason(present))),
            }
        } else if let Some(field) = Field::parse(name) {
            if stands(case, field, net) {
                field_back(tx, case, field, net, after).await?;
            } else if !same(&present.facts.get(field), &net.old) {
                moved.push((name, present.facts.get(field)));
            }
        }
    }
    if !moved.is_empty() {
        let since = conflict::since(desk.log, tx, present, case.version).await?.unwrap_or_default();
        for (name, now) in moved {
            let last = || (present.updated_by.clone(), rfc3339(present.updated_at));
            let (by, at) = since.get(name).map_or_else(last, |s| (s.by.clone(), s.at.clone()));
            let refusal = Refusal::field(present.id, name, "conflict", format!("{by} changed this since."));
            refusals.push(refusal.for_theirs(now, &by, at));
        }
    }
    Ok(kind)
}

fn void_reason(challan: &Challan) -> Value {
    challan.void_reason.clone().map_or(Value::Null, Value::String)
}

/// Voids again or takes the void back; the number was kept all the while. None where somebody else did since.
fn void_back(case: &Case<'_>, net: &Net, after: &mut Challan) -> Option<&'static str> {
    if after.voided_at != case.instant("voided_at", false) || !same(&void_reason(after), &net.new) {
        return same(&void_reason(after), &net.old).then_some("updated");
    }
    after.voided_at = case.instant("voided_at", true);
    after.void_reason = net.old.as_str().map(str::to_owned);
    Some(if after.voided_at.is_some() { "voided" } else { "updated" })
}

/// Whether a field stands as the batch left it. Number and date of an invoice count as one; a customer is who it is,
/// whatever its name.
fn stands(case: &Case<'_>, field: Field, net: &Net) -> bool {
    let present = &case.stored.challan;
    let date = present.facts.invoice_date.map(|d| d.to_string());
    match field {
        Field::Customer if present.customer_id.to_string() == case.left.customer_id => true,
        Field::InvoiceNumber | Field::InvoiceDate => {
            present.facts.invoice_number == case.left.invoice_number && date == case.left.invoice_date
        }
        _ => same(&present.facts.get(field), &net.new),
    }
}

async fn field_back(
    tx: &mut Tx,
    case: &Case<'_>,
    field: Field,
    net: &Net,
    after: &mut Stored,
) -> Result<(), WriteError> {
    let id = case.also("customer_id").and_then(|n| n.old.as_str()).and_then(|id| id.parse().ok());
    if let (Field::Customer, Some(id)) = (field, id)
        && let Some(named) = customers::present(tx, id).await?
    {
        after.challan.customer_id = named.id;
        after.challan.facts.customer.clone_from(&named.name);
        return Ok(());
    }
    // A value that was stored once can be set; were it not so, it would stay.
    if let Err(reason) = after.challan.facts.set(field, &net.old) {
        tracing::warn!(field = field.as_str(), %reason, "a former value cannot be written back");
    }
    Ok(())
}
