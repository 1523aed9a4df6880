//! A filter as a query of the index, with the meaning that `domain::filter` gives it, and less what the asker may not see.

use std::time::Instant;

use chrono::{Datelike, NaiveDate};
use domain::filter::{Field, Node, Phrase, Range, Searched, Span, Term as Asked, Test, Wanted, Words, words_of};
use domain::fold::fold;
use domain::identity::{Grant, Scope};
use tantivy::query::{AllQuery, EmptyQuery, Occur, PhrasePrefixQuery, Query, TermQuery, TermSetQuery};
use tantivy::schema::{Field as Column, IndexRecordOption};
use tantivy::{Searcher, Term};

use super::clauses::{Clause, all, both, each_once, not, rows};
use super::column::{InColumn, Values};
use super::lanes::in_time;
use super::opened::Opened;
use super::phrase::InOrder;
use super::shape::{AGE, Columns, PART, START, day_number, fact, is_usual, letter, of_customer, of_source, presence};
use super::terms::Text;
use super::union::{AnyOf, Between};
use crate::store::filter::{Selection, after_prefix, as_stored};

/// The most words that the last word of several may begin: each is read beside the others.
const MOST_ENDINGS: u32 = 4096;

/// What so many columns tell is kept by itself; of more one would push out the other (`bits.rs`).
const MOST_COLUMNS_APART: usize = 4;

/// Why the index does not answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    /// The tables answer this one, more slowly.
    #[error("too many words begin so")]
    Unsuited,
    /// The index's own.
    #[error(transparent)]
    Index(#[from] tantivy::TantivyError),
}

pub(super) type Asking = Result<Box<dyn Query>, Unanswered>;
/// A part of a selection.
pub(super) struct Named {
    pub(super) name: String,
    /// Whether it is a group of terms of its own, as each of the dashboard's piles.
    pub(super) is_group: bool,
    pub(super) clause: Clause,
}

/// The rows of a selection. They are looked for as long as `until`, where that is given.
pub(super) fn query(
    selection: &Selection<'_>,
    (columns, searcher, opened): (&Columns, &Searcher, &Opened),
    until: Option<Instant>,
) -> Asking {
    let asker = Asker { selection, columns, searcher, opened, until };
    Ok(rows(asker.reached_by(asker.each(selection.filter.nodes())?, &[]), until))
}

/// The parts of a selection in which the asker sees the fields `shown`, by their names: every row of it has all of them. What stands
/// in groups of terms, what each of a few columns tells, and what the asker reaches at all, is of the same rows in whatever filter it
/// stands; all else is one part.
pub(super) fn parts(
    selection: &Selection<'_>,
    shown: &[Field],
    (columns, searcher, opened): (&Columns, &Searcher, &Opened),
    until: Option<Instant>,
) -> Result<Vec<Named>, Unanswered> {
    let asker = Asker { selection, columns, searcher, opened, until };
    let seen_by = selection.seen_by();
    let part = |text: String, is_group, clause| Named { name: format!("{seen_by} part {text}"), is_group, clause };
    let (mut parts, mut own, mut text) = (Vec::new(), Vec::new(), String::new());
    let nodes: Vec<&Node> = each_once(selection.filter.nodes()).collect();
    let clauses: Vec<Clause> = nodes.iter().map(|node| asker.node(node)).collect::<Result<_, _>>()?;
    let are_few = clauses.iter().filter(|(_, query)| query.is::<InColumn>()).count() <= MOST_COLUMNS_APART;
    for (node, clause) in nodes.into_iter().zip(clauses) {
        let is_group = matches!(node, Node::And(_));
        if is_group || are_few && clause.1.is::<InColumn>() {
            parts.push(part(format!("({node})"), is_group, clause));
        } else {
            own.push(clause);
            text += &format!("({node})");
        }
    }
    if !own.is_empty() {
        parts.push(part(text, false, both(own, until)));
    }
    let name = format!("{seen_by} {shown:?} {}", selection.filter.looks_in_trash());
    parts.push(Named { name, is_group: false, clause: asker.reached_by(Vec::new(), shown) });
    Ok(parts)
}

struct Asker<'a> {
    selection: &'a Selection<'a>,
    columns: &'a Columns,
    searcher: &'a Searcher,
    opened: &'a Opened,
    until: Option<Instant>,
}

impl Asker<'_> {
    /// Of the rows of `clauses` those that the asker reaches, and sees `shown` in.
    fn reached_by(&self, mut clauses: Vec<Clause>, shown: &[Field]) -> Clause {
        let needed = self.scope().into_iter().chain(shown.iter().filter_map(|field| self.visible(*field)));
        clauses.extend(needed.map(|query| (Occur::Must, query)));
        if !self.selection.filter.looks_in_trash() {
            clauses.push(not(self.has(Field::Deleted)));
        }
        both(clauses, self.until)
    }

    fn each(&self, nodes: &[Node]) -> Result<Vec<Clause>, Unanswered> {
        each_once(nodes).map(|node| self.node(node)).collect()
    }

    fn any(&self, mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
        match queries.len() {
            0 => Box::new(EmptyQuery),
            1 => queries.remove(0),
            _ => Box::new(AnyOf { queries, until: self.until }),
        }
    }

    fn node(&self, node: &Node) -> Result<Clause, Unanswered> {
        Ok(match node {
            Node::And(nodes) => both(self.each(nodes)?, self.until),
            Node::Or(nodes) => {
                (Occur::Must, self.any(self.each(nodes)?.into_iter().map(|each| rows(each, self.until)).collect()))
            }
            Node::Not(node) => not(self.node(node)?),
            Node::Term(Asked::Words(words)) => (Occur::Must, self.words(words)?),
            Node::Term(Asked::Field(field, Test::Nothing)) => not(self.field(*field, &Test::Any)?),
            Node::Term(Asked::Field(field, test)) => self.field(*field, test)?,
        })
    }

    fn field(&self, field: Field, test: &Test) -> Result<Clause, Unanswered> {
        let test = self.test(field, test)?;
        Ok(match self.visible(field) {
            None => test,
            Some(visible) => both(vec![(Occur::Must, visible), test], self.until),
        })
    }

    /// Where the field has a value.
    fn has(&self, field: Field) -> Clause {
        let term = self.fact(&presence(field));
        (if is_usual(field) { Occur::MustNot } else { Occur::Must }, term)
    }

    fn words(&self, words: &Words) -> Asking {
        let mut found = Vec::new();
        for column in Searched::BY_WORDS {
            let test = self.in_column(column, words)?;
            found.push(match self.visible(column.field()) {
                None => test,
                Some(visible) => all(vec![visible, test]),
            });
        }
        Ok(self.any(found))
    }

    /// Where a column has `words`.
    fn in_column(&self, column: Searched, words: &Words) -> Asking {
        let each = words_of(&words.text);
        let Some(last) = each.last() else { return Err(Unanswered::Unsuited) };
        let phrase = Phrase::of(words);
        if column.is_number() {
            return Ok(self.in_number(column, &each, &phrase));
        }
        let letter = letter(column);
        let terms: Vec<Term> =
            each.iter().map(|w| Term::from_field_text(self.columns.words, &format!("{letter}{w}"))).collect();
        Ok(match (words.exact, terms.len()) {
            (true, 1) => self.term(self.columns.words, &format!("{letter}{last}")),
            (true, _) => Box::new(InOrder(terms.into_iter().enumerate().collect())),
            (false, 1) if last.chars().count() <= START => self.term(self.columns.starts, &format!("{letter}{last}")),
            (false, 1) => self.begins(self.columns.words, &format!("{letter}{last}")),
            (false, _) => {
                let endings = self.endings(&format!("{letter}{last}"))?;
                let mut phrase = PhrasePrefixQuery::new(terms);
                phrase.set_max_expansions(endings.max(1));
                Box::new(phrase)
            }
        })
    }

    fn in_number(&self, column: Searched, each: &[String], phrase: &Phrase) -> Box<dyn Query> {
        let mut found = Vec::new();
        if let Some(part) = &phrase.number_part {
            found.push(self.inside(column, Text::Folded, part));
        }
        let is_plain = each.len() == 1 && phrase.number_part.as_ref().is_some_and(|p| p.is_ascii() && *p == each[0]);
        let texts = if is_plain { &[Text::OddWords][..] } else { &[Text::Words, Text::OddWords] };
        for text in texts {
            found.push(if phrase.part.chars().count() >= PART {
                self.inside(column, *text, &phrase.part)
            } else {
                // A space begins it, so it is no part of letters and digits alone.
                self.begins(self.columns.parts, &format!("{}{}{}", text.mark(), letter(column), phrase.part))
            });
        }
        self.any(found)
    }

    /// Where `text` of three characters or more stands: its parts, one after another without a gap between.
    fn inside(&self, column: Searched, of: Text, text: &str) -> Box<dyn Query> {
        let characters: Vec<char> = text.chars().collect();
        let last = characters.len().saturating_sub(PART);
        let mut places: Vec<usize> = (0..last).step_by(PART).collect();
        places.push(last);
        let part = |place: usize| -> String {
            let part: String = characters.iter().skip(place).take(PART).collect();
            format!("{}{}{part}", of.mark_of(&part), letter(column))
        };
        if places.len() == 1 {
            return self.term(self.columns.parts, &part(last));
        }
        let terms = places.into_iter().map(|p| (p, Term::from_field_text(self.columns.parts, &part(p)))).collect();
        Box::new(InOrder(terms))
    }

    /// How many words begin so, where these are few enough.
    fn endings(&self, prefix: &str) -> Result<u32, Unanswered> {
        let mut most = 0;
        for segment in self.searcher.segment_readers() {
            in_time(self.until)?;
            let index = segment.inverted_index(self.columns.words)?;
            let mut words = index.terms().range().ge(prefix);
            if let Some(end) = after_prefix(prefix) {
                words = words.lt(end);
            }
            let mut words = words.into_stream().map_err(tantivy::TantivyError::from)?;
            let mut count = 0;
            while words.advance() {
                count += 1;
                if count > MOST_ENDINGS {
                    return Err(Unanswered::Unsuited);
                }
            }
            most = most.max(count);
        }
        Ok(most)
    }

    fn test(&self, field: Field, test: &Test) -> Result<Clause, Unanswered> {
        let found = match test {
            Test::Any | Test::Nothing | Test::Flag(true) => return Ok(self.has(field)),
            Test::Flag(false) => return Ok(not(self.has(field))),
            Test::Stages(stages) => self.any(stages.iter().map(|s| self.fact(&fact(field, s.as_str()))).collect()),
            Test::Texts(wanted) => self.any(
                wanted
                    .iter()
                    .map(|Wanted { text, prefix }| {
                        let value = fact(field, &fold(text));
                        match (sorted_by(field), *prefix) {
                            (_, false) => self.fact(&value),
                            (Some(name), true) if !text.is_empty() => {
                                let first = as_stored(field, &fold(text));
                                let end = after_prefix(&first);
                                self.in_sorted(name, Values::Texts(first, end))
                            }
                            (_, true) => self.begins(self.columns.facts, &value),
                        }
                    })
                    .collect(),
            ),
            Test::Words(words) => {
                let column = match field {
                    Field::Summary => Searched::Summary,
                    Field::Remarks => Searched::Remarks,
                    _ => Searched::VoidReason,
                };
                self.any(words.iter().map(|w| self.in_column(column, w)).collect::<Result<_, _>>()?)
            }
            Test::Days(ranges) => {
                let days = |r: &Range<Span>| {
                    let (from, to) = r.days(self.selection.today);
                    // Every row has this one, and a part of a year is many days.
                    if field == Field::Date && from != to {
                        self.dates(from, to)
                    } else {
                        self.days(&fact(field, ""), (from, to))
                    }
                };
                self.any(ranges.iter().map(days).collect())
            }
            Test::Money(ranges) => self.any(
                ranges
                    .iter()
                    .map(|r| {
                        let (from, to) = ends(r.map(|p| p.0));
                        // Below zero is no amount.
                        self.numbers("amount", Some(from.unwrap_or(0).max(0)), to)
                    })
                    .collect(),
            ),
            Test::Numbers(ranges) if field == Field::Age => {
                let days = |r: &Range<i64>| {
                    let (from, to) = r.days_ago(self.selection.today);
                    self.numbers(AGE, from.map(day_number), to.map(day_number))
                };
                self.any(ranges.iter().map(days).collect())
            }
            Test::Numbers(ranges) => self.any(
                ranges
                    .iter()
                    .map(|r| {
                        let (from, to) = ends(*r);
                        self.numbers("version", from, to)
                    })
                    .collect(),
            ),
        };
        Ok((Occur::Must, found))
    }

    fn in_sorted(&self, name: &'static str, values: Values) -> Box<dyn Query> {
        Box::new(InColumn { name, values, opened: self.opened.clone() })
    }

    fn numbers(&self, name: &'static str, from: Option<i64>, to: Option<i64>) -> Box<dyn Query> {
        self.in_sorted(name, Values::Numbers(from.unwrap_or(i64::MIN)..=to.unwrap_or(i64::MAX)))
    }

    /// Challans of some days; texts of four-digit years, which all of them are of, compare as days do.
    fn dates(&self, from: Option<NaiveDate>, to: Option<NaiveDate>) -> Box<dyn Query> {
        if from.is_some_and(|day| day.year() > 9999) {
            return Box::new(EmptyQuery);
        }
        let first = from.map(|day| day.to_string()).unwrap_or_default();
        // The first text after the day's.
        let end = to.filter(|day| day.year() <= 9999).map(|day| format!("{day}\0"));
        self.in_sorted("date", Values::Texts(first, end))
    }

    fn days(&self, prefix: &str, (from, to): (Option<NaiveDate>, Option<NaiveDate>)) -> Box<dyn Query> {
        // Days of four-digit years compare as text.
        if from.is_some_and(|d| d.year() > 9999) {
            return Box::new(EmptyQuery);
        }
        let first = from.map_or_else(|| prefix.to_owned(), |d| format!("{prefix}{d}"));
        let end = match to.filter(|d| d.year() <= 9999) {
            // The first text after the day's.
            Some(day) => Some(format!("{prefix}{day}\0")),
            None => after_prefix(prefix),
        };
        Box::new(Between { column: self.columns.facts, first, end })
    }

    fn begins(&self, column: Column, prefix: &str) -> Box<dyn Query> {
        Box::new(Between { column, first: prefix.to_owned(), end: after_prefix(prefix) })
    }

    fn term(&self, column: Column, text: &str) -> Box<dyn Query> {
        Box::new(TermQuery::new(Term::from_field_text(column, text), IndexRecordOption::Basic))
    }

    fn fact(&self, text: &str) -> Box<dyn Query> {
        self.term(self.columns.facts, text)
    }

    /// Where the asker may see a field, as `Selection::visible` has it; none where that is in every row they reach.
    fn visible(&self, field: Field) -> Option<Box<dyn Query>> {
        let grants = self.selection.grants()?;
        let mut needed = Vec::new();
        for column in field.columns() {
            let showing: Vec<&&Grant> =
                grants.iter().filter(|g| !g.hidden_columns.iter().any(|h| h == column)).collect();
            if showing.len() < grants.len() && showing.iter().all(|g| g.scope.is_some()) {
                needed.push(self.any(showing.iter().map(|g| self.reached(g)).collect()));
            }
        }
        (!needed.is_empty()).then(|| all(needed))
    }

    /// What limits the rows that the asker may see.
    fn scope(&self) -> Vec<Box<dyn Query>> {
        let Some(grants) = self.selection.grants() else { return Vec::new() };
        let mut limits = Vec::new();
        if let Some(sources) = &self.selection.who.key_sources {
            limits.push(self.any(sources.iter().map(|s| self.fact(&of_source(s))).collect()));
        }
        if !grants.iter().any(|g| g.scope.is_none()) {
            limits.push(self.any(grants.iter().map(|g| self.reached(g)).collect()));
        }
        limits
    }

    fn reached(&self, grant: &Grant) -> Box<dyn Query> {
        match &grant.scope {
            None => Box::new(AllQuery),
            Some(Scope::Customers { customers }) => {
                let terms = customers.iter().map(|id| Term::from_field_text(self.columns.facts, &of_customer(*id)));
                Box::new(TermSetQuery::new(terms))
            }
            Some(Scope::OwnDeliveries { .. }) => match &self.selection.who.executive_name {
                Some(own) => self.fact(&fact(Field::Executive, &fold(own))),
                None => Box::new(EmptyQuery),
            },
        }
    }
}

/// The first and the last number; none is open.
fn ends(range: Range<i64>) -> (Option<i64>, Option<i64>) {
    match range {
        Range::Is(n) => (Some(n), Some(n)),
        Range::Above(n) => (Some(n.saturating_add(1)), None),
        Range::From(n) => (Some(n), None),
        Range::Below(n) => (None, Some(n.saturating_sub(1))),
        Range::UpTo(n) => (None, Some(n)),
        Range::Between(a, b) => (Some(a), Some(b)),
    }
}

/// The column with the values of a field that texts are compared with, where lists are sorted by it.
fn sorted_by(field: Field) -> Option<&'static str> {
    match field {
        Field::Number => Some("challan_number"),
        Field::Customer => Some("customer"),
        _ => None,
    }
}
