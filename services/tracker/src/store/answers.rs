//! Answers of requests that may be sent again under the same `Idempotency-Key`, each kept in the write's own transaction.

use db::{Db, Tx, on_db, on_tx};
use sqlx::FromRow;

/// An answer as it was given.
#[derive(FromRow)]
pub struct Kept {
    /// SHA-256 of the request's body.
    pub body: Vec<u8>,
    /// The answer, in the words of whoever kept it.
    pub answer: String,
}

/// The answer kept under `id` at `since` or later, microseconds UTC.
///
/// # Errors
/// The database's own.
pub async fn find(tx: &mut Tx, id: &[u8], since: i64) -> db::Result<Option<Kept>> {
    Ok(on_tx!(tx, conn => {
        sqlx::query_as("SELECT body, answer FROM tracker_answers WHERE id = ? AND at >= ?")
            .bind(id)
            .bind(since)
            .fetch_optional(&mut *conn)
            .await?
    }))
}

/// Keeps an answer; one under the same id from before `since` is forgotten.
///
/// # Errors
/// The database's own. [`db::DbError::Duplicate`] where the same request was answered meanwhile: run again and find it.
pub async fn keep(tx: &mut Tx, id: &[u8], body: &[u8], answer: &str, now: i64, since: i64) -> db::Result<()> {
    on_tx!(tx, conn => {
        sqlx::query("DELETE FROM tracker_answers WHERE id = ? AND at < ?").bind(id).bind(since).execute(&mut *conn).await?;
        sqlx::query("INSERT INTO tracker_answers (id, body, at, answer) VALUES (?, ?, ?, ?)")
            .bind(id)
            .bind(body)
            .bind(now)
            .bind(answer)
            .execute(&mut *conn)
            .await?;
    });
    Ok(())
}

/// Forgets up to `most` answers from before `since`; gives how many there were.
///
/// # Errors
/// The database's own.
pub async fn sweep(db: &Db, since: i64, most: u32) -> db::Result<u64> {
    let ids: Vec<Vec<u8>> = on_db!(db, pool => {
        sqlx::query_scalar("SELECT id FROM tracker_answers WHERE at < ? ORDER BY at LIMIT ?")
            .bind(since)
            .bind(i64::from(most))
            .fetch_all(pool)
            .await?
    });
    let mut tx = db.begin().await?;
    for id in &ids {
        on_tx!(&mut tx, conn => {
            sqlx::query("DELETE FROM tracker_answers WHERE id = ?").bind(id).execute(&mut *conn).await?;
        });
    }
    tx.commit().await?;
    Ok(ids.len() as u64)
}
