//! Counts and sums per value, of the rows that a query finds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{Days, NaiveDate};
use domain::filter::Field;
use domain::fold::fold;
use moka::sync::Cache;
use service::pages::{At, Name, part};
use tantivy::columnar::{Column, StrColumn};
use tantivy::index::SegmentId;
use tantivy::{DocId, SegmentReader};

use super::shape::{AGE, EXECUTIVES, SINCE_DELIVERED, SINCE_INVOICE, SINCE_POD, SOURCE, day_number};
use super::{ROWS_OF_KEPT, View, each_block};
use crate::store::executives::Executive;
use crate::store::figures::{BUCKETS, By, Figure, bucket_name};
use crate::store::filter::Selection;
use crate::store::sort::stage_of_key;

/// Figures of the same rows.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// All of them together, without a value.
    pub(crate) total: Figure,
    /// The figures of every value, in no order, of each that was asked for. Values are told as `store::figures` has them, but
    /// customers by their folded names.
    pub(crate) per_value: Vec<Vec<Figure>>,
}

impl View {
    /// The figures of the selection. None where the tables are the better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn figures(&self, selection: &Selection<'_>, bys: &[By]) -> tantivy::Result<Option<Figures>> {
        let is_hidden = |by: &By| selection.hides_in_some_rows(by.field());
        // What is seen in every row is counted in one go; of the others each has rows of its own.
        let seen: Vec<Option<By>> = bys.iter().filter(|by| !is_hidden(by)).copied().map(Some).collect();
        let Some(seen) = self.sums(selection, None, &[&[None], &seen[..]].concat())? else { return Ok(None) };
        let mut seen = seen.into_iter();
        let all = seen.next().and_then(|sums| sums.get("").copied()).unwrap_or_default();
        let total = Figure { value: String::new(), count: all.count, amount: all.amount };
        let mut per_value = Vec::with_capacity(bys.len());
        for by in bys {
            let sums = if is_hidden(by) {
                self.sums(selection, Some(by.field()), &[Some(*by)])?.and_then(|mut sums| sums.pop())
            } else {
                seen.next()
            };
            let Some(sums) = sums else { return Ok(None) };
            per_value.push(told(*by, sums));
        }
        Ok(Some(Figures { total, per_value }))
    }

    /// As `store::executives::in_use`. None where the tables are the better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn executives(
        &self,
        selection: &Selection<'_>,
        search: &str,
        at: &At<Name>,
        limit: u32,
    ) -> tantivy::Result<Option<BTreeMap<String, Executive>>> {
        let Some(found) = self.figures(selection, &[By::Executive])? else { return Ok(None) };
        let named = found
            .per_value
            .into_iter()
            .flatten()
            .map(|f| (fold(&f.value), Executive { name: f.value, count: f.count }));
        let named: BTreeMap<String, Executive> = named.filter(|(folded, _)| folded.contains(search)).collect();
        Ok(Some(part(named, at, limit, |(folded, _)| Name(folded.clone())).into_iter().collect()))
    }

    /// How many rows there are. None where the tables are the better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn count(&self, selection: &Selection<'_>) -> tantivy::Result<Option<u64>> {
        let counts = self.each_segment(selection, &[], |weight, segment| weight.count(segment).map(u64::from))?;
        Ok(counts.map(|counts| counts.into_iter().sum()))
    }

    /// The sums of each of `bys`, of the rows in which the asker sees `shown`; an amount that they do not see counts nothing.
    fn sums(
        &self,
        selection: &Selection<'_>,
        shown: Option<Field>,
        bys: &[Option<By>],
    ) -> tantivy::Result<Option<Vec<Sums>>> {
        let shown: Vec<Field> = shown.into_iter().collect();
        let summed = |shown: &[Field]| {
            let question = format!("{} {shown:?} {}", selection.seen_by(), selection.filter);
            let found = self.each_segment(selection, shown, |weight, segment| {
                self.sums.of(segment, &question, bys, |bys| {
                    let mut counting = Counting::of(segment, bys, selection.today)?;
                    each_block(weight, segment, |rows| counting.add(rows))?;
                    counting.sums()
                })
            })?;
            tantivy::Result::Ok(found.map(|found| together(&found)))
        };
        let Some(mut found) = summed(&shown)? else { return Ok(None) };
        if selection.hides_in_some_rows(Field::Amount) {
            let Some(seen) = summed(&[&shown[..], &[Field::Amount]].concat())? else { return Ok(None) };
            for (sums, seen) in found.iter_mut().zip(seen) {
                for (value, sum) in sums {
                    sum.amount = seen.get(value).map_or(0, |seen| seen.amount);
                }
            }
        }
        Ok(Some(found))
    }
}

/// Values that are one to who reads them become one figure.
fn told(by: By, sums: Sums) -> Vec<Figure> {
    let named = matches!(by, By::Executive | By::Source);
    let mut figures: HashMap<String, Figure> = HashMap::new();
    for (value, Sum { count, amount }) in sums {
        let value = if by == By::Stage { stage_of_key(&value).to_owned() } else { value };
        let key = if named { fold(&value) } else { value.clone() };
        let figure = figures.entry(key).or_insert_with(|| Figure { value: value.clone(), ..Figure::default() });
        figure.count += count;
        figure.amount += amount;
        // Of the ways in which one name is written, the first by its bytes.
        figure.value = value.min(std::mem::take(&mut figure.value));
    }
    figures.into_values().collect()
}

/// Rows and their amounts together.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    count: u64,
    amount: i64,
}

/// By value.
type Sums = HashMap<String, Sum>;

/// Bytes of sums that are kept, about.
const MOST_KEPT: u64 = 16 << 20;
/// How long they are kept while nobody asks: a night, so that who opens the dashboard in the morning does not wait.
const KEPT: Duration = Duration::from_hours(24);

/// A state of a segment, with so many rows replaced, what is asked of it, and by what its rows are summed.
type Asked = (SegmentId, u32, Arc<str>, Option<By>);

/// The sums of segments: a change leaves most segments as they were, and whoever watches a dashboard asks the same after each.
#[derive(Clone)]
pub(super) struct KeptSums(Cache<Asked, Arc<Sums>>);

impl Default for KeptSums {
    fn default() -> KeptSums {
        let weight = |(_, _, question, _): &Asked, sums: &Arc<Sums>| {
            let values = sums.keys().map(|value| value.len() + size_of::<(String, Sum)>());
            u32::try_from(question.len() + values.sum::<usize>()).unwrap_or(u32::MAX)
        };
        KeptSums(Cache::builder().max_capacity(MOST_KEPT).weigher(weight).time_to_idle(KEPT).build())
    }
}

impl KeptSums {
    /// The sums of each of `bys`; those that are not kept are counted in one go.
    fn of(
        &self,
        segment: &SegmentReader,
        question: &str,
        bys: &[Option<By>],
        count: impl FnOnce(&[Option<By>]) -> tantivy::Result<Vec<Sums>>,
    ) -> tantivy::Result<Vec<Arc<Sums>>> {
        if segment.max_doc() < ROWS_OF_KEPT {
            return Ok(count(bys)?.into_iter().map(Arc::new).collect());
        }
        let question: Arc<str> = question.into();
        let key = |by: &Option<By>| (segment.segment_id(), segment.num_deleted_docs(), Arc::clone(&question), *by);
        let mut known: Vec<Option<Arc<Sums>>> = bys.iter().map(|by| self.0.get(&key(by))).collect();
        let open: Vec<usize> = (0..bys.len()).filter(|at| known[*at].is_none()).collect();
        if !open.is_empty() {
            let asked: Vec<Option<By>> = open.iter().map(|at| bys[*at]).collect();
            for (at, sums) in open.into_iter().zip(count(&asked)?) {
                let sums = Arc::new(sums);
                self.0.insert(key(&bys[at]), Arc::clone(&sums));
                known[at] = Some(sums);
            }
        }
        Ok(known.into_iter().flatten().collect())
    }
}

/// The values of one segment; each is a number.
enum Values {
    All,
    Texts(StrColumn),
    /// Days, and the first day of each bucket but the last.
    Days(Column<i64>, [i64; BUCKETS.len() - 1]),
}

/// The sums of one segment, by the number of the value.
struct Counting {
    amounts: Column<i64>,
    each: Vec<(Values, Vec<Sum>)>,
    amounts_read: Vec<Option<i64>>,
    read: Read,
}

/// Values of some rows. What stands at one place of these is of one value.
#[derive(Default)]
struct Read {
    rows: Vec<DocId>,
    places: Vec<u32>,
    ords: Vec<u64>,
    days: Vec<Option<i64>>,
}

impl Counting {
    /// By nothing where a `by` is none: all together.
    fn of(segment: &SegmentReader, bys: &[Option<By>], today: NaiveDate) -> tantivy::Result<Counting> {
        let values = |by: &Option<By>| {
            let (values, count) = values(segment, *by, today)?;
            Ok((values, vec![Sum::default(); count]))
        };
        let each = bys.iter().map(values).collect::<tantivy::Result<_>>()?;
        let amounts = segment.fast_fields().i64("amount")?;
        Ok(Counting { amounts, each, amounts_read: Vec::new(), read: Read::default() })
    }

    fn add(&mut self, rows: &[DocId]) {
        let read = &mut self.read;
        self.amounts_read.clear();
        self.amounts_read.resize(rows.len(), None);
        self.amounts.first_vals(rows, &mut self.amounts_read);
        let amount = |amount: Option<i64>| amount.unwrap_or(0).max(0);
        for (values, sums) in &mut self.each {
            let mut add = |value: usize, amount: i64| {
                if let Some(sum) = sums.get_mut(value) {
                    sum.count += 1;
                    sum.amount += amount;
                }
            };
            match values {
                Values::All => self.amounts_read.iter().for_each(|a| add(0, amount(*a))),
                Values::Texts(texts) => {
                    read.rows.clear();
                    read.places.clear();
                    texts.ords().row_ids_for_docs(rows, &mut read.rows, &mut read.places);
                    read.ords.resize(read.places.len(), 0);
                    texts.ords().values.get_vals(&read.places, &mut read.ords);
                    // A row has no value here, one, or several.
                    let mut at = 0;
                    for (row, ord) in read.rows.iter().zip(&read.ords) {
                        while rows.get(at).is_some_and(|asked| asked < row) {
                            at += 1;
                        }
                        add(
                            usize::try_from(*ord).unwrap_or(usize::MAX),
                            amount(self.amounts_read.get(at).copied().flatten()),
                        );
                    }
                }
                Values::Days(days, firsts) => {
                    read.days.clear();
                    read.days.resize(rows.len(), None);
                    days.first_vals(rows, &mut read.days);
                    for (day, a) in read.days.iter().zip(&self.amounts_read) {
                        let day = day.unwrap_or(i64::MIN);
                        add(firsts.iter().position(|first| day >= *first).unwrap_or(firsts.len()), amount(*a));
                    }
                }
            }
        }
    }

    fn sums(self) -> tantivy::Result<Vec<Sums>> {
        self.each.into_iter().map(|(values, sums)| by_value(&values, &sums)).collect()
    }
}

fn by_value(values: &Values, sums: &[Sum]) -> tantivy::Result<Sums> {
    let some = || sums.iter().enumerate().filter(|(_, sum)| sum.count > 0);
    Ok(match values {
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

/// The values that are counted by, and how many there are.
fn values(segment: &SegmentReader, by: Option<By>, today: NaiveDate) -> tantivy::Result<(Values, usize)> {
    let fast = segment.fast_fields();
    let name = match by {
        None => return Ok((Values::All, 1)),
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
    if matches!(by, Some(By::Age | By::Since(_))) {
        let first = |days| today.checked_sub_days(Days::new(days)).map_or(i64::MIN, day_number);
        let [a, b, c, _] = BUCKETS.map(|(_, last)| last.map_or(i64::MIN, first));
        return Ok((Values::Days(fast.i64(name)?, [a, b, c]), BUCKETS.len()));
    }
    Ok(match fast.str(name)? {
        Some(texts) => {
            let count = texts.dictionary().num_terms();
            (Values::Texts(texts), count)
        }
        // No row of this segment has one.
        None => (Values::All, 0),
    })
}

fn together(segments: &[Vec<Arc<Sums>>]) -> Vec<Sums> {
    let mut segments = segments.iter();
    let first = segments.next().map(Vec::as_slice).unwrap_or_default();
    let mut all: Vec<Sums> = first.iter().map(|sums| Sums::clone(sums)).collect();
    for found in segments {
        for (all, found) in all.iter_mut().zip(found.iter()) {
            for (value, sum) in found.as_ref() {
                if !all.contains_key(value) {
                    all.insert(value.clone(), Sum::default());
                }
                if let Some(together) = all.get_mut(value) {
                    together.count += sum.count;
                    together.amount += sum.amount;
                }
            }
        }
    }
    all
}
