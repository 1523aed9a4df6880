//! Users, for admins: the list, one of them, a new one.

use actix_web::{HttpResponse, web};
use chrono::Utc;
use db::DbError;
use domain::identity::{Permission, Role};
use serde::{Deserialize, Serialize};
use service::Problem;
use service::pages::{Asked, address};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::State;
use super::authority::{may_give, may_make};
use super::body::Body;
use super::caller::Caller;
use super::failure::{Answer, Failure};
use super::pages::{MOST, rows};
use super::rules::{check_email, check_grants, check_name, check_password, check_username, executive};
use super::view::{GrantView, UserView};
use crate::forgot::invitation_letter;
use crate::links::NewLink;
use crate::store::links::Purpose;
use crate::store::users::{User, Wanted};

/// Users of one page, unless the caller says.
const PAGE: u32 = 50;

/// One page of users, by e-mail.
#[derive(Serialize, ToSchema)]
pub struct UserPage {
    /// The users.
    pub results: Vec<UserView>,
    /// Path and query of the next page.
    pub next: Option<String>,
    /// Path and query of the page before.
    pub previous: Option<String>,
}

/// Which page of users.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 1 to 200, else 50.
    #[serde(default, deserialize_with = "rows")]
    limit: Option<u32>,
    /// As `next` and `previous` give it.
    cursor: Option<String>,
    /// Words that all stand in one of the names.
    search: Option<String>,
    /// superadmin, admin or user.
    #[param(value_type = Option<String>)]
    role: Option<Role>,
    /// Those who may sign in, or who may not.
    is_active: Option<bool>,
    /// True for the deleted ones and no others.
    #[serde(default)]
    deleted: bool,
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

/// Users, by e-mail.
///
/// # Errors
/// 401, 403, 400.
#[utoipa::path(get, path = "/api/users/", params(PageQuery),
    responses((status = 200, body = UserPage), (status = 400), (status = 401), (status = 403)))]
pub async fn list(state: web::Data<State>, who: Caller, query: web::Query<PageQuery>) -> Answer {
    who.must(Permission::UserManage)?;
    let asked = query.into_inner();
    let page = Asked::of(asked.limit, (PAGE, MOST), asked.cursor.as_deref())?;
    let address = address(
        "/api/users/",
        [
            ("search", asked.search.clone()),
            ("role", asked.role.map(|role| role.as_str().to_owned())),
            ("is_active", asked.is_active.map(|is_active| is_active.to_string())),
            ("deleted", asked.deleted.then(|| "true".to_owned())),
        ],
    );
    let wanted = Wanted {
        search: asked.search.unwrap_or_default(),
        role: asked.role,
        is_active: asked.is_active,
        deleted: asked.deleted,
    };
    let (store, wanted) = (&state.store, &wanted);
    let read = |at, limit| async move { store.users(wanted, &at, limit).await };
    let page = page.page(&address, read, User::place).await?;
    let mut grants = store.grants_of(&page.rows).await?;
    let results = page.rows.iter().map(|u| UserView::of(u, grants.remove(&u.id).unwrap_or_default())).collect();
    Ok(HttpResponse::Ok().json(UserPage { results, next: page.next, previous: page.previous }))
}

/// Makes a user, with a password or with an invitation to choose one.
///
/// # Errors
/// 401, 403, 409 where a name is taken, 422.
#[utoipa::path(post, path = "/api/users/", request_body = NewUser,
    responses((status = 201, body = CreatedUser), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub async fn create(state: web::Data<State>, who: Caller, body: Body<NewUser>) -> Answer {
    who.must(Permission::UserManage)?;
    let new = body.into_inner();
    let role = new.role.unwrap_or(Role::User);
    may_make(&who, role)?;
    let email = check_email(&state, &new.email)?;
    let username = check_username(new.username, &email)?;
    let grants = check_grants(new.grants)?;
    may_give(&who, &grants)?;
    let executive_name = executive(new.executive_name)?;
    if executive_name.is_some() {
        who.must_be_admin()?;
    }
    let mut user = User {
        id: Uuid::now_v7(),
        version: 1,
        first_name: check_name("first_name", &new.first_name)?,
        last_name: check_name("last_name", &new.last_name)?,
        executive_name,
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
    who.must(Permission::UserManage)?;
    let user = existing(&state, *id).await?;
    let grants = state.store.grants(user.id).await?;
    Ok(HttpResponse::Ok().json(UserView::of(&user, grants)))
}

/// 409: somebody else wrote the account between our reading and writing it.
#[must_use]
pub fn changed_meanwhile() -> Failure {
    Problem::new(http::StatusCode::CONFLICT, "changed", "Somebody else changed this account just now; try again.")
        .into()
}

/// The user with this id, who is not deleted.
///
/// # Errors
/// 404, or the database's.
pub async fn existing(state: &State, id: Uuid) -> Result<User, Failure> {
    state.store.listed_user(id).await?.ok_or_else(|| Problem::not_found().into())
}

/// 409 where a name is another account's.
#[must_use]
pub fn taken(error: DbError) -> Failure {
    match error {
        DbError::Duplicate(_) => Problem::new(
            http::StatusCode::CONFLICT,
            "taken",
            "The e-mail, user name or executive name is another account's; a deleted account keeps its own until it is restored.",
        )
        .into(),
        other => other.into(),
    }
}
