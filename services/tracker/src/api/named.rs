//! What customers, series and views share: every field with its own reason, every change with its version, and run again
//! where it met another one.

use std::borrow::Cow;
use std::future::Future;

use changelog::Log;
use db::Tx;
use domain::reason::{Errors, Reason};
use poem::http::StatusCode;
use serde_json::{Map, Value, json};
use service::Problem;

pub(super) use super::challans::one;
use super::conflict::{Record, fields_since};
use super::fault::Fault;
use super::repeat::Reply;
use super::version::{Matching, base_version, if_match, version_missing};
use crate::write::{Tries, WriteError};

/// Runs a write from its start until it meets no other one.
pub(super) async fn retried<F>(run: impl Fn() -> F) -> Result<Reply, Fault>
where
    F: Future<Output = Result<Result<Reply, WriteError>, Fault>>,
{
    let mut tries = Tries::new();
    while tries.again().await {
        match run().await? {
            Err(e) if e.asks_for_retry() => {}
            done => return Ok(done?),
        }
    }
    Err(WriteError::Moved.into())
}

/// The fields of a body, read one by one; what is wrong is gathered.
pub(super) struct Given<'a> {
    given: &'a Map<String, Value>,
    errors: Errors,
}

impl<'a> Given<'a> {
    /// A body of which only `known` fields may be written.
    pub(super) fn new(given: &'a Map<String, Value>, known: &[&str]) -> Given<'a> {
        let mut read = Given { given, errors: Errors::new() };
        for name in given.keys().filter(|name| !known.contains(&name.as_str())) {
            read.refuse(name, "unknown_field", "This is not a field that can be written.");
        }
        read
    }

    pub(super) fn refuse(&mut self, field: &str, code: &'static str, reason: impl Into<Cow<'static, str>>) {
        self.errors.refuse(field, code, reason);
    }

    pub(super) fn add(&mut self, field: &str, reason: Reason) {
        self.errors.add(field, reason);
    }

    /// What was wrong; empty where nothing was.
    pub(super) fn errors(self) -> Errors {
        self.errors
    }

    /// Text, trimmed; `now` where it is left out, none where it is empty.
    pub(super) fn text(&mut self, field: &str, now: Option<String>, most: usize) -> Option<String> {
        match self.given.get(field) {
            None => now,
            Some(Value::Null) => None,
            Some(Value::String(text)) => {
                let text = text.trim();
                if text.chars().count() > most {
                    self.refuse(field, "too_long", format!("This has at most {most} characters."));
                }
                (!text.is_empty()).then(|| text.to_owned())
            }
            Some(_) => {
                self.refuse(field, "not_text", "Write text.");
                None
            }
        }
    }

    /// Text that may not be empty; what is wrong is empty.
    pub(super) fn required_text(&mut self, field: &str, now: Option<String>) -> String {
        self.required(field, now, 200)
    }

    fn required(&mut self, field: &str, now: Option<String>, most: usize) -> String {
        let text = self.text(field, now, most);
        if text.is_none() && self.errors.spares(field) {
            self.refuse(field, "required", "This is required.");
        }
        text.unwrap_or_default()
    }

    /// A name of `least` to `most` characters.
    pub(super) fn name(&mut self, field: &str, now: Option<String>, least: usize, most: usize) -> String {
        // How long it may be is the rule's to say.
        let name = self.required(field, now, usize::MAX);
        if let Some(reason) = wrong_name(&name, least, most).filter(|_| !name.is_empty()) {
            self.add(field, reason);
        }
        name
    }

    /// True or false; `now` where it is left out.
    pub(super) fn flag(&mut self, field: &str, now: bool) -> bool {
        match self.given.get(field) {
            None => now,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.refuse(field, "not_a_flag", "Write true or false.");
                now
            }
        }
    }

    /// A field as it was sent.
    pub(super) fn raw(&self, field: &str) -> Option<&'a Value> {
        self.given.get(field)
    }
}

/// Why a text is no name: also where nobody would see any of it. Its folded form must fit into 800 bytes, the width of its key.
pub(super) fn wrong_name(name: &str, least: usize, most: usize) -> Option<Reason> {
    let fits = (least..=most).contains(&name.chars().count())
        && domain::fold::fold(name).len() <= 800
        && !name.chars().any(char::is_control)
        && !domain::fold::is_blank(name);
    (!fits).then(|| Reason::new("name_length", format!("A name has {least} to {most} characters on one line.")))
}

/// Takes `base_version` out of a body and refuses a change that would overwrite another one: from `base_version` changes of
/// different fields merge, and `If-Match` is the present version. `current` is the record as its asker sees it.
///
/// # Errors
/// The database's own; inside, why it is refused.
pub(super) async fn agree(
    log: &Log,
    tx: &mut Tx,
    record: Record,
    given: &mut Map<String, Value>,
    if_match_header: Option<&str>,
    current: &Value,
) -> db::Result<Result<(), Problem>> {
    let (wanted, status) = match wanted(given, if_match_header) {
        Ok(Some(wanted)) => wanted,
        Ok(None) => return Ok(Ok(())),
        Err(problem) => return Ok(Err(problem)),
    };
    if wanted == record.version {
        return Ok(Ok(()));
    }
    let since = fields_since(log, tx, record, wanted).await?;
    let mut conflicts: Vec<Value> = Vec::new();
    for (name, mine) in given.iter() {
        let Some(moved) = since.as_ref().and_then(|since| since.get(name)) else { continue };
        if current[name] != moved.base && current[name] != *mine {
            conflicts.push(json!({
                "field": name, "mine": mine, "theirs": current[name], "by": moved.by, "at": moved.at,
            }));
        }
    }
    if status == StatusCode::CONFLICT && since.is_some() && conflicts.is_empty() {
        return Ok(Ok(()));
    }
    let code = if status == StatusCode::CONFLICT { "conflict" } else { "stale" };
    let by = conflicts.first().and_then(|conflict| conflict["by"].as_str());
    let by = by.or_else(|| since.as_ref()?.values().max_by_key(|since| &since.at).map(|since| since.by.as_str()));
    let detail = match by {
        Some(by) => format!("{by} changed this meanwhile. Look at it as it stands now, and change it again."),
        None => format!("Version {wanted} is not one of it; read it again."),
    };
    let problem = Problem::new(status, code, detail);
    Ok(Err(problem.with("current", current.clone()).with("conflicts", conflicts.into())))
}

/// The version that a change was made from, and what it is where that is not the present one; none where whatever stands is
/// overwritten.
fn wanted(given: &mut Map<String, Value>, if_match_header: Option<&str>) -> Result<Option<(u64, StatusCode)>, Problem> {
    let matching = if_match(if_match_header)?;
    match (base_version(given, matching)?, matching) {
        (Some(base), None | Some(Matching::Any)) => Ok(Some((base, StatusCode::CONFLICT))),
        (_, Some(Matching::Exactly(version))) => Ok(Some((version, StatusCode::PRECONDITION_FAILED))),
        (None, Some(Matching::Any)) => Ok(None),
        (None, None) => Err(version_missing()),
    }
}
