//! Other systems write challans here: JSON array or NDJSON, plain or compressed, a result for every row.

mod limits;
mod outcome;
mod plan;
mod read;

use std::collections::{BTreeMap, HashMap, HashSet};

use db::Tx;
use domain::challan::financial_year;
use domain::identity::{KeyScope, Permission, Via};
use domain::reason::Errors;
use poem::http::StatusCode;
use poem::web::Data;
use poem::{Request, Response};
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Query};
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::Problem;
use uuid::Uuid;

use super::caller::Caller;
use super::contract::{Rows, Shown};
use super::fault::Fault;
use super::repeat::Repeat;
use super::{Answer, body, schema};
use crate::App;
use crate::batch::{self, Tally};
use crate::store::challans::{self, Stored};
use crate::store::customers;
use crate::store::numbers::{self, Claimed};
use crate::write::{self, Context, Planned, Tries, WriteError};
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
        if rows.len() > MOST_ROWS {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_many_rows",
                format!("At most {MOST_ROWS} rows a call; this has {}.", rows.len()),
            )
            .into());
        }
        check_sources(&rows, source.as_deref(), &caller)?;
        let mut context = caller.context(app, "ingest");
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(rows.len());
        let mut sent: Vec<(usize, Sent)> = Vec::with_capacity(rows.len());
        for (i, row) in rows.into_iter().enumerate() {
            match parse(row, source.as_deref(), context.now) {
                Ok(row) => {
                    sent.push((i, row));
                    outcomes.push(None);
                }
                Err(outcome) => outcomes.push(Some(outcome)),
            }
        }
        let mut written = 0;
        for (n, part) in parts(sent).into_iter().enumerate() {
            let done = commit(app, &caller, &context, &part, repeat.as_ref().map(|r| r.part(n)).as_ref()).await;
            let done = done.map_err(|fault| fault.after(written, context.batch_id))?;
            written += part.len();
            // A request that goes on where it broke off is still the same batch.
            context.batch_id = done.batch_id;
            for (i, outcome) in done.outcomes {
                outcomes[i] = Some(outcome);
            }
        }
        Ok(answer(&context, &outcomes).into())
    }
}

/// Cuts rows into commits; two rows of one key never share one, so that the second sees the first.
fn parts(sent: Vec<(usize, Sent)>) -> Vec<Vec<(usize, Sent)>> {
    let mut parts: Vec<Vec<(usize, Sent)>> = Vec::new();
    let mut current: Vec<(usize, Sent)> = Vec::new();
    let mut keys: HashSet<(String, String)> = HashSet::new();
    for (i, row) in sent {
        let key = (row.source.clone(), row.external_id.clone());
        if current.len() == COMMIT_ROWS || keys.contains(&key) {
            parts.push(std::mem::take(&mut current));
            keys.clear();
        }
        keys.insert(key);
        current.push((i, row));
    }
    if !current.is_empty() {
        parts.push(current);
    }
    parts
}

/// Writes one part in one transaction, again from the start where another writer came between.
async fn commit(
    app: &App,
    caller: &Caller,
    context: &Context,
    part: &[(usize, Sent)],
    repeat: Option<&Repeat>,
) -> Result<Done, Fault> {
    let mut refused = HashMap::new();
    let mut tries = Tries::new();
    while tries.again().await {
        let mut tx = app.db.begin().await?;
        if let Some(repeat) = repeat
            && let Some(done) = repeat.done(&mut tx, context.now).await?
        {
            return Ok(done);
        }
        match try_commit(app, tx, caller, context, part, &mut refused, repeat).await {
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
    part: &[(usize, Sent)],
    refused: &mut HashMap<usize, Errors>,
    repeat: Option<&Repeat>,
) -> Result<Done, WriteError> {
    let mut known: HashMap<(String, String), Stored> = HashMap::new();
    let mut by_source: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, row) in part {
        by_source.entry(&row.source).or_default().push(&row.external_id);
    }
    for (source, mut keys) in by_source {
        keys.sort_unstable();
        for stored in challans::lock_by_key(&mut tx, source, &keys).await? {
            let key = (source.to_owned(), stored.challan.external_id.clone().unwrap_or_default());
            known.insert(key, stored);
        }
    }
    let mut taken = taken(&mut tx, part, &known).await?;
    let names: Vec<&str> = part.iter().filter_map(|(_, row)| row.facts.get("customer")?.as_str()).collect();
    let named = customers::named(&mut tx, &names).await?;
    let limits = Limits::of(caller, &named);
    let mut planned: Vec<Planned> = Vec::new();
    let mut heard: Vec<Stored> = Vec::new();
    let mut outcomes: Vec<(usize, Outcome)> = Vec::with_capacity(part.len());
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (i, row) in part {
        let stored = known.get(&(row.source.clone(), row.external_id.clone()));
        if let Some(refused) = stored.and_then(|s| limits.refusal_of_change(row, &s.challan)) {
            outcomes.push((*i, refused));
            continue;
        }
        if let Some(errors) = refused.get(i) {
            outcomes.push((*i, Outcome::rejected(json!(row.external_id), errors)));
            continue;
        }
        match plan(row, stored, &named, &mut taken, context) {
            Ok(Plan::Write(mut plan, outcome)) => {
                limits.name_customer(&mut plan);
                if let Some(refused) = limits.refusal(row, &plan.after.challan) {
                    outcomes.push((*i, refused));
                    continue;
                }
                places.push((outcomes.len(), planned.len()));
                outcomes.push((*i, Outcome::of(&plan.after.challan, outcome)));
                planned.push(*plan);
            }
            Ok(Plan::Heard(after)) => {
                heard.push(*after);
                outcomes.push((*i, unchanged(row, stored)));
            }
            Ok(Plan::Nothing) => outcomes.push((*i, unchanged(row, stored))),
            Err(outcome) => outcomes.push((*i, *outcome)),
        }
    }
    challans::hear(&mut tx, &heard).await?;
    if planned.is_empty() {
        tx.commit().await?;
        return Ok(Done { batch_id: context.batch_id, outcomes });
    }
    let entries = match write::apply(&mut tx, context, &mut planned).await {
        Err(WriteError::Refused(rows)) => {
            for (plan, errors) in rows {
                let place = places.iter().find(|(_, p)| *p == plan).map_or(0, |(outcome, _)| outcomes[*outcome].0);
                refused.insert(place, errors);
            }
            return Err(WriteError::Moved);
        }
        done => done?,
    };
    for (outcome, plan) in places {
        outcomes[outcome].1.number.clone_from(&planned[plan].after.challan.challan_number);
    }
    let done = Done { batch_id: context.batch_id, outcomes };
    if let Some(repeat) = repeat {
        repeat.keep(&mut tx, &done, context.now).await?;
    }
    let refused = done.outcomes.iter().filter(|(_, o)| o.outcome == "rejected").count() as u64;
    let tally = Tally::of(part.len() as u64, planned.len() as u64, refused);
    batch::commit(&app.log, tx, context, &entries, "ingest", tally).await?;
    Ok(done)
}

/// The numbers that rows name, or take with them into another financial year, and that some challan already has.
async fn taken(
    tx: &mut Tx,
    part: &[(usize, Sent)],
    known: &HashMap<(String, String), Stored>,
) -> Result<Claimed, WriteError> {
    let given: Vec<(i32, &str)> = part
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

fn answer(context: &Context, outcomes: &[Option<Outcome>]) -> Response {
    let outcomes: Vec<&Outcome> = outcomes.iter().flatten().collect();
    let count = |word: &str| outcomes.iter().filter(|o| o.outcome == word).count();
    let body = json!({
        "batch_id": context.batch_id,
        "created": count("created"), "updated": count("updated"),
        "unchanged": count("unchanged"), "rejected": count("rejected"),
        "results": outcomes.iter().map(|o| o.json()).collect::<Vec<_>>(),
    });
    Response::builder()
        .header("x-batch-id", context.batch_id.to_string())
        .content_type("application/json")
        .body(body.to_string())
}
