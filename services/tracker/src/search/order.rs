//! The order of a list among the rows of one segment.

use std::cmp::Ordering;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use tantivy::columnar::{Cardinality, Column, StrColumn, TermOrdHit};
use tantivy::{DocId, SegmentReader, TantivyError};
use uuid::Uuid;

use super::opened::Opened;
use super::stretches::{Ends, STRETCH, Stretches, has_rows};
use crate::store::sort::{BETWEEN, By, MOST_COLUMNS, Place, Sort};

/// Sort keys that are read at once.
pub(super) const BLOCK: usize = 64;

/// What is known of each of so many texts is made ready sooner than it is looked up for a million rows.
const FEW_TEXTS: usize = 1 << 14;

/// A column of one segment that lists are sorted or counted by; each of its values is a number that grows as the values do.
/// Every row has one.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) name: &'static str,
    numbers: Column<u64>,
    texts: Option<StrColumn>,
}

impl Keys {
    /// The column `name`, of numbers or of texts.
    pub(super) fn of(segment: &SegmentReader, name: &'static str, is_number: bool) -> tantivy::Result<Keys> {
        let none = || TantivyError::SchemaError(format!("there is no column {name}"));
        if is_number {
            // As `i64_to_u64` has them.
            let (numbers, _) = segment.fast_fields().u64_lenient(name)?.ok_or_else(none)?;
            return Ok(Keys { name, numbers, texts: None });
        }
        let texts = segment.fast_fields().str(name)?.ok_or_else(none)?;
        Ok(Keys { name, numbers: texts.ords().clone(), texts: Some(texts) })
    }

    /// The least number that a row has, or a smaller one, and the greatest, or a larger one.
    pub(super) fn range(&self) -> (u64, u64) {
        (self.numbers.min_value(), self.numbers.max_value())
    }

    /// The number of one row.
    pub(super) fn of_row(&self, row: DocId) -> u64 {
        self.numbers.first(row).unwrap_or_default()
    }

    /// The numbers of `rows`, which are in order.
    pub(super) fn of_rows(&self, rows: &[DocId], numbers: &mut [u64]) {
        if let [first, .., last] = rows
            && (last - first) as usize == rows.len() - 1
        {
            return self.of_stretch(*first, numbers);
        }
        if self.numbers.get_cardinality() == Cardinality::Full {
            return self.numbers.values.get_vals(rows, numbers);
        }
        for (row, number) in rows.iter().zip(numbers) {
            *number = self.numbers.first(*row).unwrap_or_default();
        }
    }

    /// The numbers of the rows from `row` on.
    pub(super) fn of_stretch(&self, row: DocId, numbers: &mut [u64]) {
        if self.numbers.get_cardinality() == Cardinality::Full {
            return self.numbers.values.get_range(u64::from(row), numbers);
        }
        for (row, number) in (row..).zip(numbers) {
            *number = self.numbers.first(row).unwrap_or_default();
        }
    }

    /// Those of `rows` whose numbers are among `wanted`, of which the column's range has some, into `found`.
    pub(super) fn rows_in(&self, wanted: &RangeInclusive<u64>, rows: Range<DocId>, found: &mut Vec<DocId>) {
        found.clear();
        self.numbers.get_docids_for_value_range(wanted.clone(), rows, found);
    }

    /// The least and the greatest number of each stretch of so many rows.
    pub(super) fn ends(&self, rows: DocId) -> Ends {
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
    pub(super) fn place_of(&self, key: &str) -> tantivy::Result<(u64, bool)> {
        let Some(texts) = &self.texts else { return Ok((tantivy::i64_to_u64(key.parse().unwrap_or(0)), true)) };
        Ok(match texts.dictionary().term_ord_or_next(key)? {
            TermOrdHit::Exact(ord) => (ord, true),
            TermOrdHit::Next(ord) => (ord, false),
        })
    }

    /// How many texts it has, where they are few: dates, stages and customers, but not numbers of challans.
    pub(super) fn few_texts(&self) -> Option<u64> {
        let count = self.texts.as_ref()?.num_terms();
        (count <= FEW_TEXTS).then_some(count as u64)
    }

    /// How many texts it has.
    pub(super) fn count_of_texts(&self) -> usize {
        self.texts.as_ref().map_or(0, |texts| texts.num_terms())
    }

    /// Hands the text of each of `numbers`, which are in order, to `take`.
    pub(super) fn each_text(&self, numbers: &[u64], mut take: impl FnMut(&str)) -> tantivy::Result<()> {
        if let Some(texts) = &self.texts {
            let take = |text: &[u8]| take(&String::from_utf8_lossy(text));
            texts.dictionary().sorted_ords_to_term_cb(numbers, take)?;
        }
        Ok(())
    }

    fn text(&self, number: u64) -> tantivy::Result<String> {
        let Some(texts) = &self.texts else { return Ok(tantivy::u64_to_i64(number).to_string()) };
        let mut text = String::new();
        texts.ord_to_str(number, &mut text)?;
        Ok(text)
    }
}

/// Where a row stands in its segment by the numbers of the first sort column and of the others: smaller is earlier in the list.
pub(super) type Level = (u64, [u64; MOST_COLUMNS - 1]);

/// The same with the first half of the id. Rows that are alike in that too are told by the second half, which is read of those alone:
/// the second halves are as large as all other columns together.
pub(super) type Rank = (Level, u64);

/// The first or the last row of a segment that is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bound {
    pub(super) rank: Rank,
    /// The second half of its id.
    pub(super) low: u64,
}

fn level([first, others @ ..]: [u64; MOST_COLUMNS]) -> Level {
    (first, others)
}

/// An order, read in one direction.
pub(super) struct Order {
    sort: Sort,
    before: bool,
    /// The first column.
    pub(super) keys: Keys,
    others: Vec<Keys>,
    ids: [Keys; 2],
}

impl Order {
    pub(super) fn of(sort: Sort, before: bool, segment: &SegmentReader, opened: &Opened) -> tantivy::Result<Order> {
        let of = |by: By| opened.keys(segment, by.name, by.is_number());
        let keys = of(sort.first)?;
        let others: Vec<Keys> = sort.columns().skip(1).map(of).collect::<tantivy::Result<_>>()?;
        let ids = [opened.keys(segment, "id_high", true)?, opened.keys(segment, "id_low", true)?];
        Ok(Order { sort, before, keys, others, ids })
    }

    /// The first row behind a place, which need not be one of this segment.
    pub(super) fn behind(&self, place: &Place) -> tantivy::Result<Bound> {
        let (level, other) = self.level_of(&place.key)?;
        let id = place.id.as_u128();
        let own = || halves(if self.ids_descend() { !id } else { id }.saturating_add(1));
        let (high, low) = other.map_or_else(own, |half| (half, half));
        Ok(Bound { rank: (level, high), low })
    }

    /// The last row that stands up to one that has `key`, and these halves of its id as far as they were read.
    pub(super) fn up_to(&self, key: &str, [high, low]: [Option<u64>; 2]) -> tantivy::Result<Bound> {
        let (level, other) = self.level_of(key)?;
        let half = |read: Option<u64>| other.or(read).unwrap_or(u64::MAX);
        Ok(Bound { rank: (level, half(high)), low: half(low) })
    }

    /// The level of rows that have `key`. Where this segment has not all of its values, that of the first row behind, and both halves
    /// of an id before which no such row stands.
    fn level_of(&self, key: &str) -> tantivy::Result<(Level, Option<u64>)> {
        let mut numbers = [0; MOST_COLUMNS];
        let all = std::iter::once(&self.keys).chain(&self.others);
        for (at, (keys, (by, value))) in all.zip(self.sort.values(key)).enumerate() {
            let (key, is_known) = keys.place_of(value)?;
            numbers[at] = self.turned(by, key);
            if is_known {
                continue;
            }
            // The next larger value is the first of those behind, or the last of those before.
            let behind = if self.descends(by) { numbers[at].checked_add(1) } else { Some(numbers[at]) };
            if behind.is_none() {
                numbers[at..].fill(u64::MAX);
            }
            numbers[at] = behind.unwrap_or(u64::MAX);
            return Ok((level(numbers), Some(behind.map_or(u64::MAX, |_| 0))));
        }
        Ok((level(numbers), None))
    }

    fn descends(&self, by: By) -> bool {
        by.descending != self.before
    }

    fn ids_descend(&self) -> bool {
        self.sort.ids_descend() != self.before
    }

    /// The number of a column as it stands in a rank, and back.
    fn turned(&self, by: By, number: u64) -> u64 {
        if self.descends(by) { !number } else { number }
    }

    /// The same of the first column.
    pub(super) fn first(&self, key: u64) -> u64 {
        self.turned(self.sort.first, key)
    }

    /// The first column of the first row of `segment`, or one before it.
    pub(super) fn first_value(&self, segment: &SegmentReader, stretches: &Stretches) -> tantivy::Result<String> {
        let ends = stretches.of(segment, &self.keys);
        let firsts = ends.iter().map(|(least, most)| self.first(*least).min(self.first(*most)));
        let first = (0..).zip(firsts).fold(None, |best: Option<u64>, (stretch, first)| {
            let is_better = best.is_none_or(|best| first < best) && has_rows(segment, stretch);
            if is_better { Some(first) } else { best }
        });
        first.map_or(Ok(String::new()), |first| self.keys.text(self.first(first)))
    }

    /// Which ranks the rows of each stretch of `segment` may have.
    pub(super) fn spans(&self, segment: &SegmentReader, stretches: &Stretches) -> Spans<'_> {
        let ends = |keys: &Keys| stretches.of(segment, keys);
        let columns = std::iter::once(&self.keys).chain(&self.others).map(ends).collect();
        Spans { order: self, columns, ids: ends(&self.ids[0]) }
    }

    /// The level of a row whose first column is `key`.
    pub(super) fn level(&self, row: DocId, key: u64) -> Level {
        (self.first(key), self.others(row))
    }

    /// What the levels of `rows`, which are in order, have of the second column; none is as 0.
    pub(super) fn seconds(&self, rows: &[DocId], numbers: &mut [u64]) {
        let Some((keys, by)) = self.others.first().zip(self.sort.columns().nth(1)) else { return numbers.fill(0) };
        keys.of_rows(rows, numbers);
        if self.descends(by) {
            numbers.iter_mut().for_each(|number| *number = !*number);
        }
    }

    /// What a level has of the other columns.
    fn others(&self, row: DocId) -> [u64; MOST_COLUMNS - 1] {
        let mut others = [0; MOST_COLUMNS - 1];
        for ((keys, by), other) in self.others.iter().zip(self.sort.columns().skip(1)).zip(&mut others) {
            *other = self.turned(by, keys.of_row(row));
        }
        others
    }

    /// What a rank has of the first half of the id.
    pub(super) fn high(&self, row: DocId) -> u64 {
        self.half(0, row)
    }

    /// The second half of the id, turned as the first one is.
    pub(super) fn low(&self, row: DocId) -> u64 {
        self.half(1, row)
    }

    fn half(&self, which: usize, row: DocId) -> u64 {
        let half = self.ids[which].of_row(row);
        if self.ids_descend() { !half } else { half }
    }

    /// The id of these halves.
    pub(super) fn id(&self, high: u64, low: u64) -> Uuid {
        let id = u128::from(high) << 64 | u128::from(low);
        Uuid::from_u128(if self.ids_descend() { !id } else { id })
    }

    /// How many of `marks`, the ranks behind marks in order, whose first column is `key`, are up to that of a row in a stretch whose
    /// first halves of ids are of `ids`. It is told soonest where it is `near` as many: rows that were made one after another stand
    /// one after another, so that most ids need not be read. The first half of an id tells it: the second is never 0, nor its opposite,
    /// since it begins with the bits 10 (RFC 9562, section 4.1).
    pub(super) fn passed(&self, (row, key): (DocId, u64), ids: (u64, u64), marks: &[Rank], near: usize) -> usize {
        if !self.others.is_empty() {
            let level = self.level(row, key);
            let before = marks.partition_point(|mark| mark.0 < level);
            if marks.get(before).is_none_or(|mark| mark.0 != level) {
                return before;
            }
            let rank = (level, self.high(row));
            return before + marks[before..].partition_point(|mark| *mark <= rank);
        }
        let is_passed = |(_, mark): &Rank, high| *mark <= high;
        let is_behind = near.checked_sub(1).and_then(|last| marks.get(last)).is_none_or(|mark| is_passed(mark, ids.0));
        if is_behind && !marks.get(near).is_some_and(|mark| is_passed(mark, ids.1)) {
            return near.min(marks.len());
        }
        let high = self.high(row);
        marks.partition_point(|mark| is_passed(mark, high))
    }

    /// The places of `ranks`, which are in order, before all rows that have their first halves of ids.
    pub(super) fn places(&self, ranks: &[Rank]) -> tantivy::Result<Vec<Place>> {
        let keys = self.texts(ranks.iter().map(|(level, _)| *level))?;
        let place = |(key, (_, high)): (Arc<str>, &Rank)| Place { key: (*key).to_owned(), id: self.id(*high, 0) };
        Ok(keys.into_iter().zip(ranks).map(place).collect())
    }

    /// The keys of places of `levels`, which are in order.
    pub(super) fn texts(&self, levels: impl Iterator<Item = Level>) -> tantivy::Result<Vec<Arc<str>>> {
        let mut texts: Vec<Arc<str>> = Vec::with_capacity(levels.size_hint().0);
        let mut last = None;
        for level in levels {
            // Many rows in a row have the same values.
            let known = texts.last().filter(|_| last == Some(level)).cloned();
            texts.push(match known {
                Some(key) => key,
                None => self.key(level)?.into(),
            });
            last = Some(level);
        }
        Ok(texts)
    }

    fn key(&self, (first, others): Level) -> tantivy::Result<String> {
        let mut key = self.keys.text(self.first(first))?;
        for ((keys, by), number) in self.others.iter().zip(self.sort.columns().skip(1)).zip(others) {
            key.push(BETWEEN);
            key.push_str(&keys.text(self.turned(by, number))?);
        }
        Ok(key)
    }

    /// The first halves of ids that rows have, by the least and the greatest number of their column.
    fn ids(&self, ends: (u64, u64)) -> (u64, u64) {
        let (least, most) = ends;
        if self.ids_descend() { (!most, !least) } else { ends }
    }
}

fn halves(id: u128) -> (u64, u64) {
    ((id >> 64) as u64, id as u64)
}

/// The least and the greatest number of each stretch in each column of an order, and in the first half of the id.
pub(super) struct Spans<'a> {
    order: &'a Order,
    columns: Vec<Ends>,
    ids: Ends,
}

impl Spans<'_> {
    /// From the first to the last rank that a row of the stretch may have.
    pub(super) fn of(&self, stretch: DocId) -> RangeInclusive<Rank> {
        let (mut first, mut last) = ([0; MOST_COLUMNS], [0; MOST_COLUMNS]);
        for (at, (ends, by)) in self.columns.iter().zip(self.order.sort.columns()).enumerate() {
            let (least, most) = ends_of(ends, stretch);
            (first[at], last[at]) = if self.order.descends(by) { (!most, !least) } else { (least, most) };
        }
        let (first_id, last_id) = self.ids(stretch);
        (level(first), first_id)..=(level(last), last_id)
    }

    /// The least and the greatest first half of an id that a row of the stretch may have.
    pub(super) fn ids(&self, stretch: DocId) -> (u64, u64) {
        self.order.ids(ends_of(&self.ids, stretch))
    }
}

fn ends_of(ends: &Ends, stretch: DocId) -> (u64, u64) {
    ends.get(stretch as usize).copied().unwrap_or((0, u64::MAX))
}

/// How two places stand in a list that is read in one direction.
pub(super) fn compare(sort: Sort, before: bool, a: &Place, b: &Place) -> Ordering {
    let ids = || turned(a.id.cmp(&b.id), sort.ids_descend() != before);
    compare_keys(sort, before, &a.key, &b.key).then_with(ids)
}

/// How the keys of two places stand in such a list.
pub(super) fn compare_keys(sort: Sort, before: bool, a: &str, b: &str) -> Ordering {
    for ((by, a), (_, b)) in sort.values(a).zip(sort.values(b)) {
        let order = compare_values(by, before, a, b);
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// How two values of the first column stand in such a list.
pub(super) fn compare_first(sort: Sort, before: bool, a: &str, b: &str) -> Ordering {
    compare_values(sort.first, before, a, b)
}

fn compare_values(by: By, before: bool, a: &str, b: &str) -> Ordering {
    let number = |text: &str| text.parse::<i64>().unwrap_or(i64::MIN);
    turned(if by.is_number() { number(a).cmp(&number(b)) } else { a.cmp(b) }, by.descending != before)
}

fn turned(order: Ordering, descends: bool) -> Ordering {
    if descends { order.reverse() } else { order }
}
