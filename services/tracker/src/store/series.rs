//! The series that numbers are drawn from. One is marked as the default: challans draw from it.

use db::{DbError, Dialect, Text, Tx, on_tx};
use domain::series::{Reset, Series};
use serde_json::{Value, json};
use uuid::Uuid;

/// A stored series.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its id.
    pub id: Uuid,
    /// The name of its counters.
    pub counter: String,
    /// For people, unique when folded.
    pub name: String,
    /// Template and rule.
    pub series: Series,
    /// Whether challans draw from it.
    pub is_default: bool,
    /// From 1, one up at every change.
    pub version: u64,
}

impl Stored {
    /// As the answers and the log have it, without `next`.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "template": self.series.to_string(),
            "reset": self.series.reset().as_str(), "default": self.is_default, "version": self.version,
        })
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    counter: Text,
    name: Text,
    template: Text,
    reset_rule: Text,
    default_mark: Option<i32>,
    version: i64,
}

impl Row {
    fn read(self) -> db::Result<Stored> {
        let corrupt = || DbError::Corrupt(format!("series {}", self.id));
        let reset = Reset::parse(self.reset_rule.as_str()).ok_or_else(corrupt)?;
        Ok(Stored {
            id: self.id,
            series: Series::parse(self.template.as_str(), reset).map_err(|_| corrupt())?,
            counter: self.counter.0,
            name: self.name.0,
            is_default: self.default_mark.is_some(),
            version: self.version.unsigned_abs(),
        })
    }
}

const COLUMNS: &str = "SELECT id, counter, name, template, reset_rule, default_mark, version FROM tracker_series";

/// The default series, kept from change until the transaction ends: writers share this lock and wait for nobody but an
/// administrator.
///
/// # Errors
/// The database's own.
pub async fn current(tx: &mut Tx) -> db::Result<Stored> {
    let sql = match tx.dialect() {
        Dialect::MySql => format!("{COLUMNS} WHERE default_mark = 1 LOCK IN SHARE MODE"),
        Dialect::Sqlite => format!("{COLUMNS} WHERE default_mark = 1"),
    };
    let row: Option<Row> =
        on_tx!(tx, conn => sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_optional(&mut *conn).await?);
    row.ok_or_else(|| DbError::Corrupt("no series is the default".into()))?.read()
}

/// Every series, by name.
///
/// # Errors
/// The database's own.
pub async fn all(tx: &mut Tx) -> db::Result<Vec<Stored>> {
    let sql = format!("{COLUMNS} ORDER BY folded");
    let rows: Vec<Row> = on_tx!(tx, conn => sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *conn).await?);
    rows.into_iter().map(Row::read).collect()
}

/// Every series by id, locked: whoever sets one compares it with all others.
///
/// # Errors
/// The database's own.
pub async fn lock_all(tx: &mut Tx) -> db::Result<Vec<Stored>> {
    let sql = match tx.dialect() {
        Dialect::MySql => format!("{COLUMNS} ORDER BY id FOR UPDATE"),
        Dialect::Sqlite => format!("{COLUMNS} ORDER BY id"),
    };
    let rows: Vec<Row> = on_tx!(tx, conn => sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *conn).await?);
    rows.into_iter().map(Row::read).collect()
}

/// Adds a series, or replaces the one of its id.
///
/// # Errors
/// [`DbError::Duplicate`] where its name was taken meanwhile.
pub async fn put(tx: &mut Tx, new: bool, series: &Stored) -> db::Result<()> {
    let sql = if new {
        "INSERT INTO tracker_series (counter, name, folded, template, reset_rule, default_mark, version, id) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    } else {
        "UPDATE tracker_series SET counter = ?, name = ?, folded = ?, template = ?, reset_rule = ?, default_mark = ?, \
         version = ? WHERE id = ?"
    };
    on_tx!(tx, conn => {
        sqlx::query(sql)
            .bind(Text(series.counter.clone()))
            .bind(Text(series.name.clone()))
            .bind(Text(domain::fold::fold(&series.name)))
            .bind(Text(series.series.to_string()))
            .bind(Text::from(series.series.reset().as_str()))
            .bind(series.is_default.then_some(1_i32))
            .bind(series.version.cast_signed())
            .bind(series.id)
            .execute(&mut *conn)
            .await?;
    });
    Ok(())
}
