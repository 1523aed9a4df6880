//! A log is only added to: the database itself refuses a change or a removal of its rows. Whoever may take that rule
//! away again, as the owner of the database may, is found by the seals.

use db::{Db, Tx, on_tx};
use sqlx::{AssertSqlSafe, MySqlPool, Row};

/// What the database answers.
const REFUSAL: &str = "rows of the log are never changed or removed";
/// MySQL: the trigger stands already.
const STANDS: u16 = 1359;
/// MySQL: TRIGGER is not granted (1142, 1044), or a server with a binary log asks for SUPER (1419, 1227).
const NOT_ALLOWED: [u16; 4] = [1142, 1044, 1419, 1227];

/// Has `table` refuse changes and removals from now on. A server that does not let its user make triggers is worked with
/// without, and the log of the process says what it takes.
///
/// # Errors
/// The database's own.
pub(crate) async fn guard(db: &Db, table: &str) -> db::Result<()> {
    match db {
        Db::MySql(pool) => guard_mysql(pool, table).await,
        Db::Sqlite { .. } => {
            let mut tx = db.begin_at_start().await?;
            guard_sqlite(&mut tx, table).await?;
            tx.commit().await
        }
    }
}

async fn guard_sqlite(tx: &mut Tx, table: &str) -> db::Result<()> {
    for act in ["UPDATE", "DELETE"] {
        let name = trigger(table, act);
        let sql = format!(
            "CREATE TRIGGER IF NOT EXISTS {name} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        );
        on_tx!(&mut *tx, conn => sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await.map(drop))?;
    }
    Ok(())
}

async fn guard_mysql(pool: &MySqlPool, table: &str) -> db::Result<()> {
    // Asked first, since making one waits for every transaction that has the table open; and by SHOW, since the
    // information schema would open the tables of every database of the server.
    let standing = sqlx::raw_sql(AssertSqlSafe(format!("SHOW TRIGGERS LIKE '{table}'"))).fetch_all(pool).await?;
    let standing: Vec<String> = standing.iter().map(|row| row.try_get("Trigger")).collect::<Result<_, _>>()?;
    for act in ["UPDATE", "DELETE"] {
        let name = trigger(table, act);
        if standing.contains(&name) {
            continue;
        }
        let sql = format!(
            "CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{REFUSAL}'"
        );
        let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await else { continue };
        match number(&error) {
            Some(STANDS) => {}
            Some(code) if NOT_ALLOWED.contains(&code) => {
                tracing::warn!(
                    "{table} could be changed by hand: let the database's user make triggers (GRANT TRIGGER, and \
                     log_bin_trust_function_creators = 1 where the server keeps a binary log) and start again: {error}"
                );
                return Ok(());
            }
            _ => return Err(error.into()),
        }
    }
    Ok(())
}

fn trigger(table: &str, act: &str) -> String {
    format!("{table}_no_{}", act.to_lowercase())
}

fn number(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()?;
    Some(error.number())
}
