//! Why a field is refused: a word for programs and a sentence for people.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// A rule that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Reason {
    /// The rule's own word, lower case with underscores, at most 32 characters, stable over time.
    pub code: &'static str,
    /// What would be right, as a sentence.
    pub text: Cow<'static, str>,
}

impl Reason {
    /// The rule `code`, told as `text`.
    #[must_use]
    pub fn new(code: &'static str, text: impl Into<Cow<'static, str>>) -> Reason {
        Reason { code, text: text.into() }
    }
}

/// Reasons by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Errors(BTreeMap<String, Vec<Reason>>);

impl Errors {
    /// None so far.
    #[must_use]
    pub fn new() -> Errors {
        Errors::default()
    }

    /// One reason for one field.
    #[must_use]
    pub fn of(field: &str, reason: Reason) -> Errors {
        let mut errors = Errors::new();
        errors.add(field, reason);
        errors
    }

    /// Adds a reason for `field`.
    pub fn add(&mut self, field: &str, reason: Reason) {
        self.0.entry(field.to_owned()).or_default().push(reason);
    }

    /// Adds the rule `code`, told as `text`, for `field`.
    pub fn refuse(&mut self, field: &str, code: &'static str, text: impl Into<Cow<'static, str>>) {
        self.add(field, Reason::new(code, text));
    }

    /// Takes over the reasons for fields that have none yet.
    pub fn complete(&mut self, others: Errors) {
        for (field, reasons) in others.0 {
            self.0.entry(field).or_insert(reasons);
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are none for `field`.
    #[must_use]
    pub fn spares(&self, field: &str) -> bool {
        !self.0.contains_key(field)
    }

    /// The fields in their order with their reasons, of which each has at least one.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Reason])> {
        self.0.iter().map(|(field, reasons)| (field.as_str(), reasons.as_slice()))
    }

    /// The sentences by field.
    #[must_use]
    pub fn sentences(&self) -> BTreeMap<String, Vec<String>> {
        self.each(|reason| reason.text.clone().into_owned())
    }

    /// The rules' words by field, in the order of the sentences.
    #[must_use]
    pub fn codes(&self) -> BTreeMap<String, Vec<String>> {
        self.each(|reason| reason.code.to_owned())
    }

    fn each(&self, show: impl Fn(&Reason) -> String) -> BTreeMap<String, Vec<String>> {
        self.0.iter().map(|(field, reasons)| (field.clone(), reasons.iter().map(&show).collect())).collect()
    }
}
