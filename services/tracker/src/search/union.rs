//! Queries that tell of one row without a look at the rows between: of those that have tantivy's own form the first page of
//! a list would read all.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use moka::sync::Cache;
use tantivy::index::SegmentId;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::query::{
    AllScorer, BitSetDocSet, ConstScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight,
};
use tantivy::schema::{Field as Column, IndexRecordOption};
use tantivy::{
    BitSet, DocId, DocSet, InvertedIndexReader, Score, SeekDangerResult, SegmentReader, TERMINATED, TantivyError,
};

use SeekDangerResult::{Found, SeekLowerBound};

use super::{kept, lanes};

/// So often rows are asked for between two looks at the time; once mostly takes less than a microsecond. Tests have few rows.
const ASKED_AT_ONCE: u32 = if cfg!(test) { 1 } else { 64 };
/// As many words that begin alike are read beside each other; rows of more are gathered first.
const FEW: usize = 8;
/// Bytes of gathered rows that are kept, a bit for each row of the segment.
const MOST_GATHERED: u64 = 4 << 20;

/// Rows that were gathered last: the terms of a segment never change, and a dashboard asks for the same ones for each of its figures.
static GATHERED: LazyLock<Cache<(SegmentId, Between), Arc<BitSet>>> = LazyLock::new(|| {
    let weight = |_: &(SegmentId, Between), rows: &Arc<BitSet>| (rows.max_value() / u8::BITS).max(256);
    Cache::builder().max_capacity(MOST_GATHERED).weigher(weight).time_to_idle(Duration::from_secs(60)).build()
});

/// The rows of any of some queries. tantivy's own looks thousands of rows ahead.
#[derive(Debug)]
pub(super) struct AnyOf {
    pub(super) queries: Vec<Box<dyn Query>>,
    /// As long as this rows are looked for; none is for ever. Then there are no more, so that who asks looks at the time afterwards.
    pub(super) until: Option<Instant>,
}

impl Clone for AnyOf {
    fn clone(&self) -> Self {
        AnyOf { queries: self.queries.iter().map(|query| query.box_clone()).collect(), until: self.until }
    }
}

impl Query for AnyOf {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let weights = self.queries.iter().map(|query| query.weight(scoring)).collect::<Result<_, _>>()?;
        Ok(Box::new(AnyWeight { weights, until: self.until }))
    }
}

struct AnyWeight {
    weights: Vec<Box<dyn Weight>>,
    until: Option<Instant>,
}

impl Weight for AnyWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut all = Vec::with_capacity(self.weights.len());
        for weight in &self.weights {
            lanes::in_time(self.until)?;
            all.push(weight.scorer(segment, boost)?);
        }
        Ok(any_of(all, self.until))
    }

    fn scorer_danger(
        &self,
        segment: &SegmentReader,
        row: DocId,
        boost: Score,
    ) -> tantivy::Result<(SeekDangerResult, Box<dyn Scorer>)> {
        let mut each = Vec::with_capacity(self.weights.len());
        for weight in &self.weights {
            lanes::in_time(self.until)?;
            each.push(Cautious::near(row, weight.scorer_danger(segment, row, boost)?, self.until));
        }
        let rows = any_rows(each);
        // What is not there is behind `row`.
        Ok((if rows.doc() == row { Found } else { SeekLowerBound(rows.doc()) }, rows))
    }

    fn explain(&self, segment: &SegmentReader, row: DocId) -> tantivy::Result<Explanation> {
        explained(self.scorer(segment, 1.0)?, row)
    }
}

/// The rows that have a term of `column` in `terms`, its first and the first after it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Between {
    pub(super) column: Column,
    pub(super) first: String,
    pub(super) end: Option<String>,
}

impl Query for Between {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Between {
    fn scorer(&self, segment: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let index = segment.inverted_index(self.column)?;
        let mut terms = index.terms().range().ge(&self.first);
        if let Some(end) = &self.end {
            terms = terms.lt(end);
        }
        let (mut terms, mut few) = (terms.into_stream()?, Vec::new());
        while terms.advance() {
            few.push(terms.value().clone());
            if few.len() <= FEW {
                continue;
            }
            let rows = kept(&GATHERED, segment, (segment.segment_id(), self.clone()), || {
                let mut rows = BitSet::with_max_value(segment.max_doc());
                let mut found = index.read_block_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
                for term in &few {
                    gather(&index, term, &mut found, &mut rows)?;
                }
                while terms.advance() {
                    gather(&index, terms.value(), &mut found, &mut rows)?;
                }
                Ok(Arc::new(rows))
            })?;
            let rows = Arc::unwrap_or_clone(rows);
            return Ok(Box::new(ConstScorer::new(BitSetDocSet::from(rows), 1.0)));
        }
        let mut all: Vec<Box<dyn Scorer>> = Vec::with_capacity(few.len());
        for term in &few {
            let found = index.read_postings_from_terminfo(term, IndexRecordOption::Basic)?;
            all.push(Box::new(ConstScorer::new(found, 1.0)));
        }
        Ok(any_of(all, None))
    }

    fn explain(&self, segment: &SegmentReader, row: DocId) -> tantivy::Result<Explanation> {
        explained(self.scorer(segment, 1.0)?, row)
    }
}

/// Puts the rows of `term` to the others; `found`, which is of any other one, is read anew.
pub(super) fn gather(
    index: &InvertedIndexReader,
    term: &TermInfo,
    found: &mut BlockSegmentPostings,
    rows: &mut BitSet,
) -> tantivy::Result<()> {
    index.reset_block_postings_from_terminfo(term, found)?;
    while !found.docs().is_empty() {
        for row in found.docs() {
            rows.insert(*row);
        }
        found.advance();
    }
    Ok(())
}

pub(super) fn explained(mut rows: Box<dyn Scorer>, row: DocId) -> tantivy::Result<Explanation> {
    if rows.doc() <= row && rows.seek(row) == row {
        return Ok(Explanation::new("Found", 1.0));
    }
    Err(TantivyError::InvalidArgument(format!("row {row} is not found")))
}

fn any_of(mut all: Vec<Box<dyn Scorer>>, until: Option<Instant>) -> Box<dyn Scorer> {
    all.retain(|rows| rows.doc() != TERMINATED);
    if all.len() == 1 {
        return all.remove(0);
    }
    any_rows(all.into_iter().map(|rows| Cautious::new(rows, until)).collect())
}

/// Where some are not there, nothing but `seek_danger` may be asked before it finds a row.
fn any_rows(mut each: Vec<Cautious>) -> Box<dyn Scorer> {
    // What has none is known by its kind.
    each.retain(|rows| rows.least < TERMINATED);
    match each.iter().map(|rows| rows.least).min() {
        None => Box::new(EmptyScorer),
        Some(row) => Box::new(AnyRows { each, row }),
    }
}

/// Rows that may be asked for one row after another, and gone through again later.
struct Cautious {
    rows: Box<dyn Scorer>,
    /// No row before this one is left.
    least: DocId,
    /// The rows stand at `least`; else `seek_danger` left them where nothing but itself may be asked.
    is_there: bool,
    /// How often they were asked for one, which is done as long as `until`.
    asked: u32,
    until: Option<Instant>,
}

impl Cautious {
    fn new(rows: Box<dyn Scorer>, until: Option<Instant>) -> Cautious {
        Cautious { least: rows.doc(), rows, is_there: true, asked: 0, until }
    }

    /// Of what was made to be asked for `row` first.
    fn near(row: DocId, (found, rows): (SeekDangerResult, Box<dyn Scorer>), until: Option<Instant>) -> Cautious {
        let (least, is_there) = at(row, found);
        Cautious { rows, least, is_there, asked: 0, until }
    }

    fn has(&mut self, row: DocId) -> bool {
        if self.least == row && self.is_there {
            return true;
        }
        if self.least > row {
            return false;
        }
        self.asked = self.asked.wrapping_add(1);
        let is_late = self.asked.is_multiple_of(ASKED_AT_ONCE) && lanes::in_time(self.until).is_err();
        let found = if is_late { SeekLowerBound(TERMINATED) } else { self.rows.seek_danger(row) };
        (self.least, self.is_there) = at(row, found);
        self.is_there
    }

    /// Goes to the first row from `row` on.
    fn seek(&mut self, row: DocId) -> DocId {
        if self.is_there && self.least < row {
            self.least = self.rows.seek(row);
        }
        self.least = self.least.max(row);
        while !self.is_there && self.least < TERMINATED {
            let least = self.least;
            self.has(least);
        }
        self.least
    }
}

/// The first row that may be left, and whether it is there, where `row` was asked for.
fn at(row: DocId, found: SeekDangerResult) -> (DocId, bool) {
    match found {
        Found => (row, true),
        SeekLowerBound(least) => (least, false),
    }
}

struct AnyRows {
    each: Vec<Cautious>,
    row: DocId,
}

impl AnyRows {
    fn to(&mut self, row: DocId) -> DocId {
        self.row = self.each.iter_mut().map(|rows| rows.seek(row)).min().unwrap_or(TERMINATED);
        self.row
    }
}

impl DocSet for AnyRows {
    fn advance(&mut self) -> DocId {
        if self.row == TERMINATED { TERMINATED } else { self.to(self.row + 1) }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if target <= self.row { self.row } else { self.to(target) }
    }

    fn seek_danger(&mut self, target: DocId) -> SeekDangerResult {
        if target >= TERMINATED {
            return SeekLowerBound(TERMINATED);
        }
        let mut least = TERMINATED;
        for rows in &mut self.each {
            if rows.has(target) {
                self.row = target;
                return Found;
            }
            least = least.min(rows.least);
        }
        SeekLowerBound(least)
    }

    fn doc(&self) -> DocId {
        self.row
    }

    fn size_hint(&self) -> u32 {
        self.each.iter().map(|rows| rows.rows.size_hint()).fold(0, u32::saturating_add)
    }

    fn cost(&self) -> u64 {
        self.each.iter().map(|rows| rows.rows.cost()).sum()
    }
}

impl Scorer for AnyRows {
    fn score(&mut self) -> Score {
        1.0
    }
}

/// The rows of a query that are left out of others: these are asked for in order, but from before its first one on, which
/// `PhraseScorer::seek_danger` of tantivy 0.27 assumes never to happen. Nor is that first one looked for, which of whole words that
/// never stand one after another is to look at all rows that have them: nothing but `seek_danger` may be asked. As long as `until` rows are
/// looked for; then none are left out, so that who asks looks at the time afterwards.
#[derive(Debug)]
pub(super) struct LeftOut {
    pub(super) query: Box<dyn Query>,
    pub(super) until: Option<Instant>,
}

impl Clone for LeftOut {
    fn clone(&self) -> Self {
        LeftOut { query: self.query.box_clone(), until: self.until }
    }
}

impl Query for LeftOut {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(LeftOutWeight(self.query.weight(scoring)?, self.until)))
    }
}

struct LeftOutWeight(Box<dyn Weight>, Option<Instant>);

impl Weight for LeftOutWeight {
    fn scorer(&self, segment: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let (found, rows) = self.0.scorer_danger(segment, 0, boost)?;
        // What has all rows is known by its kind.
        if rows.is::<AllScorer>() {
            return Ok(rows);
        }
        Ok(any_rows(vec![Cautious::near(0, (found, rows), self.1)]))
    }

    fn explain(&self, segment: &SegmentReader, row: DocId) -> tantivy::Result<Explanation> {
        self.0.explain(segment, row)
    }
}
