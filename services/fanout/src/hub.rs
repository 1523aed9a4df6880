//! The hub: the recent past of the log in memory.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use changelog::Cursor;
use changelog::follow::{Followed, Sender, feed};
use changelog::kafka::Topic;
use futures::StreamExt;
use service::Config;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::event::Heard;

/// Events kept for those who come back: some minutes of a busy day.
const KEPT: usize = 10_000;
/// The most bytes of events that are kept, as they came. One of the samples has 1,023 on average, so that of ordinary ones their
/// number decides; of large ones, with long texts and many executives, fewer are kept. What streams read of them takes several
/// times as much again.
const KEPT_BYTES: usize = 12 << 20;

/// The recent past of the register's log.
pub(crate) struct Hub {
    past: Mutex<Past>,
    moved: watch::Sender<()>,
}

impl Default for Hub {
    fn default() -> Self {
        Hub { past: Mutex::default(), moved: watch::Sender::new(()) }
    }
}

#[derive(Default)]
struct Past {
    /// The place up to which everything is known; none before the log was reached.
    end: Option<Cursor>,
    /// Every event after this seq is kept.
    after: u64,
    events: VecDeque<Arc<Heard>>,
    /// Their bytes, as [`Heard::size`] has them.
    bytes: usize,
}

impl Past {
    /// Keeps one more event, and no more than may be kept.
    fn push(&mut self, event: Heard) {
        self.bytes += event.size();
        self.events.push_back(Arc::new(event));
        while self.events.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(oldest) = self.events.pop_front() else { return };
            self.bytes -= oldest.size();
            self.after = oldest.seq;
        }
    }
}

/// What is to be sent after a place.
pub(crate) enum Since {
    /// These events, and the place after them.
    Events(Vec<Arc<Heard>>, Cursor),
    /// The place is not one we can go on from; this is the end.
    Reset(Cursor),
    /// The log was not reached yet, or the place is one that the register has told and this hub has yet to hear of.
    Behind(Option<Cursor>),
}

impl Hub {
    /// The place up to which everything is known.
    pub(crate) fn end(&self) -> Option<Cursor> {
        self.lock().end
    }

    /// Wakes at everything new.
    pub(crate) fn listen(&self) -> watch::Receiver<()> {
        self.moved.subscribe()
    }

    /// Up to `limit` events after `place`.
    pub(crate) fn since(&self, place: Option<Cursor>, limit: usize) -> Since {
        let past = self.lock();
        let Some(end) = past.end else { return Since::Behind(None) };
        if place.is_some_and(|p| p.epoch == end.epoch && p.seq > end.seq) {
            return Since::Behind(Some(end));
        }
        let Some(place) = place.filter(|p| p.epoch == end.epoch && p.seq >= past.after) else {
            return Since::Reset(end);
        };
        let first = past.events.partition_point(|e| e.seq <= place.seq);
        let events: Vec<Arc<Heard>> = past.events.iter().skip(first).take(limit).cloned().collect();
        let seq = match events.last() {
            Some(last) if events.len() == limit => last.seq,
            _ => end.seq,
        };
        Since::Events(events, Cursor { epoch: end.epoch, seq })
    }

    fn lock(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn take(&self, followed: Followed) {
        let mut past = self.lock();
        match followed {
            Followed::Row { cursor, payload } => {
                if past.end.is_none() {
                    past.after = cursor.seq.saturating_sub(1);
                }
                past.push(Heard::new(cursor.seq, payload));
                past.end = Some(cursor);
            }
            Followed::Beat { cursor } => {
                if past.end.is_some() {
                    return;
                }
                past.end = Some(cursor);
                past.after = cursor.seq;
            }
            Followed::Reset { cursor } => *past = Past { end: Some(cursor), ..Past::default() },
            Followed::Lost => return,
        }
        drop(past);
        self.moved.send_replace(());
    }
}

/// Follows the register's log of `sender` until `stop`, from where the hub is: through the topic where there is a broker, else
/// by the feed.
pub(crate) async fn follow(hub: &Hub, sender: Sender, config: &Config, stop: CancellationToken) {
    let place = hub.end();
    let followed = match &config.kafka {
        None => feed(sender, place, stop).left_stream(),
        Some(kafka) => {
            let topic = Topic::challan_changes(&kafka.bootstrap_servers, &kafka.topic_prefix);
            changelog::kafka::follow(topic, sender, place, stop).right_stream()
        }
    };
    let mut followed = pin!(followed);
    while let Some(next) = followed.next().await {
        if matches!(next, Followed::Lost) {
            tracing::warn!("the register's feed is away; trying again");
        }
        hub.take(next);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;
    use uuid::Uuid;

    use super::*;

    /// The places that are kept after `rows` of `size` bytes each, the first of which is 1.
    fn kept(rows: u64, size: usize) -> (u64, usize, Hub) {
        let (hub, epoch) = (Hub::default(), Uuid::now_v7());
        let payload = Bytes::from(vec![0; size]);
        for seq in 1..=rows {
            hub.take(Followed::Row { cursor: Cursor { epoch, seq }, payload: payload.clone() });
        }
        let past = hub.lock();
        let (after, count) = (past.after, past.events.len());
        assert_eq!(past.bytes, count * size);
        assert_eq!(past.events.front().map_or(rows, |oldest| oldest.seq - 1), after);
        drop(past);
        (after, count, hub)
    }

    #[tokio::test]
    async fn following_begun_anew_goes_on_where_the_hub_is() {
        let config = Config::read(&|name| (name == "SECRET_KEY").then(|| "x".repeat(32))).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sender = Sender::new(vec![format!("http://{}", listener.local_addr().unwrap())], "proof").unwrap();
        let (_, _, hub) = kept(7, 1);
        let end = hub.end().unwrap();
        let stop = CancellationToken::new();
        let asked = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut head = vec![0; 4096];
            let read = connection.read(&mut head).await.unwrap();
            stop.cancel();
            String::from_utf8_lossy(&head[..read]).into_owned()
        };
        let ((), asked) = tokio::join!(follow(&hub, sender, &config, stop.clone()), asked);
        assert!(asked.contains(&format!("after={}%3A7 ", end.epoch)), "{asked}");
    }

    #[test]
    fn the_past_is_bounded_by_events_and_by_bytes() {
        let (after, count, _) = kept(KEPT as u64 + 5, 1_100);
        assert_eq!((after, count), (5, KEPT), "ordinary ones are kept by their number");
        let (after, count, hub) = kept(100, KEPT_BYTES / 4);
        assert_eq!((after, count), (96, 4), "large ones by their bytes");
        let end = hub.end().unwrap();
        let at = |seq| Some(Cursor { seq, ..end });
        assert!(matches!(hub.since(at(95), 9), Since::Reset(_)), "whoever is further back begins anew");
        assert!(matches!(hub.since(at(96), 9), Since::Events(events, _) if events.len() == 4));
        let (after, count, hub) = kept(3, KEPT_BYTES + 1);
        assert_eq!((after, count), (3, 0), "one that is too large for all is not kept");
        let end = hub.end().unwrap();
        assert!(matches!(hub.since(Some(end), 9), Since::Events(events, _) if events.is_empty()));
        hub.take(Followed::Reset { cursor: Cursor { epoch: Uuid::now_v7(), seq: 0 } });
        assert_eq!(hub.lock().bytes, 0);
    }
}
