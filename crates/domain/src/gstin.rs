//! GSTIN, the number under which a business is registered for India's goods and services tax.
//!
//! Its parts are those of rule 10(1) of the Central Goods and Services Tax Rules, 2017: two characters for the state, ten for
//! the PAN or TAN, two for the entity, one as a checksum. The checksum is the Luhn algorithm over the 36 characters 0-9 A-Z,
//! as the GST Network's own tools for filers compute it.

use crate::reason::Reason;

/// The characters of a GSTIN by their value.
const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The state codes of the GST portal: 01 to 38, 97 for other territory, 99 for the Centre.
#[must_use]
pub fn is_state(code: &str) -> bool {
    code.len() == 2
        && code.bytes().all(|b| b.is_ascii_digit())
        && code.parse::<u8>().is_ok_and(|n| matches!(n, 1..=38 | 97 | 99))
}

/// A GSTIN as it is stored: without white space around it, in capitals.
///
/// # Errors
/// Which part is wrong.
pub fn parse(text: &str) -> Result<String, Reason> {
    let gstin = text.trim().to_ascii_uppercase();
    let bytes = gstin.as_bytes();
    if bytes.len() != 15 || !bytes.iter().all(u8::is_ascii_alphanumeric) {
        return Err(Reason::new("gstin_length", "A GSTIN has 15 letters and digits, such as 27AAPFU0939F1ZV."));
    }
    if !is_state(&gstin[..2]) {
        return Err(Reason::new("gstin_state", "A GSTIN begins with a state's code, 01 to 38, 97 or 99."));
    }
    if !is_pan(&bytes[2..12]) && !is_tan(&bytes[2..12]) {
        return Err(Reason::new(
            "gstin_pan",
            "The third to twelfth characters of a GSTIN are a PAN, such as AAPFU0939F.",
        ));
    }
    if check_character(&bytes[..14]) != Some(bytes[14]) {
        return Err(Reason::new(
            "gstin_checksum",
            "The last character does not fit the others: one of them is mistyped.",
        ));
    }
    Ok(gstin)
}

/// Five letters, four digits, a letter (Income-tax Rules, rule 114).
fn is_pan(part: &[u8]) -> bool {
    fits(part, 5)
}

/// Four letters, five digits, a letter: tax deductors are registered under it.
fn is_tan(part: &[u8]) -> bool {
    fits(part, 4)
}

fn fits(part: &[u8], letters: usize) -> bool {
    part[..letters].iter().all(u8::is_ascii_uppercase)
        && part[letters..9].iter().all(u8::is_ascii_digit)
        && part[9].is_ascii_uppercase()
}

/// The fifteenth character that belongs to the first fourteen; none where one of them is no character of a GSTIN.
fn check_character(first: &[u8]) -> Option<u8> {
    let mut sum = 0;
    for (place, byte) in first.iter().enumerate() {
        let value = ALPHABET.iter().position(|c| c == byte)?;
        let product = value * (1 + place % 2);
        sum += product / 36 + product % 36;
    }
    Some(ALPHABET[(36 - sum % 36) % 36])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registered_numbers_are_taken() {
        for known in ["27AAPFU0939F1ZV", "29AAGCB7383J1Z4", " 27aapfu0939f1zv "] {
            assert_eq!(parse(known), Ok(known.trim().to_uppercase()), "{known}");
        }
    }

    #[test]
    fn every_single_mistyped_character_is_found() {
        let right = "27AAPFU0939F1ZV";
        for place in 0..15 {
            for other in ALPHABET.iter().filter(|c| **c != right.as_bytes()[place]) {
                let mut wrong = right.as_bytes().to_vec();
                wrong[place] = *other;
                assert!(parse(std::str::from_utf8(&wrong).unwrap()).is_err(), "{place} {other}");
            }
        }
    }

    #[test]
    fn what_is_no_gstin_is_refused() {
        for wrong in ["", "27AAPFU0939F1Z", "00AAPFU0939F1ZV", "27AAPFU0939F1ZVX", "२७AAPFU0939F1Z", "27-APFU0939F1ZV"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(is_state("27") && is_state("97") && !is_state("00") && !is_state("39") && !is_state("7"));
    }
}
