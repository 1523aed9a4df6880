//! The rules of the register, as pure functions: what a challan is, who may do what, how numbers are made.
//!
//! Nothing here reads a clock, a file or a socket: time, ids and the organisation's time zone are passed in.

pub mod challan;
pub mod filter;
pub mod fold;
pub mod gstin;
pub mod identity;
pub mod reason;
pub mod rights;
pub mod series;
