//! Rows of the register. `doc` is the record as the API gives it; the other columns find and order it.

use db::{Argument, Clause, Db, DbError, Dialect, Text, Tx, on_db, on_tx};
use domain::challan::{Challan, When, financial_year};
use domain::fold::fold;
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

use super::update::{Column, Row, differing, insertion};

/// Rows of one INSERT statement: few enough for SQLite's 32,766 parameters, many enough to spare round trips.
const ROWS_PER_INSERT: usize = 100;

/// What a challan that a person makes has seldom from its first day.
const SELDOM: [&str; 5] = ["delivered", "source", "external_id", "occurred_at", "source_base"];

/// A stored challan with what its source last sent.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The record.
    pub challan: Challan,
    /// The facts that the source last sent, as JSON.
    pub source_base: Option<Value>,
    /// When that message happened at the source, microseconds UTC.
    pub occurred_at: Option<i64>,
}

#[derive(FromRow)]
struct StoredRow {
    doc: String,
    source_base: Option<String>,
    occurred_at: Option<i64>,
}

impl StoredRow {
    fn read(self) -> db::Result<Stored> {
        Ok(Stored {
            challan: decode(&self.doc)?,
            source_base: self
                .source_base
                .map(|t| serde_json::from_str(&t))
                .transpose()
                .map_err(|e| DbError::Corrupt(e.to_string()))?,
            occurred_at: self.occurred_at,
        })
    }
}

/// Reads a stored record.
///
/// # Errors
/// [`DbError::Corrupt`] where it is not one.
pub fn decode(doc: &str) -> db::Result<Challan> {
    serde_json::from_str(doc).map_err(|e| DbError::Corrupt(e.to_string()))
}

fn encode(challan: &Challan) -> db::Result<String> {
    serde_json::to_string(challan).map_err(|e| DbError::Corrupt(e.to_string()))
}

/// One challan, deleted ones included.
///
/// # Errors
/// The database's own.
pub async fn find(db: &Db, id: Uuid) -> db::Result<Option<Challan>> {
    let doc: Option<(String,)> = on_db!(db, pool => {
        sqlx::query_as("SELECT doc FROM tracker_challans WHERE id = ?").bind(id).fetch_optional(pool).await?
    });
    doc.map(|(doc,)| decode(&doc)).transpose()
}

/// Challans by id, deleted ones included, in that order. Ids that nothing has are left out.
///
/// # Errors
/// The database's own.
pub async fn find_many(db: &Db, ids: &[Uuid]) -> db::Result<Vec<Challan>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let docs: Vec<(String,)> = on_db!(db, pool => {
            let mut sql = sqlx::QueryBuilder::new("SELECT doc FROM tracker_challans WHERE id IN (");
            let mut list = sql.separated(", ");
            for id in chunk {
                list.push_bind(*id);
            }
            sql.push(") ORDER BY id").build_query_as().fetch_all(pool).await?
        });
        for (doc,) in docs {
            found.push(decode(&doc)?);
        }
    }
    Ok(found)
}

/// A challan that no row of the log tells of, if there is one.
///
/// # Errors
/// The database's own.
pub async fn untold(db: &Db) -> db::Result<Option<Uuid>> {
    let sql = "SELECT id FROM tracker_challans c WHERE NOT EXISTS \
               (SELECT 1 FROM tracker_changes l WHERE l.entity_id = c.id) LIMIT 1";
    Ok(on_db!(db, pool => sqlx::query_scalar(sql).fetch_optional(pool).await?))
}

/// Challans by id, locked in that order. Ids that nothing has are left out.
///
/// # Errors
/// The database's own.
pub async fn lock_many(tx: &mut Tx, ids: &[Uuid]) -> db::Result<Vec<Stored>> {
    lock_all(tx, ids, " FOR UPDATE").await
}

/// As [`lock_many`], without those that another transaction holds: nobody is waited for.
///
/// # Errors
/// The database's own.
pub async fn lock_free(tx: &mut Tx, ids: &[Uuid]) -> db::Result<Vec<Stored>> {
    lock_all(tx, ids, " FOR UPDATE SKIP LOCKED").await
}

async fn lock_all(tx: &mut Tx, ids: &[Uuid], lock: &'static str) -> db::Result<Vec<Stored>> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(250) {
        let mut sql = Clause::of("SELECT doc, source_base, occurred_at FROM tracker_challans WHERE id IN (");
        sql.values(chunk.iter().map(|id| Argument::from(*id))).sql(") ORDER BY id");
        if tx.dialect() == Dialect::MySql {
            sql.sql(lock);
        }
        for row in tx.fetch::<StoredRow>(sql).await? {
            found.push(row.read()?);
        }
    }
    Ok(found)
}

/// The challans that `source` knows under `keys`, locked.
///
/// # Errors
/// The database's own.
pub async fn lock_by_key(tx: &mut Tx, source: &str, keys: &[&str]) -> db::Result<Vec<Stored>> {
    let mut found = Vec::new();
    for chunk in keys.chunks(250) {
        let dialect = tx.dialect();
        let rows: Vec<StoredRow> = on_tx!(tx, conn => {
            let mut sql = sqlx::QueryBuilder::new(
                "SELECT doc, source_base, occurred_at FROM tracker_challans WHERE source = ",
            );
            sql.push_bind(Text::from(source)).push(" AND external_id IN (");
            let mut list = sql.separated(", ");
            for key in chunk {
                list.push_bind(Text::from(*key));
            }
            sql.push(") ORDER BY id");
            if dialect == Dialect::MySql {
                sql.push(" FOR UPDATE");
            }
            sql.build_query_as().fetch_all(&mut *conn).await?
        });
        for row in rows {
            found.push(row.read()?);
        }
    }
    Ok(found)
}

/// Adds rows.
///
/// # Errors
/// [`DbError::Duplicate`] where a number or an external id was taken meanwhile.
pub async fn insert(tx: &mut Tx, rows: &[&Stored]) -> db::Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        let mut new = Vec::with_capacity(chunk.len());
        for row in chunk {
            let c = &row.challan;
            let mut columns = changing(row)?;
            columns.extend(indexed(c));
            columns.push(("source", Argument::Text(c.source.clone())));
            columns.push(("external_id", Argument::Text(c.external_id.clone())));
            new.push((c.id, columns));
        }
        tx.write(insertion("INSERT INTO tracker_challans", &["invoice_number", "executives"], &SELDOM, new)).await?;
    }
    Ok(())
}

/// Replaces rows, each read in this transaction as it was before, by the next version; false where one of them is another
/// version by now, and the transaction is to be dropped.
///
/// # Errors
/// [`DbError::Duplicate`] where a number is taken in the financial year of its new date.
pub async fn update(tx: &mut Tx, rows: &[(&Challan, &Stored)]) -> db::Result<bool> {
    let mut changed = Vec::with_capacity(rows.len());
    for (before, row) in rows {
        let mut columns = changing(row)?;
        columns.extend(differing(indexed(before), indexed(&row.challan)));
        changed.push(Row { id: before.id, version: Some(before.version.cast_signed()), columns });
    }
    super::update::update(tx, "tracker_challans", changed).await
}

/// What every change of a row changes, or may change and stands in no index.
fn changing(row: &Stored) -> db::Result<Vec<Column>> {
    let c = &row.challan;
    Ok(vec![
        ("version", c.version.cast_signed().into()),
        ("updated_at", c.updated_at.timestamp_micros().into()),
        ("occurred_at", Argument::Number(row.occurred_at)),
        ("source_base", Argument::Kept(base(row)?)),
        ("doc", Argument::Kept(Some(encode(c)?))),
    ])
}

/// What rows are found and ordered by and what seldom changes. A row is given only what differs in it, so a migration is to write
/// anew what is derived in another way here.
fn indexed(c: &Challan) -> Vec<Column> {
    let number = c.challan_number.clone();
    vec![
        ("deleted", i64::from(c.deleted_at.is_some()).into()),
        ("financial_year", i64::from(financial_year(c.facts.date)).into()),
        ("number_sort", Argument::Text(Some(number.clone().unwrap_or_default()))),
        ("challan_number", Argument::Text(number)),
        ("date", Argument::Text(Some(c.facts.date.to_string()))),
        ("customer_id", Argument::from(c.customer_id)),
        ("customer", Argument::Text(Some(fold(&c.facts.customer)))),
        ("stage", c.stage.as_str().into()),
        ("amount", c.facts.amount.map_or(-1, |a| a.0).into()),
        ("delivered", Argument::Text(Some(c.facts.delivered_at.map(|w: When| w.to_string()).unwrap_or_default()))),
    ]
}

/// Keeps what sources sent last of rows that are locked and stay as they are: no version, no row of the log.
///
/// # Errors
/// The database's own.
pub async fn hear(tx: &mut Tx, rows: &[Stored]) -> db::Result<()> {
    let mut heard = Vec::with_capacity(rows.len());
    for row in rows {
        let columns =
            vec![("occurred_at", Argument::Number(row.occurred_at)), ("source_base", Argument::Kept(base(row)?))];
        heard.push(Row { id: row.challan.id, version: None, columns });
    }
    super::update::update(tx, "tracker_challans", heard).await?;
    Ok(())
}

/// What a source sent last, as it is stored.
fn base(row: &Stored) -> db::Result<Option<String>> {
    let text = row.source_base.as_ref().map(serde_json::to_string).transpose();
    text.map_err(|e| DbError::Corrupt(e.to_string()))
}
