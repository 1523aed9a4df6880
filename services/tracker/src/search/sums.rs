//! Sums of values: of one segment, as they are kept, and of all together.

use std::sync::Arc;

use domain::filter::Field;

use super::names::Numbers;
use super::shape::{AGE, EXECUTIVES, SINCE_DELIVERED, SINCE_INVOICE, SINCE_POD, SOURCE};
use crate::store::figures::By;

/// Rows and their amounts together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    pub(super) count: u64,
    pub(super) amount: i64,
}

impl Sum {
    pub(super) fn add(&mut self, other: Sum) {
        self.count += other.count;
        self.amount += other.amount;
    }
}

/// What a column that rows are counted by has in each row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Name,
    /// Any number of names.
    Names,
    Day,
}

/// The column that rows are counted by.
pub(super) fn column_of(by: By) -> (&'static str, Holds) {
    match by {
        By::Stage => ("stage", Holds::Name),
        By::Customer => ("customer", Holds::Name),
        By::Date => ("date", Holds::Name),
        By::Executive => (EXECUTIVES, Holds::Names),
        By::Source => (SOURCE, Holds::Names),
        By::Age => (AGE, Holds::Day),
        By::Since(Field::Delivered) => (SINCE_DELIVERED, Holds::Day),
        By::Since(Field::Pod | Field::PodDate) => (SINCE_POD, Holds::Day),
        By::Since(_) => (SINCE_INVOICE, Holds::Day),
    }
}

/// By the number of a value: of a name the one that [`super::names`] has, of a day its bucket's, and 0 of all rows together.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums(pub(super) Vec<Sum>);

impl Sums {
    fn add(&mut self, number: usize, sum: Sum) {
        if number >= self.0.len() {
            self.0.resize(number + 1, Sum::default());
        }
        self.0[number].add(sum);
    }

    /// Adds those of other segments.
    pub(super) fn add_all(&mut self, others: &Sums) {
        others.0.iter().enumerate().for_each(|(number, sum)| self.add(number, *sum));
    }
}

/// What rows of one segment come to, by the numbers of values, in order: number, rows, and their amounts.
#[derive(Clone, Debug)]
pub(super) struct SegmentSums(Arc<[(u32, u32, i64)]>);

impl SegmentSums {
    /// Of `sums` by the numbers of texts that hold these names; by the numbers of values themselves where there are none.
    pub(super) fn of(names: Option<&Numbers>, sums: &[Sum]) -> SegmentSums {
        // A segment has no more rows than these numbers tell, and no more values than rows.
        let some = (0..).zip(sums).filter(|(_, sum)| sum.count > 0).map(|(at, sum)| (at, sum.count as u32, sum.amount));
        let Some(names) = names else { return SegmentSums(some.collect()) };
        let of_text = |(text, count, amount)| names.of(text as usize).iter().map(move |name| (*name, count, amount));
        let mut named: Vec<(u32, u32, i64)> = some.flat_map(of_text).collect();
        // Names are numbered in the order of texts, so that most are in order.
        named.sort_by_key(|(name, ..)| *name);
        named.dedup_by(|(other, rows, paise), (name, count, amount)| {
            let is_same = name == other;
            if is_same {
                *count += *rows;
                *amount += *paise;
            }
            is_same
        });
        SegmentSums(named.into())
    }

    /// These less `others`, which are of some of their rows by the same column.
    pub(super) fn less(&self, others: &SegmentSums) -> SegmentSums {
        let mut others = others.0.iter().peekable();
        let left = self.0.iter().filter_map(|(number, count, amount)| {
            let less =
                others.next_if(|(other, ..)| other == number).map_or((0, 0), |(_, count, amount)| (*count, *amount));
            let count = count.saturating_sub(less.0);
            (count > 0).then(|| (*number, count, amount - less.1))
        });
        SegmentSums(left.collect())
    }

    /// Bytes of it.
    pub(super) fn size(&self) -> usize {
        size_of_val(&*self.0)
    }

    /// Adds it to sums of other segments.
    pub(super) fn add_to(&self, all: &mut Sums) {
        let each =
            self.0.iter().map(|(number, count, amount)| (number, Sum { count: u64::from(*count), amount: *amount }));
        each.for_each(|(number, sum)| all.add(*number as usize, sum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_takes_sixteen_bytes_whatever_its_name() {
        let mut sums = vec![Sum { count: 3, amount: 5_000 }; 2_000];
        sums[7].count = 0;
        assert_eq!(SegmentSums::of(None, &sums).size(), 16 * 1_999, "a value without rows takes none");
    }
}
