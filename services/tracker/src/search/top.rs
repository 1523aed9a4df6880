//! The first rows of a list, out of all that a query finds, and how many these are.

use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};

use tantivy::columnar::{Cardinality, Column, StrColumn, TermOrdHit};
use tantivy::query::{Scorer, Weight};
use tantivy::{DocId, SeekDangerResult, SegmentReader, TantivyError};
use uuid::Uuid;

use super::each_block;
use super::stretches::{Ends, STRETCH, Stretches};

use crate::store::list::{Place, Sort};

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

/// Sort keys that are read at once.
const BLOCK: usize = 64;
/// Parts of a segment: the one that the first rows of a list are likely in is looked through before the others.
const PARTS: u32 = 32;

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
}

/// The sort column of one segment; each of its values is a number that grows as the values do. Every row has one.
struct Keys {
    numbers: Column<u64>,
    texts: Option<StrColumn>,
}

impl Keys {
    fn of(segment: &SegmentReader, sort: Sort) -> tantivy::Result<Keys> {
        let none = || TantivyError::SchemaError(format!("{} is not sorted by", sort.name));
        if sort.is_number() {
            // As `i64_to_u64` has them.
            let (numbers, _) = segment.fast_fields().u64_lenient(sort.name)?.ok_or_else(none)?;
            return Ok(Keys { numbers, texts: None });
        }
        let texts = segment.fast_fields().str(sort.name)?.ok_or_else(none)?;
        Ok(Keys { numbers: texts.ords().clone(), texts: Some(texts) })
    }

    /// The numbers of `rows`.
    fn of_rows(&self, rows: &[DocId], numbers: &mut [u64]) {
        if self.numbers.get_cardinality() == Cardinality::Full {
            return self.numbers.values.get_vals(rows, numbers);
        }
        for (row, number) in rows.iter().zip(numbers) {
            *number = self.numbers.first(*row).unwrap_or_default();
        }
    }

    /// The numbers of the rows from `row` on.
    fn of_stretch(&self, row: DocId, numbers: &mut [u64]) {
        if self.numbers.get_cardinality() == Cardinality::Full {
            return self.numbers.values.get_range(u64::from(row), numbers);
        }
        for (row, number) in (row..).zip(numbers) {
            *number = self.numbers.first(row).unwrap_or_default();
        }
    }

    /// The least and the greatest number of each stretch of so many rows.
    fn ends(&self, rows: DocId) -> Ends {
        let mut numbers = [0; BLOCK];
        let mut ends = vec![(u64::MAX, 0); rows.div_ceil(STRETCH) as usize];
        for from in (0..rows).step_by(BLOCK) {
            let numbers = &mut numbers[..((rows - from) as usize).min(BLOCK)];
            self.of_stretch(from, numbers);
            if let Some((low, high)) = ends.get_mut((from / STRETCH) as usize) {
                *low = numbers.iter().fold(*low, |low, number| low.min(*number));
                *high = numbers.iter().fold(*high, |high, number| high.max(*number));
            }
        }
        ends.into()
    }

    /// The number of the value `key`, and whether the segment has it; else that of the next larger value.
    fn place_of(&self, key: &str) -> tantivy::Result<(u64, bool)> {
        let Some(texts) = &self.texts else { return Ok((tantivy::i64_to_u64(key.parse().unwrap_or(0)), true)) };
        Ok(match texts.dictionary().term_ord_or_next(key)? {
            TermOrdHit::Exact(ord) => (ord, true),
            TermOrdHit::Next(ord) => (ord, false),
        })
    }

    fn text(&self, number: u64) -> tantivy::Result<String> {
        let Some(texts) = &self.texts else { return Ok(tantivy::u64_to_i64(number).to_string()) };
        let mut text = String::new();
        texts.ord_to_str(number, &mut text)?;
        Ok(text)
    }
}

/// A row while its segment is looked through: smaller is earlier in the list.
type Rank = (u64, u128);

struct Segment<'a> {
    top: &'a Top<'a>,
    descending: bool,
    keys: Keys,
    ids: [Column<u64>; 2],
    /// Rows up to this rank come before the place where the list goes on.
    after: Option<Rank>,
    kept: Vec<(Rank, DocId)>,
    /// The last rank that is worth keeping.
    worst: Option<Rank>,
}

impl<'a> Segment<'a> {
    fn of(top: &'a Top<'a>, segment: &SegmentReader) -> tantivy::Result<Segment<'a>> {
        let (keys, descending) = (Keys::of(segment, top.sort)?, top.is_descending());
        let after = match top.from {
            None => None,
            Some(place) => {
                let (key, known) = keys.place_of(&place.key)?;
                match (descending, known) {
                    (false, true) => Some((key, place.id.as_u128())),
                    (true, true) => Some((!key, !place.id.as_u128())),
                    // The next larger value is the first of those after, or the last of those before.
                    (false, false) => key.checked_sub(1).map(|before| (before, u128::MAX)),
                    (true, false) => Some((!key, u128::MAX)),
                }
            }
        };
        let ids = [segment.fast_fields().u64("id_high")?, segment.fast_fields().u64("id_low")?];
        Ok(Segment { top, descending, keys, ids, after, kept: Vec::new(), worst: None })
    }

    /// Looks through all that the query finds, and counts it.
    fn look_at_all(&mut self, weight: &dyn Weight, segment: &SegmentReader) -> tantivy::Result<u64> {
        let (mut keys, mut total) = ([0; BLOCK], 0);
        each_block(weight, segment, |rows| {
            total += rows.len() as u64;
            for rows in rows.chunks(BLOCK) {
                self.keys.of_rows(rows, &mut keys[..rows.len()]);
                for (row, key) in rows.iter().zip(keys) {
                    if let Some(rank) = self.wanted(*row, key) {
                        self.keep(rank, *row);
                    }
                }
            }
        })?;
        Ok(total)
    }

    /// Looks only at rows that would be kept, and asks whether the query finds them. What is likely to be earliest in the list
    /// comes first, so that few of the others would.
    fn look_ahead(
        &mut self,
        weight: &dyn Weight,
        segment: &SegmentReader,
        stretches: &Stretches,
    ) -> tantivy::Result<()> {
        let end = segment.max_doc();
        let ends = stretches.of(segment.segment_id(), self.top.sort.name, || self.keys.ends(end));
        let part = end.div_ceil(PARTS).max(BLOCK as u32);
        let rank = |from: DocId| {
            let (row, mut key) = (from + (end - from).min(part) / 2, [0]);
            self.keys.of_rows(&[row], &mut key);
            let rank = self.rank(row, key[0]);
            (self.after.is_some_and(|after| rank <= after), rank)
        };
        let first = (0..end).step_by(part as usize).min_by_key(|from| rank(*from)).unwrap_or(0);
        let last = first.saturating_add(part).min(end);
        let best = first..last;
        self.look(&mut *weight.scorer(segment, 1.0)?, segment, &ends, std::slice::from_ref(&best));
        if first > 0 || last < end {
            self.look(&mut *weight.scorer(segment, 1.0)?, segment, &ends, &[0..first, last..end]);
        }
        Ok(())
    }

    fn look(&mut self, found: &mut dyn Scorer, segment: &SegmentReader, ends: &Ends, parts: &[Range<DocId>]) {
        let alive = segment.alive_bitset();
        let mut keys = [0; BLOCK];
        // Before this one the query finds no more.
        let mut least = found.doc();
        for part in parts {
            let mut from = part.start.max(least);
            while from < part.end {
                let count = (part.end - from).min(BLOCK as u32);
                let wanted = self.wanted_keys();
                let (low, high) = ends.get((from / STRETCH) as usize).copied().unwrap_or((0, u64::MAX));
                if low > *wanted.end() || high < *wanted.start() {
                    from = (from / STRETCH + 1).saturating_mul(STRETCH);
                    continue;
                }
                let keys = &mut keys[..count as usize];
                self.keys.of_stretch(from, keys);
                for (row, key) in (from..).zip(keys.iter()).filter(|(_, key)| wanted.contains(key)) {
                    if row < least || alive.is_some_and(|alive| !alive.is_alive(row)) {
                        continue;
                    }
                    let Some(rank) = self.wanted(row, *key) else { continue };
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
        let (first, last) = (self.after.map_or(0, |(key, _)| key), self.worst.map_or(u64::MAX, |(key, _)| key));
        if self.descending { !last..=!first } else { first..=last }
    }

    fn rank(&self, row: DocId, key: u64) -> Rank {
        let [high, low] = self.ids.each_ref().map(|column| u128::from(column.first(row).unwrap_or(0)));
        let id = high << 64 | low;
        if self.descending { (!key, !id) } else { (key, id) }
    }

    /// The row's rank, if that is worth keeping.
    fn wanted(&self, row: DocId, key: u64) -> Option<Rank> {
        let place = if self.descending { !key } else { key };
        // Ids are read where keys are equal, or the row is kept.
        if self.worst.is_some_and(|(worst, _)| place > worst) || self.after.is_some_and(|(after, _)| place < after) {
            return None;
        }
        let rank = self.rank(row, key);
        let is_out = self.after.is_some_and(|after| rank <= after) || self.worst.is_some_and(|worst| rank >= worst);
        (!is_out).then_some(rank)
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

    fn hits(mut self, segment: &SegmentReader) -> tantivy::Result<Vec<Hit>> {
        self.shrink();
        self.kept.sort_unstable();
        let versions = segment.fast_fields().i64("version")?;
        let hit = |((key, id), row): &(Rank, DocId)| {
            let (key, id) = if self.descending { (!key, !id) } else { (*key, *id) };
            let place = Place { key: self.keys.text(key)?, id: Uuid::from_u128(id) };
            Ok(Hit { place, version: versions.first(*row).unwrap_or(0) })
        };
        self.kept.iter().map(hit).collect()
    }
}

impl Top<'_> {
    fn is_descending(&self) -> bool {
        self.sort.descending != self.before
    }

    /// What is found in one segment.
    pub(super) fn of_segment(
        &self,
        weight: &dyn Weight,
        segment: &SegmentReader,
        stretches: &Stretches,
    ) -> tantivy::Result<Found> {
        let mut looked = Segment::of(self, segment)?;
        let total = if self.counted {
            Some(looked.look_at_all(weight, segment)?)
        } else {
            looked.look_ahead(weight, segment, stretches)?;
            None
        };
        Ok(Found { hits: looked.hits(segment)?, total })
    }

    /// What is found in all of them.
    pub(super) fn of_all(&self, segments: Vec<Found>) -> Found {
        let mut all = Found { hits: Vec::new(), total: self.counted.then_some(0) };
        for found in segments {
            all.total = all.total.zip(found.total).map(|(all, more)| all + more);
            all.hits.extend(found.hits);
        }
        all.hits.sort_unstable_by(|a, b| {
            let order = self.compare(&a.place.key, &b.place.key).then(a.place.id.cmp(&b.place.id));
            if self.is_descending() { order.reverse() } else { order }
        });
        all.hits.truncate(self.keep);
        all
    }

    fn compare(&self, a: &str, b: &str) -> Ordering {
        if self.sort.is_number() {
            let number = |text: &str| text.parse::<i64>().unwrap_or(i64::MIN);
            return number(a).cmp(&number(b));
        }
        a.cmp(b)
    }
}
