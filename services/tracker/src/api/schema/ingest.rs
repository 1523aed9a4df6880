//! Rows of other systems, and what became of each.

use chrono::{DateTime, Utc};
use poem_openapi::types::Any;
use poem_openapi::{Enum, Object};
use serde_json::Value;
use uuid::Uuid;

use super::challan::Facts;
use super::problem::FieldConflict;

/// A row of another system.
#[derive(Object)]
pub struct IngestRow {
    /// The other system's name, here or once in `X-Source`.
    pub source: Option<String>,
    /// The other system's key, 1 to 128 characters.
    pub external_id: String,
    /// A number of its own; else the next one is taken.
    pub challan_number: Option<String>,
    /// `upsert` (default) or `delete`.
    pub op: Option<String>,
    /// When it happened there; an older message never overwrites a newer one.
    pub occurred_at: Option<DateTime<Utc>>,
    /// Takes no number yet.
    pub draft: Option<bool>,
    /// Its facts.
    #[oai(flatten)]
    pub facts: Facts,
}

/// What became of a row.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
pub enum Outcome {
    /// It is new.
    Created,
    /// It changed.
    Updated,
    /// It was so already.
    Unchanged,
    /// It was not written; `errors` says why.
    Rejected,
}

/// The result of one row.
#[derive(Object)]
pub struct IngestResult {
    /// The row's key.
    pub external_id: Any<Value>,
    /// The challan.
    pub id: Option<Uuid>,
    /// Its number.
    pub challan_number: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// What is wrong, by field.
    pub errors: std::collections::HashMap<String, Vec<String>>,
    /// The broken rules by field, in the order of `errors`.
    pub codes: std::collections::HashMap<String, Vec<String>>,
    /// Fields changed on both sides.
    pub conflicts: Option<Vec<FieldConflict>>,
}

/// The results of a call, in the order of its rows.
#[derive(Object)]
pub struct IngestAnswer {
    /// The batch in the history; none where nothing was written.
    pub batch_id: Option<Uuid>,
    /// Rows.
    pub created: u64,
    /// Rows.
    pub updated: u64,
    /// Rows.
    pub unchanged: u64,
    /// Rows.
    pub rejected: u64,
    /// One a row.
    pub results: Vec<IngestResult>,
}
