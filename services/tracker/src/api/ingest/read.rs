//! Reading what another system sent: bodies, packed or plain, and their rows.

use std::fmt;

use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::challan::{AHEAD, is_number};
use domain::reason::{Errors, Reason};
use poem::http::StatusCode;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::{Map, Value};
use service::Problem;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::outcome::Outcome;
use super::{LIMIT, MOST_ROWS};
use crate::api::body;
use crate::api::json::{One, Room, broken};

/// How many times its size a packed body unpacks to at most: rows of challans come to 5 to 30 times.
const RATIO: usize = 100;
/// What a packed body unpacks to however small it is, in bytes.
const SMALL: usize = 1 << 20;

/// One row as it was sent.
pub(super) struct Sent {
    pub(super) source: String,
    pub(super) external_id: String,
    pub(super) facts: Map<String, Value>,
    pub(super) number: Option<String>,
    pub(super) draft: bool,
    pub(super) delete: bool,
    pub(super) occurred_at: Option<i64>,
}

/// Reads one row; what is wrong with it rejects this row alone.
pub(super) fn parse(row: Value, default_source: Option<&str>, now: DateTime<Utc>) -> Result<Sent, Outcome> {
    let Value::Object(mut row) = row else {
        return Err(Outcome::rejected(Value::Null, &one("row", "not_an_object", "A row is a JSON object.")));
    };
    let key = row.remove("external_id").unwrap_or(Value::Null);
    let refuse = |field: &str, code, reason| Outcome::rejected(key.clone(), &one(field, code, reason));
    let external_id = match key.as_str() {
        Some(k) if (1..=128).contains(&k.chars().count()) && !k.trim().is_empty() => k.to_owned(),
        _ => {
            return Err(refuse("external_id", "external_id_length", "The other system's key has 1 to 128 characters."));
        }
    };
    let source = match row.remove("source") {
        None | Some(Value::Null) => default_source.map(str::to_owned),
        Some(Value::String(s)) => Some(s),
        Some(_) => None,
    };
    let Some(source) = source.filter(|s| (1..=64).contains(&s.chars().count()) && !s.trim().is_empty()) else {
        return Err(refuse(
            "source",
            "source_length",
            "Name the other system in 1 to 64 characters, here or in X-Source.",
        ));
    };
    let number = match row.remove("challan_number") {
        None | Some(Value::Null) => None,
        Some(Value::String(n)) if is_number(&n) => Some(n),
        Some(_) => return Err(refuse("challan_number", "number_form", "A number has 1 to 16 of A-Z, 0-9, - and /.")),
    };
    let delete = match row.remove("op") {
        None | Some(Value::Null) => false,
        Some(op) if op == "upsert" => false,
        Some(op) if op == "delete" => true,
        Some(_) => return Err(refuse("op", "op_unknown", "Write upsert or delete.")),
    };
    let draft = match row.remove("draft") {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(_) => return Err(refuse("draft", "not_a_flag", "Write true or false.")),
    };
    if draft && number.is_some() {
        let reason = "A draft has no number. Leave out one of the two.";
        return Err(refuse("challan_number", "draft_number", reason));
    }
    let occurred_at = match row.remove("occurred_at") {
        None | Some(Value::Null) => None,
        Some(v) => match v.as_str().and_then(|t| DateTime::parse_from_rfc3339(t).ok()) {
            Some(t) if t > now + AHEAD => {
                let reason = "This lies in the future; every message until then would count as older.";
                return Err(refuse("occurred_at", "occurred_in_future", reason));
            }
            Some(t) => Some(t.timestamp_micros()),
            None => {
                return Err(refuse(
                    "occurred_at",
                    "not_an_instant",
                    "Write an instant such as 2026-07-05T10:30:00+05:30.",
                ));
            }
        },
    };
    Ok(Sent { source, external_id, facts: row, number, draft, delete, occurred_at })
}

pub(super) fn one(field: &str, code: &'static str, reason: &'static str) -> Errors {
    Errors::of(field, Reason::new(code, reason))
}

/// The rows of a JSON array, or of NDJSON, whose mistakes name their line. Those that are too many are counted and not kept: a
/// million small ones take a hundred times the room of their text.
pub(super) fn rows(text: &[u8]) -> Result<Vec<Value>, Problem> {
    let (mut room, first) = (Room::new(), text.iter().find(|b| !b.is_ascii_whitespace()));
    if first == Some(&b'[') {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let counted = reader.deserialize_seq(Rows(&mut room)).and_then(|counted| reader.end().map(|()| counted));
        let Counted { rows, count } = counted.map_err(|error| room.why(error).problem(broken))?;
        return if count > MOST_ROWS { Err(too_many(count)) } else { Ok(rows) };
    }
    let mut rows = Vec::new();
    let mut lines = text.split(|b| *b == b'\n').enumerate();
    while let Some((i, line)) = lines.next() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if rows.len() == MOST_ROWS {
            let more = lines.filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace)).count();
            return Err(too_many(MOST_ROWS + 1 + more));
        }
        let broken = |error: &serde_json::Error| {
            let (line, column) = (i + 1, error.column());
            let detail = format!("Line {line} is not JSON: it breaks off at column {column}. Nothing was written.");
            Problem::malformed(detail).with("line", line.into())
        };
        rows.push(room.read(line).map_err(|unread| unread.problem(broken))?);
    }
    if rows.is_empty() {
        return Err(Problem::malformed("Send a JSON array, or one JSON object a line."));
    }
    Ok(rows)
}

fn too_many(count: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_many_rows",
        format!("At most {MOST_ROWS} rows a call; this has {count}."),
    )
}

/// The rows of an array as far as they are taken, and how many there are.
struct Counted {
    rows: Vec<Value>,
    count: usize,
}

/// Reads them, as far as there is room.
struct Rows<'a>(&'a mut Room);

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = Counted;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Counted, A::Error> {
        let mut rows = Vec::new();
        while rows.len() < MOST_ROWS {
            match array.next_element_seed(One(self.0))? {
                Some(row) => rows.push(row),
                None => return Ok(Counted { count: rows.len(), rows }),
            }
        }
        let mut count = rows.len();
        while array.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(Counted { rows, count })
    }
}

/// Unpacks gzip and zstd, up to the same limit as a plain body, and up to [`RATIO`] times what came.
pub(super) async fn unpacked(encoding: Option<&str>, packed: Bytes) -> Result<Bytes, Problem> {
    // Both formats may be several packed texts one after another (RFC 1952, section 2.2; RFC 8878, section 3.1).
    match encoding.map(str::to_ascii_lowercase).as_deref() {
        None | Some("identity") => Ok(packed),
        Some("gzip" | "x-gzip") => {
            let mut unpacking = GzipDecoder::new(&*packed);
            unpacking.multiple_members(true);
            read_limited(unpacking, packed.len()).await
        }
        Some("zstd") => {
            let mut unpacking = ZstdDecoder::new(&*packed);
            unpacking.multiple_members(true);
            read_limited(unpacking, packed.len()).await
        }
        Some(_) => Err(body::unsupported("Content-Encoding is gzip, zstd or none.")),
    }
}

async fn read_limited(reader: impl AsyncRead + Unpin, packed: usize) -> Result<Bytes, Problem> {
    let limit = packed.saturating_mul(RATIO).clamp(SMALL, LIMIT);
    let mut text = Vec::new();
    reader
        .take(limit as u64 + 1)
        .read_to_end(&mut text)
        .await
        .map_err(|_| Problem::malformed("The compressed body is damaged."))?;
    if text.len() <= limit {
        return Ok(text.into());
    }
    if limit == LIMIT {
        return Err(Problem::too_large(LIMIT as u64));
    }
    let detail =
        format!("What is packed unpacks to at most {RATIO} times its size. Send this as several calls, or unpacked.");
    Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "packed_too_tightly", detail))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use async_compression::tokio::bufread::GzipEncoder;

    use super::*;

    async fn packed(text: &[u8]) -> Bytes {
        let mut packed = Vec::new();
        GzipEncoder::new(text).read_to_end(&mut packed).await.unwrap();
        packed.into()
    }

    #[tokio::test]
    async fn what_unpacks_to_far_more_is_refused() {
        let blanks = vec![b' '; 2 * SMALL];
        let refused = unpacked(Some("gzip"), packed(&blanks).await).await.unwrap_err();
        assert_eq!((refused.status, refused.code.as_ref()), (413, "packed_too_tightly"));
        let few = unpacked(Some("gzip"), packed(&blanks[..SMALL]).await).await.unwrap();
        assert_eq!(few.len(), SMALL, "a small one may be of whatever ratio");
    }

    #[test]
    fn rows_that_are_too_many_are_counted() {
        for (most, more) in [("[{}", ",{}"), ("{}", "\n{}\n")] {
            let end = if most.starts_with('[') { "]" } else { "" };
            let text = |count: usize| format!("{most}{}{end}", more.repeat(count - 1));
            assert_eq!(rows(text(MOST_ROWS).as_bytes()).unwrap().len(), MOST_ROWS);
            let refused = rows(text(MOST_ROWS + 7).as_bytes()).unwrap_err();
            assert!(refused.detail.ends_with("this has 10007."), "{}", refused.detail);
        }
    }
}
