//! The first rows of a list, gathered from all that a query finds, and how many these are.

use std::cmp::Ordering;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn, TermOrdHit};
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader, TantivyError};
use uuid::Uuid;

use crate::store::list::{Place, Sort};

/// One row that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Its place in the list.
    pub(crate) place: Place,
    /// The version that the index knows.
    pub(crate) version: i64,
}

/// The first rows and how many there are in all, wherever the list begins.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// In the list's order.
    pub(crate) hits: Vec<Hit>,
    /// All rows of the query.
    pub(crate) total: u64,
}

/// Gathers the first `keep` rows after `from`.
pub(super) struct Top {
    pub(super) sort: Sort,
    pub(super) descending: bool,
    pub(super) from: Option<Place>,
    pub(super) keep: usize,
}

/// The sort column of one segment; each of its values is a number that grows as the values do.
enum Keys {
    Texts(StrColumn),
    Numbers(Column<i64>),
}

impl Keys {
    fn of(segment: &SegmentReader, sort: Sort) -> tantivy::Result<Keys> {
        if sort.is_number() {
            return segment.fast_fields().i64(sort.name).map(Keys::Numbers);
        }
        let texts = segment.fast_fields().str(sort.name)?;
        texts.map(Keys::Texts).ok_or_else(|| TantivyError::SchemaError(format!("{} is not sorted by", sort.name)))
    }

    fn get(&self, doc: DocId) -> u64 {
        match self {
            Keys::Texts(texts) => texts.ords().first(doc).unwrap_or(0),
            Keys::Numbers(numbers) => tantivy::i64_to_u64(numbers.first(doc).unwrap_or(i64::MIN)),
        }
    }

    /// The number of the value `key`, and whether the segment has it; else that of the next larger value.
    fn place_of(&self, key: &str) -> tantivy::Result<(u64, bool)> {
        Ok(match self {
            Keys::Numbers(_) => (tantivy::i64_to_u64(key.parse().unwrap_or(0)), true),
            Keys::Texts(texts) => match texts.dictionary().term_ord_or_next(key)? {
                TermOrdHit::Exact(ord) => (ord, true),
                TermOrdHit::Next(ord) => (ord, false),
            },
        })
    }

    fn text(&self, number: u64) -> tantivy::Result<String> {
        Ok(match self {
            Keys::Numbers(_) => tantivy::u64_to_i64(number).to_string(),
            Keys::Texts(texts) => {
                let mut text = String::new();
                texts.ord_to_str(number, &mut text)?;
                text
            }
        })
    }
}

/// A row while its segment is looked through: smaller is earlier in the list.
type Rank = (u64, u128);

pub(super) struct Segment {
    keys: Keys,
    ids: [Column<u64>; 2],
    versions: Column<i64>,
    descending: bool,
    /// Rows up to this rank come before the place where the list goes on.
    after: Option<Rank>,
    keep: usize,
    kept: Vec<(Rank, DocId)>,
    /// The last rank that is worth keeping.
    worst: Option<Rank>,
    total: u64,
}

impl Segment {
    fn id(&self, doc: DocId) -> u128 {
        let [high, low] = self.ids.each_ref().map(|column| u128::from(column.first(doc).unwrap_or(0)));
        let id = high << 64 | low;
        if self.descending { !id } else { id }
    }

    /// Leaves the first `keep`.
    fn shrink(&mut self) {
        if self.keep < self.kept.len() {
            let (_, worst, _) = self.kept.select_nth_unstable(self.keep.saturating_sub(1));
            self.worst = Some(worst.0);
            self.kept.truncate(self.keep);
        }
    }
}

impl SegmentCollector for Segment {
    type Fruit = tantivy::Result<Found>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        self.total += 1;
        let key = self.keys.get(doc);
        let key = if self.descending { !key } else { key };
        // Ids are read where keys are equal, or the row is kept.
        if self.worst.is_some_and(|(worst, _)| key > worst) || self.after.is_some_and(|(after, _)| key < after) {
            return;
        }
        let rank = (key, self.id(doc));
        if self.after.is_some_and(|after| rank <= after) || self.worst.is_some_and(|worst| rank >= worst) {
            return;
        }
        self.kept.push((rank, doc));
        if self.kept.len() >= self.keep.saturating_mul(2).max(64) {
            self.shrink();
        }
    }

    fn harvest(mut self) -> Self::Fruit {
        if self.keep == 0 {
            return Ok(Found { hits: Vec::new(), total: self.total });
        }
        self.shrink();
        self.kept.sort_unstable();
        let mut hits = Vec::with_capacity(self.kept.len());
        for ((key, id), doc) in &self.kept {
            let (key, id) = if self.descending { (!key, !id) } else { (*key, *id) };
            let place = Place { key: self.keys.text(key)?, id: Uuid::from_u128(id) };
            hits.push(Hit { place, version: self.versions.first(*doc).unwrap_or(0) });
        }
        Ok(Found { hits, total: self.total })
    }
}

impl Collector for Top {
    type Fruit = Found;
    type Child = Segment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<Segment> {
        let keys = Keys::of(segment, self.sort)?;
        let after = match &self.from {
            None => None,
            Some(place) => {
                let (key, known) = keys.place_of(&place.key)?;
                Some(match (self.descending, known) {
                    (false, true) => Some((key, place.id.as_u128())),
                    (true, true) => Some((!key, !place.id.as_u128())),
                    // The next larger value is the first of those after, or the last of those before.
                    (false, false) => key.checked_sub(1).map(|before| (before, u128::MAX)),
                    (true, false) => Some((!key, u128::MAX)),
                })
                .flatten()
            }
        };
        let fast = segment.fast_fields();
        Ok(Segment {
            keys,
            ids: [fast.u64("id_high")?, fast.u64("id_low")?],
            versions: fast.i64("version")?,
            descending: self.descending,
            after,
            keep: self.keep,
            kept: Vec::new(),
            worst: None,
            total: 0,
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<Found>>) -> tantivy::Result<Found> {
        let mut all = Found::default();
        for found in segments {
            let found = found?;
            all.total += found.total;
            all.hits.extend(found.hits);
        }
        all.hits.sort_unstable_by(|a, b| {
            let order = self.compare(&a.place.key, &b.place.key).then(a.place.id.cmp(&b.place.id));
            if self.descending { order.reverse() } else { order }
        });
        all.hits.truncate(self.keep);
        Ok(all)
    }
}

impl Top {
    fn compare(&self, a: &str, b: &str) -> Ordering {
        if self.sort.is_number() {
            let number = |text: &str| text.parse::<i64>().unwrap_or(i64::MIN);
            return number(a).cmp(&number(b));
        }
        a.cmp(b)
    }
}
