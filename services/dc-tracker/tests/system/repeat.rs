//! Requests sent again: done once, answered alike.

use std::time::{Duration, Instant};

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::batches::{colleague, comes_to, one, sent, undo};
use crate::bulk::{ALL, BATCHES, BULK, ended, numbers};
use crate::house::{Client, DATA, House, PASSWORD};

const INGEST: &str = "/api/ingest/challans/";

/// Sends what may be sent again under `key`.
async fn keyed(client: &Client, path: &str, key: &str, body: &Value) -> (StatusCode, Value) {
    client.send(Method::POST, path, &[("idempotency-key", key)], body).await
}

/// A key is one request for its caller; 50 at once make one row.
pub async fn a_request_sent_again_is_done_once(house: &House) {
    let client = house.client().await;
    let body = json!({ "customer": "Repeat Traders", "date": "2026-06-01", "remarks": "once" });
    let key = [("idempotency-key", "order-17")];
    let sent = join_all((0..50).map(|_| client.send(Method::POST, DATA, &key, &body))).await;
    let created: Vec<_> = sent.iter().filter(|(status, _)| *status == StatusCode::CREATED).collect();
    // A full queue may send some away with 503; whoever is answered is answered alike.
    assert!(sent.iter().all(|(s, _)| [StatusCode::CREATED, StatusCode::SERVICE_UNAVAILABLE].contains(s)), "{sent:?}");
    assert!(!created.is_empty() && created.iter().all(|(_, answer)| answer["id"] == created[0].1["id"]));
    let count = client.get(&format!("{DATA}?q=customer:%22Repeat+Traders%22&count=exact")).await.1;
    assert_eq!(count["count"], 1);

    let other = json!({ "customer": "Repeat Traders", "date": "2026-06-02" });
    let (status, problem) = client.send(Method::POST, DATA, &key, &other).await;
    assert_eq!(
        (status, problem["code"].as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("idempotency_key_reused")),
        "{problem}"
    );
    // A key that is no text is refused, and not taken for none.
    let request = client.http.post(format!("{}{DATA}", client.url)).header("x-csrftoken", &client.token);
    let answer = request.header("idempotency-key", "cl\u{e9}".as_bytes()).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{}", answer.text().await.unwrap());
    // A refusal keeps nothing, so the mended request may use the key.
    let key = [("idempotency-key", "order-18")];
    let wrong = json!({ "customer": "Repeat Traders", "date": "2126-06-01" });
    assert_eq!(client.send(Method::POST, DATA, &key, &wrong).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, draft) =
        client.send(Method::POST, DATA, &key, &json!({ "customer": "Repeat Traders", "draft": true })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "a date is required: {draft}");
    let body = json!({ "customer": "Repeat Traders", "date": "2026-06-01", "draft": true });
    let (status, draft) = client.send(Method::POST, DATA, &key, &body).await;
    assert_eq!(status, StatusCode::CREATED, "{draft}");
    let issue = format!("{DATA}{}/issue/", draft["id"].as_str().unwrap());
    let first = client.send(Method::POST, &issue, &key, &json!({})).await;
    let again = client.send(Method::POST, &issue, &key, &json!({})).await;
    assert_eq!((first.0, &first), (StatusCode::OK, &again), "the same number, and not that it has one already");
    assert_eq!(client.send(Method::POST, &issue, &[], &json!({})).await.0, StatusCode::UNPROCESSABLE_ENTITY);

    // Ingest goes on where it broke off, in the same batch; what a person changed since is not asked again.
    let rows: Vec<_> = (0..700)
        .map(|i| json!({ "source": "again", "external_id": format!("a{i}"), "date": "2026-06-01", "customer": "Girnar" }))
        .collect();
    let key = [("idempotency-key", "batch-1")];
    let first = client.send(Method::POST, "/api/ingest/challans/", &key, &json!(rows)).await;
    let again = client.send(Method::POST, "/api/ingest/challans/", &key, &json!(rows)).await;
    assert_eq!((first.0, first.1["created"].as_u64()), (StatusCode::OK, Some(700)));
    assert_eq!(again, first);
    // Whose rows they are, from which version and with which body: all of it is the request.
    let row = json!([{ "external_id": "s1", "date": "2026-06-01", "customer": "Girnar" }]);
    for (source, status) in [("one", StatusCode::OK), ("two", StatusCode::UNPROCESSABLE_ENTITY)] {
        let headers = [("idempotency-key", "sourced"), ("x-source", source)];
        assert_eq!(client.send(Method::POST, "/api/ingest/challans/", &headers, &row).await.0, status, "{source}");
    }
    let draft = client.create(json!({ "customer": "Repeat Traders", "date": "2026-06-01", "draft": true })).await;
    let issue = format!("{DATA}{}/issue/", draft["id"].as_str().unwrap());
    let (status, refused) = client.send(Method::POST, &issue, &[], &json!({ "number": "X1" })).await;
    assert_eq!((status, &refused["codes"]["number"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(["unknown_field"])));
    for (version, status) in [("\"1\"", StatusCode::OK), ("\"77\"", StatusCode::UNPROCESSABLE_ENTITY)] {
        let headers = [("idempotency-key", "versioned"), ("if-match", version)];
        assert_eq!(client.send(Method::POST, &issue, &headers, &json!({})).await.0, status, "{version}");
    }
    let long = "x".repeat(256);
    let bad = [("idempotency-key", long.as_str())];
    assert_eq!(client.send(Method::POST, DATA, &bad, &json!({})).await.0, StatusCode::BAD_REQUEST);
}

/// An answer that is given again shows what its asker may see by now.
pub async fn an_answer_given_again_heeds_rights(house: &House) {
    let boss = house.client().await;
    let grant = |permission: &str| json!({ "permission": permission });
    let all = json!([grant("challan:read"), grant("challan:create"), grant("challan:update")]);
    let who = json!({ "email": "again@4syz.com", "password": PASSWORD, "grants": all });
    let user = boss.send(Method::POST, "/api/users/", &[], &who).await.1;
    let grants = format!("/api/users/{}/grants/", user["id"].as_str().unwrap());
    let clerk = house.client_of("again@4syz.com", PASSWORD).await;
    let body = json!({ "customer": "Repeat Traders", "date": "2026-06-01", "amount": "55", "draft": true });
    let make = async || clerk.send(Method::POST, DATA, &[("idempotency-key", "make")], &body).await;
    let draft = make().await.1;
    let issue = format!("{DATA}{}/issue/", draft["id"].as_str().unwrap());
    let issue = async || clerk.send(Method::POST, &issue, &[("idempotency-key", "issue")], &json!({})).await;
    assert_eq!(issue().await.1["amount"], "55.00");

    let hiding = json!([{ "permission": "challan:read", "hidden_columns": ["amount"] }, grant("challan:create"),
        grant("challan:update")]);
    assert_eq!(boss.send(Method::PUT, &grants, &[], &json!({ "grants": hiding })).await.0, 200);
    let hidden = async |answer: Value| answer["amount"].is_null() && answer["hidden"] == json!(["amount"]);
    until(async || hidden(issue().await.1).await && hidden(make().await.1).await).await;
    assert_eq!(boss.send(Method::PUT, &grants, &[], &json!({ "grants": [grant("challan:create")] })).await.0, 200);
    until(async || issue().await.0 == StatusCode::NOT_FOUND && make().await.0 == StatusCode::NOT_FOUND).await;
}

/// Waits until changed rights are felt, which takes a second at most.
async fn until(mut felt: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !felt().await {
        assert!(Instant::now() < deadline, "the change of rights is felt");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What changed nothing is an answer as well: sent again it does not take back what others did meanwhile.
async fn an_answer_without_a_change_is_repeated(house: &House) {
    let asha = colleague(house, "nothing@4syz.com", &ALL).await;
    let ravi = colleague(house, "something@4syz.com", &ALL).await;
    let challan = asha.create(json!({ "customer": "Same Traders", "date": "2026-01-05", "remarks": "old" })).await;
    let path = one(&challan);
    let restore = async || keyed(&asha, &format!("{path}restore/"), "live", &json!({})).await;
    let first = restore().await;
    assert_eq!((first.0, &first.1["version"]), (StatusCode::OK, &json!(1)));
    assert_eq!(ravi.send(Method::DELETE, &path, &[("if-match", "*")], &json!({})).await.0, StatusCode::OK);
    assert_eq!(restore().await, first);
    assert!(asha.get(&path).await.1["deleted_at"].is_string(), "it stays where a colleague put it");
    assert_eq!(sent(&ravi, Method::POST, &format!("{path}restore/"), &json!({})).await.0, StatusCode::OK);

    let why = json!({ "reason": "wrong goods" });
    let voiding = sent(&ravi, Method::POST, &format!("{path}void/"), &why).await.1;
    let void = async || keyed(&asha, &format!("{path}void/"), "void", &why).await;
    let first = void().await;
    assert_eq!((first.0, &first.1["stage"]), (StatusCode::OK, &json!("void")));
    assert_eq!(undo(&ravi, &voiding).await.2["undone"], 1);
    assert_eq!(void().await, first);
    assert_eq!(asha.get(&path).await.1["stage"], "issued");
    let other = json!({ "reason": "another one" });
    let status = keyed(&asha, &format!("{path}void/"), "void", &other).await.0;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "and another request is none of it");

    let remarks = |text: &str| json!({ "remarks": text });
    let write = async |client: &Client, text: &str| {
        client.send(Method::PATCH, &path, &[("if-match", "*")], &remarks(text)).await.0
    };
    let (status, batch, _) = sent(&asha, Method::PATCH, &path, &json!({ "base_version": 5, "remarks": "new" })).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(write(&ravi, "theirs").await, StatusCode::OK);
    let undoing = async || keyed(&asha, &format!("{BATCHES}{batch}/undo/"), "undo", &json!({})).await;
    let first = undoing().await;
    assert_eq!((first.0, &first.1["undone"]), (StatusCode::OK, &json!(0)), "{}", first.1);
    assert_eq!(write(&ravi, "new").await, StatusCode::OK);
    assert_eq!(undoing().await, first);
    assert_eq!(asha.get(&path).await.1["remarks"], "new");
}

/// A key is one request also where nothing of it was written.
async fn a_key_is_used_up_by_what_wrote_nothing(house: &House) {
    let asha = colleague(house, "used@4syz.com", &ALL).await;
    let challan = asha.create(json!({ "customer": "Used Traders", "date": "2026-01-05", "remarks": "old" })).await;
    let paste = |text: &str| json!({ "action": "patch", "rows": [{ "id": challan["id"], "base_version": 1, "set": { "remarks": text } }] });
    let first = keyed(&asha, BULK, "paste", &paste("old")).await;
    assert_eq!((&first.1["unchanged"], &first.1["batch_id"]), (&json!(1), &Value::Null), "{}", first.1);
    assert_eq!(keyed(&asha, BULK, "paste", &paste("old")).await, first);
    let update = json!({ "action": "update", "ids": [challan["id"]], "set": { "remarks": "new" } });
    for other in [paste("new"), update] {
        let (status, problem) = keyed(&asha, BULK, "paste", &other).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("idempotency_key_reused")));
    }
    let row = |date: &str, op: &str| json!([{ "source": "used", "external_id": "1", "customer": "Used Traders", "date": date, "op": op }]);
    let good = row("2026-01-05", "upsert");
    for (key, refused) in
        [("rule", row("2026-02-31", "upsert")), ("form", row("2026-01-05", "burn")), ("empty", json!([]))]
    {
        let (status, first) = keyed(&asha, INGEST, key, &refused).await;
        assert_eq!(
            (status, &first["created"], &first["batch_id"]),
            (StatusCode::OK, &json!(0), &Value::Null),
            "{first}"
        );
        assert_eq!(keyed(&asha, INGEST, key, &refused).await.1, first);
        assert_eq!(keyed(&asha, INGEST, key, &good).await.0, StatusCode::UNPROCESSABLE_ENTITY, "{key}");
    }
    let (status, batch, _) = sent(&asha, Method::POST, INGEST, &row("2026-02-31", "upsert")).await;
    assert_eq!((status, batch.as_str()), (StatusCode::OK, ""), "what wrote nothing is no batch");
}

/// What took its rows out of reach is not sought among them when it is sent again.
async fn a_change_of_many_is_repeated_out_of_reach(house: &House) {
    let boss = house.client().await;
    let of = |customer: &str| json!({ "customer": customer, "date": "2026-01-05" });
    let (row, _) = (boss.create(of("Near Traders")).await, boss.create(of("Far Traders")).await);
    let near = json!({ "customers": [row["customer_id"]] });
    let grants = json!([{ "permission": "challan:read", "scope": near }, { "permission": "challan:update" }, { "permission": "challan:bulk" }]);
    let who = json!({ "email": "reach@4syz.com", "password": PASSWORD, "grants": grants });
    assert_eq!(boss.send(Method::POST, "/api/users/", &[], &who).await.0, StatusCode::CREATED);
    let clerk = house.client_of("reach@4syz.com", PASSWORD).await;
    let update = json!({ "action": "update", "ids": [row["id"]], "set": { "customer": "Far Traders" } });
    let first = keyed(&clerk, BULK, "reach", &update).await;
    let batch = ended(&clerk, first.1["batch_id"].as_str().unwrap()).await;
    assert_eq!((first.0, &batch["changed"]), (StatusCode::ACCEPTED, &json!(1)), "{batch}");
    assert_eq!(clerk.get(&one(&row)).await.0, StatusCode::NOT_FOUND);
    assert_eq!(keyed(&clerk, BULK, "reach", &update).await, first);
    assert_eq!(keyed(&clerk, BULK, "later", &update).await.0, StatusCode::NOT_FOUND);
}

/// Makes drafts of a source of their own; gives their results.
async fn made(client: &Client, source: &str, count: usize) -> Vec<Value> {
    let rows: Vec<Value> = (0..count)
        .map(|i| json!({ "source": source, "external_id": i.to_string(), "customer": "Parts", "date": "2026-01-05", "draft": true }))
        .collect();
    let (status, answer) = client.send(Method::POST, INGEST, &[], &json!(rows)).await;
    assert_eq!((status, &answer["created"]), (StatusCode::OK, &json!(count)));
    answer["results"].as_array().unwrap().clone()
}

fn pasted<'a>(rows: impl Iterator<Item = &'a Value>, version: u64, remarks: &Value) -> Vec<Value> {
    rows.map(|row| json!({ "id": row["id"], "base_version": version, "set": { "remarks": remarks } })).collect()
}

/// Every part of a paste is answered once, those of which nothing was written too, and all are one batch that counts them.
async fn a_paste_in_parts_is_one_answer_and_one_batch(house: &House) {
    let asha = colleague(house, "parts@4syz.com", &ALL).await;
    let ravi = colleague(house, "parted@4syz.com", &ALL).await;
    let old = made(&asha, "parts", 200).await;
    let write = async |version: u64, remarks: Value| {
        let rows = pasted(old.iter(), version, &remarks);
        let answer = ravi.send(Method::POST, BULK, &[], &json!({ "action": "patch", "rows": rows })).await.1;
        assert_eq!(answer["updated"], 200, "{}", answer["results"][0]);
    };
    write(1, json!("theirs")).await;
    let new = json!({ "id": null, "draft": true, "set": { "customer": "Parts", "date": "2026-01-05" } });
    let mut rows = pasted(old.iter(), 1, &json!("mine"));
    rows.extend(std::iter::repeat_n(new.clone(), 50));
    let body = json!({ "action": "patch", "rows": rows });
    let first = keyed(&asha, BULK, "parts", &body).await;
    assert_eq!((&first.1["refused"], &first.1["created"]), (&json!(200), &json!(50)), "{}", first.1["results"][0]);
    let batch = first.1["batch_id"].as_str().unwrap();
    let read = async || numbers(&asha.get(&format!("{BATCHES}{batch}/")).await.1);
    assert_eq!(read().await, [250, 250, 50, 200]);
    write(2, Value::Null).await;
    assert_eq!(keyed(&asha, BULK, "parts", &body).await, first, "though others made way meanwhile");
    assert_eq!(read().await, [250, 250, 50, 200]);

    // As if it had broken off before the second part, it goes on with that one, in the batch of the first.
    let db = house.database().await;
    let mut tx = db.begin().await.unwrap();
    let forget = format!("DELETE FROM tracker_answers WHERE answer LIKE '%{batch}%' AND answer LIKE '%\"created\"%'");
    let gone = tx.execute(db::Clause::of(&forget)).await.unwrap().rows;
    tx.commit().await.unwrap();
    assert_eq!(gone, 1);
    let (status, again) = keyed(&asha, BULK, "parts", &body).await;
    assert_eq!((status, &again["batch_id"]), (StatusCode::OK, &first.1["batch_id"]));
    assert_eq!((&again["results"][0], &again["created"]), (&first.1["results"][0], &json!(50)));
    assert_ne!(again["results"][200]["id"], first.1["results"][200]["id"]);

    let mut rows: Vec<Value> = std::iter::repeat_n(new, 200).collect();
    rows.extend(pasted(old.iter(), 9, &json!("mine")));
    let (_, batch, answer) = sent(&asha, Method::POST, BULK, &json!({ "action": "patch", "rows": rows })).await;
    assert_eq!((&answer["created"], &answer["refused"]), (&json!(200), &json!(200)));
    assert_eq!(numbers(&asha.get(&format!("{BATCHES}{batch}/")).await.1), [400, 400, 200, 200]);
}

/// The same of rows that another system sends; those that cannot be read are counted as well.
async fn an_ingest_in_parts_is_one_answer_and_one_batch(house: &House) {
    let asha = colleague(house, "sent@4syz.com", &ALL).await;
    let holder =
        json!({ "customer": "Holder", "date": "2026-01-05", "invoice_number": "I/1", "invoice_date": "2026-01-06" });
    let holder = asha.create(holder).await;
    let rows: Vec<Value> = (0..600)
        .map(|i| {
            let mut row =
                json!({ "source": "sent", "external_id": i.to_string(), "customer": "Sent", "date": "2026-01-05" });
            if i < 500 {
                row["invoice_number"] = json!("I/1");
                row["invoice_date"] = json!("2026-01-06");
            }
            row
        })
        .collect();
    let first = keyed(&asha, INGEST, "sent", &json!(rows)).await;
    assert_eq!((&first.1["rejected"], &first.1["created"]), (&json!(500), &json!(100)), "{}", first.1["results"][0]);
    let read = async |answer: &Value| {
        let batch = answer["batch_id"].as_str().unwrap();
        numbers(&asha.get(&format!("{BATCHES}{batch}/")).await.1)
    };
    assert_eq!(read(&first.1).await, [600, 600, 100, 500]);
    let free = json!({ "base_version": 1, "invoice_number": null, "invoice_date": null });
    assert_eq!(sent(&asha, Method::PATCH, &one(&holder), &free).await.0, StatusCode::OK);
    assert_eq!(keyed(&asha, INGEST, "sent", &json!(rows)).await, first, "though the invoice is free meanwhile");
    assert_eq!(read(&first.1).await, [600, 600, 100, 500]);
    let row = |key: &str, op: &str| json!({ "source": "sent", "external_id": key, "customer": "Sent", "date": "2026-01-05", "op": op });
    let mixed = json!([row("a", "burn"), 7, row("b", "upsert"), row("b", "upsert"), row("", "upsert")]);
    let answer = asha.send(Method::POST, INGEST, &[], &mixed).await.1;
    let words: Vec<&str> =
        answer["results"].as_array().unwrap().iter().map(|r| r["outcome"].as_str().unwrap()).collect();
    assert_eq!(words, ["rejected", "rejected", "created", "unchanged", "rejected"]);
    assert_eq!(read(&answer).await, [5, 5, 1, 3]);
}

const SECRET: &str = "SECRET9";

/// What others wrote, in an answer that is given again or in a batch, is shown to who may see it by now.
async fn what_others_wrote_is_shown_by_the_rights_of_now(house: &House) {
    let boss = house.client().await;
    let grants = |read: Value| -> Value {
        let others = ALL[1..].iter().map(|permission| json!({ "permission": permission }));
        json!(read.as_array().unwrap().iter().cloned().chain(others).collect::<Vec<_>>())
    };
    let all = grants(json!([{ "permission": "challan:read" }]));
    let who = json!({ "email": "later@4syz.com", "password": PASSWORD, "grants": all });
    let user = boss.send(Method::POST, "/api/users/", &[], &who).await.1;
    let user = format!("/api/users/{}/grants/", user["id"].as_str().unwrap());
    let clerk = house.client_of("later@4syz.com", PASSWORD).await;
    let write = async |row: &Value| {
        let path = one(row);
        let set = json!({ "remarks": SECRET });
        assert_eq!(boss.send(Method::PATCH, &path, &[("if-match", "*")], &set).await.0, StatusCode::OK);
    };

    // A paste over one row of a colleague's, and one that stands against it.
    let rows = made(&boss, "later", 104).await;
    write(&rows[0]).await;
    write(&rows[1]).await;
    let mut paste = pasted(rows[..1].iter(), 2, &json!("mine"));
    paste.extend(pasted(rows[1..2].iter(), 1, &json!("mine")));
    let paste = json!({ "action": "patch", "rows": paste });
    // A row of another system.
    let message = |remarks: &str| json!([{ "source": "late", "external_id": "1", "customer": "Parts", "date": "2026-01-05", "draft": true, "remarks": remarks }]);
    let first = clerk.send(Method::POST, INGEST, &[], &message("one")).await.1;
    write(&first["results"][0]).await;
    // An undo at once and one in the background.
    let edit = json!({ "base_version": 1, "remarks": "mine" });
    let batch = sent(&clerk, Method::PATCH, &one(&rows[2]), &edit).await.1;
    write(&rows[2]).await;
    let many = json!({ "action": "patch", "rows": pasted(rows[3..].iter(), 1, &json!("mine")) });
    let many = sent(&clerk, Method::POST, BULK, &many).await.1;
    write(&rows[3]).await;
    let undoing = undo(&clerk, &many).await.1;
    ended(&clerk, &undoing).await;

    let pasting = async || keyed(&clerk, BULK, "later", &paste).await.1;
    let sending = async || keyed(&clerk, INGEST, "later", &message("two")).await.1;
    let undone = async || keyed(&clerk, &format!("{BATCHES}{batch}/undo/"), "later", &json!({})).await.1;
    let reading = async || clerk.get(&format!("{BATCHES}{undoing}/")).await.1;
    let shown = async || {
        let (pasted, sent, undone, read) = (pasting().await, sending().await, undone().await, reading().await);
        [
            pasted["results"][0]["changes"][0]["old"].clone(),
            pasted["results"][1]["conflicts"][0]["theirs"].clone(),
            sent["results"][0]["conflicts"][0]["theirs"].clone(),
            undone["skipped"][0]["now"].clone(),
            read["refusals"][0]["now"].clone(),
        ]
    };
    let said = [pasting().await, sending().await, undone().await, reading().await];
    assert_eq!(shown().await, [(); 5].map(|()| json!(SECRET)), "{said:?}");
    assert_eq!([pasting().await, sending().await, undone().await, reading().await], said, "while rights are the same");

    let hiding = grants(json!([{ "permission": "challan:read", "hidden_columns": ["remarks"] }]));
    assert_eq!(boss.send(Method::PUT, &user, &[], &json!({ "grants": hiding })).await.0, 200);
    comes_to(&clerk, &one(&rows[0]), |row| row["hidden"] == json!(["remarks"])).await;
    assert_eq!(shown().await, [(); 5].map(|()| Value::Null), "a hidden column");
    let still = [pasting().await, sending().await, undone().await, reading().await];
    assert_eq!(still[0]["results"][0]["changes"][0], json!({ "field": "remarks", "old": null, "new": "mine" }));
    let conflict = &still[0]["results"][1]["conflicts"][0];
    assert_eq!(
        (&conflict["field"], &conflict["mine"]),
        (&json!("remarks"), &json!("mine")),
        "what it is about is told"
    );
    assert_eq!(still[3]["refusals"][0]["code"], "conflict");

    assert_eq!(boss.send(Method::PUT, &user, &[], &json!({ "grants": grants(json!([])) })).await.0, 200);
    until(async || clerk.get(&one(&rows[0])).await.0 == StatusCode::NOT_FOUND).await;
    assert_eq!(shown().await, [(); 5].map(|()| Value::Null), "rows out of reach");
    let fresh = clerk.send(Method::POST, INGEST, &[], &message("three")).await.1;
    let conflict = &fresh["results"][0]["conflicts"][0];
    assert_eq!((&conflict["field"], &conflict["theirs"]), (&json!("remarks"), &Value::Null), "nor a new answer");
    assert_eq!(boss.send(Method::PUT, &user, &[], &json!({ "grants": [] })).await.0, 200);
    until(async || clerk.send(Method::POST, BULK, &[], &paste).await.0 == StatusCode::FORBIDDEN).await;
    assert_eq!(
        (&undone().await["skipped"][0]["now"], &reading().await["refusals"][0]["now"]),
        (&Value::Null, &Value::Null)
    );
}

async fn requests_sent_again(house: House) {
    an_answer_without_a_change_is_repeated(&house).await;
    a_key_is_used_up_by_what_wrote_nothing(&house).await;
    a_change_of_many_is_repeated_out_of_reach(&house).await;
    a_paste_in_parts_is_one_answer_and_one_batch(&house).await;
    an_ingest_in_parts_is_one_answer_and_one_batch(&house).await;
    what_others_wrote_is_shown_by_the_rights_of_now(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_sent_again_on_sqlite() {
    requests_sent_again(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_sent_again_on_mariadb() {
    requests_sent_again(House::open(true).await).await;
}
