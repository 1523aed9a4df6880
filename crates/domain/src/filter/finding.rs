//! What a challan shows to a filter: folded texts, civil days, words. Kept by stores beside the row.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::Field;
use super::words::searchable;
use crate::challan::{Challan, Stage};
use crate::fold::fold;

/// A column that words look in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searched {
    /// The challan number.
    Number,
    /// The invoice number.
    Invoice,
    /// The other system's key.
    External,
    /// The customer.
    Customer,
    /// The executives.
    Executives,
    /// What is delivered.
    Summary,
    /// Remarks.
    Remarks,
    /// Why it is void; only `void_reason:` looks here.
    VoidReason,
}

impl Searched {
    /// Every column.
    pub const ALL: [Searched; 8] = [
        Searched::Number,
        Searched::Invoice,
        Searched::External,
        Searched::Customer,
        Searched::Executives,
        Searched::Summary,
        Searched::Remarks,
        Searched::VoidReason,
    ];

    /// Those that words without a field look in.
    pub const BY_WORDS: [Searched; 7] = [
        Searched::Number,
        Searched::Invoice,
        Searched::External,
        Searched::Customer,
        Searched::Executives,
        Searched::Summary,
        Searched::Remarks,
    ];

    /// The field that hides it, and whose folded text has the parts of a number.
    #[must_use]
    pub fn field(self) -> Field {
        match self {
            Searched::Number => Field::Number,
            Searched::Invoice => Field::Invoice,
            Searched::External => Field::External,
            Searched::Customer => Field::Customer,
            Searched::Executives => Field::Executive,
            Searched::Summary => Field::Summary,
            Searched::Remarks => Field::Remarks,
            Searched::VoidReason => Field::VoidReason,
        }
    }

    /// Whether words are found anywhere inside it.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self, Searched::Number | Searched::Invoice | Searched::External)
    }
}

/// A challan as filters see it. Nothing is the empty text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Computed from the facts.
    pub stage: Stage,
    /// Paise.
    pub amount: Option<i64>,
    /// From 1.
    pub version: i64,
    /// Whether the signed copy is back.
    pub pod: bool,
    /// Whether the invoice is with the customer.
    pub submitted: bool,
    /// The day from which its age counts.
    pub age_from: NaiveDate,
    /// Folded names, without repeats, in order.
    pub executives: Vec<String>,
    texts: Vec<(Field, String)>,
    days: Vec<(Field, Option<NaiveDate>)>,
    words: Vec<String>,
}

impl Finding {
    /// What `challan` shows, with civil days in `tz`.
    #[must_use]
    pub fn of(challan: &Challan, tz: Tz) -> Finding {
        let f = &challan.facts;
        let mut executives: Vec<String> =
            f.delivery_executives.iter().map(|n| fold(n)).filter(|n| !n.is_empty()).collect();
        executives.sort();
        executives.dedup();
        Finding {
            stage: challan.stage,
            amount: f.amount.map(|a| a.0),
            version: i64::try_from(challan.version).unwrap_or(i64::MAX),
            pod: has_pod(challan),
            submitted: f.invoice_submission,
            age_from: age_from(challan, tz),
            executives,
            texts: texts(challan),
            days: days(challan, tz),
            words: words(challan),
        }
    }

    /// The folded value of a field of texts.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        self.texts.iter().find(|(f, _)| *f == field).map_or("", |(_, text)| text)
    }

    /// The civil day of a field of days.
    #[must_use]
    pub fn day(&self, field: Field) -> Option<NaiveDate> {
        self.days.iter().find(|(f, _)| *f == field).and_then(|(_, day)| *day)
    }

    /// The words of a column, as [`super::Phrase`] looks for them.
    #[must_use]
    pub fn words(&self, column: Searched) -> &str {
        self.words.get(column as usize).map_or("", String::as_str)
    }
}

fn has_pod(challan: &Challan) -> bool {
    !challan.proof_of_delivery.is_empty() || challan.facts.pod_upload_date.is_some()
}

/// Since `delivered_at` while the signed copy is missing, since it came while there is no invoice, since the invoice's
/// day while that is not submitted, else since the challan's own.
fn age_from(challan: &Challan, tz: Tz) -> NaiveDate {
    let f = &challan.facts;
    let waiting = match (f.delivered_at, has_pod(challan), &f.invoice_number, f.invoice_submission) {
        (Some(delivered), false, ..) => Some(delivered.day(tz)),
        (_, true, None, _) => f.pod_upload_date,
        (.., Some(_), false) => f.invoice_date,
        _ => None,
    };
    waiting.unwrap_or(f.date)
}

fn texts(challan: &Challan) -> Vec<(Field, String)> {
    let f = &challan.facts;
    let of = |text: &Option<String>| text.as_deref().map(fold).unwrap_or_default();
    vec![
        (Field::Number, of(&challan.challan_number)),
        (Field::Customer, fold(&f.customer)),
        (Field::ReceivedBy, of(&f.received_by)),
        (Field::Invoice, of(&f.invoice_number)),
        (Field::Source, of(&challan.source)),
        (Field::External, of(&challan.external_id)),
        (Field::CreatedBy, fold(&challan.created_by)),
        (Field::UpdatedBy, fold(&challan.updated_by)),
        (Field::DeletedBy, of(&challan.deleted_by)),
    ]
}

fn days(challan: &Challan, tz: Tz) -> Vec<(Field, Option<NaiveDate>)> {
    let f = &challan.facts;
    let of = |t: DateTime<Utc>| t.with_timezone(&tz).date_naive();
    vec![
        (Field::Date, Some(f.date)),
        (Field::Dispatched, f.dispatched_at.map(|w| w.day(tz))),
        (Field::Delivered, f.delivered_at.map(|w| w.day(tz))),
        (Field::PodDate, f.pod_upload_date),
        (Field::InvoiceDate, f.invoice_date),
        (Field::SubmittedOn, f.invoice_submitted_on),
        (Field::Voided, challan.voided_at.map(of)),
        (Field::Created, Some(of(challan.created_at))),
        (Field::Updated, Some(of(challan.updated_at))),
        (Field::Deleted, challan.deleted_at.map(of)),
    ]
}

/// In the order of [`Searched`].
fn words(challan: &Challan) -> Vec<String> {
    let f = &challan.facts;
    let of = |text: &Option<String>| text.as_deref().map(searchable).unwrap_or_default();
    // Names are set apart by what is no word, so that no phrase reaches from one into the next.
    let executives: Vec<String> =
        f.delivery_executives.iter().map(|n| searchable(n)).filter(|n| !n.is_empty()).collect();
    vec![
        of(&challan.challan_number),
        of(&f.invoice_number),
        of(&challan.external_id),
        searchable(&f.customer),
        executives.join("|"),
        of(&f.dc_summary),
        of(&f.remarks),
        of(&challan.void_reason),
    ]
}
