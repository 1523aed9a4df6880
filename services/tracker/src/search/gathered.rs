//! What a query finds in a segment, a bit for each row: the rows of its terms are put together, all at once. To go through a query
//! row by row takes longer, but where few rows are found.

use std::time::Instant;

use tantivy::query::{AllQuery, BooleanQuery, EnableScoring, Occur, Query, Weight};
use tantivy::{DocId, Searcher, SegmentReader, TERMINATED};

use super::bits::{all_rows, put};
use super::column::InColumn;
use super::lanes::in_time;
use super::union::{AnyOf, LeftOut};

/// A query that finds no more than one of so many rows is gone through row by row, as is a list of what it finds
/// ([`super::top`]).
const ROWS_OF_ONE: u32 = 16;

/// What finds rows.
pub(super) enum Rows {
    /// A column tells them, which is read in blocks.
    InColumn(InColumn),
    /// Gone through one after another.
    Each(Box<dyn Weight>),
    /// The rows of any.
    OfAny(Vec<Rows>),
    /// The rows of all, or where it is `MustNot`, all rows but its; and what goes through them one after another.
    OfAll(Vec<(Occur, Rows)>, Box<dyn Weight>),
}

impl Rows {
    /// What finds the rows of `query`.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn of(query: &dyn Query, searcher: &Searcher) -> tantivy::Result<Rows> {
        if let Some(column) = query.downcast_ref::<InColumn>() {
            return Ok(Rows::InColumn(column.clone()));
        }
        if let Some(LeftOut(query)) = query.downcast_ref() {
            return Rows::of(&**query, searcher);
        }
        if let Some(AnyOf { queries, .. }) = query.downcast_ref() {
            let each = queries.iter().map(|query| Rows::of(&**query, searcher));
            return each.collect::<tantivy::Result<_>>().map(Rows::OfAny);
        }
        let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
        let Some(all) = query.downcast_ref::<BooleanQuery>() else { return Ok(Rows::Each(weight)) };
        let clauses = all.clauses().iter().filter(|(_, query)| !query.is::<AllQuery>());
        let each = clauses.map(|(occur, query)| Ok((*occur, Rows::of(&**query, searcher)?)));
        Ok(Rows::OfAll(each.collect::<tantivy::Result<_>>()?, weight))
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
                let mut few = weight.scorer(segment, 1.0)?;
                if few.cost() < u64::from(segment.max_doc() / ROWS_OF_ONE) {
                    let mut next = few.doc();
                    let rows = std::iter::from_fn(|| {
                        let row = (next != TERMINATED).then_some(next)?;
                        next = few.advance();
                        Some(row)
                    });
                    put(bits, rows);
                    return Ok(());
                }
                let mut all = all_rows(segment.max_doc());
                for (occur, rows) in each {
                    let mut found = vec![0; all.len()];
                    rows.put_to(&mut found, segment, until)?;
                    let others = if *occur == Occur::MustNot { u64::MAX } else { 0 };
                    all.iter_mut().zip(found).for_each(|(all, found)| *all &= found ^ others);
                }
                bits.iter_mut().zip(all).for_each(|(bits, all)| *bits |= all);
                Ok(())
            }
        }
    }
}
