//! Setting a password, which ends the sessions and links of the account.

use chrono::Utc;
use db::{Text, on_tx};

use super::sessions::{self, Session};
use super::users::User;
use super::{Store, links, retried};
use crate::event::{self, Origin, What};

/// On what ground a password is set.
#[derive(Debug)]
pub enum Ground<'a> {
    /// The owner knew the old one. The session goes on under the new id.
    Own {
        /// The session of the request.
        mine: &'a Session,
        /// Its new id.
        new_id: &'a str,
    },
    /// The link with this hash, which is used up.
    Reset(&'a str),
    /// The invitation with this hash, with the names that the person chose.
    Invitation(&'a str),
}

impl Ground<'_> {
    fn kind(&self) -> &'static str {
        match self {
            Ground::Own { .. } | Ground::Reset(_) => "password_changed",
            Ground::Invitation(_) => "invitation_accepted",
        }
    }

    fn in_words(&self) -> &'static str {
        match self {
            Ground::Own { .. } => "",
            Ground::Reset(_) => "by a link",
            Ground::Invitation(_) => "by an invitation",
        }
    }
}

impl Store {
    /// Writes `after`, which differs from `before` in its password and maybe in names, and ends the sessions and links of
    /// the account. False where somebody else wrote the account in between or the ground is gone.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_password(
        &self,
        before: &User,
        after: &User,
        ground: &Ground<'_>,
        by: &Origin,
    ) -> db::Result<bool> {
        let now = Utc::now().timestamp_micros();
        retried(|| async {
            let mut tx = self.db.begin().await?;
            let rows = on_tx!(&mut tx, conn => sqlx::query(
                "UPDATE accounts_users SET version = ?, password_hash = ?, first_name = ?, last_name = ?, found_by = ? \
                 WHERE id = ? AND version = ? AND is_active = 1")
                .bind(after.version).bind(after.password_hash.as_deref().map(Text::from))
                .bind(Text::from(after.first_name.as_str())).bind(Text::from(after.last_name.as_str()))
                .bind(Text(after.found_by())).bind(after.id).bind(before.version)
                .execute(conn).await.map(|done| done.rows_affected()))?;
            let ended = match ground {
                _ if rows != 1 => None,
                Ground::Own { mine, new_id } => {
                    links::end_all(&mut tx, after.id).await?;
                    sessions::end_others(&mut tx, mine, new_id).await?
                }
                Ground::Reset(hash) | Ground::Invitation(hash) if links::use_up(&mut tx, after.id, hash).await? => {
                    Some(sessions::end_all(&mut tx, after.id).await?)
                }
                Ground::Reset(_) | Ground::Invitation(_) => None,
            };
            let Some(ended_sessions) = ended else {
                tx.rollback().await?;
                return Ok(false);
            };
            let what = What {
                entity: "user",
                id: after.id,
                version: after.version,
                kind: ground.kind(),
                changes: event::changes(Some(before), after),
                user: Some(after),
                ended_sessions,
                detail: ground.in_words().into(),
            };
            self.log.commit(tx, &[event::entry(by, what, now)]).await?;
            Ok(true)
        })
        .await
    }
}
