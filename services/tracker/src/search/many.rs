//! Questions to more rows than a register on this machine has: each of its rows several times.
//!
//! ```text
//! FINDING_DATA=<DATA_DIR> FINDING_TIMES=10 FINDING_INDEX=<a folder> \
//!     cargo test --release -p tracker --lib search::many -- --ignored --nocapture
//! ```
//!
//! The rows are those of the generator's, as for `bench/search.py`. The index stays in its folder for the next run.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use chrono_tz::Asia::Kolkata;
use domain::filter::parse;
use domain::identity::{Identity, Role, Via};
use uuid::Uuid;

use super::keep::{Kept, kept};
use super::{Top, View};
use crate::store::challans;
use crate::store::figures::By;
use crate::store::filter::Selection;
use crate::store::list::{self, Sort};

const ROWS: u32 = 1000;
const TRIES: usize = 40;
const QUESTIONS: [&str; 16] = [
    "keyboard",
    "deliver before noon",
    "projector",
    "zebrawood",
    "key",
    "\"first aid kit\"",
    "falcon foods",
    "INV/2024/0001",
    "keyboard stage:delivered",
    "keyboard amount:>5000",
    "keyboard date:2026 -\"tea bags\"",
    "remarks:gate hamper",
    "a -keyboard",
    "executive:lakshmi",
    "a",
    "",
];
const SORTS: [&str; 4] = ["-date", "customer", "-amount", "-updated_at"];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures; see above"]
async fn questions_to_many_rows() {
    let of = |name: &str| std::env::var(name).unwrap();
    let times: u64 = of("FINDING_TIMES").parse().unwrap();
    let view = match kept(Path::new(&of("FINDING_INDEX")), Kolkata) {
        Kept::Left(view) => view,
        Kept::Empty(shelf) => {
            let began = Instant::now();
            let db = db::open_sqlite(&Path::new(&of("FINDING_DATA")).join("dc-tracker.sqlite3")).await.unwrap();
            let mut after = Uuid::nil();
            loop {
                let rows = list::by_id(&db, after, ROWS).await.unwrap();
                let Some(last) = rows.last() else { break };
                after = last.id;
                for row in &rows {
                    let first = challans::decode(&row.doc).unwrap();
                    for nth in 0..times {
                        let mut challan = first.clone();
                        if nth > 0 {
                            challan.id = Uuid::now_v7();
                            let again = |text: &mut Option<String>| {
                                *text = text.take().map(|text| format!("{text}{nth}"));
                            };
                            again(&mut challan.challan_number);
                            again(&mut challan.external_id);
                            again(&mut challan.facts.invoice_number);
                        }
                        tokio::task::block_in_place(|| shelf.add(&challan)).unwrap();
                    }
                }
            }
            let view = shelf.finished().unwrap();
            println!("built in {:.0?}", began.elapsed());
            view
        }
    };
    println!("{} rows in {} segments", view.searcher.num_docs(), view.searcher.segment_readers().len());
    let who = Identity {
        user_id: Uuid::nil(),
        name: "Asha".into(),
        role: Role::Superadmin,
        via: Via::Session,
        session: String::new(),
        permissions: Vec::new(),
        executive_name: None,
        key_scopes: Vec::new(),
        key_sources: None,
        valid_until: Utc::now() + TimeDelta::hours(1),
    };
    for q in QUESTIONS {
        let filter = parse(q).unwrap();
        let selection = Selection { filter: &filter, who: &who, now: Utc::now(), today: Utc::now().date_naive() };
        ask(&view, q, &selection);
    }
}

fn ask(view: &View, q: &str, selection: &Selection<'_>) {
    let mut total = None;
    for name in SORTS {
        let top = Top { sort: Sort::parse(name).unwrap(), from: None, before: false, keep: 51, counted: false };
        let first = view.find(selection, &top).unwrap().unwrap();
        let took = timed(TRIES, || drop(view.find(selection, &top).unwrap()));
        println!("page of 51 by {name:12} {q:40} {took}");
        let counted = view.find(selection, &Top { counted: true, ..top }).unwrap().unwrap();
        assert_eq!(counted.hits, first.hits);
        assert_eq!(*total.get_or_insert(counted.total), counted.total);
    }
    let top = Top { sort: Sort::default(), from: None, before: false, keep: 1200, counted: true };
    println!("window at 1000, and count  {q:40} {}", timed(TRIES / 4, || drop(view.find(selection, &top).unwrap())));
    let bys = [By::Stage, By::Customer, By::Executive, By::Source, By::Age];
    println!("facets                     {q:40} {}", timed(TRIES / 4, || drop(view.figures(selection, &bys).unwrap())));
    println!("rows                       {q:40} {}", total.flatten().unwrap_or_default());
}

fn timed(tries: usize, mut ask: impl FnMut()) -> String {
    let mut took: Vec<Duration> = (0..tries)
        .map(|_| {
            let began = Instant::now();
            ask();
            began.elapsed()
        })
        .collect();
    took.sort();
    let ms = |at: usize| took.get(at).map_or(0.0, |t| t.as_secs_f64() * 1000.0);
    format!("median {:7.2} ms, longest {:7.2} ms", ms(tries / 2), ms(tries - 1))
}
