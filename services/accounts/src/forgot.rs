//! What a request for a new password sets in motion, after it was answered: so the answer tells nothing by its time.

use chrono::Utc;
use service::Config;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::event::Origin;
use crate::http::sign_in::is_own_domain;
use crate::links::NewLink;
use crate::mail::{Letter, PostBox};
use crate::store::Store;
use crate::store::links::Purpose;
use crate::store::tries::Taken;
use crate::store::users::User;
use crate::tries;

/// Requests that wait at once; one more is answered and not looked at.
const WAITING: usize = 256;

/// Somebody lost a password, or says so.
#[derive(Debug)]
pub struct Forgotten {
    /// The e-mail or user name as it was typed.
    pub name: String,
    /// Where the request came from.
    pub origin: Origin,
}

/// Where such requests are handed in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk(mpsc::Sender<Forgotten>);

impl Desk {
    /// A desk, and what comes over it.
    #[must_use]
    pub fn open() -> (Desk, mpsc::Receiver<Forgotten>) {
        let (sender, requests) = mpsc::channel(WAITING);
        (Desk(sender), requests)
    }

    /// Hands a request in, and never waits.
    pub fn tell(&self, request: Forgotten) {
        if self.0.try_send(request).is_err() {
            tracing::warn!("a request for a new password was dropped: {WAITING} wait already");
        }
    }
}

/// Works off requests until `stop`.
pub async fn attend(
    requests: &mut mpsc::Receiver<Forgotten>,
    config: &Config,
    store: &Store,
    post: &PostBox,
    stop: &CancellationToken,
) {
    while let Some(Some(request)) = stop.run_until_cancelled(requests.recv()).await {
        if let Err(error) = answer(&request, config, store, post).await {
            tracing::error!("a request for a new password was lost: {error:?}");
        }
    }
}

async fn answer(request: &Forgotten, config: &Config, store: &Store, post: &PostBox) -> db::Result<()> {
    let may = |u: &User| u.is_active && is_own_domain(config, &u.email);
    let Some(user) = store.user_by_name(&request.name).await?.filter(may) else { return Ok(()) };
    let now = Utc::now();
    let mails = tries::of_mails(&config.secret_key, user.id);
    if store.take(&mails, now.timestamp_micros()).await? != Taken::Yes {
        return Ok(());
    }
    if !post.is_open() {
        return store.note_reset_request(&user, &request.origin).await;
    }
    let link = NewLink::of(config, &user, Purpose::Reset, now);
    store.make_link(&user, &link.stored, &request.origin).await?;
    let _ = post.post(reset_letter(config, &user, &link));
    Ok(())
}

fn reset_letter(config: &Config, user: &User, link: &NewLink) -> Letter {
    let hours = config.sign_in.reset_hours;
    Letter {
        to: user.email.clone(),
        subject: "DC Tracker: a new password".into(),
        body: format!(
            "Somebody asked for a new password of your account {}.\n\nIf it was you, set one here within {hours} hours:\n\n\
             {}\n\nIf it was not, do nothing: your password stays as it is.\n",
            user.email, link.url
        ),
    }
}

/// The letter that takes an invitation to the person it is for.
#[must_use]
pub fn invitation_letter(config: &Config, user: &User, link: &NewLink, by: &str) -> Letter {
    let days = config.sign_in.invitation_days;
    Letter {
        to: user.email.clone(),
        subject: "DC Tracker: your account".into(),
        body: format!(
            "{by} made an account for you in DC Tracker.\n\nChoose a password here within {days} days:\n\n{}\n\n\
             You then sign in as {}.\n",
            link.url, user.email
        ),
    }
}
