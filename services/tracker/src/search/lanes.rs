//! Segments are looked through by as many cores as nobody else looks by.

use std::panic::resume_unwind;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use domain::filter::{Filter, Term, Test};
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
/// The same of more than [`FEW_TERMS`], which people hardly write: who makes one take long is told so within 200 ms. What was found in
/// whole segments until then is kept for who asks again. Tests have cores that are busy.
const LONGEST_OF_MANY: Duration = if cfg!(test) { LONGEST } else { Duration::from_millis(165) };
/// The dashboard's own piles have up to four.
const FEW_TERMS: usize = 12;
/// What the error says of a question that takes longer.
const TOO_LONG: &str = "the question takes too long";

/// Until when a question about `filter` that begins now looks for rows.
pub(super) fn until(filter: &Filter) -> Instant {
    Instant::now() + if is_of_many(filter) { LONGEST_OF_MANY } else { LONGEST }
}

fn is_of_many(filter: &Filter) -> bool {
    filter.terms().into_iter().map(looked_for).sum::<usize>() > FEW_TERMS
}

/// How many of a term's values are looked for; whole ones are found at once.
fn looked_for(term: &Term) -> usize {
    match term {
        Term::Words(_) => 1,
        Term::Field(_, test) => match test {
            Test::Any | Test::Nothing | Test::Stages(_) | Test::Flag(_) => 0,
            Test::Texts(texts) => texts.iter().filter(|text| text.prefix).count(),
            Test::Words(words) => words.len(),
            Test::Days(ranges) => ranges.len(),
            Test::Money(ranges) => ranges.len(),
            Test::Numbers(ranges) => ranges.len(),
        },
    }
}

/// # Errors
/// That it takes too long, as [`is_too_long`] tells.
pub(super) fn in_time(until: Option<Instant>) -> tantivy::Result<()> {
    match until {
        Some(until) if Instant::now() > until => Err(too_long()),
        _ => Ok(()),
    }
}

pub(super) fn too_long() -> TantivyError {
    TantivyError::InternalError(TOO_LONG.to_owned())
}

pub(super) fn is_too_long(error: &TantivyError) -> bool {
    matches!(error, TantivyError::InternalError(what) if what == TOO_LONG)
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use domain::filter::parse;

    use super::*;

    #[test]
    fn whole_values_are_few_terms_and_words_are_many() {
        let is_of_many = |text: &str| is_of_many(&parse(text).unwrap());
        for few in [
            "a b c d e f g h i j k l",
            "customer:a,b,c,d,e,f,g,h,i,j stage:draft,issued,void invoice:none",
            "-(\"a b\" OR \"b c\") remarks:gate amount:>5 date:2026 number:26070*",
        ] {
            assert!(!is_of_many(few), "{few}");
        }
        for many in [
            "a b c d e f g h i j k l m",
            "-(\"a b\" OR \"b c\" OR (c d e)) f g h i j k l m",
            "customer:a*,b*,c*,d*,e*,f*,g*,h*,i*,j*,k*,l*,m*",
            "remarks:a,b,c,d,e,f summary:a,b,c,d,e,f gate",
            "amount:1,2,3,4 age:1,2,3,4 date:2024,2025,2026 gate before",
        ] {
            assert!(is_of_many(many), "{many}");
        }
    }
}
