//! Sending challans to a running DC Tracker through its ingest API, as any other system does.

use std::io::{BufRead, BufReader, IsTerminal};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use backon::{ExponentialBuilder, Retryable};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

/// Rows of one call.
const ROWS: usize = 1000;
/// A part is sent again until it has been waited for so long between the tries, at most the second one before each: long enough
/// for a service that is started anew.
const PATIENCE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Longer than the gateway waits for rows to be taken in (60 s). Whoever went away without a word is not waited for.
const ANSWERED: Duration = Duration::from_secs(90);

/// Where to send and as whom.
#[derive(Args)]
pub(crate) struct Account {
    /// The gateway's address.
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub(crate) url: String,
    /// Who may import challans.
    #[arg(long, env = "SUPERADMIN_EMAIL")]
    pub(crate) email: String,
    /// Reads their password from standard input; without it, `SUPERADMIN_PASSWORD` has it.
    #[arg(long)]
    password_stdin: bool,
    #[arg(skip)]
    password: Option<String>,
}

impl Account {
    /// An account whose password is known already.
    pub(crate) fn of(url: String, email: String, password: String) -> Account {
        Account { url, email, password_stdin: false, password: Some(password) }
    }

    fn password(&self) -> anyhow::Result<String> {
        if let Some(password) = &self.password {
            return Ok(password.clone());
        }
        if self.password_stdin {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line)?;
            return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
        }
        std::env::var("SUPERADMIN_PASSWORD")
            .context("Set SUPERADMIN_PASSWORD to the password of --email, or give --password-stdin.")
    }
}

/// Sends a file of one JSON object a line.
///
/// # Errors
/// When the file or one of its lines cannot be read, the sign-in failed, or a call or a row was refused; rows sent
/// before stay.
pub(crate) async fn file(path: &Path, account: &Account) -> anyhow::Result<()> {
    let file = std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let lines = BufReader::new(file).lines().enumerate();
    send(lines.map(|(i, line)| line.with_context(|| format!("Line {} cannot be read", i + 1))), account).await
}

/// Sends rows.
///
/// # Errors
/// As [`file`].
pub(crate) async fn rows(rows: impl Iterator<Item = Value>, account: &Account) -> anyhow::Result<()> {
    send(rows.map(|row| Ok(row.to_string())), account).await
}

async fn send(lines: impl Iterator<Item = anyhow::Result<String>>, account: &Account) -> anyhow::Result<()> {
    let client = Client::sign_in(account).await?;
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    let (mut created, mut updated, mut unchanged, mut rejected) = (0, 0, 0, 0);
    let mut part = String::new();
    let (mut count, mut sent) = (0, 0);
    let mut lines = lines.filter(|l| !l.as_ref().is_ok_and(|l| l.trim().is_empty())).peekable();
    while let Some(line) = lines.next() {
        part.push_str(&line.with_context(|| format!("Stopped after {sent} rows were sent"))?);
        part.push('\n');
        count += 1;
        if count < ROWS && lines.peek().is_some() {
            continue;
        }
        let answer = client.ingest(std::mem::take(&mut part)).await?;
        let number = |name: &str| answer[name].as_u64().unwrap_or(0);
        created += number("created");
        updated += number("updated");
        unchanged += number("unchanged");
        rejected += number("rejected");
        for row in answer["results"].as_array().into_iter().flatten().filter(|r| r["outcome"] == "rejected") {
            bar.suspend(|| eprintln!("rejected {}: {}", row["external_id"], row["errors"]));
        }
        bar.inc(count as u64);
        sent += count;
        count = 0;
    }
    bar.finish_and_clear();
    eprintln!("{created} created, {updated} updated, {unchanged} unchanged, {rejected} rejected.");
    if rejected > 0 {
        bail!("Mend the rejected rows and send the file again: what was taken is then unchanged.");
    }
    Ok(())
}

/// A signed-in client.
struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Client {
    async fn sign_in(account: &Account) -> anyhow::Result<Client> {
        let http = reqwest::Client::builder().cookie_store(true).no_proxy().timeout(ANSWERED).build()?;
        let url = account.url.trim_end_matches('/').to_owned();
        let password = account.password()?;
        let mut client = Client { http, url, token: String::new() };
        client.token = client.fresh_token().await?;
        let answer = client
            .http
            .post(format!("{}/api/session-login/", client.url))
            .header("x-csrftoken", &client.token)
            .json(&json!({ "username": account.email, "password": password }))
            .send()
            .await?;
        if !answer.status().is_success() {
            bail!("The sign-in as {} was refused: {}", account.email, answer.text().await?);
        }
        client.token = client.fresh_token().await?;
        Ok(client)
    }

    async fn fresh_token(&self) -> anyhow::Result<String> {
        let answer = self
            .http
            .get(format!("{}/api/csrf/", self.url))
            .send()
            .await
            .with_context(|| format!("DC Tracker does not answer at {}", self.url))?;
        let body: Value = answer.error_for_status()?.json().await?;
        Ok(body["csrfToken"].as_str().unwrap_or_default().to_owned())
    }

    /// Sends one part, again where the answer is to come back later or none came: under its key it is taken in once.
    async fn ingest(&self, ndjson: String) -> anyhow::Result<Value> {
        let key = Uuid::now_v7().to_string();
        let pauses = ExponentialBuilder::default().with_max_delay(LONGEST_PAUSE).with_total_delay(Some(PATIENCE));
        (|| self.try_ingest(&key, &ndjson))
            .retry(pauses.without_max_times().with_jitter())
            .when(|refused| matches!(refused, Refused::ForNow(_)))
            .await
            .map_err(Into::into)
    }

    async fn try_ingest(&self, key: &str, ndjson: &str) -> Result<Value, Refused> {
        let request = self
            .http
            .post(format!("{}/api/ingest/challans/", self.url))
            .header("x-csrftoken", &self.token)
            .header("idempotency-key", key)
            .header("content-type", "application/x-ndjson")
            .body(ndjson.to_owned());
        let for_now = |error: reqwest::Error| Refused::ForNow(format!("{:#}", anyhow::Error::from(error)));
        let answer = request.send().await.map_err(for_now)?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(for_now);
        }
        let why = answer.text().await.unwrap_or_default();
        match status {
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Err(Refused::ForNow(why)),
            _ => Err(Refused::ForGood(why)),
        }
    }
}

/// Why a part was not taken in.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("The rows could not be sent: {0}")]
    ForNow(String),
    #[error("The rows were refused: {0}")]
    ForGood(String),
}
