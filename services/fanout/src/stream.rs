//! `GET /api/stream/`: Server-Sent Events of one person (WHATWG HTML, section 9.2).

use std::sync::Arc;
use std::time::Duration;

use async_stream::stream;
use bytes::Bytes;
use changelog::Cursor;
use chrono::Utc;
use domain::identity::{Identity, KeyScope, Permission, Via};
use poem::http::header;
use poem::web::Data;
use poem::{Body, Request, Response, handler};
use serde_json::json;
use service::client_address::{FORWARDED_HEADER, client_address};
use service::identity::{Credential, IdentityError};
use service::{Problem, keys};
use tokio::time::{Instant, timeout};

use crate::App;
use crate::event::{Heard, Told};
use crate::filters::{Filters, Said};
use crate::hub::{Hub, Since};
use crate::seats::{STREAMS_PER_USER, Seat};

/// How long a place that this hub has not heard of yet is waited for.
const CATCH_UP: Duration = Duration::from_secs(2);
/// A bare `id:` line says that the stream lives and where it is.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A comment after this long without anything else: a peer that has gone is noticed only by writing to it, and until
/// then its stream counts among its user's six.
const PROBE: Duration = Duration::from_secs(1);
/// How often the right to listen is asked anew: with the identity's own second this ends a stream in time.
const RIGHTS: Duration = Duration::from_millis(400);
/// Events handed on in one piece; the reader's pace is the connection's own, and nothing queues here.
const PIECE: usize = 256;
/// Events counted as missed before other streams of the thread have their turn; each may have to be read for the first time.
const COUNTED: usize = 32;

/// What a stream is asked for.
#[derive(Default)]
struct Asked {
    /// `q`, as often as it stands; an empty one is a filter for every row.
    filters: Vec<String>,
    after: Option<String>,
}

/// Reads the address' query, in which `q` may repeat.
fn asked(query: &str) -> Result<Asked, Problem> {
    let mut asked = Asked::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "q" => asked.filters.push(value.into_owned()),
            "after" if asked.after.is_none() => asked.after = Some(value.into_owned()),
            "after" => return Err(Problem::malformed("after is given twice; a stream begins at one place.")),
            _ => return Err(Problem::malformed(format!("There is no parameter {name:?}; q and after are."))),
        }
    }
    // One empty filter is none: a stream of everything.
    if asked.filters.iter().all(String::is_empty) && asked.filters.len() == 1 {
        asked.filters.clear();
    }
    Ok(asked)
}

/// Streams the changes that the asker may see, from a place on.
#[handler]
pub(crate) async fn stream(request: &Request, Data(app): Data<&App>) -> Response {
    match open(request, app).await {
        Ok(response) => response,
        Err(problem) => answer(&problem),
    }
}

async fn open(request: &Request, app: &App) -> Result<Response, Problem> {
    keys::refuse_in_address(request.original_uri().path_and_query().map_or("", |p| p.as_str()))?;
    let credential = credential(request, app)?;
    let who = app.identity.caller(&credential, &address(request, app)).await?;
    if !may_listen(&who) {
        return Err(Problem::forbidden("You need the permission challan:read; a key needs the scope changes:read."));
    }
    let asked = asked(request.uri().query().unwrap_or_default())?;
    let filters = Filters::read(&asked.filters, &who, app.config.org_timezone)?;
    // The browser's own header wins: it is newer than the address it first opened.
    let place = request.header("last-event-id").map(str::to_owned).or(asked.after);
    let place = place.filter(|p| !p.is_empty()).and_then(|p| p.parse::<Cursor>().ok());
    let seat = app
        .seats
        .enter(who.user_id)
        .await
        .ok_or_else(|| Problem::too_many(format!("You have {STREAMS_PER_USER} streams open; close one."), 5))?;
    let listener = Listener { app: app.clone(), credential, who, filters, asked_at: None, seat };
    Ok(Response::builder()
        .content_type("text/event-stream")
        .header(header::CACHE_CONTROL, "no-store")
        .header("x-accel-buffering", "no")
        .body(Body::from_bytes_stream(listener.events(place))))
}

/// What the asker shows: a key where there is one, else the session's cookie.
fn credential(request: &Request, app: &App) -> Result<Credential, Problem> {
    let cookie = || request.cookie().get(app.config.session_cookie()).map(|c| c.value_str().to_owned());
    let shown = match request.header(header::AUTHORIZATION) {
        Some(value) => value.strip_prefix("Bearer ").map(|key| Credential::Key(key.to_owned())),
        None => cookie().map(Credential::Session),
    };
    shown.ok_or_else(Problem::unauthenticated)
}

fn may_listen(who: &Identity) -> bool {
    who.may(Permission::ChallanRead, Utc::now()) && (who.via == Via::Session || who.key_may(KeyScope::ChangesRead))
}

/// The asker's address, as the trusted proxies before this service say.
fn address(request: &Request, app: &App) -> String {
    let peer = request.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip);
    let forwarded = request.header(FORWARDED_HEADER);
    peer.map_or_else(String::new, |peer| client_address(peer, forwarded, &app.config.trusted_proxies).to_string())
}

/// One open stream.
struct Listener {
    app: App,
    credential: Credential,
    who: Arc<Identity>,
    filters: Filters,
    /// When accounts was last asked while its feed was heard.
    asked_at: Option<std::time::Instant>,
    seat: Seat,
}

impl Listener {
    fn events(mut self, asked: Option<Cursor>) -> impl futures::Stream<Item = Result<Bytes, std::io::Error>> + Send {
        stream! {
            let hub = Arc::clone(&self.app.hub);
            let mut moved = hub.listen();
            // Only what they would have been told counts as missed.
            let is_told = |told: &Told| matches!(told, Told::Challan(_)) && self.filters.said(told, &self.who) != Said::Nothing;
            let Some((mut place, hello)) = greet(&hub, asked, is_told, &mut moved).await else {
                yield Ok(bye("unavailable"));
                return;
            };
            yield Ok(Bytes::from(hello));
            let mut sent_at = Instant::now();
            let mut probed_at = sent_at;
            loop {
                moved.borrow_and_update();
                // Before every look at the hub: nobody gets an event on an old answer.
                match self.ask_again().await {
                    Ok(None) => {}
                    Ok(Some(account)) => yield Ok(account),
                    Err(reason) => {
                        yield Ok(bye(reason));
                        return;
                    }
                }
                match hub.since(Some(place), PIECE) {
                    Since::Events(events, next) if next != place => {
                        let mut piece = String::new();
                        if events.len() == PIECE {
                            // More follow, of which none may be for them: then nothing here would wait.
                            tokio::task::yield_now().await;
                        }
                        for event in events {
                            let id = Cursor { seq: event.seq, ..place };
                            let Some(told) = event.told() else { continue };
                            match self.filters.said(told, &self.who) {
                                Said::Nothing => {}
                                Said::Changed(data) => piece += &format!("id: {id}\nevent: challan\ndata: {data}\n\n"),
                                Said::Batch(data) => piece += &format!("id: {id}\nevent: batch\ndata: {data}\n\n"),
                                Said::Gone(data) => piece += &format!("id: {id}\nevent: gone\ndata: {data}\n\n"),
                            }
                        }
                        place = next;
                        if !piece.is_empty() {
                            sent_at = Instant::now();
                            yield Ok(Bytes::from(piece));
                        }
                        continue;
                    }
                    Since::Events(..) => {}
                    Since::Reset(_) | Since::Behind(_) => {
                        yield Ok(bye("behind"));
                        return;
                    }
                }
                if sent_at.elapsed() >= HEARTBEAT {
                    yield Ok(Bytes::from(format!("id: {place}\n\n")));
                    sent_at = Instant::now();
                } else if probed_at.max(sent_at).elapsed() >= PROBE {
                    yield Ok(Bytes::from_static(b":\n\n"));
                    probed_at = Instant::now();
                }
                tokio::select! {
                    _ = timeout(RIGHTS, moved.changed()) => {}
                    Ok(()) = self.seat.told.changed() => self.asked_at = None,
                    () = self.app.stop.cancelled() => {
                        yield Ok(bye("restart"));
                        return;
                    }
                }
            }
        }
    }

    /// Makes sure of the asker. While the feed of accounts is heard, an answer holds until its own end or until the feed
    /// tells of its user; without the feed it is asked anew, and lives its second. Gives the `account` event where rights
    /// have changed.
    async fn ask_again(&mut self) -> Result<Option<Bytes>, &'static str> {
        let now = Utc::now();
        let current = self.app.seats.current_since();
        if self.seat.told.has_changed().unwrap_or(true) {
            self.seat.told.borrow_and_update();
            self.asked_at = None;
        }
        let heard_since = current.is_some_and(|since| self.asked_at.is_some_and(|asked| asked > since));
        if heard_since && self.who.valid_until > now {
            return Ok(None);
        }
        let asked_at = std::time::Instant::now();
        let answer = match current {
            Some(_) => self.app.identity.fresh(&self.credential).await,
            None => self.app.identity.identify(&self.credential).await,
        };
        match answer {
            Ok(who) if may_listen(&who) => {
                self.asked_at = current.map(|_| asked_at);
                let rights = |who: &Identity| (who.role, who.permissions.clone(), who.executive_name.clone());
                let changed = rights(&who) != rights(&self.who);
                self.who = who;
                Ok(changed.then(|| account(&self.who)))
            }
            Ok(_) => Err("forbidden"),
            Err(IdentityError::Refused) => Err("signed_out"),
            Err(IdentityError::Unavailable(_)) => Err("unavailable"),
        }
    }
}

/// What the asker may do now. Without an id: it is no place in the log.
fn account(who: &Identity) -> Bytes {
    let data = json!({ "role": who.role, "permissions": who.permissions });
    Bytes::from(format!("event: account\ndata: {data}\n\n"))
}

/// Where the stream begins, and the `hello` that says so. A hub that is behind the place asked for is waited for: with
/// the writers' own answers clients know places that the feed is still bringing.
async fn greet(
    hub: &Hub,
    asked: Option<Cursor>,
    is_told: impl Fn(&Told) -> bool,
    moved: &mut tokio::sync::watch::Receiver<()>,
) -> Option<(Cursor, String)> {
    let until = Instant::now() + CATCH_UP;
    let (place, outcome, missed) = loop {
        moved.borrow_and_update();
        match hub.since(asked, usize::MAX) {
            Since::Events(events, _) => break (asked?, "resumed", count(&events, is_told).await),
            Since::Reset(end) => break (end, "reset", 0),
            // Beyond the log's end: a place of a crash or of another copy of the data.
            Since::Behind(Some(end)) if Instant::now() >= until => break (end, "reset", 0),
            Since::Behind(None) if Instant::now() >= until => return None,
            Since::Behind(_) => {
                // Time that runs out is looked at above.
                let _ = tokio::time::timeout_at(until, moved.changed()).await;
            }
        }
    };
    let data = json!({ "cursor": place.to_string(), "outcome": outcome, "missed": missed });
    Some((place, format!("id: {place}\nevent: hello\ndata: {data}\n\n")))
}

/// How many of `events` tell what `is_told` says; there may be as many as the hub keeps.
async fn count(events: &[Arc<Heard>], is_told: impl Fn(&Told) -> bool) -> usize {
    let mut count = 0;
    for piece in events.chunks(COUNTED) {
        count += piece.iter().filter(|event| event.told().is_some_and(&is_told)).count();
        tokio::task::yield_now().await;
    }
    count
}

fn bye(reason: &str) -> Bytes {
    Bytes::from(format!("event: bye\ndata: {}\n\n", json!({ "reason": reason })))
}

/// Every error of the framework as a problem.
pub(crate) fn problem_of(error: &poem::Error) -> Response {
    answer(&match error.status().as_u16() {
        404 => Problem::not_found(),
        405 => Problem::method_not_allowed(),
        status if status >= 500 => Problem::internal(),
        _ => Problem::malformed("The request could not be read."),
    })
}

pub(crate) fn answer(problem: &Problem) -> Response {
    let response = Response::builder().status(problem.status());
    let response = problem.headers().into_iter().fold(response, |r, (name, value)| r.header(name, value));
    response.body(problem.body())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use changelog::follow::Followed;
    use prost::Message;
    use proto_contracts::events::{Actor, Change};
    use uuid::Uuid;

    use super::*;

    fn at(epoch: Uuid, seq: u64) -> Cursor {
        Cursor { epoch, seq }
    }

    #[tokio::test]
    async fn a_place_the_feed_is_still_bringing_is_waited_for() {
        let (hub, epoch) = (Arc::new(Hub::default()), Uuid::now_v7());
        hub.take(Followed::Beat { cursor: at(epoch, 5) });
        let mut moved = hub.listen();
        let later = Arc::clone(&hub);
        tokio::spawn(async move {
            for seq in 6..=8 {
                tokio::time::sleep(Duration::from_millis(20)).await;
                later.take(Followed::Row { cursor: at(epoch, seq), payload: Bytes::new() });
            }
        });
        let (place, hello) = greet(&hub, Some(at(epoch, 7)), |_| true, &mut moved).await.unwrap();
        assert_eq!(place, at(epoch, 7));
        assert!(hello.contains("resumed"), "{hello}");
    }

    /// One thread: whoever does not give way keeps it.
    #[tokio::test]
    async fn others_have_their_turn_while_what_was_missed_is_counted() {
        let (hub, epoch, rows) = (Hub::default(), Uuid::now_v7(), 2_000);
        let batch = Change {
            entity: "batch".into(),
            actor: Some(Actor { id: Uuid::now_v7().to_string(), ..Actor::default() }),
            ..Change::default()
        };
        let payload = Bytes::from(batch.encode_to_vec());
        hub.take(Followed::Reset { cursor: at(epoch, 0) });
        for seq in 1..=rows {
            hub.take(Followed::Row { cursor: at(epoch, seq), payload: payload.clone() });
        }
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&turns);
        let other = tokio::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
        let (_, hello) = greet(&hub, Some(at(epoch, 0)), |_| true, &mut hub.listen()).await.unwrap();
        assert!(hello.contains(&format!("\"missed\":{rows}")), "{hello}");
        let turns = turns.load(Ordering::Relaxed);
        assert!(turns >= rows as usize / COUNTED, "{turns} turns");
        other.abort();
    }

    #[tokio::test]
    async fn a_place_beyond_the_end_is_a_reset() {
        let (hub, epoch) = (Hub::default(), Uuid::now_v7());
        hub.take(Followed::Beat { cursor: at(epoch, 5) });
        let mut moved = hub.listen();
        let (place, hello) = greet(&hub, Some(at(epoch, 9)), |_| true, &mut moved).await.unwrap();
        assert_eq!(place, at(epoch, 5));
        assert!(hello.contains("reset"), "{hello}");
    }
}
