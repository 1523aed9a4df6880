//! What a query finds in a segment, a bit for each row: the rows of its terms are put together, all at once. To go through a group of
//! terms row by row takes longer, but where few rows are found, or many are to be looked at for words that stand one after another.

use std::iter::Sum;
use std::time::Instant;

use tantivy::query::{AllQuery, BooleanQuery, EnableScoring, Occur, PhrasePrefixQuery, Query, Scorer, Weight};
use tantivy::{DocId, Searcher, SegmentReader, TERMINATED, Term};

use super::bits::{all_rows, narrow, put};
use super::column::InColumn;
use super::lanes::in_time;
use super::phrase::InOrder;
use super::top::few_of;
use super::union::{AnyOf, LeftOut};

/// Phrases are gone through by themselves where so many times as many rows of their group would be asked whether they have them as are
/// asked for theirs, which takes longer (`bench/README.md`). A long word is looked for in numbers as a phrase too, which hardly any row
/// has.
const ROWS_ASKED: u64 = 3;

/// What finds rows.
pub(super) enum Rows {
    /// A column tells them, which is read in blocks.
    InColumn(InColumn),
    /// Gone through one after another.
    Each(Box<dyn Weight>),
    /// Words that are to stand one after another: where the library finds them sooner, each row that has them all is looked at.
    InOrder(Box<dyn Weight>, InOrder),
    /// The same of which the last may go on: each row is looked at that has the others.
    Beginning(Box<dyn Weight>, Vec<Term>),
    /// The rows of any.
    OfAny(Vec<Rows>),
    /// The rows of all, or where it is `MustNot`, all rows but its; and what goes through them one after another, in a group that
    /// stands in no other.
    OfAll(Vec<(Occur, Rows)>, Option<OneByOne>),
}

/// What goes through rows one after another.
pub(super) struct OneByOne {
    all: Box<dyn Weight>,
    /// What finds the rows of each clause that they are to have, which is the one at this place.
    wanted: Vec<(usize, Box<dyn Weight>)>,
}

impl Rows {
    /// What finds the rows of `query`; it is made as long as `until`.
    ///
    /// # Errors
    /// The index's own, and that it takes too long.
    pub(super) fn of(query: &dyn Query, searcher: &Searcher, until: Option<Instant>) -> tantivy::Result<Rows> {
        Rows::made(query, &Making { searcher, until }, true)
    }

    fn made(query: &dyn Query, making: &Making<'_>, is_outermost: bool) -> tantivy::Result<Rows> {
        in_time(making.until)?;
        if let Some(column) = query.downcast_ref::<InColumn>() {
            return Ok(Rows::InColumn(column.clone()));
        }
        if let Some(LeftOut { query, .. }) = query.downcast_ref() {
            return Rows::made(&**query, making, is_outermost);
        }
        if let Some(AnyOf { queries, .. }) = query.downcast_ref() {
            let each = queries.iter().map(|query| Rows::made(&**query, making, is_outermost));
            return each.collect::<tantivy::Result<_>>().map(Rows::OfAny);
        }
        let weight = || query.weight(EnableScoring::disabled_from_searcher(making.searcher));
        if let Some(words) = query.downcast_ref::<InOrder>() {
            return Ok(Rows::InOrder(weight()?, words.clone()));
        }
        if let Some(words) = query.downcast_ref::<PhrasePrefixQuery>() {
            return Ok(Rows::Beginning(weight()?, words.phrase_terms()));
        }
        let Some(all) = query.downcast_ref::<BooleanQuery>() else { return weight().map(Rows::Each) };
        let clauses = all.clauses().iter().filter(|(occur, query)| *occur != Occur::Must || !query.is::<AllQuery>());
        let each = clauses.clone().map(|(occur, query)| Ok((*occur, Rows::made(&**query, making, false)?)));
        let each = each.collect::<tantivy::Result<_>>()?;
        if !is_outermost {
            return Ok(Rows::OfAll(each, None));
        }
        let scoring = EnableScoring::disabled_from_searcher(making.searcher);
        let wanted = clauses.enumerate().filter(|(_, (occur, _))| *occur == Occur::Must);
        let wanted = wanted.map(|(at, (_, query))| Ok((at, query.weight(scoring)?)));
        let wanted: Vec<_> = wanted.collect::<tantivy::Result<_>>()?;
        // All but those of some others are many.
        let one_by_one = if wanted.is_empty() { None } else { Some(OneByOne { all: weight()?, wanted }) };
        Ok(Rows::OfAll(each, one_by_one))
    }

    /// Puts those of `segment` to `bits`, which has one for each of its rows. They are looked for as long as `until`.
    ///
    /// # Errors
    /// The index's own, and that it takes too long.
    pub(super) fn put_to(
        &self,
        bits: &mut [u64],
        segment: &SegmentReader,
        until: Option<Instant>,
    ) -> tantivy::Result<()> {
        in_time(until)?;
        match self {
            Rows::InColumn(column) => column.put_to(bits, segment),
            Rows::InOrder(rows, words) => {
                if words.put_to(bits, segment)? {
                    Ok(())
                } else {
                    put_each(bits, &**rows, segment)
                }
            }
            Rows::Each(rows) | Rows::Beginning(rows, _) => put_each(bits, &**rows, segment),
            Rows::OfAny(each) => each.iter().try_for_each(|rows| rows.put_to(bits, segment, until)),
            Rows::OfAll(each, one_by_one) => {
                if let Some(one_by_one) = one_by_one
                    && let Some(mut few) = one_by_one.few(each, segment, until)?
                {
                    put(bits, rows_of(&mut *few));
                    return in_time(until);
                }
                let mut all = all_rows(segment.max_doc());
                for (occur, rows) in each {
                    let mut found = vec![0; all.len()];
                    rows.put_to(&mut found, segment, until)?;
                    narrow(&mut all, *occur, &found);
                    if all.iter().all(|rows| *rows == 0) {
                        break;
                    }
                }
                bits.iter_mut().zip(all).for_each(|(bits, all)| *bits |= all);
                Ok(())
            }
        }
    }

    /// How many rows of `segment` are asked for the places of a phrase's words, each phrase's by themselves, or what takes as long; and
    /// by how many phrases. Words of one mostly stand together, so these are as many as have the rarest.
    ///
    /// # Errors
    /// The index's own, and that it takes too long.
    fn phrases(&self, segment: &SegmentReader, until: Option<Instant>) -> tantivy::Result<Asked> {
        in_time(until)?;
        let each: Vec<&Rows> = match self {
            Rows::InColumn(_) | Rows::Each(_) => return Ok(Asked::default()),
            Rows::InOrder(_, words) => return words.rows_asked(segment).map(Asked::by_one),
            Rows::Beginning(_, words) => {
                let mut least = segment.max_doc();
                for word in words {
                    least = least.min(segment.inverted_index(word.field())?.doc_freq(word)?);
                    if least == 0 {
                        break;
                    }
                }
                return Ok(Asked::by_one(least.into()));
            }
            Rows::OfAny(each) => each.iter().collect(),
            Rows::OfAll(each, _) => each.iter().map(|(_, rows)| rows).collect(),
        };
        each.into_iter().map(|rows| rows.phrases(segment, until)).sum()
    }
}

/// Rows that are asked whether words stand one after another in them.
#[derive(Clone, Copy, Default)]
struct Asked {
    rows: u64,
    phrases: u64,
}

impl Asked {
    /// A phrase that no row is asked for takes no time.
    fn by_one(rows: u64) -> Asked {
        Asked { rows, phrases: rows.min(1) }
    }
}

impl Sum for Asked {
    fn sum<I: Iterator<Item = Asked>>(each: I) -> Asked {
        each.fold(Asked::default(), |all, one| Asked { rows: all.rows + one.rows, phrases: all.phrases + one.phrases })
    }
}

impl OneByOne {
    /// The rows of `segment`, where there are so few that to ask each of them for all phrases takes less than to go through the phrases
    /// by themselves and to put all terms together.
    fn few(
        &self,
        each: &[(Occur, Rows)],
        segment: &SegmentReader,
        until: Option<Instant>,
    ) -> tantivy::Result<Option<Box<dyn Scorer>>> {
        let asked = each.iter().map(|(_, rows)| rows.phrases(segment, until));
        let asked: Vec<Asked> = asked.collect::<tantivy::Result<_>>()?;
        let all: Asked = asked.iter().copied().sum();
        let end = u64::from(segment.max_doc()).max(1);
        let most = all.rows * ROWS_ASKED + few_of(segment);
        if all.phrases > 0 {
            let mut likely = end;
            for (at, weight) in &self.wanted {
                // Phrases are sooner gone through by themselves, and the first row of one may be behind all others.
                if asked[*at].rows == 0 {
                    likely = likely * weight.scorer(segment, 1.0)?.cost().min(end) / end;
                }
            }
            if likely * all.phrases >= most {
                return Ok(None);
            }
        }
        let found = self.all.scorer(segment, 1.0)?;
        Ok(Some(found).filter(|found| all.phrases > 0 || found.cost() < most))
    }
}

struct Making<'a> {
    searcher: &'a Searcher,
    until: Option<Instant>,
}

/// Puts the rows of `segment` to `bits`, one after another.
fn put_each(bits: &mut [u64], rows: &dyn Weight, segment: &SegmentReader) -> tantivy::Result<()> {
    rows.for_each_no_score(segment, &mut |rows: &[DocId]| put(bits, rows.iter().copied()))
}

fn rows_of(found: &mut dyn Scorer) -> impl Iterator<Item = DocId> {
    let mut next = found.doc();
    std::iter::from_fn(move || {
        let row = (next != TERMINATED).then_some(next)?;
        next = found.advance();
        Some(row)
    })
}
