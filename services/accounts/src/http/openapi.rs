//! The contract, written from the handlers.

use actix_web::HttpResponse;
use utoipa::OpenApi;
use utoipa::openapi::{Content, ResponseBuilder};

use super::{
    audit, grants, invitations, keys, me, password, permission_sets, reset, sessions, sign_in, totp, user_changes,
    users,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "DC Tracker accounts", description = "Users, sessions and grants"),
    paths(
        sign_in::csrf,
        sign_in::sign_in,
        sign_in::sign_out,
        reset::forgot,
        reset::reset,
        invitations::read,
        invitations::accept,
        password::change,
        sessions::mine,
        sessions::end_mine,
        totp::read,
        totp::begin,
        totp::confirm,
        totp::remove,
        totp::recovery_codes,
        me::read,
        me::change,
        users::list,
        users::create,
        users::read,
        sessions::of_user,
        sessions::end_of_user,
        reset::make_link,
        totp::remove_of_user,
        user_changes::patch,
        user_changes::put,
        user_changes::delete,
        user_changes::restore,
        grants::replace,
        grants::catalogue,
        grants::evaluate,
        permission_sets::list,
        permission_sets::read,
        permission_sets::create,
        permission_sets::replace,
        permission_sets::delete,
        keys::list,
        keys::create,
        keys::delete,
        audit::list
    )
)]
struct Contract;

/// What any address may answer.
const UNIVERSAL: &[(&str, &str)] = &[
    ("400", "The address or its parameters cannot be read"),
    ("401", "Nobody is signed in, or an API key was sent, which only the tracker takes"),
    ("429", "Too many requests; `Retry-After` says when"),
    ("503", "The database or another service is away; `Retry-After` says when"),
];
/// What an address that takes a body may answer besides.
const UNREADABLE: &[(&str, &str)] = &[
    ("408", "The body came too slowly"),
    ("413", "The body is longer than 64 KiB"),
    ("415", "The body is not `application/json`"),
    ("422", "A field is unknown, missing, of another type or against a rule; `fields` has the reasons"),
];

fn problem(meaning: &str) -> utoipa::openapi::Response {
    ResponseBuilder::new().description(meaning).content("application/problem+json", Content::default()).build()
}

/// The contract as JSON text, with a line break at its end.
#[must_use]
pub fn text() -> String {
    let mut document = Contract::openapi();
    for item in document.paths.paths.values_mut() {
        let methods = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in methods.into_iter().flatten() {
            // Made from the names of handlers, which repeat from file to file; an id must be the only one of its kind.
            operation.operation_id = None;
            let answers = &mut operation.responses.responses;
            let body = if operation.request_body.is_some() { UNREADABLE } else { &[] };
            for (status, meaning) in UNIVERSAL.iter().chain(body) {
                answers.entry((*status).to_owned()).or_insert_with(|| problem(meaning).into());
            }
        }
    }
    document.to_pretty_json().unwrap_or_default() + "\n"
}

/// `/openapi.json`.
pub async fn serve() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(text())
}
