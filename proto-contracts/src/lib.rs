//! The contracts that leave the house as bytes: events for Kafka consumers, and the feed between services.

/// The OpenAPI document of the live stream, as JSON text: `openapi/fanout.json`.
pub const FANOUT_OPENAPI: &str = include_str!("../openapi/fanout.json");

/// Events: package `dctracker.events.v1`. Additive changes only.
pub mod events {
    #![allow(missing_docs, clippy::all, reason = "generated; the .proto files are the documentation")]
    include!(concat!(env!("OUT_DIR"), "/dctracker.events.v1.rs"));
}

/// The feed between our own services: package `dctracker.internal.v1`.
pub mod feed {
    #![allow(missing_docs, clippy::all, reason = "generated; the .proto files are the documentation")]
    include!(concat!(env!("OUT_DIR"), "/dctracker.internal.v1.rs"));
}
