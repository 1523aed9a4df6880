//! The real program as tests start it, and a browser that is signed in to it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

pub const EMAIL: &str = "boss@4syz.com";
pub const PASSWORD: &str = "a long enough sentence";

/// A running process of the program; it ends with the test.
pub struct Process {
    pub child: Child,
    /// Where its services listen, by name.
    pub urls: HashMap<String, String>,
}

impl Process {
    /// Starts `serve` with these services, none for all of them, and waits until it is ready.
    pub fn start(services: &[&str], settings: &[(&'static str, String)]) -> Process {
        Process::start_logging(services, settings, Stdio::null())
    }

    /// As [`Process::start`], with its log in `log`.
    pub fn start_logging(services: &[&str], settings: &[(&'static str, String)], log: Stdio) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dc-tracker"));
        command.arg("serve").args(services).stderr(log);
        Process::spawned(command, settings)
    }

    /// Runs `command`, which comes to the program, and waits until that is ready.
    fn spawned(mut command: Command, settings: &[(&'static str, String)]) -> Process {
        command.stdout(Stdio::piped()).envs(settings.iter().map(|(name, value)| (*name, value)));
        let mut process = Process { child: command.spawn().unwrap(), urls: HashMap::new() };
        for line in BufReader::new(process.child.stdout.take().unwrap()).lines().map_while(Result::ok) {
            if let Some((name, url)) = line.strip_prefix("listening ").and_then(|rest| rest.split_once(' ')) {
                process.urls.insert(name.to_owned(), url.to_owned());
            }
            if line == "ready" {
                return process;
            }
        }
        panic!("the program ended before it was ready");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The running program, in one process or in several.
pub struct House {
    pub url: String,
    pub processes: Vec<Process>,
    /// What its topics' names begin with, where it has any.
    pub topic_prefix: String,
    folder: testkit::sqlite::TestFolder,
    database: Option<testkit::mariadb::TestDatabase>,
}

impl House {
    pub async fn open(on_mariadb: bool) -> House {
        House::of(if on_mariadb { Some(testkit::mariadb::database().await.unwrap()) } else { None }, &[])
    }

    /// On a database of another server.
    pub fn on(database: testkit::mariadb::TestDatabase) -> House {
        House::of(Some(database), &[])
    }

    /// The same, told something else in places.
    pub fn on_with(database: testkit::mariadb::TestDatabase, more: &[(&'static str, String)]) -> House {
        House::of(Some(database), more)
    }

    fn of(database: Option<testkit::mariadb::TestDatabase>, more: &[(&'static str, String)]) -> House {
        let folder = testkit::sqlite::folder().unwrap();
        let process = Process::start(&[], &[settings(&folder, database.as_ref()).as_slice(), more].concat());
        let url = process.urls["gateway"].clone();
        House { url, processes: vec![process], topic_prefix: String::new(), folder, database }
    }

    /// On the embedded database, with its log in `log`.
    pub fn open_logging(log: Stdio, more: &[(&'static str, String)]) -> House {
        let folder = testkit::sqlite::folder().unwrap();
        let process = Process::start_logging(&[], &[settings(&folder, None).as_slice(), more].concat(), log);
        let url = process.urls["gateway"].clone();
        House { url, processes: vec![process], topic_prefix: String::new(), folder, database: None }
    }

    /// On the embedded database, with a disk that [`testkit::disk::set_full`] fills.
    pub fn on_a_disk_that_fills() -> House {
        let folder = testkit::sqlite::folder().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' XFSZ; exec \"$0\" serve", env!("CARGO_BIN_EXE_dc-tracker")]);
        let process = Process::spawned(command, &settings(&folder, None));
        let url = process.urls["gateway"].clone();
        House { url, processes: vec![process], topic_prefix: String::new(), folder, database: None }
    }

    /// The services in one process and the gateway, the last, in another; on the embedded database.
    pub async fn behind_a_gateway() -> House {
        let folder = testkit::sqlite::folder().unwrap();
        let mut settings = settings(&folder, None);
        let services = Process::start(&["accounts", "tracker", "fanout"], &settings);
        for (name, service) in [("ACCOUNTS_URL", "accounts"), ("TRACKER_URL", "tracker"), ("FANOUT_URL", "fanout")] {
            settings.push((name, services.urls[service].clone()));
        }
        let door = Process::start(&["gateway"], &settings);
        let url = door.urls["gateway"].clone();
        House { url, processes: vec![services, door], topic_prefix: String::new(), folder, database: None }
    }

    /// Accounts, two copies of tracker and of fan-out, and the gateway, each a process of its own, on `MariaDB` and the
    /// tests' Kafka.
    pub async fn apart() -> House {
        House::apart_on(&testkit::kafka::bootstrap().unwrap()).await
    }

    /// The same on the broker at `kafka`.
    pub async fn apart_on(kafka: &str) -> House {
        let folder = testkit::sqlite::folder().unwrap();
        let database = testkit::mariadb::database().await.unwrap();
        let mut settings = settings(&folder, Some(&database));
        let topic_prefix = testkit::kafka::topic_prefix();
        settings.push(("KAFKA_BOOTSTRAP_SERVERS", kafka.to_owned()));
        settings.push(("KAFKA_TOPIC_PREFIX", topic_prefix.clone()));
        let mut processes = vec![Process::start(&["accounts"], &settings)];
        settings.push(("ACCOUNTS_URL", processes[0].urls["accounts"].clone()));
        let trackers = [Process::start(&["tracker"], &settings), Process::start(&["tracker"], &settings)];
        settings
            .push(("TRACKER_URL", trackers.iter().map(|c| c.urls["tracker"].as_str()).collect::<Vec<_>>().join(",")));
        // The copies of fan-out ask each other, so their addresses are known before they start.
        let addresses = [free_address(), free_address()];
        settings.push(("FANOUT_URL", addresses.each_ref().map(|address| format!("http://{address}")).join(",")));
        let fanouts = addresses.map(|address| {
            let own = [settings.as_slice(), &[("FANOUT_ADDR", address)]].concat();
            Process::start(&["fanout"], &own)
        });
        processes.extend(trackers.into_iter().chain(fanouts));
        let gateway = Process::start(&["gateway"], &settings);
        let url = gateway.urls["gateway"].clone();
        processes.push(gateway);
        House { url, processes, topic_prefix, folder, database: Some(database) }
    }

    /// What a command beside the program is told, so that it meets the same tables.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        settings(&self.folder, self.database.as_ref())
    }

    /// The database itself, past the program.
    pub async fn database(&self) -> db::Db {
        let Some(database) = &self.database else { return db::open_sqlite(&self.folder.database()).await.unwrap() };
        let settings = db::MySqlSettings {
            host: database.host().to_owned(),
            port: database.port(),
            database: database.name().to_owned(),
            user: database.user().to_owned(),
            password: String::new(),
            ssl_ca: None,
            pool_size: 2,
        };
        db::open_mysql(&settings).await.unwrap()
    }

    pub async fn client(&self) -> Client {
        self.client_of(EMAIL, PASSWORD).await
    }

    /// A browser signed in as somebody else.
    pub async fn client_of(&self, email: &str, password: &str) -> Client {
        let http = reqwest::Client::builder().cookie_store(true).no_proxy().build().unwrap();
        let mut client = Client { http, url: self.url.clone(), token: String::new() };
        client.refresh().await;
        let who = json!({ "username": email, "password": password });
        let answer = client.send(Method::POST, "/api/session-login/", &[], &who).await;
        assert_eq!(answer.0, StatusCode::OK, "{}", answer.1);
        client.refresh().await;
        client
    }
}

/// An address of this machine that nothing listens at.
pub fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// What a process is told: free ports, a database of its own, the first superadmin.
pub fn settings(
    folder: &testkit::sqlite::TestFolder,
    database: Option<&testkit::mariadb::TestDatabase>,
) -> Vec<(&'static str, String)> {
    let mut settings = folder.settings();
    settings.extend(database.into_iter().flat_map(testkit::mariadb::TestDatabase::settings));
    settings.extend([
        ("SUPERADMIN_EMAIL", EMAIL.to_owned()),
        ("SUPERADMIN_PASSWORD", PASSWORD.to_owned()),
        ("SECRET_KEY", "0123456789abcdef0123456789abcdef".to_owned()),
    ]);
    let addresses = ["GATEWAY_ADDR", "ACCOUNTS_ADDR", "TRACKER_ADDR", "FANOUT_ADDR"];
    settings.extend(addresses.map(|name| (name, "127.0.0.1:0".to_owned())));
    settings
}

/// A signed-in browser.
#[derive(Clone)]
pub struct Client {
    pub http: reqwest::Client,
    pub url: String,
    pub token: String,
}

impl Client {
    pub async fn refresh(&mut self) {
        let body: Value = self.get("/api/csrf/").await.1;
        self.token = body["csrfToken"].as_str().unwrap().to_owned();
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> (StatusCode, Value) {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).header("x-csrftoken", &self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.json(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    pub async fn ingest(&self, body: impl Into<reqwest::Body>) -> (StatusCode, Value) {
        let request = self.http.post(format!("{}/api/ingest/challans/", self.url)).header("x-csrftoken", &self.token);
        let answer = request.header("content-type", "application/x-ndjson").body(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    pub async fn create(&self, body: Value) -> Value {
        let (status, challan) = self.send(Method::POST, DATA, &[], &body).await;
        assert_eq!(status, StatusCode::CREATED, "{challan}");
        challan
    }
}

pub const DATA: &str = "/api/tracker/data/";
