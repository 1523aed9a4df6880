use thiserror::Error;

/// What a caller can do about a failed statement.
#[derive(Debug, Error)]
pub enum DbError {
    /// A unique key already has this value.
    #[error("a unique value is taken")]
    Duplicate(#[source] sqlx::Error),
    /// The transaction met another one and was rolled back: run the whole of it again.
    #[error("the transaction met another one and must run again")]
    Conflict(#[source] sqlx::Error),
    /// The database is away or has no free connection: try again later.
    #[error("the database is busy or away")]
    Busy(#[source] sqlx::Error),
    /// A rule that only the transaction itself can check refuses the change; the word names the rule.
    #[error("a rule refuses the change: {0}")]
    Refused(&'static str),
    /// Anything else, which no retry mends.
    #[error("the database refused a statement")]
    Other(#[source] sqlx::Error),
    /// A stored value could not be read back.
    #[error("a stored value is not readable: {0}")]
    Corrupt(String),
}

/// InnoDB: deadlock 1213, lock wait 1205, and 1020 (record has changed, MariaDB 11.6 and later).
const MYSQL_RETRY: [u16; 3] = [1213, 1205, 1020];
/// SQLite's primary result codes BUSY and LOCKED.
const SQLITE_RETRY: [i64; 2] = [5, 6];

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(e) if e.is_unique_violation() => DbError::Duplicate(error),
            E::Database(e) if asks_for_retry(e.as_ref()) => DbError::Conflict(error),
            E::PoolTimedOut | E::PoolClosed | E::Io(_) | E::Tls(_) | E::WorkerCrashed | E::BeginFailed => {
                DbError::Busy(error)
            }
            E::Database(e) if server_is_away(e.as_ref()) => DbError::Busy(error),
            _ => DbError::Other(error),
        }
    }
}

fn asks_for_retry(error: &dyn sqlx::error::DatabaseError) -> bool {
    if let Some(e) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return MYSQL_RETRY.contains(&e.number());
    }
    error.code().and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| SQLITE_RETRY.contains(&(code & 0xff)))
}

/// MySQL: shutdown in progress 1053, too many connections 1040, connection killed 1927 and 1317.
fn server_is_away(error: &dyn sqlx::error::DatabaseError) -> bool {
    error
        .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
        .is_some_and(|e| [1053, 1040, 1927, 1317].contains(&e.number()))
}
