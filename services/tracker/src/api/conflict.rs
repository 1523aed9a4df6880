//! A write that would overwrite what somebody else wrote: the answer shows the present row, both values and who.

use std::collections::HashMap;

use changelog::{Log, LogRow};
use chrono::DateTime;
use db::Tx;
use domain::challan::{Challan, Field};
use domain::fold::fold;
use poem::http::StatusCode;
use prost::Message;
use proto_contracts::events::Change;
use serde_json::{Map, Value, json};
use service::Problem;
use uuid::Uuid;

use crate::store::customers;
use crate::{event, write::rfc3339};

/// The most log rows of one record read back to find a base: a page left open longer than this many changes of one
/// record is told to reload.
const REACH: u32 = 1000;

/// A fact as it stood at the base version, and who changed it last since.
pub(crate) struct Since {
    /// Its value then.
    pub(crate) base: Value,
    /// Who changed it last.
    pub(crate) by: String,
    /// When, RFC 3339.
    pub(crate) at: String,
}

/// The facts of a challan that changed after `version`. None where the log does not reach back so far.
pub(crate) async fn since(
    log: &Log,
    tx: &mut Tx,
    current: &Challan,
    version: u64,
) -> db::Result<Option<HashMap<String, Since>>> {
    fields_since(log, tx, Record { entity: "challan", id: current.id, version: current.version }, version).await
}

/// A record as it stands.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    /// What the log calls it: `challan`, `customer`, `series`, `view`.
    pub(crate) entity: &'static str,
    pub(crate) id: Uuid,
    pub(crate) version: u64,
}

/// The fields of a record that changed after `version`. None where the log does not reach back so far.
pub(crate) async fn fields_since(
    log: &Log,
    tx: &mut Tx,
    record: Record,
    version: u64,
) -> db::Result<Option<HashMap<String, Since>>> {
    let mut changed: HashMap<String, Since> = HashMap::new();
    if version >= record.version {
        return Ok((version == record.version).then_some(changed));
    }
    let mut oldest = record.version;
    // Newest first: the first sight of a field is its last writer, the last sight has its value at the base.
    for row in log.of_record_in(tx, record.entity, record.id, REACH).await? {
        if row.version <= version {
            return Ok(Some(changed));
        }
        oldest = row.version;
        let (change, Writer { by, at, .. }) = told(row)?;
        for field in &change.changes {
            let old = event::decode(field.old.as_ref());
            changed.entry(field.field.clone()).and_modify(|s| s.base.clone_from(&old)).or_insert_with(|| Since {
                base: old,
                by: by.clone(),
                at: at.clone(),
            });
        }
    }
    // What came with the tables has no first row.
    Ok((oldest == version + 1).then_some(changed))
}

/// Who wrote something last.
#[derive(Clone)]
pub(crate) struct Writer {
    /// The place of the write in the log.
    pub(crate) seq: u64,
    pub(crate) by: String,
    /// When, RFC 3339.
    pub(crate) at: String,
}

/// What a row of the log tells, and who wrote it when.
fn told(row: LogRow) -> db::Result<(Change, Writer)> {
    let change = Change::decode(row.payload).map_err(|e| db::DbError::Corrupt(e.to_string()))?;
    let at = DateTime::from_timestamp_micros(change.at_micros).map(rfc3339).unwrap_or_default();
    let by = change.actor.as_ref().map(|actor| actor.name.clone()).unwrap_or_default();
    Ok((change, Writer { seq: row.seq, by, at }))
}

/// Who wrote each field of a challan last, of those that its last 1,000 versions changed.
pub(crate) async fn last_writers(log: &Log, tx: &mut Tx, id: Uuid) -> db::Result<HashMap<String, Writer>> {
    let mut writers = HashMap::new();
    for row in log.of_record_in(tx, "challan", id, REACH).await? {
        let (change, writer) = told(row)?;
        for field in change.changes {
            writers.entry(field.field).or_insert_with(|| writer.clone());
        }
    }
    Ok(writers)
}

/// Who but `actor` wrote to a challan last after `version`, and when; whether that still shows does not matter. Another name of
/// the same customer is no writing to it.
pub(crate) async fn written_by_others(
    log: &Log,
    tx: &mut Tx,
    current: &Challan,
    version: u64,
    actor: Uuid,
) -> db::Result<Option<(String, String)>> {
    if version >= current.version {
        return Ok(None);
    }
    let actor = actor.to_string();
    for row in log.of_record_in(tx, "challan", current.id, REACH).await? {
        if row.version <= version {
            return Ok(None);
        }
        let (change, Writer { by, at, .. }) = told(row)?;
        let is_renamed = change.changes.iter().any(|f| f.field == Field::Customer.as_str())
            && change.changes.len() == 1
            && change.also.iter().all(|f| f.field != "customer_id");
        if change.actor.unwrap_or_default().id != actor && !is_renamed {
            return Ok(Some((by, at)));
        }
    }
    // Too long ago to be told.
    Ok(Some((current.updated_by.clone(), rfc3339(current.updated_at))))
}

/// The conflicts of `mine` with what changed since: a field whose present value differs both from its base and from
/// mine. Invoice number and date count as one field, and all names of a customer as one value.
pub(crate) async fn conflicts(
    tx: &mut Tx,
    current: &Challan,
    mine: &Map<String, Value>,
    since: &HashMap<String, Since>,
) -> db::Result<Vec<Value>> {
    let mut found = Vec::new();
    for (name, value) in mine {
        let Some(field) = Field::parse(name) else { continue };
        let mine = canonical(current, field, value);
        let moved = [Some(field), field.twin()].into_iter().flatten().find_map(|f| {
            let s = since.get(f.as_str())?;
            (current.facts.get(f) != s.base && !(s.base.is_null() && event::is_nothing(&current.facts.get(f))))
                .then_some(s)
        });
        if let Some(s) = moved
            && !stands(tx, current, field, &mine).await?
        {
            found.push(json!({
                "field": name, "mine": mine, "theirs": current.facts.get(field), "by": s.by, "at": s.at,
            }));
        }
    }
    Ok(found)
}

/// Whether a value as it would be stored is the one that stands there; a customer is so by any of its names.
async fn stands(tx: &mut Tx, current: &Challan, field: Field, value: &Value) -> db::Result<bool> {
    match value.as_str().filter(|_| field == Field::Customer) {
        Some(name) if fold(name) == fold(&current.facts.customer) => Ok(true),
        Some(name) => Ok(customers::holder(tx, name).await? == Some(current.customer_id)),
        None => Ok(*value == current.facts.get(field)),
    }
}

/// The halves that `mine` leaves out of what counts as one field and that changed since, which is why the ones in it conflict. Mine
/// is what stood there at the base.
pub(crate) fn other_halves(current: &Challan, mine: &Map<String, Value>, since: &HashMap<String, Since>) -> Vec<Value> {
    let left_out = mine.keys().filter_map(|name| Field::parse(name)?.twin()).filter(|f| !mine.contains_key(f.as_str()));
    let moved = left_out.filter_map(|field| {
        let (s, now) = (since.get(field.as_str())?, current.facts.get(field));
        (now != s.base)
            .then(|| json!({ "field": field.as_str(), "mine": s.base, "theirs": now, "by": s.by, "at": s.at }))
    });
    moved.collect()
}

/// A value as it would be stored, so that `"1234.5"` and `"1234.50"` are no difference.
fn canonical(current: &Challan, field: Field, value: &Value) -> Value {
    let mut facts = current.facts.clone();
    match facts.set(field, value) {
        Ok(()) => facts.get(field),
        Err(_) => value.clone(),
    }
}

/// 409 for a merge that cannot be made, 412 for a version that is not the present one.
pub(crate) fn problem(status: StatusCode, present: &Challan, shown: Value, conflicts: Vec<Value>) -> Problem {
    let by = conflicts.first().and_then(|conflict| conflict["by"].as_str()).unwrap_or(&present.updated_by);
    let detail = format!("{by} changed this challan meanwhile.");
    let code = if status == StatusCode::CONFLICT { "conflict" } else { "stale" };
    Problem::new(status, code, detail).with("current", shown).with("conflicts", conflicts.into())
}
