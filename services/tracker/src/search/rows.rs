//! Rows of what the index found: their bodies come from the tables, and a row that changed since is tested again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use changelog::Cursor;
use domain::filter::Filter;
use domain::identity::Permission;
use domain::rights::reach;
use service::Problem;
use service::pages::{self, Name};
use uuid::Uuid;

use super::{Hit, PATIENCE, TOO_LONG, Top, View, asks_words, is_served_by_tables};
use crate::App;
use crate::api::fault::Fault;
use crate::store::challans::decode;
use crate::store::customers;
use crate::store::executives::{self, Executive};
use crate::store::figures::{self, By, Figure};
use crate::store::filter::Selection;
use crate::store::jobs::{self, Taken};
use crate::store::list::{self, Listed, WithVersion};
use crate::store::sort::{Place, Sort};

/// How long a question waits that the tables answer as well, more slowly.
const LITTLE_PATIENCE: Duration = Duration::from_millis(250);
/// How long a change of all that a filter finds waits for the index to have what was written before it: it may miss none.
const LONG_PATIENCE: Duration = Duration::from_secs(10);
/// Rows of a list that are sorted for a window behind them; one further on is looked for from a mark near it.
const NEAR: usize = 4000;
/// Rows that the tables count off in their own index for a window behind them; those of more the search index counts sooner.
const NEAR_IN_TABLES: u64 = 20_000;
const BUILT: &str = "The search index is being built. Try again in a moment.";

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

/// What answers a question.
pub(crate) enum Source {
    /// The index, as it was at one place of the log.
    Index(Arc<View>),
    /// The tables, which are always current.
    Tables,
}

impl Source {
    /// What answers a list of `selection` in the order of `sort`, read at `at`: the index where words are asked, or what no index
    /// of the tables serves. What was written before is found; with words, unless the index is further behind than anybody is
    /// made to wait for.
    ///
    /// # Errors
    /// A 503 while the index is built and the filter asks for words; the database's own.
    pub(crate) async fn of(app: &App, selection: &Selection<'_>, sort: Sort, at: At<'_>) -> Result<Source, Fault> {
        let is_far = matches!(at, At::Offset(offset) if offset > NEAR_IN_TABLES);
        if !is_far && is_served_by_tables(selection, sort) {
            return Ok(Source::Tables);
        }
        Source::of_all(app, selection.filter).await
    }

    /// What answers questions to all rows of `filter`, their figures and how many they are: the index wherever it has what was
    /// written before.
    ///
    /// # Errors
    /// As [`Source::of`].
    pub(crate) async fn of_all(app: &App, filter: &Filter) -> Result<Source, Fault> {
        let needed = asks_words(filter);
        if !needed && !app.search.is_there() {
            return Ok(Source::Tables);
        }
        let end = app.log.end().await?;
        match app.search.view(end, if needed { PATIENCE } else { LITTLE_PATIENCE }).await {
            Some(view) if needed || view.has(end) => Ok(Source::Index(view)),
            None if needed => Err(Problem::unavailable(BUILT).into()),
            _ => Ok(Source::Tables),
        }
    }

    /// The index as it is, if there is one.
    pub(crate) fn of_index(app: &App) -> Option<Source> {
        app.search.newest().map(Source::Index)
    }

    /// The place in the log that its answers are true for, or an earlier one.
    ///
    /// # Errors
    /// The database's own.
    pub(crate) async fn place(&self, app: &App) -> db::Result<Cursor> {
        match self {
            Source::Index(view) => Ok(view.place),
            Source::Tables => app.log.place().await,
        }
    }

    /// Up to `limit` rows of the list.
    ///
    /// # Errors
    /// A 503 where the index failed; the database's own.
    pub(crate) async fn read(
        &self,
        app: &App,
        selection: &Selection<'_>,
        (sort, at): (Sort, At<'_>),
        limit: u32,
    ) -> Result<Vec<Listed>, Fault> {
        let (from, before) = match at {
            At::Beginning | At::Offset(_) => (None, false),
            At::After(place) => (Some(place), false),
            At::Before(place) => (Some(place), true),
        };
        if let Source::Index(view) = self {
            let top = Top { sort, from, before, keep: limit as usize, skip: 0, waited_for: true };
            let found = match at {
                At::Offset(offset) => window(app, view, selection, top, offset).await,
                _ => page(app, view, selection, top).await,
            };
            match found {
                Ok(Some(rows)) => return Ok(rows),
                Err(fault) if is_for_index(selection, &fault.0) => return Err(fault),
                // The tables answer it as well, more slowly.
                Ok(None) | Err(_) => {}
            }
        }
        Ok(match at {
            At::Offset(offset) => list::window(&app.db, selection, sort, offset, limit).await?,
            _ => list::page(&app.db, selection, sort, from, before, limit).await?,
        })
    }

    /// The index's answer; none where the tables are to be asked.
    fn indexed<T>(
        &self,
        app: &App,
        ask: impl FnOnce(&View) -> tantivy::Result<Option<T>>,
    ) -> Result<Option<T>, Problem> {
        match self {
            Source::Index(view) => app.search.asked(|| ask(view)),
            Source::Tables => Ok(None),
        }
    }

    /// How many rows there are; where the tables count them, no further than one above `most`.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub(crate) async fn count(&self, app: &App, selection: &Selection<'_>, most: Option<u32>) -> Result<u64, Fault> {
        match self.indexed(app, |view| view.count(selection)) {
            Ok(Some(count)) => return Ok(count),
            Err(problem) if is_for_index(selection, &problem) => return Err(problem.into()),
            // The tables count them as well, more slowly.
            Ok(None) | Err(_) => {}
        }
        Ok(match most {
            Some(most) => list::count_up_to(&app.db, selection, most).await?,
            None => list::count(&app.db, selection).await?,
        })
    }

    /// As [`figures::per_value`] of each of `bys`, for whom needs no amounts unless `amounts` are wanted: the index then tells 0.
    ///
    /// # Errors
    /// As [`Source::read`].
    pub(crate) async fn per_value(
        &self,
        app: &App,
        selection: &Selection<'_>,
        bys: &[By],
        amounts: bool,
    ) -> Result<Vec<Vec<Figure>>, Fault> {
        if let Some(found) = self.indexed(app, |view| view.figures(selection, bys, amounts))? {
            return named(app, bys, found.per_value).await;
        }
        let mut all = Vec::with_capacity(bys.len());
        for by in bys {
            all.push(figures::per_value(&app.db, selection, *by).await?);
        }
        Ok(all)
    }

    /// As [`executives::in_use`].
    ///
    /// # Errors
    /// As [`Source::read`].
    pub(crate) async fn executives(
        &self,
        app: &App,
        selection: &Selection<'_>,
        search: &str,
        at: &pages::At<Name>,
        limit: u32,
    ) -> Result<BTreeMap<String, Executive>, Fault> {
        match self.indexed(app, |view| view.executives(selection, search, at, limit))? {
            Some(found) => Ok(found),
            None => Ok(executives::in_use(&app.db, selection, search, at, limit).await?),
        }
    }

    /// As [`figures::total`], and [`Source::per_value`].
    ///
    /// # Errors
    /// As [`Source::read`].
    pub(crate) async fn total_and_per_value(
        &self,
        app: &App,
        selection: &Selection<'_>,
        bys: &[By],
    ) -> Result<(Figure, Vec<Vec<Figure>>), Fault> {
        if let Some(found) = self.indexed(app, |view| view.figures(selection, bys, true))? {
            return Ok((found.total, named(app, bys, found.per_value).await?));
        }
        Ok((figures::total(&app.db, selection).await?, self.per_value(app, selection, bys, true).await?))
    }
}

/// The most frequent of what the index found, by the names that are shown.
async fn named(app: &App, bys: &[By], mut all: Vec<Vec<Figure>>) -> Result<Vec<Vec<Figure>>, Fault> {
    for (by, found) in bys.iter().zip(&mut all) {
        figures::most_frequent(found);
        if *by == By::Customer {
            let folded: Vec<&str> = found.iter().map(|f| f.value.as_str()).collect();
            let names = customers::shown(&app.db, &folded).await?;
            for figure in &mut *found {
                // One that was renamed a moment ago is shown by its new name as soon as its challans are.
                if let Some(name) = names.get(&figure.value) {
                    figure.value.clone_from(name);
                }
            }
            figures::most_frequent(found);
        }
    }
    Ok(all)
}

/// The rows that a selection has now, by id, up to `limit`, each with the version in which it was found: one that has changed
/// since is to be tested again.
///
/// # Errors
/// A 503 where the index is built, or does not reach the end of the log soon; the database's own.
pub(crate) async fn matching(app: &App, selection: &Selection<'_>, limit: u32) -> Result<Vec<Taken>, Fault> {
    if asks_words(selection.filter) {
        let end = app.log.end().await?;
        let Some(view) = app.search.view(end, LONG_PATIENCE).await else {
            return Err(Problem::unavailable(BUILT).into());
        };
        if !view.has(end) {
            let behind = "The search index has not caught up with the latest changes. Try again in a moment.";
            return Err(Problem::unavailable(behind).into());
        }
        let (sort, keep) = (Sort::default(), limit as usize);
        let top = Top { sort, from: None, before: false, keep, skip: 0, waited_for: false };
        if let Some(found) = find(app, &view, selection, &top)? {
            let taken = |hit: Hit| Taken { id: hit.place.id, version: hit.version.unsigned_abs() };
            let mut rows: Vec<Taken> = found.into_iter().map(taken).collect();
            rows.sort_unstable_by_key(|row| row.id);
            return Ok(rows);
        }
    }
    Ok(jobs::matching(&app.db, selection, limit).await?)
}

/// Whether what kept the index from answering is the answer: the tables have no words, and take longer.
fn is_for_index(selection: &Selection<'_>, problem: &Problem) -> bool {
    asks_words(selection.filter) || problem.code == TOO_LONG
}

fn find(app: &App, view: &View, selection: &Selection<'_>, top: &Top<'_>) -> Result<Option<Vec<Hit>>, Fault> {
    Ok(app.search.asked(|| view.find(selection, top))?)
}

/// The rows that are wanted. It goes on where some have changed and are no longer found.
async fn page(app: &App, view: &View, selection: &Selection<'_>, top: Top<'_>) -> Result<Option<Vec<Listed>>, Fault> {
    let (mut from, mut rows) = (top.from.cloned(), Vec::new());
    loop {
        let keep = top.keep - rows.len();
        let Some(hits) = find(app, view, selection, &Top { from: from.as_ref(), keep, ..top })? else {
            return Ok(None);
        };
        let is_last = hits.len() < keep;
        from = hits.last().map(|hit| hit.place.clone());
        rows.extend(bodies(app, selection, hits).await?);
        if is_last || rows.len() >= top.keep {
            if top.before {
                rows.reverse();
            }
            return Ok(Some(rows));
        }
    }
}

/// The rows that are wanted from the `offset`-th of the list on.
async fn window(
    app: &App,
    view: &View,
    selection: &Selection<'_>,
    top: Top<'_>,
    offset: u64,
) -> Result<Option<Vec<Listed>>, Fault> {
    let limit = top.keep;
    let (mut offset, mut mark) = (usize::try_from(offset).unwrap_or(usize::MAX), None);
    if offset > NEAR {
        let Some(far) = app.search.asked(|| view.far(selection, top.sort, offset as u64))? else { return Ok(None) };
        if offset as u64 >= far.total {
            return Ok(Some(Vec::new()));
        }
        offset = usize::try_from(offset as u64 - far.passed).unwrap_or(usize::MAX);
        mark = far.mark;
    }
    let at_offset = Top { from: mark.as_ref(), keep: offset.saturating_add(limit), skip: offset, ..top };
    let Some(hits) = find(app, view, selection, &at_offset)? else { return Ok(None) };
    let more = hits.last().filter(|_| hits.len() >= limit).map(|hit| hit.place.clone());
    let mut rows = bodies(app, selection, hits).await?;
    // Rows that changed since leave room for those behind them.
    let keep = limit.saturating_sub(rows.len());
    if let Some(place) = more.filter(|_| keep > 0)
        && let Some(behind) = page(app, view, selection, Top { from: Some(&place), keep, ..top }).await?
    {
        rows.extend(behind);
    }
    Ok(Some(rows))
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
