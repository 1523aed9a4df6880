//! The service over HTTP.

pub mod body;
pub mod caller;
pub mod envelope;
pub mod failure;
pub mod internal;
pub mod me;
pub mod openapi;
pub mod rules;
pub mod sign_in;
pub mod users;
pub mod view;

use std::sync::Arc;

use actix_web::cookie::Key;
use actix_web::web::{self, ServiceConfig};
use service::Config;
use tokio_util::sync::CancellationToken;

use crate::password::Passwords;
use crate::store::Store;

/// The most bytes of a JSON body: everything here is small.
pub const BODY_LIMIT: usize = 64 * 1024;

/// What every handler may use.
#[derive(Clone)]
pub struct State {
    /// The settings.
    pub config: Arc<Config>,
    /// The tables.
    pub store: Store,
    /// The pool of password hashing.
    pub passwords: Passwords,
    /// Signs the session cookie.
    pub cookie_key: Key,
    /// Set when the service ends.
    pub stop: CancellationToken,
}

/// Registers every route.
pub fn routes(app: &mut ServiceConfig) {
    let json = web::JsonConfig::default().limit(BODY_LIMIT).error_handler(|e, _| body::json_failure(e).into());
    let query = web::QueryConfig::default().error_handler(|e, _| body::query_failure(&e).into());
    let path =
        web::PathConfig::default().error_handler(|_, _| failure::Failure::from(service::Problem::not_found()).into());
    app.app_data(json)
        .app_data(query)
        .app_data(path)
        .service(web::resource("/api/csrf/").route(web::get().to(sign_in::csrf)))
        .service(web::resource("/api/session-login/").route(web::post().to(sign_in::sign_in)))
        .service(web::resource("/api/session-logout/").route(web::post().to(sign_in::sign_out)))
        .service(web::resource("/api/users/me/").route(web::get().to(me::read)).route(web::patch().to(me::change)))
        .service(web::resource("/api/users/").route(web::get().to(users::list)).route(web::post().to(users::create)))
        .service(
            web::resource("/api/users/{id}/").route(web::get().to(users::read)).route(web::patch().to(users::change)),
        )
        .service(web::resource("/api/users/{id}/grants/").route(web::put().to(users::grants)))
        .service(web::resource("/internal/identity").route(web::post().to(internal::identity)))
        .service(web::resource("/internal/changes").route(web::get().to(internal::changes)))
        .service(web::resource("/healthz").route(web::get().to(internal::healthz)))
        .service(web::resource("/readyz").route(web::get().to(internal::readyz)))
        .service(web::resource("/openapi.json").route(web::get().to(openapi::serve)));
}
