//! Customers, their invoices and the series of numbers, through the front door.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::batches::{sent, undo};
use crate::bulk::worked;
use crate::house::{Client, DATA, House};

const CUSTOMERS: &str = "/api/tracker/customers/";
const SERIES: &str = "/api/tracker/series/";

fn at(list: &str, row: &Value) -> String {
    format!("{list}{}/", row["id"].as_str().unwrap())
}

async fn make(client: &Client, list: &str, body: Value) -> Value {
    let (status, made) = client.send(Method::POST, list, &[], &body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made
}

async fn refused(client: &Client, method: Method, path: &str, body: Value, field: &str) -> String {
    let (status, problem) = client.send(method, path, &[], &body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {problem}");
    problem["fields"][field][0].as_str().unwrap_or_else(|| panic!("{field} is not named: {problem}")).to_owned()
}

/// Waits until the list of challans with this filter has `count` rows.
async fn comes_to(client: &Client, q: &str, count: u64) {
    let path = format!("{DATA}?count=exact&limit=1&q={q}");
    for _ in 0..200 {
        if client.get(&path).await.1["count"] == count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{q} did not come to {count} rows: {}", client.get(&path).await.1["count"]);
}

pub async fn customers_are_kept(house: &House) {
    let client = house.client().await;
    let given = json!({ "name": "Bharat Steel", "aliases": ["BSL"], "gstin": "27aapfu0939f1zv", "address": "Pune" });
    let made = make(&client, CUSTOMERS, given).await;
    assert_eq!((&made["gstin"], &made["state"]), (&json!("27AAPFU0939F1ZV"), &json!("27")));
    let wrong = [
        (json!({ "name": "Bharat", "gstin": "27AAPFU0939F1ZX" }), "gstin"),
        (json!({ "name": "Bharat", "gstin": "27AAPFU0939F1ZV", "state": "29" }), "state"),
        (json!({ "name": "Bharat", "state": "Maharashtra" }), "state"),
        (json!({ "name": "bsl" }), "name"),
        (json!({ "name": "Bharat", "aliases": ["BHARAT  steel"] }), "aliases"),
        (json!({ "name": "Bharat", "aliases": "BSL" }), "aliases"),
        (json!({ "name": "B" }), "name"),
        (json!({ "name": "Bharat", "id": made["id"] }), "id"),
        (json!({ "name": "Bharat", "version": 7 }), "version"),
    ];
    for (body, field) in wrong {
        refused(&client, Method::POST, CUSTOMERS, body, field).await;
    }
    let by_alias = client.create(json!({ "customer": " bsl ", "date": "2026-05-03" })).await;
    assert_eq!((&by_alias["customer"], &by_alias["customer_id"]), (&json!("Bharat Steel"), &made["id"]));
    for search in ["bharat%20st", "BSL", "27AAPFU"] {
        let found = client.get(&format!("{CUSTOMERS}?search={search}")).await.1;
        assert_eq!(found["results"][0]["id"], made["id"], "{search}");
    }
    let path = at(CUSTOMERS, &made);
    let set = json!({ "active": false });
    assert_eq!(client.send(Method::PATCH, &path, &[], &set).await.0, StatusCode::PRECONDITION_REQUIRED);
    let changed = client.send(Method::PATCH, &path, &[("if-match", "\"1\"")], &set).await;
    assert_eq!((changed.0, &changed.1["version"], &changed.1["active"]), (StatusCode::OK, &json!(2), &json!(false)));
    let stale = client.send(Method::PATCH, &path, &[("if-match", "\"1\"")], &json!({ "address": "x" })).await;
    assert_eq!((stale.0, &stale.1["current"]["version"]), (StatusCode::PRECONDITION_FAILED, &json!(2)));
    // From the version that was read, changes of different fields merge; one of the same field shows both values.
    let merged = client.send(Method::PATCH, &path, &[], &json!({ "base_version": 1, "address": "12 Mill Road" })).await;
    assert_eq!((merged.0, &merged.1["version"], &merged.1["active"]), (StatusCode::OK, &json!(3), &json!(false)));
    let (status, conflict) =
        client.send(Method::PATCH, &path, &[], &json!({ "base_version": 2, "address": "1 Gate" })).await;
    let told = &conflict["conflicts"][0];
    assert_eq!((status, &told["field"], &told["mine"]), (StatusCode::CONFLICT, &json!("address"), &json!("1 Gate")));
    assert_eq!((&told["theirs"], told["at"].is_string()), (&json!("12 Mill Road"), true), "{conflict}");
    assert!(conflict["detail"].as_str().unwrap().starts_with(told["by"].as_str().unwrap()), "{conflict}");
    for i in 0..5 {
        make(&client, CUSTOMERS, json!({ "name": format!("Paged {i}") })).await;
    }
    let (mut path, mut seen) = (format!("{CUSTOMERS}?search=paged&limit=2"), Vec::new());
    while seen.len() < 9 {
        let page = client.get(&path).await.1;
        seen.extend(page["results"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = next.to_owned();
    }
    assert_eq!(seen, ["Paged 0", "Paged 1", "Paged 2", "Paged 3", "Paged 4"]);
}

pub async fn a_new_name_goes_to_every_challan(house: &House) {
    let client = house.client().await;
    let rows: String = (0..620)
        .map(|i| {
            let row = json!({ "source": "names", "external_id": format!("n{i}"), "date": "2026-05-04", "customer": "Old Name" });
            format!("{row}\n")
        })
        .collect();
    assert_eq!(client.ingest(rows.clone()).await.1["created"], 620);
    let old = client.get(&format!("{CUSTOMERS}?search=old%20name")).await.1["results"][0].clone();
    let rename = json!({ "base_version": 1, "name": "New Name" });
    let (status, batch, renamed) = sent(&client, Method::PATCH, &at(CUSTOMERS, &old), &rename).await;
    assert_eq!((status, &renamed["aliases"]), (StatusCode::OK, &json!(["Old Name"])));
    renames_every_row(&client, &batch, 620).await;
    comes_to(&client, "customer:%22new%20name%22", 620).await;
    comes_to(&client, "customer:%22old%20name%22", 0).await;
    let page = client.get(&format!("{DATA}?q=source:names&sort=customer&limit=3")).await.1;
    assert_eq!((&page["results"][0]["customer"], &page["results"][0]["version"]), (&json!("New Name"), &json!(2)));
    let row = page["results"][0].clone();
    let same = json!({ "base_version": 1, "customer": "Old Name", "remarks": "by its old name" });
    let (status, answer) = client.send(Method::PATCH, &at(DATA, &row), &[], &same).await;
    assert_eq!((status, &answer["customer"]), (StatusCode::OK, &json!("New Name")), "no conflict: {answer}");
    let back = json!({ "base_version": 3, "remarks": null });
    assert_eq!(client.send(Method::PATCH, &at(DATA, &row), &[], &back).await.0, StatusCode::OK);
    let history =
        client.get(&format!("{DATA}{}/history/?field=customer", page["results"][0]["id"].as_str().unwrap())).await.1;
    assert_eq!(history["results"][0]["changes"][0]["new"], "New Name");
    assert_eq!(client.ingest(rows).await.1["unchanged"], 620, "the old name in a resent row is no change");

    let other = make(&client, CUSTOMERS, json!({ "name": "Kept Name", "state": "27" })).await;
    let kept = client.create(json!({ "customer": "Kept Name", "date": "2026-05-04" })).await;
    let merge = format!("{}merge/", at(CUSTOMERS, &old));
    for into in [json!({}), json!({ "into": old["id"] }), json!({ "into": kept["id"] }), json!({ "into": "x" })] {
        let (status, _) = client.send(Method::POST, &merge, &[], &into).await;
        assert!(status.is_client_error(), "{into}: {status}");
    }
    let itself = client.send(Method::POST, &merge, &[], &json!({ "into": old["id"] })).await.1;
    assert_eq!(itself["codes"], json!({ "into": ["same_customer"] }), "{itself}");
    let merged = client.send(Method::POST, &merge, &[], &json!({ "into": other["id"] })).await;
    assert_eq!((merged.0, &merged.1["aliases"]), (StatusCode::OK, &json!(["New Name", "Old Name"])));
    comes_to(&client, "customer:%22kept%20name%22", 621).await;
    let gone = client.get(&at(CUSTOMERS, &old)).await.1;
    assert_eq!((&gone["merged_into"], &gone["active"]), (&other["id"], &json!(false)));
    assert_eq!(client.get(&format!("{CUSTOMERS}?search=old%20name")).await.1["results"].as_array().unwrap().len(), 1);
    let late = client.create(json!({ "customer": "old name", "date": "2026-05-04" })).await;
    assert_eq!((&late["customer"], &late["customer_id"]), (&json!("Kept Name"), &other["id"]));
    refused(&client, Method::POST, &merge, json!({ "into": other["id"] }), "merged_into").await;
}

/// A batch of a rename is done when the last row has the name, and not before.
async fn renames_every_row(client: &Client, batch: &str, count: u64) {
    for _ in 0..200 {
        let state = client.get(&format!("/api/tracker/batches/{batch}/")).await.1;
        let left =
            client.get(&format!("{DATA}?count=exact&limit=1&q=source:names%20customer:%22old%20name%22")).await.1;
        if state["status"] == "done" {
            let numbers = ["matched", "done", "changed"].map(|name| state[name].as_u64().unwrap());
            assert_eq!((numbers, &left["count"]), ([count; 3], &json!(0)), "{state}");
            return;
        }
        assert_eq!(state["status"], "running", "{state}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the rename did not end");
}

pub async fn an_invoice_is_of_one_customer(house: &House) {
    let client = house.client().await;
    let with = |customer: &str, invoice: &str, day: &str| json!({ "customer": customer, "date": "2026-03-30", "invoice_number": invoice, "invoice_date": day });
    let first = client.create(with("Invoiced One", "INV/1", "2026-04-02")).await;
    client.create(with("Invoiced One", " inv/1", "2026-04-03")).await;
    let why = refused(&client, Method::POST, DATA, with("Invoiced Two", "Inv/1", "2026-05-02"), "invoice_number").await;
    assert!(why.contains("another customer's"), "{why}");
    assert!(!why.to_lowercase().contains("inv/1"), "the number may be hidden from who reads this: {why}");
    client.create(with("Invoiced Two", "INV/1", "2026-03-31")).await;
    let second = client.create(with("Invoiced Two", "INV/2", "2026-04-02")).await;
    let take = json!({ "base_version": 1, "invoice_number": "INV/1" });
    refused(&client, Method::PATCH, &at(DATA, &second), take, "invoice_number").await;
    let move_away = json!({ "base_version": 1, "customer": "Invoiced Two" });
    refused(&client, Method::PATCH, &at(DATA, &first), move_away, "invoice_number").await;
    let alone = json!({ "base_version": 1, "customer": "Invoiced Three" });
    assert_eq!(
        client.send(Method::PATCH, &at(DATA, &second), &[], &alone).await.0,
        StatusCode::OK,
        "nobody else is on it"
    );
    client.create(with("Invoiced Three", "INV/2", "2026-04-02")).await;
    let row = |key: &str, customer: &str| {
        let mut row = with(customer, "INV/1", "2026-04-02");
        row["source"] = json!("bills");
        row["external_id"] = json!(key);
        format!("{row}\n")
    };
    let answer =
        client.ingest(row("b1", "Invoiced One") + &row("b2", "Invoiced Two") + &row("b3", "Invoiced One")).await.1;
    assert_eq!((&answer["created"], &answer["rejected"]), (&json!(2), &json!(1)), "{answer}");
    assert!(answer["results"][1]["errors"]["invoice_number"].is_array(), "{answer}");

    // A void challan leaves its invoice to others; once it is theirs, the void stays.
    let wrong = client.create(with("Invoiced One", "INV/9", "2026-04-02")).await;
    let void = format!("{}void/", at(DATA, &wrong));
    let (status, batch, answer) = sent(&client, Method::POST, &void, &json!({ "reason": "wrong customer" })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    client.create(with("Invoiced Two", "INV/9", "2026-04-02")).await;
    let undone = undo(&client, &batch).await.2;
    assert_eq!((&undone["undone"], &undone["skipped"][0]["code"]), (&json!(0), &json!("invoice_of_another_customer")));

    // Two customers race for each of many invoices: each has one in the end.
    let writers: Vec<_> = (0..16)
        .map(|w| {
            let client = client.clone();
            tokio::spawn(async move {
                let mut done = 0;
                for i in 0..10 {
                    let body = json!({
                        "customer": if w % 2 == 0 { "Racer One" } else { "Racer Two" }, "date": "2026-04-05",
                        "invoice_number": format!("RACE/{i}"), "invoice_date": "2026-04-06",
                    });
                    let (status, answer) = client.send(Method::POST, DATA, &[], &body).await;
                    match status {
                        StatusCode::CREATED => done += 1,
                        StatusCode::UNPROCESSABLE_ENTITY => assert!(answer["fields"]["invoice_number"].is_array()),
                        other => panic!("{other}: {answer}"),
                    }
                }
                done
            })
        })
        .collect();
    let mut written = 0;
    for writer in writers {
        written += writer.await.unwrap();
    }
    let mut owners = std::collections::BTreeMap::new();
    let rows =
        client.get(&format!("{DATA}?q=customer:racer*&limit=1000")).await.1["results"].as_array().unwrap().clone();
    for row in &rows {
        let owner = owners.entry(row["invoice_number"].to_string()).or_insert_with(|| row["customer"].clone());
        assert_eq!(owner, &row["customer"], "{row}");
    }
    assert_eq!((owners.len(), rows.len()), (10, written), "what was answered is there");
    assert!(written >= 80, "each invoice was open to one of the two: {written}");
}

pub async fn numbers_follow_the_default_series(house: &House) {
    let client = house.client().await;
    let list = client.get(SERIES).await.1;
    let first = list["results"][0].clone();
    assert_eq!(
        (&first["template"], &first["reset"], &first["default"]),
        (&json!("{YY}{MM}{SEQ:5}"), &json!("monthly"), &json!(true))
    );
    let wrong = [
        (json!({ "name": "Bad", "template": "{FY}{SEQ:5}", "reset": "financial_year" }), "template"),
        (json!({ "name": "Bad", "template": "DC/{SEQ:5}", "reset": "monthly" }), "template"),
        (json!({ "name": "Bad", "template": "dc/{SEQ:5}", "reset": "never" }), "template"),
        (json!({ "name": "Bad", "template": "DC/{SEQ:5}", "reset": "daily" }), "reset"),
        (json!({ "name": "challans", "template": "DC/{SEQ:5}", "reset": "never" }), "name"),
        (json!({ "name": "Bad", "template": "DC/{SEQ:5}" }), "reset"),
        (json!({ "name": "Bad", "template": "DC/{SEQ:5}", "reset": "never", "next": 7 }), "next"),
    ];
    for (body, field) in wrong {
        refused(&client, Method::POST, SERIES, body, field).await;
    }
    let body = json!({ "name": "Returns", "template": "R/{FY}/{SEQ:4}", "reset": "financial_year", "default": true });
    let made = make(&client, SERIES, body).await;
    let day = |date: &str| json!({ "customer": "Numbered", "date": date });
    for (date, number) in [("2026-06-01", "R/2627/0001"), ("2025-04-01", "R/2526/0001"), ("2026-05-31", "R/2627/0002")]
    {
        assert_eq!(client.create(day(date)).await["challan_number"], number);
    }
    let changed = json!({ "base_version": 1, "template": "RT/{FY}/{SEQ:3}" });
    assert_eq!(client.send(Method::PATCH, &at(SERIES, &made), &[], &changed).await.0, StatusCode::OK);
    assert_eq!(client.create(day("2026-06-02")).await["challan_number"], "RT/2627/003", "the sequence goes on");
    refused(&client, Method::PATCH, &at(SERIES, &made), json!({ "base_version": 2, "default": false }), "default")
        .await;
    let back = json!({ "base_version": 2, "default": true });
    assert_eq!(client.send(Method::PATCH, &at(SERIES, &first), &[], &back).await.0, StatusCode::OK);
    let named = json!({ "base_version": 1, "name": "Challans at home" });
    let (status, answer) = client.send(Method::PATCH, &at(SERIES, &first), &[], &named).await;
    assert_eq!(status, StatusCode::OK, "merged, though it came with the tables: {answer}");
    let marked: Vec<bool> = client.get(SERIES).await.1["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["default"].as_bool().unwrap())
        .collect();
    assert_eq!(marked, [true, false]);
    assert!(client.create(day("2026-06-02")).await["challan_number"].as_str().unwrap().starts_with("2606"));
}

/// What a challan leaves behind when it moves to another financial year stays its own there: whoever had that number on paper
/// would else find two challans under it.
pub async fn a_number_is_never_used_again(house: &House) {
    let client = house.client().await;
    let day = |date: &str| json!({ "customer": "Renumbered", "date": date });
    let number = |row: &Value| row["challan_number"].as_str().unwrap().to_owned();
    let moved = async |row: &Value, date: &str| {
        client.send(Method::PATCH, &at(DATA, row), &[("if-match", "*")], &json!({ "date": date })).await
    };
    let import = async |external_id: &str, date: &str, number: &str| {
        let row = json!({ "source": "renumbered", "external_id": external_id, "customer": "Renumbered", "date": date, "challan_number": number });
        client.send(Method::POST, "/api/ingest/challans/", &[], &json!([row])).await.1["results"][0].clone()
    };
    let resets = async |rule: &str| {
        let first = client.get(SERIES).await.1["results"][0].clone();
        let (status, answer) = client
            .send(Method::PATCH, &at(SERIES, &first), &[], &json!({ "base_version": first["version"], "reset": rule }))
            .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    };
    let left = client.create(day("2023-10-20")).await;
    let stays = client.create(day("2023-10-20")).await;
    let ahead = import("1", "2023-10-20", "231000005").await;
    assert_eq!(ahead["outcome"], "created", "{ahead}");
    for row in [&left, &ahead] {
        let (status, answer) = moved(row, "2023-03-20").await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    let drawn: Vec<String> = [
        client.create(day("2023-10-21")).await,
        client.create(day("2023-10-21")).await,
        client.create(day("2023-10-21")).await,
    ]
    .iter()
    .map(number)
    .collect();
    assert_eq!(drawn, ["231000003", "231000004", "231000006"], "one that came and went is passed over");
    resets("financial_year").await;
    assert_eq!(
        number(&client.create(day("2023-10-22")).await),
        "231000007",
        "the sequence begins anew, its numbers do not"
    );
    assert_eq!(number(&client.create(day("2023-10-22")).await), "231000008");
    resets("monthly").await;

    let sent = import("2", "2023-10-20", &number(&left)).await;
    assert!(sent["outcome"] == "rejected" && sent["errors"]["challan_number"].is_array(), "{sent}");
    let next_year = import("2", "2024-10-20", &number(&left)).await;
    assert_eq!(next_year["outcome"], "created", "it is free in other years: {next_year}");
    let (status, answer) = moved(&next_year, "2023-10-20").await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && answer["fields"]["date"].is_array(), "{answer}");
    let order = json!({ "action": "update", "ids": [next_year["id"], stays["id"]], "set": { "date": "2023-10-25" } });
    let done = worked(&client, order).await;
    assert_eq!((&done["changed"], &done["refusals"][0]["code"]), (&json!(1), &json!("number_taken")), "{done}");

    let (status, answer) = moved(&left, "2023-10-26").await;
    assert_eq!(
        (status, &answer["challan_number"]),
        (StatusCode::OK, &left["challan_number"]),
        "its own, it may come back"
    );
    let (status, answer) = moved(&left, "2022-10-26").await;
    assert_eq!(status, StatusCode::OK, "and go once more: {answer}");
}

/// Who may write for some customers only makes challans for those, and moves none away.
pub async fn a_scope_holds_after_a_write_too(house: &House) {
    let boss = house.client().await;
    let own = make(&boss, CUSTOMERS, json!({ "name": "Scoped Own", "aliases": ["SO"] })).await;
    make(&boss, CUSTOMERS, json!({ "name": "Scoped Foreign" })).await;
    let grant = |permission: &str| json!({ "permission": permission, "scope": { "customers": [own["id"]] } });
    let grants: Vec<Value> = ["challan:read", "challan:create", "challan:update"].into_iter().map(grant).collect();
    let new = json!({
        "email": "of-one-customer@4syz.com", "password": "quite a long sentence", "first_name": "Scoped", "last_name": "One",
        "grants": grants,
    });
    let (status, answer) = boss.send(Method::POST, "/api/users/", &[], &new).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    let clerk = house.client_of("of-one-customer@4syz.com", "quite a long sentence").await;
    let challan = clerk.create(json!({ "customer": "so", "date": "2026-05-07" })).await;
    assert_eq!(challan["customer"], "Scoped Own");
    for name in ["Scoped Foreign", "Nobody Yet"] {
        let body = json!({ "customer": name, "date": "2026-05-07" });
        assert_eq!(clerk.send(Method::POST, DATA, &[], &body).await.0, StatusCode::FORBIDDEN, "{name}");
        let body = json!({ "base_version": 1, "customer": name });
        assert_eq!(clerk.send(Method::PATCH, &at(DATA, &challan), &[], &body).await.0, StatusCode::FORBIDDEN, "{name}");
    }
    let seen = clerk.get(CUSTOMERS).await.1;
    assert_eq!((seen["results"].as_array().unwrap().len(), &seen["results"][0]["id"]), (1, &own["id"]));
    assert_eq!(clerk.send(Method::POST, CUSTOMERS, &[], &json!({ "name": "Mine" })).await.0, StatusCode::FORBIDDEN);
    let rename =
        clerk.send(Method::PATCH, &at(CUSTOMERS, &own), &[("if-match", "*")], &json!({ "name": "Mine" })).await;
    assert_eq!(rename.0, StatusCode::FORBIDDEN);
    let series = json!({ "name": "Mine", "template": "M{SEQ:5}", "reset": "never" });
    assert_eq!(clerk.send(Method::POST, SERIES, &[], &series).await.0, StatusCode::FORBIDDEN);
    assert_eq!(boss.get(&format!("{CUSTOMERS}?search=nobody%20yet")).await.1["results"], json!([]));
}
