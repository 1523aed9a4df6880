//! The contract with consumers that we do not know: bytes stay readable, and fields are only ever added.
#![allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use prost::Message;
use prost_types::DescriptorProto;
use proto_contracts::events::{
    Account, Actor, Challan, Change, FieldChange, TextList, Value, change::Row, value::Kind,
};

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name)
}

/// Compares with the file of that name, or writes it where `UPDATE_GOLDEN` is set.
fn same_as(name: &str, now: &[u8]) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden(name), now).unwrap();
    }
    assert!(std::fs::read(golden(name)).unwrap() == now, "golden/{name} is another; consumers would notice");
}

fn text(text: &str) -> Option<Value> {
    Some(Value { kind: Some(Kind::Text(text.to_owned())) })
}

fn change(row: Row) -> Change {
    Change {
        entity: "challan".into(),
        entity_id: "0193a1b2-0000-7000-8000-000000000001".into(),
        version: 3,
        kind: "updated".into(),
        actor: Some(Actor { id: "0193a1b2-0000-7000-8000-000000000002".into(), name: "Asha Rao".into() }),
        changes: vec![
            FieldChange { field: "remarks".into(), old: None, new: text("left at the gate") },
            FieldChange {
                field: "delivery_executives".into(),
                old: Some(Value { kind: Some(Kind::List(TextList { items: vec!["Ravi".into()] })) }),
                new: Some(Value { kind: Some(Kind::List(TextList { items: vec!["Ravi".into(), "Meena".into()] })) }),
            },
        ],
        batch_id: "0193a1b2-0000-7000-8000-000000000003".into(),
        request_id: "r-1".into(),
        at_micros: 1_790_000_000_000_000,
        via: "site".into(),
        address: "192.0.2.7".into(),
        also: Vec::new(),
        row: Some(row),
    }
}

#[test]
fn events_are_the_bytes_that_consumers_know() {
    let challan = Challan {
        id: "0193a1b2-0000-7000-8000-000000000001".into(),
        challan_number: Some("260500001".into()),
        date: "2026-05-01".into(),
        customer: "Asha Traders".into(),
        customer_id: "0193a1b2-0000-7000-8000-000000000004".into(),
        delivery_executives: vec!["Ravi".into(), "Meena".into()],
        amount: Some("120.50".into()),
        remarks: Some("left at the gate".into()),
        version: 3,
        stage: "issued".into(),
        ..Challan::default()
    };
    let account = Account {
        user_id: "0193a1b2-0000-7000-8000-000000000002".into(),
        email: "asha@4syz.com".into(),
        role: "user".into(),
        is_active: true,
        ended_sessions: vec!["ab12".into()],
        detail: "password changed".into(),
    };
    for (name, row) in
        [("challan-change.binpb", Row::Challan(challan)), ("account-change.binpb", Row::Account(account))]
    {
        let change = change(row);
        same_as(name, &change.encode_to_vec());
        assert_eq!(Change::decode(&std::fs::read(golden(name)).unwrap()[..]).unwrap(), change);
    }
}

/// `message.field = number type label`, one line each.
fn fields(prefix: &str, message: &DescriptorProto, lines: &mut BTreeSet<String>) {
    let name = format!("{prefix}.{}", message.name());
    for field in &message.field {
        let kind = if field.type_name().is_empty() { field.r#type().as_str_name() } else { field.type_name() };
        lines.insert(format!("{name}.{} = {} {kind} {}", field.name(), field.number(), field.label().as_str_name()));
    }
    for nested in &message.nested_type {
        fields(&name, nested, lines);
    }
}

#[test]
fn fields_are_only_ever_added() {
    let proto = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("proto");
    let files = ["dctracker/events/v1/events.proto", "dctracker/internal/v1/feed.proto"];
    let set = protox::compile(files, [proto]).unwrap();
    let mut now = BTreeSet::new();
    for file in &set.file {
        for message in &file.message_type {
            fields(file.package(), message, &mut now);
        }
    }
    let known = std::fs::read_to_string(golden("fields.txt")).unwrap_or_default();
    for line in known.lines() {
        assert!(now.contains(line), "this was promised and is gone or another: {line}");
    }
    same_as("fields.txt", now.iter().map(|line| format!("{line}\n")).collect::<String>().as_bytes());
}
