//! Finding rows: by filter and row scope, in one order, by cursor or by offset.

use std::collections::HashSet;

use db::{Clause, Db, Dialect, Text, on_db};
use sqlx::{Database, QueryBuilder};
use uuid::Uuid;

use super::filter::Selection;
use super::sort::{BETWEEN, By, Place, Sort};

/// Ids of one statement: few enough for any database's parameters.
const IDS_PER_STATEMENT: usize = 1000;

/// One row of a list.
#[derive(sqlx::FromRow)]
pub struct Listed {
    /// The row.
    pub id: Uuid,
    /// Its sort columns, as a [`Place`] has them.
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

fn push_order<DB: Database>(sql: &mut QueryBuilder<DB>, sort: Sort, before: bool) {
    let direction = |descending: bool| if descending != before { " DESC, " } else { " ASC, " };
    sql.push(" ORDER BY ");
    for by in sort.columns() {
        sql.push(by.column).push(direction(by.descending));
    }
    sql.push("c.id").push(direction(sort.ids_descend()).trim_end_matches(", "));
}

/// The values of the sort columns as a place has them.
fn key_as_text(dialect: Dialect, sort: Sort) -> String {
    let text = |by: By| match dialect {
        Dialect::MySql => format!("CAST({} AS CHAR CHARACTER SET utf8mb4)", by.column),
        Dialect::Sqlite => format!("CAST({} AS TEXT)", by.column),
    };
    let texts: Vec<String> = sort.columns().map(text).collect();
    let between = u32::from(BETWEEN);
    match dialect {
        Dialect::MySql => format!("CONCAT_WS(CHAR({between} USING utf8mb4), {}) AS `key`", texts.join(", ")),
        Dialect::Sqlite => format!("{} AS \"key\"", texts.join(&format!(" || char({between}) || "))),
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
    let mut rows: Vec<Listed> = Vec::new();
    match from {
        None => rows = part(db, selection, (sort, before), None, limit).await?,
        Some(place) => {
            // A range of the index for each column instead of one condition of all, which is looked for from the first row of
            // the first value on.
            for equal in (0..=sort.columns().count()).rev() {
                let left = limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
                if left == 0 {
                    break;
                }
                let further = part(db, selection, (sort, before), Some((place, equal)), left).await?;
                // One that was changed meanwhile stands in two of them.
                let known: HashSet<Uuid> = rows.iter().map(|row| row.id).collect();
                rows.extend(further.into_iter().filter(|row| !known.contains(&row.id)));
            }
        }
    }
    if before {
        rows.reverse();
    }
    Ok(rows)
}

/// Of the rows behind a place those whose first `equal` columns have its values and whose next one is further on; that is
/// the id where all are equal.
async fn part(
    db: &Db,
    selection: &Selection<'_>,
    (sort, before): (Sort, bool),
    behind: Option<(&Place, usize)>,
    limit: u32,
) -> db::Result<Vec<Listed>> {
    let key = key_as_text(db.dialect(), sort);
    let further = |descending: bool| if descending != before { " < " } else { " > " };
    Ok(on_db!(db, pool => {
        let mut sql = QueryBuilder::new("SELECT c.id, ");
        sql.push(key).push(", c.doc");
        rows_of(selection, "", false).push(&mut sql);
        if let Some((place, equal)) = behind {
            for (at, (by, value)) in sort.values(&place.key).take(equal + 1).enumerate() {
                sql.push(" AND ").push(by.column).push(if at < equal { " = " } else { further(by.descending) });
                match by.is_number() {
                    true => sql.push_bind(value.parse::<i64>().unwrap_or(0)),
                    false => sql.push_bind(Text(value.to_owned())),
                };
            }
            if equal == sort.columns().count() {
                sql.push(" AND c.id").push(further(sort.ids_descend())).push_bind(place.id);
            }
        }
        push_order(&mut sql, sort, before);
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
        push_order(&mut sql, sort, false);
        sql.push(" LIMIT ").push_bind(i64::from(limit));
        sql.push(" OFFSET ").push_bind(i64::try_from(offset).unwrap_or(i64::MAX));
        sql.push(") w JOIN tracker_challans c ON c.id = w.wanted");
        push_order(&mut sql, sort, false);
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
