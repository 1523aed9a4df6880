//! What every answer carries, whatever it says.

use poem::Response;
use poem::http::StatusCode;
use poem::http::header::{ALLOW, HeaderValue};
use service::problem::MEDIA_TYPE;
use service::request_id;

/// Adds the request's number to the answer, and into the problem where it is one; to a 405 the one method that every
/// address here takes (RFC 9110, section 15.5.6).
pub(crate) async fn stamped(mut response: Response, id: &str) -> Response {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
    }
    if response.content_type() == Some(MEDIA_TYPE) {
        let body = response.take_body().into_bytes().await.unwrap_or_default();
        response.set_body(request_id::in_problem(&body, id));
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(request_id::HEADER, value);
    }
    response
}
