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
    /// The database is away, has no free connection or cannot write, as on a full disk: try again later.
    #[error("the database is busy, away or cannot write")]
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
/// SQLite's primary result codes of a disk that is full or fails: IOERR, FULL and CANTOPEN.
const SQLITE_DISK: [i64; 3] = [10, 13, 14];
/// MySQL: shutdown in progress 1053, too many connections 1040, connection killed 1927 and 1317.
const MYSQL_AWAY: [u16; 4] = [1053, 1040, 1927, 1317];
/// MySQL: a file cannot be written 3, 1026 and 1878, disk full 1021, table full 1114, the storage engine fails 1030.
const MYSQL_DISK: [u16; 6] = [3, 1026, 1878, 1021, 1114, 1030];

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(e) if e.is_unique_violation() => DbError::Duplicate(error),
            E::Database(e) if is_one_of(e.as_ref(), &MYSQL_RETRY, &SQLITE_RETRY) => DbError::Conflict(error),
            E::PoolTimedOut | E::PoolClosed | E::Io(_) | E::Tls(_) | E::WorkerCrashed | E::BeginFailed => {
                DbError::Busy(error)
            }
            E::Database(e) if is_one_of(e.as_ref(), &MYSQL_AWAY, &[]) => DbError::Busy(error),
            E::Database(e) if is_one_of(e.as_ref(), &MYSQL_DISK, &SQLITE_DISK) => DbError::Busy(error),
            _ => DbError::Other(error),
        }
    }
}

/// Whether the database's code is one of these, the one's numbers or the other's primary codes.
fn is_one_of(error: &dyn sqlx::error::DatabaseError, mysql: &[u16], sqlite: &[i64]) -> bool {
    if let Some(e) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return mysql.contains(&e.number());
    }
    error.code().and_then(|code| code.parse::<i64>().ok()).is_some_and(|code| sqlite.contains(&(code & 0xff)))
}
