//! The register through the front door.

use std::collections::HashSet;
use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::customers::{
    a_new_name_goes_to_every_challan, a_number_is_never_used_again, a_scope_holds_after_a_write_too,
    an_invoice_is_of_one_customer, customers_are_kept, numbers_follow_the_default_series,
};
use crate::executives::executives_are_found;
use crate::finding::filters_find_the_same_everywhere;
use crate::house::{Client, DATA, House};
use crate::live::{
    rights_are_felt_by_open_streams, streams_are_limited_and_make_room, streams_resume_and_end_with_the_session,
};
use crate::repeat::{a_request_sent_again_is_done_once, an_answer_given_again_heeds_rights};
use crate::rules::every_rule_has_a_word_of_its_own;
use crate::verify::the_log_comes_to_what_is_stored;
use crate::writes::{a_bad_write_harms_no_other, changes_at_once_merge};

fn one(challan: &Value) -> String {
    format!("{DATA}{}/", challan["id"].as_str().unwrap())
}

async fn bad_input_is_refused_by_field(house: &House) {
    let client = house.client().await;
    let cases = [
        (json!({ "customer": "Asha Traders", "colour": "red" }), "colour"),
        (json!({ "customer": "Asha Traders", "date": "2026-01-01", "version": 7 }), "version"),
        (json!({ "customer": "Asha Traders", "date": "2026-01-01", "amount": "twelve" }), "amount"),
        (json!({ "customer": "Asha Traders", "date": "2126-01-01" }), "date"),
        (json!({ "customer": 7, "date": "2026-01-01" }), "customer"),
        // One character that folds to eighteen.
        (json!({ "customer": "\u{fdfa}".repeat(200), "date": "2026-01-01" }), "customer"),
        (
            json!({ "customer": "Asha Traders", "date": "2026-01-01", "invoice_date": "2026-01-01",
                "invoice_number": "\u{fdfa}".repeat(50) }),
            "invoice_number",
        ),
        (
            json!({ "customer": "Asha Traders", "date": "2026-01-01",
                "delivery_executives": (0..50).map(|i| format!("{i}{}", "\u{fdfa}".repeat(90))).collect::<Vec<_>>() }),
            "delivery_executives",
        ),
    ];
    for (body, field) in cases {
        let (status, problem) = client.send(Method::POST, DATA, &[], &body).await;
        assert_eq!(
            (status, problem["fields"][field].is_array()),
            (StatusCode::UNPROCESSABLE_ENTITY, true),
            "{problem}"
        );
    }
    let bare =
        client.http.post(format!("{}{DATA}", house.url)).json(&json!({ "customer": "Asha" })).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::FORBIDDEN, "no token at all");
    let forger = Client { token: "wrong".into(), ..client.clone() };
    let (status, problem) = forger.send(Method::POST, DATA, &[], &json!({ "customer": "Asha" })).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::FORBIDDEN, Some("csrf")));
    for wrong in ["q=stage:gone", "sort=(select 1)", "q=%22open", "cursor=zz"] {
        assert_eq!(client.get(&format!("{DATA}?{wrong}")).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/api/stream/", DATA, "/api/tracker/summary/"] {
        let answer = stranger.get(format!("{}{path}", house.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}

async fn changes_merge_and_never_overwrite(house: &House) {
    let client = house.client().await;
    let challan = client.create(json!({ "customer": "Asha Traders", "date": "2026-01-05", "remarks": "a" })).await;
    let path = one(&challan);
    let shown = client.http.get(format!("{}{path}", house.url)).send().await.unwrap();
    assert_eq!(shown.headers()["etag"], "\"1\"");
    let patch = |set: Value| {
        let (client, path) = (client.clone(), path.clone());
        async move { client.send(Method::PATCH, &path, &[], &set).await }
    };
    assert_eq!(patch(json!({ "base_version": 1, "remarks": "b" })).await.0, StatusCode::OK);
    let (status, merged) = patch(json!({ "base_version": 1, "dc_summary": "pipes" })).await;
    assert_eq!((status, &merged["remarks"], &merged["version"]), (StatusCode::OK, &json!("b"), &json!(3)));
    let (status, conflict) = patch(json!({ "base_version": 1, "remarks": "c" })).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(conflict["conflicts"][0]["mine"], "c");
    assert_eq!(conflict["conflicts"][0]["theirs"], "b");
    assert_eq!(conflict["current"]["version"], 3);
    // Of what counts as one field the half that moved is shown, though only the other one is sent.
    let body = json!({ "customer": "Asha Traders", "date": "2026-01-05", "invoice_number": "PQ/1", "invoice_date": "2026-01-06" });
    let invoiced = one(&client.create(body).await);
    let renumbered = json!({ "base_version": 1, "invoice_number": "PQ/2" });
    assert_eq!(client.send(Method::PATCH, &invoiced, &[], &renumbered).await.0, StatusCode::OK);
    let redated = json!({ "base_version": 1, "invoice_date": "2026-01-07" });
    let (status, pair) = client.send(Method::PATCH, &invoiced, &[], &redated).await;
    let halves = pair["conflicts"].as_array().map(|all| all.iter().map(|c| [&c["field"], &c["mine"], &c["theirs"]]));
    let halves: Vec<_> = halves.into_iter().flatten().collect();
    let (date, number) =
        (json!(["invoice_date", "2026-01-07", "2026-01-06"]), json!(["invoice_number", "PQ/1", "PQ/2"]));
    assert_eq!((status, json!(halves)), (StatusCode::CONFLICT, json!([date, number])));
    let (status, same) = patch(json!({ "base_version": 3, "remarks": "b" })).await;
    assert_eq!((status, &same["version"]), (StatusCode::OK, &json!(3)), "no difference is no change");
    let whole = json!({ "customer": "Asha Traders", "date": "2026-01-05" });
    assert_eq!(client.send(Method::PUT, &path, &[], &whole).await.0, StatusCode::PRECONDITION_REQUIRED);
    let stale = client.send(Method::PUT, &path, &[("if-match", "\"1\"")], &whole).await;
    assert_eq!((stale.0, &stale.1["current"]["version"]), (StatusCode::PRECONDITION_FAILED, &json!(3)));
    assert_eq!(client.send(Method::DELETE, &path, &[("if-match", "\"3\"")], &json!({})).await.0, StatusCode::OK);
    assert_eq!(client.send(Method::POST, &format!("{path}restore/"), &[], &json!({})).await.0, StatusCode::OK);
    let history = client.get(&format!("{path}history/")).await.1;
    let kinds: Vec<&str> = history["results"].as_array().unwrap().iter().map(|r| r["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["restored", "deleted", "updated", "updated", "created"]);
    history_is_searched(&client, &path, &history["results"]).await;
}

/// By field, person and time, page by page.
async fn history_is_searched(client: &Client, path: &str, all: &Value) {
    let versions = async |query: &str| {
        let mut found = Vec::new();
        let mut next = Some(format!("{path}history/?{query}"));
        while let Some(at) = next {
            let page = client.get(&at).await.1;
            found.extend(
                page["results"].as_array().unwrap_or_else(|| panic!("{page}")).iter().map(|r| r["version"].clone()),
            );
            next = page["next"].as_str().map(str::to_owned);
        }
        json!(found)
    };
    assert_eq!(versions("limit=2").await, json!([5, 4, 3, 2, 1]));
    assert_eq!(versions("field=remarks&limit=1").await, json!([2, 1]));
    let (me, second, at) =
        (all[0]["by"]["id"].as_str().unwrap(), &all[3], |row: &Value| row["at"].as_str().unwrap().to_owned());
    assert_eq!(versions(&format!("actor={me}&limit=3")).await, json!([5, 4, 3, 2, 1]));
    assert_eq!(versions(&format!("actor={}", second["batch_id"].as_str().unwrap())).await, json!([]), "nobody's id");
    assert_eq!(versions(&format!("from={}", at(second))).await, json!([5, 4, 3, 2]));
    assert_eq!(versions(&format!("to={}&limit=1", at(second))).await, json!([1]));
    assert_eq!(client.get(&format!("{path}history/?from=yesterday")).await.0, StatusCode::BAD_REQUEST);
}

async fn numbers_have_no_gap(house: &House) {
    let client = house.client().await;
    let writers: Vec<_> = (0..16)
        .map(|i| {
            let client = client.clone();
            tokio::spawn(async move {
                let mut numbers = Vec::new();
                for _ in 0..5 {
                    let body = json!({ "customer": format!("Customer {i}"), "date": "2026-02-10" });
                    numbers.push(client.create(body).await["challan_number"].as_str().unwrap().to_owned());
                }
                numbers
            })
        })
        .collect();
    let mut numbers = Vec::new();
    for writer in writers {
        numbers.extend(writer.await.unwrap());
    }
    numbers.sort();
    let expected: Vec<String> = (1..=80).map(|n| format!("2602{n:05}")).collect();
    assert_eq!(numbers, expected);
    let (mut path, mut seen) = (format!("{DATA}?q=date:2026-02&limit=7"), HashSet::new());
    loop {
        let page = client.get(&path).await.1;
        for row in page["results"].as_array().unwrap() {
            assert!(seen.insert(row["id"].as_str().unwrap().to_owned()), "a row came twice");
        }
        match page["next"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen.len(), 80);
}

async fn ingest_answers_row_by_row(house: &House) {
    let client = house.client().await;
    let row = |i: u32, date: &str| {
        let row = json!({ "source": "erp", "external_id": format!("e{i}"), "date": date, "customer": "Girnar Foods" });
        format!("{row}\n")
    };
    let batch: String = (0..20).map(|i| row(i, if i == 7 { "31-02-2026" } else { "2026-03-01" })).collect();
    let (status, answer) = client.ingest(batch.clone()).await;
    assert_eq!((status, &answer["created"], &answer["rejected"]), (StatusCode::OK, &json!(19), &json!(1)));
    assert_eq!(answer["results"][7]["outcome"], "rejected");
    let again = client.ingest(batch).await.1;
    assert_eq!((&again["unchanged"], &again["rejected"]), (&json!(19), &json!(1)));
    let id = answer["results"][0]["id"].as_str().unwrap();
    let corrected = json!({ "base_version": 1, "date": "2026-03-02" });
    assert_eq!(client.send(Method::PATCH, &format!("{DATA}{id}/"), &[], &corrected).await.0, StatusCode::OK);
    assert_eq!(client.ingest(row(0, "2026-03-01")).await.1["unchanged"], 1, "a resent row undoes no clerk");
    let conflict = client.ingest(row(0, "2026-03-03")).await.1;
    assert_eq!(conflict["results"][0]["conflicts"][0]["theirs"], "2026-03-02");
    let mut broken: String = (100..599).map(|i| row(i, "2026-03-01")).collect();
    broken.push_str("{\"source\":\n");
    let (status, problem) = client.ingest(broken).await;
    assert_eq!((status, &problem["line"]), (StatusCode::BAD_REQUEST, &json!(500)));
    assert_eq!(client.get(&format!("{DATA}?q=source:erp&count=exact")).await.1["count"], 19, "nothing was written");
    let (status, problem) = client.ingest(vec![b' '; (16 << 20) + 1]).await;
    assert_eq!((status, problem["code"].as_str()), (StatusCode::PAYLOAD_TOO_LARGE, Some("too_large")));
}

/// What a source sends is known to have been sent also where a clerk wrote the same before it came.
async fn a_source_is_heard_where_nothing_changes(house: &House) {
    let client = house.client().await;
    let sent = |remarks: &str, hour: u32| {
        let at = format!("2026-03-01T{hour:02}:00:00Z");
        let row = json!({ "source": "heard", "external_id": "h", "date": "2026-03-01", "customer": "Girnar Foods",
            "remarks": remarks, "occurred_at": at });
        format!("{row}\n")
    };
    let answer = client.ingest(sent("alpha", 1)).await.1;
    let path = format!("{DATA}{}/", answer["results"][0]["id"].as_str().unwrap());
    let clerk = json!({ "base_version": 1, "remarks": "beta" });
    assert_eq!(client.send(Method::PATCH, &path, &[], &clerk).await.0, StatusCode::OK);
    assert_eq!(client.ingest(sent("beta", 5)).await.1["unchanged"], 1);
    let late = client.ingest(sent("late", 3)).await.1;
    assert_eq!(late["unchanged"], 1, "a message from before the last one changes nothing: {late}");
    let next = client.ingest(sent("gamma", 6)).await.1;
    assert_eq!(next["updated"], 1, "the source goes on from what it sent itself: {next}");
    let row = client.get(&path).await.1;
    assert_eq!((&row["remarks"], &row["version"]), (&json!("gamma"), &json!(3)));
}

/// A number is one challan's within a financial year, so a date does not move where its number is taken.
async fn a_date_does_not_move_onto_a_taken_number(house: &House) {
    let client = house.client().await;
    let rows = [("m1", "2026-03-01"), ("m2", "2026-05-01")].map(|(key, date)| {
        let row = json!({ "source": "move", "external_id": key, "date": date, "customer": "Asha Traders",
            "challan_number": "MOVE-1" });
        format!("{row}\n")
    });
    let answer = client.ingest(rows.concat()).await.1;
    assert_eq!(answer["created"], 2, "{answer}");
    let path = format!("{DATA}{}/", answer["results"][0]["id"].as_str().unwrap());
    let moved = json!({ "source": "move", "external_id": "m1", "date": "2026-04-15", "customer": "Asha Traders" });
    let beside = json!({ "source": "move", "external_id": "m3", "date": "2026-04-15", "customer": "Asha Traders" });
    let (status, answer) = client.ingest(format!("{moved}\n{beside}\n")).await;
    assert_eq!((status, &answer["rejected"], &answer["created"]), (StatusCode::OK, &json!(1), &json!(1)), "{answer}");
    assert!(answer["results"][0]["errors"]["date"].is_array(), "{answer}");
    let body = json!({ "base_version": 1, "date": "2026-04-15" });
    let (status, problem) = client.send(Method::PATCH, &path, &[], &body).await;
    assert_eq!((status, problem["fields"]["date"].is_array()), (StatusCode::UNPROCESSABLE_ENTITY, true), "{problem}");
}

/// What HTTP asks of every address.
async fn addresses_keep_their_manners(house: &House) {
    let client = house.client().await;
    let answer = client.http.delete(format!("{}{DATA}", house.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    let allowed = answer.headers()["allow"].to_str().unwrap();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
    assert_eq!(client.get("/api/v1/tracker/data/").await.0, StatusCode::OK);
    for nowhere in ["/api/tracker/data", "/api/tracker/data/7/", "/api/tracker/nothing/"] {
        assert_eq!(client.get(nowhere).await.0, StatusCode::NOT_FOUND, "{nowhere}");
    }
    let misspelt = client.get("/api/tracker/data/?filter=stage:void").await;
    assert_eq!(misspelt.0, StatusCode::BAD_REQUEST, "a filter that is not read would show everything");
    let created = client.http.post(format!("{}{DATA}", house.url)).header("x-csrftoken", &client.token);
    let body = json!({ "customer": "Asha Traders", "date": "2026-01-05" });
    let created = created.json(&body).send().await.unwrap();
    let at = created.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!((created.status(), &created.headers()["etag"]), (StatusCode::CREATED, &"\"1\"".parse().unwrap()));
    assert_eq!(client.get(&at).await.0, StatusCode::OK);
}

async fn whole_system(house: House) {
    bad_input_is_refused_by_field(&house).await;
    every_rule_has_a_word_of_its_own(&house).await;
    addresses_keep_their_manners(&house).await;
    changes_merge_and_never_overwrite(&house).await;
    numbers_have_no_gap(&house).await;
    a_date_does_not_move_onto_a_taken_number(&house).await;
    ingest_answers_row_by_row(&house).await;
    a_source_is_heard_where_nothing_changes(&house).await;
    a_request_sent_again_is_done_once(&house).await;
    an_answer_given_again_heeds_rights(&house).await;
    a_bad_write_harms_no_other(&house).await;
    changes_at_once_merge(&house).await;
    filters_find_the_same_everywhere(&house).await;
    customers_are_kept(&house).await;
    a_new_name_goes_to_every_challan(&house).await;
    an_invoice_is_of_one_customer(&house).await;
    executives_are_found(&house).await;
    numbers_follow_the_default_series(&house).await;
    a_number_is_never_used_again(&house).await;
    a_scope_holds_after_a_write_too(&house).await;
    streams_resume_and_end_with_the_session(&house).await;
    streams_are_limited_and_make_room(&house).await;
    rights_are_felt_by_open_streams(&house).await;
    the_log_comes_to_what_is_stored(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_on_sqlite() {
    whole_system(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_on_mariadb() {
    whole_system(House::open(true).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn six_processes_on_mariadb_and_kafka() {
    let house = House::apart().await;
    let prefix = house.topic_prefix.clone();
    whole_system(house).await;
    for (topic, least) in [("challan-changes", 100), ("account-changes", 5)] {
        let messages = messages(&format!("{prefix}.{topic}"));
        assert!(messages >= least, "{topic} has {messages} messages");
    }
}

/// How many messages a topic has, as Kafka's own tool says.
fn messages(topic: &str) -> u64 {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/kafka");
    let broker = testkit::kafka::bootstrap().unwrap();
    let output = Command::new(script)
        .args(["tool", "org.apache.kafka.tools.GetOffsetShell", "--bootstrap-server", &broker, "--topic", topic])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.trim().rsplit(':').next().unwrap().parse().unwrap_or_else(|_| panic!("no offset of {topic}: {said}"))
}
