//! What the index keeps of a challan: which terms stand for which fact, and the columns that lists are sorted by.

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use domain::challan::Challan;
use domain::filter::{Field, Finding, Searched};
use domain::fold::fold;
use tantivy::TantivyDocument;
use tantivy::index::Index;
use tantivy::schema::{
    BytesOptions, FAST, Field as Column, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer};
use uuid::Uuid;

/// One up whenever what is kept changes, so that an index of before is built anew.
pub(super) const SHAPE: u32 = 1;
/// Beginnings of words up to so many characters are terms of their own: short ones begin too many words to be gathered
/// from the words themselves.
pub(super) const START: usize = 3;
/// Characters of one part of a number; a text of so many or more is found anywhere inside by its parts.
pub(super) const PART: usize = 3;

/// The names of the columns that rows are counted by.
pub(super) const EXECUTIVES: &str = "executives";
pub(super) const SOURCE: &str = "source";
/// From which day the age counts; and the day of the delivery, of the signed copy, of the invoice, or else the challan's own.
pub(super) const AGE: &str = "age_from";
pub(super) const SINCE_DELIVERED: &str = "since_delivered";
pub(super) const SINCE_POD: &str = "since_pod";
pub(super) const SINCE_INVOICE: &str = "since_invoice";

/// A civil day as a number in the order of days.
pub(super) fn day_number(day: NaiveDate) -> i64 {
    i64::from(day.num_days_from_ce())
}

/// The columns of the index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    /// The id's 16 bytes, by which a row is replaced.
    pub(super) id: Column,
    pub(super) id_high: Column,
    pub(super) id_low: Column,
    pub(super) version: Column,
    /// Paise; -1 for none.
    pub(super) amount: Column,
    /// Microseconds.
    pub(super) updated_at: Column,
    /// Sorted by; texts as the table has them.
    pub(super) sorted: [(&'static str, Column); 5],
    /// Counted by: each name as it was written.
    pub(super) executives: Column,
    pub(super) source: Column,
    /// Counted by; days as [`day_number`] has them.
    pub(super) ages: [(&'static str, Column); 4],
    /// Words with their places.
    pub(super) words: Column,
    /// Beginnings of words.
    pub(super) starts: Column,
    /// Parts of numbers with their places.
    pub(super) parts: Column,
    /// Whole values.
    pub(super) facts: Column,
}

/// The index's columns.
pub(super) fn schema() -> (Schema, Columns) {
    let mut schema = Schema::builder();
    let terms = |record| {
        let indexing =
            TextFieldIndexing::default().set_tokenizer(PARTED).set_fieldnorms(false).set_index_option(record);
        TextOptions::default().set_indexing_options(indexing)
    };
    let placed = terms(IndexRecordOption::WithFreqsAndPositions);
    let plain = terms(IndexRecordOption::Basic);
    let sorted = TextOptions::default().set_fast("raw");
    let columns = Columns {
        id: schema.add_bytes_field("id", BytesOptions::default() | INDEXED),
        id_high: schema.add_u64_field("id_high", FAST),
        id_low: schema.add_u64_field("id_low", FAST),
        version: schema.add_i64_field("version", FAST),
        amount: schema.add_i64_field("amount", FAST),
        updated_at: schema.add_i64_field("updated_at", FAST),
        sorted: ["date", "challan_number", "customer", "stage", "delivered_at"]
            .map(|name| (name, schema.add_text_field(name, sorted.clone()))),
        executives: schema.add_text_field(EXECUTIVES, sorted.clone()),
        source: schema.add_text_field(SOURCE, sorted),
        ages: [AGE, SINCE_DELIVERED, SINCE_POD, SINCE_INVOICE].map(|name| (name, schema.add_i64_field(name, FAST))),
        words: schema.add_text_field("words", placed.clone()),
        starts: schema.add_text_field("starts", plain.clone()),
        parts: schema.add_text_field("parts", placed),
        facts: schema.add_text_field("facts", plain),
    };
    (schema.build(), columns)
}

/// The letter that a column of words has before its terms.
pub(super) fn letter(column: Searched) -> char {
    match column {
        Searched::Number => 'n',
        Searched::Invoice => 'i',
        Searched::External => 'e',
        Searched::Customer => 'c',
        Searched::Executives => 'x',
        Searched::Summary => 's',
        Searched::Remarks => 'r',
        Searched::VoidReason => 'v',
    }
}

/// Which text of a number its parts are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The folded number.
    Folded,
    /// Its words, each with a space before and behind.
    Words,
    /// The same of numbers with other characters than ASCII: in all others a word that is found stands in the folded
    /// number too.
    OddWords,
}

impl Part {
    /// What its terms begin with.
    pub(super) fn prefix(self, column: Searched) -> String {
        let kind = match self {
            Part::Folded => 'f',
            Part::Words => 'w',
            Part::OddWords => 'o',
        };
        [kind, letter(column)].iter().collect()
    }
}

/// The term for a value of `field`; what it begins with where `value` is empty.
pub(super) fn fact(field: Field, value: &str) -> String {
    // Fields are far fewer than the characters from A on that are one byte.
    let place = Field::ALL.iter().position(|f| *f == field).and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
    format!("={}{value}", char::from(b'A' + place))
}

/// The term for having any value of `field`.
pub(super) fn presence(field: Field) -> String {
    format!("?{}", fact(field, ""))
}

/// The term for the customer, by id.
pub(super) fn of_customer(id: Uuid) -> String {
    format!("!c{}", id.simple())
}

/// The term for the source as it is written.
pub(super) fn of_source(source: &str) -> String {
    format!("!s{source}")
}

/// What the days begin with from which the age counts.
pub(super) const AGE_FROM: &str = "!a";

/// Terms of one column on their way into the index, as one text that [`Parted`] takes apart: no filter holds a control
/// character, so none looks for what a value loses here.
#[derive(Default)]
struct Terms {
    text: String,
}

/// What stands behind each term, and in its place where a value has it.
const END: char = '\u{1f}';
const NO_END: &str = "\u{1e}";

impl Terms {
    fn push(&mut self, prefix: &str, term: &str) {
        for part in [prefix, term] {
            if part.contains(END) {
                self.text.push_str(&part.replace(END, NO_END));
            } else {
                self.text.push_str(part);
            }
        }
        self.text.push(END);
    }

    /// Nothing is found across a gap.
    fn gap(&mut self) {
        self.text.push(END);
    }
}

/// The name of [`Parted`] in the columns' description.
const PARTED: &str = "parted";

/// Lets `index` take [`Terms`] apart.
pub(super) fn register(index: &Index) {
    index.tokenizers().register(PARTED, TextAnalyzer::builder(Parted::default()).build());
}

/// Takes the text of [`Terms`] apart.
#[derive(Clone, Default)]
struct Parted {
    token: Token,
}

struct Parts<'a> {
    text: &'a str,
    token: &'a mut Token,
}

impl Tokenizer for Parted {
    type TokenStream<'a> = Parts<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Parts<'a> {
        self.token.reset();
        Parts { text, token: &mut self.token }
    }
}

impl TokenStream for Parts<'_> {
    fn advance(&mut self) -> bool {
        while let Some((term, rest)) = self.text.split_once(END) {
            self.text = rest;
            // The first place comes after the greatest number, which is 0.
            self.token.position = self.token.position.wrapping_add(1);
            if !term.is_empty() {
                self.token.text.clear();
                self.token.text.push_str(term);
                return true;
            }
        }
        false
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// What is kept of `challan`, with civil days in `tz`.
pub(super) fn document(columns: &Columns, challan: &Challan, tz: Tz) -> TantivyDocument {
    let finding = Finding::of(challan, tz);
    let facts = &challan.facts;
    let mut document = TantivyDocument::default();
    document.add_bytes(columns.id, challan.id.as_bytes());
    let (high, low) = challan.id.as_u64_pair();
    document.add_u64(columns.id_high, high);
    document.add_u64(columns.id_low, low);
    document.add_i64(columns.version, finding.version);
    document.add_i64(columns.amount, finding.amount.unwrap_or(-1));
    document.add_i64(columns.updated_at, challan.updated_at.timestamp_micros());
    for (name, column) in columns.sorted {
        // As `store::challans` writes them, so that a place in a list means the same here and there.
        let key = match name {
            "date" => facts.date.to_string(),
            "challan_number" => challan.challan_number.clone().unwrap_or_default(),
            "customer" => fold(&facts.customer),
            "stage" => challan.stage.as_str().to_owned(),
            _ => facts.delivered_at.map(|w| w.to_string()).unwrap_or_default(),
        };
        document.add_text(column, key);
    }
    counted(&mut document, columns, challan, &finding);
    let (words, starts) = words(&finding);
    document.add_text(columns.words, words.text);
    document.add_text(columns.starts, starts.text);
    document.add_text(columns.parts, parts(&finding).text);
    document.add_text(columns.facts, values(&finding, challan).text);
    document
}

fn counted(document: &mut TantivyDocument, columns: &Columns, challan: &Challan, finding: &Finding) {
    let mut known = Vec::new();
    for name in &challan.facts.delivery_executives {
        let folded = fold(name);
        // A person is counted once in a row, under the first of the ways in which it names them.
        if !folded.is_empty() && !known.contains(&folded) {
            known.push(folded);
            document.add_text(columns.executives, name.trim());
        }
    }
    if let Some(source) = challan.source.as_ref().filter(|_| !finding.text(Field::Source).is_empty()) {
        document.add_text(columns.source, source);
    }
    let or_own = |field| finding.day(field).unwrap_or(challan.facts.date);
    let days = [finding.age_from, or_own(Field::Delivered), or_own(Field::PodDate), or_own(Field::InvoiceDate)];
    for ((_, column), day) in columns.ages.iter().zip(days) {
        document.add_i64(*column, day_number(day));
    }
}

fn words(finding: &Finding) -> (Terms, Terms) {
    let (mut words, mut starts) = (Terms::default(), Terms::default());
    for column in Searched::ALL {
        let letter = letter(column).to_string();
        words.gap();
        for word in finding.words(column).split(' ').filter(|w| !w.is_empty()) {
            if word == "|" {
                words.gap();
                continue;
            }
            // Longer beginnings of a number's words are found by its parts.
            let longest = if column.is_number() { 1 } else { START };
            for (end, c) in word.char_indices().take(longest) {
                starts.push(&letter, &word[..end + c.len_utf8()]);
            }
            if !column.is_number() {
                words.push(&letter, word);
            }
        }
    }
    (words, starts)
}

fn parts(finding: &Finding) -> Terms {
    let mut parts = Terms::default();
    let mut add = |prefix: &str, text: &str| {
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).skip(PART - 1);
        for ((from, _), end) in text.char_indices().zip(ends) {
            parts.push(prefix, &text[from..end]);
        }
        parts.gap();
    };
    for column in Searched::ALL.into_iter().filter(|c| c.is_number()) {
        let (folded, words) = (finding.text(column.field()), finding.words(column));
        add(&Part::Folded.prefix(column), folded);
        add(&Part::Words.prefix(column), words);
        if !folded.is_ascii() {
            add(&Part::OddWords.prefix(column), words);
        }
    }
    parts
}

fn values(finding: &Finding, challan: &Challan) -> Terms {
    let mut values = Terms::default();
    for field in Field::ALL.iter().copied() {
        let text = finding.text(field);
        let day = finding.day(field).map(|d| d.to_string());
        let has = match field {
            Field::Pod => finding.pod,
            Field::Submitted => finding.submitted,
            Field::Amount => finding.amount.is_some(),
            Field::Executive => !finding.executives.is_empty(),
            Field::Summary => !finding.words(Searched::Summary).is_empty(),
            Field::Remarks => !finding.words(Searched::Remarks).is_empty(),
            Field::VoidReason => !finding.words(Searched::VoidReason).is_empty(),
            Field::Stage | Field::Age | Field::Version => true,
            _ => day.is_some() || !text.is_empty(),
        };
        if has {
            values.push("", &presence(field));
        }
        if let Some(value) = day.or_else(|| (!text.is_empty()).then(|| text.to_owned())) {
            values.push("", &fact(field, &value));
        }
    }
    values.push("", &fact(Field::Stage, finding.stage.as_str()));
    for name in &finding.executives {
        values.push("", &fact(Field::Executive, name));
    }
    values.push(AGE_FROM, &finding.age_from.to_string());
    values.push("", &of_customer(challan.customer_id));
    if let Some(source) = &challan.source {
        values.push("", &of_source(source));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_have_their_places() {
        let mut terms = Terms::default();
        terms.push("s", "gate");
        terms.push("s", "valve");
        terms.gap();
        terms.push("", "a\u{1f}b");
        let (mut by, mut found) = (Parted::default(), Vec::new());
        let mut parts = by.token_stream(&terms.text);
        while parts.advance() {
            found.push((parts.token().position, parts.token().text.clone()));
        }
        assert_eq!(found, [(0, "sgate".to_owned()), (1, "svalve".to_owned()), (3, "a\u{1e}b".to_owned())]);
    }
}
