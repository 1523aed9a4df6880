//! Many people write at once: whatever becomes of one write, the others are done, and a killed program loses and doubles none.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::house::{Client, DATA, House, Process};
use crate::verify::the_log_comes_to_what_is_stored;

/// Every challan whose customer's name is this, page by page.
pub async fn all_of(client: &Client, customer: &str) -> Vec<Value> {
    let (mut found, mut path) = (Vec::new(), format!("{DATA}?q=customer:%22{customer}%22&limit=200"));
    loop {
        let (status, page) = client.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        found.extend(page["results"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => path = next.strip_prefix(&client.url).unwrap_or(next).to_owned(),
            None => return found,
        }
    }
}

/// The numbers of these challans follow each other without a gap.
pub fn follow_each_other(rows: &[Value]) -> bool {
    let mut numbers: Vec<u64> =
        rows.iter().map(|row| row["challan_number"].as_str().unwrap().parse().unwrap()).collect();
    numbers.sort_unstable();
    numbers.windows(2).all(|pair| pair[1] == pair[0] + 1)
}

/// 32 at once, some of which are refused for what they are, some for what stands beside them, two for being the same.
pub async fn a_bad_write_harms_no_other(house: &House) {
    let client = house.client().await;
    let invoiced = json!({ "customer": "Nandi Motors", "date": "2025-01-02", "invoice_number": "B 1", "invoice_date": "2025-01-02" });
    client.create(invoiced.clone()).await;
    let row = client.create(json!({ "customer": "Nandi Motors", "date": "2025-01-02", "remarks": "a" })).await;
    let path = format!("{DATA}{}/", row["id"].as_str().unwrap());
    let (status, _) = client.send(Method::PATCH, &path, &[], &json!({ "base_version": 1, "remarks": "b" })).await;
    assert_eq!(status, StatusCode::OK);
    let answers = join_all((0..32).map(|i| {
        let (client, path) = (client.clone(), path.clone());
        let mut invoiced = invoiced.clone();
        async move {
            match i % 8 {
                0 => {
                    invoiced["customer"] = "Konark Foods".into();
                    client.send(Method::POST, DATA, &[], &invoiced).await
                }
                1 => client.send(Method::PATCH, &path, &[], &json!({ "base_version": 1, "remarks": "c" })).await,
                2 => client.send(Method::DELETE, &path, &[("if-match", "\"1\"")], &json!({})).await,
                3 => {
                    let body = json!({ "customer": "Once Traders", "date": "2025-01-02" });
                    client.send(Method::POST, DATA, &[("idempotency-key", "the same")], &body).await
                }
                _ => {
                    let body = json!({ "customer": format!("Bystander {}", i % 3), "date": "2025-01-02" });
                    client.send(Method::POST, DATA, &[], &body).await
                }
            }
        }
    }))
    .await;
    for (i, (status, answer)) in answers.iter().enumerate() {
        let expected = match i % 8 {
            0 => 422,
            1 => 409,
            2 => 412,
            _ => 201,
        };
        assert_eq!(status.as_u16(), expected, "{i}: {answer}");
    }
    let once: HashSet<&Value> = answers.iter().skip(3).step_by(8).map(|(_, row)| &row["id"]).collect();
    assert_eq!(once.len(), 1, "the same request is one row");
    let day = client.get(&format!("{DATA}?q=date:2025-01-02&limit=200")).await.1;
    let day = day["results"].as_array().unwrap();
    assert_eq!((day.len(), follow_each_other(day)), (2 + 1 + 16, true));
}

/// Different fields of one row, changed at once: all of them merge, each by a version of its own.
pub async fn changes_at_once_merge(house: &House) {
    let client = house.client().await;
    let row = client.create(json!({ "customer": "Merge Traders", "date": "2025-02-02" })).await;
    let path = format!("{DATA}{}/", row["id"].as_str().unwrap());
    let fields = [("remarks", "a"), ("dc_summary", "pipes"), ("amount", "12.00"), ("received_by", "Ravi")];
    let answers = join_all(fields.map(|(field, value)| {
        let (client, path) = (client.clone(), path.clone());
        async move { client.send(Method::PATCH, &path, &[], &json!({ "base_version": 1, field: value })).await }
    }))
    .await;
    assert!(answers.iter().all(|(status, _)| *status == StatusCode::OK), "{answers:?}");
    let versions: HashSet<u64> = answers.iter().map(|(_, row)| row["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, (2..=5).collect());
    let stands = client.get(&path).await.1;
    assert!(fields.iter().all(|(field, value)| stands[*field] == *value), "{stands}");
}

/// Sends one challan until it is answered, to wherever the program listens now.
async fn send_until_answered(client: &Client, urls: &mut watch::Receiver<String>, key: &str) -> Value {
    let body = json!({ "customer": "Kill Traders", "date": "2025-03-02", "remarks": key });
    loop {
        let url = urls.borrow_and_update().clone();
        let request = client.http.post(format!("{url}{DATA}")).header("x-csrftoken", &client.token);
        match request.header("idempotency-key", key).json(&body).send().await {
            Ok(answer) if answer.status() == StatusCode::CREATED => {
                if let Ok(row) = answer.json().await {
                    return row;
                }
            }
            Ok(answer) => assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{:?}", answer.text().await),
            // Killed under way: whether it was done is not known, so it is sent again.
            Err(_) => {}
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Writers who send what was not answered again to one of so many copies, while these are killed in turn, three times.
async fn a_killed_program_loses_and_doubles_none(on_mariadb: bool, copies: usize) {
    const WRITERS: usize = 16;
    const EACH: usize = 25;
    let mut house = House::open(on_mariadb).await;
    let others = (1..copies).map(|_| Process::start(&[], &house.settings())).collect::<Vec<_>>();
    house.processes.extend(others);
    let mut client = house.client().await;
    let (moved, urls): (Vec<_>, Vec<_>) =
        house.processes.iter().map(|copy| watch::channel(copy.urls["gateway"].clone())).unzip();
    let answered = Arc::new(AtomicUsize::new(0));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (client, mut urls, answered) = (client.clone(), urls[writer % copies].clone(), answered.clone());
            tokio::spawn(async move {
                let mut rows = Vec::new();
                for n in 0..EACH {
                    rows.push(send_until_answered(&client, &mut urls, &format!("w{writer}-{n}")).await);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                rows
            })
        })
        .collect();
    for (copy, killed_after) in (0..copies).cycle().zip([40, 120, 250]) {
        while answered.load(Ordering::Relaxed) < killed_after {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        house.processes[copy].child.kill().unwrap();
        house.processes[copy].child.wait().unwrap();
        house.processes[copy] = Process::start(&[], &house.settings());
        moved[copy].send(house.processes[copy].urls["gateway"].clone()).unwrap();
    }
    let told: Vec<Value> = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
    client.url.clone_from(&house.processes[0].urls["gateway"]);
    let stand = all_of(&client, "Kill Traders").await;
    assert_eq!(stand.len(), WRITERS * EACH, "each once");
    assert!(follow_each_other(&stand));
    let by_id = |rows: &[Value]| -> HashSet<(String, String, String)> {
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        rows.iter().map(|row| (text(row, "id"), text(row, "challan_number"), text(row, "remarks"))).collect()
    };
    assert_eq!(by_id(&told), by_id(&stand), "what was answered is what stands");
    the_log_comes_to_what_is_stored(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_program_loses_and_doubles_none_on_sqlite() {
    a_killed_program_loses_and_doubles_none(false, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_copies_lose_and_double_none_on_mariadb() {
    a_killed_program_loses_and_doubles_none(true, 2).await;
}
