//! The service as tests start it, and a browser at it.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service::Config;
use service::internal::PROOF_HEADER;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const BOSS: &str = "boss@4syz.com";
pub const PASSWORD: &str = "a long enough sentence";
pub const USER_PASSWORD: &str = "k8fjw02lso";

/// A running service with one superadmin.
pub struct House {
    pub base: String,
    pub config: Arc<Config>,
    pub stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
    _folder: testkit::sqlite::TestFolder,
    _database: Option<testkit::mariadb::TestDatabase>,
}

impl House {
    pub async fn open(on_mariadb: bool) -> House {
        House::open_with(on_mariadb, &[]).await
    }

    /// As [`House::open`], with settings besides.
    pub async fn open_with(on_mariadb: bool, more: &[(&'static str, String)]) -> House {
        let folder = testkit::sqlite::folder().unwrap();
        let database = if on_mariadb { Some(testkit::mariadb::database().await.unwrap()) } else { None };
        let mut settings: HashMap<&str, String> = folder.settings().into_iter().collect();
        settings.extend(database.iter().flat_map(testkit::mariadb::TestDatabase::settings));
        settings.insert("SUPERADMIN_EMAIL", BOSS.into());
        settings.insert("SUPERADMIN_PASSWORD", PASSWORD.into());
        settings.extend(more.iter().cloned());
        let config = Arc::new(Config::read(&|name| settings.get(name).cloned()).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let running = accounts::start(Arc::clone(&config), listener, stop.clone()).await.unwrap();
        let firsts = futures::future::join_all((0..3).map(|_| accounts::ensure_superadmin(&config))).await;
        assert_eq!(firsts.into_iter().filter_map(Result::unwrap).count(), 1, "exactly one superadmin");
        House { base, config, stop, running, _folder: folder, _database: database }
    }

    /// Another copy of the service on the same tables; its address and its end.
    pub async fn another_copy(&self) -> (String, JoinHandle<anyhow::Result<()>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        (base, accounts::start(Arc::clone(&self.config), listener, self.stop.clone()).await.unwrap())
    }

    /// Changes the tables behind the service's back.
    pub async fn sql(&self, statement: &'static str) {
        let db = accounts::open_database(&self.config).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        tx.say(statement).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
    }

    /// Everything that was told of, oldest first.
    pub async fn told(&self) -> Vec<proto_contracts::events::Change> {
        let db = accounts::open_database(&self.config).await.unwrap();
        let log = changelog::Log::open(db.clone(), "accounts").await.unwrap();
        let rows = log.read(0, 10_000).await.unwrap();
        db.close().await;
        rows.iter().map(|r| prost::Message::decode(r.payload.clone()).unwrap()).collect()
    }

    /// How often something of this kind was told of.
    pub async fn told_of(&self, kind: &str) -> usize {
        self.told().await.iter().filter(|c| c.kind == kind).count()
    }

    /// Runs of Argon2 so far.
    pub async fn hash_runs(&self) -> u64 {
        let text = reqwest::get(format!("{}/metrics", self.base)).await.unwrap().text().await.unwrap();
        let line = text.lines().find(|l| l.starts_with("accounts_password_hash_runs_total ")).unwrap();
        line.rsplit_once(' ').unwrap().1.parse().unwrap()
    }

    /// Makes a user of this role with [`USER_PASSWORD`].
    pub async fn user(&self, email: &str, role: &str) -> Value {
        let mut boss = self.signed_in(BOSS, PASSWORD).await;
        let new = json!({ "email": email, "password": USER_PASSWORD, "role": role });
        let made = boss.send(Method::POST, "/api/users/", Some(new)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
        made.body
    }

    pub async fn close(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }

    pub fn browser(&self) -> Browser {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Browser { http, base: self.base.clone(), cookies: HashMap::new(), token: None, address: None }
    }

    pub async fn signed_in(&self, name: &str, password: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(name, password).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        browser
    }

    pub async fn identity(&self, cookie: &str, proof: &str) -> (StatusCode, Value) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/internal/identity", self.base);
        let sent = http.post(url).header(PROOF_HEADER, proof).json(&json!({ "session": cookie })).send().await.unwrap();
        (sent.status(), sent.json().await.unwrap())
    }
}

/// Keeps cookies and sends the token as the site does.
pub struct Browser {
    pub http: reqwest::Client,
    pub base: String,
    pub cookies: HashMap<String, String>,
    pub token: Option<String>,
    /// What a proxy says of where the browser is.
    pub address: Option<String>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Browser {
    pub async fn send(&mut self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        request = request.header("cookie", cookies.join("; "));
        if let Some(token) = self.token.as_ref().or(self.cookies.get("csrftoken")) {
            request = request.header("x-csrftoken", token);
        }
        if let Some(address) = &self.address {
            request = request.header("x-forwarded-for", address);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        for cookie in headers.get_all("set-cookie") {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.into(), rest.split(';').next().unwrap().into());
        }
        let text = answer.text().await.unwrap();
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }

    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.get("/api/csrf/").await;
        self.send(Method::POST, "/api/session-login/", Some(json!({ "username": name, "password": password }))).await
    }
}

pub fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.body["code"].as_str()), (status, Some(code)), "{}", answer.body);
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!(answer.body["request_id"], answer.headers["x-request-id"].to_str().unwrap());
}

/// Each of these tests, once on each database.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite { $(#[tokio::test] async fn $name() { super::$name($crate::house::House::open(false).await).await; })* }
        mod mariadb { $(#[tokio::test] async fn $name() { super::$name($crate::house::House::open(true).await).await; })* }
    };
}
