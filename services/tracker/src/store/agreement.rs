//! The same filter finds the same rows in memory, on `SQLite` and on `MariaDB`; and the commonest ones by an index.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use chrono_tz::Asia::Kolkata;
use db::{Db, MySqlSettings, on_db};
use domain::challan::Challan;
use domain::filter::{Field, Filter, Finding, Node, parse};
use domain::fold::fold;
use domain::identity::{Grant, Identity, Permission, Role, Scope, Via};
use domain::rights::reach;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use service::pages::{At, Name};
use sqlx::{QueryBuilder, Row};
use testkit::filters::{challan, filter, today};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::challans::{self, Stored};
use super::figures::{self, By, Figure};
use super::filter::Selection;
use super::list::{self, Listed, rows_of};
use super::sort::{Place, Sort};
use super::{executives, finding, migrate};
use crate::search::{self, Top, View};

async fn sqlite() -> (Db, testkit::sqlite::TestFolder) {
    let folder = testkit::sqlite::folder().unwrap();
    let db = db::open_sqlite(&folder.database()).await.unwrap();
    migrate(&db).await.unwrap();
    (db, folder)
}

async fn mariadb() -> (Db, testkit::mariadb::TestDatabase) {
    let database = testkit::mariadb::database().await.unwrap();
    let settings = MySqlSettings {
        host: database.host().to_owned(),
        port: database.port(),
        database: database.name().to_owned(),
        user: database.user().to_owned(),
        password: String::new(),
        ssl_ca: None,
        pool_size: 4,
    };
    let db = db::open_mysql(&settings).await.unwrap();
    migrate(&db).await.unwrap();
    (db, database)
}

/// Writes rows; those with findings first have another's facts and are then changed.
async fn put(db: &Db, rows: &[Challan], with_findings: bool) {
    let stored = |challan: Challan| Stored { challan, source_base: None, occurred_at: None };
    let others = rows.iter().cycle().skip(7);
    let pairs: Vec<(Challan, Stored)> =
        rows.iter().zip(others).map(|(row, other)| (as_before(row, other), stored(row.clone()))).collect();
    for part in pairs.chunks(350) {
        let mut tx = db.begin().await.unwrap();
        let first: Vec<Stored> = match with_findings {
            true => part.iter().map(|(before, _)| stored(before.clone())).collect(),
            false => part.iter().map(|(_, row)| row.clone()).collect(),
        };
        challans::insert(&mut tx, &first.iter().collect::<Vec<_>>()).await.unwrap();
        if with_findings {
            let pairs: Vec<(&Challan, &Stored)> = part.iter().map(|(before, row)| (before, row)).collect();
            let found = |c: &Challan| Finding::of(c, Kolkata);
            let new: Vec<(Uuid, Finding)> = pairs.iter().map(|(before, _)| (before.id, found(before))).collect();
            finding::write(&mut tx, &new).await.unwrap();
            assert!(challans::update(&mut tx, &pairs).await.unwrap());
            let changed = |(before, row): &(&Challan, &Stored)| finding::Changed {
                id: before.id,
                before: found(before),
                after: found(&row.challan),
            };
            let changed: Vec<finding::Changed> = pairs.iter().map(changed).collect();
            finding::change(&mut tx, &changed).await.unwrap();
            let shown: Vec<&Challan> = pairs.iter().map(|(_, row)| &row.challan).collect();
            finding::write_executives(&mut tx, &shown).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

/// What stays of `row` for ever, with the facts of `other`.
fn as_before(row: &Challan, other: &Challan) -> Challan {
    Challan {
        id: row.id,
        challan_number: row.challan_number.clone(),
        source: row.source.clone(),
        external_id: row.external_id.clone(),
        version: row.version - 1,
        ..other.clone()
    }
}

fn runner() -> TestRunner {
    // Other rows and filters in every run; a failure prints the filter, the row and the seed.
    let seed: [u8; 32] = match std::env::var("FILTER_SEED") {
        Ok(text) => std::array::from_fn(|i| text.as_bytes().get(i).copied().unwrap_or(0)),
        Err(_) => std::array::from_fn(|i| Uuid::new_v4().simple().to_string().as_bytes()[i]),
    };
    println!("FILTER_SEED={}", String::from_utf8_lossy(&seed));
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

fn some<T>(runner: &mut TestRunner, strategy: impl Strategy<Value = T>) -> T {
    strategy.new_tree(runner).unwrap().current()
}

fn rows(runner: &mut TestRunner, count: u32) -> Vec<Challan> {
    let customers = [Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3)];
    let mut moment = 0;
    (0..count)
        .map(|i| {
            let mut row = some(runner, challan(i));
            row.customer_id = customers[i as usize % 3];
            // Of rows that were made at one moment, the second half of the id alone is another.
            let (high, low) = row.id.as_u64_pair();
            moment = if i % 4 == 0 { high } else { moment };
            row.id = Uuid::from_u64_pair(moment, low);
            row
        })
        .collect()
}

fn asker(permissions: Vec<Grant>, role: Role) -> Identity {
    Identity {
        user_id: Uuid::nil(),
        name: "Asha".into(),
        role,
        via: Via::Session,
        session: String::new(),
        permissions,
        executive_name: Some("RAVI".into()),
        key_scopes: Vec::new(),
        key_sources: None,
        valid_until: Utc::now() + TimeDelta::hours(1),
    }
}

fn grant(scope: Option<Scope>, hidden: &[&str]) -> Grant {
    let hidden_columns = hidden.iter().map(|h| (*h).to_owned()).collect();
    Grant { permission: Permission::ChallanRead, scope, hidden_columns, expires_at: None }
}

fn own() -> Option<Scope> {
    Some(Scope::OwnDeliveries { own_deliveries: true })
}

/// People who see everything, parts of it, and each part in another way.
fn askers() -> Vec<Identity> {
    let first = || Some(Scope::Customers { customers: vec![Uuid::from_u128(1)] });
    let key = Identity {
        via: Via::Key,
        key_sources: Some(vec!["erp".into()]),
        ..asker(vec![grant(None, &["remarks"])], Role::User)
    };
    vec![
        asker(Vec::new(), Role::Superadmin),
        key,
        asker(vec![grant(None, &["amount", "dc_summary", "customer"])], Role::User),
        asker(vec![grant(first(), &["amount", "invoice_number"]), grant(own(), &["remarks", "amount"])], Role::User),
        asker(
            vec![
                grant(None, &["delivered_at", "proof_of_delivery", "challan_number", "date"]),
                grant(own(), &["pod_upload_date"]),
                grant(first(), &[]),
            ],
            Role::User,
        ),
        asker(vec![grant(own(), &[])], Role::User),
        asker(Vec::new(), Role::User),
    ]
}

fn in_memory(rows: &[Challan], filter: &Filter, who: &Identity) -> BTreeSet<Uuid> {
    let sees = |row: &&Challan| {
        let hidden = reach(who, Permission::ChallanRead, row, Utc::now());
        hidden.is_some_and(|hidden| filter.matches(row, &hidden, today(), Kolkata))
    };
    rows.iter().filter(sees).map(|row| row.id).collect()
}

async fn in_store(db: &Db, filter: &Filter, who: &Identity) -> BTreeSet<Uuid> {
    let selection = Selection { filter, who, now: Utc::now(), today: today() };
    let sort = Sort::parse("-date").unwrap();
    let rows = list::page(db, &selection, sort, None, false, 10_000).await.unwrap();
    assert_eq!(list::count(db, &selection).await.unwrap(), rows.len() as u64);
    rows.into_iter().map(|row| row.id).collect()
}

/// Any order of one column, two or three.
fn order(runner: &mut TestRunner) -> Sort {
    let names: Vec<&str> = Sort::names().collect();
    let names = some(runner, proptest::sample::subsequence(names, 1..=3).prop_shuffle());
    let signed: Vec<String> = names
        .iter()
        .map(|name| if some(runner, 0..2) == 0 { format!("-{name}") } else { (*name).to_owned() })
        .collect();
    Sort::parse(&signed.join(",")).unwrap()
}

/// What the index finds; and any stretch of any list of it is the table's.
async fn in_index(view: &View, filter: &Filter, who: &Identity, runner: &mut TestRunner, db: &Db) -> BTreeSet<Uuid> {
    let selection = Selection { filter, who, now: Utc::now(), today: today() };
    let top = |sort| Top { sort, from: None, before: false, keep: 10_000, skip: 0, waited_for: false };
    let all = view.find(&selection, &top(Sort::parse("-date").unwrap())).unwrap().unwrap();
    let ids: BTreeSet<Uuid> = all.iter().map(|hit| hit.place.id).collect();
    assert_eq!(ids.len(), all.len(), "{filter}");
    // As where it takes long to ask one row after another, from the first row on or from anywhere.
    for micros in [0, some(runner, 1_u64..400)] {
        let soon = Instant::now() + Duration::from_micros(micros);
        let told = view.find_soon(&selection, &top(Sort::parse("-date").unwrap()), soon).unwrap();
        assert_eq!(told.as_ref(), Some(&all), "{filter}");
    }
    // Counted, and as it was counted.
    for _ in 0..2 {
        assert_eq!(view.count(&selection).unwrap(), Some(all.len() as u64), "{filter}");
    }
    let sort = order(runner);
    let (before, keep) = (some(runner, 0..2) == 0, some(runner, 1_u32..40));
    let hits = view.find(&selection, &top(sort)).unwrap().unwrap();
    // Counted, and as it was counted.
    for _ in 0..2 {
        let offset = some(runner, 0..hits.len() + 2);
        let far = view.far(&selection, sort, offset as u64).unwrap().unwrap();
        let passed = usize::try_from(far.passed).unwrap();
        assert!((far.total, passed.min(offset)) == (hits.len() as u64, passed), "{far:?} for {offset} of {filter}");
        let skip = offset.min(hits.len()) - passed;
        let keep = skip + some(runner, 1_usize..40);
        for (skip, keep) in [(0, 10_000), (skip, keep)] {
            let behind = Top { from: far.mark.as_ref(), keep, skip, ..top(sort) };
            let found = view.find(&selection, &behind).unwrap().unwrap();
            let wanted: Vec<_> = hits.iter().skip(passed + skip).take(keep - skip).collect();
            assert_eq!(found.iter().collect::<Vec<_>>(), wanted, "{filter} by {sort:?}, behind {far:?}");
        }
    }
    let mut from = hits.get(some(runner, 0..hits.len().max(1))).map(|hit| hit.place.clone());
    if let Some(place) = from.as_mut().filter(|_| some(runner, 0..3) == 0) {
        // A place that no row has: one of its texts is another.
        let values: Vec<&str> = place.key.split('\n').collect();
        let other = some(runner, 0..values.len());
        let texts: Vec<String> = values
            .iter()
            .zip(sort.columns())
            .enumerate()
            .map(
                |(at, (value, by))| {
                    if at == other && !by.is_number() { format!("{value}5") } else { (*value).to_owned() }
                },
            )
            .collect();
        place.key = texts.join("\n");
    }
    let top = Top { sort, from: from.as_ref(), before, keep: keep as usize, skip: 0, waited_for: false };
    let mut found = view.find(&selection, &top).unwrap().unwrap();
    if before {
        found.reverse();
    }
    let found: Vec<Place> = found.into_iter().map(|hit| hit.place).collect();
    let rows = list::page(db, &selection, sort, from.as_ref(), before, keep).await.unwrap();
    let stored: Vec<Place> = rows.iter().map(Listed::place).collect();
    assert_eq!(found, stored, "{filter} by {sort:?}, from {from:?}, before: {before}");
    ids
}

const BYS: [By; 9] = [
    By::Stage,
    By::Executive,
    By::Customer,
    By::Source,
    By::Age,
    By::Date,
    By::Since(Field::Delivered),
    By::Since(Field::Pod),
    By::Since(Field::InvoiceDate),
];

/// The index counts and sums up as the table does; customers, which stand in a table of their own there, as memory does.
async fn figures_agree(view: &View, filter: &Filter, who: &Identity, rows: &[Challan], db: &Db) {
    let selection = Selection { filter, who, now: Utc::now(), today: today() };
    let counted = view.figures(&selection, &BYS, false).unwrap().unwrap();
    let mut indexed = view.figures(&selection, &BYS, true).unwrap().unwrap();
    let stored = figures::total(db, &selection).await.unwrap();
    assert_eq!(indexed.total, stored, "{filter}\nasked by {who:?}");
    assert!(counted.per_value.iter().flatten().chain([&counted.total]).all(|f| f.amount == 0), "{filter}");
    let told = |each: &Vec<Figure>| each.iter().map(|f| (f.value.clone(), f.count)).collect();
    let counts = |all: &[Vec<Figure>]| -> Vec<BTreeMap<String, u64>> { all.iter().map(told).collect() };
    assert_eq!(counts(&counted.per_value), counts(&indexed.per_value), "{filter}\nasked by {who:?}");
    for (by, found) in BYS.iter().zip(&mut indexed.per_value).filter(|(by, _)| **by != By::Customer) {
        figures::most_frequent(found);
        let stored = figures::per_value(db, &selection, *by).await.unwrap();
        assert_eq!(*found, stored, "{by:?} of {filter}\nasked by {who:?}");
    }
    let middle = || Name("ravi".to_owned());
    for at in [At::Start, At::After(middle()), At::Before(middle())] {
        let stored = executives::in_use(db, &selection, "a", &at, 5).await.unwrap();
        let indexed = view.executives(&selection, "a", &at, 5).unwrap();
        assert_eq!(indexed, Some(stored), "executives of {filter}, {at:?}\nasked by {who:?}");
    }
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    let all = in_memory(rows, filter, who);
    for row in rows.iter().filter(|row| all.contains(&row.id)) {
        let hidden = reach(who, Permission::ChallanRead, row, selection.now).unwrap();
        if !Field::Customer.is_hidden(&hidden) {
            *expected.entry(fold(&row.facts.customer)).or_default() += 1;
        }
    }
    let customers = indexed.per_value.remove(2);
    let found: BTreeMap<String, u64> = customers.into_iter().map(|f| (f.value, f.count)).collect();
    assert_eq!(found, expected, "customers of {filter}\nasked by {who:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_the_index_and_both_databases_find_the_same() {
    let mut runner = runner();
    let mut rows = rows(&mut runner, 300);
    // As they are written in a register, so that stretches of the index have all, some or none of the rows of a filter by days.
    rows.sort_by_key(|row| row.facts.date);
    let ((embedded, _folder), (server, _database)) = (sqlite().await, mariadb().await);
    put(&embedded, &rows, true).await;
    put(&server, &rows, true).await;
    let index_folder = tempfile::tempdir().unwrap();
    let (askers, all) = (askers(), Filter { root: None });
    let everything = Selection { filter: &all, who: &askers[0], now: Utc::now(), today: today() };
    let view = search::view_of(index_folder.path(), &rows, Kolkata, |view| {
        view.figures(&everything, &BYS, true).unwrap().unwrap();
    });
    figures_agree(&view, &all, &askers[0], &rows, &embedded).await;
    let mut found = 0;
    for i in 0..400 {
        let filter = some(&mut runner, filter());
        let who = &askers[if i % 2 == 0 { 0 } else { i / 2 % askers.len() }];
        let expected = in_memory(&rows, &filter, who);
        let index = in_index(&view, &filter, who, &mut runner, &embedded).await;
        let both = (in_store(&embedded, &filter, who).await, in_store(&server, &filter, who).await);
        for (name, stored) in [("SQLite", both.0), ("MariaDB", both.1), ("The index", index)] {
            let other: Vec<_> =
                rows.iter().find(|r| stored.contains(&r.id) != expected.contains(&r.id)).into_iter().collect();
            assert!(
                other.is_empty(),
                "{name} finds another set for {filter}\nasked by {who:?}\nfor example {other:#?}"
            );
        }
        if i % 4 == 1 {
            figures_agree(&view, &filter, who, &rows, &embedded).await;
            // As the dashboard asks: together with a group of terms, whose rows are kept.
            let group = parse("delivered:any -stage:void,draft").unwrap().root;
            let nodes: Vec<Node> = filter.nodes().iter().cloned().chain(group).collect();
            figures_agree(&view, &Filter { root: Some(Node::And(nodes)) }, who, &rows, &embedded).await;
        }
        found += usize::from(!expected.is_empty() && expected.len() < rows.len());
    }
    assert!(found > 150, "most filters find some rows and not all; only {found} did");
}

/// Words that all stand in every row, but in none, or one of the last, one after the other.
#[test]
fn a_phrase_that_hardly_a_row_has_leaves_all_others() {
    let mut rows = rows(&mut runner(), 30);
    for (at, row) in rows.iter_mut().enumerate() {
        row.facts.remarks = Some(if at == 27 { "closed before gate" } else { "gate before closed" }.into());
    }
    let folder = tempfile::tempdir().unwrap();
    let (view, askers) = (search::view_of(folder.path(), &rows, Kolkata, |_| ()), askers());
    for text in [
        "gate -remarks:\"closed gate\"",
        "(gate -remarks:\"closed gate\") OR stage:void",
        "-\"closed gate\"",
        "-\"before gate\" -\"closed gate\"",
        "gate -(\"closed gate\" OR \"before gate\")",
        "gate \"before gate\" -\"closed gate\"",
        "\"closed gate\" \"before gate\"",
    ] {
        let filter = parse(text).unwrap();
        let selection = Selection { filter: &filter, who: &askers[0], now: Utc::now(), today: today() };
        let top = Top {
            sort: Sort::parse("-date").unwrap(),
            from: None,
            before: false,
            keep: 50,
            skip: 0,
            waited_for: false,
        };
        let found = view.find(&selection, &top).unwrap().unwrap();
        let ids: BTreeSet<Uuid> = found.iter().map(|hit| hit.place.id).collect();
        assert_eq!(ids, in_memory(&rows, &filter, &askers[0]), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_before_are_filled_and_an_interruption_loses_none() {
    let mut runner = runner();
    let rows = rows(&mut runner, 1200);
    let ((embedded, _folder), (server, _database)) = (sqlite().await, mariadb().await);
    let filter = parse("asha OR executive:any OR age:>30").unwrap();
    let who = &askers()[0];
    for db in [&embedded, &server] {
        put(db, &rows, false).await;
        assert!(in_store(db, &filter, who).await.is_empty());
        let stop = CancellationToken::new();
        let (filling, stopping) = (finding::fill(db, Kolkata, &stop), async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            stop.cancel();
        });
        tokio::join!(async { filling.await.unwrap() }, stopping);
        let again = CancellationToken::new();
        let (first, second) = tokio::join!(finding::fill(db, Kolkata, &again), finding::fill(db, Kolkata, &again));
        first.and(second).unwrap();
        assert_eq!(in_store(db, &filter, who).await, in_memory(&rows, &filter, who));
        // Days of another time zone are other days: they are filled anew.
        finding::fill(db, chrono_tz::Pacific::Honolulu, &again).await.unwrap();
        let days = parse("delivered:any").unwrap();
        assert_eq!(in_store(db, &days, who).await.len(), in_memory(&rows, &days, who).len());
    }
}

/// The twenty commonest filters, and where the choice is plain the index that serves them on both databases.
const COMMONEST: [(&str, &str); 20] = [
    ("", "tracker_challans_"),
    ("stage:delivered", "tracker_challans_"),
    ("stage:draft", "tracker_challans_"),
    ("stage:delivered,pod_received", "tracker_challans_"),
    ("customer:\"Customer 17\"", "tracker_challans_customer"),
    ("customer:\"customer 17\"*", "tracker_challans_"),
    ("executive:\"Person 7\"", "tracker_executives_name"),
    ("date:today", "tracker_challans_date"),
    ("date:this-month", "tracker_challans_date"),
    ("date:2026-07-01..2026-07-10", "tracker_challans_date"),
    ("number:2607000*", "tracker_challans_sort"),
    ("number:260700042", "tracker_challans_sort"),
    ("invoice:INV/00042", "tracker_finding_invoice"),
    ("external:key-42", "tracker_finding_external"),
    ("delivered:today", "tracker_finding_delivered"),
    ("dispatched:today", "tracker_finding_dispatched"),
    ("pod_date:today", "tracker_finding_pod"),
    ("invoice_date:today", "tracker_finding_invoice_day"),
    ("amount:>99000", "tracker_challans_"),
    ("age:>7 stage:delivered", "tracker_"),
];

/// A register as it is after a year: many customers, few rows of each.
fn ordinary(runner: &mut TestRunner, count: u32) -> Vec<Challan> {
    let base = some(runner, challan(0));
    (0..count)
        .map(|i| {
            let mut row = base.clone();
            let ago = |n: u32| today() - chrono::Days::new(u64::from(n));
            row.id = Uuid::now_v7();
            row.challan_number = Some(format!("2607{i:05}"));
            (row.source, row.external_id) = (Some("erp".into()), Some(format!("key-{i}")));
            (row.voided_at, row.deleted_at, row.deleted_by) = (None, None, None);
            let f = &mut row.facts;
            f.date = ago(i % 365);
            f.customer = format!("Customer {}", i % 200);
            f.delivery_executives = vec![format!("Person {}", i % 40)];
            f.amount = format!("{}", i * 100_000 / count).parse().ok();
            f.dispatched_at = Some(domain::challan::When::Day(f.date));
            f.delivered_at = (i % 3 > 0).then_some(domain::challan::When::Day(f.date));
            f.pod_upload_date = (i % 5 > 1).then_some(f.date);
            f.invoice_number = (i % 4 > 0).then(|| format!("INV/{i:05}"));
            f.invoice_date = (i % 4 > 0).then_some(f.date);
            row.stage = row.stage_of();
            row
        })
        .collect()
}

/// Lines of the plan, each with the index that it uses.
async fn plan(db: &Db, text: &str, who: &Identity) -> String {
    let filter = parse(text).unwrap();
    let selection = Selection { filter: &filter, who, now: Utc::now(), today: today() };
    let from = rows_of(&selection, "", false);
    match db {
        Db::Sqlite { read, .. } => {
            let mut sql = QueryBuilder::<sqlx::Sqlite>::new("EXPLAIN QUERY PLAN SELECT c.id, c.doc");
            from.push(&mut sql);
            sql.push(" ORDER BY c.date DESC, c.id DESC LIMIT 100");
            let rows = sql.build().fetch_all(read).await.unwrap();
            rows.iter().map(|row| row.get::<String, _>("detail") + "\n").collect()
        }
        Db::MySql(pool) => {
            let mut sql = QueryBuilder::<sqlx::MySql>::new("EXPLAIN SELECT c.id, c.doc");
            from.push(&mut sql);
            sql.push(" ORDER BY c.date DESC, c.id DESC LIMIT 100");
            let rows = sql.build().fetch_all(pool).await.unwrap();
            let text = |row: &sqlx::mysql::MySqlRow, name| row.get::<Option<String>, _>(name).unwrap_or_default();
            rows.iter()
                .map(|row| format!("{} {} KEY {}\n", text(row, "table"), text(row, "type"), text(row, "key")))
                .collect()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commonest_filters_use_an_index() {
    let rows = ordinary(&mut runner(), 4000);
    let ((embedded, _folder), (server, _database)) = (sqlite().await, mariadb().await);
    put(&embedded, &rows, true).await;
    put(&server, &rows, true).await;
    // What the server does by itself in time. The embedded database knows from the beginning.
    let mut tx = server.begin().await.unwrap();
    tx.say("ANALYZE TABLE tracker_challans, tracker_finding, tracker_executives").await.unwrap();
    tx.commit().await.unwrap();
    let rows: i64 = on_db!(&server, pool => sqlx::query_scalar("SELECT COUNT(*) FROM tracker_finding").fetch_one(pool).await.unwrap());
    assert_eq!(rows, 4000);
    let mut wrong = String::new();
    // One's own deliveries are gathered by their table's name, and asked for one by one, as `own`, where a number leads to few.
    let (all, one) = (
        askers().swap_remove(0),
        Identity { executive_name: Some("Person 7".into()), ..asker(vec![grant(own(), &[])], Role::User) },
    );
    let of_own = [("", "tracker_executives "), ("number:260700042", "own ")].map(|asked| (asked, &one));
    for ((text, index), who) in COMMONEST.map(|asked| (asked, &all)).into_iter().chain(of_own) {
        for (name, db) in [("SQLite", &embedded), ("MariaDB", &server)] {
            let plan = plan(db, text, who).await;
            let scan = |l: &str| ["SCAN c", "SCAN f", "c ALL", "f ALL"].iter().any(|scan| l.starts_with(scan));
            let scans = plan.lines().any(scan);
            if scans || !plan.contains(index) {
                wrong += &format!("{text} on {name} should use {index}:\n{plan}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
