use std::fmt;
use std::str::FromStr;

use crate::reason::Reason;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Rupees as whole paise, 0 to 999,999,999,999.99 rupees; decimal text with two places on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Paise(pub i64);

/// The largest amount of decimal(14,2), in paise.
const MAX: i64 = 99_999_999_999_999;

impl Paise {
    /// What is said of a value that is no amount.
    pub(super) fn wrong() -> Reason {
        Reason::new("not_an_amount", "Write rupees as a number such as 1234.50.")
    }
}

impl fmt::Display for Paise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl FromStr for Paise {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with('-') {
            return Err(Reason::new("amount_negative", "An amount is not negative."));
        }
        let (rupees, paise) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !digits(rupees) || !digits(paise) {
            return Err(Paise::wrong());
        }
        if paise.len() > 2 {
            return Err(Reason::new("amount_decimals", "An amount has at most two decimal places."));
        }
        let large = || Reason::new("amount_too_large", "An amount is below 1,000,000,000,000.");
        let whole: i64 = rupees.parse().map_err(|_| large())?;
        let part: i64 = paise.parse().map_err(|_| Paise::wrong())?;
        let part = if paise.len() == 1 { part * 10 } else { part };
        match whole.checked_mul(100).and_then(|w| w.checked_add(part)) {
            Some(sum) if sum <= MAX => Ok(Paise(sum)),
            _ => Err(large()),
        }
    }
}

impl Serialize for Paise {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Paise {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_and_print() {
        assert_eq!("1234.5".parse::<Paise>().unwrap().to_string(), "1234.50");
        assert_eq!("0".parse::<Paise>().unwrap(), Paise(0));
        for wrong in ["-5.00", "twelve", "1.234", "1000000000000", "", "1,000", "٣"] {
            assert!(wrong.parse::<Paise>().is_err(), "{wrong}");
        }
    }
}
