//! URIs in their usual form, on most machines: a name, perhaps a port, and a resource that is not escaped.

use super::uri::Uri;
use crate::http::class::Class;

impl<'a> Uri<'a> {
    /// Splits a URI into its parts if it is in the usual form. `None`: it is another one, or is not valid.
    pub(super) fn usual(uri: &'a str) -> Option<Self> {
        let secure = uri.starts_with("wss://");
        let rest = uri.strip_prefix(if secure { "wss://" } else { "ws://" })?;
        let (host, rest) = rest.split_at_checked(Class::Host.len(rest.as_bytes()))?;
        let (port, resource) = match rest.strip_prefix(':') {
            Some(rest) => split_port(rest)?,
            None => (if secure { 443 } else { 80 }, rest),
        };
        let is_begun = matches!(resource.as_bytes(), [] | [b'/' | b'?', ..]);
        if host.is_empty() || !is_begun || !resource.bytes().all(is_usual) {
            return None;
        }
        Some(Self { secure, host, port, resource: if resource.is_empty() { "/" } else { resource } })
    }
}

/// Splits a port of up to four digits, without a zero in front, from what follows.
#[inline(always)]
fn split_port(text: &str) -> Option<(u16, &str)> {
    let digits = text.bytes().take(5).take_while(u8::is_ascii_digit).count();
    let (port, rest) = text.split_at_checked(digits)?;
    if !(1..=4).contains(&digits) || port.starts_with('0') {
        return None;
    }
    // at most 9999
    Some((port.bytes().fold(0, |port: u16, digit| port.wrapping_mul(10).wrapping_add(u16::from(digit & 0x0F))), rest))
}

/// Returns whether a byte may appear in path and query, and needs no look at the bytes after it.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
fn is_usual(byte: u8) -> bool {
    USUAL[byte as usize]
}

static USUAL: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; below 256")]
        {
            table[byte] = Class::Host.has(byte as u8) || matches!(byte as u8, b'/' | b'?' | b':' | b'@');
        }
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    #[test]
    fn a_usual_uri_is_split_as_any_other() {
        let (mut usual, mut others) = (0, 0);
        for uri in ["ws://a", "wss://localhost:8080/chat/room?id=42", "ws://a.example:1?q", "wss://a/:@!$&'()*+,;=-._~"]
        {
            for at in 0..=uri.len() {
                for byte in " /:@?#%[]019aA-\u{7f}\u{e4}".chars() {
                    for skipped in 0..2 {
                        let (before, after) = uri.split_at(at);
                        let text =
                            String::from(before) + &String::from(byte) + after.get(skipped..).unwrap_or_default();
                        match Uri::usual(&text) {
                            Some(split) => {
                                assert_eq!(Uri::parse_any(&text), Ok(split), "{text}");
                                usual += 1;
                            }
                            None => others += 1,
                        }
                    }
                }
            }
        }
        assert!(usual > 500 && others > 500, "{usual} {others}");
    }

    #[test]
    fn ports_of_one_to_four_digits_are_usual() {
        for (port, want) in [
            ("", None),
            ("0", None),
            ("080", None),
            ("1", Some(1)),
            ("80", Some(80)),
            ("9999", Some(9999)),
            ("10000", None),
            ("+1", None),
        ] {
            let text = format!("ws://a:{port}/");
            assert_eq!(Uri::usual(&text).map(|uri| uri.port), want, "{port}");
        }
    }
}
