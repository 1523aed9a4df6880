//! The rows of a segment as bits: 64 of them are put beside others at once. What parts of a filter find is kept so, since a
//! dashboard asks for the same rows again and again, each time together with other ones.

use std::sync::Arc;
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tantivy::index::SegmentId;
use tantivy::query::{Occur, Weight};
use tantivy::{DocId, SegmentReader};

use super::column::InColumn;
use super::kept;

/// A bit for each row of a segment, the first row's the lowest of the first.
pub(super) type Bits = Arc<[u64]>;

/// Bytes of rows that are kept of groups of terms: of ten million rows the dashboard's piles. To find them takes most of the time of
/// a dashboard that nobody looked at lately, so what else is asked does not push them out.
const MOST_OF_GROUPS: u64 = 12 << 20;
/// The same of all else: of ten million rows some nine filters.
const MOST_OF_OTHERS: u64 = 12 << 20;
/// How long they are kept while nobody asks.
const KEPT: Duration = Duration::from_hours(1);

/// A part of a filter, as one who sees certain rows asks it.
pub(super) struct Part {
    /// The same of all who are answered the same rows.
    pub(super) name: Arc<str>,
    /// Whether it is a group of terms.
    pub(super) is_group: bool,
    pub(super) rows: Rows,
}

/// What finds the rows of a part.
pub(super) enum Rows {
    /// A column tells them, which is read in blocks; or all the others.
    InColumn(InColumn, Occur),
    Found(Box<dyn Weight>),
}

/// Rows of parts of filters, replaced ones among them: a segment's terms never change.
#[derive(Clone)]
pub(super) struct KeptRows {
    groups: Kept,
    others: Kept,
}

type Kept = Cache<(SegmentId, Arc<str>), Bits>;

impl Default for KeptRows {
    fn default() -> KeptRows {
        KeptRows { groups: keeping(MOST_OF_GROUPS), others: keeping(MOST_OF_OTHERS) }
    }
}

fn keeping(most: u64) -> Kept {
    let weight = |(_, name): &(SegmentId, Arc<str>), rows: &Bits| {
        u32::try_from(name.len() + size_of_val(&**rows)).unwrap_or(u32::MAX)
    };
    // What was asked last is asked next, however often other parts were.
    let policy = EvictionPolicy::lru();
    Cache::builder().max_capacity(most).weigher(weight).eviction_policy(policy).time_to_idle(KEPT).build()
}

impl KeptRows {
    /// The rows of `segment` that all `parts` have, less those that were replaced.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn of(&self, segment: &SegmentReader, parts: &[Part]) -> tantivy::Result<Vec<u64>> {
        let mut rows = vec![u64::MAX; segment.max_doc().div_ceil(u64::BITS) as usize];
        for part in parts {
            let other = self.part(segment, part)?;
            rows.iter_mut().zip(&*other).for_each(|(rows, other)| *rows &= other);
        }
        if let Some(left) = self.left(segment)? {
            rows.iter_mut().zip(&*left).for_each(|(rows, left)| *rows &= left);
        }
        Ok(rows)
    }

    /// The rows of `segment` that were not replaced, where some were.
    fn left(&self, segment: &SegmentReader) -> tantivy::Result<Option<Bits>> {
        let Some(alive) = segment.alive_bitset() else { return Ok(None) };
        // Rows are replaced and never come back, so their count tells which.
        let name = format!("less {}", segment.num_deleted_docs());
        let bits = || {
            let mut bits = vec![0; segment.max_doc().div_ceil(u64::BITS) as usize];
            put(&mut bits, alive.iter_alive());
            Ok(bits.into())
        };
        kept(&self.others, segment, (segment.segment_id(), name.into()), bits).map(Some)
    }

    fn part(&self, segment: &SegmentReader, part: &Part) -> tantivy::Result<Bits> {
        let key = (segment.segment_id(), Arc::clone(&part.name));
        let all = if part.is_group { &self.groups } else { &self.others };
        kept(all, segment, key, || match &part.rows {
            Rows::InColumn(column, occur) => column.bits(segment, *occur),
            Rows::Found(weight) => gathered(segment, &**weight),
        })
    }
}

fn gathered(segment: &SegmentReader, weight: &dyn Weight) -> tantivy::Result<Bits> {
    let mut bits = vec![0; segment.max_doc().div_ceil(u64::BITS) as usize];
    weight.for_each_no_score(segment, &mut |rows: &[DocId]| put(&mut bits, rows.iter().copied()))?;
    Ok(bits.into())
}

fn put(bits: &mut [u64], rows: impl Iterator<Item = DocId>) {
    for row in rows {
        if let Some(bits) = bits.get_mut((row / u64::BITS) as usize) {
            *bits |= 1 << (row % u64::BITS);
        }
    }
}
