//! The newest rows that this process committed, kept so that those who follow the log here need not read them back.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use uuid::Uuid;

/// The most bytes of events that are kept: some thousand small changes, a few times what a reader may be behind by.
const MOST: usize = 4 << 20;

/// A row as its followers are told of it: its place and its event.
pub(crate) type Told = (u64, Bytes);

/// Rows of one history without a gap between them; all of them are committed.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    epoch: Uuid,
    rows: VecDeque<Told>,
    bytes: usize,
}

impl Recent {
    /// Keeps `rows`, which are in order. Where others wrote between the last ones and these, the last ones are forgotten.
    pub(crate) fn keep(&self, epoch: Uuid, rows: &[Told]) {
        let Some((first, _)) = rows.first() else { return };
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = kept.rows.back().map(|(seq, _)| *seq);
        if kept.epoch != epoch || last.is_none_or(|last| last + 1 != *first) {
            // Of two that were committed one after the other, the later one may come here first.
            if kept.epoch == epoch && last.is_some_and(|last| last >= *first) {
                return;
            }
            *kept = Kept { epoch, ..Kept::default() };
        }
        for row in rows {
            kept.bytes += row.1.len();
            kept.rows.push_back(row.clone());
        }
        while kept.bytes > MOST
            && let Some((_, event)) = kept.rows.pop_front()
        {
            kept.bytes -= event.len();
        }
    }

    /// Up to `limit` rows that follow row `after` of the history `epoch`; empty where the row after it is not kept.
    pub(crate) fn after(&self, epoch: Uuid, after: u64, limit: usize) -> Vec<Told> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((first, _)) = kept.rows.front().filter(|_| kept.epoch == epoch) else { return Vec::new() };
        let Some(passed) = (after + 1).checked_sub(*first) else { return Vec::new() };
        kept.rows.iter().skip(usize::try_from(passed).unwrap_or(usize::MAX)).take(limit).cloned().collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use super::*;

    fn rows(places: std::ops::RangeInclusive<u64>) -> Vec<Told> {
        places.map(|seq| (seq, Bytes::from(seq.to_string()))).collect()
    }

    fn places(recent: &Recent, epoch: Uuid, after: u64) -> Vec<u64> {
        recent.after(epoch, after, 3).into_iter().map(|(seq, _)| seq).collect()
    }

    #[test]
    fn rows_follow_one_another_or_are_not_told() {
        let (recent, epoch) = (Recent::default(), Uuid::from_u128(1));
        assert!(places(&recent, epoch, 0).is_empty());
        recent.keep(epoch, &rows(5..=6));
        recent.keep(epoch, &rows(7..=9));
        assert_eq!(places(&recent, epoch, 4), [5, 6, 7]);
        assert_eq!(places(&recent, epoch, 7), [8, 9]);
        assert!(places(&recent, epoch, 3).is_empty(), "row 4 is not kept");
        assert!(places(&recent, epoch, 9).is_empty());
        assert!(places(&recent, epoch, 100).is_empty());
        assert!(places(&recent, Uuid::from_u128(2), 4).is_empty(), "another history has other rows there");
        recent.keep(epoch, &rows(12..=12));
        assert!(places(&recent, epoch, 8).is_empty(), "somebody else wrote 10 and 11");
        assert_eq!(places(&recent, epoch, 11), [12]);
        recent.keep(epoch, &rows(10..=11));
        assert_eq!(places(&recent, epoch, 11), [12], "late ones change nothing");
        recent.keep(Uuid::from_u128(2), &rows(11..=11));
        assert!(places(&recent, epoch, 11).is_empty());
        assert_eq!(places(&recent, Uuid::from_u128(2), 10), [11]);
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let (recent, epoch) = (Recent::default(), Uuid::from_u128(1));
        let large = Bytes::from(vec![0; MOST / 4]);
        for seq in 1..=9 {
            recent.keep(epoch, &[(seq, large.clone())]);
        }
        assert!(places(&recent, epoch, 0).is_empty());
        assert_eq!(recent.after(epoch, 5, 10).len(), 4);
        assert_eq!(recent.0.lock().unwrap().bytes, MOST);
    }
}
