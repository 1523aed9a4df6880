//! The order of a list among the rows of one segment.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

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

/// A row's place among those of its segment, by the numbers of the first sort column and of the others, and its id: smaller is
/// earlier in the list.
pub(super) type Rank = (u64, [u64; MOST_COLUMNS - 1], u128);

/// No row of a list is ranked behind this one.
const LAST_ID: u128 = u128::MAX;

fn ranked([first, others @ ..]: [u64; MOST_COLUMNS], id: u128) -> Rank {
    (first, others, id)
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

    /// The first rank behind a place, which need not be one of this segment.
    pub(super) fn behind(&self, place: &Place) -> tantivy::Result<Rank> {
        let mut numbers = [0; MOST_COLUMNS];
        let all = std::iter::once(&self.keys).chain(&self.others);
        for (at, (keys, (by, value))) in all.zip(place.values(self.sort)).enumerate() {
            let (key, is_known) = keys.place_of(value)?;
            numbers[at] = self.turned(by, key);
            if is_known {
                continue;
            }
            // The next larger value is the first of those behind, or the last of those before.
            let behind = if self.descends(by) { numbers[at].checked_add(1) } else { Some(numbers[at]) };
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

    /// The rank of a row whose first column is `key`.
    pub(super) fn rank(&self, row: DocId, key: u64) -> Rank {
        self.with_half_of_id(row, key, self.half(1, row))
    }

    /// The same, if it comes before `end`. No more columns are read than tell that: the others after the first, the id last.
    pub(super) fn rank_before(&self, row: DocId, key: u64, end: &Rank) -> Option<Rank> {
        let first = self.first(key);
        if first > end.0 {
            return None;
        }
        let others = self.others(row);
        let is_level = match (first, others).cmp(&(end.0, end.1)) {
            Ordering::Less => false,
            Ordering::Equal => true,
            Ordering::Greater => return None,
        };
        let high = u128::from(self.half(0, row)) << 64;
        if is_level && high > end.2 {
            return None;
        }
        let rank = (first, others, high | u128::from(self.half(1, row)));
        (rank < *end).then_some(rank)
    }

    /// What the ranks of `rows`, which are in order, have of the second column; none is as 0.
    pub(super) fn seconds(&self, rows: &[DocId], numbers: &mut [u64]) {
        let Some((keys, by)) = self.others.first().zip(self.sort.columns().nth(1)) else { return numbers.fill(0) };
        keys.of_rows(rows, numbers);
        if self.descends(by) {
            numbers.iter_mut().for_each(|number| *number = !*number);
        }
    }

    /// What a rank has of the other columns.
    fn others(&self, row: DocId) -> [u64; MOST_COLUMNS - 1] {
        let mut others = [0; MOST_COLUMNS - 1];
        for ((keys, by), other) in self.others.iter().zip(self.sort.columns().skip(1)).zip(&mut others) {
            *other = self.turned(by, keys.of_row(row));
        }
        others
    }

    /// What a rank has of the first or the second half of the id.
    fn half(&self, which: usize, row: DocId) -> u64 {
        let half = self.ids[which].of_row(row);
        if self.ids_descend() { !half } else { half }
    }

    /// A rank near that of a row whose first column is `key`: before all rows that have the first half of its id. The second halves
    /// are as large as all other columns together, and are not read for it.
    pub(super) fn mark(&self, row: DocId, key: u64) -> Rank {
        self.with_half_of_id(row, key, 0)
    }

    fn with_half_of_id(&self, row: DocId, key: u64, second: u64) -> Rank {
        (self.first(key), self.others(row), u128::from(self.half(0, row)) << 64 | u128::from(second))
    }

    /// How many of `marks`, the ranks behind marks in order, whose first column is `key`, are up to that of a row. It is told soonest
    /// where it is `near` as many. The first half of an id tells it: the second is never 0, nor its opposite, since it begins with the
    /// bits 10 (RFC 9562, section 4.1).
    pub(super) fn passed(&self, row: DocId, key: u64, marks: &[Rank], near: usize) -> usize {
        if !self.others.is_empty() {
            let rank = self.with_half_of_id(row, key, u64::MAX);
            return marks.partition_point(|mark| *mark <= rank);
        }
        let first = self.half(0, row);
        let is_passed = |(.., id): &Rank| (*id >> 64) as u64 <= first;
        let is_behind = near.checked_sub(1).and_then(|last| marks.get(last)).is_none_or(is_passed);
        if is_behind && !marks.get(near).is_some_and(is_passed) {
            return near.min(marks.len());
        }
        marks.partition_point(is_passed)
    }

    /// The places of `ranks`, which are in order.
    pub(super) fn places(&self, ranks: impl Iterator<Item = Rank>) -> tantivy::Result<Vec<Place>> {
        let mut places: Vec<Place> = Vec::new();
        let mut last: Option<(u64, [u64; MOST_COLUMNS - 1])> = None;
        for (first, others, id) in ranks {
            let id = Uuid::from_u128(if self.ids_descend() { !id } else { id });
            // Many rows in a row have the same values.
            let known = places.last().filter(|_| last == Some((first, others))).map(|place| place.key.clone());
            let key = match known {
                Some(key) => key,
                None => self.key(first, others)?,
            };
            last = Some((first, others));
            places.push(Place { key, id });
        }
        Ok(places)
    }

    fn key(&self, first: u64, others: [u64; MOST_COLUMNS - 1]) -> tantivy::Result<String> {
        let mut key = self.keys.text(self.first(first))?;
        for ((keys, by), number) in self.others.iter().zip(self.sort.columns().skip(1)).zip(others) {
            key.push(BETWEEN);
            key.push_str(&keys.text(self.turned(by, number))?);
        }
        Ok(key)
    }
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
        let of = |ends: &Ends, descends: bool| {
            let (least, most) = ends.get(stretch as usize).copied().unwrap_or((0, u64::MAX));
            if descends { (!most, !least) } else { (least, most) }
        };
        let (mut first, mut last) = ([0; MOST_COLUMNS], [0; MOST_COLUMNS]);
        for (at, (ends, by)) in self.columns.iter().zip(self.order.sort.columns()).enumerate() {
            (first[at], last[at]) = of(ends, self.order.descends(by));
        }
        let (first_id, last_id) = of(&self.ids, self.order.ids_descend());
        let last_id = u128::from(last_id) << 64 | u128::from(u64::MAX);
        ranked(first, u128::from(first_id) << 64)..=ranked(last, last_id)
    }
}

/// How two places stand in a list that is read in one direction.
pub(super) fn compare(sort: Sort, before: bool, a: &Place, b: &Place) -> Ordering {
    for ((by, a), (_, b)) in a.values(sort).zip(b.values(sort)) {
        let order = compare_values(by, before, a, b);
        if order.is_ne() {
            return order;
        }
    }
    turned(a.id.cmp(&b.id), sort.ids_descend() != before)
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
