//! Saved views: a filter and how its rows are shown, under a name; and which of them each person opens with.

use std::fmt;
use std::str::FromStr;

use db::{Clause, Db, DbError, Dialect, Text, Tx, on_db, on_tx};
use domain::fold::fold;
use serde_json::{Value, json};
use service::pages::{At, Name};
use sqlx::QueryBuilder;
use uuid::Uuid;

/// A saved view.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Its id.
    pub id: Uuid,
    /// Who made it, and with administrators may change it.
    pub owner_id: Uuid,
    /// The owner's name when the view was made.
    pub owner_name: String,
    /// For people; unique among the owner's views when folded.
    pub name: String,
    /// Whether everybody who reads challans sees it.
    pub shared: bool,
    /// The site's own JSON object.
    pub state: Value,
    /// From 1, one up at every change.
    pub version: u64,
}

impl View {
    /// As the answers have it, without what depends on the asker.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "name": self.name, "shared": self.shared,
            "owner": { "id": self.owner_id, "name": self.owner_name },
            "state": self.state, "version": self.version,
        })
    }

    /// Its place in the list of `user`.
    #[must_use]
    pub fn place(&self, user: Uuid) -> Place {
        Place { others: self.owner_id != user, folded: fold(&self.name), id: self.id }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    owner_id: Uuid,
    owner_name: Text,
    name: Text,
    shared: i32,
    state: String,
    version: i64,
}

impl Row {
    fn read(self) -> db::Result<View> {
        Ok(View {
            id: self.id,
            owner_id: self.owner_id,
            owner_name: self.owner_name.0,
            name: self.name.0,
            shared: self.shared != 0,
            state: serde_json::from_str(&self.state).map_err(|e| DbError::Corrupt(e.to_string()))?,
            version: self.version.unsigned_abs(),
        })
    }
}

const COLUMNS: &str = "SELECT id, owner_id, owner_name, name, shared, state, version FROM tracker_views";

/// A place in somebody's list of views: their own stand before those of others, both by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whether the view is another's.
    pub others: bool,
    /// Its folded name.
    pub folded: String,
    /// Its id.
    pub id: Uuid,
}

/// As it is read again.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", u8::from(self.others), self.id.simple(), hex::encode(&self.folded))
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Place, ()> {
        let read = || {
            let (others, rest) = text.split_at_checked(1)?;
            let (id, name) = rest.split_at_checked(32)?;
            let Name(folded) = name.parse().ok()?;
            let others = match others {
                "0" => false,
                "1" => true,
                _ => return None,
            };
            Some(Place { others, folded, id: id.parse().ok()? })
        };
        read().ok_or(())
    }
}

/// The views of `user` and the shared ones of others, in the order of [`Place`]: up to `limit` of them from a place on.
///
/// # Errors
/// The database's own.
pub async fn seen_by(db: &Db, user: Uuid, at: &At<Place>, limit: u32) -> db::Result<Vec<View>> {
    let mut others = Clause::of("CASE WHEN owner_id = ");
    others.id(user).sql(" THEN 0 ELSE 1 END");
    let mut wanted = Clause::of(COLUMNS);
    wanted.sql(" WHERE (owner_id = ").id(user).sql(" OR shared = 1)");
    if let Some((place, back)) = at.beyond() {
        wanted.sql(" AND (").append(others.clone()).sql(if back { ", folded, id) < (" } else { ", folded, id) > (" });
        wanted.number(place.others.into()).sql(", ").text(place.folded.as_str()).sql(", ").id(place.id).sql(")");
    }
    wanted.sql(" ORDER BY ").append(others);
    wanted.sql(if at.is_back() { " DESC, folded DESC, id DESC LIMIT " } else { ", folded, id LIMIT " });
    wanted.number(i64::from(limit));
    let rows: Vec<Row> = on_db!(db, pool => {
        let mut sql = QueryBuilder::new("");
        wanted.push(&mut sql);
        sql.build_query_as().fetch_all(pool).await?
    });
    rows.into_iter().map(Row::read).collect()
}

/// One view, whoever may see it.
///
/// # Errors
/// The database's own.
pub async fn find(db: &Db, id: Uuid) -> db::Result<Option<View>> {
    let sql = format!("{COLUMNS} WHERE id = ?");
    let row: Option<Row> =
        on_db!(db, pool => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(pool).await?);
    row.map(Row::read).transpose()
}

/// One view, locked until the transaction ends.
///
/// # Errors
/// The database's own.
pub async fn lock(tx: &mut Tx, id: Uuid) -> db::Result<Option<View>> {
    let sql = match tx.dialect() {
        Dialect::MySql => format!("{COLUMNS} WHERE id = ? FOR UPDATE"),
        Dialect::Sqlite => format!("{COLUMNS} WHERE id = ?"),
    };
    let row: Option<Row> =
        on_tx!(tx, conn => sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(id).fetch_optional(&mut *conn).await?);
    row.map(Row::read).transpose()
}

/// The ids and folded names of a person's own views.
///
/// # Errors
/// The database's own.
pub async fn names_of(tx: &mut Tx, owner: Uuid) -> db::Result<Vec<(Uuid, String)>> {
    let rows: Vec<(Uuid, Text)> = on_tx!(tx, conn => {
        sqlx::query_as("SELECT id, folded FROM tracker_views WHERE owner_id = ?")
            .bind(owner)
            .fetch_all(&mut *conn)
            .await?
    });
    Ok(rows.into_iter().map(|(id, folded)| (id, folded.0)).collect())
}

/// Adds a view, or replaces the one of its id.
///
/// # Errors
/// [`DbError::Duplicate`] where its owner took the name meanwhile.
pub async fn put(tx: &mut Tx, new: bool, view: &View) -> db::Result<()> {
    let sql = if new {
        "INSERT INTO tracker_views (owner_id, owner_name, name, folded, shared, state, version, id) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    } else {
        "UPDATE tracker_views SET owner_id = ?, owner_name = ?, name = ?, folded = ?, shared = ?, state = ?, \
         version = ? WHERE id = ?"
    };
    on_tx!(tx, conn => {
        sqlx::query(sql)
            .bind(view.owner_id)
            .bind(Text(view.owner_name.clone()))
            .bind(Text(view.name.clone()))
            .bind(Text(fold(&view.name)))
            .bind(i32::from(view.shared))
            .bind(view.state.to_string())
            .bind(view.version.cast_signed())
            .bind(view.id)
            .execute(&mut *conn)
            .await?;
    });
    Ok(())
}

/// Removes a view, and with it everybody's choice of it.
///
/// # Errors
/// The database's own.
pub async fn remove(tx: &mut Tx, id: Uuid) -> db::Result<()> {
    on_tx!(tx, conn => {
        sqlx::query("DELETE FROM tracker_views WHERE id = ?").bind(id).execute(&mut *conn).await?;
        sqlx::query("DELETE FROM tracker_view_defaults WHERE view_id = ?").bind(id).execute(&mut *conn).await?;
    });
    Ok(())
}

/// The view that `user` opens the register with, if they chose one; it may be one they do not see any more.
///
/// # Errors
/// The database's own.
pub async fn default_of(db: &Db, user: Uuid) -> db::Result<Option<Uuid>> {
    Ok(on_db!(db, pool => {
        sqlx::query_scalar("SELECT view_id FROM tracker_view_defaults WHERE user_id = ?")
            .bind(user)
            .fetch_optional(pool)
            .await?
    }))
}

/// Chooses the view that `user` opens the register with, or none.
///
/// # Errors
/// [`DbError::Duplicate`] where another request of theirs chose meanwhile: run again.
pub async fn choose(tx: &mut Tx, user: Uuid, view: Option<Uuid>) -> db::Result<()> {
    on_tx!(tx, conn => {
        sqlx::query("DELETE FROM tracker_view_defaults WHERE user_id = ?").bind(user).execute(&mut *conn).await?;
        if let Some(view) = view {
            sqlx::query("INSERT INTO tracker_view_defaults (user_id, view_id) VALUES (?, ?)")
                .bind(user)
                .bind(view)
                .execute(&mut *conn)
                .await?;
        }
    });
    Ok(())
}
