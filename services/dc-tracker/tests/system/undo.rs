//! Undo where more than fields changed, where rules stand in the way, and where others touched the row since.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::batches::{colleague, one, sent, undo};
use crate::house::{Client, DATA, EMAIL, House, PASSWORD};
use crate::rights::{Caller, user};

const CLERK: [&str; 6] =
    ["challan:read", "challan:create", "challan:update", "challan:delete", "challan:bulk", "challan:import"];
const RAVI: &str = "undo-ravi@4syz.com";

async fn patched(client: &Client, path: &str, set: Value) -> String {
    let mut set = set;
    set["base_version"] = client.get(path).await.1["version"].clone();
    let (status, batch, answer) = sent(client, Method::PATCH, path, &set).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    batch
}

async fn ingested(client: &Client, rows: &Value) -> String {
    let (status, answer) = client.send(Method::POST, "/api/ingest/challans/", &[], rows).await;
    assert_eq!((status, &answer["rejected"]), (StatusCode::OK, &json!(0)), "{answer}");
    answer["batch_id"].as_str().unwrap().to_owned()
}

async fn deleted(client: &Client, path: &str) -> String {
    let request = client.http.delete(format!("{}{path}", client.url)).header("if-match", "*");
    let answer = request.header("x-csrftoken", &client.token).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.headers()["x-batch-id"].to_str().unwrap().to_owned()
}

/// What undoing changed, and what it skipped: field, code and by whom.
async fn undone(client: &Client, batch: &str) -> (String, u64, Vec<(String, String, String)>) {
    let (status, undoing, answer) = undo(client, batch).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let skipped = answer["skipped"].as_array().unwrap().iter();
    let mut skipped: Vec<_> = skipped.map(|s| (text(&s["field"]), text(&s["code"]), text(&s["by"]))).collect();
    skipped.sort();
    (undoing, answer["undone"].as_u64().unwrap(), skipped)
}

fn skips(all: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    all.iter().map(|(field, code, by)| ((*field).into(), (*code).into(), (*by).into())).collect()
}

/// A row whose source moves it into the trash or out of it, and changes it in the same breath.
async fn fields_and_trash_go_together(asha: &Client) {
    let row = |key: &str, amount: u32| {
        json!({ "source": "undo", "external_id": key, "date": "2026-01-05", "customer": "Undo Traders",
            "amount": amount.to_string() })
    };
    let gone = |key: &str| json!({ "source": "undo", "external_id": key, "op": "delete" });
    let state = async |key: &str| {
        let mut now = asha.get(&format!("{DATA}?q=external:{key}+source:undo")).await.1["results"][0].clone();
        if now.is_null() {
            now = asha.get(&format!("{DATA}?q=external:{key}+deleted:any")).await.1["results"][0].clone();
        }
        (now["deleted_at"].is_string(), now["amount"].as_str().unwrap().to_owned())
    };
    let is = |deleted: bool, amount: &str| (deleted, amount.to_owned());
    ingested(asha, &json!([row("k1", 5)])).await;
    ingested(asha, &json!([gone("k1")])).await;
    let back = ingested(asha, &json!([row("k1", 6)])).await;
    assert_eq!(state("k1").await, is(false, "6.00"));
    let (undoing, count, skipped) = undone(asha, &back).await;
    assert_eq!((count, skipped), (1, Vec::new()));
    assert_eq!(state("k1").await, is(true, "5.00"), "into the trash, as it was there");
    let (again, ..) = undone(asha, &undoing).await;
    assert_eq!(state("k1").await, is(false, "6.00"), "redo");
    undone(asha, &again).await;
    assert_eq!(state("k1").await, is(true, "5.00"), "and undo again");

    ingested(asha, &json!([row("k2", 5)])).await;
    let both = ingested(asha, &json!([row("k2", 41), gone("k2")])).await;
    assert_eq!(state("k2").await, is(true, "41.00"));
    let (undoing, ..) = undone(asha, &both).await;
    assert_eq!(state("k2").await, is(false, "5.00"));
    let (_, count, skipped) = undone(asha, &undoing).await;
    assert_eq!((count, skipped), (1, Vec::new()));
    assert_eq!(state("k2").await, is(true, "41.00"), "redo writes and deletes");

    ingested(asha, &json!([row("k3", 5)])).await;
    ingested(asha, &json!([gone("k3")])).await;
    let out_and_in = ingested(asha, &json!([row("k3", 42), gone("k3")])).await;
    assert_eq!(state("k3").await, is(true, "42.00"));
    undone(asha, &out_and_in).await;
    assert_eq!(state("k3").await, is(true, "5.00"), "it was in the trash before");
}

/// What a rule refuses stays, and the rest is undone.
async fn a_rule_keeps_the_fields_that_it_weighs(asha: &Client, ravi: &Client) {
    let body = json!({ "customer": "Rule Traders", "date": "2026-01-05", "remarks": "old", "amount": "5" });
    let path = one(&asha.create(body.clone()).await);
    let set = json!({ "remarks": "new", "amount": "7", "invoice_number": "UR/1", "invoice_date": "2026-01-06" });
    let batch = patched(asha, &path, set).await;
    patched(ravi, &path, json!({ "invoice_submission": true })).await;
    let (undoing, count, skipped) = undone(asha, &batch).await;
    let code = "submission_without_invoice";
    assert_eq!((count, skipped), (1, skips(&[("invoice_date", code, RAVI), ("invoice_number", code, RAVI)])));
    let now = asha.get(&path).await.1;
    assert_eq!((&now["remarks"], &now["amount"]), (&json!("old"), &json!("5.00")));
    assert_eq!((&now["invoice_number"], &now["invoice_submission"]), (&json!("UR/1"), &json!(true)));
    let (_, count, skipped) = undone(asha, &undoing).await;
    assert_eq!((count, skipped), (1, Vec::new()));
    assert_eq!(asha.get(&path).await.1["remarks"], "new");

    let path = one(&asha
        .create(json!({ "customer": "Rule Traders", "date": "2026-01-05", "dispatched_at": "2026-01-09" }))
        .await);
    let batch = patched(asha, &path, json!({ "dispatched_at": "2026-01-06", "remarks": "left" })).await;
    patched(ravi, &path, json!({ "delivered_at": "2026-01-07" })).await;
    let (_, count, skipped) = undone(asha, &batch).await;
    assert_eq!((count, skipped), (1, skips(&[("dispatched_at", "delivered_before_dispatched", RAVI)])));
    let now = asha.get(&path).await.1;
    assert_eq!((&now["dispatched_at"], &now["remarks"]), (&json!("2026-01-06"), &Value::Null));

    // Nothing but what the rule weighs: nothing is done, and the batch can be undone later.
    let path = one(&asha.create(body).await);
    let batch = patched(asha, &path, json!({ "invoice_number": "UR/2", "invoice_date": "2026-01-06" })).await;
    patched(ravi, &path, json!({ "invoice_submission": true })).await;
    let (none, count, skipped) = undone(asha, &batch).await;
    assert_eq!((none.as_str(), count, skipped.len()), ("", 0, 2));
    patched(ravi, &path, json!({ "invoice_submission": false })).await;
    assert_eq!(undone(asha, &batch).await.1, 1);
    assert_eq!(asha.get(&path).await.1["invoice_number"], Value::Null);
}

/// What somebody else wrote to since stays out of the trash, whether that still shows or not.
async fn what_others_touched_stays(asha: &Client, ravi: &Client) {
    let body = json!({ "customer": "Touched Traders", "date": "2026-01-05" });
    let (_, making, made) = sent(asha, Method::POST, DATA, &body).await;
    let path = one(&made);
    for remarks in [json!("x"), Value::Null] {
        patched(ravi, &path, json!({ "remarks": remarks })).await;
    }
    let (_, count, skipped) = undone(asha, &making).await;
    assert_eq!((count, skipped), (0, skips(&[("", "conflict", RAVI)])));
    assert_eq!(asha.get(&path).await.1["deleted_at"], Value::Null);

    let deleting = deleted(asha, &path).await;
    let (undoing, ..) = undone(asha, &deleting).await;
    deleted(ravi, &path).await;
    let (status, _, restored) = sent(ravi, Method::POST, &format!("{path}restore/"), &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{restored}");
    let (_, count, skipped) = undone(asha, &undoing).await;
    assert_eq!((count, skipped), (0, skips(&[("", "conflict", RAVI)])), "a redo trashes nothing of Ravi's");
    assert_eq!(asha.get(&path).await.1["deleted_at"], Value::Null);

    // One's own changes that come to nothing are in nobody's way.
    let (_, making, made) = sent(asha, Method::POST, DATA, &body).await;
    let path = one(&made);
    let batch = patched(asha, &path, json!({ "remarks": "mine" })).await;
    undone(asha, &batch).await;
    assert_eq!(undone(asha, &making).await.1, 1);
    assert!(asha.get(&path).await.1["deleted_at"].is_string());
}

/// A rule that weighs a hidden field refuses without naming it.
async fn a_hidden_field_is_not_named_by_its_rules(house: &House) {
    let boss = Caller::signed_in(house, EMAIL).await;
    let made = user(&boss, "undo-veiled@4syz.com", "user", &[]).await;
    let hidden = json!(["invoice_date", "invoice_number", "invoice_submission"]);
    let grants = json!({ "grants": [
        { "permission": "challan:read", "hidden_columns": hidden }, { "permission": "challan:update" },
        { "permission": "challan:create" }, { "permission": "challan:bulk" } ] });
    let path = format!("/api/users/{}/grants/", made["id"].as_str().unwrap());
    assert_eq!(boss.send(Method::PUT, &path, Some(&grants)).await.0, 200);
    let veiled = house.client_of("undo-veiled@4syz.com", PASSWORD).await;
    let body = json!({ "customer": "Veiled Traders", "date": "2026-01-05" });
    let (_, _, challan) = sent(&veiled, Method::POST, DATA, &body).await;
    let path = one(&challan);
    let batch = patched(&veiled, &path, json!({ "date": "2026-01-02", "remarks": "earlier" })).await;
    let invoice = json!({ "base_version": 2, "invoice_number": "V/1", "invoice_date": "2026-01-03" });
    assert_eq!(boss.send(Method::PATCH, &path, Some(&invoice)).await.0, 200);
    let set = json!({ "base_version": 3, "date": "2026-01-04" });
    let (status, _, problem) = sent(&veiled, Method::PATCH, &path, &set).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("hidden_rule")),
        "{problem}"
    );
    let row = json!({ "id": challan["id"], "base_version": 3, "set": { "date": "2026-01-04" } });
    let paste = json!({ "action": "patch", "dry_run": true, "rows": [row] });
    let (_, _, pasted) = sent(&veiled, Method::POST, "/api/tracker/bulk/", &paste).await;
    let (_, _, undoing) = undo(&veiled, &batch).await;
    assert_eq!((&undoing["undone"], &undoing["skipped"][0]["code"]), (&json!(1), &json!("hidden_rule")), "{undoing}");
    assert_eq!(undoing["skipped"][0]["field"], "date");
    // An invoice that it shares with another challan keeps it at its customer.
    let body = json!({ "customer": "Veiled Traders", "date": "2026-01-02", "invoice_number": "V/1",
        "invoice_date": "2026-01-03" });
    assert_eq!(boss.send(Method::POST, DATA, Some(&body)).await.0, 201);
    let set = json!({ "base_version": 4, "customer": "Other Traders" });
    let (_, _, shared) = sent(&veiled, Method::PATCH, &path, &set).await;
    let bulk =
        json!({ "action": "update", "ids": [challan["id"]], "set": { "customer": "Other Traders" }, "dry_run": true });
    let (_, _, bulk) = sent(&veiled, Method::POST, "/api/tracker/bulk/", &bulk).await;
    for answer in [&problem, &shared, &pasted, &undoing, &bulk] {
        let text = answer.to_string();
        assert!(text.contains("hidden from you") && !text.contains("invoice"), "{text}");
    }
    // A rule about what can be seen is named beside it.
    let set = json!({ "base_version": 4, "date": "2126-01-01" });
    let (_, _, problem) = sent(&veiled, Method::PATCH, &path, &set).await;
    assert_eq!(problem["codes"], json!({ "date": ["date_in_future"] }), "{problem}");
}

async fn undo_in_full(house: House) {
    let asha = colleague(&house, "undo-asha@4syz.com", &CLERK).await;
    let ravi = colleague(&house, RAVI, &CLERK).await;
    fields_and_trash_go_together(&asha).await;
    a_rule_keeps_the_fields_that_it_weighs(&asha, &ravi).await;
    what_others_touched_stays(&asha, &ravi).await;
    a_hidden_field_is_not_named_by_its_rules(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_on_sqlite() {
    undo_in_full(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn undo_on_mariadb() {
    undo_in_full(House::open(true).await).await;
}
