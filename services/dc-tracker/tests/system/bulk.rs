//! Many challans changed by one request: pasted row by row, or all of a list or a filter in the background.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::batches::{colleague, comes_to, one, sent, undo};
use crate::executives::MERGE;
use crate::house::{Client, DATA, EMAIL, House, PASSWORD, Process};
use crate::live::read_until;
use crate::paste;
use crate::rights::{Caller, user};

pub const BULK: &str = "/api/tracker/bulk/";
pub const BATCHES: &str = "/api/tracker/batches/";
pub const ALL: [&str; 6] =
    ["challan:read", "challan:create", "challan:update", "challan:delete", "challan:import", "challan:bulk"];

/// Makes `count` challans of a source of their own.
async fn fill(client: &Client, source: &str, count: usize) {
    let rows: String = (0..count)
        .map(|i| {
            let row = json!({ "source": source, "external_id": format!("k{i}"), "customer": format!("Bulk {}", i % 7),
                "date": "2026-01-05", "remarks": "old", "delivery_executives": ["Old Hand"] });
            format!("{row}\n")
        })
        .collect();
    let answer = client.ingest(rows).await.1;
    assert_eq!(answer["created"], count, "{}", answer["results"][0]);
}

pub async fn bulk(client: &Client, body: Value) -> (StatusCode, String, Value) {
    sent(client, Method::POST, BULK, &body).await
}

/// Takes a change on and gives its batch when it is done.
pub async fn worked(client: &Client, body: Value) -> Value {
    let (status, header, answer) = bulk(client, body).await;
    assert_eq!((status, &answer["batch_id"]), (StatusCode::ACCEPTED, &json!(header)), "{answer}");
    ended(client, &header).await
}

pub async fn ended(client: &Client, batch: &str) -> Value {
    let path = format!("{BATCHES}{batch}/");
    for _ in 0..1200 {
        let seen = client.get(&path).await.1;
        if seen["status"] != "running" {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the batch does not end: {}", client.get(&path).await.1);
}

pub async fn count(client: &Client, q: &str) -> u64 {
    client.get(&format!("{DATA}?count=exact&limit=1&q={q}")).await.1["count"].as_u64().unwrap()
}

/// As [`count`] of a filter with words, when the index is there and has every change.
async fn counts(client: &Client, q: &str, expected: u64) {
    comes_to(client, &format!("{DATA}?count=exact&limit=1&q={q}"), |page| page["count"] == expected).await;
}

pub fn numbers(batch: &Value) -> [u64; 4] {
    ["matched", "done", "changed", "refused"].map(|n| batch[n].as_u64().unwrap())
}

/// One change for a list or a filter: a list is right as a whole or refused, rules refuse row by row.
async fn one_change_for_many(house: &House) {
    let asha = colleague(house, "many@4syz.com", &ALL).await;
    fill(&asha, "many", 30).await;
    let q = "source:many";
    let page = asha.get(&format!("{DATA}?q={q}&limit=30")).await.1;
    let ids: Vec<&str> = page["results"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    let set = json!({ "remarks": "new" });
    let dry = bulk(&asha, json!({ "action": "update", "q": q, "set": set, "dry_run": true })).await;
    assert_eq!((dry.0, &dry.2["matched"], &dry.2["changes"]), (StatusCode::OK, &json!(30), &json!(30)), "{}", dry.2);
    counts(&asha, "source:many%20remarks:new", 0).await;
    let done = worked(&asha, json!({ "action": "update", "ids": ids[..10], "set": set })).await;
    assert_eq!((&done["status"], &done["action"], numbers(&done)), (&json!("done"), &json!("update"), [10, 10, 10, 0]));
    counts(&asha, "source:many%20remarks:new", 10).await;
    // Seven customers, and an invoice is of one of them.
    let invoice = json!({ "invoice_number": "MANY/1", "invoice_date": "2026-01-06" });
    let link = |dry: bool| json!({ "action": "link_invoice", "ids": ids, "set": invoice, "dry_run": dry });
    let dry = bulk(&asha, link(true)).await.2;
    assert!(dry["refused_count"].as_u64().unwrap() >= 24, "{dry}");
    assert_eq!(dry["refused"][0]["code"], "invoice_of_another_customer", "{dry}");
    let done = worked(&asha, link(false)).await;
    let [matched, _, changed, refused] = numbers(&done);
    assert_eq!((matched, changed + refused), (30, 30), "{done}");
    assert_eq!(
        (changed, &done["refusals"][0]["code"]),
        (dry["changes"].as_u64().unwrap(), &json!("invoice_of_another_customer"))
    );
    assert_eq!(count(&asha, "invoice:MANY/1").await, changed);
    let draft = asha.create(json!({ "customer": "Bulk 1", "date": "2026-01-05", "draft": true })).await;
    let mixed: Vec<Value> = vec![json!(ids[0]), draft["id"].clone()];
    let done = worked(&asha, json!({ "action": "void", "ids": mixed, "reason": "lost" })).await;
    assert_eq!((numbers(&done), &done["refusals"][0]["code"]), ([2, 2, 1, 1], &json!("draft")), "{done}");
    assert_eq!(done["refusals"][0]["id"], draft["id"]);
    let done = worked(&asha, json!({ "action": "update", "ids": ids[..2], "set": { "remarks": "again" } })).await;
    assert_eq!((numbers(&done), &done["refusals"][0]["code"]), ([2, 2, 1, 1], &json!("void")), "{done}");
    let done = worked(&asha, json!({ "action": "delete", "q": q })).await;
    assert_eq!(numbers(&done), [30, 30, 30, 0]);
    let batch = done["id"].as_str().unwrap().to_owned();
    assert_eq!(count(&asha, q).await, 0);
    assert_eq!(undo(&asha, &batch).await.2["undone"], 30);
    assert_eq!(numbers(&worked(&asha, json!({ "action": "delete", "q": q })).await), [30, 30, 30, 0]);
    let done = worked(&asha, json!({ "action": "restore", "q": "source:many deleted:any" })).await;
    assert_eq!(numbers(&done), [30, 30, 30, 0]);
    assert_eq!(count(&asha, q).await, 30);
    let none = "019f0000-0000-7000-8000-000000000001";
    let (status, _, problem) = bulk(&asha, json!({ "action": "delete", "ids": [ids[0], none] })).await;
    assert_eq!((status, problem["fields"]["ids"].is_array()), (StatusCode::NOT_FOUND, true), "{problem}");
    let key = [("idempotency-key", "many-1")];
    let body = json!({ "action": "update", "ids": ids[3..5], "set": { "remarks": "keyed" } });
    let (first, again) =
        (asha.send(Method::POST, BULK, &key, &body).await, asha.send(Method::POST, BULK, &key, &body).await);
    assert_eq!((first.0, &first.1), (StatusCode::ACCEPTED, &again.1));
    ended(&asha, first.1["batch_id"].as_str().unwrap()).await;
}

/// What a list may name is judged when it is sent, what becomes of it by the rights of when it is done.
async fn rights_bind_bulk_too(house: &House) {
    let boss = Caller::signed_in(house, EMAIL).await;
    let maker = colleague(house, "owner@4syz.com", &ALL).await;
    let own = maker.create(json!({ "customer": "Reach Own", "date": "2026-01-05", "amount": "5" })).await;
    let foreign = maker.create(json!({ "customer": "Reach Foreign", "date": "2026-01-05" })).await;
    let scope = json!({ "customers": [own["customer_id"]] });
    let grants = json!([
        { "permission": "challan:read" },
        { "permission": "challan:bulk", "hidden_columns": ["amount"] },
        { "permission": "challan:update", "scope": scope },
    ]);
    boss.make("/api/users/", json!({ "email": "reach@4syz.com", "password": PASSWORD, "grants": grants })).await;
    let clerk = house.client_of("reach@4syz.com", PASSWORD).await;
    let remarks = json!({ "remarks": "reached" });
    let (status, _, problem) =
        bulk(&clerk, json!({ "action": "update", "ids": [own["id"], foreign["id"]], "set": remarks })).await;
    assert_eq!((status, problem["fields"]["ids"].is_array()), (StatusCode::FORBIDDEN, true), "{problem}");
    let done = worked(&clerk, json!({ "action": "update", "q": "customer:reach*", "set": remarks })).await;
    assert_eq!((numbers(&done), &done["refusals"][0]["code"]), ([2, 2, 1, 1], &json!("forbidden")), "{done}");
    let done = worked(&clerk, json!({ "action": "update", "ids": [own["id"]], "set": { "amount": "7" } })).await;
    assert_eq!((numbers(&done), &done["refusals"][0]["code"]), ([1, 1, 0, 1], &json!("hidden")), "{done}");
    let done =
        worked(&clerk, json!({ "action": "update", "ids": [own["id"]], "set": { "customer": "Reach Foreign" } })).await;
    assert_eq!((numbers(&done), &done["refusals"][0]["code"]), ([1, 1, 0, 1], &json!("forbidden")), "{done}");
    let (status, ..) = bulk(&clerk, json!({ "action": "delete", "ids": [own["id"]] })).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let paste = json!([{ "id": foreign["id"], "base_version": 1, "set": remarks }, { "id": null, "set": { "customer": "Reach Own", "date": "2026-01-05" } }]);
    let answer = bulk(&clerk, json!({ "action": "patch", "rows": paste })).await.2;
    assert_eq!(answer["refused"], 2, "{answer}");
    assert_eq!(boss.send(Method::GET, &one(&own), None).await.1["amount"], "5.00");
}

/// Five thousand rows by a filter, while single writes of somebody else pass in between, and one whose maker loses the
/// right midway.
async fn bulk_lets_others_pass(house: &House) {
    let boss = Caller::signed_in(house, EMAIL).await;
    let asha = colleague(house, "five@4syz.com", &ALL).await;
    let made = user(&boss, "losing@4syz.com", "user", &ALL).await;
    let losing = house.client_of("losing@4syz.com", PASSWORD).await;
    fill(&asha, "five", 5000).await;
    let other = colleague(house, "passing@4syz.com", &ALL).await;
    let single = other.create(json!({ "customer": "Passing", "date": "2026-01-05" })).await;
    let began = Instant::now();
    let (_, batch, _) =
        bulk(&asha, json!({ "action": "update", "q": "source:five", "set": { "remarks": "bulk" } })).await;
    let mut slowest = Duration::ZERO;
    let mut version = 1;
    let path = format!("{BATCHES}{batch}/");
    while asha.get(&path).await.1["status"] == "running" {
        let asked = Instant::now();
        let patch = json!({ "base_version": version, "remarks": format!("r{version}") });
        let (status, _, answer) = sent(&other, Method::PATCH, &one(&single), &patch).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        slowest = slowest.max(asked.elapsed());
        version += 1;
    }
    let done = asha.get(&path).await.1;
    assert_eq!(numbers(&done), [5000, 5000, 5000, 0], "{done}");
    println!("5000 rows took {:?}; {version} single writes passed, the slowest in {slowest:?}", began.elapsed());
    assert!(version > 5, "single writes pass in between");
    assert!(slowest < Duration::from_secs(2), "the slowest single write took {slowest:?}");
    counts(&asha, "source:five%20remarks:bulk", 5000).await;

    take_turns(&losing, "remarks").await;
    let (_, batch, _) =
        bulk(&losing, json!({ "action": "update", "q": "source:five", "set": { "dc_summary": "lost" } })).await;
    let grants = format!("/api/users/{}/grants/", made["id"].as_str().unwrap());
    let less = json!({ "grants": [{ "permission": "challan:read" }] });
    assert_eq!(boss.send(Method::PUT, &grants, Some(&less)).await.0, 200);
    let done = ended(&losing, &batch).await;
    let [matched, all, changed, refused] = numbers(&done);
    assert_eq!((matched, all, changed + refused), (5000, 5000, 5000), "{}", done["refusals"][0]);
    assert!(refused > 0, "the right was taken away while {changed} of 5000 were done");
    assert_eq!(
        (&done["refusals"][0]["code"], done["refusals"].as_array().unwrap().len() as u64),
        (&json!("forbidden"), refused.min(1000))
    );
    counts(&house.client().await, "source:five%20summary:lost", changed).await;
}

/// Three batches over the five thousand rows, with which the next one takes turns: what its maker loses is felt within a
/// second, and alone it may be done by then.
async fn take_turns(maker: &Client, field: &str) {
    for n in 0..3 {
        let set = json!({ field: format!("beside {n}") });
        bulk(maker, json!({ "action": "update", "q": "source:five", "set": set })).await;
    }
}

/// A batch whose maker is disabled meanwhile is given up, and says so.
async fn a_batch_ends_with_its_maker(house: &House) {
    let boss = Caller::signed_in(house, EMAIL).await;
    let made = user(&boss, "gone@4syz.com", "user", &ALL).await;
    let gone = house.client_of("gone@4syz.com", PASSWORD).await;
    take_turns(&gone, "dc_summary").await;
    let set = json!({ "remarks": "gone" });
    let (_, batch, answer) = bulk(&gone, json!({ "action": "update", "q": "source:five", "set": set })).await;
    let path = format!("/api/users/{}/", made["id"].as_str().unwrap());
    assert_eq!(boss.send(Method::PATCH, &path, Some(&json!({ "is_active": false }))).await.0, 200);
    let done = ended(&house.client().await, &batch).await;
    assert_eq!(
        (&done["status"], &done["matched"], &done["done"]),
        (&json!("failed"), &json!(5000), &json!(5000)),
        "{answer}: {done}"
    );
    let [_, _, changed, refused] = numbers(&done);
    assert_eq!((changed + refused, &done["refusals"][0]["code"]), (5000, &json!("forbidden")), "{done}");
    counts(&house.client().await, "source:five%20remarks:gone", changed).await;
}

/// An undoing in the background that finds every row changed by others changes nothing, and the batch may be undone later.
async fn an_undoing_in_vain_leaves_the_batch(house: &House) {
    let (asha, ravi) = (colleague(house, "vain@4syz.com", &ALL).await, colleague(house, "vainly@4syz.com", &ALL).await);
    fill(&asha, "vain", 120).await;
    let update = |text: &str| json!({ "action": "update", "q": "source:vain", "set": { "remarks": text } });
    let batch = worked(&asha, update("hers")).await["id"].as_str().unwrap().to_owned();
    let theirs = worked(&ravi, update("his")).await["id"].as_str().unwrap().to_owned();
    let undoing = undo(&asha, &batch).await.1;
    let done = ended(&asha, &undoing).await;
    assert_eq!((numbers(&done), &done["refusals"][0]["code"]), ([120, 120, 0, 120], &json!("conflict")), "{done}");
    let seen = asha.get(&format!("{BATCHES}{batch}/")).await.1;
    assert_eq!((&seen["undone_by"], &seen["undoable"]), (&Value::Null, &json!(true)));
    let undoing = undo(&ravi, &theirs).await.1;
    assert_eq!(numbers(&ended(&ravi, &undoing).await), [120, 120, 120, 0]);
    let undoing = undo(&asha, &batch).await.1;
    assert_eq!(numbers(&ended(&asha, &undoing).await), [120, 120, 120, 0], "it stands as she left it again");
    counts(&asha, "source:vain%20remarks:old", 120).await;
}

/// Its maker hears of a batch as it goes on; nobody else does.
async fn its_maker_hears_of_it(house: &House) {
    let asha = colleague(house, "hears@4syz.com", &ALL).await;
    let boss = house.client().await;
    fill(&asha, "hears", 300).await;
    let open = |client: &Client| client.http.get(format!("{}/api/stream/?q=source:none", client.url)).send();
    let (mine, theirs) = (open(&asha).await.unwrap(), open(&boss).await.unwrap());
    let (_, batch, _) =
        bulk(&asha, json!({ "action": "update", "q": "source:hears", "set": { "remarks": "heard" } })).await;
    let text = read_until(mine, "\"status\":\"done\"").await;
    let events: Vec<Value> = text
        .split("\n\n")
        .filter(|event| event.contains("event: batch"))
        .map(|event| serde_json::from_str(event.lines().find_map(|l| l.strip_prefix("data: ")).unwrap()).unwrap())
        .collect();
    assert!(events.len() >= 2 && events.iter().all(|e| e["id"] == batch.as_str()), "{text}");
    let (first, last) = (&events[0], events.last().unwrap());
    assert_eq!(
        (&first["status"], &first["action"], numbers(first)),
        (&json!("running"), &json!("update"), [300, 0, 0, 0])
    );
    assert_eq!((&last["status"], numbers(last)), (&json!("done"), [300, 300, 300, 0]));
    let told = tokio::time::timeout(Duration::from_millis(1_500), read_until(theirs, "event: batch")).await;
    assert!(told.is_err(), "another's batch is told");
}

/// What others write after the work was taken on stays: the field that is to be set is refused, others merge.
async fn bulk_refuses_what_others_changed(house: &House) {
    let asha = colleague(house, "meets@4syz.com", &ALL).await;
    fill(&asha, "meets", 3000).await;
    let newest = asha.get(&format!("{DATA}?q=source:meets&sort=-updated_at&limit=2")).await.1;
    // Rows are worked through by id, so the greatest come last.
    let mut page = newest["results"].as_array().unwrap().clone();
    page.sort_by_key(|r| std::cmp::Reverse(r["id"].as_str().unwrap().to_owned()));
    let set = json!({ "remarks": "bulk" });
    let (_, batch, _) = bulk(&asha, json!({ "action": "update", "q": "source:meets remarks:old", "set": set })).await;
    for (row, theirs) in page.iter().zip([json!({ "remarks": "theirs old" }), json!({ "dc_summary": "merges" })]) {
        let mut patch = theirs.clone();
        patch["base_version"] = json!(1);
        let (status, _, answer) = sent(&asha, Method::PATCH, &one(row), &patch).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    let done = ended(&asha, &batch).await;
    assert_eq!((numbers(&done), &done["refusals"][0]["code"]), ([3000, 3000, 2999, 1], &json!("conflict")), "{done}");
    let refusal = &done["refusals"][0];
    assert_eq!((&refusal["id"], &refusal["now"]), (&page[0]["id"], &json!("theirs old")), "{refusal}");
    assert!(refusal["by"].is_string() && refusal["at"].is_string(), "{refusal}");
    let merged = asha.get(&one(&page[1])).await.1;
    assert_eq!((&merged["remarks"], &merged["dc_summary"]), (&json!("bulk"), &json!("merges")));
    assert_eq!(asha.get(&one(&page[0])).await.1["remarks"], "theirs old");
}

async fn bulk_changes(house: House) {
    paste::a_paste_is_answered_row_by_row(&house).await;
    paste::a_large_paste_is_one_batch(&house).await;
    one_change_for_many(&house).await;
    rights_bind_bulk_too(&house).await;
    bulk_lets_others_pass(&house).await;
    bulk_refuses_what_others_changed(&house).await;
    its_maker_hears_of_it(&house).await;
    a_batch_ends_with_its_maker(&house).await;
    an_undoing_in_vain_leaves_the_batch(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_on_sqlite() {
    bulk_changes(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_on_mariadb() {
    bulk_changes(House::open(true).await).await;
}

/// The process is killed in the middle of a batch and started again: every row is changed exactly once.
async fn a_killed_batch_is_finished(mut house: House) {
    let rights = [&ALL[..], &["customer:manage"]].concat();
    let asha = colleague(&house, "killed@4syz.com", &rights).await;
    fill(&asha, "killed", 4000).await;
    let update = json!({ "action": "update", "q": "source:killed", "set": { "remarks": "after all" } });
    let merge = json!({ "name": "Old Hand", "into": "Ravi Kumar" });
    for (version, path, body, q) in
        [(2, BULK, update, "remarks:%22after%20all%22"), (3, MERGE, merge, "executive:%22ravi%20kumar%22")]
    {
        let asha = house.client_of("killed@4syz.com", PASSWORD).await;
        let (_, batch, _) = sent(&asha, Method::POST, path, &body).await;
        let path = format!("{BATCHES}{batch}/");
        comes_to(&asha, &path, |b| b["done"].as_u64().unwrap() > 0).await;
        let process = &mut house.processes[0];
        let seen = asha.get(&path).await.1;
        process.child.kill().unwrap();
        process.child.wait().unwrap();
        assert_eq!(seen["status"], "running", "it was killed in the middle: {seen}");
        house.processes[0] = Process::start(&[], &house.settings());
        house.url = house.processes[0].urls["gateway"].clone();
        let asha = house.client_of("killed@4syz.com", PASSWORD).await;
        let done = ended(&asha, &batch).await;
        assert_eq!((&done["status"], numbers(&done)), (&json!("done"), [4000, 4000, 4000, 0]), "{done}");
        counts(&asha, &format!("source:killed%20{q}"), 4000).await;
        assert_eq!(count(&asha, &format!("source:killed%20version:{version}")).await, 4000, "each once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_and_resumed_on_sqlite() {
    a_killed_batch_is_finished(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_and_resumed_on_mariadb() {
    a_killed_batch_is_finished(House::open(true).await).await;
}

/// Two copies of the tracker at several batches; one is killed, and the other finishes them all.
#[tokio::test(flavor = "multi_thread")]
async fn another_copy_goes_on() {
    let mut house = House::apart().await;
    let asha = colleague(&house, "copies@4syz.com", &ALL).await;
    for source in ["one", "two", "three"] {
        fill(&asha, source, 1500).await;
    }
    let mut batches = Vec::new();
    for source in ["one", "two", "three"] {
        let q = format!("source:{source}");
        batches.push(bulk(&asha, json!({ "action": "update", "q": q, "set": { "remarks": "shared" } })).await.1);
    }
    for batch in &batches {
        comes_to(&asha, &format!("{BATCHES}{batch}/"), |b| b["done"].as_u64().unwrap() > 0).await;
    }
    // Accounts, two trackers, two copies of fan-out, the gateway.
    house.processes[1].child.kill().unwrap();
    house.processes[1].child.wait().unwrap();
    for batch in &batches {
        assert_eq!(numbers(&ended(&asha, batch).await), [1500, 1500, 1500, 0]);
    }
    counts(&asha, "source:one,two,three%20remarks:shared%20version:2", 4500).await;
}
