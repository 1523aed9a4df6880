//! Rows changed or made by one request, each in its own way, as a paste does it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::batches::{colleague, one, sent, undo};
use crate::bulk::{ALL, BATCHES, BULK, bulk, count, ended, numbers};
use crate::house::House;

/// More than a JSON body elsewhere: ten thousand rows are more than a mebibyte.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_paste_passes_the_front_door() {
    let house = House::open(false).await;
    let client = house.client().await;
    let set = json!({ "customer": "Paste", "date": "2026-01-05", "remarks": "x".repeat(1500) });
    let rows: Vec<Value> = (0..1000).map(|_| json!({ "id": null, "set": set })).collect();
    let (status, _, answer) = bulk(&client, json!({ "action": "patch", "rows": rows, "dry_run": true })).await;
    assert_eq!((status, &answer["created"]), (StatusCode::OK, &json!(1000)), "{answer}");
}

pub async fn a_paste_is_answered_row_by_row(house: &House) {
    let asha = colleague(house, "paste@4syz.com", &ALL).await;
    let ravi = colleague(house, "pasted@4syz.com", &ALL).await;
    let made = |remarks: &str| json!({ "customer": "Paste", "date": "2026-01-05", "remarks": remarks });
    let (first, second) = (asha.create(made("a")).await, asha.create(made("b")).await);
    let theirs = json!({ "base_version": 1, "remarks": "ravi's" });
    assert_eq!(sent(&ravi, Method::PATCH, &one(&second), &theirs).await.0, StatusCode::OK);
    let nothing = "019f0000-0000-7000-8000-000000000001";
    let rows = json!([
        { "id": first["id"], "base_version": 1, "set": { "remarks": "pasted", "amount": "12.5" } },
        { "id": second["id"], "base_version": 1, "set": { "dc_summary": "merges" } },
        { "id": second["id"], "base_version": 1, "set": { "dc_summary": "twice" } },
        { "id": null, "set": { "customer": "Paste New", "date": "2026-01-06" } },
        { "id": null, "draft": true, "set": { "customer": "Paste New", "date": "2026-01-06" } },
        { "id": null, "set": { "customer": "Paste New", "date": "2126-01-06" } },
        { "id": nothing, "base_version": 1, "set": { "remarks": "x" } },
        { "id": first["id"], "base_version": 9, "set": { "remarks": "x" } },
    ]);
    let outcomes = |answer: &Value| -> Vec<String> {
        let word = |r: &Value| r["code"].as_str().or(r["outcome"].as_str()).unwrap().to_owned();
        answer["results"].as_array().unwrap().iter().map(word).collect()
    };
    let expected = ["updated", "updated", "twice", "created", "created", "date_in_future", "not_found", "twice"];
    let dry = bulk(&asha, json!({ "action": "patch", "rows": rows, "dry_run": true })).await;
    assert_eq!((dry.0, dry.1.as_str()), (StatusCode::OK, ""), "{}", dry.2);
    assert_eq!(outcomes(&dry.2), expected);
    assert_eq!(dry.2["results"][0]["changes"][0]["field"], "amount", "{}", dry.2["results"][0]);
    assert!(dry.2["results"][5]["errors"]["date"].is_array(), "{}", dry.2["results"][5]);
    assert_eq!(asha.get(&one(&first)).await.1["version"], 1, "nothing was written");
    assert_eq!(count(&asha, "customer:%22paste%20new%22").await, 0);
    let (status, batch, answer) = bulk(&asha, json!({ "action": "patch", "rows": rows })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(outcomes(&answer), expected);
    assert_eq!((&answer["created"], &answer["updated"], &answer["refused"]), (&json!(2), &json!(2), &json!(4)));
    assert_eq!(answer["results"][0]["version"], 2);
    assert!(answer["results"][3]["challan_number"].is_string() && answer["results"][4]["challan_number"].is_null());
    let merged = asha.get(&one(&second)).await.1;
    assert_eq!((&merged["remarks"], &merged["dc_summary"]), (&json!("ravi's"), &json!("merges")));
    let clash = json!([{ "id": second["id"], "base_version": 1, "set": { "remarks": "mine" } }]);
    let answer = bulk(&asha, json!({ "action": "patch", "rows": clash })).await.2;
    let conflict = &answer["results"][0]["conflicts"][0];
    assert_eq!(
        (&conflict["mine"], &conflict["theirs"], &conflict["by"]),
        (&json!("mine"), &json!("ravi's"), &json!("pasted@4syz.com")),
        "{answer}"
    );
    let undone = undo(&asha, &batch).await.2;
    assert_eq!((&undone["undone"], &undone["skipped"]), (&json!(4), &json!([])), "{undone}");
    assert_eq!(count(&asha, "customer:%22paste%20new%22").await, 0, "what was made is in the trash");
    for (wrong, field) in [
        (json!({ "action": "patch", "rows": [] }), "rows"),
        (json!({ "action": "patch", "rows": [{ "id": first["id"], "set": {} }] }), "rows"),
        (json!({ "action": "patch", "rows": [{ "set": {}, "colour": 1 }] }), "rows"),
        (json!({ "action": "patch", "rows": clash, "q": "x" }), "q"),
        (json!({ "action": "paint" }), "action"),
        (json!({ "action": "update", "q": "" }), "set"),
        (json!({ "action": "update", "q": "", "set": { "colour": "red" } }), "colour"),
        (json!({ "action": "update", "ids": [7], "set": { "remarks": "x" } }), "ids"),
        (json!({ "action": "delete" }), "ids"),
        (json!({ "action": "delete", "q": "", "reason": "x" }), "reason"),
        (json!({ "action": "void", "q": "" }), "reason"),
        (json!({ "action": "link_invoice", "q": "", "set": { "invoice_number": "1" } }), "invoice_date"),
        (json!({ "action": "delete", "q": "", "dry_run": 1 }), "dry_run"),
    ] {
        let (status, _, problem) = bulk(&asha, wrong.clone()).await;
        assert_eq!(
            (status, problem["fields"][field].is_array()),
            (StatusCode::UNPROCESSABLE_ENTITY, true),
            "{wrong}: {problem}"
        );
    }
    assert_eq!(bulk(&asha, json!({ "action": "delete", "q": "stage:gone" })).await.0, StatusCode::BAD_REQUEST);
}

/// A paste of 1,200 rows in several commits is one batch, is answered alike when it is sent again, and is undone in the
/// background.
pub async fn a_large_paste_is_one_batch(house: &House) {
    let asha = colleague(house, "large@4syz.com", &ALL).await;
    let rows: Vec<Value> = (0..1200)
        .map(|i| json!({ "id": null, "draft": true, "set": { "customer": "Large", "date": "2026-01-05", "remarks": format!("r{i}") } }))
        .collect();
    let body = json!({ "action": "patch", "rows": rows });
    let key = [("idempotency-key", "large-1")];
    let first = asha.send(Method::POST, BULK, &key, &body).await;
    assert_eq!((first.0, &first.1["created"]), (StatusCode::OK, &json!(1200)), "{}", first.1["results"][0]);
    let again = asha.send(Method::POST, BULK, &key, &body).await;
    assert_eq!(first.1, again.1);
    assert_eq!(count(&asha, "customer:large").await, 1200);
    let batch = first.1["batch_id"].as_str().unwrap();
    assert_eq!(numbers(&asha.get(&format!("{BATCHES}{batch}/")).await.1), [1200, 1200, 1200, 0]);
    let (status, undoing, answer) = undo(&asha, batch).await;
    assert_eq!((status, &answer["batch_id"]), (StatusCode::ACCEPTED, &json!(undoing)), "{answer}");
    assert_eq!(undo(&asha, batch).await.2["code"], "undone");
    let done = ended(&asha, &undoing).await;
    assert_eq!(
        (&done["status"], &done["undo_of"], numbers(&done)),
        (&json!("done"), &json!(batch), [1200, 1200, 1200, 0])
    );
    assert_eq!(count(&asha, "customer:large").await, 0);
    let redoing = undo(&asha, &undoing).await.1;
    assert_eq!(numbers(&ended(&asha, &redoing).await), [1200, 1200, 1200, 0]);
    assert_eq!(count(&asha, "customer:large").await, 1200, "redone");
}
