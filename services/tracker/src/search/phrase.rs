//! Words that stand one after another, told for all rows of a segment at once: to ask one row after another for its words' places, as
//! the library does, takes several times as long where many rows have the words (`bench/README.md`).

use tantivy::directory::CompositeFile;
use tantivy::directory::error::OpenReadError;
use tantivy::error::DataCorruption;
use tantivy::index::SegmentComponent;
use tantivy::positions::PositionReader;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::query::{EnableScoring, PhraseQuery, Query, Weight};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, InvertedIndexReader, SegmentReader, Term};

use super::bits::put;

/// So many rows of a word are read at once while one is asked for its place (measured by `bench/search.py --first`).
const READ_FOR_ONE: u64 = 8;

/// Terms of one column, each as far behind the first as its number says.
#[derive(Clone, Debug)]
pub(super) struct InOrder(pub(super) Vec<(usize, Term)>);

impl Query for InOrder {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        PhraseQuery::new_with_offset(self.0.clone()).weight(scoring)
    }
}

impl InOrder {
    /// How many rows are asked for their words' places to tell those of `segment`, or what takes as long as to ask so many. The words of
    /// a phrase mostly stand together, so that as many are asked as have the rarest.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn rows_asked(&self, segment: &SegmentReader) -> tantivy::Result<u64> {
        Ok(self.infos(segment)?.map_or(0, |infos| least(&infos).min(at_once(&infos))))
    }

    /// Puts those of `segment` to `bits`; false, and none, where they are sooner found by asking each.
    ///
    /// # Errors
    /// The index's own.
    pub(super) fn put_to(&self, bits: &mut [u64], segment: &SegmentReader) -> tantivy::Result<bool> {
        // A word that no row has.
        let Some(infos) = self.infos(segment)? else { return Ok(true) };
        if least(&infos) < at_once(&infos) {
            return Ok(false);
        }
        let places = match segment.open_read(SegmentComponent::Positions) {
            Ok(file) => CompositeFile::open(&file)?,
            // Pieces became one meanwhile, and the library holds what it opened of this one.
            Err(OpenReadError::FileDoesNotExist(_)) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let last = self.0.iter().map(|(place, _)| *place).max().unwrap_or_default();
        let mut each = Vec::with_capacity(infos.len());
        for ((place, term), info) in self.0.iter().zip(&infos) {
            let missing = || DataCorruption::comment_only("a column of the index has terms without places");
            let places = places.open_read(term.field()).ok_or_else(missing)?;
            let places = PositionReader::open(places.slice(info.positions_range.clone()).read_bytes()?)?;
            let ahead = u32::try_from(last - place).unwrap_or(u32::MAX);
            each.push((info.doc_freq, Stands::of(&*segment.inverted_index(term.field())?, info, places, ahead)?));
        }
        // The rarest tells which of the others' are read.
        each.sort_by_key(|(rows, _)| *rows);
        let Some(((_, first), others)) = each.split_first_mut() else { return Ok(true) };
        while first.read(0) {
            others.iter_mut().for_each(|(_, other)| other.leave_common(&mut first.keys));
            put(bits, first.keys.iter().map(|key| row_of(*key)));
        }
        Ok(true)
    }

    /// Where the terms are found in `segment`; none where it has not all of them.
    fn infos(&self, segment: &SegmentReader) -> tantivy::Result<Option<Vec<TermInfo>>> {
        let info = |(_, term): &(usize, Term)| Ok(segment.inverted_index(term.field())?.get_term_info(term)?);
        self.0.iter().map(info).collect()
    }
}

fn least(infos: &[TermInfo]) -> u64 {
    infos.iter().map(|info| u64::from(info.doc_freq)).min().unwrap_or_default()
}

/// In the time that all rows of the terms are read, so many are asked for the places of each.
fn at_once(infos: &[TermInfo]) -> u64 {
    let all: u64 = infos.iter().map(|info| u64::from(info.doc_freq)).sum();
    all / (READ_FOR_ONE * infos.len().max(1) as u64)
}

/// Where a term stands, block by block of the rows that have it: a key for each place, in order.
struct Stands {
    rows: BlockSegmentPostings,
    places: PositionReader,
    /// Places of the blocks before the one that `rows` stands at.
    passed: u64,
    /// Added to each place, so that terms one after another have one key.
    ahead: u32,
    keys: Vec<u64>,
    /// Keys before this one were passed.
    at: usize,
    /// What is read of places: each tells how far it is behind the one before in its row.
    steps: Vec<u32>,
}

/// A row and a place in it.
fn key_of(row: DocId, place: u32) -> u64 {
    u64::from(row) << u32::BITS | u64::from(place)
}

fn row_of(key: u64) -> DocId {
    (key >> u32::BITS) as DocId
}

impl Stands {
    fn of(index: &InvertedIndexReader, info: &TermInfo, places: PositionReader, ahead: u32) -> tantivy::Result<Stands> {
        let rows = index.read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqsAndPositions)?;
        Ok(Stands { rows, places, passed: 0, ahead, keys: Vec::new(), at: 0, steps: Vec::new() })
    }

    /// Reads the keys of the next block that has rows from `least` on; false behind the last.
    fn read(&mut self, least: DocId) -> bool {
        self.at = 0;
        self.keys.clear();
        while let Some(last) = self.rows.docs().last() {
            let (is_wanted, counts) = (*last >= least, self.rows.freqs());
            let count: u32 = counts.iter().sum();
            if is_wanted {
                self.steps.resize(count as usize, 0);
                self.places.read(self.passed, &mut self.steps);
                self.keys.resize(count as usize, 0);
                let mut keys = self.keys.iter_mut().zip(&self.steps);
                for (row, count) in self.rows.docs().iter().zip(counts) {
                    let mut place = self.ahead;
                    for (key, step) in keys.by_ref().take(*count as usize) {
                        place = place.wrapping_add(*step);
                        *key = key_of(*row, place);
                    }
                }
            }
            self.passed += u64::from(count);
            self.rows.advance();
            if is_wanted {
                return true;
            }
        }
        false
    }

    /// Leaves those of `wanted` that it has as well. They are in order, and behind those of before.
    fn leave_common(&mut self, wanted: &mut Vec<u64>) {
        let (mut next, mut common) = (0, 0);
        while next < wanted.len() {
            // Which of the two comes first is chance, so that a branch at each would mostly be guessed wrong.
            let keys = &self.keys[self.at..];
            let mut passed = 0;
            while next < wanted.len() && passed < keys.len() {
                let (key, other) = (wanted[next], keys[passed]);
                wanted[common] = key;
                common += usize::from(key == other);
                next += usize::from(key <= other);
                passed += usize::from(other <= key);
            }
            self.at += passed;
            if wanted.get(next).is_none_or(|key| !self.read(row_of(*key))) {
                break;
            }
        }
        wanted.truncate(common);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    use tantivy::schema::{Schema, TEXT};
    use tantivy::{Index, IndexWriter, TantivyDocument};

    use super::*;

    #[test]
    fn rows_are_those_that_the_library_finds() {
        let mut schema = Schema::builder();
        let column = schema.add_text_field("words", TEXT);
        let index = Index::create_in_ram(schema.build());
        let mut writer: IndexWriter = index.writer_with_num_threads(1, 15 << 20).unwrap();
        let mut runner = TestRunner::deterministic();
        // Some words in most rows, often several times, and one in few: full blocks, and one that is none.
        let word = prop_oneof![10 => Just("a"), 10 => Just("b"), 5 => Just("c"), 1 => Just("d")];
        let text = proptest::collection::vec(word, 0..12);
        for at in 0..3000 {
            let mut text = text.new_tree(&mut runner).unwrap().current().join(" ");
            // In some rows alone, so that whole blocks of others are passed over; in as many as fill blocks; in too few to read all for.
            text += if (1500..1900).contains(&at) && at % 3 < 2 { " late" } else { "" };
            text += if at % 11 == 0 && at < 11 * 256 { " full a" } else { "" };
            text += if at == 2000 { " rare" } else { "" };
            let mut row = TantivyDocument::default();
            row.add_text(column, text);
            writer.add_document(row).unwrap();
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        let [segment] = searcher.segment_readers() else { panic!("one segment") };
        let told = |words: &[(usize, &str)]| {
            let terms = words.iter().map(|(place, word)| (*place, Term::from_field_text(column, word))).collect();
            let phrase = InOrder(terms);
            let (mut bits, mut wanted) = (vec![0; 3000_usize.div_ceil(64)], vec![0; 3000_usize.div_ceil(64)]);
            let is_told = phrase.put_to(&mut bits, segment).unwrap();
            let weight = phrase.weight(EnableScoring::disabled_from_searcher(&searcher)).unwrap();
            weight.for_each_no_score(segment, &mut |rows| put(&mut wanted, rows.iter().copied())).unwrap();
            if is_told {
                assert_eq!(bits, wanted, "{words:?}");
            } else {
                assert!(bits.iter().all(|rows| *rows == 0), "{words:?}");
            }
            is_told.then(|| bits.iter().map(|rows| rows.count_ones()).sum::<u32>())
        };
        for first in ["a", "b", "c", "d"] {
            for second in ["a", "b", "c", "d"] {
                for gap in 1..4 {
                    assert!(told(&[(0, first), (gap, second)]).unwrap() > 0);
                    assert!(told(&[(0, first), (gap, second), (gap + 2, "a")]).is_some());
                }
            }
        }
        assert!(told(&[(0, "a"), (1, "late")]).unwrap() > 0 && told(&[(0, "late"), (1, "full")]).unwrap() > 0);
        assert!(told(&[(0, "full"), (1, "a")]).unwrap() == 256 && told(&[(0, "a"), (0, "a")]).unwrap() > 1000);
        assert_eq!((told(&[(0, "a"), (1, "nowhere")]), told(&[(0, "a"), (1, "rare")])), (Some(0), None));
    }
}
