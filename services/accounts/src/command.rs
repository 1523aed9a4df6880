//! What an administrator with a shell may do: list people, disable one, hand over a link to a new password.

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use db::DbError;
use domain::identity::Role;
use service::Config;
use service::pages::At;

use crate::event::Origin;
use crate::links::NewLink;
use crate::store::Store;
use crate::store::links::Purpose;
use crate::store::users::{LAST_SUPERADMIN, User, Wanted, at};

/// Tries to write over an account that somebody else writes at the same time.
const TRIES: usize = 5;
/// Accounts read at once.
const PAGE: u32 = 200;

/// A person with an account, as a list shows them.
#[derive(Clone, Debug)]
pub struct Person {
    /// The address.
    pub email: String,
    /// Given and family name, or the user name.
    pub name: String,
    /// What they are to the organisation.
    pub role: Role,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Whether they have a password; false while an invitation is open.
    pub has_password: bool,
    /// The last sign-in.
    pub last_sign_in_at: Option<DateTime<Utc>>,
}

/// A link to a new password.
#[derive(Clone, Debug)]
pub struct HandedLink {
    /// For the person alone.
    pub url: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Everybody with an account, by e-mail.
///
/// # Errors
/// When the database is away.
pub async fn people(config: &Config) -> anyhow::Result<Vec<Person>> {
    with(config, async |store| {
        let mut all = Vec::new();
        let mut place = At::Start;
        loop {
            let page = store.users(&Wanted::default(), &place, PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            place = At::After(last.place());
            all.extend(page.into_iter().map(person));
        }
    })
    .await
}

/// Keeps a person out: they cannot sign in, and every session of theirs ends. `name` is the e-mail or the user name.
/// False where that was so already.
///
/// # Errors
/// When nobody has that name, no superadmin would be left, or the database is away.
pub async fn disable(config: &Config, name: &str) -> anyhow::Result<bool> {
    with(config, async |store| {
        for _ in 0..TRIES {
            let before = named(store, name).await?;
            if !before.is_active {
                return Ok(false);
            }
            let after = User { version: before.version + 1, is_active: false, ..before.clone() };
            match store.change_user(&before, &after, true, &origin()).await {
                Err(DbError::Refused(LAST_SUPERADMIN)) => {
                    bail!("{name} is the last superadmin; make another one first.")
                }
                done => {
                    if done? {
                        return Ok(true);
                    }
                }
            }
        }
        bail!("{name} is being changed by somebody else; try again.");
    })
    .await
}

/// Makes a link by which a person sets a new password.
///
/// # Errors
/// When nobody has that name, the account is disabled, or the database is away.
pub async fn reset_link(config: &Config, name: &str) -> anyhow::Result<HandedLink> {
    with(config, async |store| {
        let user = named(store, name).await?;
        if !user.is_active {
            bail!("{name} is disabled; enable the account before making a link.");
        }
        let link = NewLink::of(config, &user, Purpose::Reset, Utc::now());
        store.make_link(&user, &link.stored, &origin()).await?;
        Ok(HandedLink { expires_at: link.expires_at(), url: link.url })
    })
    .await
}

async fn with<T>(config: &Config, work: impl AsyncFnOnce(&Store) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let store = Store::open(config).await?;
    let done = work(&store).await;
    store.db.close().await;
    done
}

async fn named(store: &Store, name: &str) -> anyhow::Result<User> {
    store.user_by_name(name).await?.with_context(|| format!("Nobody has the e-mail or user name {name:?}."))
}

fn person(user: User) -> Person {
    Person {
        name: user.name(),
        role: user.role,
        is_active: user.is_active,
        has_password: user.password_hash.is_some(),
        last_sign_in_at: user.last_sign_in_at.map(at),
        email: user.email,
    }
}

fn origin() -> Origin {
    Origin { via: "command", ..Origin::default() }
}
