//! Customers and executives.

use poem_openapi::Object;
use uuid::Uuid;

/// A customer.
#[derive(Object)]
pub struct Customer {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Further names under which it is found.
    pub aliases: Vec<String>,
    /// 15 letters and digits, checked.
    pub gstin: Option<String>,
    /// The GST code of its state, two digits.
    pub state: Option<String>,
    /// At most 1,000 characters.
    pub address: Option<String>,
    /// Whether it is still dealt with.
    pub active: bool,
    /// The customer that took its challans.
    pub merged_into: Option<Uuid>,
    /// From 1, one up at every change.
    pub version: u64,
}

/// A page of customers by name.
#[derive(Object)]
pub struct CustomerPage {
    /// The customers.
    pub results: Vec<Customer>,
    /// The next ones, path and query.
    pub next: Option<String>,
    /// The page before, path and query.
    pub previous: Option<String>,
}

/// A new customer.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct NewCustomer {
    /// 2 to 200 characters, the name or alias of nobody else.
    #[oai(validator(min_length = 2, max_length = 200))]
    pub name: String,
    /// At most 100 further names, each of nobody else.
    pub aliases: Option<Vec<String>>,
    /// 15 letters and digits, the last of which checks the others.
    pub gstin: Option<String>,
    /// The GST code of its state; where it is left out, the GSTIN's.
    pub state: Option<String>,
    /// At most 1,000 characters.
    pub address: Option<String>,
    /// True unless said otherwise.
    pub active: Option<bool>,
}

/// Some fields of a customer, and the version they were changed from.
#[derive(Object)]
pub struct CustomerPatch {
    /// The version that was read. Or `If-Match`.
    pub base_version: Option<u64>,
    /// A new name goes to all its challans; the old one stays as an alias.
    pub name: Option<String>,
    /// All aliases.
    pub aliases: Option<Vec<String>>,
    /// 15 letters and digits, the last of which checks the others.
    pub gstin: Option<String>,
    /// The GST code of its state.
    pub state: Option<String>,
    /// At most 1,000 characters.
    pub address: Option<String>,
    /// Whether it is still dealt with.
    pub active: Option<bool>,
}

/// Into which customer.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct Merge {
    /// The customer that stays.
    pub into: Uuid,
}

/// Two executives that are one.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct ExecutiveMerge {
    /// The name that goes; letters and spaces are compared folded.
    pub name: String,
    /// The name that stays, as it shall be written: 1 to 100 characters.
    #[oai(validator(min_length = 1, max_length = 100))]
    pub into: String,
}

/// Somebody who carries challans.
#[derive(Object)]
pub struct Executive {
    /// The name.
    pub name: String,
    /// The user who has it, if any.
    pub user: Option<Uuid>,
    /// How many challans carry it.
    pub count: u64,
}

/// Executives by name.
#[derive(Object)]
pub struct ExecutivePage {
    /// The executives.
    pub results: Vec<Executive>,
    /// The next ones, path and query.
    pub next: Option<String>,
    /// The page before, path and query.
    pub previous: Option<String>,
}
