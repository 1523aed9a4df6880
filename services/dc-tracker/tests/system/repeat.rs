//! Requests sent again: done once, answered alike.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::batches::{colleague, one, sent, undo};
use crate::bulk::{ALL, BATCHES};
use crate::house::{Client, DATA, House, PASSWORD};

/// Sends what may be sent again under `key`.
async fn keyed(client: &Client, path: &str, key: &str, body: &Value) -> (StatusCode, Value) {
    client.send(Method::POST, path, &[("idempotency-key", key)], body).await
}

/// A key is one request for its caller; 50 at once make one row.
pub async fn a_request_sent_again_is_done_once(house: &House) {
    let client = house.client().await;
    let body = json!({ "customer": "Repeat Traders", "date": "2026-06-01", "remarks": "once" });
    let key = [("idempotency-key", "order-17")];
    let sent = join_all((0..50).map(|_| client.send(Method::POST, DATA, &key, &body))).await;
    let created: Vec<_> = sent.iter().filter(|(status, _)| *status == StatusCode::CREATED).collect();
    // A full queue may send some away with 503; whoever is answered is answered alike.
    assert!(sent.iter().all(|(s, _)| [StatusCode::CREATED, StatusCode::SERVICE_UNAVAILABLE].contains(s)), "{sent:?}");
    assert!(!created.is_empty() && created.iter().all(|(_, answer)| answer["id"] == created[0].1["id"]));
    let count = client.get(&format!("{DATA}?q=customer:%22Repeat+Traders%22&count=exact")).await.1;
    assert_eq!(count["count"], 1);

    let other = json!({ "customer": "Repeat Traders", "date": "2026-06-02" });
    let (status, problem) = client.send(Method::POST, DATA, &key, &other).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("idempotency_key_reused")),
        "{problem}"
    );
    // A refusal keeps nothing, so the mended request may use the key.
    let key = [("idempotency-key", "order-18")];
    let wrong = json!({ "customer": "Repeat Traders", "date": "2126-06-01" });
    assert_eq!(client.send(Method::POST, DATA, &key, &wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, draft) =
        client.send(Method::POST, DATA, &key, &json!({ "customer": "Repeat Traders", "draft": true })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "a date is required: {draft}");
    let body = json!({ "customer": "Repeat Traders", "date": "2026-06-01", "draft": true });
    let (status, draft) = client.send(Method::POST, DATA, &key, &body).await;
    assert_eq!(status, StatusCode::CREATED, "{draft}");
    let issue = format!("{DATA}{}/issue/", draft["id"].as_str().unwrap());
    let first = client.send(Method::POST, &issue, &key, &json!({})).await;
    let again = client.send(Method::POST, &issue, &key, &json!({})).await;
    assert_eq!((first.0, &first), (StatusCode::OK, &again), "the same number, and not that it has one already");
    assert_eq!(client.send(Method::POST, &issue, &[], &json!({})).await.0, StatusCode::UNPROCESSABLE_ENTITY);

    // Ingest goes on where it broke off, in the same batch; what a person changed since is not asked again.
    let rows: Vec<_> = (0..700)
        .map(|i| json!({ "source": "again", "external_id": format!("a{i}"), "date": "2026-06-01", "customer": "Girnar" }))
        .collect();
    let key = [("idempotency-key", "batch-1")];
    let first = client.send(Method::POST, "/api/ingest/challans/", &key, &json!(rows)).await;
    let again = client.send(Method::POST, "/api/ingest/challans/", &key, &json!(rows)).await;
    assert_eq!((first.0, first.1["created"].as_u64()), (StatusCode::OK, Some(700)));
    assert_eq!(again, first);
    // Whose rows they are, from which version and with which body: all of it is the request.
    let row = json!([{ "external_id": "s1", "date": "2026-06-01", "customer": "Girnar" }]);
    for (source, status) in [("one", StatusCode::OK), ("two", StatusCode::UNPROCESSABLE_ENTITY)] {
        let headers = [("idempotency-key", "sourced"), ("x-source", source)];
        assert_eq!(client.send(Method::POST, "/api/ingest/challans/", &headers, &row).await.0, status, "{source}");
    }
    let draft = client.create(json!({ "customer": "Repeat Traders", "date": "2026-06-01", "draft": true })).await;
    let issue = format!("{DATA}{}/issue/", draft["id"].as_str().unwrap());
    let (status, refused) = client.send(Method::POST, &issue, &[], &json!({ "number": "X1" })).await;
    assert_eq!((status, &refused["codes"]["number"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(["unknown_field"])));
    for (version, status) in [("\"1\"", StatusCode::OK), ("\"77\"", StatusCode::UNPROCESSABLE_ENTITY)] {
        let headers = [("idempotency-key", "versioned"), ("if-match", version)];
        assert_eq!(client.send(Method::POST, &issue, &headers, &json!({})).await.0, status, "{version}");
    }
    let long = "x".repeat(256);
    let bad = [("idempotency-key", long.as_str())];
    assert_eq!(client.send(Method::POST, DATA, &bad, &json!({})).await.0, StatusCode::BAD_REQUEST);
}

/// An answer that is given again shows what its asker may see by now.
pub async fn an_answer_given_again_heeds_rights(house: &House) {
    let boss = house.client().await;
    let grant = |permission: &str| json!({ "permission": permission });
    let all = json!([grant("challan:read"), grant("challan:create"), grant("challan:update")]);
    let who = json!({ "email": "again@4syz.com", "password": PASSWORD, "grants": all });
    let user = boss.send(Method::POST, "/api/users/", &[], &who).await.1;
    let grants = format!("/api/users/{}/grants/", user["id"].as_str().unwrap());
    let clerk = house.client_of("again@4syz.com", PASSWORD).await;
    let body = json!({ "customer": "Repeat Traders", "date": "2026-06-01", "amount": "55", "draft": true });
    let make = async || clerk.send(Method::POST, DATA, &[("idempotency-key", "make")], &body).await;
    let draft = make().await.1;
    let issue = format!("{DATA}{}/issue/", draft["id"].as_str().unwrap());
    let issue = async || clerk.send(Method::POST, &issue, &[("idempotency-key", "issue")], &json!({})).await;
    assert_eq!(issue().await.1["amount"], "55.00");

    let hiding = json!([{ "permission": "challan:read", "hidden_columns": ["amount"] }, grant("challan:create"),
        grant("challan:update")]);
    assert_eq!(boss.send(Method::PUT, &grants, &[], &json!({ "grants": hiding })).await.0, 200);
    let hidden = async |answer: Value| answer["amount"].is_null() && answer["hidden"] == json!(["amount"]);
    until(async || hidden(issue().await.1).await && hidden(make().await.1).await).await;
    assert_eq!(boss.send(Method::PUT, &grants, &[], &json!({ "grants": [grant("challan:create")] })).await.0, 200);
    until(async || issue().await.0 == StatusCode::NOT_FOUND && make().await.0 == StatusCode::NOT_FOUND).await;
}

/// Waits until changed rights are felt, which takes a second at most.
async fn until(mut felt: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !felt().await {
        assert!(Instant::now() < deadline, "the change of rights is felt");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What changed nothing is an answer as well: sent again it does not take back what others did meanwhile.
async fn an_answer_without_a_change_is_repeated(house: &House) {
    let asha = colleague(house, "nothing@4syz.com", &ALL).await;
    let ravi = colleague(house, "something@4syz.com", &ALL).await;
    let challan = asha.create(json!({ "customer": "Same Traders", "date": "2026-01-05", "remarks": "old" })).await;
    let path = one(&challan);
    let restore = async || keyed(&asha, &format!("{path}restore/"), "live", &json!({})).await;
    let first = restore().await;
    assert_eq!((first.0, &first.1["version"]), (StatusCode::OK, &json!(1)));
    assert_eq!(ravi.send(Method::DELETE, &path, &[("if-match", "*")], &json!({})).await.0, StatusCode::OK);
    assert_eq!(restore().await, first);
    assert!(asha.get(&path).await.1["deleted_at"].is_string(), "it stays where a colleague put it");
    assert_eq!(sent(&ravi, Method::POST, &format!("{path}restore/"), &json!({})).await.0, StatusCode::OK);

    let why = json!({ "reason": "wrong goods" });
    let voiding = sent(&ravi, Method::POST, &format!("{path}void/"), &why).await.1;
    let void = async || keyed(&asha, &format!("{path}void/"), "void", &why).await;
    let first = void().await;
    assert_eq!((first.0, &first.1["stage"]), (StatusCode::OK, &json!("void")));
    assert_eq!(undo(&ravi, &voiding).await.2["undone"], 1);
    assert_eq!(void().await, first);
    assert_eq!(asha.get(&path).await.1["stage"], "issued");
    let other = json!({ "reason": "another one" });
    let status = keyed(&asha, &format!("{path}void/"), "void", &other).await.0;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "and another request is none of it");

    let remarks = |text: &str| json!({ "remarks": text });
    let write = async |client: &Client, text: &str| {
        client.send(Method::PATCH, &path, &[("if-match", "*")], &remarks(text)).await.0
    };
    let (status, batch, _) = sent(&asha, Method::PATCH, &path, &json!({ "base_version": 5, "remarks": "new" })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(write(&ravi, "theirs").await, StatusCode::OK);
    let undoing = async || keyed(&asha, &format!("{BATCHES}{batch}/undo/"), "undo", &json!({})).await;
    let first = undoing().await;
    assert_eq!((first.0, &first.1["undone"]), (StatusCode::OK, &json!(0)), "{}", first.1);
    assert_eq!(write(&ravi, "new").await, StatusCode::OK);
    assert_eq!(undoing().await, first);
    assert_eq!(asha.get(&path).await.1["remarks"], "new");
}

async fn requests_sent_again(house: House) {
    an_answer_without_a_change_is_repeated(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_sent_again_on_sqlite() {
    requests_sent_again(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_sent_again_on_mariadb() {
    requests_sent_again(House::open(true).await).await;
}
