//! Text and bytes, for the terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// The number of bytes shown of a binary message.
const SHOWN: usize = 32;

/// Escapes what a terminal would obey: control characters, except for line ends and tabs, and changes of direction.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

fn is_unsafe(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// Returns the length of a binary message and its first bytes.
pub fn dump(bytes: &[u8]) -> String {
    let mut shown = format!("{} bytes:", bytes.len());
    for byte in bytes.iter().take(SHOWN) {
        let _ = write!(shown, " {byte:02x}");
    }
    if bytes.len() > SHOWN {
        shown.push_str(" ...");
    }
    shown
}

/// Reads hexadecimal digits, with spaces or colons between them.
pub fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> =
        text.chars().filter(|c| !c.is_whitespace() && *c != ':').map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match *pair {
        [high, low] => u8::try_from(high << 4 | low).ok(),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        for (text, shown) in [
            ("plain ä🦀\t\n", "plain ä🦀\t\n"),
            ("\x1b[31m", "\\u{1b}[31m"),
            ("a\r\x07\u{9b}b\x7f", "a\\u{d}\\u{7}\\u{9b}b\\u{7f}"),
            ("\u{202e}cba", "\\u{202e}cba"),
        ] {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn long_binary_messages_are_cut() {
        assert_eq!(dump(b""), "0 bytes:");
        assert_eq!(dump(b"\0\xff"), "2 bytes: 00 ff");
        assert_eq!(dump(&[0x7a; 32]), format!("32 bytes:{}", " 7a".repeat(32)));
        assert_eq!(dump(&[0x7a; 33]), format!("33 bytes:{} ...", " 7a".repeat(32)));
    }

    #[test]
    fn hex_is_read() {
        for (text, bytes) in [
            ("", Some(&b""[..])),
            ("00fF", Some(b"\0\xff")),
            ("0 0 f:f", Some(b"\0\xff")),
            ("0", None),
            ("0g", None),
            ("é0", None),
        ] {
            assert_eq!(bytes_of_hex(text).as_deref(), bytes, "{text}");
        }
    }
}
