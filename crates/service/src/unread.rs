//! Bodies that nobody wants to read to their end: an answer that is given before (401, 403, 413, 415) must still reach a peer
//! that is sending.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::timeout;

/// What is read of a body that is not wanted, in bytes.
const MOST: usize = 32 << 20;
/// The time that may take.
const LONGEST: Duration = Duration::from_secs(2);

/// A request's body that is read on for a moment after whoever had it has dropped it. A connection closed upon a peer that still
/// sends is reset, and the peer never sees the answer (RFC 9112, section 9.6).
#[derive(Debug)]
pub struct ReadOn<B: Body<Data = Bytes> + Unpin + Send + 'static> {
    /// None once the rest is read elsewhere.
    body: Option<B>,
    ended: bool,
}

impl<B: Body<Data = Bytes> + Unpin + Send + 'static> ReadOn<B> {
    /// The body of a request that has just begun.
    #[must_use]
    pub fn new(body: B) -> ReadOn<B> {
        ReadOn { body: Some(body), ended: false }
    }
}

impl<B: Body<Data = Bytes> + Unpin + Send + 'static> Body for ReadOn<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(body).poll_frame(context));
        self.ended = !matches!(frame, Some(Ok(_)));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl<B: Body<Data = Bytes> + Unpin + Send + 'static> Drop for ReadOn<B> {
    fn drop(&mut self) {
        let is_over = self.is_end_stream();
        let Some(body) = self.body.take().filter(|_| !is_over) else { return };
        // Without a runtime the process ends, and its connections with it.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(read_on(body));
        }
    }
}

async fn read_on<B: Body<Data = Bytes> + Unpin>(mut body: B) {
    let reading = async {
        let mut left = MOST;
        while left > 0 {
            let Some(Ok(frame)) = body.frame().await else { return };
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        }
    };
    // Time that runs out is as good an end as any.
    let _ = timeout(LONGEST, reading).await;
}
