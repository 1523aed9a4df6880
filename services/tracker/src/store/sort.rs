//! The order of a list: by up to three columns, ties by id; and the place of a row in it.

use std::fmt;

use domain::challan::Stage;
use uuid::Uuid;

/// Columns that order a list, by their name on the wire.
const SORTABLE: [(&str, &str); 7] = [
    ("date", "c.date"),
    ("challan_number", "c.number_sort"),
    ("customer", "c.customer"),
    ("stage", STAGE),
    ("amount", "c.amount"),
    ("delivered_at", "c.delivered"),
    ("updated_at", "c.updated_at"),
];

/// Stages in the order of a challan's life: each with a number before it, as [`stage_key`] writes it.
const STAGE: &str = "CASE c.stage WHEN 'draft' THEN '0draft' WHEN 'issued' THEN '1issued' WHEN 'dispatched' THEN '2dispatched' \
                     WHEN 'delivered' THEN '3delivered' WHEN 'pod_received' THEN '4pod_received' \
                     WHEN 'invoiced' THEN '5invoiced' WHEN 'submitted' THEN '6submitted' ELSE '7void' END";

/// The text by which a stage is ordered: before all that come later in a challan's life.
#[must_use]
pub fn stage_key(stage: Stage) -> String {
    let place = Stage::ALL.iter().position(|known| *known == stage).unwrap_or_default();
    format!("{place}{}", stage.as_str())
}

/// The stage that a text of [`stage_key`] is of.
#[must_use]
pub fn stage_of_key(key: &str) -> &str {
    key.trim_start_matches(|c: char| c.is_ascii_digit())
}

/// The most columns of an order: with ties by id, more of them tell nobody more.
pub(crate) const MOST_COLUMNS: usize = 3;

/// Stands between the values of a place. No column that is sorted by holds it: texts of them are of one line.
pub(crate) const BETWEEN: char = '\n';

/// One column of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    pub(super) column: &'static str,
    /// The name on the wire.
    pub name: &'static str,
    /// Largest first.
    pub descending: bool,
}

impl By {
    fn parse(text: &str) -> Option<By> {
        let (descending, word) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        SORTABLE.iter().find(|(name, _)| *name == word).map(|(name, column)| By { column, name, descending })
    }

    /// Whether the column holds numbers; else texts, which compare by their bytes.
    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(self.column, "c.amount" | "c.updated_at")
    }

    /// A mark of the column, smaller than 16.
    fn mark(self) -> u8 {
        SORTABLE.iter().zip(0..).find(|((name, _), _)| *name == self.name).map_or(15, |(_, mark)| mark)
    }
}

/// The order of a list; ties are broken by id, in the direction of the last column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The first column.
    pub first: By,
    then: [Option<By>; MOST_COLUMNS - 1],
}

impl Default for Sort {
    /// The newest first.
    fn default() -> Sort {
        let (name, column) = SORTABLE[0];
        Sort { first: By { column, name, descending: true }, then: [None; MOST_COLUMNS - 1] }
    }
}

/// As it is read again.
impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, by) in self.columns().enumerate() {
            let (comma, minus) = (if place > 0 { "," } else { "" }, if by.descending { "-" } else { "" });
            write!(f, "{comma}{minus}{}", by.name)?;
        }
        Ok(())
    }
}

impl Sort {
    /// Reads `date`, `-date` or `-date,customer`; nothing is `-date`, the newest first. `None` where a column is unknown or
    /// named twice, or there are more than three.
    #[must_use]
    pub fn parse(text: &str) -> Option<Sort> {
        if text.is_empty() {
            return Some(Sort::default());
        }
        let mut words = text.split(',');
        let mut sort = Sort { first: By::parse(words.next()?)?, then: [None; MOST_COLUMNS - 1] };
        for (place, word) in words.enumerate() {
            let by = By::parse(word)?;
            if sort.columns().any(|known| known.name == by.name) {
                return None;
            }
            *sort.then.get_mut(place)? = Some(by);
        }
        Some(sort)
    }

    /// The names that may be sorted by.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SORTABLE.iter().map(|(name, _)| *name)
    }

    /// Its columns, the first one first.
    pub fn columns(self) -> impl Iterator<Item = By> {
        std::iter::once(self.first).chain(self.then.into_iter().flatten())
    }

    /// Whether ids of equal rows are in falling order.
    #[must_use]
    pub fn ids_descend(self) -> bool {
        self.columns().last().is_some_and(|by| by.descending)
    }

    /// Marks of its columns, which places of this order begin with. Those of no order are the beginning of another's.
    #[must_use]
    pub fn marks(self) -> Vec<u8> {
        let marks: Vec<u8> = self.columns().map(By::mark).collect();
        match marks.len() {
            1 => marks,
            count => std::iter::once(0xF0 | u8::try_from(count).unwrap_or(0x0F)).chain(marks).collect(),
        }
    }

    /// Its columns, each with its value in the `key` of a place.
    pub(crate) fn values(self, key: &str) -> impl Iterator<Item = (By, &str)> {
        self.columns().zip(key.split(BETWEEN))
    }
}

/// The place of a row in an order: the sort columns' stored values, and the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Texts, or numbers as decimal text, with a line break between two columns.
    pub key: String,
    /// The row.
    pub id: Uuid,
}

impl Place {
    /// Whether it has a value of each column of `sort`.
    #[must_use]
    pub fn fits(&self, sort: Sort) -> bool {
        let count = self.key.split(BETWEEN).count();
        let is_read = |(by, key): (By, &str)| !by.is_number() || key.parse::<i64>().is_ok();
        count == sort.columns().count() && sort.values(&self.key).all(is_read)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_and_printed() {
        for text in ["date", "-date", "-date,customer", "stage,-amount,updated_at"] {
            assert_eq!(Sort::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Sort::parse(""), Some(Sort::default()));
        assert_eq!(Sort::default().to_string(), "-date");
        for wrong in ["gone", "date,", ",date", "date,-date", "--date", "date customer", "date,stage,amount,customer"] {
            assert_eq!(Sort::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn stages_are_in_the_order_of_a_life() {
        for stage in Stage::ALL {
            let key = stage_key(stage);
            assert!(STAGE.contains(&format!(" '{key}'")) && stage_of_key(&key) == stage.as_str(), "{key}");
        }
    }

    #[test]
    fn no_order_has_the_places_of_another() {
        let marks = |text: &str| Sort::parse(text).unwrap().marks();
        assert_eq!(marks("-date"), [0]);
        assert_eq!(marks("date,-customer"), [0xF2, 0, 2]);
        assert_ne!(marks("date,customer"), marks("customer,date"));
        let place = |key: &str| Place { key: key.into(), id: Uuid::nil() };
        let sort = Sort::parse("date,amount").unwrap();
        assert!(place("2026-07-01\n125").fits(sort));
        for wrong in ["2026-07-01", "2026-07-01\nmuch", "2026-07-01\n125\n", ""] {
            assert!(!place(wrong).fits(sort), "{wrong:?}");
        }
    }
}
