//! Brings the challans of a renamed or merged customer to its present name, in pieces, in the background. What is to be done
//! is stored in the transaction that made it necessary, and any copy of the service goes on with it after a crash.

use std::time::Duration;

use changelog::Log;
use chrono_tz::Tz;
use db::{Db, Tx};
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::batch::{self, Tally};
use crate::store::work::{self, Work};
use crate::store::{batches, challans::Stored, customers};
use crate::write::{self, Context, Planned, WriteError};

/// The most rows of one piece, so that other writers pass in between.
const PIECE: u32 = 500;
/// What such a batch does, in one word.
pub const ACTION: &str = "customer";
/// How often the table is looked at: another copy may have died at its work.
const LOOK: Duration = Duration::from_secs(1);

/// Notes that the challans of `customer_id` under the name `folded` are to be brought to it; the batch of `context` runs until they
/// are.
///
/// # Errors
/// The database's own.
pub async fn ask(tx: &mut Tx, context: &Context, customer_id: Uuid, folded: String) -> db::Result<()> {
    batches::begin(tx, &batch::part(context, ACTION.into(), Tally::default())).await?;
    let context = json!({
        "actor_id": context.actor_id, "actor_name": context.actor_name, "via": context.via,
        "address": context.address, "request_id": context.request_id, "batch_id": context.batch_id,
    });
    work::add(tx, &Work { id: Uuid::now_v7(), customer_id, folded, last_id: Uuid::nil(), context }).await
}

/// Works until `stop`; `woken` tells of new work at once. A piece that fails is tried again.
pub async fn run(db: &Db, log: &Log, tz: Tz, woken: &Notify, stop: &CancellationToken) {
    loop {
        match pieces(db, log, tz, stop).await {
            Ok(()) | Err(WriteError::Moved) => {}
            Err(error) => tracing::warn!(cause = ?error, "challans of a customer could not be renamed yet"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = woken.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// One piece after the other until nothing is left to do.
async fn pieces(db: &Db, log: &Log, tz: Tz, stop: &CancellationToken) -> Result<(), WriteError> {
    while !stop.is_cancelled() && work::is_any(db).await? {
        let mut tx = db.begin().await?;
        let Some(work) = work::take(&mut tx).await? else { return Ok(()) };
        let rows = work::piece(&mut tx, &work, PIECE).await?;
        let last = rows.last().filter(|_| rows.len() == PIECE as usize).map(|row| row.challan.id);
        let context = context(&work, tz);
        let mut planned = planned(&mut tx, &work, rows, &context).await?;
        work::note(&mut tx, &work, last).await?;
        let mut entries = match planned.is_empty() {
            true => Vec::new(),
            false => write::apply(&mut tx, &context, &mut planned).await?,
        };
        let changed = planned.len() as u64;
        let tally = Tally::of(changed, changed, 0);
        if last.is_none() {
            batches::end(&mut tx, context.batch_id, batches::DONE).await?;
        }
        entries.extend(batch::told(&mut tx, log, &context, tally).await?);
        batch::commit(log, tx, &context, &entries, ACTION, tally).await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// The rows that do not stand as they should, as they shall stand.
async fn planned(tx: &mut Tx, work: &Work, rows: Vec<Stored>, context: &Context) -> Result<Vec<Planned>, WriteError> {
    let Some(named) = customers::present(tx, work.customer_id).await? else { return Ok(Vec::new()) };
    let named = customers::named(tx, &[&named.name]).await?.into_values().next().unwrap_or(named);
    Ok(rows
        .into_iter()
        .filter(|row| row.challan.customer_id != named.id || row.challan.facts.customer != named.name)
        .map(|row| {
            let mut after = row.clone();
            after.challan.customer_id = named.id;
            after.challan.facts.customer.clone_from(&named.name);
            Planned::change(row.challan, after, "updated", context)
        })
        .collect())
}

/// The one who asked, at the present time.
fn context(work: &Work, tz: Tz) -> Context {
    let text = |name: &str| work.context[name].as_str().unwrap_or_default().to_owned();
    Context {
        actor_id: text("actor_id").parse().unwrap_or_default(),
        actor_name: text("actor_name"),
        via: "site",
        address: text("address"),
        request_id: text("request_id"),
        batch_id: text("batch_id").parse().unwrap_or_default(),
        now: write::now(),
        tz,
    }
}
