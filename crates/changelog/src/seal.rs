//! A seal on every row of a log: each is an HMAC over the row and the seal before it, so that a row that was edited,
//! removed, moved or slipped in is found by whoever holds the key, and cannot be made good by whoever holds only the
//! database. That the log's end was cut off, with its seals and its head, is not to be seen in the database: a [`Receipt`]
//! from before it shows that.

use db::{DbError, Tx, on_db, on_tx};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sqlx::{AssertSqlSafe, QueryBuilder};
use uuid::Uuid;

use crate::log::Log;
use crate::receipt::Receipt;
use crate::row::Entry;

/// Rows checked by one statement.
const ROWS: i64 = 1_000;
/// Seals of one INSERT statement.
const SEALS_PER_INSERT: usize = 500;

/// What a check of a log found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every row is as it was written, and those up to the receipt, where one was given, are the rows that were there then.
    Whole {
        /// The last row, whose place is the number of rows; none where the log is empty.
        end: Option<Receipt>,
    },
    /// The first row that is not.
    Broken {
        /// Its place.
        seq: u64,
        /// What is wrong, as the end of a sentence about the row.
        why: &'static str,
    },
}

/// A row as it is sealed.
struct Sealed<'a> {
    seq: i64,
    entity: &'a [u8],
    entity_id: Uuid,
    version: i64,
    kind: &'a [u8],
    actor_id: Option<Uuid>,
    batch_id: Uuid,
    request_id: &'a [u8],
    at: i64,
    payload: &'a [u8],
}

impl Sealed<'_> {
    /// The seal after `before`, the seal of the row before; empty for the first.
    fn seal(&self, key: &[u8; 32], before: &[u8]) -> Vec<u8> {
        let mut mac = keyed(key);
        let actor = self.actor_id.map(Uuid::into_bytes);
        let parts: [&[u8]; 11] = [
            before,
            &self.seq.to_be_bytes(),
            self.entity,
            self.entity_id.as_bytes(),
            &self.version.to_be_bytes(),
            self.kind,
            actor.as_ref().map_or(&[], |id| id.as_slice()),
            self.batch_id.as_bytes(),
            self.request_id,
            &self.at.to_be_bytes(),
            self.payload,
        ];
        for part in parts {
            // With its length before it no part can pass for the beginning of the next.
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().to_vec()
    }
}

/// HMAC pads a key shorter than its block with zeros (RFC 2104, section 2), so the padded block is the same key.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}

/// Seals `entries`, the first of which is row `first`, while the transaction holds the log's head.
///
/// # Errors
/// The database's own; or the row before `first` has lost its seal, after which nothing can be sealed.
pub(crate) async fn seal(log: &Log, key: &[u8; 32], tx: &mut Tx, first: i64, entries: &[Entry]) -> db::Result<()> {
    let mut before = if first > 1 { seal_of(log, tx, first - 1).await? } else { Vec::new() };
    let mut seals: Vec<(i64, Vec<u8>)> = Vec::with_capacity(entries.len());
    for (entry, seq) in entries.iter().zip(first..) {
        let row = Sealed {
            seq,
            entity: entry.entity.as_bytes(),
            entity_id: entry.entity_id,
            version: entry.version.cast_signed(),
            kind: entry.kind.as_bytes(),
            actor_id: entry.actor_id,
            batch_id: entry.batch_id,
            request_id: entry.request_id.as_bytes(),
            at: entry.at_micros,
            payload: &entry.payload,
        };
        before = row.seal(key, &before);
        seals.push((seq, before.clone()));
    }
    for chunk in seals.chunks(SEALS_PER_INSERT) {
        on_tx!(&mut *tx, conn => {
            let mut sql = QueryBuilder::new(format!("INSERT INTO {}_seals (seq, seal) ", log.service));
            sql.push_values(chunk, |mut row, (seq, seal)| {
                row.push_bind(*seq).push_bind(seal.clone());
            });
            sql.build().execute(&mut *conn).await?;
        });
    }
    Ok(())
}

/// The seal of row `seq`. A log that went on without it would hide that it was removed.
async fn seal_of(log: &Log, tx: &mut Tx, seq: i64) -> db::Result<Vec<u8>> {
    let read = format!("SELECT seal FROM {}_seals WHERE seq = ?", log.service);
    let seal: Option<Vec<u8>> = on_tx!(&mut *tx, conn => {
        sqlx::query_scalar(AssertSqlSafe(read)).bind(seq).fetch_optional(&mut *conn).await?
    });
    seal.ok_or_else(|| DbError::Corrupt(format!("the seal of row {seq} of the log of {} is missing", log.service)))
}

#[derive(sqlx::FromRow)]
struct Stored {
    seq: i64,
    entity: Vec<u8>,
    entity_id: Uuid,
    version: i64,
    kind: Vec<u8>,
    actor_id: Option<Uuid>,
    batch_id: Uuid,
    request_id: Vec<u8>,
    at: i64,
    payload: Vec<u8>,
    seal: Option<Vec<u8>>,
}

impl Stored {
    fn seal_after(&self, key: &[u8; 32], before: &[u8]) -> Vec<u8> {
        let row = Sealed {
            seq: self.seq,
            entity: &self.entity,
            entity_id: self.entity_id,
            version: self.version,
            kind: &self.kind,
            actor_id: self.actor_id,
            batch_id: self.batch_id,
            request_id: &self.request_id,
            at: self.at,
            payload: &self.payload,
        };
        row.seal(key, before)
    }
}

/// Checks every row of `log` against its seal, and that the row of `since` is the one that it was.
pub(crate) async fn verify(log: &Log, key: &[u8; 32], since: Option<&Receipt>) -> db::Result<Verdict> {
    let sealed = receipt(log).await?.map_or(0, |receipt| receipt.seq);
    // A head that was set back does not hide rows whose seals are left, or of which a receipt is.
    let end = log.end().await?.seq.max(sealed).max(since.map_or(0, |since| since.seq)).cast_signed();
    let sql = select(log);
    let (mut last, mut before): (i64, Vec<u8>) = (0, Vec::new());
    while last < end {
        let rows: Vec<Stored> = on_db!(&log.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql.clone())).bind(last).bind(ROWS).fetch_all(pool).await?
        });
        let broken = |seq: i64, why| Ok(Verdict::Broken { seq: seq.unsigned_abs(), why });
        if rows.is_empty() {
            return broken(last + 1, "is missing");
        }
        for row in rows {
            if row.seq != last + 1 {
                return broken(last + 1, "is missing");
            }
            last = row.seq;
            let Some(seal) = &row.seal else { return broken(last, "has no seal") };
            if *seal != row.seal_after(key, &before) {
                return broken(last, "is not as it was written, or not where");
            }
            if since.is_some_and(|since| since.seq == last.unsigned_abs() && since.seal[..] != seal[..]) {
                return broken(last, "is not the one of the receipt");
            }
            before.clone_from(seal);
        }
    }
    // The last seal is an HMAC that was compared, so it has that length; an empty log has none.
    let end = before.try_into().ok().map(|seal| Receipt { seq: last.unsigned_abs(), seal });
    log.make_durable(last.unsigned_abs()).await?;
    Ok(Verdict::Whole { end })
}

/// The last seal of `log` and its place, unchecked; none where there is none.
pub(crate) async fn receipt(log: &Log) -> db::Result<Option<Receipt>> {
    let sql = format!("SELECT seq, seal FROM {}_seals ORDER BY seq DESC LIMIT 1", log.service);
    let last: Option<(i64, Vec<u8>)> =
        on_db!(&log.db, pool => sqlx::query_as(AssertSqlSafe(sql)).fetch_optional(pool).await?);
    let Some((seq, seal)) = last else { return Ok(None) };
    let seq = seq.unsigned_abs();
    let seal = seal.try_into().map_err(|_| DbError::Corrupt(format!("the seal of row {seq} is not as long as one")))?;
    // What a crash of the database takes back must not look as if somebody had.
    log.make_durable(seq).await?;
    Ok(Some(Receipt { seq, seal }))
}

/// A query of up to so many rows after a place, as [`Stored`] reads them.
fn select(log: &Log) -> String {
    let text = |column: &str| format!("CAST(c.{column} AS {}) AS {column}", bytes(log));
    format!(
        "SELECT c.seq, {}, c.entity_id, c.version, {}, c.actor_id, c.batch_id, {}, c.at, c.payload, s.seal \
         FROM {service}_changes c LEFT JOIN {service}_seals s ON s.seq = c.seq WHERE c.seq > ? ORDER BY c.seq LIMIT ?",
        text("entity"),
        text("kind"),
        text("request_id"),
        service = log.service
    )
}

/// The type of bytes in a CAST: `SQLite` keeps these columns as text, whose bytes are meant.
fn bytes(log: &Log) -> &'static str {
    match log.db.dialect() {
        db::Dialect::MySql => "BINARY",
        db::Dialect::Sqlite => "BLOB",
    }
}
