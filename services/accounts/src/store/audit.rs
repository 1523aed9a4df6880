//! Reading the log back: who did what, newest first.

use db::{DbError, Text, on_db};
use domain::fold::fold;
use prost::Message;
use proto_contracts::events::{Change, FieldChange, Value, change, value};
use service::pages::{At, Found};
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

impl Recorded {
    /// Its place in the list.
    #[must_use]
    pub fn place(&self) -> u64 {
        self.seq.unsigned_abs()
    }
}

impl Store {
    /// Up to `limit` wanted rows from a place on, newest first; fewer also where enough was looked at.
    ///
    /// # Errors
    /// The database's.
    pub async fn recorded(&self, wanted: &Wanted, at: &At<u64>, limit: u32) -> db::Result<Found<Recorded, u64>> {
        let words: Vec<String> = fold(&wanted.search).split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
        // Without a test of our own on each row the database can stop at the page's end.
        let plain = words.is_empty() && wanted.user.is_none();
        let most = if plain { i64::from(limit).min(WINDOW) } else { WINDOW };
        let (end, back) = (self.log.end().await?.seq.cast_signed() + 1, at.is_back());
        let place = at.beyond().map_or(end, |(seq, _)| i64::try_from(*seq).unwrap_or(i64::MAX).min(end));
        // What is looked at lies between this edge, which moves on, and the last one.
        let mut edge = if back { (place + 1).min(end) } else { place };
        let last = if back { (edge + PER_PAGE).min(end) } else { (edge - PER_PAGE).max(1) };
        let mut rows = Vec::new();
        while if back { edge < last } else { edge > last } {
            let next = if back { (edge + WINDOW).min(last) } else { (edge - WINDOW).max(last) };
            for (seq, payload) in self.window(wanted, (edge.min(next), edge.max(next)), back, most).await? {
                let change = Change::decode(payload.as_slice())
                    .map_err(|e| DbError::Corrupt(format!("row {seq} of the log: {e}")))?;
                if is_wanted(&change, wanted.user, &words) {
                    rows.push(Recorded { seq, change });
                }
                if rows.len() == limit as usize {
                    return Ok(rows.into());
                }
            }
            edge = next;
        }
        let is_left = if back { edge < end } else { edge > 1 };
        let looked_at = if back { edge - 1 } else { edge };
        Ok(Found { rows, broken_off: is_left.then(|| looked_at.unsigned_abs()) })
    }

    async fn window(
        &self,
        wanted: &Wanted,
        (lower, upper): (i64, i64),
        back: bool,
        most: i64,
    ) -> db::Result<Vec<(i64, Vec<u8>)>> {
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
            sql.push(if back { " ORDER BY seq LIMIT " } else { " ORDER BY seq DESC LIMIT " }).push_bind(most);
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
