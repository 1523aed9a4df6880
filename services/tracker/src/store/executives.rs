//! Who carries challans: the names in use.

use std::collections::BTreeMap;

use db::{Db, Text, on_db};
use domain::fold::fold;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::challans::decode;
use super::filter::Selection;
use super::list::rows_of;

/// A name in use.
#[derive(Clone, Debug)]
pub struct Executive {
    /// As it is written on one of the challans.
    pub name: String,
    /// How many challans of the selection carry it.
    pub count: u64,
}

/// The names on challans of the selection that hold `search`, by their folded form, at most `limit`.
///
/// # Errors
/// The database's own.
pub async fn in_use(
    db: &Db,
    selection: &Selection<'_>,
    search: &str,
    limit: usize,
) -> db::Result<BTreeMap<String, Executive>> {
    // Challans are counted by their whole list of names, of which there are few, and the lists are cut apart here.
    let lists: Vec<(Text, i64, Uuid)> = on_db!(db, pool => {
        let mut sql = QueryBuilder::new("SELECT c.executives, COUNT(*), MAX(c.id)");
        rows_of(selection, "", false).push(&mut sql);
        sql.push(" AND c.executives <> ").push_bind(Text::from("|"));
        if !search.is_empty() {
            sql.push(" AND INSTR(c.executives, ").push_bind(Text::from(search)).push(") > 0");
        }
        sql.push(" GROUP BY c.executives");
        sql.build_query_as().fetch_all(pool).await?
    });
    let mut found: BTreeMap<String, (u64, Uuid)> = BTreeMap::new();
    for (list, count, id) in lists {
        for name in list.as_str().split('|').filter(|name| !name.is_empty() && name.contains(search)) {
            found.entry(name.to_owned()).or_insert((0, id)).0 += count.unsigned_abs();
        }
    }
    let mut named = BTreeMap::new();
    for (folded, (count, id)) in found.into_iter().take(limit) {
        let doc: Option<(String,)> = on_db!(db, pool => {
            sqlx::query_as("SELECT doc FROM tracker_challans WHERE id = ?").bind(id).fetch_optional(pool).await?
        });
        let names = doc.map(|(doc,)| decode(&doc)).transpose()?.map(|c| c.facts.delivery_executives);
        let name = names.into_iter().flatten().find(|name| fold(name) == folded);
        named.insert(folded.clone(), Executive { name: name.unwrap_or(folded), count });
    }
    Ok(named)
}
