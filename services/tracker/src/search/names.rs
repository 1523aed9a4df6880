//! The names that rows are counted by. Each has one number in all segments: what these come to is put together by that, since to look up
//! two thousand customers by name in each of forty segments took a tenth of the time of all figures.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use indexmap::IndexSet;
use tantivy::SegmentReader;
use tantivy::index::SegmentId;

use super::order::Keys;
use super::shape::BETWEEN_NAMES;

/// All names so far, each column's by itself. None is forgotten by itself, since sums that are kept have its number: all are left behind
/// together, with these sums, once most are gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// A name's place is its number.
    columns: HashMap<&'static str, IndexSet<Box<str>>>,
    segments: HashMap<(SegmentId, &'static str), Arc<Numbers>>,
}

/// So many names take some hundred kilobytes.
const FEW: usize = if cfg!(test) { 8 } else { 1 << 12 };

/// The numbers of the names in each text of one segment's column, by the number that the text has there.
#[derive(Debug)]
pub(super) struct Numbers {
    /// Where those of each text end; none where each is one name.
    ends: Option<Vec<u32>>,
    numbers: Vec<u32>,
}

impl Numbers {
    /// Those of one text.
    pub(super) fn of(&self, text: usize) -> &[u32] {
        let Some(ends) = &self.ends else { return self.numbers.get(text..=text).unwrap_or_default() };
        let end = |text: usize| ends.get(text).map_or(self.numbers.len(), |end| *end as usize);
        self.numbers.get(text.checked_sub(1).map_or(0, end)..end(text)).unwrap_or_default()
    }
}

impl Names {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers of the names in the column `texts` of a segment, whose texts may hold several where they are `lists`; they are read
    /// the first time.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn numbers(&self, segment: &SegmentReader, texts: &Keys, lists: bool) -> tantivy::Result<Arc<Numbers>> {
        let (mut known, key) = (self.known(), (segment.segment_id(), texts.name));
        if let Some(numbers) = known.segments.get(&key) {
            return Ok(Arc::clone(numbers));
        }
        let names = known.columns.entry(texts.name).or_default();
        let mut all = Numbers { ends: lists.then(Vec::new), numbers: Vec::new() };
        let each: Vec<u64> = (0..texts.count_of_texts() as u64).collect();
        texts.each_text(&each, |text| match &mut all.ends {
            None => all.numbers.push(number(names, text)),
            Some(ends) => {
                let each = text.split(BETWEEN_NAMES).filter(|name| !name.is_empty());
                all.numbers.extend(each.map(|name| number(names, name)));
                ends.push(fits(all.numbers.len()));
            }
        })?;
        let all = Arc::new(all);
        known.segments.insert(key, Arc::clone(&all));
        Ok(all)
    }

    /// Hands each name of `column` and what `values` have at its number to `take`; names behind the last of these are left out.
    pub(super) fn each<T>(&self, column: &'static str, values: &[T], mut take: impl FnMut(&str, &T)) {
        if let Some(names) = self.known().columns.get(column) {
            names.iter().zip(values).for_each(|(name, value)| take(name, value));
        }
    }

    /// Forgets segments but those that are `left`.
    pub(super) fn keep_those_of(&self, left: &[SegmentId]) {
        self.known().segments.retain(|(segment, _), _| left.contains(segment));
    }

    /// Whether most names are of segments that are no more; these are to be left behind then, with all sums that have their numbers.
    pub(super) fn are_mostly_gone(&self) -> bool {
        let known = self.known();
        let names: usize = known.columns.values().map(IndexSet::len).sum();
        let present: usize = known.segments.values().map(|numbers| numbers.numbers.len()).sum();
        names > FEW + 2 * present
    }
}

fn number(names: &mut IndexSet<Box<str>>, name: &str) -> u32 {
    let known = names.get_index_of(name);
    fits(known.unwrap_or_else(|| names.insert_full(name.into()).0))
}

/// The names of a register are fewer than these numbers tell: a challan has fifty at most, and most are others' too.
fn fits(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
