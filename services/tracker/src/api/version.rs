//! The version that a change was made from, as its sender names it.

use poem::http::StatusCode;
use serde_json::{Map, Value};
use service::Problem;

use super::challans::one;

/// The version that `If-Match` names (RFC 9110, section 13.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Matching {
    /// Exactly this one.
    Exactly(u64),
    /// Whatever stands.
    Any,
}

/// Reads `If-Match`: `"3"`, 3, or `*`. A weak one never matches, and of several only one can be right.
///
/// # Errors
/// 400.
pub(super) fn if_match(value: Option<&str>) -> Result<Option<Matching>, Problem> {
    let Some(value) = value.map(str::trim) else { return Ok(None) };
    if value == "*" {
        return Ok(Some(Matching::Any));
    }
    let bare = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let version = bare.parse().ok().filter(|_| bare.bytes().all(|b| b.is_ascii_digit()));
    let version = version.ok_or_else(|| {
        Problem::malformed("If-Match is the version you read, such as \"3\", or * to overwrite knowingly.")
    })?;
    Ok(Some(Matching::Exactly(version)))
}

/// Takes `base_version` out of a body.
///
/// # Errors
/// 422 where it is no version, 400 where `If-Match` names another one.
pub(super) fn base_version(given: &mut Map<String, Value>, matching: Option<Matching>) -> Result<Option<u64>, Problem> {
    let Some(base) = given.remove("base_version") else { return Ok(None) };
    let base = base.as_u64().ok_or_else(|| one("base_version", "not_a_version", "Write the version you read."))?;
    match matching {
        Some(Matching::Exactly(version)) if version != base => Err(Problem::malformed(format!(
            "If-Match names version {version} and base_version {base}. Name the one that you read."
        ))),
        _ => Ok(Some(base)),
    }
}

/// 428.
pub(super) fn version_missing() -> Problem {
    Problem::new(
        StatusCode::PRECONDITION_REQUIRED,
        "version_missing",
        "Say which version you change: If-Match with the version you read, or base_version in a PATCH.",
    )
}
