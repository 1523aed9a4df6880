//! One writing transaction on SQLite, in few messages. Every statement passes to the connection's thread and back, which takes
//! as long as most of them do (`bench/README.md`), so those whose answer nobody waits for go with the next one.

use futures::TryStreamExt;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};
use sqlx::{Either, Executor, FromRow};
use tokio::runtime::Handle;

use crate::turn::Turn;
use crate::{Checkpoints, Clause, DbError, Result};

/// Bytes of SQL up to which a statement waits for the next one. The text of those that go together is a statement of its own to
/// be prepared and kept, so those of many rows, which come in many lengths, go alone.
const SHORT: usize = 1024;

/// A transaction that is begun IMMEDIATE, so that it never has to be upgraded from a read lock, with its first statement.
/// Dropped without [`Embedded::commit`], it is rolled back.
pub struct Embedded {
    /// Taken when it ends.
    own: Option<Own>,
    checkpoints: Checkpoints,
    /// What is still to be executed, and of each statement how many rows it must write, where that matters.
    ahead: Clause,
    expected: Vec<Option<u64>>,
    /// Whether SQLite was told of it.
    is_told: bool,
    has_begun: bool,
}

/// What nobody else has until the transaction ends.
struct Own {
    conn: PoolConnection<Sqlite>,
    _turn: Turn,
}

impl Embedded {
    pub(crate) fn begin(conn: PoolConnection<Sqlite>, turn: Turn, checkpoints: Checkpoints) -> Embedded {
        let own = Some(Own { conn, _turn: turn });
        Embedded {
            own,
            checkpoints,
            ahead: Clause::of("BEGIN IMMEDIATE"),
            expected: vec![None],
            is_told: false,
            has_begun: false,
        }
    }

    /// The connection, after all that was to be executed.
    ///
    /// # Errors
    /// The database's own.
    pub async fn connection(&mut self) -> Result<&mut SqliteConnection> {
        if !self.ahead.is_empty() {
            self.say(Clause::default(), None).await?;
        }
        Ok(&mut self.own.as_mut().ok_or_else(over)?.conn)
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    pub(crate) async fn write(&mut self, clause: Clause, rows: Option<u64>) -> Result<()> {
        if clause.len() > SHORT {
            let _before = self.connection().await?;
            self.say(clause, rows).await?;
        } else {
            self.put(clause, rows);
        }
        Ok(())
    }

    pub(crate) async fn fetch<T>(&mut self, clause: Clause) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, SqliteRow>,
    {
        let rows = self.say(clause, None).await?;
        Ok(rows.iter().map(T::from_row).collect::<std::result::Result<_, _>>()?)
    }

    pub(crate) async fn commit(mut self) -> Result<()> {
        if self.expected.iter().any(Option::is_some) {
            // SQLite ends at a statement that fails, and goes on to the commit after one that finds other rows.
            self.connection().await?;
        }
        self.say(Clause::of("COMMIT"), None).await?;
        self.own = None;
        self.checkpoints.committed();
        Ok(())
    }

    pub(crate) async fn rollback(mut self) -> Result<()> {
        (self.ahead, self.expected) = Default::default();
        if self.has_begun {
            self.say(Clause::of("ROLLBACK"), None).await?;
        }
        self.own = None;
        Ok(())
    }

    fn put(&mut self, clause: Clause, rows: Option<u64>) {
        if clause.is_empty() {
            return;
        }
        if !self.ahead.is_empty() {
            self.ahead.sql("; ");
        }
        self.ahead.append(clause);
        self.expected.push(rows);
    }

    /// Executes what is still to be executed and `clause`, which must write so many `rows`, and gives what the latter answers. None
    /// is executed after one that fails.
    async fn say(&mut self, clause: Clause, rows: Option<u64>) -> Result<Vec<SqliteRow>> {
        self.put(clause, rows);
        let mut expected = std::mem::take(&mut self.expected).into_iter();
        let mut sql = std::mem::take(&mut self.ahead).build();
        let conn = &mut self.own.as_mut().ok_or_else(over)?.conn;
        self.is_told = true;
        let (mut answers, mut rows) = (conn.fetch_many(sql.build()), Vec::new());
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Left(done) => {
                    self.has_begun = true;
                    if expected.next().flatten().is_some_and(|rows| rows != done.rows_affected()) {
                        return Err(DbError::Conflict(sqlx::Error::RowNotFound));
                    }
                }
                Either::Right(row) => rows.push(row),
            }
        }
        Ok(rows)
    }
}

fn over() -> DbError {
    DbError::Busy(sqlx::Error::WorkerCrashed)
}

impl Drop for Embedded {
    fn drop(&mut self) {
        let Some(mut own) = self.own.take().filter(|_| self.is_told) else { return };
        // Nobody else writes until it is undone. It may be over: SQLite ends one by itself on a full disk.
        let Ok(runtime) = Handle::try_current() else { return drop(own.conn.detach()) };
        runtime.spawn(async move {
            if let Err(error) = sqlx::raw_sql("ROLLBACK").execute(&mut *own.conn).await
                && !matches!(error, sqlx::Error::Database(_))
            {
                tracing::warn!(%error, "a transaction could not be undone; its connection is closed");
                drop(own.conn.detach());
            }
        });
    }
}
