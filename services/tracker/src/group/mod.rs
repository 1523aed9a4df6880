//! Small writes that come at once share a transaction and its commit: while one group commits the next gathers, and on an
//! idle machine a write goes at once and alone. A write is answered after its commit.
//!
//! Nobody harms a neighbour: what is refused before it is written has written nothing, what is refused by what stands beside
//! it is taken back to a savepoint, and where a whole group breaks off (a deadlock, a lost connection, a panic) each of its
//! writes is run again in a transaction of its own.

mod member;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod suite;
mod transaction;

pub(crate) use member::{Act, Ask, Member, Wanted};

use std::sync::Arc;
use std::time::{Duration, Instant};

use changelog::Log;
use db::{Db, DbError, Dialect, Tries};
use service::Problem;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::api::fault::Fault;
use crate::api::repeat::Reply;
use crate::store::numbers::Remembered;
use crate::write::WriteError;
use transaction::{Among, Broken, Settled, run};

/// The most writes of one group: few enough for one statement of their rows, and for the log to be held for milliseconds.
const MOST: usize = 64;
/// The sizes of groups. Each has statements of its own to be prepared, so there are few sizes; who is left over is in the next.
const SIZES: [usize; 14] = [MOST, 48, 32, 28, 24, 20, 16, 12, 8, 6, 4, 3, 2, 1];
/// Writes that may wait for a group; more are told to come back.
const WAITING: usize = 1024;

/// Groups under way at once, each in a transaction.
const AT_ONCE: u32 = 2;

/// How long a write may wait until its group begins, which may itself wait for 10 s: the gateway gives up after 15 s.
const LATE: Duration = Duration::from_secs(4);

/// A write on its way into a group.
struct Job {
    member: Arc<Member>,
    since: Instant,
    answer: oneshot::Sender<Settled>,
}

/// The way in for small writes.
#[derive(Clone)]
pub(crate) struct Writer {
    db: Db,
    log: Log,
    jobs: mpsc::Sender<Job>,
}

/// Forms groups until told to stop.
pub(crate) struct Groups {
    db: Db,
    log: Log,
    jobs: mpsc::Receiver<Job>,
    remembered: Arc<Remembered>,
}

/// The two ends of the queue of writes.
pub(crate) fn open(db: Db, log: Log) -> (Writer, Groups) {
    let (jobs, queue) = mpsc::channel(WAITING);
    let apart = db.apart(AT_ONCE);
    (Writer { db, log: log.clone(), jobs }, Groups { db: apart, log, jobs: queue, remembered: Arc::default() })
}

impl Writer {
    /// Does what `member` asks for, in a group, and gives its answer after the commit. A caller who goes away leaves the
    /// write to its group.
    ///
    /// # Errors
    /// Why it is refused; 503 where too many wait or the database is away.
    pub(crate) async fn write(&self, member: Member) -> Result<Reply, Fault> {
        let member = Arc::new(member);
        let (answer, answered) = oneshot::channel();
        let job = Job { member: Arc::clone(&member), since: Instant::now(), answer };
        if self.jobs.try_send(job).is_err() {
            return Err(too_many().into());
        }
        match answered.await {
            Ok(Settled::Answered(answer)) => Ok(answer?),
            Ok(Settled::Written(row)) => Ok(member.reply(&row)),
            // A group that was given up has done nothing.
            // Seldom, and what it keeps is ten times as much as all others carry about.
            Ok(Settled::Alone) | Err(_) => Box::pin(self.alone(&member)).await,
        }
    }

    /// Does it in a transaction of its own, again where that meets another one.
    async fn alone(&self, member: &Member) -> Result<Reply, Fault> {
        let mut tries = Tries::new();
        while tries.again().await {
            match run(&self.db, &self.log, &[member], None).await {
                Ok(settled) => match settled.into_iter().next() {
                    Some(Settled::Answered(answer)) => return Ok(answer?),
                    Some(Settled::Written(row)) => return Ok(member.reply(&row)),
                    Some(Settled::Alone) | None => {}
                },
                Err(Broken::Undone(error)) if error.asks_for_retry() => {}
                Err(broken) => return Err(broken.into()),
            }
        }
        Err(WriteError::Moved.into())
    }
}

impl Groups {
    /// Works until `end`, and then until the groups under way are done, once: its connections are then closed. On a server the
    /// next group begins while the one before commits: what comes before the numbers is then done in that time. Sooner, both would be smaller, and a third of a group's
    /// time is there whatever it writes (`bench/README.md`); who needs more starts another tracker.
    pub(crate) async fn run(&mut self, end: CancellationToken) {
        let mut under_way: Option<JoinHandle<()>> = None;
        let mut waiting = Vec::with_capacity(MOST);
        loop {
            while waiting.len() < MOST
                && let Ok(job) = self.jobs.try_recv()
            {
                waiting.push(job);
            }
            if waiting.is_empty() {
                tokio::select! {
                    _ = self.jobs.recv_many(&mut waiting, MOST) => {}
                    () = end.cancelled() => {}
                }
            }
            let Some(size) = SIZES.into_iter().find(|size| *size <= waiting.len()) else { break };
            let jobs: Vec<Job> = waiting.drain(..size).collect();
            let (nearly, is_nearly_done) = oneshot::channel();
            let (db, log, remembered) = (self.db.clone(), self.log.clone(), Arc::clone(&self.remembered));
            // A task of its own: a panic ends this group, whose writes are then run singly.
            let group =
                tokio::spawn(async move { settle(&db, &log, jobs, Among { nearly, remembered: &remembered }).await });
            if let Some(before) = under_way.replace(group) {
                let _done = before.await;
            }
            // Told, or dropped when the group is done.
            let _ = is_nearly_done.await;
        }
        if let Some(last) = under_way {
            let _done = last.await;
        }
        if self.db.dialect() == Dialect::MySql {
            // Nobody else's.
            self.db.close().await;
        }
    }
}

fn too_many() -> Problem {
    Problem::unavailable("Too many changes are waiting. Try again in a moment; nothing was changed.")
}

/// Runs one group and answers its members. Those whose callers went away before it began are left out, and those that waited too
/// long for it are told to come back.
async fn settle(db: &Db, log: &Log, jobs: Vec<Job>, among: Among<'_>) {
    let wanted = jobs.into_iter().filter(|job| !job.answer.is_closed());
    let (late, jobs): (Vec<Job>, Vec<Job>) = wanted.partition(|job| job.since.elapsed() >= LATE);
    for job in late {
        let _ = job.answer.send(Settled::Answered(Err(too_many())));
    }
    if jobs.is_empty() {
        return;
    }
    let members: Vec<&Member> = jobs.iter().map(|job| &*job.member).collect();
    let remembered = among.remembered;
    let mut settled = run(db, log, &members, Some(among)).await;
    if settled.is_err() {
        remembered.names.forget();
    }
    if let Err(Broken::Undone(WriteError::Db(DbError::Duplicate(_)))) = &settled {
        remembered.met();
        if members.len() > 1 {
            // Together once more, with numbers that are looked for: singly they would all wait for one counter.
            settled = run(db, log, &members, None).await;
        }
    }
    let settled: Vec<Settled> = match settled {
        Ok(settled) => settled,
        Err(Broken::Undone(error)) => {
            tracing::debug!(cause = ?error, "a group of {} writes broke off", jobs.len());
            jobs.iter().map(|_| Settled::Alone).collect()
        }
        Err(broken) => {
            let Fault(problem) = broken.into();
            jobs.iter().map(|_| Settled::Answered(Err(problem.clone()))).collect()
        }
    };
    for (job, settled) in jobs.into_iter().zip(settled) {
        // Whoever went away meanwhile has no use for it.
        let _ = job.answer.send(settled);
    }
}
