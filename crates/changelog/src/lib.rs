//! The spine: an append-only log of every change, written in the transaction of the change itself.
//!
//! A service appends with [`Log::commit`]; readers follow it over HTTP with [`follow::feed`], or through Apache Kafka with
//! [`kafka::follow`], and get every row once, in commit order.

mod append_only;
mod feed;
pub mod follow;
pub mod kafka;
mod log;
mod read;
mod receipt;
mod recent;
mod row;
mod seal;

pub use log::{Appended, Log};
pub use receipt::{NotAReceipt, Receipt};
pub use row::{Cursor, Entry, LogRow, NotACursor, Touched, Wanted};
pub use seal::Verdict;
