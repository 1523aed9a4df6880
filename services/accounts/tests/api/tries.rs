//! How often somebody may try to sign in.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use crate::house::{BOSS, Browser, House, PASSWORD, USER_PASSWORD, assert_problem};
use crate::on_both;

on_both!(
    parallel_wrong_sign_ins_cost_ten_hash_runs,
    only_failures_count,
    an_address_has_a_limit_of_its_own,
    copies_share_the_limit_of_an_account,
    a_known_browser_is_never_locked_out,
    refusals_are_alike,
    old_hashes_are_renewed_by_the_right_password,
    a_broken_hash_lets_nobody_in,
);

const RAVI: &str = "ravi@4syz.com";

impl House {
    /// A browser elsewhere on the net.
    pub fn browser_at(&self, address: &str) -> Browser {
        Browser { address: Some(address.to_owned()), ..self.browser() }
    }
}

async fn parallel_wrong_sign_ins_cost_ten_hash_runs(house: House) {
    let before = house.hash_runs().await;
    let mut first = house.browser();
    first.get("/api/csrf/").await;
    let wrong = json!({ "username": BOSS, "password": "wrong" });
    let tries = (0..50).map(|_| {
        let mut browser = Browser { cookies: first.cookies.clone(), ..house.browser() };
        let wrong = wrong.clone();
        async move { browser.post("/api/session-login/", wrong).await }
    });
    let answers = join_all(tries).await;
    let refused = answers.iter().filter(|a| a.status == StatusCode::TOO_MANY_REQUESTS);
    for answer in refused.clone() {
        assert_problem(answer, 429, "too_many");
        let seconds: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=95).contains(&seconds), "{seconds}");
    }
    let mut wrong = answers.iter().filter(|a| a.status == StatusCode::UNAUTHORIZED).count();
    // On a machine that is busy beside, one may wait for the database too long; it has not cost a try.
    let busy = answers.iter().filter(|a| a.status == StatusCode::SERVICE_UNAVAILABLE).count();
    assert_eq!(wrong + busy + refused.count(), answers.len());
    assert!(wrong <= 10 && wrong + busy >= 10, "{wrong} of 50 were tried, {busy} were not");
    while wrong < 10 {
        assert_problem(&house.browser().sign_in(BOSS, "wrong").await, 401, "wrong_credentials");
        wrong += 1;
    }
    assert_eq!(house.hash_runs().await - before, 10);
    assert_eq!(house.told_of("sign_in_failed").await, 10);
    assert_problem(&house.browser().sign_in(BOSS, PASSWORD).await, 429, "too_many");
    house.close().await;
}

async fn only_failures_count(house: House) {
    for _ in 0..12 {
        assert_eq!(house.browser().sign_in(BOSS, PASSWORD).await.status, StatusCode::OK);
    }
    for _ in 0..9 {
        assert_problem(&house.browser().sign_in(BOSS, "wrong").await, 401, "wrong_credentials");
    }
    assert_eq!(house.browser().sign_in(BOSS, PASSWORD).await.status, StatusCode::OK, "a ninth failure is not a tenth");
    assert_problem(&house.browser().sign_in("BOSS@4syz.com ", "wrong").await, 401, "wrong_credentials");
    assert_problem(&house.browser().sign_in(BOSS, "wrong").await, 429, "too_many");
    let elsewhere = house.browser_at("203.0.113.7").sign_in(BOSS, PASSWORD).await;
    assert_eq!(elsewhere.status, StatusCode::OK, "another address has tries of its own");
    house.close().await;
}

async fn an_address_has_a_limit_of_its_own(house: House) {
    let mut wrong = 0;
    for i in 0..100 {
        let answer = house.browser_at("198.51.100.9").sign_in(&format!("person{i}@4syz.com"), "Monsoon#41-tea").await;
        if answer.status == StatusCode::UNAUTHORIZED {
            wrong += 1;
        } else {
            assert_problem(&answer, 429, "too_many");
        }
    }
    // Sixty, and one more for each 15 seconds that the test took.
    assert!((60..=64).contains(&wrong), "{wrong}");
    assert_eq!(house.browser_at("198.51.100.10").sign_in(BOSS, PASSWORD).await.status, StatusCode::OK);
    house.close().await;
}

async fn copies_share_the_limit_of_an_account(house: House) {
    let (base, copy) = house.another_copy().await;
    let bases = [house.base.clone(), base];
    let mut wrong = 0;
    for i in 0..130 {
        let mut browser = house.browser_at(&format!("192.0.2.{i}"));
        browser.base.clone_from(&bases[i % 2]);
        wrong += usize::from(browser.sign_in(BOSS, "wrong").await.status == StatusCode::UNAUTHORIZED);
    }
    // A hundred, and one more for each 36 seconds that the test took.
    assert!((100..=104).contains(&wrong), "{wrong}");
    house.stop.cancel();
    copy.await.unwrap().unwrap();
    house.close().await;
}

async fn a_known_browser_is_never_locked_out(house: House) {
    house.user(RAVI, "user").await;
    let mut own = house.signed_in(BOSS, PASSWORD).await;
    own.post("/api/session-logout/", json!({})).await;
    for _ in 0..12 {
        house.browser().sign_in(BOSS, "wrong").await;
    }
    assert_problem(&house.browser().sign_in(BOSS, PASSWORD).await, 429, "too_many");
    assert_eq!(own.sign_in(BOSS, PASSWORD).await.status, StatusCode::OK, "a stranger locks no colleague out");
    let held = own.cookies["browser"].clone();
    for _ in 0..10 {
        assert_problem(&own.sign_in(BOSS, "wrong").await, 401, "wrong_credentials");
    }
    assert_problem(&own.sign_in(BOSS, PASSWORD).await, 429, "too_many");
    let mut other = Browser { cookies: [("browser".to_owned(), held)].into(), ..house.browser_at("203.0.113.8") };
    for _ in 0..10 {
        assert_problem(&other.sign_in(RAVI, "wrong").await, 401, "wrong_credentials");
    }
    assert_problem(&other.sign_in(RAVI, USER_PASSWORD).await, 429, "too_many");
    house.close().await;
}

async fn refusals_are_alike(house: House) {
    let made = house.user(RAVI, "user").await;
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let path = format!("/api/users/{}/", made["id"].as_str().unwrap());
    boss.send(reqwest::Method::PATCH, &path, Some(json!({ "is_active": false }))).await;
    let invited = boss.post("/api/users/", json!({ "email": "invited@4syz.com" })).await;
    assert!(invited.body["invitation_url"].is_string(), "{}", invited.body);
    let mut seen = Vec::new();
    for (name, password) in [
        (BOSS, "wrong"),
        ("nobody@4syz.com", PASSWORD),
        (RAVI, USER_PASSWORD),
        ("invited@4syz.com", PASSWORD),
        ("invited@4syz.com", ""),
        ("nobody@elsewhere.test", PASSWORD),
    ] {
        let runs = house.hash_runs().await;
        let mut answer = house.browser().sign_in(name, password).await;
        assert_problem(&answer, 401, "wrong_credentials");
        assert_eq!(house.hash_runs().await - runs, 1, "{name}: one run of Argon2");
        answer.body["request_id"] = json!(null);
        let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        seen.push((answer.body, headers));
    }
    assert!(seen.iter().all(|s| *s == seen[0]), "{seen:?}");
    house.close().await;
}

async fn old_hashes_are_renewed_by_the_right_password(house: House) {
    // Argon2id of "a right one" with 8 MiB and one pass, as an older version of the program may have stored it.
    house.sql(OLD_HASH).await;
    let stored = || async { stored_hash(&house).await };
    let old = stored().await;
    assert_problem(&house.browser().sign_in(BOSS, "a wrong one").await, 401, "wrong_credentials");
    assert_eq!(stored().await, old);
    assert_eq!(house.browser().sign_in(BOSS, "a right one").await.status, StatusCode::OK);
    let new = stored().await;
    assert!(new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{new}");
    assert_eq!(house.browser().sign_in(BOSS, "a right one").await.status, StatusCode::OK);
    assert_eq!(stored().await, new);
    house.close().await;
}

async fn a_broken_hash_lets_nobody_in(house: House) {
    for broken in [
        "UPDATE accounts_users SET password_hash = 'nonsense'",
        "UPDATE accounts_users SET password_hash = ''",
        "UPDATE accounts_users SET password_hash = '$md5$abc'",
    ] {
        house.sql(broken).await;
        let runs = house.hash_runs().await;
        assert_problem(&house.browser().sign_in(BOSS, PASSWORD).await, 401, "wrong_credentials");
        assert_eq!(house.hash_runs().await - runs, 1);
    }
    house.close().await;
}

const OLD_HASH: &str = "UPDATE accounts_users SET password_hash = \
    '$argon2id$v=19$m=8192,t=1,p=1$y/lul6WxE71Va94ESyo3Wg$rMlhlLkcKZDLvD5Ykiq+h/qrepE46JD2yoINkvQkDwQ'";

async fn stored_hash(house: &House) -> String {
    let db = accounts::open_database(&house.config).await.unwrap();
    let hash: (db::Text,) = db::on_db!(&db, pool =>
        sqlx::query_as("SELECT password_hash FROM accounts_users").fetch_one(pool).await)
    .unwrap();
    db.close().await;
    hash.0.0
}

#[tokio::test]
async fn known_and_unknown_take_the_same_time() {
    let many = || "100000".to_owned();
    let settings = [("SIGN_IN_TRIES", many()), ("SIGN_IN_TRIES_ADDRESS", many()), ("SIGN_IN_TRIES_ACCOUNT", many())];
    let house = House::open_with(true, &settings).await;
    let made = house.user(RAVI, "user").await;
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let path = format!("/api/users/{}/", made["id"].as_str().unwrap());
    boss.send(reqwest::Method::PATCH, &path, Some(json!({ "is_active": false }))).await;
    boss.post("/api/users/", json!({ "email": "invited@4syz.com" })).await;
    let mut browser = house.browser();
    browser.get("/api/csrf/").await;
    let mut spread = 0.0;
    // What else the machine does may spoil a round, and not all of them.
    for _ in 0..8 {
        let mut took = vec![Vec::new(); KINDS.len()];
        for round in 0..TIMED {
            for place in 0..KINDS.len() {
                // Each kind stands at each place in turn: what the one before leaves behind weighs on all alike.
                let kind = (place + round) % KINDS.len();
                let (name, password) = KINDS[kind];
                let began = std::time::Instant::now();
                let answer =
                    browser.post("/api/session-login/", json!({ "username": name, "password": password })).await;
                took[kind].push(began.elapsed().as_secs_f64());
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            }
        }
        let medians = took.into_iter().map(|mut t| {
            t.sort_by(f64::total_cmp);
            t[t.len() / 2]
        });
        let medians: Vec<f64> = medians.collect();
        let (least, most) = medians.iter().fold((f64::MAX, 0.0_f64), |(a, b), m| (a.min(*m), b.max(*m)));
        spread = most / least - 1.0;
        println!("medians {medians:?}, spread {spread:.3}");
        if spread < ALIKE {
            break;
        }
    }
    assert!(spread < ALIKE, "medians differ by {:.1} %", spread * 100.0);
    house.close().await;
}

/// Sign-ins that are all refused.
const KINDS: [(&str, &str); 4] =
    [(BOSS, "wrong"), ("nobody@4syz.com", PASSWORD), (RAVI, USER_PASSWORD), ("invited@4syz.com", PASSWORD)];
/// Tries of each kind whose time is taken.
const TIMED: usize = 25;
/// Medians differ by less than a twentieth on a quiet machine; one that runs other tests beside this is not quiet. A run
/// of Argon2 that one kind is spared is more than half of the whole.
const ALIKE: f64 = 0.2;
