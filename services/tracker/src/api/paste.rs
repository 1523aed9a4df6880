//! Rows each with their own change, as a paste, a fill or a clear sends them: answered row by row when they are written.

use std::collections::HashSet;

use domain::identity::Permission;
use poem::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service::Problem;
use uuid::Uuid;

use super::batches::reply;
use super::caller::Caller;
use super::challans::one;
use super::fault::Fault;
use super::repeat::Repeat;
use super::shown::{Sight, id_of};
use crate::App;
use crate::batch::{self, Tally};
use crate::bulk::patch::{self, Row};
use crate::bulk::{Beside, Desk, Judged, Written, change};
use crate::write::{Rehearsed, Tries, WriteError};

/// The most rows of a call.
const MOST_ROWS: usize = 10_000;
/// The most rows of one commit, so that other writers pass in between.
const COMMIT_ROWS: usize = 200;

/// What became of one commit, as it is kept for a request that is sent again.
#[derive(Serialize, Deserialize)]
struct Done {
    batch_id: Uuid,
    results: Vec<Value>,
}

impl Done {
    fn tally(&self) -> Tally {
        Tally::of(
            self.results.len() as u64,
            count(&self.results, "created") + count(&self.results, "updated"),
            count(&self.results, "refused"),
        )
    }
}

fn count(results: &[Value], outcome: &str) -> u64 {
    results.iter().filter(|result| result["outcome"] == outcome).count() as u64
}

/// Writes the rows that nothing refuses, in commits of at most 200, and answers a result for every row.
pub(super) async fn patch(
    app: &App,
    caller: &Caller,
    mut given: Map<String, Value>,
    dry: bool,
    repeat: Option<&Repeat>,
) -> Result<Response, Fault> {
    let rows = rows(given.remove("rows"))?;
    if let Some(name) = given.keys().next() {
        return Err(one(name, "unknown_field", "This is not part of patch.").into());
    }
    let mut context = caller.context(app, "site");
    let repeat = repeat.filter(|_| !dry);
    let mut results = Vec::with_capacity(rows.len());
    let mut so_far = Tally::default();
    let wrote = |tally: Tally| !dry && tally.changed > 0;
    let mut rehearsed = Rehearsed::default();
    for (n, part) in rows.chunks(COMMIT_ROWS).enumerate() {
        let first = n * COMMIT_ROWS;
        let part = Part { rows: part, first, so_far, repeat: repeat.map(|r| r.part(n)) };
        let desk = Desk { log: &app.log, who: &caller.who, context: &context, dry };
        let done = commit(app, caller, &desk, &part, &mut rehearsed).await;
        let done = done.map_err(|fault| fault.after(if wrote(so_far) { first } else { 0 }, context.batch_id))?;
        // A request that goes on where it broke off is still the same batch.
        context.batch_id = done.batch_id;
        so_far = so_far + done.tally();
        results.extend(done.results);
    }
    let count = |outcome: &str| count(&results, outcome);
    let batch = wrote(so_far).then_some(context.batch_id);
    let body = json!({
        "batch_id": batch, "created": count("created"), "updated": count("updated"),
        "unchanged": count("unchanged"), "refused": count("refused"), "results": results,
    });
    Ok(reply(200, batch, &body).into())
}

fn rows(given: Option<Value>) -> Result<Vec<Row>, Problem> {
    let Some(Value::Array(given)) = given.filter(|v| v.as_array().is_some_and(|rows| !rows.is_empty())) else {
        return Err(one(
            "rows",
            "rows_missing",
            "Write a list of rows, such as [{\"id\": null, \"set\": {\"customer\": \"Asha\"}}].",
        ));
    };
    if given.len() > MOST_ROWS {
        return Err(one(
            "rows",
            "too_many_rows",
            format!("At most {MOST_ROWS} rows a call; this has {}.", given.len()),
        ));
    }
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(given.len());
    for (i, value) in given.into_iter().enumerate() {
        let mut row = row(value).map_err(|why| one("rows", "row_malformed", format!("The row at place {i}: {why}")))?;
        row.twice = row.base.is_some() && !seen.insert(row.id);
        rows.push(row);
    }
    Ok(rows)
}

fn row(value: Value) -> Result<Row, &'static str> {
    let Value::Object(mut given) = value else { return Err("write {id, base_version, set}.") };
    let id = match given.remove("id") {
        None | Some(Value::Null) => None,
        Some(id) => Some(id.as_str().and_then(|id| id.parse().ok()).ok_or("id is an id, or null for a new challan.")?),
    };
    let base = match (id, given.remove("base_version")) {
        (Some(_), Some(version)) => Some(version.as_u64().ok_or("base_version is the version you read.")?),
        (Some(_), None) => return Err("base_version is missing: the version you read."),
        (None, None | Some(Value::Null)) => None,
        (None, Some(_)) => return Err("a new challan has no base_version."),
    };
    let draft = match given.remove("draft") {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) if id.is_none() => true,
        Some(_) => return Err("draft is true or false, and only for a new challan."),
    };
    let Some(Value::Object(set)) = given.remove("set") else { return Err("set has the fields and their values.") };
    if !given.is_empty() {
        return Err("a row has id, base_version, set and draft, and nothing else.");
    }
    Ok(Row { id: id.unwrap_or_else(Uuid::now_v7), base, set, draft, twice: false })
}

/// The rows of one commit.
struct Part<'a> {
    rows: &'a [Row],
    /// The place of the first in the call.
    first: usize,
    /// What the commits before did.
    so_far: Tally,
    /// Under which key it may be sent again.
    repeat: Option<Repeat>,
}

/// Writes one part in one transaction, again from the start where another writer came between.
async fn commit(
    app: &App,
    caller: &Caller,
    desk: &Desk<'_>,
    part: &Part<'_>,
    rehearsed: &mut Rehearsed,
) -> Result<Done, Fault> {
    let context = desk.context;
    let mut beside = Beside::after(std::mem::take(rehearsed));
    let mut tries = Tries::new();
    while beside.again(&mut tries).await {
        let mut tx = app.db.begin().await?;
        if let Some(repeat) = &part.repeat
            && let Some(mut done) = repeat.done::<Done>(&mut tx, context.now).await?
        {
            tx.rollback().await?;
            veil(app, caller, &mut done.results).await?;
            return Ok(done);
        }
        let written = match patch::run(&mut tx, desk, part.rows, &mut beside).await {
            Err(e) if e.asks_for_retry() => {
                tx.rollback().await?;
                continue;
            }
            written => written?,
        };
        let done = Done { batch_id: context.batch_id, results: results(desk, part.rows, &written, part.first) };
        if desk.dry {
            tx.rollback().await?;
            *rehearsed = beside.rehearsed();
            return Ok(done);
        }
        let ended = async {
            if let Some(repeat) = &part.repeat {
                repeat.keep(&mut tx, &done, context.now).await?;
            }
            match part.so_far.due(done.tally()) {
                Some(tally) => batch::commit(&app.log, tx, context, &written.entries, "patch", tally).await?,
                None => tx.commit().await?,
            }
            Ok::<(), WriteError>(())
        };
        match ended.await {
            Err(e) if e.asks_for_retry() => {}
            ended => {
                ended?;
                return Ok(done);
            }
        }
    }
    Err(WriteError::Moved.into())
}

/// Takes out of results that are given again what others wrote, unless it may be seen now.
async fn veil(app: &App, caller: &Caller, results: &mut [Value]) -> db::Result<()> {
    const TOLD: [(&str, &str); 2] = [("changes", "old"), ("conflicts", "theirs")];
    let tells = |result: &&Value| {
        TOLD.iter()
            .any(|(list, name)| result[*list].as_array().is_some_and(|l| l.iter().any(|told| !told[*name].is_null())))
    };
    let ids = results.iter().filter(tells).filter_map(id_of);
    let sight = Sight::of(app, caller, Permission::ChallanRead, ids).await?;
    for result in results {
        let id = id_of(result);
        for (list, name) in TOLD {
            for told in result[list].as_array_mut().into_iter().flatten() {
                sight.veil(id, told, name);
            }
        }
    }
    Ok(())
}

fn results(desk: &Desk<'_>, rows: &[Row], written: &Written, first: usize) -> Vec<Value> {
    rows.iter().zip(&written.rows).enumerate().map(|(i, (row, judged))| result(desk, first + i, row, judged)).collect()
}

fn result(desk: &Desk<'_>, index: usize, row: &Row, judged: &Judged) -> Value {
    let outcome = match (&judged.plan, judged.refusals.is_empty(), row.base) {
        (_, false, _) => "refused",
        (Some(_), true, None) => "created",
        (Some(_), true, Some(_)) => "updated",
        (None, true, _) => "unchanged",
    };
    let written = judged.plan.as_ref().map(|plan| &plan.after.challan);
    // What is not made, or not made yet, has no id that could be asked for.
    let is_there = row.base.is_some() || (written.is_some() && !desk.dry);
    let (mut errors, mut codes) = (Map::new(), Map::new());
    let mut conflicts = Vec::new();
    for refusal in &judged.refusals {
        let field = refusal.field.as_deref().unwrap_or("row");
        if refusal.code == "conflict" && refusal.field.is_some() {
            conflicts.push(json!({
                "field": field, "mine": row.set.get(field), "theirs": refusal.now, "by": refusal.by, "at": refusal.at,
            }));
        } else {
            add(&mut errors, field, &refusal.detail);
            add(&mut codes, field, refusal.code);
        }
    }
    json!({
        "index": index, "id": is_there.then_some(row.id), "outcome": outcome,
        "version": written.filter(|_| !desk.dry).map(|c| c.version),
        "challan_number": written.filter(|_| !desk.dry).and_then(|c| c.challan_number.clone()),
        "code": judged.refusals.first().map(|r| r.code),
        "changes": judged.plan.as_ref().map(|plan| change::differences(desk, plan)).unwrap_or_default(),
        "errors": errors, "codes": codes, "conflicts": conflicts,
    })
}

fn add(by_field: &mut Map<String, Value>, field: &str, text: &str) {
    if let Some(texts) = by_field.entry(field).or_insert_with(|| json!([])).as_array_mut() {
        texts.push(text.into());
    }
}
