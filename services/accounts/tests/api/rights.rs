//! Who may do what to whom: roles, grants, the last superadmin, sets, and why somebody may.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{BOSS, Browser, House, PASSWORD, assert_problem};
use crate::on_both;

on_both!(
    an_admin_never_reaches_a_superadmin,
    nobody_gives_more_than_they_hold,
    what_nobody_may_set_is_refused,
    one_superadmin_always_stays,
    grants_are_checked_by_field,
    a_verdict_says_why,
    sets_are_seeded_and_edited,
);

/// A user with these grants, signed in, and their path.
async fn person(house: &House, boss: &mut Browser, email: &str, role: &str, grants: Value) -> (Browser, String) {
    let new = json!({ "email": email, "password": PASSWORD, "role": role, "grants": grants });
    let made = boss.send(Method::POST, "/api/users/", Some(new)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    (house.signed_in(email, PASSWORD).await, format!("/api/users/{}/", made.body["id"].as_str().unwrap()))
}

async fn an_admin_never_reaches_a_superadmin(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let (mut admin, own) = person(&house, &mut boss, "admin@4syz.com", "admin", json!([])).await;
    let (_, second) = person(&house, &mut boss, "second@4syz.com", "superadmin", json!([])).await;
    let (_, user) = person(&house, &mut boss, "ravi@4syz.com", "user", json!([])).await;
    let before = boss.get(&second).await.body;
    let new = json!({ "email": "eve@4syz.com", "password": PASSWORD, "role": "superadmin" });
    let put = json!({ "email": "second@4syz.com", "role": "user", "is_active": true });
    let tries = [
        (Method::POST, "/api/users/".to_owned(), Some(new)),
        (Method::PATCH, second.clone(), Some(json!({ "first_name": "Eve" }))),
        (Method::PATCH, second.clone(), Some(json!({ "is_active": false }))),
        (Method::PATCH, second.clone(), Some(json!({ "email": "eve@4syz.com" }))),
        (Method::PUT, second.clone(), Some(put)),
        (Method::PUT, format!("{second}grants/"), Some(json!({ "grants": [] }))),
        (Method::DELETE, second.clone(), None),
        (Method::PATCH, user.clone(), Some(json!({ "role": "superadmin" }))),
        (Method::PATCH, own.clone(), Some(json!({ "role": "superadmin" }))),
        (Method::PATCH, own.clone(), Some(json!({ "role": "user" }))),
        (Method::PATCH, own.clone(), Some(json!({ "is_active": false }))),
        (Method::PATCH, own.clone(), Some(json!({ "executive_name": "Ravi" }))),
        (Method::PUT, format!("{own}grants/"), Some(json!({ "grants": [] }))),
        (Method::DELETE, own.clone(), None),
    ];
    for (method, path, body) in tries {
        let answer = admin.send(method.clone(), &path, body.clone()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path} {body:?}: {}", answer.body);
    }
    assert_eq!(boss.get(&second).await.body, before, "nothing changed");
    assert_eq!(admin.send(Method::PATCH, &user, Some(json!({ "role": "admin" }))).await.status, StatusCode::OK);
    house.close().await;
}

async fn nobody_gives_more_than_they_hold(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let customer = |n: u8| format!("019f0000-0000-7000-8000-00000000000{n}");
    let of = |ids: &[u8]| json!({ "customers": ids.iter().map(|n| customer(*n)).collect::<Vec<_>>() });
    let grants = json!([
        { "permission": "user:manage" },
        { "permission": "challan:read", "scope": of(&[1, 2]), "hidden_columns": ["amount"] },
    ]);
    let (mut lead, lead_path) = person(&house, &mut boss, "lead@4syz.com", "user", grants).await;
    let (_, ravi) = person(&house, &mut boss, "ravi@4syz.com", "user", json!([])).await;
    let (_, strong) =
        person(&house, &mut boss, "asha@4syz.com", "user", json!([{ "permission": "challan:read" }])).await;
    let (_, admin) = person(&house, &mut boss, "admin@4syz.com", "admin", json!([])).await;
    let give = |grant: Value| Some(json!({ "grants": [grant] }));
    let within = json!({ "permission": "challan:read", "scope": of(&[2]), "hidden_columns": ["amount", "remarks"] });
    let answer = lead.send(Method::PUT, &format!("{ravi}grants/"), give(within)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    for wide in [
        json!({ "permission": "challan:read" }),
        json!({ "permission": "challan:read", "scope": of(&[2]) }),
        json!({ "permission": "challan:read", "scope": of(&[2, 3]), "hidden_columns": ["amount"] }),
        json!({ "permission": "challan:read", "scope": { "own_deliveries": true }, "hidden_columns": ["amount"] }),
        json!({ "permission": "audit:read" }),
    ] {
        let answer = lead.send(Method::PUT, &format!("{ravi}grants/"), give(wide.clone())).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{wide}: {}", answer.body);
        let new = json!({ "email": "new@4syz.com", "password": PASSWORD, "grants": [wide] });
        assert_problem(&lead.send(Method::POST, "/api/users/", Some(new)).await, 403, "forbidden");
    }
    for (method, path, body) in [
        (Method::PATCH, &strong, Some(json!({ "email": "lead2@4syz.com" }))),
        (Method::DELETE, &strong, None),
        (Method::PATCH, &admin, Some(json!({ "first_name": "x" }))),
        (Method::PATCH, &ravi, Some(json!({ "role": "admin" }))),
        (Method::PATCH, &ravi, Some(json!({ "executive_name": "Ravi" }))),
        (Method::PATCH, &lead_path, Some(json!({ "role": "admin" }))),
    ] {
        assert_problem(&lead.send(method, path, body).await, 403, "forbidden");
    }
    assert_eq!(lead.send(Method::PATCH, &ravi, Some(json!({ "first_name": "Ravi" }))).await.status, StatusCode::OK);
    house.close().await;
}

async fn what_nobody_may_set_is_refused(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let (mut ravi, path) = person(&house, &mut boss, "ravi@4syz.com", "user", json!([])).await;
    let before = boss.get(&path).await.body;
    for field in ["permissions", "is_superadmin", "id", "version", "created_at", "password_hash"] {
        let mut new = json!({ "email": "new@4syz.com", "password": PASSWORD });
        let mut put = json!({ "email": "ravi@4syz.com", "role": "user", "is_active": true });
        let mut patch = json!({});
        for body in [&mut new, &mut put, &mut patch] {
            body[field] = json!(1);
        }
        for (method, path, body) in
            [(Method::POST, "/api/users/", new), (Method::PUT, &*path, put), (Method::PATCH, &*path, patch.clone())]
        {
            assert_problem(&boss.send(method, path, Some(body)).await, 422, "invalid");
        }
        assert_problem(&ravi.send(Method::PATCH, "/api/users/me/", Some(patch)).await, 422, "invalid");
    }
    assert_eq!(boss.get(&path).await.body, before);
    house.close().await;
}

async fn one_superadmin_always_stays(house: House) {
    // Ways to take a superadmin away; each is tried by two superadmins on each other at the same time.
    let ways = [
        (Method::PATCH, Some(json!({ "role": "user" }))),
        (Method::PATCH, Some(json!({ "is_active": false }))),
        (Method::DELETE, None),
    ];
    let mut left = BOSS.to_owned();
    for (i, (method, body)) in ways.into_iter().cycle().take(9).enumerate() {
        let name = format!("super{i}@4syz.com");
        accounts::create_superadmin(&house.config, &name, PASSWORD).await.unwrap();
        let (mut a, mut b) = (house.signed_in(&left, PASSWORD).await, house.signed_in(&name, PASSWORD).await);
        let id = |me: Value| format!("/api/users/{}/", me["id"].as_str().unwrap());
        let (path_a, path_b) = (id(a.get("/api/users/me/").await.body), id(b.get("/api/users/me/").await.body));
        let (by_a, by_b) =
            tokio::join!(a.send(method.clone(), &path_b, body.clone()), b.send(method.clone(), &path_a, body));
        let done = [&by_a, &by_b].iter().filter(|answer| answer.status.is_success()).count();
        assert_eq!(done, 1, "{method} {i}: {} {}", by_a.body, by_b.body);
        let refused = if by_a.status.is_success() { by_b } else { by_a };
        assert!(matches!(refused.status.as_u16(), 401 | 403 | 409), "{}", refused.body);
        if a.get("/api/users/me/").await.status != StatusCode::OK {
            left = name;
        }
    }
    house.signed_in(&left, PASSWORD).await;
    house.close().await;
}

async fn grants_are_checked_by_field(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let (_, path) = person(&house, &mut boss, "ravi@4syz.com", "user", json!([])).await;
    for bad in [
        json!({ "permission": "challan:fly" }),
        json!({ "permission": "challan:read", "scope": { "customers": [] } }),
        json!({ "permission": "challan:read", "scope": { "own_deliveries": false } }),
        json!({ "permission": "challan:read", "scope": { "everything": true } }),
        json!({ "permission": "challan:read", "hidden_columns": ["id"] }),
        json!({ "permission": "challan:read", "expires_at": "2020-01-01T00:00:00Z" }),
        json!({ "permission": "user:manage", "scope": { "own_deliveries": true } }),
        json!({ "permission": "challan:read", "colour": "red" }),
    ] {
        let answer = boss.send(Method::PUT, &format!("{path}grants/"), Some(json!({ "grants": [bad] }))).await;
        assert_problem(&answer, 422, "invalid");
    }
    assert_eq!(boss.get(&path).await.body["grants"], json!([]));
    let catalogue = boss.get("/api/permissions/").await.body;
    assert_eq!(catalogue["results"].as_array().unwrap().len(), domain::identity::Permission::ALL.len());
    house.close().await;
}

async fn a_verdict_says_why(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let grants = json!([{ "permission": "challan:read", "scope": { "own_deliveries": true } }]);
    let (mut ravi, path) = person(&house, &mut boss, "ravi@4syz.com", "user", grants).await;
    let id = path.split('/').nth(3).unwrap().to_owned();
    boss.send(Method::PATCH, &path, Some(json!({ "executive_name": "Ravi K" }))).await;
    let ask = |user: &str, permission: &str| Some(json!({ "user_id": user, "permission": permission }));
    let evaluate = "/api/permissions/evaluate/";
    let may = boss.send(Method::POST, evaluate, ask(&id, "challan:read")).await.body;
    assert_eq!(may, json!({ "allowed": true, "why": "A grant gives challan:read on the deliveries of Ravi K." }));
    let may_not = boss.send(Method::POST, evaluate, ask(&id, "challan:delete")).await.body;
    assert_eq!(may_not, json!({ "allowed": false, "why": "No grant gives challan:delete." }));
    assert_eq!(ravi.send(Method::POST, evaluate, ask(&id, "challan:read")).await.status, StatusCode::OK, "oneself");
    let me = boss.get("/api/users/me/").await.body["id"].as_str().unwrap().to_owned();
    assert_problem(&ravi.send(Method::POST, evaluate, ask(&me, "challan:read")).await, 403, "forbidden");
    assert_eq!(boss.send(Method::POST, evaluate, ask(&me, "challan:delete")).await.body["allowed"], true);
    assert_problem(&boss.send(Method::POST, evaluate, ask(&id, "challan:fly")).await, 422, "invalid");
    let mut about_one = ask(&id, "challan:read").unwrap();
    about_one["challan_id"] = json!(id);
    assert_problem(&boss.send(Method::POST, evaluate, Some(about_one)).await, 503, "unavailable");
    boss.send(Method::PATCH, &path, Some(json!({ "is_active": false }))).await;
    assert_eq!(boss.send(Method::POST, evaluate, ask(&id, "challan:read")).await.body["allowed"], false);
    house.close().await;
}

async fn sets_are_seeded_and_edited(house: House) {
    let mut boss = house.signed_in(BOSS, PASSWORD).await;
    let (mut lead, _) =
        person(&house, &mut boss, "lead@4syz.com", "user", json!([{ "permission": "user:manage" }])).await;
    let (mut ravi, _) = person(&house, &mut boss, "ravi@4syz.com", "user", json!([])).await;
    let sets = "/api/permission-sets/";
    let listed = lead.get(sets).await.body;
    let names: Vec<&str> = listed["results"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Accounts", "Delivery", "Dispatch", "Viewer"]);
    assert_problem(&ravi.get(sets).await, 403, "forbidden");
    let body = json!({ "name": "Gate", "grants": [{ "permission": "challan:read", "hidden_columns": ["amount"] }] });
    assert_problem(&lead.send(Method::POST, sets, Some(body.clone())).await, 403, "forbidden");
    let made = boss.send(Method::POST, sets, Some(body)).await;
    assert_eq!((made.status, &made.body["version"]), (StatusCode::CREATED, &json!(1)), "{}", made.body);
    let path = format!("{sets}{}/", made.body["id"].as_str().unwrap());
    let named = |name: &str| Some(json!({ "name": name, "grants": [] }));
    assert_problem(&boss.send(Method::PUT, &path, named(" viewer ")).await, 409, "taken");
    assert_problem(&boss.send(Method::PUT, &path, named(" ")).await, 422, "invalid");
    let changed = boss.send(Method::PUT, &path, named("Front gate")).await;
    assert_eq!((&changed.body["name"], &changed.body["version"]), (&json!("Front gate"), &json!(2)));
    assert_eq!(boss.get(&path).await.body, changed.body);
    assert_eq!(boss.send(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_problem(&boss.get(&path).await, 404, "not_found");
    let told = boss.get("/api/audit/?entity=permission_set").await.body;
    assert_eq!(told["results"].as_array().unwrap().len(), 3);
    house.close().await;
}
