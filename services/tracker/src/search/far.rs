//! Windows far into a list. Nobody sorts a million rows for two hundred: marks are spread over the list, the rows of a query
//! are counted between them, and the window is looked for from the last mark before it on.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use tantivy::{DocId, Searcher, SegmentReader};

use super::bits::places_of;
use super::opened::Opened;
use super::order::{BLOCK, Order, Rank, compare};
use super::stretches::{STRETCH, Stretches};
use crate::store::sort::{Place, Sort};

/// Marks of a list, and rows between two of them in a large register: so many are looked through in a millisecond or two. More
/// marks would be more to read, and to look for each row among.
const MARKS: RangeInclusive<u64> = 512..=8192;
const ROWS_BETWEEN: u64 = 2000;
/// Rows that are read for each mark, so that about as many stand between any two.
const READ_FOR_EACH: usize = 4;

/// Orders whose marks are kept: people use a few, and a program may go through all.
const ORDERS: usize = 32;
/// Rows that may come or change anyhow before marks are read anew; of a large register a sixteenth.
const FEW_CHANGES: u64 = 1000;

/// The marks of each order, as they were read last. Any places will do, so they hold until they are no longer spread evenly.
#[derive(Clone, Default)]
pub(super) struct Marks(Arc<Mutex<HashMap<String, Marked>>>);

struct Marked {
    /// Rows of the index when they were read, and its place in the log.
    rows: u64,
    seq: u64,
    places: Arc<[Place]>,
}

impl Marks {
    /// Those of `sort` in the index as it is at the place `seq` of the log.
    pub(super) fn of(
        &self,
        searcher: &Searcher,
        sort: Sort,
        seq: u64,
        opened: &Opened,
    ) -> tantivy::Result<Arc<[Place]>> {
        let rows: u64 = searcher.segment_readers().iter().map(|segment| u64::from(segment.max_doc())).sum();
        let few = (rows / 16).max(FEW_CHANGES);
        let name = sort.to_string();
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&name).and_then(|marked| {
            let is_fit = marked.rows.abs_diff(rows) <= few && marked.seq.abs_diff(seq) <= few;
            is_fit.then(|| Arc::clone(&marked.places))
        });
        if let Some(places) = known {
            return Ok(places);
        }
        let places: Arc<[Place]> = spread(searcher, sort, rows, opened)?.into();
        let marked = Marked { rows, seq, places: Arc::clone(&places) };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= ORDERS {
            all.clear();
        }
        all.insert(name, marked);
        Ok(places)
    }
}

fn spread(searcher: &Searcher, sort: Sort, rows: u64, opened: &Opened) -> tantivy::Result<Vec<Place>> {
    let marks = (rows / ROWS_BETWEEN).clamp(*MARKS.start(), *MARKS.end());
    let step = usize::try_from(rows.div_ceil(marks * READ_FOR_EACH as u64)).unwrap_or(usize::MAX).max(1);
    let mut places = Vec::new();
    for segment in searcher.segment_readers() {
        let order = Order::of(sort, false, segment, opened)?;
        let mut ranks = Vec::new();
        for row in (0..segment.max_doc()).step_by(step) {
            let mut key = [0];
            order.keys.of_rows(&[row], &mut key);
            // Any place does: of the id the first half alone is read.
            ranks.push((order.level(row, key[0]), order.high(row)));
        }
        ranks.sort_unstable();
        places.extend(order.places(&ranks)?);
    }
    places.sort_unstable_by(|a, b| compare(sort, false, a, b));
    Ok(places.into_iter().step_by(READ_FOR_EACH).collect())
}

/// How many of the `rows` of one segment, of which each has a bit, stand up to the first mark by its `order`, behind that up to the
/// second, and so on.
pub(super) fn counted(
    rows: &[u64],
    segment: &SegmentReader,
    order: &Order,
    marks: &[Place],
    stretches: &Stretches,
) -> tantivy::Result<Vec<u64>> {
    let rank = |place: &Place| order.behind(place).map(|behind| behind.rank);
    let behind: Vec<Rank> = marks.iter().map(rank).collect::<tantivy::Result<_>>()?;
    let firsts: Vec<u64> = behind.iter().map(|((first, _), _)| *first).collect();
    let of_stretches = order.spans(segment, stretches);
    // Which marks, from one place to another, have a value in the first column: rows of it stand among them, and behind all
    // that come before.
    let span = |key: u64| {
        let first = order.first(key);
        let passed = firsts.partition_point(|mark| *mark < first);
        let alike = if firsts.get(passed) == Some(&first) {
            firsts[passed..].partition_point(|mark| *mark == first)
        } else {
            0
        };
        (passed, passed + alike)
    };
    let spans: Vec<(usize, usize)> = (0..order.keys.few_texts().unwrap_or(0)).map(span).collect();
    let (mut counts, mut block, mut keys) = (vec![0; marks.len() + 1], Vec::with_capacity(BLOCK), [0; BLOCK]);
    // Rows one after another were mostly made one after another, so the next one with the same value is near the last one.
    let mut near = vec![0; spans.len()];
    let mut part_of = |row: DocId, key: u64| {
        let known = usize::try_from(key).ok().filter(|key| *key < spans.len());
        let (passed, alike) = known.map_or_else(|| span(key), |known| spans[known]);
        if passed == alike {
            return passed;
        }
        let near = known.map(|known| &mut near[known]);
        let (ids, marks) = (of_stretches.ids(row / STRETCH), &behind[passed..alike]);
        let among = order.passed((row, key), ids, marks, near.as_deref().copied().unwrap_or_default());
        if let Some(near) = near {
            *near = among;
        }
        passed + among
    };
    for (first, bits) in (0..).step_by(BLOCK).zip(rows).filter(|(_, bits)| **bits != 0) {
        block.clear();
        block.extend(places_of(*bits).map(|place| first + place));
        order.keys.of_rows(&block, &mut keys[..block.len()]);
        for (row, key) in block.iter().zip(keys) {
            counts[part_of(*row, key)] += 1;
        }
    }
    Ok(counts)
}

/// How long counts are kept at most, and of how many lists. A change of the register or of the asker's rights makes new ones.
const KEPT: Duration = Duration::from_secs(60);
const LISTS: u64 = 64;

/// How many rows lists have, in all and between their marks: whoever drags a scroll bar asks for many windows of one list.
#[derive(Clone)]
pub(super) struct Counts {
    between: Cache<String, Arc<Counted>>,
    totals: Cache<String, u64>,
}

/// The marks of a list, and how many of its rows stand up to the first, behind that up to the second, and so on.
pub(super) struct Counted {
    marks: Arc<[Place]>,
    rows: Vec<u64>,
}

impl Default for Counts {
    fn default() -> Counts {
        Counts {
            between: Cache::builder().max_capacity(LISTS).time_to_live(KEPT).build(),
            totals: Cache::builder().max_capacity(LISTS).time_to_live(KEPT).build(),
        }
    }
}

impl Counts {
    /// What is kept of the list `name`.
    pub(super) fn of(&self, name: &str) -> Option<Arc<Counted>> {
        self.between.get(name)
    }

    /// How many rows the list `name` has, where that is kept.
    pub(super) fn total(&self, name: &str) -> Option<u64> {
        self.totals.get(name)
    }

    /// Keeps how many rows the list `name` has.
    pub(super) fn keep_total(&self, name: String, total: u64) -> u64 {
        self.totals.insert(name, total);
        total
    }

    /// Keeps what was counted in each segment.
    pub(super) fn keep(&self, name: String, marks: Arc<[Place]>, segments: &[Vec<u64>]) -> Arc<Counted> {
        let rows = (0..=marks.len()).map(|part| segments.iter().map(|counts| counts[part]).sum()).collect();
        let counted = Arc::new(Counted { marks, rows });
        self.between.insert(name, Arc::clone(&counted));
        counted
    }
}

/// Where a window begins.
#[derive(Debug)]
pub(crate) struct Far {
    /// The last mark before it; none where that is the list's beginning.
    pub(crate) mark: Option<Place>,
    /// Rows of the list up to the mark.
    pub(crate) passed: u64,
    /// Rows of the list.
    pub(crate) total: u64,
}

impl Far {
    /// Of the window from the `offset`-th row on.
    pub(super) fn of(offset: u64, counted: &Counted) -> Far {
        let mut far = Far { mark: None, passed: 0, total: 0 };
        for (part, count) in counted.rows.iter().enumerate() {
            if far.total <= offset {
                far.mark = part.checked_sub(1).and_then(|before| counted.marks.get(before)).cloned();
                far.passed = far.total;
            }
            far.total += count;
        }
        far
    }
}
