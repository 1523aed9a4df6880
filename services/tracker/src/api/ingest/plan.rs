//! What one row asks for, given the challan as it stands.

use std::collections::HashMap;

use domain::challan::{Challan, Facts, Field, check, financial_year};
use domain::fold::fold;
use domain::reason::{Errors, Reason};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::limits::Limits;
use super::outcome::Outcome;
use super::read::{Sent, one};
use crate::api::challans::{fresh, new_facts, set};
use crate::store::challans::Stored;
use crate::store::customers::Named;
use crate::store::numbers::Taken;
use crate::write::{self, Context, NUMBER_TAKEN, Planned, VOID};

/// What a row comes to.
pub(super) enum Plan {
    /// A change to be written, and its word.
    Write(Box<Planned>, &'static str),
    /// The challan stays as it is, and what its source sent last is kept beside it: the next message is compared with that.
    Heard(Box<Stored>),
    /// It is known already.
    Nothing,
}

/// What one row asks for, given the row as it stands, within `limits`. `taken` are the numbers that are given away.
pub(super) fn plan(
    row: &Sent,
    stored: Option<&Stored>,
    named: &HashMap<String, Named>,
    taken: &Taken,
    limits: &Limits<'_>,
    context: &Context,
) -> Result<Plan, Box<Outcome>> {
    let refused = |errors: Errors| Box::new(limits.broken(row, stored, &errors));
    let Some(stored) = stored else {
        if row.delete {
            return Ok(Plan::Nothing);
        }
        return plan_new(row, taken, context).map_err(refused);
    };
    if stored.occurred_at.zip(row.occurred_at).is_some_and(|(old, new)| new < old) {
        return Ok(Plan::Nothing);
    }
    if row.delete {
        return Ok(plan_delete(row, stored, context));
    }
    let (after, conflicts) = merged(row, stored, named).map_err(refused)?;
    if !conflicts.is_empty() {
        return Err(Box::new(Outcome::conflicting(row, &stored.challan, conflicts)));
    }
    plan_change(row, stored, after, named, taken, context).map_err(refused)
}

fn plan_new(row: &Sent, taken: &Taken, context: &Context) -> Result<Plan, Errors> {
    let facts = new_facts(&row.facts, row.draft, context)?;
    let mut challan = fresh(facts, Uuid::now_v7(), context);
    challan.source = Some(row.source.clone());
    challan.external_id = Some(row.external_id.clone());
    if let Some(number) = &row.number {
        if taken.contains_key(&(financial_year(challan.facts.date), number.clone())) {
            return Err(number_taken());
        }
        challan.challan_number = Some(number.clone());
    }
    let after = Stored { challan, source_base: Some(Value::Object(row.facts.clone())), occurred_at: row.occurred_at };
    Ok(Plan::Write(Box::new(Planned::new(after, row.number.is_none() && !row.draft, context)), "created"))
}

fn plan_delete(row: &Sent, stored: &Stored, context: &Context) -> Plan {
    let mut after = stored.clone();
    after.occurred_at = row.occurred_at.or(stored.occurred_at);
    let mut base = stored.source_base.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    base.insert(DELETED.0.into(), DELETED.1.into());
    after.source_base = Some(base.into());
    if stored.challan.deleted_at.is_some() {
        return heard(stored, after);
    }
    after.challan.deleted_at = Some(context.now);
    after.challan.deleted_by = Some(context.actor_name.clone());
    Plan::Write(Box::new(Planned::change(stored.challan.clone(), after, "deleted", context)), "updated")
}

/// What stands beside the facts that a source last sent where its last message was that the challan is deleted.
const DELETED: (&str, &str) = ("op", "delete");

/// Whether a source means more by this row than what it said before, so that a challan comes out of the trash: its row is a later
/// one, or another one, or the source itself had deleted it. A row that is merely sent again does not undo a clerk.
fn is_news(row: &Sent, stored: &Stored, named: &HashMap<String, Named>) -> bool {
    let base = stored.source_base.as_ref().and_then(Value::as_object);
    let is_later = row.occurred_at.is_some_and(|new| stored.occurred_at.is_none_or(|old| new > old));
    let said = |name: &str| base.and_then(|base| base.get(name));
    let mut meaning = Meaning { facts: stored.challan.facts.clone(), named };
    let is_new = |(name, value): (&String, &Value)| match Field::parse(name) {
        Some(field) => !meaning.is_same(field, said(name).unwrap_or(&Value::Null), value),
        None => true,
    };
    is_later || said(DELETED.0).is_some() || row.facts.iter().any(is_new)
}

/// The number of a challan, which may be drawn once and is never changed.
fn numbered(row: &Sent, stored: &Stored, after: &mut Challan, taken: &Taken) -> Result<(), Errors> {
    let year = financial_year(after.facts.date);
    let is_anothers = |number: &String| taken.get(&(year, number.clone())).is_some_and(|by| *by != after.id);
    match (&stored.challan.challan_number, &row.number) {
        (Some(own), Some(given)) if own != given => {
            Err(one("challan_number", "number_kept", "A challan keeps the number it has."))
        }
        (Some(own), _) if year != financial_year(stored.challan.facts.date) && is_anothers(own) => {
            Err(one("date", NUMBER_TAKEN.0, NUMBER_TAKEN.1))
        }
        (None, Some(given)) if is_anothers(given) => Err(number_taken()),
        (None, Some(given)) => {
            after.challan_number = Some(given.clone());
            Ok(())
        }
        _ => Ok(()),
    }
}

fn number_taken() -> Errors {
    one("challan_number", "number_taken", "Another challan has this number in this financial year, or had it.")
}

/// What values mean, however their source writes them.
struct Meaning<'a> {
    /// Of any challan: values are read in it.
    facts: Facts,
    named: &'a HashMap<String, Named>,
}

impl Meaning<'_> {
    /// The value as it would be stored.
    fn of(&mut self, field: Field, value: &Value) -> Result<Value, Reason> {
        self.facts.set(field, value)?;
        Ok(self.facts.get(field))
    }

    /// Whether a source means the same by both.
    fn is_same(&mut self, field: Field, one: &Value, other: &Value) -> bool {
        one == other
            || self
                .of(field, one)
                .is_ok_and(|one| self.of(field, other).is_ok_and(|other| self.is_one(field, &one, &other)))
    }

    /// Whether two values as they would be stored are one; a customer is so by any of its names.
    fn is_one(&self, field: Field, one: &Value, other: &Value) -> bool {
        let (Field::Customer, Some(one), Some(other)) = (field, one.as_str(), other.as_str()) else {
            return one == other;
        };
        let (one, other) = (fold(one), fold(other));
        let id = |name: &String| self.named.get(name).map(|named| named.id);
        one == other || id(&one).zip(id(&other)).is_some_and(|(one, other)| one == other)
    }

    /// Whether a field is `now` another one than its source sent; an invoice's number and date count as one. What it never sent was
    /// nothing to it: the row is its own.
    fn is_moved(&mut self, field: Field, base: &Map<String, Value>, now: &Facts) -> bool {
        [Some(field), field.twin()].into_iter().flatten().any(|half| {
            let sent = base.get(half.as_str()).unwrap_or(&Value::Null);
            self.of(half, sent).is_ok_and(|then| !self.is_one(half, &then, &now.get(half)))
        })
    }
}

/// The row with the fields that its source changed since it last sent them, and those that were changed here as well.
fn merged(row: &Sent, stored: &Stored, named: &HashMap<String, Named>) -> Result<(Stored, Vec<Value>), Errors> {
    let mut base = stored.source_base.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let (mut after, facts) = (stored.clone(), &stored.challan.facts);
    let mut meaning = Meaning { facts: facts.clone(), named };
    let mut conflicts = Vec::new();
    for (name, value) in &row.facts {
        if let Some(field) = Field::parse(name) {
            if base.get(name).is_some_and(|said| meaning.is_same(field, said, value)) {
                continue;
            }
            let mine = meaning.of(field, value).map_err(|reason| Errors::of(name, reason))?;
            let now = facts.get(field);
            if meaning.is_moved(field, &base, facts) && !meaning.is_one(field, &mine, &now) {
                conflicts.push(json!({
                    "field": name, "mine": mine, "theirs": now,
                    "by": stored.challan.updated_by, "at": write::rfc3339(stored.challan.updated_at),
                }));
                continue;
            }
        }
        set(&mut after.challan.facts, &Map::from_iter([(name.clone(), value.clone())]))?;
    }
    base.remove(DELETED.0);
    base.extend(row.facts.clone());
    after.source_base = Some(base.into());
    after.occurred_at = row.occurred_at.or(stored.occurred_at);
    Ok((after, conflicts))
}

/// A field sent as before is no change. A draft takes its number with the first row that does not call it one.
fn plan_change(
    row: &Sent,
    stored: &Stored,
    mut after: Stored,
    named: &HashMap<String, Named>,
    taken: &Taken,
    context: &Context,
) -> Result<Plan, Errors> {
    // Another name of the same customer is no change.
    if let Some(named) = named.get(&fold(&after.challan.facts.customer)) {
        after.challan.facts.customer.clone_from(&named.name);
        after.challan.customer_id = named.id;
    }
    if stored.challan.voided_at.is_some() && after.challan.facts != stored.challan.facts {
        return Err(one("row", VOID.0, VOID.1));
    }
    let is_in_trash = stored.challan.deleted_at.is_some();
    if is_in_trash && !is_news(row, stored, named) {
        return Ok(heard(stored, after));
    }
    numbered(row, stored, &mut after.challan, taken)?;
    let is_draft = stored.challan.challan_number.is_none() && row.draft;
    check(&after.challan.facts, is_draft, context.now, context.tz)?;
    after.challan.deleted_at = None;
    after.challan.deleted_by = None;
    let is_issued = stored.challan.challan_number.is_none() && !is_draft;
    let takes_number = is_issued && after.challan.challan_number.is_none();
    if after.challan == stored.challan && !takes_number {
        return Ok(heard(stored, after));
    }
    let kind = match (is_issued, is_in_trash) {
        (true, _) => "issued",
        (false, true) => "restored",
        (false, false) => "updated",
    };
    let mut change = Planned::change(stored.challan.clone(), after, kind, context);
    change.takes_number = takes_number;
    Ok(Plan::Write(Box::new(change), "updated"))
}

fn heard(stored: &Stored, after: Stored) -> Plan {
    let is_known = after.source_base == stored.source_base && after.occurred_at == stored.occurred_at;
    if is_known { Plan::Nothing } else { Plan::Heard(Box::new(after)) }
}
