//! The register's tables. SQL stands here and nowhere else in this service.

#[cfg(test)]
mod agreement;
pub mod answers;
pub mod batches;
pub mod challans;
pub mod customers;
pub mod executives;
pub mod figures;
pub mod filter;
pub mod finding;
pub mod invoices;
pub mod jobs;
pub mod list;
pub mod naming;
pub mod numbers;
pub mod series;
pub mod sort;
#[cfg(test)]
mod suite;
mod update;
pub mod views;
pub mod work;

use db::{Db, Migration, MySqlSettings};
use service::Config;
use service::config::DatabaseSettings;

/// Opens the database that `config` names and brings the register's tables to their newest shape.
///
/// # Errors
/// When the database is away or a migration failed.
pub async fn open(config: &Config) -> anyhow::Result<Db> {
    let db = match &config.database {
        DatabaseSettings::Sqlite { path } => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            db::open_sqlite(path).await?
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
            .await?
        }
    };
    migrate(&db).await?;
    Ok(db)
}

async fn migrate(db: &Db) -> Result<(), sqlx::migrate::MigrateError> {
    let migration = Migration {
        service: "tracker",
        mysql: sqlx::migrate!("migrations/mysql"),
        sqlite: sqlx::migrate!("migrations/sqlite"),
    };
    db::migrate(db, migration).await
}
