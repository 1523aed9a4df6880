//! The customer list. A name nobody has used before is added to it.

use std::collections::HashMap;

use db::{Text, Tx, on_tx};
use domain::fold::fold;
use uuid::Uuid;

/// The ids of the customers named, by folded name. Unknown names are added with ids from `new_id`.
///
/// # Errors
/// The database's own. [`db::DbError::Duplicate`] where another writer added one of them meanwhile: run again.
pub async fn resolve(
    tx: &mut Tx,
    names: &[&str],
    now_micros: i64,
    mut new_id: impl FnMut() -> Uuid,
) -> db::Result<HashMap<String, Uuid>> {
    let mut found = known(tx, names).await?;
    for (folded, name) in unique(names) {
        if found.contains_key(&folded) {
            continue;
        }
        let id = new_id();
        on_tx!(tx, conn => {
            sqlx::query("INSERT INTO tracker_customers (id, name, folded, version, created_at) VALUES (?, ?, ?, 1, ?)")
                .bind(id)
                .bind(Text::from(name.trim()))
                .bind(Text::from(folded.clone()))
                .bind(now_micros)
                .execute(&mut *conn)
                .await?;
        });
        found.insert(folded, id);
    }
    Ok(found)
}

/// The ids of those customers named that are on the list, by folded name.
///
/// # Errors
/// The database's own.
pub async fn known(tx: &mut Tx, names: &[&str]) -> db::Result<HashMap<String, Uuid>> {
    let wanted = unique(names);
    let mut found: HashMap<String, Uuid> = HashMap::with_capacity(wanted.len());
    for chunk in wanted.chunks(200) {
        let rows: Vec<(Text, Uuid)> = on_tx!(&mut *tx, conn => {
            let mut sql = sqlx::QueryBuilder::new("SELECT folded, id FROM tracker_customers WHERE folded IN (");
            let mut list = sql.separated(", ");
            for (folded, _) in chunk {
                list.push_bind(Text::from(folded.clone()));
            }
            sql.push(")");
            sql.build_query_as().fetch_all(&mut *conn).await?
        });
        found.extend(rows.into_iter().map(|(folded, id)| (folded.0, id)));
    }
    Ok(found)
}

/// Each name once, with its folded form, in the order of that.
fn unique<'a>(names: &[&'a str]) -> Vec<(String, &'a str)> {
    let mut wanted: Vec<(String, &str)> = names.iter().map(|name| (fold(name), *name)).collect();
    wanted.sort();
    wanted.dedup_by(|a, b| a.0 == b.0);
    wanted
}
