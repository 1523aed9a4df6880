//! JSON texts of other people, of a bounded number of values: small ones take a hundred times the room of their text.

use std::fmt;

use poem::http::StatusCode;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use service::Problem;

/// The most values of a body: 50 for each of 10,000 rows, which have 20 fields.
pub(crate) const MOST_VALUES: usize = 500_000;
/// How many values an object that is not empty counts as: it takes 632 bytes for its first eleven fields, a value 32.
const OBJECT: usize = 10;

/// What is left of the values that a body may have.
pub(crate) struct Room {
    /// None once it had more.
    left: Option<usize>,
}

/// Why a text is not read.
pub(crate) enum Unread {
    /// It is not JSON from here on.
    Broken(serde_json::Error),
    /// It has more values than [`MOST_VALUES`].
    TooMany,
}

impl Room {
    /// Of a body of which nothing is read.
    pub(crate) fn new() -> Room {
        Room { left: Some(MOST_VALUES) }
    }

    /// Reads one value that is all of `text`.
    ///
    /// # Errors
    /// Where it is not JSON, and where the body has too many values.
    pub(crate) fn read(&mut self, text: &[u8]) -> Result<Value, Unread> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let read = One(self).deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
        read.map_err(|error| self.why(error))
    }

    fn take<E: Error>(&mut self, values: usize) -> Result<(), E> {
        self.left = self.left.and_then(|left| left.checked_sub(values));
        self.left.map(drop).ok_or_else(|| E::custom("too many values"))
    }

    /// Why reading a value of this body failed.
    pub(crate) fn why(&self, error: serde_json::Error) -> Unread {
        if self.left.is_none() { Unread::TooMany } else { Unread::Broken(error) }
    }
}

impl Unread {
    /// The answer to whoever sent it: 413 for too many values, and else what `broken` makes of the mistake.
    pub(crate) fn problem(self, broken: impl FnOnce(&serde_json::Error) -> Problem) -> Problem {
        match self {
            Unread::Broken(error) => broken(&error),
            Unread::TooMany => {
                let detail = format!("A body has at most {MOST_VALUES} values. Send this as several calls.");
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_values", detail)
            }
        }
    }
}

/// 400 for a body that is no JSON.
pub(crate) fn broken(error: &serde_json::Error) -> Problem {
    Problem::malformed(format!("The JSON breaks off at line {}, column {}.", error.line(), error.column()))
}

/// The next value, as far as there is room.
pub(crate) struct One<'a>(pub(crate) &'a mut Room);

impl<'de> DeserializeSeed<'de> for One<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        self.0.take(1)?;
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for One<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(One(self.0))? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = object.next_key()? {
            if fields.is_empty() {
                self.0.take(OBJECT - 1)?;
            }
            fields.insert(name, object.next_value_seed(One(self.0))?);
        }
        Ok(fields.into())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test states its assumption by unwrapping it")]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_as_the_library_reads_it() {
        for text in [
            r#"{"a": [1, -2, 2.5, 18446744073709551615, 1e400, true, null, "x\u00e9\n"], "b": {}, "a": 3}"#,
            "[]",
            "\"\"",
            " 7 ",
            "[1,]",
            "{} x",
            "",
            "{\"a\"",
        ] {
            let whole = serde_json::from_str::<Value>(text).map_err(|e| (e.line(), e.column()));
            let read = Room::new().read(text.as_bytes()).map_err(|why| match why {
                Unread::Broken(e) => (e.line(), e.column()),
                Unread::TooMany => (0, 0),
            });
            assert_eq!(read, whole, "{text}");
        }
        let deep = "[".repeat(200_000);
        assert!(matches!(Room::new().read(deep.as_bytes()), Err(Unread::Broken(_))));
    }

    #[test]
    fn a_text_of_too_many_values_is_not_read() {
        let list = |count: usize| format!("[{}]", vec!["0"; count].join(","));
        assert!(Room::new().read(list(MOST_VALUES - 1).as_bytes()).is_ok());
        assert!(matches!(Room::new().read(list(MOST_VALUES).as_bytes()), Err(Unread::TooMany)));
        let objects = |count: usize| format!("[{}]", vec!["{\"a\":0}"; count].join(","));
        assert!(Room::new().read(objects(MOST_VALUES / 11 - 1).as_bytes()).is_ok());
        assert!(matches!(Room::new().read(objects(MOST_VALUES / 11 + 1).as_bytes()), Err(Unread::TooMany)));
        let mut room = Room::new();
        assert!(room.read(list(MOST_VALUES / 2).as_bytes()).is_ok());
        assert!(matches!(room.read(list(MOST_VALUES / 2).as_bytes()), Err(Unread::TooMany)), "a line after another");
    }
}
