//! Places in a list as text that a caller hands back unread: hexadecimal, the row's id, a mark of the order, the row's value in it.

use service::Problem;
use uuid::Uuid;

use crate::store::list::{Listed, Place, Sort};

/// The longest text of a place.
const MOST: usize = 4000;

/// The place of a row in the order `sort`.
pub(super) fn place_of(row: &Listed, sort: Sort) -> String {
    format!("{}{:02x}{}", row.id.simple(), sort.mark(), hex::encode(&row.key))
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
        let (mark, key) = rest.split_first()?;
        let key = String::from_utf8(key.to_vec()).ok()?;
        let fits = *mark == sort.mark() && (!sort.is_number() || key.parse::<i64>().is_ok());
        fits.then(|| (before, Place { key, id: Uuid::from_bytes(*id) }))
    };
    read().ok_or_else(|| Problem::malformed("This cursor is not one of this list."))
}
