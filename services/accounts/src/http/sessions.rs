//! Sessions: one's own, and for admins anyone's.

use actix_session::SessionExt;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::identity::Permission;
use serde::Serialize;
use service::Problem;
use service::pages::Asked;
use utoipa::ToSchema;
use uuid::Uuid;

use super::State;
use super::authority::may_manage;
use super::caller::{Caller, csrf_cookie};
use super::failure::Answer;
use super::pages::{MOST, PageQuery};
use super::users::existing;
use crate::store::sessions::Held;
use crate::store::users::at;

/// A session that holds.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    /// The id, which lets nobody in.
    pub id: Uuid,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Where the sign-in came from.
    pub address: String,
    /// What the browser called itself at the sign-in.
    pub agent: String,
    /// The sign-in.
    pub created_at: DateTime<Utc>,
    /// The last request, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends if nobody comes any more.
    pub ends_at: DateTime<Utc>,
}

/// Sessions, newest first.
#[derive(Serialize, ToSchema)]
pub struct SessionPage {
    /// The sessions.
    pub results: Vec<SessionView>,
    /// Path and query of the next page.
    pub next: Option<String>,
    /// Path and query of the page before.
    pub previous: Option<String>,
}

/// My sessions: 200 of them, or `limit`.
///
/// # Errors
/// 400, 401.
#[utoipa::path(get, path = "/api/users/me/sessions/", params(PageQuery),
    responses((status = 200, body = SessionPage), (status = 400), (status = 401)))]
pub async fn mine(state: web::Data<State>, who: Caller, query: web::Query<PageQuery>) -> Answer {
    page(&state, &who, who.user.id, "/api/users/me/sessions/?", &query).await
}

/// Ends one of my sessions; the one that asks too.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/users/me/sessions/{id}/", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub async fn end_mine(state: web::Data<State>, request: HttpRequest, who: Caller, id: web::Path<Uuid>) -> Answer {
    let ended = state.store.end_sessions(&who.user, "session_ended", &who.origin, |held, _| held == *id).await?;
    if ended == 0 {
        return Err(Problem::not_found().into());
    }
    let mut answer = HttpResponse::NoContent();
    answer.insert_header((header::CACHE_CONTROL, "no-store"));
    if *id == who.session.id {
        request.get_session().purge();
        answer.cookie(csrf_cookie(&state, None));
    }
    Ok(answer.finish())
}

/// A user's sessions: 200 of them, or `limit`.
///
/// # Errors
/// 400, 401, 403, 404.
#[utoipa::path(get, path = "/api/users/{id}/sessions/", params(("id" = Uuid, Path), PageQuery),
    responses((status = 200, body = SessionPage), (status = 400), (status = 401), (status = 403), (status = 404)))]
pub async fn of_user(
    state: web::Data<State>,
    who: Caller,
    id: web::Path<Uuid>,
    query: web::Query<PageQuery>,
) -> Answer {
    who.must(Permission::UserManage)?;
    let user = existing(&state, *id).await?;
    may_manage(&state, &who, &user).await?;
    page(&state, &who, user.id, &format!("/api/users/{}/sessions/?", user.id), &query).await
}

/// Ends every session of a user.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(delete, path = "/api/users/{id}/sessions/", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 401), (status = 403), (status = 404)))]
pub async fn end_of_user(state: web::Data<State>, who: Caller, id: web::Path<Uuid>) -> Answer {
    who.must(Permission::UserManage)?;
    let user = existing(&state, *id).await?;
    may_manage(&state, &who, &user).await?;
    state.store.end_sessions(&user, "session_ended", &who.origin, |_, _| true).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A page of the sessions that a user holds.
async fn page(state: &State, who: &Caller, user: Uuid, address: &str, query: &PageQuery) -> Answer {
    let asked = Asked::of(query.limit, (MOST, MOST), query.cursor.as_deref())?;
    let held = state.store.sessions(user, Utc::now().timestamp_micros()).await?;
    let page = asked.page_of(address, &held, Held::place);
    let view = |s: &Held| SessionView {
        id: s.id,
        current: s.id == who.session.id,
        address: s.address.clone(),
        agent: s.agent.clone(),
        created_at: at(s.created_at),
        last_seen_at: at(s.last_seen_at),
        ends_at: at(s.ends_at),
    };
    let results = page.rows.into_iter().map(view).collect();
    Ok(HttpResponse::Ok().json(SessionPage { results, next: page.next, previous: page.previous }))
}
