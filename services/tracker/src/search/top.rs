//! The first rows of a list, out of all that a query finds.

use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tantivy::query::{EnableScoring, Scorer, Weight};
use tantivy::{DocId, SeekDangerResult, SegmentReader};

use super::bits::{Part, Told, in_range, places_of};
use super::candidates::{Candidate, Candidates, Piece, leave_first};
use super::lanes::{self, in_time};
use super::order::{BLOCK, Bound, Level, Order, Rank, Spans};
use super::stretches::{STRETCH, Stretches, has_rows};
use super::{View, answered, ask};
use crate::store::filter::Selection;
use crate::store::sort::{MOST_COLUMNS, Place, Sort};

/// One row that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Its place in the list.
    pub(crate) place: Place,
    /// The version that the index knows.
    pub(crate) version: i64,
}

/// So many rows are looked at, one after another, while a query finds one and its place is looked up (measured by
/// `bench/search.py` with ten million rows).
const ROWS_LOOKED_AT: u32 = 16;

/// After so many rounds the stretches in which the query finds nothing are passed over: until then it found something in most of them,
/// or all that it finds is far from the beginning of the list, such as the challans of some days of last year. Tests, which have few
/// rows, do so at once.
const ROUNDS_BLIND: usize = if cfg!(test) { 1 } else { 3 };
/// So long rows are asked one by one whether the query finds them. Then all that it finds are told at once, which takes less where it
/// leaves nearly all out, each for another reason (measured by `bench/search.py --first`).
const ONE_BY_ONE: Duration = Duration::from_millis(20);
/// So many rows come together at least until the first are told.
const LEAST_TOGETHER: usize = 256;

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
    /// So many of these, the first ones, are passed over.
    pub(crate) skip: usize,
    /// Whether somebody waits for it, and is to be told if it takes too long.
    pub(crate) waited_for: bool,
}

/// The ranks that rows of a stretch may have, and which one it is.
type Stretch = (RangeInclusive<Rank>, DocId);

impl View {
    /// The rows of the selection that are wanted. None where the tables are the better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn find(&self, selection: &Selection<'_>, top: &Top<'_>) -> tantivy::Result<Option<Vec<Hit>>> {
        self.find_soon(selection, top, Instant::now() + ONE_BY_ONE)
    }

    /// As [`View::find`]: as long as `soon` rows are asked one by one.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn find_soon(
        &self,
        selection: &Selection<'_>,
        top: &Top<'_>,
        soon: Instant,
    ) -> tantivy::Result<Option<Vec<Hit>>> {
        let until = top.waited_for.then(|| lanes::until(selection.filter));
        let told = Parts { view: self, selection, until, parts: OnceLock::new() };
        let weight: Option<Arc<dyn Weight>> = match answered(ask::query(selection, self.asked_of(), Some(soon))) {
            Ok(Some(query)) => Some(Arc::from(query.weight(EnableScoring::disabled_from_searcher(&self.searcher))?)),
            Ok(None) => return Ok(None),
            Err(error) if !lanes::is_too_long(&error) => return Err(error),
            Err(_) => None,
        };
        if weight.is_none() && told.all()?.is_none() {
            return Ok(None);
        }
        let pieces = self.in_order(top.sort, top.before)?;
        let all: Vec<&Piece<'_>> = pieces.iter().collect();
        let found = lanes::each(&all, lanes::WHILE_FOUND, until, Candidates::default, |found, piece| {
            if let Some(weight) = weight.as_ref().filter(|_| Instant::now() < soon) {
                match top.add(found, |_| Ok(Arc::clone(weight)), Some(soon), piece, &self.opened.stretches) {
                    Err(error) if lanes::is_too_long(&error) => {}
                    done => return done,
                }
            }
            top.add(found, |segment| told.of(segment), until, piece, &self.opened.stretches)
        })?;
        Ok(Some(Candidates::together(found, top)))
    }
}

/// Finds rows by what each part of a filter finds, which is kept; the parts are made when they are asked for.
struct Parts<'a> {
    view: &'a View,
    selection: &'a Selection<'a>,
    until: Option<Instant>,
    parts: OnceLock<tantivy::Result<Option<Vec<Part>>>>,
}

impl Parts<'_> {
    /// None where the tables are the better ones to ask.
    fn all(&self) -> tantivy::Result<Option<&[Part]>> {
        let parts = self.parts.get_or_init(|| self.view.parts(self.selection, &[], self.until));
        parts.as_ref().map(Option::as_deref).map_err(Clone::clone)
    }

    /// The rows that all of them find in `segment`.
    fn of(&self, segment: &SegmentReader) -> tantivy::Result<Arc<dyn Weight>> {
        let parts = self.all()?.ok_or_else(lanes::too_long)?;
        Ok(Arc::new(Told(self.view.rows.of(segment, parts)?.into())))
    }
}

struct Segment<'a> {
    top: &'a Top<'a>,
    order: &'a Order,
    piece: &'a Piece<'a>,
    spans: Spans<'a>,
    /// The first row of the list.
    from: Bound,
    kept: Vec<Candidate<'a, Level>>,
    /// The last one that is worth keeping.
    worst: Bound,
    /// As long as this it is looked through.
    until: Option<Instant>,
}

/// Behind all rows.
const END: Bound = Bound { rank: ((u64::MAX, [u64::MAX; MOST_COLUMNS - 1]), u64::MAX), low: u64::MAX };

impl<'a> Segment<'a> {
    /// Of which no row is wanted behind one that has the key `last`, and these halves of its id as far as they were read.
    fn of(
        top: &'a Top<'a>,
        piece: &'a Piece<'a>,
        stretches: &Stretches,
        last: Option<(&str, [Option<u64>; 2])>,
        until: Option<Instant>,
    ) -> tantivy::Result<Segment<'a>> {
        let order = &piece.order;
        let from = top.from.map_or(Ok(Bound::default()), |place| order.behind(place))?;
        let worst = last.map_or(Ok(END), |(key, id)| order.up_to(key, id))?;
        let spans = order.spans(piece.segment, stretches);
        Ok(Segment { top, order, piece, spans, from, kept: Vec::new(), worst, until })
    }

    /// Keeps those of `rows`, a block at most, that are wanted.
    fn take(&mut self, rows: &[DocId], keys: &mut [u64; BLOCK]) {
        self.order.keys.of_rows(rows, &mut keys[..rows.len()]);
        for (row, key) in rows.iter().zip(keys) {
            if let Some(wanted) = self.wanted(*row, *key) {
                self.keep(wanted);
            }
        }
    }

    /// Looks only at rows that would be kept, and asks whether the query finds them. A query that finds few rows is looked through
    /// itself. Rows that were changed together stand together, wherever they are in the list: the stretches that may have its
    /// earliest come first, and after each round most of the others are not wanted any more.
    fn look_ahead(
        &mut self,
        weight: impl FnOnce(&SegmentReader) -> tantivy::Result<Arc<dyn Weight>>,
        segment: &SegmentReader,
    ) -> tantivy::Result<()> {
        let (least, most) = self.order.keys.range();
        let wanted = self.wanted_keys();
        if least > *wanted.end() || most < *wanted.start() {
            return Ok(());
        }
        let end = segment.max_doc();
        let mut left: Vec<Stretch> = (0..end.div_ceil(STRETCH))
            .map(|stretch| (self.spans.of(stretch), stretch))
            .filter(|(span, stretch)| self.is_wanted(span) && has_rows(segment, *stretch))
            .collect();
        left.sort_unstable_by(|(a, _), (b, _)| a.start().cmp(b.start()));
        if left.is_empty() {
            return Ok(());
        }
        let weight = weight(segment)?;
        let mut found = weight.scorer(segment, 1.0)?;
        let is_rare = found.cost() < few_of(segment);
        let look = if is_rare { Segment::look_through } else { Segment::look };
        let (cost, enough) = (usize::try_from(found.cost()).unwrap_or(usize::MAX), self.top.keep.saturating_mul(2));
        // So many of `all` stretches are likely to have what is kept, and twice as many each time after that.
        let stretches_of = |all: usize| enough.div_ceil((cost / all.max(1)).max(1)).max(1);
        let mut next = stretches_of(end.div_ceil(STRETCH) as usize);
        for round in 0.. {
            if round > 0 {
                left.retain(|(span, _)| self.is_wanted(span));
                if left.is_empty() {
                    break;
                }
                // What finds rows goes through them once.
                found = weight.scorer(segment, 1.0)?;
            }
            if round == ROUNDS_BLIND && !is_rare {
                keep_found(&mut left, &mut *found);
                found = weight.scorer(segment, 1.0)?;
                next = stretches_of(left.len());
            }
            let behind = left.split_off(next.min(left.len()));
            left.sort_unstable_by_key(|(_, stretch)| *stretch);
            look(self, &mut *found, segment, &left)?;
            self.shrink();
            (left, next) = (behind, next.saturating_mul(2));
        }
        Ok(())
    }

    /// Whether some of the rows whose ranks are in `span` would be kept.
    fn is_wanted(&self, span: &RangeInclusive<Rank>) -> bool {
        *span.end() >= self.from.rank && *span.start() <= self.worst.rank
    }

    /// As [`Segment::look`], of a query that finds few rows.
    fn look_through(
        &mut self,
        found: &mut dyn Scorer,
        segment: &SegmentReader,
        stretches: &[Stretch],
    ) -> tantivy::Result<()> {
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
            in_time(self.until)?;
        }
        Ok(())
    }

    /// Looks through `stretches`, which are in the order of their rows.
    fn look(&mut self, found: &mut dyn Scorer, segment: &SegmentReader, stretches: &[Stretch]) -> tantivy::Result<()> {
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
                near.clear();
                near.extend(places_of(in_range(keys, &wanted)).map(|at| (from + at, keys[at as usize])));
                near.retain(|(row, _)| is_alive(*row));
                // Where thousands of rows have one value, most are told by the second column, read for many at once.
                rows.clear();
                rows.extend(near.iter().map(|(row, _)| *row));
                self.order.seconds(&rows, &mut seconds[..rows.len()]);
                for ((row, key), second) in near.iter().copied().zip(seconds) {
                    if row < least || self.is_behind(key, second) {
                        continue;
                    }
                    let Some(wanted) = self.wanted(row, key) else { continue };
                    match found.seek_danger(row) {
                        SeekDangerResult::Found => self.keep(wanted),
                        SeekDangerResult::SeekLowerBound(row) => least = row,
                    }
                }
                from = least.max(from + count);
            }
            in_time(self.until)?;
        }
        Ok(())
    }

    /// Other keys are of no row that is worth keeping.
    fn wanted_keys(&self) -> RangeInclusive<u64> {
        let (((first, _), _), ((last, _), _)) = (self.from.rank, self.worst.rank);
        let (first, last) = (self.order.first(first), self.order.first(last));
        first.min(last)..=first.max(last)
    }

    /// Whether the first two columns tell that a row is not worth keeping.
    fn is_behind(&self, key: u64, second: u64) -> bool {
        let ((first, [other, ..]), _) = self.worst.rank;
        (self.order.first(key), second) > (first, other)
    }

    /// The row, if it is worth keeping. No more columns are read than tell that: the others after the first, the id last, and that only
    /// where no other of its stretch tells it.
    fn wanted(&self, row: DocId, key: u64) -> Option<Candidate<'a, Level>> {
        let first = self.order.first(key);
        if first < self.from.rank.0.0 || first > self.worst.rank.0.0 {
            return None;
        }
        let level = self.order.level(row, key);
        let (is_first, is_last) = (level == self.from.rank.0, level == self.worst.rank.0);
        if level < self.from.rank.0 || level > self.worst.rank.0 {
            return None;
        }
        let mut wanted = Candidate::of(level, row, self.piece);
        if is_first || is_last {
            let (least, most) = self.spans.ids(row / STRETCH);
            let (from, last) =
                (if is_first { self.from.rank.1 } else { 0 }, if is_last { self.worst.rank.1 } else { u64::MAX });
            if most < from || least > last {
                return None;
            }
            if least <= from || most >= last {
                let high = wanted.high();
                let mut is_before = || is_first && high == from && wanted.low() < self.from.low;
                if high < from || high > last || is_before() {
                    return None;
                }
                if is_last && high == last && self.worst.low < u64::MAX && wanted.low() > self.worst.low {
                    return None;
                }
            }
        }
        Some(wanted)
    }

    fn keep(&mut self, wanted: Candidate<'a, Level>) {
        self.kept.push(wanted);
        if self.kept.len() >= self.top.keep.saturating_mul(2).max(LEAST_TOGETHER) {
            self.shrink();
        }
    }

    /// Leaves the first `keep`.
    fn shrink(&mut self) {
        if let Some(worst) = leave_first(&mut self.kept, self.top.keep, self.worst.rank.0) {
            self.worst = worst;
        }
    }
}

/// A query that finds fewer rows of `segment` is gone through itself.
pub(super) fn few_of(segment: &SegmentReader) -> u64 {
    u64::from(segment.max_doc() / ROWS_LOOKED_AT)
}

/// Leaves the stretches in which the query finds something, in the same order.
fn keep_found(stretches: &mut Vec<Stretch>, found: &mut dyn Scorer) {
    stretches.sort_unstable_by_key(|(_, stretch)| *stretch);
    stretches.retain(|(_, stretch)| {
        let (first, behind) = (stretch * STRETCH, (stretch + 1).saturating_mul(STRETCH));
        let row = if found.doc() < first { found.seek(first) } else { found.doc() };
        row < behind
    });
    stretches.sort_unstable_by(|(a, _), (b, _)| a.start().cmp(b.start()));
}

impl Top<'_> {
    /// Adds to what was `found` in other segments what is found in this one, as long as is asked: rows behind the last of them are not
    /// looked at.
    fn add<'a>(
        &'a self,
        found: &mut Candidates<'a>,
        weight: impl FnOnce(&SegmentReader) -> tantivy::Result<Arc<dyn Weight>>,
        until: Option<Instant>,
        piece: &'a Piece<'a>,
        stretches: &Stretches,
    ) -> tantivy::Result<()> {
        let mut looked = Segment::of(self, piece, stretches, found.last(self.keep), until)?;
        looked.look_ahead(weight, piece.segment)?;
        // What finds rows ends where it takes too long.
        in_time(until)?;
        found.add(looked.kept, &piece.order, self)
    }
}
