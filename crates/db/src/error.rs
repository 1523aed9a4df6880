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
    /// The database was lost, or its disk failed, while it committed: nobody knows whether the transaction was done, so it is looked
    /// for before it is run again.
    #[error("it is not known whether the transaction was committed")]
    Unknown(#[source] sqlx::Error),
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
/// SQLite's primary result code IOERR: what it could not sync may be read back after a crash or may not.
const SQLITE_FAILS: [i64; 1] = [10];
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

impl DbError {
    /// What an error means that came in answer to a commit. SQLite says for certain that it committed nothing, but where its disk
    /// fails; MySQL where the transaction met another one.
    pub(crate) fn of_commit(error: DbError) -> DbError {
        match error {
            DbError::Busy(sqlx::Error::Database(e)) | DbError::Other(sqlx::Error::Database(e))
                if e.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some()
                    && !is_one_of(e.as_ref(), &[], &SQLITE_FAILS) =>
            {
                DbError::from(sqlx::Error::Database(e))
            }
            DbError::Busy(e) | DbError::Other(e) => DbError::Unknown(e),
            told => told,
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
