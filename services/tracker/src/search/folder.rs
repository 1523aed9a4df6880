//! The index's folders: one a process, under `INDEX_DIR`. A file beside each is locked for as long as its process lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// More trackers than anybody runs on one machine.
const MOST: u32 = 256;

/// A folder that no other process uses until this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
}

/// A folder's lock.
enum Lock {
    Ours(Folder),
    Others,
}

impl Folder {
    /// The first free folder under `root`.
    ///
    /// # Errors
    /// Where `root` cannot be written, or is full.
    pub(super) fn claim(root: &Path) -> anyhow::Result<Folder> {
        std::fs::create_dir_all(root).with_context(|| {
            format!("INDEX_DIR: {} cannot be made; name a folder that can be written", root.display())
        })?;
        for number in 0..MOST {
            if let Lock::Ours(folder) = lock(root, number)? {
                return Ok(folder);
            }
        }
        anyhow::bail!("{MOST} trackers use {} already; give this one an INDEX_DIR of its own", root.display())
    }

    /// Where the index lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder, empty.
    ///
    /// # Errors
    /// The file system's own.
    pub(super) fn emptied(&self) -> std::io::Result<&Path> {
        remove(&self.path)?;
        std::fs::create_dir_all(&self.path)?;
        Ok(&self.path)
    }

    /// Whether somebody asked for this index to be built anew.
    pub(super) fn is_asked_anew(&self) -> bool {
        self.path.with_extension("anew").exists()
    }

    /// What was asked is done.
    pub(super) fn answer(&self) {
        // Left there, it would be built once more, which does no harm.
        let _ = std::fs::remove_file(self.path.with_extension("anew"));
    }
}

/// Removes the indexes that no process uses, and asks the processes that use one to build theirs anew; these requests
/// vanish when they are done.
pub(super) fn ask_anew(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut asked = Vec::new();
    for number in 0..MOST {
        if !root.join(format!("{number}.lock")).exists() {
            break;
        }
        match lock(root, number)? {
            Lock::Ours(folder) => {
                folder.answer();
                remove(&folder.path)?;
            }
            Lock::Others => {
                let request = root.join(format!("{number}.anew"));
                File::create(&request)?;
                asked.push(request);
            }
        }
    }
    Ok(asked)
}

fn lock(root: &Path, number: u32) -> anyhow::Result<Lock> {
    let file = root.join(format!("{number}.lock"));
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&file)
        .with_context(|| format!("INDEX_DIR: {} cannot be written; name a folder that can", file.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock::Ours(Folder { path: root.join(number.to_string()), _lock: file })),
        Err(TryLockError::WouldBlock) => Ok(Lock::Others),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
