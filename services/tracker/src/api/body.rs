//! Reading bodies: their type, size and JSON, each mistake with its own answer.

use std::error::Error;
use std::io;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use poem::{Body, Request};
use serde_json::{Map, Value};
use service::Problem;
use service::pace::TooSlow;

use super::json::{Room, broken};

/// The most bytes of a JSON body where nothing else is said: 1 MiB.
pub(crate) const JSON_LIMIT: usize = 1 << 20;

/// Reads a JSON object of at most `limit` bytes; no body at all is an empty object.
pub(crate) async fn object(request: &Request, body: Body, limit: usize) -> Result<Map<String, Value>, Problem> {
    if request.header("content-encoding").is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(unsupported("Send the body as it is; the ingest API alone takes gzip and zstd."));
    }
    let bytes = bytes(request, body, limit).await?;
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    if request.content_type().is_none() {
        return Err(unsupported("Send application/json."));
    }
    must_be(request, &["application/json"], "Send application/json.")?;
    match Room::new().read(&bytes).map_err(|unread| unread.problem(broken))? {
        Value::Object(object) => Ok(object),
        _ => Err(Problem::malformed("Send one JSON object.")),
    }
}

/// Refuses a body that says it is of another type; types are compared without case (RFC 9110, section 8.3.1).
pub(crate) fn must_be(request: &Request, types: &[&str], detail: &str) -> Result<(), Problem> {
    let Some(given) = request.content_type() else { return Ok(()) };
    let given = given.split(';').next().unwrap_or_default().trim();
    if types.iter().any(|known| given.eq_ignore_ascii_case(known)) { Ok(()) } else { Err(unsupported(detail)) }
}

/// Reads a body of at most `limit` bytes; a longer declared length is refused unread.
pub(crate) async fn bytes(request: &Request, body: Body, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || Problem::too_large(limit as u64);
    let declared = request.header("content-length").and_then(|v| v.parse::<u64>().ok());
    if declared.is_some_and(|n| n > limit as u64) {
        return Err(too_large());
    }
    let is_late = |error: &io::Error| error.get_ref().is_some_and(<dyn Error + Send + Sync>::is::<TooSlow>);
    // poem's own reading of a body carries a buffer of 4 KiB, which every layer around it moves.
    match Limited::new(BoxBody::from(body), limit).collect().await {
        Ok(all) => Ok(all.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) if error.downcast_ref().is_some_and(is_late) => Err(Problem::too_slow()),
        Err(_) => Err(Problem::malformed("The body broke off.")),
    }
}

/// 415.
pub(crate) fn unsupported(detail: &str) -> Problem {
    Problem::new(poem::http::StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_type", detail)
}
