//! Two services of one process on one file.
#![allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use db::{Clause, Db, DbError};

/// A writer that begins again at once after each commit lets the one that waits go first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_writer_does_not_keep_another_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.sqlite3");
    let busy = db::open_sqlite(&path).await.unwrap();
    let other = db::open_sqlite(&path).await.unwrap();
    let mut tx = busy.begin().await.unwrap();
    tx.say("CREATE TABLE t (n INTEGER)").await.unwrap();
    tx.commit().await.unwrap();
    let written = Arc::new(AtomicU32::new(0));
    let counting = Arc::clone(&written);
    let writer = tokio::spawn(async move {
        loop {
            let mut tx = busy.begin().await.unwrap();
            for n in 0..100 {
                let mut one = Clause::of("INSERT INTO t VALUES (");
                one.number(n).sql(")");
                tx.execute(one).await.unwrap();
            }
            tx.commit().await.unwrap();
            counting.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut waited = Vec::new();
    for _ in 0..20 {
        tokio::time::sleep(std::time::Duration::from_millis(7)).await;
        let before = written.load(Ordering::Relaxed);
        other.begin().await.unwrap().commit().await.unwrap();
        waited.push(written.load(Ordering::Relaxed) - before);
    }
    writer.abort();
    // The one under way, and one that begins between the commit and the count of it.
    assert!(waited.iter().all(|n| *n <= 2), "commits of the other writer that were waited for: {waited:?}");
}

/// Whoever goes away in the middle has written nothing, and is waited for by nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_is_dropped_is_undone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dropped.sqlite3");
    let (first, other) = (db::open_sqlite(&path).await.unwrap(), db::open_sqlite(&path).await.unwrap());
    let mut tx = first.begin().await.unwrap();
    tx.say("CREATE TABLE t (n INTEGER)").await.unwrap();
    tx.commit().await.unwrap();
    for db in [&first, &other, &first] {
        let mut tx = db.begin().await.unwrap();
        tx.execute(Clause::of("INSERT INTO t VALUES (1)")).await.unwrap();
        drop(tx);
        assert_eq!(rows(db).await, 0);
    }
    first.close().await;
    other.close().await;
}

async fn rows(db: &Db) -> i64 {
    let mut tx = db.begin().await.unwrap();
    let count: Vec<(i64,)> = tx.fetch(Clause::of("SELECT COUNT(*) FROM t")).await.unwrap();
    tx.rollback().await.unwrap();
    count[0].0
}

/// What goes with the next statement is there for it, and its error ends the transaction with nothing of it done.
#[tokio::test]
async fn what_nobody_waits_for_is_done_in_order_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let db = db::open_sqlite(&folder.path().join("order.sqlite3")).await.unwrap();
    let insert = |n: i64, text: &str| {
        let mut sql = Clause::of("INSERT INTO t (n, s) VALUES (");
        sql.number(n).sql(", ").text(text).sql(")");
        sql
    };
    let mut tx = db.begin().await.unwrap();
    tx.say("CREATE TABLE t (n INTEGER PRIMARY KEY, s TEXT)").await.unwrap();
    tx.write(insert(1, "one")).await.unwrap();
    tx.write(insert(2, "two")).await.unwrap();
    let mut wanted = Clause::of("SELECT s FROM t WHERE n = ");
    wanted.number(2);
    assert_eq!(tx.fetch::<(String,)>(wanted).await.unwrap(), [("two".to_owned(),)]);
    tx.write(insert(3, "three")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(rows(&db).await, 3);

    for by_flush in [true, false] {
        let mut tx = db.begin().await.unwrap();
        tx.write(insert(4, "four")).await.unwrap();
        tx.write(insert(3, "again")).await.unwrap();
        let ended = if by_flush { tx.flush().await } else { tx.commit().await };
        assert!(matches!(ended, Err(DbError::Duplicate(_))), "{ended:?}");
    }
    for by_flush in [true, false] {
        let mut tx = db.begin().await.unwrap();
        tx.write(insert(4, "four")).await.unwrap();
        assert!(tx.change(Clause::of("DELETE FROM t WHERE n > 2"), 1).await.unwrap(), "two are there by now");
        let ended = match by_flush {
            true => tx.flush().await.inspect_err(|_| drop(tx)),
            false => tx.commit().await,
        };
        assert!(matches!(ended, Err(DbError::Conflict(_))), "{ended:?}");
        assert_eq!(rows(&db).await, 3, "nothing of it is done");
    }
    let mut tx = db.begin().await.unwrap();
    tx.write(insert(5, "never said")).await.unwrap();
    drop(tx);
    assert_eq!(rows(&db).await, 3);
    db.close().await;
}
