//! An event of the log as a browser gets it, encoded once for everybody whose view of the row is whole.

use std::borrow::Cow;
use std::sync::OnceLock;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat};
use chrono_tz::Tz;
use domain::challan::Challan;
use domain::filter::Finding;
use prost::Message;
use proto_contracts::events::{self, Change, FieldChange, change, value};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A row of the log as it came. What it tells is read when the first stream asks, once for all streams: while nobody looks,
/// as many rows as systems send cost nothing but their place.
#[derive(Debug)]
pub(crate) struct Heard {
    /// Its place in the log.
    pub(crate) seq: u64,
    payload: Bytes,
    told: OnceLock<Option<Told>>,
}

impl Heard {
    /// The row at `seq`, whose event is `payload`.
    pub(crate) fn new(seq: u64, payload: Bytes) -> Heard {
        Heard { seq, payload, told: OnceLock::new() }
    }

    /// Bytes of the event as it came.
    pub(crate) fn size(&self) -> usize {
        self.payload.len()
    }

    /// What it tells; none where it is of no interest to streams.
    pub(crate) fn told(&self) -> Option<&Told> {
        let read = || Change::decode(self.payload.clone()).ok().and_then(Told::read);
        self.told.get_or_init(read).as_ref()
    }
}

/// What a row of the log tells.
#[derive(Debug)]
pub(crate) enum Told {
    /// A change of a challan.
    Challan(Box<Event>),
    /// How far a batch has come.
    Batch(Progress),
}

impl Told {
    /// What a log row tells; none where it is of no interest to streams.
    fn read(change: Change) -> Option<Told> {
        match change.entity.as_str() {
            "challan" => Event::read(change).map(|event| Told::Challan(Box::new(event))),
            "batch" => Progress::read(&change).map(Told::Batch),
            _ => None,
        }
    }
}

/// How far a batch has come.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Whom it concerns: nobody else is told.
    pub(crate) maker: Uuid,
    /// The data line.
    pub(crate) data: String,
}

impl Progress {
    fn read(change: &Change) -> Option<Progress> {
        let maker = change.actor.as_ref()?.id.parse().ok()?;
        let mut data = json!({
            "id": change.entity_id, "status": null, "action": null, "matched": 0, "done": 0, "changed": 0, "refused": 0,
            "undo_of": null,
        });
        for field in &change.changes {
            if let (Some(place), Some(kind)) =
                (data.get_mut(&field.field), field.new.as_ref().and_then(|new| new.kind.as_ref()))
            {
                *place = json_value(kind);
            }
        }
        Some(Progress { maker, data: data.to_string() })
    }
}

/// One change of a challan.
#[derive(Debug)]
pub(crate) struct Event {
    /// The row after it.
    pub(crate) after: State,
    /// The row before it; none for a new one.
    pub(crate) before: Option<State>,
    kind: String,
    changed: Vec<String>,
    by: String,
    at: String,
    /// The data line for those from whom nothing is hidden, open at the end of its challan.
    whole: String,
}

/// A challan before or after a change.
#[derive(Debug)]
pub(crate) struct State {
    /// For asking who may see it.
    pub(crate) challan: Challan,
    /// The row's JSON, without `hidden`.
    row: Map<String, Value>,
    /// Made when the first stream with a filter asks.
    finding: OnceLock<Finding>,
}

impl State {
    fn read(row: Map<String, Value>) -> Option<State> {
        let challan = serde_json::from_value(Value::Object(row.clone())).ok()?;
        Some(State { challan, row, finding: OnceLock::new() })
    }

    /// What the row shows to a filter, with civil days in `tz`.
    pub(crate) fn finding(&self, tz: Tz) -> &Finding {
        self.finding.get_or_init(|| Finding::of(&self.challan, tz))
    }
}

impl Event {
    /// The event of a log row; none where the row is not a challan's.
    pub(crate) fn read(change: Change) -> Option<Event> {
        let Some(change::Row::Challan(row)) = change.row else { return None };
        let row = json_of(&row);
        let before = (change.version > 1).then(|| before(&row, &change.changes, &change.also)).and_then(State::read);
        let at = DateTime::from_timestamp_micros(change.at_micros)?.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let mut event = Event {
            after: State::read(row)?,
            before,
            kind: change.kind,
            changed: change.changes.into_iter().map(|c| c.field).collect(),
            by: change.actor.unwrap_or_default().name,
            at,
            whole: String::new(),
        };
        event.whole = event.encoded(&[]);
        Some(event)
    }

    /// The data line for somebody from whom `hidden` columns are kept and who `can` do this with the challan. `places` are those
    /// of the filters that the row is and was in, where the stream has filters.
    pub(crate) fn data(&self, hidden: &[String], can: &[&str], places: Option<&Places>) -> String {
        let open = if hidden.is_empty() { Cow::Borrowed(&self.whole) } else { Cow::Owned(self.encoded(hidden)) };
        let can = json!(can);
        match places {
            Some(Places { now, was }) => {
                format!("{open},\"can\":{can}}},\"in\":{},\"was\":{}}}", json!(now), json!(was))
            }
            None => format!("{open},\"can\":{can}}}}}"),
        }
    }

    /// Whether the change shows to somebody from whom `hidden` columns are kept.
    pub(crate) fn shows(&self, hidden: &[String]) -> bool {
        let Some(before) = self.before.as_ref().filter(|_| !hidden.is_empty()) else { return true };
        // Every change has these, so that they tell nothing of what was changed.
        let quiet = |name: &str| ["version", "updated_at", "updated_by"].contains(&name);
        self.after.row.iter().any(|(name, value)| {
            !quiet(name) && !hidden.iter().any(|h| h == name) && before.row.get(name) != Some(value)
        })
    }

    /// JSON on one line, open at the end of its challan: `serde_json` escapes every control character, so no text can forge an
    /// event.
    fn encoded(&self, hidden: &[String]) -> String {
        let mut row = self.after.row.clone();
        for column in hidden {
            if let Some(value) = row.get_mut(column) {
                *value = Value::Null;
            }
        }
        row.insert("hidden".into(), json!(hidden));
        let changed: Vec<&String> = self.changed.iter().filter(|c| !hidden.contains(c)).collect();
        let told = json!({ "kind": self.kind, "changed": changed, "by": self.by, "at": self.at }).to_string();
        let row = Value::Object(row).to_string();
        let open = |text: &str| text.strip_suffix('}').unwrap_or_default().to_owned();
        format!("{},\"challan\":{}", open(&told), open(&row))
    }
}

/// Places, from 0, of the stream's filters that a row is in after a change and was in before it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// After it.
    pub(crate) now: Vec<usize>,
    /// Before it.
    pub(crate) was: Vec<usize>,
}

/// The row before a change: the row after it with the old values put back, and the stage that these give.
fn before(after: &Map<String, Value>, changes: &[FieldChange], also: &[FieldChange]) -> Map<String, Value> {
    let mut row = after.clone();
    for change in changes.iter().chain(also) {
        if let Some(place) = row.get_mut(&change.field) {
            let nothing = match place {
                Value::Array(_) => json!([]),
                Value::Bool(_) => Value::Bool(false),
                _ => Value::Null,
            };
            *place = change.old.as_ref().and_then(|old| old.kind.as_ref()).map_or(nothing, json_value);
        }
    }
    row.insert(
        "version".into(),
        after.get("version").and_then(Value::as_u64).map_or(0, |v| v.saturating_sub(1)).into(),
    );
    if let Ok(challan) = serde_json::from_value::<Challan>(Value::Object(row.clone())) {
        row.insert("stage".into(), challan.stage_of().as_str().into());
    }
    row
}

fn json_value(kind: &value::Kind) -> Value {
    match kind {
        value::Kind::Text(t) => Value::String(t.clone()),
        value::Kind::Flag(b) => Value::Bool(*b),
        value::Kind::List(l) => l.items.clone().into(),
        value::Kind::Number(n) => (*n).into(),
    }
}

/// The row as the register's own answers have it: absent is `null`.
fn json_of(c: &events::Challan) -> Map<String, Value> {
    let value = json!({
        "id": c.id, "challan_number": c.challan_number, "date": c.date, "customer": c.customer,
        "customer_id": c.customer_id, "dc_summary": c.dc_summary, "delivery_executives": c.delivery_executives,
        "amount": c.amount, "dispatched_at": c.dispatched_at, "delivered_at": c.delivered_at,
        "invoice_number": c.invoice_number, "invoice_date": c.invoice_date,
        "invoice_submission": c.invoice_submission, "invoice_submitted_on": c.invoice_submitted_on,
        "proof_of_delivery": c.proof_of_delivery, "pod_upload_date": c.pod_upload_date,
        "received_by": c.received_by, "remarks": c.remarks, "stage": c.stage, "voided_at": c.voided_at,
        "void_reason": c.void_reason, "source": c.source, "external_id": c.external_id, "version": c.version,
        "created_at": c.created_at, "created_by": c.created_by, "updated_at": c.updated_at,
        "updated_by": c.updated_by, "deleted_at": c.deleted_at, "deleted_by": c.deleted_by,
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
