//! One text of SQL for two databases.
//!
//! [`Db`] holds the pools, [`Tx`] one transaction, and the macros [`on_db!`] and [`on_tx!`] expand the same
//! body once for each database, so that a query is written once. Where the two differ, a `match` on
//! [`Dialect`] sits at that line.

mod checkpoint;
mod clause;
mod embedded;
mod error;
mod migrate;
mod no_delay;
mod open;
mod text;
mod tries;
mod turn;
mod tx;

pub use checkpoint::Checkpoints;
pub use clause::{Argument, Clause};
pub use embedded::Embedded;
pub use error::DbError;
pub use migrate::{Migration, migrate};
pub use open::{MySqlSettings, open_mysql, open_sqlite};
pub use text::Text;
pub use tries::Tries;
pub use turn::Turns;
pub use tx::{Done, Tx};

pub use sqlx;

use std::time::Duration;

use sqlx::{MySqlPool, SqlitePool};

/// The result of every store function.
pub type Result<T> = std::result::Result<T, DbError>;

/// An open database. Cheap to clone: the pools are shared.
#[derive(Clone, Debug)]
pub enum Db {
    /// MySQL 8, MariaDB 10.11 or later, or a cluster that speaks their protocol.
    MySql(MySqlPool),
    /// The embedded database of one machine.
    Sqlite {
        /// The one writing connection: SQLite has one writer, so waiting happens here in order.
        write: SqlitePool,
        /// Reading connections, which see the last commit and never wait for the writer.
        read: SqlitePool,
        /// The order of all writers of this file in this process.
        turns: Turns,
        /// What brings commits from the log into the file.
        checkpoints: Checkpoints,
    },
}

/// Which of the two databases a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// MySQL and MariaDB.
    MySql,
    /// SQLite.
    Sqlite,
}

impl Db {
    /// Which database this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Db::MySql(_) => Dialect::MySql,
            Db::Sqlite { .. } => Dialect::Sqlite,
        }
    }

    /// The same database, on a server by connections of its own, at most so many, each made when it is needed. A pool hands its
    /// connections out in turn and each prepares every statement for itself: whoever says many kinds of statements without a pause
    /// has them prepared by few.
    #[must_use]
    pub fn apart(&self, connections: u32) -> Db {
        match self {
            Db::MySql(pool) => {
                let options = pool.options().clone().max_connections(connections);
                Db::MySql(options.connect_lazy_with((*pool.connect_options()).clone()))
            }
            Db::Sqlite { .. } => self.clone(),
        }
    }

    /// Begins a writing transaction.
    ///
    /// # Errors
    /// [`DbError::Busy`] when no connection was free in time, else the connection's own error.
    pub async fn begin(&self) -> Result<Tx> {
        Ok(match self {
            Db::MySql(pool) => Tx::MySql(pool.begin().await?),
            Db::Sqlite { write, turns, checkpoints, .. } => {
                let turn = turns.take().await?;
                Tx::Sqlite(Embedded::begin(write.acquire().await?, turn, checkpoints.clone()))
            }
        })
    }

    /// As [`Db::begin`], for a copy that starts, which has nobody to tell to come back: before the embedded database it waits as
    /// long as others write, as when they make the tables.
    ///
    /// # Errors
    /// The connection's own.
    pub async fn begin_at_start(&self) -> Result<Tx> {
        if self.dialect() == Dialect::MySql {
            return self.begin().await;
        }
        at_start(async || {
            let mut tx = self.begin().await?;
            tx.flush().await?;
            Ok(tx)
        })
        .await
    }

    /// Closes every connection; statements under way end first.
    pub async fn close(&self) {
        match self {
            Db::MySql(pool) => pool.close().await,
            Db::Sqlite { write, read, checkpoints, .. } => {
                checkpoints.close().await;
                read.close().await;
                write.close().await;
            }
        }
    }
}

/// Begins again as long as others write to the embedded database.
async fn at_start<T>(begin: impl AsyncFn() -> Result<T>) -> Result<T> {
    loop {
        match begin().await {
            Err(DbError::Conflict(_) | DbError::Busy(sqlx::Error::PoolTimedOut)) => {
                tracing::info!("others write to the database; this copy waits for them");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            begun => return begun,
        }
    }
}

/// Expands `body` once for each database, with `$pool` a pool to read from.
///
/// `on_db!(&self.db, pool => sqlx::query_scalar("SELECT 1").fetch_one(pool).await)`
#[macro_export]
macro_rules! on_db {
    ($db:expr, $pool:ident => $body:expr) => {
        match $db {
            $crate::Db::MySql($pool) => $body,
            $crate::Db::Sqlite { read: $pool, .. } => $body,
        }
    };
}

/// Expands `body` once for each database, with `$conn` a `&mut` connection inside the transaction.
///
/// `on_tx!(tx, conn => sqlx::query("DELETE FROM t WHERE id = ?").bind(id).execute(conn).await)`
#[macro_export]
macro_rules! on_tx {
    ($tx:expr, $conn:ident => $body:expr) => {
        match $tx {
            $crate::Tx::MySql(tx) => {
                #[allow(unused_mut, reason = "a body of several statements reborrows the connection")]
                let mut $conn = &mut **tx;
                $body
            }
            $crate::Tx::Sqlite(tx) => {
                #[allow(unused_mut, reason = "a body of several statements reborrows the connection")]
                let mut $conn = tx.connection().await?;
                $body
            }
        }
    };
}
