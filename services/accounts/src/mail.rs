//! Mail to people who were invited or lost their password. Letters hold a token that is stored nowhere else, so they
//! wait in memory: a letter lost with the process is asked for again.

use std::time::Duration;

use anyhow::Context;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use service::config::MailSettings;
use service::restarted;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Letters that wait at once; one more is not taken.
const WAITING: usize = 256;
/// Pauses before a letter is tried again.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(10), Duration::from_secs(60)];
/// How long the mail server has for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A letter of plain text.
#[derive(Debug)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The text.
    pub body: String,
}

/// Where letters are handed in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PostBox(Option<mpsc::Sender<Letter>>);

impl PostBox {
    /// A post box for these settings, and the task that empties it until `stop`; without settings nothing is sent.
    ///
    /// # Errors
    /// A sentence where `SMTP_URL` or `MAIL_FROM` cannot be used.
    pub fn open(settings: Option<&MailSettings>, stop: CancellationToken) -> anyhow::Result<(PostBox, JoinHandle<()>)> {
        let Some(settings) = settings else { return Ok((PostBox(None), tokio::spawn(async {}))) };
        let from: Mailbox =
            settings.from.parse().context("MAIL_FROM is no sender; DC Tracker <dc@example.com> would be right")?;
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(&settings.url)
            .context("SMTP_URL is no address of a mail server; smtps://user:password@mail.example.com would be right")?
            .timeout(Some(PATIENCE))
            .build();
        let (sender, mut letters) = mpsc::channel(WAITING);
        let carrying = restarted("sending mail", stop.clone(), async move || {
            carry(&mut letters, &server, &from, &stop).await;
        });
        Ok((PostBox(Some(sender)), tokio::spawn(carrying)))
    }

    /// Whether mail is sent at all.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Hands a letter in; false where none is sent or too many wait.
    #[must_use]
    pub fn post(&self, letter: Letter) -> bool {
        let Some(sender) = &self.0 else { return false };
        let taken = sender.try_send(letter).is_ok();
        if !taken {
            tracing::warn!("a letter was not taken: {WAITING} wait for the mail server already");
        }
        taken
    }
}

async fn carry(
    letters: &mut mpsc::Receiver<Letter>,
    server: &AsyncSmtpTransport<Tokio1Executor>,
    from: &Mailbox,
    stop: &CancellationToken,
) {
    while let Some(Some(letter)) = stop.run_until_cancelled(letters.recv()).await {
        match written(letter, from.clone()) {
            // What is under way when the service ends is given up: its bearer asks again.
            Ok(message) => drop(stop.run_until_cancelled(send(server, message)).await),
            Err(error) => tracing::error!("a letter could not be written: {error:#}"),
        }
    }
}

fn written(letter: Letter, from: Mailbox) -> anyhow::Result<Message> {
    let to: Mailbox = letter.to.parse().context("the address")?;
    Ok(Message::builder()
        .from(from)
        .to(to)
        .subject(letter.subject)
        .header(ContentType::TEXT_PLAIN)
        .body(letter.body)?)
}

/// Sends once; a server that refuses for good (5xx) is not asked again, one that is away or busy is.
async fn send(server: &AsyncSmtpTransport<Tokio1Executor>, message: Message) {
    for pause in PAUSES.into_iter().map(Some).chain([None]) {
        let Err(error) = server.send(message.clone()).await else { return };
        match pause.filter(|_| !error.is_permanent()) {
            Some(pause) => {
                tracing::warn!("the mail server did not take a letter, it is tried again: {error}");
                tokio::time::sleep(pause).await;
            }
            None => {
                tracing::error!("the mail server did not take a letter: {error}");
                return;
            }
        }
    }
}
