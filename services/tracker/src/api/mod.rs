//! Addresses and their handlers, a file a noun.

mod body;
mod caller;
mod challans;
mod conflict;
mod fault;
mod history;
mod ingest;
mod ingest_limits;
mod lists;
mod operations;

use poem::middleware::{AddData, CookieJarManager};
use poem::{Endpoint, EndpointExt, Route, get, post};

use crate::App;
use fault::Fault;

/// Every address of the service; `/api/v1/…` is the same as `/api/…`.
pub(crate) fn routes(app: App) -> impl Endpoint {
    Route::new()
        .nest("/api", api())
        .nest("/api/v1", api())
        .at("/internal/changes", get(operations::changes))
        .at("/internal/changes/end", get(operations::end))
        .at("/healthz", get(operations::healthz))
        .at("/readyz", get(operations::readyz))
        .with((AddData::new(app), CookieJarManager::new()))
        .catch_all_error(|error: poem::Error| async move { fault::response(&error) })
        .around(|endpoint, mut request| async move {
            let id = fault::request_id(&request);
            request.set_data(fault::RequestId(id.clone()));
            let response = endpoint.get_response(request).await;
            Ok(fault::stamped(response, &id).await)
        })
}

fn api() -> Route {
    Route::new()
        .at("/tracker/data/", get(lists::page).post(challans::create))
        .at(
            "/tracker/data/:id/",
            get(challans::read).patch(challans::patch).put(challans::put).delete(challans::delete),
        )
        .at("/tracker/data/:id/issue/", post(challans::issue))
        .at("/tracker/data/:id/void/", post(challans::void))
        .at("/tracker/data/:id/restore/", post(challans::restore))
        .at("/tracker/data/:id/history/", get(history::history))
        .at("/tracker/range/", get(lists::range))
        .at("/tracker/facets/", get(lists::facets))
        .at("/tracker/summary/", get(lists::summary))
        .at("/tracker/columns/", get(lists::catalogue))
        .at("/ingest/challans/", post(ingest::ingest))
}

/// Marks an error type as an answer.
pub(crate) type Answer = Result<poem::Response, Fault>;
