//! A query whose rows are gathered before they are compared with others.
//!
//! A phrase that is to be left out is asked about rows before its first one; tantivy 0.27 has it assume that this never
//! happens (`PhraseScorer::seek_danger`). A set of rows may be asked in any order.

use tantivy::query::{BitSetDocSet, ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError};

/// The same rows as the query's, all of one worth.
#[derive(Debug)]
pub(super) struct Gathered(pub(super) Box<dyn Query>);

impl Clone for Gathered {
    fn clone(&self) -> Self {
        Gathered(self.0.box_clone())
    }
}

impl Query for Gathered {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(Gathering(self.0.weight(scoring)?)))
    }
}

struct Gathering(Box<dyn Weight>);

impl Weight for Gathering {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut rows = tantivy::BitSet::with_max_value(segment.max_doc());
        let mut found = self.0.scorer(segment, boost)?;
        let mut row: DocId = found.doc();
        while row != TERMINATED {
            rows.insert(row);
            row = found.advance();
        }
        Ok(Box::new(ConstScorer::new(BitSetDocSet::from(rows), boost)))
    }

    fn explain(&self, segment: &SegmentReader, row: DocId) -> tantivy::Result<Explanation> {
        if self.scorer(segment, 1.0)?.seek(row) == row {
            return Ok(Explanation::new("Gathered", 1.0));
        }
        Err(TantivyError::InvalidArgument(format!("row {row} is not found")))
    }
}
