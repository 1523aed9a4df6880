//! Asking accounts who somebody is. An answer is used for one second at most, counted from the question.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use domain::identity::Identity;
use moka::future::Cache;
use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use crate::internal::{PROOF_HEADER, proof};
use crate::keys::{Tries, is_key};
use crate::problem::Problem;

/// The longest an answer of accounts is relied on.
pub const LIFETIME: Duration = Duration::from_secs(1);
/// How long accounts has to answer; a service without an answer refuses.
const DEADLINE: Duration = Duration::from_secs(3);

/// What somebody shows to prove who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Credential {
    /// The value of the session cookie.
    Session(String),
    /// An API key, `dct_…`.
    Key(String),
    /// Nobody shows anything: a service goes on with what this person asked for before, and needs the rights they have now.
    Person(Uuid),
}

/// Why there is no identity.
#[derive(Clone, Debug, Error)]
pub enum IdentityError {
    /// The credential is worth nothing (any more).
    #[error("the session or key is not valid")]
    Refused,
    /// Accounts did not answer in time: 503.
    #[error("accounts did not answer: {0}")]
    Unavailable(String),
}

#[derive(Clone)]
struct Answer {
    identity: Option<Arc<Identity>>,
    asked: Instant,
}

/// A client of `accounts /internal/identity` with a cache of one second.
#[derive(Clone)]
pub struct IdentityClient {
    http: reqwest::Client,
    urls: Arc<[String]>,
    proof: Arc<str>,
    cache: Cache<[u8; 32], Answer>,
    tries: Tries,
}

impl IdentityClient {
    /// A client of the accounts copies at `urls`.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(urls: &[String], secret: &str) -> Result<IdentityClient, reqwest::Error> {
        Ok(IdentityClient {
            http: reqwest::Client::builder().timeout(DEADLINE).no_proxy().build()?,
            urls: urls.into(),
            proof: proof(secret).into(),
            cache: Cache::builder().max_capacity(10_000).time_to_live(LIFETIME).build(),
            tries: Tries::default(),
        })
    }

    /// Who shows `credential`, by an answer no older than one second.
    ///
    /// # Errors
    /// [`IdentityError::Refused`] for 401, [`IdentityError::Unavailable`] for 503.
    ///
    /// The future is boxed: the compiler cannot prove the cache's own future `Send` for every lifetime otherwise.
    #[must_use]
    pub fn identify<'a>(
        &'a self,
        credential: &'a Credential,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<Identity>, IdentityError>> + Send + 'a>> {
        Box::pin(self.by_cache(credential))
    }

    /// Who shows `credential` in a request from `address`, whose wrong keys are counted.
    ///
    /// # Errors
    /// 401; 429 after many wrong keys; 503 where accounts does not answer.
    ///
    /// Boxed as [`IdentityClient::identify`] is.
    #[must_use]
    pub fn caller<'a>(
        &'a self,
        credential: &'a Credential,
        address: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<Identity>, Problem>> + Send + 'a>> {
        Box::pin(async move {
            let Credential::Key(key) = credential else { return Ok(self.by_cache(credential).await?) };
            self.tries.check(address, Instant::now())?;
            let found = if is_key(key) { self.by_cache(credential).await } else { Err(IdentityError::Refused) };
            if matches!(found, Err(IdentityError::Refused)) {
                self.tries.wrong(address, Instant::now());
            }
            Ok(found?)
        })
    }

    async fn by_cache(&self, credential: &Credential) -> Result<Arc<Identity>, IdentityError> {
        let key = cache_key(credential);
        let answer =
            self.cache.try_get_with(key, self.ask(credential)).await.map_err(|e: Arc<IdentityError>| (*e).clone())?;
        // The cache counts from the answer; what counts is the question.
        if answer.asked.elapsed() >= LIFETIME || answer.identity.as_ref().is_some_and(|i| i.valid_until <= Utc::now()) {
            self.cache.invalidate(&key).await;
            return self.fresh(credential).await;
        }
        answer.identity.ok_or(IdentityError::Refused)
    }

    /// Who shows `credential`, asked now.
    ///
    /// # Errors
    /// As [`IdentityClient::identify`].
    pub async fn fresh(&self, credential: &Credential) -> Result<Arc<Identity>, IdentityError> {
        let answer = self.ask(credential).await?;
        self.cache.insert(cache_key(credential), answer.clone()).await;
        answer.identity.filter(|i| i.valid_until > Utc::now()).ok_or(IdentityError::Refused)
    }

    /// The executive names of active users, with whose they are.
    ///
    /// # Errors
    /// [`IdentityError::Unavailable`] where no copy of accounts answers.
    pub async fn executives(&self) -> Result<Vec<(String, Uuid)>, IdentityError> {
        let mut last = "no address of accounts is known".to_owned();
        for url in self.urls.iter() {
            let request = self.http.get(format!("{url}/internal/executives")).header(PROOF_HEADER, &*self.proof);
            let names = async { request.send().await?.error_for_status()?.json().await };
            match names.await {
                Ok(names) => return Ok(names),
                Err(e) => last = reqwest::Error::to_string(&e),
            }
        }
        Err(IdentityError::Unavailable(last))
    }

    async fn send(&self, url: &str, credential: &Credential) -> reqwest::Result<reqwest::Response> {
        let question = self.http.post(format!("{url}/internal/identity")).header(PROOF_HEADER, &*self.proof);
        question.json(credential).send().await
    }

    async fn ask(&self, credential: &Credential) -> Result<Answer, IdentityError> {
        let mut last = "no address of accounts is known".to_owned();
        for url in self.urls.iter() {
            let asked = Instant::now();
            let mut sent = self.send(url, credential).await;
            // Accounts may close an idle connection just as the question goes out on it. A question changes nothing, so it is
            // asked once more, on another connection.
            if sent.as_ref().is_err_and(|e| !e.is_connect() && !e.is_timeout()) {
                sent = self.send(url, credential).await;
            }
            match sent {
                Ok(answer) if answer.status() == reqwest::StatusCode::UNAUTHORIZED => {
                    return Ok(Answer { identity: None, asked });
                }
                Ok(answer) if answer.status().is_success() => match answer.json::<Identity>().await {
                    Ok(identity) => return Ok(Answer { identity: Some(Arc::new(identity)), asked }),
                    Err(e) => last = e.to_string(),
                },
                Ok(answer) => last = format!("status {}", answer.status()),
                Err(e) => last = e.to_string(),
            }
        }
        Err(IdentityError::Unavailable(last))
    }
}

/// Credentials are kept hashed, so that a dump of memory does not hold a second copy of each.
fn cache_key(credential: &Credential) -> [u8; 32] {
    let mut hash = Sha256::new();
    let (kind, value) = match credential {
        Credential::Session(v) => (b"s", v.as_bytes()),
        Credential::Key(v) => (b"k", v.as_bytes()),
        Credential::Person(id) => (b"p", id.as_bytes().as_slice()),
    };
    hash.update(kind);
    hash.update(value);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    use domain::identity::{Role, Via};

    use super::*;

    fn take_request(connection: &mut TcpStream) {
        let mut text = Vec::new();
        let mut piece = [0; 4096];
        while !text.ends_with(b"}") {
            let n = connection.read(&mut piece).unwrap();
            assert!(n > 0, "the connection ended within a request");
            text.extend_from_slice(&piece[..n]);
        }
    }

    /// Accounts closes a connection that was idle for some seconds, maybe just when the next question is on its way.
    #[tokio::test]
    async fn a_connection_that_was_closed_meanwhile_costs_no_answer() {
        let who = Identity {
            user_id: Uuid::now_v7(),
            name: "Asha".into(),
            role: Role::User,
            via: Via::Session,
            session: String::new(),
            permissions: Vec::new(),
            executive_name: None,
            key_scopes: Vec::new(),
            key_sources: None,
            valid_until: Utc::now() + chrono::TimeDelta::hours(1),
        };
        let body = serde_json::to_string(&who).unwrap();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut first, _) = listener.accept().unwrap();
            take_request(&mut first);
            first.write_all(answer.as_bytes()).unwrap();
            take_request(&mut first);
            drop(first);
            let (mut second, _) = listener.accept().unwrap();
            take_request(&mut second);
            second.write_all(answer.as_bytes()).unwrap();
        });
        let client = IdentityClient::new(&[url], "0123456789abcdef0123456789abcdef").unwrap();
        let asha = Credential::Person(who.user_id);
        assert_eq!(client.fresh(&asha).await.unwrap().name, "Asha");
        assert_eq!(client.fresh(&asha).await.unwrap().name, "Asha");
        server.join().unwrap();
    }
}
