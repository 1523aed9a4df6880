//! What groups remember of numbers and names, where it is not so any more.

use changelog::Log;
use db::Db;
use domain::identity::{Grant, Identity, Permission, Role, Scope};
use futures::future::{join, join_all};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{boss, make, make_as, status, together};
use crate::group::transaction::{Among, Settled, run};
use crate::group::{Member, open};
use crate::store::customers::{self, Customer, Facts};
use crate::store::naming;
use crate::store::numbers::Remembered;

/// Groups draw without a look at what is taken and with the series as they know it: the tables set them right.
pub(super) async fn numbers_that_are_met_and_a_series_that_is_changed_are_heeded(db: &Db, log: &Log) {
    let (writer, mut groups) = open(db.clone(), log.clone());
    let end = CancellationToken::new();
    let number = async || {
        let (status, row) = status(writer.write(make("Girnar Foods", &json!({}))).await);
        assert_eq!(status, 201, "{row}");
        row["challan_number"].as_str().unwrap().to_owned()
    };
    let say = async |sql: &'static str, text: &str| {
        let mut tx = db.begin().await.unwrap();
        let (before, after) = sql.split_once('?').unwrap();
        let mut sql = db::Clause::of(before);
        sql.text(text).sql(after);
        tx.write(sql).await.unwrap();
        tx.commit().await.unwrap();
    };
    let sequence = |number: &str| number[4..].parse::<u64>().unwrap();
    let answers = async {
        let given = number().await;
        let imported = number().await;
        // As an import would have it, whose numbers lie ahead of the counter.
        let ahead = format!("{}{:05}", &imported[..4], sequence(&imported) + 2);
        let sql = format!("UPDATE tracker_challans SET challan_number = ? WHERE challan_number = '{imported}'");
        say(sql.leak(), &ahead).await;
        let drawn = join_all((0..4).map(|_| number())).await;
        let mut sequences: Vec<u64> = drawn.iter().map(|number| sequence(number) - sequence(&given)).collect();
        sequences.sort_unstable();
        assert_eq!(sequences, [2, 4, 5, 6], "3 is the imported one's, and none is left out or given twice");
        say("UPDATE tracker_series SET template = ?, version = version + 1", "N{YY}{MM}{SEQ:5}").await;
        assert!(number().await.starts_with("N2607"));
        say("UPDATE tracker_series SET template = ?, version = version + 1", "{YY}{MM}{SEQ:5}").await;
        assert!(number().await.starts_with("2607"));
        end.cancel();
    };
    join(answers, groups.run(end.clone())).await;
}

/// The last numbers of a series are given, and only those are refused that come after.
pub(super) async fn the_end_of_a_series_refuses_those_after_it(db: &Db, log: &Log) {
    let dated = |invoice: bool| {
        let more = match invoice {
            true => json!({ "date": "2024-05-01", "invoice_number": "END", "invoice_date": "2024-05-02" }),
            false => json!({ "date": "2024-05-01" }),
        };
        make("Girnar Foods", &more)
    };
    let remembered = Remembered::default();
    let group = async |members: &[Member]| {
        let nearly = tokio::sync::oneshot::channel().0;
        let members: Vec<&Member> = members.iter().collect();
        run(db, log, &members, Some(Among { nearly, remembered: &remembered })).await.unwrap()
    };
    // So that the series and its counter are known.
    group(&[dated(true), dated(false)]).await;
    let mut tx = db.begin().await.unwrap();
    let near = db::Clause::of("UPDATE tracker_counters SET next_number = 99998 WHERE period = '2024-05'");
    assert_eq!(tx.execute(near).await.unwrap().rows, 1);
    tx.commit().await.unwrap();
    let settled = group(&[dated(true), dated(false), dated(true), dated(false)]).await;
    let refused: Vec<bool> = settled.iter().map(|s| matches!(s, Settled::Answered(Err(_)))).collect();
    assert_eq!(refused, [false, false, true, true]);
    // Who had the invoice first is not made, so it is the other one's.
    let billed = |customer: &str, date: &str| {
        make(customer, &json!({ "date": date, "invoice_number": "WAY", "invoice_date": "2024-06-02" }))
    };
    let answers =
        together(db, log, vec![billed("Girnar Foods", "2024-05-01"), billed("Asha Traders", "2024-06-01")]).await;
    let answers: Vec<(u16, Value)> = answers.into_iter().map(status).collect();
    assert_eq!((answers[0].0, &answers[0].1["code"]), (422, &json!("numbers_used_up")));
    assert_eq!(answers[1].0, 201, "{}", answers[1].1);
}

/// A customer is changed as by another copy, and a group of those that know it otherwise.
pub(super) async fn names_that_lead_to_others_are_heeded(db: &Db, log: &Log) {
    let (writer, mut groups) = open(db.clone(), log.clone());
    let end = CancellationToken::new();
    let made = async |name: &str| {
        let (status, row) = status(writer.write(make(name, &json!({}))).await);
        assert_eq!(status, 201, "{row}");
        (row["customer_id"].as_str().unwrap().parse::<Uuid>().unwrap(), row["customer"].as_str().unwrap().to_owned())
    };
    let put = async |before: &Customer, after: &Customer| {
        let mut tx = db.begin().await.unwrap();
        customers::put(&mut tx, Some(before), after, 9).await.unwrap();
        tx.commit().await.unwrap();
    };
    let answers = async {
        let (mathura, _) = made("Mathura Metals").await;
        let (vidya, _) = made("Vidya Works").await;
        // A name that is new is not remembered, the second time it is found.
        assert_eq!(made("Mathura Metals").await.0, mathura);
        let before = customers::find(db, mathura).await.unwrap().unwrap();
        let mut after = Customer { name: "Mathura Metals LLP".into(), version: before.version + 1, ..before.clone() };
        after.facts = Facts { aliases: vec!["mathura metals".into()], ..Facts::default() };
        put(&before, &after).await;
        assert_eq!(made("Mathura Metals").await, (mathura, "Mathura Metals LLP".into()), "as it is written now");

        // Who may write for one customer only is refused by a name, until it leads there.
        let clerk = || Identity {
            role: Role::User,
            permissions: [Permission::ChallanRead, Permission::ChallanCreate]
                .map(|permission| Grant {
                    permission,
                    scope: Some(Scope::Customers { customers: vec![vidya] }),
                    hidden_columns: Vec::new(),
                    expires_at: None,
                })
                .into(),
            ..boss()
        };
        let facts = json!({ "date": "2026-07-01", "customer": "mathura metals" });
        assert_eq!(status(writer.write(make_as(clerk(), &facts)).await).0, 403);
        let gone = Customer { facts: Facts::default(), version: after.version + 1, ..after.clone() };
        put(&after, &gone).await;
        let before = customers::find(db, vidya).await.unwrap().unwrap();
        let mut taken = Customer { version: before.version + 1, ..before.clone() };
        taken.facts.aliases = vec!["Mathura Metals".into()];
        put(&before, &taken).await;
        assert_eq!(status(writer.write(make_as(clerk(), &facts)).await).0, 201);
        assert_eq!(made("Mathura Metals").await, (vidya, "Vidya Works".into()));
        if db.dialect() == db::Dialect::MySql {
            // Whoever is changing one keeps nobody waiting who names others.
            let mut changing = db.begin().await.unwrap();
            naming::change(&mut changing).await.unwrap();
            assert_eq!(made("Mathura Metals").await.0, vidya);
            changing.rollback().await.unwrap();
        }
        end.cancel();
    };
    join(answers, groups.run(end.clone())).await;
}
