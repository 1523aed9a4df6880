//! The filter language: one text for the search box, saved views, export, bulk and the stream.
//!
//! [`parse`] reads it, `Display` of [`Filter`] writes it, [`Filter::matches`] asks it of one challan. A store may ask the
//! same of many rows at once: it keeps a [`Finding`] of each, and a term means there what it means here.

mod field;
mod finding;
mod matches;
mod parse;
mod print;
mod span;
mod value;
mod words;

pub use field::{Completion, Field, Kind, completions};
pub use finding::{Finding, Searched};
pub use parse::{MOST_CHARACTERS, MOST_DEPTH, MOST_TERMS, parse};
pub use span::Span;
pub use words::{NUMBER_PART, Phrase, words_of};

use thiserror::Error;

use crate::challan::{Paise, Stage};

/// A mistake in a filter: where it stands and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{expected} (at character {place})")]
pub struct Mistake {
    /// From 1, in characters.
    pub place: usize,
    /// What would be right.
    pub expected: String,
}

/// A whole filter. An empty one holds for every challan that is not in the trash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// What is asked; none for an empty filter.
    pub root: Option<Node>,
}

/// Terms and how they are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// All hold; at least two.
    And(Vec<Node>),
    /// One holds; at least two.
    Or(Vec<Node>),
    /// The exact opposite.
    Not(Box<Node>),
    /// One question.
    Term(Term),
}

/// One question to a challan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// Words in any of the columns that words look in.
    Words(Words),
    /// A value of one field.
    Field(Field, Test),
}

/// Words as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// At least one letter or digit.
    pub text: String,
    /// Whole words in this order; else the last one may be the beginning of a word.
    pub exact: bool,
}

/// What is asked of a field. A list holds where one of its members does; it has at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// It has a value.
    Any,
    /// It has none.
    Nothing,
    /// One of these stages.
    Stages(Vec<Stage>),
    /// The whole folded value, or its beginning.
    Texts(Vec<Wanted>),
    /// Words in the field.
    Words(Vec<Words>),
    /// Civil days.
    Days(Vec<Range<Span>>),
    /// Rupees.
    Money(Vec<Range<Paise>>),
    /// Whole numbers.
    Numbers(Vec<Range<i64>>),
    /// Yes or no.
    Flag(bool),
}

/// A text to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// As it was written.
    pub text: String,
    /// Only the beginning is given.
    pub prefix: bool,
}

/// A value or where values lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range<T> {
    /// This one.
    Is(T),
    /// `>n`
    Above(T),
    /// `>=n`, and `n..`
    From(T),
    /// `<n`
    Below(T),
    /// `<=n`, and `..n`
    UpTo(T),
    /// `a..b`, both included.
    Between(T, T),
}

impl Filter {
    /// Every term, however deep.
    #[must_use]
    pub fn terms(&self) -> Vec<&Term> {
        fn collect<'a>(node: &'a Node, found: &mut Vec<&'a Term>) {
            match node {
                Node::And(nodes) | Node::Or(nodes) => nodes.iter().for_each(|n| collect(n, found)),
                Node::Not(node) => collect(node, found),
                Node::Term(term) => found.push(term),
            }
        }
        let mut found = Vec::new();
        if let Some(root) = &self.root {
            collect(root, &mut found);
        }
        found
    }

    /// The fields that terms name, without repeats, in the order in which they stand.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let mut found = Vec::new();
        for term in self.terms() {
            if let Term::Field(field, _) = term
                && !found.contains(field)
            {
                found.push(*field);
            }
        }
        found
    }

    /// What all hold for a row that is found; nothing for every row.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        match &self.root {
            None => &[],
            Some(Node::And(nodes)) => nodes,
            Some(node) => std::slice::from_ref(node),
        }
    }

    /// Whether the trash is looked through: where `deleted:` stands anywhere, the filter itself says which rows.
    #[must_use]
    pub fn looks_in_trash(&self) -> bool {
        self.fields().contains(&Field::Deleted)
    }
}
