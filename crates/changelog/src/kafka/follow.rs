//! The reader of a topic: exact, though the relay may repeat, and never without the log, though the broker may go.
//!
//! It reads the feed until the topic can take over, and goes back to the feed for a hole, for another history, when the
//! broker is lost, and when the topic stays behind the log.

use std::pin::pin;
use std::time::Duration;

use async_stream::stream;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Headers, Message};
use rdkafka::{Offset, TopicPartitionList};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::CURSOR_HEADER;
use super::topic::{PARTITION, Topic, TopicError};
use crate::follow::{Followed, Sender, feed};
use crate::row::Cursor;

/// The pause before the topic is tried again.
const REJOIN: Duration = Duration::from_secs(1);
/// How often the log's own end is asked for while the topic is followed.
const LOOK: Duration = Duration::from_millis(250);
/// How long the topic may stay behind a place that the log has reached.
const BEHIND: Duration = Duration::from_millis(500);

/// Follows a log through `topic`, from `after`, or from its end; by the feed of `sender` where the topic
/// cannot serve. Every row is handed on once and in order.
pub fn follow(
    topic: Topic,
    sender: Sender,
    after: Option<Cursor>,
    stop: CancellationToken,
) -> impl Stream<Item = Followed> + Send + 'static + use<> {
    stream! {
        let mut place = after;
        let mut pause = Duration::ZERO;
        while !stop.is_cancelled() {
            let leave = stop.child_token();
            let by_feed = leave.clone().drop_guard();
            let mut opening = pin!(open(topic.clone(), pause));
            let mut opened: Option<Reader> = None;
            let mut rows = pin!(feed(sender.clone(), place, leave));
            // By the feed: everything up to the log's end, then the topic, whose end was looked at before.
            let reader = loop {
                tokio::select! {
                    reader = &mut opening, if opened.is_none() => opened = Some(reader),
                    next = rows.next() => {
                        let Some(next) = next else { return };
                        place = next.place().or(place);
                        let caught_up = matches!(next, Followed::Beat { .. });
                        yield next;
                        if caught_up && let Some(reader) = opened.take() {
                            break reader;
                        }
                    }
                }
            };
            drop(by_feed);
            let Some(start) = place else { continue };
            tracing::info!(topic = topic.name(), "following the topic from {start}");
            let mut taken = Taken::at(start);
            let mut end = pin!(ends(sender.clone(), stop.child_token()));
            let why = loop {
                tokio::select! {
                    record = reader.next() => match record {
                        Ok(record) => match taken.take(&record) {
                            Step::Tell => {
                                place = Some(record.cursor);
                                yield Followed::Row { cursor: record.cursor, payload: record.payload };
                            }
                            Step::Drop => {}
                            Step::Leave(why) => break why.to_owned(),
                        },
                        Err(error) => break error.to_string(),
                    },
                    Some(end) = end.next() => if let Some(why) = taken.compare(end, Instant::now()) {
                        break why.to_owned();
                    },
                    () = stop.cancelled() => return,
                }
            };
            tracing::warn!(topic = topic.name(), "going on by the feed: {why}");
            pause = REJOIN;
        }
    }
}

/// A message as far as readers need it.
struct Record {
    cursor: Cursor,
    payload: Bytes,
}

/// A consumer of the topic, from the end it had when it was opened.
struct Reader {
    consumer: Option<StreamConsumer>,
}

impl Reader {
    /// The next record. Dropped before it is ready, it loses none.
    async fn next(&self) -> Result<Record, ReadError> {
        let Some(consumer) = &self.consumer else { return Err(ReadError::NotARow) };
        let message = consumer.recv().await?;
        let headers = message.headers().ok_or(ReadError::NotARow)?;
        let cursor = headers
            .iter()
            .find(|header| header.key == CURSOR_HEADER)
            .and_then(|header| std::str::from_utf8(header.value?).ok()?.parse().ok())
            .ok_or(ReadError::NotARow)?;
        Ok(Record { cursor, payload: Bytes::copy_from_slice(message.payload().unwrap_or_default()) })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Ending a consumer waits for its threads.
        if let (Some(consumer), Ok(runtime)) = (self.consumer.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn_blocking(move || drop(consumer));
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("the broker: {0}")]
    Kafka(#[from] KafkaError),
    #[error("a message of the topic is no row of a log")]
    NotARow,
}

/// A reader of the topic, tried for until there is one. Whoever asks for the log's end after this knows of every row
/// that the reader does not bring.
async fn open(topic: Topic, pause: Duration) -> Reader {
    sleep(pause).await;
    let mut told = false;
    loop {
        let asked = topic.clone();
        match tokio::task::spawn_blocking(move || assigned(&asked)).await.map_err(TopicError::from).flatten() {
            Ok(reader) => return reader,
            Err(error) if !told => {
                tracing::warn!(topic = topic.name(), "the topic cannot be followed yet: {error}");
                told = true;
            }
            Err(_) => {}
        }
        sleep(REJOIN).await;
    }
}

/// Assigned by ourselves: every reader wants every row, and a group would only add its rebalances.
fn assigned(topic: &Topic) -> Result<Reader, TopicError> {
    let mut config = topic.client();
    config
        // Named because a client must name one; nothing is committed and no group is joined.
        .set("group.id", "dc-tracker-readers")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("fetch.error.backoff.ms", "100")
        .set("queued.max.messages.kbytes", "16384");
    let consumer: StreamConsumer = config.create()?;
    let end = topic.end(consumer.client())?;
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_offset(topic.name(), PARTITION, Offset::Offset(end))?;
    consumer.assign(&partitions)?;
    Ok(Reader { consumer: Some(consumer) })
}

/// The log's end, asked for again and again.
fn ends(sender: Sender, stop: CancellationToken) -> impl Stream<Item = Cursor> + Send {
    stream! {
        while !stop.is_cancelled() {
            if let Some(end) = sender.end().await {
                yield end;
            }
            sleep(LOOK).await;
        }
    }
}

/// What a record means to a reader at a place.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Tell,
    Drop,
    Leave(&'static str),
}

/// How far a reader of the topic is, and how far it should be.
struct Taken {
    last: Cursor,
    /// Whether a row was taken: what comes again after that was published twice.
    began: bool,
    repeated: bool,
    /// A place that the log had reached at an instant and the topic has yet to bring.
    owed: Option<(u64, Instant)>,
}

impl Taken {
    fn at(last: Cursor) -> Taken {
        Taken { last, began: false, repeated: false, owed: None }
    }

    fn take(&mut self, record: &Record) -> Step {
        if record.cursor.epoch != self.last.epoch {
            return Step::Leave("the topic holds another history");
        }
        if record.cursor.seq <= self.last.seq {
            if self.began && !self.repeated {
                tracing::error!("rows up to {} are in the topic again; two relays may be at work", self.last);
            }
            self.repeated = true;
            return Step::Drop;
        }
        if record.cursor.seq > self.last.seq + 1 {
            return Step::Leave("the topic has a hole");
        }
        (self.last, self.began, self.repeated) = (record.cursor, true, false);
        Step::Tell
    }

    /// Compares with the log's end at `now`: the reason to leave the topic, if there is one.
    fn compare(&mut self, end: Cursor, now: Instant) -> Option<&'static str> {
        if end.epoch != self.last.epoch {
            return Some("the log has another history");
        }
        match self.owed {
            Some((owed, since)) if self.last.seq < owed => {
                return (now - since >= BEHIND).then_some("the topic stays behind the log");
            }
            _ => self.owed = (end.seq > self.last.seq).then_some((end.seq, now)),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_reader_takes_the_next_row_only_and_leaves_a_topic_that_lags() {
        let epoch = Uuid::now_v7();
        let record = |epoch, seq| Record { cursor: Cursor { epoch, seq }, payload: Bytes::new() };
        let mut taken = Taken::at(Cursor { epoch, seq: 5 });
        assert_eq!(taken.take(&record(epoch, 4)), Step::Drop);
        assert_eq!(taken.take(&record(epoch, 6)), Step::Tell);
        assert_eq!(taken.take(&record(epoch, 6)), Step::Drop);
        assert!(matches!(taken.take(&record(epoch, 8)), Step::Leave(_)));
        assert!(matches!(taken.take(&record(Uuid::now_v7(), 7)), Step::Leave(_)));

        let now = Instant::now();
        let at = |seq| Cursor { epoch, seq };
        assert_eq!(taken.compare(at(9), now), None);
        assert_eq!(taken.take(&record(epoch, 7)), Step::Tell, "behind, and still coming");
        assert!(taken.compare(at(12), now + BEHIND).is_some());
        let mut taken = Taken::at(at(5));
        assert_eq!(taken.compare(at(6), now), None);
        assert_eq!(taken.take(&record(epoch, 6)), Step::Tell);
        assert_eq!(taken.compare(at(9), now + BEHIND), None, "it has come up to where the log was");
        assert!(taken.compare(Cursor { epoch: Uuid::now_v7(), seq: 9 }, now).is_some());
    }
}
