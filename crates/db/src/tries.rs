//! Running a transaction again that met another one.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// The tries of a transaction that may meet others: the first at once, each later one after a longer pause of random length,
/// so that writers who met once do not meet again.
pub struct Tries {
    pauses: std::iter::Chain<std::iter::Once<Duration>, ExponentialBackoff>,
    began: Instant,
}

/// When no further try is begun: each may itself wait as long as this for a lock.
const LONGEST: Duration = Duration::from_secs(4);

impl Tries {
    /// No try was made yet.
    #[must_use]
    pub fn new() -> Tries {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(2))
            .with_max_delay(Duration::from_millis(200))
            .with_max_times(9)
            .with_jitter();
        Tries { pauses: std::iter::once(Duration::ZERO).chain(pauses.build()), began: Instant::now() }
    }

    /// Waits for the next try; false when about a second of pauses is over, or one of the tries itself waited long, and the
    /// caller is to be told to come back.
    pub async fn again(&mut self) -> bool {
        let Some(pause) = self.pauses.next().filter(|_| self.began.elapsed() < LONGEST) else { return false };
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        true
    }
}

impl Default for Tries {
    fn default() -> Tries {
        Tries::new()
    }
}
