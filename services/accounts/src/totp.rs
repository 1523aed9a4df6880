//! One-time codes (RFC 6238, as every authenticator app makes them: SHA-1, six digits, 30 seconds) and recovery codes.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use anyhow::{Context, anyhow};
use rand::RngCore;
use rand::distr::{Distribution, Uniform};
use service::internal::derive_key;
use totp_rs::{Algorithm, TOTP};
use uuid::Uuid;

/// Digits of a code.
const DIGITS: usize = 6;
/// How long a code is shown, seconds.
const STEP: u64 = 30;
/// Steps before and after now whose codes are taken, for clocks that differ (RFC 6238, section 5.2).
const SKEW: i64 = 1;
/// Bytes of a secret: SHA-1's own length (RFC 4226, section 4).
const SECRET: usize = 20;
/// Bytes of the nonce of AES-GCM.
const NONCE: usize = 12;
/// Recovery codes of an enrolment.
pub const RECOVERY_CODES: usize = 10;
/// Letters and figures that are not taken for each other; 31 of them.
const RECOVERY_LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// Characters of a recovery code: 49 bits, which no try limit lets anybody guess.
const RECOVERY_LENGTH: usize = 10;

/// A new secret.
#[must_use]
pub fn new_secret() -> Vec<u8> {
    let mut bytes = vec![0; SECRET];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// The secret as apps take it when it is typed: base32 without padding.
///
/// # Errors
/// When the secret is shorter than codes need.
pub fn in_base32(secret: &[u8]) -> anyhow::Result<String> {
    Ok(codes(secret)?.get_secret_base32())
}

/// The address that apps read from a picture.
///
/// # Errors
/// When the secret is shorter than codes need.
pub fn address(secret: &[u8], organisation: &str, email: &str) -> anyhow::Result<String> {
    let issuer = format!("DC Tracker {organisation}");
    let label = service::query::escaped(&format!("{issuer}:{email}"));
    let secret = in_base32(secret)?;
    Ok(format!(
        "otpauth://totp/{label}?secret={secret}&issuer={}&algorithm=SHA1&digits={DIGITS}&period={STEP}",
        service::query::escaped(&issuer)
    ))
}

/// The step whose code this is, if it is one of about `now` (seconds since 1970).
///
/// # Errors
/// When the secret is shorter than codes need.
pub fn step_of(secret: &[u8], code: &str, now: i64) -> anyhow::Result<Option<i64>> {
    let codes = codes(secret)?;
    let typed: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = STEP.cast_signed();
    for near in (now / step - SKEW)..=(now / step + SKEW) {
        // `check` compares in constant time, and with a skew of none it takes this one step alone.
        if codes.check(&typed, (near * step).unsigned_abs()) {
            return Ok(Some(near));
        }
    }
    Ok(None)
}

fn codes(secret: &[u8]) -> anyhow::Result<TOTP> {
    TOTP::new(Algorithm::SHA1, DIGITS, 0, STEP, secret.to_vec()).map_err(|e| anyhow!("a one-time code's secret: {e}"))
}

/// The secret as it is stored: AES-256-GCM under a key of this installation, bound to its user, in hex.
///
/// # Errors
/// Never for a secret of this length.
pub fn seal(key: &str, user: Uuid, secret: &[u8]) -> anyhow::Result<String> {
    let mut nonce = [0; NONCE];
    rand::rng().fill_bytes(&mut nonce);
    let sealed = cipher(key)
        .encrypt(Nonce::from_slice(&nonce), Payload { msg: secret, aad: user.as_bytes() })
        .map_err(|_| anyhow!("a secret could not be encrypted"))?;
    Ok(hex::encode([nonce.as_slice(), &sealed].concat()))
}

/// The secret of a stored text.
///
/// # Errors
/// When it was sealed under another `SECRET_KEY`, for another user, or changed since.
pub fn open(key: &str, user: Uuid, sealed: &str) -> anyhow::Result<Vec<u8>> {
    let bytes = hex::decode(sealed).context("a stored secret is not readable")?;
    let (nonce, text) = bytes.split_at_checked(NONCE).context("a stored secret is cut short")?;
    cipher(key)
        .decrypt(Nonce::from_slice(nonce), Payload { msg: text, aad: user.as_bytes() })
        .map_err(|_| anyhow!("a stored secret was made under another SECRET_KEY"))
}

fn cipher(key: &str) -> Aes256Gcm {
    Aes256Gcm::new(&derive_key(key, "dc-tracker one-time codes v1").into())
}

/// New recovery codes, in two groups of five.
///
/// # Errors
/// Never: the range of letters is not empty.
pub fn new_recovery_codes() -> anyhow::Result<Vec<String>> {
    let places = Uniform::new(0, RECOVERY_LETTERS.len())?;
    let mut rng = rand::rng();
    let code = |_| {
        let letters: String =
            places.sample_iter(&mut rng).take(RECOVERY_LENGTH).map(|i| char::from(RECOVERY_LETTERS[i])).collect();
        format!("{}-{}", &letters[..RECOVERY_LENGTH / 2], &letters[RECOVERY_LENGTH / 2..])
    };
    Ok((0..RECOVERY_CODES).map(code).collect())
}

/// The stored form of a recovery code, however it was typed.
#[must_use]
pub fn recovery_hash(key: &str, user: Uuid, code: &str) -> String {
    let plain: String = code.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    hex::encode(derive_key(key, &format!("dc-tracker recovery code v1 {user} {plain}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B: the last six of 94287082 at 59 seconds.
        let secret = b"12345678901234567890";
        assert_eq!(step_of(secret, "287 082", 59).unwrap(), Some(1));
        assert_eq!(step_of(secret, "287082", 89).unwrap(), Some(1), "a slow clock");
        assert_eq!(step_of(secret, "287082", 120).unwrap(), None);
        assert_eq!(step_of(secret, "", 59).unwrap(), None);
    }

    #[test]
    fn a_secret_opens_for_its_user_and_key_alone() {
        let (user, secret) = (Uuid::from_u128(7), new_secret());
        let sealed = seal("key", user, &secret).unwrap();
        assert!(!sealed.contains(&hex::encode(&secret)) && sealed.len() <= 255);
        assert_eq!(open("key", user, &sealed).unwrap(), secret);
        assert!(open("other", user, &sealed).is_err());
        assert!(open("key", Uuid::from_u128(8), &sealed).is_err());
        assert!(open("key", user, "00").is_err());
    }

    #[test]
    fn recovery_codes_are_typed_as_people_type() {
        let codes = new_recovery_codes().unwrap();
        assert_eq!((codes.len(), codes[0].len()), (RECOVERY_CODES, RECOVERY_LENGTH + 1));
        let user = Uuid::from_u128(7);
        let typed = codes[0].to_uppercase().replace('-', " ");
        assert_eq!(recovery_hash("key", user, &codes[0]), recovery_hash("key", user, &typed));
        assert_ne!(recovery_hash("key", user, &codes[0]), recovery_hash("key", user, &codes[1]));
    }
}
