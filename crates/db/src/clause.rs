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

#[derive(Clone, Debug)]
enum Part {
    Sql(String),
    Argument(Argument),
}

/// SQL with values in their places.
#[derive(Clone, Debug, Default)]
pub struct Clause {
    parts: Vec<Part>,
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
        self.parts.push(Part::Sql(sql.to_owned()));
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
        self.parts.push(Part::Argument(value.into()));
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
        self.parts.extend(other.parts);
        self
    }

    /// Whether some column of `table`, by its short name, stands in it.
    pub fn names(&self, table: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Sql(sql) if sql.contains(table)))
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
        self.parts.is_empty()
    }

    /// Bytes of its SQL.
    pub(crate) fn len(&self) -> usize {
        let len = |part: &Part| if let Part::Sql(sql) = part { sql.len() } else { 1 };
        self.parts.iter().map(len).sum()
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
        for part in self.parts {
            match part {
                Part::Sql(text) => sql.push(text),
                Part::Argument(Argument::Text(text)) => sql.push_bind(text.map(Text)),
                Part::Argument(Argument::Kept(text)) => sql.push_bind(text),
                Part::Argument(Argument::Number(n)) => sql.push_bind(n),
                Part::Argument(Argument::Id(id)) => sql.push_bind(id),
                Part::Argument(Argument::Bytes(bytes)) => sql.push_bind(bytes),
            };
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
