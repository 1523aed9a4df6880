use std::collections::HashSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::money::Paise;
use super::when::When;
use crate::fold::{fold, is_blank};
use crate::reason::Reason;

/// The facts of a challan that people and other systems write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The challan's day in the organisation's time zone.
    pub date: NaiveDate,
    /// The customer's name, 2 to 200 characters.
    pub customer: String,
    /// What is delivered, at most 4,000 characters.
    pub dc_summary: Option<String>,
    /// Who carries it.
    pub delivery_executives: Vec<String>,
    /// Goods value.
    pub amount: Option<Paise>,
    /// When it left.
    pub dispatched_at: Option<When>,
    /// When it arrived.
    pub delivered_at: Option<When>,
    /// At most 50 characters; comes with `invoice_date`.
    pub invoice_number: Option<String>,
    /// Not before the challan's day.
    pub invoice_date: Option<NaiveDate>,
    /// Whether the invoice is with the customer.
    pub invoice_submission: bool,
    /// Since when; may be unknown.
    pub invoice_submitted_on: Option<NaiveDate>,
    /// When the signed copy came back.
    pub pod_upload_date: Option<NaiveDate>,
    /// Who signed, at most 100 characters.
    pub received_by: Option<String>,
    /// At most 4,000 characters.
    pub remarks: Option<String>,
}

macro_rules! fields {
    ($($variant:ident = $name:literal;)*) => {
        /// A fact by its name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Field {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Field {
            /// Every fact, in the order in which it is shown.
            pub const ALL: &'static [Field] = &[$(Field::$variant),*];

            /// The name on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Field::$variant => $name),* }
            }

            /// The fact that `name` names.
            #[must_use]
            pub fn parse(name: &str) -> Option<Field> {
                match name { $($name => Some(Field::$variant),)* _ => None }
            }
        }
    };
}

fields! {
    Date = "date";
    Customer = "customer";
    DcSummary = "dc_summary";
    DeliveryExecutives = "delivery_executives";
    Amount = "amount";
    DispatchedAt = "dispatched_at";
    DeliveredAt = "delivered_at";
    InvoiceNumber = "invoice_number";
    InvoiceDate = "invoice_date";
    InvoiceSubmission = "invoice_submission";
    InvoiceSubmittedOn = "invoice_submitted_on";
    PodUploadDate = "pod_upload_date";
    ReceivedBy = "received_by";
    Remarks = "remarks";
}

impl Field {
    /// The other half of an invoice's number and date, which count as one field.
    #[must_use]
    pub fn twin(self) -> Option<Field> {
        match self {
            Field::InvoiceNumber => Some(Field::InvoiceDate),
            Field::InvoiceDate => Some(Field::InvoiceNumber),
            _ => None,
        }
    }
}

impl Facts {
    /// An empty challan of `date`; the customer is still to be set.
    #[must_use]
    pub fn of(date: NaiveDate) -> Facts {
        Facts {
            date,
            customer: String::new(),
            dc_summary: None,
            delivery_executives: Vec::new(),
            amount: None,
            dispatched_at: None,
            delivered_at: None,
            invoice_number: None,
            invoice_date: None,
            invoice_submission: false,
            invoice_submitted_on: None,
            pod_upload_date: None,
            received_by: None,
            remarks: None,
        }
    }

    /// The value of one fact as it stands on the wire; an empty list is `[]`, nothing is `null`.
    #[must_use]
    pub fn get(&self, field: Field) -> Value {
        let text = |t: &Option<String>| t.as_ref().map_or(Value::Null, |t| Value::String(t.clone()));
        let day = |d: &Option<NaiveDate>| d.map_or(Value::Null, |d| Value::String(d.to_string()));
        let when = |w: &Option<When>| w.map_or(Value::Null, |w| Value::String(w.to_string()));
        match field {
            Field::Date => Value::String(self.date.to_string()),
            Field::Customer => Value::String(self.customer.clone()),
            Field::DcSummary => text(&self.dc_summary),
            Field::DeliveryExecutives => self.delivery_executives.clone().into(),
            Field::Amount => self.amount.map_or(Value::Null, |a| Value::String(a.to_string())),
            Field::DispatchedAt => when(&self.dispatched_at),
            Field::DeliveredAt => when(&self.delivered_at),
            Field::InvoiceNumber => text(&self.invoice_number),
            Field::InvoiceDate => day(&self.invoice_date),
            Field::InvoiceSubmission => Value::Bool(self.invoice_submission),
            Field::InvoiceSubmittedOn => day(&self.invoice_submitted_on),
            Field::PodUploadDate => day(&self.pod_upload_date),
            Field::ReceivedBy => text(&self.received_by),
            Field::Remarks => text(&self.remarks),
        }
    }

    /// Sets one fact from the wire. `null` clears what may be empty.
    ///
    /// # Errors
    /// What would be right; the fact is then unchanged.
    pub fn set(&mut self, field: Field, value: &Value) -> Result<(), Reason> {
        match field {
            Field::Date => self.date = day(value)?.ok_or(Reason::new("date_missing", "A challan has a date."))?,
            Field::Customer => {
                self.customer = text(value)?.ok_or(Reason::new("customer_missing", "A challan has a customer."))?;
            }
            Field::DcSummary => self.dc_summary = text(value)?,
            Field::DeliveryExecutives => self.delivery_executives = list(value)?,
            Field::Amount => self.amount = money(value)?,
            Field::DispatchedAt => self.dispatched_at = when(value)?,
            Field::DeliveredAt => self.delivered_at = when(value)?,
            Field::InvoiceNumber => self.invoice_number = line(value)?,
            Field::InvoiceDate => self.invoice_date = day(value)?,
            Field::InvoiceSubmission => {
                self.invoice_submission = match value {
                    Value::Bool(b) => *b,
                    Value::Null => false,
                    _ => return Err(Reason::new("not_a_flag", "Write true or false.")),
                }
            }
            Field::InvoiceSubmittedOn => self.invoice_submitted_on = day(value)?,
            Field::PodUploadDate => self.pod_upload_date = day(value)?,
            Field::ReceivedBy => self.received_by = line(value)?,
            Field::Remarks => self.remarks = text(value)?,
        }
        Ok(())
    }
}

/// Text as it was given; what nobody sees counts as nothing.
fn text(value: &Value) -> Result<Option<String>, Reason> {
    match value {
        Value::Null => Ok(None),
        Value::String(t) if is_blank(t) => Ok(None),
        Value::String(t) => Ok(Some(t.clone())),
        _ => Err(Reason::new("not_text", "Write text.")),
    }
}

/// Text that stands in one cell of a table, and in a name: without line breaks, tabs and what else is not written but does something.
fn line(value: &Value) -> Result<Option<String>, Reason> {
    let text = text(value)?;
    match text.as_deref().is_some_and(|t| t.chars().any(char::is_control)) {
        true => Err(Reason::new("not_one_line", "This stands on one line, without line breaks and tabs.")),
        false => Ok(text),
    }
}

fn day(value: &Value) -> Result<Option<NaiveDate>, Reason> {
    let wrong = || Reason::new("not_a_date", "Write a date as YYYY-MM-DD.");
    let Some(t) = text(value).map_err(|_| wrong())? else { return Ok(None) };
    match When::parse(&t) {
        Some(When::Day(day)) => Ok(Some(day)),
        _ => Err(wrong()),
    }
}

fn when(value: &Value) -> Result<Option<When>, Reason> {
    const WRONG: &str = "Write a date as YYYY-MM-DD, or an instant such as 2026-07-05T10:30:00+05:30.";
    let wrong = || Reason::new("not_a_date_or_instant", WRONG);
    let Some(t) = text(value).map_err(|_| wrong())? else { return Ok(None) };
    When::parse(&t).map(Some).ok_or_else(wrong)
}

fn money(value: &Value) -> Result<Option<Paise>, Reason> {
    let t = match value {
        Value::Number(n) => n.to_string(),
        other => match text(other).map_err(|_| Paise::wrong())? {
            Some(t) => t,
            None => return Ok(None),
        },
    };
    t.parse().map(Some)
}

fn list(value: &Value) -> Result<Vec<String>, Reason> {
    let wrong = || Reason::new("not_a_list", "Write a list of names, such as [\"Asha\", \"Ravi\"].");
    let Value::Array(items) = value else {
        return if value.is_null() { Ok(Vec::new()) } else { Err(wrong()) };
    };
    let mut names: Vec<String> = Vec::with_capacity(items.len());
    let mut known = HashSet::with_capacity(items.len());
    for item in items {
        let name = if item.is_string() { line(item)? } else { None }.ok_or_else(wrong)?;
        if known.insert(fold(&name)) {
            names.push(name);
        }
    }
    Ok(names)
}
