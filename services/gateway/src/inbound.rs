//! A request's body on its way to a service: counted against its limit, and still whole where a copy of the service
//! could not even be reached.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use service::unread::ReadOn;
use tokio::time::{Sleep, sleep};

/// How long a service that was sent all that a body may hold has to say its own answer before the body fails: it may
/// have refused the stranger or the address long ago, which goes before the length.
const LAST_WORD: Duration = Duration::from_secs(1);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A handle on a body. Clones read the same bytes: what one has read, no other will see. What none of them reads is read on for
/// a moment when the last one is dropped, so that the sender sees the answer.
#[derive(Clone)]
pub(crate) struct Inbound(Arc<Mutex<State>>);

struct State {
    body: ReadOn<Incoming>,
    left: u64,
    /// The wait for the service's own answer, once the body held more than its limit.
    exceeded: Option<Pin<Box<Sleep>>>,
}

impl Inbound {
    /// A body of any length.
    pub(crate) fn new(body: Incoming) -> Inbound {
        Inbound(Arc::new(Mutex::new(State { body: ReadOn::new(body), left: u64::MAX, exceeded: None })))
    }

    /// From here on at most `bytes` are taken.
    pub(crate) fn limit(&self, bytes: u64) {
        self.state().left = bytes;
    }

    /// Whether it held more than its limit.
    pub(crate) fn exceeded(&self) -> bool {
        self.state().exceeded.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Body for Inbound {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let mut state = self.state();
        if state.exceeded.is_none() {
            let frame = ready!(Pin::new(&mut state.body).poll_frame(context));
            let length = frame.as_ref().and_then(|frame| Some(frame.as_ref().ok()?.data_ref()?.len() as u64));
            if let Some(left) = state.left.checked_sub(length.unwrap_or(0)) {
                state.left = left;
                return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
            }
        }
        ready!(state.exceeded.get_or_insert_with(|| Box::pin(sleep(LAST_WORD))).as_mut().poll(context));
        Poll::Ready(Some(Err("the body is larger than its limit".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.state().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.state().body.size_hint()
    }
}
