//! What one row asks for, given the challan as it stands.

use std::collections::{HashMap, HashSet};

use domain::challan::{Facts, Field, check, financial_year};
use domain::fold::fold;
use domain::reason::{Errors, Reason};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::outcome::Outcome;
use super::read::{Sent, one};
use crate::api::challans::{fresh, new_facts, set};
use crate::store::challans::Stored;
use crate::store::customers::Named;
use crate::write::{self, Context, Planned, VOID};

/// What a row comes to.
pub(super) enum Plan {
    /// A change to be written, and its word.
    Write(Box<Planned>, &'static str),
    /// The challan stays as it is, and what its source sent last is kept beside it: the next message is compared with that.
    Heard(Box<Stored>),
    /// It is known already.
    Nothing,
}

/// What one row asks for, given the row as it stands. `taken` are the numbers that are given away, by financial year.
pub(super) fn plan(
    row: &Sent,
    stored: Option<&Stored>,
    named: &HashMap<String, Named>,
    taken: &mut HashSet<(i32, String)>,
    context: &Context,
) -> Result<Plan, Box<Outcome>> {
    let Some(stored) = stored else {
        if row.delete {
            return Ok(Plan::Nothing);
        }
        return plan_new(row, taken, context).map_err(|errors| refused(row, &errors));
    };
    if stored.occurred_at.zip(row.occurred_at).is_some_and(|(old, new)| new <= old) {
        return Ok(Plan::Nothing);
    }
    if row.delete {
        return Ok(plan_delete(row, stored, context));
    }
    let (after, conflicts) = merged(row, stored).map_err(|errors| refused(row, &errors))?;
    if !conflicts.is_empty() {
        let mut errors = Errors::new();
        for conflict in &conflicts {
            let field = conflict["field"].as_str().unwrap_or_default();
            errors.add(field, Reason::new("conflict", "This was changed here as well."));
        }
        return Err(Box::new(Outcome::conflicting(json!(row.external_id), &errors, conflicts)));
    }
    plan_change(stored, after, named, taken, context).map_err(|errors| refused(row, &errors))
}

fn refused(row: &Sent, errors: &Errors) -> Box<Outcome> {
    Box::new(Outcome::rejected(json!(row.external_id), errors))
}

fn plan_new(row: &Sent, taken: &mut HashSet<(i32, String)>, context: &Context) -> Result<Plan, Errors> {
    let facts = new_facts(&row.facts, row.draft, context)?;
    let mut challan = fresh(facts, Uuid::now_v7(), context);
    challan.source = Some(row.source.clone());
    challan.external_id = Some(row.external_id.clone());
    if let Some(number) = &row.number {
        if !taken.insert((financial_year(challan.facts.date), number.clone())) {
            let reason = "Another challan of this financial year has this number.";
            return Err(one("challan_number", "number_taken", reason));
        }
        challan.challan_number = Some(number.clone());
    }
    let after = Stored { challan, source_base: Some(Value::Object(row.facts.clone())), occurred_at: row.occurred_at };
    Ok(Plan::Write(Box::new(Planned::new(after, row.number.is_none() && !row.draft, context)), "created"))
}

fn plan_delete(row: &Sent, stored: &Stored, context: &Context) -> Plan {
    let mut after = stored.clone();
    after.occurred_at = row.occurred_at.or(stored.occurred_at);
    if stored.challan.deleted_at.is_some() {
        return heard(stored, after);
    }
    after.challan.deleted_at = Some(context.now);
    after.challan.deleted_by = Some(context.actor_name.clone());
    Plan::Write(Box::new(Planned::change(stored.challan.clone(), after, "deleted", context)), "updated")
}

/// The row with the fields that its source changed since it last sent them, and those that were changed here as well.
fn merged(row: &Sent, stored: &Stored) -> Result<(Stored, Vec<Value>), Errors> {
    if row.number.is_some() && row.number != stored.challan.challan_number {
        return Err(one("challan_number", "number_kept", "A challan keeps the number it has."));
    }
    let mut base = stored.source_base.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let mut after = stored.clone();
    let mut conflicts = Vec::new();
    for (name, value) in &row.facts {
        if base.get(name) == Some(value) {
            continue;
        }
        if let Some(field) = Field::parse(name) {
            let mut mine = Facts::clone(&stored.challan.facts);
            let mut then = mine.clone();
            mine.set(field, value).map_err(|reason| Errors::of(name, reason))?;
            let base_value = base.get(name).cloned().unwrap_or(Value::Null);
            let known = base.contains_key(name) && then.set(field, &base_value).is_ok();
            let now = stored.challan.facts.get(field);
            if known && now != then.get(field) && now != mine.get(field) {
                conflicts.push(json!({
                    "field": name, "mine": value, "theirs": now,
                    "by": stored.challan.updated_by, "at": write::rfc3339(stored.challan.updated_at),
                }));
                continue;
            }
        }
        set(&mut after.challan.facts, &Map::from_iter([(name.clone(), value.clone())]))?;
    }
    base.extend(row.facts.clone());
    after.source_base = Some(base.into());
    after.occurred_at = row.occurred_at.or(stored.occurred_at);
    Ok((after, conflicts))
}

/// A field sent as before is no change; a row that its source sends again comes out of the trash.
fn plan_change(
    stored: &Stored,
    mut after: Stored,
    named: &HashMap<String, Named>,
    taken: &mut HashSet<(i32, String)>,
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
    let draft = after.challan.challan_number.is_none();
    check(&after.challan.facts, draft, context.now, context.tz)?;
    let year = financial_year(after.challan.facts.date);
    if let Some(number) =
        after.challan.challan_number.as_ref().filter(|_| year != financial_year(stored.challan.facts.date))
        && !taken.insert((year, number.clone()))
    {
        let reason = "In the financial year of this date the number is another challan's.";
        return Err(one("date", "number_taken", reason));
    }
    let restored = after.challan.deleted_at.take().is_some();
    after.challan.deleted_by = None;
    if after.challan == stored.challan {
        return Ok(heard(stored, after));
    }
    let kind = if restored { "restored" } else { "updated" };
    Ok(Plan::Write(Box::new(Planned::change(stored.challan.clone(), after, kind, context)), "updated"))
}

fn heard(stored: &Stored, after: Stored) -> Plan {
    let is_known = after.source_base == stored.source_base && after.occurred_at == stored.occurred_at;
    if is_known { Plan::Nothing } else { Plan::Heard(Box::new(after)) }
}
