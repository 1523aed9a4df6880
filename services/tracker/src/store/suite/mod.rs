//! The contract of this store: every function, on SQLite and on `MariaDB`, with the same story and the same answers.

mod batches;
mod named;
mod rows;

use chrono::{NaiveDate, TimeZone, Utc};
use domain::challan::{Challan, Facts, Field};
use domain::identity::Identity;
use serde_json::json;
use service::Config;
use uuid::Uuid;

use crate::store::challans::Stored;

/// Ids in order: the story has the same ids on both databases.
fn id(n: u128) -> Uuid {
    Uuid::from_u128((0x0193_a1b2_0000_7000_8000 << 48) + n)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn stored(n: u128, date: &str, customer: &str, number: Option<&str>, key: Option<&str>) -> Stored {
    let now = Utc.with_ymd_and_hms(2026, 7, 20, 10, 0, 0).unwrap();
    let mut facts = Facts::of(day(date));
    facts.customer = customer.to_owned();
    facts.set(Field::Amount, &json!(format!("{}.50", n * 100))).unwrap();
    let mut challan = Challan {
        id: id(n),
        challan_number: number.map(str::to_owned),
        facts,
        customer_id: id(900),
        proof_of_delivery: Vec::new(),
        stage: domain::challan::Stage::Draft,
        voided_at: None,
        void_reason: None,
        source: key.map(|_| "erp".to_owned()),
        external_id: key.map(str::to_owned),
        version: 1,
        created_at: now,
        created_by: "Asha".into(),
        updated_at: now,
        updated_by: "Asha".into(),
        deleted_at: None,
        deleted_by: None,
    };
    challan.stage = challan.stage_of();
    Stored { challan, source_base: key.map(|_| json!({ "customer": customer })), occurred_at: key.map(|_| 7) }
}

fn boss() -> Identity {
    let until = Utc::now() + chrono::Duration::hours(1);
    Identity { user_id: id(1000), name: "Boss".into(), ..Identity::of_nobody(until) }
}

async fn the_whole_story(settings: Vec<(&'static str, String)>) {
    let config = Config::read(&|name| settings.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone())).unwrap();
    let db = super::open(&config).await.unwrap();
    rows::rows_are_written_and_found(&db).await;
    rows::lists_have_one_order_both_ways(&db).await;
    named::customers_are_one_by_their_folded_name(&db).await;
    named::customers_are_changed_and_merged(&db).await;
    named::numbers_follow_each_other_and_pass_over_taken_ones(&db).await;
    batches::work_is_taken_by_one_and_kept_until_it_is_done(&db).await;
    named::invoices_and_executives(&db).await;
    named::a_series_is_set_and_marked(&db).await;
    named::views_are_kept_and_chosen(&db).await;
    batches::answers_are_kept_for_a_while(&db).await;
    batches::batches_are_widened_and_found(&db).await;
    batches::jobs_are_taken_by_one_and_resumed(&db).await;
    db.close().await;
    // Migrations find their work done.
    super::open(&config).await.unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let folder = testkit::sqlite::folder().unwrap();
    the_whole_story(folder.settings()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mariadb() {
    let database = testkit::mariadb::database().await.unwrap();
    the_whole_story(database.settings()).await;
}

/// A function that this story does not call is one that may work on one database only.
#[test]
fn every_function_of_the_store_is_in_the_story() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let files = |folder: &std::path::Path| -> Vec<std::path::PathBuf> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_file()).collect()
    };
    let story: String =
        files(&folder.join("suite")).iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for path in files(&folder) {
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let Some(rest) = line.strip_prefix("pub async fn ").filter(|_| module != "mod") else { continue };
            let name = rest.split(['(', '<']).next().unwrap();
            assert!(story.contains(&format!("{module}::{name}(")), "{module}::{name} is not in the story");
        }
    }
}
