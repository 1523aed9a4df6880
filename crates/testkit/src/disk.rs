//! A disk that is full for one process.

use anyhow::Context;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

/// Lets process `pid` write no file any more, or write again. It must ignore the signal XFSZ; a write then fails as on a full
/// disk.
///
/// # Errors
/// When there is no such process.
pub fn set_full(pid: u32, full: bool) -> anyhow::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).context("This is no process.")?;
    prlimit(Some(pid), Resource::Fsize, Rlimit { current: full.then_some(0), maximum: None })?;
    Ok(())
}
