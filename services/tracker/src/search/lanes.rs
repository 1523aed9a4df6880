//! Segments are looked through by as many cores as nobody else looks by.

use std::panic::resume_unwind;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tantivy::TantivyError;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How long one core looks alone, and at which segments.
#[derive(Clone, Copy)]
pub(super) struct Alone {
    long: Duration,
    /// Those at the end, which are the smallest, else those at the beginning.
    from_end: bool,
}

impl Alone {
    const fn of(millis: u64, from_end: bool) -> Alone {
        // Tests, which have few rows, go both ways at once.
        Alone { long: Duration::from_millis(if cfg!(test) { 0 } else { millis }), from_end }
    }
}

/// While rows are counted: another core takes a tenth of it to begin.
pub(super) const WHILE_COUNTED: Alone = Alone::of(1, true);
/// While the first rows of a list are looked for: two who look see more than one, since each passes over only what is behind its own
/// last row (`bench/README.md`).
pub(super) const WHILE_FOUND: Alone = Alone::of(10, false);

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

/// Does `look` for each of `segments`, in one lane while it is `alone` and then in more, each of which begins with a `start` of
/// its own; gives what the lanes came to, in no order. Lanes take the segments in their order, as long as `until`.
///
/// # Errors
/// The first one's, of any lane.
pub(super) fn each<T: Sync, L: Send>(
    mut segments: &[T],
    alone: Alone,
    until: Option<Instant>,
    start: impl Fn() -> L + Sync,
    look: impl Fn(&mut L, &T) -> tantivy::Result<()> + Sync,
) -> tantivy::Result<Vec<L>> {
    let (mut own, began) = (start(), Instant::now());
    while began.elapsed() < alone.long {
        let next = if alone.from_end { segments.split_last() } else { segments.split_first() };
        let Some((segment, left)) = next else { return Ok(vec![own]) };
        segments = left;
        in_time(until)?;
        look(&mut own, segment)?;
    }
    let next = AtomicUsize::new(0);
    let take = || segments.get(next.fetch_add(1, Ordering::Relaxed));
    let lane = |mut lane: L| {
        while let Some(segment) = take() {
            in_time(until)?;
            look(&mut lane, segment)?;
        }
        Ok(lane)
    };
    let others: Vec<SemaphorePermit<'_>> = (1..segments.len()).map_while(|_| OTHERS.try_acquire().ok()).collect();
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
