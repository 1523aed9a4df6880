//! What becomes of a row that another system sent.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::challan::Challan;
use domain::reason::Errors;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::read::Sent;
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
    /// The challan of these.
    #[serde(default)]
    of: Option<Uuid>,
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
            of: None,
        }
    }

    /// A row whose fields were changed on both sides, of the challan `id`.
    pub(super) fn conflicting(id: Uuid, external_id: Value, errors: &Errors, conflicts: Vec<Value>) -> Outcome {
        Outcome { more: Some(conflicts.into()), of: Some(id), ..Outcome::rejected(external_id, errors) }
    }

    /// The challan whose fields were changed on both sides.
    pub(super) fn conflicts_of(&self) -> Option<Uuid> {
        self.of
    }

    /// Takes out what others wrote there, unless it may be seen.
    pub(super) fn veil(&mut self, sight: &Sight) {
        for conflict in self.more.iter_mut().filter_map(Value::as_array_mut).flatten() {
            sight.veil(self.of, conflict, "theirs");
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
