//! Who carries challans, through the front door: the names in use, and two names made one.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::batches::{colleague, one, sent, undo};
use crate::bulk::{ended, numbers};
use crate::house::{Client, DATA, EMAIL, House, PASSWORD};
use crate::live::read_until;
use crate::rights::{Caller, user};

const EXECUTIVES: &str = "/api/tracker/executives/";
pub const MERGE: &str = "/api/tracker/executives/merge/";

async fn add_user(client: &Client, body: Value) -> Value {
    let (status, made) = client.send(Method::POST, "/api/users/", &[], &body).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made
}

pub async fn executives_are_found(house: &House) {
    let client = house.client().await;
    let new = json!({
        "email": "farhan@4syz.com", "first_name": "Farhan", "last_name": "Q", "executive_name": "Farhan Q", "grants": [],
    });
    let user = add_user(&client, new).await;
    for names in [json!(["FARHAN Q", "Gita"]), json!(["farhan  q"])] {
        client.create(json!({ "customer": "Carried", "date": "2026-05-06", "delivery_executives": names })).await;
    }
    let found = client.get(&format!("{EXECUTIVES}?search=Farhan")).await.1;
    let results = found["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["count"]), (1, &json!(2)), "{found}");
    assert_eq!((&results[0]["name"], &results[0]["user"]), (&json!("Farhan Q"), &user["id"]), "as the user has it");
}

/// The names with `search` in them, and how many challans the caller sees of each.
async fn named(client: &Client, search: &str) -> Vec<(String, u64)> {
    let (status, page) = client.get(&format!("{EXECUTIVES}?search={search}")).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    let each = page["results"].as_array().unwrap().iter();
    each.map(|e| (e["name"].as_str().unwrap().to_owned(), e["count"].as_u64().unwrap())).collect()
}

async fn carried(client: &Client, challan: &Value) -> Value {
    client.get(&one(challan)).await.1["delivery_executives"].clone()
}

/// 120 challans in a list, one that is void and one in the trash, whose executives are one person in several spellings.
async fn fill(client: &Client) -> [Value; 3] {
    let names = [json!(["Ravi K"]), json!(["ravi  k", "Gita"]), json!(["Ravi Kumar", "RAVI K"])];
    let rows: String = (0..120)
        .map(|i| {
            let row = json!({ "source": "merge", "external_id": format!("m{i}"), "customer": format!("Merged {}", i % 2),
                "date": "2026-05-06", "delivery_executives": names[i % 3] });
            format!("{row}\n")
        })
        .collect();
    assert_eq!(client.ingest(rows).await.1["created"], 120);
    let body =
        json!({ "customer": "Merged 0", "date": "2026-05-06", "delivery_executives": ["Gita", "RAVI K", "ravi k"] });
    let [void, gone, other] = [
        body.clone(),
        body,
        json!({ "customer": "Merged 0", "date": "2026-05-06",
        "delivery_executives": ["Ravi Kumar", "Ravi"] }),
    ];
    let (void, gone, other) = (client.create(void).await, client.create(gone).await, client.create(other).await);
    let voiding = json!({ "reason": "a test" });
    let path = format!("{}void/", one(&void));
    assert_eq!(client.send(Method::POST, &path, &[("if-match", "*")], &voiding).await.0, StatusCode::OK);
    assert_eq!(client.send(Method::DELETE, &one(&gone), &[("if-match", "*")], &json!({})).await.0, StatusCode::OK);
    [void, gone, other]
}

/// Who may merge sees and changes every challan; a name that is a user's stays.
async fn a_merge_is_refused(house: &House, boss: &Client) {
    let user = json!({ "email": "meena.merge@4syz.com", "executive_name": "Meena M", "grants": [] });
    add_user(boss, user).await;
    boss.create(json!({ "customer": "Merged 0", "date": "2026-05-06", "delivery_executives": ["meena  m"] })).await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": "Ravi K" }), "into"),
        (json!({ "name": " ", "into": "Ravi Kumar" }), "name"),
        (json!({ "name": "Ravi K", "into": "Ravi K" }), "into"),
        (json!({ "name": "Ravi K", "into": "x".repeat(101) }), "into"),
        (json!({ "name": "Ravi K", "into": "Two\nlines" }), "into"),
        (json!({ "name": "Ravi K", "into": 7 }), "into"),
        (json!({ "name": "Ravi K", "into": "Ravi Kumar", "count": 1 }), "count"),
        (json!({ "name": "Nobody At All", "into": "Ravi Kumar" }), "name"),
        (json!({ "name": "MEENA M", "into": "Ravi Kumar" }), "name"),
    ] {
        let (status, _, problem) = sent(boss, Method::POST, MERGE, &body).await;
        let named = problem["fields"][field][0].is_string();
        assert_eq!((status, named), (StatusCode::UNPROCESSABLE_ENTITY, true), "{body}: {problem}");
    }
    let merge = json!({ "name": "meena m", "into": "Ravi Kumar" });
    let problem = sent(boss, Method::POST, MERGE, &merge).await.2;
    let why = problem["fields"]["name"][0].as_str().unwrap();
    assert!(why.contains("Meena M") && why.contains("Users"), "{why}");
    // Of the three rights each is missing once, or reaches some challans or not their executives.
    let all = ["customer:manage", "challan:read", "challan:update"];
    let own = json!({ "own_deliveries": true });
    for (i, limit) in [json!({ "scope": own }), json!({ "hidden_columns": ["delivery_executives"] }), json!(null)]
        .into_iter()
        .flat_map(|limit| (0..3).map(move |i| (i, limit.clone())))
        .filter(|(i, limit)| limit.is_null() || *i > 0)
    {
        let grants: Vec<Value> = (0..3)
            .filter(|g| *g != i || !limit.is_null())
            .map(|g| {
                let mut grant = if g == i { limit.clone() } else { json!({}) };
                grant["permission"] = json!(all[g]);
                grant
            })
            .collect();
        let email = format!("no-merge-{i}-{}@4syz.com", limit.to_string().len());
        add_user(boss, json!({ "email": email, "password": PASSWORD, "executive_name": email, "grants": grants }))
            .await;
        let clerk = house.client_of(&email, PASSWORD).await;
        let merge = json!({ "name": "Ravi K", "into": email });
        let (status, _, problem) = sent(&clerk, Method::POST, MERGE, &merge).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{i} {limit}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(all[i]), "{i} {limit}: {problem}");
    }
}

async fn two_names_are_made_one(house: &House) {
    let boss = house.client().await;
    let [void, gone, other] = fill(&boss).await;
    assert_eq!(named(&boss, "ravi").await, [("Ravi".into(), 1), ("RAVI K".into(), 121), ("Ravi Kumar".into(), 41)]);
    a_merge_is_refused(house, &boss).await;
    let asha = colleague(house, "merges@4syz.com", &["customer:manage", "challan:read", "challan:update"]).await;
    let own = json!([{ "permission": "challan:read", "scope": { "own_deliveries": true } }]);
    let kumar =
        json!({ "email": "kumar@4syz.com", "password": PASSWORD, "executive_name": "Ravi Kumar", "grants": own });
    add_user(&boss, kumar).await;
    let kumar = house.client_of("kumar@4syz.com", PASSWORD).await;
    assert_eq!(kumar.get(&format!("{DATA}?count=exact")).await.1["count"], 41);

    let stream = asha.http.get(format!("{}/api/stream/?q=source:none", asha.url)).send().await.unwrap();
    let body = json!({ "name": " ravi K", "into": "Ravi Kumar" });
    let key = [("idempotency-key", "merge-1")];
    let (status, taken) = asha.send(Method::POST, MERGE, &key, &body).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{taken}");
    let batch = taken["batch_id"].as_str().unwrap();
    let done = ended(&asha, batch).await;
    assert_eq!(
        (&done["status"], &done["action"], numbers(&done)),
        (&json!("done"), &json!("merge_executive"), [122, 122, 122, 0]),
        "{done}"
    );
    let told = read_until(stream, "\"status\":\"done\"").await;
    assert!(told.contains("event: batch") && told.contains(batch), "{told}");
    assert_eq!(asha.send(Method::POST, MERGE, &key, &body).await, (StatusCode::ACCEPTED, taken.clone()));
    let (status, problem) = asha.send(Method::POST, MERGE, &key, &json!({ "name": "Gita", "into": "Ravi" })).await;
    assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("idempotency_key_reused")));

    assert_eq!(named(&boss, "ravi").await, [("Ravi".into(), 1), ("Ravi Kumar".into(), 122)]);
    assert_eq!(kumar.get(&format!("{DATA}?count=exact")).await.1["count"], 122, "they are all the user's own now");
    assert_eq!(carried(&boss, &void).await, json!(["Gita", "Ravi Kumar"]));
    let path = format!("{DATA}?q=deleted:any%20executive:%22ravi%20kumar%22");
    let trash = boss.get(&path).await.1;
    assert_eq!((&trash["results"][0]["id"], &trash["results"][0]["version"]), (&gone["id"], &json!(3)), "{trash}");
    assert_eq!(boss.get(&one(&other)).await.1["version"], 1, "who does not carry the name is not touched");
    let history = boss.get(&format!("{}history/", one(&void))).await.1;
    let last = &history["results"][0];
    assert_eq!((&last["version"], &last["via"], &last["batch_id"]), (&json!(3), &json!("site"), &json!(batch)));
    let change = json!({ "field": "delivery_executives", "old": ["Gita", "RAVI K"], "new": ["Gita", "Ravi Kumar"] });
    assert_eq!(last["changes"], json!([change]), "{last}");

    let (status, ..) = undo(&boss, batch).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "another's batch");
    let (status, undoing, answer) = undo(&asha, batch).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    assert_eq!(numbers(&ended(&asha, &undoing).await), [122, 122, 122, 0]);
    assert_eq!(named(&boss, "ravi").await, [("Ravi".into(), 1), ("RAVI K".into(), 121), ("Ravi Kumar".into(), 41)]);
    assert_eq!(carried(&boss, &void).await, json!(["Gita", "RAVI K"]), "one person stands once");
}

/// What somebody else writes while a merge goes on is kept, and the name is merged in it all the same.
async fn a_merge_meets_others(house: &House) {
    let boss = house.client().await;
    let rows: String = (0..3000)
        .map(|i| {
            let row = json!({ "source": "meets", "external_id": format!("e{i}"), "customer": "Meets", "date": "2026-05-06",
                "delivery_executives": ["Old Hand"] });
            format!("{row}\n")
        })
        .collect();
    assert_eq!(boss.ingest(rows).await.1["created"], 3000);
    // Rows are worked through by id, so the greatest come last.
    let newest = boss.get(&format!("{DATA}?q=source:meets&sort=-updated_at&limit=2")).await.1;
    let (_, batch, _) = sent(&boss, Method::POST, MERGE, &json!({ "name": "Old Hand", "into": "New Hand" })).await;
    for (row, names) in
        newest["results"].as_array().unwrap().iter().zip([json!(["Other", "old hand"]), json!(["Other"])])
    {
        let set = json!({ "base_version": 1, "delivery_executives": names });
        let (status, _, answer) = sent(&boss, Method::PATCH, &one(row), &set).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    let done = ended(&boss, &batch).await;
    assert_eq!(numbers(&done), [3000, 3000, 2999, 0], "{done}");
    assert_eq!(carried(&boss, &newest["results"][0]).await, json!(["Other", "New Hand"]));
    assert_eq!(carried(&boss, &newest["results"][1]).await, json!(["Other"]));
    assert_eq!(named(&boss, "hand").await, [("New Hand".into(), 2999)]);
}

/// A merge that is under way ends with the right to it.
async fn a_merge_needs_its_right_to_the_end(house: &House) {
    let boss = Caller::signed_in(house, EMAIL).await;
    let made = user(&boss, "merging@4syz.com", "user", &["customer:manage", "challan:read", "challan:update"]).await;
    let asha = house.client_of("merging@4syz.com", PASSWORD).await;
    let (_, batch, answer) =
        sent(&asha, Method::POST, MERGE, &json!({ "name": "New Hand", "into": "Third Hand" })).await;
    let path = format!("/api/users/{}/grants/", made["id"].as_str().unwrap());
    let left = json!({ "grants": [{ "permission": "challan:read" }, { "permission": "challan:update" }] });
    assert_eq!(boss.send(Method::PUT, &path, Some(&left)).await.0, 200);
    let smaller = std::time::Instant::now();
    let done = ended(&house.client().await, &batch).await;
    let [matched, _, changed, refused] = numbers(&done);
    assert_eq!((matched, changed + refused), (2999, 2999), "{answer}: {done}");
    // An answer about rights is used for a second at most; a quick machine may be done with all rows by then.
    if refused > 0 {
        assert_eq!(done["refusals"][0]["code"], "forbidden", "{done}");
    } else {
        assert!(smaller.elapsed() < std::time::Duration::from_secs(3), "it went on without its right: {done}");
    }
    assert_eq!(named(&house.client().await, "third").await, [("Third Hand".into(), changed)]);
}

async fn executives_are_merged(house: House) {
    two_names_are_made_one(&house).await;
    a_merge_meets_others(&house).await;
    a_merge_needs_its_right_to_the_end(&house).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn executives_on_sqlite() {
    executives_are_merged(House::open(false).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn executives_on_mariadb() {
    executives_are_merged(House::open(true).await).await;
}
