//! Cross-site request forgery: a signed double submit bound to the session, and a check of the origin.
//!
//! The token is `nonce.mac`; the mac is an HMAC over the session it is for, so a token planted by another site or
//! taken from another session is refused (OWASP: signed double-submit cookie).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::internal::derive_key;

/// The header in which the site sends the token back.
pub const HEADER: &str = "x-csrftoken";
/// What a token is bound to before anybody has signed in.
pub const NOBODY: &str = "nobody";
/// A token is 22 characters of nonce, a dot and 43 characters of mac.
const TOKEN_LEN: usize = 66;

/// A new token for `binding`: a session's stored id, or [`NOBODY`]. `nonce` is fresh randomness.
#[must_use]
pub fn token(secret: &str, binding: &str, nonce: [u8; 16]) -> String {
    let nonce = URL_SAFE_NO_PAD.encode(nonce);
    let mac = URL_SAFE_NO_PAD.encode(mac(secret, binding, &nonce).finalize().into_bytes());
    format!("{nonce}.{mac}")
}

/// Whether the request carries the same valid token in its cookie and in its header, made for `binding`.
#[must_use]
pub fn is_valid(secret: &str, binding: &str, cookie: Option<&str>, header: Option<&str>) -> bool {
    let (Some(cookie), Some(header)) = (cookie, header) else {
        return false;
    };
    if cookie != header || cookie.len() != TOKEN_LEN {
        return false;
    }
    let Some((nonce, given)) = cookie.split_once('.') else {
        return false;
    };
    URL_SAFE_NO_PAD.decode(given).is_ok_and(|given| mac(secret, binding, nonce).verify_slice(&given).is_ok())
}

/// Whether a browser's `Origin` may write here: it is one of `trusted`, or its host and port are those of `Host`.
/// A request without `Origin` and without `Referer` comes from no browser page and is judged by its token alone.
#[must_use]
pub fn origin_is_trusted(origin: Option<&str>, host: Option<&str>, trusted: &[String]) -> bool {
    let Some(origin) = origin else { return true };
    if trusted.iter().any(|t| t == origin) {
        return true;
    }
    let Ok(url) = url::Url::parse(origin) else { return false };
    let Some(name) = url.host_str() else { return false };
    let own = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
    host == Some(own.as_str())
}

fn mac(secret: &str, binding: &str, nonce: &str) -> Hmac<Sha256> {
    let key = derive_key(secret, "dc-tracker csrf v1");
    let mut mac = keyed(&key);
    mac.update(binding.as_bytes());
    mac.update(b"|");
    mac.update(nonce.as_bytes());
    mac
}

/// HMAC pads a key shorter than its block with zeros (RFC 2104, section 2), so the padded block is the same key.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_serves_its_own_session_only() {
        let t = token("secret", "session-a", [7; 16]);
        assert_eq!(t.len(), TOKEN_LEN);
        assert!(is_valid("secret", "session-a", Some(&t), Some(&t)));
        assert!(!is_valid("secret", "session-b", Some(&t), Some(&t)));
        assert!(!is_valid("other", "session-a", Some(&t), Some(&t)));
        assert!(!is_valid("secret", "session-a", Some(&t), None));
    }

    #[test]
    fn an_origin_is_the_host_or_trusted() {
        assert!(origin_is_trusted(Some("http://localhost:3000"), Some("localhost:3000"), &[]));
        assert!(!origin_is_trusted(Some("http://localhost:3000.evil.test"), Some("localhost:3000"), &[]));
        assert!(!origin_is_trusted(Some("null"), Some("localhost:3000"), &[]));
        assert!(origin_is_trusted(Some("https://dc.4syz.com"), Some("10.0.0.1"), &["https://dc.4syz.com".into()]));
    }
}
