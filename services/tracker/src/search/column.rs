//! Rows by their value in a column that lists are sorted or counted by. Where a filter asks for many values their rows are
//! told from the column itself, one block after another: through their terms, all would be gathered for the first page.

use std::ops::RangeInclusive;

use tantivy::columnar::{Cardinality, Column, TermOrdHit};
use tantivy::query::{AllScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, TantivyError, i64_to_u64};

use super::union::explained;

/// Rows of one block, one bit for each.
const BLOCK: DocId = u64::BITS;

/// The values that are asked for.
#[derive(Clone, Debug)]
pub(super) enum Values {
    /// Numbers from the first to the last.
    Numbers(RangeInclusive<i64>),
    /// Texts from the first on, before the other one.
    Texts(String, Option<String>),
}

/// The rows that have one of some values in a column of which every row has a value.
#[derive(Clone, Debug)]
pub(super) struct InColumn {
    pub(super) name: &'static str,
    pub(super) values: Values,
}

impl Query for InColumn {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for InColumn {
    fn scorer(&self, segment: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let (numbers, wanted) = self.numbers(segment)?;
        let (least, most) = (numbers.min_value(), numbers.max_value());
        if wanted.is_empty() || least > *wanted.end() || most < *wanted.start() {
            return Ok(Box::new(EmptyScorer));
        }
        if wanted.contains(&least) && wanted.contains(&most) {
            return Ok(Box::new(AllScorer::new(segment.max_doc())));
        }
        let mut rows = Rows { numbers, wanted, end: segment.max_doc(), block: TERMINATED, found: 0, row: 0 };
        rows.go_to(0);
        Ok(Box::new(rows))
    }

    fn explain(&self, segment: &SegmentReader, row: DocId) -> tantivy::Result<Explanation> {
        explained(self.scorer(segment, 1.0)?, row)
    }
}

impl InColumn {
    /// The column in numbers that grow as its values do, and those of the values.
    fn numbers(&self, segment: &SegmentReader) -> tantivy::Result<(Column<u64>, RangeInclusive<u64>)> {
        let none = || TantivyError::SchemaError(format!("{} has no column", self.name));
        match &self.values {
            Values::Numbers(values) => {
                let (numbers, _) = segment.fast_fields().u64_lenient(self.name)?.ok_or_else(none)?;
                Ok((numbers, i64_to_u64(*values.start())..=i64_to_u64(*values.end())))
            }
            Values::Texts(first, end) => {
                let texts = segment.fast_fields().str(self.name)?.ok_or_else(none)?;
                let place = |text: &str| match texts.dictionary().term_ord_or_next(text)? {
                    TermOrdHit::Exact(place) | TermOrdHit::Next(place) => tantivy::Result::Ok(place),
                };
                let first = place(first)?;
                let end = end.as_deref().map_or(Ok(u64::MAX), place)?;
                // None before the first of all is none at all.
                let last = end.checked_sub(1);
                Ok((texts.ords().clone(), last.map_or(RangeInclusive::new(1, 0), |last| first..=last)))
            }
        }
    }
}

struct Rows {
    numbers: Column<u64>,
    wanted: RangeInclusive<u64>,
    /// Behind the last row.
    end: DocId,
    /// The first row of the block that was read last, and which rows of it are found.
    block: DocId,
    found: u64,
    row: DocId,
}

impl Rows {
    /// Goes to the first row from `row` on that is found.
    fn go_to(&mut self, row: DocId) -> DocId {
        let mut block = row / BLOCK * BLOCK;
        let mut left = u64::MAX << (row - block);
        while block < self.end {
            if block != self.block {
                self.read(block);
            }
            let found = self.found & left;
            if found != 0 {
                self.row = block + found.trailing_zeros();
                return self.row;
            }
            (block, left) = (block + BLOCK, u64::MAX);
        }
        self.row = TERMINATED;
        TERMINATED
    }

    fn read(&mut self, block: DocId) {
        let mut numbers = [0; BLOCK as usize];
        let numbers = &mut numbers[..(self.end - block).min(BLOCK) as usize];
        if self.numbers.get_cardinality() == Cardinality::Full {
            self.numbers.values.get_range(u64::from(block), numbers);
        } else {
            for (row, number) in (block..).zip(&mut *numbers) {
                *number = self.numbers.first(row).unwrap_or_default();
            }
        }
        let is_found = |number: &u64| u64::from(self.wanted.contains(number));
        self.found = numbers.iter().rev().fold(0, |found, number| found << 1 | is_found(number));
        self.block = block;
    }
}

impl DocSet for Rows {
    fn advance(&mut self) -> DocId {
        if self.row == TERMINATED { TERMINATED } else { self.go_to(self.row + 1) }
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if target <= self.row { self.row } else { self.go_to(target.min(self.end)) }
    }

    fn doc(&self) -> DocId {
        self.row
    }

    fn size_hint(&self) -> u32 {
        self.end
    }
}

impl Scorer for Rows {
    fn score(&mut self) -> Score {
        1.0
    }
}
