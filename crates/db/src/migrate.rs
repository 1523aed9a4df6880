use std::borrow::Cow;

use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, MySqlPool};

use crate::{Db, at_start};

/// The migrations of one service, the same names for both databases.
pub struct Migration {
    /// The service's name, which begins the name of its table of applied migrations.
    pub service: &'static str,
    /// What MySQL runs. MySQL commits at every DDL, so a file holds one statement that can run twice.
    pub mysql: Migrator,
    /// What SQLite runs.
    pub sqlite: Migrator,
}

/// How long one question for the right to migrate waits, in seconds, before it is asked again and said.
const WAIT: u32 = 5;

/// Brings the service's tables to the newest shape. Any number of processes may call this at once: one works and the others
/// wait for it. What one was ended in the middle of is made again.
///
/// # Errors
/// When a migration failed or an applied one was changed since.
pub async fn migrate(db: &Db, migration: Migration) -> Result<(), MigrateError> {
    let table: Cow<'static, str> = format!("{}_migrations", migration.service).into();
    match db {
        Db::MySql(pool) => {
            let mut migrator = migration.mysql;
            // The driver asks for its lock with an endless wait, which MariaDB answers with NULL and no lock.
            migrator.set_locking(false);
            migrator.dangerous_set_table_name(table.clone());
            let mut conn = alone(pool).await?;
            conn.ensure_migrations_table(&table).await?;
            // Whoever began it is gone, or the lock were not ours.
            let broken_off = format!("DELETE FROM {table} WHERE success = FALSE");
            sqlx::query(AssertSqlSafe(broken_off)).execute(&mut conn).await?;
            migrator.run(&mut conn).await?;
            conn.close().await?;
        }
        Db::Sqlite { write, turns, .. } => {
            let mut migrator = migration.sqlite;
            migrator.dangerous_set_table_name(table);
            // All of them in one transaction, which is the lock as well.
            // The driver's own, since it begins others within.
            let begin = async || {
                let turn = turns.take().await?;
                Ok((write.begin_with("BEGIN IMMEDIATE").await?, turn))
            };
            let (mut tx, _turn) = at_start(begin).await.map_err(|e| MigrateError::Source(e.into()))?;
            migrator.run(&mut *tx).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// A connection that alone may migrate this database, as long as it lives.
async fn alone(pool: &MySqlPool) -> Result<MySqlConnection, MigrateError> {
    let mut conn = pool.acquire().await?.detach();
    loop {
        let ask = "SELECT GET_LOCK(CONCAT('dc-tracker ', SHA1(DATABASE())), ?)";
        let held: Option<i64> = sqlx::query_scalar(ask).bind(WAIT).fetch_one(&mut conn).await?;
        match held {
            Some(1) => return Ok(conn),
            Some(_) => tracing::info!("another copy brings the tables to their newest shape; this one waits for it"),
            None => return Err(sqlx::Error::Protocol("the server gave no lock".into()).into()),
        }
    }
}
