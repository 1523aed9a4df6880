//! What a query finds in a segment, a bit for each row: the rows of its terms are put together, all at once. To go through a group of
//! terms row by row takes longer, but where few rows are found, or words that stand one after another.

use std::time::Instant;

use tantivy::query::{
    AllQuery, BooleanQuery, EnableScoring, Occur, PhrasePrefixQuery, PhraseQuery, Query, Scorer, Weight,
};
use tantivy::{DocId, Searcher, SegmentReader, TERMINATED};

use super::bits::{all_rows, narrow, put};
use super::column::InColumn;
use super::lanes::in_time;
use super::top::finds_few;
use super::union::{AnyOf, LeftOut};

/// What finds rows.
pub(super) enum Rows {
    /// A column tells them, which is read in blocks.
    InColumn(InColumn),
    /// Gone through one after another.
    Each(Box<dyn Weight>),
    /// The rows of any.
    OfAny(Vec<Rows>),
    /// The rows of all, or where it is `MustNot`, all rows but its; and what goes through them one after another, in a group that
    /// stands in no other.
    OfAll(Vec<(Occur, Rows)>, Option<Box<dyn Weight>>),
}

impl Rows {
    /// What finds the rows of `query`; it is made as long as `until`.
    ///
    /// # Errors
    /// The index's own, and [`super::lanes::TOO_LONG`].
    pub(super) fn of(query: &dyn Query, searcher: &Searcher, until: Option<Instant>) -> tantivy::Result<Rows> {
        Rows::made(query, &Making { searcher, until }, true)
    }

    fn made(query: &dyn Query, making: &Making<'_>, is_outermost: bool) -> tantivy::Result<Rows> {
        in_time(making.until)?;
        if let Some(column) = query.downcast_ref::<InColumn>() {
            return Ok(Rows::InColumn(column.clone()));
        }
        if let Some(LeftOut(query)) = query.downcast_ref() {
            return Rows::made(&**query, making, is_outermost);
        }
        if let Some(AnyOf { queries, .. }) = query.downcast_ref() {
            let each = queries.iter().map(|query| Rows::made(&**query, making, is_outermost));
            return each.collect::<tantivy::Result<_>>().map(Rows::OfAny);
        }
        let weight = || query.weight(EnableScoring::disabled_from_searcher(making.searcher));
        let Some(all) = query.downcast_ref::<BooleanQuery>() else { return weight().map(Rows::Each) };
        if is_outermost && has_phrase(query) {
            return weight().map(Rows::Each);
        }
        let clauses = all.clauses().iter().filter(|(occur, query)| *occur != Occur::Must || !query.is::<AllQuery>());
        let each = clauses.map(|(occur, query)| Ok((*occur, Rows::made(&**query, making, false)?)));
        let each = each.collect::<tantivy::Result<_>>()?;
        Ok(Rows::OfAll(each, if is_outermost { Some(weight()?) } else { None }))
    }

    /// Puts those of `segment` to `bits`, which has one for each of its rows. They are looked for as long as `until`.
    ///
    /// # Errors
    /// The index's own, and [`super::lanes::TOO_LONG`].
    pub(super) fn put_to(
        &self,
        bits: &mut [u64],
        segment: &SegmentReader,
        until: Option<Instant>,
    ) -> tantivy::Result<()> {
        in_time(until)?;
        match self {
            Rows::InColumn(column) => column.put_to(bits, segment),
            Rows::Each(rows) => rows.for_each_no_score(segment, &mut |rows: &[DocId]| put(bits, rows.iter().copied())),
            Rows::OfAny(each) => each.iter().try_for_each(|rows| rows.put_to(bits, segment, until)),
            Rows::OfAll(each, weight) => {
                if let Some(weight) = weight {
                    let mut few = weight.scorer(segment, 1.0)?;
                    if finds_few(&*few, segment) {
                        put(bits, rows_of(&mut *few));
                        return Ok(());
                    }
                }
                let mut all = all_rows(segment.max_doc());
                for (occur, rows) in each {
                    let mut found = vec![0; all.len()];
                    rows.put_to(&mut found, segment, until)?;
                    narrow(&mut all, *occur, &found);
                    if all.iter().all(|rows| *rows == 0) {
                        break;
                    }
                }
                bits.iter_mut().zip(all).for_each(|(bits, all)| *bits |= all);
                Ok(())
            }
        }
    }
}

struct Making<'a> {
    searcher: &'a Searcher,
    until: Option<Instant>,
}

/// Whether words are to stand one after another in `query`: that is looked at in the rows alone that all else of a group finds.
fn has_phrase(query: &dyn Query) -> bool {
    if let Some(LeftOut(query)) = query.downcast_ref() {
        return has_phrase(&**query);
    }
    if let Some(AnyOf { queries, .. }) = query.downcast_ref() {
        return queries.iter().any(|query| has_phrase(&**query));
    }
    if let Some(all) = query.downcast_ref::<BooleanQuery>() {
        return all.clauses().iter().any(|(_, query)| has_phrase(&**query));
    }
    query.is::<PhraseQuery>() || query.is::<PhrasePrefixQuery>()
}

fn rows_of(found: &mut dyn Scorer) -> impl Iterator<Item = DocId> {
    let mut next = found.doc();
    std::iter::from_fn(move || {
        let row = (next != TERMINATED).then_some(next)?;
        next = found.advance();
        Some(row)
    })
}
