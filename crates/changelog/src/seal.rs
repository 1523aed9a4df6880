//! A seal on every row of a log: each is an HMAC over the row and the seal before it, so that a row that was edited,
//! removed, moved or slipped in is found by whoever holds the key, and cannot be made good by whoever holds only the
//! database.

use db::{Tx, on_db, on_tx};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sqlx::{AssertSqlSafe, QueryBuilder};
use uuid::Uuid;

use crate::log::Log;
use crate::row::Entry;

/// Rows checked by one statement.
const ROWS: i64 = 1_000;
/// Seals of one INSERT statement.
const SEALS_PER_INSERT: usize = 500;

/// What a check of a log found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every row from the first sealed one on is as it was written.
    Whole {
        /// Rows of the log.
        rows: u64,
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
pub(crate) async fn seal(log: &Log, key: &[u8; 32], tx: &mut Tx, first: i64, entries: &[Entry]) -> db::Result<()> {
    let read = format!("SELECT seal FROM {}_seals WHERE seq = ?", log.service);
    let mut before: Vec<u8> = on_tx!(&mut *tx, conn => {
        sqlx::query_scalar(AssertSqlSafe(read)).bind(first - 1).fetch_optional(&mut *conn).await?
    })
    .unwrap_or_default();
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

/// Checks every row of `log` against its seal. Rows from before the log was sealed are only counted.
pub(crate) async fn verify(log: &Log, key: &[u8; 32]) -> db::Result<Verdict> {
    let end = log.end().await?.seq.cast_signed();
    let text = |column: &str| format!("CAST(c.{column} AS {}) AS {column}", bytes(log));
    let sql = format!(
        "SELECT c.seq, {}, c.entity_id, c.version, {}, c.actor_id, c.batch_id, {}, c.at, c.payload, s.seal \
         FROM {service}_changes c LEFT JOIN {service}_seals s ON s.seq = c.seq WHERE c.seq > ? ORDER BY c.seq LIMIT ?",
        text("entity"),
        text("kind"),
        text("request_id"),
        service = log.service
    );
    let (mut last, mut before): (i64, Option<Vec<u8>>) = (0, None);
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
            match (&row.seal, &before) {
                (None, None) => continue,
                (None, Some(_)) => return broken(row.seq, "has no seal"),
                (Some(seal), _) if *seal != row.seal_after(key, before.as_deref().unwrap_or_default()) => {
                    return broken(row.seq, "is not as it was written, or not where");
                }
                _ => before.clone_from(&row.seal),
            }
        }
    }
    Ok(Verdict::Whole { rows: last.unsigned_abs() })
}

/// The type of bytes in a CAST: `SQLite` keeps these columns as text, whose bytes are meant.
fn bytes(log: &Log) -> &'static str {
    match log.db.dialect() {
        db::Dialect::MySql => "BINARY",
        db::Dialect::Sqlite => "BLOB",
    }
}
