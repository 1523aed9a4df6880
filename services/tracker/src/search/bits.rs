//! The rows of a segment as bits: 64 of them are put beside others at once. What parts of a filter find is kept so, since a
//! dashboard asks for the same rows again and again, each time together with other ones.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tantivy::index::SegmentId;
use tantivy::query::{Explanation, Occur, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED};

use super::column::all_of;
use super::gathered::Rows;
use super::kept;
use super::union::explained;

/// A bit for each row of a segment, the first row's the lowest of the first.
pub(super) type Bits = Arc<[u64]>;

/// Bytes of rows that are kept of groups of terms: of ten million rows the dashboard's piles. To find them takes most of the time of
/// a dashboard that nobody looked at lately, so what else is asked does not push them out.
const MOST_OF_GROUPS: u64 = 12 << 20;
/// The same of all else: of ten million rows some six filters.
const MOST_OF_OTHERS: u64 = 8 << 20;
/// How long they are kept while nobody asks.
const KEPT: Duration = Duration::from_hours(1);

/// A part of a filter, as one who sees certain rows asks it.
pub(super) struct Part {
    /// The same of all who are answered the same rows.
    pub(super) name: Arc<str>,
    /// Whether it is a group of terms.
    pub(super) is_group: bool,
    /// Where it is `MustNot`, the part is of all rows but these.
    pub(super) occur: Occur,
    pub(super) rows: Rows,
    /// As long as this they are looked for.
    pub(super) until: Option<Instant>,
}

/// Rows of parts of filters, replaced ones among them: a segment's terms never change.
#[derive(Clone)]
pub(super) struct KeptRows {
    groups: Kept,
    others: Kept,
}

type Kept = Cache<(SegmentId, Arc<str>), Bits>;

impl Default for KeptRows {
    fn default() -> KeptRows {
        KeptRows { groups: keeping(MOST_OF_GROUPS), others: keeping(MOST_OF_OTHERS) }
    }
}

fn keeping(most: u64) -> Kept {
    let weight = |(_, name): &(SegmentId, Arc<str>), rows: &Bits| {
        u32::try_from(name.len() + size_of_val(&**rows)).unwrap_or(u32::MAX)
    };
    // What was asked last is asked next, however often other parts were.
    let policy = EvictionPolicy::lru();
    Cache::builder().max_capacity(most).weigher(weight).eviction_policy(policy).time_to_idle(KEPT).build()
}

impl KeptRows {
    /// The rows of `segment` that all `parts` have, less those that were replaced.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn of(&self, segment: &SegmentReader, parts: &[Part]) -> tantivy::Result<Vec<u64>> {
        let mut rows = all_rows(segment.max_doc());
        for part in parts {
            narrow(&mut rows, part.occur, &self.part(segment, part)?);
        }
        if let Some(left) = self.left(segment)? {
            rows.iter_mut().zip(&*left).for_each(|(rows, left)| *rows &= left);
        }
        Ok(rows)
    }

    /// The rows of `segment` that were not replaced, where some were.
    fn left(&self, segment: &SegmentReader) -> tantivy::Result<Option<Bits>> {
        let Some(alive) = segment.alive_bitset() else { return Ok(None) };
        // Rows are replaced and never come back, so their count tells which.
        let name = format!("less {}", segment.num_deleted_docs());
        let bits = || {
            let mut bits = vec![0; segment.max_doc().div_ceil(u64::BITS) as usize];
            put(&mut bits, alive.iter_alive());
            Ok(bits.into())
        };
        kept(&self.others, segment, (segment.segment_id(), name.into()), bits).map(Some)
    }

    fn part(&self, segment: &SegmentReader, part: &Part) -> tantivy::Result<Bits> {
        let key = (segment.segment_id(), Arc::clone(&part.name));
        let all = if part.is_group { &self.groups } else { &self.others };
        kept(all, segment, key, || {
            let mut bits = vec![0; segment.max_doc().div_ceil(u64::BITS) as usize];
            part.rows.put_to(&mut bits, segment, part.until)?;
            Ok(bits.into())
        })
    }
}

/// Rows of one segment that are known, in the place of what finds them.
pub(super) struct Told(pub(super) Bits);

impl Weight for Told {
    fn scorer(&self, _: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let count = self.0.iter().map(|rows| rows.count_ones()).sum();
        let mut rows = ToldRows { bits: Arc::clone(&self.0), count, row: 0 };
        rows.seek(0);
        Ok(Box::new(rows))
    }

    fn explain(&self, segment: &SegmentReader, row: DocId) -> tantivy::Result<Explanation> {
        explained(self.scorer(segment, 1.0)?, row)
    }
}

struct ToldRows {
    bits: Bits,
    count: u32,
    row: DocId,
}

impl DocSet for ToldRows {
    fn advance(&mut self) -> DocId {
        if self.row == TERMINATED { TERMINATED } else { self.seek(self.row + 1) }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        let mut wanted = u64::MAX << (target % u64::BITS);
        self.row = TERMINATED;
        for (at, rows) in self.bits.iter().enumerate().skip((target / u64::BITS) as usize) {
            if rows & wanted != 0 {
                self.row = at as DocId * u64::BITS + (rows & wanted).trailing_zeros();
                break;
            }
            wanted = u64::MAX;
        }
        self.row
    }

    fn doc(&self) -> DocId {
        self.row
    }

    fn size_hint(&self) -> u32 {
        self.count
    }
}

impl Scorer for ToldRows {
    fn score(&mut self) -> Score {
        1.0
    }
}

/// Leaves those of `rows` that are `found`, or where it is `MustNot`, that are not.
pub(super) fn narrow(rows: &mut [u64], occur: Occur, found: &[u64]) {
    let others = if occur == Occur::MustNot { u64::MAX } else { 0 };
    rows.iter_mut().zip(found).for_each(|(rows, found)| *rows &= found ^ others);
}

/// All rows of a segment of so many.
pub(super) fn all_rows(end: DocId) -> Vec<u64> {
    (0..end).step_by(u64::BITS as usize).map(|block| all_of(block, end)).collect()
}

/// A bit for each of up to 64 numbers that is one of `wanted`, which are some.
pub(super) fn in_range(numbers: &[u64], wanted: &RangeInclusive<u64>) -> u64 {
    // One comparison of each, instead of the three of a range that may be used up.
    let (start, span) = (*wanted.start(), wanted.end().wrapping_sub(*wanted.start()));
    let is_wanted = |number: &u64| u64::from(number.wrapping_sub(start) <= span);
    numbers.iter().rev().fold(0, |bits, number| bits << 1 | is_wanted(number))
}

/// The places of the bits that are set, the lowest first.
pub(super) fn places_of(mut bits: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let place = (bits != 0).then(|| bits.trailing_zeros())?;
        bits &= bits - 1;
        Some(place)
    })
}

/// `rows` are in order, so that those of one word are put together.
pub(super) fn put(bits: &mut [u64], rows: impl Iterator<Item = DocId>) {
    let (mut at, mut word) = (0, 0);
    for row in rows {
        let next = (row / u64::BITS) as usize;
        if next != at {
            bits.get_mut(at).into_iter().for_each(|bits| *bits |= word);
            (at, word) = (next, 0);
        }
        word |= 1 << (row % u64::BITS);
    }
    bits.get_mut(at).into_iter().for_each(|bits| *bits |= word);
}
