//! Text search: what words find, how soon, and what becomes of the index when the program stops.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Client, DATA, House, Process};

/// Until the index has a change, or is there: far more than any machine takes. How long it is, `bench/search.py` says.
const LONGEST: Duration = Duration::from_secs(30);

/// The names of what a filter with words finds; `None` while the index is built.
async fn found(client: &Client, q: &str) -> Option<Vec<String>> {
    let answer = client.http.get(format!("{}{DATA}", client.url)).query(&[("q", q), ("sort", "date")]).send().await;
    let answer = answer.unwrap();
    if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
        assert!(answer.headers().contains_key("retry-after"));
        return None;
    }
    assert_eq!(answer.status(), StatusCode::OK, "{q}");
    let page: Value = answer.json().await.unwrap();
    let name = |row: &Value| row["customer"].as_str().unwrap_or("").to_owned();
    Some(page["results"].as_array().unwrap().iter().map(name).collect())
}

async fn comes_to(client: &Client, q: &str, expected: &[&str]) {
    let began = Instant::now();
    loop {
        let names = found(client, q).await;
        if names.as_ref().is_some_and(|names| names == expected) {
            return;
        }
        assert!(began.elapsed() < LONGEST, "{q} finds {names:?}, not {expected:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn words_find(client: &Client) {
    for (customer, date, summary, invoice) in [
        ("Findus One", "2025-01-01", "12 gate valves", Some("SRCH/4711-A")),
        ("Findus Two", "2025-01-02", "gate", None),
        ("Findus Three", "2025-01-03", "valves, gate", None),
    ] {
        let mut row = json!({ "customer": customer, "date": date, "dc_summary": summary });
        if let Some(number) = invoice {
            row["invoice_number"] = json!(number);
            row["invoice_date"] = json!(date);
        }
        client.create(row).await;
    }
    for (q, expected) in [
        ("findus", vec!["Findus One", "Findus Two", "Findus Three"]),
        ("FIND valv", vec!["Findus One", "Findus Three"]),
        ("findus \"gate valves\"", vec!["Findus One"]),
        ("findus \"gate valve\"", vec![]),
        ("findus gate-val", vec!["Findus One"]),
        ("findus -valves", vec!["Findus Two"]),
        ("ch/47", vec!["Findus One"]),
        ("srch-4711", vec!["Findus One"]),
        ("indus", vec![]),
        ("findus date:2025-01-02..2025-01-31 summary:gate", vec!["Findus Two", "Findus Three"]),
    ] {
        comes_to(client, q, &expected).await;
    }
}

async fn lists_of_words_go_on(client: &Client) {
    let first = client.get(&format!("{DATA}?q=findus&sort=-date&limit=2&count=exact")).await.1;
    assert_eq!((&first["count"], first["results"].as_array().unwrap().len()), (&json!(3), 2), "{first}");
    let second = client.get(first["next"].as_str().unwrap()).await.1;
    assert_eq!((second["results"][0]["customer"].as_str(), &second["next"]), (Some("Findus One"), &Value::Null));
    let back = client.get(second["previous"].as_str().unwrap()).await.1;
    assert_eq!(back["results"], first["results"]);
    let range = client.get("/api/tracker/range/?q=findus&sort=date&offset=1&limit=100000&columns=customer").await.1;
    let names: Vec<&Value> = range["rows"].as_array().unwrap().iter().map(|row| &row[2]).collect();
    assert_eq!((names, &range["total"]), (vec![&json!("Findus Two"), &json!("Findus Three")], &json!(3)));
    let capped = client.get(&format!("{DATA}?q=stage:issued&count=capped")).await.1;
    assert!(capped["count"].is_u64() && capped["count_capped"] == false, "{capped}");
}

/// Whoever wrote finds what they wrote, and no more what they overwrote.
async fn a_change_is_found_by_its_writer(client: &Client) {
    let row = client.create(json!({ "customer": "Prompt Traders", "date": "2025-02-02" })).await;
    let path = format!("{DATA}{}/", row["id"].as_str().unwrap());
    for (version, word) in ["gateway", "archway", "doorway"].iter().enumerate() {
        let set = json!({ "base_version": version + 1, "dc_summary": format!("new {word}") });
        assert_eq!(client.send(Method::PATCH, &path, &[], &set).await.0, StatusCode::OK);
        comes_to(client, &format!("prompt {word}"), &["Prompt Traders"]).await;
    }
    for old in ["gateway", "archway"] {
        comes_to(client, old, &[]).await;
    }
}

/// Facets, the dashboard, views and changes of many rows have the same rows as the list.
async fn words_count_everywhere(client: &Client) {
    let facets = client.get("/api/tracker/facets/?fields=customer,stage,age&q=findus").await.1;
    assert_eq!(facets["customer"].as_array().unwrap().len(), 3, "{facets}");
    assert_eq!(facets["customer"][0], json!({ "value": "Findus One", "count": 1 }), "{facets}");
    let summary = client.get("/api/tracker/summary/?q=findus%20-valves").await.1;
    assert_eq!((&summary["count"], &summary["top_customers"][0]["customer"]), (&json!(1), &json!("Findus Two")));
    assert_eq!(summary["as_of"], client.get(&format!("{DATA}?q=findus")).await.1["log_cursor"], "{summary}");
    let view = json!({ "name": "Findus", "state": { "q": "findus" } });
    assert_eq!(client.send(Method::POST, "/api/tracker/views/", &[], &view).await.0, StatusCode::CREATED);
    let views = client.get("/api/tracker/views/?count=exact").await.1;
    assert!(views.to_string().contains("\"count\":3"), "{views}");
    // What was written a moment ago is one of them.
    client.create(json!({ "customer": "Findus Four", "date": "2025-01-04", "dc_summary": "nothing" })).await;
    let change = json!({ "action": "update", "q": "findus", "set": { "remarks": "many at once" } });
    let (status, batch) = client.send(Method::POST, "/api/tracker/bulk/", &[], &change).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{batch}");
    let batch = client.get(&format!("/api/tracker/batches/{}/", batch["batch_id"].as_str().unwrap())).await.1;
    assert_eq!(batch["matched"], 4, "{batch}");
    let all = ["Findus One", "Findus Two", "Findus Three", "Findus Four"];
    comes_to(client, "\"many at once\" findus", &all).await;
    let gone = json!({ "action": "delete", "q": "findus four nothing" });
    assert_eq!(client.send(Method::POST, "/api/tracker/bulk/", &[], &gone).await.0, StatusCode::ACCEPTED);
    comes_to(client, "findus", &all[..3]).await;
}

/// A customer's challans are found by its new name.
async fn a_renamed_customer_is_found(client: &Client) {
    let row = client.create(json!({ "customer": "Oldname Mills", "date": "2025-02-03" })).await;
    let path = format!("/api/tracker/customers/{}/", row["customer_id"].as_str().unwrap());
    let (status, answer) =
        client.send(Method::PATCH, &path, &[("if-match", "*")], &json!({ "name": "Newname Mills" })).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let began = Instant::now();
    while found(client, "newname").await != Some(vec!["Newname Mills".to_owned()]) {
        assert!(began.elapsed() < LONGEST);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let facets = client.get("/api/tracker/facets/?fields=customer&q=newname").await.1;
    assert_eq!(facets["customer"], json!([{ "value": "Newname Mills", "count": 1 }]));
    comes_to(client, "oldname", &[]).await;
}

async fn what_changed_is_found_anew(client: &Client) {
    let row = client.create(json!({ "customer": "Wandering Traders", "date": "2025-02-01" })).await;
    let path = format!("{DATA}{}/", row["id"].as_str().unwrap());
    comes_to(client, "wandering", &["Wandering Traders"]).await;
    let set = json!({ "customer": "Settled Traders", "base_version": 1 });
    assert_eq!(client.send(Method::PATCH, &path, &[], &set).await.0, StatusCode::OK);
    comes_to(client, "settled", &["Settled Traders"]).await;
    comes_to(client, "wandering", &[]).await;
    assert_eq!(client.send(Method::DELETE, &path, &[("if-match", "*")], &json!({})).await.0, StatusCode::OK);
    // The row itself says that it is gone, however far the index is.
    assert_eq!(found(client, "settled").await.unwrap(), Vec::<String>::new());
    comes_to(client, "settled deleted:any", &["Settled Traders"]).await;
}

async fn hidden_words_match_nothing(house: &House, boss: &Client) {
    let row =
        boss.create(json!({ "customer": "Veiled Traders", "date": "2025-03-01", "remarks": "confidential" })).await;
    let grants = |grant: Value| {
        json!({ "email": "sita@4syz.com", "first_name": "Sita", "password": "another long sentence",
        "grants": [grant] })
    };
    let body = grants(json!({ "permission": "challan:read", "hidden_columns": ["remarks"],
        "scope": { "customers": [row["customer_id"]] } }));
    assert_eq!(boss.send(Method::POST, "/api/users/", &[], &body).await.0, StatusCode::CREATED);
    let sita = house.client_of("sita@4syz.com", "another long sentence").await;
    comes_to(boss, "confidential", &["Veiled Traders"]).await;
    comes_to(&sita, "veiled", &["Veiled Traders"]).await;
    assert_eq!(found(&sita, "confidential").await.unwrap(), Vec::<String>::new());
    assert_eq!(found(&sita, "findus").await.unwrap(), Vec::<String>::new());
}

fn folder_of(house: &House) -> PathBuf {
    let data = house.settings().into_iter().find(|(name, _)| *name == "DATA_DIR").unwrap().1;
    Path::new(&data).join("index")
}

/// Kills the program, starts it anew and says what it logged until words were answered.
async fn again(house: &mut House, meanwhile: impl FnOnce()) -> String {
    house.processes.clear();
    meanwhile();
    let mut log = tempfile::NamedTempFile::new().unwrap();
    let process = Process::start_logging(&[], &house.settings(), Stdio::from(log.reopen().unwrap()));
    house.url = process.urls["gateway"].clone();
    house.processes.push(process);
    let client = house.client().await;
    let began = Instant::now();
    while found(&client, "findus -valves").await.is_none() {
        // Lists without words wait for nothing.
        assert_eq!(client.get(&format!("{DATA}?q=stage:issued")).await.0, StatusCode::OK);
        assert!(began.elapsed() < LONGEST, "the index does not come back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(found(&client, "findus -valves").await, Some(vec!["Findus Two".to_owned()]));
    let mut said = String::new();
    log.read_to_string(&mut said).unwrap();
    said
}

async fn the_index_outlives_the_program(house: &mut House) {
    let folder = folder_of(house).join("0");
    assert!(!again(house, || {}).await.contains("is built"), "it goes on where it was");
    let missing = || std::fs::remove_dir_all(&folder).unwrap();
    assert!(again(house, missing).await.contains("is built"), "a missing one is built");
    let told = |from: &str, to: &str| {
        let meta = folder.join("meta.json");
        let text = std::fs::read_to_string(&meta).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&meta, text.replace(from, to)).unwrap();
    };
    let older = || told("6 Asia/Kolkata", "5 Asia/Kolkata");
    assert!(again(house, older).await.contains("is built"), "one of an older shape is built anew");
    let epoch = house.client().await.get(DATA).await.1["log_cursor"].as_str().unwrap()[..36].to_owned();
    let restored = || told(&epoch, "018f0000-0000-7000-8000-000000000000");
    assert!(again(house, restored).await.contains("is built"), "one of another history is built anew");
    let torn = || std::fs::write(folder.join("meta.json"), "{").unwrap();
    assert!(again(house, torn).await.contains("is built"), "one that is not whole is built anew");
    let spoilt = || {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "term" || e == "fast") {
                let mut bytes = std::fs::read(&path).unwrap();
                bytes[7] ^= 1;
                std::fs::write(&path, bytes).unwrap();
            }
        }
    };
    assert!(again(house, spoilt).await.contains("is built"), "one with a wrong bit is built anew");
}

/// A window far into a list has the rows that the list has there, and one behind its end none.
#[tokio::test(flavor = "multi_thread")]
async fn windows_far_into_lists() {
    let house = House::open(false).await;
    let client = house.client().await;
    let row = |i: u32| {
        let (day, customer) = (i % 28 + 1, i % 7);
        json!({ "source": "far", "external_id": i.to_string(), "customer": format!("Faraway {customer}"),
            "date": format!("2026-01-{day:02}"), "amount": i / 3, "draft": i.is_multiple_of(50) })
    };
    let rows: String = (0..6000).map(|i| format!("{}\n", row(i))).collect();
    let (status, answer) = client.ingest(rows).await;
    assert_eq!((status, &answer["created"]), (StatusCode::OK, &json!(6000)), "{}", answer["rejected"]);
    let began = Instant::now();
    while found(&client, "faraway").await.is_none() {
        assert!(began.elapsed() < LONGEST, "the index is not built");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for q in ["faraway", "source:far%20-stage:draft"] {
        for sort in ["-date", "customer", "stage", "-amount", "customer,-date"] {
            let window = async |offset: usize, limit: usize| {
                let path = format!("/api/tracker/range/?q={q}&sort={sort}&offset={offset}&limit={limit}&columns=id");
                client.get(&path).await.1
            };
            let all = window(0, 100_000).await;
            let rows = all["rows"].as_array().unwrap();
            assert_eq!(all["total"], rows.len(), "{q} by {sort}");
            for (offset, limit) in [(4001, 300), (5500, 380), (rows.len() - 7, 100), (rows.len(), 10)] {
                let found = window(offset, limit).await;
                let end = rows.len().min(offset + limit);
                assert_eq!(found["rows"].as_array().unwrap(), &rows[offset..end], "{q} by {sort} from {offset} on");
                assert_eq!(found["total"], all["total"], "{q} by {sort} from {offset} on");
            }
        }
    }
}

/// Where the folder cannot be written, words are refused and everything else goes on.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_folder_only_words_are_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let log = tempfile::NamedTempFile::new().unwrap();
    let blocked = ("INDEX_DIR", file.path().join("index").to_string_lossy().into_owned());
    let house = House::open_logging(Stdio::from(log.reopen().unwrap()), &[blocked]);
    let client = house.client().await;
    client.create(json!({ "customer": "Findus One", "date": "2025-01-01" })).await;
    assert_eq!(found(&client, "findus").await, None);
    let bulk = json!({ "action": "delete", "q": "findus" });
    let (status, _) = client.send(Method::POST, "/api/tracker/bulk/", &[], &bulk).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(client.get("/api/tracker/facets/?q=findus").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(client.get(&format!("{DATA}?count=exact")).await.1["count"], 1);
    assert_eq!(client.get("/api/tracker/summary/").await.0, StatusCode::OK);
    let said = std::fs::read_to_string(log.path()).unwrap();
    assert!(said.contains("words cannot be searched for now") && said.contains("INDEX_DIR"), "{said}");
}

/// Each tracker has an index of its own, and each finds at once what was written through the other.
#[tokio::test(flavor = "multi_thread")]
async fn two_trackers_have_two_indexes() {
    let house = House::apart().await;
    let client = house.client().await;
    let began = Instant::now();
    for _ in 0..2 {
        while found(&client, "twin").await.is_none() {
            assert!(began.elapsed() < LONGEST, "the indexes are not built");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    for i in 0..6 {
        let name = format!("Twin{i} Traders");
        client.create(json!({ "customer": name, "date": "2026-05-02" })).await;
        for _ in 0..2 {
            comes_to(&client, &format!("twin{i}"), &[&name]).await;
        }
    }
    for number in ["0", "1"] {
        assert!(folder_of(&house).join(number).join("meta.json").exists(), "{number}");
    }
    let said = tokio::task::block_in_place(|| reindexed(&house));
    assert!(said.contains("2 running trackers have built"), "{said}");
}

fn reindexed(house: &House) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dc-tracker"));
    let done = command.arg("reindex").envs(house.settings()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{said}{done:?}");
    said
}

async fn it_is_built_anew_when_asked(house: &mut House) {
    let said = tokio::task::block_in_place(|| reindexed(house));
    assert!(said.contains("running tracker has built"), "{said}");
    comes_to(&house.client().await, "findus -valves", &["Findus Two"]).await;
    house.processes.clear();
    let said = tokio::task::block_in_place(|| reindexed(house));
    assert!(said.contains("challans is built"), "{said}");
    assert!(!again(house, || {}).await.contains("is built"), "what was built beside it is used");
}

async fn search(on_mariadb: bool) {
    let mut house = House::open(on_mariadb).await;
    let boss = house.client().await;
    words_find(&boss).await;
    lists_of_words_go_on(&boss).await;
    what_changed_is_found_anew(&boss).await;
    a_change_is_found_by_its_writer(&boss).await;
    words_count_everywhere(&boss).await;
    a_renamed_customer_is_found(&boss).await;
    hidden_words_match_nothing(&house, &boss).await;
    the_index_outlives_the_program(&mut house).await;
    it_is_built_anew_when_asked(&mut house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn search_on_sqlite() {
    search(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn search_on_mariadb() {
    search(true).await;
}
