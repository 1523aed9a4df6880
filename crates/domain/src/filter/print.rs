//! Writing a filter as [`super::parse`] reads it.

use std::fmt::{self, Display, Formatter, Write};

use super::parse::is_plain;
use super::value::is_word_of_every_field;
use super::{Filter, Node, Range, Term, Test, Wanted, Words};

impl Display for Filter {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.root.as_ref().map_or(Ok(()), |root| root.fmt(f))
    }
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Node::And(nodes) => separated(f, nodes, " ", |f, node| match node {
                Node::Or(_) => write!(f, "({node})"),
                _ => node.fmt(f),
            }),
            Node::Or(nodes) => separated(f, nodes, " OR ", |f, node| node.fmt(f)),
            Node::Not(node) => match &**node {
                Node::Term(term) => write!(f, "-{term}"),
                group => write!(f, "-({group})"),
            },
            Node::Term(term) => term.fmt(f),
        }
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Term::Words(words) => words.fmt(f),
            Term::Field(field, test) => write!(f, "{}:{test}", field.as_str()),
        }
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Test::Any => f.write_str("any"),
            Test::Nothing => f.write_str("none"),
            Test::Flag(yes) => f.write_str(if *yes { "yes" } else { "no" }),
            Test::Stages(stages) => separated(f, stages, ",", |f, stage| f.write_str(stage.as_str())),
            Test::Texts(texts) => separated(f, texts, ",", |f, text| text.fmt(f)),
            Test::Words(words) => separated(f, words, ",", |f, words| {
                // Read back without the star it would be `any` or `none` of the field.
                let star = if !words.exact && is_word_of_every_field(&words.text) { "*" } else { "" };
                write!(f, "{words}{star}")
            }),
            Test::Days(ranges) => separated(f, ranges, ",", |f, range| range.fmt(f)),
            Test::Money(ranges) => separated(f, ranges, ",", |f, range| range.fmt(f)),
            Test::Numbers(ranges) => separated(f, ranges, ",", |f, range| range.fmt(f)),
        }
    }
}

impl Display for Words {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.exact { quoted(f, &self.text) } else { f.write_str(&self.text) }
    }
}

impl Display for Wanted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let plain = self.text.chars().all(|c| c == ':' || (c != ',' && is_plain(c)));
        if plain && !is_word_of_every_field(&self.text) {
            f.write_str(&self.text)?;
        } else {
            quoted(f, &self.text)?;
        }
        if self.prefix { f.write_char('*') } else { Ok(()) }
    }
}

impl<T: Display> Display for Range<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Range::Is(a) => a.fmt(f),
            Range::Above(a) => write!(f, ">{a}"),
            Range::From(a) => write!(f, ">={a}"),
            Range::Below(a) => write!(f, "<{a}"),
            Range::UpTo(a) => write!(f, "<={a}"),
            Range::Between(a, b) => write!(f, "{a}..{b}"),
        }
    }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "\"{}\"", text.replace('"', "\"\""))
}

fn separated<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    by: &str,
    mut write: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(by)?;
        }
        write(f, item)?;
    }
    Ok(())
}
