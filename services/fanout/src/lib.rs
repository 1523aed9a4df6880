//! The live stream: follows the register's log and hands every change to the browsers that may see it.

mod event;
mod hub;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use poem::listener::TcpAcceptor;
use poem::middleware::{AddData, CookieJarManager};
use poem::{EndpointExt, Route, get, handler};
use service::Config;
use service::identity::IdentityClient;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use hub::Hub;

/// How long answers under way may take once the service is told to stop; streams are closed by us at once.
const DRAIN: Duration = Duration::from_secs(2);

/// What every handler needs.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) config: Arc<Config>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) identity: IdentityClient,
    pub(crate) stop: CancellationToken,
}

/// Starts the service on `listener`; it is ready when this returns and ends after `stop`.
///
/// # Errors
/// When its clients cannot be made.
pub async fn start(
    config: Arc<Config>,
    listener: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let identity = IdentityClient::new(&config.accounts_urls, &config.secret_key)?;
    let hub = Arc::new(Hub::default());
    let following = tokio::spawn(hub::follow(Arc::clone(&hub), &config, stop.clone())?);
    let app = App { config, hub, identity, stop: stop.clone() };
    let routes = Route::new()
        .at("/api/stream/", get(stream::stream))
        .at("/api/v1/stream/", get(stream::stream))
        .at("/healthz", get(healthz))
        .at("/readyz", get(readyz))
        .with((AddData::new(app), CookieJarManager::new()))
        .catch_all_error(|error: poem::Error| async move { stream::problem_of(&error) });
    let acceptor = TcpAcceptor::from_tokio(listener)?;
    Ok(tokio::spawn(async move {
        poem::Server::new_with_acceptor(acceptor)
            .run_with_graceful_shutdown(routes, stop.cancelled_owned(), Some(DRAIN))
            .await?;
        following.await?;
        Ok(())
    }))
}

#[handler]
fn healthz() -> &'static str {
    "ok"
}

/// Ready once the log is being followed.
#[handler]
fn readyz(poem::web::Data(app): poem::web::Data<&App>) -> poem::Response {
    if app.hub.end().is_some() {
        poem::Response::builder().body("ok")
    } else {
        poem::Response::builder().status(poem::http::StatusCode::SERVICE_UNAVAILABLE).body("the log is not followed")
    }
}
