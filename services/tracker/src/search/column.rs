//! Rows by their value in a column that lists are sorted or counted by. Where a filter asks for many values their rows are
//! told from the column itself, one block after another: through their terms, all would be gathered for the first page.

use std::ops::{Range, RangeInclusive};

use tantivy::query::{AllScorer, EmptyScorer, EnableScoring, Explanation, Query, Scorer, Weight};
use tantivy::{DocId, DocSet, Score, SegmentReader, TERMINATED, i64_to_u64};

use super::bits::{in_range, put};
use super::opened::Opened;
use super::order::Keys;
use super::stretches::{Ends, STRETCH};
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
    /// Rows that were written one after another have values near each other, so that most stretches are told without a look.
    pub(super) opened: Opened,
}

impl Query for InColumn {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for InColumn {
    fn scorer(&self, segment: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        Ok(match self.looked_at(segment)? {
            Looked::None => Box::new(EmptyScorer),
            Looked::All => Box::new(AllScorer::new(segment.max_doc())),
            Looked::Some(mut rows) => {
                rows.go_to(0);
                rows
            }
        })
    }

    fn explain(&self, segment: &SegmentReader, row: DocId) -> tantivy::Result<Explanation> {
        explained(self.scorer(segment, 1.0)?, row)
    }
}

/// What the least and the greatest number of a segment tell.
enum Looked {
    None,
    All,
    Some(Box<Rows>),
}

impl InColumn {
    fn looked_at(&self, segment: &SegmentReader) -> tantivy::Result<Looked> {
        let (keys, wanted) = self.keys_and_wanted(segment)?;
        let (least, most) = keys.range();
        if wanted.is_empty() || least > *wanted.end() || most < *wanted.start() {
            return Ok(Looked::None);
        }
        if wanted.contains(&least) && wanted.contains(&most) {
            return Ok(Looked::All);
        }
        let end = segment.max_doc();
        let ends = self.opened.stretches.of(segment, &keys);
        let is_near = |(least, most): &&(u64, u64)| least <= wanted.end() && most >= wanted.start();
        let near = ends.iter().filter(is_near).count() as u32 * STRETCH;
        let rows = Rows { keys, wanted, ends, end, near, block: TERMINATED, found: 0, row: 0 };
        Ok(Looked::Some(Box::new(rows)))
    }

    /// Puts all of the rows to `bits`.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn put_to(&self, bits: &mut [u64], segment: &SegmentReader) -> tantivy::Result<()> {
        match self.looked_at(segment)? {
            Looked::None => {}
            Looked::All => put_all(bits, 0..segment.max_doc()),
            Looked::Some(rows) => rows.put_to(bits),
        }
        Ok(())
    }

    /// The column, and the numbers of the values that are asked for.
    fn keys_and_wanted(&self, segment: &SegmentReader) -> tantivy::Result<(Keys, RangeInclusive<u64>)> {
        match &self.values {
            Values::Numbers(values) => {
                let wanted = i64_to_u64(*values.start())..=i64_to_u64(*values.end());
                Ok((self.opened.keys(segment, self.name, true)?, wanted))
            }
            Values::Texts(first, end) => {
                let keys = self.opened.keys(segment, self.name, false)?;
                let (first, _) = keys.place_of(first)?;
                let end = end.as_deref().map_or(Ok(u64::MAX), |end| keys.place_of(end).map(|(place, _)| place))?;
                // None before the first of all is none at all.
                let last = end.checked_sub(1);
                Ok((keys, last.map_or(RangeInclusive::new(1, 0), |last| first..=last)))
            }
        }
    }
}

struct Rows {
    keys: Keys,
    wanted: RangeInclusive<u64>,
    /// The least and the greatest number of each stretch.
    ends: Ends,
    /// Rows of the stretches that have some.
    near: u32,
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
            if block != self.block && !self.read(block) {
                (block, left) = ((block / STRETCH + 1).saturating_mul(STRETCH), u64::MAX);
                continue;
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

    /// Reads a block; false where its whole stretch has none.
    fn read(&mut self, block: DocId) -> bool {
        let (least, most) = self.ends.get((block / STRETCH) as usize).copied().unwrap_or((0, u64::MAX));
        let of_stretch = self.of_ends(least, most);
        if of_stretch == Some(false) {
            return false;
        }
        self.block = block;
        self.found = all_of(block, self.end);
        if of_stretch == Some(true) {
            return true;
        }
        let mut numbers = [0; BLOCK as usize];
        let numbers = &mut numbers[..self.found.count_ones() as usize];
        self.keys.of_stretch(block, numbers);
        self.found = in_range(numbers, &self.wanted);
        true
    }

    /// Puts all of them to `bits`, one stretch after another: what tells the rows of a stretch reads more of them at once than a list
    /// that goes from row to row.
    fn put_to(&self, bits: &mut [u64]) {
        let mut found = Vec::with_capacity(STRETCH as usize);
        for (first, (least, most)) in (0..self.end).step_by(STRETCH as usize).zip(self.ends.iter()) {
            let stretch = first..first.saturating_add(STRETCH).min(self.end);
            match self.of_ends(*least, *most) {
                Some(false) => {}
                Some(true) => put_all(bits, stretch),
                None => {
                    self.keys.rows_in(&self.wanted, stretch, &mut found);
                    put(bits, found.iter().copied());
                }
            }
        }
    }

    /// Whether the rows of a stretch with these ends are found, if all or none are.
    fn of_ends(&self, least: u64, most: u64) -> Option<bool> {
        if least > *self.wanted.end() || most < *self.wanted.start() {
            return Some(false);
        }
        (self.wanted.contains(&least) && self.wanted.contains(&most)).then_some(true)
    }
}

/// Puts rows that begin with a block.
fn put_all(bits: &mut [u64], rows: Range<DocId>) {
    let blocks = rows.clone().step_by(BLOCK as usize).map(|block| (block / BLOCK, all_of(block, rows.end)));
    blocks.for_each(|(at, all)| bits.get_mut(at as usize).into_iter().for_each(|bits| *bits |= all));
}

/// The rows of a block of a segment that ends before `end`.
pub(super) fn all_of(block: DocId, end: DocId) -> u64 {
    u64::MAX >> (BLOCK - (end - block).min(BLOCK))
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
        self.near.min(self.end)
    }
}

impl Scorer for Rows {
    fn score(&mut self) -> Score {
        1.0
    }
}
