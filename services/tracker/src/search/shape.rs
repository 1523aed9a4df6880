//! What the index keeps of a challan: which terms stand for which fact, and the columns that lists are sorted by.

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use domain::challan::Challan;
use domain::filter::{Field, Finding, Searched};
use domain::fold::fold;
use tantivy::TantivyDocument;
use tantivy::schema::{BytesOptions, FAST, Field as Column, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use uuid::Uuid;

use super::terms::{END, NO_END, Taken, Terms, Text};
use crate::store::sort::stage_key;

/// One up whenever what is kept changes, so that an index of before is built anew.
pub(super) const SHAPE: u32 = 6;
/// Beginnings of words up to so many characters are terms of their own: longer ones are gathered from the words themselves.
pub(super) const START: usize = 1;
/// Bytes that the texts of one column of most challans fit in, and all that is kept of one.
const TEXT: usize = 512;
const DOCUMENT: usize = 2048;
/// Characters of one part of a number; a text of so many or more is found anywhere inside by its parts.
pub(super) const PART: usize = 3;

/// The names of the columns that rows are counted by, of which each row has one value.
pub(super) const EXECUTIVES: &str = "executives";
pub(super) const SOURCE: &str = "source";
/// Stands between the names of one row.
pub(super) const BETWEEN_NAMES: char = END;
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
    /// Counted by: the names as they were written, all of a row in one text, as few rows have others together; and the source.
    pub(super) executives: Column,
    pub(super) source: Column,
    /// Counted by; days as [`day_number`] has them.
    pub(super) ages: [(&'static str, Column); 4],
    /// Words with their places.
    pub(super) words: Column,
    /// Beginnings of words, but those of numbers.
    pub(super) starts: Column,
    /// Parts of numbers with their places.
    pub(super) parts: Column,
    /// Whole values.
    pub(super) facts: Column,
}

/// The index's columns.
pub(super) fn schema() -> (Schema, Columns) {
    let mut schema = Schema::builder();
    let terms = |taken: Taken| {
        let record = match taken {
            Taken::Words | Taken::Parts => IndexRecordOption::WithFreqsAndPositions,
            Taken::Starts | Taken::Facts => IndexRecordOption::Basic,
        };
        let indexing = TextFieldIndexing::default().set_tokenizer(taken.name()).set_fieldnorms(false);
        TextOptions::default().set_indexing_options(indexing.set_index_option(record))
    };
    let sorted = TextOptions::default().set_fast("raw");
    let columns = Columns {
        id: schema.add_bytes_field("id", BytesOptions::default().set_indexed()),
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
        words: schema.add_text_field("words", terms(Taken::Words)),
        starts: schema.add_text_field("starts", terms(Taken::Starts)),
        parts: schema.add_text_field("parts", terms(Taken::Parts)),
        facts: schema.add_text_field("facts", terms(Taken::Facts)),
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

/// The term for a value of `field`; what it begins with where `value` is empty.
pub(super) fn fact(field: Field, value: &str) -> String {
    [FACT, mark(field), value].concat()
}

const FACT: &str = "=";
const PRESENCE: &str = "?";
const CUSTOMER: &str = "!c";
const WRITTEN_SOURCE: &str = "!s";

fn mark(field: Field) -> &'static str {
    // A letter for each field, as its place says; there are more letters than fields.
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz";
    LETTERS.get(field as usize..=field as usize).unwrap_or("A")
}

/// The term for having any value of `field`; of one that is usual, for having none.
pub(super) fn presence(field: Field) -> String {
    [PRESENCE, mark(field)].concat()
}

/// Whether nearly every row has a value of `field`. Then those that have none have the term: there are fewer of these.
pub(super) fn is_usual(field: Field) -> bool {
    match field {
        Field::Stage | Field::Customer | Field::Executive | Field::Date | Field::Number | Field::Amount => true,
        Field::Age | Field::Version | Field::Created | Field::CreatedBy | Field::Updated | Field::UpdatedBy => true,
        // Most challans of a register are old, and have come to their end.
        Field::Dispatched | Field::Delivered | Field::Invoice | Field::InvoiceDate | Field::Submitted => true,
        Field::Summary => true,
        Field::Pod | Field::PodDate | Field::ReceivedBy | Field::SubmittedOn | Field::Remarks => false,
        Field::Source | Field::External => false,
        Field::Voided | Field::VoidReason | Field::Deleted | Field::DeletedBy => false,
    }
}

/// The term for the customer, by id.
pub(super) fn of_customer(id: Uuid) -> String {
    format!("{CUSTOMER}{}", id.simple())
}

/// The term for the source as it is written.
pub(super) fn of_source(source: &str) -> String {
    [WRITTEN_SOURCE, source].concat()
}

/// What is kept of `challan`, with civil days in `tz`.
pub(super) fn document(columns: &Columns, challan: &Challan, tz: Tz) -> TantivyDocument {
    let finding = Finding::of(challan, tz);
    let facts = &challan.facts;
    let mut document = TantivyDocument::with_capacity(DOCUMENT);
    document.add_bytes(columns.id, challan.id.as_bytes());
    let (high, low) = challan.id.as_u64_pair();
    document.add_u64(columns.id_high, high);
    document.add_u64(columns.id_low, low);
    document.add_i64(columns.version, finding.version);
    document.add_i64(columns.amount, finding.amount.unwrap_or(-1));
    document.add_i64(columns.updated_at, challan.updated_at.timestamp_micros());
    for (name, column) in columns.sorted {
        // As `store::challans` writes them, so that a place in a list means the same here and there.
        match name {
            "date" => document.add_text(column, facts.date.to_string()),
            "challan_number" => document.add_text(column, challan.challan_number.as_deref().unwrap_or_default()),
            "customer" => document.add_text(column, finding.text(Field::Customer)),
            "stage" => document.add_text(column, stage_key(challan.stage)),
            _ => document.add_text(column, facts.delivered_at.map(|w| w.to_string()).unwrap_or_default()),
        }
    }
    counted(&mut document, columns, challan, &finding);
    let mut terms = Terms { text: String::with_capacity(TEXT) };
    for column in Searched::ALL.into_iter().filter(|c| !c.is_number()) {
        terms.push(&[letter(column).encode_utf8(&mut [0; 4]), finding.words(column)]);
    }
    document.add_text(columns.words, &terms.text);
    document.add_text(columns.starts, &terms.text);
    terms.text.clear();
    parts(&mut terms, &finding);
    document.add_text(columns.parts, &terms.text);
    terms.text.clear();
    values(&mut terms, &finding, challan);
    document.add_text(columns.facts, &terms.text);
    document
}

fn counted(document: &mut TantivyDocument, columns: &Columns, challan: &Challan, finding: &Finding) {
    let (mut known, mut names) = (Vec::new(), String::new());
    for name in &challan.facts.delivery_executives {
        let folded = fold(name);
        // A person is counted once in a row, under the first of the ways in which it names them.
        if !folded.is_empty() && !known.contains(&folded) {
            known.push(folded);
            if !names.is_empty() {
                names.push(BETWEEN_NAMES);
            }
            names.push_str(&name.trim().replace(BETWEEN_NAMES, NO_END));
        }
    }
    document.add_text(columns.executives, names);
    let source = challan.source.as_deref().filter(|_| !finding.text(Field::Source).is_empty());
    document.add_text(columns.source, source.unwrap_or_default().replace(BETWEEN_NAMES, NO_END));
    let or_own = |field| finding.day(field).unwrap_or(challan.facts.date);
    let days = [finding.age_from, or_own(Field::Delivered), or_own(Field::PodDate), or_own(Field::InvoiceDate)];
    for ((_, column), day) in columns.ages.iter().zip(days) {
        document.add_i64(*column, day_number(day));
    }
}

fn parts(parts: &mut Terms, finding: &Finding) {
    for column in Searched::ALL.into_iter().filter(|c| c.is_number()) {
        let (folded, words) = (finding.text(column.field()), finding.words(column));
        let mut push = |text: Text, pieces: &[&str]| {
            parts.push(&[&[text.mark(), letter(column).encode_utf8(&mut [0; 4])], pieces].concat());
        };
        if !folded.is_ascii() {
            push(Text::Folded, &[folded]);
            push(Text::OddWords, &[words]);
        } else if is_spaced(folded, words) {
            push(Text::Both, &[" ", folded, " "]);
        } else {
            push(Text::Folded, &[folded]);
            push(Text::Words, &[words]);
        }
    }
}

/// Whether `words` are a number's but for one space in the place of each character between them, and at both ends.
fn is_spaced(number: &str, words: &str) -> bool {
    let spaced = number.bytes().map(|b| if b.is_ascii_alphanumeric() { b } else { b' ' });
    std::iter::once(b' ').chain(spaced).chain([b' ']).eq(words.bytes())
}

fn values(values: &mut Terms, finding: &Finding, challan: &Challan) {
    let mut days = DayText::default();
    for field in Field::ALL.iter().copied() {
        let (text, day) = (finding.text(field), finding.day(field));
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
        if has != is_usual(field) {
            values.push(&[PRESENCE, mark(field)]);
        }
        if let Some(day) = day {
            values.push(&[FACT, mark(field), days.text(day)]);
        } else if !text.is_empty() {
            values.push(&[FACT, mark(field), text]);
        }
    }
    values.push(&[FACT, mark(Field::Stage), finding.stage.as_str()]);
    for name in &finding.executives {
        values.push(&[FACT, mark(Field::Executive), name]);
    }
    values.push(&[CUSTOMER, challan.customer_id.simple().encode_lower(&mut Uuid::encode_buffer())]);
    if let Some(source) = &challan.source {
        values.push(&[WRITTEN_SOURCE, source]);
    }
}

/// The text of a day. A challan's days are often the same, and writing one takes longer than to see that.
#[derive(Default)]
struct DayText {
    day: Option<NaiveDate>,
    text: String,
}

impl DayText {
    fn text(&mut self, day: NaiveDate) -> &str {
        if self.day != Some(day) {
            (self.day, self.text) = (Some(day), day.to_string());
        }
        &self.text
    }
}
