//! What is wrong.

use poem_openapi::Object;
use poem_openapi::types::Any;
use serde_json::Value;

use super::challan::Challan;

/// A field that two changed.
#[derive(Object)]
pub struct FieldConflict {
    /// The field.
    pub field: String,
    /// The value that was sent.
    pub mine: Any<Value>,
    /// The value that stands.
    pub theirs: Any<Value>,
    /// Who wrote it.
    pub by: String,
    /// When, UTC.
    pub at: String,
}

/// What is wrong (RFC 9457).
#[derive(Object)]
pub struct Problem {
    /// A URI of the kind of problem.
    #[oai(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What is wrong here.
    pub detail: String,
    /// A word for programs.
    pub code: String,
    /// Reasons by field.
    pub fields: Option<std::collections::HashMap<String, Vec<String>>>,
    /// The broken rules by field, in the order of `fields`; where it is one rule, `code` is its word too.
    pub codes: Option<std::collections::HashMap<String, Vec<String>>>,
    /// The request's number.
    pub request_id: Option<String>,
}

/// A change that would overwrite somebody else's.
#[derive(Object)]
pub struct Conflict {
    /// A URI of the kind of problem.
    #[oai(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// 409 or 412.
    pub status: u16,
    /// Who changed what.
    pub detail: String,
    /// `conflict` or `stale`.
    pub code: String,
    /// The row now.
    pub current: Challan,
    /// Both values of each field.
    pub conflicts: Vec<FieldConflict>,
    /// The request's number.
    pub request_id: Option<String>,
}
