//! A new password for who lost the old one: by mail, or by a link that an admin hands over.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::identity::Permission;
use serde::{Deserialize, Serialize};
use service::Problem;
use utoipa::ToSchema;
use uuid::Uuid;

use super::State;
use super::authority::{may_manage, must_be_another};
use super::body::Body;
use super::caller::{Caller, origin};
use super::failure::{Answer, Failure};
use super::password::Done;
use super::rules::check_password;
use super::sign_in::{is_own_domain, take};
use super::users::{changed_meanwhile, existing};
use crate::event::Origin;
use crate::forgot::Forgotten;
use crate::links::{self, NewLink};
use crate::store::links::{Link, Purpose};
use crate::store::passwords::Ground;
use crate::store::users::User;
use crate::tries;

/// Who lost the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Forgot {
    /// The e-mail or the user name.
    pub email: String,
}

/// A new password by a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// What stands after the `#` of the link.
    #[serde(default)]
    pub token: String,
    /// 8 to 1024 characters, and none of those that are guessed first.
    #[serde(default)]
    pub password: String,
}

/// A link to a new password.
#[derive(Serialize, ToSchema)]
pub struct ResetLink {
    /// To be handed to the person it is for, and to nobody else. Shown once.
    pub reset_url: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Asks for a link to a new password by mail. The answer is the same for known and unknown, and comes before anything is
/// looked up.
///
/// # Errors
/// 422 for unknown fields; 429 after too many from one address.
#[utoipa::path(post, path = "/api/forgot-password/", request_body = Forgot,
    responses((status = 202, body = Done), (status = 403), (status = 422), (status = 429)))]
pub async fn forgot(state: web::Data<State>, request: HttpRequest, body: Body<Forgot>) -> Answer {
    let origin = origin(&request, &state.config);
    let (secret, limits) = (&state.config.secret_key, &state.config.sign_in);
    take(&state, &tries::of_address(secret, limits, "forgot", &origin.address)).await?;
    state.forgotten.tell(Forgotten { name: body.into_inner().email, origin });
    Ok(HttpResponse::Accepted().insert_header((header::CACHE_CONTROL, "no-store")).json(Done { success: true }))
}

/// Sets the password of the person that the link is for. All their sessions and links end.
///
/// # Errors
/// 400 `link_invalid` for a link that is unknown, used, over, or older than the last change of password or e-mail; 422
/// with the code of the rule.
#[utoipa::path(post, path = "/api/reset-password/", request_body = Reset,
    responses((status = 200, body = Done), (status = 400), (status = 403), (status = 422)))]
pub async fn reset(state: web::Data<State>, request: HttpRequest, body: Body<Reset>) -> Answer {
    let Reset { token, password } = body.into_inner();
    let (user, link) = bearer(&state, &token, Purpose::Reset).await?;
    check_password(&state, "password", &password, &user)?;
    let after =
        User { version: user.version + 1, password_hash: Some(state.passwords.hash(password).await?), ..user.clone() };
    set(&state, &request, &user, &after, &Ground::Reset(&link.hash)).await
}

/// Makes a link to a new password for a user, to be handed over where no mail is sent.
///
/// # Errors
/// 401, 403, 404, 409 where the user is disabled.
#[utoipa::path(post, path = "/api/users/{id}/reset-link/", params(("id" = Uuid, Path)),
    responses((status = 200, body = ResetLink), (status = 401), (status = 403), (status = 404), (status = 409)))]
pub async fn make_link(state: web::Data<State>, who: Caller, id: web::Path<Uuid>) -> Answer {
    who.must(Permission::UserManage)?;
    let user = existing(&state, *id).await?;
    must_be_another(&who, &user)?;
    may_manage(&state, &who, &user).await?;
    if !user.is_active {
        let detail = "This account is disabled; enable it before making a link.";
        return Err(Problem::new(http::StatusCode::CONFLICT, "disabled", detail).into());
    }
    let link = NewLink::of(&state.config, &user, Purpose::Reset, Utc::now());
    state.store.make_link(&user, &link.stored, &who.origin).await?;
    let expires_at = link.expires_at();
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(ResetLink { reset_url: link.url, expires_at }))
}

/// Whom a token is for, and its link.
///
/// # Errors
/// 400 with one text, whatever is wrong with it.
pub async fn bearer(state: &State, token: &str, purpose: Purpose) -> Result<(User, Link), Failure> {
    let hash = links::hash(&state.config.secret_key, token);
    let Some((id, link)) = state.store.link(&hash, purpose, Utc::now().timestamp_micros()).await? else {
        return Err(invalid());
    };
    let holds = |u: &User| {
        u.is_active
            && is_own_domain(&state.config, &u.email)
            && links::binding(&state.config.secret_key, u) == link.binding
    };
    let user = state.store.user(id).await?.filter(holds).ok_or_else(invalid)?;
    Ok((user, link))
}

/// Sets the password that a link was given for.
///
/// # Errors
/// 400 where another request used the link first, 409 where the account was changed in between.
pub async fn set(state: &State, request: &HttpRequest, before: &User, after: &User, ground: &Ground<'_>) -> Answer {
    let origin = Origin { actor: Some((before.id, before.name())), ..origin(request, &state.config) };
    if !state.store.set_password(before, after, ground, &origin).await? {
        let (Ground::Reset(hash) | Ground::Invitation(hash)) = ground else { return Err(changed_meanwhile()) };
        let purpose = if matches!(ground, Ground::Reset(_)) { Purpose::Reset } else { Purpose::Invitation };
        let left = state.store.link(hash, purpose, Utc::now().timestamp_micros()).await?;
        return Err(if left.is_some() { changed_meanwhile() } else { invalid() });
    }
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Done { success: true }))
}

fn invalid() -> Failure {
    let detail = "This link does not hold: it was used, is over, or was made before a later change. Ask for a new one.";
    Problem::new(http::StatusCode::BAD_REQUEST, "link_invalid", detail).into()
}
