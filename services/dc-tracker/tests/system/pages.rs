//! Pages of a list: their rows are what each row is by itself, whoever asks and however often, and no page is older than the
//! register or than the asker's rights. Every list goes on by `next` and back by `previous`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{DATA, EMAIL, House, PASSWORD};
use crate::rights::Caller;

/// Both times a page is asked for, the second of which may be one that was kept.
async fn rows(caller: &Caller, q: &str) -> Vec<Value> {
    let path = format!("{DATA}?q={q}&count=exact");
    let (first, again) = (caller.send(Method::GET, &path, None).await, caller.send(Method::GET, &path, None).await);
    assert_eq!(first, again);
    assert_eq!(first.0, 200, "{}", first.1);
    assert_eq!(first.1["count"], first.1["results"].as_array().unwrap().len(), "{}", first.1);
    first.1["results"].as_array().unwrap().clone()
}

async fn person(boss: &Caller, house: &House, name: &str, grants: Value) -> Caller {
    let email = format!("{name}@4syz.com");
    boss.make("/api/users/", json!({ "email": email, "password": PASSWORD, "grants": grants })).await;
    Caller::signed_in(house, &email).await
}

async fn pages_are_what_their_rows_are(house: House) {
    let boss = Caller::signed_in(&house, EMAIL).await;
    let challan = |more: Value| {
        let mut row =
            json!({ "customer": "Asha Traders", "date": "2026-01-05", "amount": "12.50", "remarks": "a \"}\" b" });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        row
    };
    let issued = boss.make(DATA, challan(json!({}))).await;
    boss.make(DATA, challan(json!({ "draft": true }))).await;
    boss.make(DATA, challan(json!({ "customer": "Girnar Foods", "delivery_executives": ["Ravi"] }))).await;
    let path = |row: &Value| format!("{DATA}{}/", row["id"].as_str().unwrap());
    let void = boss.make(DATA, challan(json!({}))).await;
    boss.send(Method::POST, &format!("{}void/", path(&void)), Some(&json!({ "reason": "twice" }))).await;
    let gone = boss.make(DATA, challan(json!({}))).await;
    let gone_by = Some(&json!({ "action": "delete", "ids": [gone["id"]] }));
    assert_eq!(boss.send(Method::POST, "/api/tracker/bulk/", gone_by).await.0, 202);
    while boss.send(Method::GET, &path(&gone), None).await.1["deleted_at"].is_null() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }

    let scope = json!({ "customers": [issued["customer_id"]] });
    let read = json!({ "permission": "challan:read" });
    let update_some = json!({ "permission": "challan:update", "scope": scope });
    let hides = json!({ "permission": "challan:read", "hidden_columns": ["amount"] });
    let callers = [
        person(&boss, &house, "reads", json!([read])).await,
        person(&boss, &house, "changes", json!([read, { "permission": "challan:update" }])).await,
        person(&boss, &house, "deletes", json!([read, { "permission": "challan:delete" }])).await,
        person(&boss, &house, "some", json!([read, update_some])).await,
        person(&boss, &house, "own", json!([{ "permission": "challan:read", "scope": scope }])).await,
        person(&boss, &house, "half", json!([hides])).await,
        boss,
    ];
    for caller in &callers {
        for q in ["", "deleted:any", "asha", "stage:void"] {
            for row in rows(caller, q).await {
                assert_eq!(caller.send(Method::GET, &path(&row), None).await.1, row, "found by {q:?}");
            }
        }
    }
    let boss = &callers[callers.len() - 1];
    for n in 1..4 {
        let change = json!({ "base_version": n, "remarks": format!("{n}") });
        assert_eq!(boss.send(Method::PATCH, &path(&issued), Some(&change)).await.0, 200);
        for caller in &callers {
            let rows = rows(caller, "").await;
            let row = rows.iter().find(|row| row["id"] == issued["id"]).unwrap();
            assert_eq!((&row["remarks"], &row["version"]), (&json!(format!("{n}")), &json!(n + 1)));
        }
    }
}

async fn page(caller: &Caller, path: &str) -> Value {
    let (status, page) = caller.send(Method::GET, path, None).await;
    assert_eq!(status, 200, "{path}: {page}");
    page
}

/// Reads a list in pages of two, to its end and back to its beginning, and once more from there: the same pages each time, and
/// together the whole list. At least five rows are needed.
async fn goes_both_ways(caller: &Caller, list: &str) {
    let with = |more: &str| format!("{list}{}{more}", if list.contains('?') { '&' } else { '?' });
    let whole = page(caller, list).await;
    let all = whole["results"].as_array().unwrap();
    assert!(all.len() >= 5, "{list} has enough to be turned over: {whole}");
    assert_eq!((&whole["next"], &whole["previous"]), (&Value::Null, &Value::Null), "{list}");
    let mut pages = vec![page(caller, &with("limit=2")).await];
    assert_eq!(pages[0]["previous"], Value::Null, "{list}");
    while let Some(next) = pages[pages.len() - 1]["next"].as_str() {
        pages.push(page(caller, next).await);
    }
    let rows: Vec<&Value> = pages.iter().flat_map(|page| page["results"].as_array().unwrap()).collect();
    assert_eq!(rows, all.iter().collect::<Vec<_>>(), "{list}");
    assert!(pages[..pages.len() - 1].iter().all(|page| page["results"].as_array().unwrap().len() == 2), "{list}");
    for n in (1..pages.len()).rev() {
        let back = pages[n]["previous"].as_str().unwrap_or_else(|| panic!("{list}: page {n} leads back"));
        let before = page(caller, back).await;
        assert_eq!(before["results"], pages[n - 1]["results"], "{list}, before page {n}");
        assert_eq!(before["previous"].is_null(), n == 1, "{list}, before page {n}");
        let again = page(caller, before["next"].as_str().unwrap()).await;
        assert_eq!(again["results"], pages[n]["results"], "{list}, after what is before page {n}");
    }
    for (wrong, why) in [
        ("limit=0", "limit is 1 to "),
        ("limit=100000", "limit is 1 to "),
        ("limit=two", "limit is "),
        ("cursor=zz", "not one of this list"),
        ("cursor=b", "not one of this list"),
        ("cursor=", "not one of this list"),
    ] {
        let (status, problem) = caller.send(Method::GET, &with(wrong), None).await;
        assert_eq!(status, 400, "{list} {wrong}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(why), "{list} {wrong}: {problem}");
    }
}

async fn lists_go_both_ways(house: House) {
    let boss = Caller::signed_in(&house, EMAIL).await;
    let names = ["Asha Traders", "bharat Steel", "Zoë & Söhne", "Girnar Foods", "अशोक", "Bharat, Tin", "Om Agencies"];
    let mut challan = Value::Null;
    for (n, name) in names.into_iter().enumerate() {
        let carried_by = [name, "Ravi"];
        let row = json!({ "customer": name, "date": format!("2026-01-{}", n + 10), "delivery_executives": carried_by });
        challan = boss.make(DATA, row).await;
    }
    let one = format!("{DATA}{}/", challan["id"].as_str().unwrap());
    for n in 1..12 {
        let field = if n % 2 == 0 { "remarks" } else { "dc_summary" };
        let change = json!({ "base_version": n, field: format!("{n}") });
        assert_eq!(boss.send(Method::PATCH, &one, Some(&change)).await.0, 200);
    }
    let ravi = person(&boss, &house, "shares", json!([{ "permission": "challan:read" }])).await;
    for name in ["Aging", "zuletzt", "Offen", "अशोक"] {
        boss.make("/api/tracker/views/", json!({ "name": name, "state": { "q": "ravi" } })).await;
        ravi.make("/api/tracker/views/", json!({ "name": name, "shared": name != "Offen" })).await;
        let template = format!("{}{{SEQ:5}}", name.to_uppercase().chars().next().filter(char::is_ascii).unwrap_or('X'));
        boss.make("/api/tracker/series/", json!({ "name": name, "template": template, "reset": "never" })).await;
    }
    // A name that a user has and no challan carries stands among those that are carried.
    let nobody_yet =
        json!({ "email": "nobody.yet@4syz.com", "executive_name": "Carried By None", "password": PASSWORD });
    boss.make("/api/users/", nobody_yet).await;
    for n in 0..5 {
        boss.make("/api/keys/", json!({ "name": format!("key {n}"), "scopes": ["challan:read"] })).await;
        Caller::signed_in(&house, EMAIL).await;
    }
    boss.make("/api/permission-sets/", json!({ "name": "gate", "grants": [] })).await;
    for name in ["Pat One", "pat two", "Zoë Pat"] {
        person(&boss, &house, &name.to_lowercase().replace([' ', 'ë'], "."), json!([])).await;
    }
    let me = page(&boss, "/api/users/me/").await;
    let history = format!("{one}history/");
    for list in [
        DATA,
        "/api/tracker/data/?sort=customer&q=",
        "/api/tracker/data/?q=ravi",
        "/api/tracker/customers/",
        "/api/tracker/customers/?search=a",
        "/api/tracker/batches/",
        "/api/tracker/batches/?mine=1",
        &history,
        &format!("{history}?actor={}", page(&boss, &history).await["results"][0]["by"]["id"].as_str().unwrap()),
        &format!("{history}?field=dc_summary"),
        "/api/tracker/views/",
        "/api/tracker/views/?count=exact",
        "/api/tracker/series/",
        "/api/tracker/executives/",
        "/api/tracker/executives/?search=A",
        "/api/users/",
        "/api/users/?is_active=true&search=4syz.com",
        "/api/users/me/sessions/",
        &format!("/api/users/{}/sessions/", me["id"].as_str().unwrap()),
        "/api/permission-sets/",
        "/api/keys/",
        "/api/audit/",
        "/api/audit/?kind=created&entity=user,key",
        "/api/audit/?search=boss",
    ] {
        goes_both_ways(&boss, list).await;
    }
    rows_that_came_meanwhile(&boss).await;
}

/// The page before is the first one, whole, where fewer rows than a page are before it: some came, or went, meanwhile.
async fn rows_that_came_meanwhile(boss: &Caller) {
    let batches = "/api/tracker/batches/?limit=3";
    let first = page(boss, batches).await;
    let second = page(boss, first["next"].as_str().unwrap()).await;
    boss.make(DATA, json!({ "customer": "Om", "date": "2026-02-01" })).await;
    let back = page(boss, second["previous"].as_str().unwrap()).await;
    assert_eq!(back["results"], first["results"], "what came is before that page");
    let newest = page(boss, back["previous"].as_str().unwrap()).await;
    assert_eq!(newest, page(boss, batches).await, "one row alone is no page");
    assert_eq!(newest["results"].as_array().unwrap().len(), 3);
    let last = format!("{DATA}?limit=4&sort=date");
    let second = page(boss, page(boss, &last).await["next"].as_str().unwrap()).await;
    let gone = page(boss, &last).await["results"][1]["id"].as_str().unwrap().to_owned();
    assert_eq!(boss.send(Method::DELETE, &format!("{DATA}{gone}/"), None).await.0, 200);
    let back = page(boss, second["previous"].as_str().unwrap()).await;
    assert_eq!(back["results"], page(boss, &last).await["results"], "of the four rows one is gone");
    assert_eq!(back["results"][3], second["results"][0], "and the next has come up");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_on_sqlite() {
    pages_are_what_their_rows_are(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_on_mariadb() {
    pages_are_what_their_rows_are(House::open(true).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_on_sqlite() {
    lists_go_both_ways(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ways_on_mariadb() {
    lists_go_both_ways(House::open(true).await).await;
}
