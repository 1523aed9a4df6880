//! Passwords: Argon2id with 19 MiB, two passes, one lane (OWASP's first choice), in a bounded pool.

mod rules;

pub use rules::objection;

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use argon2::password_hash::generate_salt;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use rayon::{ThreadPool, ThreadPoolBuilder};
use thiserror::Error;
use tokio::sync::{Semaphore, oneshot};
use unicode_normalization::UnicodeNormalization;

/// The most runs at once; each takes 19 MiB and one core.
const MOST: usize = 8;
/// How much less than everything else a run matters to the system, in the steps of nice(2): with 10 it gets a tenth of a
/// core that others ask for, and all of one that is free. A flood of sign-ins is then felt by those who sign in.
const NICE: i32 = 10;
/// Runs that may wait for a place, about a second of work; one more is told to come back.
const WAITING: usize = 64;

thread_local! {
    /// What a run works in, kept while others wait. To give 19 MiB back and ask for them anew took a quarter of a run, and
    /// while a thread's memory is taken away every other thread of the process stands still for a moment.
    static BLOCKS: RefCell<Vec<Block>> = const { RefCell::new(Vec::new()) };
}

/// Runs at once: half of the cores, so that no flood of sign-ins takes the other half from those who are at work. The system is
/// asked once: it reads files for the answer, and every run looks at this.
static PARALLEL: LazyLock<usize> =
    LazyLock::new(|| (available_parallelism().map_or(1, NonZeroUsize::get) / 2).clamp(1, MOST));

/// Why a password was neither hashed nor checked.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// Too many runs wait already: 503.
    #[error("too many password checks wait")]
    Busy,
    /// The system has no randomness, or a run was lost.
    #[error("a password could not be hashed")]
    Failed(#[from] anyhow::Error),
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Whether the password is the stored one.
    pub is_right: bool,
    /// Whether it is right and was hashed with other parameters than today's.
    pub is_outdated: bool,
}

/// Hashes and checks passwords without slowing other requests.
#[derive(Clone)]
pub struct Passwords {
    /// Threads of their own, which give way to all others.
    threads: Arc<ThreadPool>,
    /// Places and waiting places together.
    entries: Arc<Semaphore>,
    runs: Arc<AtomicU64>,
    /// A hash that no password is known for: what a sign-in without an account is compared with.
    nobody: Arc<str>,
}

impl Passwords {
    /// A pool, with one hash run to have something to compare an unknown account with.
    ///
    /// # Errors
    /// When the system has no randomness or no thread to give.
    pub fn new() -> anyhow::Result<Passwords> {
        let nobody = hash_now(&random(32))?;
        BLOCKS.take();
        let threads = ThreadPoolBuilder::new()
            .num_threads(*PARALLEL)
            .thread_name(|n| format!("passwords-{n}"))
            .start_handler(|_| give_way())
            .panic_handler(|_| tracing::error!("a run of Argon2 broke off"))
            .build()?;
        Ok(Passwords {
            threads: Arc::new(threads),
            entries: Arc::new(Semaphore::new(*PARALLEL + WAITING)),
            runs: Arc::default(),
            nobody: nobody.into(),
        })
    }

    /// Runs of Argon2 since the start.
    #[must_use]
    pub fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    /// The hash to store, as a PHC string.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], or when the system has no randomness.
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        Ok(self.run(move || hash_now(&password)).await??)
    }

    /// Whether `password` is the one of `stored`. Exactly one run of Argon2, also where nothing is stored or what
    /// is stored cannot be read.
    ///
    /// # Errors
    /// [`PasswordError::Busy`].
    pub async fn check(&self, password: String, stored: Option<String>) -> Result<Checked, PasswordError> {
        let nobody = Arc::clone(&self.nobody);
        self.run(move || check_now(&password, stored.as_deref(), &nobody)).await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
        let entry = Arc::clone(&self.entries).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        self.runs.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.threads.spawn(move || {
            let done = work();
            if entry.semaphore().available_permits() == *PARALLEL + WAITING - 1 {
                BLOCKS.take();
            }
            // Held until the run ends, also where the caller has gone away and hears of nothing.
            drop(entry);
            let _ = answer.send(done);
        });
        Ok(answered.await.map_err(anyhow::Error::from)?)
    }
}

/// Makes the calling thread matter less. On Linux niceness is a thread's own; elsewhere it would be the whole program's.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICE) {
        tracing::warn!("sign-ins are worked on as urgently as everything else: {error}");
    }
}

/// Random letters and digits, `length` of them: about 5.9 bits each.
#[must_use]
pub fn random(length: usize) -> String {
    use rand::distr::{Alphanumeric, SampleString};
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

/// Two ways to type one character are one password (NIST SP 800-63B, 3.1.1.2).
fn normal(password: &str) -> String {
    password.nfc().collect()
}

fn hash_now(password: &str) -> anyhow::Result<String> {
    // The crate's defaults are the parameters named above.
    hash_with(&Argon2::default(), password).map_err(|e| anyhow::anyhow!("the password could not be hashed: {e}"))
}

fn hash_with(argon: &Argon2<'_>, password: &str) -> argon2::password_hash::Result<String> {
    let salt = Salt::new(&generate_salt())?;
    let output = output(argon, password, &salt, Params::DEFAULT_OUTPUT_LEN)?;
    let params = ParamsString::try_from(argon.params())?;
    let (algorithm, version) = (Algorithm::Argon2id.ident(), Some(Version::V0x13.into()));
    Ok(PasswordHash { algorithm, version, params, salt: Some(salt), hash: Some(output) }.to_string())
}

/// One run of Argon2.
fn output(argon: &Argon2<'_>, password: &str, salt: &Salt, length: usize) -> argon2::password_hash::Result<Output> {
    let mut bytes = [0; Output::MAX_LENGTH];
    let bytes = bytes.get_mut(..length).ok_or(argon2::password_hash::Error::OutputSize)?;
    BLOCKS.with_borrow_mut(|blocks| {
        let needed = argon.params().block_count();
        if blocks.len() < needed {
            blocks.resize(needed, Block::new());
        }
        argon.hash_password_into_with_memory(normal(password).as_bytes(), salt, bytes, &mut blocks[..needed])
    })?;
    Ok(Output::new(bytes)?)
}

/// Whether `password` is the one of `hash`, which is [`readable`].
fn is_of(password: &str, hash: &PasswordHash) -> argon2::password_hash::Result<bool> {
    let (Some(salt), Some(stored)) = (&hash.salt, &hash.hash) else { return Ok(false) };
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let argon = Argon2::new(Algorithm::try_from(hash.algorithm.as_str())?, version, Params::try_from(hash)?);
    // Outputs are compared in constant time.
    Ok(output(&argon, password, salt, stored.len())? == *stored)
}

fn check_now(password: &str, stored: Option<&str>, nobody: &str) -> Checked {
    let wrong = Checked { is_right: false, is_outdated: false };
    let readable = stored.and_then(|text| {
        let hash = readable(text);
        if hash.is_none() {
            tracing::error!("a stored password hash is not readable; its owner needs a link to a new password");
        }
        hash
    });
    let Some(hash) = readable.clone().or_else(|| PasswordHash::new(nobody).ok()) else { return wrong };
    let matches = is_of(password, &hash).inspect_err(|error| tracing::error!("a password was not checked: {error}"));
    if !matches.unwrap_or(false) || readable.is_none() {
        return wrong;
    }
    Checked { is_right: true, is_outdated: !is_of_today(&hash) }
}

/// The hash, if Argon2 can be run with it.
fn readable(text: &str) -> Option<PasswordHash> {
    let hash = PasswordHash::new(text).ok()?;
    let known = Algorithm::try_from(hash.algorithm.as_str()).is_ok()
        && hash.version.is_none_or(|v| Version::try_from(v).is_ok())
        && Params::try_from(&hash).is_ok_and(|p| p.m_cost() <= MEMORY_LIMIT)
        && hash.salt.is_some()
        && hash.hash.is_some();
    known.then_some(hash)
}

/// No hash of ours was ever made with more, KiB: 256 MiB. A row that names more would stop the machine.
const MEMORY_LIMIT: u32 = 256 * 1024;

fn is_of_today(hash: &PasswordHash) -> bool {
    let today = Params::default();
    hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && hash.version == Some(Version::V0x13.into())
        && Params::try_from(hash)
            .is_ok_and(|p| (p.m_cost(), p.t_cost(), p.p_cost()) == (today.m_cost(), today.t_cost(), today.p_cost()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_those_promised() {
        assert!(hash_now("x").unwrap().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    #[test]
    fn a_character_typed_in_two_ways_is_one() {
        let stored = hash_now("caf\u{e9} au lait").unwrap();
        assert!(check_now("cafe\u{301} au lait", Some(&stored), "").is_right);
    }

    #[test]
    fn only_a_right_password_asks_for_another_hash() {
        let params = Params::new(8 * 1024, 1, 1, None).unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let old = hash_with(&weak, "a right one").unwrap();
        assert_eq!(check_now("a right one", Some(&old), ""), Checked { is_right: true, is_outdated: true });
        assert_eq!(check_now("a wrong one", Some(&old), ""), Checked { is_right: false, is_outdated: false });
        let new = hash_now("a right one").unwrap();
        assert_eq!(check_now("a right one", Some(&new), ""), Checked { is_right: true, is_outdated: false });
    }

    #[tokio::test]
    async fn every_check_is_one_run() {
        let passwords = Passwords::new().unwrap();
        let good = hash_now("x").unwrap();
        let stored = [None, Some("nonsense"), Some("$scrypt$ln=16$aM15713r3Xsvxbi31lqr1Q$x"), Some(good.as_str())];
        for (i, stored) in (1..).zip(stored) {
            let checked = passwords.check("x".into(), stored.map(str::to_owned)).await.unwrap();
            assert_eq!((checked.is_right, passwords.runs()), (i == 4, i));
        }
    }

    #[tokio::test]
    async fn a_full_queue_is_told_to_come_back() {
        let passwords = Passwords::new().unwrap();
        let runs = (0..*PARALLEL + WAITING + 5).map(|_| passwords.hash("x".into()));
        let busy = futures::future::join_all(runs).await.into_iter().filter(Result::is_err).count();
        assert_eq!(busy, 5);
    }
}
