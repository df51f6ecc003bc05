//! Looks for tokens in comma lists that stream by (RFC 9110 §5.6.1): over several lines, in any case, with empty elements.

use super::fields::is_same;
use super::list::{Elements, Lexemes, Part};
use crate::bytes::SMALL;

/// Which of some tokens stand in a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenSearch {
    /// In lower case letters and hyphens.
    tokens: &'static [&'static str],
    elements: Elements,
    /// One bit for each token.
    found: u8,
}

impl TokenSearch {
    /// For up to eight tokens in lower case letters and hyphens.
    pub(crate) const fn new(tokens: &'static [&'static str]) -> Self {
        Self { tokens, elements: Elements::new(), found: 0 }
    }

    /// The next bytes of a line's value; whether the line ends with them.
    pub(crate) fn push(&mut self, bytes: &[u8], last: bool) {
        // the usual case: one of them, and nothing else [9110-5.6.1-case]
        let is_it = |token: &&str| token.len() == bytes.len() && is_same(bytes, token.as_bytes());
        if !SMALL
            && last
            && self.elements.is_before()
            && let Some(found) = self.tokens.iter().position(is_it)
        {
            // [9110-5.6.1-lines]
            self.found |= 1 << found;
            return;
        }
        let mut lexemes = Lexemes::new(bytes, last);
        // [9110-5.6.1-case]
        while let Some(part) = self.elements.next(&mut lexemes, self.tokens, true) {
            // [9110-5.6.1-lines]
            if let Part::End(Some(found)) = part {
                self.found |= 1 << found;
            }
        }
    }

    /// Whether the token at this place of the list given stands in the one that came.
    pub(crate) const fn found(&self, index: u8) -> bool {
        self.found & 1 << index != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(lines: &[&str], cut: usize) -> bool {
        let mut search = TokenSearch::new(&["close", "upgrade"]);
        for line in lines {
            line.as_bytes().chunks(cut).for_each(|piece| search.push(piece, false));
            search.push(b"", true);
        }
        search.found(1)
    }

    #[test]
    fn a_token_is_found_whole_in_any_case_on_any_line() {
        for (lines, found) in [
            (&["upgrade"][..], true),
            (&["UpGrade "], true),
            (&["keep-alive, Upgrade"], true),
            (&["keep-alive", " ,, \tupgrade\t,close"], true),
            (&[",upgrade,"], true),
            (&["upgrade,upgrade"], true),
            (&["not-upgradeable"], false),
            (&["upgrades"], false),
            (&["upgrad"], false),
            (&["up", "grade"], false),
            (&["up grade"], false),
            (&["upgrade now"], false),
            (&["\"upgrade\""], false),
            (&["upgrade/1"], false),
            (&[""], false),
            (&[], false),
        ] {
            for cut in 1..20 {
                assert_eq!(search(lines, cut), found, "{lines:?} {cut}");
            }
        }
    }

    #[test]
    fn what_begins_and_ends_as_a_token_does_is_another() {
        for name in ["websocket", "WEBSOCKET", "websockeebsocket", "websocketwebsocket", "xebsocket", "websockey"] {
            let mut search = TokenSearch::new(&["websocket"]);
            search.push(name.as_bytes(), true);
            assert_eq!(search.found(0), name.eq_ignore_ascii_case("websocket"), "{name}");
        }
    }
}
