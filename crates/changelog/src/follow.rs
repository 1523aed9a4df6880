//! The reading side of the feed: resumes by itself, and hands on every row once and in order.

use std::time::Duration;

use async_stream::stream;
use bytes::{Buf, Bytes, BytesMut};
use futures::{Stream, StreamExt};
use prost::Message;
use proto_contracts::feed::FeedFrame;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::row::Cursor;

/// A sender that is silent for this long is taken for dead: three beats.
pub const SILENCE: Duration = Duration::from_millis(750);
/// The pause before another try, which grows to the second one.
const PAUSE: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];
/// The largest frame that is believed: a row is at most a few texts of 4,000 characters.
const FRAME_LIMIT: usize = 4 << 20;

/// How long a copy may take to take a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// The header in which services prove themselves to each other.
const PROOF_HEADER: &str = "x-service-proof";

/// What a reader of a log is told.
#[derive(Clone, Debug)]
pub enum Followed {
    /// The next row.
    Row {
        /// Its place.
        cursor: Cursor,
        /// `dctracker.events.v1.Change`.
        payload: Bytes,
    },
    /// Everything up to here has been handed on.
    Beat {
        /// The reader's place.
        cursor: Cursor,
    },
    /// Another history: forget everything; the rows follow from the first.
    Reset {
        /// The beginning of the history.
        cursor: Cursor,
    },
    /// The sender is away; said once, until it is heard again.
    Lost,
}

impl Followed {
    /// The reader's place after this; none where it says nothing of one.
    #[must_use]
    pub fn place(&self) -> Option<Cursor> {
        match self {
            Followed::Row { cursor, .. } | Followed::Beat { cursor } | Followed::Reset { cursor } => Some(*cursor),
            Followed::Lost => None,
        }
    }
}

/// The services that share a log and serve its feed.
#[derive(Clone, Debug)]
pub struct Sender {
    client: reqwest::Client,
    urls: Vec<String>,
    proof: String,
}

impl Sender {
    /// The copies of one service at `urls`, without a slash at the end. `proof` is what services of one installation
    /// show each other.
    ///
    /// # Errors
    /// When the system gives no client.
    pub fn new(urls: Vec<String>, proof: &str) -> reqwest::Result<Sender> {
        let client = reqwest::Client::builder().no_proxy().connect_timeout(CONNECT).build()?;
        Ok(Sender { client, urls, proof: proof.to_owned() })
    }

    /// The `turn`th copy's stream of frames after `after`; none where it does not answer.
    async fn frames(&self, turn: usize, after: Option<Cursor>) -> Option<reqwest::Response> {
        let url = format!("{}/internal/changes", self.urls.get(turn % self.urls.len().max(1))?);
        let mut request = self.client.get(url).header(PROOF_HEADER, &self.proof);
        if let Some(cursor) = after {
            request = request.query(&[("after", cursor.to_string())]);
        }
        let answer = timeout(SILENCE * 4, request.send()).await.ok()?.ok()?;
        answer.status().is_success().then_some(answer)
    }

    /// The log's end now, from the first copy that says it. Not a place to tell others: on MySQL it may be seen before it
    /// is durable.
    pub(crate) async fn end(&self) -> Option<Cursor> {
        for url in &self.urls {
            let request = self.client.get(format!("{url}/internal/changes/end")).header(PROOF_HEADER, &self.proof);
            let Ok(Ok(answer)) = timeout(SILENCE, request.send()).await else { continue };
            if answer.status().is_success()
                && let Ok(text) = answer.text().await
                && let Ok(end) = text.parse()
            {
                return Some(end);
            }
        }
        None
    }
}

/// Follows the log of `sender`, from `after`, or from its end. It ends with `stop` only.
pub fn feed(
    sender: Sender,
    after: Option<Cursor>,
    stop: CancellationToken,
) -> impl Stream<Item = Followed> + Send + 'static + use<> {
    stream! {
        let mut place = after;
        let mut pause = PAUSE[0];
        let mut lost = false;
        for turn in 0.. {
            let answer = tokio::select! {
                answer = sender.frames(turn, place) => answer,
                () = stop.cancelled() => return,
            };
            let mut away = true;
            if let Some(answer) = answer {
                let mut body = answer.bytes_stream();
                let mut held = BytesMut::new();
                'frames: loop {
                    let chunk = tokio::select! {
                        chunk = timeout(SILENCE, body.next()) => chunk,
                        () = stop.cancelled() => return,
                    };
                    let Ok(Some(Ok(chunk))) = chunk else { break };
                    (pause, lost) = (PAUSE[0], false);
                    held.extend_from_slice(&chunk);
                    loop {
                        match take(&mut held) {
                            Taken::Frame(frame) => match step(&mut place, frame) {
                                Step::Tell(followed) => yield followed,
                                Step::Drop => {}
                                // A hole: asked again from the place we hold.
                                Step::Again => {
                                    away = false;
                                    break 'frames;
                                }
                            },
                            Taken::More => break,
                            Taken::Broken => break 'frames,
                        }
                    }
                }
            }
            if away && !lost {
                lost = true;
                yield Followed::Lost;
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return,
            }
            pause = (pause * 2).min(PAUSE[1]);
        }
    }
}

enum Taken {
    Frame(FeedFrame),
    More,
    Broken,
}

fn take(held: &mut BytesMut) -> Taken {
    let mut peek = &held[..];
    let Ok(length) = prost::decode_length_delimiter(&mut peek) else {
        // A length is at most ten bytes; fewer may simply not be whole yet.
        return if held.len() < 10 { Taken::More } else { Taken::Broken };
    };
    if length > FRAME_LIMIT {
        return Taken::Broken;
    }
    let head = held.len() - peek.len();
    if peek.len() < length {
        return Taken::More;
    }
    held.advance(head);
    match FeedFrame::decode(held.split_to(length).freeze()) {
        Ok(frame) => Taken::Frame(frame),
        Err(_) => Taken::Broken,
    }
}

/// What a frame means to a reader at a place.
enum Step {
    Tell(Followed),
    Drop,
    Again,
}

fn step(place: &mut Option<Cursor>, frame: FeedFrame) -> Step {
    let Ok(epoch) = frame.epoch.parse() else { return Step::Again };
    if frame.reset {
        let cursor = Cursor { epoch, seq: 0 };
        *place = Some(cursor);
        return Step::Tell(Followed::Reset { cursor });
    }
    let cursor = Cursor { epoch, seq: frame.seq };
    if frame.beat {
        let held = *place.get_or_insert(cursor);
        return if held == cursor { Step::Tell(Followed::Beat { cursor }) } else { Step::Again };
    }
    match place {
        Some(at) if at.epoch == epoch && frame.seq <= at.seq => Step::Drop,
        Some(at) if at.epoch == epoch && frame.seq == at.seq + 1 => {
            *place = Some(cursor);
            Step::Tell(Followed::Row { cursor, payload: frame.payload })
        }
        _ => Step::Again,
    }
}
