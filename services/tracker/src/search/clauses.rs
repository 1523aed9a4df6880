//! How clauses of a filter are put together.

use std::time::Instant;

use domain::filter::Node;
use tantivy::query::{AllQuery, BooleanQuery, Occur, Query, TermQuery};

use super::union::LeftOut;

/// The rows of a query, or all the others.
pub(super) type Clause = (Occur, Box<dyn Query>);

/// What all queries find.
pub(super) fn all(mut queries: Vec<Box<dyn Query>>) -> Box<dyn Query> {
    match queries.len() {
        0 => Box::new(AllQuery),
        1 => queries.remove(0),
        _ => Box::new(BooleanQuery::intersection(queries)),
    }
}

/// The others.
pub(super) fn not((occur, query): Clause) -> Clause {
    (if occur == Occur::MustNot { Occur::Must } else { Occur::MustNot }, query)
}

/// What all clauses are true for; rows are looked for as long as `until`.
pub(super) fn both(mut clauses: Vec<Clause>, until: Option<Instant>) -> Clause {
    if clauses.len() == 1 {
        return clauses.remove(0);
    }
    if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
        clauses.push((Occur::Must, Box::new(AllQuery)));
    }
    let each = |(occur, query): Clause| match occur {
        Occur::MustNot if !query.is::<TermQuery>() => (occur, Box::new(LeftOut { query, until }) as Box<dyn Query>),
        _ => (occur, query),
    };
    (Occur::Must, Box::new(BooleanQuery::new(clauses.into_iter().map(each).collect())))
}

/// Each of them once.
pub(super) fn each_once(nodes: &[Node]) -> impl Iterator<Item = &Node> {
    nodes.iter().enumerate().filter(|(at, node)| !nodes[..*at].contains(node)).map(|(_, node)| node)
}

/// The rows of one clause, looked for as long as `until`.
pub(super) fn rows(clause: Clause, until: Option<Instant>) -> Box<dyn Query> {
    match clause {
        (Occur::MustNot, _) => rows(both(vec![clause, (Occur::Must, Box::new(AllQuery))], until), until),
        (_, query) => query,
    }
}
