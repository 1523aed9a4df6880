//! Keeping the index: built from the tables, then fed by the change log. Its place in the log stands in each of its commits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use changelog::Log;
use chrono_tz::Tz;
use db::Db;
use service::Config;
use tantivy::TantivyError;
use tokio::task::block_in_place;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::Teller;
use super::folder::{Folder, ask_anew};
use super::held::Held;
use super::mapped::Mapped;
use super::shelf::Shelf;
use crate::store::challans;
use crate::store::list;

/// Between two commits, so that a burst of changes is written together and fewer pieces of the index are merged: a change is
/// found within a second. Whoever asks for what was just written does not wait for it, since a question hurries the commit.
const PACE: Duration = Duration::from_millis(800);
/// The same while there are always more.
const LONGEST: Duration = Duration::from_millis(900);
/// Rows of the log, and of the tables, that are read at once.
const ROWS: u32 = 1000;
/// Before another try after an error, and the longest, since every try that fails makes it twice as long.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How often the history is asked for and a request to build anew is looked for, while nothing changes.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is looked at how much memory the process holds: a merge reads a megabyte in a millisecond or two.
const LOOK_AT_HELD: Duration = Duration::from_millis(20);

/// Gives pages of `files` back whenever the process holds much, until what it answers is dropped.
fn give_back(files: Mapped) -> DropGuard {
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        while timeout(LOOK_AT_HELD, stopped.cancelled()).await.is_err() {
            if Held::now().is_much() {
                block_in_place(|| files.give_back());
            }
        }
    });
    stop.drop_guard()
}

/// What is kept in step, and with what.
#[derive(Clone)]
pub(crate) struct Keeper {
    pub(crate) db: Db,
    pub(crate) log: Log,
    pub(crate) tz: Tz,
    pub(crate) teller: Teller,
    pub(crate) stop: CancellationToken,
}

/// Keeps an index of this process under `root` in step with the log until `stop`. What fails is tried again; questions with
/// words are refused meanwhile.
pub(crate) async fn run(keeper: Keeper, root: PathBuf) {
    let mut folder: Option<Arc<Folder>> = None;
    let (mut is_trusted, mut pause) = (true, PAUSE);
    while !keeper.stop.is_cancelled() {
        let done = match &folder {
            Some(folder) => keeper.clone().watched(Arc::clone(folder), is_trusted).await,
            None => Folder::claim(&root).map(|claimed| folder = Some(Arc::new(claimed))),
        };
        let was_in_step = keeper.teller.view.send_replace(None).is_some();
        match done {
            Ok(()) => (is_trusted, pause) = (true, PAUSE),
            Err(error) => {
                tracing::warn!("words cannot be searched for now, the search index is not in step: {error:#}");
                is_trusted = !is_torn(&error);
                pause = if was_in_step { PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
                let _ = timeout(pause, keeper.stop.cancelled()).await;
            }
        }
    }
}

/// The index is not to be used any more.
#[derive(Debug, thiserror::Error)]
#[error("{0}; it is built anew")]
struct Torn(String);

fn is_torn(error: &anyhow::Error) -> bool {
    let corrupt = error.downcast_ref::<TantivyError>().is_some_and(|e| matches!(e, TantivyError::DataCorruption(_)));
    corrupt || error.is::<Torn>()
}

impl Keeper {
    /// As [`Keeper::follow`]; a torn file may also let the library panic.
    async fn watched(self, folder: Arc<Folder>, is_trusted: bool) -> anyhow::Result<()> {
        match tokio::spawn(async move { self.follow(&folder, is_trusted).await }).await {
            Ok(done) => done,
            Err(error) => Err(Torn(error.to_string()).into()),
        }
    }

    /// Opens the index or builds it, and feeds it until it has to be built anew or the process stops.
    async fn follow(&self, folder: &Folder, is_trusted: bool) -> anyhow::Result<()> {
        let end = self.log.place().await?;
        let is_asked = !is_trusted || folder.is_asked_anew();
        let left = if is_asked { None } else { block_in_place(|| Shelf::left(folder.path(), self.tz)) };
        let left = left.filter(|shelf| shelf.place.epoch == end.epoch && shelf.place.seq <= end.seq);
        let mut shelf = match left {
            Some(mut shelf) => {
                // With a commit it is looked at which pieces are to become one: a process that stopped soon after a bulk change had no
                // time to merge a hundred small ones, and each makes every list slower.
                block_in_place(|| shelf.commit())?;
                shelf
            }
            None => match self.build(folder, &mut |_| {}).await? {
                Some(shelf) => shelf,
                None => return Ok(()),
            },
        };
        self.feed(folder, &mut shelf).await
    }

    /// Feeds the index from its place on.
    async fn feed(&self, folder: &Folder, shelf: &mut Shelf) -> anyhow::Result<()> {
        let mut woken = self.log.listen();
        let (mut looked, mut committed, mut waiting) = (Instant::now(), Instant::now(), false);
        let _giving_back = give_back(shelf.files.clone());
        while !self.stop.is_cancelled() {
            woken.borrow_and_update();
            let rows = self.log.touched(shelf.place.seq, ROWS).await?;
            let mut ids: Vec<Uuid> = rows.iter().filter(|r| r.entity == "challan").map(|r| r.entity_id).collect();
            ids.sort_unstable();
            ids.dedup();
            // They may be newer than the place that the log was read to; then they come once more.
            let present = list::by_ids(&self.db, &ids).await?;
            if !rows.is_empty() || looked.elapsed() >= LOOK {
                looked = Instant::now();
                // Asked after the rows, and durable: a crash of the database takes nothing back that the index has.
                let end = self.log.place().await?;
                if end.epoch != shelf.place.epoch || end.seq < shelf.place.seq || folder.is_asked_anew() {
                    return Ok(());
                }
                anyhow::ensure!(!self.teller.is_told_broken(), Torn("a question to it failed".into()));
            }
            block_in_place(|| shelf.replace(&ids, &present))?;
            waiting |= !ids.is_empty();
            shelf.place.seq = rows.last().map_or(shelf.place.seq, |row| row.seq);
            let is_behind = rows.len() >= ROWS as usize;
            if waiting && (!is_behind || committed.elapsed() >= LONGEST) {
                block_in_place(|| shelf.commit())?;
                (committed, waiting) = (Instant::now(), false);
            }
            // Nobody sees it before it has caught up the first time.
            let seen = self.teller.view.borrow().as_ref().map(|view| view.place);
            if seen.is_some() && !waiting {
                shelf.renew_a_piece();
            }
            let is_merged = block_in_place(|| shelf.has_merged())?;
            // What waits to be committed is not in the files.
            let place = seen.filter(|_| waiting).unwrap_or(shelf.place);
            if (is_merged || seen != Some(place)) && (seen.is_some() || !waiting && !is_behind) {
                self.teller.view.send_replace(Some(shelf.view(place)));
            }
            if rows.is_empty() {
                tokio::select! {
                    _ = timeout(self.log.poll(), woken.changed()) => {}
                    () = self.stop.cancelled() => {}
                }
            } else if !is_behind {
                tokio::select! {
                    () = tokio::time::sleep(PACE.saturating_sub(committed.elapsed())) => {}
                    () = self.teller.hurry.notified() => {}
                    () = self.stop.cancelled() => {}
                }
            }
        }
        Ok(())
    }

    /// Builds the index from the tables; `told` hears how many rows are in it. None after `stop`.
    async fn build(&self, folder: &Folder, told: &mut (dyn FnMut(u64) + Send)) -> anyhow::Result<Option<Shelf>> {
        let began = Instant::now();
        tracing::info!("the search index is being built; words are answered when it is");
        // The place first: what changes while the rows are read comes again from the log.
        let place = self.log.place().await?;
        let shelf = block_in_place(|| anyhow::Ok(Shelf::empty(folder.emptied()?, place, self.tz)?))?;
        let _giving_back = give_back(shelf.files.clone());
        let (mut rows, mut count) = (list::by_id(&self.db, Uuid::nil(), ROWS).await?, 0);
        while let Some(last) = rows.last() {
            if self.stop.is_cancelled() {
                return Ok(None);
            }
            let (db, after) = (self.db.clone(), last.id);
            // The next are read while these are taken in.
            let next = tokio::spawn(async move { list::by_id(&db, after, ROWS).await });
            block_in_place(|| rows.iter().try_for_each(|row| anyhow::Ok(shelf.add(&challans::decode(&row.doc)?)?)))?;
            count += rows.len() as u64;
            told(count);
            rows = next.await??;
        }
        // What was read is on the disk now: a crash of the database takes nothing back that the index has.
        if self.log.place().await?.epoch != place.epoch {
            return Ok(None);
        }
        let shelf = block_in_place(|| shelf.merged())?;
        folder.answer();
        let seconds = began.elapsed().as_secs_f64();
        tracing::info!("the search index of {count} challans is built, in {seconds:.1} s");
        Ok(Some(shelf))
    }
}

/// What [`reindex`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reindexed {
    /// No tracker runs here: the index was built, of so many challans.
    Built(u64),
    /// So many running trackers have built theirs.
    Asked(usize),
}

/// Builds the index of `config`'s `INDEX_DIR` anew. Trackers that run there do it themselves, and it waits for them. `told`
/// hears how many rows are done, where it builds.
///
/// # Errors
/// The database's and the file system's own.
pub async fn reindex(config: &Config, mut told: impl FnMut(u64) + Send) -> anyhow::Result<Reindexed> {
    let asked = if config.index_dir.exists() { ask_anew(&config.index_dir)? } else { Vec::new() };
    if !asked.is_empty() {
        while asked.iter().any(|request| request.exists()) {
            tokio::time::sleep(PAUSE / 5).await;
        }
        return Ok(Reindexed::Asked(asked.len()));
    }
    let db = crate::store::open(config).await?;
    let log = Log::open(db.clone(), "tracker").await?;
    let (teller, _search) = super::Search::new();
    let keeper = Keeper { db: db.clone(), log, tz: config.org_timezone, teller, stop: CancellationToken::new() };
    let folder = Folder::claim(&config.index_dir)?;
    let mut rows = 0;
    let built = keeper
        .build(&folder, &mut |count| {
            rows = count;
            told(count);
        })
        .await?;
    db.close().await;
    anyhow::ensure!(built.is_some(), "The register was restored meanwhile; run it once more.");
    Ok(Reindexed::Built(rows))
}
