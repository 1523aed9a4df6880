//! What is kept of a sealed log outside its database.

use std::fmt;
use std::str::FromStr;

/// The end of a sealed log at one moment: `seq:seal`, the seal in hexadecimal. It holds no secret.
///
/// Kept where whoever holds the database cannot change it, and given to [`crate::Log::verify`] later, it shows whether the rows
/// up to it are those of then: a log whose end was cut off, that was put back to an older state, or that was begun anew does
/// not come to the same seal at the same place, and nobody can make it do so without the key. It shows nothing of rows
/// that were written after it: those that were cut off since the newest receipt are not missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The place of the last row, from 1: the number of rows there were.
    pub seq: u64,
    /// Its seal, which comes of all rows before it too.
    pub(crate) seal: [u8; 32],
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, hex::encode(self.seal))
    }
}

/// The text is not `seq:seal`.
#[derive(Debug, thiserror::Error)]
#[error("a receipt is the number of rows, a colon and 64 hexadecimal digits, as verify prints it")]
pub struct NotAReceipt;

impl FromStr for Receipt {
    type Err = NotAReceipt;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (seq, digits) = text.trim().split_once(':').ok_or(NotAReceipt)?;
        let seq = seq.parse().ok().filter(|seq| (1..=i64::MAX.unsigned_abs()).contains(seq)).ok_or(NotAReceipt)?;
        let mut seal = [0; 32];
        hex::decode_to_slice(digits, &mut seal).map_err(|_| NotAReceipt)?;
        Ok(Receipt { seq, seal })
    }
}
