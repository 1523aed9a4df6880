//! Which customers names lead to, as a writer of many small groups remembers it. A name that leads to another customer than
//! before, or is written otherwise, makes another naming, which writers share until they commit.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use db::{Clause, DbError, Dialect, Tx};
use domain::fold::fold;

use super::customers::{self, FREE, Named};

/// How long names are remembered: 10 s. A database that is restored meanwhile may lack a customer without another naming.
const REMEMBERED: Duration = Duration::from_secs(10);
/// Names remembered at once; more begin anew.
const MOST: usize = 10_000;

/// The names that a writer remembers.
#[derive(Debug, Default)]
pub struct Names(Mutex<Option<Known>>);

#[derive(Debug)]
struct Known {
    since: Instant,
    naming: i64,
    /// By folded name.
    names: HashMap<String, Named>,
}

impl Names {
    /// As [`customers::named`]; where all are remembered, without a question and without a lock: then with the naming that
    /// [`unchanged`] is to find, or the numbers to be drawn by, before anything is committed.
    ///
    /// # Errors
    /// The database's own.
    pub async fn look_up(&self, tx: &mut Tx, names: &[&str]) -> db::Result<(HashMap<String, Named>, Option<i64>)> {
        if names.is_empty() {
            return Ok((HashMap::new(), None));
        }
        if let Some((found, naming)) = self.recall(names) {
            return Ok((found, Some(naming)));
        }
        // Before the names, so that a change of one in between is noticed when it is recalled.
        let naming = match self.is_known() {
            true => None,
            false => Some(naming(tx).await?),
        };
        let found = customers::named(tx, names).await?;
        self.keep(naming, &found);
        Ok((found, None))
    }

    /// To be told when a write broke off: a name may be another customer's by now.
    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn recall(&self, names: &[&str]) -> Option<(HashMap<String, Named>, i64)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref().filter(|known| known.is_fresh())?;
        let named = |name: &&str| known.names.get_key_value(&fold(name)).map(|(name, of)| (name.clone(), of.clone()));
        Some((names.iter().map(named).collect::<Option<_>>()?, known.naming))
    }

    fn is_known(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(Known::is_fresh)
    }

    fn keep(&self, naming: Option<i64>, found: &HashMap<String, Named>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(naming) = naming {
            *known = Some(Known { since: Instant::now(), naming, names: HashMap::new() });
        }
        if let Some(known) = known.as_mut() {
            known.names.extend(found.iter().map(|(name, of)| (name.clone(), of.clone())));
        }
    }
}

impl Known {
    fn is_fresh(&self) -> bool {
        self.since.elapsed() < REMEMBERED && self.names.len() < MOST
    }
}

/// Whether names lead to the customers of `naming`, which then stays so until the transaction ends. False also where somebody is
/// changing it: nobody is waited for.
///
/// # Errors
/// The database's own.
pub async fn unchanged(tx: &mut Tx, naming: i64) -> db::Result<bool> {
    let mut sql = Clause::of("SELECT version FROM tracker_naming AS n WHERE ");
    sql.append(is(tx.dialect(), naming));
    Ok(!tx.fetch::<(i64,)>(sql).await?.is_empty())
}

/// The condition of [`unchanged`] on a row `n` of `tracker_naming`.
pub(super) fn is(dialect: Dialect, naming: i64) -> Clause {
    let mut sql = Clause::of("n.id = 1 AND n.version = ");
    sql.number(naming);
    if dialect == Dialect::MySql {
        sql.sql(FREE);
    }
    sql
}

/// The naming of now.
async fn naming(tx: &mut Tx) -> db::Result<i64> {
    let found: Vec<(i64,)> = tx.fetch(Clause::of("SELECT version FROM tracker_naming WHERE id = 1")).await?;
    found.first().map(|(naming,)| *naming).ok_or_else(|| DbError::Corrupt("tracker_naming has no row".into()))
}

/// Makes another naming: waits for the writers that know this one, and those that come later look names up.
///
/// # Errors
/// The database's own.
pub async fn change(tx: &mut Tx) -> db::Result<()> {
    tx.execute(Clause::of("UPDATE tracker_naming SET version = version + 1 WHERE id = 1")).await.map(drop)
}
