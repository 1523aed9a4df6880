//! The shapes of batches, undo and bulk changes, for the OpenAPI document.

use chrono::{DateTime, Utc};
use poem::{IntoResponse, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::{Any, Type};
use poem_openapi::{ApiResponse, Enum, Object};
use serde_json::Value;
use uuid::Uuid;

use super::contract::success;
use super::schema::Author;

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
    /// The value that stands there now, where somebody else wrote it.
    pub now: Option<Any<Value>>,
    /// Who wrote it.
    pub by: Option<String>,
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
    /// `restore`, `void`, `link_invoice`, `undo` for many; `customer`, `series`.
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
}

/// A page of batches, the newest first.
#[derive(Object)]
pub struct BatchPage {
    /// The batches.
    pub results: Vec<Batch>,
    /// The next page, path and query.
    pub next: Option<String>,
    /// Always none: the list begins at the newest.
    pub previous: Option<String>,
}
