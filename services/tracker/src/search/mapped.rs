//! The index's files, each of which is mapped once for all who read it: lists, figures and the writer's merges. Pages that were read
//! are given back without anybody's taking notice.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tantivy::directory::error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, OwnedBytes, WatchCallback, WatchHandle, WritePtr,
};

/// A folder of files that never change once they are written, but for those that are read at once.
#[derive(Clone, Debug)]
pub(super) struct Mapped {
    files: MmapDirectory,
    /// The whole of each file that was opened, until it is deleted.
    opened: Arc<Mutex<HashMap<PathBuf, OwnedBytes>>>,
    has_deleted: Arc<AtomicBool>,
}

impl Mapped {
    /// The folder `path`, which is there.
    ///
    /// # Errors
    /// Where it is not, or cannot be read.
    pub(super) fn open(path: &Path) -> Result<Mapped, OpenDirectoryError> {
        Ok(Mapped { files: MmapDirectory::open(path)?, opened: Arc::default(), has_deleted: Arc::default() })
    }

    fn opened(&self) -> MutexGuard<'_, HashMap<PathBuf, OwnedBytes>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back the pages of all files. The system keeps what it has room for, and maps it again where it is asked for.
    pub(super) fn give_back(&self) {
        // Nobody waits meanwhile who opens one.
        let all: Vec<OwnedBytes> = self.opened().values().filter(|file| !file.is_empty()).cloned().collect();
        all.iter().for_each(forget);
    }

    /// Whether files were deleted since this was asked the last time. Who has some of them open holds pages that nobody gives back.
    pub(super) fn has_deleted(&self) -> bool {
        self.has_deleted.swap(false, Ordering::Relaxed)
    }
}

#[cfg(target_os = "linux")]
fn forget(file: &OwnedBytes) {
    use rustix::mm::{Advice, madvise};

    let start = file.as_ptr().cast_mut().cast();
    // SAFETY: `MmapDirectory` hands out the whole of a file's shared, read-only mapping, which begins with a page and lives as long as
    // `file`; the file is never written again. A page that is forgotten is read from it once more by whoever asks for it next
    // (madvise(2)).
    #[allow(unsafe_code, reason = "the library maps the files, and gives no page back as long as one is open")]
    let forgotten = unsafe { madvise(start, file.len(), Advice::LinuxDontNeed) };
    if let Err(error) = forgotten {
        tracing::debug!("pages of the search index are kept: {error}");
    }
}

/// Elsewhere nothing is done.
#[cfg(not(target_os = "linux"))]
fn forget(_: &OwnedBytes) {}

impl Directory for Mapped {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let mut opened = self.opened();
        if let Some(file) = opened.get(path) {
            return Ok(Arc::new(file.clone()));
        }
        let file = self.files.get_file_handle(path)?;
        let whole = file.read_bytes(0..file.len()).map_err(|e| OpenReadError::wrap_io_error(e, path.to_owned()))?;
        // Who still reads a deleted file may open it once more, and nobody deletes it again.
        if self.files.exists(path)? {
            opened.insert(path.to_owned(), whole);
        }
        Ok(file)
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        let mut opened = self.opened();
        let was_open = opened.remove(path).is_some();
        self.has_deleted.fetch_or(was_open, Ordering::Relaxed);
        // To count them, it forgets the names of those that nobody has open.
        let _ = self.files.get_cache_info();
        self.files.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.files.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.files.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.files.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.files.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.files.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.files.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.files.watch(callback)
    }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use std::io::Write;

    use tantivy::directory::TerminatingWrite;

    use super::*;

    /// KiB of a mapped file that the process holds (proc_pid_smaps(5)); one number for each time that it is mapped.
    fn resident(file: &Path) -> Vec<u64> {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut lines = maps.lines();
        let mut all = Vec::new();
        while lines.any(|line| line.ends_with(file.to_str().unwrap())) {
            let kib = lines.find_map(|line| line.strip_prefix("Rss:")).unwrap();
            all.push(kib.trim_end_matches("kB").trim().parse().unwrap());
        }
        all
    }

    #[test]
    fn a_file_is_mapped_once_and_reads_the_same_when_its_pages_were_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let (mapped, file) = (Mapped::open(folder.path()).unwrap(), Path::new("rows"));
        let rows: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut written = mapped.open_write(file).unwrap();
        written.write_all(&rows).unwrap();
        written.terminate().unwrap();
        mapped.open_write(Path::new("empty")).unwrap().terminate().unwrap();
        let read = |path: &Path| mapped.open_read(path).unwrap().read_bytes().unwrap();
        let (one, other) = (read(file), read(file));
        assert!(read(Path::new("empty")).is_empty());
        assert_eq!((&*one, &*other), (&*rows, &*rows));
        let held = || resident(&folder.path().join(file));
        assert!(matches!(*held(), [kib] if kib >= 390));
        mapped.give_back();
        assert_eq!(held(), [0]);
        assert_eq!(&*one, &*rows);
        mapped.delete(file).unwrap();
        assert!(*read(file) == *rows && *one == *rows, "who still reads it has it");
        assert!(!mapped.opened().contains_key(file), "nobody else");
        assert!(mapped.has_deleted() && !mapped.has_deleted());
    }
}
