//! The service over HTTP, on both databases.
#![allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
#![allow(missing_docs, reason = "names of tests and of their harness say what they are")]

mod audit;
mod basics;
mod codes;
mod house;
mod keys;
mod links;
mod passwords;
mod people;
mod rights;
mod sessions;
mod smtp;
mod tries;

#[test]
fn the_written_contract_is_the_handlers() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto-contracts/openapi/accounts.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, accounts::openapi()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == accounts::openapi(),
        "accounts.json is stale: UPDATE_OPENAPI=1 cargo test -p accounts writes it"
    );
}
