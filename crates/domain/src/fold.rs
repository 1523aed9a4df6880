//! Text as it is compared: trimmed, in Unicode normal form C, lower case.

use unicode_normalization::UnicodeNormalization;

/// The form under which two spellings count as one: trimmed, inner white space as single spaces, NFC, lower case.
///
/// `" A@4SYZ.com"` and `"a@4syz.com"` fold to the same text.
#[must_use]
pub fn fold(text: &str) -> String {
    let lower: String = text.nfkc().flat_map(char::to_lowercase).nfc().collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn spellings_of_one_address_are_one() {
        assert_eq!(fold(" A@4SYZ.com "), "a@4syz.com");
        assert_eq!(fold("Jose\u{301}  Asha"), fold("JOS\u{c9} asha"));
    }
}
