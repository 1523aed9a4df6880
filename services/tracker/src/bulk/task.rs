//! What is done to every row of a batch.

use std::collections::HashMap;

use db::Tx;
use domain::filter::Filter;
use prost::Message;
use proto_contracts::events::Change;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::change::{self, Whole};
use super::{Beside, Claimed, Desk, Judged, Refusal, Written, undo};
use crate::store::batches::{self, Batch};
use crate::store::challans::{self, Stored};
use crate::store::jobs::Taken;
use crate::write::WriteError;

/// What is done to every row.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// These facts are set.
    Set(Map<String, Value>),
    /// To the trash.
    Delete,
    /// Out of the trash.
    Restore,
    /// Cancelled, for this reason.
    Void(String),
    /// An executive is `into` from now on, who was `name`.
    MergeExecutive {
        /// The name that goes, however it is written.
        name: String,
        /// The name that stays, as it shall be written.
        into: String,
    },
    /// The opposite of what this batch did.
    Undo(Box<Batch>),
}

impl Task {
    /// Judges `rows`, in the order of their ids, and writes those that nothing refuses. A row that was found by `filter`
    /// and changed since must still be one of it.
    ///
    /// # Errors
    /// As [`super::write`].
    pub async fn run(
        &self,
        tx: &mut Tx,
        desk: &Desk<'_>,
        rows: &[Taken],
        filter: Option<&Filter>,
        beside: &mut Beside,
    ) -> Result<Written, WriteError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut stored: HashMap<Uuid, Stored> = HashMap::new();
        for row in challans::lock_many(tx, &ids).await? {
            stored.insert(row.challan.id, row);
        }
        let mut done = match self {
            Task::Undo(batch) => done(tx, batch, &ids).await?,
            _ => HashMap::new(),
        };
        let mut claimed = Claimed::new();
        let mut judged = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(stored) = stored.remove(&row.id) else {
                judged.push(Refusal::row(row.id, "not_found", "There is no such challan any more.").into());
                continue;
            };
            let changes = done.remove(&row.id).unwrap_or_default();
            judged.push(match left_filter(desk, filter, &stored, row) {
                Some(refusal) => refusal.into(),
                None => self.judge(tx, desk, stored, row.version, &changes, &mut claimed).await?,
            });
        }
        super::write(tx, desk, judged, beside).await
    }

    async fn judge(
        &self,
        tx: &mut Tx,
        desk: &Desk<'_>,
        stored: Stored,
        base: u64,
        done: &[Change],
        claimed: &mut Claimed,
    ) -> Result<Judged, WriteError> {
        match self {
            Task::Set(facts) => change::facts(tx, desk, stored, facts, base, claimed).await,
            Task::Delete => change::whole(tx, desk, stored, Whole::Delete, base, claimed).await,
            Task::Restore => change::whole(tx, desk, stored, Whole::Restore, base, claimed).await,
            Task::Void(reason) => change::whole(tx, desk, stored, Whole::Void(reason), base, claimed).await,
            Task::MergeExecutive { name, into } => change::executive(tx, desk, stored, (name, into), claimed).await,
            Task::Undo(_) => undo::judge(tx, desk, stored, done, claimed).await,
        }
    }
}

/// Refuses a row that others moved out of the filter by which it was found.
fn left_filter(desk: &Desk<'_>, filter: Option<&Filter>, stored: &Stored, row: &Taken) -> Option<Refusal> {
    let present = &stored.challan;
    let filter = filter.filter(|_| present.version != row.version)?;
    if change::still_matches(desk, filter, present) {
        return None;
    }
    let detail = "This challan was changed meanwhile and is none of the filter any more.";
    Some(Refusal::row(row.id, "conflict", detail))
}

/// What a batch did to these challans.
async fn done(tx: &mut Tx, batch: &Batch, ids: &[Uuid]) -> Result<HashMap<Uuid, Vec<Change>>, WriteError> {
    let mut found: HashMap<Uuid, Vec<Change>> = HashMap::new();
    for (id, payload) in batches::changes(tx, batch, ids).await? {
        let change = Change::decode(payload.as_slice()).map_err(|e| db::DbError::Corrupt(e.to_string()))?;
        found.entry(id).or_default().push(change);
    }
    Ok(found)
}
