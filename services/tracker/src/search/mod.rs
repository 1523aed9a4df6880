//! Text search: an index of every challan beside the tables, fed by the change log and built anew from the tables at any
//! time. It answers the filters that ask for words; everything else is asked of the tables, which are always current.

mod ask;
mod folder;
mod gathered;
mod keep;
mod rows;
mod shape;
mod top;

use std::sync::Arc;

use changelog::Cursor;
use domain::filter::{Filter, Term, Test};
use tantivy::Searcher;
use tokio::sync::watch;

#[cfg(test)]
pub(crate) use keep::view_of;
pub(crate) use keep::{Keeper, run};
pub use keep::{Reindexed, reindex};
pub(crate) use rows::{At, Read, read};

use crate::store::filter::Selection;
use crate::store::list::{Place, Sort};
use ask::Unanswered;
use shape::Columns;
use top::{Found, Hit, Top};

/// The index as the log was at one place.
pub(crate) struct View {
    searcher: Searcher,
    columns: Columns,
    /// Up to here every change is in it.
    pub(crate) place: Cursor,
}

/// What answers questions with words; it has no view while the index is built.
#[derive(Clone)]
pub(crate) struct Search {
    view: watch::Receiver<Option<Arc<View>>>,
}

/// The side of [`Search`] that is told of each new view.
pub(crate) type Teller = watch::Sender<Option<Arc<View>>>;

impl Search {
    /// One without a view, and what gives it one.
    pub(crate) fn new() -> (Teller, Search) {
        let (teller, view) = watch::channel(None);
        (teller, Search { view })
    }

    /// The newest view; none while the index is built.
    pub(crate) fn view(&self) -> Option<Arc<View>> {
        self.view.borrow().clone()
    }
}

/// Whether `filter` asks for words, so that the index is to answer it.
pub(crate) fn asks_words(filter: &Filter) -> bool {
    filter.terms().into_iter().any(|term| matches!(term, Term::Words(_) | Term::Field(_, Test::Words(_))))
}

impl View {
    /// The first `keep` rows of the selection after `from` (towards the beginning where `before`), and how many rows it
    /// has. None where the tables are the better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn find(
        &self,
        selection: &Selection<'_>,
        sort: Sort,
        from: Option<&Place>,
        before: bool,
        keep: usize,
    ) -> tantivy::Result<Option<Found>> {
        let query = match ask::query(selection, &self.columns, &self.searcher) {
            Ok(query) => query,
            Err(Unanswered::Unsuited) => return Ok(None),
            Err(Unanswered::Index(error)) => return Err(error),
        };
        let top = Top { sort, descending: sort.descending != before, from: from.cloned(), keep };
        self.searcher.search(&*query, &top).map(Some)
    }
}
