use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment, or a civil day where the moment is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// An instant, UTC.
    Instant(DateTime<Utc>),
    /// A day in the organisation's time zone.
    Day(NaiveDate),
}

impl When {
    /// Reads `YYYY-MM-DD` or an RFC 3339 instant, of the years 1 to 9999: others cannot be written so that they are read again.
    #[must_use]
    pub fn parse(text: &str) -> Option<When> {
        let when = if text.len() == 10 {
            let is_plain =
                text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
            When::Day(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| is_plain)?)
        } else {
            let at = DateTime::parse_from_rfc3339(text).ok()?;
            // A leap second is the end of the one before: most readers of instants know no :60. Databases keep microseconds.
            let micros = at.timestamp_subsec_micros().min(999_999);
            When::Instant(DateTime::from_timestamp(at.timestamp(), micros * 1000)?)
        };
        let year = match when {
            When::Day(day) => day.year(),
            When::Instant(t) => t.year(),
        };
        (1..=9999).contains(&year).then_some(when)
    }

    /// The civil day, as `tz` has it.
    #[must_use]
    pub fn day(self, tz: Tz) -> NaiveDate {
        match self {
            When::Instant(t) => t.with_timezone(&tz).date_naive(),
            When::Day(day) => day,
        }
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            When::Instant(t) => f.write_str(&t.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            When::Day(day) => day.fmt(f),
        }
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        When::parse(&text).ok_or_else(|| serde::de::Error::custom("not a day or an instant"))
    }
}
