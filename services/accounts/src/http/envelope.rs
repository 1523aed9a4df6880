//! What surrounds every request: its number, the two spellings of the path, and problems instead of bare errors.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};
use service::Problem;
use service::problem::MEDIA_TYPE;
use uuid::Uuid;

use super::failure::{Failure, response};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The request's number, for the log and for the caller.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// The number of this request.
#[must_use]
pub fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map_or_else(String::new, |id| id.0.clone())
}

/// The outermost middleware.
///
/// # Errors
/// Those of inner middleware, as problems.
pub async fn envelope(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = incoming_id(&request).unwrap_or_else(|| Uuid::now_v7().to_string());
    request.extensions_mut().insert(RequestId(id.clone()));
    drop_version(&mut request);
    // What a GET would answer; the server itself leaves the body out (RFC 9110, section 9.3.2).
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let mut answer = next.call(request).await.map_err(|e| refused(&e, &id))?.map_into_boxed_body();
    if answer.status().is_client_error() || answer.status().is_server_error() {
        answer = as_problem(answer, &id);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
    let nosniff = HeaderValue::from_static("nosniff");
    answer.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    Ok(answer)
}

/// A number that a caller chose is taken where it is short and plain.
fn incoming_id(request: &ServiceRequest) -> Option<String> {
    let text = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    (!text.is_empty() && text.len() <= 64 && text.bytes().all(plain)).then(|| text.to_owned())
}

/// `/api/v1/…` and `/api/…` are the same.
fn drop_version(request: &mut ServiceRequest) {
    let uri = request.uri();
    let Some(rest) = uri.path().strip_prefix("/api/v1/") else { return };
    let query = uri.query().map_or_else(String::new, |q| format!("?{q}"));
    let Ok(plain) = format!("/api/{rest}{query}").parse::<Uri>() else { return };
    request.match_info_mut().get_mut().update(&plain);
    request.head_mut().uri = plain;
}

/// An error from before the handlers: the CSRF guard's problem, or the sessions' table that does not answer.
fn refused(error: &Error, id: &str) -> Error {
    let problem = error.as_error::<Failure>().map_or_else(
        || {
            tracing::error!(request_id = id, "a session could not be read: {error:?}");
            Problem::unavailable("The database is busy; try again in a moment.")
        },
        |failure| (*failure.0).clone(),
    );
    Failure::from(problem.for_request(id)).into()
}

fn as_problem(answer: ServiceResponse, id: &str) -> ServiceResponse {
    let status = answer.status().as_u16();
    let known = answer.response().error().and_then(|e| e.as_error::<Failure>()).map(|f| (*f.0).clone());
    let is_problem = answer.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes() == MEDIA_TYPE.as_bytes());
    if known.is_none() && is_problem {
        return answer;
    }
    let problem = known.unwrap_or_else(|| of_status(status)).for_request(id);
    let mut new = response(&problem);
    let own = problem.headers();
    for (name, value) in answer.headers() {
        if name != header::CONTENT_LENGTH && own.iter().all(|(known, _)| known.as_str() != name.as_str()) {
            new.headers_mut().append(name.clone(), value.clone());
        }
    }
    answer.into_response(new)
}

/// The problem for a bare status of the framework.
fn of_status(status: u16) -> Problem {
    match http::StatusCode::from_u16(status) {
        Ok(http::StatusCode::NOT_FOUND) => Problem::not_found(),
        Ok(http::StatusCode::METHOD_NOT_ALLOWED) => Problem::method_not_allowed(),
        Ok(http::StatusCode::PAYLOAD_TOO_LARGE) => Problem::too_large(super::BODY_LIMIT as u64),
        Ok(status) if status.is_client_error() => {
            Problem::new(status, "malformed", status.canonical_reason().unwrap_or("The request could not be read."))
        }
        _ => Problem::internal(),
    }
}
