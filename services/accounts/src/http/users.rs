//! Users, for admins.

use actix_web::{HttpResponse, web};
use chrono::Utc;
use db::DbError;
use domain::identity::Role;
use serde::{Deserialize, Serialize};
use service::Problem;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::State;
use super::caller::Caller;
use super::failure::{Answer, Failure};
use super::rules::{check_email, check_grants, check_name, check_password, check_username, executive};
use super::view::{GrantView, UserView};
use crate::forgot::invitation_letter;
use crate::links::NewLink;
use crate::store::links::Purpose;
use crate::store::users::User;

/// Users of one page, unless the caller says.
const PAGE: i64 = 50;
/// The most users of one page.
const PAGE_LIMIT: i64 = 200;

/// One page of users, by e-mail.
#[derive(Serialize, ToSchema)]
pub struct UserPage {
    /// The users.
    pub results: Vec<UserView>,
    /// Path and query of the next page.
    pub next: Option<String>,
    /// Path and query of the first page, where this is another.
    pub previous: Option<String>,
}

/// Which page of users.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 1 to 200, else 50.
    limit: Option<i64>,
    /// As `next` gives it.
    cursor: Option<String>,
    /// Text inside any of the names.
    search: Option<String>,
}

/// A new user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The address, of one of the organisation's domains.
    pub email: String,
    /// Another name to sign in with; the e-mail where none is given.
    pub username: Option<String>,
    /// Given name.
    #[serde(default)]
    pub first_name: String,
    /// Family name.
    #[serde(default)]
    pub last_name: String,
    /// The name under which deliveries are this user's own.
    pub executive_name: Option<String>,
    /// user where none is given.
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// What the user may do.
    #[serde(default)]
    pub grants: Vec<GrantView>,
    /// The first password. Without one the answer has an invitation to hand over.
    pub password: Option<String>,
}

/// A user just made.
#[derive(Serialize, ToSchema)]
pub struct CreatedUser {
    /// The user.
    #[serde(flatten)]
    pub user: UserView,
    /// Where the person chooses a password; mailed too, where mail is set up. Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation_url: Option<String>,
}

/// What an admin may change of a user. Fields left out stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserPatch {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The name under which deliveries are this user's own; empty for none.
    pub executive_name: Option<String>,
    /// superadmin, admin or user.
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// False signs the user out and keeps them out.
    pub is_active: Option<bool>,
}

/// Every grant of a user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grants {
    /// They replace those held.
    pub grants: Vec<GrantView>,
}

/// Users, by e-mail.
///
/// # Errors
/// 401, 403, 400.
#[utoipa::path(get, path = "/api/users/", params(PageQuery),
    responses((status = 200, body = UserPage), (status = 401), (status = 403)))]
pub async fn list(state: web::Data<State>, who: Caller, query: web::Query<PageQuery>) -> Answer {
    who.must_be_admin()?;
    let limit = query.limit.unwrap_or(PAGE);
    if !(1..=PAGE_LIMIT).contains(&limit) {
        return Err(Problem::malformed(format!("limit is 1 to {PAGE_LIMIT}.")).into());
    }
    let search = query.search.as_deref().unwrap_or_default();
    let after = cursor(query.cursor.as_deref())?;
    let mut users = state.store.users(search, &after, limit + 1).await?;
    let more = i64::try_from(users.len()).is_ok_and(|n| n > limit);
    users.truncate(usize::try_from(limit).unwrap_or_default());
    let page = |cursor: Option<String>| {
        let mut url = url::form_urlencoded::Serializer::new(String::from("/api/users/?"));
        url.append_pair("limit", &limit.to_string());
        for (name, value) in [("search", Some(search.to_owned()).filter(|s| !s.is_empty())), ("cursor", cursor)] {
            if let Some(value) = value {
                url.append_pair(name, &value);
            }
        }
        url.finish()
    };
    let last = users.last().map(|u| hex::encode(domain::fold::fold(&u.email)));
    let mut results = Vec::with_capacity(users.len());
    for user in &users {
        results.push(UserView::of(user, state.store.grants(user.id).await?));
    }
    let previous = (!after.is_empty()).then(|| page(None));
    Ok(HttpResponse::Ok().json(UserPage {
        results,
        next: if more { last.map(|c| page(Some(c))) } else { None },
        previous,
    }))
}

/// Makes a user, with a password or with an invitation to choose one.
///
/// # Errors
/// 401, 403, 409 where a name is taken, 422.
#[utoipa::path(post, path = "/api/users/", request_body = NewUser,
    responses((status = 201, body = CreatedUser), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub async fn create(state: web::Data<State>, who: Caller, body: web::Json<NewUser>) -> Answer {
    who.must_be_admin()?;
    let new = body.into_inner();
    let role = new.role.unwrap_or(Role::User);
    may_give(&who, role)?;
    let email = check_email(&state, &new.email)?;
    let username = check_username(new.username, &email)?;
    let grants = check_grants(new.grants)?;
    let mut user = User {
        id: Uuid::now_v7(),
        version: 1,
        first_name: check_name("first_name", &new.first_name)?,
        last_name: check_name("last_name", &new.last_name)?,
        executive_name: executive(new.executive_name)?,
        role,
        is_active: true,
        password_hash: None,
        settings: "{}".into(),
        last_sign_in_at: None,
        created_at: Utc::now().timestamp_micros(),
        email,
        username,
    };
    if let Some(password) = new.password {
        check_password(&state, "password", &password, &user)?;
        user.password_hash = Some(state.passwords.hash(password).await?);
    }
    state.store.create_user(&user, &grants, None, &who.origin).await.map_err(taken)?;
    let invitation_url = if user.password_hash.is_none() { Some(invite(&state, &who, &user).await?) } else { None };
    Ok(HttpResponse::Created()
        .insert_header(("Location", format!("/api/users/{}/", user.id)))
        .insert_header(("Cache-Control", "no-store"))
        .json(CreatedUser { user: UserView::of(&user, grants), invitation_url }))
}

/// Makes an invitation and mails it, where mail is set up.
async fn invite(state: &State, who: &Caller, user: &User) -> Result<String, Failure> {
    let link = NewLink::of(&state.config, user, Purpose::Invitation, Utc::now());
    state.store.make_link(user, &link.stored, &who.origin).await?;
    let _ = state.post.post(invitation_letter(&state.config, user, &link, &who.user.name()));
    Ok(link.url)
}

/// One user.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/users/{id}/", params(("id" = Uuid, Path)),
    responses((status = 200, body = UserView), (status = 401), (status = 403), (status = 404)))]
pub async fn read(state: web::Data<State>, who: Caller, id: web::Path<Uuid>) -> Answer {
    who.must_be_admin()?;
    let user = existing(&state, *id).await?;
    let grants = state.store.grants(user.id).await?;
    Ok(HttpResponse::Ok().json(UserView::of(&user, grants)))
}

/// Changes a user. Another role or a disabled account ends every session of the user.
///
/// # Errors
/// 401, 403, 404, 409, 422.
#[utoipa::path(patch, path = "/api/users/{id}/", params(("id" = Uuid, Path)), request_body = UserPatch,
    responses((status = 200, body = UserView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
pub async fn change(state: web::Data<State>, who: Caller, id: web::Path<Uuid>, body: web::Json<UserPatch>) -> Answer {
    who.must_be_admin()?;
    let before = existing(&state, *id).await?;
    may_give(&who, before.role)?;
    let patch = body.into_inner();
    let mut after = User { version: before.version + 1, ..before.clone() };
    if let Some(name) = patch.first_name {
        after.first_name = check_name("first_name", &name)?;
    }
    if let Some(name) = patch.last_name {
        after.last_name = check_name("last_name", &name)?;
    }
    if patch.executive_name.is_some() {
        after.executive_name = executive(patch.executive_name)?;
    }
    after.role = patch.role.unwrap_or(before.role);
    after.is_active = patch.is_active.unwrap_or(before.is_active);
    may_give(&who, after.role)?;
    let ends_sessions = after.role != before.role || (before.is_active && !after.is_active);
    if ends_sessions && before.id == who.user.id {
        return Err(Problem::forbidden("Another admin has to change your role or disable you.").into());
    }
    let changed = state.store.change_user(&before, &after, ends_sessions, &who.origin).await.map_err(taken)?;
    if !changed {
        return Err(changed_meanwhile());
    }
    let grants = state.store.grants(after.id).await?;
    Ok(HttpResponse::Ok().json(UserView::of(&after, grants)))
}

/// Replaces every grant of a user.
///
/// # Errors
/// 401, 403, 404, 409, 422.
#[utoipa::path(put, path = "/api/users/{id}/grants/", params(("id" = Uuid, Path)), request_body = Grants,
    responses((status = 200, body = UserView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
pub async fn grants(state: web::Data<State>, who: Caller, id: web::Path<Uuid>, body: web::Json<Grants>) -> Answer {
    who.must_be_admin()?;
    let user = existing(&state, *id).await?;
    may_give(&who, user.role)?;
    let grants = check_grants(body.into_inner().grants)?;
    if !state.store.replace_grants(&user, &grants, &who.origin).await? {
        return Err(changed_meanwhile());
    }
    Ok(HttpResponse::Ok().json(UserView::of(&user, grants)))
}

/// 409: somebody else wrote the account between our reading and writing it.
#[must_use]
pub fn changed_meanwhile() -> Failure {
    Problem::new(http::StatusCode::CONFLICT, "changed", "Somebody else changed this account just now; try again.")
        .into()
}

pub(super) async fn existing(state: &State, id: Uuid) -> Result<User, Failure> {
    state.store.user(id).await?.ok_or_else(|| Problem::not_found().into())
}

/// Only a superadmin makes or changes a superadmin.
pub(super) fn may_give(who: &Caller, role: Role) -> Result<(), Failure> {
    if role == Role::Superadmin && who.user.role != Role::Superadmin {
        return Err(Problem::forbidden("Only a superadmin makes or changes a superadmin.").into());
    }
    Ok(())
}

fn taken(error: DbError) -> Failure {
    match error {
        DbError::Duplicate(_) => Problem::new(
            http::StatusCode::CONFLICT,
            "taken",
            "The e-mail, user name or executive name is another account's.",
        )
        .into(),
        other => other.into(),
    }
}

fn cursor(given: Option<&str>) -> Result<String, Failure> {
    let bytes = hex::decode(given.unwrap_or_default()).ok();
    bytes
        .and_then(|b| String::from_utf8(b).ok())
        .ok_or_else(|| Problem::malformed("cursor is one that a list gave.").into())
}
