//! Rows, changed and listed.

use chrono::Utc;
use db::{Db, DbError};
use domain::challan::{Challan, Field};
use domain::filter::{self, Finding};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{boss, day, id, stored};
use crate::store::challans::Stored;
use crate::store::figures::By;
use crate::store::filter::Selection;
use crate::store::sort::{Place, Sort};
use crate::store::{challans, figures, finding, list};

pub(super) async fn rows_are_written_and_found(db: &Db) {
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
    assert!(is_stale(&mut tx, &[(&first.challan, &next)]).await, "the version it was made from is gone");
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
        let refused = match challans::insert(&mut tx, &[&taken]).await {
            Ok(()) => tx.flush().await,
            refused => refused,
        };
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
    let rows = [(&first.challan, &paid), (&moved.challan, &again)];
    assert!(is_stale(&mut tx, &rows).await, "one of them is another version");
    tx.rollback().await.unwrap();

    // The rest of the story has them as they were.
    let mut tx = db.begin().await.unwrap();
    let back = [(&paid.challan, &first), (&moved.challan, &draft)];
    assert!(challans::update(&mut tx, &back).await.unwrap());
    finding::change(&mut tx, &back.map(|(before, row)| shown((before, &row.challan)))).await.unwrap();
    tx.commit().await.unwrap();
}

/// Whether one of the rows is another version by now, told at once or with the next statement.
async fn is_stale(tx: &mut db::Tx, rows: &[(&domain::challan::Challan, &Stored)]) -> bool {
    let told = match challans::update(tx, rows).await {
        Ok(true) => tx.flush().await,
        Ok(false) => return true,
        told => told.map(drop),
    };
    matches!(told, Err(DbError::Conflict(_)))
}

pub(super) async fn lists_have_one_order_both_ways(db: &Db) {
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
