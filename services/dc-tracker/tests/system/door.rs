//! The front door: what it says of services that are away, what it hands on, hostile heads, its end, the contracts.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{DATA, House, Process, free_address, settings};

/// A gateway alone, before services at these addresses.
fn gateway(folder: &testkit::sqlite::TestFolder, accounts: &str, tracker: &str) -> Process {
    gateway_told(folder, accounts, tracker, &[])
}

/// The same with settings of its own.
fn gateway_told(
    folder: &testkit::sqlite::TestFolder,
    accounts: &str,
    tracker: &str,
    told: &[(&'static str, &str)],
) -> Process {
    let mut settings = settings(folder, None);
    settings.extend(told.iter().map(|(name, value)| (*name, (*value).to_owned())));
    settings.extend([
        ("ACCOUNTS_URL", format!("http://{accounts}")),
        ("TRACKER_URL", format!("http://{tracker}")),
        ("FANOUT_URL", format!("http://{}", free_address())),
    ]);
    Process::start(&["gateway"], &settings)
}

async fn get(url: String) -> reqwest::Response {
    reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap()
}

/// Sends `bytes` and reads until the other side closes, or has said nothing for 2 s.
fn raw(url: &str, bytes: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    // A peer that refuses a head may close before it has read all of it.
    let _ = stream.write_all(bytes.as_bytes());
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(n) = stream.read(&mut piece) {
        if n == 0 {
            answer.extend(b"<closed>");
            break;
        }
        answer.extend(&piece[..n]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Takes one connection, answers `answer` and gives the head that came.
fn answer_once(listener: TcpListener, answer: &'static str) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        let mut piece = [0; 4096];
        while !head.windows(4).any(|end| end == b"\r\n\r\n") {
            let n = stream.read(&mut piece).unwrap();
            head.extend(&piece[..n]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&head).to_lowercase()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_is_ready_when_accounts_and_tracker_can_be_reached() {
    let folder = testkit::sqlite::folder().unwrap();
    let (accounts_at, tracker_at) = (free_address(), free_address());
    let door = gateway(&folder, &accounts_at, &tracker_at);
    let ask = async || {
        let answer = get(format!("{}/readyz", door.urls["gateway"])).await;
        let again = answer.headers().contains_key("retry-after");
        (answer.status(), again, answer.text().await.unwrap())
    };
    let (status, again, said) = ask().await;
    assert_eq!((status, again), (StatusCode::SERVICE_UNAVAILABLE, true), "{said}");
    assert!(said.contains("accounts and tracker cannot be reached"), "{said}");

    let accounts = Process::start(
        &["accounts"],
        &[settings(&folder, None), vec![("ACCOUNTS_ADDR", accounts_at.clone())]].concat(),
    );
    let (status, _, said) = ask().await;
    assert!(status == StatusCode::SERVICE_UNAVAILABLE && said.contains("\"tracker cannot be reached"), "{said}");

    let own = vec![("TRACKER_ADDR", tracker_at), ("ACCOUNTS_URL", format!("http://{accounts_at}"))];
    let _tracker = Process::start(&["tracker"], &[settings(&folder, None), own].concat());
    assert_eq!(ask().await.0, StatusCode::OK, "fan-out is not needed");

    drop(accounts);
    let (status, _, said) = ask().await;
    assert!(status == StatusCode::SERVICE_UNAVAILABLE && said.contains("\"accounts cannot be reached"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_takes_too_long_says_when_to_try_again() {
    let folder = testkit::sqlite::folder().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let door = gateway(&folder, &free_address(), &silent.local_addr().unwrap().to_string());
    let answer = get(format!("{}{DATA}", door.urls["gateway"])).await;
    assert_eq!(
        (answer.status(), &answer.headers()["retry-after"]),
        (StatusCode::GATEWAY_TIMEOUT, &"5".parse().unwrap())
    );
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], "timeout");
}

/// One address cannot take every place; a proxy, which speaks for many, is not counted.
#[test]
fn an_address_holds_so_many_connections() {
    let folder = testkit::sqlite::folder().unwrap();
    for (proxies, admitted) in [("10.0.0.1", false), ("127.0.0.1", true)] {
        let told = [("CONNECTIONS_PER_ADDRESS", "2"), ("TRUSTED_PROXIES", proxies)];
        let door = gateway_told(&folder, &free_address(), &free_address(), &told);
        let url = &door.urls["gateway"];
        let held: Vec<TcpStream> =
            (0..2).map(|_| TcpStream::connect(url.trim_start_matches("http://")).unwrap()).collect();
        let ask = || raw(url, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let answer = ask().to_lowercase();
        let refused = answer.starts_with("http/1.1 429 ")
            && answer.contains("\r\nretry-after: 1\r\n")
            && answer.contains("too_many_connections");
        assert_eq!((answer.starts_with("http/1.1 200 "), refused), (admitted, !admitted), "{proxies}: {answer}");
        drop(held);
        let deadline = Instant::now() + Duration::from_secs(5);
        while !ask().starts_with("HTTP/1.1 200 ") {
            assert!(Instant::now() < deadline, "{proxies}: places that were left are given to others");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_one_connection_are_not_handed_on() {
    let folder = testkit::sqlite::folder().unwrap();
    let inner = TcpListener::bind("127.0.0.1:0").unwrap();
    let door = gateway(&folder, &free_address(), &inner.local_addr().unwrap().to_string());
    let asked = answer_once(
        inner,
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: X-Inner, close\r\nX-Inner: 1\r\nX-Kept: 1\r\nKeep-Alive: timeout=5\r\n\r\nok",
    );
    let answer = raw(
        &door.urls["gateway"],
        "GET /api/tracker/data/ HTTP/1.1\r\nHost: a\r\nConnection: close, X-Hop\r\nConnection: x-other\r\nX-Hop: 1\r\nX-Other: 1\r\nX-Stays: 1\r\nTE: trailers\r\nUpgrade: websocket\r\n\r\n",
    );
    let (asked, answer) = (asked.join().unwrap(), answer.to_lowercase());
    assert!(asked.contains("x-stays: 1") && answer.contains("x-kept: 1"), "{asked}\n{answer}");
    for name in ["\r\nx-hop:", "\r\nx-other:", "\r\nte:", "\r\nupgrade:", "\r\nconnection:"] {
        assert!(!asked.contains(name), "{name} in {asked}");
    }
    assert!(!answer.contains("x-inner") && !answer.contains("keep-alive"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_alone_ends_within_a_second_though_streams_are_open() {
    let mut house = House::behind_a_gateway().await;
    let client = house.client().await;
    let stream = client.http.get(format!("{}/api/stream/", house.url)).send().await.unwrap();
    let mut body = stream.bytes_stream();
    body.next().await.unwrap().unwrap();
    let door = house.processes.last_mut().unwrap();
    let began = Instant::now();
    assert!(Command::new("kill").arg(door.child.id().to_string()).status().unwrap().success());
    let mut text = String::new();
    while let Some(Ok(chunk)) = body.next().await {
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(door.child.wait().unwrap().success());
    assert!(began.elapsed() < Duration::from_secs(1), "it took {:?}", began.elapsed());
    assert!(text.contains("event: bye"), "the stream was told: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_say_where_and_what_else() {
    let house = House::open(false).await;
    let client = house.client().await;
    let body = json!({ "customer": "Konark Foods", "date": "2026-05-01" });
    let request = client.http.post(format!("{}{DATA}", house.url)).header("x-csrftoken", &client.token);
    let made = request.json(&body).send().await.unwrap();
    let place = made.headers()["location"].to_str().unwrap().to_owned();
    let id = made.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(place, format!("{DATA}{id}/"));
    assert_eq!(client.get(&place).await.0, StatusCode::OK);

    let strange = Method::from_bytes(b"PROPFIND").unwrap();
    for (path, methods) in [
        (DATA, "GET, POST"),
        (place.as_str(), "DELETE, GET, PATCH, PUT"),
        ("/api/users/me/", "GET, PATCH"),
        ("/api/stream/", "GET"),
        ("/login", "GET, HEAD"),
        ("/readyz", "GET, HEAD"),
        ("/api/docs/", "GET, HEAD"),
    ] {
        for method in [Method::TRACE, strange.clone()] {
            let request = client.http.request(method.clone(), format!("{}{path}", house.url));
            let answer = request.header("x-csrftoken", &client.token).send().await.unwrap();
            let allow = answer.headers().get("allow").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
            let mut allow: Vec<&str> = allow.split(", ").collect();
            allow.sort_unstable();
            assert_eq!((answer.status().as_u16(), allow.join(", ").as_str()), (405, methods), "{method} {path}");
            let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
            assert_eq!(answer.json::<Value>().await.unwrap()["request_id"], id, "{method} {path}");
        }
    }
    let key =
        client.send(Method::POST, "/api/keys/", &[], &json!({ "name": "read", "scopes": ["challan:read"] })).await.1;
    for (path, expected) in [("/api/users/me/", 405), ("/api/users/", 405), (DATA, 405), ("/api/nothing/", 404)] {
        let request = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = request.request(Method::TRACE, format!("{}{path}", house.url));
        let answer = request.bearer_auth(key["key"].as_str().unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), expected, "{path} with a key, which says nothing of methods");
    }
    let request = client.http.get(format!("{}{place}", house.url)).header("x-http-method-override", "DELETE");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(client.get(&place).await.1["deleted_at"], Value::Null, "a header does not make another method");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_heads_are_refused() {
    let house = House::open(false).await;
    for hosts in ["Host: 4syz.com@evil", "Host: x:80/bad", "Host: x: y", "Host: a\r\nHost: b", "X-No-Host: 1"] {
        for path in ["/login", "/api/csrf/"] {
            let answer = raw(&house.url, &format!("GET {path} HTTP/1.1\r\n{hosts}\r\nConnection: close\r\n\r\n"));
            assert!(answer.starts_with("HTTP/1.1 400 "), "{hosts} {path}: {answer}");
        }
    }
    let inner = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    for (lines, what) in [
        ("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "two lengths"),
        ("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "an encoding that is none"),
        ("X-Folded: a\r\n b\r\n\r\n", "a folded line"),
    ] {
        let answer = raw(&house.url, &format!("POST /api/session-login/ HTTP/1.1\r\nHost: a\r\n{lines}{inner}"));
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with("<closed>"), "{what}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{what}: {answer}");
    }
    // Chunked wins over a length and ends the connection (RFC 9112, section 6.3): what a front server may have taken for
    // another request is never answered.
    for lines in ["Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5"]
    {
        for path in ["/api/session-login/", "/login"] {
            let answer =
                raw(&house.url, &format!("POST {path} HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n0\r\n\r\n{inner}"));
            assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{lines} {path}: {answer}");
            assert!(answer.starts_with("HTTP/1.1 4") && answer.ends_with("<closed>"), "{lines} {path}: {answer}");
        }
    }
    assert!(raw(&house.url, inner).starts_with("HTTP/1.1 200 "), "the door stands");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contracts_of_all_services_are_shown() {
    let house = House::open(false).await;
    let written = |name: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto-contracts/openapi");
        std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()
    };
    for (name, text) in
        [("accounts", written("accounts")), ("tracker", written("tracker")), ("fanout", written("fanout"))]
    {
        for path in [format!("/api/docs/{name}.json"), format!("/api/v1/docs/{name}.json")] {
            let answer = get(format!("{}{path}", house.url)).await;
            assert_eq!(answer.text().await.unwrap(), text, "{path}");
        }
        let document: Value = serde_json::from_str(&text).unwrap();
        let operations =
            document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
        let mut ids: Vec<&str> = operations.filter_map(|operation| operation["operationId"].as_str()).collect();
        let (before, ()) = (ids.len(), ids.sort_unstable());
        ids.dedup();
        assert_eq!(ids.len(), before, "{name}: an id names one operation only");
    }
}

/// Whoever is refused before their body is read sees why: the connection is not closed on them while they send.
#[tokio::test(flavor = "multi_thread")]
async fn an_early_answer_reaches_who_is_still_sending() {
    let house = House::open(false).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let straight = &house.processes[0].urls;
    let bulk = "/api/tracker/bulk/";
    for (service, method, path, bytes, expected) in [
        ("tracker", Method::POST, bulk, 130 << 10, 401),
        ("tracker", Method::POST, bulk, 20 << 20, 401),
        ("tracker", Method::POST, "/api/ingest/challans/", 15 << 20, 401),
        ("tracker", Method::POST, "/api/tracker/nothing/", 1 << 20, 404),
        ("tracker", Method::DELETE, bulk, 1 << 20, 405),
        ("accounts", Method::POST, "/api/users/", 130 << 10, 403),
        ("accounts", Method::POST, "/api/users/", 8 << 20, 403),
        ("fanout", Method::POST, "/api/stream/", 8 << 20, 405),
        ("gateway", Method::POST, bulk, 130 << 10, 401),
        ("gateway", Method::POST, bulk, 900 << 10, 401),
        ("gateway", Method::POST, "/api/ingest/challans/", 15 << 20, 401),
        ("gateway", Method::POST, "/api/tracker/data/", 8 << 20, 413),
        ("gateway", Method::POST, "/api/stream/", 900 << 10, 405),
        ("gateway", Method::POST, "/login", 8 << 20, 405),
    ] {
        for chunked in [false, true] {
            let body: reqwest::Body = if chunked {
                let pieces = (0..bytes >> 14).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1 << 14]));
                reqwest::Body::wrap_stream(futures::stream::iter(pieces))
            } else {
                vec![b' '; bytes].into()
            };
            let request = http.request(method.clone(), format!("{}{path}", straight[service])).body(body);
            let answer = request.header("content-type", "application/json").send().await;
            let answer = answer.unwrap_or_else(|e| panic!("{method} {path} of {bytes} at {service}: {e:?}"));
            let (status, text) = (answer.status(), answer.text().await.unwrap());
            // A length that is not declared is known to be too large only when it is, and a stranger is refused before.
            let expected = if chunked && expected == 413 { 401 } else { expected };
            assert_eq!(status, expected, "{method} {path} of {bytes} at {service}, chunked {chunked}: {text}");
        }
    }
}

/// Sends rows with a key, in pieces, one every `pause`, then waits; gives the answer.
fn trickle(url: &str, key: &str, length: usize, pieces: &[&str], pause: Duration) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    let head = format!(
        "POST /api/ingest/challans/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    for piece in pieces {
        stream.write_all(piece.as_bytes()).unwrap();
        std::thread::sleep(pause);
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Who sends a byte now and then is not waited for; who is merely slow is.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_comes_too_slowly_is_refused() {
    let house = House::open(false).await;
    let asked = json!({ "name": "slow", "scopes": ["ingest:write"] });
    let key = house.client().await.send(Method::POST, "/api/keys/", &[], &asked).await.1;
    let key = key["key"].as_str().unwrap();
    let row =
        json!({ "source": "erp", "external_id": "1", "customer": "Konark Foods", "date": "2026-05-01", "draft": true });
    let body = json!([row]).to_string() + &" ".repeat(3900);
    // For longer than anybody is waited for at first, and earning more on the way.
    let pieces: Vec<&str> = body.as_bytes().chunks(512).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
    std::thread::scope(|scope| {
        for url in [&house.url, &house.processes[0].urls["tracker"]] {
            let (body, pieces) = (&body, &pieces);
            scope.spawn(move || {
                let answer = trickle(url, key, body.len(), &[&body[..100]], Duration::ZERO);
                assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("too_slow"), "{url}: {answer}");
                let answer = trickle(url, key, body.len(), &["[", " ", " ", " "], Duration::from_secs(2));
                assert!(answer.starts_with("HTTP/1.1 408 "), "{url}: {answer}");
            });
            scope.spawn(move || {
                let answer = trickle(url, key, body.len(), pieces, Duration::from_millis(700));
                assert!(answer.starts_with("HTTP/1.1 200 "), "{url}: {answer}");
            });
        }
    });
}
