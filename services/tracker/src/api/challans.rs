//! One challan: make, read, change, issue, void, delete, restore.

use db::Tx;
use domain::challan::{Challan, Errors, Facts, Field, Stage, check, financial_year};
use domain::identity::Permission;
use domain::rights::reach;
use poem::Response;
use poem::http::StatusCode;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path};
use serde_json::{Map, Value, json};
use service::Problem;
use uuid::Uuid;

use super::caller::Caller;
use super::contract::{Edited, JsonObject, Shown};
use super::fault::Fault;
use super::repeat::{self, Repeat, Reply};
use super::{Answer, conflict, schema};
use crate::App;
use crate::batch::{self, Tally};
use crate::store::challans::{self, Stored};
use crate::store::numbers;
use crate::write::{self, Context, Planned, Tries, WriteError};

/// One challan at a time.
pub(crate) struct Challans;

#[OpenApi(prefix_path = "/api/tracker")]
impl Challans {
    /// Makes a challan. `draft: true` takes no number.
    #[oai(path = "/data/", method = "post")]
    async fn create_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        body: JsonObject<schema::NewChallan>,
    ) -> Answer<Shown<schema::Challan, 201>> {
        caller.require(Permission::ChallanCreate)?;
        let repeat = Repeat::of(&caller, "create", key.as_deref(), &body.bytes())?;
        let mut given = body.given;
        let draft = match given.remove("draft") {
            None | Some(Value::Bool(false)) => false,
            Some(Value::Bool(true)) => true,
            Some(_) => return Err(one("draft", "Write true or false.").into()),
        };
        let context = caller.context(app, "site");
        let facts = new_facts(&given, draft, &context).map_err(Problem::invalid)?;
        let new = Stored { challan: fresh(facts, Uuid::now_v7(), &context), source_base: None, occurred_at: None };
        let planned = Planned::new(new, !draft, &context);
        Ok(Response::from(insert(app, &caller, &context, &planned, &given, repeat.as_ref()).await?).into())
    }

    /// One challan; in the trash too.
    #[oai(path = "/data/:id/", method = "get")]
    async fn read_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
    ) -> Answer<Shown<schema::Challan>> {
        let challan = visible(app, &caller, id).await?;
        Ok(Response::from(shown(&caller, &challan, StatusCode::OK, None)).into())
    }

    /// Changes some facts. With `base_version` changes of different fields merge; with `If-Match` the version must match.
    #[oai(path = "/data/:id/", method = "patch")]
    async fn change_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
        body: JsonObject<schema::ChallanPatch>,
    ) -> Answer<Edited> {
        let mut given = body.given;
        let base = match given.remove("base_version") {
            None => None,
            Some(v) => Some(v.as_u64().ok_or_else(|| one("base_version", "Write the version you read."))?),
        };
        let wanted = match (base, if_match(version.as_deref())?) {
            (Some(base), _) => Wanted::Merge(base),
            (None, Some(wanted)) => wanted,
            (None, None) => return Err(version_missing().into()),
        };
        edit(app, &caller, id, wanted, "updated", Permission::ChallanUpdate, &given, None, |_, _| Ok(())).await
    }

    /// Replaces every fact; those left out are cleared.
    #[oai(path = "/data/:id/", method = "put")]
    async fn replace_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
        body: JsonObject<schema::Facts>,
    ) -> Answer<Edited> {
        let wanted = if_match(version.as_deref())?.ok_or_else(version_missing)?;
        let mut given = body.given;
        for field in Field::ALL {
            given.entry(field.as_str()).or_insert(Value::Null);
        }
        edit(app, &caller, id, wanted, "updated", Permission::ChallanUpdate, &given, None, |_, _| Ok(())).await
    }

    /// Moves a challan to the trash.
    #[oai(path = "/data/:id/", method = "delete")]
    async fn delete_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
    ) -> Answer<Edited> {
        let wanted = if_match(version.as_deref())?.ok_or_else(version_missing)?;
        edit(app, &caller, id, wanted, "deleted", Permission::ChallanDelete, &Map::new(), None, |c, context| {
            c.deleted_at = Some(context.now);
            c.deleted_by = Some(context.actor_name.clone());
            Ok(())
        })
        .await
    }

    /// Takes a challan out of the trash.
    #[oai(path = "/data/:id/restore/", method = "post")]
    async fn restore_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
    ) -> Answer<Edited> {
        let repeat = Repeat::of(&caller, &format!("restore {id}"), key.as_deref(), b"")?;
        edit(app, &caller, id, Wanted::Any, "restored", Permission::ChallanDelete, &Map::new(), repeat, |c, _| {
            c.deleted_at = None;
            c.deleted_by = None;
            Ok(())
        })
        .await
    }

    /// Gives a draft its number.
    #[oai(path = "/data/:id/issue/", method = "post")]
    async fn issue_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
    ) -> Answer<Edited> {
        let repeat = Repeat::of(&caller, &format!("issue {id}"), key.as_deref(), b"")?;
        edit(app, &caller, id, Wanted::Any, "issued", Permission::ChallanUpdate, &Map::new(), repeat, |c, _| {
            if c.challan_number.is_some() {
                return Err(one("challan_number", "This challan has its number already."));
            }
            Ok(())
        })
        .await
    }

    /// Cancels a challan, which keeps its number. The body says why.
    #[oai(path = "/data/:id/void/", method = "post")]
    async fn void_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        body: JsonObject<schema::VoidReason>,
    ) -> Answer<Edited> {
        let repeat = Repeat::of(&caller, &format!("void {id}"), key.as_deref(), &body.bytes())?;
        let given = body.given;
        let reason = given.get("reason").and_then(Value::as_str).map(str::trim).unwrap_or_default().to_owned();
        if given.keys().any(|k| k != "reason") || !(2..=500).contains(&reason.chars().count()) {
            return Err(one("reason", "Say in 2 to 500 characters why this challan is void.").into());
        }
        edit(
            app,
            &caller,
            id,
            Wanted::Any,
            "voided",
            Permission::ChallanUpdate,
            &Map::new(),
            repeat,
            move |c, context| {
                if c.stage == Stage::Draft {
                    return Err(one("challan_number", "A draft is deleted, not voided."));
                }
                if c.voided_at.is_none() {
                    c.voided_at = Some(context.now);
                    c.void_reason = Some(reason.clone());
                }
                Ok(())
            },
        )
        .await
    }
}

/// From which version a change was made.
#[derive(Clone, Copy)]
enum Wanted {
    /// Exactly this one.
    Exactly(u64),
    /// Merged from this one, field by field.
    Merge(u64),
    /// Whatever stands.
    Any,
}

/// Reads the row, applies the change, writes it; begins again where another writer came between.
#[allow(clippy::too_many_arguments, reason = "one change has these parts, and every handler above names them once")]
async fn edit(
    app: &App,
    caller: &Caller,
    id: Uuid,
    wanted: Wanted,
    kind: &'static str,
    permission: Permission,
    given: &Map<String, Value>,
    repeat: Option<Repeat>,
    change: impl Fn(&mut Challan, &Context) -> Result<(), Problem>,
) -> Answer<Edited> {
    let context = caller.context(app, "site");
    let mut tries = Tries::new();
    while tries.again().await {
        let mut tx = app.db.begin().await?;
        if let Some(reply) = repeat::done(&mut tx, repeat.as_ref(), context.now).await? {
            return Ok(Response::from(reply).into());
        }
        let stored = challans::lock(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
        let before = stored.challan.clone();
        require_visible(caller, &before)?;
        let hidden = reach(&caller.who, permission, &before, caller.now)
            .ok_or_else(|| Problem::forbidden(format!("You need the permission {}.", permission.as_str())))?;
        agree(app, &mut tx, caller, &before, wanted, given).await?;
        let mut after = stored;
        refuse_hidden(given, &hidden)?;
        set(&mut after.challan.facts, given).map_err(Problem::invalid)?;
        if after.challan.facts.customer != before.facts.customer {
            match write::name_customers(&mut tx, [&mut after.challan].into_iter()).await {
                Err(db::DbError::Conflict(_)) => continue,
                done => done?,
            }
        }
        change(&mut after.challan, &context)?;
        let draft = before.challan_number.is_none() && kind != "issued";
        if kind != "deleted" {
            check(&after.challan.facts, draft, context.today(), context.tz).map_err(Problem::invalid)?;
        }
        if after.challan == before && kind != "issued" {
            // Nothing was written, so there is no batch to be found.
            return Ok(Response::from(shown(caller, &before, StatusCode::OK, None)).into());
        }
        if reach(&caller.who, permission, &after.challan, caller.now).is_none() {
            return Err(Problem::forbidden("This change would move the challan out of your reach.").into());
        }
        keeps_its_number(&mut tx, &before, &after.challan).await?;
        let mut row = Planned::change(before, after, kind, &context);
        row.takes_number = kind == "issued";
        match finish(tx, app, caller, &context, row, repeat.as_ref()).await {
            Ok(reply) => return Ok(Response::from(reply).into()),
            Err(e) if e.asks_for_retry() => {}
            Err(e) => return Err(e.into()),
        }
    }
    Err(WriteError::Moved.into())
}

/// Refuses a date of another financial year in which the challan's number is another's.
async fn keeps_its_number(tx: &mut Tx, before: &Challan, after: &Challan) -> Result<(), Fault> {
    let year = financial_year(after.facts.date);
    let Some(number) = after.challan_number.as_deref().filter(|_| year != financial_year(before.facts.date)) else {
        return Ok(());
    };
    if numbers::taken(tx, &[(year, number)]).await?.is_empty() {
        return Ok(());
    }
    Err(one("date", &format!("In the financial year of this date {number} is another challan's number.")).into())
}

/// Refuses a change whose base is not the present row, and shows both sides.
async fn agree(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    current: &Challan,
    wanted: Wanted,
    given: &Map<String, Value>,
) -> Result<(), Fault> {
    let (version, status) = match wanted {
        Wanted::Any => return Ok(()),
        Wanted::Exactly(v) => (v, StatusCode::PRECONDITION_FAILED),
        Wanted::Merge(v) => (v, StatusCode::CONFLICT),
    };
    if version == current.version {
        return Ok(());
    }
    let since = conflict::since(&app.log, tx, current, version).await?;
    let found = since.as_ref().map(|s| conflict::conflicts(current, given, s));
    if status == StatusCode::CONFLICT && found.as_ref().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    let row = rendered(caller, current).unwrap_or_default();
    Err(conflict::problem(status, row, found.unwrap_or_default()).into())
}

async fn insert(
    app: &App,
    caller: &Caller,
    context: &Context,
    planned: &Planned,
    given: &Map<String, Value>,
    repeat: Option<&Repeat>,
) -> Result<Reply, Fault> {
    let mut tries = Tries::new();
    while tries.again().await {
        let mut tx = app.db.begin().await?;
        if let Some(reply) = repeat::done(&mut tx, repeat, context.now).await? {
            return Ok(reply);
        }
        let mut planned = planned.clone();
        match write::name_customers(&mut tx, [&mut planned.after.challan].into_iter()).await {
            Err(db::DbError::Conflict(_)) => continue,
            done => done?,
        }
        let hidden = reach(&caller.who, Permission::ChallanCreate, &planned.after.challan, caller.now)
            .ok_or_else(|| Problem::forbidden("You may not make challans for this customer."))?;
        refuse_hidden(given, &hidden)?;
        match finish(tx, app, caller, context, planned, repeat).await {
            Err(e) if e.asks_for_retry() => {}
            done => return Ok(done?),
        }
    }
    Err(WriteError::Moved.into())
}

/// Writes one row, keeps the answer where it may be asked for again, and commits both together.
async fn finish(
    mut tx: Tx,
    app: &App,
    caller: &Caller,
    context: &Context,
    row: Planned,
    repeat: Option<&Repeat>,
) -> Result<Reply, WriteError> {
    let mut rows = [row];
    let entries = write::apply(&mut tx, context, &mut rows).await?;
    let [row] = rows;
    let status = if row.before.is_none() { StatusCode::CREATED } else { StatusCode::OK };
    let reply = shown(caller, &row.after.challan, status, Some(context));
    repeat::keep(&mut tx, repeat, &reply, context.now).await?;
    batch::commit(&app.log, tx, context, &entries, row.kind, Tally::ONE).await?;
    Ok(reply)
}

/// A new row around its facts; [`Planned::new`] stamps it.
pub(crate) fn fresh(facts: Facts, id: Uuid, context: &Context) -> Challan {
    Challan {
        id,
        challan_number: None,
        facts,
        customer_id: Uuid::nil(),
        proof_of_delivery: Vec::new(),
        stage: Stage::Draft,
        voided_at: None,
        void_reason: None,
        source: None,
        external_id: None,
        version: 1,
        created_at: context.now,
        created_by: context.actor_name.clone(),
        updated_at: context.now,
        updated_by: context.actor_name.clone(),
        deleted_at: None,
        deleted_by: None,
    }
}

/// The facts of a new challan, of which date and customer are required.
///
/// # Errors
/// Every field that is unknown, missing, has a wrong value or breaks a rule.
pub(crate) fn new_facts(given: &Map<String, Value>, draft: bool, context: &Context) -> Result<Facts, Errors> {
    let mut given = given.clone();
    for required in [Field::Date, Field::Customer] {
        given.entry(required.as_str()).or_insert(Value::Null);
    }
    let mut facts = Facts::of(context.today());
    set(&mut facts, &given)?;
    check(&facts, draft, context.today(), context.tz)?;
    Ok(facts)
}

/// Sets facts from the wire.
///
/// # Errors
/// Every field that is unknown or has a wrong value.
pub(crate) fn set(facts: &mut Facts, given: &Map<String, Value>) -> Result<(), Errors> {
    let mut errors = Errors::new();
    for (name, value) in given {
        let result = match Field::parse(name) {
            Some(field) => facts.set(field, value),
            None => Err("This is not a field that can be written.".to_owned()),
        };
        if let Err(reason) = result {
            errors.entry(name.clone()).or_default().push(reason);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn refuse_hidden(given: &Map<String, Value>, hidden: &[String]) -> Result<(), Problem> {
    match given.keys().find(|name| hidden.contains(name)) {
        Some(name) => Err(Problem::forbidden(format!("The field {name} is hidden from you."))),
        None => Ok(()),
    }
}

/// A challan that the asker may see; else it is not there.
pub(crate) async fn visible(app: &App, caller: &Caller, id: Uuid) -> Result<Challan, Fault> {
    let challan = challans::find(&app.db, id).await?.ok_or_else(Problem::not_found)?;
    require_visible(caller, &challan)?;
    Ok(challan)
}

fn require_visible(caller: &Caller, challan: &Challan) -> Result<(), Problem> {
    reach(&caller.who, Permission::ChallanRead, challan, caller.now).map(drop).ok_or_else(Problem::not_found)
}

/// The challan as this asker may see it, with what they may do.
pub(crate) fn rendered(caller: &Caller, challan: &Challan) -> Option<Value> {
    let hidden = reach(&caller.who, Permission::ChallanRead, challan, caller.now)?;
    let mut row = serde_json::to_value(challan).ok()?;
    for column in &hidden {
        if let Some(value) = row.get_mut(column) {
            *value = Value::Null;
        }
    }
    let may = |p| reach(&caller.who, p, challan, caller.now).is_some();
    let live = challan.deleted_at.is_none() && challan.voided_at.is_none();
    let mut can = Vec::new();
    if live && may(Permission::ChallanUpdate) {
        can.push("update");
        can.push(if challan.stage == Stage::Draft { "issue" } else { "void" });
    }
    if challan.deleted_at.is_none() && may(Permission::ChallanDelete) {
        can.push("delete");
    }
    row["hidden"] = json!(hidden);
    row["can"] = json!(can);
    Some(row)
}

/// The answer that shows a challan; with the batch of the write, if it was one. Who may write it and not read it sees
/// only which one it is.
fn shown(caller: &Caller, challan: &Challan, status: StatusCode, write: Option<&Context>) -> Reply {
    let unread = || {
        let number = &challan.challan_number;
        json!({ "id": challan.id, "challan_number": number, "version": challan.version, "hidden": [], "can": [] })
    };
    let body = rendered(caller, challan).unwrap_or_else(unread).to_string();
    let mut headers = vec![("etag".to_owned(), format!("\"{}\"", challan.version))];
    if status == StatusCode::CREATED {
        headers.push(("location".to_owned(), format!("/api/tracker/data/{}/", challan.id)));
    }
    if let Some(context) = write {
        headers.push(("x-batch-id".to_owned(), context.batch_id.to_string()));
    }
    Reply { status: status.as_u16(), headers, body }
}

fn if_match(value: Option<&str>) -> Result<Option<Wanted>, Problem> {
    let Some(value) = value else { return Ok(None) };
    if value == "*" {
        return Ok(Some(Wanted::Any));
    }
    let version = value.trim_matches('"').parse().map_err(|_| {
        Problem::malformed("If-Match is the version you read, such as \"3\", or * to overwrite knowingly.")
    })?;
    Ok(Some(Wanted::Exactly(version)))
}

fn version_missing() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_REQUIRED,
        "version_missing",
        "Say which version you change: If-Match with the version you read, or base_version in a PATCH.",
    )
}

/// 422 for one field.
pub(crate) fn one(field: &str, reason: &str) -> Problem {
    Problem::invalid([(field.to_owned(), vec![reason.to_owned()])].into())
}
