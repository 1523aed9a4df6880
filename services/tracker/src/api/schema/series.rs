//! Series of numbers.

use poem_openapi::{Enum, Object};
use uuid::Uuid;

/// When a sequence begins again.
#[derive(Enum)]
#[oai(rename_all = "snake_case")]
pub enum Reset {
    /// Never.
    Never,
    /// Each 1 January.
    Yearly,
    /// Each 1 April.
    FinancialYear,
    /// Each first of a month.
    Monthly,
}

/// A series of numbers.
#[derive(Object)]
pub struct Series {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Of `{YY}`, `{YYYY}`, `{FY}`, `{MM}`, one `{SEQ:n}`, and the characters A-Z 0-9 - /.
    pub template: String,
    /// When the sequence begins again.
    pub reset: Reset,
    /// Whether challans draw from it.
    pub default: bool,
    /// The number that a challan of today would take; none where the period has no more.
    pub next: Option<String>,
    /// From 1, one up at every change.
    pub version: u64,
}

/// Series by name.
#[derive(Object)]
pub struct SeriesPage {
    /// The series by name.
    pub results: Vec<Series>,
    /// The next ones, path and query.
    pub next: Option<String>,
    /// The page before, path and query.
    pub previous: Option<String>,
}

/// A new series.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct NewSeries {
    /// 2 to 100 characters.
    pub name: String,
    /// Of `{YY}`, `{YYYY}`, `{FY}`, `{MM}`, one `{SEQ:n}`, and the characters A-Z 0-9 - /; at most 16 characters when full.
    pub template: String,
    /// When the sequence begins again.
    pub reset: Reset,
    /// Whether challans draw from it from now on.
    pub default: Option<bool>,
}

/// Some fields of a series, and the version they were changed from.
#[derive(Object)]
pub struct SeriesPatch {
    /// The version that was read. Or `If-Match`.
    pub base_version: Option<u64>,
    /// 2 to 100 characters.
    pub name: Option<String>,
    /// For numbers that are not drawn yet.
    pub template: Option<String>,
    /// When the sequence begins again.
    pub reset: Option<Reset>,
    /// Only true: another series is marked instead.
    pub default: Option<bool>,
}
