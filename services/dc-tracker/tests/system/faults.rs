//! What writers feel of a database that dies or is held by others, and of an answer that was lost.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use db::sqlx;
use futures::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::batches::one;
use crate::house::{Client, DATA, House, Process};
use crate::verify::the_log_comes_to_what_is_stored;
use crate::writes::{all_of, follow_each_other};

/// How soon writes pass again once the database is back.
const HEALED: Duration = Duration::from_secs(5);

/// Sends one write until it is done. While the database is away it is told so, and when to come back.
async fn until_done(
    client: &Client,
    method: Method,
    path: &str,
    key: &str,
    body: &Value,
    refused: &AtomicUsize,
) -> Value {
    loop {
        let request = client.http.request(method.clone(), format!("{}{path}", client.url));
        let request = request.header("x-csrftoken", &client.token).header("idempotency-key", key).json(body);
        let answer = request.send().await.unwrap();
        if answer.status().is_success() {
            return answer.json().await.unwrap();
        }
        let (status, again) = (answer.status(), answer.headers().contains_key("retry-after"));
        assert_eq!((status, again), (StatusCode::SERVICE_UNAVAILABLE, true), "{}", answer.text().await.unwrap());
        refused.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Challans that one person makes and changes until told to stop, as they were answered.
async fn writes(client: Client, writer: usize, stop: Arc<AtomicBool>, refused: Arc<AtomicUsize>) -> Vec<Value> {
    let mut told = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let key = format!("f{writer}-{}", told.len());
        let new = json!({ "customer": "Fault Traders", "date": "2025-03-02", "remarks": key });
        let row = until_done(&client, Method::POST, DATA, &key, &new, &refused).await;
        let change = json!({ "base_version": 1, "amount": "12.00" });
        told.push(until_done(&client, Method::PATCH, &one(&row), &key, &change, &refused).await);
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_database_loses_no_answered_write() {
    const WRITERS: usize = 8;
    let server = tokio::task::spawn_blocking(testkit::mariadb::Server::start).await.unwrap().unwrap();
    let server = Arc::new(server);
    let house = House::on(testkit::mariadb::database_on(server.url()).await.unwrap());
    let client = house.client().await;
    let (stop, refused) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let writers: Vec<_> =
        (0..WRITERS).map(|n| tokio::spawn(writes(client.clone(), n, stop.clone(), refused.clone()))).collect();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let (server, before) = (server.clone(), refused.load(Ordering::Relaxed));
        tokio::task::spawn_blocking(move || {
            server.killer().unwrap()();
            std::thread::sleep(Duration::from_secs(1));
            server.kill().unwrap();
            server.restart().unwrap();
        })
        .await
        .unwrap();
        assert!(refused.load(Ordering::Relaxed) > before, "nobody met the database's end");
        let back = Instant::now();
        let row = json!({ "customer": "Fault Traders", "date": "2025-03-02", "draft": true });
        until_done(&client, Method::POST, DATA, "healed", &row, &AtomicUsize::new(0)).await;
        assert!(back.elapsed() < HEALED, "it took {:?} until writes pass", back.elapsed());
    }
    stop.store(true, Ordering::Relaxed);
    let told: Vec<Value> = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
    let stand: Vec<Value> =
        all_of(&client, "Fault Traders").await.into_iter().filter(|row| row["stage"] != "draft").collect();
    let by_id = |rows: &[Value]| -> HashSet<String> {
        let text =
            |row: &Value| format!("{} {} {} {}", row["id"], row["challan_number"], row["remarks"], row["version"]);
        rows.iter().map(text).collect()
    };
    assert_eq!((told.len(), by_id(&told)), (stand.len(), by_id(&stand)), "what was answered is what stands, once");
    assert!(told.iter().all(|row| row["version"] == 2) && follow_each_other(&stand));
    the_log_comes_to_what_is_stored(&house);
}

/// Who writes what somebody else holds for longer than anybody waits is told to come back; others pass meanwhile where the
/// database lets them, and nothing of it is done.
async fn what_is_held_is_answered_in_time(on_mariadb: bool) {
    let house = House::open(on_mariadb).await;
    let client = house.client().await;
    let row = client.create(json!({ "customer": "Held Traders", "date": "2025-03-02" })).await;
    let other = client.create(json!({ "customer": "Free Traders", "date": "2025-03-02" })).await;
    let db = house.database().await;
    let mut holder = db.begin().await.unwrap();
    if on_mariadb {
        let id = row["id"].as_str().unwrap().parse::<sqlx::types::Uuid>().unwrap();
        let mut lock = db::Clause::of("SELECT id FROM tracker_challans WHERE id = ");
        lock.id(id).sql(" FOR UPDATE");
        holder.fetch::<(sqlx::types::Uuid,)>(lock).await.unwrap();
    }
    holder.flush().await.unwrap();
    let change = json!({ "base_version": 1, "remarks": "mine" });
    let began = Instant::now();
    let request = client.http.patch(format!("{}{}", house.url, one(&row))).header("x-csrftoken", &client.token);
    let waiting = tokio::spawn(request.json(&change).send());
    if on_mariadb {
        let (status, passed) = client.send(Method::PATCH, &one(&other), &[], &change).await;
        assert_eq!(status, StatusCode::OK, "{passed}");
        assert!(began.elapsed() < Duration::from_secs(3), "it waited for another row: {:?}", began.elapsed());
    }
    let answer = waiting.await.unwrap().unwrap();
    let (status, again) = (answer.status(), answer.headers().contains_key("retry-after"));
    assert_eq!((status, again), (StatusCode::SERVICE_UNAVAILABLE, true), "{}", answer.text().await.unwrap());
    assert!(began.elapsed() < Duration::from_secs(13), "it took {:?}", began.elapsed());
    holder.rollback().await.unwrap();
    assert_eq!(client.get(&one(&row)).await.1["version"], 1, "nothing was done");
    let (status, done) = client.send(Method::PATCH, &one(&row), &[], &change).await;
    assert_eq!((status, &done["remarks"]), (StatusCode::OK, &json!("mine")), "{done}");
    the_log_comes_to_what_is_stored(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_on_sqlite() {
    what_is_held_is_answered_in_time(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_on_mariadb() {
    what_is_held_is_answered_in_time(true).await;
}

/// Those who come one after the other, each while others wait already, are told in time as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_queue_before_a_held_file_is_answered_in_time() {
    let house = House::open(false).await;
    let client = house.client().await;
    let db = house.database().await;
    let holder = db.begin_at_start().await.unwrap();
    let waiting = (0..200).map(|n| {
        let (client, late) = (client.clone(), Duration::from_millis(10 * n));
        tokio::spawn(async move {
            tokio::time::sleep(late).await;
            let row = json!({ "customer": "Queue Traders", "date": "2025-03-02" });
            let request = client.http.post(format!("{}{DATA}", client.url)).header("x-csrftoken", &client.token);
            let answer = request.json(&row).send().await.unwrap();
            (answer.status(), answer.headers().contains_key("retry-after"))
        })
    });
    for answer in join_all(waiting.collect::<Vec<_>>()).await {
        assert_eq!(answer.unwrap(), (StatusCode::SERVICE_UNAVAILABLE, true));
    }
    holder.rollback().await.unwrap();
    let (_, all) = client.get(&format!("{DATA}?count=exact")).await;
    assert_eq!(all["count"], 0, "nothing was done");
    client.create(json!({ "customer": "Queue Traders", "date": "2025-03-02" })).await;
}

/// The same rows pasted by two people from the top and from the bottom, over and over: neither fails the other.
async fn rows_pasted_crosswise(on_mariadb: bool) {
    let house = House::open(on_mariadb).await;
    let client = house.client().await;
    let made = (0..40).map(|_| client.create(json!({ "customer": "Cross Traders", "date": "2025-03-02" })));
    let rows: Vec<Value> = join_all(made).await;
    let pasting = |who: &'static str, backwards: bool| {
        let (client, mut rows) = (client.clone(), rows.clone());
        async move {
            for turn in 1..=15 {
                if backwards {
                    rows.reverse();
                }
                // Two fields, so that both merge.
                let set = json!({ who: format!("{who} {turn}") });
                let rows: Vec<Value> =
                    rows.iter().map(|row| json!({ "id": row["id"], "base_version": 1, "set": set })).collect();
                let paste = json!({ "action": "patch", "rows": rows });
                let (status, answer) = client.send(Method::POST, "/api/tracker/bulk/", &[], &paste).await;
                let conflicts =
                    answer["results"].as_array().unwrap().iter().filter(|r| r["code"] == "conflict").count();
                let expected = if turn == 1 { (40, 0) } else { (0, 40) };
                assert_eq!(
                    (status, answer["updated"].as_u64().unwrap(), conflicts),
                    (StatusCode::OK, expected.0, expected.1)
                );
            }
        }
    };
    tokio::join!(pasting("remarks", false), pasting("dc_summary", true));
    for row in all_of(&client, "Cross Traders").await {
        let stands = (&row["version"], &row["remarks"], &row["dc_summary"]);
        assert_eq!(stands, (&json!(3), &json!("remarks 1"), &json!("dc_summary 1")), "{row}");
    }
    the_log_comes_to_what_is_stored(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_pasted_crosswise_on_sqlite() {
    rows_pasted_crosswise(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_pasted_crosswise_on_mariadb() {
    rows_pasted_crosswise(true).await;
}

/// How many rows of the log there are.
async fn changes(db: &db::Db) -> i64 {
    db::on_db!(db, pool => sqlx::query_scalar("SELECT seq FROM tracker_log_head WHERE id = 1").fetch_one(pool).await)
        .unwrap()
}

/// Killed between the commit and the answer, the program gives that answer when it is asked again.
async fn a_lost_answer_is_given_again(on_mariadb: bool) {
    let mut house = House::open(on_mariadb).await;
    let db = house.database().await;
    let mut client = house.client().await;
    let draft = json!({ "customer": "Lost Traders", "date": "2025-03-02", "draft": true });
    for (turn, kind) in ["create", "issue", "void", "paste", "ingest", "create"].into_iter().enumerate() {
        let row = client.create(draft.clone()).await;
        let issued = client.create(json!({ "customer": "Lost Traders", "date": "2025-03-02" })).await;
        let (path, body) = match kind {
            "create" => (DATA.to_owned(), json!({ "customer": "Lost Traders", "date": "2025-03-02", "remarks": kind })),
            "issue" => (format!("{}issue/", one(&row)), json!({})),
            "void" => (format!("{}void/", one(&issued)), json!({ "reason": "a test" })),
            "paste" => {
                let set = json!({ "customer": "Lost Traders", "date": "2025-03-02" });
                let rows = json!([{ "id": null, "set": set }, { "id": row["id"], "base_version": 1, "set": { "remarks": "p" } }]);
                ("/api/tracker/bulk/".to_owned(), json!({ "action": "patch", "rows": rows }))
            }
            _ => {
                let row =
                    json!({ "source": "lost", "external_id": "1", "customer": "Lost Traders", "date": "2025-03-02" });
                ("/api/ingest/challans/".to_owned(), json!([row]))
            }
        };
        let key = format!("lost-{turn}");
        let before = changes(&db).await;
        // Whether its answer was on the way already does not matter: nobody hears it.
        let unheard = {
            let (client, path, body, key) = (client.clone(), path.clone(), body.clone(), key.clone());
            tokio::spawn(async move {
                let request = client.http.post(format!("{}{path}", client.url)).header("x-csrftoken", &client.token);
                request.header("idempotency-key", key).json(&body).send().await.is_ok()
            })
        };
        while changes(&db).await == before {
            tokio::task::yield_now().await;
        }
        house.processes[0].child.kill().unwrap();
        house.processes[0].child.wait().unwrap();
        unheard.await.unwrap();
        house.processes[0] = Process::start(&[], &house.settings());
        house.url = house.processes[0].urls["gateway"].clone();
        client.url.clone_from(&house.url);
        let after = changes(&db).await;
        let again = client.send(Method::POST, &path, &[("idempotency-key", &key)], &body).await;
        assert!(again.0.is_success(), "{kind}: {} {}", again.0, again.1);
        let third = client.send(Method::POST, &path, &[("idempotency-key", &key)], &body).await;
        assert_eq!(again, third, "{kind}");
        assert_eq!(changes(&db).await, after, "{kind} was done once");
    }
    let all = all_of(&client, "Lost Traders").await;
    let numbered: Vec<Value> = all.iter().filter(|row| row["challan_number"].is_string()).cloned().collect();
    assert!(follow_each_other(&numbered), "{numbered:?}");
    the_log_comes_to_what_is_stored(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_given_again_on_sqlite() {
    a_lost_answer_is_given_again(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_given_again_on_mariadb() {
    a_lost_answer_is_given_again(true).await;
}
