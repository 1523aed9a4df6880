//! Addresses and their handlers, a file a noun.

mod batches;
mod body;
mod bulk;
pub(crate) mod caller;
pub(crate) mod challans;
pub(crate) mod conflict;
pub mod contract;
mod customers;
mod dashboard;
mod executives;
pub(crate) mod fault;
mod history;
mod ingest;
mod json;
mod lists;
mod named;
mod operations;
mod pages;
mod paste;
mod place;
pub(crate) mod repeat;
mod schema;
mod series;
pub(crate) mod shown;
mod version;
mod views;
mod window;

use std::collections::HashSet;
use std::sync::Arc;

use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use poem::middleware::{AddData, CookieJarManager};
use poem::{Endpoint, EndpointExt, Request, Route, get};
use service::pace::Paced;
use service::unread::ReadOn;
use service::{Problem, request_id};

use crate::App;
use contract::Operation;
pub(crate) use dashboard::{KeptFigures, count_ahead};
use fault::Fault;
pub(crate) use pages::KeptPages;

/// Every address of the service; `/api/v1/…` is the same as `/api/…`.
pub(crate) fn routes(app: App) -> impl Endpoint {
    let operations: Arc<[Operation]> = contract::operations().into();
    Route::new()
        .nest("/", contract::service())
        .at("/openapi.json", get(operations::openapi))
        .at("/internal/changes", get(operations::changes))
        .at("/internal/changes/end", get(operations::end))
        .at("/healthz", get(operations::healthz))
        .at("/readyz", get(operations::readyz))
        .with((AddData::new(app), CookieJarManager::new()))
        .catch_all_error(|error: poem::Error| async move { fault::response(&error) })
        .around(move |endpoint, mut request| {
            routed(&mut request);
            let body = ReadOn::new(Paced::new(BoxBody::from(request.take_body())));
            request.set_body(body.map_err(std::io::Error::other).boxed());
            let here = Here { operations: Arc::clone(&operations), path: request.uri().path().into() };
            request.set_data(here.clone());
            async move {
                let id = request_id::of(request.header(request_id::HEADER));
                request.set_data(fault::RequestId(id.clone()));
                let response = endpoint.get_response(request).await;
                Ok(fault::stamped(response, &id, || here.allowed()).await)
            }
        })
}

/// Turns an address of the API into the form in which the router knows it: without the version and without the slash at
/// its end, which is required here and which the router's library cannot express.
fn routed(request: &mut Request) {
    let uri = request.uri();
    let Some(rest) = uri.path().strip_prefix("/api/") else { return };
    let rest = rest.strip_prefix("v1/").unwrap_or(rest);
    let path = rest.strip_suffix('/').map_or_else(|| "/".to_owned(), |rest| format!("/api/{rest}"));
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Ok(uri) = format!("{path}{query}").parse() {
        *request.uri_mut() = uri;
    }
}

/// The address of a request among all that there are. Looked up where it is needed: for a parameter, or for a 405.
#[derive(Clone)]
pub(crate) struct Here {
    operations: Arc<[Operation]>,
    path: Arc<str>,
}

impl Here {
    fn known(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|operation| operation.is_at(&self.path))
    }

    /// The methods that it knows, as a 405 must say (RFC 9110, section 15.5.6).
    fn allowed(&self) -> String {
        let methods: Vec<&str> = self.known().map(|operation| operation.method.as_str()).collect();
        if methods.is_empty() { "GET".to_owned() } else { methods.join(", ") }
    }

    /// Refuses a parameter that it does not know, or that is given twice: a misspelt filter would show everything, as would the
    /// second of two, and a `dry_run` that is asked for in the wrong place would write.
    ///
    /// A header that is no text is refused as well: taken for a missing one, a request that is sent again would be done twice.
    fn check(&self, request: &Request) -> Result<(), Problem> {
        for name in ["Idempotency-Key", "If-Match", "X-Source"] {
            if request.headers().get_all(name).iter().any(|value| value.to_str().is_err()) {
                return Err(Problem::malformed(format!("{name} has printable ASCII characters only.")));
            }
        }
        let Some(query) = request.original_uri().query() else { return Ok(()) };
        let Some(operation) = self.known().find(|o| o.method == request.method().as_str()) else { return Ok(()) };
        let known = &operation.parameters;
        let mut given = HashSet::new();
        for (name, _) in url::form_urlencoded::parse(query.as_bytes()) {
            if !known.iter().any(|known| *known == name) {
                let instead = if known.is_empty() {
                    "this address takes none".to_owned()
                } else {
                    format!("{} are", known.join(", "))
                };
                return Err(Problem::malformed(format!("There is no parameter {name:?} here; {instead}.")));
            }
            if !given.insert(name.clone()) {
                return Err(Problem::malformed(format!(
                    "{name} is given twice; give it once, so that it is one question."
                )));
            }
        }
        Ok(())
    }
}

/// What a handler gives: an answer of a shape, or a problem.
pub(crate) type Answer<T> = Result<T, Fault>;
