//! Who holds a session, as it was a moment ago.

use std::sync::Arc;
use std::time::Duration;

use domain::identity::Grant;
use moka::future::Cache;

use super::Store;
use super::sessions::Session;
use super::users::User;

/// How old an answer may be where another copy of this service made a change: a quarter of the one second in which a
/// smaller right has to be felt everywhere. Changes of this copy are felt at once.
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

/// Answers by the session's id and the place of this copy's last change, so that each change makes all of them old.
pub type Kept = Cache<(String, u64), Option<Arc<SignedIn>>>;

/// Nothing is kept yet.
#[must_use]
pub fn nothing_kept() -> Kept {
    Cache::builder().max_capacity(MOST).time_to_live(FRESH).build()
}

impl Store {
    /// Who holds the session with this id at `now` (microseconds UTC), as it was at most [`FRESH`] ago. For reading only.
    ///
    /// # Errors
    /// The database's.
    pub async fn signed_in(&self, id: &str, now: i64) -> db::Result<Option<Arc<SignedIn>>> {
        let key = (id.to_owned(), self.log.last_appended());
        if let Some(kept) = self.kept.get(&key).await {
            return Ok(kept.filter(|held| held.session.ends_at > now));
        }
        let found = self.signed_in_now(id, now).await?;
        self.kept.insert(key, found.clone()).await;
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
}
