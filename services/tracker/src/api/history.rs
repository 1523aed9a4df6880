//! What happened to a challan, from the change log.

use chrono::DateTime;
use domain::identity::Permission;
use domain::rights::reach;
use poem::Response;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use prost::Message;
use proto_contracts::events::Change;
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::Caller;
use super::contract::Shown;
use super::shown::visible;
use super::{Answer, schema};
use crate::{App, event, write::rfc3339};

/// Rows of one page unless asked otherwise, and at most.
const PAGE: u32 = 50;
const MOST: u32 = 200;

/// What happened to a challan.
pub(crate) struct History;

#[OpenApi(prefix_path = "/api/tracker")]
impl History {
    /// The changes of one challan, newest first; a hidden field's values are left out.
    #[oai(path = "/data/:id/history/", method = "get")]
    async fn challan_history(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Path(id): Path<Uuid>,
        Query(limit): Query<Option<u32>>,
        Query(cursor): Query<Option<u64>>,
    ) -> Answer<Shown<schema::History>> {
        let challan = visible(app, &caller, id).await?;
        let hidden = reach(&caller.who, Permission::ChallanRead, &challan, caller.now).unwrap_or_default();
        let limit = limit.unwrap_or(PAGE).clamp(1, MOST);
        let mut rows = app.log.of_record("challan", challan.id, cursor, limit + 1).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows
            .last()
            .filter(|_| more)
            .map(|r| format!("/api/tracker/data/{}/history/?limit={limit}&cursor={}", challan.id, r.seq));
        let mut results = Vec::with_capacity(rows.len());
        for row in rows {
            let change = Change::decode(row.payload).map_err(|e| db::DbError::Corrupt(e.to_string()))?;
            results.push(entry(row.seq, &change, &hidden));
        }
        let body = json!({ "results": results, "next": next, "previous": null });
        Ok(Response::builder().content_type("application/json").body(body.to_string()).into())
    }
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
