//! Changing, deleting and bringing back a user.

use actix_web::{HttpRequest, HttpResponse, web};
use domain::fold::fold;
use domain::identity::{Permission, Role};
use serde::Deserialize;
use service::Problem;
use utoipa::ToSchema;
use uuid::Uuid;

use super::State;
use super::authority::{may_make, may_manage};
use super::body::Body;
use super::caller::{Caller, csrf_cookie};
use super::failure::{Answer, Failure};
use super::password::prove;
use super::rules::{check_email, check_name, check_username, executive};
use super::sign_in::adopt;
use super::users::{changed_meanwhile, existing, taken};
use super::view::UserView;
use crate::session_store::new_id;
use crate::store::sessions::hash;
use crate::store::users::User;

/// What may be changed of a user. Fields left out stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// The address, of one of the organisation's domains.
    pub email: Option<String>,
    /// The other name to sign in with; empty for the e-mail.
    pub username: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The name under which deliveries are this user's own; empty or null for none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    pub executive_name: Option<Option<String>>,
    /// superadmin, admin or user.
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// False signs the user out and keeps them out.
    pub is_active: Option<bool>,
    /// One's own password, needed to change one's own e-mail.
    pub current_password: Option<String>,
}

/// A whole user: what is left out is emptied.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPut {
    /// The address, of one of the organisation's domains.
    pub email: String,
    /// The other name to sign in with; the e-mail where none is given.
    pub username: Option<String>,
    /// Given name.
    #[serde(default)]
    pub first_name: String,
    /// Family name.
    #[serde(default)]
    pub last_name: String,
    /// The name under which deliveries are this user's own.
    pub executive_name: Option<String>,
    /// superadmin, admin or user.
    #[schema(value_type = String)]
    pub role: Role,
    /// False signs the user out and keeps them out.
    pub is_active: bool,
    /// One's own password, needed to change one's own e-mail.
    pub current_password: Option<String>,
}

impl From<UserPut> for UserPatch {
    fn from(put: UserPut) -> Self {
        UserPatch {
            email: Some(put.email),
            username: Some(put.username.unwrap_or_default()),
            first_name: Some(put.first_name),
            last_name: Some(put.last_name),
            executive_name: Some(put.executive_name),
            role: Some(put.role),
            is_active: Some(put.is_active),
            current_password: put.current_password,
        }
    }
}

/// Changes a user. Another role or e-mail or a disabled account ends every session of the user.
///
/// # Errors
/// 401, 403, 404, 409, 422.
#[utoipa::path(patch, path = "/api/users/{id}/", params(("id" = Uuid, Path)), request_body = UserPatch,
    responses((status = 200, body = UserView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
pub async fn patch(
    state: web::Data<State>,
    request: HttpRequest,
    who: Caller,
    id: web::Path<Uuid>,
    body: Body<UserPatch>,
) -> Answer {
    change(&state, &request, &who, *id, body.into_inner()).await
}

/// Replaces what an admin may set of a user.
///
/// # Errors
/// As the PATCH.
#[utoipa::path(put, path = "/api/users/{id}/", params(("id" = Uuid, Path)), request_body = UserPut,
    responses((status = 200, body = UserView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
pub async fn put(
    state: web::Data<State>,
    request: HttpRequest,
    who: Caller,
    id: web::Path<Uuid>,
    body: Body<UserPut>,
) -> Answer {
    change(&state, &request, &who, *id, body.into_inner().into()).await
}

async fn change(state: &State, request: &HttpRequest, who: &Caller, id: Uuid, patch: UserPatch) -> Answer {
    who.must(Permission::UserManage)?;
    let before = existing(state, id).await?;
    may_manage(state, who, &before).await?;
    let current_password = patch.current_password.clone();
    let after = changed(state, &before, patch)?;
    let own = before.id == who.user.id;
    check_rights(who, &before, &after, own)?;
    let other_email = fold(&after.email) != fold(&before.email);
    let mut answer = HttpResponse::Ok();
    if own && other_email {
        let Some(password) = current_password else { return Err(password_missing()) };
        prove(state, who, password).await?;
        let id = new_id();
        if !state.store.change_own(&before, &after, &who.session, &id, &who.origin).await.map_err(taken)? {
            return Err(changed_meanwhile());
        }
        adopt(request, &id)?;
        answer.cookie(csrf_cookie(state, Some(&hash(&id))));
    } else if (User { version: before.version, ..after.clone() }) != before {
        let ends_sessions = after.role != before.role || other_email || (before.is_active && !after.is_active);
        if !state.store.change_user(&before, &after, ends_sessions, &who.origin).await.map_err(taken)? {
            return Err(changed_meanwhile());
        }
    }
    let grants = state.store.grants(after.id).await?;
    Ok(answer.json(UserView::of(&after, grants)))
}

/// The user as the patch would have them.
fn changed(state: &State, before: &User, patch: UserPatch) -> Result<User, Failure> {
    let mut after = User { version: before.version + 1, ..before.clone() };
    if let Some(email) = patch.email {
        after.email = check_email(state, &email)?;
    }
    if let Some(name) = patch.username {
        after.username = check_username(Some(name), &after.email)?;
    } else if fold(&before.username) == fold(&before.email) {
        // Who signs in by the e-mail alone goes on to.
        after.username.clone_from(&after.email);
    }
    if let Some(name) = patch.first_name {
        after.first_name = check_name("first_name", &name)?;
    }
    if let Some(name) = patch.last_name {
        after.last_name = check_name("last_name", &name)?;
    }
    if let Some(name) = patch.executive_name {
        after.executive_name = executive(name)?;
    }
    after.role = patch.role.unwrap_or(before.role);
    after.is_active = patch.is_active.unwrap_or(before.is_active);
    Ok(after)
}

fn check_rights(who: &Caller, before: &User, after: &User, own: bool) -> Result<(), Failure> {
    may_make(who, after.role)?;
    if own && (after.role != before.role || after.is_active != before.is_active) {
        return Err(Problem::forbidden("Another admin has to change your role or disable you.").into());
    }
    if after.executive_name != before.executive_name {
        who.must_be_admin()?;
        if own {
            return Err(Problem::forbidden("Another admin has to set your executive name.").into());
        }
    }
    Ok(())
}

fn password_missing() -> Failure {
    Problem::new(
        http::StatusCode::FORBIDDEN,
        "current_password",
        "Give your present password in current_password to change your own e-mail.",
    )
    .into()
}

/// Deletes a user: signed out everywhere, without keys and grants. What they did stays in the history under their
/// name, and their e-mail stays theirs.
///
/// # Errors
/// 401, 403, 404, 409.
#[utoipa::path(delete, path = "/api/users/{id}/", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404), (status = 409)))]
pub async fn delete(state: web::Data<State>, who: Caller, id: web::Path<Uuid>) -> Answer {
    who.must(Permission::UserManage)?;
    let user = existing(&state, *id).await?;
    may_manage(&state, &who, &user).await?;
    if user.id == who.user.id {
        return Err(Problem::forbidden("Another admin has to delete you.").into());
    }
    if !state.store.delete_user(&user, &who.origin).await? {
        return Err(changed_meanwhile());
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Brings a deleted user back, without a password and without grants.
///
/// # Errors
/// 401, 403, 404 where no such user is deleted, 409, 422 where their domain is not allowed any more.
#[utoipa::path(post, path = "/api/users/{id}/restore/", params(("id" = Uuid, Path)),
    responses((status = 200, body = UserView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
pub async fn restore(state: web::Data<State>, who: Caller, id: web::Path<Uuid>) -> Answer {
    who.must(Permission::UserManage)?;
    let user = state.store.deleted_user(*id).await?.ok_or_else(Problem::not_found)?;
    may_manage(&state, &who, &user).await?;
    check_email(&state, &user.email)?;
    if !state.store.restore_user(&user, &who.origin).await? {
        return Err(changed_meanwhile());
    }
    Ok(HttpResponse::Ok().json(UserView::of(&existing(&state, *id).await?, Vec::new())))
}

/// Tells a field that is null from one that is left out.
fn given<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}
