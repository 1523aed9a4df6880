//! The one way in: every change of a challan, from whatever door, becomes rows and log rows in one transaction here.

use std::collections::{BTreeMap, HashMap};

use changelog::Entry;
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, SubsecRound, Utc};
use chrono_tz::Tz;
pub use db::Tries;
use db::{DbError, Tx};
use domain::challan::{Challan, financial_year};
use domain::filter::Finding;
use domain::fold::fold;
use domain::reason::{Errors, Reason};
use futures::future::join;
use proto_contracts::events::{Actor, Change};
use uuid::Uuid;

use crate::store::challans::Stored;
use crate::store::customers::{Customer, Named};
use crate::store::finding::Changed;
use crate::store::numbers::{Claimed, Remembered};
use crate::store::{challans, customers, finding, naming, numbers, series};
use crate::{event, invoices, record, store};

/// Why what lies in the trash is not changed: a code and a sentence.
pub const IN_TRASH: (&str, &str) = ("deleted", "This challan is in the trash; restore it first.");
/// Why a date is refused in whose financial year the challan's number is another's; it may be hidden from who reads this.
pub const NUMBER_TAKEN: (&str, &str) =
    ("number_taken", "In the financial year of this date the number is another challan's.");
/// Why a challan is not made by somebody who may make others.
pub const NOT_THEIRS: &str =
    "You may make challans of some customers or of your own deliveries only, and this is none of them.";
/// Why what is void is not changed.
pub const VOID: (&str, &str) = ("void", "A void challan is not changed.");

/// The present moment, UTC, as finely as the databases and the log keep it: to the microsecond.
#[must_use]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Who changes what, when and by which door: the same for every row of one request.
#[derive(Clone, Debug)]
pub struct Context {
    /// The person or the maker of the key.
    pub actor_id: Uuid,
    /// Their name, kept with the row.
    pub actor_name: String,
    /// `site`, `key`, `ingest`.
    pub via: &'static str,
    /// The address the request came from.
    pub address: String,
    /// The request's number.
    pub request_id: String,
    /// Every writing request is a batch.
    pub batch_id: Uuid,
    /// UTC.
    pub now: DateTime<Utc>,
    /// The organisation's time zone.
    pub tz: Tz,
}

impl Context {
    /// The civil day in the organisation's time zone.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.tz).date_naive()
    }
}

/// One row to be written.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The row as it stands; none for a new one.
    pub before: Option<Challan>,
    /// The row as it shall stand.
    pub after: Stored,
    /// `created`, `updated`, `issued`, `voided`, `deleted`, `restored`.
    pub kind: &'static str,
    /// Whether it takes the next number of its series.
    pub takes_number: bool,
}

impl Planned {
    /// A new row; id, version and stamps are set here.
    #[must_use]
    pub fn new(mut after: Stored, takes_number: bool, context: &Context) -> Planned {
        let c = &mut after.challan;
        c.version = 1;
        c.created_at = context.now;
        c.created_by.clone_from(&context.actor_name);
        c.updated_at = context.now;
        c.updated_by.clone_from(&context.actor_name);
        Planned { before: None, after, kind: "created", takes_number }
    }

    /// A change of `before`; version and stamps are set here.
    #[must_use]
    pub fn change(before: Challan, mut after: Stored, kind: &'static str, context: &Context) -> Planned {
        let c = &mut after.challan;
        c.version = before.version + 1;
        c.updated_at = context.now;
        c.updated_by.clone_from(&context.actor_name);
        Planned { before: Some(before), after, kind, takes_number: false }
    }

    /// The number that it takes into its financial year and did not have there before; none where it draws one.
    #[must_use]
    pub fn claims(&self) -> Option<(i32, &str)> {
        let claim = numbered_in_year(&self.after.challan)?;
        (self.before.as_ref().and_then(numbered_in_year) != Some(claim)).then_some(claim)
    }

    /// The number that it leaves behind in a financial year.
    fn leaves(&self) -> Option<(i32, &str, Uuid)> {
        let (year, number) = self.before.as_ref().and_then(numbered_in_year)?;
        (year != financial_year(self.after.challan.facts.date)).then_some((year, number, self.after.challan.id))
    }

    /// Whether others carry it than before.
    fn is_carried_anew(&self) -> bool {
        let carriers = &self.after.challan.facts.delivery_executives;
        self.before.as_ref().is_none_or(|before| before.facts.delivery_executives != *carriers)
    }
}

/// A row that is refused by what stands beside it, such as another customer's invoice or a series without numbers.
#[derive(Debug)]
pub struct Refused {
    /// Its place among the rows.
    pub place: usize,
    /// Why.
    pub errors: Errors,
    /// Whether it is only refused because other rows of the same write came first. Where one of those turns out to be refused
    /// too, this one is to be judged again.
    pub by_neighbour: bool,
}

/// Why rows could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The database's answer.
    #[error(transparent)]
    Db(#[from] DbError),
    /// What stands beside some rows refuses them; without these the others may be written.
    #[error("{} rows are refused by what stands beside them", .0.len())]
    Refused(Vec<Refused>),
    /// A row, or whom a name leads to, was changed after it was read; the transaction is to be run again.
    #[error("a row changed meanwhile")]
    Moved,
}

impl WriteError {
    /// Whether running the whole transaction again may succeed.
    #[must_use]
    pub fn asks_for_retry(&self) -> bool {
        matches!(self, WriteError::Moved | WriteError::Db(DbError::Conflict(_) | DbError::Duplicate(_)))
    }
}

/// Writes `rows` in the transaction in which they were read and gives their log rows, with which it is to be committed
/// by [`crate::batch::commit`] and nothing slow in between.
///
/// # Errors
/// [`WriteError`]; the transaction is then to be dropped.
pub async fn apply(tx: &mut Tx, context: &Context, rows: &mut [Planned]) -> Result<Vec<Entry>, WriteError> {
    let contexts = vec![context; rows.len()];
    let customers = beside(tx, context, rows).await?;
    numbered(tx, &contexts, rows, &customers, Known::default()).await
}

/// The first half of [`apply`]: writes what stands beside `rows` and shows no number, and gives the customers that are new.
/// The rows may be of several requests of one time; `context` is that of the first.
///
/// # Errors
/// [`WriteError`]; what was written is then to be undone.
pub(crate) async fn beside(tx: &mut Tx, context: &Context, rows: &mut [Planned]) -> Result<Vec<Customer>, WriteError> {
    let customers = set_customers(tx, context.now, rows).await?;
    let settled = invoices::settle(tx, rows, &BTreeMap::new()).await?;
    store::invoices::set(tx, &settled).await?;
    let left: Vec<_> = rows.iter().filter_map(Planned::leaves).collect();
    numbers::leave(tx, &left).await?;
    // What is written next is made ready while the database writes.
    let carried: Vec<&Challan> =
        rows.iter().filter(|row| row.is_carried_anew()).map(|row| &row.after.challan).collect();
    let written = finding::write_executives(tx, &carried);
    let (written, (new, changed)) = join(written, async { shown(rows, context.tz) }).await;
    written?;
    finding::write(tx, &new).await?;
    finding::change(tx, &changed).await?;
    Ok(customers)
}

/// What a writer knows without having asked in its transaction.
#[derive(Clone, Copy, Default)]
pub(crate) struct Known<'a> {
    /// Of numbers.
    pub(crate) numbers: Option<&'a Remembered>,
    /// By which naming it knows its customers.
    pub(crate) naming: Option<i64>,
}

/// The second half of [`apply`]: gives numbers, from where on other writers of the month wait, and writes the rows, each with
/// its own of `contexts`. With what is `known` of numbers fewer questions are asked, and one that turns out to be taken is
/// the database's [`DbError::Duplicate`].
///
/// # Errors
/// [`WriteError`]; what was written is then to be undone.
pub(crate) async fn numbered(
    tx: &mut Tx,
    contexts: &[&Context],
    rows: &mut [Planned],
    customers: &[Customer],
    known: Known<'_>,
) -> Result<Vec<Entry>, WriteError> {
    set_numbers(tx, rows, known).await?;
    for row in rows.iter_mut() {
        row.after.challan.stage = row.after.challan.stage_of();
    }
    let rows: &[Planned] = rows;
    let (stored, entries) = join(store(tx, rows), async { entries(contexts, rows, customers) }).await;
    stored?;
    Ok(entries)
}

/// What new rows show to filters, and what changed ones showed and show.
fn shown(rows: &[Planned], tz: Tz) -> (Vec<(Uuid, Finding)>, Vec<Changed>) {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for row in rows {
        let (id, after) = (row.after.challan.id, Finding::of(&row.after.challan, tz));
        match &row.before {
            None => new.push((id, after)),
            Some(before) => changed.push(Changed { id, before: Finding::of(before, tz), after }),
        }
    }
    (new, changed)
}

async fn store(tx: &mut Tx, rows: &[Planned]) -> Result<(), WriteError> {
    let new: Vec<&Stored> = rows.iter().filter(|r| r.before.is_none()).map(|r| &r.after).collect();
    challans::insert(tx, &new).await?;
    let changed: Vec<(&Challan, &Stored)> =
        rows.iter().filter_map(|r| r.before.as_ref().map(|before| (before, &r.after))).collect();
    if challans::update(tx, &changed).await? { Ok(()) } else { Err(WriteError::Moved) }
}

/// The log rows of new `customers`, then of `rows`.
fn entries(contexts: &[&Context], rows: &[Planned], customers: &[Customer]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::with_capacity(customers.len() + rows.len());
    for customer in customers {
        let naming = rows.iter().position(|row| row.after.challan.customer_id == customer.id).unwrap_or_default();
        entries.push(record::customer(contexts[naming], "created", None, customer));
    }
    entries.extend(contexts.iter().zip(rows).map(|(context, row)| Entry::from_change(&change(context, row))));
    entries
}

/// What rehearsals that follow each other know of those before, which were rolled back.
#[derive(Debug, Default)]
pub struct Rehearsed {
    invoices: invoices::Rehearsed,
    /// The ids that customers would have been given, by name.
    customers: HashMap<String, Uuid>,
}

/// Finds what stands beside `rows` and refuses them, as [`apply`] would after what was `rehearsed`, in a transaction that is
/// rolled back afterwards.
///
/// # Errors
/// [`WriteError`].
pub async fn rehearse(
    tx: &mut Tx,
    context: &Context,
    rows: &mut [Planned],
    rehearsed: &mut Rehearsed,
) -> Result<(), WriteError> {
    for new in set_customers(tx, context.now, rows).await? {
        let known = *rehearsed.customers.entry(new.name).or_insert(new.id);
        for row in rows.iter_mut().filter(|row| row.after.challan.customer_id == new.id) {
            row.after.challan.customer_id = known;
        }
    }
    let settled = invoices::settle(tx, rows, &rehearsed.invoices).await?;
    set_numbers(tx, rows, Known::default()).await?;
    // Not before: rows that were refused have moved nothing.
    rehearsed.invoices.extend(settled);
    Ok(())
}

/// Gives each row that names a customer its id and name, or no id where that one is not on the list yet, so that whoever
/// may write for some customers only is judged by the row as it would be.
///
/// # Errors
/// The database's own.
pub async fn name_customers<'a>(tx: &mut Tx, rows: impl Iterator<Item = &'a mut Challan>) -> db::Result<()> {
    let mut rows: Vec<&mut Challan> = rows.collect();
    let names: Vec<String> = rows.iter().map(|c| c.facts.customer.clone()).collect();
    let found = customers::named(tx, &names.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    for row in &mut rows {
        row.customer_id = Uuid::nil();
        set_customer(row, &found);
    }
    Ok(())
}

/// Gives a row that names one of the customers `found` its id and name.
pub fn set_customer(challan: &mut Challan, found: &HashMap<String, Named>) {
    if let Some(named) = found.get(&fold(&challan.facts.customer)) {
        challan.customer_id = named.id;
        challan.facts.customer.clone_from(&named.name);
    }
}

/// Looks up the customers that rows name anew and nobody looked up yet. Unknown ones are added, and told.
async fn set_customers(tx: &mut Tx, now: DateTime<Utc>, rows: &mut [Planned]) -> Result<Vec<Customer>, WriteError> {
    let open = |r: &Planned| {
        let after = &r.after.challan;
        after.customer_id.is_nil()
            || r.before
                .as_ref()
                .is_some_and(|b| b.facts.customer != after.facts.customer && b.customer_id == after.customer_id)
    };
    let (found, new) = {
        let names: Vec<&str> =
            rows.iter().filter(|r| open(r)).map(|r| r.after.challan.facts.customer.as_str()).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        customers::resolve(tx, &names, now.timestamp_micros(), Uuid::now_v7).await?
    };
    for row in rows.iter_mut().filter(|r| open(r)) {
        set_customer(&mut row.after.challan, &found);
    }
    Ok(new)
}

/// Counters are taken in order of period, so that two writers never wait for each other crosswise. A number has nothing
/// of its day but year and month, so rows of one month are drawn for at once.
async fn set_numbers(tx: &mut Tx, rows: &mut [Planned], known: Known<'_>) -> Result<(), WriteError> {
    let places: Vec<usize> = (0..rows.len()).filter(|place| rows[*place].takes_number).collect();
    let date = |place: &usize| rows[*place].after.challan.facts.date;
    let month = |place: &usize| (date(place).year(), date(place).month());
    let claims = rows.iter().filter_map(Planned::claims);
    let claimed: Claimed = claims.map(|(year, number)| (year, number.to_owned())).collect();
    if let (Some(remembered), Some(first)) = (known.numbers, places.first())
        && claimed.is_empty()
        && places.iter().all(|place| month(place) == month(first))
        && let Some(drawn) = remembered.draw(tx, date(first), places.len(), known.naming).await?
    {
        let refused: Vec<_> = places.iter().skip(drawn.len()).map(|place| used_up(*place, date(place))).collect();
        give(rows, places, drawn);
        return if refused.is_empty() { Ok(()) } else { Err(WriteError::Refused(refused)) };
    }
    if let Some(naming) = known.naming
        && !naming::unchanged(tx, naming).await?
    {
        return Err(WriteError::Moved);
    }
    if places.is_empty() {
        return Ok(());
    }
    let series = series::current(tx).await?;
    let mut months: BTreeMap<(String, i32, u32), Vec<usize>> = BTreeMap::new();
    for place in &places {
        let (year, month) = month(place);
        months.entry((series.series.period(date(place)), year, month)).or_default().push(*place);
    }
    let mut refused = Vec::new();
    for places in months.into_values() {
        let Some(first) = places.first() else { continue };
        let date = rows[*first].after.challan.facts.date;
        let drawn = numbers::draw(tx, &series, date, places.len(), &claimed).await?;
        refused.extend(places.iter().skip(drawn.len()).map(|place| used_up(*place, date)));
        give(rows, places, drawn);
    }
    if !refused.is_empty() {
        return Err(WriteError::Refused(refused));
    }
    if let Some(remembered) = known.numbers {
        remembered.keep(&series);
    }
    Ok(())
}

/// The number of a challan, in whose financial year it is its own.
fn numbered_in_year(challan: &Challan) -> Option<(i32, &str)> {
    Some((financial_year(challan.facts.date), challan.challan_number.as_deref()?))
}

fn used_up(place: usize, date: NaiveDate) -> Refused {
    let reason =
        format!("Every number of the series is used for the period of {date}. An admin can set another series.");
    Refused { place, errors: Errors::of("date", Reason::new("numbers_used_up", reason)), by_neighbour: false }
}

fn give(rows: &mut [Planned], places: Vec<usize>, numbers: Vec<String>) {
    for (place, number) in places.into_iter().zip(numbers) {
        rows[place].after.challan.challan_number = Some(number);
    }
}

fn change(context: &Context, row: &Planned) -> Change {
    let after = &row.after.challan;
    Change {
        entity: "challan".into(),
        entity_id: after.id.to_string(),
        version: after.version,
        kind: row.kind.into(),
        actor: Some(Actor { id: context.actor_id.to_string(), name: context.actor_name.clone() }),
        changes: event::changes(row.before.as_ref(), after),
        also: event::also(row.before.as_ref(), after),
        batch_id: context.batch_id.to_string(),
        request_id: context.request_id.clone(),
        at_micros: context.now.timestamp_micros(),
        via: context.via.into(),
        address: context.address.clone(),
        row: Some(event::row(after)),
    }
}

/// Instants as they stand on the wire.
#[must_use]
pub fn rfc3339(t: DateTime<Utc>) -> String {
    t.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
