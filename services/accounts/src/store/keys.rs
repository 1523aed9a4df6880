//! API keys. A row holds the SHA-256 of the key, which is 256 random bits, so a copy of the table opens nothing.

use chrono::Utc;
use db::{Clause, DbError, Text, Tx, on_db, on_tx};
use domain::identity::KeyScope;
use proto_contracts::events::{FieldChange, TextList, Value, value};
use service::pages::At;
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::users::User;
use super::{Store, instant, retried};
use crate::event::{self, Origin, What};

/// `last_used_at` is written at most this often, microseconds: once a minute.
const USED_EVERY: i64 = 60 * 1_000_000;

/// A key of another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The id.
    pub id: Uuid,
    /// Who made it: it may do no more than they.
    pub user_id: Uuid,
    /// How the key begins: what it is recognised by.
    pub prefix: String,
    /// What the other system is called.
    pub name: String,
    /// What it may do at most.
    pub scopes: Vec<KeyScope>,
    /// The sources it is bound to; none for any.
    pub sources: Option<Vec<String>>,
    /// Microseconds UTC.
    pub created_at: i64,
    /// Microseconds UTC; none for never.
    pub expires_at: Option<i64>,
    /// The last use, to the minute, microseconds UTC.
    pub last_used_at: Option<i64>,
}

type Row = (Uuid, Uuid, Text, Text, Text, Option<Text>, i64, Option<i64>, Option<i64>);

fn key(row: Row) -> db::Result<Key> {
    let unreadable = |e: serde_json::Error| DbError::Corrupt(format!("key {}: {e}", row.0));
    Ok(Key {
        id: row.0,
        user_id: row.1,
        prefix: row.2.0,
        name: row.3.0,
        scopes: serde_json::from_str(row.4.as_str()).map_err(unreadable)?,
        sources: row.5.map(|t| serde_json::from_str(t.as_str())).transpose().map_err(unreadable)?,
        created_at: row.6,
        expires_at: row.7,
        last_used_at: row.8,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT k.id, k.user_id, k.prefix, k.name, k.scopes, k.sources, k.created_at, k.expires_at, k.last_used_at ",
            "FROM accounts_keys k ",
            $rest
        )
    };
}

impl Store {
    /// The key with this hash, if it holds at `now` (microseconds UTC) and its maker is active. Notes at most once a
    /// minute that it was used.
    ///
    /// # Errors
    /// The database's.
    pub async fn key_by_hash(&self, hash: &str, now: i64) -> db::Result<Option<Key>> {
        let row: Option<Row> = on_db!(&self.db, pool => sqlx::query_as(select!(
            "JOIN accounts_users u ON u.id = k.user_id WHERE k.hash = ? AND u.is_active = 1"))
            .bind(Text::from(hash)).fetch_optional(pool).await)?;
        let Some(found) = row.map(key).transpose()? else { return Ok(None) };
        if found.expires_at.is_some_and(|end| end <= now) {
            return Ok(None);
        }
        if found.last_used_at.is_none_or(|at| now - at >= USED_EVERY) {
            // A key opens also while the database is too busy to note it.
            if let Err(e) = self.touch_key(found.id, now).await {
                tracing::warn!("the use of key {} could not be noted: {e}", found.id);
            }
        }
        Ok(Some(found))
    }

    async fn touch_key(&self, id: Uuid, now: i64) -> db::Result<()> {
        let mut tx = self.db.begin().await?;
        on_tx!(&mut tx, conn => sqlx::query("UPDATE accounts_keys SET last_used_at = ? WHERE id = ?")
            .bind(now).bind(id).execute(conn).await.map(drop))?;
        tx.commit().await
    }

    /// The key with this id.
    ///
    /// # Errors
    /// The database's.
    pub async fn key(&self, id: Uuid) -> db::Result<Option<Key>> {
        let row: Option<Row> = on_db!(&self.db, pool => sqlx::query_as(select!("WHERE k.id = ?"))
            .bind(id).fetch_optional(pool).await)?;
        row.map(key).transpose()
    }

    /// Up to `limit` keys from a place on, newest first: those of `owner`, or everybody's.
    ///
    /// # Errors
    /// The database's.
    pub async fn keys(&self, owner: Option<Uuid>, at: &At<Uuid>, limit: u32) -> db::Result<Vec<Key>> {
        let from = Clause::by_place("k.id", true, at.beyond().map(|(id, back)| ((*id).into(), back)), limit);
        let rows: Vec<Row> = on_db!(&self.db, pool => {
            let mut sql = QueryBuilder::new(select!("WHERE 1 = 1"));
            if let Some(owner) = owner {
                sql.push(" AND k.user_id = ").push_bind(owner);
            }
            from.push(&mut sql);
            sql.build_query_as().fetch_all(pool).await?
        });
        rows.into_iter().map(key).collect()
    }

    /// Makes a key of `maker`, of which only `hash` is kept. False where the maker has `most` already.
    ///
    /// # Errors
    /// The database's.
    pub async fn create_key(&self, new: &Key, hash: &str, maker: &User, most: i64, by: &Origin) -> db::Result<bool> {
        let scopes = json(&new.scopes)?;
        let sources = new.sources.as_ref().map(json).transpose()?;
        retried(|| async {
            let mut tx = self.db.begin().await?;
            let held: i64 = on_tx!(&mut tx, conn => sqlx::query_scalar("SELECT COUNT(*) FROM accounts_keys WHERE user_id = ?")
                .bind(new.user_id).fetch_one(conn).await)?;
            if held >= most {
                return Ok(false);
            }
            on_tx!(&mut tx, conn => sqlx::query(
                "INSERT INTO accounts_keys (id, user_id, hash, prefix, name, scopes, sources, created_at, expires_at) \
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
                .bind(new.id).bind(new.user_id).bind(Text::from(hash)).bind(Text::from(new.prefix.as_str()))
                .bind(Text::from(new.name.as_str())).bind(Text(scopes.clone())).bind(sources.clone().map(Text))
                .bind(new.created_at).bind(new.expires_at).execute(conn).await.map(drop))?;
            let what = what(new, maker, 1, "created", Vec::new());
            self.log.commit(tx, &[event::entry(by, what, new.created_at)]).await?;
            Ok(true)
        })
        .await
    }

    /// Ends a key; false where it has ended already.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_key(&self, key: &Key, maker: &User, by: &Origin) -> db::Result<bool> {
        retried(|| async {
            let mut tx = self.db.begin().await?;
            let rows = on_tx!(&mut tx, conn => sqlx::query("DELETE FROM accounts_keys WHERE id = ?")
                .bind(key.id).execute(conn).await.map(|done| done.rows_affected()))?;
            if rows == 0 {
                return Ok(false);
            }
            let what = what(key, maker, 2, "deleted", vec![key.id.to_string()]);
            self.log.commit(tx, &[event::entry(by, what, Utc::now().timestamp_micros())]).await?;
            Ok(true)
        })
        .await
    }
}

/// Ends every key of a user and gives their ids, as an identity names them.
pub(crate) async fn end_all(tx: &mut Tx, user_id: Uuid) -> db::Result<Vec<String>> {
    let held: Vec<(Uuid,)> = on_tx!(&mut *tx, conn => sqlx::query_as("SELECT id FROM accounts_keys WHERE user_id = ?")
        .bind(user_id).fetch_all(conn).await)?;
    on_tx!(&mut *tx, conn => sqlx::query("DELETE FROM accounts_keys WHERE user_id = ?")
        .bind(user_id).execute(conn).await.map(drop))?;
    Ok(held.into_iter().map(|(id,)| id.to_string()).collect())
}

fn json<T: serde::Serialize>(value: &T) -> db::Result<String> {
    serde_json::to_string(value).map_err(|e| DbError::Corrupt(format!("a key: {e}")))
}

/// What the log says of a key: everything but the key.
fn what<'a>(key: &Key, maker: &'a User, version: i64, kind: &'a str, ended: Vec<String>) -> What<'a> {
    let text = |t: &str| Some(Value { kind: Some(value::Kind::Text(t.to_owned())) });
    let list = |items: Vec<String>| Some(Value { kind: Some(value::Kind::List(TextList { items })) });
    let scopes = list(key.scopes.iter().map(|s| s.as_str().to_owned()).collect());
    let facts = [
        ("name", text(&key.name)),
        ("prefix", text(&key.prefix)),
        ("scopes", scopes),
        ("sources", key.sources.clone().and_then(list)),
        ("expires_at", key.expires_at.and_then(|end| text(&instant(end).to_rfc3339()))),
    ];
    let is_new = kind == "created";
    let change = |(field, fact): (&str, Option<Value>)| FieldChange {
        field: field.to_owned(),
        old: if is_new { None } else { fact.clone() },
        new: if is_new { fact } else { None },
    };
    let changes = facts.into_iter().filter(|(_, fact)| fact.is_some()).map(change).collect();
    What {
        entity: "key",
        id: key.id,
        version,
        kind,
        changes,
        user: Some(maker),
        ended_sessions: ended,
        detail: String::new(),
    }
}
