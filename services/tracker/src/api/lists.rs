//! Many challans: by page, by window, counted, summed up.

use std::sync::Arc;

use chrono::Utc;
use domain::challan::Field;
use domain::filter::{self, Filter, completions};
use domain::identity::Permission;
use domain::rights::hidden_everywhere;
use poem::Response;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;
use serde_json::{Map, Value, json};
use service::Problem;
use service::pages::{self, Asked, Found, address, foreign_cursor};

use super::caller::Caller;
use super::contract::Shown;
use super::fault::Fault;
use super::pages::page;
use super::place::Cursor;
use super::window::{Counting, counted, window_of};
use super::{Answer, dashboard, schema};
use crate::App;
use crate::search::{At, Source};
use crate::store::figures::By;
use crate::store::filter::Selection;
use crate::store::list::Listed;
use crate::store::sort::{Place, Sort};

/// Rows of one page unless asked otherwise.
const PAGE: u32 = 100;
/// Rows of one page at most.
const MOST: u32 = 1000;
/// Rows of one window at most.
const WINDOW_MOST: u32 = 100_000;

/// Reads a filter. A mistake is a 400 with its place; a field that the asker never sees is a 403.
pub(super) fn filter_of(q: Option<&str>, caller: &Caller) -> Result<Filter, Problem> {
    let filter = filter::parse(q.unwrap_or_default()).map_err(|m| {
        Problem::malformed(m.to_string()).with("place", m.place.into()).with("expected", m.expected.into())
    })?;
    let hidden = hidden_everywhere(&caller.who, Permission::ChallanRead, caller.now);
    match filter.fields().into_iter().find(|f| f.is_hidden(&hidden)) {
        Some(field) => Err(hidden_field(field.as_str())),
        None => Ok(filter),
    }
}

pub(crate) fn hidden_field(name: &str) -> Problem {
    Problem::forbidden(format!("The field {name} is hidden from you."))
}

/// The rows that the filter finds for the caller, now.
pub(super) fn selection<'a>(app: &App, caller: &'a Caller, filter: &'a Filter) -> Selection<'a> {
    let now = Utc::now();
    Selection { filter, who: &caller.who, now, today: now.with_timezone(&app.config.org_timezone).date_naive() }
}

/// Reads an order. One by a field that is hidden from the asker in some rows would tell what stands there.
fn order_of(text: Option<&str>, selection: &Selection<'_>) -> Result<Sort, Problem> {
    let sort = Sort::parse(text.unwrap_or_default()).ok_or_else(|| {
        let names: Vec<&str> = Sort::names().collect();
        let names = names.join(", ");
        Problem::malformed(format!(
            "Sort by up to three of {names}, with commas between; a leading - is largest first."
        ))
    })?;
    let hidden = sort.columns().find(|by| !is_told(by.name, selection));
    hidden.map_or(Ok(sort), |by| Err(hidden_field(by.name)))
}

/// Whether the order by a column tells nothing that is hidden from the asker.
fn is_told(column: &str, selection: &Selection<'_>) -> bool {
    filter::Field::parse(column).is_none_or(|field| !selection.hides_in_some_rows(field))
}

/// Many challans.
pub(crate) struct Lists;

#[OpenApi(prefix_path = "/api/tracker")]
impl Lists {
    /// One page by keyset, the newest first unless sorted otherwise.
    ///
    /// With `columns`, names between commas, a row has these, its id and its version alone.
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the address")]
    #[oai(path = "/data/", method = "get")]
    async fn list_challans(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Query(q): Query<Option<String>>,
        #[oai(name = "sort")] Query(order): Query<Option<String>>,
        Query(limit): Query<Option<u32>>,
        Query(cursor): Query<Option<String>>,
        Query(count): Query<Option<String>>,
        Query(columns): Query<Option<String>>,
    ) -> Answer<Shown<schema::ChallanPage>> {
        read_right(&caller)?;
        let filter = filter_of(q.as_deref(), &caller)?;
        let selection = selection(app, &caller, &filter);
        let sort = order_of(order.as_deref(), &selection)?;
        let asked = Asked::read(limit, (PAGE, MOST), cursor.as_deref(), |text| Cursor::read(text, sort))?;
        let counting = Counting::parse(count.as_deref())?;
        let chosen = columns.filter(|text| !text.is_empty());
        let columns = chosen.as_deref().map(|text| columns_of(Some(text))).transpose()?;
        let source = Source::of(app, &selection, sort, At::Beginning).await?;
        let end = source.place(app).await?;
        // The index may be behind the rows that it finds, so its pages are kept by the end of the log.
        let newest = if matches!(source, Source::Tables) { end } else { app.log.end().await? };
        let question = json!([q, sort.to_string(), limit, cursor, count, chosen]);
        let key = format!("{newest} {end} {} {question}", selection.asked_by());
        if let Some(page) = app.pages.get(&key) {
            return Ok(json_text(page.to_string()).into());
        }
        let address = address("/api/tracker/data/", [("q", q), ("sort", Some(sort.to_string())), ("columns", chosen)]);
        let read = |at, limit| read_from(app, &source, &selection, (sort, at), limit);
        let found = asked.page(&address, read, |row| Cursor::of(row, sort)).await?;
        let (count, count_capped) = counted(app, &source, &selection, counting).await?;
        let rest = json!({
            "next": found.next, "previous": found.previous, "count": count, "count_capped": count_capped,
            "log_cursor": end.to_string(),
        });
        let page: Arc<str> = page(&caller, &found.rows, columns.as_deref(), &rest)?.into();
        app.pages.keep(key, &page);
        Ok(json_text(page.to_string()).into())
    }

    /// A window of chosen columns, by offset or from a row's cursor on.
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the address")]
    #[oai(path = "/range/", method = "get")]
    async fn challan_window(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Query(q): Query<Option<String>>,
        #[oai(name = "sort")] Query(order): Query<Option<String>>,
        Query(limit): Query<Option<u32>>,
        Query(offset): Query<Option<u64>>,
        Query(after): Query<Option<String>>,
        Query(before): Query<Option<String>>,
        Query(columns): Query<Option<String>>,
    ) -> Answer<Shown<schema::Window>> {
        read_right(&caller)?;
        let filter = filter_of(q.as_deref(), &caller)?;
        let selection = selection(app, &caller, &filter);
        let sort = order_of(order.as_deref(), &selection)?;
        let limit = limit.unwrap_or(200);
        if !(1..=WINDOW_MOST).contains(&limit) {
            return Err(Problem::malformed(format!("limit is 1 to {WINDOW_MOST}.")).into());
        }
        let columns = columns_of(columns.as_deref())?;
        let cursor = |text: &str| Cursor::read(text, sort).ok_or_else(foreign_cursor);
        let cursor = |text: Option<String>| text.as_deref().map(cursor).transpose();
        let (after, before) = (cursor(after)?, cursor(before)?);
        let at = window_at(offset, after.as_ref().map(|c| &c.place), before.as_ref().map(|c| &c.place))?;
        let window = window_of(app, &caller, &selection, (sort, at), limit, columns).await?;
        let body = serde_json::to_string(&window).map_err(|e| db::DbError::Corrupt(e.to_string()))?;
        Ok(json_text(body).into())
    }

    /// Counts per value under the filter.
    #[oai(path = "/facets/", method = "get")]
    async fn challan_facets(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Query(q): Query<Option<String>>,
        Query(fields): Query<Option<String>>,
    ) -> Answer<Shown<schema::Facets>> {
        read_right(&caller)?;
        let filter = filter_of(q.as_deref(), &caller)?;
        let hidden = hidden_everywhere(&caller.who, Permission::ChallanRead, caller.now);
        let mut bys = Vec::new();
        let names = fields.as_deref().filter(|f| !f.is_empty()).unwrap_or("stage").split(',');
        for name in names.clone() {
            let by = By::parse(name)
                .ok_or_else(|| Problem::malformed("fields may name stage, customer, executive, source and age."))?;
            if by.field().is_hidden(&hidden) {
                return Err(hidden_field(name).into());
            }
            if bys.contains(&by) {
                return Err(Problem::malformed(format!("The facet {name} is named twice.")).into());
            }
            bys.push(by);
        }
        let source = Source::of_all(app, &filter).await?;
        let found = source.per_value(app, &selection(app, &caller, &filter), &bys, false).await?;
        let counted: Map<String, Value> = names
            .zip(bys)
            .zip(found)
            .map(|((name, by), found)| (name.to_owned(), dashboard::facet(by, &found)))
            .collect();
        Ok(json_answer(&counted.into()).into())
    }

    /// The dashboard's numbers, with the log's place they are true for.
    #[oai(path = "/summary/", method = "get")]
    async fn challan_summary(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Query(q): Query<Option<String>>,
    ) -> Answer<Shown<schema::Summary>> {
        read_right(&caller)?;
        let filter = filter_of(q.as_deref(), &caller)?;
        let source = Source::of_all(app, &filter).await?;
        let end = source.place(app).await?;
        let selection = selection(app, &caller, &filter);
        let figures = app.figures.of(app, &source, &selection, q.as_deref().unwrap_or_default(), &end).await?;
        Ok(json_text(figures.to_string()).into())
    }

    /// What a grid may show.
    #[oai(path = "/columns/", method = "get")]
    async fn challan_columns(&self, Data(app): Data<&App>, caller: Caller) -> Answer<Shown<Vec<schema::Column>>> {
        read_right(&caller)?;
        let every = Filter::default();
        let every = selection(app, &caller, &every);
        let described = [
            ("challan_number", "Challan", "text", false),
            ("stage", "Stage", "choice", false),
            ("date", "Date", "date", true),
            ("customer", "Customer", "text", true),
            ("dc_summary", "Summary", "text", true),
            ("delivery_executives", "Executives", "list", true),
            ("amount", "Amount", "money", true),
            ("dispatched_at", "Dispatched", "when", true),
            ("delivered_at", "Delivered", "when", true),
            ("pod_upload_date", "POD date", "date", true),
            ("received_by", "Received by", "text", true),
            ("invoice_number", "Invoice", "text", true),
            ("invoice_date", "Invoice date", "date", true),
            ("invoice_submission", "Submitted", "flag", true),
            ("invoice_submitted_on", "Submitted on", "date", true),
            ("remarks", "Remarks", "text", true),
            ("source", "Source", "text", false),
            ("updated_at", "Updated", "instant", false),
        ];
        let hidden = hidden_everywhere(&caller.who, Permission::ChallanRead, caller.now);
        let offered = completions(&hidden);
        let shown: Vec<Value> = described
            .into_iter()
            .filter(|(name, ..)| !hidden.iter().any(|h| h == name))
            .map(|(name, label, kind, editable)| {
                let field = filter::Field::parse(name);
                let offered = offered.iter().find(|o| field.is_some_and(|f| f.as_str() == o.field));
                json!({
                    "name": name, "label": label, "type": kind, "editable": editable,
                    "sortable": Sort::names().any(|n| n == name) && is_told(name, &every), "filterable": offered.is_some(), "filter": offered,
                })
            })
            .collect();
        Ok(json_answer(&Value::Array(shown)).into())
    }
}

/// Rows of a list from a place on, the nearest first.
async fn read_from(
    app: &App,
    source: &Source,
    selection: &Selection<'_>,
    (sort, at): (Sort, pages::At<Cursor>),
    limit: u32,
) -> Result<Found<Listed, Cursor>, Fault> {
    let from = match &at {
        pages::At::Start => At::Beginning,
        pages::At::After(cursor) => At::After(&cursor.place),
        pages::At::Before(cursor) => At::Before(&cursor.place),
    };
    let mut rows = source.read(app, selection, (sort, from), limit).await?;
    if at.is_back() {
        rows.reverse();
    }
    Ok(rows.into())
}

fn read_right(caller: &Caller) -> Result<(), Fault> {
    caller.require(Permission::ChallanRead)
}

fn columns_of(text: Option<&str>) -> Result<Vec<String>, Problem> {
    let mut columns = vec!["id".to_owned(), "version".to_owned()];
    let more = [
        "challan_number",
        "customer_id",
        "stage",
        "proof_of_delivery",
        "voided_at",
        "void_reason",
        "source",
        "external_id",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "deleted_at",
        "deleted_by",
        "hidden",
        "can",
    ];
    let known = || Field::ALL.iter().map(|f| f.as_str()).chain(more);
    match text.filter(|t| !t.is_empty()) {
        None => columns.extend(known().map(str::to_owned)),
        Some(text) => {
            for name in text.split(',').filter(|n| *n != "id" && *n != "version") {
                if !known().any(|k| k == name) {
                    return Err(Problem::malformed(format!("There is no column {name:?}.")));
                }
                if columns.iter().any(|known| known == name) {
                    return Err(Problem::malformed(format!("The column {name} is named twice.")));
                }
                columns.push(name.to_owned());
            }
        }
    }
    Ok(columns)
}

/// Where a window begins.
fn window_at<'a>(offset: Option<u64>, after: Option<&'a Place>, before: Option<&'a Place>) -> Result<At<'a>, Problem> {
    match (offset, after, before) {
        (offset, None, None) => Ok(At::Offset(offset.unwrap_or(0))),
        (None, Some(place), None) => Ok(At::After(place)),
        (None, None, Some(place)) => Ok(At::Before(place)),
        _ => Err(Problem::malformed(
            "A window begins at an offset, after or before a row: name one of offset, after or before.",
        )),
    }
}

fn json_answer(body: &Value) -> Response {
    json_text(body.to_string())
}

fn json_text(body: String) -> Response {
    Response::builder().header("cache-control", "no-store").content_type("application/json").body(body)
}
