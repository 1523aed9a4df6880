//! Sums of values: of one segment, as they are kept, and of all together by name.

use std::collections::HashMap;
use std::sync::Arc;

use domain::filter::Field;
use tantivy::SegmentReader;

use super::opened::Opened;
use super::order::Keys;
use super::shape::{AGE, BETWEEN_NAMES, EXECUTIVES, SINCE_DELIVERED, SINCE_INVOICE, SINCE_POD, SOURCE};
use crate::store::figures::{BUCKETS, By, bucket_name};

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

/// By value.
pub(super) type Sums = HashMap<String, Sum>;

/// The column that rows are counted by, and whether it is of days or of texts.
pub(super) fn column_of(by: By) -> (&'static str, bool) {
    match by {
        By::Stage => ("stage", false),
        By::Customer => ("customer", false),
        By::Date => ("date", false),
        By::Executive => (EXECUTIVES, false),
        By::Source => (SOURCE, false),
        By::Age => (AGE, true),
        By::Since(Field::Delivered) => (SINCE_DELIVERED, true),
        By::Since(Field::Pod | Field::PodDate) => (SINCE_POD, true),
        By::Since(_) => (SINCE_INVOICE, true),
    }
}

/// What rows of one segment come to: by the numbers that values have there, in order, which take a quarter of the room of names;
/// by names where one number stands for several.
#[derive(Clone, Debug)]
pub(super) enum SegmentSums {
    /// Number, rows, and their amounts.
    Numbers(Arc<[(u32, u32, i64)]>),
    Names(Arc<[(Box<str>, Sum)]>),
}

/// Bytes that a name takes beside its text, with those of the memory's own books.
const OF_NAME: usize = size_of::<(Box<str>, Sum)>() + 8;

impl SegmentSums {
    /// Of `sums` by number. Of texts that hold several values each, which `lists` are, by their names: of 25 executives there are
    /// 625 pairs.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn of(lists: Option<&Keys>, sums: &[Sum]) -> tantivy::Result<SegmentSums> {
        // A segment has no more rows than these numbers tell, and no more values than rows.
        let some = (0..).zip(sums).filter(|(_, sum)| sum.count > 0).map(|(at, sum)| (at, sum.count as u32, sum.amount));
        let numbers: Arc<[_]> = some.collect();
        let Some(lists) = lists else { return Ok(SegmentSums::Numbers(numbers)) };
        let mut all = Sums::new();
        each_name(lists, &numbers, |list, sum| {
            list.split(BETWEEN_NAMES).filter(|name| !name.is_empty()).for_each(|name| add(&mut all, name, sum));
        })?;
        Ok(SegmentSums::Names(all.into_iter().map(|(name, sum)| (name.into_boxed_str(), sum)).collect()))
    }

    /// These less `others`, which are of some of their rows by the same column.
    pub(super) fn less(&self, others: &SegmentSums) -> SegmentSums {
        let left = |all: Sum, less: Sum| {
            let count = all.count.saturating_sub(less.count);
            (count > 0).then(|| Sum { count, amount: all.amount - less.amount })
        };
        match (self, others) {
            (SegmentSums::Numbers(all), SegmentSums::Numbers(others)) => {
                let mut others = others.iter().peekable();
                let each = all.iter().filter_map(|(at, count, amount)| {
                    let less = others.next_if(|(other, ..)| other == at).map(|(_, count, amount)| sum(*count, *amount));
                    let left = left(sum(*count, *amount), less.unwrap_or_default())?;
                    Some((*at, left.count as u32, left.amount))
                });
                SegmentSums::Numbers(each.collect())
            }
            (SegmentSums::Names(all), SegmentSums::Names(others)) => {
                let others: HashMap<&str, Sum> = others.iter().map(|(name, sum)| (&**name, *sum)).collect();
                let less = |name: &str| others.get(name).copied().unwrap_or_default();
                let each = all.iter().filter_map(|(name, sum)| Some((name.clone(), left(*sum, less(name))?)));
                SegmentSums::Names(each.collect())
            }
            // One column's sums are always of one kind.
            (all, _) => all.clone(),
        }
    }

    /// Bytes of it.
    pub(super) fn size(&self) -> usize {
        match self {
            SegmentSums::Numbers(numbers) => size_of_val(&**numbers),
            SegmentSums::Names(names) => names.iter().map(|(name, _)| name.len() + OF_NAME).sum(),
        }
    }

    /// Adds it, which is of the values of `by` in `segment`, to sums of other segments.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn add_to(
        &self,
        all: &mut Sums,
        segment: &SegmentReader,
        opened: &Opened,
        by: Option<By>,
    ) -> tantivy::Result<()> {
        let numbers = match self {
            SegmentSums::Numbers(numbers) => numbers,
            SegmentSums::Names(names) => {
                names.iter().for_each(|(name, sum)| add(all, name, *sum));
                return Ok(());
            }
        };
        match by.map(column_of) {
            Some((column, false)) => {
                each_name(&opened.keys(segment, column, false)?, numbers, |name, sum| add(all, name, sum))
            }
            Some((_, true)) => {
                let bucket = |at: u32| BUCKETS.get(at as usize).map_or_else(String::new, |days| bucket_name(*days));
                numbers.iter().for_each(|(at, count, amount)| add(all, &bucket(*at), sum(*count, *amount)));
                Ok(())
            }
            None => {
                numbers.iter().for_each(|(_, count, amount)| add(all, "", sum(*count, *amount)));
                Ok(())
            }
        }
    }
}

fn sum(count: u32, amount: i64) -> Sum {
    Sum { count: u64::from(count), amount }
}

fn add(all: &mut Sums, name: &str, sum: Sum) {
    match all.get_mut(name) {
        Some(known) => known.add(sum),
        None => drop(all.insert(name.to_owned(), sum)),
    }
}

/// Hands each text and what is counted of it to `take`.
fn each_name(texts: &Keys, numbers: &[(u32, u32, i64)], mut take: impl FnMut(&str, Sum)) -> tantivy::Result<()> {
    let ords: Vec<u64> = numbers.iter().map(|(ord, ..)| u64::from(*ord)).collect();
    let mut sums = numbers.iter();
    texts.each_text(&ords, |text| {
        if let Some((_, count, amount)) = sums.next() {
            take(text, sum(*count, *amount));
        }
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use super::*;

    #[test]
    fn a_value_takes_sixteen_bytes_whatever_its_name() {
        let mut sums = vec![Sum { count: 3, amount: 5_000 }; 2_000];
        sums[7].count = 0;
        let kept = SegmentSums::of(None, &sums).unwrap();
        assert_eq!(kept.size(), 16 * 1_999, "a value without rows takes none");
    }
}
