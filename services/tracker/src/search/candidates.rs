//! Rows that may be of a page. They are told apart by their columns, and by as much of their ids as that takes: whoever reads one here
//! and there reads the column's whole pages, and the second halves of ids are as large as all other columns together.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

use tantivy::{DocId, SegmentReader};

use super::opened::Opened;
use super::order::{Bound, Keys, Level, Order, compare_keys};
use super::top::{Hit, Top};
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

/// A row that stands at a level of its segment, or among those of all at a key; and the halves of its id that were read, turned as
/// the order has them.
pub(super) struct Candidate<'a, K> {
    stands: K,
    row: DocId,
    piece: &'a Piece<'a>,
    high: Option<u64>,
    low: Option<u64>,
}

impl<'a, K> Candidate<'a, K> {
    pub(super) fn of(stands: K, row: DocId, piece: &'a Piece<'a>) -> Candidate<'a, K> {
        Candidate { stands, row, piece, high: None, low: None }
    }

    /// The first half of its id.
    pub(super) fn high(&mut self) -> u64 {
        *self.high.get_or_insert_with(|| self.piece.order.high(self.row))
    }

    /// The second half.
    pub(super) fn low(&mut self) -> u64 {
        *self.low.get_or_insert_with(|| self.piece.order.low(self.row))
    }
}

fn read_lows<K>(rows: &mut [Candidate<'_, K>]) {
    for row in rows {
        row.low();
    }
}

/// Leaves the first `keep` of `rows` of one segment, in no order; gives the last of theirs. It is told soonest where that is at the
/// `likely` level, as the last time.
pub(super) fn leave_first(rows: &mut Vec<Candidate<'_, Level>>, keep: usize, likely: Level) -> Option<Bound> {
    let last = keep.checked_sub(1).filter(|last| *last < rows.len())?;
    let (mut level, mut alike) = (likely, bring_together(rows, |row| row.stands.cmp(&likely)));
    if !alike.contains(&last) {
        let mut levels: Vec<Level> = rows.iter().map(|row| row.stands).collect();
        level = *levels.select_nth_unstable(last).1;
        alike = bring_together(rows, |row| row.stands.cmp(&level));
    }
    let last = last - alike.start;
    first_by_ids(&mut rows[alike], last);
    rows.truncate(keep);
    let Candidate { high, low, .. } = rows.last()?;
    Some(Bound { rank: (level, (*high)?), low: low.unwrap_or(u64::MAX) })
}

/// Brings rows that stand alike, of which one is at `last`, so that those up to it have the first ids, and it the last of these.
/// The numbers are told apart by themselves: a row is ten times as large.
fn first_by_ids<K>(alike: &mut [Candidate<'_, K>], last: usize) {
    let mut highs: Vec<u64> = alike.iter_mut().map(Candidate::high).collect();
    let high = *highs.select_nth_unstable(last).1;
    let same = bring_together(alike, |row| row.high.cmp(&Some(high)));
    let last = last - same.start;
    let same = &mut alike[same];
    if same.len() > 1 {
        read_lows(same);
        same.select_nth_unstable_by_key(last, |row| row.low);
    }
}

/// Brings those of `rows` that are before before those that are alike, and these before the others; gives where these are.
fn bring_together<T>(rows: &mut [T], is: impl Fn(&T) -> Ordering) -> Range<usize> {
    let before = to_front(rows, |row| is(row).is_lt());
    let alike = to_front(&mut rows[before..], |row| is(row).is_eq());
    before..before + alike
}

/// Brings those of `rows` that are wanted before the others; gives how many they are.
fn to_front<T>(rows: &mut [T], is_wanted: impl Fn(&T) -> bool) -> usize {
    let mut wanted = 0;
    for at in 0..rows.len() {
        if is_wanted(&rows[at]) {
            rows.swap(wanted, at);
            wanted += 1;
        }
    }
    wanted
}

/// What was found in some segments.
#[derive(Default)]
pub(super) struct Candidates<'a> {
    /// In the order of their keys, which are as [`Place`] has them.
    rows: Vec<Candidate<'a, Arc<str>>>,
}

impl<'a> Candidates<'a> {
    /// The key of the last of `keep`, where there are as many, and the halves of its id that were read.
    pub(super) fn last(&self, keep: usize) -> Option<(&str, [Option<u64>; 2])> {
        self.rows.last().filter(|_| self.rows.len() >= keep).map(|last| (&*last.stands, [last.high, last.low]))
    }

    /// Adds rows of one segment, which has this `order`, and leaves the first that are wanted.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn add(
        &mut self,
        mut rows: Vec<Candidate<'a, Level>>,
        order: &Order,
        top: &Top<'_>,
    ) -> tantivy::Result<()> {
        rows.sort_unstable_by_key(|row| row.stands);
        let keys = order.texts(rows.iter().map(|row| row.stands))?;
        let keyed = |(stands, row): (_, Candidate<'a, Level>)| {
            let Candidate { row, piece, high, low, .. } = row;
            Candidate { stands, row, piece, high, low }
        };
        self.rows.extend(keys.into_iter().zip(rows).map(keyed));
        self.leave_first(top);
        Ok(())
    }

    fn leave_first(&mut self, top: &Top<'_>) {
        // Its parts are in order, which this sort makes use of.
        self.rows.sort_by(|a, b| compare_keys(top.sort, top.before, &a.stands, &b.stands));
        let Some(last) = top.keep.checked_sub(1).filter(|last| *last < self.rows.len()) else { return };
        let key = &self.rows[last].stands;
        let first = self.rows.partition_point(|row| compare_keys(top.sort, top.before, &row.stands, key).is_lt());
        let alike = self.rows[first..].partition_point(|row| row.stands == *key);
        if alike > 1 {
            first_by_ids(&mut self.rows[first..first + alike], last - first);
        }
        self.rows.truncate(top.keep);
    }

    /// Brings rows of one key in the order of their ids, where some are `wanted`.
    fn order_alike(&mut self, wanted: Range<usize>) {
        let mut first = 0;
        for alike in self.rows.chunk_by_mut(|a, b| a.stands == b.stands) {
            let behind = first + alike.len();
            if alike.len() > 1 && first < wanted.end && behind > wanted.start {
                order_by_ids(alike);
            }
            first = behind;
        }
    }

    /// What was found in several lanes.
    pub(super) fn together(lanes: Vec<Candidates<'a>>, top: &Top<'_>) -> Vec<Hit> {
        let rows = lanes.into_iter().flat_map(|found| found.rows).collect();
        let mut found = Candidates { rows };
        found.leave_first(top);
        found.order_alike(top.skip..top.keep);
        let hit = |mut row: Candidate<'_, Arc<str>>| {
            let id = row.piece.order.id(row.high(), row.low());
            let version = tantivy::u64_to_i64(row.piece.versions.of_row(row.row));
            Hit { place: Place { key: (*row.stands).to_owned(), id }, version }
        };
        found.rows.into_iter().skip(top.skip).map(hit).collect()
    }
}

/// Brings rows in the order of their ids.
fn order_by_ids<K>(alike: &mut [Candidate<'_, K>]) {
    for row in alike.iter_mut() {
        row.high();
    }
    alike.sort_unstable_by_key(|row| row.high);
    for same in alike.chunk_by_mut(|a, b| a.high == b.high).filter(|same| same.len() > 1) {
        read_lows(same);
        same.sort_unstable_by_key(|row| row.low);
    }
}
