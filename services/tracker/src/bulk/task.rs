//! What is done to every row of a batch.

use std::collections::HashMap;

use db::Tx;
use prost::Message;
use proto_contracts::events::Change;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Beside, Claimed, Desk, Judged, Refusal, Written, undo};
use crate::store::batches::{self, Batch};
use crate::store::challans::{self, Stored};
use crate::write::WriteError;

/// What is done to every row.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The opposite of what this batch did.
    Undo(Batch),
}

/// A row as it was when the task was taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The challan.
    pub id: Uuid,
    /// Its version then.
    pub version: u64,
}

impl Task {
    /// Judges `rows` and writes those that nothing refuses. `rows` are in the order of their ids.
    ///
    /// # Errors
    /// As [`super::write`].
    pub async fn run(
        &self,
        tx: &mut Tx,
        desk: &Desk<'_>,
        rows: &[Taken],
        beside: &mut Beside,
    ) -> Result<Written, WriteError> {
        let judged = self.judge(tx, desk, rows).await?;
        super::write(tx, desk, judged, beside).await
    }

    async fn judge(&self, tx: &mut Tx, desk: &Desk<'_>, rows: &[Taken]) -> Result<Vec<Judged>, WriteError> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut stored: HashMap<Uuid, Stored> = HashMap::new();
        for row in challans::lock_many(tx, &ids).await? {
            stored.insert(row.challan.id, row);
        }
        let mut done = match self {
            Task::Undo(batch) => done(tx, batch, &ids).await?,
        };
        let mut claimed = Claimed::new();
        let mut judged = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(stored) = stored.remove(&row.id) else {
                judged.push(Refusal::row(row.id, "not_found", "There is no such challan any more.").into());
                continue;
            };
            judged.push(match self {
                Task::Undo(_) => {
                    let changes = done.remove(&row.id).unwrap_or_default();
                    undo::judge(tx, desk, stored, &changes, &mut claimed).await?
                }
            });
        }
        Ok(judged)
    }
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
