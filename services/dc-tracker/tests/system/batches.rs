//! Every writing request is a batch, which its maker finds again.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Client, DATA, House, PASSWORD};
use crate::rights::{Caller, user};

const BATCHES: &str = "/api/tracker/batches/";

/// Sends a request of the site; gives its status, batch and answer.
pub async fn sent(client: &Client, method: Method, path: &str, body: &Value) -> (StatusCode, String, Value) {
    let request = client.http.request(method, format!("{}{path}", client.url)).header("x-csrftoken", &client.token);
    let answer = request.json(body).send().await.unwrap();
    let batch = answer.headers().get("x-batch-id").map(|b| b.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status(), batch, answer.json().await.unwrap_or_default())
}

pub fn one(challan: &Value) -> String {
    format!("{DATA}{}/", challan["id"].as_str().unwrap())
}

/// Somebody with these permissions on every row.
pub async fn colleague(house: &House, email: &str, permissions: &[&str]) -> Client {
    user(&Caller::signed_in(house, crate::house::EMAIL).await, email, "user", permissions).await;
    house.client_of(email, PASSWORD).await
}

async fn every_write_is_a_batch(house: &House) {
    let client =
        colleague(house, "maker@4syz.com", &["challan:read", "challan:create", "challan:update", "challan:import"])
            .await;
    let body = json!({ "customer": "Batch Traders", "date": "2026-01-05" });
    let (status, made, challan) = sent(&client, Method::POST, DATA, &body).await;
    assert_eq!(status, StatusCode::CREATED, "{challan}");
    let patch = json!({ "base_version": 1, "remarks": "x" });
    let (_, changed, _) = sent(&client, Method::PATCH, &one(&challan), &patch).await;
    let rows: String = (0..1200)
        .map(|i| {
            let date = if i % 100 == 0 { "31-02-2026" } else { "2026-01-05" };
            format!(
                "{}\n",
                json!({ "source": "b", "external_id": format!("b{i}"), "customer": "Batch Traders", "date": date })
            )
        })
        .collect();
    let ingested = client.ingest(rows).await.1["batch_id"].as_str().unwrap().to_owned();
    let (status, batch) = client.get(&format!("{BATCHES}{ingested}/")).await;
    assert_eq!(status, StatusCode::OK);
    let numbers = |b: &Value| ["matched", "done", "changed"].map(|n| b[n].as_u64().unwrap());
    assert_eq!(numbers(&batch), [1200, 1200, 1188], "{batch}");
    assert_eq!(
        (&batch["status"], &batch["action"], &batch["via"]),
        (&json!("done"), &json!("ingest"), &json!("ingest"))
    );
    assert_eq!(batch["by"]["name"].as_str().map(str::is_empty), Some(false));
    let mine = client.get(&format!("{BATCHES}?mine=1")).await.1;
    let seen: Vec<(&str, &str)> = mine["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| (b["id"].as_str().unwrap(), b["action"].as_str().unwrap()))
        .collect();
    assert_eq!(seen, [(&*ingested, "ingest"), (&*changed, "updated"), (&*made, "created")], "the newest first");
    let first = client.get(&format!("{BATCHES}?mine=1&limit=2")).await.1;
    let second = client.get(first["next"].as_str().unwrap()).await.1;
    assert_eq!((&second["results"][0]["id"], &second["next"]), (&json!(made), &Value::Null));
    for wrong in ["limit=0", "mine=yes"] {
        assert_eq!(client.get(&format!("{BATCHES}?{wrong}")).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let other = colleague(house, "other@4syz.com", &["challan:read"]).await;
    assert_eq!(other.get(&format!("{BATCHES}{made}/")).await.0, StatusCode::NOT_FOUND, "another's batch");
    assert_eq!(other.get(BATCHES).await.1["results"], json!([]));
    let boss = house.client().await;
    assert_eq!(boss.get(&format!("{BATCHES}{made}/")).await.1["by"]["id"], mine["results"][2]["by"]["id"]);
    let all = boss.get(BATCHES).await.1["results"].as_array().unwrap().iter().any(|b| b["id"] == made.as_str());
    assert!(all, "an admin reads everybody's");
    assert_eq!(boss.get(&format!("{BATCHES}?mine=1")).await.1["results"], json!([]));
}

pub async fn undo(client: &Client, batch: &str) -> (StatusCode, String, Value) {
    sent(client, Method::POST, &format!("{BATCHES}{batch}/undo/"), &json!({})).await
}

/// Waits until a challan is seen so.
pub async fn comes_to(client: &Client, path: &str, so: impl Fn(&Value) -> bool) {
    for _ in 0..100 {
        if so(&client.get(path).await.1) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{path} is still {}", client.get(path).await.1);
}

const CLERK: [&str; 5] = ["challan:read", "challan:create", "challan:update", "challan:delete", "challan:bulk"];

/// Undo writes the opposite change, redo undoes the undo, and both leave alone what somebody else wrote since.
async fn undo_and_redo_leave_others_changes(house: &House) {
    let asha = colleague(house, "undo@4syz.com", &CLERK).await;
    let ravi = colleague(house, "meanwhile@4syz.com", &CLERK).await;
    let body = json!({ "customer": "First Traders", "date": "2026-01-05", "remarks": "old", "amount": "5" });
    let challan = asha.create(body).await;
    let path = one(&challan);
    let set = json!({ "base_version": 1, "customer": "Second Traders", "remarks": "new", "amount": "7",
        "invoice_number": "U/1", "invoice_date": "2026-01-06", "invoice_submission": true });
    let (status, batch, changed) = sent(&asha, Method::PATCH, &path, &set).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    let theirs = json!({ "base_version": 2, "remarks": "ravi's", "invoice_date": "2026-01-07" });
    assert_eq!(sent(&ravi, Method::PATCH, &path, &theirs).await.0, StatusCode::OK);
    for stranger in [&ravi, &house.client().await] {
        let status = undo(stranger, &batch).await.0;
        assert!(status == StatusCode::NOT_FOUND || status == StatusCode::FORBIDDEN, "{status}");
    }
    let (status, undoing, answer) = undo(&asha, &batch).await;
    assert_eq!((status, &answer["undone"]), (StatusCode::OK, &json!(1)), "{answer}");
    let mut skipped: Vec<(&str, &Value, &str, &str)> = answer["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["field"].as_str().unwrap(), &s["now"], s["by"].as_str().unwrap(), s["code"].as_str().unwrap()))
        .collect();
    skipped.sort_by_key(|s| s.0);
    let ravi_is = "meanwhile@4syz.com";
    let (date, number, remarks) = (json!("2026-01-07"), json!("U/1"), json!("ravi's"));
    assert_eq!(
        skipped,
        [
            ("invoice_date", &date, ravi_is, "conflict"),
            ("invoice_number", &number, ravi_is, "conflict"),
            ("remarks", &remarks, ravi_is, "conflict"),
        ]
    );
    let now = asha.get(&path).await.1;
    assert_eq!(
        (&now["customer"], &now["customer_id"], &now["amount"], &now["remarks"]),
        (&json!("First Traders"), &challan["customer_id"], &json!("5.00"), &json!("ravi's"))
    );
    assert_eq!((&now["invoice_submission"], &now["invoice_number"]), (&json!(false), &json!("U/1")));
    let history = asha.get(&format!("{path}history/")).await.1;
    assert_eq!((&history["results"][0]["via"], &history["results"][0]["batch_id"]), (&json!("undo"), &json!(undoing)));
    let twice = undo(&asha, &batch).await;
    assert_eq!((twice.0, twice.2["code"].as_str()), (StatusCode::CONFLICT, Some("undone")), "{}", twice.2);
    let seen = asha.get(&format!("{BATCHES}{batch}/")).await.1;
    assert_eq!((&seen["undone_by"], &seen["undoable"]), (&json!(undoing), &json!(false)));
    let (status, _, redone) = undo(&asha, &undoing).await;
    assert_eq!((status, &redone["undone"], &redone["skipped"]), (StatusCode::OK, &json!(1), &json!([])), "{redone}");
    let again = asha.get(&path).await.1;
    assert_eq!((&again["customer"], &again["amount"]), (&json!("Second Traders"), &json!("7.00")));
    assert_eq!((&again["remarks"], &again["invoice_submission"]), (&json!("ravi's"), &json!(true)));
}

/// What was made goes to the trash unless it was touched; the trash and a void are taken back; a number is not.
async fn undo_of_every_kind(house: &House) {
    let asha = colleague(house, "kinds@4syz.com", &CLERK).await;
    let body = json!({ "customer": "Kinds", "date": "2026-01-05", "draft": true });
    let (_, making, draft) = sent(&asha, Method::POST, DATA, &body).await;
    let path = one(&draft);
    let (_, undoing, answer) = undo(&asha, &making).await;
    assert_eq!(answer["undone"], 1, "{answer}");
    assert!(asha.get(&path).await.1["deleted_at"].is_string());
    assert_eq!(undo(&asha, &undoing).await.2["undone"], 1);
    assert_eq!(asha.get(&path).await.1["deleted_at"], Value::Null);
    let (_, issuing, issued) = sent(&asha, Method::POST, &format!("{path}issue/"), &json!({})).await;
    let (status, none, answer) = undo(&asha, &issuing).await;
    let skipped = &answer["skipped"][0];
    assert_eq!((status, none.as_str(), &answer["undone"]), (StatusCode::OK, "", &json!(0)), "{answer}");
    assert_eq!((&skipped["code"], &skipped["now"]), (&json!("number_kept"), &issued["challan_number"]));
    assert_eq!(asha.get(&path).await.1["challan_number"], issued["challan_number"]);
    let void = json!({ "reason": "wrong goods" });
    let (_, voiding, _) = sent(&asha, Method::POST, &format!("{path}void/"), &void).await;
    let (_, undoing, answer) = undo(&asha, &voiding).await;
    assert_eq!(answer["undone"], 1, "{answer}");
    let now = asha.get(&path).await.1;
    assert_eq!(
        (&now["stage"], &now["void_reason"], &now["challan_number"]),
        (&json!("issued"), &Value::Null, &issued["challan_number"])
    );
    assert_eq!(undo(&asha, &undoing).await.2["undone"], 1);
    let now = asha.get(&path).await.1;
    assert_eq!((&now["stage"], &now["void_reason"]), (&json!("void"), &json!("wrong goods")));
    let client = &asha.http;
    let delete =
        client.delete(format!("{}{path}", asha.url)).header("x-csrftoken", &asha.token).header("if-match", "*");
    let deleting = delete.send().await.unwrap().headers()["x-batch-id"].to_str().unwrap().to_owned();
    assert_eq!(undo(&asha, &deleting).await.2["undone"], 1);
    assert_eq!(asha.get(&path).await.1["deleted_at"], Value::Null);

    let (_, making, made) = sent(&asha, Method::POST, DATA, &body).await;
    let boss = house.client().await;
    let patch = json!({ "base_version": 1, "remarks": "touched" });
    assert_eq!(sent(&boss, Method::PATCH, &one(&made), &patch).await.0, StatusCode::OK);
    let answer = undo(&asha, &making).await.2;
    assert_eq!((&answer["undone"], &answer["skipped"][0]["code"]), (&json!(0), &json!("conflict")), "{answer}");
    assert!(answer["skipped"][0]["at"].is_string(), "{answer}");
    assert_eq!(asha.get(&one(&made)).await.1["deleted_at"], Value::Null, "somebody touched it since");
    let customer = boss.send(Method::POST, "/api/tracker/customers/", &[], &json!({ "name": "Not Undone" })).await;
    assert_eq!(customer.0, StatusCode::CREATED);
    let newest = boss.get(&format!("{BATCHES}?mine=1&limit=1")).await.1["results"][0].clone();
    assert_eq!((&newest["action"], &newest["undoable"]), (&json!("customer"), &json!(false)));
    let refused = undo(&boss, newest["id"].as_str().unwrap()).await;
    assert_eq!((refused.0, refused.2["code"].as_str()), (StatusCode::CONFLICT, Some("not_undoable")));
}

/// Rights are those of now: a column that is hidden meanwhile is not written, a row out of reach not touched.
async fn undo_asks_for_the_rights_of_now(house: &House) {
    let boss = Caller::signed_in(house, crate::house::EMAIL).await;
    let made = user(&boss, "less@4syz.com", "user", &CLERK).await;
    let grants = format!("/api/users/{}/grants/", made["id"].as_str().unwrap());
    let clerk = house.client_of("less@4syz.com", PASSWORD).await;
    let challan = clerk.create(json!({ "customer": "Rights", "date": "2026-01-05" })).await;
    let path = one(&challan);
    let set = json!({ "base_version": 1, "amount": "5", "remarks": "r" });
    let (_, batch, _) = sent(&clerk, Method::PATCH, &path, &set).await;
    let less = json!({ "grants": [{ "permission": "challan:read", "hidden_columns": ["amount"] },
        { "permission": "challan:update" }] });
    assert_eq!(boss.send(Method::PUT, &grants, Some(&less)).await.0, 200);
    comes_to(&clerk, &path, |row| row["hidden"] == json!(["amount"])).await;
    let answer = undo(&clerk, &batch).await.2;
    assert_eq!(answer["undone"], 1, "{answer}");
    let skipped = &answer["skipped"][0];
    assert_eq!(
        (&skipped["field"], &skipped["code"], &skipped["now"]),
        (&json!("amount"), &json!("hidden"), &Value::Null)
    );
    let now = boss.send(Method::GET, &path, None).await.1;
    assert_eq!((&now["amount"], &now["remarks"]), (&json!("5.00"), &Value::Null));
    let none = json!({ "grants": [{ "permission": "challan:read" }] });
    let (_, batch, _) = sent(&clerk, Method::PATCH, &path, &json!({ "base_version": 3, "remarks": "s" })).await;
    assert_eq!(boss.send(Method::PUT, &grants, Some(&none)).await.0, 200);
    comes_to(&clerk, &path, |row| row["can"] == json!([])).await;
    let answer = undo(&clerk, &batch).await.2;
    assert_eq!((&answer["undone"], &answer["skipped"][0]["code"]), (&json!(0), &json!("forbidden")), "{answer}");
    assert_eq!(boss.send(Method::GET, &path, None).await.1["remarks"], "s");
}

/// What names a batch has made one: a view is nothing of the register, and what stands as it is asked for is not written.
async fn a_batch_that_is_named_is_there(house: &House) {
    let boss = house.client().await;
    let named = async |method: Method, path: &str, body: Value| {
        let request = boss.http.request(method, format!("{}{path}", boss.url)).header("x-csrftoken", &boss.token);
        let answer = request.header("if-match", "*").json(&body).send().await.unwrap();
        let batch = answer.headers().get("x-batch-id").map(|b| b.to_str().unwrap().to_owned());
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        if let Some(batch) = &batch {
            assert_eq!(boss.get(&format!("{BATCHES}{batch}/")).await.0, StatusCode::OK, "{path}");
        }
        (batch.is_some(), answer.json::<Value>().await.unwrap())
    };
    let views = "/api/tracker/views/";
    let (is_batch, view) = named(Method::POST, views, json!({ "name": "Of no batch" })).await;
    assert!(!is_batch);
    let view = format!("{views}{}/", view["id"].as_str().unwrap());
    assert!(!named(Method::PATCH, &view, json!({ "name": "Neither" })).await.0);
    assert!(!named(Method::DELETE, &view, json!({})).await.0);
    let series = boss.get("/api/tracker/series/").await.1["results"][0].clone();
    let path = format!("/api/tracker/series/{}/", series["id"].as_str().unwrap());
    assert!(!named(Method::PATCH, &path, json!({ "name": series["name"] })).await.0);
    assert!(named(Method::PATCH, &path, json!({ "name": "Of a batch" })).await.0);
    assert!(named(Method::PATCH, &path, json!({ "name": series["name"] })).await.0);
}

async fn batches(house: House) {
    every_write_is_a_batch(&house).await;
    undo_and_redo_leave_others_changes(&house).await;
    undo_of_every_kind(&house).await;
    undo_asks_for_the_rights_of_now(&house).await;
    a_batch_that_is_named_is_there(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_on_sqlite() {
    batches(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_on_mariadb() {
    batches(House::open(true).await).await;
}
