//! Users and their grants.

use chrono::{DateTime, Utc};
use db::{DbError, Text, Tx, on_db, on_tx};
use domain::fold::fold;
use domain::identity::{Grant, Permission, Role};
use uuid::Uuid;

use super::{Store, instant, retried, sessions};
use crate::event::{self, Origin, What};

/// A person with an account.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The id.
    pub id: Uuid,
    /// One up at every change.
    pub version: i64,
    /// The address, as entered.
    pub email: String,
    /// The other name to sign in with.
    pub username: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The name under which deliveries are this user's own.
    pub executive_name: Option<String>,
    /// What the person is to the organisation.
    pub role: Role,
    /// Whether the person may sign in.
    pub is_active: bool,
    /// The PHC string; none for a person who was invited and has set none.
    pub password_hash: Option<String>,
    /// The site's own JSON object.
    pub settings: String,
    /// The last sign-in, microseconds UTC.
    pub last_sign_in_at: Option<i64>,
    /// Microseconds UTC.
    pub created_at: i64,
}

impl User {
    /// The name shown beside what the person did.
    #[must_use]
    pub fn name(&self) -> String {
        let full = format!("{} {}", self.first_name, self.last_name);
        if full.trim().is_empty() { self.username.clone() } else { full.trim().to_owned() }
    }

    pub(crate) fn found_by(&self) -> String {
        let executive = self.executive_name.as_deref().unwrap_or_default();
        fold(&format!("{} {} {} {} {executive}", self.email, self.username, self.first_name, self.last_name))
    }
}

type Row = (Uuid, i64, Text, Text, Text, Text, Option<Text>, Text, i64, Option<Text>, Text, Option<i64>, i64);

fn user(row: Row) -> db::Result<User> {
    let role = Role::parse(row.7.as_str()).ok_or_else(|| DbError::Corrupt(format!("role of user {}", row.0)))?;
    Ok(User {
        id: row.0,
        version: row.1,
        email: row.2.0,
        username: row.3.0,
        first_name: row.4.0,
        last_name: row.5.0,
        executive_name: row.6.map(String::from),
        role,
        is_active: row.8 != 0,
        password_hash: row.9.map(String::from),
        settings: row.10.0,
        last_sign_in_at: row.11,
        created_at: row.12,
    })
}

macro_rules! select {
    ($rest:literal) => {
        sqlx::query_as::<_, Row>(concat!(
            "SELECT id, version, email, username, first_name, last_name, executive_name, role, is_active, ",
            "password_hash, settings, last_sign_in_at, created_at FROM accounts_users ",
            $rest
        ))
    };
}

impl Store {
    /// The user with this id.
    ///
    /// # Errors
    /// The database's.
    pub async fn user(&self, id: Uuid) -> db::Result<Option<User>> {
        let row = on_db!(&self.db, pool => select!("WHERE id = ?").bind(id).fetch_optional(pool).await)?;
        row.map(user).transpose()
    }

    /// The user who signs in as `name`: the e-mail or the user name, folded.
    ///
    /// # Errors
    /// The database's.
    pub async fn user_by_name(&self, name: &str) -> db::Result<Option<User>> {
        let key = Text(fold(name));
        let row = on_db!(&self.db, pool => select!("WHERE email_folded = ? OR username_folded = ? ORDER BY id LIMIT 1")
            .bind(key.clone()).bind(key.clone()).fetch_optional(pool).await)?;
        row.map(user).transpose()
    }

    /// Up to `limit` users after the folded e-mail `after`, whose names hold `search`.
    ///
    /// # Errors
    /// The database's.
    pub async fn users(&self, search: &str, after: &str, limit: i64) -> db::Result<Vec<User>> {
        let (search, after) = (Text(fold(search)), Text::from(after));
        let rows = on_db!(&self.db, pool =>
            select!("WHERE email_folded > ? AND INSTR(found_by, ?) > 0 ORDER BY email_folded LIMIT ?")
                .bind(after).bind(search).bind(limit).fetch_all(pool).await)?;
        rows.into_iter().map(user).collect()
    }

    /// The stored grants of a user, also those that ended.
    ///
    /// # Errors
    /// The database's.
    pub async fn grants(&self, user_id: Uuid) -> db::Result<Vec<Grant>> {
        let bodies: Vec<(Text,)> = on_db!(&self.db, pool =>
            sqlx::query_as("SELECT body FROM accounts_grants WHERE user_id = ? ORDER BY id").bind(user_id).fetch_all(pool).await)?;
        let read = |(body,): (Text,)| {
            serde_json::from_str(body.as_str()).map_err(|e| DbError::Corrupt(format!("a grant of {user_id}: {e}")))
        };
        bodies.into_iter().map(read).collect()
    }

    /// Makes a user with grants; the log row goes with it.
    ///
    /// # Errors
    /// [`DbError::Duplicate`] where e-mail, user name, executive name or `first` are taken.
    pub async fn create_user(&self, new: &User, grants: &[Grant], first: Option<&str>, by: &Origin) -> db::Result<()> {
        retried(|| async {
            let mut tx = self.db.begin().await?;
            if let Some(name) = first {
                on_tx!(&mut tx, conn => sqlx::query("INSERT INTO accounts_firsts (name, at) VALUES (?, ?)")
                    .bind(Text::from(name)).bind(new.created_at).execute(conn).await.map(drop))?;
            }
            insert(&mut tx, new).await?;
            write_grants(&mut tx, new.id, grants).await?;
            let what = What {
                entity: "user",
                id: new.id,
                version: new.version,
                kind: "created",
                changes: event::changes(None, new),
                user: Some(new),
                ended_sessions: Vec::new(),
                detail: granted(grants),
            };
            self.log.commit(tx, &[event::entry(by, what, new.created_at)]).await?;
            Ok(())
        })
        .await
    }

    /// Writes `after` over `before`, if nobody else wrote in between: then false. `ends_sessions` signs the user out.
    ///
    /// # Errors
    /// [`DbError::Duplicate`] where a name is taken.
    pub async fn change_user(&self, before: &User, after: &User, ends_sessions: bool, by: &Origin) -> db::Result<bool> {
        retried(|| async {
            let mut tx = self.db.begin().await?;
            if !update(&mut tx, after, before.version).await? {
                return Ok(false);
            }
            let ended = if ends_sessions { sessions::end_all(&mut tx, after.id).await? } else { Vec::new() };
            let what = What {
                entity: "user",
                id: after.id,
                version: after.version,
                kind: "updated",
                changes: event::changes(Some(before), after),
                user: Some(after),
                ended_sessions: ended,
                detail: if before.settings == after.settings { String::new() } else { "settings changed".into() },
            };
            let entry = event::entry(by, what, Utc::now().timestamp_micros());
            self.log.commit(tx, &[entry]).await?;
            Ok(true)
        })
        .await
    }

    /// Replaces every grant of `user`, if nobody else wrote the user in between: then false.
    ///
    /// # Errors
    /// The database's.
    pub async fn replace_grants(&self, user: &User, grants: &[Grant], by: &Origin) -> db::Result<bool> {
        let after = User { version: user.version + 1, ..user.clone() };
        retried(|| async {
            let mut tx = self.db.begin().await?;
            if !update(&mut tx, &after, user.version).await? {
                return Ok(false);
            }
            on_tx!(&mut tx, conn => sqlx::query("DELETE FROM accounts_grants WHERE user_id = ?")
                .bind(user.id).execute(conn).await.map(drop))?;
            write_grants(&mut tx, user.id, grants).await?;
            let what = What {
                entity: "grant",
                id: user.id,
                version: after.version,
                kind: "updated",
                changes: Vec::new(),
                user: Some(&after),
                ended_sessions: Vec::new(),
                detail: granted(grants),
            };
            let entry = event::entry(by, what, Utc::now().timestamp_micros());
            self.log.commit(tx, &[entry]).await?;
            Ok(true)
        })
        .await
    }

    /// Whether anybody has an account.
    ///
    /// # Errors
    /// The database's.
    pub async fn has_users(&self) -> db::Result<bool> {
        let found: Option<(i64,)> = on_db!(&self.db, pool =>
            sqlx::query_as("SELECT version FROM accounts_users LIMIT 1").fetch_optional(pool).await)?;
        Ok(found.is_some())
    }
}

/// The grants that hold at `now`: every permission without limit for superadmins and admins.
#[must_use]
pub fn holding(user: &User, stored: Vec<Grant>, now: DateTime<Utc>) -> Vec<Grant> {
    if user.role != Role::User {
        let whole =
            |p: &Permission| Grant { permission: *p, scope: None, hidden_columns: Vec::new(), expires_at: None };
        return Permission::ALL.iter().map(whole).collect();
    }
    stored.into_iter().filter(|g| g.expires_at.is_none_or(|end| end > now)).collect()
}

/// An instant of a row.
#[must_use]
pub fn at(micros: i64) -> DateTime<Utc> {
    instant(micros)
}

async fn insert(tx: &mut Tx, u: &User) -> db::Result<()> {
    let executive = u.executive_name.as_deref();
    on_tx!(tx, conn => sqlx::query(
        "INSERT INTO accounts_users (id, version, email, email_folded, username, username_folded, first_name, last_name, \
         executive_name, executive_folded, role, is_active, password_hash, settings, found_by, last_sign_in_at, created_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(u.id).bind(u.version).bind(Text::from(u.email.as_str())).bind(Text(fold(&u.email)))
        .bind(Text::from(u.username.as_str())).bind(Text(fold(&u.username)))
        .bind(Text::from(u.first_name.as_str())).bind(Text::from(u.last_name.as_str()))
        .bind(executive.map(Text::from)).bind(executive.map(|e| Text(fold(e))))
        .bind(Text::from(u.role.as_str())).bind(i64::from(u.is_active)).bind(u.password_hash.as_deref().map(Text::from))
        .bind(Text::from(u.settings.as_str())).bind(Text(u.found_by())).bind(u.last_sign_in_at).bind(u.created_at)
        .execute(conn).await.map(drop))?;
    Ok(())
}

async fn update(tx: &mut Tx, u: &User, version: i64) -> db::Result<bool> {
    let executive = u.executive_name.as_deref();
    let rows = on_tx!(tx, conn => sqlx::query(
        "UPDATE accounts_users SET version = ?, first_name = ?, last_name = ?, executive_name = ?, executive_folded = ?, \
         role = ?, is_active = ?, password_hash = ?, settings = ?, found_by = ? WHERE id = ? AND version = ?")
        .bind(u.version).bind(Text::from(u.first_name.as_str())).bind(Text::from(u.last_name.as_str()))
        .bind(executive.map(Text::from)).bind(executive.map(|e| Text(fold(e))))
        .bind(Text::from(u.role.as_str())).bind(i64::from(u.is_active)).bind(u.password_hash.as_deref().map(Text::from))
        .bind(Text::from(u.settings.as_str())).bind(Text(u.found_by())).bind(u.id).bind(version)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

async fn write_grants(tx: &mut Tx, user_id: Uuid, grants: &[Grant]) -> db::Result<()> {
    for grant in grants {
        let body = serde_json::to_string(grant).map_err(|e| DbError::Corrupt(format!("a grant: {e}")))?;
        let expires = grant.expires_at.map(|end| end.timestamp_micros());
        on_tx!(&mut *tx, conn => sqlx::query("INSERT INTO accounts_grants (id, user_id, body, expires_at) VALUES (?, ?, ?, ?)")
            .bind(Uuid::now_v7()).bind(user_id).bind(Text(body)).bind(expires).execute(conn).await.map(drop))?;
    }
    Ok(())
}

/// The grants in words, for the auditor.
fn granted(grants: &[Grant]) -> String {
    let names: Vec<&str> = grants.iter().map(|g| g.permission.as_str()).collect();
    if names.is_empty() { String::new() } else { format!("grants: {}", names.join(", ")) }
}
