//! `dc-tracker verify`: what is stored is what the log comes to, and nobody changed either by hand.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::batches::one;
use crate::house::{DATA, House};
use crate::people::{complaint, run, said};

/// Replays everything that was written so far, beside the running program.
pub fn the_log_comes_to_what_is_stored(house: &House) {
    let told = said(&run(&house.settings(), &["verify"], ""));
    assert!(told.contains(" rows of the log of the register come to the "), "{told}");
}

async fn by_hand(db: &db::Db, sql: &'static str) {
    let mut tx = db.begin().await.unwrap();
    tx.say(sql).await.unwrap();
    tx.commit().await.unwrap();
}

/// What is changed past the program is named; what is put back is no fault.
async fn what_was_changed_by_hand_is_named(on_mariadb: bool) {
    let house = House::open(on_mariadb).await;
    let client = house.client().await;
    let body = json!({ "customer": "Verified Traders", "date": "2026-01-05", "remarks": "as written" });
    let challan = client.create(body).await;
    let other = client.create(json!({ "customer": "Verified Traders", "date": "2026-01-05" })).await;
    let change = json!({ "base_version": 1, "amount": "5", "delivery_executives": ["Ravi"] });
    assert_eq!(client.send(Method::PATCH, &one(&challan), &[], &change).await.0, StatusCode::OK);
    let deleting = client.send(Method::DELETE, &one(&other), &[("if-match", "\"1\"")], &json!({})).await;
    assert!(deleting.0.is_success(), "{}", deleting.1);
    let told = said(&run(&house.settings(), &["verify"], ""));
    let receipt = told.lines().find_map(|line| line.split_once("verify --since: ")).unwrap().1.to_owned();
    said(&run(&house.settings(), &["verify", "--since", &receipt], ""));
    let (rows, seal) = receipt.split_once(':').unwrap();
    let later = format!("{}:{seal}", rows.parse::<u64>().unwrap() + 1000);
    let missed = complaint(&run(&house.settings(), &["verify", "--since", &later], ""));
    assert!(missed.contains(" of the log of accounts is missing."), "{missed}");
    let other = format!("1:{seal}");
    let missed = complaint(&run(&house.settings(), &["verify", "--since", &other], ""));
    assert!(missed.contains("Row 1 of the log of accounts is not the one of the receipt."), "{missed}");
    let refused = complaint(&run(&house.settings(), &["verify", "--since", "yesterday"], ""));
    assert!(refused.contains("a receipt is the number of rows, a colon and 64 hexadecimal digits"), "{refused}");

    let db = house.database().await;
    let found = || complaint(&run(&house.settings(), &["verify"], ""));
    by_hand(&db, "UPDATE tracker_challans SET doc = REPLACE(doc, 'as written', 'as forged')").await;
    let (named, id) = (found(), challan["id"].as_str().unwrap().to_owned());
    assert!(named.contains(&format!("challan {id} stands otherwise: it has another remarks")), "{named}");
    by_hand(&db, "UPDATE tracker_challans SET doc = REPLACE(doc, 'as forged', 'as written')").await;
    by_hand(&db, "UPDATE tracker_customers SET name = 'Forged Traders'").await;
    assert!(found().contains("stands otherwise: it has another name"));
    by_hand(&db, "UPDATE tracker_customers SET name = 'Verified Traders'").await;
    the_log_comes_to_what_is_stored(&house);

    by_hand(&db, "DROP TRIGGER tracker_changes_no_delete").await;
    by_hand(&db, "CREATE TABLE kept AS SELECT * FROM tracker_changes WHERE version = 2").await;
    by_hand(&db, "DELETE FROM tracker_changes WHERE version = 2").await;
    assert!(found().contains(" of the log of the register is missing"));
    by_hand(&db, "INSERT INTO tracker_changes SELECT * FROM kept").await;
    the_log_comes_to_what_is_stored(&house);
    by_hand(&db, "DELETE FROM tracker_challans WHERE deleted = 0").await;
    let named = found();
    assert!(named.contains(&format!("challan {id} stands otherwise: it is not there")), "{named}");
    assert_eq!(client.get(&format!("{DATA}{id}/")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn verified_on_sqlite() {
    what_was_changed_by_hand_is_named(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verified_on_mariadb() {
    what_was_changed_by_hand_is_named(true).await;
}
