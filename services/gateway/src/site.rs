//! The site: built files, and the redirects that keep signed-out people at the door.

use std::path::PathBuf;
use std::pin::Pin;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, COOKIE, HeaderValue, LOCATION};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty};
use service::Problem;
use service::identity::{Credential, IdentityError};
use service::query::escaped;
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};

use crate::{Body, Gateway, full, must_read};

/// Pages for people who are not signed in.
const OUTSIDE: [&str; 4] = ["/login", "/forgot", "/reset", "/invitation"];

/// Serves a page or a file.
pub(crate) async fn serve(gateway: &Gateway, request: Parts, path: &str) -> Result<Response<Body>, Problem> {
    must_read(&request.method)?;
    let page = OUTSIDE.contains(&path) || path == "/start" || path.starts_with("/start/");
    if path == "/" || page {
        let signed_in = signed_in(gateway, session(gateway, &request)).await;
        match (path, signed_in) {
            ("/" | "/login" | "/start" | "/start/", true) => return Ok(redirect("/start/dashboard")),
            ("/", false) => return Ok(redirect("/login")),
            (_, false) if !OUTSIDE.contains(&path) => {
                let query = request.uri.query().map(|q| format!("?{q}")).unwrap_or_default();
                return Ok(redirect(&format!("/login?next={}", escaped(&format!("{path}{query}")))));
            }
            _ => {}
        }
    }
    let index = gateway.config.site_dir.join("index.html");
    let file_request = Request::from_parts(request, Empty::new());
    let directory = gateway.config.site_dir.clone();
    let mut response =
        if page { file(index.clone(), file_request).await } else { asset(directory, file_request).await };
    if response.status() == StatusCode::NOT_FOUND {
        return not_found(&index, path).await;
    }
    // Files under /assets/ carry a hash of what is in them; all else is asked for anew.
    let cache = if path.starts_with("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}

/// The page that shows the services' contracts, for everybody: it holds nothing but them.
pub(crate) async fn docs(gateway: &Gateway, request: Parts) -> Result<Response<Body>, Problem> {
    must_read(&request.method)?;
    let page = gateway.config.site_dir.join("docs/index.html");
    let mut response = file(page, Request::from_parts(request, Empty::new())).await;
    if response.status() == StatusCode::NOT_FOUND {
        return Err(Problem::not_found());
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

type Served = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// Boxed, since the compiler cannot prove tower's futures `Send` for every lifetime around them.
fn file(path: PathBuf, request: Request<Empty<Bytes>>) -> Served {
    Box::pin(async move {
        let Ok(response) = ServeFile::new(path).oneshot(request).await;
        response.map(|body| body.map_err(Into::into).boxed_unsync())
    })
}

fn asset(directory: PathBuf, request: Request<Empty<Bytes>>) -> Served {
    Box::pin(async move {
        let files = ServeDir::new(directory).append_index_html_on_directories(false);
        let Ok(response) = files.oneshot(request).await;
        response.map(|body| body.map_err(Into::into).boxed_unsync())
    })
}

/// The site's own page for an address that does not exist, with the status that says so.
async fn not_found(index: &std::path::Path, path: &str) -> Result<Response<Body>, Problem> {
    let Ok(page) = tokio::fs::read(index).await else {
        tracing::warn!(index = %index.display(), "the site is not built; SITE_DIR names its directory");
        return Err(Problem::not_found());
    };
    if path.contains('.') {
        return Err(Problem::not_found());
    }
    let mut response = Response::new(full(page));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// The value of the session cookie.
fn session(gateway: &Gateway, request: &Parts) -> Option<String> {
    let name = gateway.config.session_cookie();
    let cookies = request.headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok());
    cookies
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().split_once('=').filter(|(n, _)| *n == name).map(|(_, v)| v.to_owned()))
}

async fn signed_in(gateway: &Gateway, session: Option<String>) -> bool {
    match session {
        // Who cannot be asked about is not sent to the door: the page holds no data and says what is away.
        Some(session) => {
            !matches!(gateway.identity.identify(&Credential::Session(session)).await, Err(IdentityError::Refused))
        }
        None => false,
    }
}

/// Sends a browser to another address of this site.
pub(crate) fn redirect(to: &str) -> Response<Body> {
    let mut response = Response::new(full(""));
    *response.status_mut() = StatusCode::FOUND;
    if let Ok(location) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, location);
    }
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
