//! The numbers of facets and of the dashboard.

use std::sync::Arc;
use std::time::Duration;

use changelog::Cursor;
use chrono::{Days, Utc};
use domain::challan::{Paise, Stage};
use domain::filter::{self, Field, Filter, Node};
use domain::identity::{Identity, Permission};
use domain::rights::hidden_everywhere;
use moka::future::Cache;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::fault::Fault;
use crate::App;
use crate::search::Source;
use crate::store::figures::{BUCKETS, By, Figure, bucket_name};
use crate::store::filter::Selection;

/// Customers and executives shown of each ranking.
const RANKED: usize = 10;

/// What waits between the gate and the bank. Each number is a link to its filter, so it is counted by that filter.
struct Pile {
    name: &'static str,
    /// What waits now.
    q: &'static str,
    /// The day since when.
    since: Field,
    /// What waited at the end of the day that stands for `DAY`, by the days that the facts bear: what came since is left out, what
    /// left since is in it. A fact without a day counts as being there all the while, and a signed copy as one of the challan's day,
    /// as its age does.
    then: &'static str,
}

const WAITING: [Pile; 3] = [
    Pile {
        name: "delivered_without_pod",
        q: "delivered:any pod:no -stage:void,draft",
        since: Field::Delivered,
        then: "delivered:<=DAY (pod:no OR pod_date:>DAY) -stage:draft (voided:none OR voided:>DAY)",
    },
    Pile {
        name: "pod_without_invoice",
        q: "pod:yes invoice:none -stage:void,draft",
        since: Field::Pod,
        then: "(pod_date:<=DAY OR pod:yes pod_date:none date:<=DAY) (invoice:none OR invoice_date:>DAY) -stage:draft \
               (voided:none OR voided:>DAY)",
    },
    Pile {
        name: "invoiced_not_submitted",
        q: "invoice_date:any invoice:any submitted:no -stage:void,draft",
        since: Field::InvoiceDate,
        then: "invoice_date:<=DAY invoice:any (submitted:no OR submitted_on:>DAY) -stage:draft \
               (voided:none OR voided:>DAY)",
    },
];
/// How many days ago a pile is looked at beside today's.
const BEFORE: Days = Days::new(7);

/// How long figures are kept at most. A change of the register or of the asker's rights makes new ones at once.
const KEPT: Duration = Duration::from_secs(60);
/// Bytes of figures that are kept, with what was asked.
const MOST_KEPT: u64 = 8 << 20;

/// The dashboard's figures for each filter, place of the log and asker's rights: a page of many open dashboards asks for
/// them at every change, and all askers who may see the same rows share one answer.
#[derive(Clone)]
pub(crate) struct KeptFigures(Cache<String, Arc<str>>);

impl Default for KeptFigures {
    fn default() -> KeptFigures {
        let weigh = |key: &String, figures: &Arc<str>| u32::try_from(key.len() + figures.len()).unwrap_or(u32::MAX);
        KeptFigures(Cache::builder().max_capacity(MOST_KEPT).weigher(weigh).time_to_live(KEPT).build())
    }
}

impl KeptFigures {
    /// The figures under `q`, which is what `selection` was read from, no older than `place`, as the text of an answer.
    ///
    /// # Errors
    /// What kept them from being counted, of all who wait for the same.
    pub(super) async fn of(
        &self,
        app: &App,
        source: &Source,
        selection: &Selection<'_>,
        q: &str,
        place: &Cursor,
    ) -> Result<Arc<str>, Fault> {
        let counted = async {
            let mut body = summary(app, source, selection).await?;
            body["as_of"] = place.to_string().into();
            Ok(body.to_string().into())
        };
        let key = format!("{place} {} {q}", selection.asked_by());
        self.0.try_get_with(key, counted).await.map_err(|fault: Arc<Fault>| Fault(fault.0.clone()))
    }
}

/// From one count ahead to the next. What did not change since is not counted again.
const AHEAD: Duration = Duration::from_mins(1);
/// The same until there is an index.
const UNTIL_THERE: Duration = Duration::from_secs(1);

/// Counts what the dashboard and the facets show of all rows and of each stage, before anybody opens them: who sees every row whole
/// is answered from what is kept of each piece of the index, also after a start, after pieces became one, and on a new day, from
/// when ages are others. Most rows of a register are of one stage, which a click in the dashboard asks for.
pub(crate) async fn count_ahead(app: App) {
    let mut pause = UNTIL_THERE;
    while timeout(pause, app.stop.cancelled()).await.is_err() {
        let Some(source) = Source::of_index(&app) else { continue };
        pause = AHEAD;
        let stages = Stage::ALL.iter().filter_map(|stage| filter::parse(&format!("stage:{}", stage.as_str())).ok());
        for filter in std::iter::once(Filter::default()).chain(stages) {
            if let Err(Fault(problem)) = count(&app, &source, &filter).await {
                tracing::debug!("{filter} could not be counted ahead: {}", problem.detail);
            }
        }
    }
}

/// Counts the rows of `filter` as one who sees all of them.
async fn count(app: &App, source: &Source, filter: &Filter) -> Result<(), Fault> {
    let now = Utc::now();
    let (who, today) = (Identity::of_nobody(now), now.with_timezone(&app.config.org_timezone).date_naive());
    let selection = Selection { filter, who: &who, now, today };
    summary(app, source, &selection).await?;
    let facets = [By::Stage, By::Customer, By::Executive, By::Source, By::Age];
    source.per_value(app, &selection, &facets, true).await.map(drop)
}

/// Every value of a facet with its count; of few possible values, those without rows too.
pub(super) fn facet(by: By, found: &[Figure]) -> Value {
    let all: Vec<String> = match by {
        By::Stage => Stage::ALL.iter().map(|s| s.as_str().to_owned()).collect(),
        By::Age => BUCKETS.map(bucket_name).to_vec(),
        _ => found.iter().map(|f| f.value.clone()).collect(),
    };
    all.into_iter()
        .map(|value| json!({ "value": value, "count": found.iter().find(|f| f.value == value).map_or(0, |f| f.count) }))
        .collect()
}

/// The dashboard's numbers under a filter. Those that rest on a field hidden from the asker are `null`.
async fn summary(app: &App, source: &Source, selection: &Selection<'_>) -> Result<Value, Fault> {
    let hidden = hidden_everywhere(selection.who, Permission::ChallanRead, selection.now);
    let sees = |fields: &[Field]| fields.iter().all(|f| !f.is_hidden(&hidden));
    let rupees = |paise: i64| sees(&[Field::Amount]).then(|| Paise(paise).to_string());
    let ranked = [("top_customers", "customer", By::Customer), ("by_executive", "executive", By::Executive)];
    let bys: Vec<By> = ranked.iter().map(|(.., by)| *by).filter(|by| sees(&[by.field()])).chain([By::Stage]).collect();
    let (all, per_value) = source.total_and_per_value(app, selection, &bys).await?;
    let found = |by: By| bys.iter().zip(&per_value).find(|(b, _)| **b == by).map(|(_, found)| found.as_slice());
    let mut body = json!({
        "count": all.count, "amount": rupees(all.amount), "stages": facet(By::Stage, found(By::Stage).unwrap_or_default()),
    });
    for pile in WAITING {
        let Ok(waiting) = filter::parse(pile.q) else { continue };
        body[pile.name] = Value::Null;
        if sees(&waiting.fields()) {
            let both = both(selection.filter, waiting);
            let now = Selection { filter: &both, ..*selection };
            let found = source.per_value(app, &now, &[By::Since(pile.since)], true).await?.concat();
            body[pile.name] = waited(&found, rupees);
            body[pile.name]["before"] = before(app, source, selection, &pile, sees, rupees).await?;
        }
    }
    body["issued_per_day"] = Value::Null;
    if sees(&[Field::Date])
        && let Ok(issued) = filter::parse("date:last-30d -stage:draft,void")
    {
        let both = both(selection.filter, issued);
        let mut days =
            source.per_value(app, &Selection { filter: &both, ..*selection }, &[By::Date], false).await?.concat();
        days.sort_by(|a, b| a.value.cmp(&b.value));
        body["issued_per_day"] = days.iter().map(|f| json!({ "date": f.value, "count": f.count })).collect();
    }
    for (name, what, by) in ranked {
        let row = |f: &Figure| json!({ what: f.value, "count": f.count, "amount": rupees(f.amount) });
        body[name] = found(by).map(|found| found.iter().take(RANKED).map(row).collect()).unwrap_or_default();
    }
    Ok(body)
}

/// The pile as it stood at the end of an earlier day, and the filter that finds it, of which the number is again one's own count.
async fn before(
    app: &App,
    source: &Source,
    selection: &Selection<'_>,
    pile: &Pile,
    sees: impl Fn(&[Field]) -> bool,
    rupees: impl Fn(i64) -> Option<String>,
) -> Result<Value, Fault> {
    let Some(day) = selection.today.checked_sub_days(BEFORE) else { return Ok(Value::Null) };
    let Ok(then) = filter::parse(&pile.then.replace("DAY", &day.to_string())) else { return Ok(Value::Null) };
    if !sees(&then.fields()) {
        return Ok(Value::Null);
    }
    let both = both(selection.filter, then);
    let (all, _) = source.total_and_per_value(app, &Selection { filter: &both, ..*selection }, &[]).await?;
    Ok(json!({ "date": day, "count": all.count, "amount": rupees(all.amount), "q": both.to_string() }))
}

/// `more` stays a group by itself: the index keeps the rows of a group, which are the same under every filter.
fn both(asked: &Filter, more: Filter) -> Filter {
    let nodes: Vec<Node> = asked.nodes().iter().cloned().chain(more.root).collect();
    Filter { root: Some(Node::And(nodes)) }
}

/// One kind of waiting, with its days of age.
fn waited(found: &[Figure], rupees: impl Fn(i64) -> Option<String>) -> Value {
    let buckets: Vec<Value> = BUCKETS
        .into_iter()
        .map(|(from, to)| {
            let figure = found.iter().find(|f| f.value == bucket_name((from, to))).cloned().unwrap_or_default();
            json!({ "from_days": from, "to_days": to, "count": figure.count, "amount": rupees(figure.amount) })
        })
        .collect();
    json!({
        "count": found.iter().map(|f| f.count).sum::<u64>(), "amount": rupees(found.iter().map(|f| f.amount).sum()),
        "buckets": buckets,
    })
}
