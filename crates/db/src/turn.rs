//! The order of those who write one file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{DbError, Result};

/// How long a writer waits for its turn before it is told to come back: 5 s.
pub(crate) const WAIT: Duration = Duration::from_secs(5);

/// The files this process writes. Two services of one process open the same file, each with its own connections, and
/// SQLite lets whoever asks first after a commit write next: the one that writes without a pause would keep the other
/// waiting for seconds.
static FILES: LazyLock<Mutex<HashMap<PathBuf, Weak<Semaphore>>>> = LazyLock::new(Mutex::default);

/// Who writes next to one file: whoever of this process asked first.
#[derive(Clone, Debug)]
pub struct Turns(Arc<Semaphore>);

/// The right to write, until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _held: OwnedSemaphorePermit,
}

impl Turns {
    /// Those of the file at `path`, which exists.
    pub(crate) fn of(path: &Path) -> Turns {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
        files.retain(|_, turns| turns.strong_count() > 0);
        if let Some(turns) = files.get(&path).and_then(Weak::upgrade) {
            return Turns(turns);
        }
        let turns = Arc::new(Semaphore::new(1));
        files.insert(path, Arc::downgrade(&turns));
        Turns(turns)
    }

    /// Waits for the writers that asked before.
    pub(crate) async fn take(&self) -> Result<Turn> {
        let taken = tokio::time::timeout(WAIT, Arc::clone(&self.0).acquire_owned()).await;
        match taken {
            Ok(Ok(held)) => Ok(Turn { _held: held }),
            Ok(Err(_)) => Err(DbError::Busy(sqlx::Error::PoolClosed)),
            Err(_) => Err(DbError::Busy(sqlx::Error::PoolTimedOut)),
        }
    }
}
