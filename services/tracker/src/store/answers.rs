//! Answers of requests that may be sent again under the same `Idempotency-Key`, each kept in the write's own transaction.

use db::{Argument, Clause, Db, Tx, on_db, on_tx};
use sqlx::FromRow;

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
    let mut sql = Clause::of("SELECT id, body, at, answer FROM tracker_answers WHERE id IN (");
    sql.values(ids.iter().map(|id| Argument::Bytes(id.to_vec()))).sql(")");
    tx.fetch(sql).await
}

/// Keeps answers.
///
/// # Errors
/// The database's own. [`db::DbError::Duplicate`] where the same request was answered meanwhile: run again and find it.
pub async fn keep(tx: &mut Tx, answers: &[Kept]) -> db::Result<()> {
    if answers.is_empty() {
        return Ok(());
    }
    let rows = answers.iter().map(|kept| {
        let Kept { id, body, at, answer } = kept.clone();
        [Argument::Bytes(id), Argument::Bytes(body), at.into(), Argument::Kept(Some(answer))]
    });
    let mut sql = Clause::of("INSERT INTO tracker_answers (id, body, at, answer) VALUES ");
    sql.rows(rows);
    tx.write(sql).await
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
