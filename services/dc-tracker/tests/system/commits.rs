//! What a sender is told whose commit was done, but whose database was lost before it said so.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::wire::Wire;

use crate::bulk::BULK;
use crate::house::{Client, DATA, House};
use crate::writes::all_of;

const INGEST: &str = "/api/ingest/challans/";
const CUSTOMERS: &str = "/api/tracker/customers/";

/// Sends it with the answer to the next commit lost, and gives what is answered. Others commit as well, so it is sent anew until it
/// is its own.
async fn lost(wire: &Wire, client: &Client, path: &str, body: impl Fn(usize) -> Value) -> (String, Value, Value) {
    for turn in 0..20 {
        let (key, body) = (format!("{path} {turn}"), body(turn));
        wire.lose();
        let (status, answer) = client.send(Method::POST, path, &[("idempotency-key", &key)], &body).await;
        if !status.is_success() {
            assert_eq!((status, wire.is_to_lose()), (StatusCode::SERVICE_UNAVAILABLE, false), "{path}: {answer}");
            return (key, body, answer);
        }
    }
    panic!("the answer to a commit of {path} was never lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_that_nothing_was_done_where_nobody_knows() {
    let database = testkit::mariadb::database().await.unwrap();
    let wire = Wire::to(database.host(), database.port(), b"COMMIT").await.unwrap();
    let house = House::on_with(database, &[("DB_PORT", wire.port().to_string())]);
    let client = house.client().await;
    let facts = |name: &str| json!({ "customer": name, "date": "2025-03-02" });
    let name = |kind: &str, turn: usize| format!("{kind} {turn}");
    for kind in ["create", "paste", "ingest", "customer"] {
        let path = match kind {
            "create" => DATA,
            "paste" => BULK,
            "ingest" => INGEST,
            _ => CUSTOMERS,
        };
        let body = |turn| match kind {
            "create" => facts(&name(kind, turn)),
            "paste" => json!({ "action": "patch", "rows": [{ "id": null, "set": facts(&name(kind, turn)) }] }),
            "ingest" => {
                let mut row = facts(&name(kind, turn));
                row["external_id"] = name(kind, turn).into();
                row["source"] = "commits".into();
                json!([row])
            }
            _ => json!({ "name": name(kind, turn) }),
        };
        let (key, body, told) = lost(&wire, &client, path, body).await;
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains("Look whether it was done") && !detail.contains("othing was"), "{kind}: {told}");
        let (status, again) = client.send(Method::POST, path, &[("idempotency-key", &key)], &body).await;
        assert!(status.is_success(), "{kind}: {again}");
        if kind == "customer" {
            assert_eq!(again["version"], 1, "{again}");
            continue;
        }
        let turn = key.rsplit_once(' ').unwrap().1;
        let rows = all_of(&client, &format!("{kind} {turn}")).await;
        assert_eq!(rows.len(), 1, "it was done, and once: {rows:?}");
    }
}
