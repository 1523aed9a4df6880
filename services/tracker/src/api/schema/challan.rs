//! Challans, lists of them and their history.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::types::Any;
use poem_openapi::{Enum, Object};
use serde_json::Value;
use uuid::Uuid;

/// How far a challan has come; computed, never written.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
pub enum Stage {
    /// No number yet.
    Draft,
    /// Numbered, still in the house.
    Issued,
    /// Left the gate.
    Dispatched,
    /// With the customer; the signed copy is missing.
    Delivered,
    /// The signed copy is back.
    PodReceived,
    /// On an invoice.
    Invoiced,
    /// The invoice is with the customer.
    Submitted,
    /// Cancelled; keeps its number.
    Void,
}

/// What the asker may do with a challan.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
pub enum Action {
    /// Change its facts.
    Update,
    /// Move it to the trash.
    Delete,
    /// Give a draft its number.
    Issue,
    /// Cancel it.
    Void,
}

/// A challan as the asker may see it.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct Challan {
    /// UUIDv7.
    pub id: Uuid,
    /// At most 16 of A-Z, 0-9, - and /; none for a draft.
    pub challan_number: Option<String>,
    /// The civil day in the organisation's time zone.
    pub date: Option<NaiveDate>,
    /// The customer's name.
    pub customer: Option<String>,
    /// The customer's row.
    pub customer_id: Option<Uuid>,
    /// What is delivered.
    pub dc_summary: Option<String>,
    /// Who carries it.
    pub delivery_executives: Option<Vec<String>>,
    /// Rupees as decimal text with two places.
    pub amount: Option<String>,
    /// RFC 3339, or a day where only that is known.
    pub dispatched_at: Option<String>,
    /// RFC 3339, or a day where only that is known.
    pub delivered_at: Option<String>,
    /// At most 50 characters.
    pub invoice_number: Option<String>,
    /// With the invoice number.
    pub invoice_date: Option<NaiveDate>,
    /// Whether the invoice is with the customer.
    pub invoice_submission: Option<bool>,
    /// When it was submitted.
    pub invoice_submitted_on: Option<NaiveDate>,
    /// Files of the signed copy.
    pub proof_of_delivery: Option<Vec<Uuid>>,
    /// When the signed copy came back.
    pub pod_upload_date: Option<NaiveDate>,
    /// Who signed.
    pub received_by: Option<String>,
    /// At most 4,000 characters.
    pub remarks: Option<String>,
    /// Computed from the facts.
    pub stage: Option<Stage>,
    /// UTC.
    pub voided_at: Option<DateTime<Utc>>,
    /// Why it was cancelled.
    pub void_reason: Option<String>,
    /// The other system's name.
    pub source: Option<String>,
    /// The other system's key.
    pub external_id: Option<String>,
    /// From 1, one up at every change.
    pub version: u64,
    /// UTC.
    pub created_at: Option<DateTime<Utc>>,
    /// A name.
    pub created_by: Option<String>,
    /// UTC.
    pub updated_at: Option<DateTime<Utc>>,
    /// A name.
    pub updated_by: Option<String>,
    /// UTC; set while it is in the trash.
    pub deleted_at: Option<DateTime<Utc>>,
    /// A name.
    pub deleted_by: Option<String>,
    /// Fields that are kept from the asker, and `null` here.
    pub hidden: Vec<String>,
    /// What the asker may do now.
    pub can: Vec<Action>,
}

/// The facts that people write. Left out in a change, they stay; `null` clears.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct Facts {
    /// Required for a new challan; not after today, but for a draft.
    pub date: Option<NaiveDate>,
    /// Required for a new challan; 2 to 200 characters. An unknown name is added to the customers.
    #[oai(validator(min_length = 2, max_length = 200))]
    pub customer: Option<String>,
    /// At most 4,000 characters.
    pub dc_summary: Option<String>,
    /// Names.
    pub delivery_executives: Option<Vec<String>>,
    /// Rupees, not negative, at most two places; a number or decimal text.
    pub amount: Option<Any<Value>>,
    /// An instant or a day, not in the future.
    pub dispatched_at: Option<String>,
    /// An instant or a day, not in the future nor before the dispatch.
    pub delivered_at: Option<String>,
    /// At most 50 characters, with its date.
    pub invoice_number: Option<String>,
    /// Not before the challan's, not in the future.
    pub invoice_date: Option<NaiveDate>,
    /// Only with an invoice.
    pub invoice_submission: Option<bool>,
    /// Only with a submitted invoice.
    pub invoice_submitted_on: Option<NaiveDate>,
    /// When the signed copy came back.
    pub pod_upload_date: Option<NaiveDate>,
    /// At most 100 characters.
    pub received_by: Option<String>,
    /// At most 4,000 characters.
    pub remarks: Option<String>,
}

/// A new challan.
#[derive(Object)]
pub struct NewChallan {
    /// Takes no number yet.
    pub draft: Option<bool>,
    /// Its facts.
    #[oai(flatten)]
    pub facts: Facts,
}

/// Some facts, and the version they were changed from.
#[derive(Object)]
pub struct ChallanPatch {
    /// The version that was read; changes of other fields since then merge. Or `If-Match`.
    pub base_version: Option<u64>,
    /// The facts to be written.
    #[oai(flatten)]
    pub facts: Facts,
}

/// Why a challan is cancelled.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct VoidReason {
    /// 2 to 500 characters.
    #[oai(validator(min_length = 2, max_length = 500))]
    pub reason: String,
}

/// A page by keyset.
#[derive(Object)]
pub struct ChallanPage {
    /// The rows in order.
    pub results: Vec<Challan>,
    /// The next page, path and query.
    pub next: Option<String>,
    /// The page before, path and query.
    pub previous: Option<String>,
    /// How many rows there are, where it was asked.
    pub count: Option<u64>,
    /// Whether there are more than counted.
    pub count_capped: bool,
    /// A place of the change log before these rows were read: follow the stream from here.
    pub log_cursor: String,
}

/// A window of chosen columns.
#[derive(Object)]
pub struct Window {
    /// The columns of each row, `id` and `version` first.
    pub columns: Vec<String>,
    /// The rows in order, each a value per column.
    pub rows: Vec<Vec<Any<Value>>>,
    /// The first row's place.
    pub first_cursor: Option<String>,
    /// The last row's place.
    pub last_cursor: Option<String>,
    /// How many rows the filter has.
    pub total: u64,
    /// Whether there are more than counted.
    pub total_capped: bool,
    /// A place of the change log before these rows were read.
    pub log_cursor: String,
}

/// Who did something.
#[derive(Object)]
pub struct Author {
    /// Their id; empty for the program itself.
    pub id: String,
    /// Their name then.
    pub name: String,
}

/// A field before and after.
#[derive(Object)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// Before.
    pub old: Any<Value>,
    /// After.
    pub new: Any<Value>,
}

/// One change of a challan.
#[derive(Object)]
pub struct HistoryEntry {
    /// Its place in the change log.
    pub seq: u64,
    /// The version after it.
    pub version: u64,
    /// `created`, `updated`, `issued`, `voided`, `deleted`, `restored`.
    pub kind: String,
    /// UTC.
    pub at: Option<DateTime<Utc>>,
    /// Who.
    pub by: Author,
    /// `site`, `key`, `import`, `ingest`, `undo`.
    pub via: String,
    /// From which address.
    pub address: String,
    /// The writing request.
    pub batch_id: String,
    /// What changed.
    pub changes: Vec<FieldChange>,
}

/// A page of changes, newest first.
#[derive(Object)]
pub struct History {
    /// The changes.
    pub results: Vec<HistoryEntry>,
    /// Older ones, path and query.
    pub next: Option<String>,
    /// Newer ones, path and query.
    pub previous: Option<String>,
}
