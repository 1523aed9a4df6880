//! Other systems write challans here: JSON array or NDJSON, plain or compressed, a result for every row.

mod limits;
mod outcome;
mod plan;
mod read;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use db::Tx;
use domain::challan::financial_year;
use domain::identity::{KeyScope, Permission, Via};
use poem::web::Data;
use poem::{Request, Response};
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Query};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::Problem;
use uuid::Uuid;

use super::caller::Caller;
use super::contract::{Rows, Shown};
use super::fault::Fault;
use super::repeat::Repeat;
use super::shown::Sight;
use super::{Answer, body, schema};
use crate::App;
use crate::batch::{self, Tally};
use crate::store::challans::{self, Stored};
use crate::store::customers;
use crate::store::numbers::{self, Taken};
use crate::write::{self, Context, Planned, Refused, Tries, WriteError};
use limits::{Limits, check_sources};
use outcome::{Outcome, unchanged};
use plan::{Plan, plan};
use read::{Sent, parse, rows, unpacked};

/// What rows are sent as; a sender may leave it out, since what they are is seen from the first character.
const TYPES: [&str; 3] = ["application/json", "application/x-ndjson", "application/ndjson"];
/// The most bytes of a call, before and after unpacking: 16 MiB.
const LIMIT: usize = 16 << 20;
/// The most rows of a call.
const MOST_ROWS: usize = 10_000;
/// The most rows of one commit, so that other writers pass in between.
const COMMIT_ROWS: usize = 500;

/// What became of one commit, as it is kept for a request that is sent again.
#[derive(Serialize, Deserialize)]
struct Done {
    batch_id: Uuid,
    /// With the rows' places in the call.
    outcomes: Vec<(usize, Outcome)>,
}

impl Done {
    fn tally(&self) -> Tally {
        let count = |word: &str| self.outcomes.iter().filter(|(_, o)| o.outcome == word).count() as u64;
        Tally::of(self.outcomes.len() as u64, count("created") + count("updated"), count("rejected"))
    }
}

/// The rows of one commit, with their places in the call.
struct Part {
    sent: Vec<(usize, Sent)>,
    /// Those that cannot be read.
    unread: Vec<(usize, Outcome)>,
    /// What the commits before did.
    so_far: Tally,
    /// Under which key it may be sent again.
    repeat: Option<Repeat>,
}

impl Part {
    fn of(
        rows: Vec<(usize, Value)>,
        default_source: Option<&str>,
        now: DateTime<Utc>,
        so_far: Tally,
        repeat: Option<Repeat>,
    ) -> Part {
        let mut part = Part { sent: Vec::new(), unread: Vec::new(), so_far, repeat };
        for (i, row) in rows {
            match parse(row, default_source, now) {
                Ok(row) => part.sent.push((i, row)),
                Err(outcome) => part.unread.push((i, outcome)),
            }
        }
        part
    }
}

/// The way in for other systems.
pub(crate) struct Ingest;

#[OpenApi(prefix_path = "/api/ingest")]
impl Ingest {
    /// Takes up to 10,000 rows, each created, changed or refused by itself, and answers after they are committed.
    #[allow(clippy::too_many_arguments, reason = "each is a part of the request")]
    #[oai(path = "/challans/", method = "post")]
    async fn ingest_challans(
        &self,
        request: &Request,
        Data(app): Data<&App>,
        caller: Caller,
        Query(mode): Query<Option<String>>,
        #[oai(name = "X-Source")] Header(source): Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        body: Rows,
    ) -> Answer<Shown<schema::IngestAnswer>> {
        if caller.who.via == Via::Key {
            if !caller.who.key_may(KeyScope::IngestWrite) {
                return Err(Problem::forbidden("This key may not write; it needs the scope ingest:write.").into());
            }
        } else {
            caller.require(Permission::ChallanImport)?;
        }
        if mode.is_some_and(|mode| mode != "sync") {
            return Err(Problem::malformed("mode is sync: rows are answered after they are committed.").into());
        }
        body::must_be(request, &TYPES, "Send application/json, or application/x-ndjson with a row a line.")?;
        let packed = body::bytes(request, body.0, LIMIT).await?;
        let repeat = Repeat::of(
            &caller,
            "ingest",
            key.as_deref(),
            &[source.as_deref().unwrap_or_default().as_bytes(), &packed],
        )?;
        let text = unpacked(request.header("content-encoding"), packed).await?;
        let rows = rows(&text)?;
        check_sources(&rows, source.as_deref(), &caller)?;
        let mut context = caller.context(app, "ingest");
        let mut outcomes: Vec<(usize, Outcome)> = Vec::with_capacity(rows.len());
        let mut so_far = Tally::default();
        for (n, rows) in parts(rows, source.as_deref()).into_iter().enumerate() {
            let part = Part::of(rows, source.as_deref(), context.now, so_far, repeat.as_ref().map(|r| r.part(n)));
            let done = commit(app, &caller, &context, &part).await;
            let rows = if so_far.changed > 0 { outcomes.len() } else { 0 };
            let done = done.map_err(|fault| fault.after(rows, context.batch_id))?;
            // A request that goes on where it broke off is still the same batch.
            context.batch_id = done.batch_id;
            so_far = so_far + done.tally();
            outcomes.extend(done.outcomes);
        }
        outcomes.sort_by_key(|(i, _)| *i);
        let rows = if so_far.changed > 0 { outcomes.len() } else { 0 };
        let veiled = veil(app, &caller, &mut outcomes).await;
        veiled.map_err(|error| Fault::from(error).after(rows, context.batch_id))?;
        Ok(answer((so_far.changed > 0).then_some(context.batch_id), &outcomes).into())
    }
}

/// Cuts rows into commits, always alike; two rows of one key never share one, so that the second sees the first. No rows are one
/// commit as well, which keeps the answer.
fn parts(rows: Vec<Value>, default_source: Option<&str>) -> Vec<Vec<(usize, Value)>> {
    let mut parts: Vec<Vec<(usize, Value)>> = vec![Vec::new()];
    let mut keys: HashSet<(String, String)> = HashSet::new();
    for (i, row) in rows.into_iter().enumerate() {
        let text = |name: &str| row.get(name).and_then(Value::as_str);
        let key = text("source").or(default_source).zip(text("external_id"));
        let key = key.map(|(source, external_id)| (source.to_owned(), external_id.to_owned()));
        let is_full = parts.last().is_some_and(|part| part.len() == COMMIT_ROWS);
        if is_full || key.as_ref().is_some_and(|key| keys.contains(key)) {
            parts.push(Vec::new());
            keys.clear();
        }
        keys.extend(key);
        if let Some(part) = parts.last_mut() {
            part.push((i, row));
        }
    }
    parts
}

/// Writes one part in one transaction, again from the start where another writer came between.
async fn commit(app: &App, caller: &Caller, context: &Context, part: &Part) -> Result<Done, Fault> {
    let mut refused = HashMap::new();
    let mut tries = Tries::new();
    while tries.again().await {
        let mut tx = app.db.begin().await?;
        if let Some(repeat) = &part.repeat
            && let Some(done) = repeat.done(&mut tx, context.now).await?
        {
            return Ok(done);
        }
        match try_commit(app, tx, caller, context, part, &mut refused).await {
            Err(e) if e.asks_for_retry() => {}
            done => return Ok(done?),
        }
    }
    Err(WriteError::Moved.into())
}

/// `refused` are the rows that another try found to be refused by what stands beside them.
async fn try_commit(
    app: &App,
    mut tx: Tx,
    caller: &Caller,
    context: &Context,
    part: &Part,
    refused: &mut HashMap<usize, Refused>,
) -> Result<Done, WriteError> {
    let mut known: HashMap<(String, String), Stored> = HashMap::new();
    let mut by_source: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, row) in &part.sent {
        by_source.entry(&row.source).or_default().push(&row.external_id);
    }
    for (source, mut keys) in by_source {
        keys.sort_unstable();
        for stored in challans::lock_by_key(&mut tx, source, &keys).await? {
            let key = (source.to_owned(), stored.challan.external_id.clone().unwrap_or_default());
            known.insert(key, stored);
        }
    }
    let mut taken = taken(&mut tx, &part.sent, &known).await?;
    // Also those that stand there and those that sources named last, which may be other names of the same customers.
    let standing = known.values().flat_map(|stored| {
        let said = stored.source_base.as_ref().and_then(|base| base.get("customer")?.as_str());
        said.into_iter().chain([stored.challan.facts.customer.as_str()])
    });
    let names: Vec<&str> =
        part.sent.iter().filter_map(|(_, row)| row.facts.get("customer")?.as_str()).chain(standing).collect();
    let named = customers::named(&mut tx, &names).await?;
    let limits = Limits::of(caller, &named);
    let mut planned: Vec<Planned> = Vec::new();
    let mut heard: Vec<Stored> = Vec::new();
    let mut outcomes: Vec<(usize, Outcome)> = part.unread.clone();
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (i, row) in &part.sent {
        let stored = known.get(&(row.source.clone(), row.external_id.clone()));
        if let Some(refused) = stored.and_then(|s| limits.refusal_of_change(row, &s.challan)) {
            outcomes.push((*i, refused));
            continue;
        }
        if let Some(refused) = refused.get(i) {
            outcomes.push((*i, limits.broken(row, stored, &refused.errors)));
            continue;
        }
        match plan(row, stored, &named, &taken, &limits, context) {
            Ok(Plan::Write(mut plan, outcome)) => {
                limits.name_customer(&mut plan);
                if let Some(refused) = limits.refusal(row, &plan.after.challan) {
                    outcomes.push((*i, refused));
                    continue;
                }
                let id = plan.after.challan.id;
                taken.extend(plan.claims().map(|(year, number)| ((year, number.to_owned()), id)));
                places.push((outcomes.len(), planned.len()));
                outcomes.push((*i, Outcome::of(&plan.after.challan, outcome)));
                planned.push(*plan);
            }
            Ok(Plan::Heard(after)) => {
                heard.push(*after);
                outcomes.push((*i, unchanged(row, stored)));
            }
            Ok(Plan::Nothing) => outcomes.push((*i, unchanged(row, stored))),
            Err(mut outcome) => {
                outcome.name_writers(&app.log, &mut tx).await?;
                outcomes.push((*i, *outcome));
            }
        }
    }
    challans::hear(&mut tx, &heard).await?;
    let applied = match planned.is_empty() {
        true => Ok(Vec::new()),
        false => write::apply(&mut tx, context, &mut planned).await,
    };
    let entries = match applied {
        Err(WriteError::Refused(rows)) => {
            refused.retain(|_, row| !row.by_neighbour);
            for row in rows {
                let place = places.iter().find(|(_, plan)| *plan == row.place).map_or(0, |(o, _)| outcomes[*o].0);
                refused.insert(place, row);
            }
            return Err(WriteError::Moved);
        }
        done => done?,
    };
    for (outcome, plan) in places {
        outcomes[outcome].1.number.clone_from(&planned[plan].after.challan.challan_number);
    }
    let done = Done { batch_id: context.batch_id, outcomes };
    if let Some(repeat) = &part.repeat {
        repeat.keep(&mut tx, &done, context.now).await?;
    }
    match part.so_far.due(done.tally()) {
        Some(tally) => batch::commit(&app.log, tx, context, &entries, "ingest", tally).await?,
        None => tx.commit().await?,
    }
    Ok(done)
}

/// The numbers that rows name, or take with them into another financial year, and whose they are already.
async fn taken(
    tx: &mut Tx,
    sent: &[(usize, Sent)],
    known: &HashMap<(String, String), Stored>,
) -> Result<Taken, WriteError> {
    let given: Vec<(i32, &str)> = sent
        .iter()
        .filter_map(|(_, row)| {
            let stored = known.get(&(row.source.clone(), row.external_id.clone()));
            let number = row.number.as_deref().or_else(|| stored?.challan.challan_number.as_deref())?;
            let given = row.facts.get("date").and_then(|date| date.as_str()?.parse().ok());
            let date = given.or_else(|| Some(stored?.challan.facts.date))?;
            let own =
                stored.and_then(|s| Some((financial_year(s.challan.facts.date), s.challan.challan_number.as_deref()?)));
            Some((financial_year(date), number)).filter(|asked| Some(*asked) != own)
        })
        .collect();
    Ok(numbers::taken(tx, &given).await?)
}

/// Takes out of conflicts what others wrote, unless the sender may see it now; a system sees what it may write.
async fn veil(app: &App, caller: &Caller, outcomes: &mut [(usize, Outcome)]) -> db::Result<()> {
    let permission = match caller.who.via {
        Via::Session => Permission::ChallanRead,
        Via::Key => Permission::ChallanImport,
    };
    let ids = outcomes.iter().filter_map(|(_, outcome)| outcome.conflicts_of());
    let sight = Sight::of(app, caller, permission, ids).await?;
    for (_, outcome) in outcomes {
        outcome.veil(&sight);
    }
    Ok(())
}

/// The answer, with the batch if something was written.
fn answer(batch: Option<Uuid>, outcomes: &[(usize, Outcome)]) -> Response {
    let count = |word: &str| outcomes.iter().filter(|(_, o)| o.outcome == word).count();
    let body = json!({
        "batch_id": batch,
        "created": count("created"), "updated": count("updated"),
        "unchanged": count("unchanged"), "rejected": count("rejected"),
        "results": outcomes.iter().map(|(_, o)| o.json()).collect::<Vec<_>>(),
    });
    let response = Response::builder().content_type("application/json");
    let response = batch.iter().fold(response, |r, id| r.header("x-batch-id", id.to_string()));
    response.body(body.to_string())
}
