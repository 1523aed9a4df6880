//! Signing in and out.

use actix_session::SessionExt;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use domain::fold::fold;
use serde::{Deserialize, Serialize};
use service::{Config, Problem};
use utoipa::ToSchema;

use super::State;
use super::caller::{self, Caller, csrf_cookie};
use super::failure::{Answer, Failure};
use super::view::UserView;
use crate::event::Origin;
use crate::session_store::{ID, new_id};
use crate::store::sessions::hash;

/// A token for unsafe calls.
#[derive(Serialize, ToSchema)]
pub struct CsrfToken {
    /// Goes back in `X-CSRFToken`.
    #[serde(rename = "csrfToken")]
    pub csrf_token: String,
}

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The e-mail or the user name.
    pub username: String,
    /// The password.
    pub password: String,
}

/// Who signed in.
#[derive(Serialize, ToSchema)]
pub struct SignedIn {
    /// True where the session is made.
    pub success: bool,
    /// The person.
    pub user: UserView,
}

/// Sets the CSRF cookie for this session, or for nobody, and gives its value.
///
/// # Errors
/// The database's.
#[utoipa::path(get, path = "/api/csrf/", responses((status = 200, body = CsrfToken)))]
pub async fn csrf(state: web::Data<State>, request: HttpRequest) -> Answer {
    let who = caller::find(&request).await?;
    let cookie = csrf_cookie(&state, who.as_ref().map(|c| c.session.hash.as_str()));
    let body = CsrfToken { csrf_token: cookie.value().to_owned() };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).cookie(cookie).json(body))
}

/// Signs in with e-mail or user name. Unknown, wrong, disabled and foreign answer alike.
///
/// # Errors
/// 401 `wrong_credentials`; 422 for unknown fields.
#[utoipa::path(post, path = "/api/session-login/", request_body = Credentials,
    responses((status = 200, body = SignedIn), (status = 401), (status = 403), (status = 422)))]
pub async fn sign_in(state: web::Data<State>, request: HttpRequest, body: web::Json<Credentials>) -> Answer {
    let Credentials { username, password } = body.into_inner();
    let origin = caller::origin(&request, &state.config);
    let user = state.store.user_by_name(&username).await?;
    let stored = user.as_ref().and_then(|u| u.password_hash.clone());
    let right = state.passwords.is_right(password, stored).await?;
    let reason = match &user {
        None => Some("unknown name"),
        Some(_) if !right => Some("wrong password"),
        Some(u) if !u.is_active => Some("disabled"),
        Some(u) if !is_own_domain(&state.config, &u.email) => Some("foreign domain"),
        Some(_) => None,
    };
    let (Some(user), None) = (&user, reason) else {
        state.store.refused_sign_in(user.as_ref(), reason.unwrap_or_default(), &origin).await?;
        return Err(wrong_credentials());
    };
    let old = caller::find(&request).await?.map(|c| c.session.hash);
    let origin = Origin { actor: Some((user.id, user.name())), ..origin };
    let id = new_id();
    state.store.sign_in(user, &id, old.as_deref(), &origin).await?;
    let session = request.get_session();
    session.clear();
    session.insert(ID, &id).map_err(|e| anyhow::anyhow!("the session id could not be kept: {e}"))?;
    session.renew();
    let grants = state.store.grants(user.id).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .cookie(csrf_cookie(&state, Some(&hash(&id))))
        .json(SignedIn { success: true, user: UserView::of(user, grants) }))
}

/// Ends this session.
///
/// # Errors
/// 401 where there is none.
#[utoipa::path(post, path = "/api/session-logout/", responses((status = 204), (status = 401), (status = 403)))]
pub async fn sign_out(state: web::Data<State>, request: HttpRequest, who: Caller) -> Answer {
    state.store.sign_out(&who.session, &who.user, &who.origin).await?;
    request.get_session().purge();
    Ok(HttpResponse::NoContent()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("Clear-Site-Data", "\"cache\", \"cookies\", \"storage\""))
        .cookie(csrf_cookie(&state, None))
        .finish())
}

/// Whether the address is of one of the organisation's domains.
#[must_use]
pub fn is_own_domain(config: &Config, email: &str) -> bool {
    let folded = fold(email);
    folded.rsplit_once('@').is_some_and(|(_, domain)| config.allowed_email_domains.iter().any(|d| d == domain))
}

fn wrong_credentials() -> Failure {
    Problem::new(http::StatusCode::UNAUTHORIZED, "wrong_credentials", "The name or the password is not right.").into()
}
