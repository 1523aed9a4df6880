//! One-time codes: my own, and for admins the way back in for who lost the phone.

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::identity::Permission;
use serde::{Deserialize, Serialize};
use service::Problem;
use utoipa::ToSchema;
use uuid::Uuid;

use super::State;
use super::authority::{may_manage, must_be_another};
use super::body::Body;
use super::body::one;
use super::caller::Caller;
use super::failure::{Answer, Failure};
use super::password::prove;
use super::second::{enrolled, is_required, new_secret, step};
use super::sign_in::take;
use super::users::existing;
use crate::store::users::at;
use crate::{totp, tries};

/// How my second factor stands.
#[derive(Serialize, ToSchema)]
pub struct TotpView {
    /// Whether a sign-in asks me for a code.
    pub enrolled: bool,
    /// Whether my role needs it, so that it cannot be taken away.
    pub required: bool,
    /// Since when.
    pub enrolled_at: Option<DateTime<Utc>>,
    /// Recovery codes that are left.
    pub recovery_codes_left: usize,
}

/// The password, proven again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The present password.
    pub password: String,
}

/// A code of the authenticator app.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// Six digits.
    pub totp: String,
}

/// A new secret.
#[derive(Serialize, ToSchema)]
pub struct NewSecret {
    /// To be typed into the app.
    pub secret: String,
    /// To be shown as a QR code.
    pub otpauth_url: String,
}

/// What helps when the phone is lost. Shown once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Each lets in once.
    pub recovery_codes: Vec<String>,
}

/// How my second factor stands.
///
/// # Errors
/// 401.
#[utoipa::path(get, path = "/api/users/me/totp/", responses((status = 200, body = TotpView), (status = 401)))]
pub async fn read(state: web::Data<State>, who: Caller) -> Answer {
    let confirmed_at = state.store.factor(who.user.id).await?.and_then(|f| f.confirmed_at);
    Ok(HttpResponse::Ok().json(TotpView {
        enrolled: confirmed_at.is_some(),
        required: is_required(&state, &who.user),
        enrolled_at: confirmed_at.map(at),
        recovery_codes_left: state.store.recovery_codes(who.user.id).await?.len(),
    }))
}

/// Begins an enrolment; it counts once a first code is confirmed.
///
/// # Errors
/// 401; 403 `wrong_password`; 409 where I am enrolled; 422; 429.
#[utoipa::path(post, path = "/api/users/me/totp/", request_body = Proof,
    responses((status = 200, body = NewSecret), (status = 401), (status = 403), (status = 409), (status = 422), (status = 429)))]
pub async fn begin(state: web::Data<State>, who: Caller, body: Body<Proof>) -> Answer {
    prove(&state, &who, body.into_inner().password).await?;
    if state.store.factor(who.user.id).await?.is_some_and(|f| f.confirmed_at.is_some()) {
        let detail = "One-time codes are set up; remove them before setting up others.";
        return Err(Problem::new(http::StatusCode::CONFLICT, "totp_enrolled", detail).into());
    }
    let (secret, otpauth_url) = new_secret(&state, &who.user, Utc::now()).await?;
    Ok(shown_once(&NewSecret { secret, otpauth_url }))
}

/// Ends an enrolment with a first code and gives the recovery codes.
///
/// # Errors
/// 401; 409 where no enrolment is open; 422 where the code is not right; 429.
#[utoipa::path(post, path = "/api/users/me/totp/confirm/", request_body = Code,
    responses((status = 200, body = RecoveryCodes), (status = 401), (status = 403), (status = 409), (status = 422), (status = 429)))]
pub async fn confirm(state: web::Data<State>, who: Caller, body: Body<Code>) -> Answer {
    let Some(factor) = state.store.factor(who.user.id).await?.filter(|f| f.confirmed_at.is_none()) else {
        return Err(not_open());
    };
    let tries = tries::of_proof(&state.config.secret_key, &state.config.sign_in, who.user.id);
    take(&state, &tries).await?;
    let Some(step) = step(&state, &who.user, &factor.sealed, &body.into_inner().totp, Utc::now()) else {
        return Err(one("totp", "The code is not right; wait for the next one, and see that the clocks agree.").into());
    };
    state.store.give_back(&tries).await?;
    let (second, recovery_codes) = enrolled(&state, &who.user, step, factor.sealed)?;
    if !state.store.confirm_enrolment(&who.user, &second, &who.origin).await? {
        return Err(not_open());
    }
    Ok(shown_once(&RecoveryCodes { recovery_codes }))
}

/// Takes my one-time codes away.
///
/// # Errors
/// 401; 403 `wrong_password`, or `totp_required` where my role needs them; 404 where there are none; 422; 429.
#[utoipa::path(delete, path = "/api/users/me/totp/", request_body = Proof,
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 422), (status = 429)))]
pub async fn remove(state: web::Data<State>, who: Caller, body: Body<Proof>) -> Answer {
    prove(&state, &who, body.into_inner().password).await?;
    if is_required(&state, &who.user) {
        let detail = "Your role signs in with one-time codes; an admin can remove them so that you set them up anew.";
        return Err(Problem::new(http::StatusCode::FORBIDDEN, "totp_required", detail).into());
    }
    removed(state.store.remove_factor(&who.user, &who.origin).await?)
}

/// New recovery codes; those left are worth nothing any more.
///
/// # Errors
/// 401; 403 `wrong_password`; 404 where I am not enrolled; 422; 429.
#[utoipa::path(post, path = "/api/users/me/totp/recovery-codes/", request_body = Proof,
    responses((status = 200, body = RecoveryCodes), (status = 401), (status = 403), (status = 404), (status = 422), (status = 429)))]
pub async fn recovery_codes(state: web::Data<State>, who: Caller, body: Body<Proof>) -> Answer {
    prove(&state, &who, body.into_inner().password).await?;
    let recovery_codes = totp::new_recovery_codes()?;
    let hash = |code: &String| totp::recovery_hash(&state.config.secret_key, who.user.id, code);
    let hashes: Vec<String> = recovery_codes.iter().map(hash).collect();
    if !state.store.replace_recovery_codes(&who.user, &hashes, &who.origin).await? {
        return Err(Problem::not_found().into());
    }
    Ok(shown_once(&RecoveryCodes { recovery_codes }))
}

/// Takes a user's one-time codes away, for who lost phone and recovery codes. Where the role needs them, the next
/// sign-in sets them up anew.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/users/{id}/totp/", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub async fn remove_of_user(state: web::Data<State>, who: Caller, id: web::Path<Uuid>) -> Answer {
    who.must(Permission::UserManage)?;
    let user = existing(&state, *id).await?;
    must_be_another(&who, &user)?;
    may_manage(&state, &who, &user).await?;
    removed(state.store.remove_factor(&user, &who.origin).await?)
}

fn removed(done: bool) -> Answer {
    if done { Ok(HttpResponse::NoContent().finish()) } else { Err(Problem::not_found().into()) }
}

fn not_open() -> Failure {
    let detail = "No set-up of one-time codes is open; begin one with the password.";
    Problem::new(http::StatusCode::CONFLICT, "totp_not_open", detail).into()
}

fn shown_once(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}
