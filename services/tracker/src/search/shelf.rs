//! An open index: its files, who writes them and who reads them.

use std::path::Path;
use std::sync::Arc;

use changelog::Cursor;
use chrono_tz::Tz;
use domain::challan::Challan;
use serde::{Deserialize, Serialize};
use tantivy::index::SegmentId;
use tantivy::indexer::IndexWriterOptions;
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyError};
use uuid::Uuid;

use super::View;
use super::bits::KeptRows;
use super::far::{Counts, Marks};
use super::figures::KeptSums;
use super::held::Held;
use super::ids::WithId;
use super::mapped::Mapped;
use super::merges::{Merges, worn};
use super::opened::Opened;
use super::shape::{Columns, SHAPE, document, schema};
use super::terms::register;
use crate::store::challans;
use crate::store::list::WithVersion;

/// Memory of new rows until they are written: as little as the library takes, and more while all are built. A million rows are
/// then few enough pieces that none are merged: merging them took a sixth of the time (`bench/README.md`).
const MEMORY: usize = 15 << 20;
const MEMORY_BUILDING: usize = 100 << 20;

/// What a commit says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Payload {
    /// [`SHAPE`] and the time zone of civil days.
    made: String,
    /// The place in the log.
    place: String,
}

fn made(tz: Tz) -> String {
    format!("{SHAPE} {tz}")
}

/// An open index.
pub(super) struct Shelf {
    pub(super) files: Mapped,
    columns: Columns,
    writer: IndexWriter,
    reader: IndexReader,
    opened: Opened,
    marks: Marks,
    counts: Counts,
    sums: KeptSums,
    rows: KeptRows,
    /// The piece that is or was written anew last.
    renewed: Option<SegmentId>,
    /// Its files have all of the log up to here.
    pub(super) place: Cursor,
    tz: Tz,
}

impl Shelf {
    fn open(
        (index, files): (&Index, Mapped),
        columns: Columns,
        place: Cursor,
        tz: Tz,
        memory: usize,
    ) -> tantivy::Result<Shelf> {
        register(index);
        // One merge at a time: each reads all that its pieces have.
        let options = IndexWriterOptions::builder().memory_budget_per_thread(memory).num_merge_threads(1).build();
        let writer = index.writer_with_options(options)?;
        writer.set_merge_policy(Box::<Merges>::default());
        let (reader, (opened, marks, counts, sums, rows)) = (reader(index)?, Default::default());
        let renewed = None;
        Ok(Shelf { files, columns, writer, reader, opened, marks, counts, sums, rows, renewed, place, tz })
    }

    /// Has a piece of which too few rows are left written anew, if there is one and room for it.
    pub(super) fn renew_a_piece(&mut self) {
        let searcher = self.reader.searcher();
        let worn = worn(searcher.segment_readers()).filter(|worn| self.renewed != Some(worn.segment_id()));
        if let Some(worn) = worn.filter(|worn| Held::now().has_room_for(worn.max_doc())) {
            self.renewed = Some(worn.segment_id());
            // Whether that fails is for the library to log: the piece stays.
            drop(self.writer.merge(&[worn.segment_id()]));
        }
    }

    /// The index in `path` as it was left; none where it is missing, of another shape, or not whole.
    pub(super) fn left(path: &Path, tz: Tz) -> Option<Shelf> {
        let (schema, columns) = schema();
        let index = Index::open_in_dir(path).ok().filter(|index| index.schema() == schema)?;
        let payload: Payload = serde_json::from_str(&index.load_metas().ok()?.payload?).ok()?;
        let place = payload.place.parse().ok()?;
        if payload.made != made(tz) {
            return None;
        }
        let opened = index.validate_checksum().and_then(|torn| match torn.iter().next() {
            Some(file) => Err(TantivyError::SystemError(format!("{} is not as it was written", file.display()))),
            None => {
                // What was read for the checksums is let go with the other one.
                let files = Mapped::open(path)?;
                Shelf::open((&Index::open(files.clone())?, files), columns, place, tz, MEMORY)
            }
        });
        opened.inspect_err(|error| tracing::warn!("the search index cannot be opened and is built anew: {error}")).ok()
    }

    pub(super) fn empty(path: &Path, place: Cursor, tz: Tz) -> tantivy::Result<Shelf> {
        let (schema, columns) = schema();
        let files = Mapped::open(path)?;
        let index = Index::create(files.clone(), schema, IndexSettings::default())?;
        Shelf::open((&index, files), columns, place, tz, MEMORY_BUILDING)
    }

    pub(super) fn add(&self, challan: &Challan) -> tantivy::Result<()> {
        self.writer.add_document(document(&self.columns, challan, self.tz)).map(|_| ())
    }

    fn remove(&self, ids: &[Uuid]) -> tantivy::Result<()> {
        let rows = WithId { column: self.columns.id, ids: ids.into() };
        self.writer.delete_query(Box::new(rows)).map(|_| ())
    }

    /// Puts the present rows of `ids` in the place of those it has.
    pub(super) fn replace(&self, ids: &[Uuid], present: &[WithVersion]) -> anyhow::Result<()> {
        if !ids.is_empty() {
            self.remove(ids)?;
        }
        present.iter().try_for_each(|row| anyhow::Ok(self.add(&challans::decode(&row.doc)?)?))
    }

    pub(super) fn commit(&mut self) -> tantivy::Result<()> {
        let payload = Payload { made: made(self.tz), place: self.place.to_string() };
        let payload = serde_json::to_string(&payload).map_err(|e| TantivyError::InternalError(e.to_string()))?;
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        // What it deleted itself is told by the reload.
        self.files.has_deleted();
        self.reader.reload()
    }

    /// Whether pieces became one since this was asked the last time; then its views are of that one.
    pub(super) fn has_merged(&self) -> tantivy::Result<bool> {
        let has_merged = self.files.has_deleted();
        if has_merged {
            self.reader.reload()?;
        }
        Ok(has_merged)
    }

    /// Writes all that was added, with the merges that this brings about, and goes on with less memory.
    pub(super) fn merged(mut self) -> anyhow::Result<Shelf> {
        self.commit()?;
        let Shelf { files, columns, writer, reader, place, tz, .. } = self;
        drop(reader);
        let index = writer.index().clone();
        writer.wait_merging_threads()?;
        Ok(Shelf::open((&index, files), columns, place, tz, MEMORY)?)
    }

    /// What its files have, which is all up to `place`.
    pub(super) fn view(&mut self, place: Cursor) -> Arc<View> {
        let searcher = self.reader.searcher();
        self.opened.keep_those_of(&searcher);
        if self.opened.names.are_mostly_gone() {
            (self.opened.names, self.sums) = Default::default();
        }
        let opened = self.opened.clone();
        let (marks, counts) = (self.marks.clone(), self.counts.clone());
        let (sums, rows) = (self.sums.clone(), self.rows.clone());
        Arc::new(View { searcher, columns: self.columns, opened, marks, counts, sums, rows, place })
    }
}

fn reader(index: &Index) -> tantivy::Result<IndexReader> {
    index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(0).try_into()
}

/// An index of `rows` in several segments, half of whose rows were replaced after it was asked by `meanwhile`.
#[cfg(test)]
pub(crate) fn view_of(folder: &Path, rows: &[Challan], tz: Tz, meanwhile: impl Fn(&View)) -> Arc<View> {
    let place = Cursor { epoch: Uuid::nil(), seq: 0 };
    let mut shelf = Shelf::empty(folder, place, tz).unwrap();
    for part in rows.chunks(rows.len() / 3 + 1) {
        for (at, row) in part.iter().enumerate() {
            let mut before = row.clone();
            if at % 2 == 0 {
                before.facts.customer = "Someone else".into();
            }
            shelf.add(&before).unwrap();
        }
        shelf.commit().unwrap();
        meanwhile(&shelf.view(shelf.place));
        for row in part.iter().step_by(2) {
            shelf.remove(&[row.id]).unwrap();
            shelf.add(row).unwrap();
        }
    }
    shelf.commit().unwrap();
    shelf.view(shelf.place)
}
