//! Users and their grants.

use chrono::{DateTime, Utc};
use db::{Clause, DbError, Text, Tx, on_db, on_tx};
use domain::fold::fold;
use domain::identity::{Grant, Role};
use service::pages::{At, Name};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::grants::{regranted, remove_grants, write_grants};
use super::sessions::Session;
use super::{Store, instant, keys, links, retried, sessions};
use crate::event::{self, Origin, What};

/// The rule that somebody can always do everything: [`DbError::Refused`] names it where a change would break it.
pub const LAST_SUPERADMIN: &str = "last superadmin";

/// Which sessions end with a change.
enum Ends<'a> {
    None,
    All,
    /// All but this one, which gets this id.
    Others(&'a Session, &'a str),
}

/// Which users a list holds.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Words that must all stand in one of the names, compared folded.
    pub search: String,
    /// Those of this role.
    pub role: Option<Role>,
    /// Those who may sign in, or who may not.
    pub is_active: Option<bool>,
    /// The deleted ones and no others.
    pub deleted: bool,
}

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

    /// The place in the list of users, which is ordered by folded e-mail.
    #[must_use]
    pub fn place(&self) -> Name {
        Name(fold(&self.email))
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

    /// The user with this id, unless deleted.
    ///
    /// # Errors
    /// The database's.
    pub async fn listed_user(&self, id: Uuid) -> db::Result<Option<User>> {
        let row = on_db!(&self.db, pool => select!(
            "WHERE id = ? AND NOT EXISTS (SELECT 1 FROM accounts_deleted d WHERE d.user_id = accounts_users.id)")
            .bind(id).fetch_optional(pool).await)?;
        row.map(user).transpose()
    }

    /// The executive names of active users, with whose they are.
    ///
    /// # Errors
    /// The database's.
    pub async fn executives(&self) -> db::Result<Vec<(String, Uuid)>> {
        let rows: Vec<(Text, Uuid)> = on_db!(&self.db, pool => sqlx::query_as(
            "SELECT executive_name, id FROM accounts_users WHERE executive_name IS NOT NULL AND is_active = 1 \
             AND NOT EXISTS (SELECT 1 FROM accounts_deleted d WHERE d.user_id = accounts_users.id) \
             ORDER BY executive_folded",
        )
        .fetch_all(pool)
        .await)?;
        Ok(rows.into_iter().map(|(name, id)| (name.0, id)).collect())
    }

    /// The deleted user with this id.
    ///
    /// # Errors
    /// The database's.
    pub async fn deleted_user(&self, id: Uuid) -> db::Result<Option<User>> {
        let row = on_db!(&self.db, pool => select!(
            "WHERE id = ? AND EXISTS (SELECT 1 FROM accounts_deleted d WHERE d.user_id = accounts_users.id)")
            .bind(id).fetch_optional(pool).await)?;
        row.map(user).transpose()
    }

    /// Up to `limit` users from a place on.
    ///
    /// # Errors
    /// The database's.
    pub async fn users(&self, wanted: &Wanted, at: &At<Name>, limit: u32) -> db::Result<Vec<User>> {
        let from = at.beyond().map(|(email, back)| (email.0.as_str().into(), back));
        let from = Clause::by_place("email_folded", false, from, limit);
        let rows = on_db!(&self.db, pool => {
            let mut sql = QueryBuilder::new(
                "SELECT id, version, email, username, first_name, last_name, executive_name, role, is_active, \
                 password_hash, settings, last_sign_in_at, created_at FROM accounts_users u WHERE ",
            );
            sql.push(if wanted.deleted { "" } else { "NOT " });
            sql.push("EXISTS (SELECT 1 FROM accounts_deleted d WHERE d.user_id = u.id)");
            for word in fold(&wanted.search).split(' ').filter(|w| !w.is_empty()) {
                sql.push(" AND INSTR(found_by, ").push_bind(Text::from(word)).push(") > 0");
            }
            if let Some(role) = wanted.role {
                sql.push(" AND role = ").push_bind(Text::from(role.as_str()));
            }
            if let Some(is_active) = wanted.is_active {
                sql.push(" AND is_active = ").push_bind(i64::from(is_active));
            }
            from.push(&mut sql);
            sql.build_query_as::<Row>().fetch_all(pool).await?
        });
        rows.into_iter().map(user).collect()
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
                changes: event::changes(None, new).into_iter().chain(regranted(&[], grants)).collect(),
                user: Some(new),
                ended_sessions: Vec::new(),
                detail: String::new(),
            };
            self.log.commit(tx, &[event::entry(by, what, new.created_at)]).await?;
            Ok(())
        })
        .await
    }

    /// Writes `after` over `before`, if nobody else wrote in between: then false. `ends_sessions` signs the user out.
    ///
    /// # Errors
    /// [`DbError::Duplicate`] where a name is taken; [`DbError::Refused`] where no superadmin would be left.
    pub async fn change_user(&self, before: &User, after: &User, ends_sessions: bool, by: &Origin) -> db::Result<bool> {
        let ends = if ends_sessions { Ends::All } else { Ends::None };
        self.write_user(before, after, &ends, by).await
    }

    /// As [`Store::change_user`], by the user: every session ends but `mine`, which goes on under the id `new_id`.
    ///
    /// # Errors
    /// As [`Store::change_user`].
    pub async fn change_own(
        &self,
        before: &User,
        after: &User,
        mine: &Session,
        new_id: &str,
        by: &Origin,
    ) -> db::Result<bool> {
        self.write_user(before, after, &Ends::Others(mine, new_id), by).await
    }

    async fn write_user(&self, before: &User, after: &User, ends: &Ends<'_>, by: &Origin) -> db::Result<bool> {
        retried(|| async {
            let mut tx = self.db.begin().await?;
            if !update(&mut tx, after, before.version).await? {
                return Ok(false);
            }
            if after.email != before.email || !after.is_active {
                // A link to a new password was for the account as it was.
                links::end_all(&mut tx, after.id).await?;
            }
            let ended = match ends {
                Ends::None => Vec::new(),
                Ends::All => sessions::end_all(&mut tx, after.id).await?,
                Ends::Others(mine, new_id) => match sessions::end_others(&mut tx, mine, new_id).await? {
                    Some(ended) => ended,
                    None => return Ok(false),
                },
            };
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
            self.commit_guarded(tx, before, after, event::entry(by, what, Utc::now().timestamp_micros())).await
        })
        .await
    }

    /// Deletes a user, if nobody else wrote in between: then false. The row stays, so that the history keeps its names
    /// and the e-mail is nobody else's; sessions, keys, grants and the password go, and the executive name is free.
    ///
    /// # Errors
    /// [`DbError::Refused`] where no superadmin would be left.
    pub async fn delete_user(&self, before: &User, by: &Origin) -> db::Result<bool> {
        let after = User {
            version: before.version + 1,
            is_active: false,
            password_hash: None,
            executive_name: None,
            ..before.clone()
        };
        retried(|| async {
            let now = Utc::now().timestamp_micros();
            let mut tx = self.db.begin().await?;
            if !update(&mut tx, &after, before.version).await? {
                return Ok(false);
            }
            on_tx!(&mut tx, conn => sqlx::query("INSERT INTO accounts_deleted (user_id, at) VALUES (?, ?)")
                .bind(after.id).bind(now).execute(conn).await.map(drop))?;
            remove_grants(&mut tx, after.id).await?;
            links::end_all(&mut tx, after.id).await?;
            let mut ended = sessions::end_all(&mut tx, after.id).await?;
            ended.extend(keys::end_all(&mut tx, after.id).await?);
            let what = What {
                entity: "user",
                id: after.id,
                version: after.version,
                kind: "deleted",
                changes: event::changes(Some(before), &after),
                user: Some(&after),
                ended_sessions: ended,
                detail: String::new(),
            };
            self.commit_guarded(tx, before, &after, event::entry(by, what, now)).await
        })
        .await
    }

    /// Brings a deleted user back, without password and grants; false where somebody else did.
    ///
    /// # Errors
    /// The database's.
    pub async fn restore_user(&self, before: &User, by: &Origin) -> db::Result<bool> {
        let after = User { version: before.version + 1, is_active: true, ..before.clone() };
        retried(|| async {
            let mut tx = self.db.begin().await?;
            if !update(&mut tx, &after, before.version).await? {
                return Ok(false);
            }
            on_tx!(&mut tx, conn => sqlx::query("DELETE FROM accounts_deleted WHERE user_id = ?")
                .bind(after.id).execute(conn).await.map(drop))?;
            let what = What {
                entity: "user",
                id: after.id,
                version: after.version,
                kind: "restored",
                changes: event::changes(Some(before), &after),
                user: Some(&after),
                ended_sessions: Vec::new(),
                detail: String::new(),
            };
            let entry = event::entry(by, what, Utc::now().timestamp_micros());
            self.log.commit(tx, &[entry]).await?;
            Ok(true)
        })
        .await
    }

    /// Commits a change of a user with its row of the log, unless it takes the last superadmin away.
    async fn commit_guarded(
        &self,
        mut tx: Tx,
        before: &User,
        after: &User,
        entry: changelog::Entry,
    ) -> db::Result<bool> {
        let appended = self.log.append(&mut tx, &[entry]).await?;
        let was_one = before.role == Role::Superadmin && before.is_active;
        if was_one && !(after.role == Role::Superadmin && after.is_active) {
            // Counted while this transaction holds the log's head, which every other change of a user waits for:
            // what the others did is seen here, and what they are about to do comes after.
            let left: i64 = on_tx!(&mut tx, conn => sqlx::query_scalar(
                "SELECT COUNT(*) FROM accounts_users WHERE role = ? AND is_active = 1 AND password_hash IS NOT NULL")
                .bind(Text::from(Role::Superadmin.as_str())).fetch_one(conn).await)?;
            if left == 0 {
                return Err(DbError::Refused(LAST_SUPERADMIN));
            }
        }
        tx.commit().await?;
        appended.wake(&self.log);
        Ok(true)
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

pub(crate) async fn update(tx: &mut Tx, u: &User, version: i64) -> db::Result<bool> {
    let executive = u.executive_name.as_deref();
    let rows = on_tx!(tx, conn => sqlx::query(
        "UPDATE accounts_users SET version = ?, email = ?, email_folded = ?, username = ?, username_folded = ?, first_name = ?, last_name = ?, executive_name = ?, executive_folded = ?, \
         role = ?, is_active = ?, password_hash = ?, settings = ?, found_by = ? WHERE id = ? AND version = ?")
        .bind(u.version).bind(Text::from(u.email.as_str())).bind(Text(fold(&u.email)))
        .bind(Text::from(u.username.as_str())).bind(Text(fold(&u.username)))
        .bind(Text::from(u.first_name.as_str())).bind(Text::from(u.last_name.as_str()))
        .bind(executive.map(Text::from)).bind(executive.map(|e| Text(fold(e))))
        .bind(Text::from(u.role.as_str())).bind(i64::from(u.is_active)).bind(u.password_hash.as_deref().map(Text::from))
        .bind(Text::from(u.settings.as_str())).bind(Text(u.found_by())).bind(u.id).bind(version)
        .execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
