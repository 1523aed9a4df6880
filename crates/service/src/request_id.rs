//! The number under which answers and logs know a request.

use serde_json::{Map, Value};
use uuid::Uuid;

/// The header that carries it, in and out.
pub const HEADER: &str = "x-request-id";
/// Characters of a caller's own number at most.
const LONGEST: usize = 64;

/// The caller's own number where it is plain (1 to 64 ASCII letters, digits and hyphens), else a new UUIDv7.
#[must_use]
pub fn of(given: Option<&str>) -> String {
    let plain =
        |id: &&str| (1..=LONGEST).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    given.filter(plain).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// A problem document, given as bytes, with the request's number in it.
#[must_use]
pub fn in_problem(document: &[u8], id: &str) -> String {
    let mut members: Map<String, Value> = serde_json::from_slice(document).unwrap_or_default();
    members.insert("request_id".to_owned(), id.into());
    Value::Object(members).to_string()
}
