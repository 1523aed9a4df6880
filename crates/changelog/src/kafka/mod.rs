//! The log in Apache Kafka: a relay publishes it, readers follow the topic and fill from the feed what it lacks.
//!
//! A topic has one partition, so that its order is the log's. What a message must be told by is in its headers:
//! `cursor`, `schema`, `request_id`; its key is the record's id and its value `dctracker.events.v1.Change`.

mod follow;
mod lease;
mod relay;
mod topic;

pub use follow::follow;
pub use relay::relay;
pub use topic::Topic;

/// The header with the message's place in the log, `epoch:seq`.
pub const CURSOR_HEADER: &str = "cursor";
/// The header with the name of the value's message.
pub const SCHEMA_HEADER: &str = "schema";
/// The header with the id of the writing request.
pub const REQUEST_ID_HEADER: &str = "request_id";
/// The value's message, in package and name.
pub const SCHEMA: &str = "dctracker.events.v1.Change";
