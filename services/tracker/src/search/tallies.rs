//! What is counted of values that are told by numbers.

use super::order::BLOCK;
use super::sums::Sum;

/// What is counted of the rows of one value.
pub(super) trait Tally: Copy + Default {
    /// Adds one row, which has this amount, in paise.
    fn add_row(&mut self, amount: i64);
    /// Adds what was counted of other rows.
    fn add(&mut self, other: Self);
    fn sum(self) -> Sum;
}

impl Tally for Sum {
    fn add_row(&mut self, amount: i64) {
        // No rows have amounts that come to more.
        self.count = self.count.wrapping_add(1);
        self.amount = self.amount.wrapping_add(amount);
    }

    fn add(&mut self, other: Sum) {
        self.add(other);
    }

    fn sum(self) -> Sum {
        self
    }
}

/// Rows alone, of which a segment has no more than it tells: a quarter of the room, so that more values stay near the core.
impl Tally for u32 {
    fn add_row(&mut self, _: i64) {
        *self = self.wrapping_add(1);
    }

    fn add(&mut self, other: u32) {
        *self = self.wrapping_add(other);
    }

    fn sum(self) -> Sum {
        Sum { count: self.into(), amount: 0 }
    }
}

/// What is counted of values by their numbers. Of each several are kept and added to in turn: rows one after another are mostly of
/// one value, and each would wait for the one before.
pub(super) struct Numbered<T>([Vec<T>; TALLIES_OF_EACH]);

const TALLIES_OF_EACH: usize = 4;
/// Of more values one is kept of each: rows one after another are of others.
const FEW: usize = 1 << 12;

impl<T: Tally> Numbered<T> {
    pub(super) fn of(count: usize) -> Numbered<T> {
        let others = if count <= FEW { count } else { 0 };
        Numbered(std::array::from_fn(|at| vec![T::default(); if at == 0 { count } else { others }]))
    }

    /// Adds rows at `places` whose numbers are `values`, counted from the number `from`.
    pub(super) fn add(&mut self, places: &[u8], (from, values): (usize, &[u64; BLOCK]), amounts: &[u64; BLOCK]) {
        let [first, others @ ..] = &self.0;
        let is_few = others.iter().all(|tallies| tallies.len() == first.len());
        let (fours, rest) = if is_few { places.as_chunks::<TALLIES_OF_EACH>() } else { (&[][..], places) };
        let add = |tallies: &mut [T], place: &u8| {
            let place = usize::from(*place) % BLOCK;
            if let Some(tally) = tallies.get_mut(from.wrapping_add(values[place] as usize)) {
                tally.add_row(amounts[place].cast_signed());
            }
        };
        for four in fours {
            self.0.iter_mut().zip(four).for_each(|(tallies, place)| add(tallies, place));
        }
        let [first, ..] = &mut self.0;
        rest.iter().for_each(|place| add(first, place));
    }

    /// What was counted of each value, by number.
    pub(super) fn together(self) -> Vec<T> {
        let [mut all, others @ ..] = self.0;
        for tallies in others {
            all.iter_mut().zip(tallies).for_each(|(all, tally)| all.add(tally));
        }
        all
    }
}
