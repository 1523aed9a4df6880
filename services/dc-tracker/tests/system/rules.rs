//! Every rule of the challan's fields has a word of its own, and says it with a sentence at every way in.

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::house::{DATA, House};

/// Facts that break one rule, the field that is named, and the rule's word.
fn broken() -> Vec<(Value, &'static str, &'static str)> {
    let long = |n: usize| "x".repeat(n);
    let bill = |more: Value| {
        let mut facts = json!({ "invoice_number": "RULES/1", "invoice_date": "2026-01-05" });
        facts.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        facts
    };
    vec![
        (json!({ "date": null }), "date", "date_missing"),
        (json!({ "date": "5/1/2026" }), "date", "not_a_date"),
        (json!({ "date": "2126-01-01" }), "date", "date_in_future"),
        (json!({ "customer": " " }), "customer", "customer_missing"),
        (json!({ "customer": 7 }), "customer", "not_text"),
        (json!({ "customer": "A" }), "customer", "customer_length"),
        (json!({ "customer": "Asha\nTraders" }), "customer", "customer_control"),
        (json!({ "customer": "\u{fdfa}".repeat(200) }), "customer", "customer_too_long"),
        (json!({ "dc_summary": long(4001) }), "dc_summary", "summary_too_long"),
        (json!({ "remarks": long(4001) }), "remarks", "remarks_too_long"),
        (json!({ "received_by": long(101) }), "received_by", "received_by_too_long"),
        (json!({ "received_by": "Asha\u{0}" }), "received_by", "not_one_line"),
        (json!({ "delivery_executives": ["Ravi\nMeena"] }), "delivery_executives", "not_one_line"),
        (bill(json!({ "invoice_number": "RULES/1\t2" })), "invoice_number", "not_one_line"),
        (json!({ "delivery_executives": "Ravi" }), "delivery_executives", "not_a_list"),
        (json!({ "delivery_executives": [long(101)] }), "delivery_executives", "executives_too_many"),
        (json!({ "amount": "twelve" }), "amount", "not_an_amount"),
        (json!({ "amount": "-1" }), "amount", "amount_negative"),
        (json!({ "amount": "1.005" }), "amount", "amount_decimals"),
        (json!({ "amount": "1000000000000" }), "amount", "amount_too_large"),
        (json!({ "dispatched_at": "soon" }), "dispatched_at", "not_a_date_or_instant"),
        (json!({ "dispatched_at": "2126-01-01" }), "dispatched_at", "dispatched_in_future"),
        (json!({ "delivered_at": "2126-01-01" }), "delivered_at", "delivered_in_future"),
        (json!({ "delivered_at": "2126-01-01T10:00:00Z" }), "delivered_at", "delivered_in_future"),
        (
            json!({ "dispatched_at": "2026-01-07", "delivered_at": "2026-01-06" }),
            "delivered_at",
            "delivered_before_dispatched",
        ),
        (json!({ "invoice_number": "RULES/1" }), "invoice_date", "invoice_date_missing"),
        (json!({ "invoice_date": "2026-01-05" }), "invoice_number", "invoice_number_missing"),
        (bill(json!({ "invoice_number": long(51) })), "invoice_number", "invoice_number_too_long"),
        (bill(json!({ "invoice_date": "2026-01-04" })), "invoice_date", "invoice_before_challan"),
        (bill(json!({ "invoice_date": "2126-01-04" })), "invoice_date", "invoice_in_future"),
        (json!({ "invoice_submission": "yes" }), "invoice_submission", "not_a_flag"),
        (json!({ "invoice_submission": true }), "invoice_submission", "submission_without_invoice"),
        (bill(json!({ "invoice_submitted_on": "2026-01-06" })), "invoice_submitted_on", "not_submitted"),
        (
            bill(json!({ "invoice_submission": true, "invoice_submitted_on": "2126-01-06" })),
            "invoice_submitted_on",
            "submitted_in_future",
        ),
        (json!({ "pod_upload_date": "2126-01-01" }), "pod_upload_date", "pod_in_future"),
        (json!({ "colour": "red" }), "colour", "unknown_field"),
        (json!({ "customer": "\u{200d}\u{200b}" }), "customer", "customer_missing"),
    ]
}

fn is_told(by_field: &Value, codes: &Value, field: &str, code: &str) {
    let sentence = by_field[field][0].as_str().unwrap_or_default();
    assert!(sentence.ends_with('.') && sentence.contains(' '), "{field}, {code}: {by_field}");
    assert_eq!(codes, &json!({ field: [code] }), "{sentence}");
}

/// Each by a new challan, a changed one, a pasted row and a row of another system; nothing of it is written.
pub async fn every_rule_has_a_word_of_its_own(house: &House) {
    let client = house.client().await;
    let whole = |facts: &Value| {
        let mut row =
            Map::from_iter([("date".into(), json!("2026-01-05")), ("customer".into(), json!("Rule Traders"))]);
        row.extend(facts.as_object().unwrap().clone());
        row
    };
    let row = client.create(json!(whole(&json!({})))).await;
    let path = format!("{DATA}{}/", row["id"].as_str().unwrap());
    for (facts, field, code) in broken() {
        let (status, problem) = client.send(Method::POST, DATA, &[], &json!(whole(&facts))).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(code)), "{problem}");
        is_told(&problem["fields"], &problem["codes"], field, code);
        let (status, problem) = client.send(Method::PATCH, &path, &[("if-match", "*")], &facts).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        is_told(&problem["fields"], &problem["codes"], field, code);
        let rows = json!([{ "id": row["id"], "base_version": 1, "set": facts }, { "id": null, "set": whole(&facts) }]);
        let (status, pasted) =
            client.send(Method::POST, "/api/tracker/bulk/", &[], &json!({ "action": "patch", "rows": rows })).await;
        assert_eq!((status, &pasted["refused"]), (StatusCode::OK, &json!(2)), "{pasted}");
        for result in pasted["results"].as_array().unwrap() {
            assert_eq!(result["code"], code, "{pasted}");
            is_told(&result["errors"], &result["codes"], field, code);
        }
        let mut sent = whole(&facts);
        sent.extend([("source".into(), json!("rules")), ("external_id".into(), json!("R-1"))]);
        let (status, taken) = client.send(Method::POST, "/api/ingest/challans/", &[], &json!([sent])).await;
        assert_eq!((status, &taken["rejected"]), (StatusCode::OK, &json!(1)), "{taken}");
        is_told(&taken["results"][0]["errors"], &taken["results"][0]["codes"], field, code);
    }
    assert_eq!(client.get(&path).await.1["version"], 1);
    let (status, problem) =
        client.send(Method::POST, DATA, &[], &json!({ "date": "2126-01-01", "customer": "A", "amount": "1" })).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid")), "several rules");
    assert_eq!(problem["codes"], json!({ "customer": ["customer_length"], "date": ["date_in_future"] }));
    let wrong = json!({ "date": "2126-01-01", "customer": "A", "amount": "-1" });
    let (_, problem) = client.send(Method::POST, DATA, &[], &wrong).await;
    let codes = json!({ "amount": ["amount_negative"], "customer": ["customer_length"], "date": ["date_in_future"] });
    assert_eq!(problem["codes"], codes, "what cannot be read beside what breaks a rule");
}
