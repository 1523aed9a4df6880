//! Counts and sums per value, of the rows that a query finds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use domain::filter::{Field, Filter};
use domain::fold::fold;
use domain::identity::Identity;
use moka::sync::Cache;
use service::pages::{At, Name, part};
use sha2::{Digest as _, Sha256};
use tantivy::SegmentReader;
use tantivy::index::SegmentId;

use super::counting::counted;
use super::sums::{Holds, SegmentSums, Sum, Sums, column_of};
use super::{ROWS_OF_KEPT, View, kept, lanes};
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
    /// The figures of the selection, whose amounts are 0 where no `amounts` are wanted: rows alone take a tenth less. None
    /// where the tables are the better ones to ask.
    ///
    /// # Errors
    /// The index's own.
    pub(crate) fn figures(
        &self,
        selection: &Selection<'_>,
        bys: &[By],
        amounts: bool,
    ) -> tantivy::Result<Option<Figures>> {
        let is_hidden = |by: &By| selection.hides_in_some_rows(by.field());
        // What is seen in every row is counted in one go; of the others each has rows of its own.
        let seen: Vec<Option<By>> = bys.iter().filter(|by| !is_hidden(by)).copied().map(Some).collect();
        let Some(seen) = self.sums((selection, amounts), None, &[&[None], &seen[..]].concat())? else {
            return Ok(None);
        };
        let mut seen = seen.into_iter();
        let all = seen.next().and_then(|sums| sums.0.first().copied()).unwrap_or_default();
        let total = Figure { value: String::new(), count: all.count, amount: all.amount };
        let mut per_value = Vec::with_capacity(bys.len());
        for by in bys {
            let sums = if is_hidden(by) {
                self.sums((selection, amounts), Some(by.field()), &[Some(*by)])?.and_then(|mut sums| sums.pop())
            } else {
                seen.next()
            };
            let Some(sums) = sums else { return Ok(None) };
            per_value.push(self.told(*by, &sums));
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
        let Some(found) = self.figures(selection, &[By::Executive], false)? else { return Ok(None) };
        let named = found
            .per_value
            .into_iter()
            .flatten()
            .map(|f| (fold(&f.value), Executive { name: f.value, count: f.count }));
        let named: BTreeMap<String, Executive> = named.filter(|(folded, _)| folded.contains(search)).collect();
        Ok(Some(part(named, at, limit, |(folded, _)| Name(folded.clone())).into_iter().collect()))
    }

    /// The sums of each of `bys`, of the rows in which the asker sees `shown`; an amount that they do not see counts nothing, and none
    /// does where no `amounts` are wanted.
    fn sums(
        &self,
        (selection, amounts): (&Selection<'_>, bool),
        shown: Option<Field>,
        bys: &[Option<By>],
    ) -> tantivy::Result<Option<Vec<Sums>>> {
        let shown: Vec<Field> = shown.into_iter().collect();
        let (nobody, filter) = (Identity::of_nobody(selection.now), Filter::default());
        let everything = Selection { filter: &filter, who: &nobody, ..*selection };
        let summed = |shown: &[Field]| {
            let question: Arc<str> = format!("{} {shown:?} {}", selection.seen_by(), selection.filter).into();
            let until = Some(lanes::until(selection.filter));
            let Some(parts) = self.parts(selection, shown, until)? else { return Ok(None) };
            let Some(everything) = self.parts(&everything, &[], until)? else { return Ok(None) };
            let segments = self.searcher.segment_readers();
            let none = || vec![Sums::default(); bys.len()];
            let found = lanes::each(segments, lanes::WHILE_COUNTED, until, none, |all, segment| {
                let rows = || self.rows.of(segment, &parts);
                let all_rows = || self.rows.of(segment, &everything);
                let count =
                    |bys: &[_], rows: &[u64]| counted(segment, &self.opened, (bys, amounts), selection.today, rows);
                let found =
                    self.sums.of(segment, (&question, selection.today, amounts), bys, (rows, all_rows), count)?;
                all.iter_mut().zip(found).for_each(|(all, sums)| sums.add_to(all));
                Ok(())
            })?;
            tantivy::Result::Ok(found.into_iter().reduce(together))
        };
        let Some(mut found) = summed(&shown)? else { return Ok(None) };
        if !amounts {
            // Sums that are kept may have some, of more rows than these.
            found.iter_mut().flat_map(|sums| &mut sums.0).for_each(|sum| sum.amount = 0);
        } else if selection.hides_in_some_rows(Field::Amount) {
            let Some(seen) = summed(&[&shown[..], &[Field::Amount]].concat())? else { return Ok(None) };
            for (sums, seen) in found.iter_mut().zip(seen) {
                for (number, sum) in sums.0.iter_mut().enumerate() {
                    sum.amount = seen.0.get(number).map_or(0, |seen| seen.amount);
                }
            }
        }
        Ok(Some(found))
    }

    /// The figure of each value that has rows. Values that are one to who reads them become one.
    fn told(&self, by: By, sums: &Sums) -> Vec<Figure> {
        let mut figures: HashMap<String, Figure> = HashMap::new();
        let (column, holds) = column_of(by);
        let mut tell = |value: &str, sum: &Sum| {
            if sum.count == 0 {
                return;
            }
            let value = if by == By::Stage { stage_of_key(value) } else { value };
            let key = if holds == Holds::Names { fold(value) } else { value.to_owned() };
            let figure = figures.entry(key).or_insert_with(|| Figure { value: value.to_owned(), ..Figure::default() });
            figure.count += sum.count;
            figure.amount += sum.amount;
            // Of the ways in which one name is written, the first by its bytes.
            if value < figure.value.as_str() {
                figure.value = value.to_owned();
            }
        };
        if holds == Holds::Day {
            BUCKETS.iter().zip(&sums.0).for_each(|(days, sum)| tell(&bucket_name(*days), sum));
        } else {
            self.opened.names.each(column, &sums.0, tell);
        }
        figures.into_values().collect()
    }
}

/// Bytes of sums that are kept: those of all rows and of each stage are a quarter of it with 2,000 customers and ten pieces of the
/// index.
const MOST_KEPT: u64 = 12 << 20;
/// Bytes of questions whose rows are known.
const MOST_ASKED: u64 = 1 << 20;
/// How long they are kept while nobody asks: a night, so that who opens the dashboard in the morning does not wait.
const KEPT: Duration = Duration::from_hours(24);

/// A state of a segment, with so many rows replaced, and what is asked of it.
type Asked = (SegmentId, u32, Arc<str>);
/// Some rows of a segment, by what they are summed, the day that ages are told by, and whether amounts are summed.
type Summed = (SegmentId, Digest, Option<By>, NaiveDate, bool);

/// The sums of segments: a change leaves most segments as they were, and whoever watches a dashboard asks the same after each.
/// They are kept by the rows that are summed, whatever the question was: most filters ask for all rows of some segments, such as a
/// range of days, or one source where there is no other, and those of all rows are counted ahead.
#[derive(Clone)]
pub(super) struct KeptSums {
    rows: Cache<Asked, Digest>,
    sums: Cache<Summed, SegmentSums>,
}

impl Default for KeptSums {
    fn default() -> KeptSums {
        let fits = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        let rows = move |(_, _, question): &Asked, _: &Digest| fits(question.len() + size_of::<(Asked, Digest)>());
        let sums = move |_: &Summed, sums: &SegmentSums| fits(sums.size() + size_of::<(Summed, SegmentSums)>());
        KeptSums {
            rows: Cache::builder().max_capacity(MOST_ASKED).weigher(rows).time_to_idle(KEPT).build(),
            sums: Cache::builder().max_capacity(MOST_KEPT).weigher(sums).time_to_idle(KEPT).build(),
        }
    }
}

impl KeptSums {
    /// The sums of each of `bys`, of the `rows` that a question of one day finds; those that are not kept are counted in one go. Where
    /// they are more than half of `all_rows`, whose sums are kept, the others are counted and taken away.
    fn of(
        &self,
        segment: &SegmentReader,
        (question, today, amounts): (&Arc<str>, NaiveDate, bool),
        bys: &[Option<By>],
        (rows, all_rows): (impl Fn() -> tantivy::Result<Vec<u64>>, impl Fn() -> tantivy::Result<Vec<u64>>),
        count: impl Fn(&[Option<By>], &[u64]) -> tantivy::Result<Vec<SegmentSums>>,
    ) -> tantivy::Result<Vec<SegmentSums>> {
        if segment.max_doc() < ROWS_OF_KEPT {
            return count(bys, &rows()?);
        }
        let asked = (segment.segment_id(), segment.num_deleted_docs(), Arc::clone(question));
        let mut found = None;
        let digest = kept(&self.rows, segment, asked, || Ok(digest(found.insert(rows()?))))?;
        let key = |by: &Option<By>| (segment.segment_id(), digest, *by, today, amounts);
        let mut known: Vec<Option<SegmentSums>> = bys.iter().map(|by| self.known(key(by))).collect();
        let open: Vec<usize> = (0..bys.len()).filter(|at| known[*at].is_none()).collect();
        if !open.is_empty() {
            let found = found.map_or_else(rows, Ok)?;
            let asked: Vec<Option<By>> = open.iter().map(|at| bys[*at]).collect();
            let counted = match self.of_all(segment, (today, amounts), &asked, &found, all_rows)? {
                Some((all, others)) => {
                    let others = count(&asked, &others)?;
                    all.iter().zip(&others).map(|(all, others)| all.less(others)).collect()
                }
                None => count(&asked, &found)?,
            };
            for (at, sums) in open.into_iter().zip(counted) {
                self.sums.insert(key(&bys[at]), sums.clone());
                known[at] = Some(sums);
            }
        }
        Ok(known.into_iter().flatten().collect())
    }

    /// Those that are kept, with amounts too where none are wanted.
    fn known(&self, summed: Summed) -> Option<SegmentSums> {
        let (segment, rows, by, today, amounts) = summed;
        let with_amounts = || if amounts { None } else { self.sums.get(&(segment, rows, by, today, true)) };
        self.sums.get(&summed).or_else(with_amounts)
    }

    /// The sums of all rows that are in no trash by each of `bys`, and those of the rows that are not among `found`; none where these
    /// are the more ones, or some sum of all is not kept.
    fn of_all(
        &self,
        segment: &SegmentReader,
        (today, amounts): (NaiveDate, bool),
        bys: &[Option<By>],
        found: &[u64],
        all_rows: impl Fn() -> tantivy::Result<Vec<u64>>,
    ) -> tantivy::Result<Option<(Vec<SegmentSums>, Vec<u64>)>> {
        let count: u32 = found.iter().map(|rows| rows.count_ones()).sum();
        if count <= segment.num_docs() / 2 {
            return Ok(None);
        }
        let mut others = all_rows()?;
        // No question is nothing.
        let all = (segment.segment_id(), segment.num_deleted_docs(), "".into());
        let digest = kept(&self.rows, segment, all, || Ok(digest(&others)))?;
        let sums = |by: &Option<By>| self.known((segment.segment_id(), digest, *by, today, amounts));
        let Some(all) = bys.iter().map(sums).collect::<Option<Vec<_>>>() else { return Ok(None) };
        let mut is_of_all = true;
        for (others, found) in others.iter_mut().zip(found) {
            is_of_all &= found & !*others == 0;
            *others ^= found;
        }
        Ok(is_of_all.then_some((all, others)))
    }
}

/// Which rows of a segment, SHA-256.
type Digest = [u8; 32];

/// Words of rows that are told at once, or passed over where they have none.
const WORDS: usize = 64;

fn digest(rows: &[u64]) -> Digest {
    let (mut digest, mut bytes) = (Sha256::new(), [0; WORDS * size_of::<u64>()]);
    for (at, words) in rows.chunks(WORDS).enumerate().filter(|(_, words)| words.iter().any(|word| *word != 0)) {
        bytes.fill(0);
        bytes
            .chunks_exact_mut(size_of::<u64>())
            .zip(words)
            .for_each(|(bytes, word)| bytes.copy_from_slice(&word.to_le_bytes()));
        digest.update(at.to_le_bytes());
        digest.update(bytes);
    }
    digest.finalize().into()
}

/// The sums of two lots of segments.
fn together(mut all: Vec<Sums>, others: Vec<Sums>) -> Vec<Sums> {
    all.iter_mut().zip(others).for_each(|(all, others)| all.add_all(&others));
    all
}
