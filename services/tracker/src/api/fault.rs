//! Errors as answers: problem documents, each logged once, here.

use db::DbError;
use poem::Response;
use poem::error::{MethodNotAllowedError, NotFoundError, ResponseError};
use poem::http::StatusCode;
use poem_openapi::error::{ParseParamError, ParsePathError};
use service::problem::MEDIA_TYPE;
use service::{Problem, request_id};
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
            DbError::Unknown(_) => {
                tracing::error!(cause = ?error, "the database went away while it committed");
                Fault(Problem::unavailable(
                    "The database went away while this was written. Look whether it was done before you send it again, or \
                     send it again with the same Idempotency-Key.",
                ))
            }
            _ => {
                tracing::error!(cause = ?error, "a statement failed");
                Fault(Problem::internal())
            }
        }
    }
}

impl Fault {
    /// The same of a request that is written in several commits, of which those with its first `rows` are done.
    pub(crate) fn after(mut self, rows: usize, batch_id: Uuid) -> Fault {
        if rows > 0 {
            let more = format!(
                " The first {rows} rows are done, as batch {batch_id}. With the same Idempotency-Key all of it can be sent again, \
                 and what is done is not done twice."
            );
            self.0.detail.push_str(&more);
            self.0 = self.0.with("batch_id", batch_id.to_string().into());
        }
        self
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
                Fault(Problem::refused(&rows.into_iter().next().map(|row| row.errors).unwrap_or_default()))
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
        return answer(&Problem::malformed(format!("{} is {}.", error.name, wanted(&error.reason))));
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

/// What a parameter is of the type that the library's reason names; what it says beside that is of no use to a caller.
fn wanted(reason: &str) -> &'static str {
    let is = |name: &str| reason.contains(name);
    match () {
        () if is("integer") => "a whole number, such as 50",
        () if is("date-time") => "an instant, such as 2026-07-05T10:30:00Z",
        () if is("uuid") => "an id, as answers give it",
        () if is("boolean") => "true or false",
        () => "of another kind; the contract at /openapi.json says which",
    }
}

/// Adds the request's number to the answer, and into the problem where it is one; to a 405 the methods that are `allowed`.
pub(crate) async fn stamped(mut response: Response, id: &str, allowed: impl FnOnce() -> String) -> Response {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && let Ok(methods) = allowed().parse()
    {
        response.headers_mut().insert(poem::http::header::ALLOW, methods);
    }
    let is_problem = response.content_type().is_some_and(|t| t == MEDIA_TYPE);
    if is_problem {
        let body = response.take_body().into_bytes().await.unwrap_or_default();
        response.set_body(request_id::in_problem(&body, id));
    }
    if let Ok(value) = id.parse() {
        response.headers_mut().insert(request_id::HEADER, value);
    }
    response
}
