//! Who carries challans: the names in use.

use std::collections::BTreeMap;

use db::{Db, Text, on_db};
use domain::filter::Field;
use service::pages::{At, Name};
use sqlx::QueryBuilder;

use super::filter::Selection;
use super::list::rows_of;

/// A name in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executive {
    /// As it is written: of several ways the first by its bytes.
    pub name: String,
    /// How many challans of the selection carry it.
    pub count: u64,
}

/// The names on challans of the selection that hold `search`, by their folded form: up to `limit` of them from a place on. Challans
/// whose executives the asker may not see are left out.
///
/// # Errors
/// The database's own.
pub async fn in_use(
    db: &Db,
    selection: &Selection<'_>,
    search: &str,
    at: &At<Name>,
    limit: u32,
) -> db::Result<BTreeMap<String, Executive>> {
    let mut rows = rows_of(selection, " JOIN tracker_executives e ON e.id = c.id", false);
    if let Some(visible) = selection.visible(Field::Executive) {
        rows.sql(" AND ").append(visible);
    }
    if !search.is_empty() {
        rows.sql(" AND INSTR(e.name, ").text(search).sql(") > 0");
    }
    if let Some((name, back)) = at.beyond() {
        rows.sql(if back { " AND e.name < " } else { " AND e.name > " }).text(name.0.as_str());
    }
    rows.sql(if at.is_back() { " GROUP BY e.name ORDER BY e.name DESC" } else { " GROUP BY e.name ORDER BY e.name" });
    rows.sql(" LIMIT ").number(i64::from(limit));
    let found: Vec<(Text, Text, i64)> = on_db!(db, pool => {
        let mut sql = QueryBuilder::new("SELECT e.name, MIN(e.shown), COUNT(*)");
        rows.push(&mut sql);
        sql.build_query_as().fetch_all(pool).await?
    });
    let read = |(folded, name, count): (Text, Text, i64)| {
        (folded.0, Executive { name: name.0, count: u64::try_from(count).unwrap_or(0) })
    };
    Ok(found.into_iter().map(read).collect())
}
