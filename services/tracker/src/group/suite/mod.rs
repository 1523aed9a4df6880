//! Writes that share a transaction, on `SQLite` and on `MariaDB`: whatever becomes of one, its neighbours are done.

mod remembered;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use changelog::Log;
use chrono::{DateTime, TimeZone, Utc};
use db::Db;
use domain::identity::{Grant, Identity, Permission, Role, Scope};
use futures::FutureExt;
use futures::future::{join, join_all};
use serde_json::{Map, Value, json};
use service::{Config, Problem};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::transaction::{Settled, run};
use super::{Act, Ask, Member, Wanted, open};
use crate::api::caller::Caller;
use crate::api::challans::{fresh, new_facts};
use crate::api::fault::Fault;
use crate::api::repeat::{Repeat, Reply};
use crate::store::challans::Stored;
use crate::store::{batches, challans};
use crate::write::{Context, Planned};

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 7, 20, 10, 0, 0).unwrap()
}

fn boss() -> Identity {
    let until = now() + chrono::Duration::hours(1);
    Identity { user_id: Uuid::from_u128(1000), name: "Boss".into(), ..Identity::of_nobody(until) }
}

fn caller(who: Identity) -> (Caller, Context) {
    let context = Context {
        actor_id: who.user_id,
        actor_name: who.name.clone(),
        via: "site",
        address: String::new(),
        request_id: "r".into(),
        batch_id: Uuid::now_v7(),
        now: now(),
        tz: chrono_tz::Asia::Kolkata,
    };
    (Caller { who: Arc::new(who), now: now(), address: String::new(), request_id: "r".into() }, context)
}

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn make_as(who: Identity, facts: &Value) -> Member {
    let (caller, context) = caller(who);
    let given = map(facts);
    let new = new_facts(&given, false, &context).unwrap();
    let stored = Stored { challan: fresh(new, Uuid::now_v7(), &context), source_base: None, occurred_at: None };
    let row = Box::new(Planned::new(stored, true, &context));
    Member { caller, context, repeat: None, ask: Ask::Make { row, given } }
}

fn make(customer: &str, more: &Value) -> Member {
    let mut facts = map(&json!({ "date": "2026-07-01", "customer": customer }));
    facts.extend(map(more));
    make_as(boss(), &facts.into())
}

fn change(id: Uuid, wanted: Wanted, act: Act, given: &Value) -> Member {
    let (caller, context) = caller(boss());
    Member { caller, context, repeat: None, ask: Ask::Change { id, wanted, act, given: map(given) } }
}

fn under_key(member: Member, key: &str) -> Member {
    let repeat = Repeat::of(&member.caller, "create", Some(key), &[b"same"]).unwrap();
    Member { repeat, ..member }
}

/// One transaction of these; whoever is left for later is none.
async fn one_run(db: &Db, log: &Log, members: &[Member]) -> Vec<Option<Result<Reply, Problem>>> {
    let settled = run(db, log, &members.iter().collect::<Vec<_>>(), None).await.unwrap();
    let answer = |(settled, member): (Settled, &Member)| match settled {
        Settled::Answered(answer) => Some(answer),
        Settled::Written(row) => Some(Ok(member.reply(&row))),
        Settled::Alone => None,
    };
    settled.into_iter().zip(members).map(answer).collect()
}

/// All of these are waiting when the first group begins.
async fn together(db: &Db, log: &Log, members: Vec<Member>) -> Vec<Result<Reply, Fault>> {
    let (writer, mut groups) = open(db.clone(), log.clone());
    let end = CancellationToken::new();
    let answers = async {
        let answers = join_all(members.into_iter().map(|member| writer.write(member))).await;
        end.cancel();
        answers
    };
    join(answers, groups.run(end.clone())).await.0
}

fn status<E: Into<Fault>>(answer: Result<Reply, E>) -> (u16, Value) {
    match answer.map_err(Into::into) {
        Ok(reply) => (reply.status, serde_json::from_str(&reply.body).unwrap()),
        Err(Fault(problem)) => (problem.status, json!(problem)),
    }
}

fn id(row: &Value) -> Uuid {
    row["id"].as_str().unwrap().parse().unwrap()
}

/// The sequence numbers that the answered rows took, in order.
fn sequences<'a>(rows: impl IntoIterator<Item = &'a Value>) -> Vec<u64> {
    let mut all: Vec<u64> =
        rows.into_iter().map(|row| row["challan_number"].as_str().unwrap()[4..].parse().unwrap()).collect();
    all.sort_unstable();
    all
}

async fn a_refusal_harms_no_neighbour(db: &Db, log: &Log) {
    let of_another = json!({ "invoice_number": "INV 1", "invoice_date": "2026-07-02" });
    let clerk = |permission| Identity {
        role: Role::User,
        permissions: vec![Grant {
            permission,
            scope: Some(Scope::Customers { customers: vec![Uuid::nil()] }),
            hidden_columns: Vec::new(),
            expires_at: None,
        }],
        ..boss()
    };
    let members: Vec<Member> = (0..32)
        .map(|i| match i {
            3 => make("Girnar Foods", &of_another),
            // Of another customer than the one before it, and in the same transaction.
            7 | 20 => make("Asha Traders", &of_another),
            11 => make_as(clerk(Permission::ChallanRead), &json!({ "date": "2026-07-01", "customer": "Nobody" })),
            15 => change(Uuid::now_v7(), Wanted::Any, Act::Delete, &json!({})),
            _ => make(&format!("Customer {}", i % 3), &json!({ "delivery_executives": ["Ravi"] })),
        })
        .collect();
    let batches: Vec<Uuid> = members.iter().map(|member| member.context.batch_id).collect();
    let answers = one_run(db, log, &members).await;
    let place = |refused: &[usize]| (0..32).filter(|i| refused.contains(i)).count();
    let (mut made, mut refused) = (Vec::new(), Vec::new());
    for (i, answer) in answers.into_iter().enumerate() {
        match answer.map(status) {
            Some((201, row)) => made.push((i, row)),
            Some((status, _)) => refused.push((i, status)),
            // A row that is not there may be one that is held.
            None => refused.push((i, 0)),
        }
    }
    assert_eq!(refused, [(7, 422), (11, 403), (15, 0), (20, 422)]);
    assert_eq!(made.len() + place(&[7, 11, 15, 20]), 32);
    assert_eq!(sequences(made.iter().map(|(_, row)| row)), (1..=28).collect::<Vec<_>>());
    let end = log.end().await.unwrap().seq;
    assert_eq!(end, 28 + 4, "a log row a challan, and one for each of four new customers");
    for (i, batch) in batches.iter().enumerate() {
        let found = batches::find(db, *batch).await.unwrap();
        assert_eq!(found.is_some(), made.iter().any(|(place, _)| *place == i), "{i}: {found:?}");
        if let Some(batch) = found {
            assert_eq!(batches::challans(db, &batch).await.unwrap().len(), 1, "its own row alone");
        }
    }
}

async fn changes_of_one_row_follow_each_other(db: &Db, log: &Log) {
    let row = status(one_run(db, log, &[make("Asha Traders", &json!({}))]).await.remove(0).unwrap()).1;
    let other = status(one_run(db, log, &[make("Asha Traders", &json!({}))]).await.remove(0).unwrap()).1;
    let merge = |id: Uuid, given: Value| change(id, Wanted::Merge(1), Act::Update, &given);
    let members = || {
        vec![
            merge(id(&row), json!({ "remarks": "a" })),
            merge(id(&row), json!({ "dc_summary": "pipes" })),
            merge(id(&row), json!({ "remarks": "b" })),
            merge(id(&other), json!({ "amount": "twelve" })),
            merge(id(&other), json!({ "remarks": "kept" })),
        ]
    };
    let left: Vec<bool> = one_run(db, log, &members()[1..]).await.iter().map(Option::is_none).collect();
    assert_eq!(left, [false, true, false, true], "of two of one row the second is left for later");
    let answers: Vec<_> = together(db, log, members()).await.into_iter().map(status).collect();
    assert_eq!(answers.iter().map(|(status, _)| *status).collect::<Vec<_>>()[1..], [200, 409, 422, 200]);
    assert_eq!(answers[0].0, 200, "it merges with the summary of before");
    assert_eq!((&answers[2].1["conflicts"][0]["theirs"], &answers[4].1["remarks"]), (&json!("a"), &json!("kept")));
    let stands = challans::find(db, id(&row)).await.unwrap().unwrap();
    assert_eq!((stands.facts.remarks.as_deref(), stands.facts.dc_summary.as_deref()), (Some("a"), Some("pipes")));

    let acts = [Act::Void("sent back".into()), Act::Issue, Act::Delete];
    let drafts = [id(&row), id(&other), id(&answers[4].1)];
    let changes = acts.into_iter().zip(drafts).map(|(act, id)| change(id, Wanted::Any, act, &json!({})));
    let answers: Vec<_> = together(db, log, changes.collect()).await.into_iter().map(|a| status(a).0).collect();
    assert_eq!(answers, [200, 422, 200], "a number is taken once");
}

async fn a_request_sent_twice_is_done_once(db: &Db, log: &Log) {
    let twice = || under_key(make("Girnar Foods", &json!({})), "k1");
    let settled = one_run(db, log, &[twice(), twice()]).await;
    assert!(settled[0].is_some() && settled[1].is_none());
    let with_another_body =
        Member { repeat: Repeat::of(&twice().caller, "create", Some("k0"), &[b"other"]).unwrap(), ..twice() };
    let settled = one_run(db, log, &[under_key(twice(), "k0"), with_another_body]).await;
    assert!(settled[0].is_some() && settled[1].is_none(), "of two under one key as well, whatever they say");
    let answers = together(db, log, vec![twice(), make("Girnar Foods", &json!({})), twice()]).await;
    let rows: Vec<Value> = answers.into_iter().map(|answer| status(answer).1).collect();
    assert_eq!((&rows[0], rows[0] == rows[1]), (&rows[2], false));
    let other = Member { repeat: Repeat::of(&twice().caller, "create", Some("k1"), &[b"other"]).unwrap(), ..twice() };
    let (refused, done) = {
        let mut answers = together(db, log, vec![other, make("Girnar Foods", &json!({}))]).await;
        (status(answers.remove(0)), status(answers.remove(0)))
    };
    assert_eq!((refused.0, refused.1["code"].as_str(), done.0), (422, Some("idempotency_key_reused"), 201));
}

/// A panic and a row that cannot be read end the whole group; its other members are done all the same.
async fn a_group_that_breaks_off_is_run_singly(db: &Db, log: &Log) {
    let row = status(one_run(db, log, &[make("Asha Traders", &json!({}))]).await.remove(0).unwrap()).1;
    let mut tx = db.begin().await.unwrap();
    let mut spoilt = db::Clause::of("UPDATE tracker_challans SET doc = '{}' WHERE id = ");
    spoilt.id(id(&row));
    tx.write(spoilt).await.unwrap();
    tx.commit().await.unwrap();
    let members = vec![
        make("Girnar Foods", &json!({})),
        change(id(&row), Wanted::Any, Act::Delete, &json!({})),
        make("Asha Traders", &json!({})),
    ];
    let answers: Vec<_> = together(db, log, members).await.into_iter().map(|a| status(a).0).collect();
    assert_eq!(answers, [201, 500, 201]);

    let row = status(one_run(db, log, &[make("Asha Traders", &json!({}))]).await.remove(0).unwrap()).1;
    let mut panics = change(id(&row), Wanted::Any, Act::Update, &json!({ "remarks": "x" }));
    // No clock of this time zone can show it.
    panics.context.now = DateTime::<Utc>::MAX_UTC;
    let (writer, mut groups) = open(db.clone(), log.clone());
    let end = CancellationToken::new();
    let answers = async {
        let neighbour = writer.write(make("Girnar Foods", &json!({})));
        let panicking = AssertUnwindSafe(writer.write(panics)).catch_unwind();
        let (neighbour, panicking) = join(neighbour, panicking).await;
        assert!(panicking.is_err(), "it ends its own request");
        assert_eq!(status(neighbour).0, 201);
        assert_eq!(status(writer.write(make("Girnar Foods", &json!({}))).await).0, 201, "and groups go on");
        end.cancel();
    };
    join(answers, groups.run(end.clone())).await;
}

async fn whoever_goes_away_harms_nobody(db: &Db, log: &Log) {
    let (writer, mut groups) = open(db.clone(), log.clone());
    let end = CancellationToken::new();
    let before = log.end().await.unwrap().seq;
    {
        let mut gone = Box::pin(writer.write(make("Asha Traders", &json!({}))));
        assert!(futures::poll!(gone.as_mut()).is_pending());
    }
    let answers = async {
        let answer = writer.write(make("Asha Traders", &json!({}))).await;
        end.cancel();
        answer
    };
    assert_eq!(status(join(answers, groups.run(end.clone())).await.0).0, 201);
    assert_eq!(log.end().await.unwrap().seq, before + 1, "nobody waited for the first any more");

    let (writer, _groups) = open(db.clone(), log.clone());
    let mut waiting: Vec<_> =
        (0..super::WAITING).map(|_| Box::pin(writer.write(make("Asha Traders", &json!({}))))).collect();
    for write in &mut waiting {
        assert!(futures::poll!(write.as_mut()).is_pending());
    }
    let Err(Fault(problem)) = writer.write(make("Asha Traders", &json!({}))).await else { panic!("the queue is full") };
    assert_eq!((problem.status, problem.retry_after.is_some()), (503, true));
}

/// Who holds a row keeps only those waiting who want that row.
async fn a_held_row_keeps_no_neighbour_waiting(db: &Db, log: &Log) {
    let held = id(&status(one_run(db, log, &[make("Asha Traders", &json!({}))]).await.remove(0).unwrap()).1);
    let mut holder = db.begin().await.unwrap();
    challans::lock_many(&mut holder, &[held]).await.unwrap();
    let delete = || change(held, Wanted::Any, Act::Delete, &json!({}));
    let settled = one_run(db, log, &[delete(), make("Asha Traders", &json!({}))]).await;
    assert!(settled[0].is_none() && settled[1].is_some());
    holder.rollback().await.unwrap();
    assert_eq!(status(together(db, log, vec![delete()]).await.remove(0)).0, 200);
}

async fn the_whole_story(settings: Vec<(&'static str, String)>) {
    let config = Config::read(&|name| settings.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone())).unwrap();
    let db = crate::store::open(&config).await.unwrap();
    let log = Log::open(db.clone(), "tracker").await.unwrap();
    a_refusal_harms_no_neighbour(&db, &log).await;
    changes_of_one_row_follow_each_other(&db, &log).await;
    a_request_sent_twice_is_done_once(&db, &log).await;
    a_group_that_breaks_off_is_run_singly(&db, &log).await;
    remembered::numbers_that_are_met_and_a_series_that_is_changed_are_heeded(&db, &log).await;
    remembered::the_end_of_a_series_refuses_those_after_it(&db, &log).await;
    remembered::names_that_lead_to_others_are_heeded(&db, &log).await;
    whoever_goes_away_harms_nobody(&db, &log).await;
    if db.dialect() == db::Dialect::MySql {
        a_held_row_keeps_no_neighbour_waiting(&db, &log).await;
    }
    db.close().await;
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
