//! Which new passwords are taken: by length and by how soon they are guessed, never by kinds of characters
//! (ASVS 5.0, 6.2).

use std::collections::HashSet;
use std::sync::LazyLock;

use domain::fold::fold;
use service::Config;
use unicode_normalization::UnicodeNormalization;

/// The fewest and most characters of a password, counted in normal form C.
pub const LENGTH: std::ops::RangeInclusive<usize> = 8..=1024;
/// Letters and digits that must be left when the words everybody here knows are taken out.
const OWN_CHARACTERS: usize = 6;
/// Digits and signs around a common password that make it no less common.
const TAIL: usize = 4;
/// Words shorter than this stand in too many passwords by chance.
const WORD: usize = 3;
/// How the product is called.
const PRODUCT: [&str; 3] = ["dctracker", "tracker", "challan"];

static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("../common_passwords.txt").lines().filter(|line| !line.starts_with('#')).collect());

/// Why a new password is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// `password_too_short`, `password_too_long`, `password_common` or `password_context`.
    pub code: &'static str,
    /// A sentence that says what would be right.
    pub reason: String,
}

/// Why `password` is refused to a person with these names (e-mail, user name, given and family name), or nothing.
#[must_use]
pub fn objection(config: &Config, password: &str, names: &[&str]) -> Option<Objection> {
    let length = password.nfc().count();
    let refused = |code, reason: String| Some(Objection { code, reason });
    if length < *LENGTH.start() {
        return refused("password_too_short", format!("A password has at least {} characters.", LENGTH.start()));
    }
    if length > *LENGTH.end() {
        return refused("password_too_long", format!("A password has at most {} characters.", LENGTH.end()));
    }
    if is_common(password) {
        let reason = "This password is one of the first that are guessed; take a less common one.";
        return refused("password_common", reason.into());
    }
    if is_of_here(config, password, names) {
        let reason = "This password is little more than a name of yours, of the organisation or of DC Tracker; \
                      take one that has more to it.";
        return refused("password_context", reason.into());
    }
    None
}

fn is_common(password: &str) -> bool {
    let folded = fold(password);
    let core = folded.trim_matches(|c: char| !c.is_alphabetic());
    let around = folded.chars().count() - core.chars().count();
    COMMON.contains(folded.as_str())
        || COMMON.contains(unmasked(&folded).as_str())
        || around <= TAIL && !core.is_empty() && (COMMON.contains(core) || COMMON.contains(unmasked(core).as_str()))
}

fn is_of_here(config: &Config, password: &str, names: &[&str]) -> bool {
    let domains = config.allowed_email_domains.iter().flat_map(|d| [d.as_str(), d.split('.').next().unwrap_or(d)]);
    let own = names.iter().flat_map(|name| {
        let local = name.split('@').next().unwrap_or(name);
        let parts = local.split(|c: char| !c.is_alphanumeric());
        std::iter::once(*name).chain([local]).chain(parts)
    });
    let mut words: Vec<String> = PRODUCT.into_iter().chain(domains).chain(own).map(plain).collect();
    words.retain(|word| word.chars().count() >= WORD);
    // The longest first, so that a short word does not break a long one.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let whole = plain(password);
    let rest = words.iter().fold(whole.clone(), |rest, word| rest.replace(word.as_str(), ""));
    rest.len() < whole.len() && rest.chars().count() < OWN_CHARACTERS
}

/// Letters and digits alone, folded, with figures that stand for letters read as letters.
fn plain(text: &str) -> String {
    unmasked(&fold(text)).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// `p4$$w0rd` read as it is meant.
fn unmasked(folded: &str) -> String {
    let read = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    folded.chars().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str, email: &str) -> Option<&'static str> {
        let config = Config::read(&|name| (name == "SECRET_KEY").then(|| "x".repeat(32))).unwrap();
        objection(&config, password, &[email, "Asha", "Rao"]).map(|o| o.code)
    }

    #[test]
    fn guessable_passwords_are_refused_with_the_rule() {
        let email = "asha.rao@4syz.com";
        for (password, rule) in [
            ("1234567", "password_too_short"),
            ("cafe\u{301}123", "password_too_short"),
            ("12345678", "password_common"),
            ("password1", "password_common"),
            ("P@ssw0rd!", "password_common"),
            ("Welcome@123", "password_common"),
            ("qwertyuiop", "password_common"),
            ("4syz2026", "password_context"),
            ("4SYZ.com", "password_context"),
            ("dctracker1", "password_context"),
            ("DC-Tracker-2026", "password_context"),
            ("asha.rao", "password_context"),
            ("Asha Rao 1", "password_context"),
            ("a5ha.rao2026!", "password_context"),
        ] {
            assert_eq!(code(password, email), Some(rule), "{password}");
        }
        assert_eq!(code(&"x".repeat(1025), email), Some("password_too_long"));
    }

    #[test]
    fn no_kind_of_character_is_asked_for() {
        for good in [
            "correct horse",
            "k8fjw02lso",
            "k8fjw02l",
            "asha likes mangoes",
            "4syz and a tall giraffe",
            "दिल्ली की सर्दी",
        ] {
            assert_eq!(code(good, "asha.rao@4syz.com"), None, "{good}");
        }
        for length in [64, 1024] {
            assert_eq!(code(&"x".repeat(length), "asha.rao@4syz.com"), None);
        }
    }
}
