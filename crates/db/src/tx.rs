//! One writing transaction on either database.

use sqlx::mysql::MySqlRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, MySql};

use crate::{Clause, DbError, Dialect, Embedded, Result, on_tx};

/// One writing transaction. Dropped without [`Tx::commit`], it is rolled back.
pub enum Tx {
    /// On MySQL, at READ COMMITTED.
    MySql(sqlx::Transaction<'static, MySql>),
    /// On SQLite.
    Sqlite(Embedded),
}

/// What became of a statement.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// Rows that it wrote, or that were to be written and were so already.
    pub rows: u64,
    /// On MySQL what `LAST_INSERT_ID(…)` was given, on SQLite the row that was inserted last.
    pub last_id: u64,
}

impl Tx {
    /// Which database this transaction is on.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Tx::MySql(_) => Dialect::MySql,
            Tx::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Executes a statement whose answer nobody waits for. On SQLite a short one is executed with the next statement, at the
    /// latest by [`Tx::flush`] or [`Tx::commit`], which then gives its error.
    ///
    /// # Errors
    /// The database's own, also of statements before.
    pub async fn write(&mut self, clause: Clause) -> Result<()> {
        match self {
            Tx::MySql(_) => self.execute(clause).await.map(drop),
            Tx::Sqlite(tx) => tx.write(clause, None).await,
        }
    }

    /// As [`Tx::write`], of a change of so many rows that are there as they were read: false where they are not, which SQLite, as it
    /// may be executed later, tells as [`DbError::Conflict`]. The transaction is then to be dropped.
    ///
    /// # Errors
    /// The database's own, also of statements before.
    pub async fn change(&mut self, clause: Clause, rows: u64) -> Result<bool> {
        match self {
            Tx::MySql(_) => Ok(self.execute(clause).await?.rows == rows),
            Tx::Sqlite(tx) => tx.write(clause, Some(rows)).await.map(|()| true),
        }
    }

    /// Executes a statement and says what became of it.
    ///
    /// # Errors
    /// The database's own, also of statements before.
    pub async fn execute(&mut self, clause: Clause) -> Result<Done> {
        match self {
            Tx::MySql(tx) => {
                let done = clause.build().build().execute(&mut **tx).await?;
                Ok(Done { rows: done.rows_affected(), last_id: done.last_insert_id() })
            }
            Tx::Sqlite(tx) => {
                let done = clause.build().build().execute(tx.connection().await?).await?;
                Ok(Done { rows: done.rows_affected(), last_id: done.last_insert_rowid().unsigned_abs() })
            }
        }
    }

    /// The rows that a statement gives.
    ///
    /// # Errors
    /// The database's own, also of statements before.
    pub async fn fetch<T>(&mut self, clause: Clause) -> Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, MySqlRow> + for<'r> FromRow<'r, SqliteRow> + Send + Unpin,
    {
        match self {
            Tx::MySql(tx) => Ok(clause.build().build_query_as().fetch_all(&mut **tx).await?),
            Tx::Sqlite(tx) => tx.fetch(clause).await,
        }
    }

    /// Executes what is still to be executed of [`Tx::write`].
    ///
    /// # Errors
    /// The database's own.
    pub async fn flush(&mut self) -> Result<()> {
        match self {
            Tx::MySql(_) => Ok(()),
            Tx::Sqlite(tx) => tx.connection().await.map(drop),
        }
    }

    /// Whether the database began it: on SQLite that is done with the first statement.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        match self {
            Tx::MySql(_) => true,
            Tx::Sqlite(tx) => tx.has_begun(),
        }
    }

    /// Makes the transaction durable.
    ///
    /// # Errors
    /// When the database did not commit; nothing of the transaction is then to be reported as done.
    /// [`DbError::Unknown`] where it may have.
    pub async fn commit(self) -> Result<()> {
        let ended = match self {
            Tx::MySql(tx) => tx.commit().await.map_err(DbError::from),
            Tx::Sqlite(tx) => tx.commit().await,
        };
        ended.map_err(DbError::of_commit)
    }

    /// Marks this point, to which [`Tx::rollback_to_savepoint`] goes back. A later mark takes the place of this one.
    ///
    /// # Errors
    /// The database's own; the transaction is then to be dropped.
    pub async fn savepoint(&mut self) -> Result<()> {
        self.say("SAVEPOINT here").await
    }

    /// Undoes what was written since [`Tx::savepoint`] and goes on; locks taken since may stay until the end.
    ///
    /// # Errors
    /// The database's own, also where a deadlock or a full disk has ended the whole transaction; it is then to be dropped.
    pub async fn rollback_to_savepoint(&mut self) -> Result<()> {
        self.say("ROLLBACK TO SAVEPOINT here").await
    }

    /// Says something that MySQL does not prepare.
    ///
    /// # Errors
    /// The database's own, also of statements before.
    pub async fn say(&mut self, sql: &'static str) -> Result<()> {
        on_tx!(self, conn => sqlx::raw_sql(sql).execute(conn).await.map(drop))?;
        Ok(())
    }

    /// Undoes the transaction now, and not when the connection is next used.
    ///
    /// # Errors
    /// When the connection was lost, which undoes it as well.
    pub async fn rollback(self) -> Result<()> {
        match self {
            Tx::MySql(tx) => Ok(tx.rollback().await?),
            Tx::Sqlite(tx) => tx.rollback().await,
        }
    }
}
