//! Which passwords are taken, and changing one's own.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{BOSS, Browser, House, PASSWORD, USER_PASSWORD, assert_problem};
use crate::on_both;

on_both!(
    every_path_that_sets_a_password_has_the_rules,
    lengths_are_counted_in_characters,
    a_change_ends_the_other_sessions,
    the_old_password_cannot_be_guessed_by_a_found_browser,
);

const RAVI: &str = "ravi@4syz.com";
const CHANGE: &str = "/api/users/me/password/";

async fn every_path_that_sets_a_password_has_the_rules(house: House) {
    let made = house.user(RAVI, "user").await;
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let mut ravi = house.signed_in(RAVI, USER_PASSWORD).await;
    let link = |answer: &Value| answer.as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let reset = boss.post(&format!("/api/users/{}/reset-link/", made["id"].as_str().unwrap()), json!({})).await;
    let reset = link(&reset.body["reset_url"]);
    let invited = boss.post("/api/users/", json!({ "email": "asha.rao@4syz.com" })).await;
    let invited = format!("/api/invitations/{}/", link(&invited.body["invitation_url"]));
    for (password, code) in [
        ("1234567", "password_too_short"),
        ("password1", "password_common"),
        ("4syz2026", "password_context"),
        ("dctracker1", "password_context"),
        (&"x".repeat(1025), "password_too_long"),
    ] {
        let runs = house.hash_runs().await;
        let new = json!({ "email": "new@4syz.com", "password": password });
        for (path, field, body) in [
            ("/api/users/", "password", new),
            (CHANGE, "new", json!({ "old": USER_PASSWORD, "new": password })),
            ("/api/reset-password/", "password", json!({ "token": reset, "password": password })),
            (invited.as_str(), "password", json!({ "password": password })),
        ] {
            let who = if path == "/api/users/" { &mut boss } else { &mut ravi };
            let answer = who.post(path, body).await;
            assert_problem(&answer, 422, code);
            assert!(answer.body["fields"][field].is_array(), "{path}: {}", answer.body);
        }
        assert_eq!(house.hash_runs().await, runs, "nothing was hashed");
    }
    let own = boss.post(&invited, json!({ "password": "Asha.Rao1" })).await;
    assert_problem(&own, 422, "password_context");
    house.close().await;
}

async fn lengths_are_counted_in_characters(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let mut old = PASSWORD.to_owned();
    // Eight as they count, sixteen code points as they are typed here, and twenty-four bytes.
    for new in ["k8fjw02l".to_owned(), "x".repeat(64), "y".repeat(1024), "e\u{301}".repeat(8)] {
        let answer = boss.post(CHANGE, json!({ "old": old, "new": new })).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        old = new;
    }
    assert_problem(
        &boss.post(CHANGE, json!({ "old": old, "new": "e\u{301}".repeat(7) })).await,
        422,
        "password_too_short",
    );
    assert_eq!(house.browser().sign_in(BOSS, &"\u{e9}".repeat(8)).await.status, StatusCode::OK, "one spelling of two");
    let runs = house.hash_runs().await;
    let large = boss.post(CHANGE, json!({ "old": old, "new": "x".repeat(1 << 20) })).await;
    assert_problem(&large, 413, "too_large");
    assert_problem(&house.browser().sign_in(BOSS, &"x".repeat(1 << 20)).await, 413, "too_large");
    assert_eq!(house.hash_runs().await, runs);
    house.close().await;
}

async fn a_change_ends_the_other_sessions(house: House) {
    house.user(RAVI, "user").await;
    let mut mine = house.signed_in(RAVI, USER_PASSWORD).await;
    let mut other = house.signed_in(RAVI, USER_PASSWORD).await;
    let before = mine.cookies.clone();
    let answer = mine.post(CHANGE, json!({ "old": USER_PASSWORD, "new": "three green parrots" })).await;
    assert_eq!((answer.status, &answer.body), (StatusCode::OK, &json!({ "success": true })));
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_ne!(before["sessionid"], mine.cookies["sessionid"]);
    assert_problem(&other.get("/api/users/me/").await, 401, "not_signed_in");
    let mut replay = Browser { cookies: before, ..house.browser() };
    assert_problem(&replay.get("/api/users/me/").await, 401, "not_signed_in");
    let patch = mine.send(Method::PATCH, "/api/users/me/", Some(json!({ "first_name": "Ravi" }))).await;
    assert_eq!(patch.status, StatusCode::OK, "my session goes on with its new token: {}", patch.body);
    assert_problem(&house.browser().sign_in(RAVI, USER_PASSWORD).await, 401, "wrong_credentials");
    assert_eq!(house.browser().sign_in(RAVI, "three green parrots").await.status, StatusCode::OK);
    let told = house.told().await;
    let changed = told.iter().find(|c| c.kind == "password_changed").unwrap();
    let Some(proto_contracts::events::change::Row::Account(row)) = &changed.row else { panic!() };
    assert_eq!((row.email.as_str(), row.ended_sessions.len(), changed.changes.len()), (RAVI, 2, 0));
    house.close().await;
}

async fn the_old_password_cannot_be_guessed_by_a_found_browser(house: House) {
    let mut mine = house.signed_in(BOSS, PASSWORD).await;
    for _ in 0..10 {
        let answer = mine.post(CHANGE, json!({ "old": "wrong", "new": "three green parrots" })).await;
        assert_problem(&answer, 403, "wrong_password");
    }
    let answer = mine.post(CHANGE, json!({ "old": PASSWORD, "new": "three green parrots" })).await;
    assert_problem(&answer, 429, "too_many");
    assert_eq!(house.browser().sign_in(BOSS, PASSWORD).await.status, StatusCode::OK, "signing in is counted apart");
    house.close().await;
}
