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

use changelog::Log;
use db::{Db, Tries};
use service::Problem;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::api::fault::Fault;
use crate::api::repeat::Reply;
use crate::write::WriteError;
use transaction::{Broken, Settled, run};

/// The most writes of one group: few enough for one statement of their rows, and for the log to be held for milliseconds.
const MOST: usize = 64;
/// Writes that may wait for a group; more are told to come back.
const WAITING: usize = 1024;
/// Groups at once on a server. They wait for each other where they draw numbers and append to the log, so a second one
/// is good for what comes before that, and a third one only makes groups smaller.
const GROUPS: usize = 2;

/// A write on its way into a group.
struct Job {
    member: Arc<Member>,
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
}

/// The two ends of the queue of writes.
pub(crate) fn open(db: Db, log: Log) -> (Writer, Groups) {
    let (jobs, queue) = mpsc::channel(WAITING);
    (Writer { db: db.clone(), log: log.clone(), jobs }, Groups { db, log, jobs: queue })
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
        if self.jobs.try_send(Job { member: Arc::clone(&member), answer }).is_err() {
            return Err(Problem::unavailable(
                "Too many changes are waiting. Try again in a moment; nothing was changed.",
            )
            .into());
        }
        match answered.await {
            Ok(Settled::Answered(answer)) => Ok(answer?),
            // A group that was given up has done nothing.
            Ok(Settled::Alone) | Err(_) => self.alone(&member).await,
        }
    }

    /// Does it in a transaction of its own, again where that meets another one.
    async fn alone(&self, member: &Member) -> Result<Reply, Fault> {
        let mut tries = Tries::new();
        while tries.again().await {
            match run(&self.db, &self.log, &[member]).await {
                Ok(settled) => {
                    if let Some(Settled::Answered(answer)) = settled.into_iter().next() {
                        return Ok(answer?);
                    }
                }
                Err(Broken::Undone(error)) if error.asks_for_retry() => {}
                Err(broken) => return Err(broken.into()),
            }
        }
        Err(WriteError::Moved.into())
    }
}

impl Groups {
    /// Works until `end`, and then until the groups under way are done.
    pub(crate) async fn run(mut self, end: CancellationToken) {
        let at_once = if matches!(self.db, Db::MySql(_)) { GROUPS } else { 1 };
        let free = Arc::new(Semaphore::new(at_once));
        while let Ok(turn) = Arc::clone(&free).acquire_owned().await {
            let mut jobs = Vec::with_capacity(MOST);
            tokio::select! {
                _ = self.jobs.recv_many(&mut jobs, MOST) => {}
                () = end.cancelled() => {}
            }
            if jobs.is_empty() {
                break;
            }
            let (db, log) = (self.db.clone(), self.log.clone());
            // A task of its own: a panic ends this group, whose writes are then run singly.
            tokio::spawn(async move {
                settle(&db, &log, jobs).await;
                drop(turn);
            });
        }
        let all = u32::try_from(at_once).unwrap_or(u32::MAX);
        let _done = free.acquire_many(all).await;
    }
}

/// Runs one group and answers its members. Those whose callers went away before it began are left out.
async fn settle(db: &Db, log: &Log, mut jobs: Vec<Job>) {
    jobs.retain(|job| !job.answer.is_closed());
    if jobs.is_empty() {
        return;
    }
    let members: Vec<&Member> = jobs.iter().map(|job| &*job.member).collect();
    let settled: Vec<Settled> = match run(db, log, &members).await {
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
