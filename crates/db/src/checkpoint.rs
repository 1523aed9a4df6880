//! Bringing the embedded database's write-ahead log into its file, beside the writers and not in the middle of a commit.

use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::turn::Turns;

/// From a commit to the next checkpoint, so that pages which many commits write are brought over once.
const PACE: Duration = Duration::from_millis(250);

/// The checkpoints of one open database. They end with its last clone.
#[derive(Clone, Debug)]
pub struct Checkpoints(Arc<Task>);

#[derive(Debug)]
struct Task {
    committed: Arc<Notify>,
    pool: SqlitePool,
    task: JoinHandle<()>,
}

impl Drop for Task {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Checkpoints {
    /// Those of the file that `options` opens, whose writers take `turns`.
    pub(crate) fn of(options: SqliteConnectOptions, turns: Turns) -> Checkpoints {
        let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false).connect_lazy_with(options);
        let committed = Arc::<Notify>::default();
        let task = tokio::spawn(keep(pool.clone(), turns, Arc::clone(&committed)));
        Checkpoints(Arc::new(Task { committed, pool, task }))
    }

    /// Says that there is something new in the log.
    pub(crate) fn committed(&self) {
        self.0.committed.notify_one();
    }

    /// Ends them, so that the last connection to be closed can remove the log.
    pub(crate) async fn close(&self) {
        self.0.task.abort();
        self.0.pool.close().await;
    }
}

async fn keep(pool: SqlitePool, turns: Turns, committed: Arc<Notify>) {
    loop {
        committed.notified().await;
        tokio::time::sleep(PACE).await;
        if let Err(error) = checkpoint(&pool, &turns).await {
            tracing::warn!(cause = ?error, "the write-ahead log could not be brought into the database's file");
        }
    }
}

/// Nearly all of the log while writers go on, then the rest while they wait for a moment: only a log that is brought over whole
/// is written from its start again, and else it would grow as long as somebody writes.
async fn checkpoint(pool: &SqlitePool, turns: &Turns) -> crate::Result<()> {
    const PASSIVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
    sqlx::query(PASSIVE).fetch_all(pool).await?;
    let _turn = turns.take().await?;
    sqlx::query(PASSIVE).fetch_all(pool).await?;
    Ok(())
}
