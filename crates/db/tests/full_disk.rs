//! A disk that was full for a while is felt for that while only.
#![allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]

use db::{Db, DbError, on_tx};

async fn write(db: &Db, bytes: i64) -> db::Result<()> {
    let mut tx = db.begin().await?;
    on_tx!(&mut tx, conn => {
        sqlx::query("INSERT INTO t (b) VALUES (zeroblob(?))").bind(bytes).execute(&mut *conn).await?;
    });
    tx.commit().await
}

#[tokio::test]
async fn writes_go_on_once_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let db = db::open_sqlite(&folder.path().join("full.sqlite3")).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    tx.say("CREATE TABLE t (b BLOB)").await.unwrap();
    tx.commit().await.unwrap();
    let Db::Sqlite { write: pool, .. } = &db else { panic!("this is SQLite") };
    // The file may grow no more, which SQLite answers as it does a full disk (SQLITE_FULL).
    sqlx::query("PRAGMA max_page_count = 8").execute(pool).await.unwrap();
    let refused = write(&db, 1_000_000).await;
    assert!(matches!(refused, Err(DbError::Busy(_))), "the disk is full: {refused:?}");
    sqlx::query("PRAGMA max_page_count = 1073741823").execute(pool).await.ok();
    write(&db, 1_000_000).await.unwrap();
    write(&db, 10).await.unwrap();
    db.close().await;
}
