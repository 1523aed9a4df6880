//! Text search: an index of every challan beside the tables, fed by the change log and built anew from the tables at any
//! time. It answers the filters that ask for words, and all others in which no index of the tables comes to the rows at once;
//! these the tables, which are always current, answer as well while there is no index.

mod ask;
mod bits;
mod candidates;
mod clauses;
mod column;
mod counting;
mod far;
mod figures;
mod folder;
mod gathered;
mod held;
mod ids;
mod keep;
mod lanes;
mod mapped;
mod merges;
mod names;
mod opened;
mod order;
mod phrase;
mod rows;
mod shape;
mod shelf;
mod stretches;
mod sums;
mod tallies;
mod terms;
mod top;
mod union;

use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use changelog::Cursor;
use domain::filter::{Field, Filter, Node, Term, Test};
use domain::identity::Permission;
use domain::rights::everywhere;
use moka::sync::Cache;
use service::Problem;
use tantivy::{Searcher, SegmentReader};
use tokio::sync::{Notify, watch};
use tokio::task::block_in_place;

pub(crate) use keep::{Keeper, run};
pub use keep::{Reindexed, reindex};
pub(crate) use rows::{At, Source, matching};
#[cfg(test)]
pub(crate) use shelf::view_of;

use crate::store::filter::Selection;
use crate::store::sort::Sort;
use ask::Unanswered;
use bits::{KeptRows, Part};
use candidates::Piece;
use far::{Counts, Far, Marks};
use figures::KeptSums;
use gathered::Rows;
use opened::Opened;
use order::{Order, compare_first};
use shape::Columns;
use top::Hit;
pub(crate) use top::Top;

/// The code of a question that looks for rows for too long, and what is said of it.
const TOO_LONG: &str = "too_long";
const ASK_LESS: &str = "This takes too long to look for. Ask for less at once, such as fewer phrases or fewer days, or try again in a \
                        moment.";
/// How long a question waits for the index to have what was written before it.
const PATIENCE: Duration = Duration::from_secs(1);

/// The index as the log was at one place.
pub(crate) struct View {
    searcher: Searcher,
    columns: Columns,
    opened: Opened,
    marks: Marks,
    counts: Counts,
    sums: KeptSums,
    rows: KeptRows,
    /// Up to here every change is in it.
    pub(crate) place: Cursor,
}

/// What answers questions with words; it has no view while the index is built.
#[derive(Clone)]
pub(crate) struct Search {
    view: watch::Receiver<Option<Arc<View>>>,
    hurry: Arc<Notify>,
    broken: Arc<AtomicBool>,
}

/// The side of [`Search`] that is told of each new view.
#[derive(Clone)]
pub(crate) struct Teller {
    view: watch::Sender<Option<Arc<View>>>,
    /// Somebody waits for what was just written.
    hurry: Arc<Notify>,
    /// A question failed by the index's fault.
    broken: Arc<AtomicBool>,
}

impl Teller {
    /// Whether a question failed since this was asked last.
    fn is_told_broken(&self) -> bool {
        self.broken.swap(false, Ordering::Relaxed)
    }
}

impl Search {
    /// One without a view, and what gives it one.
    pub(crate) fn new() -> (Teller, Search) {
        let (view, views) = watch::channel(None);
        let (hurry, broken) = (Arc::<Notify>::default(), Arc::<AtomicBool>::default());
        let search = Search { view: views, hurry: Arc::clone(&hurry), broken: Arc::clone(&broken) };
        (Teller { view, hurry, broken }, search)
    }

    /// Whether there is a view.
    pub(crate) fn is_there(&self) -> bool {
        self.view.borrow().is_some()
    }

    /// The view as it is, if there is one.
    pub(crate) fn newest(&self) -> Option<Arc<View>> {
        self.view.borrow().clone()
    }

    /// The view that has every change up to `end`, or after `longest` the newest one. None while the index is built, after
    /// [`PATIENCE`]: a small one, and any that is only opened, is there sooner.
    pub(crate) async fn view(&self, end: Cursor, longest: Duration) -> Option<Arc<View>> {
        let mut views = self.view.clone();
        let is_level = |view: &Option<Arc<View>>| view.as_ref().is_some_and(|view| view.has(end));
        if !is_level(&views.borrow()) {
            self.hurry.notify_one();
            let longest = if views.borrow().is_some() { longest } else { PATIENCE };
            let _ = tokio::time::timeout(longest, views.wait_for(is_level)).await;
        }
        views.borrow().clone()
    }

    /// Asks the index in `ask`. What fails there, or panics at a torn file, is told to whoever keeps it.
    ///
    /// # Errors
    /// A 503.
    pub(crate) fn asked<T>(&self, ask: impl FnOnce() -> tantivy::Result<T>) -> Result<T, Problem> {
        let found = block_in_place(|| catch_unwind(AssertUnwindSafe(ask)));
        let cause = match found {
            Ok(Ok(found)) => return Ok(found),
            Ok(Err(error)) if lanes::is_too_long(&error) => {
                return Err(Problem { code: TOO_LONG.to_owned(), ..Problem::unavailable(ASK_LESS) });
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it panicked".to_owned(),
        };
        tracing::error!(%cause, "the search index failed");
        self.broken.store(true, Ordering::Relaxed);
        Err(Problem::unavailable("Words cannot be searched just now. Try again in a moment."))
    }
}

/// Whether `filter` asks for words, so that the index is to answer it.
pub(crate) fn asks_words(filter: &Filter) -> bool {
    filter.terms().into_iter().any(|term| matches!(term, Term::Words(_) | Term::Field(_, Test::Words(_))))
}

/// Whether an index of the tables comes to the first rows of `selection` in the order of `sort` at once, as measured by
/// `bench/search.py`: there are few rows of one value, or the next one of a list is not far.
pub(crate) fn is_served_by_tables(selection: &Selection<'_>, sort: Sort) -> bool {
    let nodes = selection.filter.nodes();
    if selection.finds_few() {
        return true;
    }
    // Between two rows of a customer, or of one's own, are thousands of others.
    let is_limited = everywhere(selection.who, Permission::ChallanRead, selection.now) != Some(true);
    if is_limited || sort.columns().count() > 1 {
        return false;
    }
    if nodes.is_empty() {
        // The tables have no index in the order of the others.
        return !matches!(sort.first.name, "stage" | "delivered_at");
    }
    sort.first.name == "date" && nodes.iter().all(is_by_date)
}

/// Whether the rows of `node` are found in the order of their dates, without going through all others. Of two stages, or two months,
/// a database goes through the rows of all, or sorts those of both.
fn is_by_date(node: &Node) -> bool {
    match node {
        Node::Term(Term::Field(Field::Stage, Test::Stages(stages))) => stages.len() == 1,
        Node::Term(Term::Field(Field::Date, Test::Days(ranges))) => ranges.len() == 1,
        _ => false,
    }
}

impl View {
    /// Whether it has every change up to `end`.
    pub(crate) fn has(&self, end: Cursor) -> bool {
        self.place.epoch == end.epoch && self.place.seq >= end.seq
    }

    /// The rows of a selection, as this view has them.
    fn name_of(&self, selection: &Selection<'_>) -> String {
        format!("{} {} {}", self.place, selection.asked_by(), selection.filter)
    }

    /// Where the window from the `offset`-th row of a list on begins. None where the tables are the better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn far(&self, selection: &Selection<'_>, sort: Sort, offset: u64) -> tantivy::Result<Option<Far>> {
        let name = format!("{sort} {}", self.name_of(selection));
        if let Some(counted) = self.counts.of(&name) {
            return Ok(Some(Far::of(offset, &counted)));
        }
        let marks = self.marks.of(&self.searcher, sort, self.place.seq, &self.opened)?;
        let counts = self.each_segment(selection, |rows, segment| {
            let order = Order::of(sort, false, segment, &self.opened)?;
            far::counted(rows, segment, &order, &marks, &self.opened.stretches)
        })?;
        Ok(counts.map(|counts| {
            let far = Far::of(offset, &self.counts.keep(name, marks, &counts));
            self.counts.keep_total(self.name_of(selection), far.total);
            far
        }))
    }

    /// How many rows there are; counted once for those who ask for a part of them one after another. None where the tables are the
    /// better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn count(&self, selection: &Selection<'_>) -> tantivy::Result<Option<u64>> {
        let name = self.name_of(selection);
        if let Some(known) = self.counts.total(&name) {
            return Ok(Some(known));
        }
        let count = |rows: &[u64], _: &_| Ok(rows.iter().map(|rows| u64::from(rows.count_ones())).sum());
        let counts: Option<Vec<u64>> = self.each_segment(selection, count)?;
        Ok(counts.map(|counts| self.counts.keep_total(name, counts.into_iter().sum())))
    }

    /// What `ask` makes of each segment's rows of the selection, a bit for each. None where the tables are the better ones to ask.
    fn each_segment<T: Send>(
        &self,
        selection: &Selection<'_>,
        ask: impl Fn(&[u64], &SegmentReader) -> tantivy::Result<T> + Sync,
    ) -> tantivy::Result<Option<Vec<T>>> {
        let until = Some(lanes::until(selection.filter));
        let Some(parts) = self.parts(selection, &[], until)? else { return Ok(None) };
        let segments = self.searcher.segment_readers();
        let answers = lanes::each(segments, lanes::WHILE_COUNTED, until, Vec::new, |answers, segment| {
            answers.push(ask(&self.rows.of(segment, &parts)?, segment)?);
            Ok(())
        })?;
        Ok(Some(answers.into_iter().flatten().collect()))
    }

    /// What finds the rows of each part of the selection, in which the asker sees the fields `shown`; none likewise.
    fn parts(
        &self,
        selection: &Selection<'_>,
        shown: &[Field],
        until: Option<Instant>,
    ) -> tantivy::Result<Option<Vec<Part>>> {
        let Some(asked) = answered(ask::parts(selection, shown, self.asked_of(), until))? else { return Ok(None) };
        let part = |ask::Named { name, is_group, clause: (occur, query) }| {
            let rows = Rows::of(&*query, &self.searcher, until)?;
            Ok(Part { name: name.into(), is_group, occur, rows, until })
        };
        asked.into_iter().map(part).collect::<tantivy::Result<_>>().map(Some)
    }

    /// What questions are asked of.
    fn asked_of(&self) -> (&Columns, &Searcher, &Opened) {
        (&self.columns, &self.searcher, &self.opened)
    }

    /// The segments with the order of a list in each, those first that its beginning is likely in.
    fn in_order(&self, sort: Sort, before: bool) -> tantivy::Result<Vec<Piece<'_>>> {
        let mut firsts = Vec::new();
        for segment in self.searcher.segment_readers() {
            let piece = Piece::of(sort, before, segment, &self.opened)?;
            firsts.push((piece.order.first_value(segment, &self.opened.stretches)?, piece));
        }
        firsts.sort_by(|(a, _), (b, _)| compare_first(sort, before, a, b));
        Ok(firsts.into_iter().map(|(_, piece)| piece).collect())
    }
}

/// None where the tables are the better ones to ask.
fn answered<T>(asked: Result<T, Unanswered>) -> tantivy::Result<Option<T>> {
    match asked {
        Ok(asked) => Ok(Some(asked)),
        Err(Unanswered::Unsuited) => Ok(None),
        Err(Unanswered::Index(error)) => Err(error),
    }
}

/// Of segments of fewer rows nothing is kept: it is made about as soon as it is found, and they soon become others. Tests have few
/// rows.
const ROWS_OF_KEPT: u32 = if cfg!(test) { 1 } else { 10_000 };

/// What `make` makes of `segment`, as it is kept under `key` or from now on.
///
/// # Errors
/// Those of `make`.
fn kept<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>(
    cache: &Cache<K, V>,
    segment: &SegmentReader,
    key: K,
    make: impl FnOnce() -> tantivy::Result<V>,
) -> tantivy::Result<V> {
    if segment.max_doc() < ROWS_OF_KEPT {
        return make();
    }
    if let Some(known) = cache.get(&key) {
        return Ok(known);
    }
    let made = make()?;
    cache.insert(key, made.clone());
    Ok(made)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use chrono::Utc;
    use domain::filter::parse;
    use domain::identity::{Grant, Identity, Role, Scope};

    use super::*;

    #[test]
    fn tables_answer_only_lists_whose_rows_are_near_each_other() {
        let now = Utc::now();
        let all = Identity::of_nobody(now);
        let scope = Some(Scope::OwnDeliveries { own_deliveries: true });
        let own = Grant { permission: Permission::ChallanRead, scope, hidden_columns: Vec::new(), expires_at: None };
        let whole = Grant { scope: None, ..own.clone() };
        let who = |grants: &[&Grant]| Identity {
            role: Role::User,
            permissions: grants.iter().copied().cloned().collect(),
            ..all.clone()
        };
        let key = Identity { key_sources: Some(vec!["erp".into()]), ..who(&[&whole]) };
        let is_served = |q: &str, sort: &str, who: &Identity| {
            let filter = parse(q).unwrap();
            let selection = Selection { filter: &filter, who, now, today: now.date_naive() };
            is_served_by_tables(&selection, Sort::parse(sort).unwrap())
        };
        for (q, sort) in [
            ("", "-date"),
            ("", "customer"),
            ("stage:delivered", "-date"),
            ("date:2026-07 stage:delivered", "date"),
            ("number:DC-1,DC-2", "amount,customer"),
        ] {
            assert!(is_served(q, sort, &all) && is_served(q, sort, &who(&[&own, &whole])), "{q} by {sort}");
            let is_of_few = q.starts_with("number:");
            for limited in [who(&[]), who(&[&own]), key.clone()] {
                assert_eq!(is_served(q, sort, &limited), is_of_few, "{q} by {sort}");
            }
        }
        for (q, sort) in [
            ("", "stage"),
            ("", "-date,customer"),
            ("stage:draft,void", "-date"),
            ("date:2026-03,2026-05", "date"),
            ("stage:delivered", "customer"),
            ("amount:>5000", "-date"),
            ("gate", "-date"),
            ("number:DC-1*", "-date"),
        ] {
            assert!(!is_served(q, sort, &all), "{q} by {sort}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_question_that_takes_too_long_is_told_so_and_breaks_nothing() {
        let (teller, search) = Search::new();
        let ask = |until| {
            let look = |found: &mut Vec<u8>, segment: &u8| {
                found.push(*segment);
                Ok(())
            };
            search.asked(|| lanes::each(&[1, 2], lanes::WHILE_COUNTED, until, Vec::new, look))
        };
        assert!(ask(Some(lanes::until(&Filter::default()))).is_ok() && ask(None).is_ok());
        let problem = ask(Instant::now().checked_sub(Duration::from_millis(1))).unwrap_err();
        assert_eq!((problem.status, problem.code.as_str(), problem.retry_after), (503, "too_long", Some(1)));
        assert!(!teller.is_told_broken(), "the index is not built anew for it");
    }
}
