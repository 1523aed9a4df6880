//! Finding rows: by filter and row scope, in one order, by cursor or by offset.

use std::collections::HashSet;

use db::{Db, Dialect, Text, on_db};
use sqlx::{Database, QueryBuilder};
use uuid::Uuid;

use super::clause::Clause;
use super::filter::Selection;

/// Ids of one statement: few enough for any database's parameters.
const IDS_PER_STATEMENT: usize = 1000;

/// Columns that order a list, by their name on the wire.
const SORTABLE: [(&str, &str); 7] = [
    ("date", "c.date"),
    ("challan_number", "c.number_sort"),
    ("customer", "c.customer"),
    ("stage", "c.stage"),
    ("amount", "c.amount"),
    ("delivered_at", "c.delivered"),
    ("updated_at", "c.updated_at"),
];

/// The order of a list; ties are broken by id in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    column: &'static str,
    /// The name on the wire.
    pub name: &'static str,
    /// Largest first.
    pub descending: bool,
}

impl Default for Sort {
    /// The newest first.
    fn default() -> Sort {
        let (name, column) = SORTABLE[0];
        Sort { column, name, descending: true }
    }
}

impl Sort {
    /// Reads `date` or `-date`; nothing is `-date`, the newest first.
    #[must_use]
    pub fn parse(text: &str) -> Option<Sort> {
        let text = if text.is_empty() { "-date" } else { text };
        let (descending, word) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        SORTABLE.iter().find(|(name, _)| *name == word).map(|(name, column)| Sort { column, name, descending })
    }

    /// The names that may be sorted by.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SORTABLE.iter().map(|(name, _)| *name)
    }

    /// A mark of the column in the places of this order.
    #[must_use]
    pub fn mark(self) -> u8 {
        SORTABLE.iter().zip(0..).find(|((name, _), _)| *name == self.name).map_or(u8::MAX, |(_, mark)| mark)
    }

    /// Whether the column holds numbers; else texts, which compare by their bytes.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self.column, "c.amount" | "c.updated_at")
    }
}

/// The place of a row in an order: the sort column's stored value, and the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Text, or a number as decimal text.
    pub key: String,
    /// The row.
    pub id: Uuid,
}

/// One row of a list.
#[derive(sqlx::FromRow)]
pub struct Listed {
    /// The row.
    pub id: Uuid,
    /// Its sort column, as text.
    pub key: String,
    /// The record.
    pub doc: String,
}

impl Listed {
    /// Where it stands in the list that it is of.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { key: self.key.clone(), id: self.id }
    }
}

/// One row by its id.
#[derive(sqlx::FromRow)]
pub struct WithVersion {
    /// The row.
    pub id: Uuid,
    /// Its version.
    pub version: i64,
    /// The record.
    pub doc: String,
}

/// The rows of `ids`, in any order; ids without a row are passed over.
///
/// # Errors
/// The database's own.
pub async fn by_ids(db: &Db, ids: &[Uuid]) -> db::Result<Vec<WithVersion>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(IDS_PER_STATEMENT) {
        let rows: Vec<WithVersion> = on_db!(db, pool => {
            let mut sql = QueryBuilder::new("SELECT id, version, doc FROM tracker_challans WHERE id IN (");
            let mut list = sql.separated(", ");
            for id in chunk {
                list.push_bind(*id);
            }
            sql.push(")");
            sql.build_query_as().fetch_all(pool).await?
        });
        found.extend(rows);
    }
    Ok(found)
}

/// Up to `limit` rows after the id `after`, in the order of ids, deleted ones included.
///
/// # Errors
/// The database's own.
pub async fn by_id(db: &Db, after: Uuid, limit: u32) -> db::Result<Vec<WithVersion>> {
    Ok(on_db!(db, pool => {
        sqlx::query_as("SELECT id, version, doc FROM tracker_challans WHERE id > ? ORDER BY id LIMIT ?")
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await?
    }))
}

/// `FROM` and `WHERE` of a selection, with what `join` joins. The other table stands there where it is asked.
pub(super) fn rows_of(selection: &Selection<'_>, join: &str, finding: bool) -> Clause {
    let condition = selection.condition();
    let mut from = Clause::of(" FROM tracker_challans c");
    if finding || condition.names("f.") {
        from.sql(" JOIN tracker_finding f ON f.id = c.id");
    }
    from.sql(join).append(condition);
    from
}

fn push_order<DB: Database>(sql: &mut QueryBuilder<DB>, sort: Sort, descending: bool) {
    let direction = if descending { " DESC" } else { " ASC" };
    sql.push(" ORDER BY ").push(sort.column).push(direction).push(", c.id").push(direction);
}

fn key_as_text(dialect: Dialect, sort: Sort) -> String {
    match (dialect, sort.is_number()) {
        (Dialect::MySql, _) => format!("CAST({} AS CHAR CHARACTER SET utf8mb4) AS `key`", sort.column),
        (Dialect::Sqlite, _) => format!("CAST({} AS TEXT) AS \"key\"", sort.column),
    }
}

/// Up to `limit` rows after (or `before`) a place, in the list's order.
///
/// # Errors
/// The database's own.
pub async fn page(
    db: &Db,
    selection: &Selection<'_>,
    sort: Sort,
    from: Option<&Place>,
    before: bool,
    limit: u32,
) -> db::Result<Vec<Listed>> {
    let descending = sort.descending != before;
    let mut rows = match from {
        None => part(db, selection, sort, descending, None, limit).await?,
        Some(place) => {
            // Two ranges of the index instead of one condition of both, which is looked for from the key's first row on.
            let mut rows = part(db, selection, sort, descending, Some((place, Part::SameKey)), limit).await?;
            let left = limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            if left > 0 {
                let further = part(db, selection, sort, descending, Some((place, Part::Further)), left).await?;
                // One that was changed meanwhile stands in both.
                let known: HashSet<Uuid> = rows.iter().map(|row| row.id).collect();
                rows.extend(further.into_iter().filter(|row| !known.contains(&row.id)));
            }
            rows
        }
    };
    if before {
        rows.reverse();
    }
    Ok(rows)
}

/// The rows behind a place.
#[derive(Clone, Copy)]
enum Part {
    /// Those of its key.
    SameKey,
    /// Those of keys further on.
    Further,
}

async fn part(
    db: &Db,
    selection: &Selection<'_>,
    sort: Sort,
    descending: bool,
    behind: Option<(&Place, Part)>,
    limit: u32,
) -> db::Result<Vec<Listed>> {
    let key = key_as_text(db.dialect(), sort);
    Ok(on_db!(db, pool => {
        let mut sql = QueryBuilder::new("SELECT c.id, ");
        sql.push(key).push(", c.doc");
        rows_of(selection, "", false).push(&mut sql);
        if let Some((place, part)) = behind {
            let than = if descending { " < " } else { " > " };
            sql.push(" AND ").push(sort.column).push(match part { Part::SameKey => " = ", Part::Further => than });
            match sort.is_number() {
                true => sql.push_bind(place.key.parse::<i64>().unwrap_or(0)),
                false => sql.push_bind(Text(place.key.clone())),
            };
            if let Part::SameKey = part {
                sql.push(" AND c.id").push(than).push_bind(place.id);
            }
        }
        push_order(&mut sql, sort, descending);
        sql.push(" LIMIT ").push_bind(i64::from(limit));
        sql.build_query_as().fetch_all(pool).await?
    }))
}

/// Up to `limit` rows from the `offset`-th row of the list on.
///
/// # Errors
/// The database's own.
pub async fn window(
    db: &Db,
    selection: &Selection<'_>,
    sort: Sort,
    offset: u64,
    limit: u32,
) -> db::Result<Vec<Listed>> {
    let key = key_as_text(db.dialect(), sort);
    Ok(on_db!(db, pool => {
        // The ids are counted off in the index alone; the wide rows are fetched for the window only.
        let mut sql = QueryBuilder::new("SELECT c.id, ");
        sql.push(key).push(", c.doc FROM (SELECT c.id AS wanted");
        rows_of(selection, "", false).push(&mut sql);
        push_order(&mut sql, sort, sort.descending);
        sql.push(" LIMIT ").push_bind(i64::from(limit));
        sql.push(" OFFSET ").push_bind(i64::try_from(offset).unwrap_or(i64::MAX));
        sql.push(") w JOIN tracker_challans c ON c.id = w.wanted");
        push_order(&mut sql, sort, sort.descending);
        sql.build_query_as().fetch_all(pool).await?
    }))
}

/// How many rows there are.
///
/// # Errors
/// The database's own.
pub async fn count(db: &Db, selection: &Selection<'_>) -> db::Result<u64> {
    let n: i64 = on_db!(db, pool => {
        let mut sql = QueryBuilder::new("SELECT COUNT(*)");
        rows_of(selection, "", false).push(&mut sql);
        sql.build_query_scalar().fetch_one(pool).await?
    });
    Ok(u64::try_from(n).unwrap_or(0))
}

/// How many rows there are, counted no further than one above `most`.
///
/// # Errors
/// The database's own.
pub async fn count_up_to(db: &Db, selection: &Selection<'_>, most: u32) -> db::Result<u64> {
    let n: i64 = on_db!(db, pool => {
        let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM (SELECT c.id");
        rows_of(selection, "", false).push(&mut sql);
        sql.push(" LIMIT ").push_bind(i64::from(most) + 1).push(") counted");
        sql.build_query_scalar().fetch_one(pool).await?
    });
    Ok(u64::try_from(n).unwrap_or(0))
}
