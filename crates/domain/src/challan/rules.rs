use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::Facts;
use crate::fold::fold;

/// Reasons by field, for a person to read.
pub type Errors = BTreeMap<String, Vec<String>>;

/// Bytes of a customer's folded name: four for each of its 200 characters.
const FOLDED_NAME: usize = 800;
/// Bytes of a folded invoice number: four for each of its 50 characters.
const FOLDED_INVOICE: usize = 200;
/// Bytes of all folded names of executives with what parts them.
const FOLDED_EXECUTIVES: usize = 7_999;

/// Checks every rule that the facts alone decide. `today` is the civil day in the organisation's time zone `tz`;
/// a draft may be dated ahead.
///
/// # Errors
/// All broken rules, by field.
pub fn check(facts: &Facts, draft: bool, today: NaiveDate, tz: Tz) -> Result<(), Errors> {
    let mut errors = Errors::new();
    let mut refuse = |field: &str, reason: &str| {
        errors.entry(field.to_owned()).or_default().push(reason.to_owned());
    };
    if facts.date > today && !draft {
        refuse("date", "A challan is not dated in the future.");
    }
    lengths(facts, &mut refuse);
    let days = [("dispatched_at", facts.dispatched_at), ("delivered_at", facts.delivered_at)];
    for (field, when) in days {
        if when.is_some_and(|w| w.day(tz) > today) {
            refuse(field, "This is in the future.");
        }
    }
    if let (Some(left), Some(arrived)) = (facts.dispatched_at, facts.delivered_at)
        && arrived.day(tz) < left.day(tz)
    {
        refuse("delivered_at", "Goods are not delivered before they are dispatched.");
    }
    invoice(facts, today, &mut refuse);
    if facts.pod_upload_date.is_some_and(|d| d > today) {
        refuse("pod_upload_date", "This is in the future.");
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn lengths(facts: &Facts, refuse: &mut impl FnMut(&str, &str)) {
    let count = |t: &Option<String>| t.as_ref().map_or(0, |t| t.chars().count());
    if !(2..=200).contains(&facts.customer.trim().chars().count()) {
        refuse("customer", "A customer's name has 2 to 200 characters.");
    }
    let limits = [
        ("dc_summary", &facts.dc_summary, 4000),
        ("remarks", &facts.remarks, 4000),
        ("received_by", &facts.received_by, 100),
        ("invoice_number", &facts.invoice_number, 50),
    ];
    for (field, value, limit) in limits {
        if count(value) > limit {
            refuse(field, &format!("This has at most {limit} characters."));
        }
    }
    if facts.delivery_executives.len() > 50 || facts.delivery_executives.iter().any(|n| n.chars().count() > 100) {
        refuse("delivery_executives", "At most 50 names of at most 100 characters each.");
    }
    // Some single characters stand for many, and it is the folded text that is looked for and has its place in an index.
    let long = "This is too long once its special characters are written out; use plain letters.";
    if fold(&facts.customer).len() > FOLDED_NAME {
        refuse("customer", long);
    }
    if facts.invoice_number.as_deref().is_some_and(|number| fold(number).len() > FOLDED_INVOICE) {
        refuse("invoice_number", long);
    }
    if facts.delivery_executives.iter().map(|name| fold(name).len() + 1).sum::<usize>() > FOLDED_EXECUTIVES {
        refuse("delivery_executives", "These names are too long together; leave some out.");
    }
}

fn invoice(facts: &Facts, today: NaiveDate, refuse: &mut impl FnMut(&str, &str)) {
    match (&facts.invoice_number, facts.invoice_date) {
        (Some(_), None) => refuse("invoice_date", "An invoice has a date."),
        (None, Some(_)) => refuse("invoice_number", "An invoice date belongs to an invoice number."),
        _ => {}
    }
    if let Some(day) = facts.invoice_date {
        if day < facts.date {
            refuse("invoice_date", "An invoice is not dated before its challan.");
        }
        if day > today {
            refuse("invoice_date", "This is in the future.");
        }
    }
    if facts.invoice_submission && facts.invoice_number.is_none() {
        refuse("invoice_submission", "Only an invoice can be submitted; give its number first.");
    }
    if let Some(day) = facts.invoice_submitted_on {
        if !facts.invoice_submission {
            refuse("invoice_submitted_on", "The invoice is not marked as submitted.");
        }
        if day > today {
            refuse("invoice_submitted_on", "This is in the future.");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::challan::When;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn facts() -> Facts {
        Facts { customer: "Asha Traders".into(), ..Facts::of(day("2026-07-01")) }
    }

    #[test]
    fn a_draft_may_be_dated_ahead_and_a_challan_may_not() {
        let today = day("2026-06-30");
        assert!(check(&facts(), true, today, chrono_tz::Asia::Kolkata).is_ok());
        let errors = check(&facts(), false, today, chrono_tz::Asia::Kolkata).unwrap_err();
        assert!(errors.contains_key("date"));
    }

    #[test]
    fn delivery_follows_dispatch_by_civil_day() {
        // 20:00 UTC is the next day in Kolkata.
        let f = Facts {
            dispatched_at: When::parse("2026-07-02T20:00:00Z"),
            delivered_at: When::parse("2026-07-02"),
            ..facts()
        };
        let errors = check(&f, false, day("2026-07-05"), chrono_tz::Asia::Kolkata).unwrap_err();
        assert!(errors.contains_key("delivered_at"));
    }

    #[test]
    fn an_invoice_has_number_and_date() {
        let f = Facts { invoice_number: Some("INV/1".into()), invoice_submission: true, ..facts() };
        let errors = check(&f, false, day("2026-07-05"), chrono_tz::Asia::Kolkata).unwrap_err();
        assert_eq!(errors.keys().collect::<Vec<_>>(), ["invoice_date"]);
    }
}
