//! Works through batches of many rows in the background, piece by piece. The rows are stored when the work is taken on, and
//! each piece is done with in the transaction that writes it, so that any copy of the service goes on after a crash and
//! no row is written twice. A copy holds a job by the lock of its row, for one piece.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use changelog::{Entry, Log};
use chrono::Utc;
use db::{Db, Tx};
use domain::filter::{self, Filter};
use domain::identity::Identity;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::identity::{Credential, IdentityError};
use uuid::Uuid;

use super::task::Task;
use super::{Beside, Desk, Refusal};
use crate::App;
use crate::batch::{self, Action, Tally};
use crate::record;
use crate::store::batches::{self, DONE, FAILED};
use crate::store::jobs::{self, Job, Refused, Taken};
use crate::write::{self, Context, Rehearsed, Tries, WriteError};

/// How often the table is looked at: another copy may have died at its work.
const LOOK: Duration = Duration::from_secs(1);
/// What a piece shall take at most, so that other writers pass in between.
const PIECE: Duration = Duration::from_millis(100);
/// Rows of the first piece, and of any at least and at most.
const FIRST: u32 = 50;
const FEWEST: u32 = 5;
const MOST: u32 = 500;
/// How often the maker hears of a batch that goes on, at most.
const TELL: Duration = Duration::from_millis(500);
/// Jobs that take turns.
const JOBS: u32 = 20;
/// Rows of one transaction while a batch is put down: some 20 ms.
const PUT_DOWN: usize = 5000;

/// What is stored of a job.
#[derive(Debug, Serialize, Deserialize)]
pub struct Spec {
    /// What is done to every row.
    pub task: Task,
    /// The filter by which the rows were found, if it was one.
    pub q: Option<String>,
}

/// Takes a batch on and commits: `rows` by id, each once.
///
/// # Errors
/// The database's own; nothing is then to be reported as taken on.
pub async fn accept(
    log: &Log,
    mut tx: Tx,
    context: &Context,
    action: Action,
    spec: &Spec,
    matched: usize,
) -> db::Result<()> {
    let at = context.now.timestamp_micros();
    let part = batch::part(context, action, Tally { matched: matched as u64, ..Tally::default() });
    batches::begin(&mut tx, &part).await?;
    let job = Job {
        batch_id: context.batch_id,
        maker: context.actor_id,
        task: serde_json::to_value(spec).map_err(|e| db::DbError::Corrupt(e.to_string()))?,
        context: json!({
            "actor_name": context.actor_name, "address": context.address, "request_id": context.request_id,
        }),
    };
    jobs::add(&mut tx, &job, at).await?;
    let begun = batches::lock(&mut tx, context.batch_id).await?;
    let entries: Vec<Entry> = begun.iter().map(|batch| record::batch(context, 1, batch)).collect();
    log.commit(tx, &entries).await
}

/// Puts down the rows of a batch that is to be taken on, in pieces between which others write. A batch that is then not taken
/// on leaves them to [`jobs::sweep`].
///
/// # Errors
/// The database's own.
pub async fn put_down(db: &Db, batch_id: Uuid, rows: &[Taken]) -> db::Result<()> {
    for piece in rows.chunks(PUT_DOWN) {
        let mut tx = db.begin().await?;
        jobs::add_rows(&mut tx, batch_id, piece).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Works until the service stops; `App::jobs` tells of new work at once. What fails is tried again.
pub async fn run(app: App) {
    loop {
        if let Err(error) = turns(app.clone()).await {
            tracing::warn!(cause = ?error, "batches could not be looked for");
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = app.jobs.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// A piece of each job in turn, until none has rows left or nothing goes forward.
async fn turns(app: App) -> Result<(), WriteError> {
    let mut size = FIRST;
    let mut told: HashMap<Uuid, Instant> = HashMap::new();
    loop {
        let mut went_on = false;
        told.retain(|_, at| at.elapsed() < TELL);
        for (batch_id, maker) in jobs::waiting(&app.db, JOBS).await? {
            if app.stop.is_cancelled() {
                return Ok(());
            }
            let who = match app.identity.identify(&Credential::Person(maker)).await {
                Ok(who) => Some(who),
                Err(IdentityError::Refused) => None,
                Err(IdentityError::Unavailable(cause)) => {
                    tracing::warn!(%cause, "a batch waits for accounts");
                    continue;
                }
            };
            let began = Instant::now();
            let next = Next { batch_id, who, size, tell: !told.contains_key(&batch_id) };
            match piece(&app, &next).await {
                Ok(rows) => {
                    told.entry(batch_id).or_insert(began);
                    went_on |= rows.is_some();
                    if rows == Some(size) {
                        size = next_size(size, began.elapsed());
                    }
                }
                Err(WriteError::Moved) => size = FEWEST.max(size / 2),
                Err(error) => tracing::warn!(cause = ?error, %batch_id, "a piece of a batch could not be written yet"),
            }
            tokio::task::yield_now().await;
        }
        if !went_on {
            return Ok(());
        }
    }
}

/// As many rows as would have taken four fifths of the time, and at most twice as many as before.
fn next_size(size: u32, took: Duration) -> u32 {
    let fitting = f64::from(size) * 0.8 * PIECE.as_secs_f64() / took.as_secs_f64().max(0.001);
    // Between two small whole numbers nothing is lost.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to FEWEST..=MOST")]
    let fitting = fitting.clamp(f64::from(FEWEST), f64::from(MOST)) as u32;
    fitting.min(size * 2)
}

/// The next piece of a batch.
struct Next {
    batch_id: Uuid,
    /// The maker with the rights they have now; none where they may not sign in any more.
    who: Option<Arc<Identity>>,
    /// The most rows.
    size: u32,
    /// Whether the maker is to hear of it; of the end they always do.
    tell: bool,
}

/// Writes the next rows of a batch; gives how many, none where another copy is at it or nothing is left.
async fn piece(app: &App, next: &Next) -> Result<Option<u32>, WriteError> {
    let mut beside = Beside::of_piece(Rehearsed::default());
    let mut tries = Tries::new();
    while beside.again(&mut tries).await {
        match try_piece(app, next, &mut beside).await {
            Err(e) if e.asks_for_retry() => {}
            done => return done,
        }
    }
    Err(WriteError::Moved)
}

async fn try_piece(app: &App, next: &Next, beside: &mut Beside) -> Result<Option<u32>, WriteError> {
    let mut tx = app.db.begin().await?;
    let batch_id = next.batch_id;
    let Some(job) = jobs::take(&mut tx, batch_id).await? else { return Ok(None) };
    let context = context(app, &job);
    let Some(who) = next.who.as_deref() else { return give_up(tx, app, &context).await };
    let spec: Spec = serde_json::from_value(job.task).map_err(|e| db::DbError::Corrupt(e.to_string()))?;
    let filter = spec.q.as_deref().map(filter::parse).transpose();
    let filter: Option<Filter> = filter.map_err(|e| db::DbError::Corrupt(e.to_string()))?;
    let (mut rows, also) = taken(&mut tx, batch_id, next.size, beside).await?;
    let (count, last) = (rows.len(), rows.last().map(|row| row.id));
    rows.extend(&also);
    let desk = Desk { log: &app.log, who, context: &context, dry: false };
    let written = match spec.task.run(&mut tx, &desk, &rows, filter.as_ref(), beside).await {
        Ok(written) => written,
        Err(error) => {
            // Now, and not when the connection is next used: the next try may follow at once, and passes over a job that is held.
            tx.rollback().await?;
            return Err(error);
        }
    };
    let refused: Vec<Refused> = written.refusals().map(kept).collect();
    jobs::refuse(&mut tx, batch_id, &refused).await?;
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let tally = Tally { matched: 0, done: rows.len() as u64, changed: written.changed(), refused: written.refused() };
    let mut entries = written.entries;
    match last {
        Some(last) if count >= next.size => {
            jobs::done(&mut tx, batch_id, last, &also, Utc::now().timestamp_micros()).await?;
            if next.tell {
                entries.extend(batch::told(&mut tx, &app.log, &context, tally).await?);
            }
        }
        _ => {
            jobs::end(&mut tx, batch_id).await?;
            batches::end(&mut tx, batch_id, DONE).await?;
            was_in_vain(&mut tx, batch_id, tally.changed).await?;
            entries.extend(batch::told(&mut tx, &app.log, &context, tally).await?);
        }
    }
    batch::commit(&app.log, tx, &context, &entries, "", tally).await?;
    Ok(Some(count))
}

/// The next rows, and others that are to be written together with them, each by id.
async fn taken(
    tx: &mut Tx,
    batch_id: Uuid,
    size: u32,
    beside: &mut Beside,
) -> Result<(Vec<Taken>, Vec<Taken>), WriteError> {
    let mut rows = jobs::rows(tx, batch_id, size).await?;
    let companions = beside.companions(tx, &rows).await?;
    let mut also = jobs::waiting_of(tx, batch_id, &companions).await?;
    let more = u32::try_from(beside.rows(size as usize, also.len())).unwrap_or(size);
    if more > size {
        rows = jobs::rows(tx, batch_id, more).await?;
        also.retain(|row| rows.last().is_some_and(|last| row.id > last.id));
    }
    Ok((rows, also))
}

/// A batch that nothing was undone of stands as before.
async fn was_in_vain(tx: &mut Tx, batch_id: Uuid, changed: u64) -> db::Result<()> {
    let Some(batch) = batches::lock(tx, batch_id).await? else { return Ok(()) };
    match batch.undo_of.filter(|_| batch.changed + changed == 0) {
        Some(undone) => batches::mark_undone(tx, undone, None).await,
        None => Ok(()),
    }
}

/// The maker may do nothing any more: what is left is refused, piece by piece.
async fn give_up(mut tx: Tx, app: &App, context: &Context) -> Result<Option<u32>, WriteError> {
    let left = jobs::remove(&mut tx, context.batch_id).await?;
    let tally = Tally { matched: 0, done: left, changed: 0, refused: left };
    if left > 0 {
        batch::commit(&app.log, tx, context, &[], "", tally).await?;
        return Ok(Some(0));
    }
    jobs::end(&mut tx, context.batch_id).await?;
    let detail = "Who asked for this may not sign in any more; what was not done by then is left as it is.".to_owned();
    let refused = Refused { id: None, field: None, code: "forbidden".into(), detail, theirs: None };
    jobs::refuse(&mut tx, context.batch_id, &[refused]).await?;
    batches::end(&mut tx, context.batch_id, FAILED).await?;
    was_in_vain(&mut tx, context.batch_id, 0).await?;
    let entries: Vec<Entry> = batch::told(&mut tx, &app.log, context, tally).await?.into_iter().collect();
    batch::commit(&app.log, tx, context, &entries, "", tally).await?;
    Ok(Some(0))
}

fn kept(refusal: &Refusal) -> Refused {
    Refused {
        id: refusal.id,
        field: refusal.field.clone(),
        code: refusal.code.to_owned(),
        detail: refusal.detail.clone(),
        theirs: refusal.by.as_ref().map(|by| json!({ "now": refusal.now, "by": by, "at": refusal.at })),
    }
}

/// The one who asked, at the present time.
fn context(app: &App, job: &Job) -> Context {
    let text = |name: &str| job.context[name].as_str().unwrap_or_default().to_owned();
    let is_undo = job.task["task"].get("undo").is_some();
    Context {
        actor_id: job.maker,
        actor_name: text("actor_name"),
        via: if is_undo { "undo" } else { "site" },
        address: text("address"),
        request_id: text("request_id"),
        batch_id: job.batch_id,
        now: write::now(),
        tz: app.config.org_timezone,
    }
}
