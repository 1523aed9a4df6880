//! API keys as every service meets them: their form, wrong ones that are counted, and ones that stand in an address.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use percent_encoding::percent_decode_str;

use crate::problem::Problem;

/// What every key begins with, so that secret scanners know it.
pub const PREFIX: &str = "dct_";
/// Letters and digits after the prefix: 43 of them are 256 bits.
pub const LENGTH: usize = 43;

/// Wrong keys that one address may show at once.
const BURST: f64 = 60.0;
/// How fast an address may show further ones, per second.
const PACE: f64 = 1.0;
/// Addresses remembered at once. Where there are more, those that showed few wrong keys are forgotten first.
const ADDRESSES: usize = 10_000;

/// Whether the text has the form of a key. Most guesses end here, without a question to accounts.
#[must_use]
pub fn is_key(text: &str) -> bool {
    text.strip_prefix(PREFIX)
        .is_some_and(|rest| rest.len() == LENGTH && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Refuses a path or query that holds a key: addresses are written to logs, histories and referrers.
///
/// # Errors
/// 400 `key_in_address`.
pub fn refuse_in_address(path_and_query: &str) -> Result<(), Problem> {
    let plain = percent_decode_str(path_and_query).decode_utf8_lossy();
    let holds_key =
        plain.match_indices(PREFIX).any(|(at, _)| plain.get(at..at + PREFIX.len() + LENGTH).is_some_and(is_key));
    if holds_key {
        return Err(Problem::new(
            http::StatusCode::BAD_REQUEST,
            "key_in_address",
            "A key in an address is seen by others: delete this one, and send its successor as Authorization: Bearer.",
        ));
    }
    Ok(())
}

/// Counts the wrong keys of each address in this process.
#[derive(Clone, Default)]
pub struct Tries {
    by_address: Arc<Mutex<HashMap<String, Bucket>>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn left_at(self, now: Instant) -> f64 {
        (self.left + now.duration_since(self.at).as_secs_f64() * PACE).min(BURST)
    }
}

impl Tries {
    /// Whether keys from `address` are still looked at. Right keys use nothing up, however many come at once.
    ///
    /// # Errors
    /// 429 with the seconds until the next try.
    pub fn check(&self, address: &str, now: Instant) -> Result<(), Problem> {
        let all = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(address).is_some_and(|bucket| bucket.left_at(now) < 1.0) {
            // At most a second until a whole try has grown back.
            return Err(Problem::too_many("Too many wrong keys came from this address.", 1));
        }
        Ok(())
    }

    /// Notes a wrong key from `address`.
    pub fn wrong(&self, address: &str, now: Instant) {
        let mut all = self.by_address.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= ADDRESSES && !all.contains_key(address) {
            all.retain(|_, bucket| bucket.left_at(now) < BURST / 2.0);
            if all.len() >= ADDRESSES {
                all.clear();
            }
        }
        let bucket = all.entry(address.to_owned()).or_insert(Bucket { left: BURST, at: now });
        *bucket = Bucket { left: (bucket.left_at(now) - 1.0).max(0.0), at: now };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_key_in_an_address_is_found_however_it_is_written() {
        let key = format!("{PREFIX}{}", "a1".repeat(22).get(..LENGTH).unwrap());
        assert!(is_key(&key));
        for bad in [format!("/x?key={key}"), format!("/x?q=dct_{}", &key), key.replace('_', "%5F"), format!("/{key}/")]
        {
            assert!(refuse_in_address(&bad).is_err(), "{bad}");
        }
        for good in ["/x?q=dct_", "/x?q=dct_short", "/x", "/x?q=%ff"] {
            assert!(refuse_in_address(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn wrong_keys_run_out_and_grow_back() {
        let (tries, start) = (Tries::default(), Instant::now());
        let shown = (0..100)
            .take_while(|_| {
                let looked_at = tries.check("a", start).is_ok();
                tries.wrong("a", start);
                looked_at
            })
            .count();
        assert_eq!(shown, 60);
        assert!(tries.check("b", start).is_ok(), "another address has tries of its own");
        assert!(tries.check("a", start + Duration::from_secs(2)).is_ok());
    }
}
