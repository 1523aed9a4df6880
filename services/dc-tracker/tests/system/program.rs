//! The program itself: its front door, its command line, its end.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use db::{on_db, sqlx};
use futures::StreamExt;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::house::{DATA, EMAIL, House, PASSWORD, Process, free_address};

/// Runs `dc-tracker import` of `bytes` against the house.
fn import(house: &House, bytes: &[u8]) -> Output {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    importing(house, file.path()).output().unwrap()
}

/// The same, on its way.
fn importing(house: &House, file: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dc-tracker"));
    command.args(["import", "--url", &house.url, "--email", EMAIL]).arg(file).env("SUPERADMIN_PASSWORD", PASSWORD);
    command
}

fn line(i: u32) -> Vec<u8> {
    let row =
        json!({ "source": "file", "external_id": format!("f{i}"), "date": "2026-05-01", "customer": "Konark Foods" });
    format!("{row}\n").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_says_what_it_could_not_take() {
    let house = House::open(false).await;
    let whole: Vec<u8> = (0..3).flat_map(line).collect();
    let done = import(&house, &whole);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stderr).contains("3 created"));

    let mut torn: Vec<u8> = (10..12).flat_map(line).collect();
    torn.extend(b"{\"source\":\"file\",\"external_id\":\"\xe9\"}\n");
    torn.extend((12..14).flat_map(line));
    let stopped = import(&house, &torn);
    let said = String::from_utf8_lossy(&stopped.stderr);
    assert!(!stopped.status.success() && said.contains("ine 3"), "a line that is no text stops it: {said}");

    let refused = import(&house, b"{\"source\":\"file\",\"external_id\":\"x\",\"date\":\"soon\"}\n");
    assert!(!refused.status.success(), "a rejected row is no success");
}

/// Whoever runs an import at night is not to be called because the program was started anew meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn an_import_outlives_the_program() {
    let address = [("GATEWAY_ADDR", free_address())];
    let mut house = House::open_logging(Stdio::inherit(), &address);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    (0..3000).for_each(|i| file.write_all(&line(i)).unwrap());
    let import = importing(&house, file.path()).stderr(Stdio::piped()).spawn().unwrap();
    let db = house.database().await;
    let count = async || -> i64 {
        on_db!(&db, pool => sqlx::query_scalar("SELECT COUNT(*) FROM tracker_challans").fetch_one(pool).await).unwrap()
    };
    while count().await == 0 {
        tokio::task::yield_now().await;
    }
    house.processes[0].child.kill().unwrap();
    house.processes[0].child.wait().unwrap();
    house.processes[0] = Process::start(&[], &[house.settings().as_slice(), &address].concat());
    let done = import.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.contains("3000 created"), "a part is taken in once: {said}");
    assert_eq!(count().await, 3000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_ends_at_once_though_streams_are_open() {
    let mut house = House::open(false).await;
    let client = house.client().await;
    let stream = client.http.get(format!("{}/api/stream/", house.url)).send().await.unwrap();
    let mut body = stream.bytes_stream();
    body.next().await.unwrap().unwrap();
    let began = Instant::now();
    let told = Command::new("kill").arg(house.processes[0].child.id().to_string()).status().unwrap();
    assert!(told.success());
    let mut text = String::new();
    while let Some(Ok(chunk)) = body.next().await {
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(house.processes[0].child.wait().unwrap().success());
    assert!(began.elapsed() < Duration::from_secs(3), "it took {:?}", began.elapsed());
    assert!(text.contains("event: bye"), "the stream was told: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_copy_is_passed_over() {
    let mut house = House::apart().await;
    let client = house.client().await;
    // Accounts, two trackers, two copies of fan-out, the gateway.
    house.processes[1].child.kill().unwrap();
    house.processes[1].child.wait().unwrap();
    for i in 0..6 {
        assert_eq!(client.get(DATA).await.0, StatusCode::OK);
        let body = json!({ "customer": format!("Customer {i}"), "date": "2026-05-02" });
        let (status, answer) = client.send(Method::POST, DATA, &[], &body).await;
        assert_eq!(status, StatusCode::CREATED, "a body is sent to the next copy whole: {answer}");
    }
    assert_eq!(client.get(&format!("{DATA}?count=exact")).await.1["count"], 6, "none was written twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_front_door_keeps_its_manners() {
    let house = House::open(false).await;
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let get = |path: &str| http.get(format!("{}{path}", house.url)).send();
    let door = get("/start/challans?q=a%20b").await.unwrap();
    assert_eq!(
        (door.status(), door.headers()["location"].to_str().unwrap()),
        (StatusCode::FOUND, "/login?next=/start/challans%3Fq%3Da%2520b")
    );
    assert_eq!(get("/").await.unwrap().headers()["location"], "/login");
    // Served where the site is built; never sent to the door.
    for path in ["/login", "/forgot", "/reset", "/invitation"] {
        assert_ne!(get(path).await.unwrap().status(), StatusCode::FOUND, "{path}");
    }
    let answer = get("/api/csrf/").await.unwrap();
    assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'self'"));
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    for path in ["/internal/changes", "/internal/identity"] {
        assert_eq!(get(path).await.unwrap().status(), StatusCode::NOT_FOUND);
    }
    let bad = http.get(format!("{}/healthz", house.url)).header("host", "4syz.com@evil").send().await.unwrap();
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);

    let client = house.client().await;
    let piece = vec![b' '; 1 << 20];
    let pieces = futures::stream::iter((0..18).map(move |_| Ok::<_, std::io::Error>(piece.clone())));
    let (status, problem) = client.ingest(reqwest::Body::wrap_stream(pieces)).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::PAYLOAD_TOO_LARGE, Some("too_large")));
}
