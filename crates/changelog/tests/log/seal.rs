//! Somebody who holds the database and not the key: whatever they take away is missed.

use changelog::{Log, Receipt, Verdict};
use db::Db;
use uuid::Uuid;

use crate::database::{entry, on_mariadb, on_sqlite, write};

const KEY: [u8; 32] = [7; 32];

async fn sealed(db: &Db, rows: u64) -> Log {
    let log = Log::open_sealed(db.clone(), "t", KEY).await.unwrap();
    for version in 1..=rows {
        write(&log, db, Uuid::now_v7(), version).await;
    }
    log
}

/// Runs these as the owner of the database, past what guards the log until it is opened again.
async fn forge(db: &Db, statements: &[&'static str]) {
    let mut tx = db.begin().await.unwrap();
    for sql in ["DROP TRIGGER IF EXISTS t_changes_no_delete", "DROP TRIGGER IF EXISTS t_seals_no_delete"] {
        tx.say(sql).await.unwrap();
    }
    for sql in statements {
        tx.say(sql).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn whole(log: &Log, since: Option<&Receipt>) -> Option<Receipt> {
    match log.verify(since).await.unwrap() {
        Some(Verdict::Whole { end }) => end,
        other => panic!("{other:?}"),
    }
}

async fn broken(log: &Log, since: Option<&Receipt>) -> (u64, &'static str) {
    match log.verify(since).await.unwrap() {
        Some(Verdict::Broken { seq, why }) => (seq, why),
        other => panic!("{other:?}"),
    }
}

async fn a_log_without_its_seals_is_not_whole(db: Db) {
    let log = sealed(&db, 5).await;
    assert_eq!(whole(&log, None).await.unwrap().seq, 5);
    forge(&db, &["CREATE TABLE kept AS SELECT * FROM t_seals", "DELETE FROM t_seals"]).await;
    assert_eq!(broken(&log, None).await, (1, "has no seal"));
    // A seal that began anew would make the rows after it look whole.
    let mut tx = db.begin().await.unwrap();
    let refused = log.append(&mut tx, &[entry(Uuid::now_v7(), 1)]).await.unwrap_err();
    assert!(refused.to_string().contains("the seal of row 5 of the log of t is missing"), "{refused}");
    tx.rollback().await.unwrap();
    forge(&db, &["INSERT INTO t_seals SELECT * FROM kept WHERE seq > 2"]).await;
    assert_eq!(broken(&log, None).await, (1, "has no seal"), "nor is one whose first seals are gone");
    forge(&db, &["INSERT INTO t_seals SELECT * FROM kept WHERE seq <= 2"]).await;
    write(&log, &db, Uuid::now_v7(), 1).await;
    assert_eq!(whole(&log, None).await.unwrap().seq, 6);
    db.close().await;
}

async fn a_tail_that_was_cut_is_missed(db: Db) {
    let log = sealed(&db, 0).await;
    assert_eq!(whole(&log, None).await, None, "an empty log has no end to be told");
    let log = sealed(&db, 3).await;
    let early = whole(&log, None).await.unwrap();
    let log = sealed(&db, 3).await;
    let late = whole(&log, Some(&early)).await.unwrap();
    assert_eq!((early.seq, late.seq, log.receipt().await.unwrap()), (3, 6, Some(late)));
    assert_eq!(late.to_string().parse::<Receipt>().unwrap(), late);
    assert_eq!(whole(&log, Some(&late)).await, Some(late));

    forge(&db, &["DELETE FROM t_changes WHERE seq > 4", "UPDATE t_log_head SET seq = 4"]).await;
    assert_eq!(broken(&log, None).await, (5, "is missing"), "seals are left that sealed something");
    forge(&db, &["DELETE FROM t_seals WHERE seq > 4"]).await;
    assert_eq!(whole(&log, None).await.unwrap().seq, 4, "the database alone does not know");
    assert_eq!(whole(&log, Some(&early)).await.unwrap().seq, 4, "nor a receipt from before it");
    assert_eq!(broken(&log, Some(&late)).await, (5, "is missing"));
    // The program goes on after what was cut, and comes to the place of the receipt with other rows.
    let log = sealed(&db, 4).await;
    assert_eq!(whole(&log, Some(&early)).await.unwrap().seq, 8);
    assert_eq!(broken(&log, Some(&late)).await, (6, "is not the one of the receipt"));
    db.close().await;
}

#[test]
fn what_is_no_receipt_is_refused() {
    let seal = "ab".repeat(32);
    assert_eq!(format!("7:{seal}").parse::<Receipt>().unwrap().to_string(), format!("7:{seal}"));
    for text in [String::new(), seal.clone(), format!("0:{seal}"), format!("x:{seal}"), format!("7:{}", &seal[2..])] {
        assert!(text.parse::<Receipt>().is_err(), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_without_its_seals_is_not_whole_on_sqlite() {
    let (db, _folder) = on_sqlite().await;
    a_log_without_its_seals_is_not_whole(db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_without_its_seals_is_not_whole_on_mariadb() {
    let (db, _database) = on_mariadb().await;
    a_log_without_its_seals_is_not_whole(db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_was_cut_is_missed_on_sqlite() {
    let (db, _folder) = on_sqlite().await;
    a_tail_that_was_cut_is_missed(db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_that_was_cut_is_missed_on_mariadb() {
    let (db, _database) = on_mariadb().await;
    a_tail_that_was_cut_is_missed(db).await;
}
