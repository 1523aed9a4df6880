//! Challans that stand in each other's way: an invoice is one customer's, so it is free for the next one only when the last of its
//! challans has left.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::batches::{colleague, undo};
use crate::bulk::{ALL, BULK, bulk, ended, numbers};
use crate::house::{Client, DATA, House};

const NOT_THEIRS: &str = "invoice_of_another_customer";

/// Makes `count` challans by ingest and gives their ids. Each is of a customer and on an invoice of its own, `{name}-{i}`.
async fn chain(client: &Client, name: &str, count: usize) -> Vec<String> {
    let row = |i: usize| {
        json!({ "source": name, "external_id": format!("{i}"), "customer": format!("{name} {i}"), "date": "2026-02-02",
            "invoice_number": format!("{name}-{i}"), "invoice_date": "2026-02-03" })
    };
    made(client, (0..count).map(row)).await
}

async fn made(client: &Client, rows: impl Iterator<Item = Value>) -> Vec<String> {
    let answer = client.ingest(rows.map(|row| format!("{row}\n")).collect::<String>()).await.1;
    let results = answer["results"].as_array().unwrap();
    results.iter().map(|row| row["id"].as_str().unwrap_or_else(|| panic!("{row}")).to_owned()).collect()
}

/// Pastes invoice numbers over rows of version `base`.
async fn pasted(client: &Client, ids: &[String], base: u64, dry: bool, number: impl Fn(usize) -> String) -> Value {
    let row = |(i, id)| json!({ "id": id, "base_version": base, "set": { "invoice_number": number(i) } });
    let rows: Vec<Value> = ids.iter().enumerate().map(row).collect();
    let body = json!({ "action": "patch", "rows": rows, "dry_run": dry });
    let (status, answer) = client.send(Method::POST, BULK, &[], &body).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    answer
}

async fn taken_by_a_stranger(client: &Client, number: &str) {
    let row = json!({ "customer": format!("Stranger of {number}"), "date": "2026-02-02", "invoice_number": number,
        "invoice_date": "2026-02-03" });
    client.create(row).await;
}

/// A column that was pasted one row too low, or too high, is undone as a whole, in however many pieces.
async fn a_shifted_column_is_undone(house: &House) {
    let asha = colleague(house, "shifts@4syz.com", &ALL).await;
    for (name, shift) in [("LOW", 1_usize), ("HIGH", 199)] {
        let ids = chain(&asha, name, 130).await;
        let shifted = |i: usize| format!("{name}-{}", (i + shift) % 200);
        assert_eq!(pasted(&asha, &ids, 1, true, shifted).await["updated"], 130);
        let answer = pasted(&asha, &ids, 1, false, shifted).await;
        assert_eq!(answer["updated"], 130, "{answer}");
        let (status, _, answer) = undo(&asha, answer["batch_id"].as_str().unwrap()).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        let done = ended(&asha, answer["batch_id"].as_str().unwrap()).await;
        assert_eq!(numbers(&done), [130, 130, 130, 0], "{name}: {done}");
        let row = asha.get(&format!("{DATA}{}/", ids[77])).await.1;
        assert_eq!(row["invoice_number"], format!("{name}-77"));
    }
}

/// Where the last link is another customer's, every row before it is refused, each by its own reason, and the work ends.
async fn a_chain_that_ends_at_a_stranger_is_refused(house: &House) {
    let asha = colleague(house, "chains@4syz.com", &ALL).await;
    let ids = chain(&asha, "END", 130).await;
    let answer = pasted(&asha, &ids, 1, false, |i| format!("END-{}", i + 1)).await;
    assert_eq!(answer["updated"], 130, "{answer}");
    let batch = answer["batch_id"].as_str().unwrap().to_owned();
    taken_by_a_stranger(&asha, "END-0").await;
    let answer = undo(&asha, &batch).await.2;
    let done = ended(&asha, answer["batch_id"].as_str().unwrap()).await;
    assert_eq!((numbers(&done), &done["refusals"][0]["code"]), ([130, 130, 0, 130], &json!(NOT_THEIRS)), "{done}");
    let ids = &ids[..40];
    taken_by_a_stranger(&asha, "END-900").await;
    let to_stranger = |i: usize| if i == 39 { "END-900".to_owned() } else { format!("END-{}", i + 2) };
    for dry in [true, false] {
        let answer = pasted(&asha, ids, 2, dry, to_stranger).await;
        assert_eq!((&answer["refused"], &answer["results"][0]["code"]), (&json!(40), &json!(NOT_THEIRS)), "{answer}");
    }
    let row = |i: usize| json!({ "source": "END", "external_id": format!("{i}"), "invoice_number": to_stranger(i) });
    let rows: String = (0..40).map(|i| format!("{}\n", row(i))).collect();
    let (status, answer) = asha.ingest(rows).await;
    assert_eq!((status, &answer["rejected"]), (StatusCode::OK, &json!(40)), "{answer}");
}

/// All challans of an invoice go to another customer in however many pieces, and a rehearsal says so.
async fn an_invoice_changes_hands_as_a_whole(house: &House) {
    let asha = colleague(house, "hands@4syz.com", &ALL).await;
    for (name, to) in [("Hands A", "Hands B"), ("Hands C", "Nobody yet")] {
        asha.create(json!({ "customer": "Hands B", "date": "2026-02-02" })).await;
        let row = |i: usize| {
            // Those of the invoice stand among others.
            let invoice = i.is_multiple_of(2).then_some(name);
            json!({ "source": name, "external_id": format!("{i}"), "customer": name, "date": "2026-02-02",
                "invoice_number": invoice, "invoice_date": invoice.map(|_| "2026-02-03") })
        };
        made(&asha, (0..300).map(row)).await;
        let change = |dry: bool| json!({ "action": "update", "q": format!("customer:\"{name}\""), "set": { "customer": to }, "dry_run": dry });
        let dry = bulk(&asha, change(true)).await.2;
        assert_eq!((&dry["changes"], &dry["refused_count"]), (&json!(300), &json!(0)), "{dry}");
        let (_, batch, _) = bulk(&asha, change(false)).await;
        let done = ended(&asha, &batch).await;
        assert_eq!(numbers(&done), [300, 300, 300, 0], "{done}");
        let answer = undo(&asha, &batch).await.2;
        let undone = ended(&asha, answer["batch_id"].as_str().unwrap()).await;
        assert_eq!(numbers(&undone), [300, 300, 300, 0], "{undone}");
    }
}

/// A rehearsal of many rows knows in its last what it would have done with its first.
async fn a_rehearsal_remembers(house: &House) {
    let asha = colleague(house, "rehearses@4syz.com", &ALL).await;
    let row = |i: usize| {
        let customer = if i < 200 { "Memory A" } else { "Memory B" };
        json!({ "source": "memory", "external_id": format!("{i}"), "customer": customer, "date": "2026-02-02" })
    };
    let ids = made(&asha, (0..400).map(row)).await;
    let set = json!({ "invoice_number": "MEM/1", "invoice_date": "2026-02-03" });
    let link = |dry: bool| json!({ "action": "link_invoice", "ids": ids, "set": set, "dry_run": dry });
    let dry = bulk(&asha, link(true)).await.2;
    let (_, batch, _) = bulk(&asha, link(false)).await;
    let done = ended(&asha, &batch).await;
    assert_eq!((&dry["changes"], &dry["refused_count"]), (&json!(200), &json!(200)), "{dry}");
    assert_eq!(numbers(&done), [400, 400, 200, 200], "{done}");
    let new = |i: usize| {
        let customer = if i < 200 { "Memory A" } else { "Memory B" };
        json!({ "id": null, "set": { "customer": customer, "date": "2026-02-02", "invoice_number": "MEM/2", "invoice_date": "2026-02-03" } })
    };
    let rows: Vec<Value> = (0..400).map(new).collect();
    for dry in [true, false] {
        let body = json!({ "action": "patch", "rows": rows, "dry_run": dry });
        let answer = asha.send(Method::POST, BULK, &[], &body).await.1;
        assert_eq!((&answer["created"], &answer["refused"]), (&json!(200), &json!(200)), "dry: {dry}");
    }
}

async fn chains(on_mariadb: bool) {
    let house = House::open(on_mariadb).await;
    a_shifted_column_is_undone(&house).await;
    a_chain_that_ends_at_a_stranger_is_refused(&house).await;
    an_invoice_changes_hands_as_a_whole(&house).await;
    a_rehearsal_remembers(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn challans_in_each_others_way_on_sqlite() {
    chains(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn challans_in_each_others_way_on_mariadb() {
    chains(true).await;
}
