//! Pages of a list: their rows are what each row is by itself, whoever asks and however often, and no page is older than the
//! register or than the asker's rights.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{DATA, EMAIL, House, PASSWORD};
use crate::rights::Caller;

/// Both times a page is asked for, the second of which may be one that was kept.
async fn rows(caller: &Caller, q: &str) -> Vec<Value> {
    let path = format!("{DATA}?q={q}&count=exact");
    let (first, again) = (caller.send(Method::GET, &path, None).await, caller.send(Method::GET, &path, None).await);
    assert_eq!(first, again);
    assert_eq!(first.0, 200, "{}", first.1);
    assert_eq!(first.1["count"], first.1["results"].as_array().unwrap().len(), "{}", first.1);
    first.1["results"].as_array().unwrap().clone()
}

async fn person(boss: &Caller, house: &House, name: &str, grants: Value) -> Caller {
    let email = format!("{name}@4syz.com");
    boss.make("/api/users/", json!({ "email": email, "password": PASSWORD, "grants": grants })).await;
    Caller::signed_in(house, &email).await
}

async fn pages_are_what_their_rows_are(house: House) {
    let boss = Caller::signed_in(&house, EMAIL).await;
    let challan = |more: Value| {
        let mut row =
            json!({ "customer": "Asha Traders", "date": "2026-01-05", "amount": "12.50", "remarks": "a \"}\" b" });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let issued = boss.make(DATA, challan(json!({}))).await;
    boss.make(DATA, challan(json!({ "draft": true }))).await;
    boss.make(DATA, challan(json!({ "customer": "Girnar Foods", "delivery_executives": ["Ravi"] }))).await;
    let path = |row: &Value| format!("{DATA}{}/", row["id"].as_str().unwrap());
    let void = boss.make(DATA, challan(json!({}))).await;
    boss.send(Method::POST, &format!("{}void/", path(&void)), Some(&json!({ "reason": "twice" }))).await;
    let gone = boss.make(DATA, challan(json!({}))).await;
    let gone_by = Some(&json!({ "action": "delete", "ids": [gone["id"]] }));
    assert_eq!(boss.send(Method::POST, "/api/tracker/bulk/", gone_by).await.0, 202);
    while boss.send(Method::GET, &path(&gone), None).await.1["deleted_at"].is_null() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }

    let scope = json!({ "customers": [issued["customer_id"]] });
    let read = json!({ "permission": "challan:read" });
    let update_some = json!({ "permission": "challan:update", "scope": scope });
    let hides = json!({ "permission": "challan:read", "hidden_columns": ["amount"] });
    let callers = [
        person(&boss, &house, "reads", json!([read])).await,
        person(&boss, &house, "changes", json!([read, { "permission": "challan:update" }])).await,
        person(&boss, &house, "deletes", json!([read, { "permission": "challan:delete" }])).await,
        person(&boss, &house, "some", json!([read, update_some])).await,
        person(&boss, &house, "own", json!([{ "permission": "challan:read", "scope": scope }])).await,
        person(&boss, &house, "half", json!([hides])).await,
        boss,
    ];
    for caller in &callers {
        for q in ["", "deleted:any", "asha", "stage:void"] {
            for row in rows(caller, q).await {
                assert_eq!(caller.send(Method::GET, &path(&row), None).await.1, row, "found by {q:?}");
            }
        }
    }
    let boss = &callers[callers.len() - 1];
    for n in 1..4 {
        let change = json!({ "base_version": n, "remarks": format!("{n}") });
        assert_eq!(boss.send(Method::PATCH, &path(&issued), Some(&change)).await.0, 200);
        for caller in &callers {
            let rows = rows(caller, "").await;
            let row = rows.iter().find(|row| row["id"] == issued["id"]).unwrap();
            assert_eq!((&row["remarks"], &row["version"]), (&json!(format!("{n}")), &json!(n + 1)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_on_sqlite() {
    pages_are_what_their_rows_are(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_on_mariadb() {
    pages_are_what_their_rows_are(House::open(true).await).await;
}
