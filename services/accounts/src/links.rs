//! The tokens of invitations and of links to a new password.

use chrono::{DateTime, Utc};
use service::Config;
use service::internal::derive_key;

use crate::password::random;
use crate::store::links::{Link, Purpose};
use crate::store::users::{User, at};

/// Letters and digits of a token: 256 bits.
const TOKEN: usize = 43;

/// A new link: what is stored, and what its bearer gets.
#[derive(Debug)]
pub struct NewLink {
    /// What is stored.
    pub stored: Link,
    /// The address of the page that takes it.
    pub url: String,
}

impl NewLink {
    /// A link of `user`, made at `now`. The token stands after the `#`, which browsers send to no server, so that it is in
    /// no log.
    #[must_use]
    pub fn of(config: &Config, user: &User, purpose: Purpose, now: DateTime<Utc>) -> NewLink {
        let token = random(TOKEN);
        let (page, seconds) = match purpose {
            Purpose::Invitation => ("invitation", i64::from(config.sign_in.invitation_days) * 24 * 3600),
            Purpose::Reset => ("reset", i64::from(config.sign_in.reset_hours) * 3600),
        };
        NewLink {
            url: format!("{}/{page}#{token}", config.public_url),
            stored: Link {
                hash: hash(&config.secret_key, &token),
                purpose,
                binding: binding(&config.secret_key, user),
                expires_at: now.timestamp_micros() + seconds * 1_000_000,
            },
        }
    }

    /// When it ends.
    #[must_use]
    pub fn expires_at(&self) -> DateTime<Utc> {
        at(self.stored.expires_at)
    }
}

/// The stored form of a token.
#[must_use]
pub fn hash(secret: &str, token: &str) -> String {
    hex::encode(derive_key(secret, &format!("dc-tracker link v1 {token}")))
}

/// What a link is bound to: another password or e-mail makes another text.
#[must_use]
pub fn binding(secret: &str, user: &User) -> String {
    let password = user.password_hash.as_deref().unwrap_or_default();
    hex::encode(derive_key(secret, &format!("dc-tracker link binding v1 {} {password} {}", user.id, user.email)))
}
