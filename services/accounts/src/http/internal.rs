//! For the other services and for whoever watches over this one.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use changelog::Cursor;
use chrono::{DateTime, TimeDelta, Utc};
use domain::identity::{Grant, Identity, KeyScope, Role, Via};
use serde::Deserialize;
use service::Problem;
use service::internal::{PROOF_HEADER, is_proof};
use uuid::Uuid;

use super::State;
use super::body::Body;
use super::failure::{Answer, Failure};
use crate::session_store::id_of_cookie;
use crate::store::grants::holding;
use crate::store::sessions::hash;
use crate::store::signed_in::SignedIn;
use crate::store::users::at;

/// How long the answer about a person or a key without an end is valid; those who ask rely on it for a second.
const KEY_ANSWER: TimeDelta = TimeDelta::days(1);

/// What somebody showed to another service.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Credential {
    /// The value of the session cookie.
    Session(String),
    /// An API key, `dct_…`.
    Key(String),
    /// A person for whom a service goes on with what they asked for before.
    Person(Uuid),
}

/// Where a follower of the log stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// `epoch:seq`; none for the log's end.
    after: Option<String>,
}

/// Who shows a credential.
///
/// # Errors
/// 401 where it is worth nothing, 403 where no service of this installation asks.
pub async fn identity(state: web::Data<State>, request: HttpRequest, body: Body<Credential>) -> Answer {
    must_be_service(&state, &request)?;
    let found = match body.into_inner() {
        Credential::Session(cookie) => of_session(&state, &cookie, Utc::now()).await?,
        Credential::Key(key) => of_key(&state, &key, Utc::now()).await?,
        Credential::Person(id) => of_person(&state, id, Utc::now()).await?,
    };
    found.map_or_else(|| Err(Problem::unauthenticated().into()), |who| Ok(HttpResponse::Ok().json(who)))
}

async fn of_session(state: &State, cookie: &str, now: DateTime<Utc>) -> Result<Option<Identity>, Failure> {
    let name = state.config.session_cookie();
    let Some(id) = id_of_cookie(&state.cookie_key, name, cookie) else { return Ok(None) };
    let Some(held) = state.store.signed_in_now(&id, now.timestamp_micros()).await? else { return Ok(None) };
    let SignedIn { session, user, grants } = Arc::unwrap_or_clone(held);
    let permissions = holding(&user, grants, now);
    let valid_until = ends(&permissions, at(session.ends_at));
    Ok(Some(Identity {
        user_id: user.id,
        name: user.name(),
        role: user.role,
        via: Via::Session,
        session: session.hash,
        permissions,
        executive_name: user.executive_name,
        key_scopes: Vec::new(),
        key_sources: None,
        valid_until,
    }))
}

/// A person who shows nothing themselves: what they may do at the site, as long as they may sign in.
async fn of_person(state: &State, id: Uuid, now: DateTime<Utc>) -> Result<Option<Identity>, Failure> {
    let Some(user) = state.store.listed_user(id).await?.filter(|user| user.is_active) else { return Ok(None) };
    let permissions = holding(&user, state.store.grants(user.id).await?, now);
    let valid_until = ends(&permissions, now + KEY_ANSWER);
    Ok(Some(Identity {
        user_id: user.id,
        name: user.name(),
        role: user.role,
        via: Via::Session,
        session: String::new(),
        permissions,
        executive_name: user.executive_name,
        key_scopes: Vec::new(),
        key_sources: None,
        valid_until,
    }))
}

/// A key may do what its scopes say and its maker may do now: it shrinks and dies with its maker.
async fn of_key(state: &State, shown: &str, now: DateTime<Utc>) -> Result<Option<Identity>, Failure> {
    if !service::keys::is_key(shown) {
        return Ok(None);
    }
    let Some(key) = state.store.key_by_hash(&hash(shown), now.timestamp_micros()).await? else { return Ok(None) };
    let Some(maker) = state.store.user(key.user_id).await? else { return Ok(None) };
    let held = holding(&maker, state.store.grants(maker.id).await?, now);
    let is_held = |s: &KeyScope| held.iter().any(|g| g.permission == s.needs());
    let key_scopes: Vec<KeyScope> = key.scopes.into_iter().filter(is_held).collect();
    let permissions: Vec<Grant> =
        held.into_iter().filter(|g| key_scopes.iter().any(|s| s.needs() == g.permission)).collect();
    let valid_until = ends(&permissions, key.expires_at.map_or(now + KEY_ANSWER, at));
    Ok(Some(Identity {
        user_id: maker.id,
        name: format!("{} (key {})", maker.name(), key.name),
        role: Role::User,
        via: Via::Key,
        session: key.id.to_string(),
        permissions,
        executive_name: maker.executive_name,
        key_scopes,
        key_sources: key.sources,
        valid_until,
    }))
}

/// The first end of any grant, or `last`.
fn ends(permissions: &[Grant], last: DateTime<Utc>) -> DateTime<Utc> {
    permissions.iter().filter_map(|g| g.expires_at).fold(last, DateTime::min)
}

/// The executive names of active users, with whose they are.
///
/// # Errors
/// 403 where no service of this installation asks.
pub async fn executives(state: web::Data<State>, request: HttpRequest) -> Answer {
    must_be_service(&state, &request)?;
    Ok(HttpResponse::Ok().json(state.store.executives().await?))
}

/// The change feed: length-delimited frames until the follower or the service ends.
///
/// # Errors
/// 400 where `after` is no place, 403 where no service of this installation asks.
pub async fn changes(state: web::Data<State>, request: HttpRequest, query: web::Query<After>) -> Answer {
    must_be_service(&state, &request)?;
    let after = query.into_inner().after.map(|text| text.parse::<Cursor>()).transpose();
    let after = after.map_err(|_| Failure::from(Problem::malformed("after is a place like epoch:seq.")))?;
    let frames = state.store.log.frames(after, state.stop.clone());
    Ok(HttpResponse::Ok().content_type("application/octet-stream").streaming(frames))
}

/// The process runs.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// Figures for whoever watches, in the text form of Prometheus.
pub async fn metrics(state: web::Data<State>) -> HttpResponse {
    let name = "accounts_password_hash_runs_total";
    let text = format!("# HELP {name} Runs of Argon2.\n# TYPE {name} counter\n{name} {}\n", state.passwords.runs());
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text)
}

/// The process can answer.
///
/// # Errors
/// 503 where the database does not answer.
pub async fn readyz(state: web::Data<State>) -> Answer {
    state.store.ping().await.map_err(|_| Failure::from(Problem::unavailable("The database does not answer.")))?;
    Ok(HttpResponse::Ok().content_type("text/plain").body("ready\n"))
}

fn must_be_service(state: &State, request: &HttpRequest) -> Result<(), Failure> {
    let given = request.headers().get(PROOF_HEADER).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if is_proof(&state.config.secret_key, given) {
        return Ok(());
    }
    Err(Problem::forbidden("This address is for the services of this installation.").into())
}
