//! One transaction for several writes: read together, judged one by one, written together.

use std::collections::{HashMap, HashSet};

use changelog::{Entry, Log};
use db::{Db, DbError, Tx};
use serde_json::Value;
use service::Problem;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::member::{Judged, Member};
use crate::api::challans::one;
use crate::api::fault::Fault;
use crate::api::repeat::{self, Repeat, Reply};
use crate::api::shown::shown_again;
use crate::batch::{self, Action, Tally};
use crate::invoices;
use crate::store::answers::Kept;
use crate::store::challans::{self, Stored};
use crate::store::numbers::Remembered;
use crate::store::{answers, customers, naming, numbers};
use crate::write::{self, Context, Known, NUMBER_TAKEN, Planned, Refused, WriteError};

/// What became of one write.
pub(super) enum Settled {
    /// It is done, or refused.
    Answered(Result<Reply, Problem>),
    /// It is done and this is the row: its asker shows it, so that the next group does not wait for that.
    Written(Box<Planned>),
    /// It meets another one, so it is to be run again in a transaction of its own.
    Alone,
}

/// Why nothing of a transaction was done.
#[derive(Debug)]
pub(super) enum Broken {
    /// It did not begin, since the database has no room or is away, or it is not known whether it was done: none of it is to be run
    /// again.
    Ended(DbError),
    /// It broke off and was rolled back.
    Undone(WriteError),
}

impl From<DbError> for Broken {
    fn from(error: DbError) -> Broken {
        match error {
            DbError::Unknown(_) => Broken::Ended(error),
            error => Broken::Undone(error.into()),
        }
    }
}

impl From<WriteError> for Broken {
    fn from(error: WriteError) -> Broken {
        Broken::Undone(error)
    }
}

impl From<Broken> for Fault {
    fn from(broken: Broken) -> Fault {
        match broken {
            Broken::Ended(error) => error.into(),
            Broken::Undone(error) => error.into(),
        }
    }
}

/// What a transaction is told that is one of many, one after the other.
pub(super) struct Among<'a> {
    /// To be told on a server when only the commit is left, since others wait.
    pub(super) nearly: oneshot::Sender<()>,
    /// What the ones before know of numbers and names. One that is taken then, or leads to somebody else, breaks the whole off.
    pub(super) remembered: &'a Remembered,
}

/// Does what `members` ask for in one transaction, each as if it were alone; gives what became of each, in their order.
/// One that would wait for another, or for a row that somebody else holds, is left for later, unless it came alone.
///
/// # Errors
/// [`Broken`]; then nobody's write is done, as far as is known.
pub(super) async fn run(
    db: &Db,
    log: &Log,
    members: &[&Member],
    among: Option<Among<'_>>,
) -> Result<Vec<Settled>, Broken> {
    let mut tx = db.begin().await.map_err(Broken::Ended)?;
    let waits = among.is_none() && members.len() == 1;
    let (nearly, remembered) = among.map(|among| (among.nearly, among.remembered)).unzip();
    let settled = members.iter().map(|_| None).collect();
    let mut group = Group { members, waits, remembered, naming: None, settled, kept: Vec::new() };
    let planned = match group.read(log, &mut tx).await {
        Err(error) if !tx.has_begun() => return Err(Broken::Ended(error)),
        planned => planned?,
    };
    let planned = group.clear_numbers(&mut tx, planned).await?;
    let (rows, entries) = group.apply(&mut tx, planned).await?;
    if let Some(naming) = group.naming.filter(|_| rows.is_empty())
        && !naming::unchanged(&mut tx, naming).await?
    {
        // What was refused may have been so for another customer.
        return Err(WriteError::Moved.into());
    }
    let mut kept = std::mem::take(&mut group.kept);
    if rows.is_empty() && kept.is_empty() {
        tx.rollback().await?;
        return Ok(group.settled.into_iter().map(|settled| settled.unwrap_or(Settled::Alone)).collect());
    }
    // Noted ahead, but for the places of those that also made a customer.
    let made: Vec<Uuid> = entries.iter().filter(|e| e.entity != "challan").map(|e| e.batch_id).collect();
    let contexts = rows.iter().map(|(place, row)| (&members[*place].context, row.kind.into(), Tally::default()));
    let notes: Vec<(&Context, Action, Tally)> =
        contexts.filter(|(context, ..)| made.contains(&context.batch_id)).collect();
    for (place, row) in &rows {
        let member = members[*place];
        if let Some(repeat) = &member.repeat {
            let reply = member.reply(row);
            kept.push(repeat.kept(&reply, member.context.now)?);
            group.settled[*place] = Some(Settled::Answered(Ok(reply)));
        }
    }
    answers::keep(&mut tx, &kept).await.map_err(|error| match error {
        // Not a number or a customer, that others are to look out for.
        DbError::Duplicate(same) => DbError::Conflict(same),
        error => error,
    })?;
    let appended = batch::note(log, &mut tx, &entries, &notes).await?;
    if let (Tx::MySql(_), Some(nearly)) = (&tx, nearly) {
        // Nobody may be left who waits for it.
        let _ = nearly.send(());
    }
    tx.commit().await?;
    if let Some(appended) = appended {
        appended.wake(log);
    }
    for (place, row) in rows {
        group.settled[place].get_or_insert_with(|| Settled::Written(Box::new(row)));
    }
    Ok(group.settled.into_iter().map(|settled| settled.unwrap_or(Settled::Alone)).collect())
}

/// The members of a transaction and what is known of each.
struct Group<'a> {
    members: &'a [&'a Member],
    /// Whether it waits for rows that another transaction holds: nobody else waits for it.
    waits: bool,
    remembered: Option<&'a Remembered>,
    /// By which naming its customers are known, where nobody asked.
    naming: Option<i64>,
    settled: Vec<Option<Settled>>,
    /// The answers of those that change nothing, where they may be asked for again: what others do until then stays.
    kept: Vec<Kept>,
}

/// Rows to be written, each with the place of its member.
type Rows = Vec<(usize, Planned)>;

impl Group<'_> {
    /// Those not settled yet.
    fn open(&self) -> Vec<usize> {
        (0..self.members.len()).filter(|place| self.settled[*place].is_none()).collect()
    }

    /// What is still to be done, judged against what stands.
    async fn read(&mut self, log: &Log, tx: &mut Tx) -> db::Result<Rows> {
        self.repeat(tx).await?;
        self.plan(log, tx).await
    }

    fn refuse(&mut self, place: usize, problem: Problem) {
        self.settled[place] = Some(Settled::Answered(Err(problem)));
    }

    /// Gives what was done before its answer of then. Of two under one key one is left for later.
    async fn repeat(&mut self, tx: &mut Tx) -> db::Result<()> {
        let mut requests: Vec<&Repeat> = Vec::new();
        for (place, member) in self.members.iter().enumerate() {
            let Some(repeat) = &member.repeat else { continue };
            if requests.iter().any(|other| other.is_under(repeat)) {
                self.settled[place] = Some(Settled::Alone);
            } else {
                requests.push(repeat);
            }
        }
        let Some(now) = self.members.first().map(|member| member.context.now).filter(|_| !requests.is_empty()) else {
            return Ok(());
        };
        let kept = repeat::kept(tx, &requests, now).await?;
        for place in self.open() {
            let Some(repeat) = &self.members[place].repeat else { continue };
            if let Some(kept) = kept.iter().find(|kept| repeat.is_of(kept)) {
                self.settled[place] = Some(match repeat.answer(kept)? {
                    Ok(reply) => self.again(tx, place, reply).await?,
                    Err(problem) => Settled::Answered(Err(problem)),
                });
            }
        }
        Ok(())
    }

    /// An answer that is given again, by the rights of now.
    async fn again(&self, tx: &mut Tx, place: usize, reply: Reply) -> db::Result<Settled> {
        let id = serde_json::from_str::<Value>(&reply.body).ok().and_then(|row| row["id"].as_str()?.parse().ok());
        let Some(id) = id else { return Ok(Settled::Answered(Ok(reply))) };
        let rows = match self.waits {
            true => challans::lock_many(tx, &[id]).await?,
            false => challans::lock_free(tx, &[id]).await?,
        };
        Ok(match rows.first() {
            Some(row) => Settled::Answered(shown_again(&self.members[place].caller, reply, &row.challan)),
            None => Settled::Alone,
        })
    }

    /// Locks the rows that are to be changed, by id. Of two changes of one row one is left for later, and so are those of rows
    /// that another transaction holds, or that are not there: neither a neighbour nor the next group shall wait for them.
    async fn lock(&mut self, tx: &mut Tx) -> db::Result<HashMap<Uuid, Stored>> {
        let mut ids: Vec<Uuid> = Vec::new();
        for place in self.open() {
            let Some(id) = self.members[place].row() else { continue };
            if ids.contains(&id) {
                self.settled[place] = Some(Settled::Alone);
            } else {
                ids.push(id);
            }
        }
        let rows = match ids.is_empty() {
            true => Vec::new(),
            false if self.waits => challans::lock_many(tx, &ids).await?,
            false => challans::lock_free(tx, &ids).await?,
        };
        let rows: HashMap<Uuid, Stored> = rows.into_iter().map(|row| (row.challan.id, row)).collect();
        for place in self.open() {
            if !self.waits && self.members[place].row().is_some_and(|id| !rows.contains_key(&id)) {
                self.settled[place] = Some(Settled::Alone);
            }
        }
        Ok(rows)
    }

    /// Judges every write against the rows and customers as they stand.
    async fn plan(&mut self, log: &Log, tx: &mut Tx) -> db::Result<Rows> {
        let mut stored = self.lock(tx).await?;
        let mut drafts = Vec::new();
        for place in self.open() {
            let member = self.members[place];
            let row = member.row().and_then(|id| stored.remove(&id));
            match member.draft(log, tx, row).await? {
                Ok(draft) => drafts.push((place, draft)),
                Err(problem) => self.refuse(place, problem),
            }
        }
        let names: Vec<&str> = drafts.iter().filter_map(|(_, draft)| draft.customer()).collect();
        let named = match self.remembered {
            Some(remembered) => {
                let (named, naming) = remembered.names.look_up(tx, &names).await?;
                self.naming = naming;
                named
            }
            None => customers::named(tx, &names).await?,
        };
        let mut planned = Vec::with_capacity(drafts.len());
        for (place, draft) in drafts {
            match self.members[place].judge(draft, &named) {
                Ok(Judged::Row(row)) => planned.push((place, *row)),
                Ok(Judged::Same(reply)) => {
                    let member = self.members[place];
                    if let Some(repeat) = &member.repeat {
                        self.kept.push(repeat.kept(&reply, member.context.now)?);
                    }
                    self.settled[place] = Some(Settled::Answered(Ok(reply)));
                }
                Err(problem) => self.refuse(place, problem),
            }
        }
        Ok(planned)
    }

    /// Refuses those that would take a number with them into a financial year where it is another challan's.
    async fn clear_numbers(&mut self, tx: &mut Tx, planned: Rows) -> db::Result<Rows> {
        let moved: Vec<(i32, &str)> = planned.iter().filter_map(|(_, row)| row.claims()).collect();
        if moved.is_empty() {
            return Ok(planned);
        }
        let taken = numbers::taken(tx, &moved).await?;
        let mut claimed: HashSet<(i32, String)> = HashSet::new();
        let mut clear = Vec::with_capacity(planned.len());
        for (place, row) in planned {
            let number = row.claims().map(|(year, number)| (year, number.to_owned()));
            match number {
                Some(number) if taken.get(&number).is_some_and(|by| *by != row.after.challan.id) => {
                    self.refuse(place, one("date", NUMBER_TAKEN.0, NUMBER_TAKEN.1));
                }
                Some(number) if !claimed.insert(number.clone()) => self.settled[place] = Some(Settled::Alone),
                _ => clear.push((place, row)),
            }
        }
        Ok(clear)
    }

    /// Writes the rows. Where some are refused by what stands beside them, which only an invoice does, all is taken back to the
    /// savepoint and the others are written; likewise, once, where somebody else put the same customer or number there
    /// meanwhile. Without a savepoint, which is a statement more, a group breaks off there.
    async fn apply(&mut self, tx: &mut Tx, mut planned: Rows) -> Result<(Rows, Vec<Entry>), WriteError> {
        let is_one = planned.len() == 1;
        let is_shared = !is_one && planned.iter().any(|(_, row)| invoices::concerns(row));
        if is_shared {
            tx.savepoint().await?;
        }
        let mut was_met = false;
        let mut by_neighbours: Vec<usize> = Vec::new();
        while !planned.is_empty() {
            let contexts: Vec<&Context> = planned.iter().map(|(place, _)| &self.members[*place].context).collect();
            let mut rows: Vec<Planned> = planned.iter().map(|(_, row)| row.clone()).collect();
            let known = Known { numbers: self.remembered.filter(|_| !was_met), naming: self.naming };
            let written = write(tx, &contexts, &mut rows, known).await;
            let written = match written {
                // While there is a place to go back to.
                Ok(entries) if is_shared => tx.flush().await.map(|()| entries).map_err(WriteError::from),
                written => written,
            };
            match written {
                Ok(entries) => {
                    let places = planned.into_iter().map(|(place, _)| place);
                    return Ok((places.zip(rows).collect(), entries));
                }
                Err(WriteError::Refused(refused)) if is_shared || is_one => {
                    planned = self.refuse_some(planned, refused, &mut by_neighbours);
                }
                Err(WriteError::Db(DbError::Duplicate(_))) if is_shared && !was_met => was_met = true,
                Err(error) => return Err(error),
            }
            if is_shared {
                tx.rollback_to_savepoint().await?;
            }
        }
        Ok((Vec::new(), Vec::new()))
    }

    /// Refuses those that what stands beside them refuses, and gives the others. `by_neighbours` are those that only another
    /// one's write refuses: where that is refused now, they are left for later.
    fn refuse_some(&mut self, planned: Rows, refused: Vec<Refused>, by_neighbours: &mut Vec<usize>) -> Rows {
        for place in by_neighbours.drain(..) {
            self.settled[place] = Some(Settled::Alone);
        }
        let mut refused: HashMap<usize, Refused> = refused.into_iter().map(|row| (row.place, row)).collect();
        let mut left = Vec::with_capacity(planned.len());
        for (i, (place, row)) in planned.into_iter().enumerate() {
            let Some(refused) = refused.remove(&i) else {
                left.push((place, row));
                continue;
            };
            self.refuse(place, self.members[place].refused(&refused.errors, row.before.as_ref()));
            by_neighbours.extend(refused.by_neighbour.then_some(place));
        }
        left
    }
}

/// Writes the rows and their batches, those of one row before the numbers, and gives the log rows.
async fn write(
    tx: &mut Tx,
    contexts: &[&Context],
    rows: &mut [Planned],
    known: Known<'_>,
) -> Result<Vec<Entry>, WriteError> {
    let Some(first) = contexts.first() else { return Ok(Vec::new()) };
    let customers = write::beside(tx, first, rows).await?;
    batch::note_ahead(tx, contexts, rows).await?;
    write::numbered(tx, contexts, rows, &customers, known).await
}
