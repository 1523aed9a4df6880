//! A request's body on its way to a service: counted against its limit, and still whole where a copy of the service
//! could not even be reached.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use service::Problem;
use service::pace::{Failure, LONGEST, Paced, TooSlow};
use service::unread::ReadOn;
use tokio::sync::Notify;
use tokio::time::{Sleep, sleep, timeout};

/// How long a service that was sent all that a body may hold has to say its own answer before the body fails: it may
/// have refused the stranger or the address long ago, which goes before the length.
const LAST_WORD: Duration = Duration::from_secs(1);

/// A handle on a body. Clones read the same bytes: what one has read, no other will see. What none of them reads is read on for
/// a moment when the last one is dropped, so that the sender sees the answer.
#[derive(Clone)]
pub(crate) struct Inbound {
    state: Arc<Mutex<State>>,
    /// Told once, when nothing more will come.
    ended: Arc<Notify>,
}

struct State {
    body: ReadOn<Paced<Incoming>>,
    limit: u64,
    left: u64,
    /// The wait for the service's own answer, once the body held more than its limit.
    exceeded: Option<Pin<Box<Sleep>>>,
    was_slow: bool,
}

impl Inbound {
    /// A body of any length.
    pub(crate) fn new(body: Incoming) -> Inbound {
        let ended = Arc::new(Notify::new());
        if body.is_end_stream() {
            ended.notify_one();
        }
        let body = ReadOn::new(Paced::new(body));
        let state = State { body, limit: u64::MAX, left: u64::MAX, exceeded: None, was_slow: false };
        Inbound { state: Arc::new(Mutex::new(state)), ended }
    }

    /// From here on at most `bytes` are taken.
    pub(crate) fn limit(&self, bytes: u64) {
        let mut state = self.state();
        (state.limit, state.left) = (bytes, bytes);
    }

    /// Why its sender is to blame that it did not reach a service whole, if so.
    pub(crate) fn fault(&self) -> Option<Problem> {
        let state = self.state();
        match () {
            () if state.exceeded.is_some() => Some(Problem::too_large(state.limit)),
            () if state.was_slow => Some(Problem::too_slow()),
            () => None,
        }
    }

    /// Returns when nothing more will come, or the time is over that a body may take.
    pub(crate) async fn ended(&self) {
        let _ = timeout(LONGEST, self.ended.notified()).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Body for Inbound {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let mut state = self.state();
        if state.exceeded.is_none() {
            let frame = ready!(Pin::new(&mut state.body).poll_frame(context));
            if !matches!(frame, Some(Ok(_))) || state.body.is_end_stream() {
                self.ended.notify_one();
            }
            if let Some(Err(error)) = &frame {
                state.was_slow = error.is::<TooSlow>();
            }
            let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
            let length = data.map_or(0, |data| data.len() as u64);
            if let Some(left) = state.left.checked_sub(length) {
                state.left = left;
                return Poll::Ready(frame);
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
