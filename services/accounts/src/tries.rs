//! Which counters a try belongs to, and the cookie by which a browser that signed in before is told from strangers.

use std::net::IpAddr;

use service::config::SignInSettings;
use service::internal::derive_key;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::password::random;
use crate::store::tries::Bucket;

/// The period of tries of one account from one address or browser, and of one address: 15 minutes.
const QUARTER: i64 = 15 * 60 * 1_000_000;
/// The period of tries of one account from anywhere.
const HOUR: i64 = 3600 * 1_000_000;
/// Letters and digits of a browser's number: 95 bits.
const NONCE: usize = 16;
/// Accounts that one browser is known for; the oldest is forgotten.
const ACCOUNTS_PER_BROWSER: usize = 4;
/// Between the entries of the cookie.
const BETWEEN: char = '~';

/// Whose tries are counted.
#[derive(Clone, Copy, Debug)]
pub enum Account<'a> {
    /// An account, whichever of its names was typed.
    Known(Uuid),
    /// A folded name that nobody has, which counts as if somebody had it.
    Unknown(&'a str),
}

/// The buckets of one sign-in, in the order in which they are locked. `browser` is the number of a browser that has
/// signed in to this account: it has a bucket of its own, so a stranger never locks its owner out.
#[must_use]
pub fn of_sign_in(
    secret: &str,
    limits: &SignInSettings,
    account: Account<'_>,
    address: &str,
    browser: Option<&str>,
) -> Vec<Bucket> {
    let who = match account {
        Account::Known(id) => id.to_string(),
        Account::Unknown(name) => format!("?{name}"),
    };
    if let Some(browser) = browser {
        return vec![Bucket::new(key(secret, "browser", &format!("{who} {browser}")), limits.tries, QUARTER)];
    }
    let address = network(address);
    vec![
        Bucket::new(key(secret, "pair", &format!("{who} {address}")), limits.tries, QUARTER),
        Bucket::new(key(secret, "address", &address), limits.tries_address, QUARTER),
        Bucket::new(key(secret, "account", &who), limits.tries_account, HOUR),
    ]
}

/// The bucket of somebody signed in who proves their password again.
#[must_use]
pub fn of_proof(secret: &str, limits: &SignInSettings, user: Uuid) -> Vec<Bucket> {
    vec![Bucket::new(key(secret, "proof", &user.to_string()), limits.tries, QUARTER)]
}

/// The bucket of requests from one address that cost a mail or a look at a token.
#[must_use]
pub fn of_address(secret: &str, limits: &SignInSettings, what: &str, address: &str) -> Vec<Bucket> {
    vec![Bucket::new(key(secret, what, &network(address)), limits.tries_address, QUARTER)]
}

/// The bucket of mails to one person.
#[must_use]
pub fn of_mails(secret: &str, user: Uuid) -> Vec<Bucket> {
    vec![Bucket::new(key(secret, "mail", &user.to_string()), MAILS, HOUR)]
}

/// Links to a new password that are mailed to one person in an hour.
const MAILS: u32 = 5;

/// Names and addresses are not stored as they are: what is typed as a name may be a password.
fn key(secret: &str, kind: &str, text: &str) -> String {
    format!("{kind}:{}", hex::encode(derive_key(secret, &format!("dc-tracker tries v1 {kind} {text}"))))
}

/// An address of version 6 counts by its /64, which is one customer's whole network.
fn network(address: &str) -> String {
    match address.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
        Ok(ip) => ip.to_string(),
        Err(_) => String::new(),
    }
}

/// The number of the browser that shows `cookie`, if it has signed in to this account.
#[must_use]
pub fn browser_of(secret: &str, cookie: &str, user: Uuid) -> Option<String> {
    entries(secret, cookie).find(|(id, ..)| *id == user).map(|(_, nonce, _)| nonce.to_owned())
}

/// The cookie of a browser that just signed in to this account; it stays known for the others.
#[must_use]
pub fn browser_cookie(secret: &str, cookie: &str, user: Uuid) -> String {
    let nonce = browser_of(secret, cookie, user).unwrap_or_else(|| random(NONCE));
    let others = entries(secret, cookie).filter(|(id, ..)| *id != user).map(|(.., entry)| entry.to_owned());
    let own = format!("{user}.{nonce}.{}", mac(secret, user, &nonce));
    let all: Vec<String> = std::iter::once(own).chain(others).take(ACCOUNTS_PER_BROWSER).collect();
    all.join(&BETWEEN.to_string())
}

/// Account, number and whole text of each entry that is ours.
fn entries<'a>(secret: &'a str, cookie: &'a str) -> impl Iterator<Item = (Uuid, &'a str, &'a str)> {
    cookie.split(BETWEEN).take(ACCOUNTS_PER_BROWSER).filter_map(move |entry| {
        let mut parts = entry.split('.');
        let (id, nonce, given) = (parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        let ours: bool = mac(secret, id, nonce).as_bytes().ct_eq(given.as_bytes()).into();
        (ours && parts.next().is_none()).then_some((id, nonce, entry))
    })
}

fn mac(secret: &str, user: Uuid, nonce: &str) -> String {
    hex::encode(derive_key(secret, &format!("dc-tracker browser v1 {user} {nonce}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_for_those_who_signed_in_from_it() {
        let (asha, ravi) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let one = browser_cookie("secret", "", asha);
        let nonce = browser_of("secret", &one, asha).unwrap();
        assert_eq!(browser_of("secret", &one, ravi), None);
        assert_eq!(browser_of("other secret", &one, asha), None);
        assert_eq!(browser_of("secret", &one.replace(&asha.to_string(), &ravi.to_string()), ravi), None);
        let two = browser_cookie("secret", &one, ravi);
        assert_eq!(browser_of("secret", &two, asha), Some(nonce.clone()));
        assert_eq!(browser_of("secret", &browser_cookie("secret", &two, asha), asha), Some(nonce), "the number stays");
        let many = (3..9).fold(two, |cookie, i| browser_cookie("secret", &cookie, Uuid::from_u128(i)));
        assert_eq!(browser_of("secret", &many, asha), None);
        assert!(many.len() < 600, "{}", many.len());
        assert_eq!(browser_of("secret", "~..~x.y.z", asha), None);
    }

    #[test]
    fn neighbours_of_version_six_share_a_network() {
        assert_eq!(network("2001:db8:1:2::7"), network("2001:db8:1:2:ffff::1"));
        assert_ne!(network("2001:db8:1:2::7"), network("2001:db8:1:3::7"));
        assert_eq!(network("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
