//! Who did what: filtered, searched, paged and taken home.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{BOSS, House, PASSWORD, assert_problem};
use crate::on_both;

on_both!(
    the_log_is_filtered_and_paged,
    the_log_is_exported_whole_and_harmless,
    the_log_is_for_auditors,
    reading_changes_nothing,
    a_forged_row_is_found,
);

async fn the_log_is_filtered_and_paged(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let new = json!({ "email": "ravi@4syz.com", "first_name": "Ravi", "password": PASSWORD });
    let made = boss.send(Method::POST, "/api/users/", Some(new)).await.body;
    let id = made["id"].as_str().unwrap().to_owned();
    let granted = json!({ "grants": [{ "permission": "challan:read", "hidden_columns": ["amount"] }] });
    boss.send(Method::PUT, &format!("/api/users/{id}/grants/"), Some(granted)).await;
    house.browser().sign_in("ravi@4syz.com", "wrong").await;
    let mut ravi = house.signed_in("ravi@4syz.com", PASSWORD).await;
    ravi.send(Method::POST, "/api/session-logout/", None).await;
    let rows = |page: &Value| -> Vec<(String, String)> {
        let word = |r: &Value, name: &str| r[name].as_str().unwrap().to_owned();
        page["results"].as_array().unwrap().iter().map(|r| (word(r, "entity"), word(r, "kind"))).collect()
    };
    let pair = |e: &str, k: &str| (e.to_owned(), k.to_owned());
    let all = rows(&boss.get("/api/audit/").await.body);
    let expected = [
        pair("session", "signed_out"),
        pair("session", "signed_in"),
        pair("sign_in", "sign_in_failed"),
        pair("grant", "updated"),
        pair("user", "created"),
        pair("session", "signed_in"),
        pair("user", "created"),
    ];
    assert_eq!(all, expected);
    let mut paged = Vec::new();
    let mut next = Some("/api/audit/?limit=2".to_owned());
    while let Some(path) = next {
        let page = boss.get(&path).await.body;
        paged.extend(rows(&page));
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(paged, expected);
    let grant = boss.get("/api/audit/?entity=grant").await.body["results"][0].clone();
    assert_eq!(grant["changes"][0]["new"], "challan:read without amount");
    assert_eq!((&grant["by"]["name"], &grant["user"]["name"]), (&json!(BOSS), &json!("ravi@4syz.com")));
    assert_eq!(
        rows(&boss.get("/api/audit/?search=RAVI%20sign_in_failed").await.body),
        [pair("sign_in", "sign_in_failed")]
    );
    assert_eq!(rows(&boss.get(&format!("/api/audit/?actor={id}")).await.body).len(), 2);
    assert_eq!(
        rows(&boss.get(&format!("/api/audit/?user={id}&kind=created,sign_in_failed,signed_in")).await.body).len(),
        3
    );
    assert_eq!(rows(&boss.get("/api/audit/?to=2020-01-01T00:00:00Z").await.body), []);
    let at = grant["at"].as_str().unwrap();
    assert_eq!(rows(&boss.get(&format!("/api/audit/?from={at}&entity=grant,user")).await.body).len(), 1);
    for bad in ["limit=0", "limit=x", "cursor=-1", "actor=me", "from=yesterday", "format=exe", "sort=(select%201)"] {
        assert_eq!(boss.get(&format!("/api/audit/?{bad}")).await.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    house.close().await;
}

async fn the_log_is_exported_whole_and_harmless(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let formula = "=cmd|' /C calc'!A0";
    let new =
        json!({ "email": "ravi@4syz.com", "password": "a canary password", "first_name": "\"Ravi, the <b>1st</b>" });
    let made = boss.send(Method::POST, "/api/users/", Some(new)).await.body;
    let path = format!("/api/users/{}/", made["id"].as_str().unwrap());
    for i in 0..8 {
        boss.send(Method::PATCH, &path, Some(json!({ "last_name": format!("{formula}{i}") }))).await;
    }
    boss.send(Method::PATCH, "/api/users/me/", Some(json!({ "first_name": formula }))).await;
    boss.send(Method::PATCH, &path, Some(json!({ "last_name": "plain" }))).await;
    let cookies = format!("sessionid={}", boss.cookies["sessionid"]);
    let file = |format: &str| {
        let request = boss.http.get(format!("{}/api/audit/?format={format}", house.base));
        let request = request.header("cookie", cookies.clone());
        async move {
            let answer = request.send().await.unwrap();
            let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
            assert!(answer.headers()["content-disposition"].to_str().unwrap().starts_with("attachment"));
            (kind, answer.text().await.unwrap())
        }
    };
    let (kind, text) = file("ndjson").await;
    assert_eq!(kind, "application/x-ndjson");
    let rows: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let seqs: Vec<i64> = rows.iter().map(|r| r["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as i64).rev().collect::<Vec<_>>(), "every row, newest first");
    let (kind, text) = file("csv").await;
    assert!(kind.starts_with("text/csv"));
    assert!(text.starts_with("seq,at,entity,kind,by,"));
    assert!(text.contains(&format!("'{formula}")), "a formula is no formula");
    assert!(!text.contains(&format!(",{formula}")) && !text.contains(&format!(",\"{formula}")));
    assert!(!text.contains("canary"));
    house.close().await;
}

async fn the_log_is_for_auditors(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let grants = [json!([]), json!([{ "permission": "audit:read" }])];
    for (i, (grants, status)) in grants.into_iter().zip([StatusCode::FORBIDDEN, StatusCode::OK]).enumerate() {
        let email = format!("p{i}@4syz.com");
        let new = json!({ "email": email, "password": PASSWORD, "grants": grants });
        boss.send(Method::POST, "/api/users/", Some(new)).await;
        let mut person = house.signed_in(&email, PASSWORD).await;
        for path in ["/api/audit/", "/api/audit/?format=csv"] {
            assert_eq!(person.get(path).await.status, status);
        }
    }
    assert_problem(&house.browser().get("/api/audit/").await, 401, "not_signed_in");
    house.close().await;
}

/// Every address that is read, as the contract names them, by who may read all.
async fn reading_changes_nothing(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let me = boss.get("/api/users/me/").await.body["id"].as_str().unwrap().to_owned();
    let log = changelog::Log::open(accounts::open_database(&house.config).await.unwrap(), "accounts").await.unwrap();
    let before = log.end().await.unwrap();
    let contract: Value = serde_json::from_str(&accounts::openapi()).unwrap();
    for (path, methods) in contract["paths"].as_object().unwrap() {
        if methods.get("get").is_some() && path != "/api/csrf/" {
            let path = path.replace("{id}", &me).replace("{token}", "none");
            let read = boss.get(&path).await.status;
            assert!(!read.is_server_error(), "GET {path}: {read}");
            let head = boss.send(Method::HEAD, &path, None).await;
            assert_eq!((head.status, head.body), (read, Value::Null), "HEAD {path}");
            let options = boss.send(Method::OPTIONS, &path, None).await.status;
            assert!(!options.is_server_error(), "OPTIONS {path}: {options}");
        }
    }
    assert_eq!(log.end().await.unwrap(), before, "nothing was written");
    house.close().await;
}

/// Runs one statement as the service's own user of the database.
async fn try_to(db: &db::Db, sql: &'static str) -> db::Result<()> {
    let mut tx = db.begin().await.unwrap();
    let done = tx.say(sql).await;
    match done {
        Ok(()) => tx.commit().await.unwrap(),
        Err(_) => tx.rollback().await.unwrap(),
    }
    done
}

/// Runs one statement as somebody who holds the database and nothing else; what guards the log is made again whenever it
/// is opened.
async fn forge(db: &db::Db, sql: &'static str) {
    for guard in [
        "DROP TRIGGER IF EXISTS accounts_changes_no_update",
        "DROP TRIGGER IF EXISTS accounts_changes_no_delete",
        "DROP TRIGGER IF EXISTS accounts_seals_no_delete",
    ] {
        try_to(db, guard).await.unwrap();
    }
    try_to(db, sql).await.unwrap();
}

async fn a_forged_row_is_found(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    for name in ["a", "b", "c"] {
        boss.send(Method::PATCH, "/api/users/me/", Some(json!({ "first_name": name }))).await;
    }
    let end = accounts::verify(&house.config, None).await.unwrap();
    assert!(end.unwrap().seq >= 5);
    let db = accounts::open_database(&house.config).await.unwrap();
    // The second puts back what the first has changed.
    let forgeries = [
        ("UPDATE accounts_changes SET kind = 'deleted' WHERE seq = 3", "Row 3 "),
        ("UPDATE accounts_changes SET kind = 'updated' WHERE seq = 3", ""),
        ("UPDATE accounts_changes SET actor_id = NULL WHERE seq = 4", "Row 4 "),
    ];
    let removals = ["DELETE FROM accounts_changes WHERE seq > 2", "DELETE FROM accounts_seals WHERE seq > 2"];
    let moved =
        ["UPDATE accounts_changes SET seq = 400 WHERE seq = 5", "UPDATE accounts_seals SET seal = '' WHERE seq = 5"];
    for sql in forgeries.iter().map(|f| f.0).chain(removals).chain(moved) {
        let refused = format!("{:?}", try_to(&db, sql).await.unwrap_err());
        assert!(refused.contains("rows of the log are never changed or removed"), "{sql}: {refused}");
    }
    assert_eq!(accounts::verify(&house.config, None).await.unwrap(), end, "nothing was changed");
    for (sql, named) in forgeries {
        forge(&db, sql).await;
        let found = accounts::verify(&house.config, None).await;
        match named {
            "" => assert!(found.is_ok(), "{found:?}"),
            _ => assert!(found.unwrap_err().to_string().starts_with(named)),
        }
    }
    forge(&db, "DELETE FROM accounts_changes WHERE seq = 4").await;
    let found = accounts::verify(&house.config, None).await.unwrap_err().to_string();
    assert_eq!(found, "Row 4 of the log of accounts is missing.");
    // Moved into the gap: the row is genuine, its place is not.
    forge(&db, "UPDATE accounts_changes SET seq = 4 WHERE seq = 5").await;
    assert!(accounts::verify(&house.config, None).await.unwrap_err().to_string().starts_with("Row 4 "));
    forge(&db, "DELETE FROM accounts_changes WHERE seq > 2").await;
    forge(&db, "DELETE FROM accounts_seals WHERE seq > 2").await;
    let found = accounts::verify(&house.config, None).await.unwrap_err().to_string();
    assert_eq!(found, "Row 3 of the log of accounts is missing.", "an end that was cut off is missed too");
    forge(&db, "UPDATE accounts_log_head SET seq = 2").await;
    assert_eq!(accounts::verify(&house.config, None).await.unwrap().unwrap().seq, 2, "with its head it shows only");
    let found = accounts::verify(&house.config, end.as_ref()).await.unwrap_err().to_string();
    assert_eq!(found, "Row 3 of the log of accounts is missing.", "against a receipt");
    forge(&db, "DELETE FROM accounts_seals").await;
    let found = accounts::verify(&house.config, None).await.unwrap_err().to_string();
    assert_eq!(found, "Row 1 of the log of accounts has no seal.");
    let change = boss.send(Method::PATCH, "/api/users/me/", Some(json!({ "first_name": "d" }))).await;
    assert!(change.status.is_server_error(), "nothing is written after a row that has lost its seal: {}", change.body);
    house.close().await;
}
