//! Text search: what words find, how soon, and what becomes of the index when the program stops.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Client, DATA, EMAIL, House, Process};

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
        assert!(began.elapsed() < Duration::from_secs(1), "{q} finds {names:?}, not {expected:?}");
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

/// Starts the program anew and says what it logged until words were answered.
async fn again(house: &mut House, meanwhile: impl FnOnce()) -> String {
    for mut process in house.processes.drain(..) {
        assert!(Command::new("kill").arg(process.child.id().to_string()).status().unwrap().success());
        process.child.wait().unwrap();
    }
    meanwhile();
    let mut log = tempfile::NamedTempFile::new().unwrap();
    let process = Process::start_logging(&[], &house.settings(), Stdio::from(log.reopen().unwrap()));
    house.url = process.urls["gateway"].clone();
    house.processes.push(process);
    let client = house.client().await;
    comes_to(&client, "findus -valves", &["Findus Two"]).await;
    let mut said = String::new();
    log.read_to_string(&mut said).unwrap();
    said
}

async fn the_index_outlives_the_program(house: &mut House) {
    let folder = folder_of(house).join("0");
    assert!(!again(house, || {}).await.contains("is built"), "it goes on where it was");
    let missing = || std::fs::remove_dir_all(&folder).unwrap();
    assert!(again(house, missing).await.contains("is built"), "a missing one is built");
    let older = || {
        let meta = folder.join("meta.json");
        let text = std::fs::read_to_string(&meta).unwrap();
        std::fs::write(&meta, text.replace("1 Asia/Kolkata", "0 Asia/Kolkata")).unwrap();
    };
    assert!(again(house, older).await.contains("is built"), "one of an older shape is built anew");
    let torn = || std::fs::write(folder.join("meta.json"), "{").unwrap();
    assert!(again(house, torn).await.contains("is built"), "one that is not whole is built anew");
}

async fn it_is_built_anew_when_asked(house: &House) {
    let reindex = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dc-tracker"));
        command.arg("reindex").envs(house.settings().into_iter().filter(|(name, _)| *name != "SUPERADMIN_EMAIL"));
        command.env("SUPERADMIN_EMAIL", EMAIL).output().unwrap()
    };
    let done = tokio::task::block_in_place(reindex);
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said.contains("running tracker has built"), "{said}{done:?}");
    comes_to(&house.client().await, "findus -valves", &["Findus Two"]).await;
}

async fn search(on_mariadb: bool) {
    let mut house = House::open(on_mariadb).await;
    let boss = house.client().await;
    words_find(&boss).await;
    lists_of_words_go_on(&boss).await;
    what_changed_is_found_anew(&boss).await;
    hidden_words_match_nothing(&house, &boss).await;
    the_index_outlives_the_program(&mut house).await;
    it_is_built_anew_when_asked(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn search_on_sqlite() {
    search(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn search_on_mariadb() {
    search(true).await;
}
