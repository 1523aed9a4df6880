//! Throw-away databases on the tests' MariaDB server.

use std::str::FromStr;

use anyhow::Context;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, MySqlConnection};
use uuid::Uuid;

use crate::private::PrivateServer;

/// An empty database of one test; dropped with the value.
#[derive(Debug)]
pub struct TestDatabase {
    server: MySqlConnectOptions,
    name: String,
}

/// The address of the server that all tests share, as `mysql://root@127.0.0.1:PORT`.
///
/// # Errors
/// When no server was started: a sentence that says how.
pub fn server_url() -> anyhow::Result<String> {
    std::env::var("TEST_MYSQL_URL").ok().filter(|url| !url.is_empty()).context(
        "TEST_MYSQL_URL is not set: run ./test, or start a server with `export TEST_MYSQL_URL=$(scripts/mariadb start)`.",
    )
}

/// Makes an empty database on the shared server.
///
/// # Errors
/// When no server was started or it does not answer.
pub async fn database() -> anyhow::Result<TestDatabase> {
    database_on(&server_url()?).await
}

/// Makes an empty database on the server at `url`.
///
/// # Errors
/// When the address is none, or the server does not answer.
pub async fn database_on(url: &str) -> anyhow::Result<TestDatabase> {
    let server = MySqlConnectOptions::from_str(url)
        .with_context(|| format!("{url} is not the address of a MySQL server."))?
        .disable_statement_logging();
    let name = format!("test_{}", Uuid::new_v4().simple());
    execute(&server, &format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")).await?;
    Ok(TestDatabase { server, name })
}

impl TestDatabase {
    /// Its name on the server.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's host.
    #[must_use]
    pub fn host(&self) -> &str {
        self.server.get_host()
    }

    /// The server's TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.get_port()
    }

    /// The user, who has no password.
    #[must_use]
    pub fn user(&self) -> &str {
        self.server.get_username()
    }

    /// The address with the database in it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mysql://{}@{}:{}/{}", self.user(), self.host(), self.port(), self.name)
    }

    /// The settings that put a process on this database. The secret is the one every test process shares.
    #[must_use]
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DB_HOST", self.host().to_owned()),
            ("DB_PORT", self.port().to_string()),
            ("DB_NAME", self.name.clone()),
            ("DB_USER", self.user().to_owned()),
            ("SECRET_KEY", "a secret of tests, known to everybody".to_owned()),
        ]
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, sql) = (self.server.clone(), format!("DROP DATABASE IF EXISTS {}", self.name));
        // A drop cannot wait inside the test's runtime, so a thread waits with one of its own.
        let waited = std::thread::spawn(move || -> anyhow::Result<()> {
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(execute(&server, &sql))
        })
        .join();
        // A test may have killed its server; then the folder goes with it.
        if let Ok(Err(error)) = waited {
            eprintln!("Database {} was left behind: {error:#}", self.name);
        }
    }
}

/// Runs one statement that this module wrote, on a connection of its own.
async fn execute(server: &MySqlConnectOptions, sql: &str) -> anyhow::Result<()> {
    let mut connection = MySqlConnection::connect_with(server).await.with_context(|| {
        format!(
            "MariaDB does not answer at {}:{}; scripts/mariadb start starts it.",
            server.get_host(),
            server.get_port()
        )
    })?;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// A server of one test alone, to be killed and started again; it ends on drop. Its address stays the same.
#[derive(Debug)]
pub struct Server {
    server: PrivateServer,
    url: String,
}

impl Server {
    /// Makes and starts it, which takes a second. Blocks the thread.
    ///
    /// # Errors
    /// The script's sentence.
    pub fn start() -> anyhow::Result<Server> {
        let server = PrivateServer::new("mariadb", "TEST_MARIADB_HOME");
        let url = server.run("start")?;
        Ok(Server { server, url })
    }

    /// `mysql://root@127.0.0.1:PORT`, for [`database_on`].
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends it as a power cut would (kill -9).
    ///
    /// # Errors
    /// The script's sentence.
    pub fn kill(&self) -> anyhow::Result<()> {
        self.server.run("kill").map(drop)
    }

    /// What ends it as [`Server::kill`] does, at the very moment it is called.
    ///
    /// # Errors
    /// When the server does not run.
    pub fn killer(&self) -> anyhow::Result<impl Fn() + Send + use<>> {
        let process = self.server.process()?;
        Ok(move || {
            // One that has ended already is what was wanted.
            let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
        })
    }

    /// Starts it again on what was on disk. Blocks until it answers.
    ///
    /// # Errors
    /// The script's sentence.
    pub fn restart(&self) -> anyhow::Result<()> {
        self.server.run("start").map(drop)
    }
}
