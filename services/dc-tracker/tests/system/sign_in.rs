//! Signing in, and the end of it, through the front door.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Client, DATA, EMAIL, House, PASSWORD};

const RAVI: &str = "ravi@4syz.com";

/// How soon the end of a session is felt everywhere.
const SOON: Duration = Duration::from_secs(1);

impl House {
    async fn stranger(&self) -> Client {
        let http = reqwest::Client::builder().cookie_store(true).no_proxy().build().unwrap();
        let mut client = Client { http, url: self.url.clone(), token: String::new() };
        client.refresh().await;
        client
    }

    async fn ravi(&self, boss: &Client) -> String {
        let new = json!({ "email": RAVI, "password": PASSWORD, "grants": [{ "permission": "challan:read" }] });
        let (status, made) = boss.send(Method::POST, "/api/users/", &[], &new).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        format!("/api/users/{}/", made["id"].as_str().unwrap())
    }
}

async fn the_end_of_a_session_is_felt_everywhere(on_mariadb: bool) {
    let house = House::open(on_mariadb).await;
    let boss = house.client().await;
    let path = house.ravi(&boss).await;
    let mut password = PASSWORD.to_owned();
    for way in ["own password", "link", "sessions", "one session", "role", "disabled"] {
        let ravi = house.client_of(RAVI, &password).await;
        let other = house.client_of(RAVI, &password).await;
        let mut stream = ravi.http.get(format!("{}/api/stream/", ravi.url)).send().await.unwrap();
        assert!(stream.chunk().await.unwrap().is_some());
        assert_eq!(ravi.get(DATA).await.0, StatusCode::OK);
        let new = format!("the {way} of three green parrots");
        let (status, body) = match way {
            "own password" => {
                let change = json!({ "old": password, "new": new });
                password.clone_from(&new);
                other.send(Method::POST, "/api/users/me/password/", &[], &change).await
            }
            "link" => {
                let link = boss.send(Method::POST, &format!("{path}reset-link/"), &[], &json!({})).await.1;
                let token = link["reset_url"].as_str().unwrap().split_once('#').unwrap().1;
                let reset = json!({ "token": token, "password": new });
                password.clone_from(&new);
                house.stranger().await.send(Method::POST, "/api/reset-password/", &[], &reset).await
            }
            "sessions" => boss.send(Method::DELETE, &format!("{path}sessions/"), &[], &json!({})).await,
            "one session" => {
                let held = other.get("/api/users/me/sessions/").await.1;
                let id = held["results"][1]["id"].as_str().unwrap();
                other.send(Method::DELETE, &format!("/api/users/me/sessions/{id}/"), &[], &json!({})).await
            }
            "role" => boss.send(Method::PATCH, &path, &[], &json!({ "role": "admin" })).await,
            _ => boss.send(Method::PATCH, &path, &[], &json!({ "is_active": false })).await,
        };
        assert!(status.is_success(), "{way}: {status} {body}");
        let done = Instant::now();
        assert_eq!(ravi.get("/api/users/me/").await.0, StatusCode::UNAUTHORIZED, "{way}: at accounts at once");
        let said = tokio::time::timeout(SOON, async {
            let mut text = String::new();
            while let Ok(Some(chunk)) = stream.chunk().await {
                text.push_str(&String::from_utf8_lossy(&chunk));
            }
            text
        });
        assert!(said.await.unwrap_or_else(|_| panic!("{way}: the stream went on")).contains("signed_out"), "{way}");
        tokio::time::sleep_until((done + SOON).into()).await;
        assert_eq!(ravi.get(DATA).await.0, StatusCode::UNAUTHORIZED, "{way}: at the register within a second");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_session_is_felt_everywhere_on_sqlite() {
    the_end_of_a_session_is_felt_everywhere(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_session_is_felt_everywhere_on_mariadb() {
    the_end_of_a_session_is_felt_everywhere(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_wrong_sign_ins_is_turned_away_at_the_front_door() {
    let house = House::open(true).await;
    let stranger = house.stranger().await;
    let wrong = json!({ "username": EMAIL, "password": "wrong" });
    let one = async || {
        let request = stranger.http.post(format!("{}/api/session-login/", house.url));
        let answer = request.header("x-csrftoken", &stranger.token).json(&wrong).send().await.unwrap();
        let wait = answer.headers().get("retry-after").map(|v| v.to_str().unwrap().parse::<u64>().unwrap());
        (answer.status().as_u16(), wait, answer.json::<Value>().await.unwrap()["code"].clone())
    };
    let answers = join_all((0..50).map(|_| one())).await;
    let refused: Vec<_> = answers.iter().filter(|(status, ..)| *status == 429).collect();
    assert_eq!(refused.len(), 40, "{answers:?}");
    assert!(refused.iter().all(|(_, wait, code)| wait.is_some_and(|s| s > 0) && code == "too_many"));
    assert!(answers.iter().all(|(status, ..)| [401, 429].contains(status)));
}

/// Planted secrets are in no log, at any level, and in no row of the change log.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_written_down() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let house = House::open_logging(file.reopen().unwrap().into(), &[("RUST_LOG", "debug,hyper=trace".into())]);
    let boss = house.client().await;
    let path = house.ravi(&boss).await;
    let typed = ["canary-wrong-password", "canary-new-password", "canary-as-a-name", "canary-reset-password"];
    let mut secrets: Vec<String> = typed.map(str::to_owned).to_vec();
    secrets.extend([PASSWORD.to_owned(), boss.token.clone()]);

    let stranger = house.stranger().await;
    for (username, password) in [(RAVI, typed[0]), (typed[2], PASSWORD)] {
        let who = json!({ "username": username, "password": password });
        let (status, body) = stranger.send(Method::POST, "/api/session-login/", &[], &who).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{body}");
    }
    let who = json!({ "username": RAVI, "password": PASSWORD });
    let signed_in = stranger
        .http
        .post(format!("{}/api/session-login/", house.url))
        .header("x-csrftoken", &stranger.token)
        .json(&who)
        .send()
        .await
        .unwrap();
    for cookie in signed_in.headers().get_all("set-cookie") {
        let value = cookie.to_str().unwrap().split_once('=').unwrap().1.split(';').next().unwrap();
        secrets.push(value.to_owned());
    }
    let link = boss.send(Method::POST, &format!("{path}reset-link/"), &[], &json!({})).await.1;
    let token = link["reset_url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let reset = json!({ "token": token, "password": typed[3] });
    assert_eq!(stranger.send(Method::POST, "/api/reset-password/", &[], &reset).await.0, StatusCode::FORBIDDEN);
    let other = house.stranger().await;
    assert_eq!(other.send(Method::POST, "/api/reset-password/", &[], &reset).await.0, StatusCode::OK);
    let invited = boss.send(Method::POST, "/api/users/", &[], &json!({ "email": "meera@4syz.com" })).await.1;
    let invitation = invited["invitation_url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    assert_eq!(other.get(&format!("/api/invitations/{invitation}/")).await.0, StatusCode::OK);
    let ravi = house.client_of(RAVI, typed[3]).await;
    let change = json!({ "old": typed[3], "new": typed[1] });
    assert_eq!(ravi.send(Method::POST, "/api/users/me/password/", &[], &change).await.0, StatusCode::OK);
    let mut ravi = house.client_of(RAVI, typed[1]).await;
    ravi.refresh().await;
    let begun = ravi.send(Method::POST, "/api/users/me/totp/", &[], &json!({ "password": typed[1] })).await.1;
    secrets.extend([token, invitation, begun["secret"].as_str().unwrap().to_owned()]);
    let key = json!({ "name": "ERP", "scopes": ["ingest:write"], "sources": null, "expires_at": null });
    let key = boss.send(Method::POST, "/api/keys/", &[], &key).await.1["key"].as_str().unwrap().to_owned();
    ravi.http.get(format!("{}{DATA}", house.url)).bearer_auth(&key).send().await.unwrap();
    secrets.push(key);

    let log = std::fs::read_to_string(file.path()).unwrap();
    assert!(log.lines().count() > 5, "the log says something: {log}");
    let tables = std::fs::read(house.settings()[0].1.clone() + "/dc-tracker.sqlite3").unwrap();
    let waiting = std::fs::read(house.settings()[0].1.clone() + "/dc-tracker.sqlite3-wal").unwrap_or_default();
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} is in the log");
        for bytes in [&tables, &waiting] {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} is in the tables");
        }
    }
}
