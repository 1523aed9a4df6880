//! The whole program through its front door: the real binary, on SQLite and on `MariaDB`, in one process and in six.
#![allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
#![allow(missing_docs, reason = "names of tests and of their harness say what they are")]

mod batches;
mod bulk;
mod chains;
mod commits;
mod customers;
mod door;
mod executives;
mod faults;
mod finding;
mod full_disk;
mod house;
mod ingest;
mod input;
mod keys;
mod live;
mod model;
mod pages;
mod paste;
mod people;
mod program;
mod register;
mod repeat;
mod rights;
mod rules;
mod scopes;
mod search;
mod sign_in;
mod starts;
mod undo;
mod verify;
mod views;
mod writes;
