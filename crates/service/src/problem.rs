//! Errors as callers see them: problem documents of RFC 9457.

use std::collections::BTreeMap;

use domain::reason::Errors;
use http::{HeaderName, HeaderValue, header};
use serde::Serialize;

use crate::identity::IdentityError;

/// The media type of a problem document (RFC 9457, section 3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// A problem document. It says what the caller can mend and nothing of our insides.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// A URI that names the kind of problem: `about:blank` unless there is more to say than the status.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// One sentence for a person: what is wrong and what would be right.
    pub detail: String,
    /// One word for a program, stable over time.
    pub code: String,
    /// The reasons by field, for a form.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Vec<String>>,
    /// The request, as the log names it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    /// Seconds after which the caller may try again; becomes the `Retry-After` header.
    #[serde(skip)]
    pub retry_after: Option<u64>,
    /// Further members, such as `current` and `conflicts` of a conflict.
    #[serde(flatten)]
    pub more: serde_json::Map<String, serde_json::Value>,
}

impl Problem {
    /// A problem of `status` with a stable `code` and a sentence.
    #[must_use]
    pub fn new(status: http::StatusCode, code: &str, detail: impl Into<String>) -> Problem {
        Problem {
            kind: "about:blank".into(),
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.into(),
            fields: BTreeMap::new(),
            request_id: String::new(),
            retry_after: None,
            more: serde_json::Map::new(),
        }
    }

    /// 400: the request could not be read.
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Problem {
        Problem::new(http::StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// 401: nobody is signed in.
    #[must_use]
    pub fn unauthenticated() -> Problem {
        Problem::new(http::StatusCode::UNAUTHORIZED, "not_signed_in", "Sign in to go on.")
    }

    /// 403: known, but not allowed.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Problem {
        Problem::new(http::StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 404: not there, or not visible to the asker.
    #[must_use]
    pub fn not_found() -> Problem {
        Problem::new(http::StatusCode::NOT_FOUND, "not_found", "There is nothing here that you can see.")
    }

    /// 405: the path is known, the method is not; `Allow` is the caller's to add.
    #[must_use]
    pub fn method_not_allowed() -> Problem {
        Problem::new(
            http::StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "This address does not take this method.",
        )
    }

    /// 408: the body came too slowly.
    #[must_use]
    pub fn too_slow() -> Problem {
        let detail =
            "The body of the request came too slowly: at least 1 KiB a second, and within 30 seconds. Send it again.";
        Problem::new(http::StatusCode::REQUEST_TIMEOUT, "too_slow", detail)
    }

    /// 413: more bytes than are taken.
    #[must_use]
    pub fn too_large(limit: u64) -> Problem {
        Problem::new(http::StatusCode::PAYLOAD_TOO_LARGE, "too_large", format!("At most {limit} bytes are taken here."))
    }

    /// 422: read, but a rule refuses it. `fields` has the reasons.
    #[must_use]
    pub fn invalid(fields: BTreeMap<String, Vec<String>>) -> Problem {
        let detail = fields
            .iter()
            .next()
            .map_or_else(|| "The request breaks a rule.".to_owned(), |(f, r)| format!("{f}: {}", r.join(" ")));
        let mut problem = Problem::new(http::StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail);
        problem.fields = fields;
        problem
    }

    /// 422: rules refuse it. `codes` has the rules' words beside the reasons of `fields`; where that is one rule, its word is
    /// the problem's own code too.
    #[must_use]
    pub fn refused(errors: &Errors) -> Problem {
        let mut problem = Problem::invalid(errors.sentences()).with("codes", serde_json::json!(errors.codes()));
        let mut broken = errors.iter().flat_map(|(_, reasons)| reasons);
        if let (Some(only), None) = (broken.next(), broken.next()) {
            only.code.clone_into(&mut problem.code);
        }
        problem
    }

    /// 500: a cause of ours, logged where it happened and not shown.
    #[must_use]
    pub fn internal() -> Problem {
        Problem::new(
            http::StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side. Nothing was changed; the request number helps us find it.",
        )
    }

    /// 503: try again in a moment.
    #[must_use]
    pub fn unavailable(detail: impl Into<String>) -> Problem {
        let mut problem = Problem::new(http::StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        problem.retry_after = Some(1);
        problem
    }

    /// 429: too many tries; again after `seconds`.
    #[must_use]
    pub fn too_many(detail: impl Into<String>, seconds: u64) -> Problem {
        let mut problem = Problem::new(http::StatusCode::TOO_MANY_REQUESTS, "too_many", detail);
        problem.retry_after = Some(seconds);
        problem
    }

    /// Adds the request's number.
    #[must_use]
    pub fn for_request(mut self, request_id: &str) -> Problem {
        request_id.clone_into(&mut self.request_id);
        self
    }

    /// Adds a further member.
    #[must_use]
    pub fn with(mut self, name: &str, value: serde_json::Value) -> Problem {
        self.more.insert(name.to_owned(), value);
        self
    }

    /// The status as a type.
    #[must_use]
    pub fn status(&self) -> http::StatusCode {
        http::StatusCode::from_u16(self.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The headers that go with the document, whatever the framework.
    #[must_use]
    pub fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = vec![
            (header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        headers.extend(self.retry_after.map(|seconds| (header::RETRY_AFTER, seconds.into())));
        headers
    }

    /// The document as bytes.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// 401 for a credential that is worth nothing, 503 where accounts could not be asked. The cause is logged here.
impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Refused => Problem::unauthenticated(),
            IdentityError::Unavailable(cause) => {
                tracing::warn!(%cause, "accounts did not answer");
                Problem::unavailable("Sign-in cannot be checked just now. Try again in a moment.")
            }
        }
    }
}
