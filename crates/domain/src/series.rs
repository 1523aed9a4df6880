//! Series of challan numbers: a template and the rule by which its sequence begins again.
//!
//! The default is `{YY}{MM}{SEQ:5}`, restarting each month of the challan's date: `260700001`.

use crate::reason::Reason;
use std::fmt;

use chrono::{Datelike, NaiveDate};

use crate::challan::financial_year;

/// The most characters of a number (CGST Rules 2017, rule 55(1)).
const LONGEST: usize = 16;
/// The most digits of a sequence: numbers below 10^12 are more than anybody draws.
const MOST_DIGITS: usize = 12;

/// When the sequence begins again at 1, by the challan's date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

impl Reset {
    /// Every rule.
    pub const ALL: [Reset; 4] = [Reset::Never, Reset::Yearly, Reset::FinancialYear, Reset::Monthly];

    /// The word on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Reset::Never => "never",
            Reset::Yearly => "yearly",
            Reset::FinancialYear => "financial_year",
            Reset::Monthly => "monthly",
        }
    }

    /// The rule that a word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Reset> {
        Reset::ALL.into_iter().find(|r| r.as_str() == word)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    ShortYear,
    LongYear,
    FinancialYear,
    Month,
    Sequence(usize),
}

impl Part {
    /// How many characters it makes.
    fn length(&self) -> usize {
        match self {
            Part::Literal(text) => text.len(),
            Part::ShortYear | Part::Month => 2,
            Part::LongYear | Part::FinancialYear => 4,
            Part::Sequence(digits) => *digits,
        }
    }
}

/// Why a template cannot be used; a sentence that says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// A brace or what stands in it.
    #[error("A template is made of {{YY}}, {{YYYY}}, {{FY}}, {{MM}}, one {{SEQ:n}} and the characters A-Z 0-9 - /.")]
    Part,
    /// Too long when full.
    #[error("A number has at most 16 characters; this template makes {0}.")]
    Long(usize),
    /// No sequence, or several.
    #[error("A template has exactly one sequence, such as {{SEQ:5}}.")]
    Sequence,
    /// The number of digits.
    #[error("A sequence has 1 to 12 digits, such as {{SEQ:5}}.")]
    Digits,
    /// Two months would make the same number.
    #[error(
        "A sequence that begins again each month needs {{MM}} in its template, else two months make the same number."
    )]
    MonthMissing,
    /// Two years would make the same number.
    #[error(
        "A sequence that begins again each January needs {{YY}}, {{YYYY}} or {{MM}} in its template, since a financial year has parts of two years."
    )]
    YearMissing,
}

impl Wrong {
    /// The rule's own word, as in a [`Reason`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Wrong::Part => "template_part",
            Wrong::Long(_) => "template_too_long",
            Wrong::Sequence => "template_sequence",
            Wrong::Digits => "template_digits",
            Wrong::MonthMissing => "template_month_missing",
            Wrong::YearMissing => "template_year_missing",
        }
    }
}

impl From<&Wrong> for Reason {
    fn from(wrong: &Wrong) -> Reason {
        Reason::new(wrong.code(), wrong.to_string())
    }
}

/// A template and its rule, which together never make one number twice within a financial year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    parts: Vec<Part>,
    reset: Reset,
}

impl Series {
    /// Reads a template and checks it with its rule.
    ///
    /// # Errors
    /// [`Wrong`].
    pub fn parse(template: &str, reset: Reset) -> Result<Series, Wrong> {
        let parts = parts(template)?;
        let mut digits = parts.iter().filter_map(|p| if let Part::Sequence(n) = p { Some(*n) } else { None });
        match (digits.next(), digits.next()) {
            (Some(n), None) if (1..=MOST_DIGITS).contains(&n) => {}
            (Some(_), None) => return Err(Wrong::Digits),
            _ => return Err(Wrong::Sequence),
        }
        let length: usize = parts.iter().map(Part::length).sum();
        if length > LONGEST {
            return Err(Wrong::Long(length));
        }
        // Each month is once in a financial year, so a month also tells its two calendar years apart.
        let month = parts.contains(&Part::Month);
        let year = parts.contains(&Part::ShortYear) || parts.contains(&Part::LongYear);
        match reset {
            Reset::Monthly if !month => Err(Wrong::MonthMissing),
            Reset::Yearly if !month && !year => Err(Wrong::YearMissing),
            _ => Ok(Series { parts, reset }),
        }
    }

    /// The rule by which the sequence begins again.
    #[must_use]
    pub fn reset(&self) -> Reset {
        self.reset
    }

    /// The period whose counter a challan of `date` draws from. Periods of different rules never have the same name.
    #[must_use]
    pub fn period(&self, date: NaiveDate) -> String {
        match self.reset {
            Reset::Never => "all".to_owned(),
            Reset::Yearly => format!("{:04}", date.year()),
            Reset::FinancialYear => format!("FY{:04}", financial_year(date)),
            Reset::Monthly => format!("{:04}-{:02}", date.year(), date.month()),
        }
    }

    /// The number of `sequence` for a challan of `date`, or none where the digits do not suffice.
    #[must_use]
    pub fn number(&self, date: NaiveDate, sequence: u64) -> Option<String> {
        let mut number = String::with_capacity(LONGEST);
        for part in &self.parts {
            match part {
                Part::Literal(text) => number += text,
                Part::ShortYear => number += &format!("{:02}", date.year().rem_euclid(100)),
                Part::LongYear => number += &format!("{:04}", date.year().rem_euclid(10_000)),
                Part::FinancialYear => {
                    let begins = financial_year(date);
                    number += &format!("{:02}{:02}", begins.rem_euclid(100), (begins + 1).rem_euclid(100));
                }
                Part::Month => number += &format!("{:02}", date.month()),
                Part::Sequence(digits) => {
                    let text = format!("{sequence:0digits$}");
                    if sequence == 0 || text.len() > *digits {
                        return None;
                    }
                    number += &text;
                }
            }
        }
        Some(number)
    }

    /// Whether a number of this series may have the form of a number of the other: the same length, and at no place
    /// characters that exclude each other. It errs on the safe side: what passes here can never be equal.
    #[must_use]
    pub fn may_meet(&self, other: &Series) -> bool {
        let (mine, theirs) = (self.form(), other.form());
        mine.len() == theirs.len() && mine.iter().zip(&theirs).all(|(a, b)| a.iter().any(|c| b.contains(c)))
    }

    /// The characters that may stand at each place.
    fn form(&self) -> Vec<Vec<u8>> {
        let digits = || b"0123456789".to_vec();
        let mut form = Vec::with_capacity(LONGEST);
        for part in &self.parts {
            match part {
                Part::Literal(text) => form.extend(text.bytes().map(|b| vec![b])),
                Part::Month => form.extend([b"01".to_vec(), digits()]),
                part => form.extend((0..part.length()).map(|_| digits())),
            }
        }
        form
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Literal(text) => f.write_str(text)?,
                Part::ShortYear => f.write_str("{YY}")?,
                Part::LongYear => f.write_str("{YYYY}")?,
                Part::FinancialYear => f.write_str("{FY}")?,
                Part::Month => f.write_str("{MM}")?,
                Part::Sequence(digits) => write!(f, "{{SEQ:{digits}}}")?,
            }
        }
        Ok(())
    }
}

fn parts(template: &str) -> Result<Vec<Part>, Wrong> {
    let mut parts = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('{') {
            let (name, after) = inside.split_once('}').ok_or(Wrong::Part)?;
            parts.push(match name {
                "YY" => Part::ShortYear,
                "YYYY" => Part::LongYear,
                "FY" => Part::FinancialYear,
                "MM" => Part::Month,
                other => {
                    let digits = other.strip_prefix("SEQ:").ok_or(Wrong::Part)?;
                    let plain = !digits.is_empty() && digits.len() <= 2 && digits.bytes().all(|b| b.is_ascii_digit());
                    Part::Sequence(digits.parse().ok().filter(|_| plain).ok_or(Wrong::Digits)?)
                }
            });
            rest = after;
        } else {
            let end = rest.find('{').unwrap_or(rest.len());
            let (literal, after) = rest.split_at(end);
            let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-' || b == b'/';
            if !literal.bytes().all(plain) {
                return Err(Wrong::Part);
            }
            parts.push(Part::Literal(literal.to_owned()));
            rest = after;
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::challan::is_number;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn series(template: &str, reset: Reset) -> Series {
        Series::parse(template, reset).unwrap()
    }

    #[test]
    fn july_2026_begins_with_260700001() {
        let default = series("{YY}{MM}{SEQ:5}", Reset::Monthly);
        let date = day("2026-07-14");
        assert_eq!(default.number(date, 1).as_deref(), Some("260700001"));
        assert_eq!(default.number(date, 99_999).as_deref(), Some("260799999"));
        assert_eq!((default.number(date, 0), default.number(date, 100_000)), (None, None));
        assert_eq!(default.period(date), "2026-07");
        assert_eq!(default.to_string(), "{YY}{MM}{SEQ:5}");
    }

    #[test]
    fn a_financial_year_is_written_as_both_its_years() {
        let yearly = series("DC/{FY}/{SEQ:4}", Reset::FinancialYear);
        assert_eq!(yearly.number(day("2027-03-31"), 12).as_deref(), Some("DC/2627/0012"));
        assert_eq!(yearly.period(day("2027-03-31")), yearly.period(day("2026-04-01")));
        assert_ne!(yearly.period(day("2027-04-01")), yearly.period(day("2027-03-31")));
        assert_eq!(series("{FY}{SEQ:3}", Reset::Never).number(day("2099-05-01"), 7).as_deref(), Some("9900007"));
    }

    #[test]
    fn what_would_repeat_or_not_fit_is_refused() {
        let refused = [
            ("{SEQ:5}", Reset::Monthly, Wrong::MonthMissing),
            ("{YYYY}{SEQ:5}", Reset::Monthly, Wrong::MonthMissing),
            ("{FY}{SEQ:5}", Reset::Yearly, Wrong::YearMissing),
            ("{YY}{MM}", Reset::Monthly, Wrong::Sequence),
            ("{SEQ:3}{SEQ:3}", Reset::Never, Wrong::Sequence),
            ("{SEQ:0}", Reset::Never, Wrong::Digits),
            ("{SEQ:13}", Reset::Never, Wrong::Digits),
            ("{SEQ:}", Reset::Never, Wrong::Digits),
            ("{SEQ:+5}", Reset::Never, Wrong::Digits),
            ("dc{SEQ:3}", Reset::Never, Wrong::Part),
            ("DC {SEQ:3}", Reset::Never, Wrong::Part),
            ("{SEQ:3", Reset::Never, Wrong::Part),
            ("{DD}{SEQ:3}", Reset::Never, Wrong::Part),
            ("}{SEQ:3}", Reset::Never, Wrong::Part),
            ("CHALLAN/{FY}/{SEQ:5}", Reset::Never, Wrong::Long(18)),
        ];
        for (template, reset, wrong) in refused {
            assert_eq!(Series::parse(template, reset), Err(wrong), "{template}");
        }
        assert!(Series::parse("{MM}{SEQ:5}", Reset::Yearly).is_ok(), "a month is once in a financial year");
    }

    #[test]
    fn forms_that_may_meet_are_seen() {
        let default = series("{YY}{MM}{SEQ:5}", Reset::Monthly);
        assert!(default.may_meet(&series("{FY}{SEQ:5}", Reset::FinancialYear)));
        assert!(default.may_meet(&series("2{SEQ:8}", Reset::Never)));
        assert!(!default.may_meet(&series("DC{MM}{SEQ:5}", Reset::Monthly)));
        assert!(!default.may_meet(&series("{SEQ:8}", Reset::Never)));
        assert!(!default.may_meet(&series("{YY}9{SEQ:6}", Reset::Never)), "no month begins with 9");
    }

    fn any_part() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("{YY}".to_owned()),
            Just("{YYYY}".to_owned()),
            Just("{FY}".to_owned()),
            Just("{MM}".to_owned()),
            "[A-Z0-9/-]{1,3}",
        ]
    }

    prop_compose! {
        fn any_series()(
            before in prop::collection::vec(any_part(), 0..3), digits in 1..6usize,
            after in prop::collection::vec(any_part(), 0..2), reset in prop::sample::select(Reset::ALL.to_vec()),
        ) -> (String, Reset) {
            (format!("{}{{SEQ:{digits}}}{}", before.concat(), after.concat()), reset)
        }
    }

    proptest! {
        /// Two different places of a series never make one number within a financial year, and every number is one.
        #[test]
        fn no_number_comes_twice(
            (template, reset) in any_series(), year in 2000..2100i32, days in (0..365u64, 0..365u64), at in (1..40u64, 1..40u64),
        ) {
            let Ok(series) = Series::parse(&template, reset) else { return Ok(()) };
            let first = NaiveDate::from_ymd_opt(year, 4, 1).unwrap();
            let (a, b) = (first + chrono::Days::new(days.0), first + chrono::Days::new(days.1));
            let numbers = (series.number(a, at.0), series.number(b, at.1));
            if let (Some(one), Some(other)) = &numbers {
                prop_assert!(is_number(one) && is_number(other));
                if (series.period(a), at.0) != (series.period(b), at.1) {
                    prop_assert_ne!(one, other);
                }
            }
            prop_assert_eq!(series.to_string(), template);
        }

        /// Series whose forms exclude each other never make one number.
        #[test]
        fn forms_that_exclude_each_other_never_meet(
            one in any_series(), other in any_series(), days in (0..365u64, 0..365u64), at in (1..40u64, 1..40u64),
        ) {
            let (Ok(a), Ok(b)) = (Series::parse(&one.0, one.1), Series::parse(&other.0, other.1)) else { return Ok(()) };
            let first = NaiveDate::from_ymd_opt(2026, 4, 1).unwrap();
            let (x, y) = (a.number(first + chrono::Days::new(days.0), at.0), b.number(first + chrono::Days::new(days.1), at.1));
            if !a.may_meet(&b) && x.is_some() {
                prop_assert_ne!(x, y);
            }
        }
    }
}
