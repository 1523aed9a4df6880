//! The live stream through the front door.

use std::time::Duration;

use futures::StreamExt;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{DATA, House};

/// Reads a stream until `until` stands in it, and gives all that was read.
pub async fn read_until(response: reqwest::Response, until: &str) -> String {
    let mut text = String::new();
    let mut body = response.bytes_stream();
    let reading = async {
        while let Some(Ok(chunk)) = body.next().await {
            text.push_str(&String::from_utf8_lossy(&chunk));
            if text.contains(until) {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(10), reading).await;
    assert!(text.contains(until), "{until} did not come; the stream said: {text}");
    text
}

pub async fn streams_resume_and_end_with_the_session(house: &House) {
    let (writer, reader) = (house.client().await, house.client().await);
    let stream = |after: Option<String>| {
        let request = reader.http.get(format!("{}/api/stream/", reader.url));
        after.map_or_else(|| request.try_clone().unwrap(), |a| request.try_clone().unwrap().header("last-event-id", a))
    };
    let open = stream(None).send().await.unwrap();
    let first = writer.create(json!({ "customer": "Live Traders", "date": "2026-04-01" })).await;
    let text = read_until(open, first["id"].as_str().unwrap()).await;
    assert!(text.contains("event: hello") && text.contains("event: challan"));
    let told = text.lines().filter_map(|line| line.strip_prefix("data: ")).find(|data| data.contains("\"challan\""));
    let told: Value = serde_json::from_str(told.unwrap()).unwrap();
    let stands = writer.get(&format!("{DATA}{}/", first["id"].as_str().unwrap())).await.1;
    assert_eq!(told["challan"], stands, "the stream tells the challan as the register answers it");
    assert_eq!((&told["kind"], &stands["can"]), (&json!("created"), &json!(["update", "void", "delete"])));
    let place = text.lines().rev().find_map(|l| l.strip_prefix("id: ")).unwrap().to_owned();
    let missed = writer.create(json!({ "customer": "Missed Traders", "date": "2026-04-01" })).await;
    let resumed = stream(Some(place)).send().await.unwrap();
    let text = read_until(resumed, missed["id"].as_str().unwrap()).await;
    assert!(text.contains("\"outcome\":\"resumed\"") && !text.contains(first["id"].as_str().unwrap()));
    let foreign = stream(Some(format!("{}:1", first["id"].as_str().unwrap()))).send().await.unwrap();
    let mut last = stream(None).send().await.unwrap();
    read_until(foreign, "\"outcome\":\"reset\"").await;
    assert_eq!(reader.send(Method::POST, "/api/session-logout/", &[], &json!({})).await.0, StatusCode::NO_CONTENT);
    let ended = tokio::time::timeout(Duration::from_secs(1), async {
        let mut text = String::new();
        while let Ok(Some(chunk)) = last.chunk().await {
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
        text
    });
    assert!(ended.await.unwrap().contains("signed_out"));
}

/// A user has six streams at all copies together, the next is refused; a closed one makes room.
pub async fn streams_are_limited_and_make_room(house: &House) {
    let client = house.client().await;
    let open = || client.http.get(format!("{}/api/stream/", house.url)).send();
    let mut streams = Vec::new();
    // Streams of the tests before may still count for a moment, so a refusal below the limit is tried again.
    for _ in 0..60 {
        let answer = open().await.unwrap();
        if answer.status() == StatusCode::OK {
            streams.push(answer);
        } else {
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        if streams.len() == 6 {
            break;
        }
    }
    assert_eq!(streams.len(), 6);
    // Two in a row, since the gateway takes the copies in turn.
    for _ in 0..2 {
        let refused = open().await.unwrap();
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.headers().contains_key("retry-after"));
    }
    drop(streams);
    for _ in 0..40 {
        if open().await.unwrap().status() == StatusCode::OK {
            return;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    panic!("streams that were closed still count");
}

/// What a right is worth on a stream that is open: a change is told, and its end ends the stream, within a second.
pub async fn rights_are_felt_by_open_streams(house: &House) {
    let boss = house.client().await;
    let body = json!({ "email": "ravi@4syz.com", "first_name": "Ravi", "password": "another long sentence",
        "grants": [{ "permission": "challan:read" }] });
    let (status, user) = boss.send(Method::POST, "/api/users/", &[], &body).await;
    assert_eq!(status, StatusCode::CREATED, "{user}");
    let path = format!("/api/users/{}/", user["id"].as_str().unwrap());
    let grants = format!("{path}grants/");
    let ravi = house.client_of("ravi@4syz.com", "another long sentence").await;
    let mut stream = ravi.http.get(format!("{}/api/stream/", house.url)).send().await.unwrap();
    let mut told = String::new();
    let hiding = json!({ "grants": [{ "permission": "challan:read", "hidden_columns": ["amount"] }] });
    for (method, path, set, expected, times) in [
        (Method::PUT, &grants, hiding, "event: account", 1),
        (Method::PATCH, &path, json!({ "executive_name": "Ravi of the stream" }), "event: account", 2),
        (Method::PUT, &grants, json!({ "grants": [] }), "\"reason\":\"forbidden\"", 1),
    ] {
        // The stream is up before its right changes.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(boss.send(method, path, &[], &set).await.0, StatusCode::OK);
        let hearing = async {
            while told.matches(expected).count() < times {
                told.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(1), hearing).await.is_ok(), "{expected} did not come: {told}");
    }
    assert_eq!(ravi.get(DATA).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_broker_stops_neither_writes_nor_streams() {
    let broker = tokio::task::spawn_blocking(testkit::kafka::Broker::start).await.unwrap().unwrap();
    let house = House::apart_on(broker.address()).await;
    let client = house.client().await;
    let mut stream = client.http.get(format!("{}/api/stream/", house.url)).send().await.unwrap();
    let mut told = String::new();
    for step in ["with the broker", "the broker is killed", "the broker is back"] {
        match step {
            "the broker is killed" => broker.kill().unwrap(),
            "the broker is back" => broker.restart().unwrap(),
            _ => {}
        }
        let challan = client.create(json!({ "customer": "Steady Traders", "date": "2026-04-01" })).await;
        let id = challan["id"].as_str().unwrap().to_owned();
        let heard = async {
            while !told.contains(&id) {
                told.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
            }
        };
        assert!(tokio::time::timeout(Duration::from_secs(5), heard).await.is_ok(), "{step}: {told}");
    }
}
