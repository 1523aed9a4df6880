//! A full disk: every writer is told to come back, and is served once there is room again.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Client, DATA, House};

/// One write of every kind, of what `seen` made.
fn writes(seen: &Seen) -> Vec<(Method, String, Value)> {
    let row = json!({ "source": "full", "external_id": "f1", "date": "2026-05-01", "customer": "Full Traders" });
    let paste = json!([{ "id": seen.challan, "base_version": 1, "set": { "remarks": "pasted" } },
        { "id": null, "set": { "customer": "Full Traders", "date": "2026-05-01" } }]);
    let one = format!("{DATA}{}/", seen.challan.as_str().unwrap());
    vec![
        (Method::POST, DATA.into(), json!({ "customer": "Full Traders", "date": "2026-05-01" })),
        (Method::PATCH, one.clone(), json!({ "base_version": 1, "remarks": "changed" })),
        (Method::POST, format!("{one}void/"), json!({ "reason": "a full disk" })),
        (Method::POST, "/api/ingest/challans/".into(), json!([row])),
        (Method::POST, "/api/tracker/bulk/".into(), json!({ "action": "patch", "rows": paste })),
        (
            Method::POST,
            "/api/tracker/bulk/".into(),
            json!({ "action": "update", "ids": [seen.challan], "set": { "received_by": "Ravi" } }),
        ),
        (Method::POST, format!("/api/tracker/batches/{}/undo/", seen.batch), json!({})),
        (Method::POST, "/api/tracker/customers/".into(), json!({ "name": "Fuller Traders" })),
        (
            Method::PATCH,
            format!("/api/tracker/customers/{}/", seen.customer.as_str().unwrap()),
            json!({ "base_version": 1, "state": "30" }),
        ),
        (Method::POST, "/api/tracker/views/".into(), json!({ "name": "Full", "state": {} })),
        (Method::PATCH, "/api/users/me/".into(), json!({ "first_name": "Asha" })),
        (
            Method::POST,
            "/api/users/".into(),
            json!({ "email": "full@4syz.com", "first_name": "Full", "last_name": "Disk" }),
        ),
        (Method::POST, "/api/keys/".into(), json!({ "name": "full", "scopes": ["challan:read"], "sources": null })),
    ]
}

struct Seen {
    challan: Value,
    customer: Value,
    batch: String,
}

impl Seen {
    async fn made_by(client: &Client) -> Seen {
        let body = json!({ "customer": "Full Traders", "date": "2026-05-01" });
        let request = client.http.post(format!("{}{DATA}", client.url)).header("x-csrftoken", &client.token);
        let answer = request.json(&body).send().await.unwrap();
        let batch = answer.headers()["x-batch-id"].to_str().unwrap().to_owned();
        let row: Value = answer.json().await.unwrap();
        Seen { challan: row["id"].clone(), customer: row["customer_id"].clone(), batch }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_asks_to_come_back() {
    let house = House::on_a_disk_that_fills();
    let client = house.client().await;
    let seen = Seen::made_by(&client).await;
    let writes = writes(&seen);
    let pid = house.processes[0].child.id();
    testkit::disk::set_full(pid, true).unwrap();
    for (method, path, body) in &writes {
        let request = client.http.request(method.clone(), format!("{}{path}", client.url)).json(body);
        let answer = request.header("x-csrftoken", &client.token).send().await.unwrap();
        let (status, again) = (answer.status(), answer.headers().get_all("retry-after").iter().count());
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{method} {path}: {problem}");
        assert!(again == 1 && problem["detail"].is_string(), "{method} {path}: {problem}");
    }
    assert_eq!(client.get(DATA).await.0, StatusCode::OK, "what stands there is read");
    testkit::disk::set_full(pid, false).unwrap();
    for (method, path, body) in &writes {
        let (status, answer) = client.send(method.clone(), path, &[], body).await;
        assert!(!status.is_server_error() && status != StatusCode::NOT_FOUND, "{method} {path}: {status} {answer}");
    }
}
