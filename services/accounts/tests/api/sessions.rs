//! Sessions: how they begin, are listed, and end.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{BOSS, Browser, House, PASSWORD, USER_PASSWORD, assert_problem};
use crate::on_both;

on_both!(
    a_sign_in_takes_no_id_from_outside,
    the_twenty_first_session_ends_the_first,
    people_see_and_end_their_sessions,
    admins_end_anyones_sessions_but_a_superadmins,
    changes_of_an_account_end_its_sessions,
    sessions_end_by_age,
    what_is_over_is_swept,
    nonsense_is_no_session,
    signing_out_clears_the_browser,
    a_sign_in_as_somebody_else_tells_of_both,
);

const ME: &str = "/api/users/me/";
const MINE: &str = "/api/users/me/sessions/";
const RAVI: &str = "ravi@4syz.com";

fn id(user: &Value) -> &str {
    user["id"].as_str().unwrap()
}

async fn a_sign_in_takes_no_id_from_outside(house: House) {
    let chosen = "A".repeat(64);
    let mut browser = house.browser();
    browser.cookies.insert("sessionid".into(), chosen.clone());
    assert_eq!(browser.sign_in(BOSS, PASSWORD).await.status, StatusCode::OK);
    assert_ne!(browser.cookies["sessionid"], chosen);
    let mut replay = Browser { cookies: [("sessionid".to_owned(), chosen)].into(), ..house.browser() };
    assert_problem(&replay.get(ME).await, 401, "not_signed_in");
    house.close().await;
}

async fn the_twenty_first_session_ends_the_first(house: House) {
    let mut browsers = Vec::new();
    for _ in 0..21 {
        browsers.push(house.signed_in(BOSS, PASSWORD).await);
    }
    assert_problem(&browsers[0].get(ME).await, 401, "not_signed_in");
    assert_eq!(browsers[1].get(ME).await.status, StatusCode::OK);
    assert_eq!(browsers[20].get(MINE).await.body["results"].as_array().unwrap().len(), 20);
    house.close().await;
}

async fn people_see_and_end_their_sessions(house: House) {
    house.user(RAVI, "user").await;
    let mut phone = Browser { address: Some("203.0.113.5".into()), ..house.browser() };
    phone.http = reqwest::Client::builder().no_proxy().user_agent("Phone/1.0").build().unwrap();
    phone.sign_in(RAVI, USER_PASSWORD).await;
    let mut desk = house.signed_in(RAVI, USER_PASSWORD).await;
    let page = desk.get(MINE).await.body;
    let [first, second] = page["results"].as_array().unwrap().as_slice() else { panic!("{page}") };
    assert_eq!((&first["current"], &second["current"]), (&json!(true), &json!(false)));
    assert_eq!((&second["address"], &second["agent"]), (&json!("203.0.113.5"), &json!("Phone/1.0")));
    for instant in ["created_at", "last_seen_at", "ends_at"] {
        assert!(second[instant].is_string(), "{second}");
    }
    let path = |s: &Value| format!("{MINE}{}/", id(s));
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    assert_problem(&boss.send(Method::DELETE, &path(second), None).await, 404, "not_found");
    assert_eq!(desk.send(Method::DELETE, &path(second), None).await.status, StatusCode::NO_CONTENT);
    assert_problem(&phone.get(ME).await, 401, "not_signed_in");
    assert_problem(&desk.send(Method::DELETE, &path(second), None).await, 404, "not_found");
    assert_eq!(desk.send(Method::DELETE, &path(first), None).await.status, StatusCode::NO_CONTENT);
    assert_problem(&desk.get(ME).await, 401, "not_signed_in");
    assert_eq!(desk.sign_in(RAVI, USER_PASSWORD).await.status, StatusCode::OK, "and sign in again");
    assert_eq!(house.told_of("session_ended").await, 2);
    house.close().await;
}

async fn admins_end_anyones_sessions_but_a_superadmins(house: House) {
    let ravi = house.user(RAVI, "user").await;
    house.user("admin.one@4syz.com", "admin").await;
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let mut admin = house.signed_in("admin.one@4syz.com", USER_PASSWORD).await;
    let mut user = house.signed_in(RAVI, USER_PASSWORD).await;
    let of = |user: &Value| format!("/api/users/{}/sessions/", id(user));
    assert_eq!(admin.get(&of(&ravi)).await.body["results"].as_array().unwrap().len(), 1);
    assert_problem(&user.get(&of(&ravi)).await, 403, "forbidden");
    let chief = boss.get(ME).await.body;
    assert_problem(&admin.get(&of(&chief)).await, 403, "forbidden");
    assert_problem(&admin.send(Method::DELETE, &of(&chief), None).await, 403, "forbidden");
    assert_eq!(admin.send(Method::DELETE, &of(&ravi), None).await.status, StatusCode::NO_CONTENT);
    assert_problem(&user.get(ME).await, 401, "not_signed_in");
    assert_eq!(boss.get(ME).await.status, StatusCode::OK);
    house.close().await;
}

async fn changes_of_an_account_end_its_sessions(house: House) {
    let ravi = house.user(RAVI, "user").await;
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let path = format!("/api/users/{}/", id(&ravi));
    let mut user = house.signed_in(RAVI, USER_PASSWORD).await;
    boss.send(Method::PUT, &format!("{path}grants/"), Some(json!({ "grants": [{ "permission": "challan:read" }] })))
        .await;
    assert_eq!(user.get(ME).await.status, StatusCode::OK, "a change of grants keeps the session");
    for patch in [json!({ "role": "admin" }), json!({ "is_active": false })] {
        let mut user = house.signed_in(RAVI, USER_PASSWORD).await;
        assert_eq!(boss.send(Method::PATCH, &path, Some(patch)).await.status, StatusCode::OK);
        assert_problem(&user.get(ME).await, 401, "not_signed_in");
    }
    house.close().await;
}

async fn sessions_end_by_age(house: House) {
    let mut browser = house.signed_in(BOSS, PASSWORD).await;
    for age in [
        "UPDATE accounts_sessions SET last_seen_at = last_seen_at - 8 * 3600 * 1000000",
        "UPDATE accounts_sessions SET created_at = created_at - 14 * 24 * 3600 * 1000000",
    ] {
        house.sql(age).await;
        // What was read a moment ago may be shown again for a quarter of a second.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert_problem(&browser.get(ME).await, 401, "not_signed_in");
        browser = house.signed_in(BOSS, PASSWORD).await;
        assert_eq!(browser.get(MINE).await.body["results"].as_array().unwrap().len(), 1, "none that is over is shown");
    }
    house.sql("UPDATE accounts_sessions SET last_seen_at = last_seen_at - 7 * 3600 * 1000000").await;
    assert_eq!(browser.get(ME).await.status, StatusCode::OK);
    house.sql("UPDATE accounts_sessions SET created_at = created_at - 13 * 24 * 3600 * 1000000").await;
    assert_eq!(browser.get(ME).await.status, StatusCode::OK);
    house.close().await;
}

async fn what_is_over_is_swept(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    boss.post("/api/users/", json!({ "email": "asha@4syz.com" })).await;
    house.browser().sign_in(BOSS, "wrong").await;
    for age in [
        "UPDATE accounts_sessions SET last_seen_at = last_seen_at - 8 * 3600 * 1000000",
        "UPDATE accounts_tries SET full_until = full_until - 24 * 3600 * 1000000",
        "UPDATE accounts_links SET expires_at = expires_at - 7 * 24 * 3600 * 1000000",
    ] {
        house.sql(age).await;
    }
    house.signed_in(BOSS, PASSWORD).await;
    let (_, copy) = house.another_copy().await;
    let mut left = rows(&house).await;
    for _ in 0..100 {
        if left == [1, 3, 0] {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        left = rows(&house).await;
    }
    // The session of the last sign-in, and its tries, which are empty since just now.
    assert_eq!(left, [1, 3, 0]);
    house.stop.cancel();
    copy.await.unwrap().unwrap();
    house.close().await;
}

/// How many sessions, buckets of tries and links are stored.
async fn rows(house: &House) -> [i64; 3] {
    let db = accounts::open_database(&house.config).await.unwrap();
    let count = "SELECT (SELECT COUNT(*) FROM accounts_sessions), (SELECT COUNT(*) FROM accounts_tries), \
                 (SELECT COUNT(*) FROM accounts_links)";
    let (sessions, tries, links) = db::on_db!(&db, pool => sqlx::query_as(count).fetch_one(pool).await).unwrap();
    db.close().await;
    [sessions, tries, links]
}

async fn nonsense_is_no_session(house: House) {
    let browser = house.signed_in(BOSS, PASSWORD).await;
    let stored = stored(&house).await;
    let unknown = browser.cookies["sessionid"].replacen(|c: char| c.is_ascii_digit(), "x", 1);
    let nonsense = ["x".repeat(10_000), "%00".into(), "' OR 1=1--".into(), "A".repeat(64), unknown, stored.clone()];
    for value in nonsense {
        let mut other = Browser { cookies: [("sessionid".to_owned(), value)].into(), ..house.browser() };
        let answer = other.get(ME).await;
        assert!([401, 400, 431].contains(&answer.status.as_u16()), "{}", answer.status);
    }
    assert_eq!(self::stored(&house).await, stored, "and no row was made");
    house.close().await;
}

async fn stored(house: &House) -> String {
    let db = accounts::open_database(&house.config).await.unwrap();
    let hash: (db::Text,) =
        db::on_db!(&db, pool => sqlx::query_as("SELECT hash FROM accounts_sessions").fetch_one(pool).await).unwrap();
    db.close().await;
    hash.0.0
}

async fn signing_out_clears_the_browser(house: House) {
    let mut browser = house.signed_in(BOSS, PASSWORD).await;
    let before = browser.cookies.clone();
    let answer = browser.post("/api/session-logout/", json!({})).await;
    assert_eq!(
        (answer.status, &answer.headers["cache-control"]),
        (StatusCode::NO_CONTENT, &"no-store".parse().unwrap())
    );
    assert_eq!(answer.headers["clear-site-data"], "\"cache\"", "drafts of others and the device's cookie stay");
    let mut replay = Browser { cookies: before, ..house.browser() };
    assert_problem(&replay.get(ME).await, 401, "not_signed_in");
    assert_problem(&replay.post("/api/session-logout/", json!({})).await, 403, "csrf_token");
    let told = house.told().await;
    assert_eq!(told.last().unwrap().kind, "signed_out");
    house.close().await;
}

async fn a_sign_in_as_somebody_else_tells_of_both(house: House) {
    house.user(RAVI, "user").await;
    let mut browser = house.signed_in(RAVI, USER_PASSWORD).await;
    browser.sign_in(BOSS, PASSWORD).await;
    let told = house.told().await;
    let [.., ended, signed_in] = told.as_slice() else { panic!() };
    let of = |change: &proto_contracts::events::Change| match &change.row {
        Some(proto_contracts::events::change::Row::Account(row)) => (row.email.clone(), row.ended_sessions.len()),
        _ => panic!("the row after the change is missing"),
    };
    assert_eq!((ended.kind.as_str(), of(ended)), ("session_ended", (RAVI.to_owned(), 1)));
    assert_eq!((signed_in.kind.as_str(), of(signed_in)), ("signed_in", (BOSS.to_owned(), 0)));
    house.close().await;
}
