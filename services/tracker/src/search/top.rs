//! The first rows of a list, out of all that a query finds, and how many these are.

use std::ops::RangeInclusive;

use tantivy::query::{Scorer, Weight};
use tantivy::{DocId, SeekDangerResult, SegmentReader};

use super::each_block;
use super::opened::Opened;
use super::order::{BLOCK, Keys, Order, Rank, compare};
use super::stretches::{STRETCH, Stretches, has_rows};
use crate::store::sort::{Place, Sort};

/// One row that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Its place in the list.
    pub(crate) place: Place,
    /// The version that the index knows.
    pub(crate) version: i64,
}

/// The first rows and how many there are in all, wherever the list begins.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// In the list's order.
    pub(crate) hits: Vec<Hit>,
    /// All rows of the query, where they were counted.
    pub(crate) total: Option<u64>,
}

/// So many rows are looked at, one after another, while a query finds one and its place is looked up (measured by
/// `bench/search.py` with ten million rows).
const ROWS_LOOKED_AT: u32 = 16;

/// What of a list is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Top<'a> {
    /// Its order.
    pub(crate) sort: Sort,
    /// The place that it goes on after; none is its beginning.
    pub(crate) from: Option<&'a Place>,
    /// Towards the beginning.
    pub(crate) before: bool,
    /// So many rows at most.
    pub(crate) keep: usize,
    /// And how many rows the whole list has. Then all of them are looked at, else only those that may be its first.
    pub(crate) counted: bool,
    /// Whether somebody waits for it, and is to be told if it takes too long.
    pub(crate) waited_for: bool,
}

/// The ranks that rows of a stretch may have, and which one it is.
type Stretch = (RangeInclusive<Rank>, DocId);

struct Segment<'a> {
    top: &'a Top<'a>,
    order: &'a Order,
    /// The first rank of the list.
    from: Rank,
    kept: Vec<(Rank, DocId)>,
    /// The last rank that is worth keeping.
    worst: Option<Rank>,
}

impl<'a> Segment<'a> {
    /// Of which no row behind the place `last` is wanted.
    fn of(top: &'a Top<'a>, order: &'a Order, last: Option<&Place>) -> tantivy::Result<Segment<'a>> {
        let from = top.from.map_or(Ok(Rank::default()), |place| order.behind(place))?;
        let worst = last.map(|place| order.behind(place)).transpose()?;
        Ok(Segment { top, order, from, kept: Vec::new(), worst })
    }

    /// Looks through all that the query finds, and counts it.
    fn look_at_all(
        &mut self,
        weight: &dyn Weight,
        segment: &SegmentReader,
        stretches: &Stretches,
    ) -> tantivy::Result<u64> {
        // Then most of the others are only counted.
        self.look_ahead(weight, segment, stretches, 1)?;
        self.shrink();
        self.kept.clear();
        self.worst = self.worst.map(|(first, others, id)| (first, others, id.saturating_add(1)));
        let (mut keys, mut total) = ([0; BLOCK], 0);
        each_block(weight, segment, |rows| {
            total += rows.len() as u64;
            for rows in rows.chunks(BLOCK) {
                self.take(rows, &mut keys);
            }
        })?;
        Ok(total)
    }

    /// Keeps those of `rows`, a block at most, that are wanted.
    fn take(&mut self, rows: &[DocId], keys: &mut [u64; BLOCK]) {
        self.order.keys.of_rows(rows, &mut keys[..rows.len()]);
        for (row, key) in rows.iter().zip(keys) {
            if let Some(rank) = self.wanted(*row, *key) {
                self.keep(rank, *row);
            }
        }
    }

    /// Looks only at rows that would be kept, and asks whether the query finds them. A query that finds few rows is looked through
    /// itself. Rows that were changed together stand together, wherever they are in the list: the stretches that may have its
    /// earliest come first, and after each of the `rounds` most of the others are not wanted any more.
    fn look_ahead(
        &mut self,
        weight: &dyn Weight,
        segment: &SegmentReader,
        stretches: &Stretches,
        rounds: usize,
    ) -> tantivy::Result<()> {
        let (least, most) = self.order.keys.range();
        let wanted = self.wanted_keys();
        if least > *wanted.end() || most < *wanted.start() {
            return Ok(());
        }
        let end = segment.max_doc();
        let spans = self.order.spans(segment, stretches);
        let mut left: Vec<Stretch> = (0..end.div_ceil(STRETCH))
            .map(|stretch| (spans.of(stretch), stretch))
            .filter(|(span, stretch)| self.is_wanted(span) && has_rows(segment, *stretch))
            .collect();
        left.sort_unstable_by(|(a, _), (b, _)| a.start().cmp(b.start()));
        let mut found = weight.scorer(segment, 1.0)?;
        let look = if found.cost() < u64::from(end / ROWS_LOOKED_AT) { Segment::look_through } else { Segment::look };
        // So many are likely to have what is kept, and twice as many each time after that.
        let rows = usize::try_from(found.cost()).unwrap_or(usize::MAX) / end.div_ceil(STRETCH).max(1) as usize;
        let mut next = self.top.keep.saturating_mul(2).div_ceil(rows.max(1)).max(1);
        for round in 0..rounds {
            if round > 0 {
                left.retain(|(span, _)| self.is_wanted(span));
                if left.is_empty() {
                    break;
                }
                // What finds rows goes through them once.
                found = weight.scorer(segment, 1.0)?;
            }
            let behind = left.split_off(next.min(left.len()));
            left.sort_unstable_by_key(|(_, stretch)| *stretch);
            look(self, &mut *found, segment, &left);
            (left, next) = (behind, next.saturating_mul(2));
        }
        Ok(())
    }

    /// Whether some of the rows whose ranks are in `span` would be kept.
    fn is_wanted(&self, span: &RangeInclusive<Rank>) -> bool {
        *span.end() >= self.from && self.worst.is_none_or(|worst| *span.start() < worst)
    }

    /// As [`Segment::look`], of a query that finds few rows.
    fn look_through(&mut self, found: &mut dyn Scorer, segment: &SegmentReader, stretches: &[Stretch]) {
        let alive = segment.alive_bitset();
        let (mut keys, mut rows) = ([0; BLOCK], Vec::with_capacity(STRETCH as usize));
        for (span, stretch) in stretches {
            let (first, behind) = (stretch * STRETCH, (stretch + 1).saturating_mul(STRETCH));
            if found.doc() >= behind || !self.is_wanted(span) {
                continue;
            }
            let mut row = if found.doc() < first { found.seek(first) } else { found.doc() };
            rows.clear();
            while row < behind {
                if alive.is_none_or(|alive| alive.is_alive(row)) {
                    rows.push(row);
                }
                row = found.advance();
            }
            rows.chunks(BLOCK).for_each(|rows| self.take(rows, &mut keys));
        }
    }

    /// Looks through `stretches`, which are in the order of their rows.
    fn look(&mut self, found: &mut dyn Scorer, segment: &SegmentReader, stretches: &[Stretch]) {
        let alive = segment.alive_bitset();
        let is_alive = |row| alive.is_none_or(|alive| alive.is_alive(row));
        let (mut keys, mut seconds) = ([0; BLOCK], [0; BLOCK]);
        let mut near: Vec<(DocId, u64)> = Vec::with_capacity(BLOCK);
        let mut rows: Vec<DocId> = Vec::with_capacity(BLOCK);
        // Before this one the query finds no more.
        let mut least = found.doc();
        for (span, stretch) in stretches {
            if !self.is_wanted(span) {
                continue;
            }
            let behind = (stretch + 1).saturating_mul(STRETCH).min(segment.max_doc());
            let mut from = least.max(stretch * STRETCH);
            while from < behind {
                let count = (behind - from).min(BLOCK as u32);
                let wanted = self.wanted_keys();
                let keys = &mut keys[..count as usize];
                self.order.keys.of_stretch(from, keys);
                let is_near = |(row, key): &(DocId, u64)| wanted.contains(key) && is_alive(*row);
                near.clear();
                near.extend((from..).zip(keys.iter().copied()).filter(is_near));
                // Where thousands of rows have one value, most are told by the second column, read for many at once.
                rows.clear();
                rows.extend(near.iter().map(|(row, _)| *row));
                self.order.seconds(&rows, &mut seconds[..rows.len()]);
                for ((row, key), second) in near.iter().copied().zip(seconds) {
                    if row < least || self.is_behind(key, second) {
                        continue;
                    }
                    let Some(rank) = self.wanted(row, key) else { continue };
                    match found.seek_danger(row) {
                        SeekDangerResult::Found => self.keep(rank, row),
                        SeekDangerResult::SeekLowerBound(row) => least = row,
                    }
                }
                from = least.max(from + count);
            }
        }
    }

    /// Other keys are of no row that is worth keeping.
    fn wanted_keys(&self) -> RangeInclusive<u64> {
        let (first, last) = (self.from.0, self.worst.map_or(u64::MAX, |(key, ..)| key));
        let (first, last) = (self.order.first(first), self.order.first(last));
        first.min(last)..=first.max(last)
    }

    /// Whether the first two columns tell that a row is not worth keeping.
    fn is_behind(&self, key: u64, second: u64) -> bool {
        self.worst.is_some_and(|(first, [other, ..], _)| (self.order.first(key), second) > (first, other))
    }

    /// The row's rank, if that is worth keeping.
    fn wanted(&self, row: DocId, key: u64) -> Option<Rank> {
        if self.order.first(key) < self.from.0 {
            return None;
        }
        let rank = match &self.worst {
            Some(worst) => self.order.rank_before(row, key, worst)?,
            None => self.order.rank(row, key),
        };
        (rank >= self.from).then_some(rank)
    }

    fn keep(&mut self, rank: Rank, row: DocId) {
        self.kept.push((rank, row));
        if self.kept.len() >= self.top.keep.saturating_mul(2).max(64) {
            self.shrink();
        }
    }

    /// Leaves the first `keep`.
    fn shrink(&mut self) {
        if self.top.keep < self.kept.len() {
            let (_, worst, _) = self.kept.select_nth_unstable(self.top.keep.saturating_sub(1));
            self.worst = Some(worst.0);
            self.kept.truncate(self.top.keep);
        }
    }

    fn hits(mut self, versions: &Keys) -> tantivy::Result<Vec<Hit>> {
        self.shrink();
        self.kept.sort_unstable();
        let places = self.order.places(self.kept.iter().map(|(rank, _)| *rank))?;
        let hit = |(place, (_, row)): (Place, &(Rank, DocId))| Hit {
            place,
            version: tantivy::u64_to_i64(versions.of_row(*row)),
        };
        Ok(places.into_iter().zip(&self.kept).map(hit).collect())
    }
}

impl Top<'_> {
    /// Adds to what was `found` in other segments what is found in this one: rows behind the last of them are not looked at.
    pub(super) fn add(
        &self,
        found: &mut Found,
        weight: &dyn Weight,
        order: &Order,
        segment: &SegmentReader,
        opened: &Opened,
    ) -> tantivy::Result<()> {
        let last = found.hits.last().filter(|_| found.hits.len() >= self.keep).map(|hit| &hit.place);
        let mut looked = Segment::of(self, order, last)?;
        if self.counted {
            *found.total.get_or_insert(0) += looked.look_at_all(weight, segment, &opened.stretches)?;
        } else {
            looked.look_ahead(weight, segment, &opened.stretches, usize::MAX)?;
        }
        found.hits.extend(looked.hits(&opened.keys(segment, "version", true)?)?);
        self.shrink(found);
        Ok(())
    }

    /// What was found in several lanes.
    pub(super) fn together(&self, lanes: Vec<Found>) -> Found {
        let total = self.counted.then(|| lanes.iter().filter_map(|found| found.total).sum());
        let mut found = Found { hits: lanes.into_iter().flat_map(|found| found.hits).collect(), total };
        self.shrink(&mut found);
        found
    }

    fn shrink(&self, found: &mut Found) {
        // Its parts are in order, which this sort makes use of.
        found.hits.sort_by(|a, b| compare(self.sort, self.before, &a.place, &b.place));
        found.hits.truncate(self.keep);
    }
}
