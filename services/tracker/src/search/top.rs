//! The first rows of a list, out of all that a query finds, and how many these are.

use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};

use tantivy::columnar::{Cardinality, Column, StrColumn, TermOrdHit};
use tantivy::query::{Scorer, Weight};
use tantivy::{DocId, SeekDangerResult, SegmentReader, TantivyError};
use uuid::Uuid;

use super::each_block;
use super::stretches::{Ends, STRETCH, Stretches};

use crate::store::sort::{BETWEEN, By, MOST_COLUMNS, Place, Sort};

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

/// A sort column of one segment; each of its values is a number that grows as the values do. Every row has one.
struct Keys {
    by: By,
    numbers: Column<u64>,
    texts: Option<StrColumn>,
}

impl Keys {
    fn of(segment: &SegmentReader, by: By) -> tantivy::Result<Keys> {
        let none = || TantivyError::SchemaError(format!("{} is not sorted by", by.name));
        if by.is_number() {
            // As `i64_to_u64` has them.
            let (numbers, _) = segment.fast_fields().u64_lenient(by.name)?.ok_or_else(none)?;
            return Ok(Keys { by, numbers, texts: None });
        }
        let texts = segment.fast_fields().str(by.name)?.ok_or_else(none)?;
        Ok(Keys { by, numbers: texts.ords().clone(), texts: Some(texts) })
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

/// A row while its segment is looked through, by the numbers of the first sort column and of the others, and its id: smaller
/// is earlier in the list.
type Rank = (u64, [u64; MOST_COLUMNS - 1], u128);

/// No row has this one.
const LAST_ID: u128 = u128::MAX;

fn ranked([first, others @ ..]: [u64; MOST_COLUMNS], id: u128) -> Rank {
    (first, others, id)
}

struct Segment<'a> {
    top: &'a Top<'a>,
    keys: Keys,
    others: Vec<Keys>,
    ids: [Column<u64>; 2],
    /// The first rank of the list.
    from: Rank,
    kept: Vec<(Rank, DocId)>,
    /// The last rank that is worth keeping.
    worst: Option<Rank>,
}

impl<'a> Segment<'a> {
    fn of(top: &'a Top<'a>, segment: &SegmentReader) -> tantivy::Result<Segment<'a>> {
        let mut columns = top.sort.columns();
        let keys = Keys::of(segment, columns.next().unwrap_or(top.sort.first))?;
        let others: Vec<Keys> = columns.map(|by| Keys::of(segment, by)).collect::<tantivy::Result<_>>()?;
        let ids = [segment.fast_fields().u64("id_high")?, segment.fast_fields().u64("id_low")?];
        let mut looked = Segment { top, keys, others, ids, from: Rank::default(), kept: Vec::new(), worst: None };
        if let Some(place) = top.from {
            looked.from = looked.behind(place)?;
        }
        Ok(looked)
    }

    /// The first rank behind a place, which need not be one of this segment.
    fn behind(&self, place: &Place) -> tantivy::Result<Rank> {
        let mut numbers = [0; MOST_COLUMNS];
        let all = std::iter::once(&self.keys).chain(&self.others);
        for (at, (keys, (_, value))) in all.zip(place.values(self.top.sort)).enumerate() {
            let (key, is_known) = keys.place_of(value)?;
            numbers[at] = self.turned(keys, key);
            if is_known {
                continue;
            }
            // The next larger value is the first of those behind, or the last of those before.
            let behind = if self.descends(keys.by) { numbers[at].checked_add(1) } else { Some(numbers[at]) };
            let Some(behind) = behind else {
                numbers[at..].fill(u64::MAX);
                return Ok(ranked(numbers, LAST_ID));
            };
            numbers[at] = behind;
            return Ok(ranked(numbers, 0));
        }
        let id = place.id.as_u128();
        Ok(ranked(numbers, if self.ids_descend() { !id } else { id }.saturating_add(1)))
    }

    fn descends(&self, by: By) -> bool {
        by.descending != self.top.before
    }

    fn ids_descend(&self) -> bool {
        self.top.sort.ids_descend() != self.top.before
    }

    /// The number of a column as it stands in a rank, and back.
    fn turned(&self, keys: &Keys, number: u64) -> u64 {
        if self.descends(keys.by) { !number } else { number }
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
        let ends = stretches.of(segment.segment_id(), self.keys.by.name, || self.keys.ends(end));
        let part = end.div_ceil(PARTS).max(BLOCK as u32);
        let rank = |from: DocId| {
            let (row, mut key) = (from + (end - from).min(part) / 2, [0]);
            self.keys.of_rows(&[row], &mut key);
            let rank = self.rank(row, key[0]);
            (rank < self.from, rank)
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
        let (first, last) = (self.from.0, self.worst.map_or(u64::MAX, |(key, ..)| key));
        if self.descends(self.keys.by) { !last..=!first } else { first..=last }
    }

    fn rank(&self, row: DocId, key: u64) -> Rank {
        let mut others = [0; MOST_COLUMNS - 1];
        for (keys, other) in self.others.iter().zip(&mut others) {
            let mut number = [0];
            keys.of_rows(&[row], &mut number);
            *other = self.turned(keys, number[0]);
        }
        let [high, low] = self.ids.each_ref().map(|column| u128::from(column.first(row).unwrap_or(0)));
        let id = high << 64 | low;
        (self.turned(&self.keys, key), others, if self.ids_descend() { !id } else { id })
    }

    /// The row's rank, if that is worth keeping.
    fn wanted(&self, row: DocId, key: u64) -> Option<Rank> {
        let place = self.turned(&self.keys, key);
        // The others are read where keys are equal, or the row is kept.
        if self.worst.is_some_and(|(worst, ..)| place > worst) || place < self.from.0 {
            return None;
        }
        let rank = self.rank(row, key);
        let is_out = rank < self.from || self.worst.is_some_and(|worst| rank >= worst);
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
        let hit = |((first, others, id), row): &(Rank, DocId)| {
            let mut key = self.keys.text(self.turned(&self.keys, *first))?;
            for (keys, number) in self.others.iter().zip(others) {
                key.push(BETWEEN);
                key.push_str(&keys.text(self.turned(keys, *number))?);
            }
            let id = Uuid::from_u128(if self.ids_descend() { !id } else { *id });
            Ok(Hit { place: Place { key, id }, version: versions.first(*row).unwrap_or(0) })
        };
        self.kept.iter().map(hit).collect()
    }
}

impl Top<'_> {
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
        all.hits.sort_unstable_by(|a, b| self.compare(&a.place, &b.place));
        all.hits.truncate(self.keep);
        all
    }

    fn compare(&self, a: &Place, b: &Place) -> Ordering {
        let turned =
            |order: Ordering, descending: bool| if descending != self.before { order.reverse() } else { order };
        for ((by, a), (_, b)) in a.values(self.sort).zip(b.values(self.sort)) {
            let number = |text: &str| text.parse::<i64>().unwrap_or(i64::MIN);
            let order = if by.is_number() { number(a).cmp(&number(b)) } else { a.cmp(b) };
            if order.is_ne() {
                return turned(order, by.descending);
            }
        }
        turned(a.id.cmp(&b.id), self.sort.ids_descend())
    }
}
