//! The contract of this store: every function, on SQLite and on `MariaDB`, with the same story and the same answers.

use chrono::{NaiveDate, TimeZone, Utc};
use db::{Db, DbError};
use domain::challan::{Challan, Facts, Field};
use domain::filter::{self, Finding};
use domain::identity::{Identity, Role, Via};
use domain::rights::Customers;
use serde_json::json;
use service::Config;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::challans::Stored;
use super::customers::Customer;
use super::figures::By;
use super::filter::Selection;
use super::invoices::Invoice;
use super::sort::{Place, Sort};
use super::work::Work;
use super::{
    answers, batches, challans, customers, executives, figures, finding, invoices, jobs, list, numbers, series, views,
    work,
};

/// Ids in order: the story has the same ids on both databases.
fn id(n: u128) -> Uuid {
    Uuid::from_u128((0x0193_a1b2_0000_7000_8000 << 48) + n)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn stored(n: u128, date: &str, customer: &str, number: Option<&str>, key: Option<&str>) -> Stored {
    let now = Utc.with_ymd_and_hms(2026, 7, 20, 10, 0, 0).unwrap();
    let mut facts = Facts::of(day(date));
    facts.customer = customer.to_owned();
    facts.set(Field::Amount, &json!(format!("{}.50", n * 100))).unwrap();
    let mut challan = Challan {
        id: id(n),
        challan_number: number.map(str::to_owned),
        facts,
        customer_id: id(900),
        proof_of_delivery: Vec::new(),
        stage: domain::challan::Stage::Draft,
        voided_at: None,
        void_reason: None,
        source: key.map(|_| "erp".to_owned()),
        external_id: key.map(str::to_owned),
        version: 1,
        created_at: now,
        created_by: "Asha".into(),
        updated_at: now,
        updated_by: "Asha".into(),
        deleted_at: None,
        deleted_by: None,
    };
    challan.stage = challan.stage_of();
    Stored { challan, source_base: key.map(|_| json!({ "customer": customer })), occurred_at: key.map(|_| 7) }
}

fn boss() -> Identity {
    Identity {
        user_id: id(1000),
        name: "Boss".into(),
        role: Role::Superadmin,
        via: Via::Session,
        session: String::new(),
        permissions: Vec::new(),
        executive_name: None,
        key_scopes: Vec::new(),
        key_sources: None,
        valid_until: Utc::now() + chrono::Duration::hours(1),
    }
}

async fn rows_are_written_and_found(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    let first = stored(1, "2026-07-01", "Asha Traders", Some("260700001"), Some("k1"));
    let second = stored(2, "2026-07-02", "asha traders ", Some("260700002"), Some("K1"));
    let draft = stored(3, "2026-07-02", "Girnar Foods", None, None);
    challans::insert(&mut tx, &[&first, &second, &draft]).await.unwrap();
    finding::write(&mut tx, &finding::of(&[&first.challan, &second.challan], chrono_tz::UTC)).await.unwrap();
    finding::write_executives(&mut tx, &[&first.challan, &second.challan]).await.unwrap();
    tx.commit().await.unwrap();
    // What was written without is filled.
    let stop = CancellationToken::new();
    finding::fill(db, chrono_tz::UTC, &stop).await.unwrap();

    assert_eq!(challans::find(db, id(1)).await.unwrap(), Some(first.challan.clone()));
    assert_eq!(challans::find(db, id(9)).await.unwrap(), None);
    let mut tx = db.begin().await.unwrap();
    let locked = challans::lock_many(&mut tx, &[id(2)]).await.unwrap().remove(0);
    assert_eq!((locked.challan, locked.source_base, locked.occurred_at), (second.challan, second.source_base, Some(7)));
    if db.dialect() == db::Dialect::MySql {
        let mut other = db.begin().await.unwrap();
        let free = challans::lock_free(&mut other, &[id(1), id(2), id(9)]).await.unwrap();
        assert_eq!(free.iter().map(|r| r.challan.id).collect::<Vec<_>>(), [id(1)], "nobody is waited for");
        other.rollback().await.unwrap();
    }
    assert_eq!(challans::lock_free(&mut tx, &[id(1), id(2), id(9)]).await.unwrap().len(), 2, "one's own are free");
    let many = challans::lock_many(&mut tx, &[id(3), id(9), id(1)]).await.unwrap();
    assert_eq!(many.iter().map(|r| r.challan.id).collect::<Vec<_>>(), [id(1), id(3)]);
    // Keys of other systems are bytes: case and the space at the end count.
    for (keys, found) in [(vec!["k1"], vec![id(1)]), (vec!["K1", "k1"], vec![id(1), id(2)]), (vec!["k1 "], vec![])] {
        let rows = challans::lock_by_key(&mut tx, "erp", &keys).await.unwrap();
        assert_eq!(rows.iter().map(|r| r.challan.id).collect::<Vec<_>>(), found, "{keys:?}");
    }
    let mut next = first.clone();
    next.challan.version = 2;
    next.challan.facts.remarks = Some("left at the gate ☂".into());
    assert!(challans::update(&mut tx, &[(&first.challan, &next)]).await.unwrap());
    let again = challans::update(&mut tx, &[(&first.challan, &next)]).await.unwrap();
    assert!(!again, "the version it was made from is gone");
    let said = Stored { source_base: Some(json!({ "remarks": "at the gate" })), occurred_at: Some(77), ..next.clone() };
    challans::hear(&mut tx, std::slice::from_ref(&said)).await.unwrap();
    let heard = challans::lock_many(&mut tx, &[id(1)]).await.unwrap().remove(0);
    assert_eq!((heard.source_base, heard.occurred_at), (said.source_base, said.occurred_at));
    tx.commit().await.unwrap();
    assert_eq!(challans::find(db, id(1)).await.unwrap(), Some(next.challan.clone()));
    rows_are_changed_together(db, next, draft).await;

    for taken in [
        stored(4, "2027-03-31", "Asha Traders", Some("260700001"), None),
        stored(4, "2026-07-09", "Asha Traders", None, Some("k1")),
    ] {
        let mut tx = db.begin().await.unwrap();
        let refused = challans::insert(&mut tx, &[&taken]).await;
        assert!(
            matches!(refused, Err(DbError::Duplicate(_))),
            "a number of the year, a key of the source: {refused:?}"
        );
    }
    let mut tx = db.begin().await.unwrap();
    let april = stored(4, "2027-04-01", "Asha Traders", Some("260700001"), None);
    challans::insert(&mut tx, &[&april]).await.unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(challans::find(db, id(4)).await.unwrap(), None);
}

/// Of each row only what is changed is set, and all or none.
async fn rows_are_changed_together(db: &Db, first: Stored, draft: Stored) {
    let found = |c: &Challan| Finding::of(c, chrono_tz::UTC);
    let (mut paid, mut moved) = (first.clone(), draft.clone());
    paid.challan.version += 1;
    paid.challan.facts.set(Field::Amount, &json!("7.25")).unwrap();
    moved.challan.version += 1;
    moved.challan.facts.customer = "Zenith Mills".into();
    // Longer than a value of a table of values may be on every server.
    moved.challan.facts.dc_summary = Some(format!("ಒಂದು ಪೆಟ್ಟಿಗೆ {}", "x".repeat(70_000)));
    let pairs = [(&first.challan, &paid), (&draft.challan, &moved)];
    let shown = |(before, after): (&Challan, &Challan)| finding::Changed {
        id: before.id,
        before: found(before),
        after: found(after),
    };

    let mut tx = db.begin().await.unwrap();
    assert!(challans::update(&mut tx, &pairs).await.unwrap());
    finding::change(&mut tx, &pairs.map(|(before, row)| shown((before, &row.challan)))).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(challans::find(db, first.challan.id).await.unwrap(), Some(paid.challan.clone()));
    assert_eq!(challans::find(db, draft.challan.id).await.unwrap(), Some(moved.challan.clone()));
    let boss = boss();
    for (q, is) in [("amount:7.25", vec![id(1)]), ("customer:zenith*", vec![id(3)]), ("customer:girnar*", vec![])] {
        let filter = filter::parse(q).unwrap();
        let selection = Selection { filter: &filter, who: &boss, now: Utc::now(), today: day("2026-07-20") };
        let rows = list::page(db, &selection, Sort::default(), None, false, 10).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), is, "{q}");
    }

    let mut tx = db.begin().await.unwrap();
    let mut again = moved.clone();
    again.challan.version += 1;
    let stale = challans::update(&mut tx, &[(&first.challan, &paid), (&moved.challan, &again)]).await.unwrap();
    assert!(!stale, "one of them is another version");
    tx.rollback().await.unwrap();

    // The rest of the story has them as they were.
    let mut tx = db.begin().await.unwrap();
    let back = [(&paid.challan, &first), (&moved.challan, &draft)];
    assert!(challans::update(&mut tx, &back).await.unwrap());
    finding::change(&mut tx, &back.map(|(before, row)| shown((before, &row.challan)))).await.unwrap();
    tx.commit().await.unwrap();
}

async fn lists_have_one_order_both_ways(db: &Db) {
    let who = boss();
    let mut seen = Vec::new();
    for (q, sort) in [
        ("", "-date"),
        ("", "customer"),
        ("stage:issued", "amount"),
        ("customer:\"ASHA traders\"", "date"),
        ("", "-date,customer"),
        ("", "customer,-amount,date"),
    ] {
        let filter = filter::parse(q).unwrap();
        let selection = Selection { filter: &filter, who: &who, now: Utc::now(), today: day("2026-07-20") };
        let sort = Sort::parse(sort).unwrap();
        let all = list::page(db, &selection, sort, None, false, 10).await.unwrap();
        let ids: Vec<Uuid> = all.iter().map(|row| row.id).collect();
        for (i, row) in all.iter().enumerate() {
            let place = Place { key: row.key.clone(), id: row.id };
            let after = list::page(db, &selection, sort, Some(&place), false, 10).await.unwrap();
            assert_eq!(after.iter().map(|r| r.id).collect::<Vec<_>>(), ids[i + 1..]);
            let before = list::page(db, &selection, sort, Some(&place), true, 10).await.unwrap();
            assert_eq!(before.iter().map(|r| r.id).collect::<Vec<_>>(), ids[..i]);
            let window = list::window(db, &selection, sort, i as u64, 1).await.unwrap();
            assert_eq!(window.iter().map(|r| (r.id, &r.doc)).collect::<Vec<_>>(), [(row.id, &row.doc)]);
        }
        assert_eq!(list::count(db, &selection).await.unwrap(), ids.len() as u64);
        assert_eq!(list::count_up_to(db, &selection, 1).await.unwrap(), 2.min(ids.len() as u64));
        let asked: Vec<Uuid> = ids.iter().copied().chain([id(12_345)]).collect();
        let mut read: Vec<Uuid> = list::by_ids(db, &asked).await.unwrap().iter().map(|row| row.id).collect();
        read.sort();
        let mut sorted = ids.clone();
        sorted.sort();
        assert_eq!(read, sorted, "an id without a row is passed over");
        let all = list::by_id(db, Uuid::nil(), 100).await.unwrap();
        assert!(all.windows(2).all(|two| two[0].id < two[1].id) && all.len() >= ids.len());
        let behind = list::by_id(db, all[0].id, 1).await.unwrap();
        assert_eq!((behind[0].id, behind[0].version), (all[1].id, all[1].version));
        let stages = figures::per_value(db, &selection, By::Stage).await.unwrap();
        assert_eq!(stages.iter().map(|f| f.count).sum::<u64>(), ids.len() as u64);
        let total = figures::total(db, &selection).await.unwrap();
        assert_eq!((total.count, total.amount), (ids.len() as u64, stages.iter().map(|f| f.amount).sum()));
        let ages = figures::per_value(db, &selection, By::Age).await.unwrap();
        assert_eq!(ages.iter().map(|f| (f.value.as_str(), f.count)).collect::<Vec<_>>(), [(">=16", ids.len() as u64)]);
        seen.push((ids, stages.len()));
    }
    let order = |rows: &[u128]| rows.iter().map(|n| id(*n)).collect::<Vec<_>>();
    assert_eq!(seen[0], (order(&[3, 2, 1]), 2));
    assert_eq!(seen[1].0, order(&[1, 2, 3]), "names are compared folded");
    assert_eq!(seen[2], (order(&[1, 2]), 1));
    assert_eq!(seen[3].0, order(&[1, 2]));
}

async fn customers_are_one_by_their_folded_name(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    let mut next = 100..;
    let mut make = || id(next.next().unwrap());
    let (made, new) =
        customers::resolve(&mut tx, &["Asha Traders", "ASHA  TRADERS", "Girnar"], 7, &mut make).await.unwrap();
    assert_eq!((made.len(), new.len()), (2, 2));
    let (again, new) = customers::resolve(&mut tx, &["asha traders", "Konark"], 8, &mut make).await.unwrap();
    assert_eq!(again["asha traders"].id, made["asha traders"].id);
    assert_eq!((again.len(), new[0].name.as_str()), (2, "Konark"));
    tx.commit().await.unwrap();
    let names = customers::shown(db, &["asha traders", "konark", "nobody"]).await.unwrap();
    assert_eq!((names.len(), names["konark"].as_str()), (2, "Konark"));
    assert_eq!(names["asha traders"].to_lowercase(), "asha  traders");
}

async fn customers_are_changed_and_merged(db: &Db) {
    let customer = |n, name: &str, aliases: &[&str]| Customer {
        id: id(n),
        version: 1,
        name: name.into(),
        merged_into: None,
        facts: customers::Facts {
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            gstin: Some("27AAPFU0939F1ZV".into()),
            ..Default::default()
        },
    };
    let mut tx = db.begin().await.unwrap();
    let (one, two) = (customer(300, "Bharat", &["B S L"]), customer(301, "Bharat Two", &[]));
    customers::put(&mut tx, None, &one, 7).await.unwrap();
    customers::put(&mut tx, None, &two, 7).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    assert_eq!(customers::lock(&mut tx, one.id).await.unwrap(), Some(one.clone()));
    assert_eq!(customers::holder(&mut tx, "b s l").await.unwrap(), Some(one.id));
    let named = customers::named(&mut tx, &["B  S L", "Nobody"]).await.unwrap();
    assert_eq!((named.len(), named["b s l"].name.as_str()), (1, "Bharat"));
    let mut gone = one.clone();
    (gone.version, gone.merged_into) = (2, Some(two.id));
    let mut kept = two.clone();
    kept.version = 2;
    kept.facts.aliases = vec!["Bharat".into(), "B S L".into()];
    customers::put(&mut tx, Some(&one), &gone, 8).await.unwrap();
    customers::put(&mut tx, Some(&two), &kept, 8).await.unwrap();
    assert_eq!(customers::present(&mut tx, one.id).await.unwrap().unwrap().id, two.id);
    assert!(customers::present(&mut tx, id(9)).await.unwrap().is_none());
    tx.commit().await.unwrap();
    assert_eq!(customers::find(db, two.id).await.unwrap(), Some(kept));
    let all = Customers { all: true, ..Customers::default() };
    for (visible, search, after, found) in [
        (all.clone(), "b s", None, vec![two.id]),
        (all.clone(), "27aapf", None, vec![two.id]),
        (all.clone(), "bharat", Some("bharat two"), vec![]),
        (Customers { ids: vec![two.id], ..Customers::default() }, "", None, vec![two.id]),
        (Customers { carried_by: Some("ravi".into()), ..Customers::default() }, "", None, vec![]),
    ] {
        let rows = customers::page(db, &visible, search, after, 10).await.unwrap();
        assert_eq!(rows.iter().map(|c| c.id).collect::<Vec<_>>(), found, "{visible:?} {search}");
    }
}

async fn work_is_taken_by_one_and_kept_until_it_is_done(db: &Db) {
    let (customer_id, folded) = (id(900), "asha traders".to_owned());
    let job = Work { id: id(400), customer_id, folded, last_id: Uuid::nil(), context: json!({ "via": "site" }) };
    assert!(!work::is_any(db).await.unwrap());
    let mut tx = db.begin().await.unwrap();
    work::add(&mut tx, &job).await.unwrap();
    tx.commit().await.unwrap();
    assert!(work::is_any(db).await.unwrap());
    let mut tx = db.begin().await.unwrap();
    let taken = work::take(&mut tx).await.unwrap().unwrap();
    assert_eq!((taken.id, &taken.context), (job.id, &job.context));
    if matches!(db, Db::MySql(_)) {
        let mut other = db.begin().await.unwrap();
        assert!(work::take(&mut other).await.unwrap().is_none(), "another copy leaves it alone");
    }
    let rows = work::piece(&mut tx, &taken, 1).await.unwrap();
    assert_eq!(rows[0].challan.id, id(1));
    work::note(&mut tx, &taken, Some(id(1))).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let taken = work::take(&mut tx).await.unwrap().unwrap();
    assert_eq!(work::piece(&mut tx, &taken, 9).await.unwrap()[0].challan.id, id(2), "it goes on where it was");
    work::note(&mut tx, &taken, None).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!work::is_any(db).await.unwrap());
}

async fn invoices_and_executives(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    // Two years and more keys than one statement takes.
    let mut keys: Vec<(i32, String)> = (0..250).map(|i| (2025 + i % 2, format!("inv {i:03}"))).collect();
    keys.sort();
    assert!(invoices::lock(&mut tx, &keys).await.unwrap().is_empty());
    for challans in [1, 2, 0, 0] {
        let mut set: Vec<_> = keys.iter().map(|k| (k.clone(), Invoice { customer_id: id(900), challans })).collect();
        set[7].1.challans = 9;
        invoices::set(&mut tx, &set).await.unwrap();
        let stands = invoices::lock(&mut tx, &keys).await.unwrap();
        set.retain(|(_, invoice)| invoice.challans > 0);
        assert_eq!(stands.into_iter().collect::<Vec<_>>(), set);
    }
    let mut carried = stored(5, "2026-07-03", "Girnar Foods", None, None);
    carried.challan.facts.delivery_executives = vec!["Ravi  K".into(), "Asha".into()];
    let mut gone = stored(6, "2026-07-03", "Girnar Foods", None, None);
    gone.challan.facts.delivery_executives = vec!["RAVI K".into(), "Ravindra".into()];
    let mut deleted = stored(7, "2026-07-03", "Girnar Foods", None, None);
    deleted.challan.facts.delivery_executives = vec!["Ravi K".into(), "Ravish".into()];
    deleted.challan.deleted_at = Some(Utc::now());
    let mut other = stored(8, "2026-07-03", "Bharat Two", None, None);
    other.challan.facts.delivery_executives = vec!["Kiran|Meena|Om".into()];
    let all = [&carried, &gone, &deleted, &other];
    challans::insert(&mut tx, &all).await.unwrap();
    finding::write_executives(&mut tx, &all.map(|s| &s.challan)).await.unwrap();
    tx.commit().await.unwrap();
    for (name, expected) in [("kiran|meena|om", vec![id(301)]), ("meena", vec![])] {
        let own = Customers { carried_by: Some(name.into()), ..Customers::default() };
        let rows = customers::page(db, &own, "", None, 10).await.unwrap();
        assert_eq!(rows.iter().map(|c| c.id).collect::<Vec<_>>(), expected, "those that {name} carries to");
    }
    let who = boss();
    let filter = filter::Filter { root: None };
    let selection = Selection { filter: &filter, who: &who, now: Utc::now(), today: day("2026-07-20") };
    let found = executives::in_use(db, &selection, "ravi", 10).await.unwrap();
    assert_eq!(
        found.iter().map(|(f, e)| (f.as_str(), e.name.as_str(), e.count)).collect::<Vec<_>>(),
        [("ravi k", "RAVI K", 2), ("ravindra", "Ravindra", 1)]
    );
    assert!(executives::in_use(db, &selection, "ravi", 1).await.unwrap().into_keys().eq(["ravi k".to_owned()]));
}

async fn a_series_is_set_and_marked(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    let mut default = series::lock_all(&mut tx).await.unwrap().remove(0);
    let rules = domain::series::Series::parse("R{SEQ:4}", domain::series::Reset::Never).unwrap();
    let (name, counter) = ("Returns".to_owned(), "r".to_owned());
    let made = series::Stored { id: id(500), counter, name, series: rules, is_default: true, version: 1 };
    default.is_default = false;
    series::put(&mut tx, false, &default).await.unwrap();
    series::put(&mut tx, true, &made).await.unwrap();
    assert_eq!(series::current(&mut tx).await.unwrap().id, made.id);
    let names: Vec<String> = series::all(&mut tx).await.unwrap().into_iter().map(|s| s.name).collect();
    assert_eq!(names, ["Challans", "Returns"]);
    assert_eq!(numbers::draw(&mut tx, &made, day("2026-07-14"), 2).await.unwrap().unwrap(), ["R0001", "R0002"]);
    tx.rollback().await.unwrap();
}

async fn views_are_kept_and_chosen(db: &Db) {
    let (asha, ravi) = (id(700), id(701));
    let view = |n, owner_id, name: &str, shared| views::View {
        id: id(n),
        owner_id,
        owner_name: "Asha".into(),
        name: name.into(),
        shared,
        state: json!({ "q": "müller ₹", "columns": ["date"] }),
        version: 1,
    };
    let (mine, theirs, hidden) =
        (view(710, asha, "Zuletzt", false), view(711, ravi, "Aging", true), view(712, ravi, "Own", false));
    let mut tx = db.begin().await.unwrap();
    for view in [&mine, &theirs, &hidden] {
        views::put(&mut tx, true, view).await.unwrap();
    }
    assert_eq!(views::names_of(&mut tx, asha).await.unwrap(), [(mine.id, "zuletzt".to_owned())]);
    views::choose(&mut tx, asha, Some(mine.id)).await.unwrap();
    views::choose(&mut tx, asha, Some(theirs.id)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(views::seen_by(db, asha, 9).await.unwrap(), [mine.clone(), theirs.clone()]);
    assert_eq!(views::seen_by(db, asha, 1).await.unwrap(), std::slice::from_ref(&mine));
    assert_eq!(views::default_of(db, asha).await.unwrap(), Some(theirs.id));
    assert_eq!(views::default_of(db, ravi).await.unwrap(), None);
    let mut tx = db.begin().await.unwrap();
    let twice = views::put(&mut tx, true, &view(713, asha, "ZULETZT", false)).await;
    assert!(matches!(twice, Err(DbError::Duplicate(_))), "{twice:?}");
    tx.rollback().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let next = views::View { version: 2, shared: true, ..mine.clone() };
    assert_eq!(views::lock(&mut tx, mine.id).await.unwrap(), Some(mine));
    views::put(&mut tx, false, &next).await.unwrap();
    views::remove(&mut tx, theirs.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(views::find(db, next.id).await.unwrap(), Some(next));
    assert_eq!(views::find(db, theirs.id).await.unwrap(), None);
    assert_eq!(views::default_of(db, asha).await.unwrap(), None, "nobody opens with what is gone");
}

async fn numbers_follow_each_other_and_pass_over_taken_ones(db: &Db) {
    let july = day("2026-07-14");
    let mut tx = db.begin().await.unwrap();
    let default = series::current(&mut tx).await.unwrap();
    assert_eq!(numbers::next(&mut tx, &default, july).await.unwrap().as_deref(), Some("260700003"));
    // 260700001 and 260700002 are rows already.
    let drawn = numbers::draw(&mut tx, &default, july, 3).await.unwrap().unwrap();
    assert_eq!(drawn, ["260700003", "260700004", "260700005"]);
    let asked = [(2026, "260700001"), (2026, "260700009"), (2025, "260700001")];
    let taken = numbers::taken(&mut tx, &asked).await.unwrap();
    assert_eq!(taken, [(2026, "260700001".to_owned())].into());
    tx.rollback().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    assert_eq!(
        numbers::draw(&mut tx, &default, july, 1).await.unwrap().unwrap(),
        ["260700003"],
        "what was not committed is no gap"
    );
    assert_eq!(numbers::draw(&mut tx, &default, day("2026-08-01"), 1).await.unwrap().unwrap(), ["260800001"]);
    tx.commit().await.unwrap();
}

async fn answers_are_kept_for_a_while(db: &Db) {
    let kept = |n: u8, at: i64| answers::Kept { id: vec![n; 32], body: vec![9; 32], at, answer: format!("☂ {n}") };
    let mut tx = db.begin().await.unwrap();
    answers::keep(&mut tx, &[]).await.unwrap();
    answers::keep(&mut tx, &[kept(7, 1000), kept(8, 2000)]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    assert!(answers::find(&mut tx, &[]).await.unwrap().is_empty());
    let mut found = answers::find(&mut tx, &[&[8; 32], &[7; 32], &[6; 32]]).await.unwrap();
    found.sort_by_key(|kept| kept.at);
    assert_eq!(found, [kept(7, 1000), kept(8, 2000)]);
    let twice = answers::keep(&mut tx, &[kept(6, 1000), kept(7, 2000)]).await;
    assert!(matches!(twice, Err(DbError::Duplicate(_))), "{twice:?}");
    tx.rollback().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    answers::forget(&mut tx, &[7; 32]).await.unwrap();
    assert_eq!(answers::find(&mut tx, &[&[6; 32], &[7; 32]]).await.unwrap(), []);
    tx.commit().await.unwrap();
    assert_eq!(answers::sweep(db, 2000, 10).await.unwrap(), 0);
    assert_eq!(answers::sweep(db, 2001, 10).await.unwrap(), 1);
}

async fn batches_are_widened_and_found(db: &Db) {
    let part = |n: u128, seqs| batches::Part {
        id: id(n),
        maker: id(1000),
        maker_name: "Boss ☂",
        at: 7,
        action: "ingest",
        via: "ingest",
        matched: 500,
        done: 500,
        changed: 400,
        refused: 100,
        seqs,
        undo_of: None,
    };
    let log = changelog::Log::open(db.clone(), "tracker").await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let row = |n: u128| changelog::Entry {
        entity: "challan".into(),
        entity_id: id(n),
        version: 1,
        kind: "updated".into(),
        actor_id: None,
        batch_id: id(5000),
        request_id: String::new(),
        at_micros: 7,
        payload: vec![n as u8],
    };
    let appended = log.append(&mut tx, &[row(2), row(1), row(2)]).await.unwrap();
    batches::widen(&mut tx, &[part(5000, Some((appended.first, appended.first)))]).await.unwrap();
    batches::widen(&mut tx, &[part(5000, Some((appended.first + 1, appended.last)))]).await.unwrap();
    batches::begin(&mut tx, &part(5001, None)).await.unwrap();
    tx.commit().await.unwrap();
    assert!(challans::untold(db).await.unwrap().is_some_and(|untold| untold != id(1) && untold != id(2)));
    assert!(customers::untold(db).await.unwrap().is_some());
    let found = batches::find(db, id(5000)).await.unwrap().unwrap();
    assert_eq!((found.matched, found.changed, found.refused, found.status.as_str()), (1000, 800, 200, batches::DONE));
    assert_eq!((found.first_seq, found.last_seq), (Some(appended.first), Some(appended.last)));
    assert_eq!(found.maker_name, "Boss ☂");
    let ids = |found: Vec<batches::Batch>| found.iter().map(|b| b.id).collect::<Vec<_>>();
    assert_eq!(ids(batches::page(db, Some(id(1000)), None, 9).await.unwrap()), [id(5001), id(5000)]);
    assert_eq!(ids(batches::page(db, None, Some(id(5001)), 9).await.unwrap()), [id(5000)]);
    assert!(batches::page(db, Some(id(1001)), None, 9).await.unwrap().is_empty());
    let mut tx = db.begin().await.unwrap();
    assert_eq!(batches::challans(&mut tx, &found).await.unwrap(), [id(1), id(2)]);
    let changes = batches::changes(&mut tx, &found, &[id(2), id(3)]).await.unwrap();
    assert_eq!(changes, [(id(2), vec![2]), (id(2), vec![2])]);
    batches::mark_undone(&mut tx, id(5000), Some(id(5001))).await.unwrap();
    let locked = batches::lock(&mut tx, id(5000)).await.unwrap().unwrap();
    assert_eq!((locked.undone_by, locked.status.as_str()), (Some(id(5001)), batches::DONE));
    let begun = batches::lock(&mut tx, id(5001)).await.unwrap().unwrap();
    assert_eq!((begun.first_seq, begun.status.as_str()), (None, batches::RUNNING));
    batches::end(&mut tx, id(5001), batches::FAILED).await.unwrap();
    assert_eq!(batches::lock(&mut tx, id(5001)).await.unwrap().unwrap().status, batches::FAILED);
    tx.commit().await.unwrap();
}

async fn jobs_are_taken_by_one_and_resumed(db: &Db) {
    let (job, turn) = (|n| jobs::Job { batch_id: id(n), maker: id(7), task: json!("delete"), context: json!({}) }, 5);
    let taken = |n| jobs::Taken { id: id(n), version: n as u64 };
    let mut tx = db.begin().await.unwrap();
    jobs::add(&mut tx, &job(1), turn).await.unwrap();
    jobs::add(&mut tx, &job(2), turn).await.unwrap();
    jobs::add_rows(&mut tx, id(1), &(10..14).map(taken).collect::<Vec<_>>()).await.unwrap();
    jobs::add_rows(&mut tx, id(3), &[taken(10)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(jobs::sweep(db, id(3), 9).await.unwrap(), 0, "it may yet be taken on");
    assert_eq!((jobs::sweep(db, id(9), 9).await.unwrap(), jobs::sweep(db, id(9), 9).await.unwrap()), (1, 0));
    assert_eq!(jobs::waiting(db, 9).await.unwrap(), [(id(1), id(7)), (id(2), id(7))]);
    let mut tx = db.begin().await.unwrap();
    assert_eq!(jobs::take(&mut tx, id(1)).await.unwrap(), Some(job(1)));
    if db.dialect() == db::Dialect::MySql {
        let mut other = db.begin().await.unwrap();
        assert_eq!(jobs::take(&mut other, id(1)).await.unwrap(), None, "another copy is at it");
        other.rollback().await.unwrap();
    }
    assert_eq!(jobs::rows(&mut tx, id(1), 2).await.unwrap(), [taken(10), taken(11)]);
    jobs::done(&mut tx, id(1), id(11), 6).await.unwrap();
    let refused = |n| jobs::Refused { id: Some(id(n)), field: None, code: "conflict".into(), detail: "☂".into() };
    jobs::refuse(&mut tx, id(1), &[]).await.unwrap();
    jobs::refuse(&mut tx, id(1), &[refused(10)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(jobs::waiting(db, 9).await.unwrap(), [(id(2), id(7)), (id(1), id(7))], "each has its turn");
    let mut tx = db.begin().await.unwrap();
    assert_eq!(jobs::rows(&mut tx, id(1), 9).await.unwrap(), [taken(12), taken(13)]);
    jobs::refuse(&mut tx, id(1), &(0..1500).map(refused).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(jobs::end(&mut tx, id(1)).await.unwrap(), 2);
    assert_eq!(jobs::end(&mut tx, id(2)).await.unwrap(), 0);
    assert_eq!(jobs::take(&mut tx, id(1)).await.unwrap(), None);
    tx.commit().await.unwrap();
    let kept = jobs::refusals(db, id(1)).await.unwrap();
    assert_eq!((kept.len() as u64, &kept[0], &kept[1]), (jobs::REFUSALS, &refused(10), &refused(0)));
    let (who, filter) = (boss(), filter::parse("customer:\"asha traders\"").unwrap());
    let selection = Selection { filter: &filter, who: &who, now: Utc::now(), today: day("2026-07-20") };
    let found = jobs::matching(db, &selection, 9).await.unwrap();
    assert_eq!(found.len() as u64, list::count(db, &selection).await.unwrap());
    let rows = challans::find_many(db, &found.iter().map(|t| t.id).collect::<Vec<_>>()).await.unwrap();
    assert!(rows.iter().zip(&found).all(|(row, taken)| (row.id, row.version) == (taken.id, taken.version)));
}

async fn the_whole_story(settings: Vec<(&'static str, String)>) {
    let config = Config::read(&|name| settings.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone())).unwrap();
    let db = super::open(&config).await.unwrap();
    rows_are_written_and_found(&db).await;
    lists_have_one_order_both_ways(&db).await;
    customers_are_one_by_their_folded_name(&db).await;
    customers_are_changed_and_merged(&db).await;
    numbers_follow_each_other_and_pass_over_taken_ones(&db).await;
    work_is_taken_by_one_and_kept_until_it_is_done(&db).await;
    invoices_and_executives(&db).await;
    a_series_is_set_and_marked(&db).await;
    views_are_kept_and_chosen(&db).await;
    answers_are_kept_for_a_while(&db).await;
    batches_are_widened_and_found(&db).await;
    jobs_are_taken_by_one_and_resumed(&db).await;
    db.close().await;
    // Migrations find their work done.
    super::open(&config).await.unwrap().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite() {
    let folder = testkit::sqlite::folder().unwrap();
    the_whole_story(folder.settings()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_mariadb() {
    let database = testkit::mariadb::database().await.unwrap();
    the_whole_story(database.settings()).await;
}

/// A function that this file does not call is one that may work on one database only.
#[test]
fn every_function_of_the_store_is_in_the_story() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let story = std::fs::read_to_string(folder.join("suite.rs")).unwrap();
    for file in std::fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let module = path.file_stem().unwrap().to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let Some(rest) = line.strip_prefix("pub async fn ").filter(|_| module != "mod") else { continue };
            let name = rest.split(['(', '<']).next().unwrap();
            assert!(story.contains(&format!("{module}::{name}(")), "{module}::{name} is not in the story");
        }
    }
}
