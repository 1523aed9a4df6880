//! Named sets of grants, the "roles of the house": what an admin starts from when giving rights to a user.

use actix_web::{HttpResponse, web};
use chrono::Utc;
use db::DbError;
use serde::{Deserialize, Serialize};
use service::Problem;
use service::pages::{Asked, Name};
use utoipa::ToSchema;
use uuid::Uuid;

use super::State;
use super::body::Body;
use super::body::one;
use super::caller::Caller;
use super::failure::{Answer, Failure};
use super::pages::{MOST, PageQuery};
use super::rules::{check_grants, check_name};
use super::view::GrantView;
use crate::store::permission_sets::PermissionSet;
use domain::fold::fold;
use domain::identity::Permission;

/// The most sets there are: they are one page, unless fewer are asked for.
const SETS: usize = 100;

/// A named set of grants.
#[derive(Serialize, ToSchema)]
pub struct SetView {
    /// The id.
    pub id: Uuid,
    /// Its name, unique without regard to case.
    pub name: String,
    /// What it gives.
    pub grants: Vec<GrantView>,
    /// From 1, one up at every change.
    pub version: i64,
}

/// Sets by name.
#[derive(Serialize, ToSchema)]
pub struct SetPage {
    /// The sets, by name.
    pub results: Vec<SetView>,
    /// Path and query of the next page.
    pub next: Option<String>,
    /// Path and query of the page before.
    pub previous: Option<String>,
}

/// A set as it is written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBody {
    /// Its name.
    pub name: String,
    /// What it gives.
    pub grants: Vec<GrantView>,
}

fn view(set: PermissionSet) -> SetView {
    SetView {
        id: set.id,
        name: set.name,
        grants: set.grants.into_iter().map(GrantView::from).collect(),
        version: set.version,
    }
}

/// Sets by name, for whoever gives rights: every one, unless `limit` is fewer.
///
/// # Errors
/// 400, 401, 403.
#[utoipa::path(get, path = "/api/permission-sets/", params(PageQuery),
    responses((status = 200, body = SetPage), (status = 400), (status = 401), (status = 403)))]
pub async fn list(state: web::Data<State>, who: Caller, query: web::Query<PageQuery>) -> Answer {
    who.must(Permission::UserManage)?;
    let asked = Asked::of(query.limit, (MOST, MOST), query.cursor.as_deref())?;
    let all = state.store.permission_sets().await?;
    let page = asked.page_of("/api/permission-sets/?", &all, |set| Name(fold(&set.name)));
    let results = page.rows.into_iter().cloned().map(view).collect();
    Ok(HttpResponse::Ok().json(SetPage { results, next: page.next, previous: page.previous }))
}

/// One set.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/permission-sets/{id}/", params(("id" = Uuid, Path)),
    responses((status = 200, body = SetView), (status = 401), (status = 403), (status = 404)))]
pub async fn read(state: web::Data<State>, who: Caller, id: web::Path<Uuid>) -> Answer {
    who.must(Permission::UserManage)?;
    Ok(HttpResponse::Ok().json(view(existing(&state, *id).await?)))
}

/// Makes a set.
///
/// # Errors
/// 401, 403, 409, 422.
#[utoipa::path(post, path = "/api/permission-sets/", request_body = SetBody,
    responses((status = 201, body = SetView), (status = 401), (status = 403), (status = 409), (status = 422)))]
pub async fn create(state: web::Data<State>, who: Caller, body: Body<SetBody>) -> Answer {
    who.must_be_admin()?;
    let body = body.into_inner();
    let new = PermissionSet {
        id: Uuid::now_v7(),
        version: 1,
        name: name_of(&body.name)?,
        grants: check_grants(body.grants)?,
        created_at: Utc::now().timestamp_micros(),
    };
    if state.store.permission_sets().await?.len() >= SETS {
        return Err(one("name", format!("There are {SETS} sets; delete one first.")).into());
    }
    state.store.create_permission_set(&new, &who.origin).await.map_err(taken)?;
    Ok(HttpResponse::Created().insert_header(("Location", format!("/api/permission-sets/{}/", new.id))).json(view(new)))
}

/// Replaces a set. Users who were given it before keep what they have.
///
/// # Errors
/// 401, 403, 404, 409, 422.
#[utoipa::path(put, path = "/api/permission-sets/{id}/", params(("id" = Uuid, Path)), request_body = SetBody,
    responses((status = 200, body = SetView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422)))]
pub async fn replace(state: web::Data<State>, who: Caller, id: web::Path<Uuid>, body: Body<SetBody>) -> Answer {
    who.must_be_admin()?;
    let before = existing(&state, *id).await?;
    let body = body.into_inner();
    let after = PermissionSet {
        version: before.version + 1,
        name: name_of(&body.name)?,
        grants: check_grants(body.grants)?,
        ..before.clone()
    };
    if !state.store.change_permission_set(&before, &after, &who.origin).await.map_err(taken)? {
        let detail = "Somebody else changed this set just now; try again.";
        return Err(Problem::new(http::StatusCode::CONFLICT, "changed", detail).into());
    }
    Ok(HttpResponse::Ok().json(view(after)))
}

/// Removes a set. Users who were given it keep what they have.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/permission-sets/{id}/", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub async fn delete(state: web::Data<State>, who: Caller, id: web::Path<Uuid>) -> Answer {
    who.must_be_admin()?;
    let set = existing(&state, *id).await?;
    if !state.store.delete_permission_set(&set, &who.origin).await? {
        return Err(Problem::not_found().into());
    }
    Ok(HttpResponse::NoContent().finish())
}

async fn existing(state: &State, id: Uuid) -> Result<PermissionSet, Failure> {
    state.store.permission_set(id).await?.ok_or_else(|| Problem::not_found().into())
}

fn name_of(given: &str) -> Result<String, Failure> {
    let name = check_name("name", given)?;
    if name.is_empty() {
        return Err(one("name", "A set has a name of 1 to 100 characters.").into());
    }
    Ok(name)
}

fn taken(error: DbError) -> Failure {
    match error {
        DbError::Duplicate(_) => Problem::new(http::StatusCode::CONFLICT, "taken", "Another set has this name.").into(),
        other => other.into(),
    }
}
