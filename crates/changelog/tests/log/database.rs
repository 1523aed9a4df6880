//! A log's tables on both databases, as a service's migrations make them, and writers.

use changelog::{Entry, Log};
use db::{Db, MySqlSettings};
use proto_contracts::events::Change;
use uuid::Uuid;

const MYSQL: [&str; 5] = [
    "CREATE TABLE t_log_head (id TINYINT PRIMARY KEY, epoch BINARY(16) NOT NULL, seq BIGINT NOT NULL, beat BIGINT NOT NULL DEFAULT 0)",
    "CREATE TABLE t_changes (seq BIGINT PRIMARY KEY, entity VARBINARY(32) NOT NULL, entity_id BINARY(16) NOT NULL, \
     version BIGINT NOT NULL, kind VARBINARY(32) NOT NULL, actor_id BINARY(16) NULL, batch_id BINARY(16) NOT NULL, \
     request_id VARBINARY(64) NOT NULL, at BIGINT NOT NULL, payload LONGBLOB NOT NULL, KEY (entity_id, seq))",
    "CREATE TABLE t_feed_beat (id TINYINT PRIMARY KEY, n BIGINT NOT NULL)",
    "CREATE TABLE t_topics (name VARBINARY(249) PRIMARY KEY, holder BINARY(16) NULL, lease_until BIGINT NOT NULL, \
     epoch BINARY(16) NULL, seq BIGINT NOT NULL, topic_offset BIGINT NULL)",
    "CREATE TABLE t_seals (seq BIGINT PRIMARY KEY, seal VARBINARY(32) NOT NULL)",
];
const SQLITE: [&str; 5] = [
    "CREATE TABLE t_log_head (id INTEGER PRIMARY KEY, epoch BLOB NOT NULL, seq INTEGER NOT NULL, beat INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE t_changes (seq INTEGER PRIMARY KEY, entity TEXT NOT NULL, entity_id BLOB NOT NULL, version INTEGER NOT NULL, \
     kind TEXT NOT NULL, actor_id BLOB NULL, batch_id BLOB NOT NULL, request_id TEXT NOT NULL, at INTEGER NOT NULL, payload BLOB NOT NULL)",
    "CREATE TABLE t_feed_beat (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)",
    "CREATE TABLE t_topics (name TEXT PRIMARY KEY, holder BLOB NULL, lease_until INTEGER NOT NULL, epoch BLOB NULL, \
     seq INTEGER NOT NULL, topic_offset INTEGER NULL)",
    "CREATE TABLE t_seals (seq INTEGER PRIMARY KEY, seal BLOB NOT NULL)",
];

pub async fn on_sqlite() -> (Db, testkit::sqlite::TestFolder) {
    let folder = testkit::sqlite::folder().unwrap();
    let db = db::open_sqlite(&folder.path().join("log.sqlite3")).await.unwrap();
    make(&db, &SQLITE).await;
    (db, folder)
}

pub async fn on_mariadb() -> (Db, testkit::mariadb::TestDatabase) {
    let database = testkit::mariadb::database().await.unwrap();
    (tables_in(&database).await, database)
}

/// Tables in `database`, which is on a server of the test's own.
pub async fn tables_in(database: &testkit::mariadb::TestDatabase) -> Db {
    let db = open(database).await;
    make(&db, &MYSQL).await;
    db
}

/// A pool on `database`.
pub async fn open(database: &testkit::mariadb::TestDatabase) -> Db {
    let settings = MySqlSettings {
        host: database.host().to_owned(),
        port: database.port(),
        database: database.name().to_owned(),
        user: database.user().to_owned(),
        password: String::new(),
        ssl_ca: None,
        pool_size: 16,
    };
    db::open_mysql(&settings).await.unwrap()
}

async fn make(db: &Db, statements: &[&'static str]) {
    let mut tx = db.begin().await.unwrap();
    for sql in statements {
        tx.say(sql).await.unwrap();
    }
    tx.commit().await.unwrap();
}

pub fn entry(id: Uuid, version: u64) -> Entry {
    Entry::from_change(&Change {
        entity: "challan".into(),
        entity_id: id.to_string(),
        version,
        kind: "updated".into(),
        batch_id: Uuid::now_v7().to_string(),
        ..Change::default()
    })
}

/// Writes one change; the transaction is tried again where it met another one, as every service does.
pub async fn write(log: &Log, db: &Db, id: Uuid, version: u64) {
    for _ in 0..200 {
        let Ok(mut tx) = db.begin().await else { continue };
        let Ok(appended) = log.append(&mut tx, &[entry(id, version)]).await else { continue };
        if tx.commit().await.is_ok() {
            appended.wake(log);
            return;
        }
    }
    panic!("a change could not be written");
}
