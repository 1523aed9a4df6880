//! Columns of segments as they were opened: each has a line for every 512 rows, and to read those of ten million again for each
//! list took more than the list did.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tantivy::index::SegmentId;
use tantivy::{Searcher, SegmentReader};

use super::names::Names;
use super::order::Keys;
use super::stretches::Stretches;

/// What was opened so far, by segment and column.
#[derive(Clone, Debug, Default)]
pub(super) struct Opened {
    columns: Arc<Mutex<HashMap<(SegmentId, &'static str), Keys>>>,
    pub(super) stretches: Stretches,
    pub(super) names: Names,
}

impl Opened {
    fn all(&self) -> MutexGuard<'_, HashMap<(SegmentId, &'static str), Keys>> {
        self.columns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The column `name` of a segment, of numbers or of texts.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn keys(&self, segment: &SegmentReader, name: &'static str, is_number: bool) -> tantivy::Result<Keys> {
        let key = (segment.segment_id(), name);
        if let Some(known) = self.all().get(&key) {
            return Ok(known.clone());
        }
        let keys = Keys::of(segment, name, is_number)?;
        self.all().insert(key, keys.clone());
        Ok(keys)
    }

    /// Forgets segments that `searcher` has no more.
    pub(super) fn keep_those_of(&self, searcher: &Searcher) {
        let left: Vec<SegmentId> = searcher.segment_readers().iter().map(SegmentReader::segment_id).collect();
        self.all().retain(|(segment, _), _| left.contains(segment));
        self.stretches.keep_those_of(&left);
        self.names.keep_those_of(&left);
    }
}
