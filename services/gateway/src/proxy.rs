//! Handing requests on to the services. Bodies pass in both directions as they come.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, TRANSFER_ENCODING};
use http::request::Parts;
use http::uri::Uri;
use http::{HeaderName, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use service::client_address::FORWARDED_HEADER;
use service::{Config, Problem, internal};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::inbound::Inbound;
use crate::outbound::Stream;
use crate::{Body, full, head};

/// The time a service has to begin its answer, from the end of the body.
const DEADLINE: Duration = Duration::from_secs(15);
/// The same for what answers after the last of many commits: ingest and a paste.
const ROWS_DEADLINE: Duration = Duration::from_secs(60);
/// Seconds after which one who waited in vain may try again.
const RETRY_LATE: u64 = 5;
/// The time a service has to show that it can be reached: below the second that those who ask for readiness wait.
const REACH: Duration = Duration::from_millis(800);
/// Bytes of a JSON body.
const JSON_LIMIT: u64 = 1 << 20;
/// Bytes of up to 10,000 rows, of ingest or of a paste.
const ROWS_LIMIT: u64 = 16 << 20;
/// Bytes of an upload: 10 MiB of file and its form around it.
const UPLOAD_LIMIT: u64 = 11 << 20;

/// Headers that only our own services may say.
const STRIPPED: [&str; 4] = [internal::PROOF_HEADER, "x-user", "x-user-id", "x-identity"];

/// The media type of answers that do not end by themselves.
const STREAM: &[u8] = b"text/event-stream";

/// The copies of one service, asked in turn.
struct Copies {
    urls: Vec<String>,
    turn: AtomicUsize,
}

impl Copies {
    fn of(urls: &[String]) -> Copies {
        Copies { urls: urls.to_vec(), turn: AtomicUsize::new(0) }
    }

    fn next(&self) -> Option<&str> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.urls.get(turn % self.urls.len().max(1)).map(String::as_str)
    }
}

/// A client of every service.
pub(crate) struct Proxy {
    client: Client<HttpConnector, Body>,
    accounts: Copies,
    tracker: Copies,
    fanout: Copies,
    stop: CancellationToken,
}

impl Proxy {
    pub(crate) fn new(config: &Config, stop: CancellationToken) -> Proxy {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_secs(2)));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .build(connector);
        Proxy {
            client,
            accounts: Copies::of(&config.accounts_urls),
            tracker: Copies::of(&config.tracker_urls),
            fanout: Copies::of(&config.fanout_urls),
            stop,
        }
    }

    /// Asks accounts and tracker whether they live. Not fan-out: without it the site works, only not live.
    ///
    /// # Errors
    /// 503 that names those of which no copy answers.
    pub(crate) async fn reach_all(&self) -> Result<(), Problem> {
        let (accounts, tracker) = tokio::join!(self.reaches(&self.accounts), self.reaches(&self.tracker));
        let away: Vec<&str> = [("accounts", accounts), ("tracker", tracker)]
            .into_iter()
            .filter(|(_, here)| !here)
            .map(|(n, _)| n)
            .collect();
        if away.is_empty() {
            return Ok(());
        }
        Err(Problem::unavailable(format!("{} cannot be reached. Try again in a moment.", away.join(" and "))))
    }

    /// Whether any copy answers in time.
    async fn reaches(&self, copies: &Copies) -> bool {
        let mut asking = JoinSet::new();
        for base in &copies.urls {
            let Ok(request) = Request::get(format!("{base}/healthz")).body(full("")) else { continue };
            let answer = self.client.request(request);
            asking.spawn(async move { matches!(timeout(REACH, answer).await, Ok(Ok(a)) if a.status().is_success()) });
        }
        while let Some(answer) = asking.join_next().await {
            if matches!(answer, Ok(true)) {
                return true;
            }
        }
        false
    }

    /// Hands a request on to the service that owns its path and brings back the answer.
    pub(crate) async fn forward(&self, request: Request<Inbound>, peer: IpAddr) -> Result<Response<Body>, Problem> {
        let mut path = request.uri().path().replacen("/api/v1/", "/api/", 1);
        let (copies, limit, deadline) = if let Some(copies) = self.document(&path) {
            "/openapi.json".clone_into(&mut path);
            (copies, JSON_LIMIT, DEADLINE)
        } else if path.starts_with("/api/stream/") || path.starts_with("/api/presence/") {
            (&self.fanout, JSON_LIMIT, DEADLINE)
        } else if path.starts_with("/api/ingest/") || path == "/api/tracker/bulk/" {
            (&self.tracker, ROWS_LIMIT, ROWS_DEADLINE)
        } else if path.starts_with("/api/tracker/upload/") || path.starts_with("/api/tracker/import/") {
            (&self.tracker, UPLOAD_LIMIT, ROWS_DEADLINE)
        } else if path.starts_with("/api/tracker/") {
            (&self.tracker, JSON_LIMIT, DEADLINE)
        } else {
            (&self.accounts, JSON_LIMIT, DEADLINE)
        };
        let declared = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        let (parts, body) = request.into_parts();
        body.limit(limit);
        if declared.is_some_and(|n| n > limit) {
            return Err(Problem::too_large(limit));
        }
        tokio::select! {
            answer = self.ask(copies, &parts, &path, &body, peer) => {
                answer.map_err(|problem| body.fault().unwrap_or(problem))
            }
            () = async { body.ended().await; sleep(deadline).await } => Err(late()),
        }
    }

    /// The service whose contract is shown at `path`.
    fn document(&self, path: &str) -> Option<&Copies> {
        match path.strip_prefix("/api/docs/")? {
            "accounts.json" => Some(&self.accounts),
            "tracker.json" => Some(&self.tracker),
            "fanout.json" => Some(&self.fanout),
            _ => None,
        }
    }

    /// Asks the copies in turn until one is reached. One that was reached is not asked twice: what it did of the
    /// request is not known.
    async fn ask(
        &self,
        copies: &Copies,
        parts: &Parts,
        path: &str,
        body: &Inbound,
        peer: IpAddr,
    ) -> Result<Response<Body>, Problem> {
        for _ in 0..copies.urls.len() {
            let base = copies.next().ok_or_else(away)?;
            match self.client.request(rewritten(parts, base, path, body, peer)?).await {
                Ok(response) => return Ok(self.returned(response)),
                Err(error) if error.is_connect() => tracing::warn!(%error, base, "a copy cannot be reached"),
                Err(_) if body.fault().is_some() => break,
                Err(error) => {
                    tracing::warn!(%error, base, "a service did not answer");
                    break;
                }
            }
        }
        Err(away())
    }

    fn returned(&self, response: Response<Incoming>) -> Response<Body> {
        let (mut parts, body) = response.into_parts();
        head::end_hop(&mut parts.headers);
        parts.headers.remove(TRANSFER_ENCODING);
        parts.version = http::Version::HTTP_11;
        let is_stream = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(STREAM));
        let body = if is_stream {
            Stream::new(body, self.stop.clone()).boxed_unsync()
        } else {
            body.map_err(Into::into).boxed_unsync()
        };
        Response::from_parts(parts, body)
    }
}

fn late() -> Problem {
    let mut late = Problem::new(StatusCode::GATEWAY_TIMEOUT, "timeout", "The answer took too long. Try again.");
    late.retry_after = Some(RETRY_LATE);
    late
}

fn away() -> Problem {
    Problem::unavailable("This part of the service is away for a moment. Try again.")
}

fn rewritten(parts: &Parts, base: &str, path: &str, body: &Inbound, peer: IpAddr) -> Result<Request<Body>, Problem> {
    if parts.uri.path_and_query().is_none_or(|p| p.as_str().len() > 16 << 10) {
        return Err(Problem::new(StatusCode::URI_TOO_LONG, "uri_too_long", "An address has at most 16 KiB."));
    }
    let target = match parts.uri.query() {
        Some(query) => format!("{base}{path}?{query}"),
        None => format!("{base}{path}"),
    };
    let uri: Uri = target.parse().map_err(|_| Problem::malformed("This address is not well-formed."))?;
    let mut parts = parts.clone();
    parts.uri = uri;
    parts.version = http::Version::HTTP_11;
    for name in STRIPPED {
        parts.headers.remove(name);
    }
    // What a stranger said about itself is not believed: the services see the address that the gateway makes out.
    if let Ok(value) = HeaderValue::from_str(&peer.to_string()) {
        parts.headers.insert(HeaderName::from_static(FORWARDED_HEADER), value);
    }
    Ok(Request::from_parts(parts, body.clone().boxed_unsync()))
}
