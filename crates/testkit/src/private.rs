//! A server of one test alone, which may be killed without harm to the others.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};
use rustix::process::Pid;
use uuid::Uuid;

/// A server that `scripts/<program>` starts and stops in a folder of its own.
#[derive(Debug)]
pub(crate) struct PrivateServer {
    program: &'static str,
    home_setting: &'static str,
    home: PathBuf,
}

impl PrivateServer {
    /// Makes the folder's name; nothing runs yet. The folder lies where `./test` looks for servers left behind.
    pub(crate) fn new(program: &'static str, home_setting: &'static str) -> PrivateServer {
        let shared = std::env::var_os(home_setting).map_or_else(|| root().join(".test").join(program), PathBuf::from);
        let beside = shared.parent().map_or_else(|| root().join(".test"), Path::to_owned);
        let home = beside.join("private").join(format!("{program}-{}", Uuid::new_v4().simple()));
        PrivateServer { program, home_setting, home }
    }

    /// Runs one command of the script and gives what it printed.
    pub(crate) fn run(&self, command: &str) -> anyhow::Result<String> {
        let script = root().join("scripts").join(self.program);
        let output = Command::new(&script)
            .arg(command)
            .env(self.home_setting, &self.home)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} does not run", script.display()))?;
        if !output.status.success() {
            bail!("{} {command}: {}", script.display(), String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The running process, to be killed within microseconds; a script takes milliseconds.
    pub(crate) fn process(&self) -> anyhow::Result<Pid> {
        let file = self.home.join("pid");
        let text = std::fs::read_to_string(&file).with_context(|| format!("{} is not there", file.display()))?;
        Pid::from_raw(text.trim().parse()?).context("a process has no number 0")
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        // The logs of a failed test are worth more than a tidy folder.
        let command = if std::thread::panicking() { "kill" } else { "wipe" };
        if let Err(error) = self.run(command) {
            eprintln!("A test's server may still run: {error:#}");
        }
    }
}

/// The checkout's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
