//! Segments are looked through by as many cores as nobody else looks by.

use std::panic::resume_unwind;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tantivy::TantivyError;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long rows are counted by one core alone: another one takes a tenth of it to begin. Tests, which have few rows, go both ways
/// at once.
pub(super) const WHILE_COUNTED: Duration = Duration::from_millis(if cfg!(test) { 0 } else { 1 });
/// The same where the first rows of a list are looked for: two who look see more than one, since each passes over only what is
/// behind its own last row (`bench/README.md`).
pub(super) const WHILE_FOUND: Duration = Duration::from_millis(if cfg!(test) { 0 } else { 10 });

/// How long one question of somebody who waits looks for rows. Over ten million challans the longest that people ask takes 0.6 s
/// on an idle machine (`bench/README.md`); the gateway gives up after 15 s.
const LONGEST: Duration = Duration::from_secs(3);
/// What the error says of a question that takes longer.
pub(super) const TOO_LONG: &str = "the question takes too long";

/// Until when a question that begins now looks for rows.
pub(super) fn until() -> Instant {
    Instant::now() + LONGEST
}

/// # Errors
/// [`TOO_LONG`].
pub(super) fn in_time(until: Option<Instant>) -> tantivy::Result<()> {
    match until {
        Some(until) if Instant::now() > until => Err(TantivyError::InternalError(TOO_LONG.to_owned())),
        _ => Ok(()),
    }
}

/// Cores beside the one that each question has anyhow. Where many ask at once there is none left, and each goes its way alone.
static OTHERS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(thread::available_parallelism().map_or(0, |cores| cores.get() - 1)));

/// Does `look` for each of `segments`, in one lane for as long as `alone` and then in more, each of which begins with a `start` of
/// its own; gives what the lanes came to, in no order. Lanes take the segments in their order, as long as `until`.
///
/// # Errors
/// The first one's, of any lane.
pub(super) fn each<T: Sync, L: Send>(
    segments: &[T],
    alone: Duration,
    until: Option<Instant>,
    start: impl Fn() -> L + Sync,
    look: impl Fn(&mut L, &T) -> tantivy::Result<()> + Sync,
) -> tantivy::Result<Vec<L>> {
    let (next, began) = (AtomicUsize::new(0), Instant::now());
    let take = || segments.get(next.fetch_add(1, Ordering::Relaxed));
    let mut own = start();
    while began.elapsed() < alone {
        let Some(segment) = take() else { return Ok(vec![own]) };
        in_time(until)?;
        look(&mut own, segment)?;
    }
    let lane = |mut lane: L| {
        while let Some(segment) = take() {
            in_time(until)?;
            look(&mut lane, segment)?;
        }
        Ok(lane)
    };
    let left = segments.len().saturating_sub(next.load(Ordering::Relaxed));
    let others: Vec<SemaphorePermit<'_>> = (1..left).map_while(|_| OTHERS.try_acquire().ok()).collect();
    if others.is_empty() {
        return Ok(vec![lane(own)?]);
    }
    thread::scope(|scope| {
        let others: Vec<_> = others
            .into_iter()
            .map(|permit| {
                scope.spawn(|| {
                    let _permit = permit;
                    lane(start())
                })
            })
            .collect();
        let own = lane(own);
        // A torn file lets the library panic, which whoever asks is to see.
        let others = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(own).chain(others).collect()
    })
}
