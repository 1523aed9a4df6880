//! Rights over some rows only: each write is judged by the row before it and by the row after it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{DATA, EMAIL, House, PASSWORD};
use crate::rights::Caller;

fn row(id: &str, customer: &str, more: &Value) -> Value {
    let mut row = json!({ "source": "s", "external_id": id, "customer": customer, "date": "2026-01-05" });
    row.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    row
}

async fn scoped_writes(house: House) {
    let boss = Caller::signed_in(&house, EMAIL).await;
    let challan = |customer: &str| json!({ "customer": customer, "date": "2026-01-05" });
    let mine = boss.make(DATA, challan("Asha Traders")).await;
    let other = boss.make(DATA, challan("Girnar Foods")).await;
    let scope = json!({ "customers": [mine["customer_id"]] });
    let grants: Vec<Value> = ["challan:read", "challan:create", "challan:update", "challan:import", "challan:bulk"]
        .map(|p| json!({ "permission": p, "scope": scope, "hidden_columns": ["amount"] }))
        .into();
    boss.make("/api/users/", json!({ "email": "ravi@4syz.com", "password": PASSWORD, "grants": grants })).await;
    let ravi = Caller::signed_in(&house, "ravi@4syz.com").await;

    let customer = format!("/api/tracker/customers/{}/", mine["customer_id"].as_str().unwrap());
    let alias = json!({ "base_version": 1, "aliases": ["Asha and Co"] });
    assert_eq!(boss.send(Method::PATCH, &customer, Some(&alias)).await.0, 200);
    // One may make challans for one's own customers, by whichever name and through whichever door.
    for name in [" asha  traders ", "Asha and Co"] {
        let mut made = vec![ravi.make(DATA, challan(name)).await["id"].clone()];
        let paste = json!({ "action": "patch", "rows": [{ "id": null, "set": challan(name) }] });
        made.push(ravi.send(Method::POST, "/api/tracker/bulk/", Some(&paste)).await.1["results"][0]["id"].clone());
        let rows = json!([row(name, name, &json!({}))]);
        made.push(ravi.send(Method::POST, "/api/ingest/challans/", Some(&rows)).await.1["results"][0]["id"].clone());
        for id in made {
            let stands = boss.send(Method::GET, &format!("{DATA}{}/", id.as_str().unwrap_or_default()), None).await.1;
            assert_eq!(
                (&stands["customer_id"], &stands["customer"]),
                (&mine["customer_id"], &json!("Asha Traders")),
                "{name}: {stands}"
            );
        }
    }
    for foreign in ["Girnar Foods", "Nobody Yet"] {
        let paste = json!({ "action": "patch", "rows": [{ "id": null, "set": challan(foreign) }] });
        let (_, answer) = ravi.send(Method::POST, "/api/tracker/bulk/", Some(&paste)).await;
        assert_eq!(answer["results"][0]["code"], "forbidden", "{foreign}: {answer}");
    }
    for foreign in ["Girnar Foods", "Nobody Yet"] {
        assert_eq!(ravi.send(Method::POST, DATA, Some(&challan(foreign))).await.0, 403, "{foreign}");
        let path = format!("{DATA}{}/", mine["id"].as_str().unwrap());
        let patch = json!({ "base_version": 1, "customer": foreign });
        let (status, problem) = ravi.send(Method::PATCH, &path, Some(&patch)).await;
        assert_eq!(status, 403, "{foreign}: {problem}");
        assert_eq!(boss.send(Method::GET, &path, None).await.1["customer"], "Asha Traders", "the row stays");
    }
    let path = format!("{DATA}{}/", other["id"].as_str().unwrap());
    assert_eq!(ravi.send(Method::PATCH, &path, Some(&json!({ "base_version": 1, "remarks": "x" }))).await.0, 404);

    let theirs = json!([row("b1", "Girnar Foods", &json!({}))]);
    assert_eq!(boss.send(Method::POST, "/api/ingest/challans/", Some(&theirs)).await.1["created"], 1);
    let rows = json!([
        row("a1", "Asha Traders", &json!({})),
        row("b1", "Girnar Foods", &json!({ "remarks": "x" })),
        row("b1", "Asha Traders", &json!({ "remarks": "y" })),
        row("b2", "Girnar Foods", &json!({})),
        row("c1", "Nobody Yet", &json!({})),
        row("a2", "Asha Traders", &json!({ "amount": "5.00" })),
        { "source": "s", "external_id": "b1", "op": "delete" },
    ]);
    let (status, answer) = ravi.send(Method::POST, "/api/ingest/challans/", Some(&rows)).await;
    let outcomes: Vec<&str> =
        answer["results"].as_array().unwrap().iter().map(|r| r["outcome"].as_str().unwrap()).collect();
    let refused = "rejected";
    assert_eq!(
        (status, outcomes),
        (200, vec!["created", refused, refused, refused, refused, refused, refused]),
        "{answer}"
    );
    let told = &answer["results"].as_array().unwrap()[1..];
    assert!(told.iter().all(|r| r["id"].is_null() && r["challan_number"].is_null()), "nothing of a row out of reach");
    let moved = json!([row("a1", "Girnar Foods", &json!({}))]);
    let answer = ravi.send(Method::POST, "/api/ingest/challans/", Some(&moved)).await.1;
    assert_eq!(answer["rejected"], 1, "{answer}");
    let all = boss.send(Method::GET, &format!("{DATA}?q=source:s&sort=customer&count=exact"), None).await.1;
    assert_eq!(all["count"], 4, "{all}");
    assert!(all["results"].as_array().unwrap().iter().all(|c| c["remarks"].is_null()), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_on_sqlite() {
    scoped_writes(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_on_mariadb() {
    scoped_writes(House::open(true).await).await;
}

/// Who is limited to one customer does not come by the challans of another by saying that the two are one.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_gives_its_maker_nothing() {
    let house = House::open(false).await;
    let boss = Caller::signed_in(&house, EMAIL).await;
    let challan = |customer: &str| json!({ "customer": customer, "date": "2026-01-05" });
    let mine = boss.make(DATA, challan("Asha Traders")).await;
    let other = boss.make(DATA, challan("Girnar Foods")).await;
    let grants = json!([
        { "permission": "challan:read", "scope": { "customers": [mine["customer_id"]] } },
        { "permission": "customer:manage" },
    ]);
    boss.make("/api/users/", json!({ "email": "ravi@4syz.com", "password": PASSWORD, "grants": grants })).await;
    let ravi = Caller::signed_in(&house, "ravi@4syz.com").await;
    let merge = |row: &Value| format!("/api/tracker/customers/{}/merge/", row["customer_id"].as_str().unwrap());
    let into = |row: &Value| json!({ "into": row["customer_id"] });
    let (status, problem) = ravi.send(Method::POST, &merge(&other), Some(&into(&mine))).await;
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "{problem}");
    let path = format!("{DATA}{}/", other["id"].as_str().unwrap());
    assert_eq!(ravi.send(Method::GET, &path, None).await.0, 404);
    let (status, merged) = ravi.send(Method::POST, &merge(&mine), Some(&into(&other))).await;
    assert_eq!(status, 200, "what one loses one may give: {merged}");
}

/// A row that was changed on both sides is rejected with both values; what a person may not read they do not send.
async fn conflicts_of_importers(house: House) {
    let boss = house.client().await;
    let grants = json!([
        { "permission": "challan:import" },
        { "permission": "challan:read", "hidden_columns": ["amount"] },
    ]);
    let who = json!({ "email": "imports@4syz.com", "password": PASSWORD, "grants": grants });
    assert_eq!(boss.send(Method::POST, "/api/users/", &[], &who).await.0, 201);
    let clerk = house.client_of("imports@4syz.com", PASSWORD).await;
    let sent = |more: &Value| format!("{}\n", row("i1", "Asha Traders", more));
    let made = clerk.ingest(sent(&json!({ "amount": "1.00", "remarks": "one" }))).await.1;
    let path = format!("{DATA}{}/", made["results"][0]["id"].as_str().unwrap());
    let theirs = json!({ "base_version": 1, "amount": "4711.00", "remarks": "theirs" });
    assert_eq!(boss.send(Method::PATCH, &path, &[], &theirs).await.0, 200);
    let answer = clerk.ingest(sent(&json!({ "amount": "2.00", "remarks": "two" }))).await.1;
    assert_eq!(answer["results"][0]["codes"], json!({ "amount": ["forbidden"] }), "{answer}");
    assert!(!answer.to_string().contains("4711"), "{answer}");
    let answer = clerk.ingest(sent(&json!({ "remarks": "two" }))).await.1;
    let conflict = &answer["results"][0]["conflicts"][0];
    assert_eq!((&conflict["mine"], &conflict["theirs"]), (&json!("two"), &json!("theirs")), "{answer}");
    assert_eq!(answer["results"][0]["conflicts"].as_array().unwrap().len(), 1, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_of_importers_on_sqlite() {
    conflicts_of_importers(House::open(false).await).await;
}

/// A column that is hidden is neither shown by a refusal nor changed by a PUT that cannot know it.
async fn hidden_from_writers(house: House) {
    let boss = house.client().await;
    for (email, read, update) in
        [("reads@4syz.com", vec!["amount"], vec![]), ("writes@4syz.com", vec![], vec!["amount", "remarks"])]
    {
        let challan = boss.create(json!({ "customer": "Asha Traders", "date": "2026-01-05", "remarks": "one" })).await;
        let path = format!("{DATA}{}/", challan["id"].as_str().unwrap());
        let set = json!({ "base_version": 1, "amount": "4711.00" });
        assert_eq!(boss.send(Method::PATCH, &path, &[], &set).await.0, 200);
        let grants: Vec<Value> = [("challan:read", read), ("challan:update", update.clone()), ("challan:bulk", vec![])]
            .map(|(permission, hidden)| json!({ "permission": permission, "hidden_columns": hidden }))
            .into();
        let who = json!({ "email": email, "password": PASSWORD, "grants": grants });
        assert_eq!(boss.send(Method::POST, "/api/users/", &[], &who).await.0, 201);
        let clerk = house.client_of(email, PASSWORD).await;
        let tells = |answer: &Value| email.starts_with("reads") && answer.to_string().contains("4711");

        for base in [1, 2] {
            let (status, problem) =
                clerk.send(Method::PATCH, &path, &[], &json!({ "base_version": base, "amount": "7" })).await;
            assert_eq!(status, 403, "{email} {base}: {problem}");
            assert!(!tells(&problem), "{problem}");
            let row = json!({ "id": challan["id"], "base_version": base, "set": { "amount": "7" } });
            let paste = json!({ "action": "patch", "rows": [row], "dry_run": true });
            let (_, answer) = clerk.send(Method::POST, "/api/tracker/bulk/", &[], &paste).await;
            assert_eq!(answer["results"][0]["code"], "hidden", "{email} {base}: {answer}");
            assert!(!tells(&answer), "{answer}");
        }
        let update_all = json!({ "action": "update", "q": "", "set": { "amount": "7" } });
        assert_eq!(clerk.send(Method::POST, "/api/tracker/bulk/", &[], &update_all).await.0, 403, "{email}");

        let whole = json!({ "customer": "Asha Traders", "date": "2026-01-05", "dc_summary": "pipes" });
        let (status, stale) = clerk.send(Method::PUT, &path, &[("if-match", "\"1\"")], &whole).await;
        assert_eq!(status, 412, "{stale}");
        assert!(!tells(&stale), "{stale}");
        let (status, put) = clerk.send(Method::PUT, &path, &[("if-match", "\"2\"")], &whole).await;
        assert_eq!(status, 200, "{put}");
        assert!(!tells(&put), "{put}");
        let stands = boss.get(&path).await.1;
        let kept = if update.contains(&"remarks") { json!("one") } else { Value::Null };
        assert_eq!(
            (&stands["amount"], &stands["dc_summary"], &stands["remarks"]),
            (&json!("4711.00"), &json!("pipes"), &kept),
            "{email}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_from_writers_on_sqlite() {
    hidden_from_writers(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_from_writers_on_mariadb() {
    hidden_from_writers(House::open(true).await).await;
}
