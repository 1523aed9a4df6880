//! The log itself, appended to in the transaction of the change; `read.rs` reads it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use db::{Argument, Clause, Db, DbError, Dialect, Tx, on_db, on_tx};
use sqlx::AssertSqlSafe;
use tokio::sync::watch;
use uuid::Uuid;

use crate::append_only;
use crate::receipt::Receipt;
use crate::recent::{Recent, Told};
use crate::row::{Cursor, Entry};
use crate::seal::{self, Verdict};

/// Rows of one INSERT statement.
const ROWS_PER_INSERT: usize = 200;
/// How often the log is looked at where another process may write it too.
const POLL_SHARED: Duration = Duration::from_millis(25);
/// The same on an embedded database, where only the command line writes beside this process.
const POLL_EMBEDDED: Duration = Duration::from_millis(100);

/// What was appended. After the commit, [`Appended::wake`] tells the readers.
#[must_use = "readers in this process sleep until they are woken"]
#[derive(Clone, Debug)]
pub struct Appended {
    /// The first new row.
    pub first: u64,
    /// The last new row.
    pub last: u64,
    epoch: Uuid,
    rows: Vec<Told>,
}

impl Appended {
    /// Wakes everybody who follows `log` in this process. To be called after the commit.
    pub fn wake(self, log: &Log) {
        log.durable.fetch_max(self.last, Ordering::Relaxed);
        log.recent.keep(self.epoch, &self.rows);
        log.woken.send_replace(self.last);
    }
}

/// The change log of one service.
#[derive(Clone, Debug)]
pub struct Log {
    pub(crate) db: Db,
    /// The service's name, with which its tables' names begin.
    pub(crate) service: &'static str,
    woken: Arc<watch::Sender<u64>>,
    /// The last row known to be on disk.
    durable: Arc<AtomicU64>,
    /// The last rows that this process committed.
    pub(crate) recent: Arc<Recent>,
    /// The history as it was known last; none before the first append.
    epoch: Arc<Mutex<Option<Uuid>>>,
    /// Seals every row, where the service has a table for it.
    seal_key: Option<[u8; 32]>,
}

impl Log {
    /// The log whose tables the service's migrations have made.
    #[must_use]
    pub fn new(db: Db, service: &'static str) -> Log {
        Log {
            db,
            service,
            woken: Arc::new(watch::Sender::new(0)),
            durable: Arc::default(),
            recent: Arc::default(),
            epoch: Arc::default(),
            seal_key: None,
        }
    }

    /// As [`Log::new`]; a log opened for the first time gets its epoch, and the database refuses from now on to change its
    /// rows or to remove them.
    ///
    /// # Errors
    /// The database's own.
    pub async fn open(db: Db, service: &'static str) -> db::Result<Log> {
        let log = Log::new(db, service);
        let ignore = match log.db.dialect() {
            Dialect::MySql => "INSERT IGNORE",
            Dialect::Sqlite => "INSERT OR IGNORE",
        };
        let head = format!("{ignore} INTO {service}_log_head (id, epoch, seq) VALUES (1, ?, 0)");
        let beat = format!("{ignore} INTO {service}_feed_beat (id, n) VALUES (1, 0)");
        let mut tx = log.db.begin_at_start().await?;
        on_tx!(&mut tx, conn => {
            sqlx::query(AssertSqlSafe(head)).bind(Uuid::now_v7()).execute(&mut *conn).await?;
            sqlx::query(AssertSqlSafe(beat)).execute(&mut *conn).await?;
        });
        tx.commit().await?;
        append_only::guard(&log.db, &format!("{service}_changes")).await?;
        Ok(log)
    }

    /// As [`Log::open`]; its rows are sealed with `key` from now on. The service's migrations have made `…_seals`.
    ///
    /// # Errors
    /// The database's own.
    pub async fn open_sealed(db: Db, service: &'static str, key: [u8; 32]) -> db::Result<Log> {
        let log = Log::open(db, service).await?;
        append_only::guard(&log.db, &format!("{service}_seals")).await?;
        Ok(Log { seal_key: Some(key), ..log })
    }

    /// How often the log is looked at for rows of other processes.
    pub fn poll(&self) -> Duration {
        match self.db.dialect() {
            Dialect::MySql => POLL_SHARED,
            Dialect::Sqlite => POLL_EMBEDDED,
        }
    }

    /// Checks that every row is as it was written and where, and that the rows up to `since` are those that were there when
    /// it was given. None for a log without seals.
    ///
    /// # Errors
    /// The database's own.
    pub async fn verify(&self, since: Option<&Receipt>) -> db::Result<Option<Verdict>> {
        match &self.seal_key {
            Some(key) => seal::verify(self, key, since).await.map(Some),
            None => Ok(None),
        }
    }

    /// The log's end now, to be kept outside the database; see [`Receipt`]. No row is checked for it. None for a log that is
    /// empty or without seals.
    ///
    /// # Errors
    /// The database's own.
    pub async fn receipt(&self) -> db::Result<Option<Receipt>> {
        if self.seal_key.is_some() { seal::receipt(self).await } else { Ok(None) }
    }

    /// The row that this process appended last; 0 before the first.
    #[must_use]
    pub fn last_appended(&self) -> u64 {
        *self.woken.borrow()
    }

    /// Hears of every append of this process, from now on.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.woken.subscribe()
    }

    /// Appends `entries` in order: the last step before the commit, since from here to the commit every other writer
    /// of this log waits.
    ///
    /// # Errors
    /// The database's own, or the last row of a sealed log has lost its seal; the transaction is then to be dropped.
    pub async fn append(&self, tx: &mut Tx, entries: &[Entry]) -> db::Result<Appended> {
        let count = i64::try_from(entries.len()).map_err(|e| DbError::Corrupt(e.to_string()))?;
        let (epoch, last) = self.take(tx, count).await?;
        let mut seq = last - count;
        for chunk in entries.chunks(ROWS_PER_INSERT) {
            let rows = chunk.iter().zip(seq + 1..).map(|(entry, seq)| {
                [
                    seq.into(),
                    entry.entity.as_str().into(),
                    entry.entity_id.into(),
                    entry.version.cast_signed().into(),
                    entry.kind.as_str().into(),
                    Argument::Id(entry.actor_id),
                    entry.batch_id.into(),
                    entry.request_id.as_str().into(),
                    entry.at_micros.into(),
                    Argument::Bytes(entry.payload.clone()),
                ]
            });
            let mut sql = Clause::of(&format!(
                "INSERT INTO {}_changes \
                 (seq, entity, entity_id, version, kind, actor_id, batch_id, request_id, at, payload) VALUES ",
                self.service
            ));
            sql.rows(rows);
            tx.write(sql).await?;
            seq += chunk.len() as i64;
        }
        if let Some(key) = &self.seal_key {
            seal::seal(self, key, tx, last - count + 1, entries).await?;
        }
        let first = (last - count).unsigned_abs() + 1;
        let rows = (first..).zip(entries).map(|(seq, entry)| (seq, Bytes::copy_from_slice(&entry.payload))).collect();
        Ok(Appended { first, last: last.unsigned_abs(), epoch, rows })
    }

    /// Takes the next `count` places and gives the history and the last place, in one statement where the history is the one
    /// of the last time: it is said while every other writer waits.
    async fn take(&self, tx: &mut Tx, count: i64) -> db::Result<(Uuid, i64)> {
        let service = self.service;
        if tx.dialect() == Dialect::Sqlite {
            let mut sql = Clause::of(&format!("UPDATE {service}_log_head SET seq = seq + "));
            sql.number(count).sql(" WHERE id = 1 RETURNING epoch, seq");
            return tx.fetch(sql).await?.pop().ok_or_else(|| self.headless());
        }
        let known = *self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        let take = |epoch: Uuid| {
            let mut sql = Clause::of(&format!("UPDATE {service}_log_head SET seq = LAST_INSERT_ID(seq + "));
            sql.number(count).sql(") WHERE id = 1 AND epoch = ").id(epoch);
            sql
        };
        let mut epoch = known.unwrap_or_default();
        let mut done = tx.execute(take(epoch)).await?;
        if done.rows == 0 {
            // The row is locked by this, so the history stays until the commit.
            let of = Clause::of(&format!("SELECT epoch FROM {service}_log_head WHERE id = 1 FOR UPDATE"));
            (epoch,) = tx.fetch(of).await?.pop().ok_or_else(|| self.headless())?;
            done = tx.execute(take(epoch)).await?;
            *self.epoch.lock().unwrap_or_else(PoisonError::into_inner) = Some(epoch);
        }
        Ok((epoch, done.last_id.cast_signed()))
    }

    fn headless(&self) -> DbError {
        DbError::Corrupt(format!("the log of {} has no head", self.service))
    }

    /// Appends `entries`, commits the transaction they belong to and wakes the readers of this process: the one order
    /// in which a change is done.
    ///
    /// # Errors
    /// The database's own; nothing of the transaction is then to be reported as done.
    pub async fn commit(&self, mut tx: Tx, entries: &[Entry]) -> db::Result<()> {
        let appended = self.append(&mut tx, entries).await?;
        tx.commit().await?;
        appended.wake(self);
        Ok(())
    }

    /// The end of the log now. On MySQL it may be seen before it is durable; see [`Log::place`].
    ///
    /// # Errors
    /// The database's own.
    pub async fn end(&self) -> db::Result<Cursor> {
        let sql = format!("SELECT epoch, seq FROM {}_log_head WHERE id = 1", self.service);
        let (epoch, seq): (Uuid, i64) =
            on_db!(&self.db, pool => sqlx::query_as(AssertSqlSafe(sql)).fetch_one(pool).await?);
        Ok(Cursor { epoch, seq: seq.unsigned_abs() })
    }

    /// The end of the log now, as a place that others may be told: no crash takes it back.
    ///
    /// # Errors
    /// The database's own.
    pub async fn place(&self) -> db::Result<Cursor> {
        let end = self.end().await?;
        self.make_durable(end.seq).await?;
        Ok(end)
    }

    /// Returns when every row up to `seq`, which was seen, is on disk. What this process appended is when it is committed,
    /// and with it all before it, so a service alone on its log commits nothing here.
    ///
    /// # Errors
    /// The database's own.
    pub(crate) async fn make_durable(&self, seq: u64) -> db::Result<()> {
        if seq > self.durable.load(Ordering::Relaxed) {
            self.flush().await?;
            self.durable.fetch_max(seq, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Forgets what is durable, since the rows of another history are counted from 1 again.
    pub(crate) fn begin_anew(&self) {
        self.durable.store(0, Ordering::Relaxed);
    }

    /// Commits a write of one's own, so that every row seen before is on disk: `InnoDB` shows a commit before its log
    /// is, but flushes in order. On SQLite what is seen is durable already.
    ///
    /// # Errors
    /// The database's own.
    async fn flush(&self) -> db::Result<()> {
        if let Db::MySql(pool) = &self.db {
            let sql = format!("UPDATE {}_feed_beat SET n = n + 1 WHERE id = 1", self.service);
            sqlx::query(AssertSqlSafe(sql)).execute(pool).await?;
        }
        Ok(())
    }
}
