//! Passwords: Argon2id with 19 MiB, two passes, one lane (OWASP's first choice), in a bounded pool.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

/// Runs at once; each takes 19 MiB and one core.
const PARALLEL: usize = 2;
/// The fewest and most characters of a password.
pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=1024;

/// Hashes and checks passwords without slowing other requests.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    /// A hash that no password is known for: what a sign-in without an account is compared with.
    nobody: Arc<str>,
}

impl Passwords {
    /// A pool, with one hash run to have something to compare an unknown account with.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> anyhow::Result<Passwords> {
        let nobody = hash_now(&random(32))?;
        Ok(Passwords { places: Arc::new(Semaphore::new(PARALLEL)), nobody: nobody.into() })
    }

    /// The hash to store, as a PHC string.
    ///
    /// # Errors
    /// When the pool is closed or the system has no randomness.
    pub async fn hash(&self, password: String) -> anyhow::Result<String> {
        let place = Arc::clone(&self.places).acquire_owned().await?;
        tokio::task::spawn_blocking(move || {
            let _place = place;
            hash_now(&password)
        })
        .await?
    }

    /// Whether `password` is the one of `stored`. Exactly one run of Argon2, also where nothing is stored or what
    /// is stored cannot be read.
    ///
    /// # Errors
    /// When the pool is closed.
    pub async fn is_right(&self, password: String, stored: Option<String>) -> anyhow::Result<bool> {
        let place = Arc::clone(&self.places).acquire_owned().await?;
        let nobody = Arc::clone(&self.nobody);
        let right = tokio::task::spawn_blocking(move || {
            let _place = place;
            let readable = stored.as_deref().and_then(|text| {
                PasswordHash::new(text).map_err(|e| tracing::error!("a stored password hash is not readable: {e}")).ok()
            });
            let known = readable.is_some();
            let Some(hash) = readable.or_else(|| PasswordHash::new(&nobody).ok()) else { return false };
            Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known
        })
        .await?;
        Ok(right)
    }
}

/// Why a new password is refused, or nothing.
#[must_use]
pub fn objection(password: &str, email: &str) -> Option<String> {
    let length = password.chars().count();
    if !LENGTH.contains(&length) {
        return Some(format!("A password has {} to {} characters.", LENGTH.start(), LENGTH.end()));
    }
    let folded = domain::fold::fold(password);
    let own = domain::fold::fold(email.split('@').next().unwrap_or_default());
    let plain: String = folded.chars().filter(char::is_ascii_alphabetic).collect();
    let common = ["password", "qwerty", "qwertyuiop", "letmein", "welcome", "syz", "dctracker", "admin", "abc", ""];
    if folded.is_ascii() && (common.contains(&plain.as_str()) || plain == own) && length < 16 || folded == own {
        return Some("This password is easily guessed; take a longer or less common one.".into());
    }
    None
}

/// Random letters and digits, `length` of them: about 5.9 bits each.
#[must_use]
pub fn random(length: usize) -> String {
    use rand::distr::{Alphanumeric, SampleString};
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

fn hash_now(password: &str) -> anyhow::Result<String> {
    // The crate's defaults are the parameters named above.
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|e| anyhow::anyhow!("the password could not be hashed: {e}"))?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_those_promised() {
        assert!(hash_now("x").unwrap().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    #[test]
    fn guessable_passwords_are_refused() {
        for bad in ["1234567", "password1", "4syz2026", "dctracker1", "asha.rao", "12345678"] {
            assert!(objection(bad, "asha.rao@4syz.com").is_some(), "{bad}");
        }
        for good in ["correct horse", "k8fjw02lso", &"x".repeat(64), &"x".repeat(1024)] {
            assert!(objection(good, "asha@4syz.com").is_none(), "{good}");
        }
        assert!(objection(&"x".repeat(1025), "asha@4syz.com").is_some());
    }
}
