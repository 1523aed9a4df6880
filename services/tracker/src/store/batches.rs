//! Batches: a row for every writing request, with its numbers and its place in the log.

use db::{Argument, Clause, Db, Dialect, Text, Tx, on_db, on_tx};
use serde::{Deserialize, Serialize};
use service::pages::At;
use sqlx::{AssertSqlSafe, QueryBuilder};
use uuid::Uuid;

use super::update::insertion;

/// What a request that is answered when it is done leaves behind.
pub const DONE: &str = "done";
/// Rows are still waiting.
pub const RUNNING: &str = "running";
/// It was given up.
pub const FAILED: &str = "failed";

/// A batch as it is read: the place of one that names its challan is looked for there.
fn selected() -> String {
    let place = "(SELECT o.seq FROM tracker_changes o \
                 WHERE o.entity_id = challan_id AND o.version = challan_version AND o.entity = 'challan')";
    format!(
        "SELECT id, maker, maker_name, at, action, via, status, matched, done, changed, refused, undo_of, undone_by, \
         COALESCE(first_seq, {place}) AS first_seq, COALESCE(last_seq, {place}) AS last_seq FROM tracker_batches"
    )
}

/// What one commit adds to its batch.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The batch.
    pub id: Uuid,
    /// Who wrote: the person, or the maker of the key.
    pub maker: Uuid,
    /// Their name then.
    pub maker_name: &'a str,
    /// Microseconds UTC.
    pub at: i64,
    /// What was done, in one word of at most 16 characters.
    pub action: &'a str,
    /// By which door, at most 16 characters.
    pub via: &'a str,
    /// Rows that the batch is about, more than before.
    pub matched: u64,
    /// Of these, rows that it is done with.
    pub done: u64,
    /// Rows that were changed.
    pub changed: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// The first and last log row of this commit.
    pub seqs: Option<(u64, u64)>,
    /// In the place of that the one challan it changes and its new version, where the log is still to be written.
    pub challan: Option<(Uuid, u64)>,
    /// The batch that this one undoes.
    pub undo_of: Option<Uuid>,
}

/// A stored batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its id; later ones are greater.
    pub id: Uuid,
    /// Who made it.
    pub maker: Uuid,
    /// Their name then.
    pub maker_name: String,
    /// Microseconds UTC.
    pub at: i64,
    /// What it does, in one word.
    pub action: String,
    /// By which door.
    pub via: String,
    /// `running`, `done`, `failed`.
    pub status: String,
    /// Rows that it is about.
    pub matched: u64,
    /// Rows that it is done with.
    pub done: u64,
    /// Rows that were changed.
    pub changed: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// Its first log row.
    pub first_seq: Option<u64>,
    /// Its last log row; rows of others may stand between.
    pub last_seq: Option<u64>,
    /// The batch that this one undoes.
    pub undo_of: Option<Uuid>,
    /// The batch that undid this one.
    pub undone_by: Option<Uuid>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    maker: Uuid,
    maker_name: String,
    at: i64,
    action: Text,
    via: Text,
    status: Text,
    matched: i64,
    done: i64,
    changed: i64,
    refused: i64,
    first_seq: Option<i64>,
    last_seq: Option<i64>,
    undo_of: Option<Uuid>,
    undone_by: Option<Uuid>,
}

impl From<Row> for Batch {
    fn from(row: Row) -> Batch {
        Batch {
            id: row.id,
            maker: row.maker,
            maker_name: row.maker_name,
            at: row.at,
            action: row.action.0,
            via: row.via.0,
            status: row.status.0,
            matched: row.matched.unsigned_abs(),
            done: row.done.unsigned_abs(),
            changed: row.changed.unsigned_abs(),
            refused: row.refused.unsigned_abs(),
            first_seq: row.first_seq.map(i64::unsigned_abs),
            last_seq: row.last_seq.map(i64::unsigned_abs),
            undo_of: row.undo_of,
            undone_by: row.undone_by,
        }
    }
}

/// Adds each part to its batch, which begins with it where there is none: done, since whoever sent it is answered now.
/// At most some hundred parts at once, each of another batch.
///
/// # Errors
/// The database's own.
pub async fn widen(tx: &mut Tx, parts: &[Part<'_>]) -> db::Result<()> {
    put(tx, parts, DONE).await
}

/// Begins a batch whose rows are still to be worked through.
///
/// # Errors
/// The database's own.
pub async fn begin(tx: &mut Tx, part: &Part<'_>) -> db::Result<()> {
    put(tx, std::slice::from_ref(part), RUNNING).await
}

/// Ends a batch that was running: [`DONE`] or [`FAILED`].
///
/// # Errors
/// The database's own.
pub async fn end(tx: &mut Tx, id: Uuid, status: &str) -> db::Result<()> {
    on_tx!(tx, conn => {
        sqlx::query("UPDATE tracker_batches SET status = ? WHERE id = ?")
            .bind(Text::from(status))
            .bind(id)
            .execute(&mut *conn)
            .await?;
    });
    Ok(())
}

async fn put(tx: &mut Tx, parts: &[Part<'_>], status: &str) -> db::Result<()> {
    if parts.is_empty() {
        return Ok(());
    }
    let widened = match tx.dialect() {
        Dialect::MySql => {
            " ON DUPLICATE KEY UPDATE matched = matched + VALUES(matched), done = done + VALUES(done), \
             changed = changed + VALUES(changed), refused = refused + VALUES(refused), \
             first_seq = COALESCE(first_seq, VALUES(first_seq)), last_seq = COALESCE(VALUES(last_seq), last_seq)"
        }
        Dialect::Sqlite => {
            " ON CONFLICT (id) DO UPDATE SET matched = matched + excluded.matched, done = done + excluded.done, \
             changed = changed + excluded.changed, refused = refused + excluded.refused, \
             first_seq = COALESCE(first_seq, excluded.first_seq), last_seq = COALESCE(excluded.last_seq, last_seq)"
        }
    };
    let columns = |part: &Part<'_>| {
        vec![
            ("maker", part.maker.into()),
            ("maker_name", Argument::Kept(Some(part.maker_name.to_owned()))),
            ("at", part.at.into()),
            ("action", part.action.into()),
            ("via", part.via.into()),
            ("status", status.into()),
            ("matched", part.matched.cast_signed().into()),
            ("done", part.done.cast_signed().into()),
            ("changed", part.changed.cast_signed().into()),
            ("refused", part.refused.cast_signed().into()),
            ("first_seq", Argument::Number(part.seqs.map(|(first, _)| first.cast_signed()))),
            ("last_seq", Argument::Number(part.seqs.map(|(_, last)| last.cast_signed()))),
            ("undo_of", Argument::Id(part.undo_of)),
            ("challan_id", Argument::Id(part.challan.map(|(id, _)| id))),
            ("challan_version", Argument::Number(part.challan.map(|(_, version)| version.cast_signed()))),
        ]
    };
    let rows = parts.iter().map(|part| (part.id, columns(part))).collect();
    let mut sql = insertion("INSERT INTO tracker_batches", &[], &["first_seq", "last_seq", "undo_of"], rows);
    sql.sql(widened);
    tx.write(sql).await
}

/// One batch.
///
/// # Errors
/// The database's own.
pub async fn find(db: &Db, id: Uuid) -> db::Result<Option<Batch>> {
    let sql = format!("{} WHERE id = ?", selected());
    let row: Option<Row> = on_db!(db, pool => sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(pool).await?);
    Ok(row.map(Batch::from))
}

/// One batch, locked until the transaction ends.
///
/// # Errors
/// The database's own.
pub async fn lock(tx: &mut Tx, id: Uuid) -> db::Result<Option<Batch>> {
    let lock = match tx.dialect() {
        Dialect::MySql => " FOR UPDATE",
        Dialect::Sqlite => "",
    };
    let sql = format!("{} WHERE id = ?{lock}", selected());
    let row: Option<Row> =
        on_tx!(tx, conn => sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(&mut *conn).await?);
    Ok(row.map(Batch::from))
}

/// Up to `limit` batches from a place on, the newest first: those of `maker`, or everybody's.
///
/// # Errors
/// The database's own.
pub async fn page(db: &Db, maker: Option<Uuid>, at: &At<Uuid>, limit: u32) -> db::Result<Vec<Batch>> {
    let from = Clause::by_place("id", true, at.beyond().map(|(id, back)| ((*id).into(), back)), limit);
    let rows: Vec<Row> = on_db!(db, pool => {
        let mut sql = QueryBuilder::new(selected());
        sql.push(" WHERE 1 = 1");
        if let Some(maker) = maker {
            sql.push(" AND maker = ").push_bind(maker);
        }
        from.push(&mut sql);
        sql.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(Batch::from).collect())
}

/// Notes that the batch `id` was undone by `by`; none where it was not after all.
///
/// # Errors
/// The database's own.
pub async fn mark_undone(tx: &mut Tx, id: Uuid, by: Option<Uuid>) -> db::Result<()> {
    on_tx!(tx, conn => {
        sqlx::query("UPDATE tracker_batches SET undone_by = ? WHERE id = ?").bind(by).bind(id).execute(&mut *conn).await?;
    });
    Ok(())
}

/// The challans that a batch changed, by id.
///
/// # Errors
/// The database's own.
pub async fn challans(db: &Db, batch: &Batch) -> db::Result<Vec<Uuid>> {
    let (first, last) = seqs(batch);
    Ok(on_db!(db, pool => {
        sqlx::query_scalar(
            "SELECT DISTINCT entity_id FROM tracker_changes \
             WHERE seq >= ? AND seq <= ? AND batch_id = ? AND entity = ? ORDER BY entity_id",
        )
        .bind(first)
        .bind(last)
        .bind(batch.id)
        .bind(Text::from("challan"))
        .fetch_all(pool)
        .await?
    }))
}

/// What a batch did to the challans `ids`: each with the event of the change, in the order of the log.
///
/// # Errors
/// The database's own.
pub async fn changes(tx: &mut Tx, batch: &Batch, ids: &[Uuid]) -> db::Result<Vec<(Uuid, Vec<u8>)>> {
    let (first, last) = seqs(batch);
    let mut found = Vec::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<(Uuid, Vec<u8>)> = on_tx!(&mut *tx, conn => {
            let mut sql = QueryBuilder::new("SELECT entity_id, payload FROM tracker_changes WHERE seq >= ");
            sql.push_bind(first).push(" AND seq <= ").push_bind(last).push(" AND batch_id = ").push_bind(batch.id);
            sql.push(" AND entity = ").push_bind(Text::from("challan")).push(" AND entity_id IN (");
            let mut list = sql.separated(", ");
            for id in chunk {
                list.push_bind(*id);
            }
            sql.push(") ORDER BY seq");
            sql.build_query_as().fetch_all(&mut *conn).await?
        });
        found.extend(rows);
    }
    Ok(found)
}

/// The stretch of the log in which a batch stands; empty for one that wrote nothing.
fn seqs(batch: &Batch) -> (i64, i64) {
    (batch.first_seq.unwrap_or(1).cast_signed(), batch.last_seq.unwrap_or(0).cast_signed())
}
