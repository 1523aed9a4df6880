//! My own password.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use service::Problem;
use utoipa::ToSchema;

use super::State;
use super::body::Body;
use super::caller::{Caller, csrf_cookie};
use super::failure::{Answer, Failure};
use super::rules::check_password;
use super::sign_in::{adopt, take};
use super::users::changed_meanwhile;
use crate::session_store::new_id;
use crate::store::passwords::Ground;
use crate::store::sessions::hash;
use crate::store::users::User;
use crate::tries;

/// Another password for me.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present password.
    pub old: String,
    /// 8 to 1024 characters, and none of those that are guessed first.
    pub new: String,
}

/// It is done.
#[derive(Serialize, ToSchema)]
pub struct Done {
    /// Always true.
    pub success: bool,
}

/// Changes my password. My other sessions and every link to a new password end; this session gets another id.
///
/// # Errors
/// 401; 403 `wrong_password`; 409; 422 with the code of the rule; 429.
#[utoipa::path(post, path = "/api/users/me/password/", request_body = PasswordChange,
    responses((status = 200, body = Done), (status = 401), (status = 403), (status = 409), (status = 422), (status = 429)))]
pub async fn change(state: web::Data<State>, request: HttpRequest, who: Caller, body: Body<PasswordChange>) -> Answer {
    let PasswordChange { old, new } = body.into_inner();
    check_password(&state, "new", &new, &who.user)?;
    prove(&state, &who, old).await?;
    let after = User {
        version: who.user.version + 1,
        password_hash: Some(state.passwords.hash(new).await?),
        ..who.user.clone()
    };
    let id = new_id();
    let ground = Ground::Own { mine: &who.session, new_id: &id };
    if !state.store.set_password(&who.user, &after, &ground, &who.origin).await? {
        return Err(changed_meanwhile());
    }
    adopt(&request, &id)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .cookie(csrf_cookie(&state, Some(&hash(&id))))
        .json(Done { success: true }))
}

/// Proves that who is signed in knows the password, for what a found browser shall not be enough.
///
/// # Errors
/// 403 `wrong_password`; 429 after too many wrong ones.
pub async fn prove(state: &State, who: &Caller, password: String) -> Result<(), Failure> {
    let tries = tries::of_proof(&state.config.secret_key, &state.config.sign_in, who.user.id);
    take(state, &tries).await?;
    let checked = state.passwords.check(password, who.user.password_hash.clone()).await;
    if matches!(checked, Ok(c) if !c.is_right) {
        let detail = "The present password is not right.";
        return Err(Problem::new(http::StatusCode::FORBIDDEN, "wrong_password", detail).into());
    }
    state.store.give_back(&tries).await?;
    checked?;
    Ok(())
}
