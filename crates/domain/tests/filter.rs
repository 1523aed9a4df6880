//! The filter language, read, written and asked.
#![allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]

use std::time::{Duration, Instant};

use chrono_tz::Asia::Kolkata;
use domain::challan::{Challan, When};
use domain::filter::{Field, Filter, Node, completions, parse};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use testkit::filters::{challan, filter, today};

/// Draft of nothing but a day and a customer.
fn plain() -> Challan {
    let mut c = challan(1).new_tree(&mut TestRunner::deterministic()).unwrap().current();
    c.challan_number = Some("260700042".into());
    c.facts = domain::challan::Facts { customer: "José Traders".into(), ..domain::challan::Facts::of(today()) };
    (c.proof_of_delivery, c.voided_at, c.void_reason, c.deleted_at, c.deleted_by) =
        (Vec::new(), None, None, None, None);
    (c.source, c.external_id) = (None, None);
    c.stage = c.stage_of();
    c
}

fn holds(text: &str, challan: &Challan, hidden: &[&str]) -> bool {
    let hidden: Vec<String> = hidden.iter().map(|h| (*h).to_owned()).collect();
    parse(text).unwrap().matches(challan, &hidden, today(), Kolkata)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_written_is_read_as_the_same(filter in filter()) {
        let text = filter.to_string();
        prop_assert_eq!(parse(&text).map_err(|m| m.to_string()), Ok(filter), "{}", text);
    }

    #[test]
    fn any_text_is_a_filter_or_a_mistake_inside_it(text in r#"[a-z0-9 :"(),.*<>=;|`\\ORé-]{0,60}|(stage|date|age|amount|customer|pod|remarks):[^ ]{0,12}|.{0,40}"#) {
        match parse(&text) {
            Ok(filter) => {
                prop_assert_eq!(parse(&filter.to_string()), Ok(filter));
            }
            Err(mistake) => {
                prop_assert!((1..=text.chars().count() + 1).contains(&mistake.place), "{:?}", mistake);
                prop_assert!(!mistake.expected.is_empty());
            }
        }
    }

    #[test]
    fn minus_is_the_exact_opposite(filter in filter(), row in challan(1), hide in proptest::sample::subsequence(COLUMNS.to_vec(), 0..4)) {
        let Some(root) = filter.root.clone() else { return Ok(()) };
        let hidden: Vec<String> = hide.into_iter().map(str::to_owned).collect();
        let mut row = row;
        row.deleted_at = None;
        let opposite = Filter { root: Some(Node::Not(Box::new(root))) };
        let ask = |f: &Filter| f.matches(&row, &hidden, today(), Kolkata);
        prop_assert_ne!(ask(&filter), ask(&opposite));
    }
}

const COLUMNS: [&str; 8] = [
    "amount",
    "customer",
    "remarks",
    "dc_summary",
    "delivery_executives",
    "invoice_number",
    "delivered_at",
    "challan_number",
];

#[test]
fn the_example_of_the_contract_is_read() {
    let text = r#"customer:"Asha Traders" stage:delivered pod:none date:2026-07 -executive:ravi (amount:>50000 OR invoice:any) pipes"#;
    assert_eq!(parse(text).unwrap().to_string(), text.replace(">50000", ">50000.00"));
}

#[test]
fn a_mistake_has_its_place_and_says_what_is_right() {
    for (text, place, says) in [
        ("pipes stage:gone", 13, "dispatched"),
        ("stage:draft,gone", 13, "gone is not a stage"),
        ("pipes \"open", 7, "not closed"),
        ("(a OR b", 1, "not closed"),
        ("a) b", 2, "closes nothing"),
        ("a OR", 5, "Write a word"),
        ("OR a", 1, "Write a word"),
        ("()", 2, "Write a word"),
        ("name;drop", 5, "; has no meaning"),
        ("(select sleep(5))", 14, "space"),
        ("`x`", 1, "quotation marks"),
        ("--", 1 + 1, "right after"),
        ("é -", 4, "right after"),
        ("colour:red", 1, "not a field"),
        ("10:30", 1, "not a field"),
        ("stage:", 7, "stage:delivered"),
        ("date:tomorrow", 6, "2026-07-01"),
        ("date:2026-07..tomorrow", 15, "2026-07-01"),
        ("date:2026-07..2026-05", 6, "ends before"),
        ("amount:>lots", 9, "rupees"),
        ("amount:9..1", 8, "ends before"),
        ("amount:>1,24,31", 11, ">1,24,310"),
        ("amount:<=12,34 a", 13, ">1,24,310"),
        ("age:-1", 5, "whole number"),
        ("customer:>a", 10, "compares dates"),
        ("customer:a,none", 12, "stands alone"),
        ("customer:a*b", 12, "A * stands"),
        ("customer:a,", 12, "value"),
        ("pod:maybe", 5, "yes or no"),
        ("& b", 1, "letter or a digit"),
        ("a && b", 3, "letter or a digit"),
        ("a -- b", 4, "right after"),
        ("a -", 4, "right after"),
        ("a (&)", 4, "letter or a digit"),
        ("\"a\"b", 4, "a space here"),
        ("summary:\"a\"b", 12, "a space here"),
        ("(x)OR(y)", 4, "a space here"),
        ("\"\"", 1, "between"),
        ("a\u{0}b", 2, "control"),
    ] {
        let mistake = parse(text).unwrap_err();
        assert_eq!(mistake.place, place, "{text}: {mistake}");
        assert!(mistake.expected.contains(says), "{text}: {mistake}");
    }
}

/// What a clerk types as it stands on a challan or in the grid.
#[test]
fn names_and_amounts_are_read_as_they_are_written() {
    for (text, read) in [
        ("Rao & Co", "Rao Co"),
        ("ganesh hospitals & sons -void", "ganesh hospitals sons -void"),
        ("Asha - Traders", "Asha Traders"),
        ("(Rao & Co OR Asha –) a", "(Rao Co OR Asha) a"),
        ("rao &", "rao"),
        ("Stage:Delivered POD_Date:2026", "stage:delivered pod_date:2026"),
        ("amount:>1,24,310", "amount:>124310.00"),
        ("amount:<=10,00,000.50", "amount:<=1000000.50"),
        ("amount:>1,000,000", "amount:>1000000.00"),
        ("amount:50,000..1,00,000", "amount:50000.00..100000.00"),
        ("amount:100..1,00,000", "amount:100.00..100000.00"),
        ("amount:1,24,310", "amount:1.00,24.00,310.00"),
        ("amount:100,200", "amount:100.00,200.00"),
        ("amount:>1000,5", "amount:>1000.00,5.00"),
        ("amount:5,>1000", "amount:5.00,>1000.00"),
    ] {
        assert_eq!(parse(text).map(|filter| filter.to_string()).as_deref(), Ok(read), "{text}");
    }
}

#[test]
fn deep_long_and_wide_filters_are_answered_at_once() {
    let began = Instant::now();
    for text in [
        "(".repeat(1900),
        "-(".repeat(900) + "a",
        "(a OR ".repeat(300),
        "a ".repeat(999),
        "x".repeat(10_000),
        "\"".repeat(1999),
        format!("stage:{}", "void,".repeat(300)),
        "date:".to_owned() + &"2026..".repeat(300),
    ] {
        assert!(parse(&text).is_err(), "{}", &text[..20]);
    }
    assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
    assert!(
        parse(&"(".repeat(16).chars().chain("a".chars()).chain(")".repeat(16).chars()).collect::<String>()).is_ok()
    );
    assert!(parse(&format!("{}a{}", "(".repeat(17), ")".repeat(17))).is_err());
}

#[test]
fn words_are_found_by_beginning_and_numbers_by_any_part() {
    let mut c = plain();
    c.facts.dc_summary = Some("12 steel pipes".into());
    c.facts.delivery_executives = vec!["Ravi Kumar".into(), "Asha".into()];
    for yes in
        ["jose", "TRAD", "pip", "\"steel pipes\"", "kumar", "0042", "700", "\"260700042\"", "steel-pi", "ｐｉｐｅｓ"]
    {
        assert!(holds(yes, &c, &[]), "{yes}");
    }
    for no in ["ipes", "\"steel pip\"", "\"kumar asha\"", "42", "\"700\"", "raders"] {
        assert!(!holds(no, &c, &[]), "{no}");
    }
    assert!(!holds("pipes", &c, &["dc_summary"]) && holds("-pipes", &c, &["dc_summary"]));
    assert!(!holds("0042", &c, &["challan_number"]));
}

#[test]
fn what_is_empty_or_hidden_is_false_and_its_opposite_true() {
    let mut c = plain();
    for (yes, no) in
        [("amount:none", "amount:any"), ("-amount:>0", "amount:>0"), ("pod:no", "pod:any"), ("-remarks:a", "remarks:a")]
    {
        assert!(holds(yes, &c, &[]) && !holds(no, &c, &[]), "{yes}");
    }
    c.facts.amount = "5".parse().ok();
    assert!(holds("amount:5", &c, &[]) && !holds("amount:5", &c, &["amount"]) && holds("amount:none", &c, &["amount"]));
    assert!(holds("customer:josé*", &c, &[]) && !holds("customer:traders", &c, &[]));
}

#[test]
fn age_counts_from_what_is_waited_for() {
    let mut c = plain();
    let ago = |n| today() - chrono::Days::new(n);
    c.facts.date = ago(50);
    assert!(holds("age:50", &c, &[]));
    c.facts.delivered_at = Some(When::Day(ago(40)));
    assert!(holds("age:40", &c, &[]) && holds("age:>39 age:<41 age:40..40 -age:>40", &c, &[]));
    c.facts.pod_upload_date = Some(ago(30));
    assert!(holds("age:30", &c, &[]));
    (c.facts.invoice_number, c.facts.invoice_date) = (Some("A1".into()), Some(ago(20)));
    assert!(holds("age:20", &c, &[]));
    c.facts.invoice_submission = true;
    assert!(holds("age:50", &c, &[]));
}

#[test]
fn the_trash_is_looked_at_only_when_asked() {
    let mut c = plain();
    c.deleted_at = Some(c.created_at);
    for (text, expected) in [
        ("", false),
        ("jose", false),
        ("deleted:any", true),
        ("deleted:none", false),
        ("(deleted:any OR deleted:none) jose", true),
    ] {
        assert_eq!(holds(text, &c, &[]), expected, "{text}");
    }
}

#[test]
fn completion_knows_every_field_that_is_not_hidden() {
    let all = completions(&[]);
    assert_eq!(all.len(), Field::ALL.len());
    for completion in &all {
        assert!(parse(&completion.example).is_ok(), "{completion:?}");
        for value in &completion.values {
            assert!(parse(&format!("{}:{value}", completion.field)).is_ok(), "{completion:?}");
        }
    }
    assert!(!completions(&["pod_upload_date".into()]).iter().any(|c| ["pod", "pod_date", "age"].contains(&c.field)));
}
