//! For other services and operators: the feed of the log, and health.

use changelog::Cursor;
use futures::TryStreamExt;
use poem::web::Data;
use poem::{Body, Request, Response, handler};
use service::{Problem, internal};

use super::contract;
use super::fault::Fault;
use crate::App;

/// Streams the log's rows after a cursor, then waits for more.
#[handler]
pub(crate) async fn changes(request: &Request, Data(app): Data<&App>) -> Result<Response, Fault> {
    must_be_service(request, app)?;
    let after = request
        .uri()
        .query()
        .and_then(|q| q.split('&').find_map(|pair| pair.strip_prefix("after=")))
        .filter(|text| !text.is_empty())
        .map(|text| text.replace("%3A", ":").parse::<Cursor>())
        .transpose()
        .map_err(|_| Problem::malformed("after is a cursor, epoch:seq."))?;
    let frames = app.log.frames(after, app.stop.clone()).map_err(std::io::Error::other);
    Ok(Response::builder().content_type("application/octet-stream").body(Body::from_bytes_stream(frames)))
}

/// The log's end now, `epoch:seq`, for readers that want to know whether they are behind. It may be seen before it is
/// durable and is no place to resume from.
#[handler]
pub(crate) async fn end(request: &Request, Data(app): Data<&App>) -> Result<Response, Fault> {
    must_be_service(request, app)?;
    Ok(Response::builder().content_type("text/plain").body(app.log.end().await?.to_string()))
}

fn must_be_service(request: &Request, app: &App) -> Result<(), Problem> {
    let given = request.header(internal::PROOF_HEADER).unwrap_or_default();
    if internal::is_proof(&app.config.secret_key, given) { Ok(()) } else { Err(Problem::not_found()) }
}

/// The OpenAPI document.
#[handler]
pub(crate) fn openapi() -> Response {
    Response::builder().content_type("application/json").body(contract::text())
}

/// The process lives.
#[handler]
pub(crate) fn healthz() -> &'static str {
    "ok"
}

/// The process can answer: its database does.
#[handler]
pub(crate) async fn readyz(Data(app): Data<&App>) -> Result<Response, Fault> {
    app.log.end().await?;
    Ok(Response::builder().body("ok"))
}
