//! Work that goes on: batches, jobs, kept answers.

use chrono::Utc;
use db::{Db, DbError};
use domain::filter;
use serde_json::json;
use service::pages::At;
use uuid::Uuid;

use super::{boss, day, id};
use crate::store::filter::Selection;
use crate::store::work::Work;
use crate::store::{answers, batches, challans, customers, jobs, list, work};

pub(super) async fn work_is_taken_by_one_and_kept_until_it_is_done(db: &Db) {
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

pub(super) async fn answers_are_kept_for_a_while(db: &Db) {
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
    let twice = match answers::keep(&mut tx, &[kept(6, 1000), kept(7, 2000)]).await {
        Ok(()) => tx.flush().await,
        refused => refused,
    };
    assert!(matches!(twice, Err(DbError::Duplicate(_))), "{twice:?}");
    tx.rollback().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    answers::forget(&mut tx, &[7; 32]).await.unwrap();
    assert_eq!(answers::find(&mut tx, &[&[6; 32], &[7; 32]]).await.unwrap(), []);
    tx.commit().await.unwrap();
    assert_eq!(answers::sweep(db, 2000, 10).await.unwrap(), 0);
    assert_eq!(answers::sweep(db, 2001, 10).await.unwrap(), 1);
}

pub(super) async fn batches_are_widened_and_found(db: &Db) {
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
        challan: None,
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
    let ahead = batches::Part { maker: id(1002), challan: Some((id(3), 1)), ..part(5002, None) };
    batches::widen(&mut tx, &[ahead]).await.unwrap();
    batches::widen(&mut tx, &[]).await.unwrap();
    let before = batches::lock(&mut tx, id(5002)).await.unwrap().unwrap();
    assert_eq!((before.first_seq, before.last_seq), (None, None), "the log is not written yet");
    let own = changelog::Entry { batch_id: id(5002), ..row(3) };
    let alone = log.append(&mut tx, &[own]).await.unwrap();
    tx.commit().await.unwrap();
    let found = batches::find(db, id(5002)).await.unwrap().unwrap();
    assert_eq!((found.first_seq, found.last_seq), (Some(alone.first), Some(alone.first)));
    assert!(challans::untold(db).await.unwrap().is_some_and(|untold| untold != id(1) && untold != id(2)));
    assert!(customers::untold(db).await.unwrap().is_some());
    let found = batches::find(db, id(5000)).await.unwrap().unwrap();
    assert_eq!((found.matched, found.changed, found.refused, found.status.as_str()), (1000, 800, 200, batches::DONE));
    assert_eq!((found.first_seq, found.last_seq), (Some(appended.first), Some(appended.last)));
    assert_eq!(found.maker_name, "Boss ☂");
    let ids = |found: Vec<batches::Batch>| found.iter().map(|b| b.id).collect::<Vec<_>>();
    assert_eq!(ids(batches::page(db, Some(id(1000)), &At::Start, 9).await.unwrap()), [id(5001), id(5000)]);
    assert_eq!(ids(batches::page(db, None, &At::After(id(5001)), 9).await.unwrap()), [id(5000)]);
    assert_eq!(ids(batches::page(db, None, &At::Before(id(5000)), 1).await.unwrap()), [id(5001)]);
    assert!(batches::page(db, Some(id(1001)), &At::Start, 9).await.unwrap().is_empty());
    assert_eq!(batches::challans(db, &found).await.unwrap(), [id(1), id(2)]);
    let mut tx = db.begin().await.unwrap();
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

pub(super) async fn jobs_are_taken_by_one_and_resumed(db: &Db) {
    let (job, turn) = (|n| jobs::Job { batch_id: id(n), maker: id(7), task: json!("delete"), context: json!({}) }, 5);
    let taken = |n| jobs::Taken { id: id(n), version: n as u64 };
    let mut tx = db.begin().await.unwrap();
    jobs::add(&mut tx, &job(1), turn).await.unwrap();
    jobs::add(&mut tx, &job(2), turn).await.unwrap();
    jobs::add_rows(&mut tx, id(1), &(10..14).map(taken).collect::<Vec<_>>()).await.unwrap();
    let many: Vec<jobs::Taken> = (10..12_010).map(taken).collect();
    jobs::add_rows(&mut tx, id(3), &many).await.unwrap();
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
    let among = jobs::waiting_of(&mut tx, id(1), &[id(99), id(13), id(12)]).await.unwrap();
    assert_eq!(among, [taken(12), taken(13)]);
    jobs::done(&mut tx, id(1), id(11), &[taken(13)], 6).await.unwrap();
    let refused = |n| jobs::Refused {
        id: Some(id(n)),
        field: None,
        code: "conflict".into(),
        detail: "☂".into(),
        theirs: Some(json!({ "now": "☂☂" })),
    };
    jobs::refuse(&mut tx, id(1), &[]).await.unwrap();
    jobs::refuse(&mut tx, id(1), &[refused(10)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(jobs::waiting(db, 9).await.unwrap(), [(id(2), id(7)), (id(1), id(7))], "each has its turn");
    let mut tx = db.begin().await.unwrap();
    assert_eq!(jobs::rows(&mut tx, id(1), 9).await.unwrap(), [taken(12)]);
    jobs::refuse(&mut tx, id(1), &(0..1500).map(refused).collect::<Vec<_>>()).await.unwrap();
    jobs::add_rows(&mut tx, id(2), &many).await.unwrap();
    for removed in [5000, 5000, 2000, 0] {
        assert_eq!(jobs::remove(&mut tx, id(2)).await.unwrap(), removed);
    }
    assert_eq!(jobs::rows(&mut tx, id(1), 9).await.unwrap(), [taken(12)], "those of others wait as before");
    for batch in [id(1), id(2)] {
        jobs::end(&mut tx, batch).await.unwrap();
    }
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
