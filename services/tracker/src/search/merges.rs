//! Which pieces of the index become one.

use tantivy::SegmentReader;
use tantivy::index::SegmentMeta;
use tantivy::merge_policy::{LogMergePolicy, MergeCandidate, MergePolicy};

/// Rows that are read for one merge at most, replaced ones among them. A merge reads all that the index has of them, some 150 bytes
/// a row, some of it sooner than pages are given back; to merge ten million would keep a core from people's questions for a minute
/// besides. Tests have few rows.
const MOST_ROWS: u32 = if cfg!(test) { 100 } else { 400_000 };

/// Eight pieces of about as many rows become one, or as many of them as [`MOST_ROWS`] allows, the small ones first.
#[derive(Debug)]
pub(super) struct Merges(LogMergePolicy);

/// A larger piece most of whose rows were replaced: it is to be written anew when there is room for all that it has. One whose
/// rows were all replaced goes by itself.
pub(super) fn worn(segments: &[SegmentReader]) -> Option<&SegmentReader> {
    let is_worn =
        |segment: &&SegmentReader| segment.max_doc() > MOST_ROWS && segment.num_deleted_docs() > segment.num_docs();
    segments.iter().find(is_worn)
}

impl Default for Merges {
    fn default() -> Merges {
        let mut alike = LogMergePolicy::default();
        if cfg!(test) {
            alike.set_min_layer_size(10);
        }
        Merges(alike)
    }
}

impl MergePolicy for Merges {
    fn compute_merge_candidates(&self, segments: &[SegmentMeta]) -> Vec<MergeCandidate> {
        let small: Vec<SegmentMeta> = segments.iter().filter(|s| s.max_doc() <= MOST_ROWS).cloned().collect();
        let rows = |id| small.iter().find(|segment| segment.id() == id).map_or(0, SegmentMeta::max_doc);
        let few = |MergeCandidate(mut pieces): MergeCandidate| {
            let mut left = MOST_ROWS;
            pieces.sort_unstable_by_key(|id| rows(*id));
            let fits = |id: &_| left.checked_sub(rows(*id)).map(|rest| left = rest).is_some();
            MergeCandidate(pieces.into_iter().take_while(fits).collect())
        };
        let candidates = self.0.compute_merge_candidates(&small).into_iter().map(few);
        candidates.filter(|MergeCandidate(pieces)| pieces.len() > 1).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use tantivy::schema::{Field, INDEXED, Schema};
    use tantivy::{Index, IndexWriter, TantivyDocument, Term};

    use super::*;

    fn empty() -> (Index, Field, IndexWriter) {
        let mut schema = Schema::builder();
        let number = schema.add_u64_field("number", INDEXED);
        let index = Index::create_in_ram(schema.build());
        let writer = index.writer_with_num_threads(1, 15 << 20).unwrap();
        writer.set_merge_policy(Box::<Merges>::default());
        (index, number, writer)
    }

    fn add(writer: &mut IndexWriter, number: Field, rows: std::ops::Range<u32>) {
        for row in rows {
            let mut document = TantivyDocument::default();
            document.add_u64(number, row.into());
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
    }

    #[test]
    fn small_pieces_become_few_and_none_becomes_too_large() {
        let (index, number, mut writer) = empty();
        (0..200).for_each(|n| add(&mut writer, number, n * 10..n * 10 + 10));
        writer.wait_merging_threads().unwrap();
        let pieces: Vec<u32> = index.searchable_segment_metas().unwrap().iter().map(SegmentMeta::num_docs).collect();
        assert_eq!(pieces.iter().sum::<u32>(), 2_000);
        assert!(pieces.len() < 60 && pieces.iter().all(|rows| *rows <= MOST_ROWS), "{pieces:?}");
    }

    #[test]
    fn a_large_piece_is_worn_when_most_of_it_was_replaced() {
        let (index, number, mut writer) = empty();
        let reader = index.reader().unwrap();
        let pieces_after = |writer: &mut IndexWriter, removed: std::ops::Range<u32>| {
            for row in removed {
                writer.delete_term(Term::from_field_u64(number, row.into()));
            }
            writer.commit().unwrap();
            reader.reload().unwrap();
            let searcher = reader.searcher();
            (searcher.segment_readers().len(), worn(searcher.segment_readers()).map(SegmentReader::segment_id))
        };
        add(&mut writer, number, 0..MOST_ROWS * 2);
        assert_eq!(pieces_after(&mut writer, 0..MOST_ROWS), (1, None));
        let (count, worn) = pieces_after(&mut writer, MOST_ROWS..MOST_ROWS + 1);
        assert_eq!((count, worn.is_some()), (1, true));
        writer.merge(&[worn.unwrap()]).wait().unwrap();
        assert_eq!(pieces_after(&mut writer, 0..0), (1, None));
        assert_eq!(pieces_after(&mut writer, MOST_ROWS..MOST_ROWS * 2), (0, None));
    }
}
