//! Who holds a session, as it was a moment ago.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::identity::Grant;
use moka::future::Cache;

use super::Store;
use super::sessions::Session;
use super::users::User;

/// How old the knowledge may be that nobody wrote since, other copies of this service and the command line included: of the
/// one second in which a smaller right has to be felt everywhere, as good as nothing.
const LOOKED: Duration = Duration::from_millis(5);
/// How old an answer may be whatever the log says: a session's age and when it was seen are not in the log.
const FRESH: Duration = Duration::from_millis(250);
/// Answers that are kept at most, some kilobytes each.
const MOST: u64 = 10_000;

/// A session and everything that its holder is and may.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub user: User,
    /// The grants of that user, ended ones too.
    pub grants: Vec<Grant>,
}

/// Answers by the session's id and the end of the log when they were read, so that each change makes all of them old.
#[derive(Clone)]
pub struct Kept {
    answers: Cache<(String, u64), Option<Arc<SignedIn>>>,
    end: Arc<Mutex<Option<(Instant, u64)>>>,
}

impl Default for Kept {
    fn default() -> Kept {
        Kept { answers: Cache::builder().max_capacity(MOST).time_to_live(FRESH).build(), end: Arc::default() }
    }
}

impl Store {
    /// Who holds the session with this id at `now` (microseconds UTC), as it was a moment ago. For reading only.
    ///
    /// # Errors
    /// The database's.
    pub async fn signed_in(&self, id: &str, now: i64) -> db::Result<Option<Arc<SignedIn>>> {
        let key = (id.to_owned(), self.log_end().await?);
        if let Some(kept) = self.kept.answers.get(&key).await {
            return Ok(kept.filter(|held| held.session.ends_at > now));
        }
        let found = self.signed_in_now(id, now).await?;
        self.kept.answers.insert(key, found.clone()).await;
        Ok(found)
    }

    /// Who holds the session with this id at `now` (microseconds UTC).
    ///
    /// # Errors
    /// The database's.
    pub async fn signed_in_now(&self, id: &str, now: i64) -> db::Result<Option<Arc<SignedIn>>> {
        let Some(session) = self.session(id, now).await? else { return Ok(None) };
        let Some(user) = self.user(session.user_id).await? else { return Ok(None) };
        Ok(Some(Arc::new(SignedIn { grants: self.grants(user.id).await?, session, user })))
    }

    /// The end of the log, at most [`LOOKED`] old, and never before what this copy wrote.
    async fn log_end(&self) -> db::Result<u64> {
        let now = Instant::now();
        let known = *self.kept.end.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, end)) = known.filter(|(at, _)| now - *at < LOOKED) {
            return Ok(end.max(self.log.last_appended()));
        }
        let end = self.log.end().await?.seq;
        *self.kept.end.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, end));
        Ok(end)
    }
}
