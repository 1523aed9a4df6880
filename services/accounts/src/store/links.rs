//! Links that set a password: invitations and resets. A row holds a keyed hash of the token, so a copy of the table
//! lets nobody in, and what the account was when the link was made, so the link dies with a change of either.

use chrono::Utc;
use db::{Text, Tx, on_db, on_tx};
use uuid::Uuid;

use super::users::User;
use super::{Store, retried};
use crate::event::{self, Origin, What};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A first password.
    Invitation,
    /// Another password.
    Reset,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::Invitation => "invitation",
            Purpose::Reset => "reset",
        }
    }

    /// What the log calls the making of it.
    fn made(self) -> &'static str {
        match self {
            Purpose::Invitation => "invited",
            Purpose::Reset => "reset_requested",
        }
    }
}

/// A link as it is stored.
#[derive(Clone, Debug)]
pub struct Link {
    /// The keyed hash of its token, in hex.
    pub hash: String,
    /// What it is for.
    pub purpose: Purpose,
    /// A keyed hash of the account's password hash and e-mail when it was made.
    pub binding: String,
    /// When it ends, microseconds UTC.
    pub expires_at: i64,
}

impl Store {
    /// Keeps a link of `user` in place of earlier ones for the same purpose, and notes who made it.
    ///
    /// # Errors
    /// The database's.
    pub async fn make_link(&self, user: &User, link: &Link, by: &Origin) -> db::Result<()> {
        retried(|| async {
            let mut tx = self.db.begin().await?;
            let entry = insert(&mut tx, user, link, by).await?;
            self.log.commit(tx, &[entry]).await
        })
        .await
    }

    /// Notes that somebody asked for a link that nobody can send, so that an admin sees it.
    ///
    /// # Errors
    /// The database's.
    pub async fn note_reset_request(&self, user: &User, by: &Origin) -> db::Result<()> {
        retried(|| async {
            let tx = self.db.begin().await?;
            let what = What {
                detail: "no mail is sent: an admin hands a link over".into(),
                ..told(Uuid::now_v7(), "reset_requested", user)
            };
            self.log.commit(tx, &[event::entry(by, what, Utc::now().timestamp_micros())]).await
        })
        .await
    }

    /// The link with this hash, for this purpose and not over at `now`, and whose it is.
    ///
    /// # Errors
    /// The database's.
    pub async fn link(&self, hash: &str, purpose: Purpose, now: i64) -> db::Result<Option<(Uuid, Link)>> {
        let row: Option<(Uuid, Text, i64)> = on_db!(&self.db, pool => sqlx::query_as(
            "SELECT user_id, binding, expires_at FROM accounts_links WHERE hash = ? AND purpose = ? AND expires_at > ?")
            .bind(Text::from(hash)).bind(Text::from(purpose.as_str())).bind(now).fetch_optional(pool).await)?;
        Ok(row.map(|(user_id, binding, expires_at)| {
            (user_id, Link { hash: hash.to_owned(), purpose, binding: binding.0, expires_at })
        }))
    }

    /// Removes links that are over.
    ///
    /// # Errors
    /// The database's.
    pub async fn sweep_links(&self, now: i64) -> db::Result<()> {
        let mut tx = self.db.begin().await?;
        on_tx!(&mut tx, conn => sqlx::query("DELETE FROM accounts_links WHERE expires_at <= ?")
            .bind(now).execute(conn).await.map(drop))?;
        tx.commit().await
    }
}

/// Keeps a link in the transaction that it belongs to, and gives its row of the log.
pub(crate) async fn insert(tx: &mut Tx, user: &User, link: &Link, by: &Origin) -> db::Result<changelog::Entry> {
    let id = Uuid::now_v7();
    on_tx!(&mut *tx, conn => {
        sqlx::query("DELETE FROM accounts_links WHERE user_id = ? AND purpose = ?")
            .bind(user.id).bind(Text::from(link.purpose.as_str())).execute(&mut *conn).await?;
        sqlx::query("INSERT INTO accounts_links (hash, id, user_id, purpose, binding, expires_at) VALUES (?, ?, ?, ?, ?, ?)")
            .bind(Text::from(link.hash.as_str())).bind(id).bind(user.id).bind(Text::from(link.purpose.as_str()))
            .bind(Text::from(link.binding.as_str())).bind(link.expires_at).execute(&mut *conn).await?;
    });
    Ok(event::entry(by, told(id, link.purpose.made(), user), Utc::now().timestamp_micros()))
}

/// Uses a link up; false where it was used before. Every other link of the user goes with it.
pub(crate) async fn use_up(tx: &mut Tx, user_id: Uuid, hash: &str) -> db::Result<bool> {
    let rows = on_tx!(&mut *tx, conn => sqlx::query("DELETE FROM accounts_links WHERE hash = ?")
        .bind(Text::from(hash)).execute(conn).await.map(|done| done.rows_affected()))?;
    end_all(tx, user_id).await?;
    Ok(rows == 1)
}

/// Ends every link of a user.
pub(crate) async fn end_all(tx: &mut Tx, user_id: Uuid) -> db::Result<()> {
    on_tx!(tx, conn => sqlx::query("DELETE FROM accounts_links WHERE user_id = ?")
        .bind(user_id).execute(conn).await.map(drop))?;
    Ok(())
}

fn told<'a>(id: Uuid, kind: &'a str, user: &'a User) -> What<'a> {
    What {
        entity: "link",
        id,
        version: 1,
        kind,
        changes: Vec::new(),
        user: Some(user),
        ended_sessions: Vec::new(),
        detail: String::new(),
    }
}
