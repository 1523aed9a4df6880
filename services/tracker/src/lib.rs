//! The register: challans, their rules and history, and the ingest API.

mod api;
mod batch;
mod bulk;
mod event;
mod group;
mod invoices;
mod record;
mod search;
mod store;
mod verify;
mod work;
mod write;

pub use api::contract::text as openapi;
pub use search::{Reindexed, reindex};
pub use verify::{Verified, verify};

use std::sync::Arc;
use std::time::Duration;

use changelog::Log;
use changelog::kafka::{Topic, relay};
use db::Db;
use poem::listener::TcpAcceptor;
use service::identity::IdentityClient;
use service::{Config, restarted};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long answers under way may take once the service is told to stop.
const DRAIN: Duration = Duration::from_secs(5);
/// How often old answers are removed, and how many in one transaction.
const SWEEP: Duration = Duration::from_secs(600);
const SWEPT: u32 = 500;

/// What every handler needs.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) config: Arc<Config>,
    pub(crate) db: Db,
    pub(crate) log: Log,
    /// Every write of one challan.
    pub(crate) writer: group::Writer,
    pub(crate) identity: IdentityClient,
    pub(crate) stop: CancellationToken,
    /// Told of work on a customer's challans.
    pub(crate) work: Arc<Notify>,
    /// Told of batches to be worked through.
    pub(crate) jobs: Arc<Notify>,
    /// The dashboard's figures since the last change.
    pub(crate) figures: api::KeptFigures,
    /// Pages that are still true.
    pub(crate) pages: api::KeptPages,
    /// Answers filters with words.
    pub(crate) search: search::Search,
}

/// Starts the service on `listener`; it is ready when this returns and ends after `stop`.
///
/// # Errors
/// When the database is away, a migration failed or the log could not be opened.
pub async fn start(
    config: Arc<Config>,
    listener: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let db = store::open(&config).await?;
    store::finding::fill(&db, config.org_timezone, &stop).await?;
    let log = Log::open(db.clone(), "tracker").await?;
    let identity = IdentityClient::new(&config.accounts_urls, &config.secret_key)?;
    let (writer, mut groups) = group::open(db.clone(), log.clone());
    let answered = CancellationToken::new();
    let end = answered.clone();
    let grouping = tokio::spawn(restarted("forming groups of writes", answered.clone(), async move || {
        groups.run(end.clone()).await;
    }));
    let (teller, search) = search::Search::new();
    let keeper =
        search::Keeper { db: db.clone(), log: log.clone(), tz: config.org_timezone, teller, stop: stop.clone() };
    let app = App {
        config,
        db: db.clone(),
        log,
        writer,
        identity,
        stop: stop.clone(),
        work: Arc::default(),
        jobs: Arc::default(),
        figures: api::KeptFigures::default(),
        pages: api::KeptPages::default(),
        search,
    };
    let beside = background(&app, keeper);
    let acceptor = TcpAcceptor::from_tokio(listener)?;
    Ok(tokio::spawn(async move {
        poem::Server::new_with_acceptor(acceptor)
            .run_with_graceful_shutdown(api::routes(app), stop.cancelled_owned(), Some(DRAIN))
            .await?;
        answered.cancel();
        grouping.await?;
        for task in beside {
            task.await?;
        }
        db.close().await;
        Ok(())
    }))
}

/// Does until the stop what the service does beside its answers.
fn background(app: &App, keeper: search::Keeper) -> Vec<JoinHandle<()>> {
    let [sweeping, working, searching, at_batches, counting] = std::array::from_fn(|_| app.clone());
    let stop = || app.stop.clone();
    let mut tasks = vec![
        tokio::spawn(restarted("forgetting old answers", stop(), async move || {
            sweep(&sweeping.db, &sweeping.stop).await;
        })),
        tokio::spawn(restarted("renaming challans of customers", stop(), async move || {
            let App { db, log, config, work, stop, .. } = &working;
            work::run(db, log, config.org_timezone, work, stop).await;
        })),
        tokio::spawn(restarted("keeping the search index", stop(), async move || {
            search::run(keeper.clone(), searching.config.index_dir.clone()).await;
        })),
        tokio::spawn(restarted("working through batches", stop(), async move || {
            bulk::job::run(at_batches.clone()).await;
        })),
        tokio::spawn(restarted("counting ahead", stop(), async move || api::count_ahead(counting.clone()).await)),
    ];
    if let Some(kafka) = &app.config.kafka {
        let topic = Topic::challan_changes(&kafka.bootstrap_servers, &kafka.topic_prefix);
        let (log, end) = (app.log.clone(), stop());
        let relaying = async move || relay(log.clone(), topic.clone(), end.clone()).await;
        tasks.push(tokio::spawn(restarted("the relay of the register", stop(), relaying)));
    }
    tasks
}

/// Forgets answers that are not repeated any more, and rows of batches that were not taken on.
async fn sweep(db: &Db, stop: &CancellationToken) {
    while tokio::time::timeout(SWEEP, stop.cancelled()).await.is_err() {
        let yesterday = (chrono::Utc::now() - chrono::TimeDelta::days(1)).timestamp_millis().unsigned_abs();
        let yesterday = uuid::Builder::from_unix_timestamp_millis(yesterday, &[0; 10]).into_uuid();
        if let Err(error) = store::jobs::sweep(db, yesterday, SWEPT).await {
            tracing::warn!("rows of batches that were not taken on could not be removed: {error}");
        }
        let since = api::repeat::since(chrono::Utc::now());
        while store::answers::sweep(db, since, SWEPT).await.unwrap_or_else(|error| {
            tracing::warn!("old answers could not be removed: {error}");
            0
        }) == u64::from(SWEPT)
        {}
    }
}

/// Opens the database once, so that its tables have their newest shape.
///
/// # Errors
/// When the database is away or a migration failed.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    let db = store::open(config).await?;
    store::finding::fill(&db, config.org_timezone, &CancellationToken::new()).await?;
    Log::open(db.clone(), "tracker").await?;
    db.close().await;
    Ok(())
}
