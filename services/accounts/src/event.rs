//! Changes of users, grants and sessions as the events of `proto-contracts`.

use changelog::Entry;
use proto_contracts::events::{Account, Actor, Change, FieldChange, Value, change, value};
use uuid::Uuid;

use crate::store::users::User;

/// Who does something, from where.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The user who acts; none for the program itself or somebody unknown.
    pub actor: Option<(Uuid, String)>,
    /// The request's number.
    pub request_id: String,
    /// The address the request came from.
    pub address: String,
    /// `site` or `command`.
    pub via: &'static str,
}

/// What changed.
#[derive(Debug)]
pub struct What<'a> {
    /// `user`, `grant`, `session` or `sign_in`.
    pub entity: &'static str,
    /// The record's id.
    pub id: Uuid,
    /// Its version after the change.
    pub version: i64,
    /// A past participle.
    pub kind: &'a str,
    /// The fields with their old and new values.
    pub changes: Vec<FieldChange>,
    /// The user it is about; none where the sign-in named nobody.
    pub user: Option<&'a User>,
    /// Hashes of the sessions that ended with it.
    pub ended_sessions: Vec<String>,
    /// Further facts in words.
    pub detail: String,
}

/// The row of the log for one change, at `now` in microseconds UTC.
#[must_use]
pub fn entry(origin: &Origin, what: What<'_>, now: i64) -> Entry {
    let (actor_id, actor_name) =
        origin.actor.as_ref().map_or((String::new(), String::new()), |(id, name)| (id.to_string(), name.clone()));
    Entry::from_change(&Change {
        entity: what.entity.into(),
        entity_id: what.id.to_string(),
        version: u64::try_from(what.version).unwrap_or_default(),
        kind: what.kind.into(),
        actor: Some(Actor { id: actor_id, name: actor_name }),
        changes: what.changes,
        batch_id: Uuid::now_v7().to_string(),
        request_id: origin.request_id.clone(),
        at_micros: now,
        via: origin.via.into(),
        address: origin.address.clone(),
        also: Vec::new(),
        row: Some(change::Row::Account(Account {
            user_id: what.user.map_or_else(String::new, |u| u.id.to_string()),
            email: what.user.map_or_else(String::new, |u| u.email.clone()),
            role: what.user.map_or_else(String::new, |u| u.role.as_str().to_owned()),
            is_active: what.user.is_some_and(|u| u.is_active),
            ended_sessions: what.ended_sessions,
            detail: what.detail,
        })),
    })
}

/// The fields in which two states of a user differ.
#[must_use]
pub fn changes(before: Option<&User>, after: &User) -> Vec<FieldChange> {
    let mut found = Vec::new();
    let mut text = |field: &str, read: &dyn Fn(&User) -> Option<String>| {
        let (old, new) = (before.and_then(read), read(after));
        if old != new {
            let value = |t: Option<String>| t.map(|t| Value { kind: Some(value::Kind::Text(t)) });
            found.push(FieldChange { field: field.into(), old: value(old), new: value(new) });
        }
    };
    text("email", &|u| Some(u.email.clone()));
    text("username", &|u| Some(u.username.clone()));
    text("first_name", &|u| Some(u.first_name.clone()));
    text("last_name", &|u| Some(u.last_name.clone()));
    text("executive_name", &|u| u.executive_name.clone());
    text("role", &|u| Some(u.role.as_str().to_owned()));
    let was = before.map(|b| b.is_active);
    if was != Some(after.is_active) {
        let flag = |f: bool| Value { kind: Some(value::Kind::Flag(f)) };
        found.push(FieldChange { field: "is_active".into(), old: was.map(flag), new: Some(flag(after.is_active)) });
    }
    found
}
