//! The ID of a news item.

use std::fmt;
use std::str::FromStr;

/// `MILLISECONDS-SEQUENCE`: Unix time, and a number among the news of the same millisecond. It is the form of the IDs
/// of Redis Streams.
///
/// Later news have larger IDs, also if the clock steps back.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Id {
    pub milliseconds: u64,
    pub sequence: u64,
}

impl Id {
    /// Returns the ID of news of this time that follow news with this ID.
    pub fn following(self, milliseconds: u64) -> Self {
        if milliseconds > self.milliseconds {
            Self { milliseconds, sequence: 0 }
        } else if let Some(sequence) = self.sequence.checked_add(1) {
            Self { sequence, ..self }
        } else {
            Self { milliseconds: self.milliseconds.saturating_add(1), sequence: 0 }
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.milliseconds, self.sequence)
    }
}

/// A text that is not an ID.
#[derive(Debug)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an ID: it has the form MILLISECONDS-SEQUENCE")
    }
}

impl std::error::Error for NotAnId {}

impl FromStr for Id {
    type Err = NotAnId;

    /// Accepts milliseconds alone, too: their sequence is 0.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let (milliseconds, sequence) = text.split_once('-').unwrap_or((text, "0"));
        Ok(Self { milliseconds: number(milliseconds)?, sequence: number(sequence)? })
    }
}

/// Parses digits, without a sign.
fn number(text: &str) -> Result<u64, NotAnId> {
    if text.starts_with('+') { Err(NotAnId) } else { text.parse().map_err(|_| NotAnId) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_two_numbers() {
        for (text, want) in [
            ("1764000000000-0", Some((1_764_000_000_000, 0))),
            ("1-18446744073709551615", Some((1, u64::MAX))),
            ("0", Some((0, 0))),
            ("7", Some((7, 0))),
            ("", None),
            ("-", None),
            ("-1", None),
            ("1-", None),
            ("1-+1", None),
            ("+1-1", None),
            ("1--1", None),
            ("1-2-3", None),
            (" 1-2", None),
            ("18446744073709551616-0", None),
            ("x", None),
        ] {
            let id = text.parse::<Id>().ok();
            assert_eq!(id.map(|id| (id.milliseconds, id.sequence)), want, "{text}");
            if let Some(id) = id {
                assert_eq!(id.to_string().parse::<Id>().unwrap(), id);
            }
        }
    }

    #[test]
    fn ids_grow_whatever_the_clock_does() {
        let mut id = Id::default();
        for milliseconds in [5, 5, 3, 6, 0, u64::MAX, u64::MAX, 1] {
            let next = id.following(milliseconds);
            assert!(next > id, "{next} after {id}");
            id = next;
        }
        let last = Id { milliseconds: 5, sequence: u64::MAX };
        assert_eq!(last.following(5), Id { milliseconds: 6, sequence: 0 });
    }
}
