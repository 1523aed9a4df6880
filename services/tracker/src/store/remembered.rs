//! What a writer of many small groups remembers, so that a group asks a server less. Nothing depends on it: what has changed
//! since is noticed by the statement that draws numbers, before anything of it is committed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use db::{Clause, Dialect, Tx};
use domain::fold::fold;

use super::customers::{self, Named};
use super::series::Stored;

/// How long numbers are looked up before they are used, after one was found to be another challan's: whoever brings numbers of
/// their own into this month brings more of them.
const CAREFUL: Duration = Duration::from_mins(1);

/// Names kept at most, some hundred bytes each.
const MOST_NAMES: usize = 10_000;

/// The series and the customers as they were last read.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    series: Option<Stored>,
    /// When a write met something that was there already.
    met: Option<Instant>,
    /// Customers by their folded names, as of a count of changes.
    names: HashMap<String, Named>,
    names_at: NamesAt,
}

/// The changes of customers that there had been when their names were read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NamesAt(i64);

impl NamesAt {
    /// The condition that there have been no more, which stays so until the transaction ends.
    pub(super) fn push(self, sql: &mut Clause) {
        sql.sql("EXISTS (SELECT 1 FROM tracker_customer_changes WHERE id = 1 AND n = ").number(self.0);
        sql.sql(" LOCK IN SHARE MODE)");
    }

    /// Whether there have been no more, which then stays so until the transaction ends.
    ///
    /// # Errors
    /// The database's own.
    pub async fn is_now(self, tx: &mut Tx) -> db::Result<bool> {
        let mut sql = Clause::of("SELECT 1 FROM tracker_customer_changes WHERE id = 1 AND n = ");
        sql.number(self.0).sql(" LOCK IN SHARE MODE");
        Ok(!tx.fetch::<(i32,)>(sql).await?.is_empty())
    }
}

impl Remembered {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be told when a write met something that was there already, such as an imported number.
    pub fn met(&self) {
        self.memory().met = Some(Instant::now());
    }

    /// To be told the series as it was read.
    pub fn keep(&self, series: &Stored) {
        self.memory().series = Some(series.clone());
    }

    /// The series as it was read last; none where none was, or where numbers were met lately.
    pub(super) fn series(&self) -> Option<Stored> {
        let memory = self.memory();
        if memory.met.is_some_and(|met| met.elapsed() < CAREFUL) {
            return None;
        }
        memory.series.clone()
    }

    /// As [`customers::named`], and as of when, where no name is locked and [`NamesAt`] is therefore to be asked before the commit.
    ///
    /// # Errors
    /// The database's own.
    pub async fn named(&self, tx: &mut Tx, names: &[&str]) -> db::Result<(HashMap<String, Named>, Option<NamesAt>)> {
        if tx.dialect() == Dialect::Sqlite || names.is_empty() {
            return Ok((customers::named(tx, names).await?, None));
        }
        if let Some((known, at)) = self.known(names) {
            return Ok((known, Some(at)));
        }
        let named = customers::named(tx, names).await?;
        // After the names, which are locked: whoever changes one of them is counted later.
        let at: Vec<(i64,)> = tx.fetch(Clause::of("SELECT n FROM tracker_customer_changes WHERE id = 1")).await?;
        if let Some((at,)) = at.first() {
            self.learn(&named, NamesAt(*at));
        }
        Ok((named, None))
    }

    fn known(&self, names: &[&str]) -> Option<(HashMap<String, Named>, NamesAt)> {
        let memory = self.memory();
        let find = |name: &&str| {
            let folded = fold(name);
            let named = memory.names.get(&folded)?.clone();
            Some((folded, named))
        };
        Some((names.iter().map(find).collect::<Option<_>>()?, memory.names_at))
    }

    fn learn(&self, named: &HashMap<String, Named>, at: NamesAt) {
        let mut memory = self.memory();
        if memory.names_at != at || memory.names.len() + named.len() > MOST_NAMES {
            memory.names.clear();
            memory.names_at = at;
        }
        memory.names.extend(named.iter().map(|(folded, named)| (folded.clone(), named.clone())));
    }

    /// To be told when customers have changed since.
    pub fn forget_names(&self) {
        self.memory().names.clear();
    }
}
