//! Places in a list as text that a caller hands back unread: hexadecimal, the row's id, marks of the order, the row's values in it.

use service::Problem;
use uuid::Uuid;

use crate::store::list::Listed;
use crate::store::sort::{Place, Sort};

/// The longest text of a place.
const MOST: usize = 4000;

/// The place of a row in the order `sort`.
pub(super) fn place_of(row: &Listed, sort: Sort) -> String {
    format!("{}{}{}", row.id.simple(), hex::encode(sort.marks()), hex::encode(&row.key))
}

/// Reads a place in the order `sort`; a leading `b` asks for the rows before it.
///
/// # Errors
/// 400 where it is none, or one of another order.
pub(super) fn read_place(text: &str, sort: Sort) -> Result<(bool, Place), Problem> {
    let read = || {
        // The characters of a place are of even number; the mark makes it odd.
        let (before, text) = match text.strip_prefix('b') {
            Some(rest) if rest.len() % 2 == 0 => (true, rest),
            _ => (false, text),
        };
        let bytes = hex::decode(Some(text).filter(|text| text.len() <= MOST)?).ok()?;
        let (id, rest) = bytes.split_first_chunk()?;
        let key = rest.strip_prefix(&*sort.marks())?;
        let place = Place { key: String::from_utf8(key.to_vec()).ok()?, id: Uuid::from_bytes(*id) };
        place.fits(sort).then_some((before, place))
    };
    read().ok_or_else(|| Problem::malformed("This cursor is not one of this list."))
}
