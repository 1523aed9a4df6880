//! The contract, written from the handlers.

use actix_web::HttpResponse;
use utoipa::OpenApi;

use super::{me, sign_in, users};

#[derive(OpenApi)]
#[openapi(
    info(title = "DC Tracker accounts", description = "Users, sessions and grants"),
    paths(
        sign_in::csrf,
        sign_in::sign_in,
        sign_in::sign_out,
        me::read,
        me::change,
        users::list,
        users::create,
        users::read,
        users::change,
        users::grants
    )
)]
struct Contract;

/// The contract as JSON text, with a line break at its end.
#[must_use]
pub fn text() -> String {
    Contract::openapi().to_pretty_json().unwrap_or_default() + "\n"
}

/// `/openapi.json`.
pub async fn serve() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(text())
}
