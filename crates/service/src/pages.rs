//! Lists by pages: what is asked of a list, the rows that were found, and the ways to the pages beside them.
//!
//! A list has one order, and a place in it is what stands of a row in that order. A cursor is a place as text: it asks for the rows
//! after it, and with `b` in front for those before it.

use std::fmt::Display;
use std::future::Future;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::Problem;
use crate::query::escaped;

/// Where a page is, in the order of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At<P> {
    /// At the beginning.
    Start,
    /// After this place.
    After(P),
    /// Before this place: its rows are read from there on, the nearest first.
    Before(P),
}

impl<P> At<P> {
    /// The place beyond which rows are read, and whether that is back, to those before it.
    pub fn beyond(&self) -> Option<(&P, bool)> {
        match self {
            At::Start => None,
            At::After(place) => Some((place, false)),
            At::Before(place) => Some((place, true)),
        }
    }

    /// Whether rows are read back, the last of the list first.
    pub fn is_back(&self) -> bool {
        matches!(self, At::Before(_))
    }
}

/// The refusal of a cursor that is none, or another list's.
#[must_use]
pub fn foreign_cursor() -> Problem {
    Problem::malformed("This cursor is not one of this list. Take one as an answer of the list gave it.")
}

/// Rows as they were read from a place on: the nearest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T, P> {
    /// The rows.
    pub rows: Vec<T>,
    /// The last place that was looked at, where a search had looked long enough before it had as many rows as were wanted.
    pub broken_off: Option<P>,
}

impl<T, P> From<Vec<T>> for Found<T, P> {
    fn from(rows: Vec<T>) -> Self {
        Found { rows, broken_off: None }
    }
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// Its rows, in the order of the list.
    pub rows: Vec<T>,
    /// Path and query of the next page, if there is one.
    pub next: Option<String>,
    /// Path and query of the page before; none of the first.
    pub previous: Option<String>,
}

impl<T> Page<T> {
    /// The page as an answer, with its rows as `shown`.
    pub fn json(&self, shown: impl FnMut(&T) -> Value) -> Value {
        self.with(&self.rows.iter().map(shown).collect::<Vec<_>>())
    }

    /// The page as an answer, with what is shown of its rows.
    #[must_use]
    pub fn with(&self, results: &[Value]) -> Value {
        json!({ "results": results, "next": self.next, "previous": self.previous })
    }
}

/// Which page of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<P> {
    limit: u32,
    at: At<P>,
}

impl<P: Clone + Display> Asked<P> {
    /// Reads `limit`, `usual` rows where none is given and `most` at most, and `cursor`.
    ///
    /// # Errors
    /// 400 for a limit or a cursor that is none.
    pub fn of(limit: Option<u32>, bounds: (u32, u32), cursor: Option<&str>) -> Result<Asked<P>, Problem>
    where
        P: FromStr,
    {
        Asked::read(limit, bounds, cursor, |text| text.parse().ok())
    }

    /// As [`Asked::of`], where it takes more than the text to read a place.
    ///
    /// # Errors
    /// 400 for a limit or a cursor that is none.
    pub fn read(
        limit: Option<u32>,
        (usual, most): (u32, u32),
        cursor: Option<&str>,
        place: impl Fn(&str) -> Option<P>,
    ) -> Result<Asked<P>, Problem> {
        let limit = limit.unwrap_or(usual);
        if !(1..=most).contains(&limit) {
            return Err(Problem::malformed(format!("limit is 1 to {most}.")));
        }
        let at = match cursor {
            None => At::Start,
            // No place is another one with b in front: in hexadecimal that makes their number of digits odd.
            Some(text) => match text.strip_prefix('b').and_then(&place) {
                Some(place) => At::Before(place),
                None => At::After(place(text).ok_or_else(foreign_cursor)?),
            },
        };
        Ok(Asked { limit, at })
    }

    /// The page of the list at `address`, of which `read` gives so many rows from a place on and `place` the place of one.
    ///
    /// Where fewer rows than a page are before a place, because some came or went meanwhile, it is the first page.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn page<T, R, E, F>(
        &self,
        address: &str,
        read: impl Fn(At<P>, u32) -> F,
        place: impl Fn(&T) -> P,
    ) -> Result<Page<T>, E>
    where
        F: Future<Output = Result<R, E>>,
        R: Into<Found<T, P>>,
    {
        let found = read(self.at.clone(), self.wanted()).await?.into();
        if self.is_first(&found) {
            return Ok(self.cut(&At::Start, read(At::Start, self.wanted()).await?.into(), address, place));
        }
        Ok(self.cut(&self.at, found, address, place))
    }

    /// The same of a list that is at hand whole, in its order.
    pub fn page_of<'a, T>(&self, address: &str, rows: &'a [T], place: impl Fn(&T) -> P) -> Page<&'a T>
    where
        P: Ord,
    {
        let found = |at: &At<P>| part(rows, at, self.wanted(), |row| place(row)).into();
        let at_place = found(&self.at);
        if self.is_first(&at_place) {
            return self.cut(&At::Start, found(&At::Start), address, |row| place(row));
        }
        self.cut(&self.at, at_place, address, |row| place(row))
    }

    /// One row too many tells whether there are more.
    fn wanted(&self) -> u32 {
        self.limit + 1
    }

    /// Whether fewer rows than a page were before the place.
    fn is_first<T>(&self, found: &Found<T, P>) -> bool {
        self.at.is_back() && found.rows.len() < self.limit as usize && found.broken_off.is_none()
    }

    fn cut<T>(&self, at: &At<P>, found: Found<T, P>, address: &str, place: impl Fn(&T) -> P) -> Page<T> {
        let Found { mut rows, broken_off } = found;
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let far = if more { rows.last().map(&place) } else { broken_off.clone() };
        let near = rows.first().map(&place).or(broken_off);
        let link = |cursor: String| format!("{address}limit={}{cursor}", self.limit);
        let after = |place: P| link(format!("&cursor={place}"));
        let before = |place: P| link(format!("&cursor=b{place}"));
        let (next, previous) = match at {
            At::Start => (far.map(after), None),
            // Nothing is left there, so no row says what is before it.
            At::After(_) => (far.map(after), Some(near.map_or_else(|| link(String::new()), before))),
            At::Before(_) => (near.map(after), far.map(before)),
        };
        if at.is_back() {
            rows.reverse();
        }
        Page { rows, next, previous }
    }
}

/// Path and query of a list with those of its parameters that have a value; `limit` and `cursor` may follow at once.
pub fn address<'a>(path: &str, parameters: impl IntoIterator<Item = (&'a str, Option<String>)>) -> String {
    let mut address = format!("{path}?");
    for (name, value) in parameters {
        if let Some(value) = value {
            address.push_str(&format!("{name}={}&", escaped(&value)));
        }
    }
    address
}

/// Of rows that are at hand all together, in the order of their list, up to `limit` from a place on, the nearest first.
pub fn part<T, P: Ord>(
    rows: impl IntoIterator<Item = T, IntoIter: DoubleEndedIterator>,
    at: &At<P>,
    limit: u32,
    place: impl Fn(&T) -> P,
) -> Vec<T> {
    let (rows, limit) = (rows.into_iter(), limit as usize);
    match at {
        At::Start => rows.take(limit).collect(),
        At::After(from) => rows.filter(|row| place(row) > *from).take(limit).collect(),
        At::Before(from) => rows.rev().filter(|row| place(row) < *from).take(limit).collect(),
    }
}

/// A name as the place of a row in a list by names; in hexadecimal as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(pub String);

impl Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl FromStr for Name {
    type Err = ();

    fn from_str(text: &str) -> Result<Name, ()> {
        let name = hex::decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        name.filter(|name| !name.is_empty()).map(Name).ok_or(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use super::*;

    /// Every tenth number up to 300, found by a search that looks at 35 numbers for one page.
    async fn tenths(at: At<u64>, limit: u32) -> Result<Found<u64, u64>, Problem> {
        let looked_at: Vec<u64> = part(1..=300_u64, &at, 35, |n| *n);
        let found: Vec<u64> = looked_at.iter().filter(|n| *n % 10 == 0).copied().take(limit as usize).collect();
        let is_full = found.len() == limit as usize || looked_at.len() < 35;
        Ok(Found { broken_off: looked_at.last().copied().filter(|_| !is_full), rows: found })
    }

    async fn page(cursor: Option<&str>, limit: u32) -> Page<u64> {
        let asked = Asked::<u64>::of(Some(limit), (50, 200), cursor).unwrap();
        asked.page("/list/?", tenths, |n| *n).await.unwrap()
    }

    fn cursor(link: &Option<String>) -> Option<&str> {
        link.as_deref()?.split_once("cursor=").map(|(_, cursor)| cursor)
    }

    #[tokio::test]
    async fn a_search_that_breaks_off_loses_nothing_either_way() {
        for limit in [1, 2, 3, 4, 9] {
            let (mut found, mut at) = (Vec::new(), page(None, limit).await);
            assert_eq!(at.previous, None);
            loop {
                found.extend(at.rows.clone());
                let Some(next) = cursor(&at.next) else { break };
                at = page(Some(next), limit).await;
            }
            let all: Vec<u64> = (1..=30).map(|n| n * 10).collect();
            assert_eq!(found, all, "{limit} at a time");
            let mut back = at.rows.clone();
            while let Some(previous) = cursor(&at.previous) {
                at = page(Some(previous), limit).await;
                let rows = at.rows.iter().copied().filter(|n| back.first().is_none_or(|first| n < first));
                back = rows.chain(back.iter().copied()).collect();
            }
            assert_eq!(back, all, "{limit} at a time, back");
            assert_eq!((at.rows, at.next.is_some()), (page(None, limit).await.rows, true), "the first page");
        }
    }

    #[tokio::test]
    async fn behind_the_end_a_way_leads_to_the_first_page() {
        let end = page(Some("300"), 2).await;
        let first = Some("/list/?limit=2".to_owned());
        assert_eq!(end, Page { rows: vec![], next: None, previous: first });
    }

    #[test]
    fn a_cursor_is_a_place_and_a_side() {
        let read = |text: &str| Asked::<Name>::of(None, (50, 200), Some(text)).map(|asked| asked.at);
        let name = |name: &str| Name(name.to_owned());
        for place in ["asha", "\u{430}\u{b0}", "k"] {
            let text = name(place).to_string();
            assert_eq!(read(&text).unwrap(), At::After(name(place)));
            assert_eq!(read(&format!("b{text}")).unwrap(), At::Before(name(place)));
        }
        for wrong in ["", "b", "bb", "zz", "b0", "ff", "bff", "616"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert!([0, 201].iter().all(|limit| Asked::<u64>::of(Some(*limit), (50, 200), None).is_err()));
    }

    #[test]
    fn an_address_has_what_is_given() {
        let given = [("search", Some("a&b é".to_owned())), ("mine", None)];
        assert_eq!(address("/list/", given), "/list/?search=a%26b%20%C3%A9&");
    }
}
