//! A piece of SQL with its values, put together before it is known for which database.

use sqlx::{Database, Encode, QueryBuilder, Type};
use uuid::Uuid;

use crate::Text;

/// A value of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Text that is compared byte by byte.
    Text(Option<String>),
    /// Text that is kept and never compared.
    Kept(Option<String>),
    /// A whole number.
    Number(Option<i64>),
    /// A record's id.
    Id(Option<Uuid>),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl From<i64> for Argument {
    fn from(number: i64) -> Argument {
        Argument::Number(Some(number))
    }
}

impl From<Uuid> for Argument {
    fn from(id: Uuid) -> Argument {
        Argument::Id(Some(id))
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Argument {
        Argument::Text(Some(text.to_owned()))
    }
}

/// SQL with values in their places, of which `?` stands for each.
#[derive(Clone, Debug, Default)]
pub struct Clause {
    sql: String,
    values: Vec<Argument>,
}

impl Clause {
    /// SQL without values. What people wrote is never part of it.
    pub fn of(sql: &str) -> Clause {
        let mut clause = Clause::default();
        clause.sql(sql);
        clause
    }

    /// Adds SQL without values. What people wrote is never part of it.
    pub fn sql(&mut self, sql: &str) -> &mut Clause {
        debug_assert!(!sql.contains('?'), "a value without its place: {sql}");
        self.sql.push_str(sql);
        self
    }

    /// Adds a text that is compared byte by byte.
    pub fn text(&mut self, value: impl Into<String>) -> &mut Clause {
        self.value(Argument::Text(Some(value.into())))
    }

    /// Adds a whole number.
    pub fn number(&mut self, value: i64) -> &mut Clause {
        self.value(value)
    }

    /// Adds a record's id.
    pub fn id(&mut self, value: Uuid) -> &mut Clause {
        self.value(value)
    }

    /// Adds a value.
    pub fn value(&mut self, value: impl Into<Argument>) -> &mut Clause {
        self.sql.push('?');
        self.values.push(value.into());
        self
    }

    /// Adds values with commas between them.
    pub fn values(&mut self, values: impl IntoIterator<Item = Argument>) -> &mut Clause {
        for (at, value) in values.into_iter().enumerate() {
            self.sql(if at > 0 { ", " } else { "" }).value(value);
        }
        self
    }

    /// Adds rows of values, as they follow `VALUES`.
    pub fn rows<R: IntoIterator<Item = Argument>>(&mut self, rows: impl IntoIterator<Item = R>) -> &mut Clause {
        for (at, row) in rows.into_iter().enumerate() {
            self.sql(if at > 0 { ", (" } else { "(" }).values(row).sql(")");
        }
        self
    }

    /// Adds another one.
    pub fn append(&mut self, other: Clause) -> &mut Clause {
        self.sql.push_str(&other.sql);
        self.values.extend(other.values);
        self
    }

    /// The end of a condition, the order and the limit that read a list by one column: up to `limit` rows beyond the place `from`,
    /// or, where that says so, back from it; the nearest first.
    pub fn by_place(column: &str, descending: bool, from: Option<(Argument, bool)>, limit: u32) -> Clause {
        let falls = descending != from.as_ref().is_some_and(|(_, back)| *back);
        let mut clause = Clause::default();
        if let Some((place, _)) = from {
            clause.sql(" AND ").sql(column).sql(if falls { " < " } else { " > " }).value(place);
        }
        let direction = if falls { " DESC LIMIT " } else { " LIMIT " };
        clause.sql(" ORDER BY ").sql(column).sql(direction).number(i64::from(limit));
        clause
    }

    /// Whether some column of `table`, by its short name, stands in it.
    pub fn names(&self, table: &str) -> bool {
        self.sql.contains(table)
    }

    /// `(a OP b OP …)`; of none, what `empty` says.
    pub fn joined(clauses: Vec<Clause>, operator: &str, empty: &str) -> Clause {
        if clauses.is_empty() {
            return Clause::of(empty);
        }
        let mut joined = Clause::of("(");
        for (i, clause) in clauses.into_iter().enumerate() {
            if i > 0 {
                joined.sql(operator);
            }
            joined.append(clause);
        }
        joined.sql(")");
        joined
    }

    /// Whether nothing was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sql.is_empty()
    }

    /// Bytes of its SQL.
    pub(crate) fn len(&self) -> usize {
        self.sql.len()
    }

    /// Writes it into a statement.
    pub fn push<DB>(self, sql: &mut QueryBuilder<DB>)
    where
        DB: Database,
        Option<Text>: for<'q> Encode<'q, DB> + Type<DB>,
        Option<String>: for<'q> Encode<'q, DB> + Type<DB>,
        Option<i64>: for<'q> Encode<'q, DB> + Type<DB>,
        Option<Uuid>: for<'q> Encode<'q, DB> + Type<DB>,
        Vec<u8>: for<'q> Encode<'q, DB> + Type<DB>,
    {
        let values = self.values.into_iter();
        let mut pieces = self.sql.split('?');
        sql.push(pieces.next().unwrap_or_default());
        for (piece, value) in pieces.zip(values) {
            match value {
                Argument::Text(text) => sql.push_bind(text.map(Text)),
                Argument::Kept(text) => sql.push_bind(text),
                Argument::Number(n) => sql.push_bind(n),
                Argument::Id(id) => sql.push_bind(id),
                Argument::Bytes(bytes) => sql.push_bind(bytes),
            };
            sql.push(piece);
        }
    }

    /// The statement that it is.
    pub(crate) fn build<DB>(self) -> QueryBuilder<DB>
    where
        DB: Database,
        Option<Text>: for<'q> Encode<'q, DB> + Type<DB>,
        Option<String>: for<'q> Encode<'q, DB> + Type<DB>,
        Option<i64>: for<'q> Encode<'q, DB> + Type<DB>,
        Option<Uuid>: for<'q> Encode<'q, DB> + Type<DB>,
        Vec<u8>: for<'q> Encode<'q, DB> + Type<DB>,
    {
        let mut sql = QueryBuilder::new("");
        self.push(&mut sql);
        sql
    }
}
