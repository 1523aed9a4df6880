//! API keys: shown once, kept hashed, never wider than their maker.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::identity::{Identity, KeyScope, Permission, Role, Scope};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service::internal::{PROOF_HEADER, proof};

use crate::house::{BOSS, Browser, House, PASSWORD, assert_problem};
use crate::on_both;

on_both!(
    a_key_is_shown_once_and_kept_hashed,
    a_key_shrinks_and_dies_with_its_maker,
    a_key_ends_when_it_says_or_is_deleted,
    nobody_ends_the_keys_of_others,
    bad_keys_are_refused_by_field,
    accounts_takes_no_key,
    services_ask_for_absent_people,
);

/// Who a key is, as the other services are told.
async fn identity(house: &House, key: &str) -> (StatusCode, Option<Identity>) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let proof = proof(&house.config.secret_key);
    let url = format!("{}/internal/identity", house.base);
    let sent = http.post(url).header(PROOF_HEADER, proof).json(&json!({ "key": key })).send().await.unwrap();
    (sent.status(), sent.json().await.ok())
}

async fn make(browser: &mut Browser, body: Value) -> (Value, String) {
    let made = browser.send(Method::POST, "/api/keys/", Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let key = made.body["key"].as_str().unwrap().to_owned();
    (made.body, key)
}

/// A user with these grants, signed in, and their path.
async fn person(house: &House, boss: &mut Browser, email: &str, role: &str, grants: Value) -> (Browser, String) {
    let new = json!({ "email": email, "password": PASSWORD, "role": role, "grants": grants });
    let made = boss.send(Method::POST, "/api/users/", Some(new)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    (house.signed_in(email, PASSWORD).await, format!("/api/users/{}/", made.body["id"].as_str().unwrap()))
}

async fn a_key_is_shown_once_and_kept_hashed(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let body = json!({ "name": "ERP", "scopes": ["ingest:write"], "sources": ["erp", "erp"], "expires_at": null });
    let (made, key) = make(&mut boss, body).await;
    assert!(key.starts_with("dct_") && key.len() == 47 && key.starts_with(made["prefix"].as_str().unwrap()));
    assert_eq!((&made["scopes"], &made["sources"]), (&json!(["ingest:write"]), &json!(["erp"])));
    let listed = boss.get("/api/keys/").await.body;
    assert_eq!(listed["results"][0]["id"], made["id"]);
    assert_eq!((&listed["results"][0]["last_used_at"], &listed["next"]), (&Value::Null, &Value::Null));
    let (status, who) = identity(&house, &key).await;
    let who = who.unwrap();
    assert_eq!(
        (status, who.role, who.key_scopes.as_slice()),
        (StatusCode::OK, Role::User, &[KeyScope::IngestWrite][..])
    );
    assert_eq!(who.key_sources, Some(vec!["erp".to_owned()]));
    assert!(who.may(Permission::ChallanImport, Utc::now()) && !who.may(Permission::ChallanRead, Utc::now()));
    assert_eq!(who.permissions.len(), 1, "the key of a superadmin holds no more than its scope");
    let used = boss.get("/api/keys/").await.body["results"][0]["last_used_at"].clone();
    identity(&house, &key).await;
    assert!(used.is_string());
    assert_eq!(boss.get("/api/keys/").await.body["results"][0]["last_used_at"], used, "at most once a minute");
    let secret = &key[12..];
    let everything = [listed.to_string(), boss.get("/api/audit/").await.body.to_string()];
    assert!(everything.iter().all(|text| !text.contains(secret)), "a key is shown once");
    let log = changelog::Log::open(accounts::open_database(&house.config).await.unwrap(), "accounts").await.unwrap();
    for row in log.read(0, 1000).await.unwrap() {
        assert!(!row.payload.windows(secret.len()).any(|w| w == secret.as_bytes()), "no secret in the log");
    }
    let db = accounts::open_database(&house.config).await.unwrap();
    let (hash,): (db::Text,) = db::on_db!(&db, pool => {
        db::sqlx::query_as("SELECT hash FROM accounts_keys").fetch_one(pool).await.unwrap()
    });
    assert_eq!(identity(&house, &hash.0).await.0, StatusCode::UNAUTHORIZED, "what is stored opens nothing");
    house.close().await;
}

async fn a_key_shrinks_and_dies_with_its_maker(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let customer = "019f0000-0000-7000-8000-000000000001";
    let grants = json!([
        { "permission": "key:manage" },
        { "permission": "challan:read", "scope": { "customers": [customer] }, "hidden_columns": ["amount"] },
    ]);
    let (mut ravi, path) = person(&house, &mut boss, "ravi@4syz.com", "user", grants).await;
    let wide = json!({ "name": "ERP", "scopes": ["challan:read", "ingest:write"], "sources": null });
    assert_problem(&ravi.send(Method::POST, "/api/keys/", Some(wide)).await, 403, "forbidden");
    let (_, key) = make(&mut ravi, json!({ "name": "BI", "scopes": ["challan:read", "changes:read"] })).await;
    let who = identity(&house, &key).await.1.unwrap();
    assert_eq!(who.permissions.len(), 1);
    assert!(matches!(&who.permissions[0].scope, Some(Scope::Customers { customers }) if customers.len() == 1));
    assert_eq!(who.permissions[0].hidden_columns, ["amount"]);
    let end = Utc::now() + chrono::TimeDelta::hours(1);
    let ending = json!({ "grants": [{ "permission": "challan:read", "expires_at": end }] });
    boss.send(Method::PUT, &format!("{path}grants/"), Some(ending)).await;
    assert!((identity(&house, &key).await.1.unwrap().valid_until - end).num_seconds().abs() < 2, "the grant's end");
    boss.send(Method::PUT, &format!("{path}grants/"), Some(json!({ "grants": [{ "permission": "file:read" }] }))).await;
    let who = identity(&house, &key).await.1.unwrap();
    assert!(who.key_scopes.is_empty() && who.permissions.is_empty(), "it may do no more than its maker");
    boss.send(Method::PATCH, &path, Some(json!({ "is_active": false }))).await;
    assert_eq!(identity(&house, &key).await.0, StatusCode::UNAUTHORIZED);
    boss.send(Method::PATCH, &path, Some(json!({ "is_active": true }))).await;
    assert_eq!(identity(&house, &key).await.0, StatusCode::OK);
    assert_eq!(boss.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    boss.send(Method::POST, &format!("{path}restore/"), None).await;
    assert_eq!(identity(&house, &key).await.0, StatusCode::UNAUTHORIZED, "deletion ends keys for good");
    house.close().await;
}

async fn a_key_ends_when_it_says_or_is_deleted(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let end = Utc::now() + chrono::TimeDelta::seconds(2);
    let soon = json!({ "name": "soon", "scopes": ["challan:read"], "expires_at": end });
    let (_, key) = make(&mut boss, soon).await;
    let until: DateTime<Utc> = identity(&house, &key).await.1.unwrap().valid_until;
    assert!((until - end).num_milliseconds().abs() < 2, "{until} is the key's end, {end}");
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert_eq!(identity(&house, &key).await.0, StatusCode::UNAUTHORIZED);
    let (made, key) = make(&mut boss, json!({ "name": "lost", "scopes": ["challan:read"] })).await;
    let path = format!("/api/keys/{}/", made["id"].as_str().unwrap());
    assert_eq!(boss.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(identity(&house, &key).await.0, StatusCode::UNAUTHORIZED);
    assert_problem(&boss.send(Method::DELETE, &path, None).await, 404, "not_found");
    let told = boss.get("/api/audit/?entity=key").await.body;
    let kinds: Vec<&str> = told["results"].as_array().unwrap().iter().map(|r| r["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["deleted", "created", "created"]);
    assert_eq!(told["results"][0]["ended_sessions"], 1, "who listens by the key hears of its end");
    house.close().await;
}

async fn nobody_ends_the_keys_of_others(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let grants = json!([{ "permission": "key:manage" }, { "permission": "challan:read" }]);
    let (mut ravi, _) = person(&house, &mut boss, "ravi@4syz.com", "user", grants.clone()).await;
    let (mut asha, _) = person(&house, &mut boss, "asha@4syz.com", "user", grants).await;
    let (mut admin, _) = person(&house, &mut boss, "admin@4syz.com", "admin", json!([])).await;
    let (mut clerk, _) =
        person(&house, &mut boss, "clerk@4syz.com", "user", json!([{ "permission": "challan:read" }])).await;
    let (bosses, _) = make(&mut boss, json!({ "name": "boss", "scopes": ["challan:read"] })).await;
    let (ravis, _) = make(&mut ravi, json!({ "name": "ravi", "scopes": ["challan:read"] })).await;
    let path = |made: &Value| format!("/api/keys/{}/", made["id"].as_str().unwrap());
    assert_eq!(asha.get("/api/keys/").await.body["results"], json!([]));
    assert_problem(&asha.send(Method::DELETE, &path(&ravis), None).await, 404, "not_found");
    assert_problem(&clerk.get("/api/keys/").await, 403, "forbidden");
    let one = admin.get("/api/keys/?limit=1").await.body;
    let rest = admin.get(one["next"].as_str().unwrap()).await.body;
    assert_eq!((&one["results"][0]["name"], &rest["results"][0]["name"]), (&json!("ravi"), &json!("boss")));
    assert_problem(&admin.send(Method::DELETE, &path(&bosses), None).await, 403, "forbidden");
    assert_eq!(admin.send(Method::DELETE, &path(&ravis), None).await.status, StatusCode::NO_CONTENT);
    house.close().await;
}

async fn bad_keys_are_refused_by_field(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let cases = [
        (json!({ "name": " ", "scopes": ["challan:read"] }), "name"),
        (json!({ "name": "x", "scopes": [] }), "scopes"),
        (json!({ "name": "x", "scopes": ["challan:read"], "sources": [] }), "sources"),
        (json!({ "name": "x", "scopes": ["challan:read"], "sources": [" "] }), "sources"),
        (json!({ "name": "x", "scopes": ["challan:read"], "expires_at": "2020-01-01T00:00:00Z" }), "expires_at"),
        (json!({ "name": "x", "scopes": ["challan:read"], "key": "dct_mine" }), "key"),
    ];
    for (body, field) in cases {
        let answer = boss.send(Method::POST, "/api/keys/", Some(body)).await;
        assert_problem(&answer, 422, "invalid");
        assert!(answer.body["fields"][field].is_array(), "{}", answer.body);
    }
    for bad in ["", "dct_", "' OR 1=1--", &"x".repeat(10_000), &format!("dct_{}", "a".repeat(43))] {
        assert_eq!(identity(&house, bad).await.0, StatusCode::UNAUTHORIZED, "{bad}");
    }
    assert_eq!(boss.get("/api/keys/?limit=0").await.status, StatusCode::BAD_REQUEST);
    house.close().await;
}

async fn accounts_takes_no_key(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let (_, key) = make(&mut boss, json!({ "name": "x", "scopes": ["challan:read"] })).await;
    for method in [Method::GET, Method::POST] {
        let url = format!("{}/api/users/", house.base);
        let answer = boss.http.request(method, url).bearer_auth(&key).send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert_eq!((status, &body["code"]), (StatusCode::UNAUTHORIZED, &json!("key_not_taken")));
    }
    assert_problem(&boss.get(&format!("/api/users/?search={key}")).await, 400, "key_in_address");
    house.close().await;
}

/// A service that goes on with what somebody asked for before is told what they may do now, and that they may nothing
/// once they are disabled or deleted.
async fn services_ask_for_absent_people(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let grants = json!([{ "permission": "challan:update", "hidden_columns": ["amount"] }]);
    let (_, path) = person(&house, &mut boss, "absent@4syz.com", "user", grants).await;
    let id = path.trim_start_matches("/api/users/").trim_end_matches('/').to_owned();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/internal/identity", house.base);
    let ask = |proof: String, id: String| {
        let (http, url) = (http.clone(), url.clone());
        async move {
            let sent = http.post(url).header(PROOF_HEADER, proof).json(&json!({ "person": id })).send().await.unwrap();
            (sent.status(), sent.json::<Identity>().await.ok())
        }
    };
    let service = proof(&house.config.secret_key);
    let (status, who) = ask(service.clone(), id.clone()).await;
    let who = who.unwrap();
    assert_eq!((status, who.user_id.to_string(), who.role), (StatusCode::OK, id.clone(), Role::User));
    assert_eq!((who.permissions.len(), &who.permissions[0].hidden_columns), (1, &vec!["amount".to_owned()]));
    assert_eq!(ask("guess".into(), id.clone()).await.0, StatusCode::FORBIDDEN);
    let nobody = "019f0000-0000-7000-8000-000000000001".to_owned();
    assert_eq!(ask(service.clone(), nobody).await.0, StatusCode::UNAUTHORIZED);
    let disabled = boss.send(Method::PATCH, &path, Some(json!({ "is_active": false }))).await;
    assert_eq!(disabled.status, StatusCode::OK, "{}", disabled.body);
    assert_eq!(ask(service.clone(), id.clone()).await.0, StatusCode::UNAUTHORIZED);
    boss.send(Method::DELETE, &path, None).await;
    assert_eq!(ask(service, id).await.0, StatusCode::UNAUTHORIZED);
}
