//! The delivery challan: its fields, its rules and its stage.

mod facts;
mod money;
mod read;
mod rules;
mod when;

pub use facts::{Facts, Field};
pub use money::Paise;
pub use rules::{AHEAD, HIDDEN_RULE, check, veiled, weighed};
pub use when::When;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How far a challan has come. Computed from its facts, never set by hand; the latest fact that holds wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl Stage {
    /// Every stage in the order of a challan's life.
    pub const ALL: [Stage; 8] = [
        Stage::Draft,
        Stage::Issued,
        Stage::Dispatched,
        Stage::Delivered,
        Stage::PodReceived,
        Stage::Invoiced,
        Stage::Submitted,
        Stage::Void,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Draft => "draft",
            Stage::Issued => "issued",
            Stage::Dispatched => "dispatched",
            Stage::Delivered => "delivered",
            Stage::PodReceived => "pod_received",
            Stage::Invoiced => "invoiced",
            Stage::Submitted => "submitted",
            Stage::Void => "void",
        }
    }
}

/// A challan as it stands: the row, the event and the answer are all made from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "read::Flat")]
pub struct Challan {
    /// UUIDv7, set by the server.
    pub id: Uuid,
    /// Taken at issue; none for a draft.
    pub challan_number: Option<String>,
    /// What people write.
    #[serde(flatten)]
    pub facts: Facts,
    /// The customer's row.
    pub customer_id: Uuid,
    /// Files of the signed copy.
    pub proof_of_delivery: Vec<Uuid>,
    /// Computed, see [`Challan::stage_of`].
    pub stage: Stage,
    /// When it was cancelled, UTC.
    pub voided_at: Option<DateTime<Utc>>,
    /// Why it was cancelled.
    pub void_reason: Option<String>,
    /// The other system's name.
    pub source: Option<String>,
    /// The other system's key; unique with `source`.
    pub external_id: Option<String>,
    /// From 1, one up at every change.
    pub version: u64,
    /// UTC.
    pub created_at: DateTime<Utc>,
    /// Name of who made it.
    pub created_by: String,
    /// UTC.
    pub updated_at: DateTime<Utc>,
    /// Name of who changed it last.
    pub updated_by: String,
    /// UTC; set while it is in the trash.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Name of who deleted it.
    pub deleted_by: Option<String>,
}

impl Challan {
    /// The stage that the facts give.
    #[must_use]
    pub fn stage_of(&self) -> Stage {
        let f = &self.facts;
        if self.voided_at.is_some() {
            Stage::Void
        } else if self.challan_number.is_none() {
            Stage::Draft
        } else if f.invoice_submission {
            Stage::Submitted
        } else if f.invoice_number.is_some() {
            Stage::Invoiced
        } else if !self.proof_of_delivery.is_empty() || f.pod_upload_date.is_some() {
            Stage::PodReceived
        } else if f.delivered_at.is_some() {
            Stage::Delivered
        } else if f.dispatched_at.is_some() {
            Stage::Dispatched
        } else {
            Stage::Issued
        }
    }
}

/// The financial year of `date`, named by the calendar year in which it begins (India: 1 April, Companies Act 2013,
/// section 2(41)).
#[must_use]
pub fn financial_year(date: NaiveDate) -> i32 {
    if date.month() >= 4 { date.year() } else { date.year() - 1 }
}

/// Whether `number` may be a challan number: 1 to 16 of `A-Z 0-9 - /` (CGST Rules 2017, rule 55(1)).
#[must_use]
pub fn is_number(number: &str) -> bool {
    (1..=16).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_financial_year_begins_in_april() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert_eq!(financial_year(day(2026, 3, 31)), 2025);
        assert_eq!(financial_year(day(2026, 4, 1)), 2026);
    }

    #[test]
    fn numbers_are_short_and_plain() {
        assert!(is_number("260700001"));
        assert!(is_number("DC/26-27/0001"));
        assert!(!is_number(""));
        assert!(!is_number("dc1"));
        assert!(!is_number("THIS-NUMBER-IS-TOO-LONG"));
    }
}
