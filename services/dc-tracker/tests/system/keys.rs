//! API keys at the register and at the stream, and why somebody may do something with one challan.

use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{DATA, EMAIL, House};
use crate::rights::{Caller, user};

const INGEST: &str = "/api/ingest/challans/";
const CARRIERS: &str = "/api/tracker/executives/?search=carrier%20of%20others";

fn row(source: &str, id: &str) -> Value {
    json!({ "source": source, "external_id": id, "customer": "Asha Traders", "date": "2026-01-05" })
}

/// How long a change of rights may take to be felt everywhere: a second, and a little for the request itself.
const FELT: Duration = Duration::from_millis(1_300);

/// Asks until the answer has this status, and fails where that takes too long.
async fn becomes(status: u16, caller: &Caller, method: Method, path: &str, body: Option<&Value>) {
    let began = Instant::now();
    loop {
        let now = caller.send(method.clone(), path, body).await;
        if now.0 == status {
            return;
        }
        assert!(began.elapsed() < FELT, "{method} {path} is still {}: {}", now.0, now.1);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn a_key_writes_and_reads_its_own_sources(house: &House) {
    let boss = Caller::signed_in(house, EMAIL).await;
    let key = |name: &str, scopes: Value| json!({ "name": name, "scopes": scopes, "sources": ["erp"] });
    let made = boss.make("/api/keys/", key("writer", json!(["ingest:write"]))).await;
    let writer = Caller::with_key(house, &made);
    let reader = Caller::with_key(house, &boss.make("/api/keys/", key("reader", json!(["challan:read"]))).await);
    let (status, answer) = writer.send(Method::POST, INGEST, Some(&json!([row("erp", "1")]))).await;
    assert_eq!((status, &answer["created"]), (200, &json!(1)), "{answer}");
    let id = answer["results"][0]["id"].as_str().unwrap().to_owned();
    let mixed = json!([row("erp", "2"), row("crm", "3")]);
    let (status, problem) = writer.send(Method::POST, INGEST, Some(&mixed)).await;
    assert_eq!((status, problem["code"].as_str()), (403, Some("forbidden")), "{problem}");
    let crm = boss.send(Method::POST, INGEST, Some(&json!([row("crm", "4")]))).await.1;
    let foreign = format!("{DATA}{}/", crm["results"][0]["id"].as_str().unwrap());
    let own = format!("{DATA}{id}/");
    let listed = reader.send(Method::GET, &format!("{DATA}?count=exact"), None).await.1;
    assert_eq!((&listed["count"], &listed["results"][0]["id"]), (&json!(1), &json!(id)), "nothing of the mixed call");
    assert_eq!(reader.send(Method::GET, &own, None).await.0, 200);
    assert_eq!(reader.send(Method::GET, &foreign, None).await.0, 404);
    assert_eq!(reader.send(Method::GET, &format!("{foreign}history/"), None).await.0, 404);
    for (caller, method, path) in [
        (&reader, Method::POST, INGEST.to_owned()),
        (&reader, Method::PATCH, own.clone()),
        (&reader, Method::DELETE, own.clone()),
        (&reader, Method::POST, format!("{own}void/")),
        (&reader, Method::GET, "/api/stream/".to_owned()),
        (&writer, Method::GET, DATA.to_owned()),
        (&writer, Method::POST, DATA.to_owned()),
    ] {
        let status = caller.send(method.clone(), &path, Some(&json!([row("erp", "9")]))).await.0;
        assert_eq!(status, 403, "{method} {path}");
    }
    let carrier = json!({ "email": "carrier@4syz.com", "executive_name": "Carrier of Others", "grants": [] });
    boss.make("/api/users/", carrier).await;
    let names = |seen: Value| seen["results"].as_array().unwrap().iter().map(|e| e["name"].clone()).collect::<Vec<_>>();
    let (all, some) =
        (boss.send(Method::GET, CARRIERS, None).await.1, reader.send(Method::GET, CARRIERS, None).await.1);
    assert_eq!(
        (names(all), names(some)),
        (vec![json!("Carrier of Others")], vec![]),
        "a key knows of its own rows alone"
    );
    let history = boss.send(Method::GET, &format!("{own}history/"), None).await.1;
    assert!(history["results"][0]["by"]["name"].as_str().unwrap().contains("(key writer)"), "{history}");
    let path = format!("/api/keys/{}/", made["id"].as_str().unwrap());
    assert_eq!(boss.send(Method::DELETE, &path, None).await.0, 204);
    becomes(401, &writer, Method::POST, INGEST, Some(&json!([row("erp", "1")]))).await;
}

async fn a_key_shrinks_with_its_maker(house: &House) {
    let boss = Caller::signed_in(house, EMAIL).await;
    let made = user(&boss, "maker@4syz.com", "user", &["key:manage", "challan:read", "challan:import"]).await;
    let maker = Caller::signed_in(house, "maker@4syz.com").await;
    let scopes = json!(["ingest:write", "challan:read"]);
    let key = Caller::with_key(house, &maker.make("/api/keys/", json!({ "name": "m", "scopes": scopes })).await);
    let rows = json!([row("m", "1")]);
    assert_eq!(key.send(Method::POST, INGEST, Some(&rows)).await.0, 200);
    let path = format!("/api/users/{}/", made["id"].as_str().unwrap());
    let less = json!({ "grants": [{ "permission": "challan:read", "hidden_columns": ["amount"] }] });
    assert_eq!(boss.send(Method::PUT, &format!("{path}grants/"), Some(&less)).await.0, 200);
    becomes(403, &key, Method::POST, INGEST, Some(&rows)).await;
    let listed = key.send(Method::GET, DATA, None).await.1;
    assert_eq!(listed["results"][0]["hidden"], json!(["amount"]), "{listed}");
    assert_eq!(boss.send(Method::PATCH, &path, Some(&json!({ "is_active": false }))).await.0, 200);
    becomes(401, &key, Method::GET, DATA, None).await;
}

async fn a_key_follows_its_own_sources(house: &House) {
    let boss = Caller::signed_in(house, EMAIL).await;
    let body = json!({ "name": "follower", "scopes": ["changes:read"], "sources": ["live"] });
    let made = boss.make("/api/keys/", body).await;
    let follower = Caller::with_key(house, &made);
    assert_eq!(follower.send(Method::GET, DATA, None).await.0, 403, "it follows and does not list");
    let open = follower.open(Method::GET, "/api/stream/", None).await;
    assert_eq!(open.status(), 200);
    let mut stream = open.bytes_stream();
    let mut text = String::from_utf8_lossy(&stream.next().await.unwrap().unwrap()).into_owned();
    let rows = json!([row("other", "o1"), row("live", "l1")]);
    assert_eq!(boss.send(Method::POST, INGEST, Some(&rows)).await.1["created"], 2);
    let until = Instant::now() + Duration::from_secs(5);
    while !text.contains("l1") && Instant::now() < until {
        text += &String::from_utf8_lossy(&stream.next().await.unwrap().unwrap());
    }
    assert!(text.contains("\"l1\"") && !text.contains("\"o1\""), "{text}");
    let path = format!("/api/keys/{}/", made["id"].as_str().unwrap());
    assert_eq!(boss.send(Method::DELETE, &path, None).await.0, 204);
    let ended = tokio::time::timeout(FELT, async {
        let mut rest = String::new();
        while let Some(Ok(piece)) = stream.next().await {
            rest += &String::from_utf8_lossy(&piece);
        }
        rest
    });
    assert!(ended.await.unwrap().contains("signed_out"), "the stream ends with its key");
}

async fn a_verdict_is_about_one_challan(house: &House) {
    let boss = Caller::signed_in(house, EMAIL).await;
    let made = user(&boss, "ravi@4syz.com", "user", &[]).await;
    let id = made["id"].as_str().unwrap();
    let path = format!("/api/users/{id}/");
    assert_eq!(boss.send(Method::PATCH, &path, Some(&json!({ "executive_name": "Ravi K" }))).await.0, 200);
    let own = json!({ "grants": [{ "permission": "challan:read", "scope": { "own_deliveries": true } }] });
    assert_eq!(boss.send(Method::PUT, &format!("{path}grants/"), Some(&own)).await.0, 200);
    let challan =
        |executive: &str| json!({ "customer": "A B", "date": "2026-01-05", "delivery_executives": [executive] });
    for (executive, allowed) in [("ravi  k", true), ("Asha", false)] {
        let made = boss.make(DATA, challan(executive)).await;
        let question = json!({ "user_id": id, "permission": "challan:read", "challan_id": made["id"] });
        let (status, verdict) = boss.send(Method::POST, "/api/permissions/evaluate/", Some(&question)).await;
        assert_eq!((status, &verdict["allowed"]), (200, &json!(allowed)), "{verdict}");
        assert!(verdict["why"].as_str().unwrap().contains("Ravi K"), "{verdict}");
        let ravi = Caller::signed_in(house, "ravi@4syz.com").await;
        let one = format!("{DATA}{}/", made["id"].as_str().unwrap());
        assert_eq!(ravi.send(Method::GET, &one, None).await.0, if allowed { 200 } else { 404 }, "as was said");
    }
    let nothing = json!({ "user_id": id, "permission": "challan:read", "challan_id": id });
    assert_eq!(boss.send(Method::POST, "/api/permissions/evaluate/", Some(&nothing)).await.0, 404);
}

/// Last, since it uses this address's tries up.
async fn wrong_keys_run_out(house: &House) {
    let key = |i: usize| json!({ "key": format!("dct_{i:043}") });
    let shown = key(1)["key"].as_str().unwrap().to_owned();
    let anon = Caller::nobody(house);
    for path in [DATA, "/api/stream/", "/api/users/", "/api/tracker/summary/"] {
        for query in [format!("?q={shown}"), format!("?key={}", shown.replace('_', "%5F"))] {
            let (status, problem) = anon.send(Method::GET, &format!("{path}{query}"), None).await;
            assert_eq!((status, problem["code"].as_str()), (400, Some("key_in_address")), "{path}");
        }
    }
    for path in [DATA, "/api/stream/"] {
        let mut refused = 0;
        for i in 0..80 {
            let answer = Caller::with_key(house, &key(i)).open(Method::GET, path, None).await;
            match answer.status().as_u16() {
                401 => {}
                429 => {
                    assert!(answer.headers().contains_key("retry-after"));
                    refused += 1;
                }
                other => panic!("{other}"),
            }
        }
        assert!(refused > 5, "{path}: {refused} of 80 wrong keys were not looked at");
    }
    let boss = Caller::signed_in(house, EMAIL).await;
    assert_eq!(boss.send(Method::GET, DATA, None).await.0, 200, "sessions from there go on");
}

async fn keys(house: House) {
    a_key_writes_and_reads_its_own_sources(&house).await;
    a_key_shrinks_with_its_maker(&house).await;
    a_key_follows_its_own_sources(&house).await;
    a_verdict_is_about_one_challan(&house).await;
    wrong_keys_run_out(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_on_sqlite() {
    keys(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_on_mariadb() {
    keys(House::open(true).await).await;
}
