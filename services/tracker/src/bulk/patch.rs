//! Rows each with their own change, as a paste sends them: some are there already, some are made.

use std::collections::HashMap;

use db::Tx;
use domain::identity::Permission;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Beside, Claimed, Desk, Judged, Refusal, Written, change, row};
use crate::api::challans::{fresh, new_facts};
use crate::store::challans::{self, Stored};
use crate::write::{self, NOT_THEIRS, Planned, WriteError};

const CREATE: [Permission; 2] = [Permission::ChallanCreate, Permission::ChallanBulk];

/// One row of a paste.
#[derive(Clone, Debug)]
pub struct Row {
    /// The challan; for one that is made the id it gets.
    pub id: Uuid,
    /// The version that was seen; none makes a challan.
    pub base: Option<u64>,
    /// The facts to be written.
    pub set: Map<String, Value>,
    /// Whether a new one takes no number.
    pub draft: bool,
    /// Whether an earlier row of the same call is the same challan.
    pub twice: bool,
}

/// Judges rows and writes those that nothing refuses.
///
/// # Errors
/// As [`super::write`].
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, rows: &[Row], beside: &mut Beside) -> Result<Written, WriteError> {
    let ids: Vec<Uuid> = rows.iter().filter(|r| r.base.is_some()).map(|r| r.id).collect();
    let mut stored: HashMap<Uuid, Stored> = HashMap::new();
    for row in challans::lock_many(tx, &ids).await? {
        stored.insert(row.challan.id, row);
    }
    let mut claimed = Claimed::new();
    let mut judged = Vec::with_capacity(rows.len());
    for row in rows {
        judged.push(if row.twice {
            Refusal::row(row.id, "twice", "This challan stands in an earlier row of this call; name it once.").into()
        } else {
            match (row.base, stored.remove(&row.id)) {
                (None, _) => made(tx, desk, row).await?,
                (Some(base), Some(stored)) => change::facts(tx, desk, stored, &row.set, base, &mut claimed).await?,
                (Some(_), None) => {
                    Refusal::row(row.id, "not_found", "There is no such challan that you can see.").into()
                }
            }
        });
    }
    super::write(tx, desk, judged, beside).await
}

async fn made(tx: &mut Tx, desk: &Desk<'_>, row: &Row) -> Result<Judged, WriteError> {
    let facts = match new_facts(&row.set, row.draft, desk.context) {
        Ok(facts) => facts,
        Err(errors) => return Ok(Judged { plan: None, refusals: Refusal::rules(row.id, &errors) }),
    };
    let mut challan = fresh(facts, row.id, desk.context);
    write::name_customers(tx, [&mut challan].into_iter()).await?;
    let Some(hidden) = row::hidden(desk, &CREATE, &challan) else {
        return Ok(Refusal::row(row.id, "forbidden", NOT_THEIRS).into());
    };
    if let Some(name) = row.set.keys().find(|name| hidden.contains(name)) {
        let detail = format!("The field {name} is hidden from you.");
        return Ok(Refusal::field(row.id, name, "hidden", detail).into());
    }
    let stored = Stored { challan, source_base: None, occurred_at: None };
    Ok(Judged { plan: Some(Planned::new(stored, !row.draft, desk.context)), refusals: Vec::new() })
}
