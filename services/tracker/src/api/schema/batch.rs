//! The shapes of batches, undo and bulk changes, for the OpenAPI document.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use poem::{IntoResponse, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::{Any, Type};
use poem_openapi::{ApiResponse, Enum, Object, Union};
use serde_json::Value;
use uuid::Uuid;

use super::challan::{Author, Facts, FieldChange};
use super::problem::FieldConflict;
use crate::api::contract::success;

/// How far a batch has come.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
pub enum BatchStatus {
    /// Rows are still waiting; other writers pass in between.
    Running,
    /// Every row was changed or refused.
    Done,
    /// It was given up; what was changed until then stays changed.
    Failed,
}

/// A row, or a field of it, that was not changed, and why.
#[derive(Object)]
pub struct Refusal {
    /// The challan; none where it is not made yet.
    pub id: Option<Uuid>,
    /// The field that is refused; none where the whole row is.
    pub field: Option<String>,
    /// One word for a program, such as `conflict`.
    pub code: String,
    /// One sentence for a person.
    pub detail: String,
    /// The value that stands there now, where somebody else wrote it and the asker may see it.
    pub now: Option<Any<Value>>,
    /// Who wrote it.
    pub by: Option<String>,
    /// When.
    pub at: Option<DateTime<Utc>>,
}

/// What undo did at once.
#[derive(Object)]
pub struct Undo {
    /// The batch that the undoing is itself; none where nothing was undone.
    pub batch_id: Option<Uuid>,
    /// Challans that were changed back.
    pub undone: u64,
    /// What stays as it is, and why.
    pub skipped: Vec<Refusal>,
}

/// A batch that works on.
#[derive(Object)]
pub struct Accepted {
    /// Where its progress is read.
    pub batch_id: Uuid,
}

/// What was undone, or the batch that undoes it.
pub(crate) struct Undone(Response);

impl From<Response> for Undone {
    fn from(response: Response) -> Self {
        Undone(response)
    }
}

impl IntoResponse for Undone {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Undone {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![success::<Undo>(200), success::<Accepted>(202)] }
    }

    fn register(registry: &mut Registry) {
        Undo::register(registry);
        Accepted::register(registry);
    }
}

/// What one writing request did.
#[derive(Object)]
pub struct Batch {
    /// As `X-Batch-Id` told it.
    pub id: Uuid,
    /// Whether it still works.
    pub status: BatchStatus,
    /// `created`, `updated`, `issued`, `voided`, `deleted`, `restored` for one challan; `ingest`, `patch`, `update`, `delete`,
    /// `restore`, `void`, `link_invoice`, `merge_executive`, `undo` for many; `customer`, `series`.
    pub action: String,
    /// By which door: `site`, `ingest`, `undo`.
    pub via: String,
    /// When it was asked for, UTC.
    pub at: DateTime<Utc>,
    /// Who asked.
    pub by: Author,
    /// Challans that it is about.
    pub matched: u64,
    /// Challans that it is done with.
    pub done: u64,
    /// Challans that it changed.
    pub changed: u64,
    /// Challans that were refused, whole or in part.
    pub refused: u64,
    /// The batch that this one undoes.
    pub undo_of: Option<Uuid>,
    /// The batch that undid this one.
    pub undone_by: Option<Uuid>,
    /// Whether its maker may ask to undo it.
    pub undoable: bool,
    /// What was refused of a batch that worked in the background, the first thousand; only where one batch is read.
    pub refusals: Option<Vec<Refusal>>,
}

/// A page of batches, the newest first.
#[derive(Object)]
pub struct BatchPage {
    /// The batches.
    pub results: Vec<Batch>,
    /// The next page, path and query.
    pub next: Option<String>,
    /// The page before, path and query.
    pub previous: Option<String>,
}

/// What is done to many challans.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
pub enum BulkAction {
    /// Each row has its own change.
    Patch,
    /// `set` on every challan.
    Update,
    /// Every challan to the trash.
    Delete,
    /// Every challan out of the trash.
    Restore,
    /// Every challan cancelled, for the `reason`.
    Void,
    /// `set` has invoice number and date; all challans of an invoice are of one customer.
    LinkInvoice,
}

/// One row of a paste.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct PatchRow {
    /// The challan; none makes one.
    pub id: Option<Uuid>,
    /// The version that was read; required with an id.
    pub base_version: Option<u64>,
    /// Whether a new one takes no number yet.
    pub draft: Option<bool>,
    /// The facts to be written.
    pub set: Facts,
}

/// Many challans and what is done to them.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct BulkRequest {
    /// What is done.
    pub action: BulkAction,
    /// With `patch`: 1 to 10,000 rows.
    #[oai(validator(min_items = 1, max_items = 10_000))]
    pub rows: Option<Vec<PatchRow>>,
    /// Otherwise: 1 to 10,000 challans. One that is not visible or not permitted refuses the whole call.
    #[oai(validator(min_items = 1, max_items = 10_000))]
    pub ids: Option<Vec<Uuid>>,
    /// Or a filter that finds at most 1,000,000.
    pub q: Option<String>,
    /// With `update` and `link_invoice`: the facts.
    pub set: Option<Facts>,
    /// With `void`: why, in 2 to 500 characters.
    #[oai(validator(min_length = 2, max_length = 500))]
    pub reason: Option<String>,
    /// Changes nothing and says what would be.
    pub dry_run: Option<bool>,
}

/// What became of a row.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
pub enum PatchOutcome {
    /// A challan was made, or would be.
    Created,
    /// It was changed, or would be.
    Updated,
    /// It stands so already.
    Unchanged,
    /// Nothing of it was written.
    Refused,
}

/// What became of one row of a paste.
#[derive(Object)]
pub struct PatchResult {
    /// Its place in the call, from 0.
    pub index: u64,
    /// The challan; none where it is not made.
    pub id: Option<Uuid>,
    /// What became of it.
    pub outcome: PatchOutcome,
    /// Its version after the change.
    pub version: Option<u64>,
    /// The number of a challan that was changed or made.
    pub challan_number: Option<String>,
    /// Why it was refused, in one word: `invalid`, `conflict`, `forbidden`, `hidden`, `not_found`, `deleted`, `void`, `twice`,
    /// `number_taken`, `invoice_of_another_customer`.
    pub code: Option<String>,
    /// The fields that were changed, or would be.
    pub changes: Vec<FieldChange>,
    /// The reasons by field; those of the whole row under `row`.
    pub errors: HashMap<String, Vec<String>>,
    /// The broken rules by field, in the order of `errors`.
    pub codes: HashMap<String, Vec<String>>,
    /// The fields that somebody else changed meanwhile.
    pub conflicts: Vec<FieldConflict>,
}

/// What became of the rows of a paste, in their order.
#[derive(Object)]
pub struct Patched {
    /// The batch; none where nothing was written.
    pub batch_id: Option<Uuid>,
    /// Challans that were made.
    pub created: u64,
    /// Challans that were changed.
    pub updated: u64,
    /// Rows that stand so already.
    pub unchanged: u64,
    /// Rows that were refused.
    pub refused: u64,
    /// A result for every row.
    pub results: Vec<PatchResult>,
}

/// What a bulk change would do.
#[derive(Object)]
pub struct Rehearsed {
    /// Challans that it is about.
    pub matched: u64,
    /// Challans that it would change.
    pub changes: u64,
    /// Challans that would be refused.
    pub refused_count: u64,
    /// Why, the first thousand.
    pub refused: Vec<Refusal>,
}

/// The results of a paste, or what a bulk change would do.
#[derive(Union)]
pub enum BulkResult {
    /// Of `patch`.
    Patched(Patched),
    /// Of the other actions with `dry_run`.
    Rehearsed(Rehearsed),
}

/// What was done, or the batch that goes on in the background.
pub(crate) struct BulkAnswered(Response);

impl From<Response> for BulkAnswered {
    fn from(response: Response) -> Self {
        BulkAnswered(response)
    }
}

impl IntoResponse for BulkAnswered {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for BulkAnswered {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![success::<BulkResult>(200), success::<Accepted>(202)] }
    }

    fn register(registry: &mut Registry) {
        BulkResult::register(registry);
        Accepted::register(registry);
    }
}
