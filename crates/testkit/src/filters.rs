//! Random challans, and random filters that find some of them.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use domain::challan::{Challan, Facts, Paise, Stage, When};
use domain::filter::{Field, Filter, Kind, Node, Range, Span, Term, Test, Wanted, Words};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::{select, subsequence};
use uuid::Uuid;

/// The day that random challans lie around.
#[must_use]
pub fn today() -> NaiveDate {
    DateTime::UNIX_EPOCH.date_naive() + Days::new(20_649)
}

/// Texts that are alike but for what folding takes away, and some that databases stumble over.
const NAMES: [&str; 14] = [
    "Asha Traders",
    "ASHA  traders",
    "asha",
    "Ravi",
    "ravi kumar",
    "José & Sons",
    "Jose & sons",
    "Ｇｉｒｎａｒ Foods",
    "नमस्ते स्टोर",
    "नमसत सटर",
    "O'Neil \"Quoted\"",
    "50% a_b",
    "Asha|Ravi",
    "Straße İzmir ΑΣ ας",
];
const TEXTS: [&str; 8] = [
    "12 pipes; 3 valves",
    "left at the gate",
    "PIPES 4inch",
    "at the gate left",
    "!!!",
    "naïve re-order",
    "नमस्ते 12",
    "none any OR",
];
const NUMBERS: [&str; 6] = ["INV/0042", "inv-42", "DC/26-27/1", "260700", "26", "ＩＮＶ４"];

fn name() -> BoxedStrategy<String> {
    select(NAMES.as_slice()).prop_map(str::to_owned).boxed()
}

fn text() -> BoxedStrategy<String> {
    prop_oneof![select(TEXTS.as_slice()), select(NAMES.as_slice())].prop_map(str::to_owned).boxed()
}

fn day() -> BoxedStrategy<NaiveDate> {
    (0_u64..500).prop_map(|n| today() + Days::new(30) - Days::new(n)).boxed()
}

/// Instants near midnight of the organisation's time zone too.
fn instant() -> BoxedStrategy<DateTime<Utc>> {
    (day(), select(vec![0_i64, 43_200, 66_599, 66_600, 86_399]))
        .prop_map(|(day, seconds)| day.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::seconds(seconds))
        .boxed()
}

fn when() -> BoxedStrategy<When> {
    prop_oneof![day().prop_map(When::Day), instant().prop_map(When::Instant)].boxed()
}

/// A challan whose number and key are those of the `i`-th, so that many can stand in one register.
pub fn challan(i: u32) -> impl Strategy<Value = Challan> {
    let facts = (
        (day(), name(), option::of(text()), vec(name(), 0..3), option::of(0_i64..1000)),
        (option::of(when()), option::of(when()), option::of(select(NUMBERS.as_slice())), option::of(day())),
        (any::<bool>(), option::of(day()), option::of(day()), option::of(name()), option::of(text())),
    );
    let rest = (
        (
            option::of(select(vec!["DC/", "2607", "", "-D//26-/"])),
            any::<bool>(),
            option::of(instant()),
            option::of(text()),
        ),
        (option::of(select(vec!["erp", "ERP", "zoho"])), 1_u64..4, instant(), instant(), option::of(instant()), name()),
    );
    (facts, rest).prop_map(move |(facts, rest)| {
        let ((date, customer, dc_summary, delivery_executives, amount), (left, arrived, invoice, invoice_date), more) =
            facts;
        let ((number, pod, voided_at, void_reason), (source, version, created_at, updated_at, deleted_at, by)) = rest;
        let (invoice_submission, invoice_submitted_on, pod_upload_date, received_by, remarks) = more;
        let facts = Facts {
            date,
            customer,
            dc_summary,
            delivery_executives,
            amount: amount.map(|a| Paise(a * 50)),
            dispatched_at: left,
            delivered_at: arrived,
            invoice_number: invoice.map(str::to_owned),
            invoice_date,
            invoice_submission,
            invoice_submitted_on,
            pod_upload_date,
            received_by,
            remarks,
        };
        let mut challan = Challan {
            id: Uuid::now_v7(),
            challan_number: number.map(|n| format!("{n}{i}")),
            facts,
            customer_id: Uuid::nil(),
            proof_of_delivery: pod.then(Uuid::nil).into_iter().collect(),
            stage: Stage::Draft,
            voided_at,
            void_reason,
            external_id: source.map(|_| format!("Key-{i}")),
            source: source.map(str::to_owned),
            version,
            created_at,
            created_by: by.clone(),
            updated_at,
            updated_by: by.clone(),
            deleted_at,
            deleted_by: deleted_at.map(|_| by),
        };
        challan.stage = challan.stage_of();
        challan
    })
}

/// Parts of the texts that challans hold, as somebody types them.
fn typed() -> BoxedStrategy<String> {
    let words = vec![
        "asha",
        "ASHA",
        "trad",
        "ravi",
        "jose",
        "José",
        "Girnar",
        "नमस्ते",
        "नमस्",
        "gate",
        "pipe",
        "12",
        "inv",
        "INV/0042",
        "nv/00",
        "v4",
        "26",
        "260",
        "607",
        "DC/",
        "key-1",
        "y-2",
        "re-order",
        "strasse",
        "straße",
        "izmir",
        "ασ",
        "any",
        "none",
        "a_b",
        "zz",
    ];
    select(words).prop_map(str::to_owned).boxed()
}

fn words() -> BoxedStrategy<Words> {
    let exact = prop_oneof![typed(), text().prop_filter("a word", |t| t != "!!!"), Just("the gate".to_owned())];
    prop_oneof![
        typed().prop_map(|text| Words { text, exact: false }),
        exact.prop_map(|text| Words { text, exact: true }),
    ]
    .boxed()
}

fn range<T: Clone + PartialOrd + std::fmt::Debug + 'static>(value: BoxedStrategy<T>) -> BoxedStrategy<Range<T>> {
    (value.clone(), value, 0_u8..6)
        .prop_map(|(a, b, which)| match which {
            0 => Range::Is(a),
            1 => Range::Above(a),
            2 => Range::From(a),
            3 => Range::Below(a),
            4 => Range::UpTo(a),
            _ if a <= b => Range::Between(a, b),
            _ => Range::Between(b, a),
        })
        .boxed()
}

fn span() -> BoxedStrategy<Range<Span>> {
    let first_of =
        |day: NaiveDate, month: u32| NaiveDate::from_ymd_opt(chrono::Datelike::year(&day), month, 1).unwrap_or(day);
    let moving = prop_oneof![
        Just(Span::Today),
        Just(Span::ThisMonth),
        Just(Span::ThisQuarter),
        Just(Span::ThisFinancialYear),
        (1_u16..400).prop_map(Span::LastDays),
        (day(), 1_u32..=12).prop_map(move |(d, m)| Span::Month(first_of(d, m))),
        day().prop_map(move |d| Span::Year(first_of(d, 1))),
        day().prop_map(move |d| Span::FinancialYear(first_of(d, 4))),
    ];
    let days = range(day()).prop_map(|r| r.map(Span::Day));
    let moving = (moving, 0_u8..5).prop_map(|(s, which)| match which {
        0 => Range::Is(s),
        1 => Range::Above(s),
        2 => Range::From(s),
        3 => Range::Below(s),
        _ => Range::UpTo(s),
    });
    prop_oneof![days, moving].boxed()
}

fn test(field: Field) -> BoxedStrategy<Test> {
    let of_kind = match field.kind() {
        Kind::Choice => subsequence(Stage::ALL.to_vec(), 1..4).prop_map(Test::Stages).boxed(),
        Kind::Text | Kind::List => {
            let text =
                prop_oneof![typed(), name(), select(NUMBERS.as_slice()).prop_map(str::to_owned), Just("erp".into())];
            let wanted = (text, any::<bool>()).prop_map(|(text, prefix)| Wanted { text, prefix });
            vec(wanted, 1..4).prop_map(Test::Texts).boxed()
        }
        Kind::Words => {
            let keyword = select(["any", "none"].as_slice()).prop_map(|text| Words { text: text.into(), exact: false });
            vec(prop_oneof![8 => words(), 1 => keyword], 1..3).prop_map(Test::Words).boxed()
        }
        Kind::Day => vec(span(), 1..3).prop_map(Test::Days).boxed(),
        Kind::Money => {
            vec(range((0_i64..1000).prop_map(|n| Paise(n * 50)).boxed()), 1..3).prop_map(Test::Money).boxed()
        }
        Kind::Number => vec(range((0_i64..300).boxed()), 1..3).prop_map(Test::Numbers).boxed(),
        Kind::Flag => any::<bool>().prop_map(Test::Flag).boxed(),
    };
    prop_oneof![6 => of_kind, 1 => Just(Test::Any), 1 => Just(Test::Nothing)].boxed()
}

/// A filter in the form in which one is read: no group of its own kind inside a group.
pub fn filter() -> impl Strategy<Value = Filter> {
    let field = select(Field::ALL).prop_flat_map(|field| test(field).prop_map(move |test| Term::Field(field, test)));
    let term = prop_oneof![1 => words().prop_map(Term::Words), 3 => field].prop_map(Node::Term);
    let node = term.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(|nodes| flat(nodes, false)),
            vec(inner.clone(), 2..4).prop_map(|nodes| flat(nodes, true)),
            inner.prop_map(|node| Node::Not(Box::new(node))),
        ]
    });
    option::weighted(0.98, node).prop_map(|root| Filter { root })
}

fn flat(nodes: Vec<Node>, or: bool) -> Node {
    let nodes = nodes.into_iter().flat_map(|node| match node {
        Node::Or(inner) if or => inner,
        Node::And(inner) if !or => inner,
        other => vec![other],
    });
    if or { Node::Or(nodes.collect()) } else { Node::And(nodes.collect()) }
}
