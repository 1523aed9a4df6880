//! The checked-in OpenAPI document is what the handlers say.
#![allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]

#[test]
fn the_written_contract_is_the_handlers() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto-contracts/openapi/tracker.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, tracker::openapi()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == tracker::openapi(), "tracker.json is stale: UPDATE_OPENAPI=1 cargo test -p tracker writes it");
}
