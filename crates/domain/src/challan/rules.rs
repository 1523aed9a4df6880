use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use super::{Facts, Field, When};
use crate::fold::fold;
use crate::reason::Errors;

const FUTURE: &str = "This is in the future.";
/// Bytes of a customer's folded name: four for each of its 200 characters.
const FOLDED_NAME: usize = 800;
/// Bytes of a folded invoice number: four for each of its 50 characters.
const FOLDED_INVOICE: usize = 200;
/// Bytes of all folded names of executives with what parts them.
const FOLDED_EXECUTIVES: usize = 7_999;

/// How far a sender's clock may be ahead of ours: 5 minutes.
pub const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// What is said instead of a rule that weighs something which is hidden from who asks: neither the field nor the rule.
pub const HIDDEN_RULE: (&str, &str) = ("hidden_rule", "A rule about something that is hidden from you refuses this.");

/// The fields that the rule `code` of `field` weighs against each other: `field` itself and what it is compared with.
#[must_use]
pub fn weighed(field: &str, code: &str) -> Vec<Field> {
    let other = match code {
        "delivered_before_dispatched" => Some(Field::DispatchedAt),
        "invoice_before_challan" => Some(Field::Date),
        "invoice_date_missing" | "submission_without_invoice" => Some(Field::InvoiceNumber),
        "invoice_number_missing" => Some(Field::InvoiceDate),
        "not_submitted" => Some(Field::InvoiceSubmission),
        _ => None,
    };
    Field::parse(field).into_iter().chain(other).collect()
}

/// The broken rules without those that weigh a field of `hidden`.
#[must_use]
pub fn veiled(errors: &Errors, hidden: &[String]) -> Errors {
    let mut shown = Errors::new();
    for (field, reasons) in errors.iter() {
        let is_hidden = |code| weighed(field, code).iter().any(|f| hidden.iter().any(|h| h == f.as_str()));
        reasons.iter().filter(|reason| !is_hidden(reason.code)).for_each(|reason| shown.add(field, reason.clone()));
    }
    shown
}

/// Checks every rule that the facts alone decide at `now`; days are those of the organisation's time zone `tz`. A draft may be
/// dated ahead.
///
/// # Errors
/// All broken rules, by field.
pub fn check(facts: &Facts, draft: bool, now: DateTime<Utc>, tz: Tz) -> Result<(), Errors> {
    let today = now.with_timezone(&tz).date_naive();
    let mut errors = Errors::new();
    if facts.date > today && !draft {
        errors.refuse("date", "date_in_future", "A challan is not dated in the future.");
    }
    lengths(facts, &mut errors);
    let days = [
        ("dispatched_at", "dispatched_in_future", facts.dispatched_at),
        ("delivered_at", "delivered_in_future", facts.delivered_at),
    ];
    for (field, code, when) in days {
        let is_ahead = |when: When| match when {
            When::Day(day) => day > today,
            When::Instant(t) => t - now > AHEAD,
        };
        if when.is_some_and(is_ahead) {
            errors.refuse(field, code, FUTURE);
        }
    }
    if let (Some(left), Some(arrived)) = (facts.dispatched_at, facts.delivered_at)
        && arrived.day(tz) < left.day(tz)
    {
        errors.refuse(
            "delivered_at",
            "delivered_before_dispatched",
            "Goods are not delivered before they are dispatched.",
        );
    }
    invoice(facts, today, &mut errors);
    if facts.pod_upload_date.is_some_and(|d| d > today) {
        errors.refuse("pod_upload_date", "pod_in_future", FUTURE);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn lengths(facts: &Facts, errors: &mut Errors) {
    let count = |t: &Option<String>| t.as_ref().map_or(0, |t| t.chars().count());
    if !(2..=200).contains(&facts.customer.trim().chars().count()) {
        errors.refuse("customer", "customer_length", "A customer's name has 2 to 200 characters.");
    }
    if facts.customer.trim().chars().any(char::is_control) {
        errors.refuse("customer", "customer_control", "A customer's name stands on one line.");
    }
    let limits = [
        ("dc_summary", "summary_too_long", &facts.dc_summary, 4000),
        ("remarks", "remarks_too_long", &facts.remarks, 4000),
        ("received_by", "received_by_too_long", &facts.received_by, 100),
        ("invoice_number", "invoice_number_too_long", &facts.invoice_number, 50),
    ];
    for (field, code, value, limit) in limits {
        if count(value) > limit {
            errors.refuse(field, code, format!("This has at most {limit} characters."));
        }
    }
    if facts.delivery_executives.len() > 50 || facts.delivery_executives.iter().any(|n| n.chars().count() > 100) {
        errors.refuse("delivery_executives", "executives_too_many", "At most 50 names of at most 100 characters each.");
    }
    // Some single characters stand for many, and it is the folded text that is looked for and has its place in an index.
    let long = "This is too long once its special characters are written out; use plain letters.";
    if fold(&facts.customer).len() > FOLDED_NAME {
        errors.refuse("customer", "customer_too_long", long);
    }
    if facts.invoice_number.as_deref().is_some_and(|number| fold(number).len() > FOLDED_INVOICE) {
        errors.refuse("invoice_number", "invoice_number_too_long", long);
    }
    if facts.delivery_executives.iter().map(|name| fold(name).len() + 1).sum::<usize>() > FOLDED_EXECUTIVES {
        errors.refuse(
            "delivery_executives",
            "executives_too_long",
            "These names are too long together; leave some out.",
        );
    }
}

fn invoice(facts: &Facts, today: NaiveDate, errors: &mut Errors) {
    match (&facts.invoice_number, facts.invoice_date) {
        (Some(_), None) => errors.refuse("invoice_date", "invoice_date_missing", "An invoice has a date."),
        (None, Some(_)) => {
            errors.refuse("invoice_number", "invoice_number_missing", "An invoice date belongs to an invoice number.");
        }
        _ => {}
    }
    if let Some(day) = facts.invoice_date {
        if day < facts.date {
            errors.refuse("invoice_date", "invoice_before_challan", "An invoice is not dated before its challan.");
        }
        if day > today {
            errors.refuse("invoice_date", "invoice_in_future", FUTURE);
        }
    }
    if facts.invoice_submission && facts.invoice_number.is_none() {
        let reason = "Only an invoice can be submitted; give its number first.";
        errors.refuse("invoice_submission", "submission_without_invoice", reason);
    }
    if let Some(day) = facts.invoice_submitted_on {
        if !facts.invoice_submission {
            let reason = "The invoice is not marked as submitted.";
            errors.refuse("invoice_submitted_on", "not_submitted", reason);
        }
        if day > today {
            errors.refuse("invoice_submitted_on", "submitted_in_future", FUTURE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Ten in the morning of a day in Kolkata.
    fn morning(text: &str) -> DateTime<Utc> {
        format!("{text}T10:00:00+05:30").parse().unwrap()
    }

    fn facts() -> Facts {
        Facts { customer: "Asha Traders".into(), ..Facts::of(day("2026-07-01")) }
    }

    #[test]
    fn a_draft_may_be_dated_ahead_and_a_challan_may_not() {
        let now = morning("2026-06-30");
        assert!(check(&facts(), true, now, chrono_tz::Asia::Kolkata).is_ok());
        let errors = check(&facts(), false, now, chrono_tz::Asia::Kolkata).unwrap_err();
        assert!(!errors.spares("date"));
    }

    #[test]
    fn delivery_follows_dispatch_by_civil_day() {
        // 20:00 UTC is the next day in Kolkata.
        let f = Facts {
            dispatched_at: When::parse("2026-07-02T20:00:00Z"),
            delivered_at: When::parse("2026-07-02"),
            ..facts()
        };
        let errors = check(&f, false, morning("2026-07-05"), chrono_tz::Asia::Kolkata).unwrap_err();
        assert!(!errors.spares("delivered_at"));
    }

    #[test]
    fn a_rule_that_weighs_what_is_hidden_is_not_named() {
        let f = Facts { invoice_date: Some(day("2026-06-30")), dc_summary: Some("x".repeat(4001)), ..facts() };
        let errors = check(&f, false, morning("2026-07-05"), chrono_tz::Asia::Kolkata).unwrap_err();
        let fields = |hidden: &str| veiled(&errors, &[hidden.to_owned()]).codes().into_keys().collect::<Vec<_>>();
        assert_eq!(fields("remarks"), ["dc_summary", "invoice_date", "invoice_number"]);
        assert_eq!(fields("invoice_date"), ["dc_summary"]);
        assert_eq!(fields("date"), ["dc_summary", "invoice_number"]);
    }

    #[test]
    fn a_leap_second_is_the_end_of_the_one_before() {
        let leap = When::parse("2016-12-31T23:59:60Z").map(|when| when.to_string());
        assert_eq!(leap.as_deref(), Some("2016-12-31T23:59:59.999999Z"));
    }

    #[test]
    fn a_moment_later_today_is_in_the_future() {
        let at = |moment: &str| Facts { delivered_at: When::parse(moment), ..facts() };
        let is_ahead = |moment| check(&at(moment), false, morning("2026-07-05"), chrono_tz::Asia::Kolkata).is_err();
        assert!(is_ahead("2026-07-05T10:06:00+05:30") && is_ahead("2026-07-05T18:00:00Z") && is_ahead("2026-07-06"));
        assert!(!is_ahead("2026-07-05T10:04:00+05:30"), "clocks differ by minutes");
        assert!(!is_ahead("2026-07-05"), "the day has begun");
    }

    #[test]
    fn a_day_begins_at_midnight_of_the_organisation() {
        let dated = |day: &str| Facts { customer: "Asha Traders".into(), ..Facts::of(day.parse().unwrap()) };
        let check = |day, now: &str| check(&dated(day), false, now.parse().unwrap(), chrono_tz::Asia::Kolkata).is_ok();
        assert!(!check("2026-07-06", "2026-07-05T18:29:59Z") && check("2026-07-06", "2026-07-05T18:30:00Z"));
    }

    #[test]
    fn an_invoice_has_number_and_date() {
        let f = Facts { invoice_number: Some("INV/1".into()), invoice_submission: true, ..facts() };
        let errors = check(&f, false, morning("2026-07-05"), chrono_tz::Asia::Kolkata).unwrap_err();
        assert_eq!(errors.codes(), [("invoice_date".into(), vec!["invoice_date_missing".into()])].into());
    }
}
