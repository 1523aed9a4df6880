//! What every request must have and every answer gets: a plausible `Host`, a number, security headers.

use http::header::{
    CONNECTION, CONTENT_SECURITY_POLICY, HOST, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, TE, TRAILER,
    UPGRADE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, Request, Response, StatusCode};
use service::{Config, Problem, request_id};

/// Nothing is loaded from another origin, nothing is run that is not a file of the site.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self'";
const REQUEST_ID: HeaderName = HeaderName::from_static(request_id::HEADER);
/// Headers of one connection, whether `Connection` names them or not.
const OF_CONNECTION: [HeaderName; 6] = [
    CONNECTION,
    UPGRADE,
    TE,
    TRAILER,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Takes away what was said of one connection only and is not handed on: `Connection`, what it names, and its like
/// (RFC 9110, section 7.6.1).
pub(crate) fn end_hop(headers: &mut HeaderMap) {
    let lines = headers.get_all(CONNECTION).iter().filter_map(|line| line.to_str().ok());
    let named: Vec<HeaderName> =
        lines.flat_map(|line| line.split(',')).filter_map(|name| name.trim().parse().ok()).collect();
    for name in named.into_iter().chain(OF_CONNECTION) {
        headers.remove(name);
    }
}

/// Gives the request a number, or keeps the caller's own if it is plain.
pub(crate) fn set_request_id<B>(request: &mut Request<B>) -> String {
    let id = request_id::of(request.headers().get(&REQUEST_ID).and_then(|v| v.to_str().ok()));
    if let Ok(value) = HeaderValue::from_str(&id) {
        request.headers_mut().insert(REQUEST_ID, value);
    }
    id
}

/// Exactly one `Host`, well-formed, and one of `ALLOWED_HOSTS` where that is set.
pub(crate) fn check_host<B>(request: &Request<B>, config: &Config) -> Result<(), Problem> {
    let refuse =
        || Err(Problem::new(StatusCode::BAD_REQUEST, "bad_host", "The Host of this request is not one of ours."));
    let mut given = request.headers().get_all(HOST).iter();
    let host = match (given.next(), given.next(), request.uri().authority()) {
        (Some(host), None, _) => host.to_str().unwrap_or_default(),
        (None, None, Some(authority)) => authority.as_str(),
        _ => return refuse(),
    };
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let name_is_plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-[]:".contains(&b));
    if !name_is_plain || port.is_some_and(|p| p.parse::<u16>().is_err()) {
        return refuse();
    }
    let allowed = &config.allowed_hosts;
    if allowed.is_empty() || allowed.iter().any(|a| a == name || a == host) { Ok(()) } else { refuse() }
}

/// Adds the headers that every answer carries.
pub(crate) fn secure<B>(response: &mut Response<B>, config: &Config, path: &str, id: &str) {
    let headers = response.headers_mut();
    // Files of users bring a stricter policy of their own.
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(self), geolocation=(), microphone=()"),
    );
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
    if config.is_https() {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if path.starts_with("/api/") && !headers.contains_key(http::header::CACHE_CONTROL) {
        headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
}
