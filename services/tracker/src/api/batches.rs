//! Batches: what each writing request did.

use chrono::DateTime;
use db::Tx;
use domain::identity::{Role, Via};
use poem::Response;
use poem::http::StatusCode;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use serde_json::{Value, json};
use service::Problem;
use service::pages::{Asked, address};
use uuid::Uuid;

use super::caller::Caller;
use super::contract::{Nothing, Shown};
use super::fault::Fault;
use super::repeat::{self, Repeat, Reply};
use super::shown::Sight;
use super::{Answer, schema};
use crate::App;
use crate::batch::{self, Action, Tally};
use crate::bulk::job::{self, Spec};
use crate::bulk::task::Task;
use crate::bulk::{Beside, Desk, Refusal};
use crate::store::batches::{self, Batch, RUNNING};
use crate::store::jobs::{self, Taken};
use crate::write::{Context, Tries, WriteError, rfc3339};

/// Rows of one page unless asked otherwise, and at most.
const PAGE: u32 = 50;
const MOST: u32 = 200;
/// Challans of a batch that is undone while its maker waits.
const AT_ONCE: usize = 100;
/// Batches of what stands beside the challans.
const BESIDE: [&str; 2] = ["customer", "series"];

/// What each writing request did.
pub(crate) struct Batches;

#[OpenApi(prefix_path = "/api/tracker")]
impl Batches {
    /// One's own batches, the newest first; an admin without `mine=1` sees everybody's.
    #[oai(path = "/batches/", method = "get")]
    async fn list_batches(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Query(mine): Query<Option<String>>,
        Query(limit): Query<Option<u32>>,
        Query(cursor): Query<Option<String>>,
    ) -> Answer<Shown<schema::BatchPage>> {
        at_the_site(&caller)?;
        let asked = Asked::of(limit, (PAGE, MOST), cursor.as_deref())?;
        let mine = match mine.as_deref() {
            Some("1") => true,
            None | Some("0") => false,
            Some(_) => return Err(Problem::malformed("mine is 1, for one's own batches, or 0.").into()),
        };
        let maker = (mine || !reads_all(&caller)).then_some(caller.who.user_id);
        let address = address("/api/tracker/batches/", [("mine", mine.then(|| "1".to_owned()))]);
        let read = |at, limit| async move { batches::page(&app.db, maker, &at, limit).await };
        let page = asked.page(&address, read, |batch| batch.id).await?;
        Ok(answer(&page.json(shown)).into())
    }

    /// Writes the opposite of one's own batch, in a batch of its own, which can be undone as well. What others changed
    /// since stays, and so does a number that was taken.
    #[oai(path = "/batches/:id/undo/", method = "post")]
    async fn undo_batch(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        _body: Nothing,
    ) -> Answer<schema::Undone> {
        at_the_site(&caller)?;
        let repeat = Repeat::of(&caller, &format!("undo {id}"), key.as_deref(), &[])?;
        let context = caller.context(app, "undo");
        let mut beside = Beside::new();
        let mut rows = None;
        let mut tries = Tries::new();
        while beside.again(&mut tries).await {
            if rows.is_none() {
                rows = rows_of_ended(app, &caller, &context, id).await?;
            }
            let mut tx = app.db.begin().await?;
            if let Some(reply) = repeat::done(&mut tx, repeat.as_ref(), context.now).await? {
                tx.rollback().await?;
                return Ok(Response::from(undone_before(app, &caller, reply).await?).into());
            }
            let batch = match batches::lock(&mut tx, id).await {
                Err(db::DbError::Conflict(_)) => continue,
                found => found?.ok_or_else(Problem::not_found)?,
            };
            must_be_undoable(&caller, &batch)?;
            // None where it ended a moment ago.
            let Some(rows) = &rows else {
                tx.rollback().await?;
                continue;
            };
            match undo(tx, app, &caller, &context, (batch, rows), &mut beside, repeat.as_ref()).await {
                Err(e) if e.asks_for_retry() => {}
                done => return Ok(Response::from(done?).into()),
            }
        }
        Err(WriteError::Moved.into())
    }

    /// One batch, as far as it has come. Only its maker sees it, and admins.
    #[oai(path = "/batches/:id/", method = "get")]
    async fn read_batch(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
    ) -> Answer<Shown<schema::Batch>> {
        at_the_site(&caller)?;
        let batch = batches::find(&app.db, id).await?.ok_or_else(Problem::not_found)?;
        must_see(&caller, &batch)?;
        let mut body = shown(&batch);
        let refusal = |r: jobs::Refused| {
            let theirs = r.theirs.unwrap_or_default();
            json!({
                "id": r.id, "field": r.field, "code": r.code, "detail": r.detail,
                "now": theirs["now"], "by": theirs["by"], "at": theirs["at"],
            })
        };
        let mut refusals: Vec<Value> = jobs::refusals(&app.db, id).await?.into_iter().map(refusal).collect();
        Sight::veil_refusals(app, &caller, &mut refusals).await?;
        body["refusals"] = refusals.into();
        Ok(answer(&body).into())
    }
}

/// The challans of a batch that is to be undone, by id; their versions are not asked for. One that has ended changes no others, so they
/// are read, and those of a long one put down, before the transaction for which everybody else who writes waits. None while it
/// is not to be undone.
async fn rows_of_ended(app: &App, caller: &Caller, context: &Context, id: Uuid) -> db::Result<Option<Vec<Taken>>> {
    let batch = batches::find(&app.db, id).await?.filter(|batch| must_be_undoable(caller, batch).is_ok());
    let Some(batch) = batch else { return Ok(None) };
    let ids = batches::challans(&app.db, &batch).await?;
    let rows: Vec<Taken> = ids.into_iter().map(|id| Taken { id, version: 0 }).collect();
    if rows.len() > AT_ONCE {
        job::put_down(&app.db, context.batch_id, &rows).await?;
    }
    Ok(Some(rows))
}

/// Undoes a batch: in this transaction, or in the background where it has many rows, which are then put down already.
async fn undo(
    mut tx: Tx,
    app: &App,
    caller: &Caller,
    context: &Context,
    (batch, rows): (Batch, &[Taken]),
    beside: &mut Beside,
    repeat: Option<&Repeat>,
) -> Result<Reply, WriteError> {
    let undone = batch.id;
    let action = Action { word: "undo", undo_of: Some(undone) };
    if rows.len() > AT_ONCE {
        let reply = reply(202, Some(context.batch_id), &json!({ "batch_id": context.batch_id }));
        repeat::keep(&mut tx, repeat, &reply, context.now).await?;
        batches::mark_undone(&mut tx, undone, Some(context.batch_id)).await?;
        let spec = Spec { task: Task::Undo(Box::new(batch)), q: None };
        job::accept(&app.log, tx, context, action, &spec, rows.len()).await?;
        app.jobs.notify_one();
        return Ok(reply);
    }
    let desk = Desk { log: &app.log, who: &caller.who, context, dry: false };
    let written = match Task::Undo(Box::new(batch)).run(&mut tx, &desk, rows, None, beside).await {
        Ok(written) => written,
        Err(error) => {
            tx.rollback().await?;
            return Err(error);
        }
    };
    let skipped: Vec<Value> = written.refusals().map(Refusal::json).collect();
    if written.changed() == 0 {
        // Nothing was written, so there is no batch and the other one stands.
        let reply = reply(200, None, &json!({ "batch_id": null, "undone": 0, "skipped": skipped }));
        repeat::keep(&mut tx, repeat, &reply, context.now).await?;
        tx.commit().await?;
        return Ok(reply);
    }
    let body = json!({ "batch_id": context.batch_id, "undone": written.changed(), "skipped": skipped });
    let reply = reply(200, Some(context.batch_id), &body);
    repeat::keep(&mut tx, repeat, &reply, context.now).await?;
    batches::mark_undone(&mut tx, undone, Some(context.batch_id)).await?;
    let tally = Tally::of(rows.len() as u64, written.changed(), written.refused());
    batch::commit(&app.log, tx, context, &written.entries, action, tally).await?;
    Ok(reply)
}

/// The answer of an undoing that is given again, by the rights of now.
async fn undone_before(app: &App, caller: &Caller, mut reply: Reply) -> Result<Reply, Fault> {
    let mut body: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    if let Some(skipped) = body.get_mut("skipped").and_then(Value::as_array_mut) {
        Sight::veil_refusals(app, caller, skipped).await?;
        reply.body = body.to_string();
    }
    Ok(reply)
}

/// The answer of a write that is a batch.
pub(super) fn reply(status: u16, batch: Option<Uuid>, body: &Value) -> Reply {
    let headers = batch.map(|id| ("x-batch-id".to_owned(), id.to_string())).into_iter().collect();
    Reply { status, headers, body: body.to_string() }
}

/// Refuses whoever may not undo a batch, and a batch that cannot be undone.
fn must_be_undoable(caller: &Caller, batch: &Batch) -> Result<(), Fault> {
    must_see(caller, batch)?;
    if batch.maker != caller.who.user_id {
        return Err(Problem::forbidden("Only who made a batch undoes it.").into());
    }
    let conflict = |code: &str, detail: &str| Err(Problem::new(StatusCode::CONFLICT, code, detail).into());
    if batch.status == RUNNING {
        return conflict("running", "This batch is still at work. Undo it when it is done.");
    }
    if batch.undone_by.is_some() {
        return conflict("undone", "This batch was undone already. To bring it back, undo that undoing.");
    }
    if BESIDE.contains(&batch.action.as_str()) {
        return conflict(
            "not_undoable",
            "A change of a customer or a series is not undone with its batch: write the former values again. A merge stays.",
        );
    }
    if batch.changed == 0 {
        return conflict("nothing_to_undo", "This batch changed no challan.");
    }
    Ok(())
}

/// Other systems have their own answers of ingest; a key is not its maker.
fn at_the_site(caller: &Caller) -> Result<(), Fault> {
    match caller.who.via {
        Via::Session => Ok(()),
        Via::Key => Err(Problem::forbidden("Batches are seen and undone at the site, not with a key.").into()),
    }
}

fn reads_all(caller: &Caller) -> bool {
    caller.who.role != Role::User
}

fn must_see(caller: &Caller, batch: &Batch) -> Result<(), Fault> {
    if batch.maker == caller.who.user_id || reads_all(caller) { Ok(()) } else { Err(Problem::not_found().into()) }
}

/// Whether there is something that undo could write back.
fn is_undoable(batch: &Batch) -> bool {
    batch.status != RUNNING
        && batch.undone_by.is_none()
        && batch.changed > 0
        && !BESIDE.contains(&batch.action.as_str())
}

fn shown(batch: &Batch) -> Value {
    json!({
        "id": batch.id, "status": batch.status, "action": batch.action, "via": batch.via,
        "at": DateTime::from_timestamp_micros(batch.at).map(rfc3339),
        "by": { "id": batch.maker, "name": batch.maker_name },
        "matched": batch.matched, "done": batch.done, "changed": batch.changed, "refused": batch.refused,
        "undo_of": batch.undo_of, "undone_by": batch.undone_by, "undoable": is_undoable(batch),
    })
}

fn answer(body: &Value) -> Response {
    Response::builder().header("cache-control", "no-store").content_type("application/json").body(body.to_string())
}
