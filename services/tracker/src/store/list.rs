//! Finding rows: by filter and row scope, in one order, by cursor or by offset.

use chrono::{DateTime, Utc};
use db::{Db, Dialect, Text, on_db};
use domain::filter::{Term, Test};
use domain::fold::fold;
use domain::identity::{Identity, Permission, Scope};
use domain::rights::is_unlimited;
use sqlx::{Database, Encode, QueryBuilder, Type};
use uuid::Uuid;

/// Columns that order a list, by their name on the wire.
const SORTABLE: [(&str, &str); 7] = [
    ("date", "date"),
    ("challan_number", "number_sort"),
    ("customer", "customer"),
    ("stage", "stage"),
    ("amount", "amount"),
    ("delivered_at", "delivered"),
    ("updated_at", "updated_at"),
];

/// The order of a list; ties are broken by id in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    column: &'static str,
    /// The name on the wire.
    pub name: &'static str,
    /// Largest first.
    pub descending: bool,
}

impl Sort {
    /// Reads `date` or `-date`; nothing is `-date`, the newest first.
    #[must_use]
    pub fn parse(text: &str) -> Option<Sort> {
        let text = if text.is_empty() { "-date" } else { text };
        let (descending, word) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        SORTABLE.iter().find(|(name, _)| *name == word).map(|(name, column)| Sort { column, name, descending })
    }

    /// The names that may be sorted by.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SORTABLE.iter().map(|(name, _)| *name)
    }

    fn is_number(self) -> bool {
        matches!(self.column, "amount" | "updated_at")
    }
}

/// The place of a row in an order: the sort column's stored value, and the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Text, or a number as decimal text.
    pub key: String,
    /// The row.
    pub id: Uuid,
}

/// Which rows: what the filter asks and the asker may see.
pub struct Selection<'a> {
    /// All must hold.
    pub terms: &'a [Term],
    /// Who asks.
    pub who: &'a Identity,
    /// Now, for grants that end.
    pub now: DateTime<Utc>,
}

/// One row of a list.
#[derive(sqlx::FromRow)]
pub struct Listed {
    /// The row.
    pub id: Uuid,
    /// Its sort column, as text.
    pub key: String,
    /// The record.
    pub doc: String,
}

impl Selection<'_> {
    /// Writes the WHERE clause.
    pub(super) fn push<DB>(&self, sql: &mut QueryBuilder<DB>)
    where
        DB: Database,
        Text: for<'q> Encode<'q, DB> + Type<DB>,
        Uuid: for<'q> Encode<'q, DB> + Type<DB>,
    {
        let trash = self.terms.iter().any(|t| t.test == Test::AlsoDeleted && !t.negated);
        sql.push(if trash { " WHERE deleted IN (0, 1)" } else { " WHERE deleted = 0" });
        for term in self.terms.iter().filter(|t| t.test != Test::AlsoDeleted) {
            sql.push(if term.negated { " AND NOT (" } else { " AND (" });
            push_test(sql, &term.test);
            sql.push(")");
        }
        self.push_scope(sql);
    }

    fn push_scope<DB>(&self, sql: &mut QueryBuilder<DB>)
    where
        DB: Database,
        Text: for<'q> Encode<'q, DB> + Type<DB>,
        Uuid: for<'q> Encode<'q, DB> + Type<DB>,
    {
        if is_unlimited(self.who) {
            return;
        }
        if let Some(own) = &self.who.key_sources {
            sql.push(" AND (1 = 0");
            for source in own {
                sql.push(" OR source = ").push_bind(Text(source.clone()));
            }
            sql.push(")");
        }
        sql.push(" AND (1 = 0");
        for grant in self.who.grants(Permission::ChallanRead, self.now) {
            match &grant.scope {
                None => {
                    sql.push(" OR 1 = 1");
                }
                Some(Scope::Customers { customers }) if !customers.is_empty() => {
                    sql.push(" OR customer_id IN (");
                    let mut list = sql.separated(", ");
                    for id in customers {
                        list.push_bind(*id);
                    }
                    sql.push(")");
                }
                Some(Scope::OwnDeliveries { .. }) => {
                    if let Some(own) = &self.who.executive_name {
                        sql.push(" OR ");
                        push_like(sql, "executives", &format!("|{}|", fold(own)));
                    }
                }
                Some(Scope::Customers { .. }) => {}
            }
        }
        sql.push(")");
    }
}

fn push_test<DB>(sql: &mut QueryBuilder<DB>, test: &Test)
where
    DB: Database,
    Text: for<'q> Encode<'q, DB> + Type<DB>,
{
    match test {
        Test::Stage(stages) => push_in(sql, "stage", stages.iter().map(|s| s.as_str().to_owned())),
        Test::Customer(names) => push_in(sql, "customer", names.iter().cloned()),
        Test::Source(names) => push_in(sql, "source", names.iter().cloned()),
        Test::CustomerPrefix(prefix) => {
            // The next text after every text with this prefix: bytes of UTF-8 never reach 0xFF.
            sql.push("customer >= ").push_bind(Text(prefix.clone()));
            sql.push(" AND customer < ").push_bind(Text(format!("{prefix}\u{10ffff}")));
        }
        Test::Date(from, to) => {
            sql.push("1 = 1");
            if let Some(day) = from {
                sql.push(" AND date >= ").push_bind(Text(day.to_string()));
            }
            if let Some(day) = to {
                sql.push(" AND date <= ").push_bind(Text(day.to_string()));
            }
        }
        Test::Executive(name) => push_like(sql, "executives", &format!("|{name}|")),
        Test::Word(word) => {
            push_like(sql, "customer", word);
            sql.push(" OR ");
            push_like(sql, "number_sort", &word.to_uppercase());
            sql.push(" OR ");
            push_like(sql, "invoice_number", word);
        }
        Test::AlsoDeleted => {
            sql.push("1 = 1");
        }
    }
}

fn push_in<DB>(sql: &mut QueryBuilder<DB>, column: &str, values: impl Iterator<Item = String>)
where
    DB: Database,
    Text: for<'q> Encode<'q, DB> + Type<DB>,
{
    // A row without a value is not among them, so that the negation is the exact opposite.
    sql.push(column).push(" IS NOT NULL AND ").push(column).push(" IN (");
    let mut list = sql.separated(", ");
    for value in values {
        list.push_bind(Text(value));
    }
    sql.push(")");
}

fn push_like<DB>(sql: &mut QueryBuilder<DB>, column: &str, part: &str)
where
    DB: Database,
    Text: for<'q> Encode<'q, DB> + Type<DB>,
{
    // Both databases have INSTR with these arguments, and it knows no wildcards to escape.
    sql.push("INSTR(").push(column).push(", ").push_bind(Text(part.to_owned())).push(") > 0");
}

fn push_order<DB: Database>(sql: &mut QueryBuilder<DB>, sort: Sort, descending: bool) {
    let direction = if descending { " DESC" } else { " ASC" };
    sql.push(" ORDER BY ").push(sort.column).push(direction).push(", id").push(direction);
}

fn key_as_text(dialect: Dialect, sort: Sort) -> String {
    match (dialect, sort.is_number()) {
        (Dialect::MySql, _) => format!("CAST({} AS CHAR CHARACTER SET utf8mb4) AS `key`", sort.column),
        (Dialect::Sqlite, _) => format!("CAST({} AS TEXT) AS \"key\"", sort.column),
    }
}

/// Up to `limit` rows after (or `before`) a place, in the list's order.
///
/// # Errors
/// The database's own.
pub async fn page(
    db: &Db,
    selection: &Selection<'_>,
    sort: Sort,
    from: Option<&Place>,
    before: bool,
    limit: u32,
) -> db::Result<Vec<Listed>> {
    let descending = sort.descending != before;
    let key = key_as_text(db.dialect(), sort);
    let mut rows: Vec<Listed> = on_db!(db, pool => {
        let mut sql = QueryBuilder::new("SELECT id, ");
        sql.push(key).push(", doc FROM tracker_challans");
        selection.push(&mut sql);
        if let Some(place) = from {
            let than = if descending { " < " } else { " > " };
            // `a <= ?` beside the disjunction keeps MariaDB on the index.
            let bound = if descending { " <= " } else { " >= " };
            let number: Option<i64> = sort.is_number().then(|| place.key.parse().unwrap_or(0));
            macro_rules! push_key {
                () => {
                    match number {
                        Some(n) => sql.push_bind(n),
                        None => sql.push_bind(Text(place.key.clone())),
                    }
                };
            }
            sql.push(" AND ").push(sort.column).push(bound);
            push_key!();
            sql.push(" AND (").push(sort.column).push(than);
            push_key!();
            sql.push(" OR (").push(sort.column).push(" = ");
            push_key!();
            sql.push(" AND id").push(than).push_bind(place.id).push("))");
        }
        push_order(&mut sql, sort, descending);
        sql.push(" LIMIT ").push_bind(i64::from(limit));
        sql.build_query_as().fetch_all(pool).await?
    });
    if before {
        rows.reverse();
    }
    Ok(rows)
}

/// Up to `limit` rows from the `offset`-th row of the list on.
///
/// # Errors
/// The database's own.
pub async fn window(
    db: &Db,
    selection: &Selection<'_>,
    sort: Sort,
    offset: u64,
    limit: u32,
) -> db::Result<Vec<Listed>> {
    let key = key_as_text(db.dialect(), sort);
    Ok(on_db!(db, pool => {
        // The ids are counted off in the index alone; the wide rows are fetched for the window only.
        let mut sql = QueryBuilder::new("SELECT c.id, ");
        sql.push(key).push(", c.doc FROM (SELECT id AS wanted FROM tracker_challans");
        selection.push(&mut sql);
        push_order(&mut sql, sort, sort.descending);
        sql.push(" LIMIT ").push_bind(i64::from(limit));
        sql.push(" OFFSET ").push_bind(i64::try_from(offset).unwrap_or(i64::MAX));
        sql.push(") w JOIN tracker_challans c ON c.id = w.wanted");
        push_order(&mut sql, sort, sort.descending);
        sql.build_query_as().fetch_all(pool).await?
    }))
}

/// How many rows there are.
///
/// # Errors
/// The database's own.
pub async fn count(db: &Db, selection: &Selection<'_>) -> db::Result<u64> {
    let n: i64 = on_db!(db, pool => {
        let mut sql = QueryBuilder::new("SELECT COUNT(*) FROM tracker_challans");
        selection.push(&mut sql);
        sql.build_query_scalar().fetch_one(pool).await?
    });
    Ok(u64::try_from(n).unwrap_or(0))
}

/// How many rows of each stage there are.
///
/// # Errors
/// The database's own.
pub async fn count_by_stage(db: &Db, selection: &Selection<'_>) -> db::Result<Vec<(String, u64)>> {
    let rows: Vec<(Text, i64)> = on_db!(db, pool => {
        let mut sql = QueryBuilder::new("SELECT stage, COUNT(*) FROM tracker_challans");
        selection.push(&mut sql);
        sql.push(" GROUP BY stage");
        sql.build_query_as().fetch_all(pool).await?
    });
    Ok(rows.into_iter().map(|(stage, n)| (stage.0, u64::try_from(n).unwrap_or(0))).collect())
}
