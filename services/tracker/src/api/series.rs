//! The series of challan numbers, set by administrators.

use db::Tx;
use domain::fold::fold;
use domain::identity::{Permission, Role, Via};
use domain::reason::{Errors, Reason};
use domain::series::{Reset, Series};
use poem::Response;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use serde_json::{Map, Value, json};
use service::Problem;
use service::pages::{Asked, Name};
use uuid::Uuid;

use super::caller::Caller;
use super::conflict::Record;
use super::contract::{JsonObject, Shown};
use super::fault::Fault;
use super::named::{self, Given};
use super::repeat::{self, Repeat, Reply};
use super::{Answer, schema};
use crate::App;
use crate::batch::{self, Tally};
use crate::record;
use crate::store::numbers;
use crate::store::series::{self, Stored};
use crate::write::{Context, WriteError};

/// The most series there may be: each is compared with every other.
const MOST: usize = 100;
/// Series of one page unless asked otherwise, and at most: all of them.
const PAGE: u32 = MOST as u32;

/// Series of numbers.
pub(crate) struct SeriesOfNumbers;

#[OpenApi(prefix_path = "/api/tracker")]
impl SeriesOfNumbers {
    /// The series by name, each with the number it gives next: all there are, unless `limit` is fewer.
    #[oai(path = "/series/", method = "get")]
    async fn list_series(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Query(limit): Query<Option<u32>>,
        Query(cursor): Query<Option<String>>,
    ) -> Answer<Shown<schema::SeriesPage>> {
        caller.require(Permission::ChallanRead)?;
        let asked = Asked::of(limit, (PAGE, PAGE), cursor.as_deref())?;
        let today = caller.context(app, "site").today();
        let mut tx = app.db.begin().await?;
        let all = series::all(&mut tx).await?;
        let page = asked.page_of("/api/tracker/series/?", &all, |stored| Name(fold(&stored.name)));
        let mut results = Vec::with_capacity(page.rows.len());
        for stored in &page.rows {
            let mut shown = stored.json();
            shown["next"] = json!(numbers::next(&mut tx, stored, today).await?);
            results.push(shown);
        }
        tx.rollback().await?;
        let body = page.with(&results);
        Ok(Response::builder().content_type("application/json").body(body.to_string()).into())
    }

    /// Adds a series. With `default: true` challans draw from it from now on.
    #[oai(path = "/series/", method = "post")]
    async fn create_series(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        body: JsonObject<schema::NewSeries>,
    ) -> Answer<Shown<schema::Series, 201>> {
        let repeat = Repeat::of(&caller, "series", key.as_deref(), &[&body.bytes()])?;
        set(app, &caller, None, None, &body.given, repeat.as_ref()).await.map(Into::into)
    }

    /// Changes a series; numbers drawn from then on follow it. Names the version with `If-Match` or `base_version`.
    #[oai(path = "/series/:id/", method = "patch")]
    async fn change_series(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
        body: JsonObject<schema::SeriesPatch>,
    ) -> Answer<Shown<schema::Series>> {
        set(app, &caller, Some(id), version.as_deref(), &body.given, None).await.map(Into::into)
    }

    /// Replaces a series; what is left out has no value, so all of it is named.
    #[oai(path = "/series/:id/", method = "put")]
    async fn replace_series(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
        body: JsonObject<schema::NewSeries>,
    ) -> Answer<Shown<schema::Series>> {
        let mut given = body.given;
        for name in ["name", "template", "reset"] {
            given.entry(name).or_insert(Value::Null);
        }
        set(app, &caller, Some(id), version.as_deref(), &given, None).await.map(Into::into)
    }
}

async fn set(
    app: &App,
    caller: &Caller,
    id: Option<Uuid>,
    version: Option<&str>,
    given: &Map<String, Value>,
    repeat: Option<&Repeat>,
) -> Result<Response, Fault> {
    if caller.who.via != Via::Session || caller.who.role == Role::User {
        return Err(Problem::forbidden("Only administrators set the series of numbers.").into());
    }
    let context = caller.context(app, "site");
    Ok(named::retried(|| try_set(app, &context, id, version, given, repeat)).await?.into())
}

async fn try_set(
    app: &App,
    context: &Context,
    id: Option<Uuid>,
    version: Option<&str>,
    given: &Map<String, Value>,
    repeat: Option<&Repeat>,
) -> Result<Result<Reply, WriteError>, Fault> {
    let mut tx = app.db.begin().await?;
    if let Some(reply) = repeat::done(&mut tx, repeat, context.now).await? {
        return Ok(Ok(reply));
    }
    let all = match series::lock_all(&mut tx).await {
        Ok(all) => all,
        Err(e) => return Ok(Err(e.into())),
    };
    let before = match id {
        Some(id) => Some(all.iter().find(|s| s.id == id).cloned().ok_or_else(Problem::not_found)?),
        None if all.len() >= MOST => {
            return Err(named::one("name", "too_many_series", "There are at most 100 series.").into());
        }
        None => None,
    };
    let mut given = given.clone();
    if let Some(before) = &before {
        let record = Record { entity: "series", id: before.id, version: before.version };
        named::agree(&app.log, &mut tx, record, &mut given, version, &before.json()).await??;
    }
    let after = read(&given, before.as_ref(), &all).map_err(|errors| Problem::refused(&errors))?;
    if before.as_ref().is_some_and(|b| b.json() == after.json()) {
        return Ok(Ok(shown(&mut tx, context, &after, false).await?));
    }
    let mut entries = Vec::new();
    let written = async {
        if after.is_default {
            for old in all.iter().filter(|s| s.is_default && s.id != after.id) {
                let new = Stored { is_default: false, version: old.version + 1, ..old.clone() };
                series::put(&mut tx, false, &new).await?;
                entries.push(record::series(context, "updated", Some(old), &new));
            }
        }
        let mut after = after;
        after.version = before.as_ref().map_or(1, |b| b.version + 1);
        series::put(&mut tx, before.is_none(), &after).await?;
        let kind = if before.is_none() { "created" } else { "updated" };
        entries.push(record::series(context, kind, before.as_ref(), &after));
        let mut reply = shown(&mut tx, context, &after, before.is_none()).await?;
        reply.headers.push(("x-batch-id".to_owned(), context.batch_id.to_string()));
        repeat::keep(&mut tx, repeat, &reply, context.now).await?;
        batch::commit(&app.log, tx, context, &entries, "series", Tally::default()).await?;
        Ok(reply)
    };
    Ok(written.await)
}

/// The series as it shall stand.
fn read(given: &Map<String, Value>, before: Option<&Stored>, all: &[Stored]) -> Result<Stored, Errors> {
    let mut read = Given::new(given, &["name", "template", "reset", "default"]);
    let name = read.name("name", before.map(|b| b.name.clone()), 2, 100);
    let template = read.required_text("template", before.map(|b| b.series.to_string()));
    let word = read.required_text("reset", before.map(|b| b.series.reset().as_str().to_owned()));
    let default = read.flag("default", before.is_some_and(|b| b.is_default));
    let id = before.map_or_else(Uuid::now_v7, |b| b.id);
    let others = || all.iter().filter(|s| s.id != id);
    let reset = Reset::parse(&word);
    if !word.is_empty() && reset.is_none() {
        read.refuse("reset", "reset_unknown", "A sequence begins again never, yearly, financial_year or monthly.");
    }
    if !name.is_empty() && others().any(|s| fold(&s.name) == fold(&name)) {
        read.refuse("name", "name_taken", "Another series has this name.");
    }
    if before.is_some_and(|b| b.is_default) && !default {
        read.refuse(
            "default",
            "default_missing",
            "Challans draw from this series. Mark another one as the default instead.",
        );
    }
    let series = reset.filter(|_| !template.is_empty()).map(|reset| Series::parse(&template, reset));
    match &series {
        Some(Err(wrong)) => read.add("template", Reason::from(wrong)),
        Some(Ok(series)) => {
            if let Some(other) = others().find(|s| s.series.may_meet(series)) {
                let reason = format!("Its numbers could equal those of the series {}.", other.name);
                read.refuse("template", "numbers_meet", reason);
            }
        }
        None => {}
    }
    let errors = read.errors();
    match series {
        Some(Ok(series)) if errors.is_empty() => Ok(Stored {
            id,
            counter: before.map_or_else(|| id.to_string(), |b| b.counter.clone()),
            name,
            series,
            is_default: default,
            version: before.map_or(1, |b| b.version),
        }),
        _ => Err(errors),
    }
}

async fn shown(tx: &mut Tx, context: &Context, stored: &Stored, new: bool) -> db::Result<Reply> {
    let mut body = stored.json();
    body["next"] = json!(numbers::next(tx, stored, context.today()).await?);
    let headers = vec![("etag".to_owned(), format!("\"{}\"", stored.version))];
    Ok(Reply { status: if new { 201 } else { 200 }, headers, body: body.to_string() })
}
