//! Places in a list as text that a caller hands back unread: hexadecimal, the row's id, marks of the order, the row's values in it.

use std::fmt;

use uuid::Uuid;

use crate::store::list::Listed;
use crate::store::sort::{Place, Sort};

/// The longest text of a place.
const MOST: usize = 4000;

/// A place in a list of one order.
#[derive(Clone)]
pub(super) struct Cursor {
    pub(super) place: Place,
    sort: Sort,
}

impl Cursor {
    /// The place of a row in the order `sort`.
    pub(super) fn of(row: &Listed, sort: Sort) -> Cursor {
        Cursor { place: row.place(), sort }
    }

    /// Reads a place in the order `sort`; none where it is none, or one of another order.
    pub(super) fn read(text: &str, sort: Sort) -> Option<Cursor> {
        let bytes = hex::decode(Some(text).filter(|text| text.len() <= MOST)?).ok()?;
        let (id, rest) = bytes.split_first_chunk()?;
        let key = rest.strip_prefix(&*sort.marks())?;
        let place = Place { key: String::from_utf8(key.to_vec()).ok()?, id: Uuid::from_bytes(*id) };
        place.fits(sort).then_some(Cursor { place, sort })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { id, key } = &self.place;
        write!(f, "{}{}{}", id.simple(), hex::encode(self.sort.marks()), hex::encode(key))
    }
}
