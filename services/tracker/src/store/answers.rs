//! Answers of requests that may be sent again under the same `Idempotency-Key`, each kept in the write's own transaction.

use db::{Db, Tx, on_db, on_tx};
use sqlx::{FromRow, QueryBuilder};

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Kept {
    /// The request's.
    pub id: Vec<u8>,
    /// SHA-256 of the request's body.
    pub body: Vec<u8>,
    /// When it was given, microseconds UTC.
    pub at: i64,
    /// The answer, in the words of whoever kept it.
    pub answer: String,
}

/// Those of the answers `ids` that are kept. At most some hundred are asked for at once.
///
/// # Errors
/// The database's own.
pub async fn find(tx: &mut Tx, ids: &[&[u8]]) -> db::Result<Vec<Kept>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(on_tx!(tx, conn => {
        let mut sql = QueryBuilder::new("SELECT id, body, at, answer FROM tracker_answers WHERE id IN (");
        let mut list = sql.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        sql.push(")").build_query_as().fetch_all(&mut *conn).await?
    }))
}

/// Keeps answers.
///
/// # Errors
/// The database's own. [`db::DbError::Duplicate`] where the same request was answered meanwhile: run again and find it.
pub async fn keep(tx: &mut Tx, answers: &[Kept]) -> db::Result<()> {
    if answers.is_empty() {
        return Ok(());
    }
    on_tx!(tx, conn => {
        let mut sql = QueryBuilder::new("INSERT INTO tracker_answers (id, body, at, answer) ");
        sql.push_values(answers, |mut row, kept| {
            row.push_bind(kept.id.as_slice()).push_bind(kept.body.as_slice());
            row.push_bind(kept.at).push_bind(kept.answer.as_str());
        });
        sql.build().execute(&mut *conn).await?;
    });
    Ok(())
}

/// Forgets one answer.
///
/// # Errors
/// The database's own.
pub async fn forget(tx: &mut Tx, id: &[u8]) -> db::Result<()> {
    on_tx!(tx, conn => {
        sqlx::query("DELETE FROM tracker_answers WHERE id = ?").bind(id).execute(&mut *conn).await?;
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
        forget(&mut tx, id).await?;
    }
    tx.commit().await?;
    Ok(ids.len() as u64)
}
