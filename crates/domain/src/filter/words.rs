//! Words as they are compared: without case, accents and width. Letters and digits make a word.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Words;
use crate::fold::fold;

/// From this many characters on, a bare word is found anywhere inside a challan, invoice or external number.
pub const NUMBER_PART: usize = 3;

/// Marks that Latin, Greek and Cyrillic letters carry and that people leave out (Unicode blocks Combining Diacritical
/// Marks, their Extended, Supplement and Symbols blocks, and Half Marks). Vowel signs of Indian scripts are no accents.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// The words of `text`, folded, in order.
#[must_use]
pub fn words_of(text: &str) -> Vec<String> {
    if text.is_ascii() {
        let lower = text.to_ascii_lowercase();
        return lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect();
    }
    // Lower case before the accents are dropped: a capital may become a letter and an accent.
    let plain: String = text.nfkd().flat_map(char::to_lowercase).nfkd().filter(|c| !is_accent(*c)).nfc().collect();
    let plain = plain.replace('ς', "σ");
    plain
        .split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Words of a column as one text in which a [`Phrase`] is looked for: each with a space before and behind. Text without
/// any word is one space, so that only nothing is empty.
pub(super) fn searchable(text: &str) -> String {
    let mut all = String::with_capacity(text.len() + 2);
    let mut add = |word: &str| {
        all.push(' ');
        all.push_str(word);
    };
    if text.is_ascii() {
        text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).for_each(&mut add);
        all.make_ascii_lowercase();
    } else {
        words_of(text).iter().for_each(|word| add(word));
    }
    if !all.is_empty() || !text.trim().is_empty() {
        all.push(' ');
    }
    all
}

/// Folded words as they are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Stands in the text of a column that holds the words.
    pub part: String,
    /// Stands in the folded number that holds the words' text; none where that is too short or whole words are asked for.
    pub number_part: Option<String>,
}

impl Phrase {
    /// How `words` are looked for.
    #[must_use]
    pub fn of(words: &Words) -> Phrase {
        let mut part = format!(" {}", words_of(&words.text).join(" "));
        if words.exact {
            part.push(' ');
        }
        let folded = fold(&words.text);
        let long = !words.exact && folded.chars().count() >= NUMBER_PART;
        Phrase { part, number_part: long.then_some(folded) }
    }
}
