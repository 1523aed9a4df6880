//! Every writing request is a batch: a row that says who wrote, how many rows, and where in the log. It is written in
//! the transaction of the write itself, so that it can neither be missing nor tell of what was not done.

use changelog::{Entry, Log};
use db::Tx;
use uuid::Uuid;

use crate::store::batches::{self, Part};
use crate::write::Context;

/// What one commit of a batch did to challans.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Rows that the batch is about, more than before.
    pub matched: u64,
    /// Rows that this commit is done with.
    pub done: u64,
    /// Rows that were changed.
    pub changed: u64,
    /// Rows that a rule, a right or another's change refused, whole or in part.
    pub refused: u64,
}

impl Tally {
    /// One challan, changed.
    pub const ONE: Tally = Tally { matched: 1, done: 1, changed: 1, refused: 0 };

    /// Rows that came with their request and are done with.
    #[must_use]
    pub fn of(rows: u64, changed: u64, refused: u64) -> Tally {
        Tally { matched: rows, done: rows, changed, refused }
    }
}

/// What a batch does, in one word, and which batch it undoes, if any.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// `created`, `updated`, …, `ingest`, `patch`, `undo`, `customer`, `series`.
    pub word: &'static str,
    /// The batch that is undone.
    pub undo_of: Option<Uuid>,
}

impl From<&'static str> for Action {
    fn from(word: &'static str) -> Action {
        Action { word, undo_of: None }
    }
}

/// Appends `entries`, notes them in the batch of `context`, commits and wakes the readers: the one order in which a
/// change of the register is done. Several commits of one request widen the same batch.
///
/// # Errors
/// The database's own; nothing of the transaction is then to be reported as done.
pub async fn commit(
    log: &Log,
    mut tx: Tx,
    context: &Context,
    entries: &[Entry],
    action: impl Into<Action>,
    tally: Tally,
) -> db::Result<()> {
    let action = action.into();
    let appended = if entries.is_empty() { None } else { Some(log.append(&mut tx, entries).await?) };
    let part = Part {
        id: context.batch_id,
        maker: context.actor_id,
        maker_name: &context.actor_name,
        at: context.now.timestamp_micros(),
        action: action.word,
        via: context.via,
        matched: tally.matched,
        done: tally.done,
        changed: tally.changed,
        refused: tally.refused,
        seqs: appended.map(|a| (a.first, a.last)),
        undo_of: action.undo_of,
    };
    batches::widen(&mut tx, &part).await?;
    tx.commit().await?;
    if let Some(appended) = appended {
        appended.wake(log);
    }
    Ok(())
}
