//! Values of a field, read by its kind.

use super::parse::{Parsed, mistake, words};
use super::{Field, Kind, Range, Span, Test, Wanted};
use crate::challan::{Paise, Stage};
use crate::fold::fold;

/// The largest number of a filter; as days, about 270 years.
const MOST_NUMBER: i64 = 100_000;

/// One member of a list as it was written.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    /// Its place in bytes.
    pub(super) at: usize,
    /// `>`, `>=`, `<`, `<=` or nothing.
    pub(super) sign: String,
    pub(super) text: String,
    pub(super) quoted: bool,
    /// A `*` follows.
    pub(super) star: bool,
}

/// What `members` ask of `field`.
pub(super) fn test(field: Field, members: Vec<Raw>) -> Parsed<Test> {
    if let [only] = members.as_slice()
        && let Some(test) = word_of_every_field(only)
    {
        return Ok(test);
    }
    match field.kind() {
        Kind::Choice => each(members, |raw| stage(&raw)).map(Test::Stages),
        Kind::Text | Kind::List => each(members, wanted).map(Test::Texts),
        Kind::Words => each(members, |raw| {
            refuse_sign(&raw)?;
            words(raw.text, raw.quoted, raw.at)
        })
        .map(Test::Words),
        Kind::Day => each(members, |raw| range(&raw, DAY, Span::parse)).map(Test::Days),
        Kind::Money => {
            let members = ungrouped(members);
            refuse_misgrouped(&members)?;
            each(members, |raw| range(&raw, MONEY, |t| t.parse::<Paise>().ok())).map(Test::Money)
        }
        Kind::Number => each(members, |raw| range(&raw, NUMBER, whole)).map(Test::Numbers),
        Kind::Flag => flag(&members),
    }
}

const DAY: &str = "Write a date as 2026-07-01, a month as 2026-07, a year as 2026 or fy2026-27, one of today, this-month, \
                   this-quarter, this-fy and last-7d, or a range such as 2026-07-01..2026-07-31.";
const MONEY: &str = "Write rupees as 50000 or 1234.50, with > or < before it, or a range such as 1000..2000.";
const NUMBER: &str = "Write a whole number up to 100000, with > or < before it, or a range such as 7..30.";
const FLAG: &str = "Write yes or no.";

fn each<T>(members: Vec<Raw>, read: impl Fn(Raw) -> Parsed<T>) -> Parsed<Vec<T>> {
    members.into_iter().map(read).collect()
}

/// `any` and `none`, which stand alone; between quotation marks they are text.
fn word_of_every_field(raw: &Raw) -> Option<Test> {
    if raw.quoted || raw.star || !raw.sign.is_empty() {
        return None;
    }
    match raw.text.to_lowercase().as_str() {
        "any" => Some(Test::Any),
        "none" => Some(Test::Nothing),
        _ => None,
    }
}

/// Whether `text` without quotation marks would be read as something else.
pub(super) fn is_word_of_every_field(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "any" | "none")
}

fn stage(raw: &Raw) -> Parsed<Stage> {
    let found = Stage::ALL.into_iter().find(|s| s.as_str() == raw.text.to_lowercase());
    match found.filter(|_| raw.sign.is_empty() && !raw.star) {
        Some(stage) => Ok(stage),
        None => {
            let all: Vec<&str> = Stage::ALL.iter().map(|s| s.as_str()).collect();
            mistake(raw.at, format!("{} is not a stage; {} are.", raw.text, all.join(", ")))
        }
    }
}

fn wanted(raw: Raw) -> Parsed<Wanted> {
    refuse_sign(&raw)?;
    if !raw.quoted && is_word_of_every_field(&raw.text) {
        return mistake(
            raw.at,
            format!("{} stands alone; put it between quotation marks where it is a name.", raw.text),
        );
    }
    if fold(&raw.text).is_empty() {
        return mistake(raw.at, "Write a value here.");
    }
    Ok(Wanted { text: raw.text, prefix: raw.star })
}

fn refuse_sign(raw: &Raw) -> Parsed<()> {
    if raw.sign.is_empty() {
        return Ok(());
    }
    mistake(raw.at, format!("{} compares dates, amounts and numbers only.", raw.sign))
}

fn flag(members: &[Raw]) -> Parsed<Test> {
    let Some(first) = members.first() else { return mistake(0, FLAG) };
    let plain = members.len() == 1 && first.sign.is_empty() && !first.quoted && !first.star;
    match first.text.to_lowercase().as_str() {
        "yes" | "true" if plain => Ok(Test::Flag(true)),
        "no" | "false" if plain => Ok(Test::Flag(false)),
        _ => mistake(first.at, FLAG),
    }
}

/// A comparison with an amount in groups, as it stands in the grid (`>1,24,310`, `50,000..1,00,000`), which is no list of three; a
/// mere `1,24,310` is one.
fn ungrouped(mut members: Vec<Raw>) -> Vec<Raw> {
    let is_plain = |raw: &Raw, first: bool| !raw.quoted && !raw.star && (first || raw.sign.is_empty());
    if !members.iter().enumerate().all(|(at, raw)| is_plain(raw, at == 0)) {
        return members;
    }
    let text = members.iter().map(|raw| raw.text.as_str()).collect::<Vec<_>>().join(",");
    let ends: Vec<&str> = text.split("..").collect();
    let compares = members.first().is_some_and(|raw| !raw.sign.is_empty()) || ends.len() > 1;
    if !compares || !text.contains(',') || !ends.iter().all(|end| !end.contains(',') || is_grouped(end)) {
        return members;
    }
    members.truncate(1);
    if let Some(whole) = members.first_mut() {
        whole.text = text.replace(',', "");
    }
    members
}

/// Refuses a comparison with digits in what may be groups and are none, such as `>1,24,31`: an amount with a digit too few, which
/// would find nearly all.
fn refuse_misgrouped(members: &[Raw]) -> Parsed<()> {
    let is_bare = |raw: &Raw| !raw.quoted && !raw.star && raw.text.bytes().all(|b| b.is_ascii_digit());
    let [first, second, ..] = members else { return Ok(()) };
    let compares = !first.sign.is_empty() && is_bare(first) && first.text.len() <= 3;
    if compares && second.sign.is_empty() && is_bare(second) {
        return mistake(second.at, "Write the amount without commas, or with all of them, as in >1,24,310.");
    }
    Ok(())
}

/// Whether the digits of an amount stand in groups of the Indian or of the western kind.
fn is_grouped(text: &str) -> bool {
    let rupees = text.split_once('.').map_or(text, |(rupees, _)| rupees);
    let mut groups = rupees.split(',').map(|group| group.bytes().all(|b| b.is_ascii_digit()).then_some(group.len()));
    let (first, last) = (groups.next().flatten(), groups.next_back().flatten());
    let between: Vec<Option<usize>> = groups.collect();
    let all = |length| between.iter().all(|group| *group == Some(length));
    last == Some(3)
        && match first {
            Some(1..=2) => all(2) || all(3),
            Some(3) => all(3),
            _ => false,
        }
}

/// A value, one with a sign before it, or two with `..` between.
fn range<T: Copy + PartialEq>(raw: &Raw, expected: &str, read: impl Fn(&str) -> Option<T>) -> Parsed<Range<T>>
where
    Range<T>: Ordered,
{
    if raw.quoted || raw.star {
        return mistake(raw.at, expected);
    }
    let one = |at: usize, text: &str| match read(text) {
        Some(value) => Ok(value),
        None => mistake(at, expected),
    };
    let after_sign = raw.at + raw.sign.len();
    let range = match (raw.sign.as_str(), raw.text.split_once("..")) {
        (">", _) => Range::Above(one(after_sign, &raw.text)?),
        (">=", _) => Range::From(one(after_sign, &raw.text)?),
        ("<", _) => Range::Below(one(after_sign, &raw.text)?),
        ("<=", _) => Range::UpTo(one(after_sign, &raw.text)?),
        (_, None) => Range::Is(one(raw.at, &raw.text)?),
        (_, Some(("", ""))) => return mistake(raw.at, expected),
        (_, Some((from, ""))) => Range::From(one(raw.at, from)?),
        (_, Some(("", to))) => Range::UpTo(one(raw.at + 2, to)?),
        (_, Some((from, to))) => Range::Between(one(raw.at, from)?, one(raw.at + from.len() + 2, to)?),
    };
    if range.is_reversed() {
        return mistake(raw.at, "This range ends before it begins.");
    }
    Ok(range)
}

fn whole(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten().filter(|n| *n <= MOST_NUMBER)
}

/// A range that can be seen to hold nothing.
trait Ordered {
    fn is_reversed(&self) -> bool;
}

impl Ordered for Range<i64> {
    fn is_reversed(&self) -> bool {
        matches!(self, Range::Between(a, b) if a > b)
    }
}

impl Ordered for Range<Paise> {
    fn is_reversed(&self) -> bool {
        matches!(self, Range::Between(a, b) if a > b)
    }
}

impl Ordered for Range<Span> {
    fn is_reversed(&self) -> bool {
        // Words such as today move; days that are written out do not.
        let fixed = |s: &Span| match s {
            Span::Day(d) | Span::Month(d) | Span::Year(d) | Span::FinancialYear(d) => Some(s.days(*d)),
            _ => None,
        };
        matches!(self, Range::Between(a, b) if fixed(a).zip(fixed(b)).is_some_and(|(a, b)| a.0 > b.1))
    }
}
