//! Every address of the services, called by every kind of caller, through the front door and straight at the service:
//! what each is answered stands in `rights.txt`. `UPDATE_RIGHTS=1` writes that table anew, for its difference to be read before it is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{DATA, EMAIL, House, PASSWORD};

/// The kinds of caller, in the table's order. `permitted` is a user who was granted everything; the keys are a
/// superadmin's, one to read and follow, one to write as well; `disabled` shows a session of somebody disabled since.
const KINDS: [&str; 8] = ["anon", "user", "permitted", "admin", "superadmin", "ro_key", "rw_key", "disabled"];
/// An id that nothing has.
const NOTHING: &str = "019f0000-0000-7000-8000-000000000001";
/// Every permission.
const ALL: [&str; 13] = [
    "challan:read",
    "challan:create",
    "challan:update",
    "challan:delete",
    "challan:export",
    "challan:import",
    "challan:bulk",
    "file:upload",
    "file:read",
    "customer:manage",
    "user:manage",
    "key:manage",
    "audit:read",
];

type Table = BTreeMap<(String, String), Vec<String>>;

/// Somebody who calls.
pub struct Caller {
    pub http: reqwest::Client,
    pub url: String,
    email: Option<String>,
    token: String,
    key: Option<String>,
}

impl Caller {
    pub fn nobody(house: &House) -> Caller {
        let http = reqwest::Client::builder().cookie_store(true).no_proxy().build().unwrap();
        Caller { http, url: house.url.clone(), email: None, token: String::new(), key: None }
    }

    pub async fn signed_in(house: &House, email: &str) -> Caller {
        let mut caller = Caller { email: Some(email.to_owned()), ..Caller::nobody(house) };
        caller.enter().await;
        caller
    }

    /// The CSRF token of this browser.
    pub fn token(&self) -> &str {
        &self.token
    }

    pub fn with_key(house: &House, key: &Value) -> Caller {
        Caller { key: Some(key["key"].as_str().unwrap().to_owned()), ..Caller::nobody(house) }
    }

    /// Gets a token, and a session where the caller is somebody.
    async fn enter(&mut self) {
        if self.key.is_some() {
            return;
        }
        self.take_token().await;
        if let Some(email) = &self.email {
            let who = json!({ "username": email, "password": PASSWORD });
            self.send(Method::POST, "/api/session-login/", Some(&who)).await;
            // Sign-in brings a token of its own.
            self.take_token().await;
        }
    }

    async fn take_token(&mut self) {
        let answer = self.send(Method::GET, "/api/csrf/", None).await;
        self.token = answer.1["csrfToken"].as_str().unwrap().to_owned();
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let answer = self.open(method, path, body).await;
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    pub async fn open(&self, method: Method, path: &str, body: Option<&Value>) -> reqwest::Response {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).header("if-match", "*");
        match &self.key {
            Some(key) => request = request.bearer_auth(key),
            None => request = request.header("x-csrftoken", &self.token),
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await.unwrap()
    }

    /// Makes something by a POST that must succeed.
    pub async fn make(&self, path: &str, body: Value) -> Value {
        let (status, made) = self.send(Method::POST, path, Some(&body)).await;
        assert_eq!(status, 201, "{path}: {made}");
        made
    }
}

pub async fn user(boss: &Caller, email: &str, role: &str, permissions: &[&str]) -> Value {
    let grants: Vec<Value> = permissions.iter().map(|p| json!({ "permission": p })).collect();
    boss.make("/api/users/", json!({ "email": email, "role": role, "grants": grants, "password": PASSWORD })).await
}

async fn callers(house: &House) -> Vec<Caller> {
    let boss = Caller::signed_in(house, EMAIL).await;
    user(&boss, "user@4syz.com", "user", &[]).await;
    user(&boss, "permitted@4syz.com", "user", &ALL).await;
    user(&boss, "admin@4syz.com", "admin", &[]).await;
    let gone = user(&boss, "disabled@4syz.com", "user", &ALL).await;
    let disabled = Caller::signed_in(house, "disabled@4syz.com").await;
    let path = format!("/api/users/{}/", gone["id"].as_str().unwrap());
    assert_eq!(boss.send(Method::PATCH, &path, Some(&json!({ "is_active": false }))).await.0, 200);
    let read = boss.make("/api/keys/", json!({ "name": "read", "scopes": ["challan:read", "changes:read"] })).await;
    let scopes = ["challan:read", "changes:read", "ingest:write"];
    let write = boss.make("/api/keys/", json!({ "name": "write", "scopes": scopes })).await;
    let mut anon = Caller::nobody(house);
    anon.enter().await;
    vec![
        anon,
        Caller::signed_in(house, "user@4syz.com").await,
        Caller::signed_in(house, "permitted@4syz.com").await,
        Caller::signed_in(house, "admin@4syz.com").await,
        boss,
        Caller::with_key(house, &read),
        Caller::with_key(house, &write),
        disabled,
    ]
}

/// The address with something that is there in its place-holder, made for this one call.
async fn filled(path: &str, call: usize, admin: &Caller, boss: &Caller) -> String {
    let Some((before, after)) = path.split_once("{}") else { return path.to_owned() };
    let id = |made: Value| made["id"].as_str().unwrap().to_owned();
    let place = match before {
        "/api/users/" => id(boss.make("/api/users/", json!({ "email": format!("target{call}@4syz.com") })).await),
        "/api/keys/" => id(admin.make("/api/keys/", json!({ "name": "target", "scopes": ["challan:read"] })).await),
        "/api/permission-sets/" => {
            let set = json!({ "name": format!("Target {call}"), "grants": [] });
            id(boss.make("/api/permission-sets/", set).await)
        }
        "/api/tracker/customers/" => id(boss.make(before, json!({ "name": format!("Target {call}") })).await),
        // A shared one: one's own is nobody else's to see.
        "/api/tracker/views/" => {
            let view = json!({ "name": format!("Target {call}"), "shared": true });
            id(boss.make(before, view).await)
        }
        "/api/tracker/series/" => id(boss.make(before, series(call, "T")).await),
        DATA => id(boss.make(DATA, json!({ "customer": "Target Traders", "date": "2026-01-05" })).await),
        _ => NOTHING.to_owned(),
    };
    format!("{before}{place}{}", after.replace("{}", NOTHING))
}

/// A series whose numbers are no other's.
fn series(call: usize, letter: &str) -> Value {
    json!({ "name": format!("{letter} {call}"), "template": format!("{letter}{call}/{{SEQ:4}}"), "reset": "never" })
}

/// What is sent to an address: as right as it can be, so that the answer tells of rights.
fn body(method: &str, path: &str, call: usize) -> Value {
    let challan = || json!({ "customer": "Target Traders", "date": "2026-01-06" });
    match (method, path) {
        ("POST", "/api/users/") => json!({ "email": format!("made{call}@4syz.com") }),
        ("PUT", "/api/users/{}/") => {
            json!({ "email": format!("put{call}@4syz.com"), "role": "user", "is_active": true })
        }
        ("PUT", "/api/users/{}/grants/") => json!({ "grants": [{ "permission": "file:read" }] }),
        ("POST", "/api/keys/") => json!({ "name": "made", "scopes": ["challan:read"] }),
        ("POST", "/api/permission-sets/") => json!({ "name": format!("Made {call}"), "grants": [] }),
        ("PUT", "/api/permission-sets/{}/") => json!({ "name": format!("Put {call}"), "grants": [] }),
        ("POST", "/api/permissions/evaluate/") => json!({ "user_id": NOTHING, "permission": "challan:read" }),
        ("POST", "/api/session-login/") => json!({ "username": "nobody", "password": "wrong" }),
        ("POST", "/api/forgot-password/") => json!({ "email": "nobody@4syz.com" }),
        ("POST", "/api/reset-password/" | "/api/invitations/{}/") => json!({ "token": "x", "password": PASSWORD }),
        ("POST", "/api/users/me/password/") => json!({ "old": PASSWORD, "new": "short" }),
        ("POST", "/api/tracker/data/") => challan(),
        ("PUT", "/api/tracker/data/{}/") => challan(),
        ("PATCH", "/api/tracker/data/{}/") => json!({ "base_version": 1, "remarks": "seen" }),
        ("POST", "/api/tracker/data/{}/void/") => json!({ "reason": "a test" }),
        ("POST", "/api/tracker/customers/") => json!({ "name": format!("Made {call}") }),
        ("PATCH", "/api/tracker/customers/{}/") => json!({ "base_version": 1, "address": "Pune" }),
        ("POST", "/api/tracker/customers/{}/merge/") => json!({ "into": NOTHING }),
        ("POST", "/api/tracker/executives/merge/") => json!({ "name": "Nobody's Name", "into": "Nobody" }),
        ("POST", "/api/tracker/views/") => json!({ "name": format!("Made {call}") }),
        ("PUT", "/api/tracker/views/{}/") => json!({ "name": format!("Put {call}"), "shared": true }),
        ("PATCH", "/api/tracker/views/{}/") => json!({ "base_version": 1, "name": format!("Named {call}") }),
        ("POST", "/api/tracker/series/") => series(call, "M"),
        ("PUT", "/api/tracker/series/{}/") => {
            let mut series = series(call, "P");
            series["base_version"] = json!(1);
            series
        }
        ("PATCH", "/api/tracker/series/{}/") => json!({ "base_version": 1, "name": format!("Named {call}") }),
        ("POST", "/api/tracker/bulk/") => {
            json!({ "action": "update", "q": "", "set": { "remarks": "many" }, "dry_run": true })
        }
        ("POST", "/api/ingest/challans/") => {
            json!([{ "source": "erp", "external_id": "t1", "customer": "Target Traders", "date": "2026-01-05" }])
        }
        _ => json!({}),
    }
}

fn table_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/system/rights.txt")
}

/// The table as it is checked in.
fn table() -> Table {
    let text = std::fs::read_to_string(table_file()).unwrap_or_default();
    let mut table = Table::new();
    for line in text.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        table.insert((path, method), words.collect());
    }
    table
}

/// Every address that a service's contract names; place-holders have no names here.
fn documented() -> BTreeSet<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto-contracts/openapi");
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let contract: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for (path, methods) in contract["paths"].as_object().unwrap() {
            let names = ["get", "put", "post", "delete", "patch"];
            for method in methods.as_object().unwrap().keys().filter(|m| names.contains(&m.as_str())) {
                let plain: Vec<&str> =
                    path.split('/').map(|part| if part.starts_with(['{', ':']) { "{}" } else { part }).collect();
                found.insert((plain.join("/"), method.to_uppercase()));
            }
        }
    }
    found
}

/// Calls that end or change the session they are made with, or its token.
fn leaves_the_session(path: &str) -> bool {
    path == "/api/csrf/" || path.starts_with("/api/session-") || path.starts_with("/api/users/me/")
}

async fn seen(house: &House, routes: &BTreeSet<(String, String)>, address: impl Fn(&str) -> String) -> Table {
    let mut callers = callers(house).await;
    let mut seen = Table::new();
    let mut call = 0;
    for (path, method) in routes {
        let verb: Method = method.parse().unwrap();
        let mut statuses = Vec::new();
        for kind in 0..KINDS.len() {
            call += 1;
            let place = filled(path, call, &callers[3], &callers[4]).await;
            let body = body(method, path, call);
            let body = (verb != Method::GET).then_some(&body);
            let caller = &mut callers[kind];
            let front = std::mem::replace(&mut caller.url, address(path));
            let status = caller.open(verb.clone(), &place, body).await.status().as_u16();
            caller.url = front;
            assert!(status < 500, "{method} {path} by {}: {status}", KINDS[kind]);
            statuses.push(status.to_string());
            if leaves_the_session(path) && KINDS[kind] != "disabled" {
                callers[kind].enter().await;
            }
        }
        seen.insert((path.clone(), method.clone()), statuses);
    }
    seen
}

fn written(table: &Table) -> String {
    let mut text = format!(
        "# What each kind of caller is answered at each address; see rights.rs.\n# {:<6} {:<44} {}\n",
        "method",
        "path",
        KINDS.join(" ")
    );
    for ((path, method), statuses) in table {
        let cells: Vec<String> =
            statuses.iter().zip(KINDS).map(|(s, k)| format!("{s:<width$}", width = k.len())).collect();
        text += &format!("{method:<8} {path:<44} {}", cells.join(" "));
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// Where the service of a path listens.
fn service_of(path: &str) -> &'static str {
    let is = |prefixes: &[&str]| prefixes.iter().any(|p| path.starts_with(p));
    if is(&["/api/stream/", "/api/presence/"]) {
        "fanout"
    } else if is(&["/api/tracker/", "/api/ingest/"]) {
        "tracker"
    } else {
        "accounts"
    }
}

async fn every_caller_at_every_address(house: House) {
    let mut routes: BTreeSet<(String, String)> = table().into_keys().collect();
    routes.extend(documented());
    let by_the_door = seen(&house, &routes, |_| house.url.clone()).await;
    if std::env::var_os("UPDATE_RIGHTS").is_some() {
        std::fs::write(table_file(), written(&by_the_door)).unwrap();
    }
    compare(&by_the_door);
}

/// The same straight at each service; what only services may ask for is not part of it.
async fn every_caller_at_every_service(house: House) {
    let routes = table().into_keys().filter(|(path, _)| path.starts_with("/api/")).collect();
    let urls = house.processes[0].urls.clone();
    compare(&seen(&house, &routes, |path| urls[service_of(path)].clone()).await);
}

fn compare(seen: &Table) {
    let table = table();
    let mut wrong = Vec::new();
    for (route, statuses) in seen {
        let expected = table.get(route);
        if expected != Some(statuses) {
            wrong.push(format!("{} {}: {statuses:?}, and the table says {expected:?}", route.1, route.0));
        }
    }
    assert!(wrong.is_empty(), "{KINDS:?}\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_on_sqlite() {
    every_caller_at_every_address(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_on_mariadb() {
    every_caller_at_every_address(House::open(true).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_at_services_on_sqlite() {
    every_caller_at_every_service(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_at_services_on_mariadb() {
    every_caller_at_every_service(House::open(true).await).await;
}
