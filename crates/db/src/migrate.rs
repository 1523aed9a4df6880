use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migrator};

use crate::Db;

/// The migrations of one service, the same names for both databases.
pub struct Migration {
    /// The service's name, which begins the name of its table of applied migrations.
    pub service: &'static str,
    /// What MySQL runs. MySQL commits at every DDL, so a file holds one statement that can run twice.
    pub mysql: Migrator,
    /// What SQLite runs.
    pub sqlite: Migrator,
}

/// Brings the service's tables to the newest shape. Two processes may call this at once.
///
/// # Errors
/// When a migration failed or an applied one was changed since.
pub async fn migrate(db: &Db, migration: Migration) -> Result<(), MigrateError> {
    let table: Cow<'static, str> = format!("{}_migrations", migration.service).into();
    match db {
        Db::MySql(pool) => {
            let mut migrator = migration.mysql;
            migrator.dangerous_set_table_name(table);
            migrator.run(pool).await
        }
        Db::Sqlite { write, .. } => {
            let mut migrator = migration.sqlite;
            migrator.dangerous_set_table_name(table);
            migrator.run(write).await
        }
    }
}
