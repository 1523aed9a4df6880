//! Replays the log and compares every challan and customer with what it comes to.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::bail;
use changelog::{Log, LogRow, Wanted};
use db::{Db, DbError};
use prost::Message;
use proto_contracts::events::{Change, FieldChange, Value, change::Row};
use service::Config;
use uuid::Uuid;

use crate::store::{challans, customers};
use crate::{event, record, store};

/// Rows of the log read by one statement, and records compared by one.
const PAGE: u32 = 1_000;
/// How often a record is looked at that somebody is changing meanwhile, and the pause in between.
const LOOKS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Rows of the log.
    pub rows: u64,
    /// Challans, deleted ones included.
    pub challans: u64,
    /// Customers, merged ones included.
    pub customers: u64,
}

/// Replays the log of the register, while others may write: no row of it is missing, every change begins where the one
/// before it ended, and what the changes of a challan or a customer come to is what is stored.
///
/// # Errors
/// A sentence that names the first row or record that is not so; or the database is away.
pub async fn verify(config: &Config) -> anyhow::Result<Verified> {
    let db = store::open(config).await?;
    let log = Log::open(db.clone(), "tracker").await?;
    let verified = replay(&db, &log).await;
    db.close().await;
    verified
}

async fn replay(db: &Db, log: &Log) -> anyhow::Result<Verified> {
    let upto = log.end().await?.seq;
    if let Some(seq) = log.missing(upto).await? {
        bail!("Row {seq} of the log of the register is missing.");
    }
    let mut verified = Verified { rows: upto, ..Verified::default() };
    let mut after = None;
    let mut open: Option<Replayed> = None;
    let mut done = Vec::new();
    loop {
        let rows = log.by_record(after, upto, PAGE).await?;
        let last = rows.last().map(|row| (row.entity_id, row.seq));
        for row in rows {
            if !matches!(row.entity.as_str(), "challan" | "customer") {
                continue;
            }
            match &mut open {
                Some(replayed) if replayed.id == row.entity_id => replayed.go_on(&row)?,
                _ => done.extend(open.replace(Replayed::begin(&row)?)),
            }
        }
        if last.is_none() {
            done.extend(open.take());
        }
        if last.is_none() || done.len() >= PAGE as usize {
            compare(db, log, &done, &mut verified).await?;
            done.clear();
        }
        let Some(last) = last else { break };
        after = Some(last);
    }
    if let Some(id) = challans::untold(db).await? {
        bail!("The log of the register does not tell of challan {id}.");
    }
    if let Some(id) = customers::untold(db).await? {
        bail!("The log of the register does not tell of customer {id}.");
    }
    Ok(verified)
}

/// A record as its rows of the log come to.
struct Replayed {
    entity: String,
    id: Uuid,
    version: u64,
    /// Its fields that are not empty.
    fields: BTreeMap<String, Value>,
    row: Option<Row>,
}

impl Replayed {
    fn begin(row: &LogRow) -> anyhow::Result<Replayed> {
        let mut replayed =
            Replayed { entity: row.entity.clone(), id: row.entity_id, version: 0, fields: BTreeMap::new(), row: None };
        replayed.go_on(row)?;
        Ok(replayed)
    }

    fn go_on(&mut self, row: &LogRow) -> anyhow::Result<()> {
        let change = Change::decode(row.payload.clone()).map_err(|e| DbError::Corrupt(e.to_string()))?;
        if row.version != self.version + 1 || change.version != row.version {
            bail!(
                "Row {} of the log of the register makes version {} of {} {}, which has {} so far.",
                row.seq,
                row.version,
                self.entity,
                self.id,
                self.version
            );
        }
        for FieldChange { field, old, new } in change.changes {
            if old.filter(is_something) != self.fields.remove(&field) {
                bail!("Row {} of the log of the register does not begin where {field} ended.", row.seq);
            }
            if let Some(new) = new.filter(is_something) {
                self.fields.insert(field, new);
            }
        }
        self.version = row.version;
        self.row = change.row;
        Ok(())
    }

    /// What differs from the record as it is stored, as the end of a sentence.
    fn differs(&self, stored: Option<&Replayed>) -> Option<String> {
        let Some(stored) = stored else { return Some("is not there".to_owned()) };
        if self.version != stored.version {
            return Some(format!("has version {} and not {}", stored.version, self.version));
        }
        let names = self.fields.keys().chain(stored.fields.keys());
        for name in names {
            if self.fields.get(name) != stored.fields.get(name) {
                return Some(format!("has another {name}"));
            }
        }
        (self.row != stored.row).then(|| "has other stamps, or another stage or state".to_owned())
    }
}

/// No, nothing and empty lists are one: a change does not tell them apart.
fn is_something(value: &Value) -> bool {
    !event::is_nothing(&event::decode(Some(value)))
}

/// Compares records with what is stored. One that differs may have been changed since the log was read, so it is looked at
/// again.
async fn compare(db: &Db, log: &Log, replayed: &[Replayed], verified: &mut Verified) -> anyhow::Result<()> {
    let ids: Vec<Uuid> = replayed.iter().filter(|r| r.entity == "challan").map(|r| r.id).collect();
    verified.challans += ids.len() as u64;
    verified.customers += (replayed.len() - ids.len()) as u64;
    let found = challans::find_many(db, &ids).await?;
    let stored: BTreeMap<Uuid, Replayed> = found.iter().map(|c| (c.id, stored_challan(c))).collect();
    for replayed in replayed {
        let differs = match replayed.entity.as_str() {
            "challan" => replayed.differs(stored.get(&replayed.id)),
            _ => replayed.differs(stored_customer(db, replayed.id).await?.as_ref()),
        };
        if differs.is_some() {
            look_again(db, log, replayed).await?;
        }
    }
    Ok(())
}

async fn look_again(db: &Db, log: &Log, replayed: &Replayed) -> anyhow::Result<()> {
    let mut differs = None;
    for _ in 0..LOOKS {
        let mut rows =
            log.of_record(&replayed.entity, replayed.id, &Wanted::default(), u32::MAX).await?.into_iter().rev();
        let Some(first) = rows.next() else { bail!("The log of {} {} is gone.", replayed.entity, replayed.id) };
        let mut now = Replayed::begin(&first)?;
        rows.try_for_each(|row| now.go_on(&row))?;
        let stored = match now.entity.as_str() {
            "challan" => challans::find(db, now.id).await?.as_ref().map(stored_challan),
            _ => stored_customer(db, now.id).await?,
        };
        differs = now.differs(stored.as_ref());
        if differs.is_none() {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    let differs = differs.unwrap_or_default();
    bail!("By its log {} {} stands otherwise: it {differs}.", replayed.entity, replayed.id)
}

fn stored_challan(challan: &domain::challan::Challan) -> Replayed {
    Replayed {
        entity: "challan".to_owned(),
        id: challan.id,
        version: challan.version,
        fields: fields(event::changes(None, challan)),
        row: Some(event::row(challan)),
    }
}

async fn stored_customer(db: &Db, id: Uuid) -> anyhow::Result<Option<Replayed>> {
    Ok(customers::find(db, id).await?.map(|customer| Replayed {
        entity: "customer".to_owned(),
        id,
        version: customer.version,
        fields: fields(record::of_customer(&customer)),
        row: None,
    }))
}

fn fields(changes: Vec<FieldChange>) -> BTreeMap<String, Value> {
    changes.into_iter().filter_map(|c| Some((c.field, c.new.filter(is_something)?))).collect()
}
