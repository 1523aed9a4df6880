//! Who relays a log now, and how far it has come: a row, by the database's own clock.

use std::time::Duration;

use db::{Db, Dialect, Text, on_db, on_tx};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::log::Log;

/// How long a relay that says nothing keeps its lease.
pub(super) const LEASE: Duration = Duration::from_secs(3);

/// How far the topic has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The history it is of.
    pub(super) epoch: Uuid,
    /// The last row that the broker has.
    pub(super) seq: u64,
    /// Its offset in the topic; none before the first. A topic that ends at or below it has been wiped.
    pub(super) offset: Option<i64>,
}

impl Place {
    /// Nothing of a history is published yet.
    pub(super) fn beginning(epoch: Uuid) -> Place {
        Place { epoch, seq: 0, offset: None }
    }
}

/// One relay's claim on a topic's row.
#[derive(Debug)]
pub(super) struct Lease {
    db: Db,
    service: &'static str,
    topic: String,
    holder: Uuid,
}

#[derive(sqlx::FromRow)]
struct StoredPlace {
    epoch: Option<Uuid>,
    seq: i64,
    topic_offset: Option<i64>,
}

impl Lease {
    pub(super) fn new(log: &Log, topic: &str) -> Lease {
        Lease { db: log.db.clone(), service: log.service, topic: topic.to_owned(), holder: Uuid::now_v7() }
    }

    /// The database's clock in microseconds. The processes' own clocks may differ; this one is the same for all.
    fn now(&self) -> &'static str {
        match self.db.dialect() {
            Dialect::MySql => "CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)",
            Dialect::Sqlite => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
        }
    }

    /// Makes the topic's row where it is missing.
    pub(super) async fn make(&self) -> db::Result<()> {
        let ignore = match self.db.dialect() {
            Dialect::MySql => "INSERT IGNORE",
            Dialect::Sqlite => "INSERT OR IGNORE",
        };
        let sql = format!("{ignore} INTO {}_topics (name, lease_until, seq) VALUES (?, 0, 0)", self.service);
        let mut tx = self.db.begin().await?;
        on_tx!(&mut tx, conn => {
            sqlx::query(AssertSqlSafe(sql)).bind(Text::from(self.topic.as_str())).execute(&mut *conn).await?;
        });
        tx.commit().await
    }

    /// Takes the lease if it is free, lapsed or ours. False where another relay has it.
    pub(super) async fn take(&self) -> db::Result<bool> {
        let (now, lease) = (self.now(), LEASE.as_micros());
        let sql = format!(
            "UPDATE {}_topics SET holder = ?, lease_until = {now} + {lease} \
             WHERE name = ? AND (holder IS NULL OR holder = ? OR lease_until < {now})",
            self.service
        );
        let mut tx = self.db.begin().await?;
        let taken = on_tx!(&mut tx, conn => {
            sqlx::query(AssertSqlSafe(sql))
                .bind(self.holder)
                .bind(Text::from(self.topic.as_str()))
                .bind(self.holder)
                .execute(&mut *conn)
                .await?
                .rows_affected()
        });
        tx.commit().await?;
        Ok(taken == 1)
    }

    /// Where the last holder came to; none where nothing was published.
    pub(super) async fn place(&self) -> db::Result<Option<Place>> {
        let sql = format!("SELECT epoch, seq, topic_offset FROM {}_topics WHERE name = ?", self.service);
        let row: Option<StoredPlace> = on_db!(&self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(Text::from(self.topic.as_str())).fetch_optional(pool).await?
        });
        Ok(row.and_then(|row| Some(Place { epoch: row.epoch?, seq: row.seq.unsigned_abs(), offset: row.topic_offset })))
    }

    /// Stores `place` and prolongs the lease. False where it had lapsed: another relay may be at work. The commit also
    /// puts every row that was read before it on disk.
    pub(super) async fn keep(&self, place: Place) -> db::Result<bool> {
        let (now, lease) = (self.now(), LEASE.as_micros());
        let sql = format!(
            "UPDATE {}_topics SET epoch = ?, seq = ?, topic_offset = ?, lease_until = {now} + {lease} \
             WHERE name = ? AND holder = ? AND lease_until >= {now}",
            self.service
        );
        let mut tx = self.db.begin().await?;
        let kept = on_tx!(&mut tx, conn => {
            sqlx::query(AssertSqlSafe(sql))
                .bind(place.epoch)
                .bind(place.seq.cast_signed())
                .bind(place.offset)
                .bind(Text::from(self.topic.as_str()))
                .bind(self.holder)
                .execute(&mut *conn)
                .await?
                .rows_affected()
        });
        tx.commit().await?;
        Ok(kept == 1)
    }

    /// Gives the lease back, so that another relay need not wait for it to lapse.
    pub(super) async fn release(&self) -> db::Result<()> {
        let sql = format!("UPDATE {}_topics SET holder = NULL WHERE name = ? AND holder = ?", self.service);
        let mut tx = self.db.begin().await?;
        on_tx!(&mut tx, conn => {
            sqlx::query(AssertSqlSafe(sql))
                .bind(Text::from(self.topic.as_str()))
                .bind(self.holder)
                .execute(&mut *conn)
                .await?;
        });
        tx.commit().await
    }
}
