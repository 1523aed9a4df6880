//! What other systems send, where it meets numbers, clerks and the trash.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Client, DATA, House, PASSWORD};

const INGEST: &str = "/api/ingest/challans/";

/// A row of the source `erp`; what `more` says goes before.
fn row(key: &str, more: &Value) -> Value {
    let mut row = json!({ "source": "erp", "external_id": key, "customer": "Girnar Foods", "date": "2025-06-02" });
    row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    row
}

/// Sends rows and gives the results.
async fn send(client: &Client, rows: &[Value]) -> Vec<Value> {
    let (status, answer) = client.send(Method::POST, INGEST, &[], &json!(rows)).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer["results"].as_array().unwrap().clone()
}

async fn send_one(client: &Client, row: &Value) -> Value {
    send(client, std::slice::from_ref(row)).await.remove(0)
}

fn path(result: &Value) -> String {
    format!("{DATA}{}/", result["id"].as_str().unwrap())
}

fn numbers(results: &[Value]) -> Vec<&str> {
    results.iter().map(|result| result["challan_number"].as_str().unwrap_or_default()).collect()
}

/// Numbers that come with rows and numbers that are drawn for others of the same call are no one's twice.
async fn given_and_drawn_numbers_stand_together(client: &Client) {
    let with = |key: &str, number: &str| row(key, &json!({ "challan_number": number }));
    let plain = |key: &str| row(key, &json!({}));
    let results = send(client, &[with("n1", "250600001"), with("n2", "250600002"), plain("n3")]).await;
    assert_eq!(numbers(&results), ["250600001", "250600002", "250600003"]);
    let results = send(client, &[plain("n4"), with("n5", "250600004"), with("n6", "250600006"), plain("n7")]).await;
    assert_eq!(numbers(&results), ["250600005", "250600004", "250600006", "250600007"]);
    let mut many: Vec<Value> = (0..500).map(|i| row(&format!("m{i}"), &json!({ "date": "2025-09-01" }))).collect();
    many.push(row("m500", &json!({ "date": "2025-09-02", "challan_number": "250900501" })));
    many.push(row("m501", &json!({ "date": "2025-09-02" })));
    let results = send(client, &many).await;
    assert_eq!(numbers(&results)[499..], ["250900500", "250900501", "250900502"], "in the next commit");
    // The number of a row that is refused is still to be had.
    send_one(client, &row("n8", &json!({ "draft": true }))).await;
    let unfit = row("n8", &json!({ "challan_number": "OWN-8", "invoice_number": "without its date" }));
    let results = send(client, &[unfit, with("n9", "OWN-8")]).await;
    assert_eq!((&results[0]["outcome"], numbers(&results)[1]), (&json!("rejected"), "OWN-8"), "{results:?}");
}

/// A draft takes its number when its source calls it one no longer.
async fn a_draft_is_issued_by_its_source(client: &Client) {
    let draft = row("d1", &json!({ "draft": true, "date": "2025-07-01" }));
    let made = send_one(client, &draft).await;
    assert_eq!((&made["outcome"], &made["challan_number"]), (&json!("created"), &Value::Null));
    assert_eq!(send_one(client, &draft).await["outcome"], "unchanged");
    let issued = send_one(client, &row("d1", &json!({ "date": "2025-07-01" }))).await;
    assert_eq!((&issued["outcome"], &issued["challan_number"]), (&json!("updated"), &json!("250700001")));
    assert_eq!(client.get(&format!("{}history/", path(&made))).await.1["results"][0]["kind"], "issued");
    assert_eq!(send_one(client, &row("d1", &json!({ "date": "2025-07-01" }))).await["outcome"], "unchanged");

    send_one(client, &row("d2", &json!({ "draft": true, "date": "2025-07-01" }))).await;
    let named = row("d2", &json!({ "date": "2025-07-01", "challan_number": "DE-2" }));
    assert_eq!(send_one(client, &named).await["challan_number"], "DE-2");
    let empty = send_one(client, &row("d4", &json!({ "draft": null, "op": null, "challan_number": null }))).await;
    assert_eq!(empty["outcome"], "created", "nothing said is nothing asked");
    let both = send_one(client, &row("d3", &json!({ "draft": true, "challan_number": "DE-3" }))).await;
    assert_eq!((&both["outcome"], &both["codes"]["challan_number"]), (&json!("rejected"), &json!(["draft_number"])));
}

/// A row that is merely sent again does not undo a clerk; a later or another one brings the challan back.
async fn the_trash_is_left_by_news_only(client: &Client) {
    for (key, again, outcome) in [
        ("t1", json!({}), "unchanged"),
        ("t2", json!({ "remarks": "another" }), "updated"),
        ("t3", json!({ "occurred_at": "2026-01-02T00:00:00Z" }), "updated"),
    ] {
        let made = send_one(client, &row(key, &json!({ "remarks": "sent" }))).await;
        assert_eq!(client.send(Method::DELETE, &path(&made), &[("if-match", "*")], &json!({})).await.0, 200);
        let mut sent = row(key, &json!({ "remarks": "sent" }));
        sent.as_object_mut().unwrap().extend(again.as_object().unwrap().clone());
        assert_eq!(send_one(client, &sent).await["outcome"], outcome, "{key}");
        let stands = client.get(&path(&made)).await.1;
        assert_eq!(stands["deleted_at"].is_null(), outcome == "updated", "{key}: {stands}");
    }
    let sent = row("t4", &json!({}));
    send_one(client, &sent).await;
    let mut gone = sent.clone();
    gone["op"] = json!("delete");
    assert_eq!(send_one(client, &gone).await["outcome"], "updated");
    assert_eq!(send_one(client, &gone).await["outcome"], "unchanged");
    assert_eq!(send_one(client, &sent).await["outcome"], "updated", "what its source deleted, its source brings back");
}

/// Two messages of one moment are both heard; one from the future would silence all that follow.
async fn moments_are_compared(client: &Client) {
    let at = |amount: &str, at: &str| row("o1", &json!({ "amount": amount, "occurred_at": at }));
    send_one(client, &at("1", "2026-01-02T10:00:00Z")).await;
    assert_eq!(send_one(client, &at("2", "2026-01-02T10:00:00Z")).await["outcome"], "updated");
    assert_eq!(send_one(client, &at("3", "2026-01-02T09:59:59Z")).await["outcome"], "unchanged");
    let ahead = send_one(client, &at("4", "2099-01-01T00:00:00Z")).await;
    assert_eq!(ahead["codes"]["occurred_at"], json!(["occurred_in_future"]), "{ahead}");
    assert_eq!(send_one(client, &at("5", "2026-01-02T11:00:00Z")).await["outcome"], "updated");
}

/// An invoice's number and date count as one field also where a source sends only one of them.
async fn an_invoice_changed_on_both_sides_is_a_conflict(client: &Client) {
    let sent = |number: &str| row("i1", &json!({ "invoice_number": number, "invoice_date": "2025-06-03" }));
    let made = send_one(client, &sent("IM-1")).await;
    let clerk = json!({ "base_version": 1, "invoice_date": "2025-06-04" });
    assert_eq!(client.send(Method::PATCH, &path(&made), &[], &clerk).await.0, 200);
    let result = send_one(client, &sent("IM-2")).await;
    assert_eq!((&result["outcome"], &result["codes"]["invoice_number"]), (&json!("rejected"), &json!(["conflict"])));
}

/// What a source never sent was nothing to it: its first word on a field is no reason to overwrite a clerk's.
async fn a_field_that_a_clerk_wrote_first_is_a_conflict(client: &Client) {
    let made = send_one(client, &row("f1", &json!({}))).await;
    let clerk = json!({ "base_version": 1, "remarks": "left at the gate", "invoice_number": "CL-1", "invoice_date": "2025-06-04" });
    let (status, then) = client.send(Method::PATCH, &path(&made), &[], &clerk).await;
    assert_eq!(status, 200, "{then}");
    let later = json!({ "base_version": 2, "dc_summary": "4 boxes" });
    assert_eq!(client.send(Method::PATCH, &path(&made), &[], &later).await.0, 200);
    for (field, value) in [("remarks", "at the office"), ("invoice_number", "ERP-1")] {
        let result = send_one(client, &row("f1", &json!({ field: value }))).await;
        let conflict = &result["conflicts"][0];
        assert_eq!(conflict["at"], then["updated_at"], "when that field was written, not the row: {result}");
        assert_eq!((&result["id"], &result["challan_number"]), (&made["id"], &made["challan_number"]), "{result}");
        assert_eq!(
            (&result["outcome"], &result["codes"][field]),
            (&json!("rejected"), &json!(["conflict"])),
            "{result}"
        );
    }
    let same = send_one(client, &row("f1", &json!({ "remarks": "left at the gate" }))).await;
    assert_eq!(same["outcome"], "unchanged", "{same}");
    let other = send_one(client, &row("f1", &json!({ "remarks": "left at the gate", "amount": "7" }))).await;
    assert_eq!(other["outcome"], "updated", "{other}");
}

/// What a source says in another notation, or of a customer by another of its names, is what it said before.
async fn the_same_in_other_words_is_no_news(client: &Client) {
    let sent = |more: Value| row("w1", &more);
    client.create(json!({ "customer": "Asha Spelling", "date": "2025-06-02" })).await;
    let made = send_one(client, &sent(json!({ "customer": "ASHA SPELLING", "amount": "5" }))).await;
    let moved = send_one(client, &sent(json!({ "customer": "Asha Elsewhere" }))).await;
    assert_eq!(moved["outcome"], "updated", "nobody else touched it: {moved}");
    let body = json!({ "amount": "6", "base_version": 2 });
    assert_eq!(client.send(Method::PATCH, &path(&made), &[], &body).await.0, StatusCode::OK);
    let again = json!({ "customer": "asha elsewhere", "amount": 5.00, "remarks": null });
    assert_eq!(send_one(client, &sent(again.clone())).await["outcome"], "unchanged");
    let other = json!({ "customer": "ASHA ELSEWHERE", "remarks": "by the gate", "base_version": 3 });
    let (status, answer) = client.send(Method::PATCH, &path(&made), &[], &other).await;
    assert_eq!((status, &answer["amount"]), (StatusCode::OK, &json!("6.00")), "{answer}");
    let body = json!({ "customer": "ASHA Elsewhere", "base_version": 1 });
    let (status, answer) = client.send(Method::PATCH, &path(&made), &[], &body).await;
    assert_eq!(status, StatusCode::OK, "both wrote the same customer: {answer}");
    let (status, _) = client.send(Method::DELETE, &path(&made), &[("if-match", "*")], &json!({})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(send_one(client, &sent(again)).await["outcome"], "unchanged");
    assert!(!client.get(&path(&made)).await.1["deleted_at"].is_null(), "it stays in the trash");
}

/// What nobody could read the answer to is neither kept nor answered at length.
async fn floods_of_rows_and_names_are_cut_short(client: &Client) {
    let many = format!("[{}{{}}]", "{\"a\":1},".repeat(20_000));
    let (status, problem) = client.ingest(many).await;
    assert_eq!((status, &problem["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_many_rows")));
    assert!(problem["detail"].as_str().unwrap().contains("20001"), "{problem}");
    let small = format!("[{{\"remarks\": [{}0]}}]", "0,".repeat(600_000));
    let (status, problem) = client.ingest(small.clone()).await;
    assert_eq!((status, &problem["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_many_values")));
    let paste = json!({ "action": "patch", "rows": serde_json::from_str::<Value>(&small).unwrap() });
    let (status, problem) = client.send(Method::POST, "/api/tracker/bulk/", &[], &paste).await;
    assert_eq!((status, &problem["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_many_values")));
    let names: serde_json::Map<String, Value> = (0..5_000).map(|i| (format!("n{i}"), json!(1))).collect();
    let refused = send_one(client, &row("x1", &names.into())).await;
    assert_eq!((&refused["outcome"], refused["errors"].as_object().unwrap().len()), (&json!("rejected"), 20));
    let made = send_one(client, &row("x2", &json!({}))).await;
    let void = json!({ "reason": "\u{200b}\u{2060}\u{200b}" });
    let (status, problem) = client.send(Method::POST, &format!("{}void/", path(&made)), &[], &void).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("reason_length")));
}

/// A series without numbers refuses the rows that need one, and no others; a trial says so too.
async fn a_used_up_series_refuses_rows(client: &Client) {
    let series = json!({ "name": "Few", "template": "F{SEQ:1}", "reset": "never", "default": true });
    let (status, few) = client.send(Method::POST, "/api/tracker/series/", &[], &series).await;
    assert_eq!(status, StatusCode::CREATED, "{few}");
    let mut rows: Vec<Value> = (0..11).map(|i| row(&format!("u{i}"), &json!({}))).collect();
    rows.push(row("u11", &json!({ "challan_number": "OWN-1" })));
    rows.push(row("u12", &json!({ "draft": true })));
    let results = send(client, &rows).await;
    assert_eq!(numbers(&results)[..9], ["F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9"]);
    for refused in &results[9..11] {
        assert_eq!(refused["codes"]["date"], json!(["numbers_used_up"]), "{refused}");
    }
    assert!(results[11..].iter().all(|result| result["outcome"] == "created"), "{results:?}");
    let set = json!({ "customer": "Girnar Foods", "date": "2025-06-02" });
    for dry in [true, false] {
        let rows = json!([{ "id": null, "set": set }, { "id": null, "set": set, "draft": true }]);
        let asked = json!({ "action": "patch", "rows": rows, "dry_run": dry });
        let (status, answer) = client.send(Method::POST, "/api/tracker/bulk/", &[], &asked).await;
        assert_eq!(
            (status, &answer["created"], &answer["refused"]),
            (StatusCode::OK, &json!(1), &json!(1)),
            "{answer}"
        );
        assert_eq!(answer["results"][0]["code"], "numbers_used_up", "{answer}");
    }
    let (status, problem) = client.send(Method::POST, DATA, &[], &set).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("numbers_used_up")));

    // One that gets no number is in nobody's way: its invoice is the next one's.
    let billed = |customer: &str, invoice: &str| json!({ "customer": customer, "date": "2025-06-02", "invoice_number": invoice, "invoice_date": "2025-06-03" });
    let mut other = billed("Asha Traders", "WAY/1");
    other["challan_number"] = json!("OWN-2");
    let results = send(client, &[row("u13", &billed("Girnar Foods", "WAY/1")), row("u14", &other)]).await;
    assert_eq!(results[0]["codes"]["date"], json!(["numbers_used_up"]), "{results:?}");
    assert_eq!(results[1]["outcome"], "created", "{results:?}");
    for dry in [true, false] {
        let first = json!({ "id": null, "set": billed("Girnar Foods", "WAY/2") });
        let second = json!({ "id": null, "set": billed("Asha Traders", "WAY/2"), "draft": true });
        let asked = json!({ "action": "patch", "rows": [first, second], "dry_run": dry });
        let answer = client.send(Method::POST, "/api/tracker/bulk/", &[], &asked).await.1;
        assert_eq!((&answer["created"], &answer["refused"]), (&json!(1), &json!(1)), "{answer}");
        assert_eq!(answer["results"][0]["code"], "numbers_used_up", "{answer}");
    }
}

/// A person does not overwrite by a file what they may not read.
async fn what_is_hidden_is_not_imported(house: &House, boss: &Client) {
    let sent = |amount: &str| row("h1", &json!({ "amount": amount }));
    let made = send_one(boss, &sent("100")).await;
    let grants = json!([{ "permission": "challan:read", "hidden_columns": ["amount", "dispatched_at"] }, { "permission": "challan:import" }]);
    let who = json!({ "email": "imports@4syz.com", "password": PASSWORD, "grants": grants });
    assert_eq!(boss.send(Method::POST, "/api/users/", &[], &who).await.0, 201);
    let clerk = house.client_of("imports@4syz.com", PASSWORD).await;
    let refused = send_one(&clerk, &sent("9")).await;
    assert_eq!((&refused["outcome"], &refused["codes"]["amount"]), (&json!("rejected"), &json!(["forbidden"])));
    assert_eq!(send_one(&clerk, &row("h1", &json!({ "remarks": "seen" }))).await["outcome"], "updated");
    assert_eq!(boss.get(&path(&made)).await.1["amount"], "100.00");
    // A rule about it refuses without naming it.
    send_one(boss, &row("h1", &json!({ "dispatched_at": "2026-02-10" }))).await;
    let refused = send_one(&clerk, &row("h1", &json!({ "delivered_at": "2026-02-01" }))).await;
    assert_eq!((&refused["outcome"], &refused["codes"]), (&json!("rejected"), &json!({ "row": ["hidden_rule"] })));
    assert!(!refused.to_string().contains("dispatch"), "{refused}");
}

async fn what_systems_send(house: House) {
    let client = house.client().await;
    given_and_drawn_numbers_stand_together(&client).await;
    a_draft_is_issued_by_its_source(&client).await;
    the_trash_is_left_by_news_only(&client).await;
    moments_are_compared(&client).await;
    an_invoice_changed_on_both_sides_is_a_conflict(&client).await;
    a_field_that_a_clerk_wrote_first_is_a_conflict(&client).await;
    what_is_hidden_is_not_imported(&house, &client).await;
    the_same_in_other_words_is_no_news(&client).await;
    floods_of_rows_and_names_are_cut_short(&client).await;
    a_used_up_series_refuses_rows(&client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_systems_send_on_sqlite() {
    what_systems_send(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_systems_send_on_mariadb() {
    what_systems_send(House::open(true).await).await;
}
