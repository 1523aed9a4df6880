//! Many challans changed by one request: each row is judged by itself, by its maker's present rights, and what is refused
//! is said row by row.

mod beside;
pub mod change;
pub mod job;
pub mod patch;
mod row;
pub mod task;
pub mod undo;

use changelog::{Entry, Log};
use db::Tx;
use domain::identity::Identity;
use domain::reason::{Errors, Reason};
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::beside::Beside;
pub use crate::store::numbers::Claimed;
use crate::write::{self, Context, Planned, WriteError};

/// Who changes rows, with the rights they have now.
pub struct Desk<'a> {
    /// The change log, in which former states are looked up.
    pub log: &'a Log,
    /// Who.
    pub who: &'a Identity,
    /// What the log says of it.
    pub context: &'a Context,
    /// Nothing is to be written, only judged; the transaction is then rolled back.
    pub dry: bool,
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
    /// When, RFC 3339.
    pub at: Option<String>,
}

impl Refusal {
    /// A refusal of the whole row.
    #[must_use]
    pub fn row(id: Uuid, code: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal { id: Some(id), field: None, code, detail: detail.into(), now: Value::Null, by: None, at: None }
    }

    /// A refusal for one field's sake.
    #[must_use]
    pub fn field(id: Uuid, field: &str, code: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal { field: Some(field.to_owned()), ..Refusal::row(id, code, detail) }
    }

    /// With what somebody else wrote there, who and when, which is why.
    #[must_use]
    pub fn for_theirs(self, now: Value, by: &str, at: String) -> Refusal {
        Refusal { now, by: Some(by.to_owned()), at: Some(at), ..self }
    }

    /// The first of the rules that a row breaks.
    #[must_use]
    pub fn rule(id: Uuid, errors: &Errors) -> Refusal {
        Refusal::rules(id, errors)
            .into_iter()
            .next()
            .unwrap_or_else(|| Refusal::row(id, "invalid", "A rule refuses this."))
    }

    /// The rules that a row breaks.
    #[must_use]
    pub fn rules(id: Uuid, errors: &Errors) -> Vec<Refusal> {
        let each = |(field, reasons): (&str, &[Reason])| {
            let refusal = |reason: &Reason| Refusal::field(id, field, reason.code, reason.text.clone());
            reasons.iter().map(refusal).collect::<Vec<_>>()
        };
        errors.iter().flat_map(each).collect()
    }

    /// As it stands in answers.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "id": self.id, "field": self.field, "code": self.code, "detail": self.detail, "now": self.now, "by": self.by,
            "at": self.at,
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

/// What became of some rows, still to be committed.
#[derive(Debug, Default)]
pub struct Written {
    /// The log rows.
    pub entries: Vec<Entry>,
    /// What became of each row, in the order in which they were given: changed where there is a plan.
    pub rows: Vec<Judged>,
}

impl Written {
    /// How many rows were changed.
    #[must_use]
    pub fn changed(&self) -> u64 {
        self.rows.iter().filter(|row| row.plan.is_some()).count() as u64
    }

    /// How many rows were refused, whole or in part.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.rows.iter().filter(|row| !row.refusals.is_empty()).count() as u64
    }

    /// Everything that was refused.
    pub fn refusals(&self) -> impl Iterator<Item = &Refusal> {
        self.rows.iter().flat_map(|row| &row.refusals)
    }
}

/// Writes the rows that are not refused.
///
/// # Errors
/// [`WriteError`]; the transaction is then to be dropped. After [`WriteError::Moved`] `beside` may know more.
pub async fn write(
    tx: &mut Tx,
    desk: &Desk<'_>,
    mut rows: Vec<Judged>,
    beside: &mut Beside,
) -> Result<Written, WriteError> {
    let (mut planned, mut places) = (Vec::new(), Vec::new());
    for (place, row) in rows.iter_mut().enumerate() {
        let Some(plan) = row.plan.take() else { continue };
        if let Some(refusal) = beside.refusal(plan.after.challan.id) {
            row.refusals.push(refusal.clone());
            continue;
        }
        places.push(place);
        planned.push(plan);
    }
    let mut entries = Vec::new();
    if !planned.is_empty() {
        let applied = if desk.dry {
            write::rehearse(tx, desk.context, &mut planned, &mut beside.rehearsed).await.map(|()| Vec::new())
        } else {
            write::apply(tx, desk.context, &mut planned).await
        };
        entries = match applied {
            Err(WriteError::Refused(refused)) => {
                beside.learn(desk, &planned, refused);
                return Err(WriteError::Moved);
            }
            applied => applied?,
        };
    }
    for (place, plan) in places.into_iter().zip(planned) {
        rows[place].plan = Some(plan);
    }
    Ok(Written { entries, rows })
}
