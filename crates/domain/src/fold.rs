//! Text as it is compared: trimmed, in Unicode normal form C, lower case.

use unicode_normalization::UnicodeNormalization;

/// The form under which two spellings count as one: trimmed, inner white space as single spaces, without what nobody sees, NFC,
/// lower case.
///
/// `" A@4SYZ.com"` and `"a@4syz.com"` fold to the same text.
#[must_use]
pub fn fold(text: &str) -> String {
    // Most text is ASCII, which no normal form changes.
    if text.is_ascii() {
        let mut folded = spaced(text);
        folded.make_ascii_lowercase();
        return folded;
    }
    let seen = text.nfkc().filter(|c| !is_invisible(*c));
    spaced(&seen.flat_map(char::to_lowercase).nfc().collect::<String>())
}

fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    spaced
}

/// The form in which a name or address is kept: trimmed, in Unicode normal form C.
#[must_use]
pub fn canonical(text: &str) -> String {
    text.trim().nfc().collect()
}

/// Whether the text holds characters that nobody sees and that would make two look-alikes of one name: soft hyphen,
/// zero width and direction marks, invisible operators, byte order mark, tags (Unicode's `Default_Ignorable_Code_Point`,
/// less variation selectors).
#[must_use]
pub fn has_invisible(text: &str) -> bool {
    text.chars().any(is_invisible)
}

/// Whether nobody sees anything of the text.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::{canonical, fold, has_invisible, is_blank};

    #[test]
    fn what_nobody_sees_is_found() {
        assert_eq!(canonical(" Jose\u{301} "), "Jos\u{e9}");
        assert!(has_invisible("a\u{200b}@4syz.com") && has_invisible("ravi\u{202e}"));
        assert!(!has_invisible("Jos\u{e9} \u{906}\u{936}\u{93e}"));
        assert!(is_blank("\u{200d} \u{200b}") && is_blank("") && !is_blank("a\u{200b}"));
    }

    #[test]
    fn ascii_is_changed_by_nothing_but_lower_case() {
        use unicode_normalization::{UnicodeNormalization, is_nfkc};
        for c in (0..128_u8).map(char::from) {
            assert!(is_nfkc(c.encode_utf8(&mut [0; 4])));
            assert!(c.to_lowercase().nfc().eq([c.to_ascii_lowercase()]), "{c:?}");
        }
    }

    #[test]
    fn spellings_of_one_address_are_one() {
        assert_eq!(fold(" A@4SYZ.com "), "a@4syz.com");
        assert_eq!(fold("Jose\u{301}  Asha"), fold("JOS\u{c9} asha"));
        assert_eq!(fold("\u{feff}Asha\u{200b} Traders\u{200e}"), "asha traders");
        assert_eq!(fold("\u{915}\u{94d}\u{200d}\u{937}"), fold("\u{915}\u{94d}\u{937}"), "a joiner is how it is drawn");
    }
}
