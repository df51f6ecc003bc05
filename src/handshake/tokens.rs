//! Looks for tokens in comma lists that stream by (RFC 9110 §5.6.1): over several lines, in any case, with empty elements.

use crate::http::token_len;

/// Whether one token stands in a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenSearch {
    token: &'static str,
    at: Element,
    found: bool,
}

/// Where the search is in an element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Element {
    /// In front of it.
    Before,
    /// So much of the token has come.
    Same(u8),
    /// The whole token, and white space.
    Behind,
    /// It is another one.
    Other,
}

impl TokenSearch {
    /// For a token in lower case.
    pub(crate) const fn new(token: &'static str) -> Self {
        Self { token, at: Element::Before, found: false }
    }

    /// The next bytes of a line's value; whether the line ends with them.
    pub(crate) fn push(&mut self, bytes: &[u8], last: bool) {
        let mut rest = bytes;
        while let Some((byte, behind)) = rest.split_first() {
            self.at = match (self.at, byte) {
                (_, b',') => {
                    self.end_element();
                    Element::Before
                }
                (Element::Same(n), b' ' | b'\t') if usize::from(n) == self.token.len() => Element::Behind,
                (Element::Before | Element::Behind, b' ' | b'\t') => self.at,
                (Element::Before | Element::Same(_), _) => {
                    // at least one byte, and all of the token that is here
                    let from = if let Element::Same(n) = self.at { n } else { 0 };
                    let (run, behind) = rest.split_at_checked(token_len(rest).max(1)).unwrap_or((rest, &[]));
                    self.at = self.compare(from, run);
                    rest = behind;
                    continue;
                }
                _ => Element::Other,
            };
            rest = behind;
        }
        if last {
            self.end_element();
            self.at = Element::Before;
        }
    }

    /// Whether `run` is the token from its byte `from` on.
    fn compare(&self, from: u8, run: &[u8]) -> Element {
        let to = usize::from(from).saturating_add(run.len());
        match self.token.as_bytes().get(usize::from(from)..to) {
            // no longer than the token
            Some(expected) if expected.eq_ignore_ascii_case(run) => Element::Same(to as u8),
            _ => Element::Other,
        }
    }

    fn end_element(&mut self) {
        match self.at {
            Element::Before => {}
            Element::Behind => self.found = true,
            Element::Same(n) if usize::from(n) == self.token.len() => self.found = true,
            Element::Same(_) | Element::Other => {}
        }
    }

    /// Whether the token stands in the list.
    pub(crate) const fn found(&self) -> bool {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(lines: &[&str], cut: usize) -> bool {
        let mut search = TokenSearch::new("upgrade");
        for line in lines {
            line.as_bytes().chunks(cut).for_each(|piece| search.push(piece, false));
            search.push(b"", true);
        }
        search.found()
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
}
