//! Reading what another system sent: bodies, packed or plain, and their rows.

use async_compression::tokio::bufread::{GzipDecoder, ZstdDecoder};
use chrono::{DateTime, Utc};
use domain::challan::{AHEAD, is_number};
use domain::reason::{Errors, Reason};
use serde_json::{Map, Value};
use service::Problem;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::LIMIT;
use super::outcome::Outcome;
use crate::api::body;

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

/// The rows of a JSON array, or of NDJSON, whose mistakes name their line.
pub(super) fn rows(text: &[u8]) -> Result<Vec<Value>, Problem> {
    let first = text.iter().find(|b| !b.is_ascii_whitespace());
    if first == Some(&b'[') {
        return serde_json::from_slice(text).map_err(|e| {
            Problem::malformed(format!("The JSON breaks off at line {}, column {}.", e.line(), e.column()))
        });
    }
    let mut rows = Vec::new();
    for (i, line) in text.split(|b| *b == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let row = serde_json::from_slice(line).map_err(|e| {
            Problem::malformed(format!(
                "Line {} is not JSON: it breaks off at column {}. Nothing was written.",
                i + 1,
                e.column()
            ))
            .with("line", (i + 1).into())
        })?;
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(Problem::malformed("Send a JSON array, or one JSON object a line."));
    }
    Ok(rows)
}

/// Unpacks gzip and zstd, up to the same limit as a plain body.
pub(super) async fn unpacked(encoding: Option<&str>, packed: Vec<u8>) -> Result<Vec<u8>, Problem> {
    // Both formats may be several packed texts one after another (RFC 1952, section 2.2; RFC 8878, section 3.1).
    match encoding.map(str::to_ascii_lowercase).as_deref() {
        None | Some("identity") => Ok(packed),
        Some("gzip" | "x-gzip") => {
            let mut unpacking = GzipDecoder::new(packed.as_slice());
            unpacking.multiple_members(true);
            read_limited(unpacking).await
        }
        Some("zstd") => {
            let mut unpacking = ZstdDecoder::new(packed.as_slice());
            unpacking.multiple_members(true);
            read_limited(unpacking).await
        }
        Some(_) => Err(body::unsupported("Content-Encoding is gzip, zstd or none.")),
    }
}

async fn read_limited(reader: impl AsyncRead + Unpin) -> Result<Vec<u8>, Problem> {
    let mut text = Vec::new();
    reader
        .take(LIMIT as u64 + 1)
        .read_to_end(&mut text)
        .await
        .map_err(|_| Problem::malformed("The compressed body is damaged."))?;
    if text.len() > LIMIT {
        return Err(Problem::too_large(LIMIT as u64));
    }
    Ok(text)
}
