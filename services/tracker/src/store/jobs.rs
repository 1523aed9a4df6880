//! Batches that are worked through in the background: what is to be done, the rows that still wait, and what was refused.

use db::{Db, DbError, Dialect, Text, Tx, on_db, on_tx};
use serde_json::Value;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::filter::Selection;
use super::list::rows_of;

/// Rows of one INSERT statement.
const ROWS_PER_INSERT: usize = 1000;
/// Rows that are removed by one statement: some 20 ms, for which others wait.
const REMOVED: u32 = 5000;
/// The most refusals that are kept of a batch; the rest is counted.
pub const REFUSALS: u64 = 1000;

/// Work on the rows of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The batch.
    pub batch_id: Uuid,
    /// Who asked for it.
    pub maker: Uuid,
    /// What is done to every row.
    pub task: Value,
    /// Who asked and how, for the log.
    pub context: Value,
}

/// A row as it was when the work was taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Taken {
    /// The challan.
    pub id: Uuid,
    /// Its version then.
    #[sqlx(try_from = "i64")]
    pub version: u64,
}

/// What was refused of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The challan, if there is one.
    pub id: Option<Uuid>,
    /// The field; none for the whole row.
    pub field: Option<String>,
    /// One word of at most 32 characters.
    pub code: String,
    /// One sentence.
    pub detail: String,
    /// What somebody else wrote there, who and when, where that is why.
    pub theirs: Option<Value>,
}

#[derive(sqlx::FromRow)]
struct JobRow {
    batch_id: Uuid,
    maker: Uuid,
    task: String,
    context: String,
}

#[derive(sqlx::FromRow)]
struct RefusedRow {
    challan_id: Option<Uuid>,
    field: Option<Text>,
    code: Text,
    detail: String,
    said: Option<String>,
}

/// Takes work on. `turn` is now, microseconds UTC.
///
/// # Errors
/// The database's own.
pub async fn add(tx: &mut Tx, job: &Job, turn: i64) -> db::Result<()> {
    on_tx!(tx, conn => {
        sqlx::query("INSERT INTO tracker_jobs (batch_id, maker, task, context, turn) VALUES (?, ?, ?, ?, ?)")
            .bind(job.batch_id)
            .bind(job.maker)
            .bind(job.task.to_string())
            .bind(job.context.to_string())
            .bind(turn)
            .execute(&mut *conn)
            .await?;
    });
    Ok(())
}

/// Adds rows to it, each once.
///
/// # Errors
/// The database's own.
pub async fn add_rows(tx: &mut Tx, batch_id: Uuid, rows: &[Taken]) -> db::Result<()> {
    for chunk in rows.chunks(ROWS_PER_INSERT) {
        on_tx!(&mut *tx, conn => {
            let mut sql = QueryBuilder::new("INSERT INTO tracker_job_rows (batch_id, challan_id, version) ");
            sql.push_values(chunk, |mut row, taken| {
                row.push_bind(batch_id).push_bind(taken.id).push_bind(taken.version.cast_signed());
            });
            sql.build().execute(&mut *conn).await?;
        });
    }
    Ok(())
}

/// Removes rows that were put down for batches of before `since` which were never taken on, up to `most` batches, in pieces
/// between which others write; gives how many batches there were. Ids of batches have their time in front.
///
/// # Errors
/// The database's own.
pub async fn sweep(db: &Db, since: Uuid, most: u32) -> db::Result<u64> {
    let left: Vec<Uuid> = on_db!(db, pool => {
        sqlx::query_scalar(
            "SELECT DISTINCT r.batch_id FROM tracker_job_rows r WHERE r.batch_id < ? \
             AND NOT EXISTS (SELECT 1 FROM tracker_jobs j WHERE j.batch_id = r.batch_id) LIMIT ?",
        )
        .bind(since)
        .bind(i64::from(most))
        .fetch_all(pool)
        .await?
    });
    for batch_id in &left {
        loop {
            let mut tx = db.begin().await?;
            let removed = remove(&mut tx, *batch_id).await?;
            tx.commit().await?;
            if removed < u64::from(REMOVED) {
                break;
            }
        }
    }
    Ok(left.len() as u64)
}

/// Removes the next rows that wait, up to [`REMOVED`]; gives how many.
///
/// # Errors
/// The database's own.
pub async fn remove(tx: &mut Tx, batch_id: Uuid) -> db::Result<u64> {
    let rows = rows(tx, batch_id, REMOVED).await?;
    if let Some(last) = rows.last() {
        remove_to(tx, batch_id, last.id).await?;
    }
    Ok(rows.len() as u64)
}

/// Removes the rows that wait up to `last`.
async fn remove_to(tx: &mut Tx, batch_id: Uuid, last: Uuid) -> db::Result<()> {
    on_tx!(tx, conn => {
        sqlx::query("DELETE FROM tracker_job_rows WHERE batch_id = ? AND challan_id <= ?")
            .bind(batch_id)
            .bind(last)
            .execute(&mut *conn)
            .await?;
    });
    Ok(())
}

/// The rows of a selection, up to `limit`, with their versions, by id.
///
/// # Errors
/// The database's own.
pub async fn matching(db: &Db, selection: &Selection<'_>, limit: u32) -> db::Result<Vec<Taken>> {
    Ok(on_db!(db, pool => {
        let mut sql = QueryBuilder::new("SELECT c.id, c.version");
        rows_of(selection, "", false).push(&mut sql);
        sql.push(" ORDER BY c.id LIMIT ").push_bind(i64::from(limit));
        sql.build_query_as().fetch_all(pool).await?
    }))
}

/// The batches that wait for work, the one that waits longest first: each with its maker.
///
/// # Errors
/// The database's own.
pub async fn waiting(db: &Db, limit: u32) -> db::Result<Vec<(Uuid, Uuid)>> {
    Ok(on_db!(db, pool => {
        sqlx::query_as("SELECT batch_id, maker FROM tracker_jobs ORDER BY turn, batch_id LIMIT ?")
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?
    }))
}

/// The work on a batch, unless somebody else is at it, kept until the transaction ends: a copy that dies lets go of it.
///
/// # Errors
/// The database's own.
pub async fn take(tx: &mut Tx, batch_id: Uuid) -> db::Result<Option<Job>> {
    let sql = match tx.dialect() {
        Dialect::MySql => {
            "SELECT batch_id, maker, task, context FROM tracker_jobs WHERE batch_id = ? FOR UPDATE SKIP LOCKED"
        }
        Dialect::Sqlite => "SELECT batch_id, maker, task, context FROM tracker_jobs WHERE batch_id = ?",
    };
    let row: Option<JobRow> = on_tx!(tx, conn => sqlx::query_as(sql).bind(batch_id).fetch_optional(&mut *conn).await?);
    let json = |text: &str| serde_json::from_str(text).map_err(|e| DbError::Corrupt(e.to_string()));
    row.map(|row| {
        Ok(Job { batch_id: row.batch_id, maker: row.maker, task: json(&row.task)?, context: json(&row.context)? })
    })
    .transpose()
}

/// The next rows that wait, up to `limit`, by id.
///
/// # Errors
/// The database's own.
pub async fn rows(tx: &mut Tx, batch_id: Uuid, limit: u32) -> db::Result<Vec<Taken>> {
    Ok(on_tx!(tx, conn => {
        sqlx::query_as(
            "SELECT challan_id AS id, version FROM tracker_job_rows WHERE batch_id = ? ORDER BY challan_id LIMIT ?",
        )
        .bind(batch_id)
        .bind(i64::from(limit))
        .fetch_all(&mut *conn)
        .await?
    }))
}

/// Those of the challans `ids` that wait, by id.
///
/// # Errors
/// The database's own.
pub async fn waiting_of(tx: &mut Tx, batch_id: Uuid, ids: &[Uuid]) -> db::Result<Vec<Taken>> {
    let mut found: Vec<Taken> = Vec::new();
    for chunk in ids.chunks(ROWS_PER_INSERT) {
        found.extend(on_tx!(&mut *tx, conn => {
            let mut sql = QueryBuilder::new("SELECT challan_id AS id, version FROM tracker_job_rows WHERE batch_id = ");
            sql.push_bind(batch_id).push(" AND challan_id IN (");
            let mut list = sql.separated(", ");
            for id in chunk {
                list.push_bind(*id);
            }
            sql.push(")").build_query_as::<Taken>().fetch_all(&mut *conn).await?
        }));
    }
    found.sort_unstable_by_key(|row| row.id);
    Ok(found)
}

/// Notes that the rows up to `last` and those of `also` are done with, and that others have their turn from `turn` on.
///
/// # Errors
/// The database's own.
pub async fn done(tx: &mut Tx, batch_id: Uuid, last: Uuid, also: &[Taken], turn: i64) -> db::Result<()> {
    for chunk in also.chunks(ROWS_PER_INSERT) {
        on_tx!(&mut *tx, conn => {
            let mut sql = QueryBuilder::new("DELETE FROM tracker_job_rows WHERE batch_id = ");
            sql.push_bind(batch_id).push(" AND challan_id IN (");
            let mut list = sql.separated(", ");
            for row in chunk {
                list.push_bind(row.id);
            }
            sql.push(")").build().execute(&mut *conn).await?;
        });
    }
    remove_to(tx, batch_id, last).await?;
    on_tx!(tx, conn => {
        sqlx::query("UPDATE tracker_jobs SET turn = ? WHERE batch_id = ?")
            .bind(turn)
            .bind(batch_id)
            .execute(&mut *conn)
            .await?;
    });
    Ok(())
}

/// Ends the work, and forgets the rows of its last piece.
///
/// # Errors
/// The database's own.
pub async fn end(tx: &mut Tx, batch_id: Uuid) -> db::Result<()> {
    on_tx!(tx, conn => {
        sqlx::query("DELETE FROM tracker_job_rows WHERE batch_id = ?").bind(batch_id).execute(&mut *conn).await?;
        sqlx::query("DELETE FROM tracker_jobs WHERE batch_id = ?").bind(batch_id).execute(&mut *conn).await?;
    });
    Ok(())
}

/// Keeps refusals of a batch, the first [`REFUSALS`] of them.
///
/// # Errors
/// The database's own.
pub async fn refuse(tx: &mut Tx, batch_id: Uuid, refused: &[Refused]) -> db::Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let known: i64 = on_tx!(&mut *tx, conn => {
        sqlx::query_scalar("SELECT COUNT(*) FROM tracker_refusals WHERE batch_id = ?")
            .bind(batch_id)
            .fetch_one(&mut *conn)
            .await?
    });
    let room = REFUSALS.saturating_sub(known.unsigned_abs());
    let refused = &refused[..refused.len().min(usize::try_from(room).unwrap_or(usize::MAX))];
    let mut n = known;
    let theirs = (known + 1..).zip(refused).filter_map(|(n, refused)| Some((n, refused.theirs.as_ref()?.to_string())));
    for chunk in theirs.collect::<Vec<_>>().chunks(ROWS_PER_INSERT) {
        on_tx!(&mut *tx, conn => {
            let mut sql = QueryBuilder::new("INSERT INTO tracker_refusal_values (batch_id, n, said) ");
            sql.push_values(chunk, |mut row, (n, said)| {
                row.push_bind(batch_id).push_bind(*n).push_bind(said.clone());
            });
            sql.build().execute(&mut *conn).await?;
        });
    }
    for chunk in refused.chunks(ROWS_PER_INSERT) {
        on_tx!(&mut *tx, conn => {
            let mut sql = QueryBuilder::new("INSERT INTO tracker_refusals (batch_id, n, challan_id, field, code, detail) ");
            sql.push_values(chunk, |mut row, refused| {
                n += 1;
                row.push_bind(batch_id)
                    .push_bind(n)
                    .push_bind(refused.id)
                    .push_bind(refused.field.clone().map(Text))
                    .push_bind(Text(refused.code.clone()))
                    .push_bind(refused.detail.clone());
            });
            sql.build().execute(&mut *conn).await?;
        });
    }
    Ok(())
}

/// The refusals that are kept of a batch, in the order in which they came.
///
/// # Errors
/// The database's own.
pub async fn refusals(db: &Db, batch_id: Uuid) -> db::Result<Vec<Refused>> {
    let rows: Vec<RefusedRow> = on_db!(db, pool => {
        sqlx::query_as(
            "SELECT r.challan_id, r.field, r.code, r.detail, v.said FROM tracker_refusals r \
             LEFT JOIN tracker_refusal_values v ON v.batch_id = r.batch_id AND v.n = r.n \
             WHERE r.batch_id = ? ORDER BY r.n",
        )
            .bind(batch_id)
            .fetch_all(pool)
            .await?
    });
    let read = |row: RefusedRow| {
        let theirs = row.said.map(|said| serde_json::from_str(&said)).transpose();
        Ok(Refused {
            id: row.challan_id,
            field: row.field.map(|f| f.0),
            code: row.code.0,
            detail: row.detail,
            theirs: theirs.map_err(|e| DbError::Corrupt(e.to_string()))?,
        })
    };
    rows.into_iter().map(read).collect()
}
