//! Counts and sums of rows of one segment, by the numbers that values have there.

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use tantivy::{DocId, SegmentReader};

use super::names::Numbers;
use super::opened::Opened;
use super::order::{BLOCK, Keys};
use super::shape::day_number;
use super::stretches::{Ends, STRETCH};
use super::sums::{Holds, SegmentSums, Sum, column_of};
use super::tallies::{Numbered, Tally};
use crate::store::figures::{BUCKETS, By};

/// Of a block of rows of which so many are counted, all are read: one after another they are read several at once.
const MANY: usize = 20;
/// The number of the amount of nothing; that of none is one less.
const NOTHING: u64 = 1 << 63;

/// The values of one segment; each is a number.
enum Values {
    All,
    Texts(Keys, Arc<Numbers>),
    /// Days, the first day of each bucket but the last, and the days of each stretch: most are of one bucket, which is told without
    /// a look at its rows.
    Days(Keys, [u64; BUCKETS.len() - 1], Ends),
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
        let (name, holds) = column_of(by);
        let keys = opened.keys(segment, name, holds == Holds::Day)?;
        if holds == Holds::Day {
            let first = |days| today.checked_sub_days(Days::new(days)).map_or(i64::MIN, day_number);
            let [a, b, c, _] = BUCKETS.map(|(_, last)| tantivy::i64_to_u64(last.map_or(i64::MIN, first)));
            let ends = opened.stretches.of(segment, &keys);
            return Ok((Values::Days(keys, [a, b, c], ends), BUCKETS.len()));
        }
        let names = opened.names.numbers(segment, &keys, holds == Holds::Names)?;
        let count = keys.count_of_texts().max(1);
        Ok((Values::Texts(keys, names), count))
    }

    /// The numbers of the rows of a block, each at its place; or the one that all of them have, where that is told without a look
    /// at them.
    fn numbers(&self, block: &Block, numbers: &mut [u64; BLOCK]) -> Option<u64> {
        match self {
            Values::All => return Some(0),
            Values::Texts(texts, _) => block.values(texts, numbers),
            Values::Days(days, firsts, ends) => {
                let bucket = |day: u64| firsts.iter().map(|first| u64::from(day < *first)).sum::<u64>();
                let ends =
                    ends.get((block.first / STRETCH) as usize).map(|(least, most)| (bucket(*least), bucket(*most)));
                if let Some((all, _)) = ends.filter(|(least, most)| least == most) {
                    return Some(all);
                }
                block.values(days, numbers);
                numbers.iter_mut().for_each(|day| *day = bucket(*day));
            }
        }
        None
    }
}

/// Every place of a block.
const PLACES: [u8; BLOCK] = {
    let mut places = [0; BLOCK];
    let mut at = 0;
    while at < BLOCK {
        places[at] = at as u8;
        at += 1;
    }
    places
};

/// The places of the bits of each byte, one in each byte of a number, from the lowest on.
const PLACES_OF_EIGHT: [u64; 256] = {
    let mut all = [0; 256];
    let mut bits = 0;
    while bits < all.len() {
        let (mut left, mut at) = (bits as u64, 0);
        while left != 0 {
            all[bits] |= (left.trailing_zeros() as u64) << at;
            left &= left - 1;
            at += 8;
        }
        bits += 1;
    }
    all
};

/// In each byte of a number how many bits of it and of those below are set: all eight are counted at once.
fn ones_up_to(bits: u64) -> u64 {
    // Nothing is lost here but what the multiplication carries beyond the highest byte.
    let twos = bits.wrapping_sub(bits >> 1 & 0x5555_5555_5555_5555);
    let fours = (twos & 0x3333_3333_3333_3333).wrapping_add(twos >> 2 & 0x3333_3333_3333_3333);
    let eights = fours.wrapping_add(fours >> 4) & 0x0f0f_0f0f_0f0f_0f0f;
    eights.wrapping_mul(0x0101_0101_0101_0101)
}

/// Rows of one block that are counted. One is used for all: to hand a new one on took longer than to find its rows.
struct Block {
    first: DocId,
    /// How many rows are read, where all of the block are.
    whole: Option<usize>,
    /// Else those that are counted, by their place in the segment.
    rows: [DocId; BLOCK],
    /// Which of the block's rows are counted.
    counted: [u8; BLOCK],
    count: usize,
}

impl Block {
    const fn new() -> Block {
        Block { first: 0, whole: None, rows: [0; BLOCK], counted: PLACES, count: 0 }
    }

    /// Goes to the rows of `bits`, from `first` on, of a segment of `end` rows.
    fn go_to(&mut self, first: DocId, bits: u64, end: DocId) {
        let counts = ones_up_to(bits);
        let [.., count] = counts.to_le_bytes().map(usize::from);
        (self.first, self.count) = (first, count);
        self.whole = (count >= MANY).then_some(((end - first) as usize).min(BLOCK));
        let before = (counts << u8::BITS).to_le_bytes();
        for ((eight, bits), before) in (0..).step_by(8).zip(bits.to_le_bytes()).zip(before) {
            // Of eight rows at once; what is behind those that are counted is written over by the next.
            let places = PLACES_OF_EIGHT[usize::from(bits)].wrapping_add(eight * 0x0101_0101_0101_0101);
            // There are always eight left: no more are counted than were passed.
            if let Some(eight) = self.counted[usize::from(before)..].first_chunk_mut() {
                *eight = places.to_le_bytes();
            }
        }
        if self.whole.is_none() {
            self.rows
                .iter_mut()
                .zip(self.counted)
                .for_each(|(row, place)| *row = first + DocId::from(place % BLOCK as u8));
        }
    }

    /// What they have in a column, each at its place.
    fn values(&self, keys: &Keys, values: &mut [u64; BLOCK]) {
        match self.whole {
            Some(count) => keys.of_stretch(self.first, &mut values[..count]),
            None => keys.of_rows(&self.rows[..self.count], &mut values[..self.count]),
        }
    }

    /// Where those that are counted are among those that are read.
    fn places(&self) -> &[u8] {
        let places = if self.whole.is_some() { &self.counted } else { &PLACES };
        &places[..self.count]
    }
}

/// One thing that is counted by.
struct One {
    /// Which of the question's it is.
    at: usize,
    values: Values,
    /// How many values there are.
    count: usize,
}

/// What is counted together: one sum for each of the ways in which rows have a value of all, since to add to sums takes longer
/// than to read what they are of. Of two it is `first + second * firsts`, and so on.
struct Together<T> {
    each: Vec<One>,
    tallies: Numbered<T>,
}

/// So many sums are made at most where several are counted together: as many as stay near the core.
const MOST_TOGETHER: usize = 1 << 14;
/// And one for so many rows: to take sums apart takes time as well. Tests have few rows.
const ROWS_OF_SUM: usize = if cfg!(test) { 1 } else { 8 };

impl<T: Tally> Together<T> {
    fn of(each: Vec<One>) -> Together<T> {
        Together { tallies: Numbered::of(ways(&each)), each }
    }

    /// Adds the rows of a block, which have these `amounts`; what they are of is read into `numbers` and `more`.
    fn add(&mut self, block: &Block, amounts: &[u64; BLOCK], [numbers, more]: &mut [[u64; BLOCK]; 2]) {
        let (mut from, mut step, mut is_first) = (0, 1, true);
        for one in self.each.iter().filter(|one| one.count > 1) {
            let read = if is_first { &mut *numbers } else { &mut *more };
            if let Some(all) = one.values.numbers(block, read) {
                from += all as usize * step;
            } else if is_first {
                // Of the first that is read: it may not be the first of all.
                if step > 1 {
                    numbers.iter_mut().for_each(|number| *number = times(*number, step));
                }
                is_first = false;
            } else {
                let more = more.iter().map(|number| times(*number, step));
                numbers.iter_mut().zip(more).for_each(|(all, more)| *all = all.wrapping_add(more));
            }
            step *= one.count;
        }
        let numbers = if is_first { &[0; BLOCK] } else { numbers };
        self.tallies.add(block.places(), (from, numbers), amounts);
    }

    /// The sums of each, beside which one it is.
    fn apart(self) -> Vec<(usize, SegmentSums)> {
        let (all, mut step) = (self.tallies.together(), 1);
        let mut apart = Vec::with_capacity(self.each.len());
        for One { at, values, count } in self.each {
            let mut tallies = vec![T::default(); count];
            for all in all.chunks(step * count) {
                let each = tallies.iter_mut().zip(all.chunks(step));
                each.for_each(|(tally, alike)| alike.iter().for_each(|other| tally.add(*other)));
            }
            let sums: Vec<Sum> = tallies.into_iter().map(T::sum).collect();
            let names = if let Values::Texts(_, names) = &values { Some(&**names) } else { None };
            apart.push((at, SegmentSums::of(names, &sums)));
            step *= count;
        }
        apart
    }
}

/// In how many ways rows may have a value of each.
fn ways(each: &[One]) -> usize {
    each.iter().fold(1, |all, one| all.saturating_mul(one.count))
}

/// Both are small; of numbers as short as these several are multiplied at once.
fn times(number: u64, step: usize) -> u64 {
    u64::from(number as u32) * u64::from(step as u32)
}

/// What the rows of `bits`, which has one for each row of the segment, come to by each of `bys`; without their amounts, unless
/// `amounts` are wanted.
///
/// # Errors
/// The index's own.
pub(super) fn counted(
    segment: &SegmentReader,
    opened: &Opened,
    (bys, amounts): (&[Option<By>], bool),
    today: NaiveDate,
    bits: &[u64],
) -> tantivy::Result<Vec<SegmentSums>> {
    let rows: usize = bits.iter().map(|bits| bits.count_ones() as usize).sum();
    let most = MOST_TOGETHER.min(rows / ROWS_OF_SUM);
    let mut all: Vec<Vec<One>> = Vec::new();
    for (at, by) in bys.iter().enumerate() {
        let (values, count) = Values::of(segment, opened, *by, today)?;
        let one = One { at, values, count };
        match all.iter_mut().find(|each| ways(each).saturating_mul(count) <= most) {
            Some(each) => each.push(one),
            None => all.push(vec![one]),
        }
    }
    let mut apart = if amounts {
        let amount = opened.keys(segment, "amount", true)?;
        tallied::<Sum>(all, segment.max_doc(), bits, |block, amounts| {
            block.values(&amount, amounts);
            for amount in amounts {
                // None, which is -1, counts nothing.
                let paise = amount.wrapping_sub(NOTHING);
                *amount = paise.wrapping_add(paise >> 63);
            }
        })
    } else {
        tallied::<u32>(all, segment.max_doc(), bits, |_, _| {})
    };
    apart.sort_unstable_by_key(|(at, _)| *at);
    Ok(apart.into_iter().map(|(_, sums)| sums).collect())
}

/// What the rows of `bits` come to, of a segment of `end`; `read` the amounts of those of a block.
fn tallied<T: Tally>(
    all: Vec<Vec<One>>,
    end: DocId,
    bits: &[u64],
    read: impl Fn(&Block, &mut [u64; BLOCK]),
) -> Vec<(usize, SegmentSums)> {
    let mut all: Vec<Together<T>> = all.into_iter().map(Together::of).collect();
    let (mut block, mut amounts, mut numbers) = (Block::new(), [0; BLOCK], [[0; BLOCK]; 2]);
    for (first, bits) in (0..end).step_by(BLOCK).zip(bits).filter(|(_, bits)| **bits != 0) {
        block.go_to(first, *bits, end);
        read(&block, &mut amounts);
        all.iter_mut().for_each(|together| together.add(&block, &amounts, &mut numbers));
    }
    all.into_iter().flat_map(Together::apart).collect()
}
