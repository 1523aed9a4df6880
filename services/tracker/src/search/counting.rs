//! Counts and sums of rows of one segment, by the numbers that values have there.

use chrono::{Days, NaiveDate};
use tantivy::{DocId, SegmentReader};

use super::opened::Opened;
use super::order::{BLOCK, Keys};
use super::shape::day_number;
use super::sums::{SegmentSums, Sum, column_of};
use crate::store::figures::{BUCKETS, By};

/// Of a block of rows of which so many are counted, all are read: one after another they are read several at once.
const MANY: u32 = 20;
/// The number of no amount, and of nothing; less is none.
const NO_AMOUNT: u64 = 1 << 63;

/// The values of one segment; each is a number.
enum Values {
    All,
    Texts(Keys),
    /// Texts that hold several values each.
    Lists(Keys),
    /// Days, and the first day of each bucket but the last.
    Days(Keys, [u64; BUCKETS.len() - 1]),
}

impl Values {
    /// What is counted by, and how many numbers there are. By nothing where `by` is none: all together.
    fn of(
        segment: &SegmentReader,
        opened: &Opened,
        by: Option<By>,
        today: NaiveDate,
    ) -> tantivy::Result<(Values, usize)> {
        let Some(by) = by else { return Ok((Values::All, 1)) };
        let (name, is_days) = column_of(by);
        let keys = opened.keys(segment, name, is_days)?;
        if is_days {
            let first = |days| today.checked_sub_days(Days::new(days)).map_or(i64::MIN, day_number);
            let [a, b, c, _] = BUCKETS.map(|(_, last)| tantivy::i64_to_u64(last.map_or(i64::MIN, first)));
            return Ok((Values::Days(keys, [a, b, c]), BUCKETS.len()));
        }
        let count = keys.count_of_texts();
        let is_list = matches!(by, By::Executive | By::Source);
        Ok((if is_list { Values::Lists(keys) } else { Values::Texts(keys) }, count))
    }
}

/// The sums of values by their numbers. Of each several are kept and added to in turn: rows one after another are mostly of one
/// value, and each would wait for the one before.
struct Numbered([Vec<Sum>; SUMS_OF_EACH]);

const SUMS_OF_EACH: usize = 4;
/// Of more values one sum is kept of each: rows one after another are of others.
const FEW: usize = 1 << 12;

impl Numbered {
    fn of(count: usize) -> Numbered {
        let others = if count <= FEW { count } else { 0 };
        Numbered(std::array::from_fn(|at| vec![Sum::default(); if at == 0 { count } else { others }]))
    }

    fn add(&mut self, places: &[usize], values: &[u64; BLOCK], amounts: &[u64; BLOCK]) {
        let [first, others @ ..] = &self.0;
        let is_few = others.iter().all(|sums| sums.len() == first.len());
        let (fours, rest) = if is_few { places.as_chunks::<SUMS_OF_EACH>() } else { (&[][..], places) };
        let add = |sums: &mut [Sum], place: &usize| {
            let place = place % BLOCK;
            if let Some(sum) = sums.get_mut(values[place] as usize) {
                // No rows have amounts that come to more.
                sum.count = sum.count.wrapping_add(1);
                sum.amount = sum.amount.wrapping_add(amounts[place].cast_signed());
            }
        };
        for four in fours {
            self.0.iter_mut().zip(four).for_each(|(sums, place)| add(sums, place));
        }
        let [first, ..] = &mut self.0;
        rest.iter().for_each(|place| add(first, place));
    }

    fn together(self) -> Vec<Sum> {
        let [mut all, others @ ..] = self.0;
        for sums in others {
            all.iter_mut().zip(sums).for_each(|(all, sum)| all.add(sum));
        }
        all
    }
}

/// Rows of one block that are counted.
struct Block {
    rows: [DocId; BLOCK],
    count: usize,
    /// Where each of them is among those that are read: all rows of the block, or these alone.
    places: [usize; BLOCK],
    read: usize,
}

impl Block {
    /// The rows of `bits`, from `first` on, of a segment of `end` rows.
    fn of(first: DocId, bits: u64, end: DocId) -> Block {
        let is_whole = bits.count_ones() >= MANY;
        let mut block = Block { rows: [0; BLOCK], count: 0, places: [0; BLOCK], read: 0 };
        let (mut left, each) = (bits, block.rows.iter_mut().zip(&mut block.places));
        for (at, (row, place)) in each.enumerate().take(bits.count_ones() as usize) {
            let bit = left.trailing_zeros();
            left &= left - 1;
            (*row, *place) = (first + bit, if is_whole { bit as usize } else { at });
        }
        block.count = bits.count_ones() as usize;
        block.read = if is_whole { ((end - first) as usize).min(BLOCK) } else { block.count };
        block
    }

    fn is_whole(&self) -> bool {
        self.read > self.count || self.count >= MANY as usize
    }

    /// What they have in a column, each at its place.
    fn values(&self, first: DocId, keys: &Keys, values: &mut [u64; BLOCK]) {
        if self.is_whole() {
            keys.of_stretch(first, &mut values[..self.read]);
        } else {
            keys.of_rows(&self.rows[..self.count], &mut values[..self.count]);
        }
    }

    fn places(&self) -> &[usize] {
        &self.places[..self.count]
    }
}

/// The sums of one segment, by the number of the value.
pub(super) struct Counting {
    amounts: Keys,
    each: Vec<(Values, Numbered)>,
    end: DocId,
}

impl Counting {
    /// Of what `bys` say, none yet.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn of(
        segment: &SegmentReader,
        opened: &Opened,
        bys: &[Option<By>],
        today: NaiveDate,
    ) -> tantivy::Result<Counting> {
        let values = |by: &Option<By>| {
            let (values, count) = Values::of(segment, opened, *by, today)?;
            Ok((values, Numbered::of(count)))
        };
        let each = bys.iter().map(values).collect::<tantivy::Result<_>>()?;
        Ok(Counting { amounts: opened.keys(segment, "amount", true)?, each, end: segment.max_doc() })
    }

    /// Counts the rows of `bits`, one for each row of the segment.
    pub(super) fn add(&mut self, bits: &[u64]) {
        let (mut amounts, mut values) = ([0; BLOCK], [0; BLOCK]);
        for (first, bits) in (0..self.end).step_by(BLOCK).zip(bits).filter(|(_, bits)| **bits != 0) {
            let block = Block::of(first, *bits, self.end);
            block.values(first, &self.amounts, &mut amounts);
            amounts.iter_mut().for_each(|amount| *amount = amount.saturating_sub(NO_AMOUNT));
            for (by, sums) in &mut self.each {
                match by {
                    Values::All => values.fill(0),
                    Values::Texts(texts) | Values::Lists(texts) => block.values(first, texts, &mut values),
                    Values::Days(days, firsts) => {
                        block.values(first, days, &mut values);
                        let bucket = |day: u64| firsts.iter().map(|first| u64::from(day < *first)).sum();
                        values.iter_mut().for_each(|day| *day = bucket(*day));
                    }
                }
                sums.add(block.places(), &values, &amounts);
            }
        }
    }

    /// What they come to.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn sums(self) -> tantivy::Result<Vec<SegmentSums>> {
        let of = |(values, sums): (Values, Numbered)| {
            let lists = if let Values::Lists(lists) = &values { Some(lists) } else { None };
            SegmentSums::of(lists, &sums.together())
        };
        self.each.into_iter().map(of).collect()
    }
}
