//! For the other services and for whoever watches over this one.

use actix_web::{HttpRequest, HttpResponse, web};
use changelog::Cursor;
use chrono::Utc;
use domain::identity::{Identity, Via};
use serde::Deserialize;
use service::Problem;
use service::internal::{PROOF_HEADER, is_proof};

use super::State;
use super::failure::{Answer, Failure};
use crate::session_store::id_of_cookie;
use crate::store::users::{at, holding};

/// What somebody showed to another service.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Credential {
    /// The value of the session cookie.
    Session(String),
    /// An API key; nobody has one yet, so none is looked at.
    Key(serde::de::IgnoredAny),
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
pub async fn identity(state: web::Data<State>, request: HttpRequest, body: web::Json<Credential>) -> Answer {
    must_be_service(&state, &request)?;
    let unknown = || Failure::from(Problem::unauthenticated());
    let Credential::Session(cookie) = body.into_inner() else { return Err(unknown()) };
    let name = state.config.session_cookie();
    let id = id_of_cookie(&state.cookie_key, name, &cookie).ok_or_else(unknown)?;
    let now = Utc::now();
    let session = state.store.session(&id, now.timestamp_micros()).await?.ok_or_else(unknown)?;
    let user = state.store.user(session.user_id).await?.ok_or_else(unknown)?;
    let permissions = holding(&user, state.store.grants(user.id).await?, now);
    let grant_end = permissions.iter().filter_map(|g| g.expires_at).min();
    let session_end = at(session.ends_at);
    Ok(HttpResponse::Ok().json(Identity {
        user_id: user.id,
        name: user.name(),
        role: user.role,
        via: Via::Session,
        session: session.hash,
        permissions,
        executive_name: user.executive_name,
        key_scopes: Vec::new(),
        key_sources: None,
        valid_until: grant_end.map_or(session_end, |end| end.min(session_end)),
    }))
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
