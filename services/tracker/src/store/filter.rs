//! A filter as SQL, with the meaning that `domain::filter` gives it, and less what the asker may not see.
//!
//! Every term is true or false, never unknown, so that NOT is its exact opposite.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use db::Clause;
use domain::challan::Paise;
use domain::filter::{Field, Filter, Node, Phrase, Range, Searched, Span, Term, Test, Wanted, Words};
use domain::fold::fold;
use domain::identity::{Grant, Identity, Permission, Role, Scope};
use domain::rights::{is_unlimited, sees_all};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::finding::{day_column, text_column, words_column};

const TRUE: &str = "1 = 1";
const FALSE: &str = "1 = 0";

/// Which rows: what the filter asks and the asker may see.
pub struct Selection<'a> {
    /// What is asked.
    pub filter: &'a Filter,
    /// Who asks.
    pub who: &'a Identity,
    /// Now, for grants that end.
    pub now: DateTime<Utc>,
    /// The civil day in the organisation's time zone.
    pub today: NaiveDate,
}

impl Selection<'_> {
    /// Who asks and when, as far as answers differ by it: all askers who may see and do the same on one day have the same text, which
    /// is short whatever they may, and another one when a grant of theirs ends.
    pub(crate) fn asked_by(&self) -> String {
        let who = self.who;
        let person = (who.role == Role::User).then_some(who.user_id);
        let grants: Vec<&Grant> = who.permissions.iter().filter(|grant| grant.holds(self.now)).collect();
        let rights = json!([who.role, who.via, grants, who.executive_name, who.key_scopes, who.key_sources]);
        format!("{} {person:?} {}", self.today, hex::encode(Sha256::digest(rights.to_string())))
    }

    /// As [`Selection::asked_by`], as far as it is told by what is seen: one text for all who see every row whole.
    pub(crate) fn seen_by(&self) -> String {
        if sees_all(self.who, self.now) { self.today.to_string() } else { self.asked_by() }
    }

    /// The WHERE clause over `tracker_challans c` and, where it names it, `tracker_finding f`.
    pub(super) fn condition(&self) -> Clause {
        // Named either way: the column begins the indexes.
        let mut all =
            vec![Clause::of(if self.filter.looks_in_trash() { "c.deleted IN (0, 1)" } else { "c.deleted = 0" })];
        // Terms side by side stand in WHERE by themselves, where both databases look for an index.
        match &self.filter.root {
            None => {}
            Some(Node::And(nodes)) => all.extend(nodes.iter().map(|n| self.node(n))),
            Some(node) => all.push(self.node(node)),
        }
        all.extend(self.scope());
        let mut condition = Clause::of(" WHERE ");
        for (i, clause) in all.into_iter().enumerate() {
            if i > 0 {
                condition.sql(" AND ");
            }
            condition.append(clause);
        }
        condition
    }

    fn node(&self, node: &Node) -> Clause {
        let each = |nodes: &[Node]| nodes.iter().map(|n| self.node(n)).collect();
        match node {
            Node::And(nodes) => Clause::joined(each(nodes), " AND ", TRUE),
            Node::Or(nodes) => Clause::joined(each(nodes), " OR ", FALSE),
            Node::Not(node) => not(self.node(node)),
            Node::Term(Term::Words(words)) => self.words(words),
            Node::Term(Term::Field(field, Test::Nothing)) => not(self.field(*field, &Test::Any)),
            Node::Term(Term::Field(field, test)) => self.field(*field, test),
        }
    }

    /// The test where the asker may see the field; elsewhere the field counts as empty.
    fn field(&self, field: Field, test: &Test) -> Clause {
        seen(self.visible(field), self.test(field, test))
    }

    fn words(&self, words: &Words) -> Clause {
        let phrase = Phrase::of(words);
        let columns = Searched::BY_WORDS.into_iter().map(|column| {
            let mut found = vec![inside(words_column(column), &as_stored(column.field(), &phrase.part))];
            if let (Some(part), Some(text)) = (&phrase.number_part, text_column(column.field()))
                && column.is_number()
            {
                found.push(inside(text, &as_stored(column.field(), part)));
            }
            seen(self.visible(column.field()), Clause::joined(found, " OR ", FALSE))
        });
        Clause::joined(columns.collect(), " OR ", FALSE)
    }

    fn test(&self, field: Field, test: &Test) -> Clause {
        match test {
            Test::Any | Test::Nothing => Clause::of(&has_value(field)),
            Test::Stages(stages) => {
                one_of("c.stage", &stages.iter().map(|s| s.as_str().to_owned()).collect::<Vec<_>>())
            }
            Test::Texts(wanted) => texts(field, wanted),
            Test::Words(words) => {
                let column = match field {
                    Field::Summary => Searched::Summary,
                    Field::Remarks => Searched::Remarks,
                    _ => Searched::VoidReason,
                };
                let found = words.iter().map(|w| inside(words_column(column), &Phrase::of(w).part));
                Clause::joined(found.collect(), " OR ", FALSE)
            }
            Test::Days(ranges) => {
                let Some(column) = day_column(field) else { return Clause::of(FALSE) };
                let found = ranges.iter().map(|r: &Range<Span>| days(column, r.days(self.today)));
                Clause::joined(found.collect(), " OR ", FALSE)
            }
            Test::Money(ranges) => {
                let found = ranges.iter().map(|r: &Range<Paise>| numbers("c.amount", r.map(|p| p.0)));
                let mut money = Clause::of("(c.amount >= 0 AND ");
                money.append(Clause::joined(found.collect(), " OR ", FALSE)).sql(")");
                money
            }
            Test::Numbers(ranges) if field == Field::Age => {
                let found = ranges.iter().map(|r| days("f.age_from", r.days_ago(self.today)));
                Clause::joined(found.collect(), " OR ", FALSE)
            }
            Test::Numbers(ranges) => {
                Clause::joined(ranges.iter().map(|r| numbers("c.version", *r)).collect(), " OR ", FALSE)
            }
            Test::Flag(yes) => Clause::of(match (field, yes) {
                (Field::Pod, true) => "f.pod = 1",
                (Field::Pod, false) => "f.pod = 0",
                (_, true) => "f.submitted = 1",
                (_, false) => "f.submitted = 0",
            }),
        }
    }

    /// Where the asker may see a field; none where that is in every row they reach. A column is hidden in a row where
    /// every grant that reaches the row hides it (`domain::rights::reach`).
    pub(super) fn visible(&self, field: Field) -> Option<Clause> {
        let grants = self.grants()?;
        let mut needed = Vec::new();
        for column in field.columns() {
            let showing: Vec<&&Grant> =
                grants.iter().filter(|g| !g.hidden_columns.iter().any(|h| h == column)).collect();
            if showing.len() < grants.len() && showing.iter().all(|g| g.scope.is_some()) {
                needed.push(Clause::joined(showing.iter().map(|g| self.reached(g)).collect(), " OR ", FALSE));
            }
        }
        (!needed.is_empty()).then(|| Clause::joined(needed, " AND ", TRUE))
    }

    /// Whether the asker does not see a field in every row that they reach.
    pub(crate) fn hides_in_some_rows(&self, field: Field) -> bool {
        self.visible(field).is_some()
    }

    /// The rows that the asker may see, as `domain::rights::reach` has them; nothing where these are all.
    fn scope(&self) -> Vec<Clause> {
        let Some(grants) = self.grants() else { return Vec::new() };
        let mut limits = Vec::new();
        if let Some(sources) = &self.who.key_sources {
            limits.push(if sources.is_empty() { Clause::of(FALSE) } else { one_of("c.source", sources) });
        }
        if !grants.iter().any(|g| g.scope.is_none()) {
            limits.push(Clause::joined(grants.iter().map(|g| self.reached(g)).collect(), " OR ", FALSE));
        }
        limits
    }

    /// Whether a term names what few rows have, one number, so that these are looked at one after another.
    pub(crate) fn finds_few(&self) -> bool {
        self.filter.nodes().iter().any(is_of_few)
    }

    /// The grants that limit the asker; none where nothing does.
    pub(crate) fn grants(&self) -> Option<Vec<&Grant>> {
        if is_unlimited(self.who) {
            return None;
        }
        Some(self.who.grants(Permission::ChallanRead, self.now).collect())
    }

    fn reached(&self, grant: &Grant) -> Clause {
        match &grant.scope {
            None => Clause::of(TRUE),
            Some(Scope::Customers { customers }) if customers.is_empty() => Clause::of(FALSE),
            Some(Scope::Customers { customers }) => {
                let mut ids = Clause::of("c.customer_id IN (");
                for (i, id) in customers.iter().enumerate() {
                    ids.sql(if i > 0 { ", " } else { "" }).id(*id);
                }
                ids.sql(")");
                ids
            }
            Some(Scope::OwnDeliveries { .. }) => match &self.who.executive_name {
                Some(own) if self.finds_few() => delivered_by(&fold(own)),
                Some(own) => executives(one_of("name", &[fold(own)])),
                None => Clause::of(FALSE),
            },
        }
    }
}

/// Whether `node` is of one number, which few rows have.
fn is_of_few(node: &Node) -> bool {
    match node {
        Node::Term(Term::Field(field, Test::Texts(wanted))) => {
            matches!(field, Field::Number | Field::Invoice | Field::External) && wanted.iter().all(|w| !w.prefix)
        }
        _ => false,
    }
}

fn not(clause: Clause) -> Clause {
    let mut opposite = Clause::of("NOT (");
    opposite.append(clause).sql(")");
    opposite
}

fn seen(visible: Option<Clause>, test: Clause) -> Clause {
    match visible {
        None => test,
        Some(visible) => Clause::joined(vec![visible, test], " AND ", TRUE),
    }
}

/// Both databases have INSTR with these arguments; it compares bytes and knows no wildcards to escape.
fn inside(column: &str, part: &str) -> Clause {
    let mut found = Clause::of("INSTR(");
    found.sql(column).sql(", ").text(part).sql(") > 0");
    found
}

fn has_value(field: Field) -> String {
    match field {
        Field::Amount => "c.amount >= 0".to_owned(),
        Field::Pod => "f.pod = 1".to_owned(),
        Field::Submitted => "f.submitted = 1".to_owned(),
        Field::Executive => "f.executives_words <> ''".to_owned(),
        Field::Summary => "f.summary_words <> ''".to_owned(),
        Field::Remarks => "f.remarks_words <> ''".to_owned(),
        Field::VoidReason => "f.void_reason_words <> ''".to_owned(),
        // The same as having a day, and the first column of the indexes.
        Field::Deleted => "c.deleted = 1".to_owned(),
        Field::Stage | Field::Age | Field::Version | Field::Date => TRUE.to_owned(),
        _ => match (day_column(field), text_column(field)) {
            (Some(day), _) => format!("{day} IS NOT NULL"),
            (None, Some(text)) => format!("{text} <> ''"),
            (None, None) => TRUE.to_owned(),
        },
    }
}

/// A folded text as the column of `field` has it: challan numbers are kept with large letters.
pub(crate) fn as_stored(field: Field, folded: &str) -> String {
    if field == Field::Number { folded.to_ascii_uppercase() } else { folded.to_owned() }
}

fn texts(field: Field, wanted: &[Wanted]) -> Clause {
    let column = text_column(field).unwrap_or("name");
    let stored = |w: &Wanted| as_stored(field, &fold(&w.text));
    let mut found = Vec::new();
    let whole: Vec<String> = wanted.iter().filter(|w| !w.prefix).map(stored).collect();
    if !whole.is_empty() {
        found.push(one_of(column, &whole));
    }
    found.extend(wanted.iter().filter(|w| w.prefix).map(|w| begins(column, &stored(w))));
    let found = Clause::joined(found, " OR ", FALSE);
    match field {
        Field::Executive => executives(found),
        // Said as SQLite's partial indexes of them say it.
        Field::Invoice | Field::External => Clause::joined(vec![Clause::of(&has_value(field)), found], " AND ", TRUE),
        _ => found,
    }
}

/// Rows with an executive of whom `test` holds.
fn executives(test: Clause) -> Clause {
    let mut rows = Clause::of("c.id IN (SELECT id FROM tracker_executives WHERE ");
    rows.append(test).sql(")");
    rows
}

/// A row with an executive of this folded name. It is asked of each row that is looked at: of ten million one person may have
/// delivered half a million, which SQLite would gather to read one.
fn delivered_by(name: &str) -> Clause {
    let mut row = Clause::of("EXISTS (SELECT 1 FROM tracker_executives own WHERE own.id = c.id AND own.name = ");
    row.text(name).sql(")");
    row
}

fn one_of(column: &str, values: &[String]) -> Clause {
    let mut list = Clause::of(column);
    list.sql(" IN (");
    for (i, value) in values.iter().enumerate() {
        list.sql(if i > 0 { ", " } else { "" }).text(value);
    }
    list.sql(")");
    list
}

/// Texts are bytes of UTF-8, whose order is that of the characters: those that begin with `prefix` are one stretch.
fn begins(column: &str, prefix: &str) -> Clause {
    let mut stretch = Clause::of("(");
    stretch.sql(column).sql(" >= ").text(prefix);
    if let Some(end) = after_prefix(prefix) {
        stretch.sql(" AND ").sql(column).sql(" < ").text(end);
    }
    stretch.sql(")");
    stretch
}

/// The first text after all that begin with `prefix`; none where there is none.
pub(crate) fn after_prefix(prefix: &str) -> Option<String> {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        // The range passes over the surrogates, which are no characters.
        if let Some(next) = (last..=char::MAX).nth(1) {
            characters.push(next);
            return Some(characters.into_iter().collect());
        }
    }
    None
}

/// Days of four-digit years compare as text.
fn days(column: &str, (from, to): (Option<NaiveDate>, Option<NaiveDate>)) -> Clause {
    if from.is_some_and(|d| d.year() > 9999) {
        return Clause::of(FALSE);
    }
    let mut between = Clause::of("(");
    between.sql(column).sql(" IS NOT NULL");
    if let (Some(day), true) = (from, from == to) {
        // Told as one value, so that SQLite's planner knows that it is few rows.
        between.sql(" AND ").sql(column).sql(" = ").text(day.to_string()).sql(")");
        return between;
    }
    if let Some(day) = from {
        between.sql(" AND ").sql(column).sql(" >= ").text(day.to_string());
    }
    if let Some(day) = to {
        between.sql(" AND ").sql(column).sql(" <= ").text(day.to_string());
    }
    between.sql(")");
    between
}

fn numbers(column: &str, range: Range<i64>) -> Clause {
    let (sign, value) = match range {
        Range::Is(n) => (" = ", n),
        Range::Above(n) => (" > ", n),
        Range::From(n) => (" >= ", n),
        Range::Below(n) => (" < ", n),
        Range::UpTo(n) => (" <= ", n),
        Range::Between(a, b) => {
            let mut between = Clause::of(column);
            between.sql(" BETWEEN ").number(a).sql(" AND ").number(b);
            return between;
        }
    };
    let mut compared = Clause::of(column);
    compared.sql(sign).number(value);
    compared
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn what_was_kept_for_an_asker_ends_with_the_grant() {
        let (now, filter) = (DateTime::UNIX_EPOCH, Filter::default());
        let end = now + TimeDelta::minutes(1);
        let mut who = Identity::of_nobody(now);
        who.role = Role::User;
        let customers = Scope::Customers { customers: (0..2000).map(uuid::Uuid::from_u128).collect() };
        let grant = |scope, expires_at| Grant {
            permission: Permission::ChallanRead,
            scope,
            hidden_columns: Vec::new(),
            expires_at,
        };
        who.permissions =
            vec![grant(Some(customers), None), grant(Some(Scope::OwnDeliveries { own_deliveries: true }), Some(end))];
        let asked_at = |now| Selection { filter: &filter, who: &who, now, today: now.date_naive() }.asked_by();
        let before = asked_at(now);
        assert_eq!(before, asked_at(end - TimeDelta::seconds(1)));
        assert_ne!(before, asked_at(end));
        assert!(before.len() < 200, "{before}");
    }

    #[test]
    fn the_end_of_a_prefix_is_exact() {
        assert_eq!(after_prefix("asha").as_deref(), Some("ashb"));
        assert_eq!(after_prefix("a\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(after_prefix("\u{d7ff}").as_deref(), Some("\u{e000}"));
        assert_eq!(after_prefix("\u{10ffff}"), None);
    }
}
