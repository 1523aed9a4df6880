//! The customer list: find, add, change, merge.

use domain::fold::fold;
use domain::gstin;
use domain::identity::{Permission, Via};
use domain::reason::{Errors, Reason};
use domain::rights::{self, Customers};
use poem::Response;
use poem::http::StatusCode;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use serde_json::{Map, Value};
use service::Problem;
use service::pages::{Asked, At, address};
use uuid::Uuid;

use super::caller::Caller;
use super::conflict::Record;
use super::contract::{JsonObject, Shown};
use super::fault::Fault;
use super::named::{self, Given, one, wrong_name};
use super::repeat::{self, Repeat, Reply};
use super::{Answer, schema};
use crate::batch::{self, Tally};
use crate::store::customers::{self, Customer, Facts};
use crate::write::{Context, WriteError};
use crate::{App, record, work};

/// Rows of one page unless asked otherwise, and at most.
const PAGE: u32 = 50;
const MOST: u32 = 200;
/// The most aliases of a customer.
const ALIASES: usize = 100;

/// The customer list.
pub(crate) struct CustomerList;

#[OpenApi(prefix_path = "/api/tracker")]
impl CustomerList {
    /// Customers by name; `search` finds a part of a name or alias, and the beginning of a GSTIN.
    #[oai(path = "/customers/", method = "get")]
    async fn list_customers(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Query(search): Query<Option<String>>,
        Query(limit): Query<Option<u32>>,
        Query(cursor): Query<Option<String>>,
    ) -> Answer<Shown<schema::CustomerPage>> {
        let visible = &visible(&caller)?;
        let asked = Asked::of(limit, (PAGE, MOST), cursor.as_deref())?;
        let folded = &fold(search.as_deref().unwrap_or_default());
        let read = |at, limit| async move { customers::page(&app.db, visible, folded, &at, limit).await };
        let page = asked.page(&address("/api/tracker/customers/", [("search", search)]), read, Customer::place).await?;
        let body = page.json(Customer::json);
        Ok(Response::builder().content_type("application/json").body(body.to_string()).into())
    }

    /// One customer. A merged one says into which.
    #[oai(path = "/customers/:id/", method = "get")]
    async fn read_customer(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
    ) -> Answer<Shown<schema::Customer>> {
        let visible = visible(&caller)?;
        let customer = customers::find(&app.db, id).await?.ok_or_else(Problem::not_found)?;
        let seen = visible.all || visible.ids.contains(&id) || {
            let own = Customers { all: false, ids: Vec::new(), carried_by: visible.carried_by };
            own.carried_by.is_some() && is_carried(app, &own, &customer).await?
        };
        if !seen {
            return Err(Problem::not_found().into());
        }
        Ok(Response::from(shown(&customer, StatusCode::OK, None)).into())
    }

    /// Adds a customer.
    #[oai(path = "/customers/", method = "post")]
    async fn create_customer(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        body: JsonObject<schema::NewCustomer>,
    ) -> Answer<Shown<schema::Customer, 201>> {
        let repeat = Repeat::of(&caller, "customer", key.as_deref(), &[&body.bytes()])?;
        if !managed(&caller)?.all {
            return Err(Problem::forbidden("You may change some customers, and add none.").into());
        }
        let context = caller.context(app, "site");
        Ok(Response::from(put(app, &context, None, None, &body.given, repeat.as_ref()).await?).into())
    }

    /// Changes a customer. A new name goes to all its challans, and the old one stays as an alias. Names the version
    /// with `If-Match` or `base_version`.
    #[oai(path = "/customers/:id/", method = "patch")]
    async fn change_customer(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "If-Match")] Header(version): Header<Option<String>>,
        body: JsonObject<schema::CustomerPatch>,
    ) -> Answer<Shown<schema::Customer>> {
        must_manage(&caller, id)?;
        let context = caller.context(app, "site");
        let reply = put(app, &context, Some(id), version.as_deref(), &body.given, None).await?;
        app.work.notify_one();
        Ok(Response::from(reply).into())
    }

    /// Merges a customer into another, which gets its names and, piece by piece, its challans. The answer is the other.
    #[oai(path = "/customers/:id/merge/", method = "post")]
    async fn merge_customer(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        body: JsonObject<schema::Merge>,
    ) -> Answer<Shown<schema::Customer>> {
        let repeat = Repeat::of(&caller, &format!("merge {id}"), key.as_deref(), &[&body.bytes()])?;
        must_manage(&caller, id)?;
        let into = match body.given.get("into").and_then(Value::as_str).and_then(|text| text.parse::<Uuid>().ok()) {
            Some(into) if into == id => {
                return Err(one("into", "same_customer", "This is the customer itself; name the other one.").into());
            }
            Some(into) if body.given.len() == 1 => into,
            _ => return Err(one("into", "not_an_id", "Name the id of the other customer, and nothing else.").into()),
        };
        if must_manage(&caller, into).is_err() {
            return Err(one("into", "customer_unknown", "There is no such customer that you may change.").into());
        }
        if rights::gains_by_merge(&caller.who, id, into, caller.now) {
            let why = "Your rights are limited to some customers, and a merge would give you another one's challans.";
            return Err(Problem::forbidden(why).into());
        }
        let context = caller.context(app, "site");
        let reply = named::retried(|| merge(app, &context, id, into, repeat.as_ref())).await?;
        app.work.notify_one();
        Ok(Response::from(reply).into())
    }
}

/// Which customers the caller may see: those of the challans they may read, and those they manage.
fn visible(caller: &Caller) -> Result<Customers, Fault> {
    let (mut read, managed) = (
        rights::customers(&caller.who, Permission::ChallanRead, caller.now),
        rights::customers(&caller.who, Permission::CustomerManage, caller.now),
    );
    read.all |= managed.all;
    read.ids.extend(managed.ids);
    if read == Customers::default() {
        return Err(Problem::forbidden("You need the permission challan:read, with the customer's name.").into());
    }
    Ok(read)
}

fn managed(caller: &Caller) -> Result<Customers, Fault> {
    let managed = rights::customers(&caller.who, Permission::CustomerManage, caller.now);
    if caller.who.via != Via::Session || (!managed.all && managed.ids.is_empty()) {
        return Err(Problem::forbidden(Permission::CustomerManage.needed()).into());
    }
    Ok(managed)
}

fn must_manage(caller: &Caller, id: Uuid) -> Result<(), Fault> {
    let managed = managed(caller)?;
    if managed.all || managed.ids.contains(&id) { Ok(()) } else { Err(Problem::not_found().into()) }
}

async fn is_carried(app: &App, own: &Customers, customer: &Customer) -> Result<bool, Fault> {
    let name = fold(&customer.name);
    Ok(customers::page(&app.db, own, &name, &At::Start, MOST).await?.iter().any(|c| c.id == customer.id))
}

async fn put(
    app: &App,
    context: &Context,
    id: Option<Uuid>,
    version: Option<&str>,
    given: &Map<String, Value>,
    repeat: Option<&Repeat>,
) -> Result<Reply, Fault> {
    named::retried(|| try_put(app, context, id, version, given, repeat)).await
}

async fn try_put(
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
    let status = if id.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let before = match id {
        None => None,
        Some(id) => match customers::lock(&mut tx, id).await {
            Ok(found) => Some(found.ok_or_else(Problem::not_found)?),
            Err(e) => return Ok(Err(e.into())),
        },
    };
    let mut given = given.clone();
    if let Some(before) = &before {
        if before.merged_into.is_some() {
            return Err(
                one("merged_into", "merged", "This customer was merged into another one; change that one.").into()
            );
        }
        let record = Record { entity: "customer", id: before.id, version: before.version };
        named::agree(&app.log, &mut tx, record, &mut given, version, &before.json()).await??;
    }
    let mut after = read(&given, before.as_ref()).map_err(|errors| Problem::refused(&errors))?;
    for (field, name) in names(&after) {
        match customers::holder(&mut tx, &name).await {
            Ok(Some(other)) if other != after.id => {
                let reason = format!("{name} is a name of another customer. Merge the two, or choose another name.");
                return Err(one(field, "name_taken", reason).into());
            }
            Ok(_) => {}
            Err(e) => return Ok(Err(e.into())),
        }
    }
    if before.as_ref() == Some(&after) {
        return Ok(Ok(shown(&after, status, None)));
    }
    after.version = before.as_ref().map_or(1, |b| b.version + 1);
    let written = async {
        customers::put(&mut tx, before.as_ref(), &after, context.now.timestamp_micros()).await?;
        if let Some(before) = before.as_ref().filter(|b| b.name != after.name) {
            work::ask(&mut tx, context, after.id, fold(&before.name)).await?;
        }
        let kind = if before.is_none() { "created" } else { "updated" };
        let reply = shown(&after, status, Some(context));
        repeat::keep(&mut tx, repeat, &reply, context.now).await?;
        let entries = [record::customer(context, kind, before.as_ref(), &after)];
        batch::commit(&app.log, tx, context, &entries, work::ACTION, Tally::default()).await?;
        Ok(reply)
    };
    Ok(written.await)
}

/// Every name with the field that it stands in.
fn names(customer: &Customer) -> impl Iterator<Item = (&'static str, String)> {
    let aliases: Vec<String> = customer.facts.aliases.clone();
    std::iter::once(("name", customer.name.clone())).chain(aliases.into_iter().map(|alias| ("aliases", alias)))
}

/// The customer as it shall stand.
fn read(given: &Map<String, Value>, before: Option<&Customer>) -> Result<Customer, Errors> {
    let now = before.map(|b| b.facts.clone()).unwrap_or_default();
    let mut read = Given::new(given, &["name", "aliases", "gstin", "state", "address", "active"]);
    let name = read.name("name", before.map(|b| b.name.clone()), 2, 200);
    let mut aliases = aliases(&mut read, now.aliases);
    // Whoever still writes the old name means this customer.
    if let Some(before) = before.filter(|_| !given.contains_key("aliases")) {
        aliases.push(before.name.clone());
    }
    let own = fold(&name);
    let mut seen = std::collections::HashSet::from([own]);
    aliases.retain(|alias| seen.insert(fold(alias)));
    if aliases.len() > ALIASES {
        read.refuse("aliases", "too_many_aliases", "A customer has at most 100 aliases.");
    }
    let mut number = read.text("gstin", now.gstin, 20);
    if let Some(text) = number.take() {
        match gstin::parse(&text) {
            Ok(checked) => number = Some(checked),
            Err(wrong) => read.add("gstin", wrong),
        }
    }
    let code = number.as_deref().and_then(|n| n.get(..2)).map(str::to_owned);
    // A GSTIN says the state; only a state that is written beside it can disagree.
    let state = match given.get("state") {
        None if given.contains_key("gstin") && code.is_some() => code.clone(),
        _ => read.text("state", now.state, 200),
    };
    if let Some(state) = &state {
        if !gstin::is_state(state) {
            read.refuse("state", "state_unknown", "A state is its GST code of two digits, such as 27 for Maharashtra.");
        } else if code.as_ref().is_some_and(|code| code != state) {
            read.refuse(
                "state",
                "state_of_gstin",
                "The GSTIN is of another state: its first two digits are the state's code.",
            );
        }
    }
    let address = read.text("address", now.address, 1000);
    let active = read.flag("active", now.active);
    let errors = read.errors();
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Customer {
        id: before.map_or_else(Uuid::now_v7, |b| b.id),
        version: before.map_or(1, |b| b.version),
        name,
        merged_into: None,
        facts: Facts { aliases, gstin: number, state, address, active },
    })
}

fn aliases(read: &mut Given<'_>, now: Vec<String>) -> Vec<String> {
    let wrong = || Reason::new("not_a_list", "Write a list of names, such as [\"Asha\", \"Asha & Co\"].");
    let items = match read.raw("aliases") {
        None => return now,
        Some(Value::Null) => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => {
            read.add("aliases", wrong());
            return Vec::new();
        }
    };
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        match item.as_str().map(str::trim) {
            None => {
                read.add("aliases", wrong());
                break;
            }
            Some(name) => match wrong_name(name, 2, 200) {
                Some(reason) => {
                    read.add("aliases", reason);
                    break;
                }
                None => names.push(name.to_owned()),
            },
        }
    }
    names
}

/// Locks both in the order of their ids, as every writer does.
async fn merge(
    app: &App,
    context: &Context,
    id: Uuid,
    into: Uuid,
    repeat: Option<&Repeat>,
) -> Result<Result<Reply, WriteError>, Fault> {
    let mut tx = app.db.begin().await?;
    if let Some(reply) = repeat::done(&mut tx, repeat, context.now).await? {
        return Ok(Ok(reply));
    }
    let mut found = Vec::with_capacity(2);
    for id in [id.min(into), id.max(into)] {
        match customers::lock(&mut tx, id).await {
            Ok(customer) => found.push(customer),
            Err(e) => return Ok(Err(e.into())),
        }
    }
    if id > into {
        found.reverse();
    }
    let Some((Some(target), Some(source))) = found.pop().zip(found.pop()) else {
        return Err(Problem::not_found().into());
    };
    if source.merged_into.is_some() {
        return Err(one("merged_into", "merged", "This customer was merged already.").into());
    }
    if target.merged_into.is_some() {
        return Err(one("into", "merged", "That customer was itself merged into another one.").into());
    }
    let (gone, kept) = merged(&source, &target);
    if kept.facts.aliases.len() > ALIASES {
        return Err(
            one("into", "too_many_aliases", "Both have more than 100 aliases together; remove some first.").into()
        );
    }
    let written = async {
        let now = context.now.timestamp_micros();
        customers::put(&mut tx, Some(&source), &gone, now).await?;
        customers::put(&mut tx, Some(&target), &kept, now).await?;
        work::ask(&mut tx, context, source.id, fold(&source.name)).await?;
        let entries = [
            record::customer(context, "merged", Some(&source), &gone),
            record::customer(context, "updated", Some(&target), &kept),
        ];
        let reply = shown(&kept, StatusCode::OK, Some(context));
        repeat::keep(&mut tx, repeat, &reply, context.now).await?;
        batch::commit(&app.log, tx, context, &entries, work::ACTION, Tally::default()).await?;
        Ok(reply)
    };
    Ok(written.await)
}

/// Both customers after the merge; what the kept one lacks it takes from the other.
fn merged(source: &Customer, target: &Customer) -> (Customer, Customer) {
    let mut gone = source.clone();
    gone.version += 1;
    gone.merged_into = Some(target.id);
    gone.facts.active = false;
    gone.facts.aliases.clear();
    let mut kept = target.clone();
    kept.version += 1;
    kept.facts.aliases.push(source.name.clone());
    kept.facts.aliases.extend(source.facts.aliases.iter().cloned());
    if kept.facts.gstin.is_none() && (kept.facts.state.is_none() || kept.facts.state == source.facts.state) {
        kept.facts.gstin.clone_from(&source.facts.gstin);
        kept.facts.state.clone_from(&source.facts.state);
    }
    kept.facts.address = kept.facts.address.or_else(|| source.facts.address.clone());
    (gone, kept)
}

fn shown(customer: &Customer, status: StatusCode, write: Option<&Context>) -> Reply {
    let mut headers = vec![("etag".to_owned(), format!("\"{}\"", customer.version))];
    if status == StatusCode::CREATED {
        headers.push(("location".to_owned(), format!("/api/tracker/customers/{}/", customer.id)));
    }
    headers.extend(write.map(|context| ("x-batch-id".to_owned(), context.batch_id.to_string())));
    Reply { status: status.as_u16(), headers, body: customer.json().to_string() }
}
