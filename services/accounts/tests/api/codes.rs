//! One-time codes and recovery codes.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use totp_rs::{Algorithm, Secret, TOTP};

use crate::house::{Answer, BOSS, Browser, House, PASSWORD, USER_PASSWORD, assert_problem};
use crate::on_both;

on_both!(
    a_code_is_asked_for_and_works_once,
    a_recovery_code_lets_in_once,
    wrong_codes_are_counted,
    the_secret_is_stored_encrypted,
    an_admin_helps_who_lost_the_phone,
);

const RAVI: &str = "ravi@4syz.com";
const TOTP_PATH: &str = "/api/users/me/totp/";

/// The code that an app with this secret shows `steps` of 30 seconds from now.
fn code(secret: &Value, steps: i64) -> String {
    let secret = Secret::Encoded(secret.as_str().unwrap().to_owned()).to_bytes().unwrap();
    let now = chrono::Utc::now().timestamp() + steps * 30;
    TOTP::new(Algorithm::SHA1, 6, 1, 30, secret).unwrap().generate(now.unsigned_abs())
}

impl Browser {
    async fn sign_in_with(&mut self, name: &str, password: &str, more: Value) -> Answer {
        self.get("/api/csrf/").await;
        let mut body = json!({ "username": name, "password": password });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/api/session-login/", body).await
    }

    /// Enrols and gives the secret and the recovery codes.
    async fn enrol(&mut self, password: &str) -> (Value, Vec<Value>) {
        let begun = self.post(TOTP_PATH, json!({ "password": password })).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
        let secret = begun.body["secret"].clone();
        // The present code, so that the next one is left for a sign-in.
        let done = self.post(&format!("{TOTP_PATH}confirm/"), json!({ "totp": code(&secret, 0) })).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        assert_eq!(done.headers["cache-control"], "no-store");
        (secret, done.body["recovery_codes"].as_array().unwrap().clone())
    }
}

async fn a_code_is_asked_for_and_works_once(house: House) {
    house.user(RAVI, "user").await;
    let mut mine = house.signed_in(RAVI, USER_PASSWORD).await;
    let none = json!({ "enrolled": false, "required": false, "enrolled_at": null, "recovery_codes_left": 0 });
    assert_eq!(mine.get(TOTP_PATH).await.body, none);
    assert_problem(&mine.post(TOTP_PATH, json!({ "password": "wrong" })).await, 403, "wrong_password");
    let begun = mine.post(TOTP_PATH, json!({ "password": USER_PASSWORD })).await.body;
    let address = begun["otpauth_url"].as_str().unwrap();
    assert!(address.starts_with("otpauth://totp/DC%20Tracker%204syz.com%3Aravi%404syz.com?secret="), "{address}");
    let wrong = mine.post(&format!("{TOTP_PATH}confirm/"), json!({ "totp": "000000" })).await;
    assert_problem(&wrong, 422, "invalid");
    assert_eq!(house.browser().sign_in(RAVI, USER_PASSWORD).await.status, StatusCode::OK, "not enrolled yet");

    let (secret, codes) = mine.enrol(USER_PASSWORD).await;
    assert_eq!(codes.len(), 10);
    assert_problem(&mine.post(TOTP_PATH, json!({ "password": USER_PASSWORD })).await, 409, "totp_enrolled");
    assert_eq!(mine.get(TOTP_PATH).await.body["recovery_codes_left"], 10);

    let mut browser = house.browser();
    let asked = browser.sign_in(RAVI, USER_PASSWORD).await;
    assert_eq!((asked.status, &asked.body), (StatusCode::OK, &json!({ "success": false, "next": "totp" })));
    assert!(asked.headers.get("set-cookie").is_none(), "no session yet");
    assert_problem(&browser.get("/api/users/me/").await, 401, "not_signed_in");
    let wrong = browser.sign_in_with(RAVI, "wrong", json!({ "totp": code(&secret, 0) })).await;
    assert_problem(&wrong, 401, "wrong_credentials");

    let now = code(&secret, 1);
    let tries =
        (0..6).map(|_| async { house.browser().sign_in_with(RAVI, USER_PASSWORD, json!({ "totp": now })).await });
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|a| a.body["success"] == json!(true)).count(), 1, "a code works once");
    assert_problem(answers.iter().find(|a| a.status != StatusCode::OK).unwrap(), 401, "wrong_code");

    let gone = mine.send(Method::DELETE, TOTP_PATH, Some(json!({ "password": USER_PASSWORD }))).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(mine.get(TOTP_PATH).await.body, none);
    let kinds: Vec<String> = house.told().await.into_iter().filter(|c| c.entity == "totp").map(|c| c.kind).collect();
    assert_eq!(kinds, ["totp_enrolled", "totp_removed"]);
    house.close().await;
}

async fn a_recovery_code_lets_in_once(house: House) {
    house.user(RAVI, "user").await;
    let mut mine = house.signed_in(RAVI, USER_PASSWORD).await;
    let (_, codes) = mine.enrol(USER_PASSWORD).await;
    let typed = codes[3].as_str().unwrap().to_uppercase().replace('-', "");
    let done = house.browser().sign_in_with(RAVI, USER_PASSWORD, json!({ "recovery_code": typed })).await;
    assert_eq!(done.body["success"], true, "{}", done.body);
    let again = house.browser().sign_in_with(RAVI, USER_PASSWORD, json!({ "recovery_code": typed })).await;
    assert_problem(&again, 401, "wrong_code");
    assert_eq!(mine.get(TOTP_PATH).await.body["recovery_codes_left"], 9);
    let path = format!("{TOTP_PATH}recovery-codes/");
    let new = mine.post(&path, json!({ "password": USER_PASSWORD })).await.body["recovery_codes"].clone();
    let old = house.browser().sign_in_with(RAVI, USER_PASSWORD, json!({ "recovery_code": codes[4] })).await;
    assert_problem(&old, 401, "wrong_code");
    let done = house.browser().sign_in_with(RAVI, USER_PASSWORD, json!({ "recovery_code": new[0] })).await;
    assert_eq!(done.body["success"], true, "{}", done.body);
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    assert_problem(&boss.post(&path, json!({ "password": PASSWORD })).await, 404, "not_found");
    house.close().await;
}

async fn wrong_codes_are_counted(house: House) {
    house.user(RAVI, "user").await;
    house.signed_in(RAVI, USER_PASSWORD).await.enrol(USER_PASSWORD).await;
    for _ in 0..12 {
        assert_eq!(house.browser().sign_in(RAVI, USER_PASSWORD).await.body["next"], "totp", "asking costs nothing");
    }
    for _ in 0..10 {
        let answer = house.browser().sign_in_with(RAVI, USER_PASSWORD, json!({ "totp": "123" })).await;
        assert_problem(&answer, 401, "wrong_code");
    }
    let answer = house.browser().sign_in_with(RAVI, USER_PASSWORD, json!({ "totp": "123" })).await;
    assert_problem(&answer, 429, "too_many");
    house.close().await;
}

async fn the_secret_is_stored_encrypted(house: House) {
    house.user(RAVI, "user").await;
    let (secret, codes) = house.signed_in(RAVI, USER_PASSWORD).await.enrol(USER_PASSWORD).await;
    let db = accounts::open_database(&house.config).await.unwrap();
    let rows: Vec<(db::Text,)> = db::on_db!(&db, pool => sqlx::query_as(
        "SELECT secret FROM accounts_totp UNION ALL SELECT hash FROM accounts_recovery_codes").fetch_all(pool).await)
    .unwrap();
    db.close().await;
    let raw = Secret::Encoded(secret.as_str().unwrap().to_owned()).to_bytes().unwrap();
    let hex: String = raw.iter().map(|b| format!("{b:02x}")).collect();
    let plain = |code: &Value| code.as_str().unwrap().replace('-', "");
    let told = format!("{:?}", house.told().await);
    for canary in [secret.as_str().unwrap().to_owned(), hex].into_iter().chain(codes.iter().map(plain)) {
        assert!(rows.iter().all(|(text,)| !text.0.contains(&canary)), "{canary}");
        assert!(!told.contains(&canary), "{canary}");
    }
    // As after a restore under another SECRET_KEY: nobody gets in by a code, and nothing falls over.
    house.sql("UPDATE accounts_totp SET secret = '00'").await;
    let answer = house.browser().sign_in_with(RAVI, USER_PASSWORD, json!({ "totp": code(&secret, 0) })).await;
    assert_problem(&answer, 401, "wrong_code");
    house.close().await;
}

async fn an_admin_helps_who_lost_the_phone(house: House) {
    let ravi = house.user(RAVI, "user").await;
    house.user("admin.one@4syz.com", "admin").await;
    house.signed_in(RAVI, USER_PASSWORD).await.enrol(USER_PASSWORD).await;
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    boss.enrol(PASSWORD).await;
    let of = |user: &Value| format!("/api/users/{}/totp/", user["id"].as_str().unwrap());
    let mut admin = house.signed_in("admin.one@4syz.com", USER_PASSWORD).await;
    let chief = boss.get("/api/users/me/").await.body;
    assert_problem(&admin.send(Method::DELETE, &of(&chief), None).await, 403, "forbidden");
    assert_eq!(admin.send(Method::DELETE, &of(&ravi), None).await.status, StatusCode::NO_CONTENT);
    assert_problem(&admin.send(Method::DELETE, &of(&ravi), None).await, 404, "not_found");
    assert_eq!(house.browser().sign_in(RAVI, USER_PASSWORD).await.body["success"], true);
    house.close().await;
}

macro_rules! where_it_is_required {
    ($($name:ident),* $(,)?) => {
        mod sqlite_required { $(#[tokio::test] async fn $name() { super::$name(false).await; })* }
        mod mariadb_required { $(#[tokio::test] async fn $name() { super::$name(true).await; })* }
    };
}

where_it_is_required!(a_role_that_needs_codes_enrols_at_the_sign_in);

async fn a_role_that_needs_codes_enrols_at_the_sign_in(on_mariadb: bool) {
    let house = House::open_with(on_mariadb, &[("TOTP_REQUIRED_ROLES", "superadmin".into())]).await;
    let mut boss = house.browser();
    let asked = boss.sign_in(BOSS, PASSWORD).await;
    assert_eq!((&asked.body["success"], &asked.body["next"]), (&json!(false), &json!("enrol_totp")));
    assert_eq!(asked.headers["cache-control"], "no-store");
    assert_problem(&boss.get("/api/users/me/").await, 401, "not_signed_in");
    let first = asked.body["secret"].clone();
    let second = boss.sign_in(BOSS, PASSWORD).await.body["secret"].clone();
    assert_ne!(first, second, "who asked before does not know the secret that is enrolled");
    let old = boss.sign_in_with(BOSS, PASSWORD, json!({ "totp": code(&first, -1) })).await;
    assert_problem(&old, 401, "wrong_code");
    let done = boss.sign_in_with(BOSS, PASSWORD, json!({ "totp": code(&second, 0) })).await;
    assert_eq!((done.status, &done.body["success"]), (StatusCode::OK, &json!(true)), "{}", done.body);
    assert_eq!(done.body["recovery_codes"].as_array().unwrap().len(), 10);
    assert_eq!(boss.get(TOTP_PATH).await.body["required"], true);
    let kept = boss.send(Method::DELETE, TOTP_PATH, Some(json!({ "password": PASSWORD }))).await;
    assert_problem(&kept, 403, "totp_required");
    let again = house.browser().sign_in(BOSS, PASSWORD).await.body;
    assert_eq!(again, json!({ "success": false, "next": "totp" }));
    let done = boss.sign_in_with(BOSS, PASSWORD, json!({ "totp": code(&second, 1) })).await;
    assert_eq!((&done.body["success"], done.body.get("recovery_codes")), (&json!(true), None));
    let new = json!({ "email": RAVI, "password": USER_PASSWORD });
    assert_eq!(boss.post("/api/users/", new).await.status, StatusCode::CREATED);
    assert_eq!(house.browser().sign_in(RAVI, USER_PASSWORD).await.body["success"], true, "users need none");
    house.close().await;
}
