//! Changes of rows as a paste, a fill or a bulk edit asks for them.

use db::Tx;
use domain::challan::{Challan, Field, Stage};
use domain::filter::Filter;
use domain::fold::fold;
use domain::identity::Permission;
use domain::rights::reach;
use serde_json::{Map, Value};

use super::{Claimed, Desk, Judged, Refusal, row};
use crate::api::challans::set;
use crate::api::conflict;
use crate::event;
use crate::store::challans::Stored;
use crate::write::{IN_TRASH, Planned, VOID, WriteError, rfc3339};

/// What changing facts needs.
pub const UPDATE: [Permission; 2] = [Permission::ChallanUpdate, Permission::ChallanBulk];
/// What deleting and restoring needs.
pub const DELETE: [Permission; 2] = [Permission::ChallanDelete, Permission::ChallanBulk];

/// What merging executives needs. A merge moves challans into and out of the reach of those who have a right to their own
/// deliveries, so nobody may do it to a challan that they could not change by hand.
pub const MERGE: [Permission; 3] = [Permission::CustomerManage, Permission::ChallanRead, Permission::ChallanUpdate];

/// A change of the whole row.
#[derive(Clone, Copy, Debug)]
pub enum Whole<'a> {
    /// To the trash.
    Delete,
    /// Out of the trash.
    Restore,
    /// Cancelled, for this reason.
    Void(&'a str),
}

/// Why this person may not use `permissions` on the row; else what is hidden from them there.
fn allowed(desk: &Desk<'_>, permissions: &[Permission], present: &Challan) -> Result<Vec<String>, Refusal> {
    let id = present.id;
    let Some(mut hidden) = reach(desk.who, Permission::ChallanRead, present, desk.context.now) else {
        return Err(Refusal::row(id, "not_found", "There is no such challan that you can see."));
    };
    let needed = || {
        let words: Vec<&str> = permissions.iter().map(|p| p.as_str()).collect();
        Refusal::row(id, "forbidden", format!("You need {} for this challan.", words.join(" and ")))
    };
    hidden.extend(row::hidden(desk, permissions, present).ok_or_else(needed)?);
    Ok(hidden)
}

/// Sets facts of a row that was seen at version `base`; changes of other fields since then merge.
///
/// # Errors
/// [`WriteError`]; the transaction is then to be dropped.
pub async fn facts(
    tx: &mut Tx,
    desk: &Desk<'_>,
    stored: Stored,
    given: &Map<String, Value>,
    base: u64,
    claimed: &mut Claimed,
) -> Result<Judged, WriteError> {
    let present = stored.challan.clone();
    let id = present.id;
    let hidden = match allowed(desk, &UPDATE, &present) {
        Ok(hidden) => hidden,
        Err(refusal) => return Ok(refusal.into()),
    };
    if present.deleted_at.is_some() {
        return Ok(Refusal::row(id, IN_TRASH.0, IN_TRASH.1).into());
    }
    if present.voided_at.is_some() {
        return Ok(Refusal::row(id, VOID.0, VOID.1).into());
    }
    if let Some(name) = given.keys().find(|name| hidden.contains(name)) {
        return Ok(Refusal::field(id, name, "hidden", format!("The field {name} is hidden from you.")).into());
    }
    let conflicts = conflicts(tx, desk, &present, given, base).await?;
    if !conflicts.is_empty() {
        return Ok(Judged { plan: None, refusals: conflicts });
    }
    let mut after = stored;
    if let Err(errors) = set(&mut after.challan.facts, given) {
        return Ok(Judged { plan: None, refusals: Refusal::rules(id, &errors) });
    }
    ended(row::planned(tx, desk, present, after, "updated", &UPDATE, claimed).await?)
}

/// Fields that somebody changed since, with what stands there now. None of those given is hidden from the maker.
async fn conflicts(
    tx: &mut Tx,
    desk: &Desk<'_>,
    present: &Challan,
    given: &Map<String, Value>,
    base: u64,
) -> Result<Vec<Refusal>, WriteError> {
    if base == present.version {
        return Ok(Vec::new());
    }
    let id = present.id;
    let Some(since) = conflict::since(desk.log, tx, present, base).await? else {
        let detail = format!("Version {base} is not one of this challan; read it again.");
        return Ok(vec![Refusal::row(id, "conflict", detail)]);
    };
    let found = conflict::conflicts(tx, present, given, &since).await?.into_iter().filter_map(|conflict| {
        let field = conflict["field"].as_str()?;
        let by = conflict["by"].as_str().map(str::to_owned);
        let detail = format!("{} changed this meanwhile.", by.as_deref().unwrap_or("Somebody"));
        let now = conflict["theirs"].clone();
        let at = conflict["at"].as_str().map(str::to_owned);
        Some(Refusal { now, by, at, ..Refusal::field(id, field, "conflict", detail) })
    });
    Ok(found.collect())
}

/// Deletes, restores or voids a row that was seen at version `base`.
///
/// # Errors
/// [`WriteError`]; the transaction is then to be dropped.
pub async fn whole(
    tx: &mut Tx,
    desk: &Desk<'_>,
    stored: Stored,
    what: Whole<'_>,
    base: u64,
    claimed: &mut Claimed,
) -> Result<Judged, WriteError> {
    let present = stored.challan.clone();
    let id = present.id;
    let needed = if let Whole::Void(_) = what { &UPDATE } else { &DELETE };
    if let Err(refusal) = allowed(desk, needed, &present) {
        return Ok(refusal.into());
    }
    let is_so_already = match what {
        Whole::Delete => present.deleted_at.is_some(),
        Whole::Restore => present.deleted_at.is_none(),
        Whole::Void(_) => present.voided_at.is_some(),
    };
    if is_so_already {
        return Ok(Judged::default());
    }
    if present.version != base {
        let detail = format!("{} changed this challan meanwhile.", present.updated_by);
        let refusal = Refusal::row(id, "conflict", detail);
        return Ok(refusal.for_theirs(Value::Null, &present.updated_by, rfc3339(present.updated_at)).into());
    }
    let mut after = stored;
    let challan = &mut after.challan;
    let kind = match what {
        Whole::Delete => {
            challan.deleted_at = Some(desk.context.now);
            challan.deleted_by = Some(desk.context.actor_name.clone());
            "deleted"
        }
        Whole::Restore => {
            challan.deleted_at = None;
            challan.deleted_by = None;
            "restored"
        }
        Whole::Void(_) if present.deleted_at.is_some() => {
            return Ok(Refusal::row(id, IN_TRASH.0, IN_TRASH.1).into());
        }
        Whole::Void(_) if present.stage == Stage::Draft => {
            return Ok(Refusal::row(id, "draft", "A draft is deleted, not voided.").into());
        }
        Whole::Void(reason) => {
            challan.voided_at = Some(desk.context.now);
            challan.void_reason = Some(reason.to_owned());
            "voided"
        }
    };
    ended(row::planned(tx, desk, present, after, kind, needed, claimed).await?)
}

/// Writes `into` where the row has `name` among its executives, each name once. Void challans and those in the trash have their
/// executives too, and what others wrote since the row was found stays.
///
/// # Errors
/// [`WriteError`]; the transaction is then to be dropped.
pub async fn executive(
    tx: &mut Tx,
    desk: &Desk<'_>,
    stored: Stored,
    (name, into): (&str, &str),
    claimed: &mut Claimed,
) -> Result<Judged, WriteError> {
    let field = Field::DeliveryExecutives.as_str();
    let present = stored.challan.clone();
    let id = present.id;
    match allowed(desk, &MERGE, &present) {
        Ok(hidden) if hidden.iter().any(|h| h == field) => {
            return Ok(Refusal::field(id, field, "hidden", format!("The field {field} is hidden from you.")).into());
        }
        Ok(_) => {}
        Err(refusal) => return Ok(refusal.into()),
    }
    let mut after = stored;
    let names = &mut after.challan.facts.delivery_executives;
    *names = merged(names, name, into);
    ended(row::planned(tx, desk, present, after, "updated", &MERGE, claimed).await?)
}

/// `names` with `into` in the place of `name`; the same where `name` is none of them.
fn merged(names: &[String], name: &str, into: &str) -> Vec<String> {
    let (gone, kept) = (fold(name), fold(into));
    if !names.iter().any(|n| fold(n) == gone) {
        return names.to_vec();
    }
    let is_one = |n: &String| [&gone, &kept].contains(&&fold(n));
    let first = names.iter().position(is_one);
    let each = names.iter().enumerate().filter(|(i, n)| Some(*i) == first || !is_one(n));
    each.map(|(i, n)| if Some(i) == first { into.to_owned() } else { n.clone() }).collect()
}

fn ended(planned: Result<Option<Planned>, Refusal>) -> Result<Judged, WriteError> {
    Ok(match planned {
        Ok(plan) => Judged { plan, refusals: Vec::new() },
        Err(refusal) => refusal.into(),
    })
}

/// Whether a row that was changed since it was found by `filter` is still one of it.
#[must_use]
pub fn still_matches(desk: &Desk<'_>, filter: &Filter, present: &Challan) -> bool {
    reach(desk.who, Permission::ChallanRead, present, desk.context.now)
        .is_some_and(|hidden| filter.matches(present, &hidden, desk.context.today(), desk.context.tz))
}

/// The fields in which a plan differs from the row as it stands, less what is hidden from the maker.
#[must_use]
pub fn differences(desk: &Desk<'_>, plan: &Planned) -> Vec<Value> {
    let after = &plan.after.challan;
    let hidden = reach(desk.who, Permission::ChallanRead, after, desk.context.now).unwrap_or_default();
    let old = |field: Field| plan.before.as_ref().map_or(Value::Null, |b| b.facts.get(field));
    let shown = Field::ALL.iter().filter(|f| !hidden.iter().any(|h| h == f.as_str()));
    shown
        .map(|f| (f, old(*f), after.facts.get(*f)))
        .filter(|(_, old, new)| old != new && !(event::is_nothing(old) && event::is_nothing(new)))
        .map(|(f, old, new)| serde_json::json!({ "field": f.as_str(), "old": old, "new": new }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::merged;

    #[test]
    fn two_names_become_one_in_the_place_of_the_first() {
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
            merged(&names, "ravi k", "Ravi Kumar").join(", ")
        };
        assert_eq!(of(&["Meena", " RAVI  K", "Gita"]), "Meena, Ravi Kumar, Gita");
        assert_eq!(of(&["ravi kumar", "Gita", "Ravi K", "RAVI K"]), "Ravi Kumar, Gita");
        assert_eq!(of(&["ravi kumar", "Ravi"]), "ravi kumar, Ravi", "who does not have the name is left alone");
        assert_eq!(merged(&["RAVI K".into(), "ravi k".into()], "Ravi K", "Ravi K"), ["Ravi K"], "another spelling");
    }
}
