//! Requests that cannot be read, as problems.

use std::collections::BTreeMap;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::error::{PayloadError, QueryPayloadError};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use serde::de::{DeserializeOwned, IgnoredAny};
use service::Problem;
use service::pace::LONGEST;
use tokio::time::timeout;

use super::BODY_LIMIT;
use super::failure::Failure;

/// A body of JSON, at most [`BODY_LIMIT`] bytes of it.
#[derive(Debug)]
pub struct Body<T>(T);

impl<T> Body<T> {
    /// What it says.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Body<T> {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Body<T>, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = matches!(request.mime_type(), Ok(Some(kind)) if kind.subtype() == "json" || kind.suffix().is_some_and(|s| s == "json"));
        let bytes = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            if !is_json {
                let reason = "This address takes application/json.";
                return Err(Problem::new(http::StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_type", reason).into());
            }
            let bytes = timeout(LONGEST, bytes).await.map_err(|_| Problem::too_slow())?;
            let bytes = bytes.map_err(|error| match error.as_error::<PayloadError>() {
                Some(PayloadError::Overflow) => Problem::too_large(BODY_LIMIT as u64),
                _ => Problem::malformed("The body could not be read."),
            })?;
            Ok(Body(read(&bytes)?))
        })
    }
}

/// Reads JSON: 400 for what is none, 422 where a field is unknown, missing or of another type.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let (mut json, mut track) = (serde_json::Deserializer::from_slice(bytes), serde_path_to_error::Track::new());
    let read = T::deserialize(serde_path_to_error::Deserializer::new(&mut json, &mut track));
    let read = read.and_then(|value| json.end().map(|()| value));
    read.map_err(|error| {
        let reason = error.to_string();
        // A text where an object should stand and the like are faults of syntax to serde, though the body is JSON.
        if !error.is_data() && serde_json::from_slice::<IgnoredAny>(bytes).is_err() {
            return Problem::malformed(format!("The body is no JSON: {reason}."));
        }
        let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
        one(&named_field(&reason).unwrap_or_else(|| place(&track.path())), reason)
    })
}

/// The place of a fault in the body: `grants[0].permission`.
fn place(path: &serde_path_to_error::Path) -> String {
    match path.to_string().as_str() {
        "." => "body".into(),
        path => path.chars().take(64).collect(),
    }
}

/// 400 with the parameter's fault.
#[must_use]
pub fn query_failure(error: &QueryPayloadError) -> Failure {
    let reason = match error {
        QueryPayloadError::Deserialize(e) => e.to_string(),
        _ => "the query could not be read".into(),
    };
    Problem::malformed(format!("In the address: {reason}.")).into()
}

/// 422 with one reason for one field.
#[must_use]
pub fn one(field: &str, reason: impl Into<String>) -> Problem {
    Problem::invalid(BTreeMap::from([(field.to_owned(), vec![reason.into()])]))
}

/// The field that serde's sentence is about.
fn named_field(reason: &str) -> Option<String> {
    let rest = reason.strip_prefix("unknown field `").or_else(|| reason.strip_prefix("missing field `"))?;
    Some(rest.split('`').next()?.chars().take(64).collect())
}
