//! The service over HTTP.

pub mod audit;
pub mod authority;
pub mod body;
pub mod caller;
pub mod envelope;
pub mod failure;
pub mod grants;
pub mod internal;
pub mod invitations;
pub mod keys;
pub mod me;
pub mod openapi;
pub mod pages;
pub mod password;
pub mod permission_sets;
pub mod reset;
pub mod rules;
pub mod second;
pub mod sessions;
pub mod sign_in;
pub mod totp;
pub mod user_changes;
pub mod users;
pub mod view;

use std::sync::Arc;

use actix_web::Route;
use actix_web::cookie::Key;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use service::Config;
use tokio_util::sync::CancellationToken;

use crate::forgot::Desk;
use crate::mail::PostBox;
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
    /// Takes letters.
    pub post: PostBox,
    /// Takes requests for a new password.
    pub forgotten: Desk,
    /// Asks the tracker about single challans.
    pub tracker: reqwest::Client,
    /// Set when the service ends.
    pub stop: CancellationToken,
}

/// Registers every route.
pub fn routes(app: &mut ServiceConfig) {
    let query = web::QueryConfig::default().error_handler(|e, _| body::query_failure(&e).into());
    let path =
        web::PathConfig::default().error_handler(|_, _| failure::Failure::from(service::Problem::not_found()).into());
    app.app_data(web::PayloadConfig::new(BODY_LIMIT))
        .app_data(query)
        .app_data(path)
        .service(web::resource("/api/csrf/").route(reads(web::get().to(sign_in::csrf))))
        .service(web::resource("/api/session-login/").route(writes(web::post().to(sign_in::sign_in))))
        .service(web::resource("/api/session-logout/").route(writes(web::post().to(sign_in::sign_out))))
        .service(
            web::resource("/api/users/me/")
                .route(reads(web::get().to(me::read)))
                .route(writes(web::patch().to(me::change))),
        )
        .configure(sign_in_routes)
        .service(
            web::resource("/api/users/")
                .route(reads(web::get().to(users::list)))
                .route(writes(web::post().to(users::create))),
        )
        .service(
            web::resource("/api/users/{id}/")
                .route(reads(web::get().to(users::read)))
                .route(writes(web::put().to(user_changes::put)))
                .route(writes(web::patch().to(user_changes::patch)))
                .route(writes(web::delete().to(user_changes::delete))),
        )
        .service(web::resource("/api/users/{id}/grants/").route(writes(web::put().to(grants::replace))))
        .service(web::resource("/api/users/{id}/restore/").route(writes(web::post().to(user_changes::restore))))
        .service(web::resource("/api/permissions/").route(reads(web::get().to(grants::catalogue))))
        .service(web::resource("/api/permissions/evaluate/").route(writes(web::post().to(grants::evaluate))))
        .configure(permission_set_routes)
        .service(
            web::resource("/api/keys/")
                .route(reads(web::get().to(keys::list)))
                .route(writes(web::post().to(keys::create))),
        )
        .service(web::resource("/api/keys/{id}/").route(writes(web::delete().to(keys::delete))))
        .service(web::resource("/api/audit/").route(reads(web::get().to(audit::list))))
        .service(web::resource("/internal/identity").route(web::post().to(internal::identity)))
        .service(web::resource("/internal/executives").route(web::get().to(internal::executives)))
        .service(web::resource("/internal/changes").route(web::get().to(internal::changes)))
        .service(web::resource("/healthz").route(web::get().to(internal::healthz)))
        .service(web::resource("/metrics").route(web::get().to(internal::metrics)))
        .service(web::resource("/readyz").route(web::get().to(internal::readyz)))
        .service(web::resource("/openapi.json").route(web::get().to(openapi::serve)));
}

/// A route that changes something: browsers prove that their own page asks.
fn writes(route: Route) -> Route {
    route.wrap(from_fn(caller::token_guard)).wrap(from_fn(caller::key_guard))
}

/// A route that changes nothing.
fn reads(route: Route) -> Route {
    route.wrap(from_fn(caller::key_guard))
}

/// Passwords, sessions, second factors and links.
fn sign_in_routes(app: &mut ServiceConfig) {
    app.service(web::resource("/api/forgot-password/").route(writes(web::post().to(reset::forgot))))
        .service(web::resource("/api/reset-password/").route(writes(web::post().to(reset::reset))))
        .service(
            web::resource("/api/invitations/{token}/")
                .route(reads(web::get().to(invitations::read)))
                .route(writes(web::post().to(invitations::accept))),
        )
        .service(web::resource("/api/users/me/password/").route(writes(web::post().to(password::change))))
        .service(web::resource("/api/users/me/sessions/").route(reads(web::get().to(sessions::mine))))
        .service(web::resource("/api/users/me/sessions/{id}/").route(writes(web::delete().to(sessions::end_mine))))
        .service(
            web::resource("/api/users/me/totp/")
                .route(reads(web::get().to(totp::read)))
                .route(writes(web::post().to(totp::begin)))
                .route(writes(web::delete().to(totp::remove))),
        )
        .service(web::resource("/api/users/me/totp/confirm/").route(writes(web::post().to(totp::confirm))))
        .service(
            web::resource("/api/users/me/totp/recovery-codes/").route(writes(web::post().to(totp::recovery_codes))),
        )
        .service(
            web::resource("/api/users/{id}/sessions/")
                .route(reads(web::get().to(sessions::of_user)))
                .route(writes(web::delete().to(sessions::end_of_user))),
        )
        .service(web::resource("/api/users/{id}/reset-link/").route(writes(web::post().to(reset::make_link))))
        .service(web::resource("/api/users/{id}/totp/").route(writes(web::delete().to(totp::remove_of_user))));
}

fn permission_set_routes(app: &mut ServiceConfig) {
    app.service(
        web::resource("/api/permission-sets/")
            .route(reads(web::get().to(permission_sets::list)))
            .route(writes(web::post().to(permission_sets::create))),
    )
    .service(
        web::resource("/api/permission-sets/{id}/")
            .route(reads(web::get().to(permission_sets::read)))
            .route(writes(web::put().to(permission_sets::replace)))
            .route(writes(web::delete().to(permission_sets::delete))),
    );
}
