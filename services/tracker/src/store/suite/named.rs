//! What rows name: customers, invoices, executives, series and their numbers; and saved views.

use chrono::Utc;
use db::{Db, DbError};
use domain::filter;
use domain::rights::Customers;
use serde_json::json;
use service::pages::{At, Name};
use uuid::Uuid;

use super::{boss, day, id, stored};
use crate::store::customers::Customer;
use crate::store::filter::Selection;
use crate::store::invoices::Invoice;
use crate::store::{challans, customers, executives, finding, invoices, naming, numbers, series, views};

pub(super) async fn customers_are_one_by_their_folded_name(db: &Db) {
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

pub(super) async fn customers_are_changed_and_merged(db: &Db) {
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
    let names = naming::Names::default();
    assert_eq!(names.look_up(&mut tx, &["B S L"]).await.unwrap().1, None, "not before it was looked up");
    let (remembered, known) = names.look_up(&mut tx, &["b s  l"]).await.unwrap();
    assert_eq!((remembered["b s l"].id, known.is_some()), (one.id, true));
    assert_eq!(names.look_up(&mut tx, &["b s l", "Bharat two"]).await.unwrap().1, None, "one of two is asked for");
    assert_eq!(names.look_up(&mut tx, &[]).await.unwrap().1, None, "nothing is to be found unchanged");
    assert!(naming::unchanged(&mut tx, known.unwrap()).await.unwrap());
    let mut gone = one.clone();
    (gone.version, gone.merged_into) = (2, Some(two.id));
    let mut kept = two.clone();
    kept.version = 2;
    kept.facts.aliases = vec!["Bharat".into(), "B S L".into()];
    customers::put(&mut tx, Some(&one), &gone, 8).await.unwrap();
    customers::put(&mut tx, Some(&two), &kept, 8).await.unwrap();
    assert!(!naming::unchanged(&mut tx, known.unwrap()).await.unwrap());
    names.forget();
    let (looked_up, _) = names.look_up(&mut tx, &["Bharat"]).await.unwrap();
    assert_eq!(looked_up["bharat"].id, two.id);
    let (_, known) = names.look_up(&mut tx, &["Bharat"]).await.unwrap();
    naming::change(&mut tx).await.unwrap();
    assert!(!naming::unchanged(&mut tx, known.unwrap()).await.unwrap());
    assert_eq!(customers::present(&mut tx, one.id).await.unwrap().unwrap().id, two.id);
    assert!(customers::present(&mut tx, id(9)).await.unwrap().is_none());
    tx.commit().await.unwrap();
    assert_eq!(customers::find(db, two.id).await.unwrap(), Some(kept));
    let all = Customers { all: true, ..Customers::default() };
    let name = |name: &str| Name(name.to_owned());
    for (visible, search, at, found) in [
        (all.clone(), "b s", At::Start, vec![two.id]),
        (all.clone(), "27aapf", At::Start, vec![two.id]),
        (all.clone(), "bharat", At::After(name("bharat two")), vec![]),
        (all.clone(), "bharat", At::Before(name("bharat u")), vec![two.id]),
        (all.clone(), "bharat", At::Before(two.place()), vec![]),
        (Customers { ids: vec![two.id], ..Customers::default() }, "", At::Start, vec![two.id]),
        (Customers { carried_by: Some("ravi".into()), ..Customers::default() }, "", At::Start, vec![]),
    ] {
        let rows = customers::page(db, &visible, search, &at, 10).await.unwrap();
        assert_eq!(rows.iter().map(|c| c.id).collect::<Vec<_>>(), found, "{visible:?} {search}");
    }
}

pub(super) async fn invoices_and_executives(db: &Db) {
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
    let mut billed = [carried.challan.clone(), other.challan.clone()];
    for challan in &mut billed {
        challan.facts.invoice_number = Some("INV/ 7".into());
    }
    finding::write(&mut tx, &finding::of(&billed.each_ref(), chrono_tz::UTC)).await.unwrap();
    for (most, expected) in [(9, vec![id(5), id(8)]), (1, vec![id(5)])] {
        let found = finding::on_invoices(&mut tx, &["inv/ 6", "inv/ 7"], most).await.unwrap();
        assert_eq!(found, expected);
    }
    tx.commit().await.unwrap();
    for (name, expected) in [("kiran|meena|om", vec![id(301)]), ("meena", vec![])] {
        let own = Customers { carried_by: Some(name.into()), ..Customers::default() };
        let rows = customers::page(db, &own, "", &At::Start, 10).await.unwrap();
        assert_eq!(rows.iter().map(|c| c.id).collect::<Vec<_>>(), expected, "those that {name} carries to");
    }
    let who = boss();
    let filter = filter::Filter { root: None };
    let selection = Selection { filter: &filter, who: &who, now: Utc::now(), today: day("2026-07-20") };
    let found = executives::in_use(db, &selection, "ravi", &At::Start, 10).await.unwrap();
    assert_eq!(
        found.iter().map(|(f, e)| (f.as_str(), e.name.as_str(), e.count)).collect::<Vec<_>>(),
        [("ravi k", "RAVI K", 2), ("ravindra", "Ravindra", 1)]
    );
    let name = |name: &str| Name(name.to_owned());
    for (at, first) in [
        (At::Start, "ravi k"),
        (At::After(name("ravi k")), "ravindra"),
        (At::Before(name("z")), "ravindra"),
        (At::Before(name("ravindra")), "ravi k"),
    ] {
        let found = executives::in_use(db, &selection, "ravi", &at, 1).await.unwrap();
        assert!(found.into_keys().eq([first.to_owned()]), "{at:?}");
    }
}

pub(super) async fn numbers_follow_each_other_and_pass_over_taken_ones(db: &Db) {
    let none = numbers::Claimed::new();
    let july = day("2026-07-14");
    let mut tx = db.begin().await.unwrap();
    let default = series::current(&mut tx).await.unwrap();
    assert_eq!(numbers::next(&mut tx, &default, july).await.unwrap().as_deref(), Some("260700003"));
    // 260700001 and 260700002 are rows already.
    let drawn = numbers::draw(&mut tx, &default, july, 3, &none).await.unwrap();
    assert_eq!(drawn, ["260700003", "260700004", "260700005"]);
    let claimed = [(2026, "260700006".to_owned()), (2026, "260700008".to_owned())].into();
    let drawn = numbers::draw(&mut tx, &default, july, 2, &claimed).await.unwrap();
    assert_eq!(drawn, ["260700007", "260700009"], "what is about to be another's is passed over");
    let asked = [(2026, "260700001"), (2026, "260700009"), (2025, "260700001")];
    let taken = numbers::taken(&mut tx, &asked).await.unwrap();
    assert_eq!(taken.into_keys().collect::<Vec<_>>(), [(2026, "260700001".to_owned())]);
    numbers::leave(&mut tx, &[(2026, "260700010", id(9)), (2027, "260700011", id(9))]).await.unwrap();
    numbers::leave(&mut tx, &[(2026, "260700010", id(9))]).await.unwrap();
    let taken = numbers::taken(&mut tx, &[(2026, "260700010"), (2026, "260700011")]).await.unwrap();
    assert_eq!(taken, [((2026, "260700010".to_owned()), id(9))].into(), "also what was left behind");
    assert_eq!(numbers::draw(&mut tx, &default, july, 1, &none).await.unwrap(), ["260700011"]);
    tx.rollback().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    assert_eq!(
        numbers::draw(&mut tx, &default, july, 1, &none).await.unwrap(),
        ["260700003"],
        "what was not committed is no gap"
    );
    assert_eq!(numbers::draw(&mut tx, &default, day("2026-08-01"), 1, &none).await.unwrap(), ["260800001"]);
    tx.commit().await.unwrap();
}

pub(super) async fn a_series_is_set_and_marked(db: &Db) {
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
    let none = numbers::Claimed::new();
    assert_eq!(numbers::draw(&mut tx, &made, day("2026-07-14"), 2, &none).await.unwrap(), ["R0001", "R0002"]);
    let few = domain::series::Series::parse("F{SEQ:1}", domain::series::Reset::Never).unwrap();
    let made = series::Stored { counter: "f".into(), series: few, ..made };
    let drawn = numbers::draw(&mut tx, &made, day("2026-07-14"), 12, &none).await.unwrap();
    assert_eq!((drawn.len(), drawn.last().map(String::as_str)), (9, Some("F9")), "as many as there are");
    tx.rollback().await.unwrap();
}

pub(super) async fn views_are_kept_and_chosen(db: &Db) {
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
    let (first, second) = (mine.place(asha), theirs.place(asha));
    for (at, limit, found) in [
        (At::Start, 9, vec![&mine, &theirs]),
        (At::Start, 1, vec![&mine]),
        (At::After(first.clone()), 9, vec![&theirs]),
        (At::After(second.clone()), 9, vec![]),
        (At::Before(second), 9, vec![&mine]),
        (At::Before(first), 9, vec![]),
        (At::Before(views::Place { others: true, folded: "zz".into(), id: Uuid::nil() }), 1, vec![&theirs]),
    ] {
        let seen = views::seen_by(db, asha, &at, limit).await.unwrap();
        assert_eq!(seen.iter().collect::<Vec<_>>(), found, "{at:?}");
    }
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
