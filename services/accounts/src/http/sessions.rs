//! Sessions: one's own, and for admins anyone's.

use actix_session::SessionExt;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use domain::identity::Permission;
use serde::Serialize;
use service::Problem;
use utoipa::ToSchema;
use uuid::Uuid;

use super::State;
use super::authority::may_manage;
use super::caller::{Caller, csrf_cookie};
use super::failure::Answer;
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

/// Sessions, newest first; there are never more than the limit of a user.
#[derive(Serialize, ToSchema)]
pub struct SessionPage {
    /// The sessions.
    pub results: Vec<SessionView>,
    /// Always null.
    #[schema(value_type = Option<String>)]
    pub next: Option<()>,
    /// Always null.
    #[schema(value_type = Option<String>)]
    pub previous: Option<()>,
}

/// My sessions.
///
/// # Errors
/// 401.
#[utoipa::path(get, path = "/api/users/me/sessions/", responses((status = 200, body = SessionPage), (status = 401)))]
pub async fn mine(state: web::Data<State>, who: Caller) -> Answer {
    let held = state.store.sessions(who.user.id, Utc::now().timestamp_micros()).await?;
    Ok(page(held, &who))
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

/// A user's sessions.
///
/// # Errors
/// 401, 403, 404.
#[utoipa::path(get, path = "/api/users/{id}/sessions/", params(("id" = Uuid, Path)),
    responses((status = 200, body = SessionPage), (status = 401), (status = 403), (status = 404)))]
pub async fn of_user(state: web::Data<State>, who: Caller, id: web::Path<Uuid>) -> Answer {
    who.must(Permission::UserManage)?;
    let user = existing(&state, *id).await?;
    may_manage(&state, &who, &user).await?;
    let held = state.store.sessions(user.id, Utc::now().timestamp_micros()).await?;
    Ok(page(held, &who))
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

fn page(held: Vec<Held>, who: &Caller) -> HttpResponse {
    let view = |s: Held| SessionView {
        id: s.id,
        current: s.id == who.session.id,
        address: s.address,
        agent: s.agent,
        created_at: at(s.created_at),
        last_seen_at: at(s.last_seen_at),
        ends_at: at(s.ends_at),
    };
    let results = held.into_iter().map(view).collect();
    HttpResponse::Ok().json(SessionPage { results, next: None, previous: None })
}
