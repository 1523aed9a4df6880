//! Sessions. A row holds the SHA-256 of the id in the cookie, so a copy of the table signs nobody in.

use chrono::Utc;
use db::{Text, Tx, on_db, on_tx};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::users::User;
use super::{Store, retried};
use crate::event::{self, Origin, What};

/// A session ends after this long without a request, microseconds: 8 hours.
pub const IDLE: i64 = 8 * 3600 * 1_000_000;
/// A session ends this long after the sign-in, microseconds: 14 days.
pub const ABSOLUTE: i64 = 14 * 24 * 3600 * 1_000_000;
/// `last_seen_at` is written at most this often, microseconds: once a minute.
const SEEN_EVERY: i64 = 60 * 1_000_000;
/// Sessions a user may have; the oldest ends.
const PER_USER: usize = 20;

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
        let end = |seen: i64| (seen + IDLE).min(created_at + ABSOLUTE);
        if end(last_seen_at) <= now {
            return Ok(None);
        }
        let mut seen = last_seen_at;
        if now - last_seen_at >= SEEN_EVERY {
            self.touch(&hash, now).await?;
            seen = now;
        }
        Ok(Some(Session { hash, id, user_id, ends_at: end(seen) }))
    }

    async fn touch(&self, hash: &str, now: i64) -> db::Result<()> {
        let mut tx = self.db.begin().await?;
        on_tx!(&mut tx, conn => sqlx::query("UPDATE accounts_sessions SET last_seen_at = ? WHERE hash = ?")
            .bind(now).bind(Text::from(hash)).execute(conn).await.map(drop))?;
        tx.commit().await
    }

    /// Signs `user` in under the new session id `id`; `old` ends, and the oldest beyond twenty.
    ///
    /// # Errors
    /// The database's.
    pub async fn sign_in(&self, user: &User, id: &str, old: Option<&str>, by: &Origin) -> db::Result<()> {
        let now = Utc::now().timestamp_micros();
        let (hash, session_id) = (hash(id), Uuid::now_v7());
        retried(|| async {
            let mut tx = self.db.begin().await?;
            on_tx!(&mut tx, conn => sqlx::query("UPDATE accounts_users SET last_sign_in_at = ? WHERE id = ?")
                .bind(now).bind(user.id).execute(conn).await.map(drop))?;
            let mut ended: Vec<String> = old.map(str::to_owned).into_iter().collect();
            let held: Vec<(Text,)> = on_tx!(&mut tx, conn => sqlx::query_as(
                "SELECT hash FROM accounts_sessions WHERE user_id = ? ORDER BY created_at DESC")
                .bind(user.id).fetch_all(conn).await)?;
            ended.extend(held.into_iter().skip(PER_USER - 1).map(|(h,)| h.0));
            for gone in &ended {
                delete(&mut tx, gone).await?;
            }
            on_tx!(&mut tx, conn => sqlx::query(
                "INSERT INTO accounts_sessions (hash, id, user_id, address, created_at, last_seen_at) VALUES (?, ?, ?, ?, ?, ?)")
                .bind(Text::from(hash.as_str())).bind(session_id).bind(user.id).bind(Text::from(by.address.as_str()))
                .bind(now).bind(now).execute(conn).await.map(drop))?;
            let what = What {
                entity: "session",
                id: session_id,
                version: 1,
                kind: "created",
                changes: Vec::new(),
                user: Some(user),
                ended_sessions: ended,
                detail: "signed in".into(),
            };
            self.log.commit(tx, &[event::entry(by, what, now)]).await?;
            Ok(())
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
                kind: "refused",
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

    /// Ends a session of `user`; one that ended already is left alone.
    ///
    /// # Errors
    /// The database's.
    pub async fn sign_out(&self, session: &Session, user: &User, by: &Origin) -> db::Result<()> {
        retried(|| async {
            let mut tx = self.db.begin().await?;
            if !delete(&mut tx, &session.hash).await? {
                return Ok(());
            }
            let what = What {
                entity: "session",
                id: session.id,
                version: 2,
                kind: "deleted",
                changes: Vec::new(),
                user: Some(user),
                ended_sessions: vec![session.hash.clone()],
                detail: "signed out".into(),
            };
            let entry = event::entry(by, what, Utc::now().timestamp_micros());
            self.log.commit(tx, &[entry]).await?;
            Ok(())
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
    pub async fn sweep(&self, now: i64) -> db::Result<()> {
        let mut tx = self.db.begin().await?;
        on_tx!(&mut tx, conn => sqlx::query("DELETE FROM accounts_sessions WHERE last_seen_at <= ? OR created_at <= ?")
            .bind(now - IDLE).bind(now - ABSOLUTE).execute(conn).await.map(drop))?;
        tx.commit().await
    }
}

/// Ends every session of a user and gives their hashes.
pub(crate) async fn end_all(tx: &mut Tx, user_id: Uuid) -> db::Result<Vec<String>> {
    let held: Vec<(Text,)> = on_tx!(&mut *tx, conn => sqlx::query_as("SELECT hash FROM accounts_sessions WHERE user_id = ?")
        .bind(user_id).fetch_all(conn).await)?;
    on_tx!(&mut *tx, conn => sqlx::query("DELETE FROM accounts_sessions WHERE user_id = ?")
        .bind(user_id).execute(conn).await.map(drop))?;
    Ok(held.into_iter().map(|(hash,)| hash.0).collect())
}

async fn delete(tx: &mut Tx, hash: &str) -> db::Result<bool> {
    let rows = on_tx!(tx, conn => sqlx::query("DELETE FROM accounts_sessions WHERE hash = ?")
        .bind(Text::from(hash)).execute(conn).await.map(|done| done.rows_affected()))?;
    Ok(rows == 1)
}
