//! The tests' Kafka broker.

use anyhow::Context;
use uuid::Uuid;

use crate::private::PrivateServer;

/// The address (`host:port`) of the broker that all tests share.
///
/// # Errors
/// When no broker was started: a sentence that says how.
pub fn bootstrap() -> anyhow::Result<String> {
    std::env::var("TEST_KAFKA").ok().filter(|address| !address.is_empty()).context(
        "TEST_KAFKA is not set: run ./test, or start a broker with `export TEST_KAFKA=$(scripts/kafka start)`.",
    )
}

/// A prefix for topics that no other test has, for `KAFKA_TOPIC_PREFIX`.
#[must_use]
pub fn topic_prefix() -> String {
    format!("test-{}", Uuid::new_v4().simple())
}

/// The settings that put a process on the shared broker with topics of its own.
///
/// # Errors
/// As [`bootstrap`].
pub fn settings() -> anyhow::Result<Vec<(&'static str, String)>> {
    Ok(vec![("KAFKA_BOOTSTRAP_SERVERS", bootstrap()?), ("KAFKA_TOPIC_PREFIX", topic_prefix())])
}

/// A broker of one test alone, to be killed and started again; it ends on drop. Its address stays the same.
#[derive(Debug)]
pub struct Broker {
    server: PrivateServer,
    address: String,
}

impl Broker {
    /// Makes and starts it, which takes some seconds. Blocks the thread.
    ///
    /// # Errors
    /// The script's sentence.
    pub fn start() -> anyhow::Result<Broker> {
        let server = PrivateServer::new("kafka", "TEST_KAFKA_HOME");
        let address = server.run("start")?;
        Ok(Broker { server, address })
    }

    /// `host:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends it as a power cut would (kill -9).
    ///
    /// # Errors
    /// The script's sentence.
    pub fn kill(&self) -> anyhow::Result<()> {
        self.server.run("kill").map(drop)
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// The script's sentence.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.server.run("stop").map(drop)
    }

    /// Starts it again with what it had. Blocks until it answers.
    ///
    /// # Errors
    /// The script's sentence.
    pub fn restart(&self) -> anyhow::Result<()> {
        self.server.run("start").map(drop)
    }
}
