//! Who calls, and whether the call may write.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_session::SessionExt;
use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpRequest, web};
use chrono::Utc;
use domain::identity::{Grant, Permission, Role};
use rand::RngCore;
use service::client_address::{FORWARDED_HEADER, client_address};
use service::{Config, Problem, csrf, keys};

use super::State;
use super::envelope::request_id;
use super::failure::Failure;
use crate::event::Origin;
use crate::session_store::ID;
use crate::store::grants::holding;
use crate::store::sessions::{Session, hash};
use crate::store::signed_in::SignedIn;
use crate::store::users::User;

/// Somebody who is signed in.
#[derive(Debug)]
pub struct Caller {
    /// The person.
    pub user: User,
    /// The session.
    pub session: Session,
    /// The grants that hold now.
    pub permissions: Vec<Grant>,
    /// The stored grants, ended ones too.
    pub grants: Vec<Grant>,
    /// For the log.
    pub origin: Origin,
}

impl Caller {
    /// Admins and superadmins only.
    ///
    /// # Errors
    /// 403.
    pub fn must_be_admin(&self) -> Result<(), Failure> {
        match self.user.role {
            Role::Superadmin | Role::Admin => Ok(()),
            Role::User => Err(Problem::forbidden("This is for admins.").into()),
        }
    }

    /// Whether the caller holds `permission` now.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.iter().any(|g| g.permission == permission)
    }

    /// Those with `permission` only.
    ///
    /// # Errors
    /// 403.
    pub fn must(&self, permission: Permission) -> Result<(), Failure> {
        if self.may(permission) {
            return Ok(());
        }
        Err(Problem::forbidden(permission.needed()).into())
    }
}

impl FromRequest for Caller {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Caller, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { find(&request).await?.ok_or_else(|| Problem::unauthenticated().into()) })
    }
}

/// Who calls, or nobody.
///
/// # Errors
/// The database's.
pub async fn find(request: &HttpRequest) -> Result<Option<Caller>, Failure> {
    let Some(state) = request.app_data::<web::Data<State>>() else { return Err(Problem::internal().into()) };
    let Some(id) = session_id(request) else { return Ok(None) };
    let (store, now) = (&state.store, Utc::now());
    let micros = now.timestamp_micros();
    let is_safe = request.method().is_safe();
    let held = if is_safe { store.signed_in(&id, micros).await? } else { store.signed_in_now(&id, micros).await? };
    Ok(held.map(|held| {
        let SignedIn { session, user, grants } = Arc::unwrap_or_clone(held);
        let origin = Origin { actor: Some((user.id, user.name())), ..origin(request, &state.config) };
        Caller { permissions: holding(&user, grants.clone(), now), user, session, grants, origin }
    }))
}

/// Where a request comes from, by somebody not known yet.
#[must_use]
pub fn origin(request: &HttpRequest, config: &Config) -> Origin {
    let forwarded = request.headers().get(FORWARDED_HEADER).and_then(|v| v.to_str().ok());
    let address = request.peer_addr().map(|peer| client_address(peer.ip(), forwarded, &config.trusted_proxies));
    Origin {
        actor: None,
        request_id: request_id(request),
        address: address.map_or_else(String::new, |a| a.to_string()),
        via: "site",
    }
}

/// The id of the session that the cookie names, while it lives.
fn session_id(request: &HttpRequest) -> Option<String> {
    request.get_session().get::<String>(ID).ok().flatten()
}

/// Refuses API keys in addresses.
///
/// # Errors
/// 400.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.path().starts_with("/api/") {
        keys::refuse_in_address(request.uri().path_and_query().map_or("", |p| p.as_str())).map_err(Failure::from)?;
    }
    next.call(request).await
}

/// Refuses API keys. As [`token_guard`] it stands before handlers: what is not there is 404 for a key too, and a method that
/// nothing handles 405.
///
/// # Errors
/// 401.
pub async fn key_guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        return Err(Failure::from(no_keys_here()).into());
    }
    next.call(request).await
}

/// Refuses calls of browsers without the token of their session, or from another site. It stands before handlers and not
/// before the router, so that a method that nothing handles is 405 for everybody.
///
/// # Errors
/// 403 with code `csrf_origin` or `csrf_token`.
pub async fn token_guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    check(request.request())?;
    next.call(request).await
}

/// Accounts are managed by people at the site: no scope of a key opens anything here.
fn no_keys_here() -> Problem {
    Problem::new(
        http::StatusCode::UNAUTHORIZED,
        "key_not_taken",
        "No API key is taken at this address; sign in, and send no Authorization.",
    )
}

fn check(request: &HttpRequest) -> Result<(), Failure> {
    let Some(state) = request.app_data::<web::Data<State>>() else { return Err(Problem::internal().into()) };
    let header = |name| request.headers().get(name).and_then(|v: &header::HeaderValue| v.to_str().ok());
    let referer =
        header(header::REFERER).and_then(|r| url::Url::parse(r).ok()).map(|u| u.origin().ascii_serialization());
    let from = header(header::ORIGIN).map(str::to_owned).or(referer);
    let refused = |code, detail| Failure::from(Problem::new(http::StatusCode::FORBIDDEN, code, detail));
    if !csrf::origin_is_trusted(from.as_deref(), header(header::HOST), &state.config.trusted_origins()) {
        return Err(refused("csrf_origin", "This request comes from another site."));
    }
    let binding = session_id(request).map_or_else(|| csrf::NOBODY.to_owned(), |id| hash(&id));
    let cookie = request.cookie(state.config.csrf_cookie());
    let sent = header(header::HeaderName::from_static(csrf::HEADER));
    if !csrf::is_valid(&state.config.secret_key, &binding, cookie.as_ref().map(Cookie::value), sent) {
        return Err(refused(
            "csrf_token",
            "The CSRF token is missing or of another session; get a new one at /api/csrf/.",
        ));
    }
    Ok(())
}

/// A new token for the session with this stored id, or for nobody, in its cookie.
#[must_use]
pub fn csrf_cookie(state: &State, session: Option<&str>) -> Cookie<'static> {
    let mut nonce = [0; 16];
    rand::rng().fill_bytes(&mut nonce);
    let token = csrf::token(&state.config.secret_key, session.unwrap_or(csrf::NOBODY), nonce);
    // The site reads it, so it is not HttpOnly.
    Cookie::build(state.config.csrf_cookie(), token)
        .path("/")
        .same_site(SameSite::Lax)
        .secure(state.config.is_https())
        .finish()
}
