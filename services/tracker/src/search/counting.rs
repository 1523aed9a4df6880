//! Counts and sums of rows of one segment, by the numbers that values have there.

use chrono::{Days, NaiveDate};
use tantivy::{DocId, SegmentReader};

use super::opened::Opened;
use super::order::{BLOCK, Keys};
use super::shape::day_number;
use super::stretches::{Ends, STRETCH};
use super::sums::{SegmentSums, Sum, column_of};
use crate::store::figures::{BUCKETS, By};

/// Of a block of rows of which so many are counted, all are read: one after another they are read several at once.
const MANY: u32 = 20;
/// The number of the amount of nothing; that of none is one less.
const NOTHING: u64 = 1 << 63;

/// The values of one segment; each is a number.
enum Values {
    All,
    Texts(Keys),
    /// Texts that hold several values each.
    Lists(Keys),
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
        let (name, is_days) = column_of(by);
        let keys = opened.keys(segment, name, is_days)?;
        if is_days {
            let first = |days| today.checked_sub_days(Days::new(days)).map_or(i64::MIN, day_number);
            let [a, b, c, _] = BUCKETS.map(|(_, last)| tantivy::i64_to_u64(last.map_or(i64::MIN, first)));
            let ends = opened.stretches.of(segment, &keys);
            return Ok((Values::Days(keys, [a, b, c], ends), BUCKETS.len()));
        }
        let count = keys.count_of_texts().max(1);
        let is_list = matches!(by, By::Executive | By::Source);
        Ok((if is_list { Values::Lists(keys) } else { Values::Texts(keys) }, count))
    }

    /// The numbers of the rows of a block, each at its place; or the one that all of them have, where that is told without a look
    /// at them.
    fn numbers(&self, block: &Block, numbers: &mut [u64; BLOCK]) -> Option<u64> {
        match self {
            Values::All => return Some(0),
            Values::Texts(texts) | Values::Lists(texts) => block.values(texts, numbers),
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

    /// Adds rows whose numbers are `values`, counted from the number `from`.
    fn add(&mut self, places: &[u8], (from, values): (usize, &[u64; BLOCK]), amounts: &[u64; BLOCK]) {
        let [first, others @ ..] = &self.0;
        let is_few = others.iter().all(|sums| sums.len() == first.len());
        let (fours, rest) = if is_few { places.as_chunks::<SUMS_OF_EACH>() } else { (&[][..], places) };
        let add = |sums: &mut [Sum], place: &u8| {
            let place = usize::from(*place) % BLOCK;
            if let Some(sum) = sums.get_mut(from.wrapping_add(values[place] as usize)) {
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

/// Rows of one block that are counted.
struct Block {
    first: DocId,
    read: Read,
    /// Which of the block's rows are counted.
    counted: [u8; BLOCK],
    count: usize,
}

/// Which rows of a block are read.
#[allow(clippy::large_enum_variant, reason = "there is one at a time, and not on the heap")]
enum Read {
    /// All of them, so many.
    Whole(usize),
    /// Those alone that are counted, by their place in the segment.
    Counted([DocId; BLOCK]),
}

impl Block {
    /// The rows of `bits`, from `first` on, of a segment of `end` rows.
    fn of(first: DocId, bits: u64, end: DocId) -> Block {
        let (count, mut counted) = (bits.count_ones() as usize, PLACES);
        if count < BLOCK {
            let mut at = 0;
            for (eight, bits) in (0..).step_by(8).zip(bits.to_le_bytes()) {
                // Of eight rows at once; what is behind those that are counted is written over by the next.
                let places = PLACES_OF_EIGHT[usize::from(bits)].wrapping_add(eight * 0x0101_0101_0101_0101);
                // There are always eight left: no more are counted than were passed.
                if let Some(eight) = counted[at..].first_chunk_mut() {
                    *eight = places.to_le_bytes();
                }
                at += bits.count_ones() as usize;
            }
        }
        let read = match bits.count_ones() >= MANY {
            true => Read::Whole(((end - first) as usize).min(BLOCK)),
            false => Read::Counted(counted.map(|place| first + DocId::from(place))),
        };
        Block { first, read, counted, count }
    }

    /// What they have in a column, each at its place.
    fn values(&self, keys: &Keys, values: &mut [u64; BLOCK]) {
        match &self.read {
            Read::Whole(count) => keys.of_stretch(self.first, &mut values[..*count]),
            Read::Counted(rows) => keys.of_rows(&rows[..self.count], &mut values[..self.count]),
        }
    }

    /// Where those that are counted are among those that are read.
    fn places(&self) -> &[u8] {
        let places = if matches!(self.read, Read::Whole(_)) { &self.counted } else { &PLACES };
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
struct Together {
    each: Vec<One>,
    sums: Numbered,
}

/// So many sums are made at most where several are counted together: as many as stay near the core.
const MOST_TOGETHER: usize = 1 << 14;
/// And one for so many rows: to take sums apart takes time as well. Tests have few rows.
const ROWS_OF_SUM: usize = if cfg!(test) { 1 } else { 8 };

impl Together {
    fn of(each: Vec<One>) -> Together {
        Together { sums: Numbered::of(Together::count(&each)), each }
    }

    /// How many sums there are.
    fn count(each: &[One]) -> usize {
        each.iter().fold(1, |all, one| all.saturating_mul(one.count))
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
        self.sums.add(block.places(), (from, numbers), amounts);
    }

    /// The sums of each, beside which one it is.
    fn apart(self) -> tantivy::Result<Vec<(usize, SegmentSums)>> {
        let (all, mut step) = (self.sums.together(), 1);
        let mut apart = Vec::with_capacity(self.each.len());
        for One { at, values, count } in self.each {
            let mut sums = vec![Sum::default(); count];
            for all in all.chunks(step * count) {
                let each = sums.iter_mut().zip(all.chunks(step));
                each.for_each(|(sum, alike)| alike.iter().for_each(|other| sum.add(*other)));
            }
            let lists = if let Values::Lists(lists) = &values { Some(lists) } else { None };
            apart.push((at, SegmentSums::of(lists, &sums)?));
            step *= count;
        }
        Ok(apart)
    }
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
        match all.iter_mut().find(|each| Together::count(each).saturating_mul(count) <= most) {
            Some(each) => each.push(one),
            None => all.push(vec![one]),
        }
    }
    let mut all: Vec<Together> = all.into_iter().map(Together::of).collect();
    let amount = if amounts { Some(opened.keys(segment, "amount", true)?) } else { None };
    let (mut amounts, mut read) = ([0; BLOCK], [[0; BLOCK]; 2]);
    for (first, bits) in (0..segment.max_doc()).step_by(BLOCK).zip(bits).filter(|(_, bits)| **bits != 0) {
        let block = Block::of(first, *bits, segment.max_doc());
        if let Some(amount) = &amount {
            block.values(amount, &mut amounts);
            for amount in &mut amounts {
                // None, which is -1, counts nothing.
                let paise = amount.wrapping_sub(NOTHING);
                *amount = paise.wrapping_add(paise >> 63);
            }
        }
        all.iter_mut().for_each(|together| together.add(&block, &amounts, &mut read));
    }
    let apart: Vec<_> = all.into_iter().map(Together::apart).collect::<tantivy::Result<_>>()?;
    let mut apart: Vec<(usize, SegmentSums)> = apart.into_iter().flatten().collect();
    apart.sort_unstable_by_key(|(at, _)| *at);
    Ok(apart.into_iter().map(|(_, sums)| sums).collect())
}
