//! Sessions. A row holds the SHA-256 of the id in the cookie, so a copy of the table signs nobody in.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use chrono::Utc;
use db::{Text, Tx, on_db, on_tx};
use service::config::SignInSettings;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::totp::{self, Second};
use super::tries::{self, Bucket};
use super::users::User;
use super::{Store, retried};
use crate::event::{self, Origin, What};

/// `last_seen_at` is written at most this often, microseconds: once a minute.
const SEEN_EVERY: i64 = 60 * 1_000_000;
/// Characters of a browser's own name that are kept.
const AGENT_LENGTH: usize = 200;

/// How long a session lasts, and how many a user may have.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// It ends after this long without a request, microseconds.
    pub idle: i64,
    /// It ends this long after the sign-in, microseconds.
    pub absolute: i64,
    /// Of more sessions the oldest end.
    pub per_user: usize,
}

impl From<&SignInSettings> for Limits {
    fn from(settings: &SignInSettings) -> Limits {
        let hour = 3600 * 1_000_000;
        Limits {
            idle: i64::from(settings.idle_hours) * hour,
            absolute: i64::from(settings.absolute_days) * 24 * hour,
            per_user: usize::try_from(settings.sessions_per_user).unwrap_or(usize::MAX),
        }
    }
}

/// A session that holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The hash in hex: what other services know the session by.
    pub hash: String,
    /// What the log calls it.
    pub id: Uuid,
    /// Who is signed in.
    pub user_id: Uuid,
    /// When it ends if nobody comes any more, microseconds UTC.
    pub ends_at: i64,
}

/// A session as a list shows it. Instants are microseconds UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What the log calls it.
    pub id: Uuid,
    /// Where the sign-in came from.
    pub address: String,
    /// What the browser called itself at the sign-in.
    pub agent: String,
    /// The sign-in.
    pub created_at: i64,
    /// The last request, to the minute.
    pub last_seen_at: i64,
    /// When it ends if nobody comes any more.
    pub ends_at: i64,
}

/// A place in the list of sessions: the newest stands first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(Reverse<(i64, Uuid)>);

/// As it is read again.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place(Reverse((created_at, id))) = self;
        write!(f, "{created_at}-{id}")
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Place, ()> {
        let (created_at, id) = text.split_once('-').ok_or(())?;
        Ok(Place(Reverse((created_at.parse().map_err(drop)?, id.parse().map_err(drop)?))))
    }
}

impl Held {
    /// Its place in the list.
    #[must_use]
    pub fn place(&self) -> Place {
        Place(Reverse((self.created_at, self.id)))
    }
}

/// A sign-in whose password was right.
#[derive(Debug)]
pub struct SignIn<'a> {
    /// The account as it was read for the check.
    pub user: &'a User,
    /// The new session's id.
    pub id: &'a str,
    /// The session that the browser held before, which ends, and whose it was.
    pub old: Option<(&'a Session, &'a User)>,
    /// What the browser calls itself.
    pub agent: &'a str,
    /// The password's hash with today's parameters, where the stored one is older.
    pub rehashed: Option<&'a str>,
    /// What the second factor was.
    pub second: &'a Second,
    /// The tries that are given back.
    pub tries: &'a [Bucket],
}

/// The stored form of a session id.
#[must_use]
pub fn hash(id: &str) -> String {
    hex::encode(Sha256::digest(id.as_bytes()))
}

impl Store {
    /// The session with this id, if it holds at `now` (microseconds UTC). Notes at most once a minute that it was seen.
    ///
    /// # Errors
    /// The database's.
    pub async fn session(&self, id: &str, now: i64) -> db::Result<Option<Session>> {
        let hash = hash(id);
        let row: Option<(Uuid, Uuid, i64, i64)> = on_db!(&self.db, pool => sqlx::query_as(
            "SELECT s.id, s.user_id, s.created_at, s.last_seen_at FROM accounts_sessions s \
             JOIN accounts_users u ON u.id = s.user_id WHERE s.hash = ? AND u.is_active = 1")
            .bind(Text::from(hash.as_str())).fetch_optional(pool).await)?;
        let Some((id, user_id, created_at, last_seen_at)) = row else { return Ok(None) };
        if self.end(created_at, last_seen_at) <= now {
            return Ok(None);
        }
        let mut seen = last_seen_at;
        if now - last_seen_at >= SEEN_EVERY {
            self.touch(&hash, now).await?;
            seen = now;
        }
        Ok(Some(Session { hash, id, user_id, ends_at: self.end(created_at, seen) }))
    }

    fn end(&self, created_at: i64, last_seen_at: i64) -> i64 {
        (last_seen_at + self.limits.idle).min(created_at + self.limits.absolute)
    }

    async fn touch(&self, hash: &str, now: i64) -> db::Result<()> {
        let mut tx = self.db.begin().await?;
        on_tx!(&mut tx, conn => sqlx::query("UPDATE accounts_sessions SET last_seen_at = ? WHERE hash = ?")
            .bind(now).bind(Text::from(hash)).execute(conn).await.map(drop))?;
        tx.commit().await
    }

    /// The sessions of a user that hold at `now`, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn sessions(&self, user_id: Uuid, now: i64) -> db::Result<Vec<Held>> {
        let rows: Vec<(Uuid, Text, Option<Text>, i64, i64)> = on_db!(&self.db, pool => sqlx::query_as(
            "SELECT s.id, s.address, b.agent, s.created_at, s.last_seen_at FROM accounts_sessions s \
             LEFT JOIN accounts_browsers b ON b.session_id = s.id WHERE s.user_id = ? ORDER BY s.created_at DESC, s.id DESC")
            .bind(user_id).fetch_all(pool).await)?;
        let held = rows.into_iter().map(|(id, address, agent, created_at, last_seen_at)| Held {
            id,
            address: address.0,
            agent: agent.map(String::from).unwrap_or_default(),
            created_at,
            last_seen_at,
            ends_at: self.end(created_at, last_seen_at),
        });
        Ok(held.filter(|s| s.ends_at > now).collect())
    }

    /// Makes the session of a sign-in, and ends the one before and the oldest beyond the limit. False where the account
    /// was disabled or got another password since it was read, or where the one-time code was used in between.
    ///
    /// # Errors
    /// The database's.
    pub async fn sign_in(&self, new: &SignIn<'_>, by: &Origin) -> db::Result<bool> {
        let now = Utc::now().timestamp_micros();
        let (hash, session_id) = (hash(new.id), Uuid::now_v7());
        retried(|| async {
            let mut tx = self.db.begin().await?;
            if !confirm(&mut tx, new, now).await? || !totp::use_up(&mut tx, new.user.id, new.second, now).await? {
                tx.rollback().await?;
                return Ok(false);
            }
            let mut entries = Vec::new();
            if let Some((session, owner)) = new.old
                && delete(&mut tx, &session.hash).await?
            {
                let what =
                    What { ended_sessions: vec![session.hash.clone()], ..told(session.id, 2, "session_ended", owner) };
                entries.push(event::entry(by, what, now));
            }
            let held: Vec<(Text,)> = on_tx!(&mut tx, conn => sqlx::query_as(
                "SELECT hash FROM accounts_sessions WHERE user_id = ? ORDER BY created_at DESC, id DESC")
                .bind(new.user.id).fetch_all(conn).await)?;
            let ended: Vec<String> = held.into_iter().map(|(h,)| h.0).skip(self.limits.per_user - 1).collect();
            for gone in &ended {
                delete(&mut tx, gone).await?;
            }
            insert(&mut tx, &hash, session_id, new, by, now).await?;
            tries::give_back(&mut tx, new.tries).await?;
            let what = What {
                ended_sessions: ended,
                detail: new.second.in_words().into(),
                ..told(session_id, 1, "signed_in", new.user)
            };
            entries.push(event::entry(by, what, now));
            if matches!(new.second, Second::Enrolled { .. }) {
                let what = What { entity: "totp", ..told(Uuid::now_v7(), 1, "totp_enrolled", new.user) };
                entries.push(event::entry(by, what, now));
            }
            self.log.commit(tx, &entries).await?;
            Ok(true)
        })
        .await
    }

    /// Notes a sign-in that was refused, for the auditor. What was typed is not kept: it may be a password.
    ///
    /// # Errors
    /// The database's.
    pub async fn refused_sign_in(&self, user: Option<&User>, reason: &str, by: &Origin) -> db::Result<()> {
        let id = Uuid::now_v7();
        retried(|| async {
            let tx = self.db.begin().await?;
            let what = What {
                entity: "sign_in",
                id,
                version: 1,
                kind: "sign_in_failed",
                changes: Vec::new(),
                user,
                ended_sessions: Vec::new(),
                detail: reason.into(),
            };
            let entry = event::entry(by, what, Utc::now().timestamp_micros());
            self.log.commit(tx, &[entry]).await?;
            Ok(())
        })
        .await
    }

    /// Ends a session of `user` by its owner's wish; one that ended already is left alone.
    ///
    /// # Errors
    /// The database's.
    pub async fn sign_out(&self, session: &Session, user: &User, by: &Origin) -> db::Result<()> {
        self.end_sessions(user, "signed_out", by, |id, _| id == session.id).await.map(drop)
    }

    /// Ends the sessions of `user` that `which` (id, hash) names, and says how many. `kind` is what the log calls it.
    ///
    /// # Errors
    /// The database's.
    pub async fn end_sessions(
        &self,
        user: &User,
        kind: &'static str,
        by: &Origin,
        which: impl Fn(Uuid, &str) -> bool,
    ) -> db::Result<usize> {
        retried(|| async {
            let mut tx = self.db.begin().await?;
            let held: Vec<(Uuid, Text)> = on_tx!(&mut tx, conn => sqlx::query_as(
                "SELECT id, hash FROM accounts_sessions WHERE user_id = ? ORDER BY created_at")
                .bind(user.id).fetch_all(conn).await)?;
            let now = Utc::now().timestamp_micros();
            let mut entries = Vec::new();
            for (id, hash) in held.into_iter().filter(|(id, hash)| which(*id, hash.as_str())) {
                if delete(&mut tx, hash.as_str()).await? {
                    let what = What { ended_sessions: vec![hash.0], ..told(id, 2, kind, user) };
                    entries.push(event::entry(by, what, now));
                }
            }
            if entries.is_empty() {
                tx.rollback().await?;
            } else {
                self.log.commit(tx, &entries).await?;
            }
            Ok(entries.len())
        })
        .await
    }

    /// Removes one session without a row in the log: only for the cookie of a session that is already replaced.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget(&self, id: &str) -> db::Result<()> {
        let mut tx = self.db.begin().await?;
        delete(&mut tx, &hash(id)).await?;
        tx.commit().await
    }

    /// Removes sessions that ended by age. They were worth nothing any more, so no row of the log is due.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep_sessions(&self, now: i64) -> db::Result<()> {
        let mut tx = self.db.begin().await?;
        on_tx!(&mut tx, conn => {
            sqlx::query("DELETE FROM accounts_sessions WHERE last_seen_at <= ? OR created_at <= ?")
                .bind(now - self.limits.idle).bind(now - self.limits.absolute).execute(&mut *conn).await?;
            sqlx::query("DELETE FROM accounts_browsers WHERE session_id NOT IN (SELECT id FROM accounts_sessions)")
                .execute(&mut *conn).await?;
        });
        tx.commit().await
    }
}

fn told<'a>(id: Uuid, version: i64, kind: &'a str, user: &'a User) -> What<'a> {
    What {
        entity: "session",
        id,
        version,
        kind,
        changes: Vec::new(),
        user: Some(user),
        ended_sessions: Vec::new(),
        detail: String::new(),
    }
}

/// Whether the account may still sign in with the password that was checked; then the sign-in is noted.
async fn confirm(tx: &mut Tx, new: &SignIn<'_>, now: i64) -> db::Result<bool> {
    let checked = new.user.password_hash.as_deref().map(Text::from);
    let kept = new.rehashed.map(Text::from).or_else(|| checked.clone());
    let rows = on_tx!(tx, conn => sqlx::query(
        "UPDATE accounts_users SET last_sign_in_at = ?, password_hash = ? WHERE id = ? AND is_active = 1 AND password_hash = ?")
        .bind(now).bind(kept).bind(new.user.id).bind(checked).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}

async fn insert(tx: &mut Tx, hash: &str, id: Uuid, new: &SignIn<'_>, by: &Origin, now: i64) -> db::Result<()> {
    // A browser's name is what it says of itself: printable, and no longer than a line.
    let agent: String = new.agent.chars().filter(|c| !c.is_control()).take(AGENT_LENGTH).collect();
    on_tx!(tx, conn => {
        sqlx::query(
            "INSERT INTO accounts_sessions (hash, id, user_id, address, created_at, last_seen_at) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(Text::from(hash)).bind(id).bind(new.user.id).bind(Text::from(by.address.as_str()))
            .bind(now).bind(now).execute(&mut *conn).await?;
        if !agent.is_empty() {
            sqlx::query("INSERT INTO accounts_browsers (session_id, agent) VALUES (?, ?)")
                .bind(id).bind(Text(agent)).execute(&mut *conn).await?;
        }
    });
    Ok(())
}

/// Ends every session of a user and gives their hashes.
pub(crate) async fn end_all(tx: &mut Tx, user_id: Uuid) -> db::Result<Vec<String>> {
    let held: Vec<(Text,)> = on_tx!(&mut *tx, conn => sqlx::query_as("SELECT hash FROM accounts_sessions WHERE user_id = ?")
        .bind(user_id).fetch_all(conn).await)?;
    on_tx!(&mut *tx, conn => sqlx::query("DELETE FROM accounts_sessions WHERE user_id = ?")
        .bind(user_id).execute(conn).await.map(drop))?;
    Ok(held.into_iter().map(|(hash,)| hash.0).collect())
}

/// Ends every session of a user but `mine`, which goes on under the id `new_id`. Gives the hashes that ended, the old
/// one of `mine` among them; none where `mine` has ended meanwhile.
pub(crate) async fn end_others(tx: &mut Tx, mine: &Session, new_id: &str) -> db::Result<Option<Vec<String>>> {
    let held: Vec<(Text,)> = on_tx!(&mut *tx, conn => sqlx::query_as("SELECT hash FROM accounts_sessions WHERE user_id = ?")
        .bind(mine.user_id).fetch_all(conn).await)?;
    on_tx!(&mut *tx, conn => sqlx::query("DELETE FROM accounts_sessions WHERE user_id = ? AND hash <> ?")
        .bind(mine.user_id).bind(Text::from(mine.hash.as_str())).execute(conn).await.map(drop))?;
    let renamed = on_tx!(&mut *tx, conn => sqlx::query("UPDATE accounts_sessions SET hash = ? WHERE hash = ?")
        .bind(Text(hash(new_id))).bind(Text::from(mine.hash.as_str())).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok((renamed == 1).then(|| held.into_iter().map(|(hash,)| hash.0).collect()))
}

async fn delete(tx: &mut Tx, hash: &str) -> db::Result<bool> {
    let rows = on_tx!(tx, conn => sqlx::query("DELETE FROM accounts_sessions WHERE hash = ?")
        .bind(Text::from(hash)).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
