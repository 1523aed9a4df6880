//! Who carries challans: the names in use on challans that the asker may see, and two names made one.

use std::collections::BTreeMap;

use domain::filter::{Field, Filter, Node, Term, Test, Wanted};
use domain::fold::fold;
use domain::identity::Permission;
use domain::rights::reaches_all;
use poem::Response;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Query};
use serde_json::{Map, Value, json};
use service::Problem;
use service::pages::{Asked, Name, address, part};
use uuid::Uuid;

use super::bulk::taken_on;
use super::caller::Caller;
use super::contract::{JsonObject, Shown};
use super::fault::Fault;
use super::lists::selection;
use super::named::{Given, one};
use super::repeat::{self, Repeat};
use super::schema::Accepted;
use super::{Answer, schema};
use crate::App;
use crate::bulk::change::MERGE;
use crate::bulk::job::Spec;
use crate::bulk::task::Task;
use crate::search::{self, Source};
use crate::store::executives::Executive;

/// Names of one page unless asked otherwise, and at most; a search narrows them.
const MOST: u32 = 200;
/// The column of challans that the names stand in.
const COLUMN: &str = "delivery_executives";
/// What a merge is called among the batches.
const WORD: &str = "merge_executive";

/// Who carries challans.
pub(crate) struct Executives;

#[OpenApi(prefix_path = "/api/tracker")]
impl Executives {
    /// Names of executives that hold `search`, by name, 200 of them or `limit`, with the number of visible challans that carry each.
    #[oai(path = "/executives/", method = "get")]
    async fn list_executives(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Query(search): Query<Option<String>>,
        Query(limit): Query<Option<u32>>,
        Query(cursor): Query<Option<String>>,
    ) -> Answer<Shown<schema::ExecutivePage>> {
        caller.require(Permission::ChallanRead)?;
        let asked = Asked::of(limit, (MOST, MOST), cursor.as_deref())?;
        let folded = &fold(search.as_deref().unwrap_or_default());
        let all = Filter::default();
        let (source, selection) = (&Source::of_all(app, &all).await?, &selection(app, &caller, &all));
        // Colleagues without a challan yet are for those who see every row, which a key that is bound to sources does not.
        let colleagues = match reaches_all(&caller.who, Permission::ChallanRead, COLUMN, caller.now) {
            true => app.identity.executives().await.map_err(Problem::from)?,
            false => Vec::new(),
        };
        let colleagues = &colleagues;
        let read = |at, limit| async move {
            let carried = source.executives(app, selection, folded, &at, limit).await?;
            Ok::<_, Fault>(part(named(carried, colleagues, folded), &at, limit, |(name, _)| name.clone()))
        };
        let address = address("/api/tracker/executives/", [("search", search.clone())]);
        let page = asked.page(&address, read, |(name, _)| name.clone()).await?;
        let body = page.json(|(_, row)| row.clone());
        Ok(Response::builder().content_type("application/json").body(body.to_string()).into())
    }

    /// Makes two executives one: wherever `name` stands on a challan, however it is written there, `into` stands afterwards, and
    /// once; on void challans and on those in the trash too. It goes on in the background as a batch, which its maker can undo.
    /// Besides `customer:manage` it needs `challan:read` and `challan:update` for every challan. The executive name of a user
    /// is not merged away: an admin changes it at the user.
    #[oai(path = "/executives/merge/", method = "post")]
    async fn merge_executives(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        #[oai(name = "Idempotency-Key")] Header(key): Header<Option<String>>,
        body: JsonObject<schema::ExecutiveMerge>,
    ) -> Answer<Shown<Accepted, 202>> {
        let repeat = Repeat::of(&caller, "merge executive", key.as_deref(), &[&body.bytes()])?;
        may_merge(&caller)?;
        // Once it is done the name is on no challan any more, so the answer of before comes before every question.
        if repeat.is_some() {
            let mut tx = app.db.begin().await?;
            let done = repeat::done(&mut tx, repeat.as_ref(), caller.now).await?;
            tx.rollback().await?;
            if let Some(reply) = done {
                return Ok(Response::from(reply).into());
            }
        }
        let (name, into) = read(&body.given)?;
        refuse_name_of_user(app, &name, &into).await?;
        let filter = carried_by(&name);
        let rows = search::matching(app, &selection(app, &caller, &filter), u32::MAX).await?;
        if rows.is_empty() {
            return Err(one("name", "executive_unknown", format!("No challan is carried by {name}.")).into());
        }
        let context = caller.context(app, "site");
        let spec = Spec { task: Task::MergeExecutive { name, into }, q: None };
        Ok(Response::from(taken_on(app, &context, WORD, &spec, &rows, repeat.as_ref()).await?).into())
    }
}

/// The names that challans carry and those of colleagues that hold `search`, in their order.
fn named(carried: BTreeMap<String, Executive>, colleagues: &[(String, Uuid)], search: &str) -> BTreeMap<Name, Value> {
    let row = |e: Executive| json!({ "name": e.name, "user": null, "count": e.count });
    let mut named: BTreeMap<Name, Value> = carried.into_iter().map(|(folded, e)| (Name(folded), row(e))).collect();
    for (name, user) in colleagues {
        let folded = fold(name);
        if folded.contains(search) {
            let row = named.entry(Name(folded)).or_insert_with(|| json!({ "count": 0 }));
            row["name"] = json!(name);
            row["user"] = json!(user);
        }
    }
    named
}

/// Refuses whoever does not see and change every challan anyway: a merge moves challans into the reach of those who have a
/// right to their own deliveries, and might be one of them.
fn may_merge(caller: &Caller) -> Result<(), Fault> {
    caller.require(Permission::CustomerManage)?;
    for permission in MERGE {
        if !reaches_all(&caller.who, permission, COLUMN, caller.now) {
            let word = permission.as_str();
            return Err(Problem::forbidden(format!("You need {word} for every challan, with its executives.")).into());
        }
    }
    Ok(())
}

/// The name that goes and the one that stays.
fn read(given: &Map<String, Value>) -> Result<(String, String), Problem> {
    let mut read = Given::new(given, &["name", "into"]);
    // A name that no challan may have any more is still one to be merged away.
    let (name, into) = (read.required_text("name", None), read.name("into", None, 1, 100));
    if name == into {
        read.refuse("into", "same_name", "Write the other name, the one that stays.");
    }
    let errors = read.errors();
    if errors.is_empty() { Ok((name, into)) } else { Err(Problem::refused(&errors)) }
}

/// Deliveries are a user's own by this name, so it goes with the user alone. Another spelling of it is the same name.
async fn refuse_name_of_user(app: &App, name: &str, into: &str) -> Result<(), Fault> {
    let folded = fold(name);
    if folded == fold(into) {
        return Ok(());
    }
    let users = app.identity.executives().await.map_err(Problem::from)?;
    match users.into_iter().find(|(own, _)| fold(own) == folded) {
        None => Ok(()),
        Some((own, _)) => {
            let reason = format!(
                "{own} is the executive name of a user, whose own deliveries are found by it. An admin changes it in Users first."
            );
            Err(one("name", "name_of_user", reason).into())
        }
    }
}

/// Every challan with this executive, those in the trash too.
fn carried_by(name: &str) -> Filter {
    let term = |field, test| Node::Term(Term::Field(field, test));
    let wanted = Wanted { text: name.to_owned(), prefix: false };
    let anywhere = Node::Or(vec![term(Field::Deleted, Test::Any), term(Field::Deleted, Test::Nothing)]);
    Filter { root: Some(Node::And(vec![term(Field::Executive, Test::Texts(vec![wanted])), anywhere])) }
}
