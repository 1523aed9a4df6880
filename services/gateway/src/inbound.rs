//! A request's body on its way to a service: counted against its limit, and still whole where a copy of the service
//! could not even be reached.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::timeout;

/// What is read of a body that is too large, so that its sender hears of it.
const DRAIN_BYTES: usize = 32 << 20;
/// The time that may take.
const DRAIN_TIME: Duration = Duration::from_secs(2);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A handle on a body. Clones read the same bytes: what one has read, no other will see.
#[derive(Clone)]
pub(crate) struct Inbound(Arc<Mutex<State>>);

struct State {
    body: Incoming,
    left: u64,
    exceeded: bool,
}

impl Inbound {
    /// A body of which at most `limit` bytes are taken.
    pub(crate) fn new(body: Incoming, limit: u64) -> Inbound {
        Inbound(Arc::new(Mutex::new(State { body, left: limit, exceeded: false })))
    }

    /// Whether it held more than its limit.
    pub(crate) fn exceeded(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).exceeded
    }

    /// Reads on for a moment what is not wanted: a connection closed upon a peer that still sends is reset, and the
    /// peer never sees why (RFC 9112, section 9.6).
    pub(crate) async fn drain(mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).left = u64::MAX;
        let mut left = DRAIN_BYTES;
        let reading = async {
            while let Some(Ok(frame)) = self.frame().await {
                left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
                if left == 0 {
                    break;
                }
            }
        };
        // Time that runs out is as good an end as any.
        let _ = timeout(DRAIN_TIME, reading).await;
    }
}

impl Body for Inbound {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let frame = std::task::ready!(Pin::new(&mut state.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame {
            let length = frame.data_ref().map_or(0, |data| data.len() as u64);
            match state.left.checked_sub(length) {
                Some(left) => state.left = left,
                None => {
                    state.exceeded = true;
                    return Poll::Ready(Some(Err("the body is larger than its limit".into())));
                }
            }
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).body.size_hint()
    }
}
