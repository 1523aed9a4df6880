//! Counts and sums per value, of the rows that a query finds.

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, NaiveDate};
use domain::filter::Field;
use domain::fold::fold;
use tantivy::collector::{Collector, Count, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader};

use super::View;
use super::shape::{AGE, EXECUTIVES, SINCE_DELIVERED, SINCE_INVOICE, SINCE_POD, SOURCE, day_number};
use crate::store::executives::Executive;
use crate::store::figures::{BUCKETS, By, Figure, bucket_name};
use crate::store::filter::Selection;

impl View {
    /// The figures of every value, in no order. Values are told as `store::figures` has them, but customers by their folded
    /// names. None where the tables are the better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn per_value(&self, selection: &Selection<'_>, by: By) -> tantivy::Result<Option<Vec<Figure>>> {
        let counting = Counting { by: Some(by), today: selection.today };
        let Some(mut found) = self.collected(selection, &[by.field()], &counting)? else { return Ok(None) };
        if selection.hides_in_some_rows(Field::Amount) {
            let Some(seen) = self.collected(selection, &[by.field(), Field::Amount], &counting)? else {
                return Ok(None);
            };
            for (value, sum) in &mut found {
                sum.amount = seen.get(value).map_or(0, |seen| seen.amount);
            }
        }
        let named = matches!(by, By::Executive | By::Source);
        let mut figures: HashMap<String, Figure> = HashMap::new();
        for (value, Sum { count, amount }) in found {
            let key = if named { fold(&value) } else { value.clone() };
            let figure = figures.entry(key).or_insert_with(|| Figure { value: value.clone(), ..Figure::default() });
            figure.count += count;
            figure.amount += amount;
            // Of the ways in which one name is written, the first by its bytes.
            figure.value = value.min(std::mem::take(&mut figure.value));
        }
        Ok(Some(figures.into_values().collect()))
    }

    /// As `store::executives::in_use`. None where the tables are the better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn executives(
        &self,
        selection: &Selection<'_>,
        search: &str,
        limit: usize,
    ) -> tantivy::Result<Option<BTreeMap<String, Executive>>> {
        let Some(found) = self.per_value(selection, By::Executive)? else { return Ok(None) };
        let named = found.into_iter().map(|f| (fold(&f.value), Executive { name: f.value, count: f.count }));
        let named: BTreeMap<String, Executive> = named.filter(|(folded, _)| folded.contains(search)).collect();
        Ok(Some(named.into_iter().take(limit).collect()))
    }

    /// How many rows there are. None where the tables are the better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn count(&self, selection: &Selection<'_>) -> tantivy::Result<Option<u64>> {
        Ok(self.collected(selection, &[], &Count)?.map(|count| count as u64))
    }

    /// How many rows there are, and their amounts. None where the tables are the better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn total(&self, selection: &Selection<'_>) -> tantivy::Result<Option<Figure>> {
        let counting = Counting { by: None, today: selection.today };
        let Some(found) = self.collected(selection, &[], &counting)? else { return Ok(None) };
        let mut all = found.get("").copied().unwrap_or_default();
        if selection.hides_in_some_rows(Field::Amount) {
            let Some(seen) = self.collected(selection, &[Field::Amount], &counting)? else { return Ok(None) };
            all.amount = seen.get("").map_or(0, |seen| seen.amount);
        }
        Ok(Some(Figure { value: String::new(), count: all.count, amount: all.amount }))
    }
}

/// Rows and their amounts together.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: u64,
    amount: i64,
}

/// Sums rows up, all together where there is nothing to do it by.
struct Counting {
    by: Option<By>,
    today: NaiveDate,
}

/// The values of one segment; each is a number.
enum Values {
    All,
    Texts(StrColumn),
    /// Days, and the first day of each bucket but the last.
    Days(Column<i64>, [i64; BUCKETS.len() - 1]),
}

struct Segment {
    values: Values,
    amounts: Column<i64>,
    /// By the number of the value.
    sums: Vec<Sum>,
}

impl SegmentCollector for Segment {
    type Fruit = tantivy::Result<HashMap<String, Sum>>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        let amount = self.amounts.first(doc).unwrap_or(0).max(0);
        let mut add = |value: usize| {
            if let Some(sum) = self.sums.get_mut(value) {
                sum.count += 1;
                sum.amount += amount;
            }
        };
        match &self.values {
            Values::All => add(0),
            Values::Texts(texts) => {
                for ord in texts.ords().values_for_doc(doc) {
                    add(usize::try_from(ord).unwrap_or(usize::MAX));
                }
            }
            Values::Days(days, firsts) => {
                let day = days.first(doc).unwrap_or(i64::MIN);
                add(firsts.iter().position(|first| day >= *first).unwrap_or(firsts.len()));
            }
        }
    }

    fn harvest(self) -> Self::Fruit {
        let some = || self.sums.iter().enumerate().filter(|(_, sum)| sum.count > 0);
        Ok(match &self.values {
            Values::All => some().map(|(_, sum)| (String::new(), *sum)).collect(),
            Values::Days(..) => some().filter_map(|(i, sum)| Some((bucket_name(*BUCKETS.get(i)?), *sum))).collect(),
            Values::Texts(texts) => {
                let ords: Vec<u64> = some().map(|(ord, _)| ord as u64).collect();
                let mut names = Vec::with_capacity(ords.len());
                let read = |name: &[u8]| names.push(String::from_utf8_lossy(name).into_owned());
                texts.dictionary().sorted_ords_to_term_cb(&ords, read)?;
                names.into_iter().zip(some().map(|(_, sum)| *sum)).collect()
            }
        })
    }
}

impl Collector for Counting {
    type Fruit = HashMap<String, Sum>;
    type Child = Segment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<Segment> {
        let fast = segment.fast_fields();
        let name = match self.by {
            None => "",
            Some(By::Stage) => "stage",
            Some(By::Customer) => "customer",
            Some(By::Executive) => EXECUTIVES,
            Some(By::Source) => SOURCE,
            Some(By::Date) => "date",
            Some(By::Age) => AGE,
            Some(By::Since(Field::Delivered)) => SINCE_DELIVERED,
            Some(By::Since(Field::Pod | Field::PodDate)) => SINCE_POD,
            Some(By::Since(_)) => SINCE_INVOICE,
        };
        let (values, count) = match self.by {
            None => (Values::All, 1),
            Some(By::Age | By::Since(_)) => {
                let first = |days| self.today.checked_sub_days(Days::new(days)).map_or(i64::MIN, day_number);
                let [a, b, c, _] = BUCKETS.map(|(_, last)| last.map_or(i64::MIN, first));
                (Values::Days(fast.i64(name)?, [a, b, c]), BUCKETS.len())
            }
            Some(_) => match fast.str(name)? {
                Some(texts) => {
                    let count = texts.dictionary().num_terms();
                    (Values::Texts(texts), count)
                }
                // No row of this segment has one.
                None => (Values::All, 0),
            },
        };
        Ok(Segment { values, amounts: fast.i64("amount")?, sums: vec![Sum::default(); count] })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<HashMap<String, Sum>>>) -> tantivy::Result<Self::Fruit> {
        let mut all: HashMap<String, Sum> = HashMap::new();
        for found in segments {
            for (value, sum) in found? {
                let together = all.entry(value).or_default();
                together.count += sum.count;
                together.amount += sum.amount;
            }
        }
        Ok(all)
    }
}
