//! Problems as actix errors.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use db::DbError;
use service::Problem;

use crate::password::PasswordError;

/// A problem on its way to the caller.
#[derive(Debug)]
pub struct Failure(pub Box<Problem>);

/// What handlers answer.
pub type Answer = Result<HttpResponse, Failure>;

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.0.status, self.0.code)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        response(&self.0)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Failure(Box::new(problem))
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Busy(_) | DbError::Conflict(_) => {
                tracing::warn!("the database did not answer: {error:?}");
                Problem::unavailable("The database is busy; try again in a moment.").into()
            }
            DbError::Unknown(_) => {
                tracing::error!("the database went away while it committed: {error:?}");
                Problem::unavailable(
                    "The database went away while this was written. Look whether it was done before you send it again.",
                )
                .into()
            }
            DbError::Refused(rule) => Problem::new(
                http::StatusCode::CONFLICT,
                "last_superadmin",
                format!("The {rule} stays: make another superadmin first."),
            )
            .into(),
            _ => {
                tracing::error!("the database failed: {error:?}");
                Problem::internal().into()
            }
        }
    }
}

impl From<PasswordError> for Failure {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => {
                tracing::warn!("password checks are refused: too many wait");
                Problem::unavailable("Many people sign in just now; try again in a moment.").into()
            }
            PasswordError::Failed(cause) => cause.into(),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!("a request failed: {error:#}");
        Problem::internal().into()
    }
}

/// The problem as a response.
#[must_use]
pub fn response(problem: &Problem) -> HttpResponse {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = HttpResponse::build(status);
    for (name, value) in problem.headers() {
        answer.insert_header((name.as_str(), value.as_bytes()));
    }
    if !problem.request_id.is_empty() {
        answer.insert_header(("X-Request-Id", problem.request_id.as_str()));
    }
    answer.body(problem.body())
}
