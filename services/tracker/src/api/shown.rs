//! A challan as its asker may see it.

use std::collections::HashMap;

use domain::challan::Challan;
use domain::identity::Permission;
use domain::rights::{can, reach};
use poem::http::StatusCode;
use serde_json::{Value, json};
use service::Problem;
use uuid::Uuid;

use super::caller::Caller;
use super::fault::Fault;
use super::repeat::Reply;
use crate::App;
use crate::store::challans;
use crate::write::Context;

/// A challan that the asker may see; else it is not there.
pub(crate) async fn visible(app: &App, caller: &Caller, id: Uuid) -> Result<Challan, Fault> {
    let challan = challans::find(&app.db, id).await?.ok_or_else(Problem::not_found)?;
    require_visible(caller, &challan)?;
    Ok(challan)
}

/// Refuses a challan that the asker may not see, as if it were not there.
pub(crate) fn require_visible(caller: &Caller, challan: &Challan) -> Result<(), Problem> {
    reach(&caller.who, Permission::ChallanRead, challan, caller.now).map(drop).ok_or_else(Problem::not_found)
}

/// The challan as this asker may see it, with what they may do.
pub(crate) fn rendered(caller: &Caller, challan: &Challan) -> Option<Value> {
    let hidden = reach(&caller.who, Permission::ChallanRead, challan, caller.now)?;
    let mut row = serde_json::to_value(challan).ok()?;
    for column in &hidden {
        if let Some(value) = row.get_mut(column) {
            *value = Value::Null;
        }
    }
    row["hidden"] = json!(hidden);
    row["can"] = json!(can(&caller.who, challan, caller.now));
    Some(row)
}

/// An answer that was given before, as far as its asker may see the challan `now` as it stands.
///
/// # Errors
/// 404 where they may see it no longer.
pub(crate) fn shown_again(caller: &Caller, mut reply: Reply, now: &Challan) -> Result<Reply, Problem> {
    let mut row: Value = serde_json::from_str(&reply.body).unwrap_or_default();
    // Who never could read it was told only which one it is.
    if row.get("customer").is_none() {
        return Ok(reply);
    }
    let hidden = reach(&caller.who, Permission::ChallanRead, now, caller.now).ok_or_else(Problem::not_found)?;
    for column in &hidden {
        if let Some(value) = row.get_mut(column) {
            *value = Value::Null;
        }
    }
    row["hidden"] = json!(hidden);
    reply.body = row.to_string();
    Ok(reply)
}

/// What of some challans their asker may see now: an answer of before, and what a batch was refused for, tell of values that others
/// wrote there.
pub(crate) struct Sight(HashMap<Uuid, Vec<String>>);

impl Sight {
    /// Of the challans `ids`, by the right to `permission`.
    ///
    /// # Errors
    /// The database's own.
    pub(crate) async fn of(
        app: &App,
        caller: &Caller,
        permission: Permission,
        ids: impl Iterator<Item = Uuid>,
    ) -> db::Result<Sight> {
        let mut ids: Vec<Uuid> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        let challans = challans::find_many(&app.db, &ids).await?;
        let hidden = |c: &Challan| Some((c.id, reach(&caller.who, permission, c, caller.now)?));
        Ok(Sight(challans.iter().filter_map(hidden).collect()))
    }

    /// Takes the value `name` out of what is `told` of a `field` of the challan `id`, unless it may be seen.
    pub(crate) fn veil(&self, id: Option<Uuid>, told: &mut Value, name: &str) {
        let hidden = id.and_then(|id| self.0.get(&id));
        let is_seen = hidden.is_some_and(|hidden| !hidden.iter().any(|column| told["field"] == column.as_str()));
        if !is_seen && let Some(value) = told.get_mut(name) {
            *value = Value::Null;
        }
    }

    /// Takes what stood there `now` out of `refusals`, each with its challan and field, unless it may be seen.
    ///
    /// # Errors
    /// The database's own.
    pub(crate) async fn veil_refusals(app: &App, caller: &Caller, refusals: &mut [Value]) -> db::Result<()> {
        let telling = || refusals.iter().filter(|refusal| !refusal["now"].is_null());
        let sight = Sight::of(app, caller, Permission::ChallanRead, telling().filter_map(id_of)).await?;
        for refusal in refusals {
            sight.veil(id_of(refusal), refusal, "now");
        }
        Ok(())
    }
}

/// The challan that something tells of.
pub(crate) fn id_of(told: &Value) -> Option<Uuid> {
    told["id"].as_str()?.parse().ok()
}

/// The answer that shows a challan; with the batch of the write, if it was one. Who may write it and not read it sees
/// only which one it is.
pub(crate) fn shown(caller: &Caller, challan: &Challan, status: StatusCode, write: Option<&Context>) -> Reply {
    let unread = || {
        let number = &challan.challan_number;
        json!({ "id": challan.id, "challan_number": number, "version": challan.version, "hidden": [], "can": [] })
    };
    let body = rendered(caller, challan).unwrap_or_else(unread).to_string();
    let mut headers = vec![("etag".to_owned(), format!("\"{}\"", challan.version))];
    if status == StatusCode::CREATED {
        headers.push(("location".to_owned(), format!("/api/tracker/data/{}/", challan.id)));
    }
    if let Some(context) = write {
        headers.push(("x-batch-id".to_owned(), context.batch_id.to_string()));
    }
    Reply { status: status.as_u16(), headers, body }
}
