//! The filter language's first words: `field:value` terms side by side, `-` to negate, bare words.

use chrono::NaiveDate;
use thiserror::Error;

use crate::challan::Stage;
use crate::fold::fold;

/// A mistake in a filter: where it stands and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{expected} (at character {place})")]
pub struct Mistake {
    /// From 1, in characters.
    pub place: usize,
    /// What would be right.
    pub expected: String,
}

/// What one term asks of a challan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// One of these stages.
    Stage(Vec<Stage>),
    /// The customer is one of these, folded.
    Customer(Vec<String>),
    /// The customer's folded name begins so.
    CustomerPrefix(String),
    /// The challan's day lies between, both included; none is open.
    Date(Option<NaiveDate>, Option<NaiveDate>),
    /// The other system's name.
    Source(Vec<String>),
    /// An executive of this folded name carries it.
    Executive(String),
    /// The folded text stands in the challan number, the customer or the invoice number.
    Word(String),
    /// Deleted ones as well as the others.
    AlsoDeleted,
}

/// One term, possibly negated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Whether the opposite is asked for.
    pub negated: bool,
    /// What is asked.
    pub test: Test,
}

/// Reads a filter; all its terms must hold.
///
/// # Errors
/// The first mistake, with its place.
pub fn parse(text: &str) -> Result<Vec<Term>, Mistake> {
    if text.chars().count() > 2000 {
        return Err(Mistake { place: 2001, expected: "A filter has at most 2000 characters.".into() });
    }
    if let Some(at) = text.chars().position(char::is_control) {
        return Err(Mistake { place: at + 1, expected: "A filter holds no control characters.".into() });
    }
    let mut terms = Vec::new();
    for (place, word) in words(text)? {
        let (negated, body) = match word.strip_prefix('-') {
            Some(rest) if !rest.is_empty() => (true, rest),
            _ => (false, word.as_str()),
        };
        let test = term(body).map_err(|expected| Mistake { place, expected })?;
        terms.push(Term { negated, test });
    }
    Ok(terms)
}

/// Splits at white space outside quotes; quotes are kept for [`term`] to take off.
fn words(text: &str) -> Result<Vec<(usize, String)>, Mistake> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let (mut current, mut start, mut quoted) = (String::new(), 1, None);
    for (i, c) in text.chars().enumerate() {
        if c.is_whitespace() && quoted.is_none() {
            if !current.is_empty() {
                found.push((start, std::mem::take(&mut current)));
            }
            continue;
        }
        if current.is_empty() {
            start = i + 1;
        }
        if c == '"' {
            quoted = if quoted.is_some() { None } else { Some(i + 1) };
        }
        current.push(c);
    }
    if let Some(place) = quoted {
        return Err(Mistake { place, expected: "This quotation mark is not closed.".into() });
    }
    if !current.is_empty() {
        found.push((start, current));
    }
    Ok(found)
}

fn term(body: &str) -> Result<Test, String> {
    if body.starts_with('(') || body.ends_with(')') || body == "OR" {
        return Err("Groups and OR are not understood; write terms side by side.".into());
    }
    let Some((field, value)) = body.split_once(':').filter(|_| !body.starts_with('"')) else {
        return Ok(Test::Word(fold(&unquoted(body))));
    };
    if value.is_empty() {
        return Err(format!("Write a value after {field}:"));
    }
    let several = || value.split(',').map(unquoted).filter(|v| !v.is_empty());
    match field {
        "stage" => several()
            .map(|v| Stage::ALL.into_iter().find(|s| s.as_str() == v).ok_or_else(|| unknown_stage(&v)))
            .collect::<Result<_, _>>()
            .map(Test::Stage),
        "customer" => Ok(match unquoted(value).strip_suffix('*') {
            Some(prefix) => Test::CustomerPrefix(fold(prefix)),
            None => Test::Customer(several().map(|v| fold(&v)).collect()),
        }),
        "date" => dates(value),
        "source" => Ok(Test::Source(several().collect())),
        "executive" => Ok(Test::Executive(fold(&unquoted(value)))),
        "deleted" if value == "any" => Ok(Test::AlsoDeleted),
        "deleted" => Err("Write deleted:any to see the trash as well.".into()),
        _ => Err(format!(
            "{field} is not a field to filter by; stage, customer, date, source, executive and deleted are."
        )),
    }
}

fn unquoted(text: &str) -> String {
    text.replace('"', "")
}

fn unknown_stage(word: &str) -> String {
    let all: Vec<&str> = Stage::ALL.iter().map(|s| s.as_str()).collect();
    format!("{word} is not a stage; {} are.", all.join(", "))
}

/// `2026-07-01`, `2026-07`, `2026`, or `from..to` of whole dates with either end left open.
fn dates(value: &str) -> Result<Test, String> {
    const EXPECTED: &str = "Write a date as 2026-07-01, a month as 2026-07, or a range as 2026-07-01..2026-07-31.";
    let day = |t: &str| NaiveDate::parse_from_str(t, "%Y-%m-%d").map_err(|_| EXPECTED.to_owned());
    let end = |t: &str| if t.is_empty() { Ok(None) } else { day(t).map(Some) };
    if let Some((from, to)) = value.split_once("..") {
        return Ok(Test::Date(end(from)?, end(to)?));
    }
    let (first, months) = match value.len() {
        10 => return day(value).map(|d| Test::Date(Some(d), Some(d))),
        7 => (day(&format!("{value}-01"))?, 1),
        4 => (day(&format!("{value}-01-01"))?, 12),
        _ => return Err(EXPECTED.into()),
    };
    let last = first.checked_add_months(chrono::Months::new(months)).and_then(|d| d.pred_opt()).ok_or(EXPECTED)?;
    Ok(Test::Date(Some(first), Some(last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_stand_side_by_side() {
        let terms = parse(r#"customer:"Asha Traders" -stage:void,draft pipes date:2026-07"#).unwrap();
        assert_eq!(terms[0].test, Test::Customer(vec!["asha traders".into()]));
        assert_eq!(terms[1], Term { negated: true, test: Test::Stage(vec![Stage::Void, Stage::Draft]) });
        assert_eq!(terms[2].test, Test::Word("pipes".into()));
        assert_eq!(terms[3].test, Test::Date("2026-07-01".parse().ok(), "2026-07-31".parse().ok()));
    }

    #[test]
    fn a_mistake_has_its_place() {
        assert_eq!(parse("pipes stage:gone").unwrap_err().place, 7);
        assert_eq!(parse("pipes \"open").unwrap_err().place, 7);
        for wrong in ["name;drop:1", "sleep(5)", "( a OR b )", "date:tomorrow", "stage:", "a\u{0}b"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
