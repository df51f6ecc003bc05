//! Looks for tokens in comma lists that stream by (RFC 9110 §5.6.1): over several lines, in any case, with empty elements.

use super::known::is_same;
use super::list::{Elements, Lexemes, Part};
use crate::http::span::Run;
use crate::target::SMALL;

/// What has come of a list of tokens, of which some are known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenList {
    /// One bit for each known token that stands in it.
    found: u32,
    lines: u8,
    tokens: u8,
    /// A token in it is none that is known.
    unknown: bool,
    empty: bool,
    other: bool,
}

impl TokenList {
    pub(crate) const fn new() -> Self {
        Self { found: 0, lines: 0, tokens: 0, unknown: false, empty: false, other: false }
    }

    /// The next bytes of a line, in which some tokens are known; shows each part. In any case means that these are in lower case
    /// letters and hyphens.
    #[inline(always)]
    pub(crate) fn read(
        &mut self,
        Run { bytes, last }: Run,
        elements: &mut Elements,
        known: &[&str],
        any_case: bool,
        mut show: impl FnMut(&mut Self, Part),
    ) {
        // the usual case: one of them, and nothing else
        if !SMALL && last && any_case && elements.is_before() && self.is_whole(bytes, known) {
            return;
        }
        // [9110-5.6.1-case]
        let mut lexemes = Lexemes::new(bytes, last);
        while let Some(part) = elements.next(&mut lexemes, known, any_case) {
            self.push(part);
            show(self, part);
        }
        // [9110-5.6.1-lines]
        self.lines = self.lines.saturating_add(u8::from(last));
    }

    /// A line that is one of the tokens that are known. `false`: it is not, and nothing has happened.
    #[inline(always)]
    fn is_whole(&mut self, bytes: &[u8], known: &[&str]) -> bool {
        // [9110-5.6.1-case]
        let is_it = |token: &&str| token.len() == bytes.len() && is_same(bytes, token.as_bytes());
        let found = known.iter().position(is_it);
        // [9110-5.6.1-lines]
        self.found |= found.map_or(0, |found| 1 << found);
        found.is_some()
    }

    /// The next part of it.
    #[inline(always)]
    fn push(&mut self, part: Part) {
        match part {
            Part::Token(_) => {}
            // [9110-5.6.1-lines]
            Part::End(found) => {
                self.tokens = self.tokens.saturating_add(1);
                match found {
                    Some(found) => self.found |= 1 << found,
                    None => self.unknown = true,
                }
            }
            Part::Empty => self.empty = true,
            Part::Other => self.other = true,
        }
    }

    /// How many lines there are.
    pub(crate) const fn lines(&self) -> u8 {
        self.lines
    }

    /// How many tokens there are.
    pub(crate) const fn tokens(&self) -> u8 {
        self.tokens
    }

    /// Whether a token is none of those that are known.
    pub(crate) const fn has_unknown(&self) -> bool {
        self.unknown
    }

    /// Whether there is an empty element.
    pub(crate) const fn has_empty(&self) -> bool {
        self.empty
    }

    /// Whether there is an element that is no token.
    pub(crate) const fn has_other(&self) -> bool {
        self.other
    }

    /// Whether the known token at this place stands in it.
    pub(crate) const fn found(&self, index: u8) -> bool {
        self.found & 1 << index != 0
    }

    /// The place of the first known token that stands in it.
    pub(crate) const fn first(&self) -> Option<u8> {
        if self.found == 0 { None } else { Some(self.found.trailing_zeros() as u8) }
    }

    /// What came is not what is wanted.
    pub(crate) const fn refuse(&mut self) {
        self.other = true;
    }
}

#[cfg(test)]
impl TokenList {
    /// Reads whole lines, in pieces of `cut` bytes and the end of the line; or at once, if they are shorter.
    pub(crate) fn read_lines(
        &mut self,
        lines: &[&str],
        cut: usize,
        known: &[&str],
        any_case: bool,
        mut show: impl FnMut(&mut Self, Part),
    ) {
        let mut elements = Elements::new();
        for line in lines {
            let last = line.len() < cut;
            for bytes in line.as_bytes().chunks(cut) {
                self.read(Run { bytes, last }, &mut elements, known, any_case, &mut show);
            }
            if !last || line.is_empty() {
                self.read(Run { bytes: b"", last: true }, &mut elements, known, any_case, &mut show);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(lines: &[&str], cut: usize) -> bool {
        let mut list = TokenList::new();
        list.read_lines(lines, cut, &["close", "upgrade"], true, |_, _| {});
        list.found(1)
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
            let is_it = name.eq_ignore_ascii_case("websocket");
            for cut in [name.len(), name.len() + 1] {
                let mut list = TokenList::new();
                list.read_lines(&[name], cut, &["websocket"], true, |_, _| {});
                assert_eq!(list.found(0), is_it, "{name} {cut}");
            }
        }
    }
}
