//! What happened to a challan, from the change log.

use changelog::Wanted;
use chrono::{DateTime, Utc};
use domain::challan::Field;
use domain::identity::Permission;
use domain::rights::reach;
use poem::Response;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use prost::Message;
use proto_contracts::events::Change;
use serde_json::{Value, json};
use service::Problem;
use service::pages::{Asked, At, Found, address};
use uuid::Uuid;

use super::caller::Caller;
use super::contract::Shown;
use super::lists::hidden_field;
use super::shown::visible;
use super::{Answer, schema};
use crate::{App, event, write::rfc3339};

/// Rows of one page unless asked otherwise, and at most.
const PAGE: u32 = 50;
const MOST: u32 = 200;
/// Pages of the greatest size that one search for a field reads.
const PAGES_SEARCHED: u32 = 20;

/// What happened to a challan.
pub(crate) struct History;

/// Whether changes of this field stand in the log by its name.
fn is_recorded(field: &str) -> bool {
    Field::parse(field).is_some() || ["challan_number", "void_reason"].contains(&field)
}

#[OpenApi(prefix_path = "/api/tracker")]
impl History {
    /// The changes of one challan, newest first; a hidden field's values are left out. `actor` is a user's id, `field` a
    /// field that was changed; `from` and `to` are instants, RFC 3339, the second one exclusive. Where a search for a field
    /// finds little, a page is short, and `next` goes on.
    #[oai(path = "/data/:id/history/", method = "get")]
    #[allow(clippy::too_many_arguments, reason = "each is a parameter of the address")]
    async fn challan_history(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        Query(limit): Query<Option<u32>>,
        Query(cursor): Query<Option<String>>,
        Query(actor): Query<Option<Uuid>>,
        Query(field): Query<Option<String>>,
        Query(from): Query<Option<DateTime<Utc>>>,
        Query(to): Query<Option<DateTime<Utc>>>,
    ) -> Answer<Shown<schema::History>> {
        let challan = visible(app, &caller, id).await?;
        let hidden = reach(&caller.who, Permission::ChallanRead, &challan, caller.now).unwrap_or_default();
        if let Some(field) = field.as_ref().filter(|field| hidden.contains(field)) {
            return Err(hidden_field(field).into());
        }
        if let Some(field) = field.as_ref().filter(|field| !is_recorded(field)) {
            let known: Vec<&str> = Field::ALL.iter().map(|field| field.as_str()).collect();
            let detail =
                format!("{field} is no field that changes; {}, challan_number, void_reason are.", known.join(", "));
            return Err(Problem::malformed(detail).into());
        }
        let asked = Asked::of(limit, (PAGE, MOST), cursor.as_deref())?;
        let wanted = Wanted {
            actor,
            from: from.map(|t| t.timestamp_micros()),
            to: to.map(|t| t.timestamp_micros()),
            ..Wanted::default()
        };
        let others = [
            ("actor", actor.map(|id| id.to_string())),
            ("field", field.clone()),
            ("from", from.map(rfc3339)),
            ("to", to.map(rfc3339)),
        ];
        let address = address(&format!("/api/tracker/data/{}/history/", challan.id), others);
        let field = field.as_deref();
        let read = |at, limit| search(app, challan.id, wanted, field, at, limit);
        let page = asked.page(&address, read, |(seq, _)| *seq).await?;
        let body = page.json(|(seq, change)| entry(*seq, change, &hidden));
        Ok(Response::builder().content_type("application/json").body(body.to_string()).into())
    }
}

/// Up to `limit` changes from a place on that are `wanted` and touch `field`; fewer also where a search for the field has read
/// enough.
async fn search(
    app: &App,
    id: Uuid,
    mut wanted: Wanted,
    field: Option<&str>,
    at: At<u64>,
    limit: u32,
) -> db::Result<Found<(u64, Change), u64>> {
    let size = if field.is_some() { MOST } else { limit };
    let mut last = at.beyond().map(|(seq, _)| *seq);
    let mut found = Vec::new();
    for _ in 0..PAGES_SEARCHED {
        *(if at.is_back() { &mut wanted.after_seq } else { &mut wanted.before_seq }) = last;
        let rows = app.log.of_record("challan", id, &wanted, size).await?;
        let is_last = rows.len() < size as usize;
        for row in rows {
            last = Some(row.seq);
            let change = Change::decode(row.payload).map_err(|e| db::DbError::Corrupt(e.to_string()))?;
            if field.is_none_or(|field| change.changes.iter().any(|c| c.field == field)) {
                found.push((row.seq, change));
            }
            if found.len() == limit as usize {
                return Ok(found.into());
            }
        }
        if is_last {
            return Ok(found.into());
        }
    }
    Ok(Found { rows: found, broken_off: last })
}

fn entry(seq: u64, change: &Change, hidden: &[String]) -> Value {
    let at = DateTime::from_timestamp_micros(change.at_micros).map(rfc3339);
    let actor = change.actor.clone().unwrap_or_default();
    let changes: Vec<Value> = change
        .changes
        .iter()
        .filter(|c| !hidden.contains(&c.field))
        .map(
            |c| json!({ "field": c.field, "old": event::decode(c.old.as_ref()), "new": event::decode(c.new.as_ref()) }),
        )
        .collect();
    json!({
        "seq": seq, "version": change.version, "kind": change.kind, "at": at,
        "by": { "id": actor.id, "name": actor.name }, "via": change.via, "address": change.address,
        "batch_id": change.batch_id, "changes": changes,
    })
}
