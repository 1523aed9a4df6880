//! What one change costs the embedded database itself, to be compared with `bench/creates.py --update -c 1`: the row, a row of a
//! log and the commit, as four statements of sqlx with the settings of [`db::open_sqlite`], over and over in a file of its own.
//!
//! `cargo run --release -p db --example raw_update` prints the median and the p99 in milliseconds.

use std::time::{Duration, Instant};

use db::{Db, open_sqlite};
use sqlx::{Connection, Executor};

const TIMES: usize = 5_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir_in(".")?;
    let Db::Sqlite { write, .. } = open_sqlite(&folder.path().join("raw.sqlite3")).await? else { return Ok(()) };
    let mut conn = write.acquire().await?;
    conn.execute("CREATE TABLE row (id BLOB PRIMARY KEY, version INTEGER, updated_at INTEGER, doc TEXT)").await?;
    conn.execute("CREATE TABLE log (seq INTEGER PRIMARY KEY, at INTEGER, payload BLOB)").await?;
    let id = vec![7_u8; 16];
    sqlx::query("INSERT INTO row VALUES (?, 0, 0, ?)").bind(&id).bind("x".repeat(700)).execute(&mut *conn).await?;
    let mut took: Vec<Duration> = Vec::with_capacity(TIMES);
    for n in 0..i64::try_from(TIMES)? {
        let (doc, payload) = (format!("{}{n:09}", "x".repeat(690)), vec![n as u8; 700]);
        let began = Instant::now();
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("UPDATE row SET version = ?, updated_at = ?, doc = ? WHERE id = ?")
            .bind(n)
            .bind(n)
            .bind(doc)
            .bind(&id)
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO log VALUES (?, ?, ?)").bind(n).bind(n).bind(payload).execute(&mut *tx).await?;
        tx.commit().await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let at = |part: usize| took[TIMES * part / 100].as_secs_f64() * 1000.0;
    println!("median {:.3} ms, p99 {:.3} ms", at(50), at(99));
    Ok(())
}
