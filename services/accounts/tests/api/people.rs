//! Users: one account a person, the domains they may be of, changes, deletion, and the list.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{BOSS, Browser, House, PASSWORD, assert_problem};
use crate::on_both;

on_both!(
    spellings_of_one_name_are_one,
    only_own_domains_exist,
    another_email_ends_the_sessions,
    ones_own_email_needs_the_password,
    a_put_replaces_and_a_patch_leaves,
    the_deleted_stay_in_the_history,
    the_list_pages_both_ways,
);

async fn make(boss: &mut Browser, body: Value) -> String {
    let made = boss.send(Method::POST, "/api/users/", Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    format!("/api/users/{}/", made.body["id"].as_str().unwrap())
}

async fn spellings_of_one_name_are_one(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let new = |email: &str, name: &str| json!({ "email": email, "username": name, "password": PASSWORD });
    let path = make(&mut boss, new("jos\u{e9}@4syz.com", "Jos\u{e9}")).await;
    make(&mut boss, new("asha@4syz.com", "asha")).await;
    for email in [" JOS\u{c9}@4SYZ.com", "jose\u{301}@4syz.com", "\tjos\u{e9}@4syz.com "] {
        assert_problem(&boss.send(Method::POST, "/api/users/", Some(new(email, "other"))).await, 409, "taken");
    }
    for name in ["jose\u{301}", " JOS\u{c9} "] {
        assert_problem(&boss.send(Method::POST, "/api/users/", Some(new("new@4syz.com", name))).await, 409, "taken");
    }
    for patch in [json!({ "email": "ASHA@4syz.com" }), json!({ "username": "Asha" })] {
        assert_problem(&boss.send(Method::PATCH, &path, Some(patch)).await, 409, "taken");
    }
    for (email, name) in [
        ("as\u{200b}ha@4syz.com", "x"),
        ("asha\u{ff20}evil.test@4syz.com", "x"),
        ("new@4syz.com", "as\u{200b}ha"),
        ("new@4syz.com", "asha\u{ff20}4syz.com"),
        ("new@4syz.com", "asha@4syz.com"),
        ("a b@4syz.com", "x"),
        ("@4syz.com", "x"),
    ] {
        assert_problem(&boss.send(Method::POST, "/api/users/", Some(new(email, name))).await, 422, "invalid");
    }
    assert_eq!(boss.get(&path).await.body["email"], "jos\u{e9}@4syz.com");
    house.signed_in("JOSE\u{301}", PASSWORD).await;
    house.close().await;
}

async fn only_own_domains_exist(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let path = make(&mut boss, json!({ "email": "ravi@4syz.com", "password": PASSWORD })).await;
    for email in ["ravi@elsewhere.test", "ravi@sub.4syz.com", "ravi@4syz.com.evil.test", "ravi@evil4syz.com"] {
        let put = json!({ "email": email, "role": "user", "is_active": true });
        for (method, path, body) in [
            (Method::POST, "/api/users/", json!({ "email": email, "password": PASSWORD })),
            (Method::PATCH, &*path, json!({ "email": email })),
            (Method::PUT, &*path, put),
        ] {
            let answer = boss.send(method, path, Some(body)).await;
            assert_problem(&answer, 422, "invalid");
            assert!(answer.body["fields"]["email"].is_array());
        }
    }
    assert_eq!(boss.get(&path).await.body["email"], "ravi@4syz.com");
    house.close().await;
}

async fn another_email_ends_the_sessions(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let path = make(&mut boss, json!({ "email": "ravi@4syz.com", "password": PASSWORD })).await;
    let mut ravi = house.signed_in("ravi@4syz.com", PASSWORD).await;
    boss.send(Method::PATCH, &path, Some(json!({ "first_name": "Ravi" }))).await;
    boss.send(Method::PUT, &format!("{path}grants/"), Some(json!({ "grants": [] }))).await;
    assert_eq!(ravi.get("/api/users/me/").await.body["first_name"], "Ravi", "a name or a grant keeps the session");
    let moved = boss.send(Method::PATCH, &path, Some(json!({ "email": "ravi.k@4syz.com" }))).await.body;
    assert_eq!((&moved["email"], &moved["username"]), (&json!("ravi.k@4syz.com"), &json!("ravi.k@4syz.com")));
    assert_problem(&ravi.get("/api/users/me/").await, 401, "not_signed_in");
    assert_problem(&house.browser().sign_in("ravi@4syz.com", PASSWORD).await, 401, "wrong_credentials");
    let mut ravi = house.signed_in("ravi.k@4syz.com", PASSWORD).await;
    boss.send(Method::PATCH, &path, Some(json!({ "role": "admin" }))).await;
    assert_problem(&ravi.get("/api/users/me/").await, 401, "not_signed_in");
    house.close().await;
}

async fn ones_own_email_needs_the_password(house: House) {
    let (mut boss, mut other) = (house.signed_in(BOSS, PASSWORD).await, house.signed_in(BOSS, PASSWORD).await);
    let path = format!("/api/users/{}/", boss.get("/api/users/me/").await.body["id"].as_str().unwrap());
    let patch = |email: &str, password: Option<&str>| Some(json!({ "email": email, "current_password": password }));
    let cases = [(None, "current_password"), (Some(""), "wrong_password"), (Some("wrong"), "wrong_password")];
    for (password, code) in cases {
        assert_problem(&boss.send(Method::PATCH, &path, patch("chief@4syz.com", password)).await, 403, code);
    }
    let foreign = boss.send(Method::PATCH, &path, patch("chief@elsewhere.test", Some(PASSWORD))).await;
    assert_problem(&foreign, 422, "invalid");
    let before = boss.cookies["sessionid"].clone();
    let moved = boss.send(Method::PATCH, &path, patch("chief@4syz.com", Some(PASSWORD))).await;
    assert_eq!((moved.status, &moved.body["email"]), (StatusCode::OK, &json!("chief@4syz.com")), "{}", moved.body);
    assert_problem(&other.get("/api/users/me/").await, 401, "not_signed_in");
    assert_ne!(boss.cookies["sessionid"], before, "one's own session goes on under a new id");
    let patch = Some(json!({ "first_name": "Chief" }));
    assert_eq!(boss.send(Method::PATCH, "/api/users/me/", patch).await.status, StatusCode::OK);
    boss.cookies.insert("sessionid".into(), before);
    assert_problem(&boss.get("/api/users/me/").await, 401, "not_signed_in");
    house.close().await;
}

async fn a_put_replaces_and_a_patch_leaves(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let new = json!({ "email": "ravi@4syz.com", "username": "ravi", "first_name": "Ravi", "executive_name": "Ravi K",
        "password": PASSWORD, "grants": [{ "permission": "challan:read" }] });
    let path = make(&mut boss, new).await;
    let patched = boss.send(Method::PATCH, &path, Some(json!({ "last_name": "Kumar" }))).await.body;
    assert_eq!((&patched["username"], &patched["executive_name"]), (&json!("ravi"), &json!("Ravi K")));
    let cleared = boss.send(Method::PATCH, &path, Some(json!({ "executive_name": null }))).await.body;
    assert_eq!((&cleared["executive_name"], &cleared["last_name"]), (&Value::Null, &json!("Kumar")));
    let put = json!({ "email": "ravi@4syz.com", "role": "user", "is_active": true, "last_name": "K" });
    let whole = boss.send(Method::PUT, &path, Some(put)).await.body;
    assert_eq!(
        (&whole["username"], &whole["first_name"], &whole["last_name"]),
        (&json!("ravi@4syz.com"), &json!(""), &json!("K"))
    );
    assert_eq!(whole["grants"][0]["permission"], "challan:read", "grants have an address of their own");
    let missing = boss.send(Method::PUT, &path, Some(json!({ "email": "ravi@4syz.com" }))).await;
    assert_problem(&missing, 422, "invalid");
    let nobody = "/api/users/019f0000-0000-7000-8000-000000000001/";
    assert_problem(&boss.send(Method::PATCH, nobody, Some(json!({}))).await, 404, "not_found");
    house.close().await;
}

async fn the_deleted_stay_in_the_history(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let new = || json!({ "email": "ravi@4syz.com", "executive_name": "Ravi", "password": PASSWORD });
    let path = make(&mut boss, new()).await;
    let id = path.split('/').nth(3).unwrap().to_owned();
    let mut ravi = house.signed_in("ravi@4syz.com", PASSWORD).await;
    ravi.send(Method::PATCH, "/api/users/me/", Some(json!({ "first_name": "Ravi" }))).await;
    assert_eq!(boss.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_problem(&ravi.get("/api/users/me/").await, 401, "not_signed_in");
    assert_problem(&house.browser().sign_in("ravi@4syz.com", PASSWORD).await, 401, "wrong_credentials");
    for (method, body) in
        [(Method::GET, None), (Method::PATCH, Some(json!({ "is_active": true }))), (Method::DELETE, None)]
    {
        assert_problem(&boss.send(method, &path, body).await, 404, "not_found");
    }
    assert_problem(&boss.send(Method::POST, "/api/users/", Some(new())).await, 409, "taken");
    assert_eq!(boss.get("/api/users/?search=ravi").await.body["results"], json!([]));
    assert_eq!(boss.get("/api/users/?search=ravi&deleted=true").await.body["results"][0]["id"], json!(id));
    let told = boss.get(&format!("/api/audit/?user={id}")).await.body;
    let last = &told["results"].as_array().unwrap().iter().find(|r| r["kind"] == "deleted").unwrap();
    assert_eq!((&last["user"]["name"], &last["by"]["name"]), (&json!("ravi@4syz.com"), &json!(BOSS)));
    assert!(told["results"].as_array().unwrap().iter().any(|r| r["by"]["id"] == json!(id)), "what they did stays");
    make(&mut boss, json!({ "email": "new@4syz.com", "executive_name": "Ravi", "password": PASSWORD })).await;
    let back = boss.send(Method::POST, &format!("{path}restore/"), None).await;
    assert_eq!((back.status, &back.body["email"]), (StatusCode::OK, &json!("ravi@4syz.com")), "{}", back.body);
    assert_problem(&house.browser().sign_in("ravi@4syz.com", PASSWORD).await, 401, "wrong_credentials");
    assert_eq!(boss.get(&path).await.status, StatusCode::OK);
    house.close().await;
}

async fn the_list_pages_both_ways(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    for i in 0..7 {
        let role = if i == 3 { "admin" } else { "user" };
        let new = json!({ "email": format!("p{i}@4syz.com"), "first_name": "Pat", "last_name": format!("No {i}"),
            "role": role, "password": PASSWORD, "grants": [{ "permission": "challan:read" }] });
        make(&mut boss, new).await;
    }
    let names = |page: &Value| -> Vec<String> {
        page["results"].as_array().unwrap().iter().map(|u| u["email"].as_str().unwrap()[..2].to_owned()).collect()
    };
    let first = boss.get("/api/users/?limit=3&search=pat%20NO").await.body;
    assert_eq!((names(&first), &first["previous"]), (vec!["p0".into(), "p1".into(), "p2".into()], &Value::Null));
    let second = boss.get(first["next"].as_str().unwrap()).await.body;
    assert_eq!(names(&second), ["p3", "p4", "p5"]);
    assert_eq!(second["results"][0]["grants"][0]["permission"], "challan:read");
    let third = boss.get(second["next"].as_str().unwrap()).await.body;
    assert_eq!((names(&third), &third["next"]), (vec!["p6".to_owned()], &Value::Null));
    let back = boss.get(third["previous"].as_str().unwrap()).await.body;
    assert_eq!(names(&back), ["p3", "p4", "p5"]);
    let start = boss.get(back["previous"].as_str().unwrap()).await.body;
    assert_eq!((names(&start), &start["previous"]), (vec!["p0".into(), "p1".into(), "p2".into()], &Value::Null));
    assert_eq!(names(&boss.get("/api/users/?role=admin").await.body), ["p3"]);
    assert_eq!(names(&boss.get("/api/users/?is_active=false").await.body), Vec::<String>::new());
    for bad in ["limit=0", "limit=201", "cursor=zz", "cursor=a00ff", "role=king", "sort=name;drop", "search="] {
        let expected = if bad == "search=" { StatusCode::OK } else { StatusCode::BAD_REQUEST };
        assert_eq!(boss.get(&format!("/api/users/?{bad}")).await.status, expected, "{bad}");
    }
    for hostile in ["%27%20OR%201=1--", "%25", "_", "%00", "name;drop"] {
        assert_eq!(boss.get(&format!("/api/users/?search={hostile}")).await.body["results"], json!([]), "{hostile}");
    }
    house.close().await;
}
