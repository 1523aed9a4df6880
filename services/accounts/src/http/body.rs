//! Requests that cannot be read, as problems.

use std::collections::BTreeMap;

use actix_web::error::{JsonPayloadError, QueryPayloadError};
use service::Problem;

use super::BODY_LIMIT;
use super::failure::Failure;

/// 400 for what is no JSON, 413, 415, and 422 where a field is unknown, missing or of another type.
#[must_use]
pub fn json_failure(error: JsonPayloadError) -> Failure {
    match error {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => {
            Problem::too_large(BODY_LIMIT as u64).into()
        }
        JsonPayloadError::ContentType => Problem::new(
            http::StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_type",
            "This address takes application/json.",
        )
        .into(),
        JsonPayloadError::Deserialize(e) if e.is_data() => {
            let text = e.to_string();
            let reason = text.split(" at line ").next().unwrap_or_default().to_owned();
            one(&named_field(&reason).unwrap_or_else(|| "body".into()), reason).into()
        }
        JsonPayloadError::Deserialize(e) => Problem::malformed(format!("The body is no JSON: {e}.")).into(),
        _ => Problem::malformed("The body could not be read.").into(),
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
