//! Other systems write challans here: JSON array or NDJSON, plain or compressed, a result for every row.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use chrono::DateTime;
use db::Tx;
use domain::challan::{Challan, Facts, check, financial_year, is_number};
use domain::fold::fold;
use domain::identity::{KeyScope, Permission, Via};
use domain::reason::{Errors, Reason};
use poem::http::StatusCode;
use poem::web::Data;
use poem::{Request, Response};
use poem_openapi::OpenApi;
use poem_openapi::param::Header;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use service::Problem;
use tokio::io::{AsyncRead, AsyncReadExt};
use uuid::Uuid;

use super::caller::Caller;
use super::challans::{fresh, new_facts, set};
use super::contract::{Rows, Shown};
use super::fault::Fault;
use super::ingest_limits::{Limits, check_sources};
use super::repeat::Repeat;
use super::{Answer, body, schema};
use crate::App;
use crate::batch::{self, Tally};
use crate::store::challans::{self, Stored};
use crate::store::customers::{self, Named};
use crate::store::numbers;
use crate::write::{self, Context, Planned, Tries, VOID, WriteError};

/// The most bytes of a call, before and after unpacking: 16 MiB.
const LIMIT: usize = 16 << 20;
/// The most rows of a call.
const MOST_ROWS: usize = 10_000;
/// The most rows of one commit, so that other writers pass in between.
const COMMIT_ROWS: usize = 500;

/// One row as it was sent.
pub(super) struct Sent {
    source: String,
    pub(super) external_id: String,
    pub(super) facts: Map<String, Value>,
    number: Option<String>,
    draft: bool,
    delete: bool,
    occurred_at: Option<i64>,
}

/// What became of one commit, as it is kept for a request that is sent again.
#[derive(Serialize, Deserialize)]
struct Done {
    batch_id: Uuid,
    /// With the rows' places in the call.
    outcomes: Vec<(usize, Outcome)>,
}

/// What became of one row.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Outcome {
    external_id: Value,
    id: Option<Uuid>,
    number: Option<String>,
    outcome: Cow<'static, str>,
    errors: BTreeMap<String, Vec<String>>,
    /// The broken rules, in the order of the reasons.
    #[serde(default)]
    codes: BTreeMap<String, Vec<String>>,
    more: Option<Value>,
}

impl Outcome {
    pub(super) fn rejected(external_id: Value, errors: &Errors) -> Outcome {
        let outcome = Outcome::nothing(external_id, "rejected");
        Outcome { errors: errors.sentences(), codes: errors.codes(), ..outcome }
    }

    /// One that there is no challan of.
    fn nothing(external_id: Value, outcome: &'static str) -> Outcome {
        Outcome {
            external_id,
            id: None,
            number: None,
            outcome: outcome.into(),
            errors: BTreeMap::new(),
            codes: BTreeMap::new(),
            more: None,
        }
    }

    fn of(challan: &Challan, outcome: &'static str) -> Outcome {
        Outcome {
            id: Some(challan.id),
            number: challan.challan_number.clone(),
            ..Outcome::nothing(json!(challan.external_id), outcome)
        }
    }

    fn json(&self) -> Value {
        let mut row = json!({
            "external_id": self.external_id, "id": self.id, "challan_number": self.number, "outcome": self.outcome,
            "errors": self.errors, "codes": self.codes,
        });
        if let Some(more) = &self.more {
            row["conflicts"] = more.clone();
        }
        row
    }
}

/// The way in for other systems.
pub(crate) struct Ingest;

#[OpenApi(prefix_path = "/api/ingest")]
impl Ingest {
    /// Takes up to 10,000 rows, each created, changed or refused by itself, and answers after they are committed.
    #[oai(path = "/challans/", method = "post")]
    async fn ingest_challans(
        &self,
        request: &Request,
        Data(app): Data<&App>,
        caller: Caller,
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
        let packed = body::bytes(request, body.0, LIMIT).await?;
        let repeat = Repeat::of(&caller, "ingest", key.as_deref(), &packed)?;
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
            match parse(row, source.as_deref()) {
                Ok(row) => {
                    sent.push((i, row));
                    outcomes.push(None);
                }
                Err(outcome) => outcomes.push(Some(outcome)),
            }
        }
        for (n, part) in parts(sent).into_iter().enumerate() {
            let done = commit(app, &caller, &context, &part, repeat.as_ref().map(|r| r.part(n)).as_ref()).await?;
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
    let mut outcomes: Vec<(usize, Outcome)> = Vec::with_capacity(part.len());
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (i, row) in part {
        let stored = known.get(&(row.source.clone(), row.external_id.clone()));
        if let Some(refused) = stored.and_then(|s| limits.refusal(row, &s.challan)) {
            outcomes.push((*i, refused));
            continue;
        }
        if let Some(errors) = refused.get(i) {
            outcomes.push((*i, Outcome::rejected(json!(row.external_id), errors)));
            continue;
        }
        match plan(row, stored, &named, &mut taken, context) {
            Ok(Some((mut plan, outcome))) => {
                limits.name_customer(&mut plan);
                if let Some(refused) = limits.refusal(row, &plan.after.challan) {
                    outcomes.push((*i, refused));
                    continue;
                }
                places.push((outcomes.len(), planned.len()));
                outcomes.push((*i, Outcome::of(&plan.after.challan, outcome)));
                planned.push(plan);
            }
            Ok(None) => outcomes.push((*i, unchanged(row, stored))),
            Err(outcome) => outcomes.push((*i, *outcome)),
        }
    }
    if planned.is_empty() {
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
) -> Result<HashSet<(i32, String)>, WriteError> {
    let given: Vec<(i32, &str)> = part
        .iter()
        .filter_map(|(_, row)| {
            let stored = known.get(&(row.source.clone(), row.external_id.clone()));
            let number = row.number.as_deref().or_else(|| stored?.challan.challan_number.as_deref())?;
            let date = row.facts.get("date")?.as_str()?.parse().ok()?;
            Some((financial_year(date), number))
        })
        .collect();
    Ok(numbers::taken(tx, &given).await?)
}

fn unchanged(row: &Sent, stored: Option<&Stored>) -> Outcome {
    stored
        .map_or_else(|| Outcome::nothing(json!(row.external_id), "unchanged"), |s| Outcome::of(&s.challan, "unchanged"))
}

type Plan = Result<Option<(Planned, &'static str)>, Box<Outcome>>;

/// What one row asks for, given the row as it stands.
fn plan(
    row: &Sent,
    stored: Option<&Stored>,
    named: &HashMap<String, Named>,
    taken: &mut HashSet<(i32, String)>,
    context: &Context,
) -> Plan {
    match stored {
        None if row.delete => Ok(None),
        None => plan_new(row, taken, context).map(|p| Some((p, "created"))),
        Some(stored) if stored.occurred_at.zip(row.occurred_at).is_some_and(|(old, new)| new <= old) => Ok(None),
        Some(stored) if row.delete => {
            if stored.challan.deleted_at.is_some() {
                return Ok(None);
            }
            let mut after = stored.clone();
            after.challan.deleted_at = Some(context.now);
            after.challan.deleted_by = Some(context.actor_name.clone());
            after.occurred_at = row.occurred_at.or(stored.occurred_at);
            Ok(Some((Planned::change(stored.challan.clone(), after, "deleted", context), "updated")))
        }
        Some(stored) => plan_change(row, stored, named, taken, context),
    }
}

fn plan_new(row: &Sent, taken: &mut HashSet<(i32, String)>, context: &Context) -> Result<Planned, Box<Outcome>> {
    let refuse = |errors: Errors| Box::new(Outcome::rejected(json!(row.external_id), &errors));
    let facts = new_facts(&row.facts, row.draft, context).map_err(refuse)?;
    let mut challan = fresh(facts, Uuid::now_v7(), context);
    challan.source = Some(row.source.clone());
    challan.external_id = Some(row.external_id.clone());
    if let Some(number) = &row.number {
        if !taken.insert((financial_year(challan.facts.date), number.clone())) {
            let reason = "Another challan of this financial year has this number.";
            return Err(refuse(one("challan_number", "number_taken", reason)));
        }
        challan.challan_number = Some(number.clone());
    }
    let after = Stored { challan, source_base: Some(Value::Object(row.facts.clone())), occurred_at: row.occurred_at };
    Ok(Planned::new(after, row.number.is_none() && !row.draft, context))
}

/// A field sent as before is no change; one changed on both sides is a conflict and rejects the row.
fn plan_change(
    row: &Sent,
    stored: &Stored,
    named: &HashMap<String, Named>,
    taken: &mut HashSet<(i32, String)>,
    context: &Context,
) -> Plan {
    let refuse = |errors: Errors| Box::new(Outcome::rejected(json!(row.external_id), &errors));
    if row.number.is_some() && row.number != stored.challan.challan_number {
        return Err(refuse(one("challan_number", "number_kept", "A challan keeps the number it has.")));
    }
    let mut base = stored.source_base.as_ref().and_then(Value::as_object).cloned().unwrap_or_default();
    let mut after = stored.clone();
    let mut conflicts = Vec::new();
    for (name, value) in &row.facts {
        if base.get(name) == Some(value) {
            continue;
        }
        let field = domain::challan::Field::parse(name);
        let mut mine = Facts::clone(&stored.challan.facts);
        let mut then = mine.clone();
        if let Some(field) = field {
            mine.set(field, value).map_err(|e| refuse(Errors::of(name, e)))?;
            let base_value = base.get(name).cloned().unwrap_or(Value::Null);
            let known = base.contains_key(name) && then.set(field, &base_value).is_ok();
            let now = stored.challan.facts.get(field);
            if known && now != then.get(field) && now != mine.get(field) {
                conflicts.push(json!({
                    "field": name, "mine": value, "theirs": now,
                    "by": stored.challan.updated_by, "at": write::rfc3339(stored.challan.updated_at),
                }));
                continue;
            }
        }
        set(&mut after.challan.facts, &Map::from_iter([(name.clone(), value.clone())])).map_err(refuse)?;
    }
    if let Some(first) = conflicts.first() {
        let field = first["field"].as_str().unwrap_or_default().to_owned();
        let mut outcome =
            Outcome::rejected(json!(row.external_id), &one(&field, "conflict", "This was changed here as well."));
        outcome.more = Some(conflicts.into());
        return Err(Box::new(outcome));
    }
    // Another name of the same customer is no change.
    if let Some(named) = named.get(&fold(&after.challan.facts.customer)) {
        after.challan.facts.customer.clone_from(&named.name);
        after.challan.customer_id = named.id;
    }
    if stored.challan.voided_at.is_some() && after.challan.facts != stored.challan.facts {
        return Err(refuse(one("row", VOID.0, VOID.1)));
    }
    let draft = after.challan.challan_number.is_none();
    check(&after.challan.facts, draft, context.today(), context.tz).map_err(refuse)?;
    let year = financial_year(after.challan.facts.date);
    if let Some(number) =
        after.challan.challan_number.as_ref().filter(|_| year != financial_year(stored.challan.facts.date))
        && !taken.insert((year, number.clone()))
    {
        let reason = "In the financial year of this date the number is another challan's.";
        return Err(refuse(one("date", "number_taken", reason)));
    }
    let restored = after.challan.deleted_at.take().is_some();
    after.challan.deleted_by = None;
    if after.challan == stored.challan {
        return Ok(None);
    }
    base.extend(row.facts.clone());
    after.source_base = Some(base.into());
    after.occurred_at = row.occurred_at.or(stored.occurred_at);
    let kind = if restored { "restored" } else { "updated" };
    Ok(Some((Planned::change(stored.challan.clone(), after, kind, context), "updated")))
}

/// Reads one row; what is wrong with it rejects this row alone.
fn parse(row: Value, default_source: Option<&str>) -> Result<Sent, Outcome> {
    let Value::Object(mut row) = row else {
        return Err(Outcome::rejected(Value::Null, &one("row", "not_an_object", "A row is a JSON object.")));
    };
    let key = row.remove("external_id").unwrap_or(Value::Null);
    let refuse = |field: &str, code, reason| Outcome::rejected(key.clone(), &one(field, code, reason));
    let external_id = match key.as_str() {
        Some(k) if (1..=128).contains(&k.chars().count()) && !k.trim().is_empty() => k.to_owned(),
        _ => {
            return Err(refuse("external_id", "external_id_length", "The other system's key has 1 to 128 characters."));
        }
    };
    let source = match row.remove("source") {
        None | Some(Value::Null) => default_source.map(str::to_owned),
        Some(Value::String(s)) => Some(s),
        Some(_) => None,
    };
    let Some(source) = source.filter(|s| (1..=64).contains(&s.chars().count()) && !s.trim().is_empty()) else {
        return Err(refuse(
            "source",
            "source_length",
            "Name the other system in 1 to 64 characters, here or in X-Source.",
        ));
    };
    let number = match row.remove("challan_number") {
        None | Some(Value::Null) => None,
        Some(Value::String(n)) if is_number(&n) => Some(n),
        Some(_) => return Err(refuse("challan_number", "number_form", "A number has 1 to 16 of A-Z, 0-9, - and /.")),
    };
    let delete = match row.remove("op").as_ref().map(Value::as_str) {
        None | Some(Some("upsert")) => false,
        Some(Some("delete")) => true,
        Some(_) => return Err(refuse("op", "op_unknown", "Write upsert or delete.")),
    };
    let draft = match row.remove("draft") {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(_) => return Err(refuse("draft", "not_a_flag", "Write true or false.")),
    };
    let occurred_at = match row.remove("occurred_at") {
        None | Some(Value::Null) => None,
        Some(v) => match v.as_str().and_then(|t| DateTime::parse_from_rfc3339(t).ok()) {
            Some(t) => Some(t.timestamp_micros()),
            None => {
                return Err(refuse(
                    "occurred_at",
                    "not_an_instant",
                    "Write an instant such as 2026-07-05T10:30:00+05:30.",
                ));
            }
        },
    };
    Ok(Sent { source, external_id, facts: row, number, draft, delete, occurred_at })
}

fn one(field: &str, code: &'static str, reason: &'static str) -> Errors {
    Errors::of(field, Reason::new(code, reason))
}

/// The rows of a JSON array, or of NDJSON, whose mistakes name their line.
fn rows(text: &[u8]) -> Result<Vec<Value>, Problem> {
    let first = text.iter().find(|b| !b.is_ascii_whitespace());
    if first == Some(&b'[') {
        return serde_json::from_slice(text).map_err(|e| {
            Problem::malformed(format!("The JSON breaks off at line {}, column {}.", e.line(), e.column()))
        });
    }
    let mut rows = Vec::new();
    for (i, line) in text.split(|b| *b == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let row = serde_json::from_slice(line).map_err(|e| {
            Problem::malformed(format!(
                "Line {} is not JSON: it breaks off at column {}. Nothing was written.",
                i + 1,
                e.column()
            ))
            .with("line", (i + 1).into())
        })?;
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(Problem::malformed("Send a JSON array, or one JSON object a line."));
    }
    Ok(rows)
}

/// Unpacks gzip and zstd, up to the same limit as a plain body.
async fn unpacked(encoding: Option<&str>, packed: Vec<u8>) -> Result<Vec<u8>, Problem> {
    match encoding {
        None | Some("identity") => Ok(packed),
        Some("gzip") => read_limited(GzipDecoder::new(packed.as_slice())).await,
        Some("zstd") => read_limited(ZstdDecoder::new(packed.as_slice())).await,
        Some(_) => Err(body::unsupported("Content-Encoding is gzip, zstd or none.")),
    }
}

async fn read_limited(reader: impl AsyncRead + Unpin) -> Result<Vec<u8>, Problem> {
    let mut text = Vec::new();
    reader
        .take(LIMIT as u64 + 1)
        .read_to_end(&mut text)
        .await
        .map_err(|_| Problem::malformed("The compressed body is damaged."))?;
    if text.len() > LIMIT {
        return Err(Problem::too_large(LIMIT as u64));
    }
    Ok(text)
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
