//! Rows of what the index found: their bodies come from the tables, and a row that changed since is tested again.

use std::collections::HashMap;

use changelog::Cursor;
use domain::identity::Permission;
use domain::rights::reach;
use service::Problem;
use tokio::task::block_in_place;
use uuid::Uuid;

use super::{Found, Hit, View, asks_words};
use crate::App;
use crate::api::fault::Fault;
use crate::store::challans::decode;
use crate::store::filter::Selection;
use crate::store::list::{self, Listed, Place, Sort, WithVersion};

/// Where in a list rows are read.
#[derive(Clone, Copy)]
pub(crate) enum At<'a> {
    /// From its beginning.
    Beginning,
    /// From so many rows after it.
    Offset(u64),
    /// After a place.
    After(&'a Place),
    /// Before a place.
    Before(&'a Place),
}

/// Rows of a list.
pub(crate) struct Read {
    /// In its order.
    pub(crate) rows: Vec<Listed>,
    /// How many it has in all, where that is known already.
    pub(crate) total: Option<u64>,
    /// The place in the log that they are true for, or a later one.
    pub(crate) place: Cursor,
}

struct Rows {
    rows: Vec<Listed>,
    total: u64,
}

/// Up to `limit` rows of the list: by the index where the filter asks for words, else from the tables.
///
/// # Errors
/// A 503 while the index is built; the database's own.
pub(crate) async fn read(
    app: &App,
    selection: &Selection<'_>,
    sort: Sort,
    at: At<'_>,
    limit: u32,
) -> Result<Read, Fault> {
    if asks_words(selection.filter) {
        let Some(view) = app.search.view() else {
            return Err(Problem::unavailable("The search index is being built. Try again in a moment.").into());
        };
        let found = match at {
            At::Offset(offset) => window(app, &view, selection, sort, offset, limit).await?,
            At::Beginning => page(app, &view, selection, sort, None, false, limit).await?,
            At::After(place) => page(app, &view, selection, sort, Some(place), false, limit).await?,
            At::Before(place) => page(app, &view, selection, sort, Some(place), true, limit).await?,
        };
        if let Some(Rows { rows, total }) = found {
            return Ok(Read { rows, total: Some(total), place: view.place });
        }
    }
    let place = app.log.place().await?;
    let rows = match at {
        At::Offset(offset) => list::window(&app.db, selection, sort, offset, limit).await?,
        At::Beginning => list::page(&app.db, selection, sort, None, false, limit).await?,
        At::After(place) => list::page(&app.db, selection, sort, Some(place), false, limit).await?,
        At::Before(place) => list::page(&app.db, selection, sort, Some(place), true, limit).await?,
    };
    Ok(Read { rows, total: None, place })
}

fn find(
    view: &View,
    selection: &Selection<'_>,
    sort: Sort,
    from: Option<&Place>,
    before: bool,
    keep: usize,
) -> Result<Option<Found>, Fault> {
    block_in_place(|| view.find(selection, sort, from, before, keep)).map_err(|error| Fault::of_index(&error))
}

/// Up to `limit` rows after (or `before`) a place, in the list's order. It goes on where rows have changed and are no
/// longer found.
async fn page(
    app: &App,
    view: &View,
    selection: &Selection<'_>,
    sort: Sort,
    from: Option<&Place>,
    before: bool,
    limit: u32,
) -> Result<Option<Rows>, Fault> {
    let limit = limit as usize;
    let (mut from, mut rows, mut total) = (from.cloned(), Vec::new(), None);
    loop {
        let wanted = limit - rows.len();
        let Some(found) = find(view, selection, sort, from.as_ref(), before, wanted)? else { return Ok(None) };
        let is_last = found.hits.len() < wanted;
        from = found.hits.last().map(|hit| hit.place.clone());
        // Of the first question; the later ones have the same rows.
        let total = *total.get_or_insert(found.total);
        rows.extend(bodies(app, selection, found.hits).await?);
        if is_last || rows.len() >= limit {
            if before {
                rows.reverse();
            }
            return Ok(Some(Rows { rows, total }));
        }
    }
}

/// Up to `limit` rows from the `offset`-th row of the list on.
async fn window(
    app: &App,
    view: &View,
    selection: &Selection<'_>,
    sort: Sort,
    offset: u64,
    limit: u32,
) -> Result<Option<Rows>, Fault> {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let keep = offset.saturating_add(limit as usize);
    let Some(found) = find(view, selection, sort, None, false, keep)? else { return Ok(None) };
    let hits: Vec<Hit> = found.hits.into_iter().skip(offset).collect();
    let more = hits.last().filter(|_| hits.len() >= limit as usize).map(|hit| hit.place.clone());
    let mut rows = bodies(app, selection, hits).await?;
    // Rows that changed since leave room for those behind them.
    let left = limit - u32::try_from(rows.len()).unwrap_or(limit).min(limit);
    if let Some(place) = more.filter(|_| left > 0)
        && let Some(behind) = page(app, view, selection, sort, Some(&place), false, left).await?
    {
        rows.extend(behind.rows);
    }
    Ok(Some(Rows { rows, total: found.total }))
}

/// The rows of `hits` that still are what was asked for.
async fn bodies(app: &App, selection: &Selection<'_>, hits: Vec<Hit>) -> Result<Vec<Listed>, Fault> {
    let ids: Vec<Uuid> = hits.iter().map(|hit| hit.place.id).collect();
    let mut known: HashMap<Uuid, WithVersion> =
        list::by_ids(&app.db, &ids).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut rows = Vec::with_capacity(hits.len());
    for hit in hits {
        let Some(row) = known.remove(&hit.place.id) else { continue };
        if row.version != hit.version && !still(app, selection, &row)? {
            continue;
        }
        rows.push(Listed { id: row.id, key: hit.place.key, doc: row.doc });
    }
    Ok(rows)
}

/// Whether a row that the index knows in another version is in the selection.
fn still(app: &App, selection: &Selection<'_>, row: &WithVersion) -> Result<bool, Fault> {
    let challan = decode(&row.doc)?;
    let hidden = reach(selection.who, Permission::ChallanRead, &challan, selection.now);
    Ok(hidden
        .is_some_and(|hidden| selection.filter.matches(&challan, &hidden, selection.today, app.config.org_timezone)))
}
