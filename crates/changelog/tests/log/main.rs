//! The log's promises, on both databases and through a real broker.
#![allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
#![allow(missing_docs, reason = "names of tests and of their harness say what they are")]

mod database;
mod durable;
mod feed;
mod kafka;
mod order;
mod seal;
