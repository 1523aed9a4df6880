//! How often somebody may try: counters that every copy of the service shares.
//!
//! A bucket drains at an even pace, so one number describes it: the instant at which it would be empty again (the
//! generic cell rate algorithm). Taking is one conditional UPDATE, which is exact however many take at once, and
//! giving back is its opposite.

use db::{Dialect, Text, Tx, on_db, on_tx};
use sqlx::{AssertSqlSafe, QueryBuilder};

use super::{Store, retried};

/// A bucket that has been empty for so long is forgotten, microseconds: an hour.
const KEPT: i64 = 3600 * 1_000_000;
/// How much earlier than another's the time of a try may be that comes after it, microseconds: both waited for the database at
/// once, or the clocks of two copies differ. Never more than half of what a try costs, so that it lets no other one through at the
/// same time.
const LEEWAY: i64 = 5 * 1_000_000;

/// So many tries in a period, for one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    key: String,
    /// What one try costs, microseconds.
    cost: i64,
    /// What the bucket holds, microseconds.
    period: i64,
}

impl Bucket {
    /// `tries` at once and again over each `period` (microseconds) for `key`, at most 128 bytes.
    #[must_use]
    pub fn new(key: String, tries: u32, period: i64) -> Bucket {
        Bucket { key, cost: period / i64::from(tries.max(1)), period }
    }

    /// Until when a bucket that drains at `full_until` has no room at `now`, in microseconds of waiting.
    fn wait(&self, full_until: i64, now: i64) -> i64 {
        full_until.max(now) + self.cost - now - self.period
    }

    fn leeway(&self) -> i64 {
        LEEWAY.min(self.cost / 2)
    }
}

/// Whether a try may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It may.
    Yes,
    /// After so many microseconds.
    NotYet(i64),
}

impl Store {
    /// Takes one try from every bucket, or from none where one has no room.
    ///
    /// # Errors
    /// The database's.
    pub async fn take(&self, buckets: &[Bucket], now: i64) -> db::Result<Taken> {
        // A flood of refused tries reads and writes nothing.
        let held = self.held(buckets).await?;
        let full_until = |bucket: &Bucket| held.iter().find(|(key, _)| key.0 == bucket.key).map(|(_, until)| *until);
        let waits = buckets.iter().filter_map(|b| full_until(b).map(|until| (b, b.wait(until, now))));
        if let Some(wait) = waits.filter(|(b, wait)| *wait > b.leeway()).map(|(_, wait)| wait).max() {
            return Ok(Taken::NotYet(wait));
        }
        let missing: Vec<&Bucket> = buckets.iter().filter(|b| full_until(b).is_none()).collect();
        if !missing.is_empty() {
            retried(|| self.make(&missing, now)).await?;
        }
        retried(|| self.take_now(buckets, now)).await
    }

    async fn held(&self, buckets: &[Bucket]) -> db::Result<Vec<(Text, i64)>> {
        Ok(on_db!(&self.db, pool => {
            let mut sql = QueryBuilder::new("SELECT bucket, full_until FROM accounts_tries WHERE bucket IN (");
            let mut keys = sql.separated(", ");
            for bucket in buckets {
                keys.push_bind(Text::from(bucket.key.as_str()));
            }
            sql.push(")").build_query_as().fetch_all(pool).await?
        }))
    }

    /// In a transaction of its own: rows that two transactions insert and then update lock each other out.
    async fn make(&self, missing: &[&Bucket], now: i64) -> db::Result<()> {
        let ignore = match self.db.dialect() {
            Dialect::MySql => "INSERT IGNORE",
            Dialect::Sqlite => "INSERT OR IGNORE",
        };
        for bucket in missing {
            let sql = format!("{ignore} INTO accounts_tries (bucket, full_until) VALUES (?, ?)");
            let mut tx = self.db.begin().await?;
            on_tx!(&mut tx, conn => sqlx::query(AssertSqlSafe(sql)).bind(Text::from(bucket.key.as_str())).bind(now)
                .execute(conn).await.map(drop))?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn take_now(&self, buckets: &[Bucket], now: i64) -> db::Result<Taken> {
        let mut tx = self.db.begin().await?;
        for bucket in buckets {
            let key = Text::from(bucket.key.as_str());
            let latest = now + bucket.period - bucket.cost + bucket.leeway();
            let rows = on_tx!(&mut tx, conn => sqlx::query(
                "UPDATE accounts_tries SET full_until = CASE WHEN full_until > ? THEN full_until ELSE ? END + ? \
                 WHERE bucket = ? AND full_until <= ?")
                .bind(now).bind(now).bind(bucket.cost).bind(key.clone()).bind(latest)
                .execute(conn).await.map(|done| done.rows_affected()))?;
            if rows == 0 {
                let until: Option<i64> = on_tx!(&mut tx, conn => sqlx::query_scalar(
                    "SELECT full_until FROM accounts_tries WHERE bucket = ?")
                    .bind(key).fetch_optional(conn).await)?;
                tx.rollback().await?;
                return Ok(Taken::NotYet(until.map_or(bucket.cost, |until| bucket.wait(until, now)).max(1)));
            }
        }
        tx.commit().await?;
        Ok(Taken::Yes)
    }

    /// Gives one try back to every bucket.
    ///
    /// # Errors
    /// The database's.
    pub async fn give_back(&self, buckets: &[Bucket]) -> db::Result<()> {
        retried(|| async {
            let mut tx = self.db.begin().await?;
            give_back(&mut tx, buckets).await?;
            tx.commit().await
        })
        .await
    }

    /// Forgets buckets that have been empty for an hour.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep_tries(&self, now: i64) -> db::Result<()> {
        let mut tx = self.db.begin().await?;
        on_tx!(&mut tx, conn => sqlx::query("DELETE FROM accounts_tries WHERE full_until <= ?")
            .bind(now - KEPT).execute(conn).await.map(drop))?;
        tx.commit().await
    }
}

/// Gives one try back to every bucket, in the transaction of what succeeded.
///
/// # Errors
/// The database's.
pub async fn give_back(tx: &mut Tx, buckets: &[Bucket]) -> db::Result<()> {
    for bucket in buckets {
        on_tx!(&mut *tx, conn => sqlx::query("UPDATE accounts_tries SET full_until = full_until - ? WHERE bucket = ?")
            .bind(bucket.cost).bind(Text::from(bucket.key.as_str())).execute(conn).await.map(drop))?;
    }
    Ok(())
}
