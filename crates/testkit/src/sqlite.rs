//! A throw-away embedded database.

use std::path::PathBuf;

use anyhow::Context;

/// A folder for one test's embedded database, removed with its contents on drop.
#[derive(Debug)]
pub struct TestFolder {
    folder: tempfile::TempDir,
}

/// Makes an empty folder.
///
/// # Errors
/// When the system's folder for temporary files cannot be written.
pub fn folder() -> anyhow::Result<TestFolder> {
    let folder =
        tempfile::tempdir().context("A temporary folder cannot be made; set TMPDIR to one that can be written.")?;
    Ok(TestFolder { folder })
}

impl TestFolder {
    /// For `DATA_DIR`.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The database file, where the program would make it in this folder. Not there yet.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder.path().join("dc-tracker.sqlite3")
    }

    /// The settings that put a process on this database.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![("DATA_DIR", self.folder.path().display().to_string())]
    }
}
