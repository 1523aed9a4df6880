//! Signing in, managing users, and the manners of every answer.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service::Config;
use service::internal::{PROOF_HEADER, proof};

use crate::house::{BOSS, Browser, House, PASSWORD, assert_problem};
use crate::on_both;

on_both!(
    signing_in_and_out,
    wrong_credentials_are_alike,
    csrf_is_bound_to_the_session,
    other_services_learn_who_it_is,
    admins_manage_users,
    bad_requests_are_problems,
    every_change_is_in_the_log,
);

async fn signing_in_and_out(house: House) {
    let mut browser = house.browser();
    let answer = browser.sign_in(" BOSS@4syz.COM ", PASSWORD).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!((&answer.body["success"], &answer.body["user"]["email"]), (&json!(true), &json!(BOSS)));
    let cookies: Vec<&str> = answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
    let session = cookies.iter().find(|c| c.starts_with("sessionid=")).unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(session.contains(part), "{session}");
    }
    for path in ["/api/users/me/", "/api/v1/users/me/"] {
        let me = browser.get(path).await.body;
        assert_eq!((&me["email"], &me["role"]), (&json!(BOSS), &json!("superadmin")));
        assert_eq!(me["permissions"].as_array().unwrap().len(), domain::identity::Permission::ALL.len());
        assert_eq!(me["org"]["timezone"], "Asia/Kolkata");
    }
    let patch = json!({ "first_name": "Asha", "settings": { "theme": "dark" } });
    let me = browser.send(Method::PATCH, "/api/users/me/", Some(patch)).await.body;
    assert_eq!((&me["first_name"], &me["settings"]), (&json!("Asha"), &json!({ "theme": "dark" })));
    let before = browser.cookies.clone();
    browser.sign_in(BOSS, PASSWORD).await;
    assert_ne!(before["sessionid"], browser.cookies["sessionid"], "a sign-in makes a new session");
    let mut replay = Browser { cookies: before, ..house.browser() };
    assert_problem(&replay.get("/api/users/me/").await, 401, "not_signed_in");
    let before = browser.cookies.clone();
    let answer = browser.send(Method::POST, "/api/session-logout/", None).await;
    assert_eq!((answer.status.as_u16(), &answer.headers["cache-control"]), (204, &"no-store".parse().unwrap()));
    assert!(answer.headers.contains_key("clear-site-data"));
    let mut replay = Browser { cookies: before, ..house.browser() };
    assert_problem(&replay.get("/api/users/me/").await, 401, "not_signed_in");
    house.close().await;
}

async fn wrong_credentials_are_alike(house: House) {
    // An account of a domain that is not allowed (any more).
    let elsewhere = Config { allowed_email_domains: vec!["elsewhere.test".into()], ..(*house.config).clone() };
    accounts::create_superadmin(&elsewhere, "asha@elsewhere.test", PASSWORD).await.unwrap();
    let mut bodies = Vec::new();
    for (name, password) in [
        (BOSS, "wrong"),
        ("nobody@4syz.com", PASSWORD),
        ("asha@elsewhere.test", PASSWORD),
        ("admin", "admin"),
        ("", ""),
    ] {
        let mut answer = house.browser().sign_in(name, password).await;
        assert_problem(&answer, 401, "wrong_credentials");
        assert!(answer.headers.get("set-cookie").is_none());
        answer.body["request_id"] = Value::Null;
        bodies.push(answer.body);
    }
    assert!(bodies.iter().all(|b| b == &bodies[0]));
    house.close().await;
}

async fn csrf_is_bound_to_the_session(house: House) {
    let credentials = || Some(json!({ "username": BOSS, "password": PASSWORD }));
    let mut browser = house.browser();
    assert_problem(&browser.send(Method::POST, "/api/session-login/", credentials()).await, 403, "csrf_token");
    let patch = || Some(json!({ "first_name": "Eve" }));
    let mut a = house.signed_in(BOSS, PASSWORD).await;
    let b = house.signed_in(BOSS, PASSWORD).await;
    let own = a.cookies["csrftoken"].clone();
    a.cookies.insert("csrftoken".into(), b.cookies["csrftoken"].clone());
    assert_problem(&a.send(Method::PATCH, "/api/users/me/", patch()).await, 403, "csrf_token");
    a.cookies.insert("csrftoken".into(), own.clone());
    for token in [String::new(), "x".repeat(8_000), format!("{own}!")] {
        a.token = Some(token);
        assert_problem(&a.send(Method::PATCH, "/api/users/me/", patch()).await, 403, "csrf_token");
    }
    a.token = None;
    assert_eq!(a.send(Method::PATCH, "/api/users/me/", patch()).await.status, StatusCode::OK);
    a.token = Some("none".into());
    let contract: Value = serde_json::from_str(&accounts::openapi()).unwrap();
    for (path, item) in contract["paths"].as_object().unwrap() {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let declared = item.get(method.as_str().to_lowercase()).is_some();
            let (status, code) = if declared { (403, "csrf_token") } else { (405, "method_not_allowed") };
            let path = path.replace("{id}", "0193a1b2-0000-7000-8000-000000000001").replace("{token}", "none");
            assert_problem(&a.send(method, &path, None).await, status, code);
        }
    }
    let url = format!("{}/api/session-login/", house.base);
    let foreign = house.browser().http.post(url).header("origin", "https://evil.test").send().await.unwrap();
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    house.close().await;
}

async fn other_services_learn_who_it_is(house: House) {
    let mut browser = house.signed_in(BOSS, PASSWORD).await;
    let proof = proof(&house.config.secret_key);
    let cookie = browser.cookies["sessionid"].clone();
    let (status, who) = house.identity(&cookie, &proof).await;
    assert_eq!(status, StatusCode::OK, "{who}");
    let who: domain::identity::Identity = serde_json::from_value(who).unwrap();
    assert_eq!((who.role, who.session.len()), (domain::identity::Role::Superadmin, 64));
    assert_eq!(house.identity(&cookie, "guess").await.0, StatusCode::FORBIDDEN);
    for bad in [who.session.as_str(), "' OR 1=1--", &"x".repeat(10_000), ""] {
        assert_eq!(house.identity(bad, &proof).await.0, StatusCode::UNAUTHORIZED);
    }
    browser.send(Method::POST, "/api/session-logout/", None).await;
    assert_eq!(house.identity(&cookie, &proof).await.0, StatusCode::UNAUTHORIZED);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(browser.get(path).await.status, StatusCode::OK);
    }
    house.close().await;
}

async fn admins_manage_users(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let new = |email: &str| Some(json!({ "email": email, "first_name": "Ravi", "password": "k8fjw02lso" }));
    let foreign = boss.send(Method::POST, "/api/users/", new("ravi@elsewhere.test")).await;
    assert_problem(&foreign, 422, "invalid");
    assert!(foreign.body["fields"]["email"].is_array());
    let made = boss.send(Method::POST, "/api/users/", new("ravi@4syz.com")).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_problem(&boss.send(Method::POST, "/api/users/", new(" RAVI@4syz.com")).await, 409, "taken");
    let path = format!("/api/users/{}/", made.body["id"].as_str().unwrap());
    let granted = json!({ "grants": [{ "permission": "challan:read", "scope": { "own_deliveries": true } }] });
    let answer = boss.send(Method::PUT, &format!("{path}grants/"), Some(granted)).await;
    assert_eq!(answer.body["grants"][0]["permission"], "challan:read", "{}", answer.body);
    let mut ravi = house.signed_in("ravi@4syz.com", "k8fjw02lso").await;
    assert_eq!(ravi.get("/api/users/me/").await.body["permissions"][0]["scope"], json!({ "own_deliveries": true }));
    assert_problem(&ravi.get("/api/users/").await, 403, "forbidden");
    let page = boss.get("/api/users/?limit=1").await.body;
    assert_eq!(page["results"][0]["email"], BOSS);
    let next = boss.get(page["next"].as_str().unwrap()).await.body;
    assert_eq!((&next["results"][0]["email"], &next["next"]), (&json!("ravi@4syz.com"), &Value::Null));
    assert_eq!(boss.get("/api/users/?search=RAV").await.body["results"].as_array().unwrap().len(), 1);
    let off = boss.send(Method::PATCH, &path, Some(json!({ "is_active": false }))).await;
    assert_eq!(off.body["is_active"], false, "{}", off.body);
    assert_problem(&ravi.get("/api/users/me/").await, 401, "not_signed_in");
    assert_problem(&house.browser().sign_in("ravi@4syz.com", "k8fjw02lso").await, 401, "wrong_credentials");
    house.close().await;
}

async fn bad_requests_are_problems(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let unknown = boss.send(Method::PATCH, "/api/users/me/", Some(json!({ "role": "superadmin" }))).await;
    assert_problem(&unknown, 422, "invalid");
    assert!(unknown.body["fields"]["role"].is_array());
    for (body, field) in [
        (json!({ "email": 5 }), "email"),
        (json!({ "email": "ravi@4syz.com", "role": {} }), "role"),
        (
            json!({ "email": "ravi@4syz.com", "grants": [{ "permission": "challan:read", "scope": 5 }] }),
            "grants[0].scope",
        ),
        (json!([]), "body"),
    ] {
        let answer = boss.send(Method::POST, "/api/users/", Some(body)).await;
        assert_problem(&answer, 422, "invalid");
        assert!(answer.body["fields"][field].is_array(), "{field}: {}", answer.body);
    }
    assert_problem(&boss.send(Method::PATCH, "/api/users/me/", Some(json!({ "first_name": 5 }))).await, 422, "invalid");
    assert_problem(&boss.get("/api/nothing/").await, 404, "not_found");
    assert_problem(&boss.get("/api/users/not-an-id/").await, 404, "not_found");
    let wrong_method = boss.send(Method::DELETE, "/api/users/me/", None).await;
    assert_problem(&wrong_method, 405, "method_not_allowed");
    assert!(wrong_method.headers.contains_key("allow"));
    let large = json!({ "first_name": "x".repeat(1 << 20) });
    assert_problem(&boss.send(Method::PATCH, "/api/users/me/", Some(large)).await, 413, "too_large");
    let cookies = format!("sessionid={}; csrftoken={}", boss.cookies["sessionid"], boss.cookies["csrftoken"]);
    for (kind, status) in [("application/json", 400), ("text/plain", 415)] {
        let url = format!("{}/api/users/me/", house.base);
        let request = boss.http.patch(url).header("cookie", &cookies).header("x-csrftoken", &boss.cookies["csrftoken"]);
        let answer =
            request.header("content-type", kind).header("x-request-id", "mine-7").body("{").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["x-request-id"]), (status, &"mine-7".parse().unwrap()));
    }
    house.close().await;
}

async fn every_change_is_in_the_log(house: House) {
    use proto_contracts::events::{Change, change::Row};
    let mut browser = house.signed_in(BOSS, PASSWORD).await;
    house.browser().sign_in(BOSS, "wrong").await;
    let proof = proof(&house.config.secret_key);
    let session = house.identity(&browser.cookies["sessionid"], &proof).await.1["session"].clone();
    browser.send(Method::PATCH, "/api/users/me/", Some(json!({ "first_name": "Asha" }))).await;
    browser.send(Method::POST, "/api/session-logout/", None).await;
    let log = changelog::Log::open(accounts::open_database(&house.config).await.unwrap(), "accounts").await.unwrap();
    let rows = log.read(0, 100).await.unwrap();
    let changes: Vec<Change> = rows.iter().map(|r| prost::Message::decode(r.payload.clone()).unwrap()).collect();
    let told: Vec<(&str, &str)> = changes.iter().map(|c| (c.entity.as_str(), c.kind.as_str())).collect();
    let expected = [
        ("user", "created"),
        ("session", "signed_in"),
        ("sign_in", "sign_in_failed"),
        ("user", "updated"),
        ("session", "signed_out"),
    ];
    assert_eq!(told, expected);
    let Some(Row::Account(last)) = &changes[4].row else { panic!("the row after the change is missing") };
    assert_eq!((last.email.as_str(), &last.ended_sessions), (BOSS, &vec![session.as_str().unwrap().to_owned()]));
    let named = changes[3].changes.iter().map(|c| c.field.as_str()).collect::<Vec<_>>();
    assert_eq!((named, changes[3].version), (vec!["first_name"], 2));
    let feed = format!("{}/internal/changes?after={}:0", house.base, log.end().await.unwrap().epoch);
    assert_eq!(browser.http.get(&feed).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let mut stream = browser.http.get(&feed).header(PROOF_HEADER, &proof).send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some_and(|frame| !frame.is_empty()));
    house.close().await;
}

/// What is sent over a connection that was unused for longer than others keep theirs open is answered.
#[tokio::test(flavor = "multi_thread")]
async fn an_unused_connection_is_kept() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let house = House::open(false).await;
    let host = house.base.trim_start_matches("http://").to_owned();
    let mut connection = tokio::net::TcpStream::connect(&host).await.unwrap();
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
    for pause in [0, 7] {
        tokio::time::sleep(std::time::Duration::from_secs(pause)).await;
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4096];
        let read = connection.read(&mut answer).await.unwrap();
        assert!(
            answer[..read].starts_with(b"HTTP/1.1 200"),
            "after {pause} s: {}",
            String::from_utf8_lossy(&answer[..read])
        );
    }
    house.close().await;
}
