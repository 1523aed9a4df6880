//! Saved views through the front door: whose they are, who may change them, and what they count.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{DATA, EMAIL, House};
use crate::rights::{Caller, user};

const VIEWS: &str = "/api/tracker/views/";
/// Finds two challans, and nothing for those from whom amounts are hidden.
const FILTER: &str = "customer:\"view traders\" amount:none";

fn at(view: &Value) -> String {
    format!("{VIEWS}{}/", view["id"].as_str().unwrap())
}

/// The names that somebody's list shows, in its order.
async fn names(caller: &Caller) -> Vec<String> {
    let (status, page) = caller.send(Method::GET, VIEWS, None).await;
    assert_eq!(status, 200, "{page}");
    page["results"].as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap().to_owned()).collect()
}

async fn patched(caller: &Caller, view: &Value, set: Value) -> (u16, Value) {
    caller.send(Method::PATCH, &at(view), Some(&set)).await
}

async fn a_view_is_read_field_by_field(asha: &Caller) {
    let long = "x".repeat(33 << 10);
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": " " }), "name"),
        (json!({ "name": "n".repeat(101) }), "name"),
        (json!({ "name": "n".repeat(300) }), "name"),
        (json!({ "name": "\u{202e}\u{200b}" }), "name"),
        (json!({ "name": 7 }), "name"),
        (json!({ "name": "A", "state": [] }), "state"),
        (json!({ "name": "A", "state": { "q": long } }), "state"),
        (json!({ "name": "A", "shared": "yes" }), "shared"),
        (json!({ "name": "A", "default_for_me": 1 }), "default_for_me"),
        (json!({ "name": "A", "owner": "me" }), "owner"),
        (json!({ "name": "WAITING" }), "name"),
    ] {
        let (status, problem) = asha.send(Method::POST, VIEWS, Some(&body)).await;
        assert_eq!(status, 422, "{problem}");
        assert!(problem["fields"][field][0].is_string(), "{field} is not named: {problem}");
        assert!(problem["fields"][field][1].is_null(), "one reason is enough: {problem}");
    }
    assert_eq!(asha.send(Method::GET, &format!("{VIEWS}?count=many"), None).await.0, 400);
    assert_eq!(asha.send(Method::GET, &format!("{VIEWS}nothing/"), None).await.0, 404);
}

async fn versions_are_named(asha: &Caller, view: &Value) -> Value {
    let set = json!({ "base_version": 1, "state": { "q": FILTER, "columns": ["date"] } });
    let (status, changed) = patched(asha, view, set.clone()).await;
    assert_eq!((status, &changed["version"]), (200, &json!(2)), "{changed}");
    assert_eq!(changed["state"]["columns"], json!(["date"]));
    let (status, same) = patched(asha, view, set).await;
    assert_eq!((status, &same["version"]), (200, &json!(2)), "what stands there already is no conflict: {same}");
    let other = json!({ "base_version": 1, "state": { "q": FILTER, "columns": ["amount"] } });
    let (status, problem) = patched(asha, view, other).await;
    assert_eq!((status, &problem["current"]["version"]), (409, &json!(2)), "{problem}");
    assert_eq!(problem["conflicts"][0]["theirs"]["columns"], json!(["date"]), "{problem}");
    let (status, same) = patched(asha, view, json!({ "base_version": 2, "name": "Waiting" })).await;
    assert_eq!((status, &same["version"]), (200, &json!(2)), "no difference is no version");
    let answer = asha.open(Method::GET, &at(view), None).await;
    assert_eq!(answer.headers()["etag"], "\"2\"");
    let unnamed = asha.http.patch(format!("{}{}", asha.url, at(view))).header("x-csrftoken", asha.token());
    assert_eq!(unnamed.json(&json!({ "name": "B" })).send().await.unwrap().status(), 428);
    changed
}

async fn views_are_saved_and_shared(house: &House) {
    let boss = Caller::signed_in(house, EMAIL).await;
    user(&boss, "asha.views@4syz.com", "user", &["challan:read"]).await;
    let ravi_id = user(&boss, "ravi.views@4syz.com", "user", &[]).await;
    let hidden = json!({ "grants": [{ "permission": "challan:read", "hidden_columns": ["amount"], "scope": null, "expires_at": null }] });
    let path = format!("/api/users/{}/grants/", ravi_id["id"].as_str().unwrap());
    let (status, answer) = boss.send(Method::PUT, &path, Some(&hidden)).await;
    assert_eq!(status, 200, "{answer}");
    user(&boss, "admin.views@4syz.com", "admin", &[]).await;
    let asha = Caller::signed_in(house, "asha.views@4syz.com").await;
    let ravi = Caller::signed_in(house, "ravi.views@4syz.com").await;
    let admin = Caller::signed_in(house, "admin.views@4syz.com").await;
    for _ in 0..2 {
        boss.make(DATA, json!({ "customer": "View Traders", "date": "2026-01-05" })).await;
    }

    let state = json!({ "q": FILTER });
    let view = asha.make(VIEWS, json!({ "name": "Waiting", "state": state, "default_for_me": true })).await;
    assert_eq!((&view["version"], &view["default_for_me"], &view["shared"]), (&json!(1), &json!(true), &json!(false)));
    assert_eq!(view["can"], json!(["update", "delete"]));
    a_view_is_read_field_by_field(&asha).await;
    let view = versions_are_named(&asha, &view).await;
    assert_eq!(names(&asha).await, ["Waiting"]);

    // What is not shared is not there for others, administrators included.
    for other in [&ravi, &admin, &boss] {
        assert!(!names(other).await.contains(&"Waiting".to_owned()));
        assert_eq!(other.send(Method::GET, &at(&view), None).await.0, 404);
        assert_eq!(patched(other, &view, json!({ "base_version": 2, "name": "Theirs" })).await.0, 404);
        assert_eq!(other.send(Method::DELETE, &at(&view), None).await.0, 404);
    }
    assert_eq!(patched(&asha, &view, json!({ "base_version": 2, "shared": true })).await.0, 200);
    ravi.make(VIEWS, json!({ "name": "Waiting" })).await;
    assert_eq!(names(&ravi).await, ["Waiting", "Waiting"], "a name is unique among one owner's");

    // Others read it, choose it, and change nothing; administrators may.
    let (_, seen) = ravi.send(Method::GET, &at(&view), None).await;
    assert_eq!((&seen["can"], &seen["count"]), (&json!([]), &Value::Null), "a filter on a hidden field counts nothing");
    assert_eq!(seen["default_for_me"], false, "the choice is each one's own");
    assert_eq!(patched(&ravi, &view, json!({ "base_version": 3, "name": "Mine" })).await.0, 403);
    assert_eq!(patched(&ravi, &view, json!({ "base_version": 3, "name": "M", "default_for_me": true })).await.0, 403);
    assert_eq!(ravi.send(Method::DELETE, &at(&view), None).await.0, 403);
    let (status, chosen) = patched(&ravi, &view, json!({ "default_for_me": true })).await;
    assert_eq!((status, &chosen["default_for_me"], &chosen["version"]), (200, &json!(true), &json!(3)));
    let (status, renamed) = patched(&admin, &view, json!({ "base_version": 3, "name": "Waiting longest" })).await;
    assert_eq!((status, &renamed["owner"], &renamed["default_for_me"]), (200, &view["owner"], &json!(false)));

    let listed = asha.send(Method::GET, &format!("{VIEWS}?count=exact"), None).await.1;
    assert_eq!((&listed["results"][0]["count"], &listed["results"][0]["name"]), (&json!(2), &json!("Waiting longest")));
    assert_eq!(asha.send(Method::GET, VIEWS, None).await.1["results"][0]["count"], Value::Null);
    let put = json!({ "name": "Plain" });
    let (status, replaced) = asha.send(Method::PUT, &at(&view), Some(&put)).await;
    assert_eq!((status, &replaced["shared"], &replaced["state"]), (200, &json!(false), &json!({})));
    assert_eq!(ravi.send(Method::GET, &at(&view), None).await.0, 404, "it is not shared any more");
    assert_eq!(asha.send(Method::DELETE, &at(&view), None).await.0, 200);
    assert_eq!(asha.send(Method::DELETE, &at(&view), None).await.0, 404);
    assert!(names(&asha).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn views_on_sqlite() {
    views_are_saved_and_shared(&House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn views_on_mariadb() {
    views_are_saved_and_shared(&House::open(true).await).await;
}
