//! actix-session over our tables.
//!
//! A sign-in writes its session and the log's row in one transaction, before the middleware saves anything. It
//! therefore chooses the id and hands it to the middleware in the session's state; saving only takes it from there.

use std::collections::HashMap;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key};
use anyhow::Context;
use chrono::Utc;
use service::internal::derive_key;

use crate::store::Store;

/// The entry of the state that holds the session's id.
pub const ID: &str = "id";
/// Ids are 64 letters and digits: 380 bits.
const ID_LENGTH: usize = 64;

/// The sessions' table as actix-session sees it.
#[derive(Clone)]
pub struct Sessions(pub Store);

/// A new session id.
#[must_use]
pub fn new_id() -> String {
    crate::password::random(ID_LENGTH)
}

/// The key that signs the session cookie.
#[must_use]
pub fn cookie_key(secret: &str) -> Key {
    let halves =
        [derive_key(secret, "dc-tracker session cookie v1 a"), derive_key(secret, "dc-tracker session cookie v1 b")];
    Key::from(halves.concat().as_slice())
}

/// The session id in a cookie's value, as it came or percent-decoded; none where the signature is not ours.
#[must_use]
pub fn id_of_cookie(key: &Key, name: &str, value: &str) -> Option<String> {
    let cookie = Cookie::parse_encoded(format!("{name}={value}")).ok()?.into_owned();
    let mut jar = CookieJar::new();
    jar.add_original(cookie);
    let id = jar.signed(key).get(name)?.value().to_owned();
    is_id(&id).then_some(id)
}

fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

impl SessionStore for Sessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        if !is_id(key.as_ref()) {
            return Ok(None);
        }
        let found = self.0.signed_in(key.as_ref(), Utc::now().timestamp_micros()).await;
        let found = found.map_err(|e| LoadError::Other(e.into()))?;
        let state = |_| serde_json::to_string(key.as_ref()).map(|id| HashMap::from([(ID.to_owned(), id)]));
        found.map(state).transpose().map_err(|e| LoadError::Deserialization(e.into()))
    }

    async fn save(&self, state: HashMap<String, String>, _ttl: &Duration) -> Result<SessionKey, SaveError> {
        key_of(&state).map_err(SaveError::Other)
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        _ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        // The state is the id alone, so a changed state is another session.
        let new = key_of(&state).map_err(UpdateError::Other)?;
        if new != key {
            self.0.forget(key.as_ref()).await.map_err(|e| UpdateError::Other(e.into()))?;
        }
        Ok(new)
    }

    async fn update_ttl(&self, _key: &SessionKey, _ttl: &Duration) -> Result<(), anyhow::Error> {
        // Loading notes that the session was seen.
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        Ok(self.0.forget(key.as_ref()).await?)
    }
}

fn key_of(state: &HashMap<String, String>) -> anyhow::Result<SessionKey> {
    let id: String = serde_json::from_str(state.get(ID).context("a session without an id")?)?;
    Ok(SessionKey::try_from(id)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_encoded_and_decoded() {
        let (key, id) = (cookie_key("a secret of tests"), new_id());
        let mut jar = CookieJar::new();
        jar.signed_mut(&key).add(Cookie::new("sessionid", id.clone()));
        let cookie = jar.get("sessionid").unwrap().clone();
        let encoded = cookie.encoded().to_string();
        assert_eq!(id_of_cookie(&key, "sessionid", cookie.value()), Some(id.clone()));
        assert_eq!(id_of_cookie(&key, "sessionid", encoded.split_once('=').unwrap().1), Some(id.clone()));
        assert_eq!(id_of_cookie(&key, "sessionid", &id), None);
        assert_eq!(id_of_cookie(&cookie_key("another"), "sessionid", cookie.value()), None);
    }
}
