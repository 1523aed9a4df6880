//! Rows by their ids, as they are replaced. A query of tantivy's for one term takes a kilobyte, and those of rows that were replaced are
//! held until every merge that began before has ended.

use std::sync::Arc;

use tantivy::postings::TermInfo;
use tantivy::query::{BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::schema::{Field as Column, IndexRecordOption};
use tantivy::{BitSet, DocId, Score, SegmentReader};
use uuid::Uuid;

use super::union::{explained, gather};

/// The rows that have one of `ids` in `column`.
#[derive(Clone, Debug)]
pub(super) struct WithId {
    pub(super) column: Column,
    pub(super) ids: Arc<[Uuid]>,
}

impl Query for WithId {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for WithId {
    fn scorer(&self, segment: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let index = segment.inverted_index(self.column)?;
        let terms = self.ids.iter().map(|id| index.terms().get(id.as_bytes()));
        let terms: Vec<TermInfo> = terms.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        let Some(first) = terms.first() else { return Ok(Box::new(EmptyScorer)) };
        let mut found = index.read_block_postings_from_terminfo(first, IndexRecordOption::Basic)?;
        let mut rows = BitSet::with_max_value(segment.max_doc());
        for term in &terms {
            gather(&index, term, &mut found, &mut rows)?;
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(rows), 1.0)))
    }

    fn explain(&self, segment: &SegmentReader, row: DocId) -> tantivy::Result<Explanation> {
        explained(self.scorer(segment, 1.0)?, row)
    }
}
