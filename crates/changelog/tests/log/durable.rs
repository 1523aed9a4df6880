//! What a reader was told survives: `InnoDB` shows a commit before its log is on disk, so neither the feed nor an
//! answer tells a place that a crash could take back.

use std::pin::pin;

use bytes::BytesMut;
use changelog::Log;
use db::Db;
use futures::StreamExt;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::database::{entry, open, tables_in};
use crate::order::take;

/// Crashes. The server writes its log by itself once a second, which would hide a fault in one of them.
const CRASHES: u64 = 4;

/// Whether a commit waits until `InnoDB`'s log is on disk. Off, it is seen and not durable, as for a moment every commit
/// is; here the moment lasts.
async fn commits_wait(db: &Db, wait: bool) {
    let sql = if wait {
        "SET GLOBAL innodb_flush_log_at_trx_commit = 1"
    } else {
        "SET GLOBAL innodb_flush_log_at_trx_commit = 0"
    };
    db::on_db!(db, pool => sqlx::query(sql).execute(pool).await.map(drop).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_takes_back_nothing_that_was_told_on_mariadb() {
    let server = tokio::task::spawn_blocking(testkit::mariadb::Server::start).await.unwrap().unwrap();
    let database = testkit::mariadb::database_on(server.url()).await.unwrap();
    let mut db = tables_in(&database).await;
    for (crash, by_feed) in (1..=CRASHES).zip([true, false].into_iter().cycle()) {
        let log = Log::open(db.clone(), "t").await.unwrap();
        let kill = server.killer().unwrap();
        // Another process' log: what it writes wakes nobody here and counts as durable for nobody here.
        let writer = Log::new(db.clone(), "t");
        let mut frames = pin!(log.frames(None, CancellationToken::new()));
        frames.next().await.unwrap().unwrap();

        commits_wait(&db, false).await;
        writer.commit(db.begin().await.unwrap(), &[entry(Uuid::now_v7(), 1)]).await.unwrap();
        commits_wait(&db, true).await;
        let told = if by_feed {
            let told = take(&mut BytesMut::from(&frames.next().await.unwrap().unwrap()[..])).unwrap();
            assert!(!told.beat, "the row was told");
            told.seq
        } else {
            log.place().await.unwrap().seq
        };
        kill();

        assert_eq!(told, crash);
        server.kill().unwrap();
        server.restart().unwrap();
        db = open(&database).await;
        let end = Log::new(db.clone(), "t").end().await.unwrap().seq;
        assert_eq!(end, crash, "told up to {crash}, and the log ends before it");
    }
    db.close().await;
}
