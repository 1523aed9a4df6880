//! What is still to be done after a customer got another name or was merged: its challans are brought to it piece by piece.

use db::{Db, DbError, Dialect, Text, Tx, on_db, on_tx};
use serde_json::Value;
use uuid::Uuid;

use super::challans::{self, Stored};

/// Challans of a customer that stand under a name it has no more.
#[derive(Clone, Debug)]
pub struct Work {
    /// Its id.
    pub id: Uuid,
    /// The customer that the challans name.
    pub customer_id: Uuid,
    /// The name they stand under, folded.
    pub folded: String,
    /// The last challan that was looked at; nil at first.
    pub last_id: Uuid,
    /// Who asked for it and how, for the log.
    pub context: Value,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    customer_id: Uuid,
    folded: Text,
    last_id: Uuid,
    context: String,
}

/// Adds work.
///
/// # Errors
/// The database's own.
pub async fn add(tx: &mut Tx, work: &Work) -> db::Result<()> {
    on_tx!(tx, conn => {
        sqlx::query("INSERT INTO tracker_customer_work (id, customer_id, folded, last_id, context) VALUES (?, ?, ?, ?, ?)")
            .bind(work.id)
            .bind(work.customer_id)
            .bind(Text(work.folded.clone()))
            .bind(work.last_id)
            .bind(work.context.to_string())
            .execute(&mut *conn)
            .await?;
    });
    Ok(())
}

/// Whether there is any.
///
/// # Errors
/// The database's own.
pub async fn is_any(db: &Db) -> db::Result<bool> {
    let one: Option<i64> = on_db!(db, pool => {
        sqlx::query_scalar("SELECT 1 FROM tracker_customer_work LIMIT 1").fetch_optional(pool).await?
    });
    Ok(one.is_some())
}

/// The oldest work that nobody else is at, kept until the transaction ends: a copy that dies lets go of it.
///
/// # Errors
/// The database's own.
pub async fn take(tx: &mut Tx) -> db::Result<Option<Work>> {
    const OLDEST: &str =
        "SELECT id, customer_id, folded, last_id, context FROM tracker_customer_work ORDER BY id LIMIT 1";
    let sql = match tx.dialect() {
        Dialect::MySql => format!("{OLDEST} FOR UPDATE SKIP LOCKED"),
        Dialect::Sqlite => OLDEST.to_owned(),
    };
    let row: Option<Row> =
        on_tx!(tx, conn => sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_optional(&mut *conn).await?);
    row.map(|row| {
        Ok(Work {
            id: row.id,
            customer_id: row.customer_id,
            folded: row.folded.0,
            last_id: row.last_id,
            context: serde_json::from_str(&row.context).map_err(|e| DbError::Corrupt(e.to_string()))?,
        })
    })
    .transpose()
}

/// The next challans of `work` by id, locked, those in the trash included.
///
/// # Errors
/// The database's own.
pub async fn piece(tx: &mut Tx, work: &Work, limit: u32) -> db::Result<Vec<Stored>> {
    // By the name, which has an index, and not by the customer's id, which has none.
    let ids: Vec<Uuid> = on_tx!(&mut *tx, conn => {
        sqlx::query_scalar(
            "SELECT id FROM tracker_challans WHERE deleted IN (0, 1) AND customer = ? AND customer_id = ? AND id > ? \
             ORDER BY id LIMIT ?",
        )
        .bind(Text(work.folded.clone()))
        .bind(work.customer_id)
        .bind(work.last_id)
        .bind(i64::from(limit))
        .fetch_all(&mut *conn)
        .await?
    });
    challans::lock_many(tx, &ids).await
}

/// Notes how far `work` is: its last challan, or that it is done.
///
/// # Errors
/// The database's own.
pub async fn note(tx: &mut Tx, work: &Work, last_id: Option<Uuid>) -> db::Result<()> {
    on_tx!(tx, conn => {
        match last_id {
            Some(last) => {
                sqlx::query("UPDATE tracker_customer_work SET last_id = ? WHERE id = ?")
                    .bind(last)
                    .bind(work.id)
                    .execute(&mut *conn)
                    .await?;
            }
            None => {
                sqlx::query("DELETE FROM tracker_customer_work WHERE id = ?").bind(work.id).execute(&mut *conn).await?;
            }
        }
    });
    Ok(())
}
