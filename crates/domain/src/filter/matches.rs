//! A filter asked of one challan.

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

use super::finding::Searched;
use super::{Field, Filter, Finding, Node, Phrase, Range, Term, Test, Words};
use crate::challan::Challan;
use crate::fold::fold;

impl Filter {
    /// Whether it holds for `challan`, for an asker from whom `hidden` columns are kept: these count as empty. `today` is
    /// the civil day in `tz`.
    #[must_use]
    pub fn matches(&self, challan: &Challan, hidden: &[String], today: NaiveDate, tz: Tz) -> bool {
        self.holds(&Finding::of(challan, tz), hidden, today)
    }

    /// The same of what a challan shows.
    #[must_use]
    pub fn holds(&self, finding: &Finding, hidden: &[String], today: NaiveDate) -> bool {
        if finding.day(Field::Deleted).is_some() && !self.looks_in_trash() {
            return false;
        }
        let asked = Asked { finding, hidden, today };
        self.root.as_ref().is_none_or(|root| asked.node(root))
    }
}

struct Asked<'a> {
    finding: &'a Finding,
    hidden: &'a [String],
    today: NaiveDate,
}

impl Asked<'_> {
    fn node(&self, node: &Node) -> bool {
        match node {
            Node::And(nodes) => nodes.iter().all(|n| self.node(n)),
            Node::Or(nodes) => nodes.iter().any(|n| self.node(n)),
            Node::Not(node) => !self.node(node),
            Node::Term(Term::Words(words)) => self.words(words),
            Node::Term(Term::Field(field, Test::Nothing)) => !self.field(*field, &Test::Any),
            Node::Term(Term::Field(field, test)) => self.field(*field, test),
        }
    }

    fn words(&self, words: &Words) -> bool {
        let phrase = Phrase::of(words);
        Searched::BY_WORDS.into_iter().filter(|c| !c.field().is_hidden(self.hidden)).any(|column| {
            let inside = phrase.number_part.as_ref().filter(|_| column.is_number());
            self.finding.words(column).contains(&phrase.part)
                || inside.is_some_and(|part| self.finding.text(column.field()).contains(part))
        })
    }

    fn field(&self, field: Field, test: &Test) -> bool {
        if field.is_hidden(self.hidden) {
            return false;
        }
        let f = self.finding;
        match test {
            Test::Any => has_value(f, field),
            Test::Nothing => !has_value(f, field),
            Test::Stages(stages) => stages.contains(&f.stage),
            Test::Texts(wanted) => wanted.iter().any(|w| {
                let text = fold(&w.text);
                let is = |value: &str| if w.prefix { value.starts_with(&text) } else { value == text };
                if field == Field::Executive { f.executives.iter().any(|n| is(n)) } else { is(f.text(field)) }
            }),
            Test::Words(words) => {
                let column = column_of(field);
                words.iter().any(|w| column.is_some_and(|c| f.words(c).contains(&Phrase::of(w).part)))
            }
            Test::Days(ranges) => f.day(field).is_some_and(|day| {
                ranges.iter().any(|range| {
                    let (from, to) = range.days(self.today);
                    from.is_none_or(|d| d <= day) && to.is_none_or(|d| day <= d)
                })
            }),
            Test::Money(ranges) => f.amount.is_some_and(|a| ranges.iter().any(|r| r.map(|p| p.0).holds(a))),
            Test::Numbers(ranges) => {
                let value = if field == Field::Age { (self.today - f.age_from).num_days() } else { f.version };
                ranges.iter().any(|r| r.holds(value))
            }
            Test::Flag(wanted) => *wanted == if field == Field::Pod { f.pod } else { f.submitted },
        }
    }
}

/// The column of words that a field asks.
pub(super) fn column_of(field: Field) -> Option<Searched> {
    match field {
        Field::Summary => Some(Searched::Summary),
        Field::Remarks => Some(Searched::Remarks),
        Field::VoidReason => Some(Searched::VoidReason),
        _ => None,
    }
}

fn has_value(f: &Finding, field: Field) -> bool {
    match field {
        Field::Stage | Field::Age | Field::Version => true,
        Field::Amount => f.amount.is_some(),
        Field::Pod => f.pod,
        Field::Submitted => f.submitted,
        Field::Executive => !f.executives.is_empty(),
        _ => match column_of(field) {
            Some(column) => !f.words(column).is_empty(),
            None => f.day(field).is_some() || !f.text(field).is_empty(),
        },
    }
}

impl<T: Copy> Range<T> {
    /// The same of other values.
    pub fn map<U>(self, to: impl Fn(T) -> U) -> Range<U> {
        match self {
            Range::Is(a) => Range::Is(to(a)),
            Range::Above(a) => Range::Above(to(a)),
            Range::From(a) => Range::From(to(a)),
            Range::Below(a) => Range::Below(to(a)),
            Range::UpTo(a) => Range::UpTo(to(a)),
            Range::Between(a, b) => Range::Between(to(a), to(b)),
        }
    }
}

impl Range<i64> {
    /// Whether `value` lies in it.
    #[must_use]
    pub fn holds(self, value: i64) -> bool {
        match self {
            Range::Is(a) => value == a,
            Range::Above(a) => value > a,
            Range::From(a) => value >= a,
            Range::Below(a) => value < a,
            Range::UpTo(a) => value <= a,
            Range::Between(a, b) => (a..=b).contains(&value),
        }
    }

    /// The days on which something begins whose age in days lies in it; ends are included, none is open.
    #[must_use]
    pub fn days_ago(self, today: NaiveDate) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let ago = |n: i64| today.checked_sub_days(Days::new(u64::try_from(n).unwrap_or(0)));
        match self {
            Range::Is(n) => (ago(n), ago(n)),
            Range::Above(n) => (None, ago(n + 1)),
            Range::From(n) => (None, ago(n)),
            Range::Below(n) => (ago(n).and_then(|d| d.succ_opt()), None),
            Range::UpTo(n) => (ago(n), None),
            Range::Between(a, b) => (ago(b), ago(a)),
        }
    }
}

impl Range<super::Span> {
    /// The first and the last day in it; none is open.
    #[must_use]
    pub fn days(self, today: NaiveDate) -> (Option<NaiveDate>, Option<NaiveDate>) {
        match self {
            Range::Is(span) => {
                let (first, last) = span.days(today);
                (Some(first), Some(last))
            }
            Range::Above(span) => (span.days(today).1.succ_opt(), None),
            Range::From(span) => (Some(span.days(today).0), None),
            Range::Below(span) => (None, span.days(today).0.pred_opt()),
            Range::UpTo(span) => (None, Some(span.days(today).1)),
            Range::Between(a, b) => (Some(a.days(today).0), Some(b.days(today).1)),
        }
    }
}
