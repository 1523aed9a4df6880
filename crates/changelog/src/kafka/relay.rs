//! The relay: publishes every row of a log in order, one relay at a time.

use std::time::Duration;

use db::DbError;
use futures::future::try_join_all;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer};
use tokio::time::{Instant, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::lease::{Lease, Place};
use super::topic::{PARTITION, Topic, TopicError};
use super::{CURSOR_HEADER, REQUEST_ID_HEADER, SCHEMA, SCHEMA_HEADER};
use crate::log::Log;
use crate::row::{Cursor, LogRow};

/// Rows under way to the broker at once: what a relay holds in memory, and what it repeats at most after a fault.
const ROWS: u32 = 1000;
/// How often the lease is prolonged while there is nothing to publish, or the broker is away.
const BEAT: Duration = Duration::from_millis(750);
/// How long the broker may take for rows under way, before a new connection looks what is wrong: the broker may be away,
/// or the topic removed under us. The rows are then sent again.
const DELIVERY: Duration = Duration::from_secs(10);
/// The same for a relay that is told to stop: what the broker has by then is not sent again by the next one.
const LAST_DELIVERY: Duration = Duration::from_secs(1);
/// The pause before another try after a fault, which doubles to the second one.
const PAUSE: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];
/// How often a relay that waits looks whether the lease is free.
const WAIT: Duration = Duration::from_millis(500);

#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("the log cannot be read: {0}")]
    Database(#[from] DbError),
    #[error(transparent)]
    Topic(#[from] TopicError),
    #[error("a row was not taken by the broker: {0}")]
    Refused(#[from] KafkaError),
    #[error("the producer ended with rows under way")]
    Canceled,
    #[error("the broker has not taken rows for {} s", DELIVERY.as_secs())]
    Late,
}

/// How a turn of relaying ended without a fault.
enum Turn {
    Stopped,
    /// Another relay holds the lease, or may.
    Waiting,
}

/// Publishes `log` to `topic` until `stop`, whenever no other relay does. Faults are logged and tried again for ever:
/// writes never wait for the broker, and what it missed follows.
pub async fn relay(log: Log, topic: Topic, stop: CancellationToken) {
    let lease = Lease::new(&log, topic.name());
    let relay = Relay { log, topic, lease };
    let mut pause = PAUSE[0];
    while !stop.is_cancelled() {
        let wait = match relay.turn(&stop).await {
            Ok(Turn::Stopped) => break,
            Ok(Turn::Waiting) => {
                pause = PAUSE[0];
                WAIT
            }
            Err(error) => {
                tracing::warn!(topic = relay.topic.name(), "publishing paused: {error}");
                let now = pause;
                pause = (pause * 2).min(PAUSE[1]);
                now
            }
        };
        // Cut short by the stop.
        let _ = timeout(wait, stop.cancelled()).await;
    }
    if let Err(error) = relay.lease.release().await {
        tracing::warn!("the relay's lease could not be given back and will lapse: {error}");
    }
}

struct Relay {
    log: Log,
    topic: Topic,
    lease: Lease,
}

impl Relay {
    /// Takes the lease and publishes for as long as it holds and nothing fails.
    async fn turn(&self, stop: &CancellationToken) -> Result<Turn, RelayError> {
        self.lease.make().await?;
        if !self.lease.take().await? {
            return Ok(Turn::Waiting);
        }
        self.topic.make().await?;
        let producer = Publisher::new(&self.topic)?;
        let mut place = self.begin(&producer).await?;
        let mut woken = self.log.listen();
        let (mut beaten, mut stored) = (Instant::now(), place);
        loop {
            woken.borrow_and_update();
            let rows = self.log.read(place.seq, ROWS).await?;
            if stop.is_cancelled() {
                self.lease.keep(place).await?;
                return Ok(Turn::Stopped);
            }
            if !rows.is_empty() || stored != place || beaten.elapsed() >= BEAT {
                // Asked after the rows: whatever history they are of, a new one is seen before they are published.
                let end = self.log.end().await?;
                if end.epoch != place.epoch {
                    place = Place::beginning(end.epoch);
                    continue;
                }
                if !self.lease.keep(place).await? {
                    tracing::error!(topic = self.topic.name(), "the relay's lease lapsed; two relays may be at work");
                    return Ok(Turn::Waiting);
                }
                (beaten, stored) = (Instant::now(), place);
            }
            if rows.is_empty() {
                tokio::select! {
                    _ = timeout(self.log.poll(), woken.changed()) => {}
                    () = stop.cancelled() => {}
                }
                continue;
            }
            let sent = producer.send(&self.topic, place.epoch, &rows)?;
            match self.delivered(sent, place, stop).await? {
                Delivered::To(next) => place = next,
                Delivered::Wiped => place = Place::beginning(place.epoch),
                Delivered::Stopped => return Ok(Turn::Stopped),
                Delivered::Lapsed => return Ok(Turn::Waiting),
            }
        }
    }

    /// The place to go on from. A topic that ends at or below the last offset published has lost rows: it is filled
    /// again from the first. Rows that have merely aged leave its end where it was.
    async fn begin(&self, producer: &Publisher) -> Result<Place, RelayError> {
        let (client, topic) = (producer.producer.clone(), self.topic.clone());
        let end = tokio::task::spawn_blocking(move || topic.end(client.client())).await.map_err(TopicError::from)??;
        let epoch = self.log.end().await?.epoch;
        let place = self.lease.place().await?.filter(|place| place.epoch == epoch);
        Ok(match place {
            Some(Place { offset: Some(offset), .. }) if end <= offset => {
                tracing::warn!(topic = self.topic.name(), "the topic was wiped; it is filled again from the log");
                Place::beginning(epoch)
            }
            Some(place) => place,
            None => Place::beginning(epoch),
        })
    }

    /// Waits until the broker has every row, and keeps the lease meanwhile.
    async fn delivered(
        &self,
        sent: Vec<(u64, DeliveryFuture)>,
        place: Place,
        stop: &CancellationToken,
    ) -> Result<Delivered, RelayError> {
        let mut all = std::pin::pin!(try_join_all(sent.into_iter().map(|(seq, delivery)| async move {
            match delivery.await {
                Ok(Ok(delivery)) => Ok((seq, delivery.offset)),
                Ok(Err((error, _))) => Err(RelayError::Refused(error)),
                Err(_) => Err(RelayError::Canceled),
            }
        })));
        let mut beat = interval(BEAT);
        beat.reset();
        let (mut until, mut is_last) = (Instant::now() + DELIVERY, false);
        loop {
            tokio::select! {
                () = sleep_until(until) => return if is_last { Ok(Delivered::Stopped) } else { Err(RelayError::Late) },
                done = &mut all => return Ok(after(place, &done?)),
                _ = beat.tick() => if !self.lease.keep(place).await? {
                    return Ok(Delivered::Lapsed);
                },
                () = stop.cancelled(), if !is_last => {
                    (until, is_last) = (until.min(Instant::now() + LAST_DELIVERY), true);
                }
            }
        }
    }
}

/// What became of rows under way.
#[derive(Debug, PartialEq, Eq)]
enum Delivered {
    To(Place),
    /// The broker counts anew: the topic was made again under us.
    Wiped,
    Stopped,
    Lapsed,
}

/// The place after rows of these seqs got these offsets. A row that was sent twice has none, which is -1.
fn after(place: Place, rows: &[(u64, i64)]) -> Delivered {
    let offsets = || rows.iter().map(|(_, offset)| *offset).filter(|offset| *offset >= 0);
    if place.offset.is_some_and(|before| offsets().any(|offset| offset <= before)) {
        return Delivered::Wiped;
    }
    let seq = rows.last().map_or(place.seq, |(seq, _)| *seq);
    Delivered::To(Place { seq, offset: offsets().next_back().or(place.offset), ..place })
}

/// A producer whose end does not hold up the runtime: purging takes up to half a second.
struct Publisher {
    producer: FutureProducer,
}

impl Publisher {
    /// One writer in order, without repeats, each row on every in-sync copy; the client gives no row up by itself, since
    /// later ones would then follow a hole.
    fn new(topic: &Topic) -> Result<Publisher, RelayError> {
        let mut config = topic.client();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("message.timeout.ms", "0")
            // A topic that was removed under us; we have seen it, so nothing needs to spread first.
            .set("topic.metadata.propagation.max.ms", "5000")
            .set("compression.type", "zstd")
            .set("batch.size", "262144")
            .set("linger.ms", "1");
        Ok(Publisher { producer: config.create()? })
    }

    fn send(&self, topic: &Topic, epoch: Uuid, rows: &[LogRow]) -> Result<Vec<(u64, DeliveryFuture)>, RelayError> {
        rows.iter().map(|row| Ok((row.seq, self.send_one(topic, epoch, row)?))).collect()
    }

    fn send_one(&self, topic: &Topic, epoch: Uuid, row: &LogRow) -> Result<DeliveryFuture, RelayError> {
        let cursor = Cursor { epoch, seq: row.seq }.to_string();
        let headers = OwnedHeaders::new_with_capacity(3)
            .insert(Header { key: CURSOR_HEADER, value: Some(&cursor) })
            .insert(Header { key: SCHEMA_HEADER, value: Some(SCHEMA) })
            .insert(Header { key: REQUEST_ID_HEADER, value: Some(&row.request_id) });
        let key = row.entity_id.to_string();
        let record = FutureRecord::to(topic.name())
            .partition(PARTITION)
            .key(&key)
            .payload(&row.payload[..])
            .timestamp(row.at_micros / 1000)
            .headers(headers);
        self.producer.send_result(record).map_err(|(error, _)| error.into())
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let producer = self.producer.clone();
        // Outside a runtime, at the very end, it may take its time.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn_blocking(move || {
                producer.purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
                drop(producer);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lease::LEASE;
    use super::*;

    #[test]
    fn a_topic_that_counts_anew_was_wiped() {
        let place = Place { epoch: Uuid::now_v7(), seq: 7, offset: Some(6) };
        assert_eq!(after(place, &[(8, 7), (9, 8)]), Delivered::To(Place { seq: 9, offset: Some(8), ..place }));
        assert_eq!(after(place, &[(8, 0), (9, 1)]), Delivered::Wiped);
        // Sent twice: the broker knows the row and does not say where it is.
        assert_eq!(after(place, &[(8, -1)]), Delivered::To(Place { seq: 8, offset: Some(6), ..place }));
        assert_eq!(LEASE / 4, BEAT);
    }
}
