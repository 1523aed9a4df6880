//! A piece of SQL with its values, put together before it is known for which database.

use db::{Text, Tx, on_tx};
use sqlx::{Database, Encode, QueryBuilder, Type};
use uuid::Uuid;

/// A value of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// Text that is compared byte by byte.
    Text(Option<String>),
    /// Text that is kept and never compared.
    Kept(Option<String>),
    /// A whole number.
    Number(Option<i64>),
    /// A record's id.
    Id(Uuid),
}

impl From<i64> for Argument {
    fn from(number: i64) -> Argument {
        Argument::Number(Some(number))
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
pub(super) struct Clause {
    parts: Vec<Part>,
}

impl Clause {
    /// SQL without values. What people wrote is never part of it.
    pub(super) fn of(sql: &str) -> Clause {
        let mut clause = Clause::default();
        clause.sql(sql);
        clause
    }

    pub(super) fn sql(&mut self, sql: &str) -> &mut Clause {
        self.parts.push(Part::Sql(sql.to_owned()));
        self
    }

    pub(super) fn text(&mut self, value: impl Into<String>) -> &mut Clause {
        self.value(Argument::Text(Some(value.into())))
    }

    pub(super) fn number(&mut self, value: i64) -> &mut Clause {
        self.value(value.into())
    }

    pub(super) fn id(&mut self, value: Uuid) -> &mut Clause {
        self.value(Argument::Id(value))
    }

    pub(super) fn value(&mut self, value: Argument) -> &mut Clause {
        self.parts.push(Part::Argument(value));
        self
    }

    pub(super) fn append(&mut self, other: Clause) -> &mut Clause {
        self.parts.extend(other.parts);
        self
    }

    /// Whether some column of `table`, by its short name, stands in it.
    pub(super) fn names(&self, table: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Sql(sql) if sql.contains(table)))
    }

    /// `(a OP b OP …)`; of none, what `empty` says.
    pub(super) fn joined(clauses: Vec<Clause>, operator: &str, empty: &str) -> Clause {
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

    /// Writes it into a statement.
    pub(super) fn push<DB>(self, sql: &mut QueryBuilder<DB>)
    where
        DB: Database,
        Option<Text>: for<'q> Encode<'q, DB> + Type<DB>,
        Option<String>: for<'q> Encode<'q, DB> + Type<DB>,
        Option<i64>: for<'q> Encode<'q, DB> + Type<DB>,
        Uuid: for<'q> Encode<'q, DB> + Type<DB>,
    {
        for part in self.parts {
            match part {
                Part::Sql(text) => sql.push(text),
                Part::Argument(Argument::Text(text)) => sql.push_bind(text.map(Text)),
                Part::Argument(Argument::Kept(text)) => sql.push_bind(text),
                Part::Argument(Argument::Number(n)) => sql.push_bind(n),
                Part::Argument(Argument::Id(id)) => sql.push_bind(id),
            };
        }
    }

    /// Executes it as a statement of its own and says how many rows it wrote.
    ///
    /// # Errors
    /// The database's own.
    pub(super) async fn execute(self, tx: &mut Tx) -> db::Result<u64> {
        Ok(on_tx!(tx, conn => {
            let mut sql = QueryBuilder::new("");
            self.push(&mut sql);
            sql.build().execute(&mut *conn).await?.rows_affected()
        }))
    }
}
