//! A topic of the log and how to reach it.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::{Client, ClientContext, DefaultClientContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

/// How long one question to the broker may take.
pub(super) const ANSWER: Duration = Duration::from_secs(2);
/// The one partition.
pub(super) const PARTITION: i32 = 0;

/// A topic that carries one service's log.
#[derive(Clone, Debug)]
pub struct Topic {
    bootstrap_servers: String,
    name: String,
}

/// What is wrong between us and the broker.
#[derive(Debug, thiserror::Error)]
pub(super) enum TopicError {
    #[error("the broker does not answer or refuses: {0}")]
    Kafka(#[from] KafkaError),
    #[error(
        "topic {name} has {count} partitions, and the order of the log needs one: delete it, or set another KAFKA_TOPIC_PREFIX"
    )]
    Partitions { name: String, count: usize },
    #[error("{0}")]
    Ended(#[from] tokio::task::JoinError),
}

impl Topic {
    /// The topic of the register's log, at `host:port` addresses separated by commas.
    #[must_use]
    pub fn challan_changes(bootstrap_servers: &str, prefix: &str) -> Topic {
        Topic { bootstrap_servers: bootstrap_servers.to_owned(), name: format!("{prefix}.challan-changes") }
    }

    /// The topic of accounts' log.
    #[must_use]
    pub fn account_changes(bootstrap_servers: &str, prefix: &str) -> Topic {
        Topic { bootstrap_servers: bootstrap_servers.to_owned(), name: format!("{prefix}.account-changes") }
    }

    /// Its name on the broker.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What every client of ours is told.
    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap_servers)
            .set("client.id", "dc-tracker")
            .set("socket.nagle.disable", "true")
            .set("socket.connection.setup.timeout.ms", "5000")
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .set("log.connection.close", "false");
        config
    }

    /// Makes the topic where it is missing: one partition, as many copies as the broker gives by default, and rows
    /// removed by age only, since a compacted log would have holes.
    pub(super) async fn make(&self) -> Result<(), TopicError> {
        let admin: AdminClient<DefaultClientContext> = self.client().create()?;
        let new = NewTopic::new(&self.name, 1, TopicReplication::Fixed(-1)).set("cleanup.policy", "delete");
        let made = admin.create_topics([&new], &AdminOptions::new().request_timeout(Some(ANSWER))).await?;
        match made.into_iter().next() {
            Some(Err((_, code))) if code != RDKafkaErrorCode::TopicAlreadyExists => {
                Err(KafkaError::AdminOp(code).into())
            }
            _ => Ok(()),
        }
    }

    /// The offset that the next message will have, from `client`, which waits for the broker. A topic that is not as
    /// ours must be is refused.
    pub(super) fn end<C: ClientContext>(&self, client: &Client<C>) -> Result<i64, TopicError> {
        let metadata = client.fetch_metadata(Some(&self.name), ANSWER)?;
        let known = metadata.topics().iter().find(|topic| topic.name() == self.name);
        if let Some(error) = known.and_then(rdkafka::metadata::MetadataTopic::error) {
            return Err(KafkaError::MetadataFetch(error.into()).into());
        }
        let count = known.map_or(0, |topic| topic.partitions().len());
        if count != 1 {
            return Err(TopicError::Partitions { name: self.name.clone(), count });
        }
        let (_, end) = client.fetch_watermarks(&self.name, PARTITION, ANSWER)?;
        Ok(end)
    }
}
