use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};

use crate::checkpoint::Checkpoints;
use crate::turn::{self, Turns};
use crate::{Db, DbError, Result, Tries, no_delay};

/// How long a request waits for a connection before it is told to come back: 500 ms.
const POOL_WAIT: Duration = Duration::from_millis(500);
/// A connection that was unused for so long is asked whether it still lives before it is used: the driver asks when it comes
/// back as well, so one that was just used needs no second question. A server that went away since costs one request a 503.
const STALE: Duration = Duration::from_secs(1);
/// Reading connections of the embedded database.
const SQLITE_READERS: u32 = 4;

/// Where a MySQL server is and who asks.
#[derive(Clone, Debug)]
pub struct MySqlSettings {
    /// Host name or address.
    pub host: String,
    /// TCP port, 3306 by custom.
    pub port: u16,
    /// The database that holds the tables.
    pub database: String,
    /// The database user.
    pub user: String,
    /// The user's password; empty for none.
    pub password: String,
    /// A PEM file of the authority that signed the server's certificate; with it the server is verified.
    pub ssl_ca: Option<PathBuf>,
    /// The most connections held at once.
    pub pool_size: u32,
}

/// Opens a pool of connections to MySQL or MariaDB. The first connection is made now.
///
/// # Errors
/// When the server cannot be reached for seconds or refuses the user.
pub async fn open_mysql(settings: &MySqlSettings) -> Result<Db> {
    let port = settings.port;
    let mut options = MySqlConnectOptions::new()
        .host(&settings.host)
        .port(settings.port)
        .database(&settings.database)
        .username(&settings.user)
        .charset("utf8mb4")
        .statement_cache_capacity(256)
        .disable_statement_logging();
    if !settings.password.is_empty() {
        options = options.password(&settings.password);
    }
    options = match &settings.ssl_ca {
        Some(ca) => options.ssl_mode(MySqlSslMode::VerifyCa).ssl_ca(ca),
        None => options.ssl_mode(MySqlSslMode::Preferred),
    };
    patiently(|| connected(settings.pool_size, port, &options)).await
}

async fn connected(pool_size: u32, port: u16, options: &MySqlConnectOptions) -> Result<Db> {
    let pool = MySqlPoolOptions::new()
        .max_connections(pool_size)
        .acquire_timeout(POOL_WAIT)
        .test_before_acquire(false)
        .before_acquire(|conn, unused| {
            Box::pin(async move {
                if unused.idle_for > STALE {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(move |conn, _| {
            Box::pin(async move {
                use sqlx::Executor;
                if let Err(error) = no_delay::set(port) {
                    tracing::debug!(%error, "requests to the database may be held back for a moment");
                }
                // Under REPEATABLE READ two read-then-write transactions overwrite each other.
                conn.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await?;
                conn.execute("SET SESSION innodb_lock_wait_timeout = 5").await?;
                Ok(())
            })
        })
        .connect_with(options.clone())
        .await?;
    Ok(Db::MySql(pool))
}

/// Opens the embedded database at `path`, making the file when it is missing. Any number of processes may do so at once:
/// SQLite changes a new file to a write-ahead log for one of them, and refuses the others at once instead of letting them wait.
///
/// # Errors
/// When the file cannot be opened or written, or stays locked for seconds.
pub async fn open_sqlite(path: &Path) -> Result<Db> {
    patiently(|| opened(path)).await
}

/// Opens again what was locked or slow to answer: a service that starts has more time than a request.
async fn patiently<F: Future<Output = Result<Db>>>(open: impl Fn() -> F) -> Result<Db> {
    let mut tries = Tries::new();
    loop {
        match open().await {
            Err(DbError::Conflict(_) | DbError::Busy(sqlx::Error::PoolTimedOut)) if tries.again().await => {}
            done => return done,
        }
    }
}

async fn opened(path: &Path) -> Result<Db> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(turn::WAIT)
        .statement_cache_capacity(256)
        // A thousand rows, as whoever goes through all of them asks for, are read without a pause.
        .row_buffer_size(1024)
        // Pages of 4 KiB. Long before that many, the log is brought over beside the writers; a commit does it only where that
        // stays behind.
        .pragma("wal_autocheckpoint", "16000")
        .disable_statement_logging();
    // Writers wait for each other in `Turns` and not in SQLite, so the wait is in order.
    let write = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(turn::WAIT)
        .test_before_acquire(false)
        // KiB: the pages that the next commits write again are those of the last ones.
        .connect_with(options.clone().pragma("cache_size", "-16384"))
        .await?;
    let read = SqlitePoolOptions::new()
        // A file does not go away as a server does.
        .test_before_acquire(false)
        .max_connections(SQLITE_READERS)
        .acquire_timeout(POOL_WAIT)
        // KiB: the system keeps the pages that are read again, for all connections together.
        .connect_with(options.clone().pragma("query_only", "ON").pragma("cache_size", "-1024"))
        .await?;
    let turns = Turns::of(path);
    let checkpoints = Checkpoints::of(options, turns.clone());
    Ok(Db::Sqlite { write, read, turns, checkpoints })
}
