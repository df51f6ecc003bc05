//! A news item.

use crate::id::Id;
use serde_json::json;
use std::fmt;
use upframe_http::{Broadcast, Prepared};

/// The longest text of a news item, in bytes.
pub const MAX_TEXT: usize = 1000;

/// Something that has happened.
#[derive(Debug)]
pub struct News {
    pub id: Id,
    /// What WebSockets share, compressed once for all.
    pub message: Prepared,
}

impl News {
    /// Returns the next news of a broadcast.
    pub fn new(id: Id, text: &str, broadcast: &mut Broadcast) -> Self {
        Self { id, message: broadcast.text(&json!({ "id": id.to_string(), "text": text }).to_string()) }
    }

    /// Returns `{"id":"1764000000000-0","text":"…"}`.
    pub fn json(&self) -> &str {
        self.message.to_text().unwrap_or_default()
    }
}

/// Why a text cannot be news.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unfit {
    Empty,
    TooLong,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the text is empty"),
            Self::TooLong => write!(f, "the text has more than {MAX_TEXT} bytes"),
        }
    }
}

/// Returns a text as it is shown: in one line, without control characters and without space around it.
///
/// # Errors
///
/// [`Unfit`] if nothing is left, or more than [`MAX_TEXT`] bytes.
pub fn fit(text: &str) -> Result<String, Unfit> {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match text.trim() {
        "" => Err(Unfit::Empty),
        text if text.len() > MAX_TEXT => Err(Unfit::TooLong),
        text => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line() {
        assert_eq!(fit(" a\n\tb\u{7}\u{9b}c \u{1D11E} ").unwrap(), "a  b  c \u{1D11E}");
        assert_eq!(fit(" \r\n"), Err(Unfit::Empty));
        assert_eq!(fit(&"x".repeat(MAX_TEXT)).unwrap().len(), MAX_TEXT);
        assert_eq!(fit(&"x".repeat(MAX_TEXT + 1)), Err(Unfit::TooLong));
    }

    #[test]
    fn its_json_escapes_what_must_be_escaped() {
        let news = News::new(Id { milliseconds: 7, sequence: 1 }, "a \"b\" \\", &mut Broadcast::new(None));
        assert_eq!(news.json(), r#"{"id":"7-1","text":"a \"b\" \\"}"#);
    }
}
