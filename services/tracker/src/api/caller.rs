//! Who asks: the identity behind the cookie or key, checked for every request.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::identity::{Identity, KeyScope, Permission, Via};
use poem::Request;
use poem::http::Method;
use service::client_address::{FORWARDED_HEADER, client_address};
use service::identity::Credential;
use service::{Problem, csrf, keys};
use uuid::Uuid;

use super::Here;
use super::fault::{Fault, RequestId};
use crate::App;
use crate::write::{self, Context};

/// The asker of a request, whose right to write from this page is proven where the method is unsafe.
pub(crate) struct Caller {
    /// Who.
    pub(crate) who: Arc<Identity>,
    /// The time of the request, UTC: one for all of it.
    pub(crate) now: DateTime<Utc>,
    /// Where the request came from.
    pub(crate) address: String,
    /// The request's number.
    pub(crate) request_id: String,
}

impl Caller {
    /// Who sent this request.
    pub(crate) async fn of(request: &Request) -> Result<Caller, Fault> {
        let app = request.data::<App>().ok_or_else(|| Fault(Problem::internal()))?;
        keys::refuse_in_address(request.original_uri().path_and_query().map_or("", |p| p.as_str()))?;
        let cookie = |name: &str| request.cookie().get(name).map(|c| c.value_str().to_owned());
        let credential = match request.header("authorization") {
            Some(value) => match value.strip_prefix("Bearer ") {
                Some(key) => Credential::Key(key.to_owned()),
                None => return Err(Problem::unauthenticated().into()),
            },
            None => Credential::Session(cookie(app.config.session_cookie()).ok_or_else(Problem::unauthenticated)?),
        };
        let address = address(request, &app.config.trusted_proxies);
        let who = app.identity.caller(&credential, &address).await?;
        let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
        check_key(&who, safe, request.original_uri().path())?;
        if matches!(credential, Credential::Session(_)) && !safe {
            let token = cookie(app.config.csrf_cookie());
            let valid =
                csrf::is_valid(&app.config.secret_key, &who.session, token.as_deref(), request.header(csrf::HEADER))
                    && csrf::origin_is_trusted(
                        request.header("origin"),
                        request.header("host"),
                        &app.config.trusted_origins(),
                    );
            if !valid {
                return Err(Problem::new(
                    poem::http::StatusCode::FORBIDDEN,
                    "csrf",
                    "This request does not come from a page of this session. Reload the page.",
                )
                .into());
            }
        }
        if let Some(here) = request.data::<Here>() {
            here.check(request)?;
        }
        Ok(Caller {
            who,
            now: write::now(),
            address,
            request_id: request.data::<RequestId>().map_or_else(String::new, |id| id.0.clone()),
        })
    }

    /// Refuses an asker who has `permission` on no row at all.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), Fault> {
        if self.who.may(permission, self.now) {
            return Ok(());
        }
        Err(Problem::forbidden(permission.needed()).into())
    }

    /// What the log says of this request.
    pub(crate) fn context(&self, app: &App, via: &'static str) -> Context {
        Context {
            actor_id: self.who.user_id,
            actor_name: self.who.name.clone(),
            via,
            address: self.address.clone(),
            request_id: self.request_id.clone(),
            batch_id: Uuid::now_v7(),
            now: self.now,
            tz: app.config.org_timezone,
        }
    }
}

/// A key reads with `challan:read`, and writes through ingest alone.
fn check_key(who: &Identity, safe: bool, path: &str) -> Result<(), Fault> {
    let is_ingest =
        path.strip_prefix("/api/v1/").or(path.strip_prefix("/api/")).is_some_and(|p| p.starts_with("ingest/"));
    let needed = if is_ingest { KeyScope::IngestWrite } else { KeyScope::ChallanRead };
    if who.via == Via::Session || (who.key_may(needed) && (safe || is_ingest)) {
        return Ok(());
    }
    let detail = if safe || is_ingest {
        format!("This key needs the scope {} here, and its maker the permission behind it.", needed.as_str())
    } else {
        "A key writes through /api/ingest/ alone.".to_owned()
    };
    Err(Problem::forbidden(detail).into())
}

/// The caller's address, as the trusted proxies before this service say.
fn address(request: &Request, trusted: &[ipnet::IpNet]) -> String {
    let forwarded = request.header(FORWARDED_HEADER);
    let peer = request.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip);
    peer.map_or_else(String::new, |peer| client_address(peer, forwarded, trusted).to_string())
}
