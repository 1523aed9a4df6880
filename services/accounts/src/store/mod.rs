//! The tables of accounts. SQL stands here and nowhere else in this service.

pub mod audit;
pub mod grants;
pub mod keys;
pub mod links;
pub mod passwords;
pub mod permission_sets;
pub mod sessions;
pub mod signed_in;
#[cfg(test)]
mod suite;
pub mod totp;
pub mod tries;
pub mod users;

use std::future::Future;

use anyhow::Context;
use changelog::Log;
use chrono::{DateTime, Utc};
use db::{Db, DbError, Migration, MySqlSettings, Tries};
use service::Config;
use service::config::DatabaseSettings;
use service::internal::derive_key;

/// The tables and the log that goes with them.
#[derive(Clone)]
pub struct Store {
    /// The database.
    pub db: Db,
    /// The log of every change.
    pub log: Log,
    /// How long sessions last.
    pub limits: sessions::Limits,
    /// Who is signed in, as it was a moment ago.
    pub kept: signed_in::Kept,
}

/// Opens the database that `config` names and brings the tables of accounts to their newest shape.
///
/// # Errors
/// When the database is away or a migration failed.
pub async fn open_database(config: &Config) -> anyhow::Result<Db> {
    let db = match &config.database {
        DatabaseSettings::Sqlite { path } => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)
                    .with_context(|| format!("{} cannot be made; name another DATA_DIR", folder.display()))?;
            }
            db::open_sqlite(path).await.with_context(|| format!("{} cannot be opened", path.display()))?
        }
        DatabaseSettings::MySql { host, port, name, user, password, ssl_ca, pool_size } => {
            db::open_mysql(&MySqlSettings {
                host: host.clone(),
                port: *port,
                database: name.clone(),
                user: user.clone(),
                password: password.clone(),
                ssl_ca: ssl_ca.clone(),
                pool_size: *pool_size,
            })
            .await
            .with_context(|| format!("the database at {host}:{port} (DB_HOST, DB_PORT) cannot be opened"))?
        }
    };
    let migration = Migration {
        service: "accounts",
        mysql: sqlx::migrate!("migrations/mysql"),
        sqlite: sqlx::migrate!("migrations/sqlite"),
    };
    db::migrate(&db, migration).await?;
    Ok(db)
}

impl Store {
    /// Opens the database and its log.
    ///
    /// # Errors
    /// As [`open_database`].
    pub async fn open(config: &Config) -> anyhow::Result<Store> {
        let db = open_database(config).await?;
        let key = derive_key(&config.secret_key, "dc-tracker audit seal v1");
        let log = Log::open_sealed(db.clone(), "accounts", key).await?;
        Ok(Store { db, log, limits: sessions::Limits::from(&config.sign_in), kept: signed_in::Kept::default() })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> db::Result<()> {
        let _: i64 = db::on_db!(&self.db, pool => sqlx::query_scalar("SELECT 1").fetch_one(pool).await)?;
        Ok(())
    }
}

/// Runs a transaction again where it met another one.
///
/// # Errors
/// The last run's.
pub async fn retried<T, F>(run: impl Fn() -> F) -> db::Result<T>
where
    F: Future<Output = db::Result<T>>,
{
    let mut tries = Tries::new();
    loop {
        let more = tries.again().await;
        match run().await {
            Err(DbError::Conflict(_)) if more => {}
            done => return done,
        }
    }
}

/// A stored instant, microseconds since 1970 UTC.
pub(crate) fn instant(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}
