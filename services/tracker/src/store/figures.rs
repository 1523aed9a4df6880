//! Counts and sums per value, under a filter and the asker's scope.

use chrono::{Days, NaiveDate};
use db::{Clause, Db, Text, on_db};
use domain::filter::Field;
use sqlx::QueryBuilder;

use super::filter::Selection;
use super::list::rows_of;

/// Values of one facet at most, the most frequent first.
const MOST_VALUES: i64 = 100;

/// Days of age that are counted together, first and last, as `4-interface` draws them; the last has no end.
pub const BUCKETS: [(u64, Option<u64>); 4] = [(0, Some(2)), (3, Some(7)), (8, Some(15)), (16, None)];

/// What is counted per value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The stage.
    Stage,
    /// The customer, by the name in the customer list.
    Customer,
    /// Each executive.
    Executive,
    /// The other system.
    Source,
    /// The age in days, in [`BUCKETS`].
    Age,
    /// Days since another day, in [`BUCKETS`].
    Since(Field),
    /// The challan's day.
    Date,
}

impl By {
    /// The facet of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<By> {
        Some(match name {
            "stage" => By::Stage,
            "customer" => By::Customer,
            "executive" => By::Executive,
            "source" => By::Source,
            "age" => By::Age,
            _ => return None,
        })
    }

    /// The field whose values are counted.
    #[must_use]
    pub fn field(self) -> Field {
        match self {
            By::Stage => Field::Stage,
            By::Customer => Field::Customer,
            By::Executive => Field::Executive,
            By::Source => Field::Source,
            By::Age => Field::Age,
            By::Since(field) => field,
            By::Date => Field::Date,
        }
    }

    /// What else is joined, what rows of one value share, and how the value is shown.
    fn parts(self, today: NaiveDate) -> (&'static str, Clause, Clause) {
        match self {
            By::Stage => ("", Clause::of("c.stage"), Clause::of("c.stage")),
            By::Customer => {
                (" JOIN tracker_customers u ON u.id = c.customer_id", Clause::of("u.folded"), Clause::of("u.name"))
            }
            By::Executive => (" JOIN tracker_executives e ON e.id = c.id", Clause::of("e.name"), Clause::of("e.shown")),
            By::Source => (FINDING, Clause::of("f.source"), Clause::of("c.source")),
            By::Age => (FINDING, bucket("f.age_from", today), Clause::of("''")),
            By::Since(Field::Delivered) => {
                (FINDING, bucket("COALESCE(f.delivered_day, c.date)", today), Clause::of("''"))
            }
            By::Since(Field::Pod | Field::PodDate) => {
                (FINDING, bucket("COALESCE(f.pod_day, c.date)", today), Clause::of("''"))
            }
            By::Since(_) => (FINDING, bucket("COALESCE(f.invoice_day, c.date)", today), Clause::of("''")),
            By::Date => ("", Clause::of("c.date"), Clause::of("c.date")),
        }
    }
}

/// Says that the second table is needed; [`rows_of`] joins it.
const FINDING: &str = "f.";

/// The value of a bucket, as a filter writes it after `age:`.
#[must_use]
pub fn bucket_name((from, to): (u64, Option<u64>)) -> String {
    match (from, to) {
        (0, Some(to)) => format!("<={to}"),
        (from, Some(to)) => format!("{from}..{to}"),
        (from, None) => format!(">={from}"),
    }
}

fn bucket(column: &str, today: NaiveDate) -> Clause {
    let mut case = Clause::of("CASE");
    for bucket in BUCKETS {
        match bucket.1.and_then(|days| today.checked_sub_days(Days::new(days))) {
            Some(first) => {
                case.sql(" WHEN ").sql(column).sql(" >= ").text(first.to_string());
                case.sql(" THEN '").sql(&bucket_name(bucket)).sql("'");
            }
            None => {
                case.sql(" ELSE '").sql(&bucket_name(bucket)).sql("'");
            }
        }
    }
    case.sql(" END");
    case
}

/// One value with its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figure {
    /// What the rows share; a text as it is shown.
    pub value: String,
    /// How many rows.
    pub count: u64,
    /// Their amounts together, paise; amounts that are hidden from the asker count nothing.
    pub amount: i64,
}

/// The figures per value, the most frequent first. Rows without a value, and rows where the asker may not see it, are
/// left out.
///
/// # Errors
/// The database's own.
pub async fn per_value(db: &Db, selection: &Selection<'_>, by: By) -> db::Result<Vec<Figure>> {
    let (join, key, shown) = by.parts(selection.today);
    let is_bucket = matches!(by, By::Age | By::Since(_));
    let mut inner = Clause::of("SELECT ");
    inner.append(key).sql(" AS value, ").append(shown).sql(" AS shown, ").append(amount(selection)).sql(" AS amount");
    inner.append(rows_of(selection, if join == FINDING { "" } else { join }, join == FINDING));
    if let Some(visible) = selection.visible(by.field()) {
        inner.sql(" AND ").append(visible);
    }
    if by == By::Source {
        inner.sql(" AND f.source <> ''");
    }
    let rows: Vec<(Text, i64, i64)> = on_db!(db, pool => {
        let mut sql = QueryBuilder::new(if is_bucket { "SELECT value" } else { "SELECT MIN(shown)" });
        sql.push(", COUNT(*), CAST(COALESCE(SUM(amount), 0) AS SIGNED) FROM (");
        inner.push(&mut sql);
        sql.push(") g GROUP BY value ORDER BY 2 DESC, 1 LIMIT ").push_bind(MOST_VALUES);
        sql.build_query_as().fetch_all(pool).await?
    });
    let read = |(value, count, amount): (Text, i64, i64)| Figure {
        value: value.0,
        count: u64::try_from(count).unwrap_or(0),
        amount,
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Puts figures into the order of [`per_value`], as many as that gives.
pub fn most_frequent(figures: &mut Vec<Figure>) {
    figures.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    figures.truncate(usize::try_from(MOST_VALUES).unwrap_or(usize::MAX));
}

/// How many rows there are, and their amounts.
///
/// # Errors
/// The database's own.
pub async fn total(db: &Db, selection: &Selection<'_>) -> db::Result<Figure> {
    let mut inner = Clause::of("CAST(COALESCE(SUM(");
    inner.append(amount(selection)).sql("), 0) AS SIGNED)").append(rows_of(selection, "", false));
    let (count, amount): (i64, i64) = on_db!(db, pool => {
        let mut sql = QueryBuilder::new("SELECT COUNT(*), ");
        inner.push(&mut sql);
        sql.build_query_as().fetch_one(pool).await?
    });
    Ok(Figure { value: String::new(), count: u64::try_from(count).unwrap_or(0), amount })
}

/// The row's amount where there is one that the asker may see.
fn amount(selection: &Selection<'_>) -> Clause {
    let mut amount = Clause::of("CASE WHEN c.amount > 0");
    if let Some(visible) = selection.visible(Field::Amount) {
        amount.sql(" AND ").append(visible);
    }
    amount.sql(" THEN c.amount ELSE 0 END");
    amount
}
