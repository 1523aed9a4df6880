//! The embedded database's file, opened by several at once.

/// SQLite changes a new file to a write-ahead log for one only, and refuses the others at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_new_file_is_opened_by_many_at_once() {
    for _ in 0..30 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.sqlite3");
        let opening: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                tokio::spawn(async move { db::open_sqlite(&path).await })
            })
            .collect();
        for one in opening {
            one.await.unwrap().unwrap().close().await;
        }
    }
}
