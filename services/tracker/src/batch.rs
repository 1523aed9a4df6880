//! Every writing request is a batch: a row that says who wrote, how many rows, and where in the log. It is written in
//! the transaction of the write itself, so that it can neither be missing nor tell of what was not done.

use std::collections::HashMap;
use std::ops::Add;

use changelog::{Appended, Entry, Log};
use db::Tx;
use uuid::Uuid;

use crate::record;
use crate::store::batches::{self, Part};
use crate::write::{Context, Planned};

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

    /// What is to be noted of a commit that did `part`, after commits that did this: a batch begins with the first that
    /// changes something, which then tells of those before. None where there is no batch yet.
    #[must_use]
    pub fn due(self, part: Tally) -> Option<Tally> {
        match (self.changed, part.changed) {
            (0, 0) => None,
            (0, _) => Some(self + part),
            _ => Some(part),
        }
    }
}

impl Add for Tally {
    type Output = Tally;

    fn add(self, other: Tally) -> Tally {
        Tally {
            matched: self.matched + other.matched,
            done: self.done + other.done,
            changed: self.changed + other.changed,
            refused: self.refused + other.refused,
        }
    }
}

/// What a batch does, in one word, and which batch it undoes, if any.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// `created`, `updated`, …, `ingest`, `patch`, `update`, `merge_executive`, `undo`, `customer`, `series`.
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
    let appended = note(log, &mut tx, entries, &[(context, action.into(), tally)]).await?;
    tx.commit().await?;
    if let Some(appended) = appended {
        appended.wake(log);
    }
    Ok(())
}

/// Appends the `entries` of several requests and notes each in its batch: the last steps before the commit, after which the
/// readers are to be woken. A batch is from its first entry to its last; those of others may stand between.
///
/// # Errors
/// The database's own.
pub async fn note(
    log: &Log,
    tx: &mut Tx,
    entries: &[Entry],
    requests: &[(&Context, Action, Tally)],
) -> db::Result<Option<Appended>> {
    let appended = if entries.is_empty() { None } else { Some(log.append(tx, entries).await?) };
    let mut seqs: HashMap<Uuid, (u64, u64)> = HashMap::new();
    for (entry, seq) in entries.iter().zip(appended.as_ref().map_or(1, |a| a.first)..) {
        seqs.entry(entry.batch_id).or_insert((seq, seq)).1 = seq;
    }
    let parts: Vec<Part<'_>> = requests
        .iter()
        .map(|(context, action, tally)| Part {
            seqs: seqs.get(&context.batch_id).copied(),
            ..part(context, *action, *tally)
        })
        .collect();
    batches::widen(tx, &parts).await?;
    Ok(appended)
}

/// Notes the batches of requests that change one challan each, before the log is written: from where numbers are drawn on
/// other writers wait. A request that also makes a customer is noted once more with its places.
///
/// # Errors
/// The database's own.
pub(crate) async fn note_ahead(tx: &mut Tx, contexts: &[&Context], rows: &[Planned]) -> db::Result<()> {
    let parts: Vec<Part<'_>> = contexts
        .iter()
        .zip(rows)
        .map(|(context, row)| Part {
            challan: Some((row.after.challan.id, row.after.challan.version)),
            ..part(context, row.kind.into(), Tally::ONE)
        })
        .collect();
    batches::widen(tx, &parts).await
}

/// The log row that tells the maker how far the batch of `context` is after this `piece`, of a batch that is worked through.
///
/// # Errors
/// The database's own.
pub(crate) async fn told(tx: &mut Tx, log: &Log, context: &Context, piece: Tally) -> db::Result<Option<Entry>> {
    let before = log.of_record_in(tx, "batch", context.batch_id, 1).await?.first().map_or(0, |row| row.version);
    let Some(mut batch) = batches::lock(tx, context.batch_id).await? else { return Ok(None) };
    batch.matched += piece.matched;
    batch.done += piece.done;
    batch.changed += piece.changed;
    batch.refused += piece.refused;
    Ok(Some(record::batch(context, before + 1, &batch)))
}

/// What a commit of the batch of `context` adds to it, less its place in the log.
pub(crate) fn part(context: &Context, action: Action, tally: Tally) -> Part<'_> {
    Part {
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
        seqs: None,
        challan: None,
        undo_of: action.undo_of,
    }
}
