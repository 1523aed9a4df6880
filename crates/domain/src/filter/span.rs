//! Days as people name them.

use std::fmt;

use chrono::{Datelike, Days, Months, NaiveDate};

use crate::challan::financial_year;

/// The most days of `last-…d`: ten years.
const MOST_DAYS: u16 = 3660;

/// A stretch of civil days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// `2026-07-01`
    Day(NaiveDate),
    /// `2026-07`; its first day.
    Month(NaiveDate),
    /// `2026`; its first day.
    Year(NaiveDate),
    /// `fy2026-27`; its first day, 1 April.
    FinancialYear(NaiveDate),
    /// `today`
    Today,
    /// `this-month`
    ThisMonth,
    /// `this-quarter`
    ThisQuarter,
    /// `this-fy`
    ThisFinancialYear,
    /// `last-7d`: so many days, of which today is the last.
    LastDays(u16),
}

impl Span {
    /// Reads one, also a day as it is shown, `01-07-2026`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Span> {
        let lower = text.to_lowercase();
        match lower.as_str() {
            "today" => return Some(Span::Today),
            "this-month" => return Some(Span::ThisMonth),
            "this-quarter" => return Some(Span::ThisQuarter),
            "this-fy" => return Some(Span::ThisFinancialYear),
            _ => {}
        }
        if let Some(days) = lower.strip_prefix("last-").and_then(|rest| rest.strip_suffix('d')) {
            return number(days, 1..=4)
                .filter(|n| (1..=i32::from(MOST_DAYS)).contains(n))
                .and_then(|n| u16::try_from(n).ok())
                .map(Span::LastDays);
        }
        if let Some(years) = lower.strip_prefix("fy") {
            let (from, to) = years.split_once('-')?;
            let (from, to) = (number(from, 4..=4)?, number(to, 2..=2)?);
            return ((from + 1) % 100 == to)
                .then(|| NaiveDate::from_ymd_opt(from, 4, 1))
                .flatten()
                .map(Span::FinancialYear);
        }
        let parts: Vec<&str> = lower.split('-').collect();
        match parts.as_slice() {
            [y] => NaiveDate::from_ymd_opt(number(y, 4..=4)?, 1, 1).map(Span::Year),
            [y, m] => NaiveDate::from_ymd_opt(number(y, 4..=4)?, unsigned(m)?, 1).map(Span::Month),
            [d, m, y] if y.len() == 4 => {
                NaiveDate::from_ymd_opt(number(y, 4..=4)?, unsigned(m)?, unsigned(d)?).map(Span::Day)
            }
            [y, m, d] => NaiveDate::from_ymd_opt(number(y, 4..=4)?, unsigned(m)?, unsigned(d)?).map(Span::Day),
            _ => None,
        }
    }

    /// The first and the last day.
    #[must_use]
    pub fn days(self, today: NaiveDate) -> (NaiveDate, NaiveDate) {
        let months = |first: NaiveDate, n| {
            (first, first.checked_add_months(Months::new(n)).and_then(|d| d.pred_opt()).unwrap_or(first))
        };
        let first_of = |y, m| NaiveDate::from_ymd_opt(y, m, 1).unwrap_or(today);
        match self {
            Span::Day(day) => (day, day),
            Span::Month(first) => months(first, 1),
            Span::Year(first) | Span::FinancialYear(first) => months(first, 12),
            Span::Today => (today, today),
            Span::ThisMonth => months(first_of(today.year(), today.month()), 1),
            // Quarters of the financial year, which begins in April, are those of the calendar.
            Span::ThisQuarter => months(first_of(today.year(), today.month0() / 3 * 3 + 1), 3),
            Span::ThisFinancialYear => months(first_of(financial_year(today), 4), 12),
            Span::LastDays(n) => {
                (today.checked_sub_days(Days::new(u64::from(n).saturating_sub(1))).unwrap_or(today), today)
            }
        }
    }
}

fn number(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i32> {
    let plain = length.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn unsigned(text: &str) -> Option<u32> {
    number(text, 2..=2).and_then(|n| u32::try_from(n).ok())
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Span::Day(day) => day.fmt(f),
            Span::Month(first) => write!(f, "{:04}-{:02}", first.year(), first.month()),
            Span::Year(first) => write!(f, "{:04}", first.year()),
            Span::FinancialYear(first) => write!(f, "fy{:04}-{:02}", first.year(), (first.year() + 1) % 100),
            Span::Today => f.write_str("today"),
            Span::ThisMonth => f.write_str("this-month"),
            Span::ThisQuarter => f.write_str("this-quarter"),
            Span::ThisFinancialYear => f.write_str("this-fy"),
            Span::LastDays(n) => write!(f, "last-{n}d"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_days() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = day("2026-02-10");
        for (text, first, last) in [
            ("today", "2026-02-10", "2026-02-10"),
            ("this-month", "2026-02-01", "2026-02-28"),
            ("this-quarter", "2026-01-01", "2026-03-31"),
            ("this-fy", "2025-04-01", "2026-03-31"),
            ("fy2026-27", "2026-04-01", "2027-03-31"),
            ("last-7d", "2026-02-04", "2026-02-10"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2026", "2026-01-01", "2026-12-31"),
            ("05-07-2026", "2026-07-05", "2026-07-05"),
        ] {
            assert_eq!(Span::parse(text).unwrap().days(today), (day(first), day(last)), "{text}");
        }
        for wrong in
            ["tomorrow", "2026-13", "2026-02-30", "fy2026-28", "last-0d", "last-9999d", "26", "2026-7", "", "-"]
        {
            assert!(Span::parse(wrong).is_none(), "{wrong}");
        }
    }
}
