//! One challan: make, read, change, issue, void, delete, restore.

use std::borrow::Cow;

use domain::challan::{Challan, Facts, Field, Stage, check};
use domain::fold::is_blank;
use domain::identity::Permission;
use domain::reason::{Errors, Reason};
use poem::Response;
use poem::http::StatusCode;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path};
use serde_json::{Map, Value};
use service::Problem;
use uuid::Uuid;

use super::caller::Caller;
use super::contract::{Edited, JsonObject, Nothing, Shown};
use super::repeat::Repeat;
use super::shown::{shown, visible};
use super::version::{Matching, base_version, if_match, version_missing};
use super::{Answer, schema};
use crate::App;
use crate::group::{Act, Ask, Member, Wanted};
use crate::store::challans::Stored;
use crate::write::{Context, Planned};

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
        let repeat = Repeat::of(&caller, "create", key.as_deref(), &[&body.bytes()])?;
        let mut given = body.given;
        let draft = match given.remove("draft") {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::Bool(true)) => true,
            Some(_) => return Err(one("draft", "not_a_flag", "Write true or false.").into()),
        };
        let context = caller.context(app, "site");
        let facts = new_facts(&given, draft, &context).map_err(|errors| Problem::refused(&errors))?;
        let new = Stored { challan: fresh(facts, Uuid::now_v7(), &context), source_base: None, occurred_at: None };
        let row = Box::new(Planned::new(new, !draft, &context));
        let member = Member { caller, context, repeat, ask: Ask::Make { row, given } };
        Ok(Response::from(app.writer.write(member).await?).into())
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
        let matching = if_match(version.as_deref())?;
        let wanted = match (base_version(&mut given, matching)?, matching) {
            (Some(base), None | Some(Matching::Any)) => Wanted::Merge(base),
            (_, Some(matching)) => matching.into(),
            (None, None) => return Err(version_missing().into()),
        };
        change(app, caller, id, wanted, Act::Update, given, None).await
    }

    /// Replaces every fact; those left out are cleared, but for those that are hidden from the asker.
    #[oai(path = "/data/:id/", method = "put")]
    async fn replace_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
        body: JsonObject<schema::Facts>,
    ) -> Answer<Edited> {
        let wanted = if_match(version.as_deref())?.ok_or_else(version_missing)?.into();
        change(app, caller, id, wanted, Act::Replace, body.given, None).await
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
        let wanted = if_match(version.as_deref())?.ok_or_else(version_missing)?.into();
        change(app, caller, id, wanted, Act::Delete, Map::new(), None).await
    }

    /// Takes a challan out of the trash; `If-Match` may name the version.
    #[oai(path = "/data/:id/restore/", method = "post")]
    async fn restore_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        _body: Nothing,
    ) -> Answer<Edited> {
        let repeat = Repeat::of(&caller, &format!("restore {id}"), key.as_deref(), &[said(version.as_deref())])?;
        change(app, caller, id, standing(version.as_deref())?, Act::Restore, Map::new(), repeat).await
    }

    /// Gives a draft its number; `If-Match` may name the version.
    #[oai(path = "/data/:id/issue/", method = "post")]
    async fn issue_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        _body: Nothing,
    ) -> Answer<Edited> {
        let repeat = Repeat::of(&caller, &format!("issue {id}"), key.as_deref(), &[said(version.as_deref())])?;
        change(app, caller, id, standing(version.as_deref())?, Act::Issue, Map::new(), repeat).await
    }

    /// Cancels a challan, which keeps its number. The body says why; `If-Match` may name the version.
    #[oai(path = "/data/:id/void/", method = "post")]
    async fn void_challan(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        body: JsonObject<schema::VoidReason>,
    ) -> Answer<Edited> {
        let says = [said(version.as_deref()), &body.bytes()];
        let repeat = Repeat::of(&caller, &format!("void {id}"), key.as_deref(), &says)?;
        let given = body.given;
        if let Some(name) = given.keys().find(|name| *name != "reason") {
            return Err(one(name, "unknown_field", "This is not part of a void; its reason is.").into());
        }
        let reason = reason_to_void(given.get("reason"))?;
        change(app, caller, id, standing(version.as_deref())?, Act::Void(reason), Map::new(), repeat).await
    }
}

/// Why challans are void: 2 to 500 characters that can be seen.
pub(super) fn reason_to_void(given: Option<&Value>) -> Result<String, Problem> {
    let text = given.and_then(Value::as_str).map(str::trim).unwrap_or_default();
    if !is_blank(text) && (2..=500).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    Err(one("reason", "reason_length", "Say why in 2 to 500 characters, such as: sent to the wrong address."))
}

/// The version that a request names, as it stands in its header.
fn said(version: Option<&str>) -> &[u8] {
    version.unwrap_or_default().as_bytes()
}

async fn change(
    app: &App,
    caller: Caller,
    id: Uuid,
    wanted: Wanted,
    act: Act,
    given: Map<String, Value>,
    repeat: Option<Repeat>,
) -> Answer<Edited> {
    let context = caller.context(app, "site");
    let member = Member { caller, context, repeat, ask: Ask::Change { id, wanted, act, given } };
    Ok(Response::from(app.writer.write(member).await?).into())
}

/// The version that an act was asked for at; whatever stands where none is named.
fn standing(version: Option<&str>) -> Result<Wanted, Problem> {
    Ok(if_match(version)?.map_or(Wanted::Any, Wanted::from))
}

impl From<Matching> for Wanted {
    fn from(matching: Matching) -> Wanted {
        match matching {
            Matching::Exactly(version) => Wanted::Exactly(version),
            Matching::Any => Wanted::Any,
        }
    }
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
    let checked = |facts: &Facts| check(facts, draft, context.now, context.tz);
    match set(&mut facts, &given) {
        Ok(()) => checked(&facts).map(|()| facts),
        Err(mut errors) => {
            // All at once; rules that compare with a date that is not known say nothing.
            if errors.spares(Field::Date.as_str())
                && let Err(broken) = checked(&facts)
            {
                errors.complete(broken);
            }
            Err(errors)
        }
    }
}

/// Unknown fields that are told at most: an answer is not to be a hundred times as long as what was sent.
const UNKNOWN: usize = 20;

/// Sets facts from the wire.
///
/// # Errors
/// Every field that has a wrong value, and the first [`UNKNOWN`] that there are not.
pub(crate) fn set(facts: &mut Facts, given: &Map<String, Value>) -> Result<(), Errors> {
    let mut errors = Errors::new();
    let mut unknown = 0;
    for (name, value) in given {
        let field = Field::parse(name);
        unknown += usize::from(field.is_none());
        let result = match field {
            Some(field) => facts.set(field, value),
            None if unknown > UNKNOWN => Ok(()),
            None => Err(Reason::new("unknown_field", "This is not a field that can be written.")),
        };
        if let Err(reason) = result {
            errors.add(name, reason);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// 422 for one field.
pub(crate) fn one(field: &str, code: &'static str, reason: impl Into<Cow<'static, str>>) -> Problem {
    Problem::refused(&Errors::of(field, Reason::new(code, reason)))
}
