//! Two services of one process on one file.
#![allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use db::sqlx;

/// A writer that begins again at once after each commit lets the one that waits go first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_writer_does_not_keep_another_waiting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shared.sqlite3");
    let busy = db::open_sqlite(&path).await.unwrap();
    let other = db::open_sqlite(&path).await.unwrap();
    let mut tx = busy.begin().await.unwrap();
    db::on_tx!(&mut tx, conn => sqlx::query("CREATE TABLE t (n INTEGER)").execute(conn).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
    let written = Arc::new(AtomicU32::new(0));
    let counting = Arc::clone(&written);
    let writer = tokio::spawn(async move {
        loop {
            let mut tx = busy.begin().await.unwrap();
            for n in 0..100 {
                db::on_tx!(&mut tx, conn => sqlx::query("INSERT INTO t VALUES (?)").bind(n).execute(conn).await.map(drop))
                    .unwrap();
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
    db::on_tx!(&mut tx, conn => sqlx::query("CREATE TABLE t (n INTEGER)").execute(conn).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
    for db in [&first, &other, &first] {
        let mut tx = db.begin().await.unwrap();
        db::on_tx!(&mut tx, conn => sqlx::query("INSERT INTO t VALUES (1)").execute(conn).await.map(drop)).unwrap();
        drop(tx);
        let mut tx = db.begin().await.unwrap();
        let rows: i64 =
            db::on_tx!(&mut tx, conn => sqlx::query_scalar("SELECT COUNT(*) FROM t").fetch_one(conn).await).unwrap();
        assert_eq!(rows, 0);
        tx.rollback().await.unwrap();
    }
    first.close().await;
    other.close().await;
}
