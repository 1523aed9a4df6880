//! Windows of many rows, put together a part at a time, and how many rows a list has.

use domain::challan::Challan;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use service::Problem;

use super::caller::Caller;
use super::fault::Fault;
use super::place::Cursor;
use super::shown::rendered;
use crate::App;
use crate::search::{At, Source};
use crate::store::challans::decode;
use crate::store::filter::Selection;
use crate::store::list::Listed;
use crate::store::sort::Sort;

/// Rows that are in memory whole at once; of the others only the columns that were asked for.
const PART: u32 = 2000;
/// A capped count goes so far.
const MOST_COUNTED: u32 = 10_000;

/// How far rows are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counting {
    /// Not at all.
    None,
    /// To [`MOST_COUNTED`].
    Capped,
    /// To the end.
    Exact,
}

impl Counting {
    /// Reads the parameter `count`.
    pub(super) fn parse(text: Option<&str>) -> Result<Counting, Problem> {
        match text {
            None | Some("none") => Ok(Counting::None),
            Some("capped") => Ok(Counting::Capped),
            Some("exact") => Ok(Counting::Exact),
            Some(_) => Err(Problem::malformed("count is none, capped or exact.")),
        }
    }
}

/// How many rows there are of a list that `source` answers, and whether there are more.
pub(super) async fn counted(
    app: &App,
    source: &Source,
    selection: &Selection<'_>,
    counting: Counting,
) -> Result<(Option<u64>, bool), Fault> {
    let most = u64::from(MOST_COUNTED);
    let count = match (counting, source) {
        (Counting::None, _) => return Ok((None, false)),
        (Counting::Capped, _) => source.count(app, selection, Some(MOST_COUNTED)).await?,
        (Counting::Exact, Source::Index(_)) => source.count(app, selection, None).await?,
        // The index counts sooner what the tables list.
        (Counting::Exact, Source::Tables) => {
            Source::of_all(app, selection.filter).await?.count(app, selection, None).await?
        }
    };
    let is_capped = counting == Counting::Capped && count > most;
    Ok((Some(if is_capped { most } else { count }), is_capped))
}

/// The answer of a window.
#[derive(Serialize)]
pub(super) struct Window {
    columns: Vec<String>,
    rows: Vec<Box<RawValue>>,
    first_cursor: Option<String>,
    last_cursor: Option<String>,
    total: u64,
    total_capped: bool,
    log_cursor: String,
}

/// Up to `limit` rows of `columns`.
pub(super) async fn window_of(
    app: &App,
    caller: &Caller,
    selection: &Selection<'_>,
    (sort, at): (Sort, At<'_>),
    limit: u32,
    columns: Vec<String>,
) -> Result<Window, Fault> {
    let is_before = matches!(at, At::Before(_));
    let source = Source::of(app, selection, sort, at).await?;
    let log_cursor = source.place(app).await?.to_string();
    let mut read = source.read(app, selection, (sort, at), limit.min(PART)).await?;
    let written = |row: &Listed| Cursor::of(row, sort).to_string();
    let (mut first, mut last) = (read.first().map(written), read.last().map(written));
    let mut rows = chosen(caller, &read, &columns)?;
    let mut left = limit - limit.min(PART);
    // A part that is not full is the last one.
    while left > 0 && read.len() == PART as usize {
        let edge = if is_before { read.first() } else { read.last() }.map(Listed::place);
        let Some(place) = edge else { break };
        let at = if is_before { At::Before(&place) } else { At::After(&place) };
        read = source.read(app, selection, (sort, at), left.min(PART)).await?;
        left -= left.min(PART);
        let mut part = chosen(caller, &read, &columns)?;
        if is_before {
            first = read.first().map(written).or(first);
            part.append(&mut rows);
            rows = part;
        } else {
            last = read.last().map(written).or(last);
            rows.append(&mut part);
        }
    }
    let total = counted(app, &source, selection, Counting::Exact).await?.0.unwrap_or(0);
    Ok(Window { columns, rows, first_cursor: first, last_cursor: last, total, total_capped: false, log_cursor })
}

fn chosen(caller: &Caller, rows: &[Listed], columns: &[String]) -> Result<Vec<Box<RawValue>>, Fault> {
    let corrupt = |e: serde_json::Error| db::DbError::Corrupt(e.to_string());
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        let challan: Challan = decode(&row.doc)?;
        let mut row = rendered(caller, &challan).unwrap_or_default();
        let values: Vec<Value> = columns.iter().map(|c| row.get_mut(c).map_or(Value::Null, Value::take)).collect();
        shown.push(serde_json::value::to_raw_value(&values).map_err(corrupt)?);
    }
    Ok(shown)
}
