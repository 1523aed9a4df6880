//! Saved views: one's own, and those that others share.

use domain::fold::fold;
use domain::identity::{Permission, Role, Via};
use domain::reason::Errors;
use poem::Response;
use poem::http::StatusCode;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use serde_json::{Map, Value, json};
use service::Problem;
use service::pages::{Asked, address};
use uuid::Uuid;

use super::caller::Caller;
use super::conflict::Record;
use super::contract::{JsonObject, Shown};
use super::fault::Fault;
use super::lists::{filter_of, selection};
use super::named::{self, Given, one};
use super::repeat::{self, Repeat, Reply};
use super::{Answer, schema};
use crate::search::Source;
use crate::store::views::{self, View};
use crate::write::{Context, WriteError};
use crate::{App, record};

/// The most views of one person's own.
const OWN_MOST: usize = 100;
/// Views of one page unless asked otherwise, and at most: everybody's own fit, and the shared ones of a large house.
const MOST: u32 = 500;
/// The most bytes of a view's state as JSON: what a person's settings may have too.
const STATE_LIMIT: usize = 32 << 10;

/// Saved views.
pub(crate) struct Views;

#[OpenApi(prefix_path = "/api/tracker")]
impl Views {
    /// One's own views by name, then those that others share: 500 of them or `limit`. With `count=exact` each says how many challans
    /// it finds.
    #[oai(path = "/views/", method = "get")]
    async fn list_views(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Query(count): Query<Option<String>>,
        Query(limit): Query<Option<u32>>,
        Query(cursor): Query<Option<String>>,
    ) -> Answer<Shown<schema::ViewPage>> {
        person(&caller)?;
        let counted = match count.as_deref() {
            None | Some("none") => false,
            Some("exact") => true,
            Some(_) => return Err(Problem::malformed("count is none or exact.").into()),
        };
        let asked = Asked::of(limit, (MOST, MOST), cursor.as_deref())?;
        let me = caller.who.user_id;
        let chosen = views::default_of(&app.db, me).await?;
        let read = |at, limit| async move { views::seen_by(&app.db, me, &at, limit).await };
        let address = address("/api/tracker/views/", [("count", count)]);
        let page = asked.page(&address, read, |view| view.place(me)).await?;
        let mut results = Vec::with_capacity(page.rows.len());
        for view in &page.rows {
            let mut shown = shown(&caller, view, chosen == Some(view.id));
            if counted {
                shown["count"] = count_of(app, &caller, view).await?;
            }
            results.push(shown);
        }
        let body = page.with(&results);
        let response = Response::builder().content_type("application/json").header("cache-control", "no-store");
        Ok(response.body(body.to_string()).into())
    }

    /// One view, with the number of challans it finds.
    #[oai(path = "/views/:id/", method = "get")]
    async fn read_view(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
    ) -> Answer<Shown<schema::View>> {
        person(&caller)?;
        let view = views::find(&app.db, id).await?.filter(|v| sees(&caller, v)).ok_or_else(Problem::not_found)?;
        let chosen = views::default_of(&app.db, caller.who.user_id).await?;
        let mut body = shown(&caller, &view, chosen == Some(id));
        body["count"] = count_of(app, &caller, &view).await?;
        Ok(Response::from(reply(&body, view.version, false)).into())
    }

    /// Saves a view of one's own.
    #[oai(path = "/views/", method = "post")]
    async fn create_view(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        body: JsonObject<schema::NewView>,
    ) -> Answer<Shown<schema::View, 201>> {
        let repeat = Repeat::of(&caller, "view", key.as_deref(), &[&body.bytes()])?;
        set(app, &caller, None, None, &body.given, repeat.as_ref()).await.map(Into::into)
    }

    /// Changes a view of one's own; administrators change shared ones too. Names the version with `If-Match` or
    /// `base_version`. `default_for_me` alone is everybody's own choice and needs neither.
    #[oai(path = "/views/:id/", method = "patch")]
    async fn change_view(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
        body: JsonObject<schema::ViewPatch>,
    ) -> Answer<Shown<schema::View>> {
        set(app, &caller, Some(id), version.as_deref(), &body.given, None).await.map(Into::into)
    }

    /// Replaces a view; what is left out has no value.
    #[oai(path = "/views/:id/", method = "put")]
    async fn replace_view(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
        body: JsonObject<schema::NewView>,
    ) -> Answer<Shown<schema::View>> {
        let mut given = body.given;
        given.entry("name").or_insert(Value::Null);
        given.entry("shared").or_insert(Value::Bool(false));
        given.entry("state").or_insert_with(|| json!({}));
        set(app, &caller, Some(id), version.as_deref(), &given, None).await.map(Into::into)
    }

    /// Removes a view. The answer is the view as it was.
    #[oai(path = "/views/:id/", method = "delete")]
    async fn delete_view(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
    ) -> Answer<Shown<schema::View>> {
        person(&caller)?;
        let context = caller.context(app, "site");
        let reply = named::retried(|| remove(app, &caller, &context, id, version.as_deref())).await?;
        Ok(Response::from(reply).into())
    }
}

/// Views are of people who look at challans; another system has none.
fn person(caller: &Caller) -> Result<(), Fault> {
    caller.require(Permission::ChallanRead)?;
    if caller.who.via == Via::Session {
        return Ok(());
    }
    Err(Problem::forbidden("Saved views are of people; a key has none.").into())
}

fn sees(caller: &Caller, view: &View) -> bool {
    view.shared || view.owner_id == caller.who.user_id
}

fn may_change(caller: &Caller, view: &View) -> bool {
    view.owner_id == caller.who.user_id || (view.shared && caller.who.role != Role::User)
}

/// How many challans the view's filter finds for this asker; none where it has no filter that they may use, or where its words
/// cannot be searched now.
async fn count_of(app: &App, caller: &Caller, view: &View) -> Result<Value, Fault> {
    let q = match view.state.get("q") {
        None | Some(Value::Null) => "",
        Some(Value::String(q)) => q,
        Some(_) => return Ok(Value::Null),
    };
    let Ok(filter) = filter_of(Some(q), caller) else { return Ok(Value::Null) };
    match Source::of_all(app, &filter).await {
        Ok(source) => Ok(source.count(app, &selection(app, caller, &filter), None).await?.into()),
        // The other views are shown all the same.
        Err(fault) if fault.0.status() == StatusCode::SERVICE_UNAVAILABLE => Ok(Value::Null),
        Err(fault) => Err(fault),
    }
}

fn shown(caller: &Caller, view: &View, is_default: bool) -> Value {
    let mut body = view.json();
    body["default_for_me"] = is_default.into();
    body["count"] = Value::Null;
    body["can"] = if may_change(caller, view) { json!(["update", "delete"]) } else { json!([]) };
    body
}

async fn set(
    app: &App,
    caller: &Caller,
    id: Option<Uuid>,
    version: Option<&str>,
    given: &Map<String, Value>,
    repeat: Option<&Repeat>,
) -> Result<Response, Fault> {
    person(caller)?;
    let context = caller.context(app, "site");
    Ok(named::retried(|| try_set(app, caller, &context, id, version, given, repeat)).await?.into())
}

/// The view, locked, where the caller sees it.
async fn locked(tx: &mut db::Tx, caller: &Caller, id: Uuid) -> Result<Result<View, WriteError>, Fault> {
    match views::lock(tx, id).await {
        Ok(found) => Ok(Ok(found.filter(|v| sees(caller, v)).ok_or_else(Problem::not_found)?)),
        Err(e) => Ok(Err(e.into())),
    }
}

async fn try_set(
    app: &App,
    caller: &Caller,
    context: &Context,
    id: Option<Uuid>,
    version: Option<&str>,
    given: &Map<String, Value>,
    repeat: Option<&Repeat>,
) -> Result<Result<Reply, WriteError>, Fault> {
    let user = caller.who.user_id;
    let was_chosen = views::default_of(&app.db, user).await?;
    let mut tx = app.db.begin().await?;
    if let Some(reply) = repeat::done(&mut tx, repeat, context.now).await? {
        return Ok(Ok(reply));
    }
    let before = match id {
        None => None,
        Some(id) => match locked(&mut tx, caller, id).await? {
            Ok(view) => Some(view),
            Err(e) => return Ok(Err(e)),
        },
    };
    let mut given = given.clone();
    if let Some(before) = &before
        && given.keys().any(|name| name != "default_for_me")
    {
        must_change(caller, before)?;
        let current = shown(caller, before, was_chosen == id);
        named::agree(&app.log, &mut tx, record_of(before), &mut given, version, &current).await??;
    }
    let owner = before.as_ref().map_or(user, |b| b.owner_id);
    let names = match views::names_of(&mut tx, owner).await {
        Ok(names) => names,
        Err(e) => return Ok(Err(e.into())),
    };
    if before.is_none() && names.len() >= OWN_MOST {
        return Err(
            one("name", "too_many_views", "You have 100 views. Remove one that you do not need any more.").into()
        );
    }
    let is_default = before.as_ref().is_some_and(|b| was_chosen == Some(b.id));
    let (mut after, chooses) =
        read(caller, &given, before.as_ref(), is_default, &names).map_err(|errors| Problem::refused(&errors))?;
    let is_changed = before.as_ref() != Some(&after);
    if !is_changed && chooses == is_default {
        return Ok(Ok(reply(&shown(caller, &after, is_default), after.version, false)));
    }
    let written = async {
        let mut entries = Vec::new();
        if is_changed {
            after.version = before.as_ref().map_or(1, |b| b.version + 1);
            views::put(&mut tx, before.is_none(), &after).await?;
            let kind = if before.is_none() { "created" } else { "updated" };
            entries.push(record::view(context, kind, before.as_ref(), &after));
        }
        if chooses != is_default {
            views::choose(&mut tx, user, chooses.then_some(after.id)).await?;
            entries.push(record::view_chosen(context, &after, chooses));
        }
        let reply = reply(&shown(caller, &after, chooses), after.version, before.is_none());
        repeat::keep(&mut tx, repeat, &reply, context.now).await?;
        app.log.commit(tx, &entries).await?;
        Ok(reply)
    };
    Ok(written.await)
}

fn must_change(caller: &Caller, view: &View) -> Result<(), Problem> {
    if may_change(caller, view) {
        return Ok(());
    }
    let owner = &view.owner_name;
    Err(Problem::forbidden(format!("{owner} shares this view. Save it as a view of your own instead.")))
}

/// The view as it shall stand, and whether the caller opens with it.
fn read(
    caller: &Caller,
    given: &Map<String, Value>,
    before: Option<&View>,
    is_default: bool,
    names: &[(Uuid, String)],
) -> Result<(View, bool), Errors> {
    let mut read = Given::new(given, &["name", "shared", "state", "default_for_me"]);
    let name = read.name("name", before.map(|b| b.name.clone()), 1, 100);
    let shared = read.flag("shared", before.is_some_and(|b| b.shared));
    let chooses = read.flag("default_for_me", is_default);
    let state = match read.raw("state") {
        None => before.map_or_else(|| json!({}), |b| b.state.clone()),
        Some(state) if !state.is_object() => {
            read.refuse("state", "not_an_object", "Write a JSON object.");
            Value::Null
        }
        Some(state) => {
            if state.to_string().len() > STATE_LIMIT {
                read.refuse("state", "too_long", "A view's state has at most 32 KiB as JSON.");
            }
            state.clone()
        }
    };
    let id = before.map_or_else(Uuid::now_v7, |b| b.id);
    if !name.is_empty() && names.iter().any(|(other, folded)| *other != id && *folded == fold(&name)) {
        read.refuse("name", "name_taken", "Another view of the same owner has this name.");
    }
    let errors = read.errors();
    if !errors.is_empty() {
        return Err(errors);
    }
    let view = View {
        id,
        owner_id: before.map_or(caller.who.user_id, |b| b.owner_id),
        owner_name: before.map_or_else(|| caller.who.name.clone(), |b| b.owner_name.clone()),
        name,
        shared,
        state,
        version: before.map_or(1, |b| b.version),
    };
    Ok((view, chooses))
}

async fn remove(
    app: &App,
    caller: &Caller,
    context: &Context,
    id: Uuid,
    version: Option<&str>,
) -> Result<Result<Reply, WriteError>, Fault> {
    let was_chosen = views::default_of(&app.db, caller.who.user_id).await?;
    let mut tx = app.db.begin().await?;
    let view = match locked(&mut tx, caller, id).await? {
        Ok(view) => view,
        Err(e) => return Ok(Err(e)),
    };
    must_change(caller, &view)?;
    let body = shown(caller, &view, was_chosen == Some(id));
    named::agree(&app.log, &mut tx, record_of(&view), &mut Map::new(), version, &body).await??;
    let written = async {
        views::remove(&mut tx, id).await?;
        app.log.commit(tx, &[record::view_removed(context, &view)]).await?;
        Ok(reply(&body, view.version, false))
    };
    Ok(written.await)
}

fn record_of(view: &View) -> Record {
    Record { entity: "view", id: view.id, version: view.version }
}

/// No batch is told: a view is nothing of the register, so its writes are none.
fn reply(body: &Value, version: u64, new: bool) -> Reply {
    let mut headers = vec![("etag".to_owned(), format!("\"{version}\""))];
    if let Some(id) = body["id"].as_str().filter(|_| new) {
        headers.push(("location".to_owned(), format!("/api/tracker/views/{id}/")));
    }
    Reply { status: if new { 201 } else { 200 }, headers, body: body.to_string() }
}
