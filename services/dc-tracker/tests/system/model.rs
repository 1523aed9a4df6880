//! The register against a model of it: random writes of one clerk, some with a stale version, some sent while the program is
//! killed and sent again, and after every one the row is what the model says.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::batches::{one, sent, undo};
use crate::house::{Client, DATA, House, Process};
use crate::verify::the_log_comes_to_what_is_stored;

/// Series of writes, the same in every run, and writes of one. With `MODEL_CASES=200` in the environment there are so many,
/// others each time.
const CASES: u32 = 6;
const WRITES: usize = 25;
/// What is written: a text, a sum, a day, and a flag that needs an invoice.
const FIELDS: [&str; 4] = ["remarks", "amount", "pod_upload_date", "invoice_submission"];

#[derive(Clone, Debug)]
enum Write {
    Create {
        draft: bool,
    },
    /// `behind` versions before the present one.
    Update {
        row: usize,
        field: usize,
        value: u8,
        behind: u64,
    },
    Act {
        row: usize,
        act: &'static str,
    },
    Delete {
        row: usize,
    },
    /// Undoes the last update that was taken.
    Undo,
    /// Ingests the row of a key.
    Ingest {
        key: u8,
        value: u8,
    },
    /// Creates, kills the program so many milliseconds later, starts it and sends the same again.
    Killed {
        after: u64,
    },
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let row = 0..8_usize;
    let write = prop_oneof![
        4 => any::<bool>().prop_map(|draft| Write::Create { draft }),
        10 => (row.clone(), 0..FIELDS.len(), 0..4_u8, 0..3_u64)
            .prop_map(|(row, field, value, behind)| Write::Update { row, field, value, behind }),
        3 => (row.clone(), prop_oneof![Just("issue"), Just("void"), Just("restore")])
            .prop_map(|(row, act)| Write::Act { row, act }),
        2 => row.prop_map(|row| Write::Delete { row }),
        3 => Just(Write::Undo),
        3 => (0..3_u8, 0..4_u8).prop_map(|(key, value)| Write::Ingest { key, value }),
        1 => (0..12_u64).prop_map(|after| Write::Killed { after }),
    ];
    proptest::collection::vec(write, 1..=WRITES)
}

/// A challan as it should stand.
#[derive(Clone, Debug)]
struct Row {
    id: Value,
    version: u64,
    fields: BTreeMap<&'static str, Value>,
    /// The fields after each version of them, the oldest first.
    past: Vec<(u64, BTreeMap<&'static str, Value>)>,
    number: Value,
    void: bool,
    deleted: bool,
    key: Option<u8>,
    /// What the source last sent of `remarks`.
    sent: Value,
}

impl Row {
    fn new(shown: &Value) -> Row {
        let fields: BTreeMap<_, _> = FIELDS.into_iter().map(|f| (f, shown[f].clone())).collect();
        Row {
            id: shown["id"].clone(),
            version: 1,
            past: vec![(1, fields.clone())],
            fields,
            number: shown["challan_number"].clone(),
            void: false,
            deleted: false,
            key: None,
            sent: Value::Null,
        }
    }

    fn set(&mut self, field: &'static str, value: Value) {
        self.version += 1;
        self.fields.insert(field, value);
        self.past.push((self.version, self.fields.clone()));
    }

    /// The fields as they stood at a version.
    fn at(&self, version: u64) -> &BTreeMap<&'static str, Value> {
        let upto = self.past.partition_point(|(v, _)| *v <= version);
        &self.past[upto - 1].1
    }
}

fn value_of(field: &str, value: u8) -> Value {
    match field {
        "remarks" => json!(format!("remark {value}")),
        "amount" => json!(format!("{value}.00")),
        "pod_upload_date" => json!(format!("2026-01-{:02}", 10 + value)),
        _ => json!(value % 2 == 1),
    }
}

/// The program, the clerk, and what should be there.
struct Model<'a> {
    house: &'a mut House,
    client: Client,
    source: String,
    rows: Vec<Row>,
    /// The last update that was taken: its batch, row, field, and the value before.
    last: Option<(String, usize, &'static str, Value)>,
}

impl Model<'_> {
    fn body(&self, draft: bool) -> Value {
        json!({ "customer": format!("Model {}", self.source), "date": "2026-01-05", "draft": draft })
    }

    async fn apply(&mut self, write: &Write) {
        match *write {
            Write::Create { draft } => {
                let row = Row::new(&self.client.create(self.body(draft)).await);
                assert_eq!(row.number.is_null(), draft, "a draft has no number, and an issued challan has one");
                self.rows.push(row);
            }
            Write::Ingest { key, value } => self.ingest(key, value).await,
            Write::Killed { after } => self.kill(after).await,
            Write::Undo => self.undo().await,
            Write::Update { row, .. } | Write::Act { row, .. } | Write::Delete { row } if self.rows.len() <= row => {}
            Write::Update { row, field, value, behind } => self.update(row, FIELDS[field], value, behind).await,
            Write::Act { row, act } => self.act(row, act).await,
            Write::Delete { row } => self.delete(row).await,
        }
    }

    async fn update(&mut self, at: usize, field: &'static str, value: u8, behind: u64) {
        let row = &mut self.rows[at];
        let (base, value) = (row.version.saturating_sub(behind).max(1), value_of(field, value));
        let (status, batch, answer) = sent(
            &self.client,
            Method::PATCH,
            &one(&json!({ "id": row.id })),
            &json!({ "base_version": base, field: value }),
        )
        .await;
        let same = row.fields[field] == value;
        let conflicts = row.at(base)[field] != row.fields[field] && !same;
        if row.void || row.deleted || (field == "invoice_submission" && value == json!(true)) {
            assert!(status.is_client_error(), "{status}: {answer}");
        } else if conflicts {
            assert_eq!((status, &answer["conflicts"][0]["theirs"]), (StatusCode::CONFLICT, &row.fields[field]));
        } else {
            assert_eq!(status, StatusCode::OK, "{answer}");
            if !same {
                let before = row.fields[field].clone();
                row.set(field, value);
                self.last = Some((batch, at, field, before));
            }
        }
    }

    async fn act(&mut self, at: usize, act: &str) {
        let row = &mut self.rows[at];
        let path = format!("{}{act}/", one(&json!({ "id": row.id })));
        let body = if act == "void" { json!({ "reason": "model" }) } else { json!({}) };
        let (status, _, answer) = sent(&self.client, Method::POST, &path, &body).await;
        let may = match act {
            "issue" => row.number.is_null() && !row.deleted,
            "void" => !row.number.is_null() && !row.deleted,
            _ => true,
        };
        assert_eq!(status.is_success(), may, "{act} of {row:?}: {status} {answer}");
        // Done already, so nothing changes.
        let is_done = (act == "void" && row.void) || (act == "restore" && !row.deleted);
        if may && !is_done {
            row.version += 1;
            match act {
                "issue" => row.number = answer["challan_number"].clone(),
                "void" => row.void = true,
                _ => row.deleted = false,
            }
            assert!(act != "issue" || row.number.is_string(), "{answer}");
        }
    }

    async fn delete(&mut self, at: usize) {
        let row = &mut self.rows[at];
        let version = format!("\"{}\"", row.version);
        let path = one(&json!({ "id": row.id }));
        let (status, answer) =
            self.client.send(Method::DELETE, &path, &[("if-match", version.as_str())], &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{row:?}: {answer}");
        if !row.deleted {
            row.version += 1;
            row.deleted = true;
        }
    }

    async fn undo(&mut self) {
        let Some((batch, at, field, before)) = self.last.take() else { return };
        let row = &mut self.rows[at];
        let is_last = row.past.last().is_some_and(|(v, _)| *v == row.version) && !row.void && !row.deleted;
        if !is_last {
            return;
        }
        let (status, _, answer) = undo(&self.client, &batch).await;
        assert_eq!((status, &answer["undone"]), (StatusCode::OK, &json!(1)), "{answer}");
        row.set(field, before);
    }

    async fn ingest(&mut self, key: u8, value: u8) {
        let text = value_of("remarks", value);
        let line = json!({ "source": self.source, "external_id": format!("k{key}"), "date": "2026-01-05",
            "customer": format!("Model {}", self.source), "remarks": text });
        let (status, answer) = self.client.ingest(format!("{line}\n")).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let result = &answer["results"][0];
        let Some(row) = self.rows.iter_mut().find(|row| row.key == Some(key)) else {
            assert_eq!(answer["created"], 1, "{answer}");
            let shown = self.client.get(&one(&json!({ "id": result["id"] }))).await.1;
            let row = Row { key: Some(key), sent: text, ..Row::new(&shown) };
            self.rows.push(row);
            return;
        };
        let now = row.fields["remarks"].clone();
        let (is_new, is_change, corrected) = (text != row.sent, text != now, now != row.sent);
        if is_new && is_change && (corrected || row.void) {
            assert_eq!(answer["rejected"], 1, "what a person corrected or made void stays: {answer}");
            return;
        }
        // A row in the trash comes back.
        if is_new && is_change {
            row.set("remarks", text.clone());
        } else if row.deleted {
            row.version += 1;
        } else {
            return;
        }
        row.deleted = false;
        row.sent = text;
    }

    async fn kill(&mut self, after: u64) {
        let key = format!("{}-{}", self.source, self.rows.len());
        let (client, body) = (self.client.clone(), self.body(false));
        let sending = {
            let (client, body, key) = (client.clone(), body.clone(), key.clone());
            tokio::spawn(async move {
                let request = client.http.post(format!("{}{DATA}", client.url)).header("x-csrftoken", &client.token);
                let _ = request.header("idempotency-key", key).json(&body).send().await;
            })
        };
        tokio::time::sleep(std::time::Duration::from_millis(after)).await;
        self.house.processes[0].child.kill().unwrap();
        self.house.processes[0].child.wait().unwrap();
        sending.await.unwrap();
        self.house.processes[0] = Process::start(&[], &self.house.settings());
        self.house.url = self.house.processes[0].urls["gateway"].clone();
        self.client.url.clone_from(&self.house.url);
        let again = [("idempotency-key", key.as_str())];
        let (status, answer) = self.client.send(Method::POST, DATA, &again, &body).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        self.rows.push(Row::new(&answer));
    }

    /// Every row by itself and all of them together.
    async fn check(&self) {
        let all = every(&self.client, &format!("customer:%22Model%20{}%22", self.source)).await;
        assert_eq!(all.len(), self.rows.len(), "each challan is there once: {all:?}, {:?}", self.rows);
        for row in &self.rows {
            let shown = all.iter().find(|shown| shown["id"] == row.id).unwrap_or_else(|| panic!("{row:?} is gone"));
            for field in FIELDS {
                assert_eq!(shown[field], row.fields[field], "{field} of {shown} and {row:?}");
            }
            assert_eq!((&shown["version"], &shown["challan_number"]), (&json!(row.version), &row.number), "{row:?}");
            assert_eq!((!shown["voided_at"].is_null(), !shown["deleted_at"].is_null()), (row.void, row.deleted));
        }
    }
}

/// Every challan that a filter finds, deleted ones too.
async fn every(client: &Client, q: &str) -> Vec<Value> {
    let mut all = Vec::new();
    for q in [q.to_owned(), format!("deleted:any%20{q}")] {
        let found = client.get(&format!("{DATA}?limit=1000&q={q}")).await.1;
        all.extend(found["results"].as_array().unwrap_or_else(|| panic!("{found}")).iter().cloned());
    }
    all
}

async fn the_register_is_as_its_model(on_mariadb: bool) {
    let mut house = House::open(on_mariadb).await;
    let client = house.client().await;
    let mut case = 0;
    let handle = tokio::runtime::Handle::current();
    let asked = std::env::var("MODEL_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = asked.unwrap_or(CASES);
    let config = Config { cases, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let mut runner = match asked {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let checked = std::cell::RefCell::new((&mut house, &mut case));
    let outcome = runner.run(&writes(), |writes| {
        let mut kept = checked.borrow_mut();
        let (house, case) = &mut *kept;
        **case += 1;
        let mut client = client.clone();
        client.url.clone_from(&house.url);
        let mut model = Model { house, client, source: format!("m{case}"), rows: Vec::new(), last: None };
        tokio::task::block_in_place(|| {
            handle.block_on(async {
                for write in &writes {
                    model.apply(write).await;
                    model.check().await;
                }
            });
        });
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let mut numbers: Vec<u64> = every(&house.client().await, "date:2026-01-05")
        .await
        .iter()
        .filter_map(|row| row["challan_number"].as_str()?.strip_prefix("2601")?.parse().ok())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "numbers have no gap");
    the_log_comes_to_what_is_stored(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_on_sqlite() {
    the_register_is_as_its_model(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_on_mariadb() {
    the_register_is_as_its_model(true).await;
}
