//! Live streams on their way out, which end when the gateway does: the service behind may run on and never end them.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// What a stream's last event says, as fan-out says it when it stops.
const BYE: &[u8] = b"event: bye\ndata: {\"reason\":\"restart\"}\n\n";

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A stream of events of a service.
pub(crate) struct Stream {
    body: Incoming,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Whether what was handed on ends where an event does.
    between_events: bool,
    ended: bool,
}

impl Stream {
    /// The stream `body`, until `stop`.
    pub(crate) fn new(body: Incoming, stop: CancellationToken) -> Stream {
        Stream { body, stop: Box::pin(stop.cancelled_owned()), between_events: true, ended: false }
    }
}

impl Body for Stream {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if self.stop.as_mut().poll(context).is_ready() {
            self.ended = true;
            // Half an event is dropped by its reader; the farewell must not become its other half.
            let bye = self.between_events.then(|| Ok(Frame::data(Bytes::from_static(BYE))));
            return Poll::Ready(bye);
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.between_events = data.ends_with(b"\n\n");
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }
}
