//! The sending side of the feed: frames of rows, and beats between them wherever everything is handed on.

use std::time::Duration;

use async_stream::try_stream;
use bytes::Bytes;
use db::DbError;
use futures::Stream;
use prost::Message;
use proto_contracts::feed::FeedFrame;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::log::Log;
use crate::row::Cursor;

/// How often the sender says that it lives and everything is handed on.
pub const BEAT: Duration = Duration::from_millis(250);
/// Rows handed on at once.
const ROWS: u32 = 500;

impl Log {
    /// The log after `after` as length-delimited frames, without end: first what is there, then what comes. With
    /// none, from the log's end on. A cursor that is not a place of this log is answered by a reset frame, and the
    /// rows follow from the first.
    pub fn frames(
        &self,
        after: Option<Cursor>,
        stop: CancellationToken,
    ) -> impl Stream<Item = Result<Bytes, DbError>> + Send + 'static + use<> {
        let log = self.clone();
        try_stream! {
            let mut woken = log.listen();
            // A place is told only when it is on disk, the first one too: a crash must not give it out again.
            let mut end = log.place().await?;
            let mut seq = match after {
                None => end.seq,
                Some(at) if at.epoch == end.epoch && at.seq <= end.seq => at.seq,
                Some(_) => {
                    yield reset(end);
                    0
                }
            };
            yield beat(end, seq);
            let mut beaten = Instant::now();
            let mut asked: Option<Instant> = None;
            while !stop.is_cancelled() {
                woken.borrow_and_update();
                // What this process committed itself is at hand; the database is asked for what others write, now and then.
                let recent = log.recent.after(end.epoch, seq, ROWS as usize);
                let (epoch, rows) = if !recent.is_empty() {
                    (Some(end.epoch), recent)
                } else if seq >= log.last_appended() && asked.is_some_and(|asked| asked.elapsed() < log.poll()) {
                    (None, recent)
                } else {
                    let read = log.read_of_history(seq, ROWS).await?;
                    asked = Some(Instant::now());
                    read
                };
                let beat_is_due = beaten.elapsed() >= BEAT;
                // A new history is seen before any row of it is handed on.
                if beat_is_due || epoch.is_some_and(|epoch| epoch != end.epoch) {
                    let now = log.end().await?;
                    if now.epoch != end.epoch {
                        yield reset(now);
                        log.begin_anew();
                        (end, seq) = (now, 0);
                        continue;
                    }
                }
                if rows.is_empty() {
                    if beat_is_due {
                        yield beat(end, seq);
                        beaten = Instant::now();
                    }
                    let until_asked = asked.map_or(Duration::ZERO, |asked| log.poll().saturating_sub(asked.elapsed()));
                    tokio::select! {
                        _ = timeout(until_asked, woken.changed()) => {}
                        () = stop.cancelled() => {}
                    }
                    continue;
                }
                log.make_durable(rows.last().map_or(seq, |(seq, _)| *seq)).await?;
                let is_all = rows.len() < ROWS as usize;
                let mut together = Vec::new();
                for (place, payload) in rows {
                    seq = place;
                    let one = FeedFrame { epoch: end.epoch.to_string(), seq, payload, ..FeedFrame::default() };
                    together.extend_from_slice(&one.encode_length_delimited_to_vec());
                }
                yield Bytes::from(together);
                // Rows do not say that they are all there are, so a busy log needs its beats as well.
                if beat_is_due && is_all {
                    yield beat(end, seq);
                    beaten = Instant::now();
                }
            }
        }
    }
}

fn reset(end: Cursor) -> Bytes {
    frame(&FeedFrame { epoch: end.epoch.to_string(), reset: true, ..FeedFrame::default() })
}

fn beat(end: Cursor, seq: u64) -> Bytes {
    frame(&FeedFrame { epoch: end.epoch.to_string(), seq, beat: true, ..FeedFrame::default() })
}

fn frame(frame: &FeedFrame) -> Bytes {
    frame.encode_length_delimited_to_vec().into()
}
