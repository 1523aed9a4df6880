//! What every process needs: settings, problem documents, who asks, CSRF, the proof between services, work that a panic does
//! not end.
//!
//! Nothing here knows a web framework: each service adapts these to its own.

pub mod client_address;
pub mod config;
pub mod csrf;
pub mod identity;
pub mod internal;
pub mod keys;
pub mod logging;
pub mod pace;
pub mod pages;
pub mod problem;
pub mod query;
pub mod request_id;
pub mod restarted;
pub mod unread;

pub use config::Config;
pub use problem::Problem;
pub use restarted::restarted;
