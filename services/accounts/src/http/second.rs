//! The second factor of a sign-in.

use chrono::{DateTime, Utc};

use super::State;
use super::failure::Failure;
use crate::store::totp::Second;
use crate::store::users::User;
use crate::totp;

/// What the caller gave besides the password.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// A one-time code.
    pub code: Option<&'a str>,
    /// A recovery code.
    pub recovery_code: Option<&'a str>,
}

/// What a sign-in with the right password still needs.
#[derive(Debug)]
pub enum Factored {
    /// Nothing; `second` is to be used up with the sign-in.
    Done {
        /// What it was.
        second: Second,
        /// New ones, where this was the first code.
        recovery_codes: Option<Vec<String>>,
    },
    /// A code.
    Code,
    /// A first code, of this new secret.
    Enrol {
        /// To be typed.
        secret: String,
        /// To be shown as a picture.
        otpauth_url: String,
    },
    /// Another code.
    Wrong,
}

/// Whether people of this user's role need a second factor.
#[must_use]
pub fn is_required(state: &State, user: &User) -> bool {
    state.config.sign_in.totp_required_roles.contains(&user.role)
}

/// Judges the second factor of `user` at `now`.
///
/// # Errors
/// The database's.
pub async fn second(state: &State, user: &User, asked: Asked<'_>, now: DateTime<Utc>) -> Result<Factored, Failure> {
    let key = &state.config.secret_key;
    let factor = state.store.factor(user.id).await?;
    let done = |second| Factored::Done { second, recovery_codes: None };
    if let Some(factor) = factor.as_ref().filter(|f| f.confirmed_at.is_some()) {
        return Ok(match asked {
            Asked { code: Some(code), .. } => {
                step(state, user, &factor.sealed, code, now).map_or(Factored::Wrong, |step| done(Second::Code { step }))
            }
            Asked { recovery_code: Some(code), .. } => {
                done(Second::Recovery { hash: totp::recovery_hash(key, user.id, code) })
            }
            _ => Factored::Code,
        });
    }
    if !is_required(state, user) {
        return Ok(done(Second::None));
    }
    match (factor, asked.code) {
        (Some(factor), Some(code)) => {
            let Some(step) = step(state, user, &factor.sealed, code, now) else { return Ok(Factored::Wrong) };
            let (second, codes) = enrolled(state, user, step, factor.sealed)?;
            Ok(Factored::Done { second, recovery_codes: Some(codes) })
        }
        _ => {
            let (secret, otpauth_url) = new_secret(state, user, now).await?;
            Ok(Factored::Enrol { secret, otpauth_url })
        }
    }
}

/// The step of a code that is right now. A secret that cannot be read is as good as no right code.
#[must_use]
pub fn step(state: &State, user: &User, sealed: &str, code: &str, now: DateTime<Utc>) -> Option<i64> {
    let found = totp::open(&state.config.secret_key, user.id, sealed)
        .and_then(|secret| totp::step_of(&secret, code, now.timestamp()));
    found.unwrap_or_else(|error| {
        tracing::error!("the second factor of {} cannot be checked: {error:#}", user.id);
        None
    })
}

/// The end of an enrolment by its first code, and the recovery codes to show once.
///
/// # Errors
/// Where no randomness is to be had.
pub fn enrolled(state: &State, user: &User, step: i64, sealed: String) -> Result<(Second, Vec<String>), Failure> {
    let shown = totp::new_recovery_codes()?;
    let codes = shown.iter().map(|c| totp::recovery_hash(&state.config.secret_key, user.id, c)).collect();
    Ok((Second::Enrolled { step, sealed, codes }, shown))
}

/// Begins an enrolment with a secret of its own, so that who began one before does not know it. Gives it to be typed and
/// to be shown.
///
/// # Errors
/// The database's, or 409 where the user is enrolled already.
pub async fn new_secret(state: &State, user: &User, now: DateTime<Utc>) -> Result<(String, String), Failure> {
    let secret = totp::new_secret();
    let sealed = totp::seal(&state.config.secret_key, user.id, &secret)?;
    if !state.store.begin_enrolment(user.id, &sealed, now.timestamp_micros()).await? {
        return Err(super::users::changed_meanwhile());
    }
    let organisation = state.config.allowed_email_domains.first().map_or("", String::as_str);
    Ok((totp::in_base32(&secret)?, totp::address(&secret, organisation, &user.email)?))
}
