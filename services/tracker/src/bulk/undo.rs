//! Undo: the opposite of what a batch did to a row, field by field, where the row still stands as the batch left it.

use chrono::{DateTime, Utc};
use db::Tx;
use domain::challan::{Challan, Field, HIDDEN_RULE, weighed};
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

    /// When the batch moved the row to the trash.
    fn deleted(&self) -> Option<DateTime<Utc>> {
        self.also("deleted_at").filter(|n| n.old.is_null())?;
        self.instant("deleted_at", false)
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
    if present.deleted_at.is_some() && (case.made || case.restored() && case.facts.is_empty()) {
        return Ok(Judged::default());
    }
    if case.made {
        return back(tx, desk, &case, &seen, claimed).await;
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
        let since = conflict::since(desk.log, tx, present, case.version).await?.unwrap_or_default();
        let by = since.get("void_reason").map_or(&present.updated_by, |s| &s.by);
        return Ok(refusal.for_theirs(Value::Null, by, at).into());
    }
    back(tx, desk, &case, &seen, claimed).await
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

/// What undoing comes to so far.
struct Opposite<'a> {
    /// The row with all of it but `fields`.
    after: Stored,
    /// The fields that are to have their old values.
    fields: Vec<(Field, &'a Net)>,
    needed: Vec<Permission>,
    kind: &'static str,
    refusals: Vec<Refusal>,
}

/// Fields, the void and the trash, each by itself.
async fn back(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case<'_>,
    seen: &[String],
    claimed: &mut Claimed,
) -> Result<Judged, WriteError> {
    let present = &case.stored.challan;
    let mut hidden = seen.to_vec();
    let (fields, needed, refusals) = (Vec::new(), Vec::new(), Vec::new());
    let mut opposite = Opposite { after: case.stored.clone(), fields, needed, kind: "updated", refusals };
    if !case.made && !case.facts.is_empty() {
        match row::hidden(desk, &[Permission::ChallanUpdate], present) {
            None => {
                let detail = "You need the permission challan:update for this challan.";
                opposite.refusals.push(Refusal::row(present.id, "forbidden", detail));
            }
            Some(more) => {
                hidden.extend(more);
                opposite.needed.push(Permission::ChallanUpdate);
                fields_back(tx, desk, case, &hidden, &mut opposite).await?;
            }
        }
    }
    trash_back(tx, desk, case, &mut opposite).await?;
    judged(tx, desk, case, &hidden, opposite, claimed).await
}

/// What the batch brought into the register goes to the trash, unless somebody touched it since; what it moved there comes back.
async fn trash_back(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case<'_>,
    opposite: &mut Opposite<'_>,
) -> Result<(), WriteError> {
    let present = &case.stored.challan;
    let id = present.id;
    let goes = case.made || case.restored();
    let wrote = case.deleted().filter(|_| !case.made && present.deleted_at.is_some());
    if !goes && wrote.is_none() {
        return Ok(());
    }
    if row::hidden(desk, &[Permission::ChallanDelete], present).is_none() {
        let detail = "You need the permission challan:delete for this challan.";
        opposite.refusals.push(Refusal::row(id, "forbidden", detail));
        return Ok(());
    }
    let in_the_way = if goes {
        touched(tx, desk, case)
            .await?
            .map(|(by, at)| (format!("{by} changed this challan since, so it stays."), by, at))
    } else {
        let at = present.deleted_at.filter(|at| Some(*at) != wrote).map(rfc3339);
        let by = present.deleted_by.clone().unwrap_or_default();
        at.map(|at| (format!("{by} deleted this challan again since."), by, at))
    };
    if let Some((detail, by, at)) = in_the_way {
        opposite.refusals.push(Refusal::row(id, "conflict", detail).for_theirs(Value::Null, &by, at));
        return Ok(());
    }
    opposite.needed.push(Permission::ChallanDelete);
    opposite.kind = if goes { "deleted" } else { "restored" };
    opposite.after.challan.deleted_at = goes.then_some(desk.context.now);
    opposite.after.challan.deleted_by = goes.then(|| desk.context.actor_name.clone());
    Ok(())
}

/// Who touched the row since the batch, and when: its maker or somebody else so that it shows, or somebody else at all.
async fn touched(tx: &mut Tx, desk: &Desk<'_>, case: &Case<'_>) -> Result<Option<(String, String)>, WriteError> {
    let present = &case.stored.challan;
    let others = conflict::written_by_others(desk.log, tx, present, case.version, desk.context.actor_id).await?;
    let last = || (!is_as_left(case.left, present)).then(|| (present.updated_by.clone(), rfc3339(present.updated_at)));
    Ok(others.or_else(last))
}

/// Finds the fields that are to have their old values, takes a void back, and says what somebody else wrote since.
async fn fields_back<'a>(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &'a Case<'_>,
    hidden: &[String],
    opposite: &mut Opposite<'a>,
) -> Result<(), WriteError> {
    let present = &case.stored.challan;
    let mut moved = Vec::new();
    for net in &case.facts {
        let name = net.field.as_str();
        if hidden.iter().any(|h| h == name) {
            let detail = format!("The field {name} is hidden from you.");
            opposite.refusals.push(Refusal::field(present.id, name, "hidden", detail));
        } else if name == "challan_number" {
            let detail = "A number that was taken stays: an issued challan is not a draft again.";
            let now = present.challan_number.clone().map_or(Value::Null, Value::String);
            opposite.refusals.push(Refusal { now, ..Refusal::field(present.id, name, "number_kept", detail) });
        } else if name == "void_reason" {
            match void_back(case, net, &mut opposite.after.challan) {
                Some(becomes) => opposite.kind = becomes,
                None => moved.push((name, void_reason(present))),
            }
        } else if let Some(field) = Field::parse(name) {
            if stands(case, field, net) {
                opposite.fields.push((field, net));
            } else if !same(&present.facts.get(field), &net.old) {
                moved.push((name, present.facts.get(field)));
            }
        }
    }
    if !moved.is_empty() {
        let since = conflict::since(desk.log, tx, present, case.version).await?.unwrap_or_default();
        for (name, now) in moved {
            let last = || (present.updated_by.clone(), rfc3339(present.updated_at));
            let twin = || since.get(Field::parse(name)?.twin()?.as_str());
            let (by, at) = since.get(name).or_else(twin).map_or_else(last, |s| (s.by.clone(), s.at.clone()));
            let refusal = Refusal::field(present.id, name, "conflict", format!("{by} changed this since."));
            opposite.refusals.push(refusal.for_theirs(now, &by, at));
        }
    }
    Ok(())
}

/// The change that undoes as much as the rules allow: where they refuse the row with all old values, the fields that the broken
/// rule weighs stay as they are.
async fn judged(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case<'_>,
    hidden: &[String],
    mut opposite: Opposite<'_>,
    claimed: &mut Claimed,
) -> Result<Judged, WriteError> {
    let present = &case.stored.challan;
    loop {
        let mut after = opposite.after.clone();
        for (field, net) in &opposite.fields {
            field_back(tx, case, *field, net, &mut after).await?;
        }
        let refusal = match row::checked(desk, present, &after.challan, opposite.kind) {
            Err(errors) => Refusal::rule(present.id, &errors),
            Ok(()) => {
                let needed = &opposite.needed;
                match row::planned(tx, desk, present.clone(), after, opposite.kind, needed, claimed).await? {
                    Ok(plan) => return Ok(Judged { plan, refusals: opposite.refusals }),
                    Err(refusal) => refusal,
                }
            }
        };
        let weighed = refusal.field.as_deref().map(|field| weighed(field, refusal.code)).unwrap_or_default();
        let is_weighed = |field: Field| weighed.iter().any(|w| *w == field || w.twin() == Some(field));
        let (stay, go) = opposite.fields.into_iter().partition(|(field, _)| is_weighed(*field));
        opposite.fields = go;
        let stay: Vec<Field> = stay.into_iter().map(|(field, _)| field).collect();
        let is_hidden = weighed.iter().any(|w| hidden.iter().any(|h| h == w.as_str()));
        if stay.is_empty() {
            let veiled = Refusal::row(present.id, HIDDEN_RULE.0, HIDDEN_RULE.1);
            return Ok(if is_hidden { veiled } else { refusal }.into());
        }
        let since = conflict::since(desk.log, tx, present, case.version).await?.unwrap_or_default();
        let theirs = weighed.iter().find_map(|w| since.get(w.as_str())).filter(|_| !is_hidden);
        for field in stay {
            let (code, why) = if is_hidden { HIDDEN_RULE } else { (refusal.code, refusal.detail.as_str()) };
            let stays = Refusal::field(present.id, field.as_str(), code, format!("This stays as it is. {why}"));
            let now = present.facts.get(field);
            opposite.refusals.push(match theirs {
                Some(since) => stays.for_theirs(now, &since.by, since.at.clone()),
                None => Refusal { now, ..stays },
            });
        }
    }
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
