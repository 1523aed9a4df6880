//! Segments are looked through by as many cores as nobody else looks by.

use std::panic::resume_unwind;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Cores beside the one that each question has anyhow. Where many ask at once there is none left, and each goes its way alone.
static OTHERS: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(thread::available_parallelism().map_or(0, |cores| cores.get() - 1)));

/// Does `look` for each of `segments`, in up to `most` lanes, each of which begins with a `start` of its own; gives what the lanes
/// came to, in no order. Lanes take the segments in their order.
///
/// # Errors
/// The first one's, of any lane.
pub(super) fn each<T: Sync, L: Send>(
    segments: &[T],
    most: usize,
    start: impl Fn() -> L + Sync,
    look: impl Fn(&mut L, &T) -> tantivy::Result<()> + Sync,
) -> tantivy::Result<Vec<L>> {
    let next = AtomicUsize::new(0);
    let lane = || {
        let mut lane = start();
        while let Some(segment) = segments.get(next.fetch_add(1, Ordering::Relaxed)) {
            look(&mut lane, segment)?;
        }
        Ok(lane)
    };
    let others: Vec<SemaphorePermit<'_>> =
        (1..most.min(segments.len())).map_while(|_| OTHERS.try_acquire().ok()).collect();
    if others.is_empty() {
        return Ok(vec![lane()?]);
    }
    thread::scope(|scope| {
        let others: Vec<_> = others
            .into_iter()
            .map(|permit| {
                scope.spawn(|| {
                    let _permit = permit;
                    lane()
                })
            })
            .collect();
        let own = lane();
        // A torn file lets the library panic, which whoever asks is to see.
        let others = others.into_iter().map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        std::iter::once(own).chain(others).collect()
    })
}
