//! Many challans changed by one request: row by row as a paste sends them, or one change for all of a list or a filter.

use std::collections::{BTreeMap, HashSet};

use db::Tx;
use domain::challan::Facts;
use domain::identity::Permission;
use domain::rights::{hidden_everywhere, reach};
use poem::Response;
use poem::http::StatusCode;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::Header;
use serde_json::{Map, Value, json};
use service::Problem;
use uuid::Uuid;

use super::batches::reply;
use super::caller::Caller;
use super::challans::{one, reason_to_void, set};
use super::contract::JsonObject;
use super::fault::Fault;
use super::lists::{filter_of, selection};
use super::repeat::{self, Repeat, Reply};
use super::{Answer, paste, schema};
use crate::App;
use crate::batch::Action;
use crate::bulk::job::{self, Spec};
use crate::bulk::task::Task;
use crate::bulk::{Beside, Desk, Refusal};
use crate::search;
use crate::store::challans;
use crate::store::jobs::{REFUSALS, Taken};
use crate::write::{Context, Rehearsed, Tries, WriteError};

/// The most ids of a call.
const MOST_IDS: usize = 10_000;
/// The most rows of a filter.
const MOST_FOUND: u32 = 1_000_000;
/// Rows of a rehearsal that are judged in one transaction.
const PIECE: usize = 200;
/// The most bytes of a call: 16 MiB.
const LIMIT: usize = 16 << 20;

/// Many challans changed by one request.
pub(crate) struct Bulk;

#[OpenApi(prefix_path = "/api/tracker")]
impl Bulk {
    /// Changes many challans. `action: patch` takes up to 10,000 `rows`, each with its own change, and answers a result for
    /// every row; the other actions take one change for all `ids`, or for all that `q` finds, and go on in the
    /// background. `dry_run` changes nothing and says what would be.
    #[oai(path = "/bulk/", method = "post")]
    async fn change_many(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        body: JsonObject<schema::BulkRequest, LIMIT>,
    ) -> Answer<schema::BulkAnswered> {
        caller.require(Permission::ChallanBulk)?;
        let repeat = Repeat::of(&caller, "bulk", key.as_deref(), &[&body.bytes()])?;
        let mut given = body.given;
        let dry = match given.remove("dry_run") {
            None | Some(Value::Bool(false)) => false,
            Some(Value::Bool(true)) => true,
            Some(_) => return Err(one("dry_run", "not_a_flag", "Write true or false.").into()),
        };
        let action = given.remove("action");
        if action.as_ref().and_then(Value::as_str) == Some("patch") {
            let answer = paste::patch(app, &caller, given, dry, repeat.as_ref()).await?;
            return Ok(answer.into());
        }
        let order = order(app, &caller, action.as_ref().and_then(Value::as_str).unwrap_or_default(), given)?;
        let context = caller.context(app, "site");
        // Before the rows are looked for: what was done may have taken them out of the filter, or out of reach.
        if !dry && let Some(reply) = repeat::done_before(&app.db, repeat.as_ref(), context.now).await? {
            return Ok(Response::from(reply).into());
        }
        let rows = rows(app, &caller, &order).await?;
        if dry {
            return Ok(Response::from(rehearsed(app, &caller, &context, &order, &rows).await?).into());
        }
        let q = match order.which {
            Which::Ids(_) => None,
            Which::Found(q) => Some(q),
        };
        let spec = Spec { task: order.task, q };
        Ok(Response::from(taken_on(app, &context, order.word, &spec, &rows, repeat.as_ref()).await?).into())
    }
}

/// Which rows.
enum Which {
    Ids(Vec<Uuid>),
    Found(String),
}

/// What is asked, read and found right in itself.
struct Order {
    word: &'static str,
    task: Task,
    needs: Permission,
    which: Which,
}

/// The facts that link a challan to an invoice.
const OF_INVOICE: [&str; 4] = ["invoice_number", "invoice_date", "invoice_submission", "invoice_submitted_on"];

fn order(app: &App, caller: &Caller, action: &str, mut given: Map<String, Value>) -> Result<Order, Fault> {
    let (word, needs) = match action {
        "update" => ("update", Permission::ChallanUpdate),
        "link_invoice" => ("link_invoice", Permission::ChallanUpdate),
        "void" => ("void", Permission::ChallanUpdate),
        "delete" => ("delete", Permission::ChallanDelete),
        "restore" => ("restore", Permission::ChallanDelete),
        _ => {
            let right = "Write patch, update, delete, restore, void or link_invoice.";
            return Err(one("action", "action_unknown", right).into());
        }
    };
    caller.require(needs)?;
    let which = which(&mut given)?;
    if let Which::Found(q) = &which {
        filter_of(Some(q), caller)?;
    }
    let task = match word {
        "update" | "link_invoice" => Task::Set(facts(app, caller, word, given.remove("set"))?),
        "void" => Task::Void(reason_to_void(given.remove("reason").as_ref())?),
        "delete" => Task::Delete,
        _ => Task::Restore,
    };
    match given.keys().next() {
        Some(name) => Err(one(name, "unknown_field", format!("This is not part of {word}.")).into()),
        None => Ok(Order { word, task, needs, which }),
    }
}

fn which(given: &mut Map<String, Value>) -> Result<Which, Problem> {
    let mut take = |name: &str| given.remove(name).filter(|value| !value.is_null());
    match (take("ids"), take("q")) {
        (Some(Value::Array(ids)), None) if (1..=MOST_IDS).contains(&ids.len()) => {
            let read = |id: &Value| id.as_str().and_then(|id| id.parse::<Uuid>().ok());
            let mut read: Vec<Uuid> = ids
                .iter()
                .enumerate()
                .map(|(i, id)| {
                    read(id).ok_or_else(|| one("ids", "not_an_id", format!("The value at place {i} is no id.")))
                })
                .collect::<Result<_, _>>()?;
            read.sort_unstable();
            read.dedup();
            Ok(Which::Ids(read))
        }
        (Some(_), None) => Err(one("ids", "ids_length", format!("Write a list of 1 to {MOST_IDS} ids."))),
        (None, Some(Value::String(q))) => Ok(Which::Found(q)),
        (None, Some(_)) => Err(one("q", "not_text", "Write a filter, such as stage:delivered.")),
        (None, None) => Err(one("ids", "rows_missing", "Name the challans by ids, or by a filter in q.")),
        (Some(_), Some(_)) => Err(one("q", "rows_twice", "Name the challans by ids or by q, not by both.")),
    }
}

/// The facts to be set on every row, each of a type that can be set.
fn facts(app: &App, caller: &Caller, word: &str, given: Option<Value>) -> Result<Map<String, Value>, Problem> {
    let Some(Value::Object(facts)) = given.filter(|v| v.as_object().is_some_and(|o| !o.is_empty())) else {
        return Err(one(
            "set",
            "set_missing",
            "Write the fields and their values, such as {\"remarks\": \"checked\"}.",
        ));
    };
    let today = caller.context(app, "site").today();
    set(&mut Facts::of(today), &facts).map_err(|errors| Problem::refused(&errors))?;
    if word == "link_invoice" {
        let has = |name: &str| facts.get(name).is_some_and(|v| !v.is_null());
        if let Some(missing) = ["invoice_number", "invoice_date"].into_iter().find(|name| !has(name)) {
            let code = if missing == "invoice_date" { "invoice_date_missing" } else { "invoice_number_missing" };
            return Err(one(missing, code, "An invoice has a number and a date."));
        }
        if let Some(other) = facts.keys().find(|name| !OF_INVOICE.contains(&name.as_str())) {
            return Err(one(other, "unknown_field", "This is not a field of an invoice; use update."));
        }
    }
    let hidden = [Permission::ChallanRead, Permission::ChallanUpdate]
        .map(|permission| hidden_everywhere(&caller.who, permission, caller.now))
        .concat();
    match facts.keys().find(|name| hidden.contains(name)) {
        Some(name) => Err(Problem::forbidden(format!("The field {name} is hidden from you."))),
        None => Ok(facts),
    }
}

/// The rows with their versions as they are now, by id.
async fn rows(app: &App, caller: &Caller, order: &Order) -> Result<Vec<Taken>, Fault> {
    match &order.which {
        Which::Ids(ids) => listed(app, caller, order.needs, ids).await,
        Which::Found(q) => {
            let filter = filter_of(Some(q), caller)?;
            let rows = search::matching(app, &selection(app, caller, &filter), MOST_FOUND + 1).await?;
            if rows.len() > MOST_FOUND as usize {
                let detail = format!(
                    "More than {MOST_FOUND} challans match. Narrow the filter, and send it again for the rest."
                );
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_rows", detail).into());
            }
            Ok(rows)
        }
    }
}

/// Refuses the whole call where a listed challan is not there, not visible or not to be changed by this person.
async fn listed(app: &App, caller: &Caller, needs: Permission, ids: &[Uuid]) -> Result<Vec<Taken>, Fault> {
    let found = challans::find_many(&app.db, ids).await?;
    let seen = |p| move |c: &&domain::challan::Challan| reach(&caller.who, p, c, caller.now).is_some();
    let visible: HashSet<Uuid> = found.iter().filter(seen(Permission::ChallanRead)).map(|c| c.id).collect();
    if let Some(missing) = ids.iter().find(|id| !visible.contains(id)) {
        let mut problem = Problem::not_found();
        problem.fields = [("ids".to_owned(), vec![format!("There is no challan {missing} that you can see.")])].into();
        return Err(problem.into());
    }
    for permission in [needs, Permission::ChallanBulk] {
        if let Some(challan) = found.iter().find(|c| !seen(permission)(c)) {
            let reason = format!("You need the permission {} for {}.", permission.as_str(), challan.id);
            let mut problem = Problem::forbidden(reason.clone());
            problem.fields = [("ids".to_owned(), vec![reason])].into();
            return Err(problem.into());
        }
    }
    Ok(found.iter().map(|c| Taken { id: c.id, version: c.version }).collect())
}

/// What would be done, by judging every row in transactions that are rolled back.
async fn rehearsed(
    app: &App,
    caller: &Caller,
    context: &Context,
    order: &Order,
    rows: &[Taken],
) -> Result<Reply, Fault> {
    let desk = Desk { log: &app.log, who: &caller.who, context, dry: true };
    let (mut changes, mut refused) = (0, 0);
    let mut kept: Vec<Value> = Vec::new();
    let mut waiting: BTreeMap<Uuid, u64> = rows.iter().map(|row| (row.id, row.version)).collect();
    let mut before = Rehearsed::default();
    while !waiting.is_empty() {
        let mut beside = Beside::of_piece(before);
        let mut tries = Tries::new();
        loop {
            if !beside.again(&mut tries).await {
                return Err(WriteError::Moved.into());
            }
            let mut tx = app.db.begin().await?;
            let piece = taken(&mut tx, &waiting, &mut beside).await?;
            let judged = order.task.run(&mut tx, &desk, &piece, None, &mut beside).await;
            tx.rollback().await?;
            match judged {
                Err(e) if e.asks_for_retry() => {}
                judged => {
                    let judged = judged?;
                    changes += judged.changed();
                    refused += judged.refused();
                    let room = usize::try_from(REFUSALS).unwrap_or(usize::MAX).saturating_sub(kept.len());
                    kept.extend(judged.refusals().take(room).map(Refusal::json));
                    for row in &piece {
                        waiting.remove(&row.id);
                    }
                    break;
                }
            }
        }
        before = beside.rehearsed();
    }
    let body = json!({ "matched": rows.len(), "changes": changes, "refused_count": refused, "refused": kept });
    Ok(reply(200, None, &body))
}

/// The next rows of those that wait, with others that are to be judged together with them, by id.
async fn taken(tx: &mut Tx, waiting: &BTreeMap<Uuid, u64>, beside: &mut Beside) -> db::Result<Vec<Taken>> {
    let first = |count| waiting.iter().take(count).map(|(id, version)| Taken { id: *id, version: *version });
    let mut rows: Vec<Taken> = first(PIECE).collect();
    let mut companions = beside.companions(tx, &rows).await?;
    companions.retain(|id| waiting.contains_key(id));
    rows = first(beside.rows(PIECE, companions.len())).collect();
    let last = rows.last().map_or(Uuid::nil(), |row| row.id);
    let also = companions.into_iter().filter(|id| *id > last).filter_map(|id| Some((id, *waiting.get(&id)?)));
    rows.extend(also.map(|(id, version)| Taken { id, version }));
    Ok(rows)
}

/// Takes the work on; the answer names the batch in which it is followed.
pub(super) async fn taken_on(
    app: &App,
    context: &Context,
    word: &'static str,
    spec: &Spec,
    rows: &[Taken],
    repeat: Option<&Repeat>,
) -> Result<Reply, Fault> {
    let mut is_put_down = false;
    let mut tries = Tries::new();
    while tries.again().await {
        let mut tx = app.db.begin().await?;
        if let Some(reply) = repeat::done(&mut tx, repeat, context.now).await? {
            return Ok(reply);
        }
        if !is_put_down {
            tx.rollback().await?;
            job::put_down(&app.db, context.batch_id, rows).await?;
            is_put_down = true;
            tx = app.db.begin().await?;
        }
        let reply = reply(202, Some(context.batch_id), &json!({ "batch_id": context.batch_id }));
        let taken_on = async {
            repeat::keep(&mut tx, repeat, &reply, context.now).await?;
            job::accept(&app.log, tx, context, Action::from(word), spec, rows.len()).await?;
            Ok::<(), WriteError>(())
        };
        match taken_on.await {
            Err(e) if e.asks_for_retry() => {}
            done => {
                done?;
                app.jobs.notify_one();
                return Ok(reply);
            }
        }
    }
    Err(WriteError::Moved.into())
}
