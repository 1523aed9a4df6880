//! What is counted and summed, and what may be shown and asked.

use chrono::NaiveDate;
use poem_openapi::Object;

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
