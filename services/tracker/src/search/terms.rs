//! Terms of one column on their way into the index: one text, which is taken apart there.

use tantivy::index::Index;
use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer};

use super::shape::PART;

/// Texts of one column, one behind another. No filter holds a control character, so none looks for what a text loses here.
#[derive(Default)]
pub(super) struct Terms {
    pub(super) text: String,
}

/// What stands behind each text, and in its place where a value has it.
pub(super) const END: char = '\u{1f}';
pub(super) const NO_END: &str = "\u{1e}";

impl Terms {
    /// Adds one text, given in pieces.
    pub(super) fn push(&mut self, pieces: &[&str]) {
        for piece in pieces {
            if piece.contains(END) {
                self.text.push_str(&piece.replace(END, NO_END));
            } else {
                self.text.push_str(piece);
            }
        }
        self.text.push(END);
    }
}

/// What of a text are terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// The whole text.
    Facts,
    /// Each word behind the text's first character, together with that. Nothing is found across a bar.
    Words,
    /// The first character of each word, likewise and each once.
    Starts,
    /// [`PART`] characters from each place on behind the text's first two, which are a [`Text`] and the column's letter.
    Parts,
}

impl Taken {
    /// The name in the columns' description.
    pub(super) fn name(self) -> &'static str {
        match self {
            Taken::Facts => "facts",
            Taken::Words => "words",
            Taken::Starts => "starts",
            Taken::Parts => "parts",
        }
    }
}

/// Lets `index` take [`Terms`] apart.
pub(super) fn register(index: &Index) {
    for taken in [Taken::Facts, Taken::Words, Taken::Starts, Taken::Parts] {
        let taker = Taker { taken, token: Token::default() };
        index.tokenizers().register(taken.name(), TextAnalyzer::builder(taker).build());
    }
}

/// A text of a number that parts are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    /// The folded number between two spaces, where its words are the same but for what stands between them. Each place has the
    /// part of the words, and that of the number where it is another one.
    Both,
    /// The folded number.
    Folded,
    /// Its words, each with a space before and behind.
    Words,
    /// The same of numbers with other characters than ASCII: in all others a word that is found stands in the folded number
    /// too.
    OddWords,
}

impl Text {
    const ALL: [Text; 4] = [Text::Both, Text::Folded, Text::Words, Text::OddWords];

    /// What stands for it before the letter.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Text::Both => "b",
            Text::Folded => "f",
            Text::Words => "w",
            Text::OddWords => "o",
        }
    }

    /// What a part of it has before the letter. Letters and digits are alike in a number and its words.
    pub(super) fn mark_of(self, part: &str) -> &'static str {
        let is_plain = self != Text::OddWords && part.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_plain { "s" } else { self.mark() }
    }
}

#[derive(Clone)]
struct Taker {
    taken: Taken,
    token: Token,
}

struct Stream<'a> {
    taken: Taken,
    token: &'a mut Token,
    /// The texts behind this one.
    texts: &'a str,
    /// What all terms of this text begin with, and what is left of it.
    prefix: &'a str,
    text: &'a str,
    /// The characters of one byte that its words were seen to begin with.
    seen: u128,
    /// Of [`Text::Both`]: at its first part, and the number's part at the place of the words'.
    is_first: bool,
    also: Option<&'a str>,
}

impl Tokenizer for Taker {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, texts: &'a str) -> Stream<'a> {
        self.token.reset();
        Stream {
            taken: self.taken,
            token: &mut self.token,
            texts,
            prefix: "",
            text: "",
            seen: 0,
            is_first: false,
            also: None,
        }
    }
}

impl<'a> Stream<'a> {
    /// Goes on to the next text, without a place in common with this one; false behind the last.
    fn next_text(&mut self) -> bool {
        let Some((text, rest)) = split(self.texts, END) else { return false };
        self.texts = rest;
        let prefix = match self.taken {
            Taken::Facts => 0,
            Taken::Words | Taken::Starts => 1,
            Taken::Parts => 2,
        };
        // Prefixes are letters of one byte.
        (self.prefix, self.text) = text.split_at_checked(prefix).unwrap_or_default();
        (self.seen, self.is_first) = (0, true);
        // Parts that are looked for together are no further apart than one is long.
        self.skip(if self.taken == Taken::Parts { PART } else { 1 });
        true
    }

    fn skip(&mut self, places: usize) {
        // The first place comes after the greatest number, which is 0.
        self.token.position = self.token.position.wrapping_add(places);
    }

    /// Goes to the next term of this text, and its place; false where there is none.
    fn next_term(&mut self) -> bool {
        let term = match self.taken {
            Taken::Parts => return self.next_part(),
            Taken::Facts => Some(std::mem::take(&mut self.text)).filter(|text| !text.is_empty()),
            Taken::Words => self.next_word(),
            Taken::Starts => self.next_start(),
        };
        let Some(term) = term else { return false };
        self.skip(1);
        self.set(self.prefix, term);
        true
    }

    fn set(&mut self, prefix: &str, term: &str) {
        self.token.text.clear();
        self.token.text.push_str(prefix);
        self.token.text.push_str(term);
    }

    fn next_start(&mut self) -> Option<&'a str> {
        loop {
            let word = self.next_word()?;
            let Some(first) = word.chars().next() else { continue };
            // Once is enough, and most words begin like another one.
            let bit = if first.is_ascii() { 1_u128 << first as u32 } else { 0 };
            if self.seen & bit == 0 {
                self.seen |= bit;
                return word.get(..first.len_utf8());
            }
        }
    }

    fn next_part(&mut self) -> bool {
        let (mark, letter) = self.prefix.split_at_checked(1).unwrap_or_default();
        let text = Text::ALL.into_iter().find(|text| text.mark() == mark).unwrap_or(Text::Folded);
        if let Some(part) = self.also.take() {
            self.set(Text::Folded.mark(), letter);
            self.token.text.push_str(part);
            return true;
        }
        let Some((part, rest)) = first_part(self.text) else { return false };
        let next = part.chars().next().map_or(0, char::len_utf8);
        self.skip(1);
        let mark = if text == Text::Both { Text::Words } else { text }.mark_of(part);
        self.set(mark, letter);
        if text == Text::Both && mark == Text::Words.mark() {
            self.token.text.extend(part.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }));
            // The spaces at both ends are none of the number's.
            self.also = (!self.is_first && !rest.is_empty()).then_some(part);
        } else {
            self.token.text.push_str(part);
        }
        self.is_first = false;
        self.text = self.text.get(next..).unwrap_or_default();
        true
    }

    fn next_word(&mut self) -> Option<&'a str> {
        while !self.text.is_empty() {
            let (word, rest) = split(self.text, ' ').unwrap_or((self.text, ""));
            self.text = rest;
            match word {
                "" => {}
                "|" => self.skip(1),
                word => return Some(word),
            }
        }
        None
    }
}

/// The first [`PART`] characters of a text, and what is behind them; none where it is shorter.
fn first_part(text: &str) -> Option<(&str, &str)> {
    if text.as_bytes().get(..PART)?.is_ascii() {
        return text.split_at_checked(PART);
    }
    let (last, c) = text.char_indices().nth(PART - 1)?;
    text.split_at_checked(last + c.len_utf8())
}

/// As `str::split_once` of a character of one byte, which for texts as short as these takes longer to begin.
fn split(text: &str, at: char) -> Option<(&str, &str)> {
    let place = text.bytes().position(|byte| char::from(byte) == at)?;
    Some((text.get(..place)?, text.get(place + 1..)?))
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            if self.next_term() {
                return true;
            }
            if !self.next_text() {
                return false;
            }
        }
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(taken: Taken, texts: &[&[&str]]) -> Vec<(usize, String)> {
        let mut terms = Terms::default();
        texts.iter().for_each(|text| terms.push(text));
        let (mut by, mut found) = (Taker { taken, token: Token::default() }, Vec::new());
        let mut stream = by.token_stream(&terms.text);
        while stream.advance() {
            found.push((stream.token().position, stream.token().text.clone()));
        }
        found
    }

    #[test]
    fn terms_have_their_places() {
        let of = |found: &[(usize, &str)]| -> Vec<(usize, String)> {
            found.iter().map(|(place, term)| (*place, (*term).to_owned())).collect()
        };
        let words = [&["s", " gate valve "][..], &["x", " anil | uma amit "], &["r", ""]];
        let places = [(1, "sgate"), (2, "svalve"), (4, "xanil"), (6, "xuma"), (7, "xamit")];
        assert_eq!(taken(Taken::Words, &words), of(&places));
        let starts: Vec<String> = taken(Taken::Starts, &words).into_iter().map(|(_, term)| term).collect();
        assert_eq!(starts, ["sg", "sv", "xa", "xu"]);
        let numbers = [
            &["bn", " ab/12 "][..],
            &["fe", "-ab1"],
            &["we", " ab1 "],
            &["fi", "12"],
            &["oi", " \u{e9}1 "],
            &["fv", ""],
        ];
        let parts = [
            (3, "wn ab"),
            (4, "wnab "),
            (4, "fnab/"),
            (5, "wnb 1"),
            (5, "fnb/1"),
            (6, "wn 12"),
            (6, "fn/12"),
            (7, "wn12 "),
            (11, "fe-ab"),
            (12, "seab1"),
            (16, "we ab"),
            (17, "seab1"),
            (18, "web1 "),
            (25, "oi \u{e9}1"),
            (26, "oi\u{e9}1 "),
        ];
        assert_eq!(taken(Taken::Parts, &numbers), of(&parts));
        let facts = [&["=A", "a\u{1f}b"][..], &["?B"]];
        assert_eq!(taken(Taken::Facts, &facts), of(&[(1, "=Aa\u{1e}b"), (3, "?B")]));
    }
}
