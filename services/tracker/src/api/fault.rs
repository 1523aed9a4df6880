//! Errors as answers: problem documents, each logged once, here.

use db::DbError;
use poem::error::{MethodNotAllowedError, NotFoundError, ResponseError};
use poem::http::StatusCode;
use poem::{Request, Response};
use poem_openapi::error::{ParseParamError, ParsePathError};
use service::Problem;
use service::problem::MEDIA_TYPE;
use uuid::Uuid;

use crate::write::WriteError;

/// The request's number, in its data.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// A problem on its way out.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail)]
pub(crate) struct Fault(pub(crate) Problem);

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Fault(problem)
    }
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        match &error {
            DbError::Busy(_) | DbError::Conflict(_) => {
                tracing::warn!(cause = ?error, "the database is busy or away");
                Fault(Problem::unavailable("The database is busy. Try again in a moment; nothing was changed."))
            }
            _ => {
                tracing::error!(cause = ?error, "a statement failed");
                Fault(Problem::internal())
            }
        }
    }
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Db(error) => error.into(),
            WriteError::Moved => {
                Fault(Problem::unavailable("Others keep changing this challan. Try again in a moment."))
            }
            WriteError::Refused(rows) => {
                Fault(Problem::invalid(rows.into_iter().next().map(|(_, errors)| errors).unwrap_or_default()))
            }
            WriteError::NumbersUsedUp(date) => {
                let reason = format!("Every number of the series is used for the period of {date}.");
                Fault(Problem::invalid([("date".to_owned(), vec![reason])].into()))
            }
        }
    }
}

impl ResponseError for Fault {
    fn status(&self) -> StatusCode {
        self.0.status()
    }

    fn as_response(&self) -> Response {
        answer(&self.0)
    }
}

/// The answer that carries a problem.
pub(crate) fn answer(problem: &Problem) -> Response {
    let response = Response::builder().status(problem.status());
    let response = problem.headers().into_iter().fold(response, |r, (name, value)| r.header(name, value));
    response.body(problem.body())
}

/// Every error as a problem: ours as it is, poem's by its meaning.
pub(crate) fn response(error: &poem::Error) -> Response {
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return answer(&fault.0);
    }
    if let Some(error) = error.downcast_ref::<ParseParamError>() {
        return answer(&Problem::malformed(format!("{} has a wrong value: {}", error.name, error.reason)));
    }
    // What is no id names nothing.
    if error.is::<NotFoundError>() || error.is::<ParsePathError>() {
        return answer(&Problem::not_found());
    }
    if error.is::<MethodNotAllowedError>() {
        return answer(&Problem::method_not_allowed());
    }
    let status = error.status();
    if status.is_server_error() {
        tracing::error!(cause = %error, "a handler failed");
        return answer(&Problem::internal());
    }
    answer(&Problem::new(status, "malformed", "The request could not be read."))
}

/// The number under which the log knows the request: the caller's own if it is plain, else a new one.
pub(crate) fn request_id(request: &Request) -> String {
    request
        .header("x-request-id")
        .filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        .map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// Adds the request's number to the answer, and into the problem where it is one; to a 405 the methods that are `allowed`.
pub(crate) async fn stamped(mut response: Response, id: &str, allowed: &str) -> Response {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && let Ok(methods) = allowed.parse()
    {
        response.headers_mut().insert(poem::http::header::ALLOW, methods);
    }
    let is_problem = response.content_type().is_some_and(|t| t == MEDIA_TYPE);
    if is_problem {
        let body = response.take_body().into_bytes().await.unwrap_or_default();
        let mut document: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&body).unwrap_or_default();
        document.insert("request_id".into(), id.into());
        response.set_body(serde_json::Value::Object(document).to_string());
    }
    if let Ok(value) = id.parse() {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
