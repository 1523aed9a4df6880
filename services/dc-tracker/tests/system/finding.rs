//! Finding through the front door: filters of lists, windows, facets, the dashboard and the stream.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::house::{Client, DATA, House};

/// A text as it stands in an address.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

async fn remarks(client: &Client, q: &str) -> Vec<String> {
    let (status, page) = client.get(&format!("{DATA}?sort=date&q={}", escaped(q))).await;
    assert_eq!(status, StatusCode::OK, "{q}: {page}");
    page["results"].as_array().unwrap().iter().map(|r| r["remarks"].as_str().unwrap_or("").to_owned()).collect()
}

/// Words find what was written when the index has it.
async fn comes_to(client: &Client, q: &str, expected: &[&str]) {
    let began = Instant::now();
    loop {
        let found = remarks(client, q).await;
        if found == expected {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{q} finds {found:?}, not {expected:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Challans of one customer group, told apart by their remarks.
async fn set_up(client: &Client) {
    let rows = [
        json!({ "customer": "Müller & Söhne", "date": "2025-05-01", "remarks": "one", "dc_summary": "12 steel pipes",
            "delivery_executives": ["Find Ravi"], "amount": "60000", "delivered_at": "2025-05-02" }),
        json!({ "customer": "Müller Traders", "date": "2025-05-02", "remarks": "two", "dc_summary": "valves",
            "delivery_executives": ["Find Ravi", "Find Meena"], "amount": "400.50", "delivered_at": "2025-05-02",
            "pod_upload_date": "2025-05-05" }),
        json!({ "customer": "Müller Traders", "date": "2025-05-03", "remarks": "three", "delivered_at": "2025-05-04",
            "pod_upload_date": "2025-05-05", "invoice_number": "MUE/77-A", "invoice_date": "2025-05-06" }),
        json!({ "customer": "Müller Foods", "date": "2025-06-01", "remarks": "four", "draft": true }),
    ];
    for row in rows {
        client.create(row).await;
    }
}

async fn every_kind_of_term_finds(client: &Client) {
    for (q, expected) in [
        ("customer:\"müller traders\"", vec!["two", "three"]),
        ("customer:müller*", vec!["one", "two", "three", "four"]),
        ("customer:müller*  -stage:draft", vec!["one", "two", "three"]),
        ("muller pipes", vec!["one"]),
        ("muller \"steel pipes\"", vec!["one"]),
        ("muller \"steel pipe\"", vec![]),
        ("e/77", vec!["three"]),
        ("muller (amount:>50000 OR invoice:any)", vec!["one", "three"]),
        ("muller -(amount:any)", vec!["three", "four"]),
        ("executive:\"find ravi\" -executive:\"find meena\"", vec!["one"]),
        ("executive:find*", vec!["one", "two"]),
        ("muller delivered:2025-05-02", vec!["one", "two"]),
        ("muller date:2025-05-02..2025-05-31 pod:yes", vec!["two", "three"]),
        ("muller date:fy2025-26 pod:none", vec!["one", "four"]),
        ("muller stage:invoiced,draft", vec!["three", "four"]),
        ("muller submitted:no invoice:any age:>7", vec!["three"]),
        ("invoice:mue* invoice_date:2025-05", vec!["three"]),
        ("remarks:thr", vec!["three"]),
        ("muller deleted:any", vec![]),
    ] {
        comes_to(client, q, &expected).await;
    }
    let page =
        client.get(&format!("{DATA}?q={}&count=exact&limit=1&sort=-amount", escaped("muller date:2025-05"))).await.1;
    assert_eq!((&page["count"], &page["results"][0]["remarks"]), (&json!(3), &json!("one")), "{page}");
    let next = client.get(page["next"].as_str().unwrap()).await.1;
    assert_eq!(next["results"][0]["remarks"], "two");
    for (order, expected) in [
        ("customer,-date", ["one", "four", "three", "two"]),
        ("-customer,date", ["two", "three", "four", "one"]),
        ("-delivered_at,customer", ["three", "one", "two", "four"]),
        ("delivered_at,-amount,date", ["four", "one", "two", "three"]),
    ] {
        let mut next = format!("{DATA}?q=muller&limit=1&sort={order}");
        for expected in expected {
            let page = client.get(&next).await.1;
            assert_eq!(page["results"][0]["remarks"], expected, "by {order}: {page}");
            next = page["next"].as_str().unwrap_or_default().to_owned();
        }
        assert_eq!(next, "", "by {order}");
    }
    let range = format!("/api/tracker/range/?q={}&sort=date&offset=1&limit=2&columns=remarks", escaped("muller"));
    let range = client.get(&range).await.1;
    assert_eq!((&range["total"], &range["rows"][0][2]), (&json!(4), &json!("two")), "{range}");
}

/// A list by stage goes through the life of a challan, by the index as by the tables, one page after another.
async fn stages_are_in_the_order_of_a_life(client: &Client) {
    let life = ["draft", "delivered", "pod_received", "invoiced"];
    for q in ["muller", "customer:müller*"] {
        for (sort, expected) in [("stage", life.to_vec()), ("-stage", life.iter().rev().copied().collect())] {
            let (mut stages, mut path) = (Vec::new(), format!("{DATA}?q={}&sort={sort}&limit=1", escaped(q)));
            loop {
                let page = client.get(&path).await.1;
                stages.extend(page["results"][0]["stage"].as_str().map(str::to_owned));
                let Some(next) = page["next"].as_str() else { break };
                path = next.to_owned();
            }
            assert_eq!(stages, expected, "{q} by {sort}");
        }
    }
}

async fn the_trash_is_shown_when_asked(client: &Client) {
    let gone = client.create(json!({ "customer": "Wegwerf Traders", "date": "2025-05-09", "remarks": "gone" })).await;
    let path = format!("{DATA}{}/", gone["id"].as_str().unwrap());
    assert_eq!(client.send(Method::DELETE, &path, &[("if-match", "*")], &json!({})).await.0, StatusCode::OK);
    comes_to(client, "wegwerf deleted:any", &["gone"]).await;
    comes_to(client, "wegwerf deleted:today", &["gone"]).await;
    comes_to(client, "wegwerf", &[]).await;
}

async fn a_mistake_has_place_and_expectation(client: &Client) {
    let deep = "(".repeat(1500) + "a";
    let long = "x".repeat(6000);
    for (q, place, expected) in [
        ("pipes stage:gone", 13, "dispatched"),
        ("name;drop", 5, "quotation marks"),
        ("(select sleep(5))", 14, "space"),
        ("`a`", 1, "quotation marks"),
        ("--", 2, "right after"),
        ("a\u{0}b", 2, "control"),
        ("date:tomorrow", 6, "2026-07-01"),
        ("amount:>much", 9, "rupees"),
        (&deep, 18, "deep"),
        (&long, 2001, "2000"),
    ] {
        for path in [DATA, "/api/tracker/range/", "/api/tracker/facets/", "/api/tracker/summary/", "/api/stream/"] {
            let began = Instant::now();
            let (status, problem) = client.get(&format!("{path}?q={}", escaped(q))).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{path} {problem}");
            assert_eq!(problem["place"], place, "{path} {problem}");
            assert!(problem["expected"].as_str().unwrap().contains(expected), "{problem}");
            assert!(began.elapsed() < Duration::from_millis(500), "{path} took {:?}", began.elapsed());
        }
    }
    let facets = client.get("/api/tracker/facets/?fields=colour").await;
    assert_eq!(facets.0, StatusCode::BAD_REQUEST);
    let nine = "q=a&".repeat(9);
    assert_eq!(client.get(&format!("/api/stream/?{nine}")).await.0, StatusCode::BAD_REQUEST);
}

fn count(facet: &Value, value: &str) -> u64 {
    let found = facet.as_array().unwrap().iter().find(|f| f["value"] == value);
    found.map_or(0, |f| f["count"].as_u64().unwrap())
}

async fn facets_and_summary_count_under_the_filter(client: &Client) {
    let path =
        format!("/api/tracker/facets/?fields=stage,customer,executive,source,age&q={}", escaped("muller -stage:draft"));
    let facets = client.get(&path).await.1;
    assert_eq!(count(&facets["stage"], "delivered"), 1, "{facets}");
    assert_eq!((count(&facets["stage"], "invoiced"), count(&facets["stage"], "draft")), (1, 0), "{facets}");
    assert_eq!(count(&facets["customer"], "Müller Traders"), 2, "{facets}");
    assert_eq!(
        (count(&facets["executive"], "Find Ravi"), count(&facets["executive"], "Find Meena")),
        (2, 1),
        "{facets}"
    );
    assert_eq!(count(&facets["age"], ">=16"), 3, "{facets}");
    assert_eq!(facets["source"], json!([]));
    let summary = client.get(&format!("/api/tracker/summary/?q={}", escaped("muller"))).await.1;
    assert_eq!((&summary["count"], &summary["amount"]), (&json!(4), &json!("60400.50")), "{summary}");
    let waiting = &summary["delivered_without_pod"];
    assert_eq!((&waiting["count"], &waiting["amount"]), (&json!(1), &json!("60000.00")), "{summary}");
    assert_eq!(waiting["buckets"][3], json!({ "from_days": 16, "to_days": null, "count": 1, "amount": "60000.00" }));
    assert_eq!(summary["pod_without_invoice"]["count"], 1);
    assert_eq!(summary["invoiced_not_submitted"]["count"], 1);
    assert_eq!(summary["top_customers"][0], json!({ "customer": "Müller Traders", "count": 2, "amount": "400.50" }));
}

/// What waited seven days ago: what came since is left out, what left since is in it, and each number is its filter's.
async fn piles_are_told_as_they_stood(house: &House, boss: &Client) {
    let path = format!("/api/tracker/summary/?q={}", escaped("customer:\"pile traders\" OR nothing"));
    let empty = boss.get(&path).await.1;
    let day: chrono::NaiveDate = empty["delivered_without_pod"]["before"]["date"].as_str().unwrap().parse().unwrap();
    let on = |days: i64| (day + chrono::TimeDelta::days(days)).to_string();
    let row = |amount: u64, facts: Value| {
        let mut row = json!({ "customer": "Pile Traders", "date": on(-10), "amount": amount });
        row.as_object_mut().unwrap().extend(facts.as_object().unwrap().clone());
        row
    };
    let invoice = |days: i64| json!({ "invoice_number": format!("PILE/{days}"), "invoice_date": on(days) });
    let billed = |pod: i64, invoiced: i64, more: Value| {
        let mut facts = json!({ "delivered_at": on(-5), "pod_upload_date": on(pod) });
        for part in [invoice(invoiced), more] {
            facts.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        }
        facts
    };
    let submitted = |day: Value| json!({ "invoice_submission": true, "invoice_submitted_on": day });
    for row in [
        row(1, json!({ "delivered_at": on(0) })),
        row(2, json!({ "delivered_at": on(-1), "pod_upload_date": on(1) })),
        row(4, json!({ "delivered_at": on(1) })),
        row(8, json!({ "delivered_at": on(-1), "draft": true })),
        row(16, json!({ "delivered_at": on(-3), "pod_upload_date": on(0) })),
        row(32, billed(-2, 1, submitted(json!(on(2))))),
        row(64, billed(-2, 0, json!({}))),
        row(128, billed(-2, -1, submitted(json!(on(1))))),
        row(256, billed(-2, -1, submitted(Value::Null))),
        row(512, billed(-2, -1, submitted(json!(on(0))))),
    ] {
        boss.create(row).await;
    }
    let void = boss.create(row(1024, json!({ "delivered_at": on(-1) }))).await;
    let voiding = json!({ "reason": "a test" });
    let void = format!("{DATA}{}/void/", void["id"].as_str().unwrap());
    assert_eq!(boss.send(Method::POST, &void, &[("if-match", "*")], &voiding).await.0, StatusCode::OK);
    let summary = boss.get(&path).await.1;
    for (name, now, before) in [
        ("delivered_without_pod", 1 + 4, 1 + 2 + 1024),
        ("pod_without_invoice", 2 + 16, 16 + 32),
        ("invoiced_not_submitted", 64, 64 + 128),
    ] {
        let (pile, then) = (&summary[name], &summary[name]["before"]);
        assert_eq!(pile["amount"], format!("{now}.00"), "{name}: {pile}");
        assert_eq!(
            (&then["amount"], &then["date"]),
            (&json!(format!("{before}.00")), &json!(day.to_string())),
            "{name}: {pile}"
        );
        let q = escaped(then["q"].as_str().unwrap());
        let found = boss.get(&format!("{DATA}?count=exact&q={q}")).await.1;
        assert_eq!(
            (&found["count"], &then["count"]),
            (&then["count"], &json!(u64::from(u32::count_ones(before)))),
            "{name}: {then}"
        );
    }
    let grants = json!([{ "permission": "challan:read", "hidden_columns": ["amount", "invoice_submitted_on"] }]);
    let clerk = json!({ "email": "piles@4syz.com", "password": "another long sentence", "grants": grants });
    assert_eq!(boss.send(Method::POST, "/api/users/", &[], &clerk).await.0, StatusCode::CREATED);
    let clerk = house.client_of("piles@4syz.com", "another long sentence").await;
    let summary = clerk.get(&path).await.1;
    let then = &summary["delivered_without_pod"]["before"];
    assert_eq!((&then["count"], &then["amount"]), (&json!(3), &Value::Null), "{summary}");
    let unsubmitted = &summary["invoiced_not_submitted"];
    assert_eq!((&unsubmitted["count"], &unsubmitted["before"]), (&json!(1), &Value::Null), "the day is hidden");
}

/// What is hidden is no question, no word, no count and no event.
async fn hidden_columns_tell_nothing(house: &House, boss: &Client) {
    let body = json!({ "email": "meena@4syz.com", "first_name": "Meena", "password": "another long sentence",
        "grants": [{ "permission": "challan:read", "hidden_columns": ["amount", "dc_summary"] }] });
    let (status, user) = boss.send(Method::POST, "/api/users/", &[], &body).await;
    assert_eq!(status, StatusCode::CREATED, "{user}");
    let meena = house.client_of("meena@4syz.com", "another long sentence").await;
    for q in ["amount:>5", "-amount:any", "summary:pipes"] {
        for path in [DATA, "/api/tracker/summary/", "/api/stream/"] {
            let (status, problem) = meena.get(&format!("{path}?q={}", escaped(q))).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} {q} {problem}");
        }
    }
    assert_orders_tell_nothing(&meena, "amount").await;
    assert!(remarks(&meena, "muller pipes").await.is_empty());
    assert_eq!(meena.get("/api/tracker/summary/").await.1["amount"], Value::Null);
    let challan = boss.create(json!({ "customer": "Hidden Traders", "date": "2025-07-01" })).await;
    let path = format!("{DATA}{}/", challan["id"].as_str().unwrap());
    let mut stream = meena.http.get(format!("{}/api/stream/", house.url)).send().await.unwrap();
    let mut told = String::new();
    hear(&mut stream, &mut told, "event: hello").await;
    for set in [json!({ "amount": "7", "base_version": 1 }), json!({ "remarks": "seen", "base_version": 2 })] {
        assert_eq!(boss.send(Method::PATCH, &path, &[], &set).await.0, StatusCode::OK);
    }
    hear(&mut stream, &mut told, "\"changed\":[\"remarks\"]").await;
    assert!(events(&told, "challan").iter().all(|e| e["challan"]["version"] != 2), "{told}");
}

/// An order by what is hidden is refused: rows would stand by it, and cursors have it in them.
async fn assert_orders_tell_nothing(client: &Client, hidden: &str) {
    for path in [DATA, "/api/tracker/range/"] {
        for order in [hidden.to_owned(), format!("-{hidden}"), format!("date,{hidden}")] {
            let (status, problem) = client.get(&format!("{path}?sort={order}")).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} {order}: {problem}");
        }
        assert_eq!(client.get(&format!("{path}?sort=-date")).await.0, StatusCode::OK);
    }
    let columns = client.get("/api/tracker/columns/").await.1;
    for column in columns.as_array().unwrap() {
        let may = ["date", "challan_number", "customer", "stage", "updated_at", "amount", "delivered_at"];
        let expected = may.iter().any(|name| column["name"] == *name) && column["name"] != hidden;
        assert_eq!(column["sortable"], expected, "{column}");
    }
}

/// The same where it is hidden in some rows only: the others may be seen, and their order with them.
async fn columns_hidden_in_some_rows(house: &House, boss: &Client) {
    let seen = boss.create(json!({ "customer": "Seen Traders", "date": "2025-08-01", "amount": "5" })).await;
    boss.create(json!({ "customer": "Half Traders", "date": "2025-08-01", "amount": "6" })).await;
    let body = json!({ "email": "half@4syz.com", "first_name": "Half", "password": "another long sentence", "grants": [
        { "permission": "challan:read", "hidden_columns": ["amount"] },
        { "permission": "challan:read", "scope": { "customers": [seen["customer_id"]] } },
    ] });
    assert_eq!(boss.send(Method::POST, "/api/users/", &[], &body).await.0, StatusCode::CREATED);
    let half = house.client_of("half@4syz.com", "another long sentence").await;
    let page = half.get(&format!("{DATA}?q={}", escaped("amount:any"))).await.1;
    assert_eq!(page["results"][0]["amount"], "5.00", "what may be seen is found: {page}");
    assert_eq!(page["results"].as_array().unwrap().len(), 1, "and nothing else: {page}");
    assert_orders_tell_nothing(&half, "amount").await;
}

async fn hear(stream: &mut reqwest::Response, told: &mut String, expected: &str) {
    let hearing = async {
        while !told.contains(expected) {
            told.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(5), hearing).await.is_ok();
    assert!(in_time, "{expected} did not come; the stream said: {told}");
}

/// The data of the stream's events of one kind, in order.
fn events(told: &str, kind: &str) -> Vec<Value> {
    let data = |block: &str| {
        let lines: Vec<&str> = block.lines().collect();
        let is = lines.iter().any(|l| *l == format!("event: {kind}"));
        is.then(|| lines.iter().find_map(|l| l.strip_prefix("data: ")).map(|d| serde_json::from_str(d).unwrap()))
            .flatten()
    };
    told.split("\n\n").filter_map(data).collect()
}

async fn streams_follow_filters_and_scope(house: &House, boss: &Client) {
    let theirs = boss.create(json!({ "customer": "Scope Traders", "date": "2025-08-01" })).await;
    let body = json!({ "email": "scoped@4syz.com", "first_name": "Scoped", "password": "another long sentence",
        "grants": [{ "permission": "challan:read", "scope": { "customers": [theirs["customer_id"]] } }] });
    assert_eq!(boss.send(Method::POST, "/api/users/", &[], &body).await.0, StatusCode::CREATED);
    let scoped = house.client_of("scoped@4syz.com", "another long sentence").await;
    let (big, traders) = (escaped("amount:>100"), escaped("customer:\"scope traders\" stage:delivered"));
    let open = |client: &Client| client.http.get(format!("{}/api/stream/?q={big}&q={traders}", house.url)).send();
    let (mut all, mut own) = (open(boss).await.unwrap(), open(&scoped).await.unwrap());
    let (mut told_all, mut told_own) = (String::new(), String::new());
    hear(&mut all, &mut told_all, "event: hello").await;
    hear(&mut own, &mut told_own, "event: hello").await;
    let path = format!("{DATA}{}/", theirs["id"].as_str().unwrap());
    for (base, set) in [
        (1, json!({ "remarks": "in no filter" })),
        (2, json!({ "amount": "500" })),
        (3, json!({ "delivered_at": "2025-08-02" })),
        (4, json!({ "amount": "5" })),
        (5, json!({ "customer": "Elsewhere Traders" })),
        (6, json!({ "amount": "5000" })),
    ] {
        let mut set = set;
        set["base_version"] = json!(base);
        assert_eq!(boss.send(Method::PATCH, &path, &[], &set).await.0, StatusCode::OK);
    }
    hear(&mut all, &mut told_all, "\"5000.00\"").await;
    let places: Vec<Value> =
        events(&told_all, "challan").iter().map(|e| json!([e["challan"]["version"], e["was"], e["in"]])).collect();
    let expected = json!([[3, [], [0]], [4, [0], [0, 1]], [5, [0, 1], [1]], [6, [1], []], [7, [], [0]]]);
    assert_eq!(Value::from(places), expected, "{told_all}");
    hear(&mut own, &mut told_own, "event: gone").await;
    assert_eq!(events(&told_own, "gone"), [json!({ "id": theirs["id"], "in": [1] })]);
    assert_eq!(events(&told_own, "challan").len(), 3);
    assert!(!told_own.contains("Elsewhere"), "{told_own}");
    let begin = events(&told_own, "hello")[0]["cursor"].as_str().unwrap().to_owned();
    for (client, missed) in [(boss, 5), (&scoped, 4)] {
        let again = client.http.get(format!("{}/api/stream/?q={big}&q={traders}&after={begin}", house.url));
        let (mut stream, mut told) = (again.send().await.unwrap(), String::new());
        hear(&mut stream, &mut told, "event: hello").await;
        let hello = &events(&told, "hello")[0];
        assert_eq!((&hello["outcome"], &hello["missed"]), (&json!("resumed"), &json!(missed)), "{told}");
    }
}

pub async fn filters_find_the_same_everywhere(house: &House) {
    let boss = house.client().await;
    set_up(&boss).await;
    every_kind_of_term_finds(&boss).await;
    stages_are_in_the_order_of_a_life(&boss).await;
    the_trash_is_shown_when_asked(&boss).await;
    a_mistake_has_place_and_expectation(&boss).await;
    facets_and_summary_count_under_the_filter(&boss).await;
    piles_are_told_as_they_stood(house, &boss).await;
    hidden_columns_tell_nothing(house, &boss).await;
    columns_hidden_in_some_rows(house, &boss).await;
    streams_follow_filters_and_scope(house, &boss).await;
}
