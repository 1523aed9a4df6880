//! Challan numbers: the default series `{YY}{MM}{SEQ:5}`, restarting each month of the challan's date.

use chrono::{Datelike, NaiveDate};

/// The largest sequence that five digits hold.
pub const MAX_SEQUENCE: u64 = 99_999;

/// The period whose counter a challan of `date` draws from: the month, as `YYYY-MM`.
#[must_use]
pub fn period(date: NaiveDate) -> String {
    format!("{:04}-{:02}", date.year(), date.month())
}

/// The number of `sequence` in the month of `date`, or none where the month is full.
#[must_use]
pub fn number(date: NaiveDate, sequence: u64) -> Option<String> {
    (1..=MAX_SEQUENCE).contains(&sequence).then(|| format!("{:02}{:02}{sequence:05}", date.year() % 100, date.month()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn july_2026_begins_with_260700001() {
        let day = NaiveDate::from_ymd_opt(2026, 7, 14).unwrap();
        assert_eq!(number(day, 1).as_deref(), Some("260700001"));
        assert_eq!(number(day, MAX_SEQUENCE + 1), None);
        assert_eq!(period(day), "2026-07");
    }
}
