//! New rows of a table, and changes of many by few statements. Each names only the columns that its rows are given: SQLite
//! writes every index anew in which a named column stands, whether its value is another one or not.

use std::collections::BTreeMap;

use db::{Argument, Clause, Dialect, Tx};
use uuid::Uuid;

/// Rows of one statement. Each number of them is a statement of its own to be prepared and kept, so there are few; `SQLite` has
/// no more than 500 parts of a UNION, and 32,766 parameters.
const SIZES: [usize; 7] = [64, 32, 16, 8, 4, 2, 1];
/// Bytes of a text up to which `MySQL` 8 takes it for a value in a table of values, which is 65,535.
const LONG: usize = 60_000;

/// A column and what it is to hold.
pub(super) type Column = (&'static str, Argument);

/// A row that is changed.
pub(super) struct Row {
    /// Its id.
    pub(super) id: Uuid,
    /// The version that it must have, where the rows of its table have versions.
    pub(super) version: Option<i64>,
    /// What is set.
    pub(super) columns: Vec<Column>,
}

impl Row {
    fn is_long(&self) -> bool {
        self.columns.iter().any(|(_, value)| match value {
            Argument::Text(text) | Argument::Kept(text) => text.as_ref().is_some_and(|text| text.len() > LONG),
            Argument::Number(_) | Argument::Id(_) | Argument::Bytes(_) => false,
        })
    }
}

/// What `after` has otherwise than `before`, in which the same columns stand in the same order.
pub(super) fn differing(before: Vec<Column>, after: Vec<Column>) -> impl Iterator<Item = Column> {
    before.into_iter().zip(after).filter(|(before, after)| before != after).map(|(_, after)| after)
}

/// What `write` (`INSERT INTO …`) puts there: rows with their ids, all with the same columns and those in `empty`, which are
/// texts without use that are not dropped while a copy of before may run. Where no row has anything in any of the columns
/// `seldom`, that is said in the statement itself: each value that is sent costs both sides as much as a column that is written.
pub(super) fn insertion(write: &str, empty: &[&str], seldom: &[&str], rows: Vec<(Uuid, Vec<Column>)>) -> Clause {
    let own: Vec<&str> = rows.iter().take(1).flat_map(|(_, columns)| columns).map(|(name, _)| *name).collect();
    let mut unsaid: Vec<bool> = own.iter().map(|name| seldom.contains(name)).collect();
    let has_nothing = |(_, columns): &(Uuid, Vec<Column>)| {
        columns.iter().zip(&unsaid).all(|((_, value), seldom)| !seldom || nothing(value).is_some())
    };
    if !rows.iter().all(has_nothing) {
        unsaid.fill(false);
    }
    let names: Vec<&str> = std::iter::once("id").chain(own).chain(empty.iter().copied()).collect();
    let mut clause = Clause::of(&format!("{write} ({}) VALUES ", names.join(", ")));
    for (at, (id, columns)) in rows.into_iter().enumerate() {
        clause.sql(if at > 0 { ", (" } else { "(" }).id(id);
        for ((_, value), unsaid) in columns.into_iter().zip(&unsaid) {
            clause.sql(", ");
            match nothing(&value).filter(|_| *unsaid) {
                Some(nothing) => clause.sql(nothing),
                None => clause.value(value),
            };
        }
        clause.sql(&", ''".repeat(empty.len())).sql(")");
    }
    clause
}

/// How SQL says a value that is nothing.
fn nothing(value: &Argument) -> Option<&'static str> {
    match value {
        Argument::Text(None) | Argument::Kept(None) | Argument::Number(None) | Argument::Id(None) => Some("NULL"),
        Argument::Text(Some(text)) if text.is_empty() => Some("''"),
        _ => None,
    }
}

/// Changes rows of `table`, each another one, and says whether all had their versions, as [`Tx::change`] does. Either all must have
/// one or none; of those without, one that is not there is left out.
///
/// # Errors
/// [`db::DbError::Duplicate`] where a value may be one row's only and is another's; the database's own.
pub(super) async fn update(tx: &mut Tx, table: &str, rows: Vec<Row>) -> db::Result<bool> {
    let mut alike: BTreeMap<Vec<&'static str>, Vec<Row>> = BTreeMap::new();
    for row in rows {
        alike.entry(row.columns.iter().map(|(name, _)| *name).collect()).or_default().push(row);
    }
    let mut all = true;
    for (columns, rows) in alike {
        let (long, mut short): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(Row::is_long);
        for row in long {
            all &= put(tx, row.version, 1, of_one(table, row)).await?;
        }
        while let Some(size) = SIZES.into_iter().find(|size| *size <= short.len()) {
            let rest = short.split_off(size);
            let version = short.first().and_then(|row| row.version);
            let clause = match <[Row; 1]>::try_from(std::mem::replace(&mut short, rest)) {
                Ok([row]) => of_one(table, row),
                Err(rows) => of_many(tx.dialect(), table, &columns, rows),
            };
            all &= put(tx, version, size as u64, clause).await?;
        }
    }
    Ok(all)
}

/// Says a change of that many rows, which are there where they must have a version.
async fn put(tx: &mut Tx, version: Option<i64>, rows: u64, clause: Clause) -> db::Result<bool> {
    match version {
        Some(_) => tx.change(clause, rows).await,
        None => tx.write(clause).await.map(|()| true),
    }
}

fn of_one(table: &str, row: Row) -> Clause {
    let mut clause = Clause::of(&format!("UPDATE {table} SET "));
    for (at, (name, value)) in row.columns.into_iter().enumerate() {
        clause.sql(if at > 0 { ", " } else { "" }).sql(name).sql(" = ").value(value);
    }
    clause.sql(" WHERE id = ").id(row.id);
    if let Some(version) = row.version {
        clause.sql(" AND version = ").number(version);
    }
    clause
}

/// The new values are a table of their own, `n`, that the rows are joined with.
fn of_many(dialect: Dialect, table: &str, columns: &[&str], rows: Vec<Row>) -> Clause {
    let (mut values, mut and) = (Clause::default(), "");
    for (at, row) in rows.into_iter().enumerate() {
        values.sql(if at > 0 { " UNION ALL SELECT " } else { "SELECT " });
        push_value(&mut values, dialect, "id", row.id.into());
        if let Some(version) = row.version {
            push_value(values.sql(", "), dialect, "was", version.into());
            and = " AND c.version = n.was";
        }
        for (name, value) in row.columns {
            push_value(values.sql(", "), dialect, name, value);
        }
    }
    let set = |of: &str| columns.iter().map(|name| format!("{of}{name} = n.{name}")).collect::<Vec<_>>().join(", ");
    let mut clause = Clause::default();
    match dialect {
        Dialect::MySql => {
            // The few new ones first, each of which finds its row: to go through the table would wait for what others hold.
            clause.sql("UPDATE (").append(values);
            clause.sql(&format!(") n STRAIGHT_JOIN {table} c ON c.id = n.id{and} SET {}", set("c.")));
        }
        Dialect::Sqlite => {
            clause.sql(&format!("UPDATE {table} AS c SET {} FROM (", set(""))).append(values);
            clause.sql(&format!(") n WHERE c.id = n.id{and}"));
        }
    }
    clause
}

fn push_value(values: &mut Clause, dialect: Dialect, name: &str, value: Argument) {
    // MySQL does not know by itself what a value in a table of values is.
    let kind = match value {
        Argument::Text(_) => "BINARY",
        Argument::Kept(_) => "CHAR CHARACTER SET utf8mb4",
        Argument::Number(_) => "SIGNED",
        Argument::Id(_) => "BINARY(16)",
        Argument::Bytes(_) => "BINARY",
    };
    match dialect {
        Dialect::MySql => values.sql("CAST(").value(value).sql(&format!(" AS {kind}) AS {name}")),
        Dialect::Sqlite => values.value(value).sql(" AS ").sql(name),
    };
}
