//! The shapes of answers and bodies, for the OpenAPI document. The answers themselves are written as JSON values, since rows
//! are stored as JSON; the tests beside each noun and the generated client of the site hold both together.

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

/// A value and how many rows have it.
#[derive(Object)]
pub struct Count {
    /// The value.
    pub value: String,
    /// Rows.
    pub count: u64,
}

/// Rows per value under a filter, for the fields that were asked for.
#[derive(Object)]
pub struct Facets {
    /// Per stage, every stage in order.
    pub stage: Option<Vec<Count>>,
    /// Per customer, the hundred most frequent.
    pub customer: Option<Vec<Count>>,
    /// Per executive, the hundred most frequent.
    pub executive: Option<Vec<Count>>,
    /// Per other system.
    pub source: Option<Vec<Count>>,
    /// Per age in days, as `q` writes it after `age:`.
    pub age: Option<Vec<Count>>,
}

/// Rows that wait, and for how many days.
#[derive(Object)]
pub struct Waiting {
    /// Rows.
    pub count: u64,
    /// Rupees; none where amounts are hidden.
    pub amount: Option<String>,
    /// By days, in order.
    pub buckets: Vec<Bucket>,
    /// The same seven days ago; none where a field it rests on is hidden.
    pub before: Option<Before>,
}

/// Rows that waited at the end of an earlier day, by the facts as they are known now.
#[derive(Object)]
pub struct Before {
    /// The civil day.
    pub date: NaiveDate,
    /// Rows.
    pub count: u64,
    /// Rupees; none where amounts are hidden.
    pub amount: Option<String>,
    /// The filter that finds these rows.
    pub q: String,
}

/// Rows that wait for some days.
#[derive(Object)]
pub struct Bucket {
    /// The fewest days.
    pub from_days: u64,
    /// The most days; none for no end.
    pub to_days: Option<u64>,
    /// Rows.
    pub count: u64,
    /// Rupees; none where amounts are hidden.
    pub amount: Option<String>,
}

/// Challans of one day.
#[derive(Object)]
pub struct DayCount {
    /// The challans' day.
    pub date: NaiveDate,
    /// Rows.
    pub count: u64,
}

/// What one customer has.
#[derive(Object)]
pub struct CustomerTotal {
    /// The name in the customer list.
    pub customer: String,
    /// Rows.
    pub count: u64,
    /// Rupees; none where amounts are hidden.
    pub amount: Option<String>,
}

/// What one executive has.
#[derive(Object)]
pub struct ExecutiveTotal {
    /// The name.
    pub executive: String,
    /// Rows.
    pub count: u64,
    /// Rupees; none where amounts are hidden.
    pub amount: Option<String>,
}

/// The dashboard's numbers.
#[derive(Object)]
pub struct Summary {
    /// The place of the change log they are true for.
    pub as_of: String,
    /// Rows of the filter.
    pub count: u64,
    /// Rupees of the filter; none where amounts are hidden.
    pub amount: Option<String>,
    /// Rows per stage, every stage in order.
    pub stages: Vec<Count>,
    /// Delivered, and the signed copy is missing: days since the delivery. None where a field it rests on is hidden, as below.
    pub delivered_without_pod: Option<Waiting>,
    /// The signed copy is back, and there is no invoice: days since it came.
    pub pod_without_invoice: Option<Waiting>,
    /// Invoiced and not submitted: days since the invoice's date.
    pub invoiced_not_submitted: Option<Waiting>,
    /// The last thirty days that have challans.
    pub issued_per_day: Option<Vec<DayCount>>,
    /// The ten with the most rows.
    pub top_customers: Option<Vec<CustomerTotal>>,
    /// The ten with the most rows.
    pub by_executive: Option<Vec<ExecutiveTotal>>,
}

/// A column that a grid may show.
#[derive(Object)]
pub struct Column {
    /// The field.
    pub name: String,
    /// Its heading.
    pub label: String,
    /// `text`, `choice`, `date`, `list`, `money`, `when`, `flag`, `instant`.
    #[oai(rename = "type")]
    pub kind: String,
    /// Whether people write it.
    pub editable: bool,
    /// Whether lists may be sorted by it.
    pub sortable: bool,
    /// Whether `q` knows it.
    pub filterable: bool,
    /// How `q` asks for it; none where it does not.
    pub filter: Option<Completion>,
}

/// What a search box offers for a field.
#[derive(Object)]
pub struct Completion {
    /// What stands before the colon.
    pub field: String,
    /// `choice`, `text`, `list`, `words`, `day`, `money`, `number`, `flag`.
    pub kind: String,
    /// Words that stand for a value.
    pub values: Vec<String>,
    /// A term as it may be written.
    pub example: String,
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
    /// Always none: read from the newest on.
    pub previous: Option<String>,
}

/// A customer.
#[derive(Object)]
pub struct Customer {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Further names under which it is found.
    pub aliases: Vec<String>,
    /// 15 letters and digits, checked.
    pub gstin: Option<String>,
    /// The GST code of its state, two digits.
    pub state: Option<String>,
    /// At most 1,000 characters.
    pub address: Option<String>,
    /// Whether it is still dealt with.
    pub active: bool,
    /// The customer that took its challans.
    pub merged_into: Option<Uuid>,
    /// From 1, one up at every change.
    pub version: u64,
}

/// A page of customers by name.
#[derive(Object)]
pub struct CustomerPage {
    /// The customers.
    pub results: Vec<Customer>,
    /// The next ones, path and query.
    pub next: Option<String>,
    /// Always none: read from the first on.
    pub previous: Option<String>,
}

/// A new customer.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct NewCustomer {
    /// 2 to 200 characters, the name or alias of nobody else.
    #[oai(validator(min_length = 2, max_length = 200))]
    pub name: String,
    /// At most 100 further names, each of nobody else.
    pub aliases: Option<Vec<String>>,
    /// 15 letters and digits, the last of which checks the others.
    pub gstin: Option<String>,
    /// The GST code of its state; where it is left out, the GSTIN's.
    pub state: Option<String>,
    /// At most 1,000 characters.
    pub address: Option<String>,
    /// True unless said otherwise.
    pub active: Option<bool>,
}

/// Some fields of a customer, and the version they were changed from.
#[derive(Object)]
pub struct CustomerPatch {
    /// The version that was read. Or `If-Match`.
    pub base_version: Option<u64>,
    /// A new name goes to all its challans; the old one stays as an alias.
    pub name: Option<String>,
    /// All aliases.
    pub aliases: Option<Vec<String>>,
    /// 15 letters and digits, the last of which checks the others.
    pub gstin: Option<String>,
    /// The GST code of its state.
    pub state: Option<String>,
    /// At most 1,000 characters.
    pub address: Option<String>,
    /// Whether it is still dealt with.
    pub active: Option<bool>,
}

/// Into which customer.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct Merge {
    /// The customer that stays.
    pub into: Uuid,
}

/// Two executives that are one.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct ExecutiveMerge {
    /// The name that goes; letters and spaces are compared folded.
    pub name: String,
    /// The name that stays, as it shall be written: 1 to 100 characters.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub into: String,
}

/// Somebody who carries challans.
#[derive(Object)]
pub struct Executive {
    /// The name.
    pub name: String,
    /// The user who has it, if any.
    pub user: Option<Uuid>,
    /// How many challans carry it.
    pub count: u64,
}

/// Executives by name.
#[derive(Object)]
pub struct ExecutivePage {
    /// The executives.
    pub results: Vec<Executive>,
    /// Always none.
    pub next: Option<String>,
    /// Always none.
    pub previous: Option<String>,
}

/// When a sequence begins again.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
pub enum Reset {
    /// Never.
    Never,
    /// Each 1 January.
    Yearly,
    /// Each 1 April.
    FinancialYear,
    /// Each first of a month.
    Monthly,
}

/// A series of numbers.
#[derive(Object)]
pub struct Series {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Of `{YY}`, `{YYYY}`, `{FY}`, `{MM}`, one `{SEQ:n}`, and the characters A-Z 0-9 - /.
    pub template: String,
    /// When the sequence begins again.
    pub reset: Reset,
    /// Whether challans draw from it.
    pub default: bool,
    /// The number that a challan of today would take; none where the period has no more.
    pub next: Option<String>,
    /// From 1, one up at every change.
    pub version: u64,
}

/// Every series.
#[derive(Object)]
pub struct SeriesPage {
    /// The series by name.
    pub results: Vec<Series>,
    /// Always none.
    pub next: Option<String>,
    /// Always none.
    pub previous: Option<String>,
}

/// A new series.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct NewSeries {
    /// 2 to 100 characters.
    pub name: String,
    /// Of `{YY}`, `{YYYY}`, `{FY}`, `{MM}`, one `{SEQ:n}`, and the characters A-Z 0-9 - /; at most 16 characters when full.
    pub template: String,
    /// When the sequence begins again.
    pub reset: Reset,
    /// Whether challans draw from it from now on.
    pub default: Option<bool>,
}

/// Some fields of a series, and the version they were changed from.
#[derive(Object)]
pub struct SeriesPatch {
    /// The version that was read. Or `If-Match`.
    pub base_version: Option<u64>,
    /// 2 to 100 characters.
    pub name: Option<String>,
    /// For numbers that are not drawn yet.
    pub template: Option<String>,
    /// When the sequence begins again.
    pub reset: Option<Reset>,
    /// Only true: another series is marked instead.
    pub default: Option<bool>,
}

/// Whose a view is.
#[derive(Object)]
pub struct ViewOwner {
    /// Their id.
    pub id: Uuid,
    /// Their name when they saved it first.
    pub name: String,
}

/// A saved view.
#[derive(Object)]
pub struct View {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Whether everybody who reads challans sees it.
    pub shared: bool,
    /// Who made it, and with administrators may change it.
    pub owner: ViewOwner,
    /// The site's own JSON object; its `q` is the filter, where it has one.
    pub state: Any<std::collections::HashMap<String, Value>>,
    /// Whether the asker opens the register with it.
    pub default_for_me: bool,
    /// How many challans its filter finds for the asker, where that was asked and may be known.
    pub count: Option<u64>,
    /// What the asker may do: `update`, `delete`.
    pub can: Vec<String>,
    /// From 1, one up at every change.
    pub version: u64,
}

/// Saved views: one's own, then shared ones.
#[derive(Object)]
pub struct ViewPage {
    /// The views.
    pub results: Vec<View>,
    /// Always none.
    pub next: Option<String>,
    /// Always none.
    pub previous: Option<String>,
}

/// A new view.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct NewView {
    /// 1 to 100 characters, no other view's of the same owner.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub name: String,
    /// Whether everybody who reads challans sees it; no unless said otherwise.
    pub shared: Option<bool>,
    /// The site's own JSON object, at most 32 KiB.
    pub state: Option<Any<std::collections::HashMap<String, Value>>>,
    /// Whether the asker opens the register with it.
    pub default_for_me: Option<bool>,
}

/// Some fields of a view, and the version they were changed from.
#[derive(Object)]
pub struct ViewPatch {
    /// The version that was read. Or `If-Match`.
    pub base_version: Option<u64>,
    /// 1 to 100 characters.
    pub name: Option<String>,
    /// Whether everybody who reads challans sees it.
    pub shared: Option<bool>,
    /// All of the state.
    pub state: Option<Any<std::collections::HashMap<String, Value>>>,
    /// Whether the asker opens the register with it.
    pub default_for_me: Option<bool>,
}

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
    /// The batch in the history.
    pub batch_id: Uuid,
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
