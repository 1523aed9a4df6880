//! Reading the log back: who did what, newest first.

use db::{DbError, Text, on_db};
use domain::fold::fold;
use prost::Message;
use proto_contracts::events::{Change, FieldChange, Value, change, value};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::Store;

/// Rows of the log looked at by one statement.
const WINDOW: i64 = 5_000;
/// Rows of the log looked at for one page: a page of a rare kind may therefore be short and yet have a next one.
const PER_PAGE: i64 = 50_000;

/// Which rows of the log.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// One of these entities; empty for any.
    pub entities: Vec<String>,
    /// One of these kinds; empty for any.
    pub kinds: Vec<String>,
    /// Who did it.
    pub actor: Option<Uuid>,
    /// Whom it is about.
    pub user: Option<Uuid>,
    /// From this instant on, microseconds UTC.
    pub from: Option<i64>,
    /// Before this instant, microseconds UTC.
    pub to: Option<i64>,
    /// Words that must all stand in it, compared folded.
    pub search: String,
}

/// A row of the log.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its place.
    pub seq: i64,
    /// The change.
    pub change: Change,
}

/// Rows that were found, newest first.
#[derive(Debug)]
pub struct Found {
    /// The rows.
    pub rows: Vec<Recorded>,
    /// Where to go on, if the log's beginning was not reached.
    pub next: Option<i64>,
}

impl Store {
    /// Up to `limit` wanted rows before the place `before`.
    ///
    /// # Errors
    /// The database's.
    pub async fn recorded(&self, wanted: &Wanted, before: i64, limit: usize) -> db::Result<Found> {
        let words: Vec<String> = fold(&wanted.search).split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
        let (mut rows, mut upper) = (Vec::new(), before);
        // Without a test of our own on each row the database can stop at the page's end, and one row more.
        let plain = words.is_empty() && wanted.user.is_none();
        let most = if plain { i64::try_from(limit).unwrap_or(WINDOW).min(WINDOW) + 1 } else { WINDOW };
        let lowest = (before - PER_PAGE).max(1);
        while upper > lowest {
            let lower = (upper - WINDOW).max(lowest);
            for (seq, payload) in self.window(wanted, lower, upper, most).await? {
                let change = Change::decode(payload.as_slice())
                    .map_err(|e| DbError::Corrupt(format!("row {seq} of the log: {e}")))?;
                if !is_wanted(&change, wanted.user, &words) {
                    continue;
                }
                if rows.len() == limit {
                    let next = rows.last().map(|r: &Recorded| r.seq);
                    return Ok(Found { rows, next });
                }
                rows.push(Recorded { seq, change });
            }
            upper = lower;
        }
        Ok(Found { rows, next: (upper > 1).then_some(upper) })
    }

    async fn window(&self, wanted: &Wanted, lower: i64, upper: i64, most: i64) -> db::Result<Vec<(i64, Vec<u8>)>> {
        let rows = on_db!(&self.db, pool => {
            let mut sql = QueryBuilder::new("SELECT seq, payload FROM accounts_changes WHERE seq >= ");
            sql.push_bind(lower).push(" AND seq < ").push_bind(upper);
            for (column, words) in [("entity", &wanted.entities), ("kind", &wanted.kinds)] {
                if !words.is_empty() {
                    sql.push(" AND ").push(column).push(" IN (");
                    let mut list = sql.separated(", ");
                    for word in words {
                        list.push_bind(Text::from(word.as_str()));
                    }
                    sql.push(")");
                }
            }
            if let Some(actor) = wanted.actor {
                sql.push(" AND actor_id = ").push_bind(actor);
            }
            if let Some(from) = wanted.from {
                sql.push(" AND at >= ").push_bind(from);
            }
            if let Some(to) = wanted.to {
                sql.push(" AND at < ").push_bind(to);
            }
            sql.push(" ORDER BY seq DESC LIMIT ").push_bind(most);
            sql.build_query_as::<(i64, Vec<u8>)>().fetch_all(pool).await?
        });
        Ok(rows)
    }
}

fn is_wanted(change: &Change, user: Option<Uuid>, words: &[String]) -> bool {
    let about = user.is_none_or(|id| {
        let id = id.to_string();
        matches!(&change.row, Some(change::Row::Account(a)) if a.user_id == id) || change.entity_id == id
    });
    if !about || words.is_empty() {
        return about;
    }
    let text = fold(&searched(change));
    words.iter().all(|word| text.contains(word))
}

/// Everything an auditor sees of a row, as one text.
fn searched(change: &Change) -> String {
    let mut parts: Vec<&str> = vec![&change.entity, &change.kind, &change.address, &change.via, &change.request_id];
    if let Some(actor) = &change.actor {
        parts.push(&actor.name);
    }
    if let Some(change::Row::Account(account)) = &change.row {
        parts.extend([account.email.as_str(), account.detail.as_str()]);
    }
    let values: Vec<String> =
        change.changes.iter().flat_map(|c| [shown(c.old.as_ref()), shown(c.new.as_ref())]).collect();
    parts.extend(change.changes.iter().map(|c: &FieldChange| c.field.as_str()));
    parts.extend(values.iter().map(String::as_str));
    parts.join(" ")
}

/// A value as one text; empty for null.
#[must_use]
pub fn shown(value: Option<&Value>) -> String {
    match value.and_then(|v| v.kind.as_ref()) {
        None => String::new(),
        Some(value::Kind::Text(text)) => text.clone(),
        Some(value::Kind::Flag(flag)) => flag.to_string(),
        Some(value::Kind::Number(number)) => number.to_string(),
        Some(value::Kind::List(list)) => list.items.join("; "),
    }
}
