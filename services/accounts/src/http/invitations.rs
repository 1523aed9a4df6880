//! Invitations: whom one is for, and taking it.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::State;
use super::body::Body;
use super::failure::Answer;
use super::password::Done;
use super::reset::{bearer, set};
use super::rules::{check_name, check_password};
use crate::store::links::Purpose;
use crate::store::passwords::Ground;
use crate::store::users::{User, at};

/// Whom an invitation is for.
#[derive(Serialize, ToSchema)]
pub struct Invitation {
    /// The address to sign in with.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The organisation.
    pub organisation: String,
    /// When the invitation ends.
    pub expires_at: DateTime<Utc>,
}

/// Taking an invitation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// 8 to 1024 characters, and none of those that are guessed first.
    pub password: String,
    /// Given name; what the admin entered where none is given.
    pub first_name: Option<String>,
    /// Family name, likewise.
    pub last_name: Option<String>,
}

/// Whom an invitation is for. Looking does not use it up.
///
/// # Errors
/// 400 `link_invalid`.
#[utoipa::path(get, path = "/api/invitations/{token}/", params(("token" = String, Path)),
    responses((status = 200, body = Invitation), (status = 400)))]
pub async fn read(state: web::Data<State>, token: web::Path<String>) -> Answer {
    let (user, link) = bearer(&state, &token, Purpose::Invitation).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Invitation {
        email: user.email,
        first_name: user.first_name,
        last_name: user.last_name,
        organisation: state.config.allowed_email_domains.first().cloned().unwrap_or_default(),
        expires_at: at(link.expires_at),
    }))
}

/// Takes an invitation with a first password; the person signs in with it then.
///
/// # Errors
/// 400 `link_invalid`; 422 with the code of the rule.
#[utoipa::path(post, path = "/api/invitations/{token}/", params(("token" = String, Path)), request_body = Acceptance,
    responses((status = 200, body = Done), (status = 400), (status = 403), (status = 422)))]
pub async fn accept(
    state: web::Data<State>,
    request: HttpRequest,
    token: web::Path<String>,
    body: Body<Acceptance>,
) -> Answer {
    let (user, link) = bearer(&state, &token, Purpose::Invitation).await?;
    let Acceptance { password, first_name, last_name } = body.into_inner();
    let mut after = User { version: user.version + 1, ..user.clone() };
    if let Some(name) = first_name {
        after.first_name = check_name("first_name", &name)?;
    }
    if let Some(name) = last_name {
        after.last_name = check_name("last_name", &name)?;
    }
    check_password(&state, "password", &password, &after)?;
    after.password_hash = Some(state.passwords.hash(password).await?);
    set(&state, &request, &user, &after, &Ground::Invitation(&link.hash)).await
}
