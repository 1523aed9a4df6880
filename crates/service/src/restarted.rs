//! Work in the background that a panic does not end: a service goes on answering without it, and nobody would notice.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// From a panic to the next try: what panics at once each time shall neither fill the log nor hold a processor.
const PAUSE: Duration = Duration::from_secs(1);

/// Does `work` until it returns. Whenever it panics, that is logged with its `name`, and it begins anew a second later, unless
/// `stop` was told by then. What shall outlast a panic, such as the end of a queue, belongs to the closure; what the work holds
/// itself is dropped.
///
/// To be spawned: `tokio::spawn(restarted("the sweep", stop, async move || sweep(&db).await))`.
pub async fn restarted(name: &str, stop: CancellationToken, mut work: impl AsyncFnMut()) {
    // Nothing is looked at after a panic but what the closure owns, of which each piece of work takes care itself.
    while let Err(panic) = AssertUnwindSafe(work()).catch_unwind().await {
        tracing::error!("{name} broke off and begins anew: {}", message(&*panic));
        if timeout(PAUSE, stop.cancelled()).await.is_ok() {
            return;
        }
    }
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use tokio::sync::mpsc;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn work_goes_on_after_a_panic_with_what_outlasts_it() {
        let (tell, mut told) = mpsc::unbounded_channel();
        let (done, mut doings) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let until = stop.clone();
        let working = tokio::spawn(restarted("counting", stop.clone(), async move || {
            while let Some(Some(number)) = until.run_until_cancelled(told.recv()).await {
                assert_ne!(number, 2, "two is too many");
                done.send(number).unwrap();
            }
        }));
        let began = Instant::now();
        for number in [1, 2, 3] {
            tell.send(number).unwrap();
        }
        assert_eq!((doings.recv().await, doings.recv().await), (Some(1), Some(3)));
        assert!(began.elapsed() >= PAUSE, "not at once");
        stop.cancel();
        working.await.unwrap();
        assert_eq!(doings.recv().await, None, "work that returned is not begun anew");
    }

    #[tokio::test]
    async fn nothing_begins_anew_after_the_stop() {
        let stop = CancellationToken::new();
        stop.cancel();
        let mut times = 0;
        restarted("failing", stop, async || {
            times += 1;
            panic!("time {times}");
        })
        .await;
        assert_eq!(times, 1);
    }

    #[test]
    fn a_panic_says_what_it_was() {
        let said = |run: fn()| message(&*std::panic::catch_unwind(run).unwrap_err()).to_owned();
        assert_eq!(said(|| panic!("plain")), "plain");
        assert_eq!(said(|| panic!("number {}", 7)), "number 7");
        assert_eq!(said(|| std::panic::panic_any(7)), "it panicked");
    }
}
