//! Requests that a sender may send again: under one `Idempotency-Key` a POST is done once, and its answer repeated
//! (draft-ietf-httpapi-idempotency-key-header).

use chrono::{DateTime, Duration, Utc};
use db::{Db, Tx};
use domain::identity::Via;
use poem::Response;
use poem::http::StatusCode;
use serde::{Deserialize, Serialize};
use service::Problem;
use sha2::{Digest, Sha256};

use super::caller::Caller;
use super::fault::Fault;
use crate::store::answers::{self, Kept};

/// How long an answer is repeated.
pub(crate) const KEPT: Duration = Duration::hours(24);
/// The longest key, in characters.
const KEY_LIMIT: usize = 255;

/// A request that may be sent again, by its caller, route and key.
pub(crate) struct Repeat {
    id: [u8; 32],
    body: [u8; 32],
}

/// An answer of success that can be kept and given again.
#[derive(Serialize, Deserialize)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl From<Reply> for Response {
    fn from(reply: Reply) -> Response {
        let status = StatusCode::from_u16(reply.status).unwrap_or_default();
        let response = Response::builder().status(status).content_type("application/json");
        let response = response.header("cache-control", "no-store");
        reply.headers.into_iter().fold(response, |r, (name, value)| r.header(name, value)).body(reply.body)
    }
}

impl Repeat {
    /// The request of `caller` to `route` with this key, that says this: its body, and headers that decide what is done; none
    /// without a key.
    ///
    /// # Errors
    /// 400 for a key that is none.
    pub(crate) fn of(
        caller: &Caller,
        route: &str,
        key: Option<&str>,
        says: &[&[u8]],
    ) -> Result<Option<Repeat>, Problem> {
        let Some(key) = key else { return Ok(None) };
        if key.is_empty() || key.len() > KEY_LIMIT || !key.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            return Err(Problem::malformed(format!(
                "Idempotency-Key has 1 to {KEY_LIMIT} printable ASCII characters, such as a UUID."
            )));
        }
        let whose = match caller.who.via {
            Via::Session => caller.who.user_id.to_string(),
            Via::Key => caller.who.session.clone(),
        };
        Ok(Some(Repeat { id: digest(&[whose.as_bytes(), route.as_bytes(), key.as_bytes()]), body: digest(says) }))
    }

    /// The `n`th part of this request, which is committed by itself. The first has the id of the whole, so that a request of one
    /// part and one of several are told apart.
    pub(crate) fn part(&self, n: usize) -> Repeat {
        if n == 0 {
            return Repeat { id: self.id, body: self.body };
        }
        Repeat { id: digest(&[&self.id, b"part", n.to_string().as_bytes()]), body: self.body }
    }

    /// What was kept for this request, if it was done before.
    ///
    /// # Errors
    /// 422 where the key came with another body.
    pub(crate) async fn done<T: for<'de> Deserialize<'de>>(
        &self,
        tx: &mut Tx,
        now: DateTime<Utc>,
    ) -> Result<Option<T>, Fault> {
        let kept = kept(tx, &[self], now).await?;
        match kept.first() {
            Some(kept) => Ok(Some(self.answer(kept)??)),
            None => Ok(None),
        }
    }

    /// Whether it came by the same caller and route under the same key.
    pub(crate) fn is_under(&self, other: &Repeat) -> bool {
        self.id == other.id
    }

    /// Whether `kept` was kept for this request.
    pub(crate) fn is_of(&self, kept: &Kept) -> bool {
        kept.id == self.id
    }

    /// The answer that was `kept` for this request.
    ///
    /// # Errors
    /// A problem, 422, where the key came with another body.
    pub(crate) fn answer<T: for<'de> Deserialize<'de>>(&self, kept: &Kept) -> db::Result<Result<T, Problem>> {
        if kept.body != self.body {
            return Ok(Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request; take a new one.",
            )));
        }
        Ok(Ok(serde_json::from_str(&kept.answer).map_err(|e| db::DbError::Corrupt(e.to_string()))?))
    }

    /// The answer as it is kept.
    ///
    /// # Errors
    /// Where it cannot be written as JSON.
    pub(crate) fn kept(&self, answer: &impl Serialize, now: DateTime<Utc>) -> db::Result<Kept> {
        let answer = serde_json::to_string(answer).map_err(|e| db::DbError::Corrupt(e.to_string()))?;
        Ok(Kept { id: self.id.to_vec(), body: self.body.to_vec(), at: now.timestamp_micros(), answer })
    }

    /// Keeps the answer in the transaction that did the work.
    ///
    /// # Errors
    /// The database's own; a duplicate where the same request was done meanwhile.
    pub(crate) async fn keep(&self, tx: &mut Tx, answer: &impl Serialize, now: DateTime<Utc>) -> db::Result<()> {
        answers::keep(tx, &[self.kept(answer, now)?]).await
    }
}

/// What was kept for these requests; answers that are not repeated any more are forgotten.
///
/// # Errors
/// The database's own.
pub(crate) async fn kept(tx: &mut Tx, requests: &[&Repeat], now: DateTime<Utc>) -> db::Result<Vec<Kept>> {
    let ids: Vec<&[u8]> = requests.iter().map(|request| request.id.as_slice()).collect();
    let (kept, old): (Vec<Kept>, Vec<Kept>) =
        answers::find(tx, &ids).await?.into_iter().partition(|kept| kept.at >= since(now));
    for kept in old {
        answers::forget(tx, &kept.id).await?;
    }
    Ok(kept)
}

/// The answer of the same request, where it was done before; none without a key.
///
/// # Errors
/// As [`Repeat::done`].
pub(crate) async fn done(tx: &mut Tx, repeat: Option<&Repeat>, now: DateTime<Utc>) -> Result<Option<Reply>, Fault> {
    match repeat {
        Some(repeat) => repeat.done(tx, now).await,
        None => Ok(None),
    }
}

/// As [`done`], for a request that has more to find out before it begins its own transaction.
///
/// # Errors
/// As [`Repeat::done`].
pub(crate) async fn done_before(db: &Db, repeat: Option<&Repeat>, now: DateTime<Utc>) -> Result<Option<Reply>, Fault> {
    let Some(repeat) = repeat else { return Ok(None) };
    let mut tx = db.begin().await?;
    let done = repeat.done(&mut tx, now).await?;
    tx.rollback().await?;
    Ok(done)
}

/// Keeps the answer where it may be asked for again.
///
/// # Errors
/// As [`Repeat::keep`].
pub(crate) async fn keep(tx: &mut Tx, repeat: Option<&Repeat>, reply: &Reply, now: DateTime<Utc>) -> db::Result<()> {
    match repeat {
        Some(repeat) => repeat.keep(tx, reply, now).await,
        None => Ok(()),
    }
}

/// The oldest answer that is still repeated at `now`, microseconds UTC.
pub(crate) fn since(now: DateTime<Utc>) -> i64 {
    (now - KEPT).timestamp_micros()
}

/// Of the parts' lengths too, so that no two lists of parts run together.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
