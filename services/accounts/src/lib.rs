//! Users, sessions and grants, and who somebody is for the other services.

mod command;
mod event;
mod first;
mod forgot;
mod http;
mod links;
mod mail;
mod password;
mod session_store;
mod store;
mod totp;
mod tries;

pub use changelog::Receipt;
pub use command::{HandedLink, Person, disable, people, reset_link};
pub use first::{FirstSuperadmin, create_superadmin, ensure_superadmin};
pub use http::openapi::text as openapi;
pub use store::open_database;

use std::sync::Arc;
use std::time::Duration;

use actix_session::SessionMiddleware;
use actix_session::config::{CookieContentSecurity, PersistentSession};
use actix_web::cookie::{SameSite, time};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use changelog::Verdict;
use changelog::kafka::{Topic, relay};
use service::{Config, restarted};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use forgot::Desk;
use http::State;
use mail::PostBox;
use password::Passwords;
use session_store::{Sessions, cookie_key};
use store::Store;

/// Threads that answer requests.
const WORKERS: usize = 2;
/// How long an unused connection is kept: longer than the gateway (20 s) and the other services (90 s) keep theirs, so that it
/// is never closed at the moment in which one of them sends.
const KEEP_ALIVE: Duration = Duration::from_secs(120);
/// How long open requests may go on after the stop, seconds.
const GRACE: u64 = 5;
/// How long the tracker has to answer about one challan.
const TRACKER_DEADLINE: Duration = Duration::from_secs(3);
/// How often what is over is removed, and the process' log told where the log of accounts ends: at the start and hourly.
const SWEEP: Duration = Duration::from_secs(3600);

/// Starts the service on `listener`; it answers when this returns, and ends when `stop` is set.
///
/// # Errors
/// When the database cannot be opened or the listener not be used.
pub async fn start(
    config: Arc<Config>,
    listener: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let store = Store::open(&config).await?;
    let passwords = tokio::task::spawn_blocking(Passwords::new).await??;
    let relaying = config.kafka.as_ref().map(|kafka| {
        let topic = Topic::account_changes(&kafka.bootstrap_servers, &kafka.topic_prefix);
        let (log, end) = (store.log.clone(), stop.clone());
        let relaying = async move || relay(log.clone(), topic.clone(), end.clone()).await;
        tokio::spawn(restarted("the relay of accounts", stop.clone(), relaying))
    });
    let cookie_key = cookie_key(&config.secret_key);
    let tracker = reqwest::Client::builder().timeout(TRACKER_DEADLINE).no_proxy().build()?;
    let (post, postman) = PostBox::open(config.mail.as_ref(), stop.clone())?;
    let (forgotten, mut requests) = Desk::open();
    let state = State { config, store, passwords, cookie_key, post, forgotten, tracker, stop };
    let at_desk = state.clone();
    let clerk = tokio::spawn(restarted("answering who forgot a password", state.stop.clone(), async move || {
        let State { config, store, post, stop, .. } = &at_desk;
        forgot::attend(&mut requests, config, store, post, stop).await;
    }));
    let swept = state.clone();
    let sweeping = tokio::spawn(restarted("removing what is over", state.stop.clone(), async move || {
        sweep(&swept.store, &swept.stop).await;
    }));
    let listener = listener.into_std()?;
    let shared = state.clone();
    let server = HttpServer::new(move || {
        App::new()
            .wrap(from_fn(http::caller::guard))
            .wrap(session_middleware(&shared))
            .wrap(from_fn(http::envelope::envelope))
            .app_data(web::Data::new(shared.clone()))
            .configure(http::routes)
    })
    .workers(WORKERS)
    .disable_signals()
    .shutdown_timeout(GRACE)
    .client_request_timeout(Duration::from_secs(5))
    .keep_alive(KEEP_ALIVE)
    .listen(listener)?
    .run();
    let handle = server.handle();
    let running = tokio::spawn(server);
    Ok(tokio::spawn(async move {
        state.stop.cancelled().await;
        handle.stop(true).await;
        running.await??;
        sweeping.await?;
        if let Some(relaying) = relaying {
            relaying.await?;
        }
        clerk.await?;
        postman.await?;
        state.store.db.close().await;
        Ok(())
    }))
}

fn session_middleware(state: &State) -> SessionMiddleware<Sessions> {
    let lifetime = time::Duration::microseconds(state.store.limits.absolute);
    SessionMiddleware::builder(Sessions(state.store.clone()), state.cookie_key.clone())
        .cookie_name(state.config.session_cookie().to_owned())
        .cookie_secure(state.config.is_https())
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(PersistentSession::default().session_ttl(lifetime))
        .build()
}

async fn sweep(store: &Store, stop: &CancellationToken) {
    loop {
        if let Err(e) = sweep_once(store, chrono::Utc::now().timestamp_micros()).await {
            tracing::warn!("what is over could not be removed: {e:?}");
        }
        // Where the logs of the process are kept, the database's owner does not reach.
        match store.log.receipt().await {
            Ok(Some(receipt)) => tracing::info!("the receipt of the log of accounts is {receipt}"),
            Ok(None) => {}
            Err(e) => tracing::warn!("the receipt of the log of accounts could not be read: {e:?}"),
        }
        if tokio::time::timeout(SWEEP, stop.cancelled()).await.is_ok() {
            return;
        }
    }
}

async fn sweep_once(store: &Store, now: i64) -> db::Result<()> {
    store.sweep_sessions(now).await?;
    store.sweep_tries(now).await?;
    store.sweep_links(now).await
}

/// Opens the database once, so that the tables of accounts have their newest shape.
///
/// # Errors
/// When the database is away or a migration failed.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    let db = open_database(config).await?;
    db.close().await;
    Ok(())
}

/// Checks that no row of the log of accounts was edited, removed, moved or slipped in since it was written, and gives the
/// log's end; none where the log is empty. That rows were cut off the end shows only against a receipt from before, which
/// `since` is.
///
/// # Errors
/// A sentence that names the first row that is not as it was written; or the database is away.
pub async fn verify(config: &Config, since: Option<&Receipt>) -> anyhow::Result<Option<Receipt>> {
    let store = Store::open(config).await?;
    let verdict = store.log.verify(since).await;
    store.db.close().await;
    match verdict? {
        Some(Verdict::Broken { seq, why }) => anyhow::bail!("Row {seq} of the log of accounts {why}."),
        Some(Verdict::Whole { end }) => Ok(end),
        None => Ok(None),
    }
}
