//! What becomes of a row that another system sent.

use std::borrow::Cow;
use std::collections::BTreeMap;

use changelog::Log;
use db::Tx;
use domain::challan::{Challan, Field};
use domain::reason::{Errors, Reason};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::read::Sent;
use crate::api::conflict::{Writer, last_writers};
use crate::api::shown::Sight;
use crate::store::challans::Stored;

/// What became of one row.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Outcome {
    external_id: Value,
    id: Option<Uuid>,
    pub(super) number: Option<String>,
    pub(super) outcome: Cow<'static, str>,
    errors: BTreeMap<String, Vec<String>>,
    /// The broken rules, in the order of the reasons.
    #[serde(default)]
    codes: BTreeMap<String, Vec<String>>,
    /// The fields that were changed on both sides.
    more: Option<Value>,
}

impl Outcome {
    pub(super) fn rejected(external_id: Value, errors: &Errors) -> Outcome {
        let outcome = Outcome::nothing(external_id, "rejected");
        Outcome { errors: errors.sentences(), codes: errors.codes(), ..outcome }
    }

    /// One that there is no challan of.
    fn nothing(external_id: Value, outcome: &'static str) -> Outcome {
        Outcome {
            external_id,
            id: None,
            number: None,
            outcome: outcome.into(),
            errors: BTreeMap::new(),
            codes: BTreeMap::new(),
            more: None,
        }
    }

    /// A row that is not written to the challan that it is of.
    pub(super) fn refused(external_id: Value, errors: &Errors, challan: Option<&Challan>) -> Outcome {
        let number = challan.and_then(|challan| challan.challan_number.clone());
        Outcome { id: challan.map(|challan| challan.id), number, ..Outcome::rejected(external_id, errors) }
    }

    /// A row whose fields were changed on both sides, and in `challan` by whom.
    pub(super) fn conflicting(row: &Sent, challan: &Challan, conflicts: Vec<Value>) -> Outcome {
        let mut errors = Errors::new();
        for conflict in &conflicts {
            let field = conflict["field"].as_str().unwrap_or_default();
            errors.add(field, Reason::new("conflict", "This was changed here as well."));
        }
        let outcome = Outcome::refused(json!(row.external_id), &errors, Some(challan));
        Outcome { more: Some(conflicts.into()), ..outcome }
    }

    /// The challan whose fields were changed on both sides.
    pub(super) fn conflicts_of(&self) -> Option<Uuid> {
        self.id.filter(|_| self.more.is_some())
    }

    /// Names who wrote each of these fields last, where the log tells; what counts as one field has one writer.
    pub(super) async fn name_writers(&mut self, log: &Log, tx: &mut Tx) -> db::Result<()> {
        let Some(id) = self.conflicts_of() else { return Ok(()) };
        let writers = last_writers(log, tx, id).await?;
        for conflict in self.more.iter_mut().filter_map(Value::as_array_mut).flatten() {
            let field = conflict["field"].as_str().and_then(Field::parse);
            let halves = [field, field.and_then(Field::twin)].into_iter().flatten();
            let last = halves.filter_map(|half| writers.get(half.as_str())).max_by_key(|writer| writer.seq);
            if let Some(Writer { by, at, .. }) = last {
                (conflict["by"], conflict["at"]) = (json!(by), json!(at));
            }
        }
        Ok(())
    }

    /// Takes out what others wrote there, unless it may be seen.
    pub(super) fn veil(&mut self, sight: &Sight) {
        for conflict in self.more.iter_mut().filter_map(Value::as_array_mut).flatten() {
            sight.veil(self.id, conflict, "theirs");
        }
    }

    pub(super) fn of(challan: &Challan, outcome: &'static str) -> Outcome {
        Outcome {
            id: Some(challan.id),
            number: challan.challan_number.clone(),
            ..Outcome::nothing(json!(challan.external_id), outcome)
        }
    }

    pub(super) fn json(&self) -> Value {
        let mut row = json!({
            "external_id": self.external_id, "id": self.id, "challan_number": self.number, "outcome": self.outcome,
            "errors": self.errors, "codes": self.codes,
        });
        if let Some(more) = &self.more {
            row["conflicts"] = more.clone();
        }
        row
    }
}

/// The answer to a row that changes nothing.
pub(super) fn unchanged(row: &Sent, stored: Option<&Stored>) -> Outcome {
    stored
        .map_or_else(|| Outcome::nothing(json!(row.external_id), "unchanged"), |s| Outcome::of(&s.challan, "unchanged"))
}
