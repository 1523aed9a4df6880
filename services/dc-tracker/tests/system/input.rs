//! What no address takes: each is refused with what would be right, and nothing is written.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Client, DATA, House};

async fn refused(client: &Client, path: &str, why: &str) {
    let (status, problem) = client.get(path).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {problem}");
    assert!(problem["detail"].as_str().unwrap().contains(why), "{path}: {problem}");
}

/// A misspelt filter would show everything, and a `dry_run` in the wrong place would write.
#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_an_address_does_not_know() {
    let house = House::open(false).await;
    let client = house.client().await;
    let challan = client.create(json!({ "customer": "Asha Traders", "date": "2026-01-05" })).await;
    let one = format!("{DATA}{}/", challan["id"].as_str().unwrap());
    for path in [
        "/api/tracker/customers/?serach=asha",
        "/api/v1/tracker/customers/?serach=asha",
        "/api/tracker/executives/?q=ravi",
        "/api/tracker/batches/?min=1",
        "/api/tracker/views/?counts=exact",
        "/api/tracker/series/?sort=name",
        "/api/tracker/columns/?q=a",
        "/api/tracker/facets/?field=stage",
        "/api/tracker/summary/?Q=a",
        &format!("{one}?at=1"),
        &format!("{one}history/?feild=remarks"),
    ] {
        refused(&client, path, "There is no parameter").await;
    }
    for (path, why) in [
        (format!("{DATA}?limit=x"), "limit is a whole number"),
        (format!("{DATA}?q=asha&limit=1&q=stage:draft"), "q is given twice"),
        ("/api/stream/?after=1&after=2".to_owned(), "after is given twice"),
        ("/api/stream/?since=1".to_owned(), "There is no parameter"),
        (format!("{one}history/?actor=x"), "actor is an id"),
        (format!("{one}history/?from=yesterday"), "from is an instant"),
        (format!("{one}history/?field=colour"), "colour is no field"),
    ] {
        refused(&client, &path, why).await;
    }
    let bulk = json!({ "action": "delete", "ids": [challan["id"]] });
    for path in ["/api/tracker/bulk/?dry_run=true".to_owned(), format!("{one}?force=1")] {
        let method = if path.contains("bulk") { Method::POST } else { Method::DELETE };
        let (status, problem) = client.send(method, &path, &[("if-match", "*")], &bulk).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {problem}");
    }
    assert_eq!(client.get(&one).await.1["version"], 1, "nothing was done");
    let row = json!([{ "source": "s", "external_id": "1", "customer": "Asha Traders", "date": "2026-01-05" }]);
    for (mode, expected) in [("sync", 200), ("async", 400), ("", 400)] {
        let path = format!("/api/ingest/challans/?mode={mode}");
        assert_eq!(client.send(Method::POST, &path, &[], &row).await.0, expected, "mode {mode}");
    }
    let stranger = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = stranger.get(format!("{}/api/tracker/customers/?serach=asha", house.url)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "a stranger is told nothing of parameters");
}

/// Places of another list.
#[tokio::test(flavor = "multi_thread")]
async fn cursors_of_other_orders() {
    let house = House::open(false).await;
    let client = house.client().await;
    for day in 1..=3 {
        client.create(json!({ "customer": "Asha Traders", "date": format!("2026-01-0{day}"), "amount": day })).await;
    }
    let one = ["date", "challan_number", "customer", "stage", "amount", "delivered_at", "updated_at"];
    let orders = one.into_iter().chain(["-date,customer", "customer,-date", "stage,-amount,updated_at"]);
    for order in orders.clone() {
        let page = client.get(&format!("{DATA}?sort={order}&limit=1")).await.1;
        let next = page["next"].as_str().unwrap();
        let (second, cursor) = (client.get(next).await, next.rsplit_once("cursor=").unwrap().1);
        assert_eq!(second.1["results"].as_array().unwrap().len(), 1, "{order}: {}", second.1);
        let back = second.1["previous"].as_str().unwrap();
        assert_eq!(client.get(back).await.1["results"], page["results"], "{order}");
        for other in orders.clone().filter(|other| *other != order) {
            for q in ["", "asha"] {
                refused(&client, &format!("{DATA}?q={q}&sort={other}&cursor={cursor}"), "not one of this list").await;
            }
            for side in ["after", "before"] {
                let path = format!("/api/tracker/range/?sort={other}&{side}={cursor}");
                refused(&client, &path, "not one of this list").await;
            }
        }
    }
    let page = client.get("/api/tracker/range/?limit=1").await.1;
    let cursor = page["last_cursor"].as_str().unwrap();
    for two in [format!("after={cursor}&before={cursor}"), format!("after={cursor}&offset=1")] {
        refused(&client, &format!("/api/tracker/range/?{two}"), "offset, after or before").await;
    }
    for wrong in ["b", "bb", "00", "g", "%00", "é", &"a".repeat(9000)] {
        refused(&client, &format!("{DATA}?cursor={wrong}"), "not one of this list").await;
    }
}

/// Asked once, a column or a facet is told once: many times the same would cost as many times the work.
#[tokio::test(flavor = "multi_thread")]
async fn columns_and_facets_named_twice() {
    let house = House::open(false).await;
    let client = house.client().await;
    client.create(json!({ "customer": "Asha Traders", "date": "2026-01-05", "amount": "5" })).await;
    refused(&client, "/api/tracker/range/?columns=amount,remarks,amount", "twice").await;
    refused(&client, "/api/tracker/facets/?fields=stage,age,stage", "twice").await;
    let range = client.get("/api/tracker/range/?columns=version,amount,id").await.1;
    assert_eq!(range["columns"], json!(["id", "version", "amount"]));
    assert_eq!(range["rows"][0][2], "5.00");
}

/// The list gives chosen columns too.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_chosen_columns() {
    let house = House::open(false).await;
    let client = house.client().await;
    for day in 1..=2 {
        client.create(json!({ "customer": "Asha Traders", "date": format!("2026-01-0{day}"), "amount": day })).await;
    }
    let page = client.get(&format!("{DATA}?columns=amount,stage&limit=1")).await.1;
    let row = page["results"][0].as_object().unwrap();
    let mut names: Vec<&str> = row.keys().map(String::as_str).collect();
    names.sort();
    assert_eq!((names, &row["amount"]), (vec!["amount", "id", "stage", "version"], &json!("2.00")), "{page}");
    let next = client.get(page["next"].as_str().unwrap()).await.1;
    assert_eq!(next["results"][0].as_object().unwrap().len(), 4, "the next page has the same columns: {next}");
    refused(&client, &format!("{DATA}?columns=colour"), "no column").await;
}

/// Versions as they are named in `If-Match`.
#[tokio::test(flavor = "multi_thread")]
async fn versions_that_are_none() {
    let house = House::open(false).await;
    let client = house.client().await;
    let draft = json!({ "customer": "Asha Traders", "date": "2026-01-05", "draft": true });
    let challan = client.create(draft).await;
    let path = format!("{DATA}{}/", challan["id"].as_str().unwrap());
    let whole = json!({ "customer": "Asha Traders", "date": "2026-01-05" });
    for wrong in
        ["", "x", "\"\"", "W/\"1\"", "\"1\", \"2\"", "+1", "\"1", "1.0", "-1", "\"\"1\"\"", "99999999999999999999"]
    {
        for method in [Method::PUT, Method::DELETE, Method::PATCH] {
            let (status, problem) = client.send(method.clone(), &path, &[("if-match", wrong)], &whole).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{method} {wrong}: {problem}");
        }
        let (status, problem) =
            client.send(Method::POST, &format!("{path}issue/"), &[("if-match", wrong)], &json!({})).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "issue {wrong}: {problem}");
    }
    let patch = |base: Value, set: &str| json!({ "base_version": base, "remarks": set });
    for wrong in [json!("1"), json!(-1), json!(1.5), json!(null), json!([1])] {
        assert_eq!(client.send(Method::PATCH, &path, &[], &patch(wrong, "x")).await.0, 422);
    }
    let two = client.send(Method::PATCH, &path, &[("if-match", "\"2\"")], &patch(json!(1), "x")).await;
    assert_eq!(two.0, StatusCode::BAD_REQUEST, "two versions of one change: {}", two.1);
    for (version, remarks) in [("1", "a"), ("\"2\"", "b"), ("*", "c")] {
        let base = json!(remarks.as_bytes()[0] - b'a' + 1);
        let (status, row) = client.send(Method::PATCH, &path, &[("if-match", version)], &patch(base, remarks)).await;
        assert_eq!((status, &row["remarks"]), (StatusCode::OK, &json!(remarks)), "{version}");
    }
    // Who names the version of an issue, a void or a restore means it.
    for (act, body) in [("issue", json!({})), ("void", json!({ "reason": "a test" })), ("restore", json!({}))] {
        let at = format!("{path}{act}/");
        let (status, problem) = client.send(Method::POST, &at, &[("if-match", "\"1\"")], &body).await;
        assert_eq!(
            (status, problem["current"]["id"].is_string()),
            (StatusCode::PRECONDITION_FAILED, true),
            "{problem}"
        );
        let present = client.get(&path).await.1["version"].to_string();
        let (status, row) = client.send(Method::POST, &at, &[("if-match", &format!("\"{present}\""))], &body).await;
        assert_eq!(status, StatusCode::OK, "{act}: {row}");
    }
}

/// Days and moments that the calendar has and no challan does: what is stored must be readable again.
async fn days_out_of_time(house: &House) {
    let client = house.client().await;
    for (field, value) in [
        ("date", "-001-01-01"),
        ("date", "+999-01-01"),
        ("date", "0000-12-31"),
        ("date", "2026-7-001"),
        ("date", "2026-07- 1"),
        ("date", "２０２６-07-01"),
        ("date", "2026-02-30"),
        ("date", "10000-01-01"),
        ("delivered_at", "-001-01-01"),
        ("delivered_at", "0000-01-01T00:00:00+05:30"),
        ("delivered_at", "0000-01-01T00:00:00Z"),
        ("delivered_at", "0001-01-01T00:00:00+05:30"),
        ("delivered_at", "9999-12-31T23:59:59-05:30"),
        ("delivered_at", "2026-01-05T10:00:00"),
        ("dispatched_at", "-0001-12-31T18:30:00Z"),
        ("pod_upload_date", "-001-01-01"),
    ] {
        let mut body = json!({ "customer": "Asha Traders", "date": "2026-01-05", "draft": true });
        body[field] = json!(value);
        let (status, problem) = client.send(Method::POST, DATA, &[], &body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {value}: {problem}");
        assert!(problem["fields"][field].is_array(), "{field} {value}: {problem}");
        let line =
            json!({ "source": "s", "external_id": value, "customer": "Asha", "date": "2026-01-05", field: value });
        assert_eq!(client.ingest(format!("{line}\n")).await.1["rejected"], 1, "{field} {value}");
    }
    let early = json!({ "customer": "Asha Traders", "date": "0001-01-02", "delivered_at": "0001-01-02T10:00:00Z" });
    let early = client.create(early).await;
    assert_eq!(client.get(&format!("{DATA}{}/", early["id"].as_str().unwrap())).await.1["date"], "0001-01-02");
    let page = client.get(&format!("{DATA}?count=exact&sort=delivered_at")).await.1;
    assert_eq!(page["count"], 1, "nothing else was written, and all can be read: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn days_out_of_time_on_sqlite() {
    days_out_of_time(&House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_out_of_time_on_mariadb() {
    days_out_of_time(&House::open(true).await).await;
}

/// What is no JSON, or says that it is none, is not read as such.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_other_types() {
    let house = House::open(false).await;
    let client = house.client().await;
    let row = json!({ "customer": "Asha Traders", "date": "2026-01-05" });
    let line = json!({ "source": "s", "external_id": "1", "customer": "Asha Traders", "date": "2026-01-05" });
    let send = async |path: &str, kind: Option<&str>, body: String| {
        let request = client.http.post(format!("{}{path}", house.url)).header("x-csrftoken", &client.token).body(body);
        let request = kind.into_iter().fold(request, |request, kind| request.header("content-type", kind));
        request.send().await.unwrap().status().as_u16()
    };
    for kind in [
        "text/csv",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
    ] {
        assert_eq!(send(DATA, Some(kind), row.to_string()).await, 415, "{kind}");
        assert_eq!(send("/api/ingest/challans/", Some(kind), line.to_string()).await, 415, "{kind}");
    }
    assert_eq!(send(DATA, None, row.to_string()).await, 415);
    let packed = client.http.post(format!("{}{DATA}", house.url)).header("x-csrftoken", &client.token);
    let packed = packed.header("content-encoding", "gzip").json(&row).send().await.unwrap();
    assert_eq!(packed.status(), 415, "only ingest unpacks");
    for kind in [
        Some("application/json"),
        Some("Application/JSON; charset=utf-8"),
        Some("application/x-ndjson"),
        Some("application/ndjson"),
        None,
    ] {
        assert_eq!(send("/api/ingest/challans/", kind, line.to_string()).await, 200, "{kind:?}");
    }
    assert_eq!(send(DATA, Some("Application/JSON; charset=utf-8"), row.to_string()).await, 201);
    assert_eq!(client.get(&format!("{DATA}?count=exact")).await.1["count"], 2);
}

/// Customers' names are on one line wherever they come from: the list could not be kept otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn names_on_several_lines() {
    let house = House::open(false).await;
    let client = house.client().await;
    for wrong in ["Asha\nTraders", "Asha\tTraders", "Asha\u{0}Traders", "Asha\u{1b}[31m"] {
        let body = json!({ "customer": wrong, "date": "2026-01-05" });
        let (status, problem) = client.send(Method::POST, DATA, &[], &body).await;
        assert_eq!((status, problem["code"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("customer_control")));
        assert_eq!(client.send(Method::POST, "/api/tracker/customers/", &[], &json!({ "name": wrong })).await.0, 422);
    }
    let text = "one\ntwo\u{0}\u{1b}[31m <b>'\"`--";
    let row = client.create(json!({ "customer": "Asha Traders", "date": "2026-01-05", "remarks": text })).await;
    assert_eq!(row["remarks"], text, "what people write is kept as it is");
}

/// What is packed in several parts is one text, of which nothing is left out.
#[tokio::test(flavor = "multi_thread")]
async fn bodies_packed_in_parts() {
    let house = House::open(false).await;
    let client = house.client().await;
    let (gzip, zstd) =
        (include_bytes!("two-members.ndjson.gz").as_slice(), include_bytes!("two-frames.ndjson.zst").as_slice());
    for (encoding, body, expected) in
        [("gzip", gzip, "created"), ("GZIP", gzip, "unchanged"), ("zstd", zstd, "unchanged")]
    {
        let request = client.http.post(format!("{}/api/ingest/challans/", house.url)).body(body);
        let request = request.header("x-csrftoken", &client.token).header("content-type", "application/x-ndjson");
        let answer: Value = request.header("content-encoding", encoding).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer[expected], 2, "{encoding}: {answer}");
    }
    let torn = [gzip, b"garbage"].concat();
    let request = client.http.post(format!("{}/api/ingest/challans/", house.url)).body(torn);
    let request = request.header("x-csrftoken", &client.token).header("content-type", "application/x-ndjson");
    assert_eq!(request.header("content-encoding", "gzip").send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}
