//! Whose streams are open, here and at the other copies of this service, and who is to be asked for anew.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use changelog::follow::{Followed, SILENCE, Sender, feed};
use futures::StreamExt;
use futures::future::join_all;
use prost::Message;
use proto_contracts::events::{Change, change};
use serde::{Deserialize, Serialize};
use service::{Config, internal};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Streams of one user, at all copies together (the contract's limit).
pub(crate) const STREAMS_PER_USER: usize = 6;
/// How long another copy may take to say how many streams a user has there. One that is away has none.
const DEADLINE: Duration = Duration::from_millis(300);

/// The open streams by user.
pub(crate) struct Seats {
    users: Mutex<HashMap<Uuid, Held>>,
    rights: Mutex<Rights>,
    others: Others,
}

struct Held {
    count: usize,
    told: watch::Sender<()>,
}

/// How far the feed of accounts is heard.
struct Rights {
    /// Since when nothing was missed; none while the feed is away.
    since: Option<Instant>,
    heard: Instant,
}

/// The other copies of this service.
struct Others {
    http: reqwest::Client,
    urls: Vec<String>,
    proof: String,
    /// This copy, which its own addresses lead to as well.
    copy: Uuid,
}

/// How many streams a user has at one copy.
#[derive(Serialize, Deserialize)]
pub(crate) struct Count {
    copy: Uuid,
    streams: usize,
}

impl Seats {
    /// No streams yet.
    ///
    /// # Errors
    /// When the client that asks the other copies cannot be made.
    pub(crate) fn new(config: &Config) -> reqwest::Result<Seats> {
        let http = reqwest::Client::builder().timeout(DEADLINE).no_proxy().build()?;
        let (urls, proof) = (config.fanout_urls.clone(), internal::proof(&config.secret_key));
        let rights = Rights { since: None, heard: Instant::now() };
        Ok(Seats {
            users: Mutex::default(),
            rights: Mutex::new(rights),
            others: Others { http, urls, proof, copy: Uuid::now_v7() },
        })
    }

    /// Counts a stream of `user`; none where they have as many as they may, here and elsewhere. Two that come at once at
    /// two copies may both be refused, and never both be let in beyond the limit.
    pub(crate) async fn enter(self: &Arc<Self>, user: Uuid) -> Option<Seat> {
        let (seat, here) = {
            let mut users = lock(&self.users);
            let held = users.entry(user).or_insert_with(|| Held { count: 0, told: watch::Sender::new(()) });
            held.count += 1;
            (Seat { seats: Arc::clone(self), user, told: held.told.subscribe() }, held.count)
        };
        (here <= STREAMS_PER_USER && here + self.others.count(user).await <= STREAMS_PER_USER).then_some(seat)
    }

    /// How many streams `user` has at this copy.
    pub(crate) fn count(&self, user: Uuid) -> Count {
        let streams = lock(&self.users).get(&user).map_or(0, |held| held.count);
        Count { copy: self.others.copy, streams }
    }

    /// Since when every change of rights is heard of; none where some may have been missed.
    pub(crate) fn current_since(&self) -> Option<Instant> {
        let rights = lock(&self.rights);
        rights.since.filter(|_| rights.heard.elapsed() < SILENCE)
    }

    fn take(&self, followed: Followed) {
        match followed {
            Followed::Row { payload, .. } => {
                let change = Change::decode(payload).unwrap_or_default();
                let Some(change::Row::Account(account)) = change.row else { return };
                if let Ok(user) = account.user_id.parse::<Uuid>()
                    && let Some(held) = lock(&self.users).get(&user)
                {
                    held.told.send_replace(());
                }
                // That nothing was missed is for the beats to say, which come between rows too.
            }
            Followed::Beat { .. } => {
                let mut rights = lock(&self.rights);
                let now = Instant::now();
                if rights.heard.elapsed() >= SILENCE {
                    rights.since = None;
                }
                rights.since.get_or_insert(now);
                rights.heard = now;
            }
            Followed::Reset { .. } | Followed::Lost => lock(&self.rights).since = None,
        }
    }
}

/// Follows the feed of accounts from `sender` until `stop`, from its end on, never its topic: a right that ended must be felt
/// without a broker too.
pub(crate) async fn follow(seats: &Seats, sender: Sender, stop: CancellationToken) {
    // Whatever was heard before, something may have been missed since.
    seats.take(Followed::Lost);
    let mut followed = pin!(feed(sender, None, stop));
    while let Some(next) = followed.next().await {
        seats.take(next);
    }
}

impl Others {
    /// How many streams `user` has at the other copies.
    async fn count(&self, user: Uuid) -> usize {
        if self.urls.len() < 2 {
            return 0;
        }
        let asked = self.urls.iter().map(|url| async move {
            let request = self.http.get(format!("{url}/internal/streams/{user}"));
            let answer = request.header(internal::PROOF_HEADER, &self.proof).send().await.ok()?;
            answer.error_for_status().ok()?.json::<Count>().await.ok()
        });
        let counts = join_all(asked).await.into_iter().flatten();
        counts.filter(|count| count.copy != self.copy).map(|count| count.streams).sum()
    }
}

/// A stream's place among its user's; given back when dropped.
pub(crate) struct Seat {
    seats: Arc<Seats>,
    user: Uuid,
    /// Moves when the user's rights may have changed.
    pub(crate) told: watch::Receiver<()>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut users = lock(&self.seats.users);
        if let Some(held) = users.get_mut(&self.user) {
            held.count -= 1;
            if held.count == 0 {
                users.remove(&self.user);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use changelog::Cursor;

    use super::*;

    #[tokio::test]
    async fn hearing_begun_anew_has_missed_something() {
        let config = Config::read(&|name| (name == "SECRET_KEY").then(|| "x".repeat(32))).unwrap();
        let seats = Seats::new(&config).unwrap();
        let cursor = Cursor { epoch: Uuid::now_v7(), seq: 7 };
        seats.take(Followed::Beat { cursor });
        assert!(seats.current_since().is_some());
        let stop = CancellationToken::new();
        stop.cancel();
        follow(&seats, Sender::new(Vec::new(), "proof").unwrap(), stop).await;
        assert!(seats.current_since().is_none(), "the feed is heard from its end on, and rows may lie before it");
        seats.take(Followed::Beat { cursor });
        assert!(seats.current_since().is_some());
    }
}
