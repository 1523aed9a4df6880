//! Rows that may be of a page. They are told apart by their columns, and by as much of their ids as that takes: whoever reads one here
//! and there reads the column's whole pages, and the second halves of ids are as large as all other columns together.

use std::ops::Range;
use std::sync::Arc;

use tantivy::{DocId, SegmentReader};

use super::opened::Opened;
use super::order::{Keys, Level, Order, Rank, compare_keys};
use super::top::{Found, Hit, Top};
use crate::store::sort::{Place, Sort};

/// A segment, and the order of a list in it.
pub(super) struct Piece<'a> {
    pub(super) order: Order,
    pub(super) segment: &'a SegmentReader,
    versions: Keys,
}

impl Piece<'_> {
    pub(super) fn of<'a>(
        sort: Sort,
        before: bool,
        segment: &'a SegmentReader,
        opened: &Opened,
    ) -> tantivy::Result<Piece<'a>> {
        let versions = opened.keys(segment, "version", true)?;
        Ok(Piece { order: Order::of(sort, before, segment, opened)?, segment, versions })
    }
}

/// A row, and the halves of its id that were read, turned as the order has them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    row: DocId,
    high: Option<u64>,
    low: Option<u64>,
}

impl Row {
    pub(super) fn of(row: DocId) -> Row {
        Row { row, high: None, low: None }
    }

    /// The first half of its id.
    pub(super) fn high(&mut self, order: &Order) -> u64 {
        *self.high.get_or_insert_with(|| order.high(self.row))
    }

    /// The second half.
    pub(super) fn low(&mut self, order: &Order) -> u64 {
        *self.low.get_or_insert_with(|| order.low(self.row))
    }
}

/// Leaves the first `keep` of `rows`, in no order; gives the last rank of theirs.
pub(super) fn leave_first(rows: &mut Vec<(Level, Row)>, keep: usize, order: &Order) -> Option<Rank> {
    let last = keep.checked_sub(1).filter(|last| *last < rows.len())?;
    let (_, (level, _), _) = rows.select_nth_unstable_by_key(last, |(level, _)| *level);
    let level = *level;
    rows.retain(|(other, _)| *other <= level);
    rows.sort_unstable_by_key(|(other, _)| *other == level);
    let before = rows.partition_point(|(other, _)| *other < level);
    // Of these some are left, which their ids tell.
    let (alike, last) = (&mut rows[before..], last - before);
    for (_, row) in &mut *alike {
        row.high(order);
    }
    let (_, (_, row), behind) = alike.select_nth_unstable_by_key(last, |(_, row)| row.high);
    let high = row.high;
    if behind.iter().any(|(_, row)| row.high == high) {
        for (_, row) in alike.iter_mut().filter(|(_, row)| row.high == high) {
            row.low(order);
        }
        alike.select_nth_unstable_by_key(last, |(_, row)| (row.high, row.low));
    }
    rows.truncate(keep);
    high.map(|high| (level, high))
}

/// A row of one of several segments.
struct Candidate {
    /// As [`Place`] has it.
    key: Arc<str>,
    piece: usize,
    row: Row,
}

/// What was found in some segments.
#[derive(Default)]
pub(super) struct Candidates {
    /// In the order of their keys.
    rows: Vec<Candidate>,
    /// All rows of the query in them, where they were counted.
    pub(super) total: Option<u64>,
}

impl Candidates {
    /// The key of the last of `keep`, where there are as many, and the first half of its id where it was read.
    pub(super) fn last(&self, keep: usize) -> Option<(&str, Option<u64>)> {
        self.rows.last().filter(|_| self.rows.len() >= keep).map(|last| (&*last.key, last.row.high))
    }

    /// Adds rows of the segment `at` of `pieces`, and leaves the first that are wanted.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn add(
        &mut self,
        mut rows: Vec<(Level, Row)>,
        at: usize,
        pieces: &[Piece<'_>],
        top: &Top<'_>,
    ) -> tantivy::Result<()> {
        let Some(piece) = pieces.get(at) else { return Ok(()) };
        rows.sort_unstable_by_key(|(level, _)| *level);
        let keys = piece.order.texts(rows.iter().map(|(level, _)| *level))?;
        self.rows.extend(keys.into_iter().zip(rows).map(|(key, (_, row))| Candidate { key, piece: at, row }));
        self.leave_first(pieces, top);
        Ok(())
    }

    fn leave_first(&mut self, pieces: &[Piece<'_>], top: &Top<'_>) {
        // Its parts are in order, which this sort makes use of.
        self.rows.sort_by(|a, b| compare_keys(top.sort, top.before, &a.key, &b.key));
        if top.keep <= self.rows.len() {
            self.order_alike(top.keep.saturating_sub(1)..top.keep, pieces);
            self.rows.truncate(top.keep);
        }
    }

    /// Brings rows of one key in the order of their ids, where some are `wanted`.
    fn order_alike(&mut self, wanted: Range<usize>, pieces: &[Piece<'_>]) {
        let mut first = 0;
        for alike in self.rows.chunk_by_mut(|a, b| a.key == b.key) {
            let behind = first + alike.len();
            if alike.len() > 1 && first < wanted.end && behind > wanted.start {
                order_by_ids(alike, pieces);
            }
            first = behind;
        }
    }

    /// What was found in several lanes.
    pub(super) fn together(lanes: Vec<Candidates>, pieces: &[Piece<'_>], top: &Top<'_>) -> Found {
        let total = top.counted.then(|| lanes.iter().filter_map(|found| found.total).sum());
        let rows = lanes.into_iter().flat_map(|found| found.rows).collect();
        let mut found = Candidates { rows, total };
        found.leave_first(pieces, top);
        found.order_alike(top.skip..top.keep, pieces);
        let hit = |mut found: Candidate| {
            let Piece { order, versions, .. } = pieces.get(found.piece)?;
            let id = order.id(found.row.high(order), found.row.low(order));
            let version = tantivy::u64_to_i64(versions.of_row(found.row.row));
            Some(Hit { place: Place { key: (*found.key).to_owned(), id }, version })
        };
        Found { hits: found.rows.into_iter().skip(top.skip).filter_map(hit).collect(), total }
    }
}

/// Brings rows in the order of their ids.
fn order_by_ids(alike: &mut [Candidate], pieces: &[Piece<'_>]) {
    let order = |found: &Candidate| pieces.get(found.piece).map(|piece| &piece.order);
    for found in &mut *alike {
        if let Some(order) = order(found) {
            found.row.high(order);
        }
    }
    alike.sort_unstable_by_key(|found| found.row.high);
    for same in alike.chunk_by_mut(|a, b| a.row.high == b.row.high).filter(|same| same.len() > 1) {
        for found in &mut *same {
            if let Some(order) = order(found) {
                found.row.low(order);
            }
        }
        same.sort_unstable_by_key(|found| found.row.low);
    }
}
