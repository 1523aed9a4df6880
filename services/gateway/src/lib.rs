//! The front door: one address for the site and every service.

mod addresses;
mod head;
mod inbound;
mod outbound;
mod proxy;
mod site;

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use service::client_address::{FORWARDED_HEADER, client_address};
use service::identity::IdentityClient;
use service::{Config, Problem};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use addresses::Addresses;
use inbound::Inbound;

/// The time a request's head may take: 5 s.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// Header lines of a request at most.
const HEAD_LINES: usize = 96;
/// Bytes of a request's head at most: 32 KiB.
const HEAD_BYTES: usize = 32 << 10;
/// Connections at once; more wait in the kernel's queue.
const CONNECTIONS: usize = 10_000;
/// The time that a request's head may take of a peer that is refused anyway.
const REFUSED_HEAD_TIME: Duration = Duration::from_secs(1);
/// How long answers under way may take once the gateway is told to stop.
const DRAIN: Duration = Duration::from_secs(5);

/// A body on its way out: a file's, a service's or ours.
pub(crate) type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// What every request needs.
pub(crate) struct Gateway {
    pub(crate) config: Arc<Config>,
    pub(crate) identity: IdentityClient,
    pub(crate) proxy: proxy::Proxy,
}

/// Starts the gateway on `listener`; it is ready when this returns and ends after `stop`.
///
/// # Errors
/// When its clients cannot be made.
pub async fn start(
    config: Arc<Config>,
    listener: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let identity = IdentityClient::new(&config.accounts_urls, &config.secret_key)?;
    let proxy = proxy::Proxy::new(&config, stop.clone());
    let gateway = Arc::new(Gateway { config, identity, proxy });
    Ok(tokio::spawn(accept(gateway, listener, stop)))
}

async fn accept(gateway: Arc<Gateway>, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_headers(HEAD_LINES)
        .max_buf_size(HEAD_BYTES);
    server.http2().timer(TokioTimer::new()).max_header_list_size(HEAD_BYTES as u32);
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let config = &gateway.config;
    let addresses = Arc::new(Addresses::new(config.connections_per_address, config.trusted_proxies.clone()));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, or a peer that left at once: pause, so that the loop does not spin.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Small answers are not held back to be joined with later ones.
        let _ = stream.set_nodelay(true);
        let Some(counted) = addresses.admit(peer.ip()) else {
            tokio::spawn(refuse(stream, place));
            continue;
        };
        let gateway = Arc::clone(&gateway);
        let service = service_fn(move |request| {
            let gateway = Arc::clone(&gateway);
            answering(gateway, request, peer.ip())
        });
        let connection = server.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _held = (place, counted);
            // A peer that breaks off is everyday life and no error of ours.
            let _ = connection.await;
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(DRAIN, graceful.shutdown()).await;
    Ok(())
}

/// Says to a peer that holds too many connections why this one is not served.
async fn refuse(stream: TcpStream, _place: OwnedSemaphorePermit) {
    let service = service_fn(|_: Request<Incoming>| {
        let detail = "Your address holds as many connections as it may. Close some, then try again.";
        let mut busy = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_connections", detail);
        busy.retry_after = Some(1);
        ready(Ok::<_, Infallible>(problem_response(&busy)))
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(REFUSED_HEAD_TIME).keep_alive(false);
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// Boxed, since the compiler cannot prove the connection's own future `Send` around it for every lifetime.
fn answering(gateway: Arc<Gateway>, request: Request<Incoming>, peer: std::net::IpAddr) -> Answering {
    Box::pin(async move { Ok(gateway.answer(request.map(Inbound::new), peer).await) })
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

impl Gateway {
    async fn answer(&self, mut request: Request<Inbound>, peer: std::net::IpAddr) -> Response<Body> {
        head::end_hop(request.headers_mut());
        let id = head::set_request_id(&mut request);
        let path = request.uri().path().to_owned();
        let mut response = match self.route(request, peer, &path).await {
            Ok(response) => response,
            Err(problem) => problem_response(&problem.for_request(&id)),
        };
        head::secure(&mut response, &self.config, &path, &id);
        response
    }

    async fn route(
        &self,
        request: Request<Inbound>,
        peer: std::net::IpAddr,
        path: &str,
    ) -> Result<Response<Body>, Problem> {
        head::check_host(&request, &self.config)?;
        match path {
            "/healthz" => must_read(request.method()).map(|()| plain("ok")),
            "/readyz" => must_read(request.method()).and(self.proxy.reach_all().await).map(|()| plain("ok")),
            "/api/docs" | "/api/v1/docs" => Ok(site::redirect("/api/docs/")),
            "/api/docs/" | "/api/v1/docs/" => site::docs(self, request.into_parts().0).await,
            _ if path.starts_with("/api/") => {
                let forwarded = request.headers().get(FORWARDED_HEADER).and_then(|v| v.to_str().ok());
                let client = client_address(peer, forwarded, &self.config.trusted_proxies);
                self.proxy.forward(request, client).await
            }
            _ => site::serve(self, request.into_parts().0, path).await,
        }
    }
}

/// The gateway's own addresses are read only.
pub(crate) fn must_read(method: &Method) -> Result<(), Problem> {
    if [Method::GET, Method::HEAD].contains(method) { Ok(()) } else { Err(Problem::method_not_allowed()) }
}

fn plain(text: &'static str) -> Response<Body> {
    Response::new(full(text))
}

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    http_body_util::Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

fn problem_response(problem: &Problem) -> Response<Body> {
    let mut response = Response::new(full(problem.body()));
    *response.status_mut() = problem.status();
    let headers = response.headers_mut();
    headers.extend(problem.headers());
    if problem.status() == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(http::header::ALLOW, http::HeaderValue::from_static("GET, HEAD"));
    }
    response
}
