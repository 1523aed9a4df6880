//! How slowly a body may come: who sends a byte now and then would hold a connection, and what waits for its request, for ever.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// The time for which a sender may be waited for before anything is asked of its pace.
const GRACE: Duration = Duration::from_secs(5);
/// Bytes that earn the sender another second: 1 KiB.
const PACE: u64 = 1 << 10;
/// The time for which a sender is waited for at most, all in all.
pub const LONGEST: Duration = Duration::from_secs(30);

/// Why a body ends that came too slowly.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
pub struct TooSlow;

/// A request's body that fails with [`TooSlow`] where it is waited for longer than it may. Time in which nobody reads it is not
/// its sender's.
#[derive(Debug)]
pub struct Paced<B> {
    body: B,
    received: u64,
    waited: Duration,
    /// Since when the sender is waited for, and until when.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<B> Paced<B> {
    /// The body of a request that has just begun.
    #[must_use]
    pub fn new(body: B) -> Paced<B> {
        Paced { body, received: 0, waited: Duration::ZERO, waiting: None }
    }

    /// How long the sender may still be waited for.
    fn patience(&self) -> Duration {
        (GRACE + Duration::from_secs(self.received / PACE)).min(LONGEST).saturating_sub(self.waited)
    }
}

impl<B: Body<Data = Bytes, Error: Into<Failure>> + Unpin> Body for Paced<B> {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            if let Some((since, _)) = self.waiting.take() {
                self.waited += since.elapsed();
            }
            if let Some(Ok(frame)) = &frame {
                self.received += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let patience = self.patience();
        let (_, until) = self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(sleep(patience))));
        until.as_mut().poll(context).map(|()| Some(Err(TooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Any reason why a body ends early.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
