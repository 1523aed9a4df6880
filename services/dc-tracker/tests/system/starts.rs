//! Several copies that meet an empty database, and one that was ended while it made the tables.

use std::process::{Child, Command, Stdio};

use db::sqlx::{self, AssertSqlSafe};

use crate::house::{Process, free_address, settings};

/// How often, since copies that meet at every step differ from time to time.
const ROUNDS: usize = 6;

fn migrating(settings: &[(&'static str, String)]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dc-tracker"));
    command.arg("migrate").envs(settings.iter().map(|(name, value)| (*name, value)));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn ends_well(child: Child) {
    let done = child.wait_with_output().unwrap();
    let said = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&said));
}

async fn copies_start_together(on_mariadb: bool) {
    for round in 0..ROUNDS {
        let folder = testkit::sqlite::folder().unwrap();
        let database = if on_mariadb { Some(testkit::mariadb::database().await.unwrap()) } else { None };
        let mut settings = settings(&folder, database.as_ref());
        // Nobody asks it anything; a tracker is only told where it is.
        settings.push(("ACCOUNTS_URL", format!("http://{}", free_address())));
        if round % 2 == 0 {
            let copies: Vec<Child> = (0..4).map(|_| migrating(&settings)).collect();
            copies.into_iter().for_each(ends_well);
            continue;
        }
        std::thread::scope(|scope| {
            for service in ["tracker", "accounts", "tracker", "accounts"] {
                let settings = &settings;
                scope.spawn(move || drop(Process::start(&[service], settings)));
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_start_together_on_sqlite() {
    copies_start_together(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_start_together_on_mariadb() {
    copies_start_together(true).await;
}

/// MySQL commits at every change of a table: it is made, and the note that it is was not written any more. Here this befell
/// every one of them.
#[tokio::test(flavor = "multi_thread")]
async fn steps_that_were_broken_off_are_made_again() {
    let folder = testkit::sqlite::folder().unwrap();
    let database = testkit::mariadb::database().await.unwrap();
    let settings = settings(&folder, Some(&database));
    ends_well(migrating(&settings));
    let pool = sqlx::MySqlPool::connect(&database.url()).await.unwrap();
    for service in ["accounts", "tracker"] {
        let broken = format!("UPDATE {service}_migrations SET success = FALSE");
        sqlx::query(AssertSqlSafe(broken)).execute(&pool).await.unwrap();
    }
    let copies: Vec<Child> = (0..2).map(|_| migrating(&settings)).collect();
    copies.into_iter().for_each(ends_well);
    for service in ["accounts", "tracker"] {
        let count = format!("SELECT COUNT(*), SUM(NOT success) = 0 FROM {service}_migrations");
        let (steps, all): (i64, bool) = sqlx::query_as(AssertSqlSafe(count)).fetch_one(&pool).await.unwrap();
        assert!(steps > 20 && all, "{service}: {steps}");
    }
}
