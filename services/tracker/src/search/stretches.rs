//! The least and the greatest sort key of each stretch of a segment's rows, by which a list passes over the rows that are not
//! of its page, and a filter over those that it does not ask for. Segments never change, so these are read once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tantivy::SegmentReader;
use tantivy::index::SegmentId;

use super::order::Keys;

/// Rows of one stretch. Tests, which have few rows, have some of them.
pub(super) const STRETCH: u32 = if cfg!(test) { 64 } else { 1024 };

/// Both keys of each stretch, in the order of rows: 16 bytes for 1,024 rows.
pub(super) type Ends = Arc<[(u64, u64)]>;

/// What was read so far, by segment and sort column.
#[derive(Clone, Debug, Default)]
pub(super) struct Stretches(Arc<Mutex<HashMap<(SegmentId, &'static str), Ends>>>);

impl Stretches {
    fn all(&self) -> MutexGuard<'_, HashMap<(SegmentId, &'static str), Ends>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those of the column `keys` of a segment, which are read the first time.
    pub(super) fn of(&self, segment: &SegmentReader, keys: &Keys) -> Ends {
        let name = (segment.segment_id(), keys.name);
        let known = self.all().get(&name).cloned();
        known.unwrap_or_else(|| {
            let ends = keys.ends(segment.max_doc());
            self.all().insert(name, Arc::clone(&ends));
            ends
        })
    }

    /// Forgets segments but those that are `left`.
    pub(super) fn keep_those_of(&self, left: &[SegmentId]) {
        self.all().retain(|(segment, _), _| left.contains(segment));
    }
}

/// Whether any row of a stretch of `segment` was not replaced: those that are changed together stand together.
pub(super) fn has_rows(segment: &SegmentReader, stretch: u32) -> bool {
    let (first, behind) = (stretch * STRETCH, (stretch + 1).saturating_mul(STRETCH).min(segment.max_doc()));
    segment.alive_bitset().is_none_or(|alive| (first..behind).any(|row| alive.is_alive(row)))
}
