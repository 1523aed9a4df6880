//! What tests need and programs never: throw-away databases, a broker, a running cluster.
//!
//! The servers are real and started by `./test`, or by hand with `scripts/mariadb start` and `scripts/kafka start`. A test
//! that finds none fails and says so: one passed over would look like one that passed.

pub mod disk;
pub mod filters;
pub mod kafka;
pub mod mariadb;
mod private;
pub mod sqlite;
pub mod wire;
