//! What the log holds: places, entries on their way in, and rows.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use db::Text;
use prost::Message;
use proto_contracts::events::Change;
use uuid::Uuid;

/// A place in the log: after row `seq` of the history `epoch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The history; a restored backup begins a new one.
    pub epoch: Uuid,
    /// From 1 without gaps, in commit order; 0 is the beginning.
    pub seq: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.seq)
    }
}

/// The text is not `epoch:seq`.
#[derive(Debug, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (epoch, seq) = text.split_once(':').ok_or(NotACursor)?;
        Ok(Cursor { epoch: epoch.parse().map_err(|_| NotACursor)?, seq: seq.parse().map_err(|_| NotACursor)? })
    }
}

/// A change on its way into the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `challan`, `user`, `session`, …
    pub entity: String,
    /// The record.
    pub entity_id: Uuid,
    /// Its version after the change.
    pub version: u64,
    /// What happened, a past participle.
    pub kind: String,
    /// Who did it; none for the program itself.
    pub actor_id: Option<Uuid>,
    /// The writing request.
    pub batch_id: Uuid,
    /// Its number in the log of the process.
    pub request_id: String,
    /// Microseconds UTC.
    pub at_micros: i64,
    /// The event, encoded once for everybody.
    pub payload: Vec<u8>,
}

impl Entry {
    /// The entry of `change`, which is encoded here and nowhere again.
    #[must_use]
    pub fn from_change(change: &Change) -> Entry {
        Entry {
            entity: change.entity.clone(),
            entity_id: change.entity_id.parse().unwrap_or_default(),
            version: change.version,
            kind: change.kind.clone(),
            actor_id: change.actor.as_ref().and_then(|a| a.id.parse().ok()),
            batch_id: change.batch_id.parse().unwrap_or_default(),
            request_id: change.request_id.clone(),
            at_micros: change.at_micros,
            payload: change.encode_to_vec(),
        }
    }
}

/// A row of the log.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// Its place.
    pub seq: u64,
    /// `challan`, `user`, `session`, …
    pub entity: String,
    /// The record.
    pub entity_id: Uuid,
    /// Its version after the change.
    pub version: u64,
    /// What happened.
    pub kind: String,
    /// The writing request's number in the log of its process.
    pub request_id: String,
    /// Microseconds UTC.
    pub at_micros: i64,
    /// `dctracker.events.v1.Change`.
    pub payload: Bytes,
}

#[derive(sqlx::FromRow)]
pub(crate) struct StoredRow {
    pub(crate) seq: i64,
    pub(crate) entity: Text,
    pub(crate) entity_id: Uuid,
    pub(crate) version: i64,
    pub(crate) kind: Text,
    pub(crate) request_id: Text,
    pub(crate) at: i64,
    pub(crate) payload: Vec<u8>,
}

impl From<StoredRow> for LogRow {
    fn from(row: StoredRow) -> Self {
        LogRow {
            seq: row.seq.unsigned_abs(),
            entity: row.entity.0,
            entity_id: row.entity_id,
            version: row.version.unsigned_abs(),
            kind: row.kind.0,
            request_id: row.request_id.0,
            at_micros: row.at,
            payload: row.payload.into(),
        }
    }
}

/// What a row of the log is of.
#[derive(Clone, Debug)]
pub struct Touched {
    /// The row's place.
    pub seq: u64,
    /// `challan`, `user`, `session`, …
    pub entity: String,
    /// The record.
    pub entity_id: Uuid,
}

/// Which rows of a record; by default all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Only rows before this one.
    pub before_seq: Option<u64>,
    /// Only rows after this one, and the oldest of them first.
    pub after_seq: Option<u64>,
    /// Only what this person did.
    pub actor: Option<Uuid>,
    /// Only from this moment on, microseconds UTC.
    pub from: Option<i64>,
    /// Only before this moment, microseconds UTC.
    pub to: Option<i64>,
}
