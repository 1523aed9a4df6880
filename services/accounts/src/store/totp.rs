//! Second factors: the shared secret, encrypted, and recovery codes, hashed.

use chrono::Utc;
use db::{Dialect, Text, Tx, on_db, on_tx};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::users::User;
use super::{Store, retried};
use crate::event::{self, Origin, What};

/// The stored second factor of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// The secret, encrypted and in hex.
    pub sealed: String,
    /// When the first code was typed, microseconds UTC; none while the enrolment is open.
    pub confirmed_at: Option<i64>,
    /// When the secret was made, microseconds UTC.
    pub made_at: i64,
}

/// What proved, besides the password, who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Second {
    /// Nothing: the account has no second factor and needs none.
    None,
    /// The code of this step, which no later sign-in may use.
    Code {
        /// Steps of 30 seconds since 1970.
        step: i64,
    },
    /// A recovery code, stored as this hash.
    Recovery {
        /// As [`crate::totp::recovery_hash`] makes it.
        hash: String,
    },
    /// The first code of an enrolment.
    Enrolled {
        /// Steps of 30 seconds since 1970.
        step: i64,
        /// The encrypted secret that the code is of.
        sealed: String,
        /// Hashes of the new recovery codes.
        codes: Vec<String>,
    },
}

impl Second {
    /// For the auditor.
    #[must_use]
    pub fn in_words(&self) -> &'static str {
        match self {
            Second::None => "",
            Second::Code { .. } => "with a one-time code",
            Second::Recovery { .. } => "with a recovery code",
            Second::Enrolled { .. } => "with the first one-time code",
        }
    }
}

impl Store {
    /// The second factor of a user, enrolled or being enrolled.
    ///
    /// # Errors
    /// The database's.
    pub async fn factor(&self, user_id: Uuid) -> db::Result<Option<Factor>> {
        let row: Option<(Text, Option<i64>, i64)> = on_db!(&self.db, pool => sqlx::query_as(
            "SELECT secret, confirmed_at, made_at FROM accounts_totp WHERE user_id = ?")
            .bind(user_id).fetch_optional(pool).await)?;
        Ok(row.map(|(sealed, confirmed_at, made_at)| Factor { sealed: sealed.0, confirmed_at, made_at }))
    }

    /// Recovery codes that are left.
    ///
    /// # Errors
    /// The database's.
    pub async fn recovery_codes(&self, user_id: Uuid) -> db::Result<Vec<String>> {
        let rows: Vec<(Text,)> = on_db!(&self.db, pool => sqlx::query_as(
            "SELECT hash FROM accounts_recovery_codes WHERE user_id = ?").bind(user_id).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(|(hash,)| hash.0).collect())
    }

    /// Keeps the secret of an open enrolment in place of an earlier one; false where the user is enrolled already.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin_enrolment(&self, user_id: Uuid, sealed: &str, now: i64) -> db::Result<bool> {
        let ignore = match self.db.dialect() {
            Dialect::MySql => "INSERT IGNORE",
            Dialect::Sqlite => "INSERT OR IGNORE",
        };
        retried(|| async {
            let sql = format!("{ignore} INTO accounts_totp (user_id, secret, made_at, last_step) VALUES (?, ?, ?, 0)");
            let mut tx = self.db.begin().await?;
            let rows = on_tx!(&mut tx, conn => {
                sqlx::query("DELETE FROM accounts_totp WHERE user_id = ? AND confirmed_at IS NULL")
                    .bind(user_id).execute(&mut *conn).await?;
                sqlx::query(AssertSqlSafe(sql)).bind(user_id).bind(Text::from(sealed)).bind(now)
                    .execute(&mut *conn).await?.rows_affected()
            });
            tx.commit().await?;
            Ok(rows == 1)
        })
        .await
    }

    /// Uses `second` outside a sign-in: the first code of an enrolment. False where it is worth nothing any more.
    ///
    /// # Errors
    /// The database's.
    pub async fn confirm_enrolment(&self, user: &User, second: &Second, by: &Origin) -> db::Result<bool> {
        let now = Utc::now().timestamp_micros();
        retried(|| async {
            let mut tx = self.db.begin().await?;
            if !use_up(&mut tx, user.id, second, now).await? {
                tx.rollback().await?;
                return Ok(false);
            }
            self.log.commit(tx, &[event::entry(by, told("totp_enrolled", user), now)]).await?;
            Ok(true)
        })
        .await
    }

    /// Removes the second factor; false where there is none.
    ///
    /// # Errors
    /// The database's.
    pub async fn remove_factor(&self, user: &User, by: &Origin) -> db::Result<bool> {
        retried(|| async {
            let mut tx = self.db.begin().await?;
            let rows = on_tx!(&mut tx, conn => {
                sqlx::query("DELETE FROM accounts_recovery_codes WHERE user_id = ?")
                    .bind(user.id).execute(&mut *conn).await?;
                sqlx::query("DELETE FROM accounts_totp WHERE user_id = ?")
                    .bind(user.id).execute(&mut *conn).await?.rows_affected()
            });
            if rows == 0 {
                tx.rollback().await?;
                return Ok(false);
            }
            let entry = event::entry(by, told("totp_removed", user), Utc::now().timestamp_micros());
            self.log.commit(tx, &[entry]).await?;
            Ok(true)
        })
        .await
    }

    /// Replaces the recovery codes of an enrolled user; false where the user is not enrolled.
    ///
    /// # Errors
    /// The database's.
    pub async fn replace_recovery_codes(&self, user: &User, codes: &[String], by: &Origin) -> db::Result<bool> {
        retried(|| async {
            let mut tx = self.db.begin().await?;
            // The row is written to so that an end of the enrolment waits.
            let rows = on_tx!(&mut tx, conn => sqlx::query(
                "UPDATE accounts_totp SET made_at = made_at WHERE user_id = ? AND confirmed_at IS NOT NULL")
                .bind(user.id).execute(conn).await.map(|done| done.rows_affected()))?;
            if rows == 0 {
                tx.rollback().await?;
                return Ok(false);
            }
            write_codes(&mut tx, user.id, codes).await?;
            let entry = event::entry(by, told("recovery_codes_made", user), Utc::now().timestamp_micros());
            self.log.commit(tx, &[entry]).await?;
            Ok(true)
        })
        .await
    }
}

/// Uses a second factor up in the transaction of what it allows; false where another request was first.
pub(crate) async fn use_up(tx: &mut Tx, user_id: Uuid, second: &Second, now: i64) -> db::Result<bool> {
    let rows = match second {
        Second::None => 1,
        Second::Code { step } => on_tx!(&mut *tx, conn => sqlx::query(
            "UPDATE accounts_totp SET last_step = ? WHERE user_id = ? AND confirmed_at IS NOT NULL AND last_step < ?")
            .bind(step).bind(user_id).bind(step).execute(conn).await.map(|done| done.rows_affected()))?,
        Second::Recovery { hash } => on_tx!(&mut *tx, conn => sqlx::query(
            "DELETE FROM accounts_recovery_codes WHERE user_id = ? AND hash = ?")
            .bind(user_id).bind(Text::from(hash.as_str())).execute(conn).await.map(|done| done.rows_affected()))?,
        Second::Enrolled { step, sealed, codes } => {
            let rows = on_tx!(&mut *tx, conn => sqlx::query(
                "UPDATE accounts_totp SET confirmed_at = ?, last_step = ? \
                 WHERE user_id = ? AND confirmed_at IS NULL AND secret = ?")
                .bind(now).bind(step).bind(user_id).bind(Text::from(sealed.as_str()))
                .execute(conn).await.map(|done| done.rows_affected()))?;
            if rows == 1 {
                write_codes(tx, user_id, codes).await?;
            }
            rows
        }
    };
    Ok(rows == 1)
}

async fn write_codes(tx: &mut Tx, user_id: Uuid, codes: &[String]) -> db::Result<()> {
    on_tx!(&mut *tx, conn => sqlx::query("DELETE FROM accounts_recovery_codes WHERE user_id = ?")
        .bind(user_id).execute(conn).await.map(drop))?;
    for code in codes {
        on_tx!(&mut *tx, conn => sqlx::query("INSERT INTO accounts_recovery_codes (user_id, hash) VALUES (?, ?)")
            .bind(user_id).bind(Text::from(code.as_str())).execute(conn).await.map(drop))?;
    }
    Ok(())
}

fn told<'a>(kind: &'a str, user: &'a User) -> What<'a> {
    What {
        entity: "totp",
        id: Uuid::now_v7(),
        version: 1,
        kind,
        changes: Vec::new(),
        user: Some(user),
        ended_sessions: Vec::new(),
        detail: String::new(),
    }
}
