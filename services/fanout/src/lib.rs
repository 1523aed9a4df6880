//! The live stream: follows the register's log and hands every change to the browsers that may see it.

mod answer;
mod event;
mod filters;
mod hub;
mod seats;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use changelog::follow::Sender;
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use poem::listener::TcpAcceptor;
use poem::middleware::{AddData, CookieJarManager};
use poem::web::{Data, Json, Path};
use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Route, get, handler};
use service::identity::IdentityClient;
use service::pace::Paced;
use service::unread::ReadOn;
use service::{Config, Problem, internal, request_id, restarted};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use hub::Hub;
use seats::Seats;

/// How long answers under way may take once the service is told to stop; streams are closed by us at once.
const DRAIN: Duration = Duration::from_secs(2);

/// What every handler needs.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) config: Arc<Config>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) seats: Arc<Seats>,
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
    let seats = Arc::new(Seats::new(&config)?);
    let app = App { config, hub, seats, identity, stop: stop.clone() };
    let [following, hearing] = background(&app)?;
    let routes = Route::new()
        .at("/api/stream/", get(stream::stream))
        .at("/api/v1/stream/", get(stream::stream))
        .at("/internal/streams/:user", get(streams))
        .at("/openapi.json", get(openapi))
        .at("/healthz", get(healthz))
        .at("/readyz", get(readyz))
        .with((AddData::new(app), CookieJarManager::new()))
        .catch_all_error(|error: poem::Error| async move { stream::problem_of(&error) })
        .around(|endpoint, mut request| async move {
            let body = ReadOn::new(Paced::new(BoxBody::from(request.take_body())));
            request.set_body(body.map_err(std::io::Error::other).boxed());
            let id = request_id::of(request.header(request_id::HEADER));
            let response = endpoint.get_response(request).await;
            Ok(answer::stamped(response, &id).await)
        });
    let acceptor = TcpAcceptor::from_tokio(listener)?;
    Ok(tokio::spawn(async move {
        poem::Server::new_with_acceptor(acceptor)
            .run_with_graceful_shutdown(routes, stop.cancelled_owned(), Some(DRAIN))
            .await?;
        following.await?;
        hearing.await?;
        Ok(())
    }))
}

/// Follows both logs until the stop.
fn background(app: &App) -> reqwest::Result<[JoinHandle<()>; 2]> {
    let proof = internal::proof(&app.config.secret_key);
    let tracker = Sender::new(app.config.tracker_urls.clone(), &proof)?;
    let accounts = Sender::new(app.config.accounts_urls.clone(), &proof)?;
    let (one, other) = (app.clone(), app.clone());
    let following = restarted("following the register's log", app.stop.clone(), async move || {
        hub::follow(&one.hub, tracker.clone(), &one.config, one.stop.clone()).await;
    });
    let hearing = restarted("hearing of rights", app.stop.clone(), async move || {
        seats::follow(&other.seats, accounts.clone(), other.stop.clone()).await;
    });
    Ok([tokio::spawn(following), tokio::spawn(hearing)])
}

/// How many streams a user has here, for the other copies.
#[handler]
fn streams(request: &Request, Path(user): Path<Uuid>, Data(app): Data<&App>) -> Response {
    let given = request.header(internal::PROOF_HEADER).unwrap_or_default();
    if internal::is_proof(&app.config.secret_key, given) {
        Json(app.seats.count(user)).into_response()
    } else {
        stream::answer(&Problem::not_found())
    }
}

/// The contract.
#[handler]
fn openapi() -> Response {
    Response::builder().content_type("application/json").body(proto_contracts::FANOUT_OPENAPI)
}

#[handler]
fn healthz() -> &'static str {
    "ok"
}

/// Ready once the log is being followed.
#[handler]
fn readyz(Data(app): Data<&App>) -> Response {
    if app.hub.end().is_some() {
        Response::builder().body("ok")
    } else {
        stream::answer(&Problem::unavailable("The log is not followed yet. Try again in a moment."))
    }
}
