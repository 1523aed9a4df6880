//! Many challans changed by one request: each row is judged by itself, by its maker's present rights, and what is refused
//! is said row by row.

mod row;
pub mod task;
pub mod undo;

use std::collections::{HashMap, HashSet};

use changelog::{Entry, Log};
use db::Tx;
use domain::challan::Errors;
use domain::identity::Identity;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::write::{self, Context, Planned, WriteError};

/// Who changes rows, with the rights they have now.
pub struct Desk<'a> {
    /// The change log, in which former states are looked up.
    pub log: &'a Log,
    /// Who.
    pub who: &'a Identity,
    /// What the log says of it.
    pub context: &'a Context,
}

/// Why a row is not changed, or a field of it.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The challan; none where it is not made.
    pub id: Option<Uuid>,
    /// The field; none where it is the whole row.
    pub field: Option<String>,
    /// One word for a program, at most 32 characters.
    pub code: &'static str,
    /// One sentence for a person. It says nothing that is hidden from the maker.
    pub detail: String,
    /// The value that stands there now, where the maker may see it.
    pub now: Value,
    /// Who wrote it.
    pub by: Option<String>,
}

impl Refusal {
    /// A refusal of the whole row.
    #[must_use]
    pub fn row(id: Uuid, code: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal { id: Some(id), field: None, code, detail: detail.into(), now: Value::Null, by: None }
    }

    /// A refusal for one field's sake.
    #[must_use]
    pub fn field(id: Uuid, field: &str, code: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal { field: Some(field.to_owned()), ..Refusal::row(id, code, detail) }
    }

    /// The first of the rules that a row breaks.
    #[must_use]
    pub fn rule(id: Uuid, code: &'static str, errors: &Errors) -> Refusal {
        match errors.iter().next() {
            Some((field, reasons)) => Refusal::field(id, field, code, reasons.join(" ")),
            None => Refusal::row(id, code, "A rule refuses this."),
        }
    }

    /// As it stands in answers.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "field": self.field, "code": self.code, "detail": self.detail, "now": self.now, "by": self.by,
        })
    }
}

/// What becomes of one row: a change, or none where nothing is to be changed, and what is refused of it.
#[derive(Debug, Default)]
pub struct Judged {
    /// The change.
    pub plan: Option<Planned>,
    /// What is refused.
    pub refusals: Vec<Refusal>,
}

impl From<Refusal> for Judged {
    fn from(refusal: Refusal) -> Judged {
        Judged { plan: None, refusals: vec![refusal] }
    }
}

/// Numbers that rows of one transaction move onto: a number is one challan's within a financial year.
pub type Claimed = HashSet<(i32, String)>;

/// What was written of some rows, still to be committed.
#[derive(Debug, Default)]
pub struct Written {
    /// The log rows.
    pub entries: Vec<Entry>,
    /// How many rows were changed.
    pub changed: u64,
    /// How many rows were refused, whole or in part.
    pub refused: u64,
    /// Why.
    pub refusals: Vec<Refusal>,
}

/// Refusals by what stands beside the rows, which only an attempt to write them finds.
pub type Beside = HashMap<Uuid, Refusal>;

/// Writes the rows that are not refused.
///
/// # Errors
/// [`WriteError`]; the transaction is then to be dropped. After [`WriteError::Moved`] `beside` may tell of more rows.
pub async fn write(
    tx: &mut Tx,
    desk: &Desk<'_>,
    rows: Vec<Judged>,
    beside: &mut Beside,
) -> Result<Written, WriteError> {
    let mut written = Written::default();
    let mut planned = Vec::new();
    for row in rows {
        let id = row.plan.as_ref().map(|plan| plan.after.challan.id);
        let mut refusals = row.refusals;
        match (row.plan, id.and_then(|id| beside.get(&id))) {
            (Some(_), Some(refusal)) => refusals.push(refusal.clone()),
            (Some(plan), None) => planned.push(plan),
            (None, _) => {}
        }
        written.refused += u64::from(!refusals.is_empty());
        written.refusals.extend(refusals);
    }
    if planned.is_empty() {
        return Ok(written);
    }
    match write::apply(tx, desk.context, &mut planned).await {
        Ok(entries) => written.entries = entries,
        Err(WriteError::Refused(rows)) => {
            for (place, errors) in rows {
                let id = planned[place].after.challan.id;
                beside.insert(id, Refusal::rule(id, "invoice_of_another_customer", &errors));
            }
            return Err(WriteError::Moved);
        }
        Err(error) => return Err(error),
    }
    written.changed = planned.len() as u64;
    Ok(written)
}
