//! Reading the log: in the order of commits, or of one record.

use db::{Text, Tx, on_db, on_tx};
use sqlx::{AssertSqlSafe, QueryBuilder};
use uuid::Uuid;

use crate::log::Log;
use crate::recent::Told;
use crate::row::{LogRow, StoredRow, Touched, Wanted};

impl Log {
    /// Up to `limit` rows after `after`, in order.
    ///
    /// # Errors
    /// The database's own.
    pub async fn read(&self, after: u64, limit: u32) -> db::Result<Vec<LogRow>> {
        let sql = self.select("WHERE seq > ? ORDER BY seq LIMIT ?");
        let rows: Vec<StoredRow> = on_db!(&self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(after.cast_signed()).bind(i64::from(limit)).fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(LogRow::from).collect())
    }

    /// The places and events of up to `limit` rows after `after`, in order, with the history that they are of; none where there
    /// are no rows. One statement, so that no row is told as another history's.
    ///
    /// # Errors
    /// The database's own.
    pub(crate) async fn read_of_history(&self, after: u64, limit: u32) -> db::Result<(Option<Uuid>, Vec<Told>)> {
        let service = self.service;
        let sql = format!(
            "SELECT h.epoch, c.seq, c.payload FROM {service}_log_head h JOIN {service}_changes c ON c.seq > ? \
             WHERE h.id = 1 ORDER BY c.seq LIMIT ?"
        );
        let rows: Vec<(Uuid, i64, Vec<u8>)> = on_db!(&self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(after.cast_signed()).bind(i64::from(limit)).fetch_all(pool).await?
        });
        let epoch = rows.first().map(|(epoch, ..)| *epoch);
        Ok((epoch, rows.into_iter().map(|(_, seq, event)| (seq.unsigned_abs(), event.into())).collect()))
    }

    /// What up to `limit` rows after `after` are of, in order: their places, entities and records.
    ///
    /// # Errors
    /// The database's own.
    pub async fn touched(&self, after: u64, limit: u32) -> db::Result<Vec<Touched>> {
        let service = self.service;
        let sql = format!("SELECT seq, entity, entity_id FROM {service}_changes WHERE seq > ? ORDER BY seq LIMIT ?");
        let rows: Vec<(i64, Text, Uuid)> = on_db!(&self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql)).bind(after.cast_signed()).bind(i64::from(limit)).fetch_all(pool).await?
        });
        let touched = |(seq, entity, entity_id): (i64, Text, Uuid)| Touched {
            seq: seq.unsigned_abs(),
            entity: entity.0,
            entity_id,
        };
        Ok(rows.into_iter().map(touched).collect())
    }

    /// Up to `limit` rows of one record that are `wanted`, newest first unless those after one are.
    ///
    /// # Errors
    /// The database's own.
    pub async fn of_record(
        &self,
        entity: &str,
        entity_id: Uuid,
        wanted: &Wanted,
        limit: u32,
    ) -> db::Result<Vec<LogRow>> {
        let begin = self.select("WHERE entity_id = ");
        let rows: Vec<StoredRow> = on_db!(&self.db, pool => {
            let mut sql = QueryBuilder::new(begin);
            sql.push_bind(entity_id).push(" AND entity = ").push_bind(Text::from(entity));
            sql.push(" AND seq < ").push_bind(wanted.before_seq.map_or(i64::MAX, u64::cast_signed));
            if let Some(after) = wanted.after_seq {
                sql.push(" AND seq > ").push_bind(after.cast_signed());
            }
            if let Some(actor) = wanted.actor {
                sql.push(" AND actor_id = ").push_bind(actor);
            }
            if let Some(from) = wanted.from {
                sql.push(" AND at >= ").push_bind(from);
            }
            if let Some(to) = wanted.to {
                sql.push(" AND at < ").push_bind(to);
            }
            sql.push(if wanted.after_seq.is_some() { " ORDER BY seq LIMIT " } else { " ORDER BY seq DESC LIMIT " });
            sql.push_bind(i64::from(limit)).build_query_as().fetch_all(pool).await?
        });
        Ok(rows.into_iter().map(LogRow::from).collect())
    }

    /// The newest `limit` rows of one record, newest first, read in the transaction that holds the record.
    ///
    /// # Errors
    /// The database's own.
    pub async fn of_record_in(
        &self,
        tx: &mut Tx,
        entity: &str,
        entity_id: Uuid,
        limit: u32,
    ) -> db::Result<Vec<LogRow>> {
        let sql = self.select("WHERE entity_id = ? AND entity = ? ORDER BY seq DESC LIMIT ?");
        let rows: Vec<StoredRow> = on_tx!(tx, conn => {
            sqlx::query_as(AssertSqlSafe(sql))
                .bind(entity_id)
                .bind(Text::from(entity))
                .bind(i64::from(limit))
                .fetch_all(&mut *conn)
                .await?
        });
        Ok(rows.into_iter().map(LogRow::from).collect())
    }

    /// Up to `limit` rows not after `upto`, record by record in the order of their ids, each record's in order; after row
    /// `after.1` of record `after.0`.
    ///
    /// # Errors
    /// The database's own.
    pub async fn by_record(&self, after: Option<(Uuid, u64)>, upto: u64, limit: u32) -> db::Result<Vec<LogRow>> {
        // Written so that both databases begin at the place in the index; a comparison of pairs does that on one only.
        let sql = self
            .select("WHERE entity_id >= ? AND (entity_id > ? OR seq > ?) AND seq <= ? ORDER BY entity_id, seq LIMIT ?");
        let (record, seq) = after.unwrap_or_default();
        let rows: Vec<StoredRow> = on_db!(&self.db, pool => {
            sqlx::query_as(AssertSqlSafe(sql))
                .bind(record)
                .bind(record)
                .bind(seq.cast_signed())
                .bind(upto.cast_signed())
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await?
        });
        Ok(rows.into_iter().map(LogRow::from).collect())
    }

    /// The first row up to `upto` that is not there, if one is missing.
    ///
    /// # Errors
    /// The database's own.
    pub async fn missing(&self, upto: u64) -> db::Result<Option<u64>> {
        let table = format!("{}_changes", self.service);
        let count = format!("SELECT COUNT(*) FROM {table} WHERE seq BETWEEN 1 AND ?");
        let rows: i64 = on_db!(&self.db, pool => {
            sqlx::query_scalar(AssertSqlSafe(count)).bind(upto.cast_signed()).fetch_one(pool).await?
        });
        if rows.unsigned_abs() == upto {
            return Ok(None);
        }
        let last_before = format!(
            "SELECT MIN(c.seq) FROM (SELECT 0 AS seq UNION ALL SELECT seq FROM {table}) c \
             WHERE NOT EXISTS (SELECT 1 FROM {table} n WHERE n.seq = c.seq + 1)"
        );
        let last: i64 = on_db!(&self.db, pool => sqlx::query_scalar(AssertSqlSafe(last_before)).fetch_one(pool).await?);
        Ok(Some(last.unsigned_abs() + 1))
    }

    /// A query of whole rows, as [`StoredRow`] reads them.
    fn select(&self, rest: &str) -> String {
        let service = self.service;
        format!("SELECT seq, entity, entity_id, version, kind, request_id, at, payload FROM {service}_changes {rest}")
    }
}
