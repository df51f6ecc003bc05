//! Finds known tokens in comma lists that stream by (RFC 9110 §5.6.1): over several lines, with empty elements.

use super::known::is_same;
use super::letters::Letters;
use super::list::{ElementPart, ElementReader, Lexemes};
use crate::http::span::Run;
use crate::target::SMALL;

/// What has come of a list of tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenList {
    /// One bit for each known token: whether it appears in the list.
    found: u32,
    lines: u8,
    tokens: u8,
    /// Whether a token of the list is not a known one.
    unknown: bool,
    /// Whether an element is empty.
    empty: bool,
    /// Whether an element is not a token.
    invalid: bool,
}

impl TokenList {
    pub(crate) const fn new() -> Self {
        Self { found: 0, lines: 0, tokens: 0, unknown: false, empty: false, invalid: false }
    }

    /// Reads the next bytes of a line, and shows each part, until `show` returns `true`: then the rest of the line must
    /// not be read. With [`Letters::AnyCase`], `known` consists of lower case
    /// letters and hyphens.
    #[inline(always)]
    pub(crate) fn read(
        &mut self,
        Run { bytes, last }: Run,
        elements: &mut ElementReader,
        known: &[&str],
        letters: Letters,
        mut show: impl FnMut(&mut Self, ElementPart) -> bool,
    ) {
        // the usual case: the line is one known token
        if !SMALL && last && letters == Letters::AnyCase && elements.is_before() && self.read_whole(bytes, known) {
            return;
        }
        let mut lexemes = Lexemes::new(bytes, last);
        while let Some(part) = elements.next(&mut lexemes, known, letters) {
            self.push(part);
            if show(self, part) {
                *elements = ElementReader::new();
                break;
            }
        }
        self.lines = self.lines.saturating_add(u8::from(last));
    }

    /// Reads a line that is one of the known tokens. Returns `false`, and changes nothing, if it is not.
    #[inline(always)]
    fn read_whole(&mut self, bytes: &[u8], known: &[&str]) -> bool {
        let is_it = |token: &&str| token.len() == bytes.len() && is_same(bytes, token.as_bytes());
        let found = known.iter().position(is_it);
        self.found |= found.map_or(0, |found| 1 << found);
        found.is_some()
    }

    /// Adds the next part of the list.
    #[inline(always)]
    fn push(&mut self, part: ElementPart) {
        match part {
            ElementPart::Token(_) => {}
            ElementPart::End(found) => {
                self.tokens = self.tokens.saturating_add(1);
                match found {
                    Some(found) => self.found |= 1 << found,
                    None => self.unknown = true,
                }
            }
            ElementPart::Empty => self.empty = true,
            ElementPart::Invalid => self.invalid = true,
        }
    }

    /// Returns how many lines the field has.
    pub(crate) const fn lines(&self) -> u8 {
        self.lines
    }

    /// Returns how many tokens the list has.
    pub(crate) const fn tokens(&self) -> u8 {
        self.tokens
    }

    /// Returns whether a token is not a known one.
    pub(crate) const fn has_unknown(&self) -> bool {
        self.unknown
    }

    /// Returns whether an element is empty.
    pub(crate) const fn has_empty(&self) -> bool {
        self.empty
    }

    /// Returns whether an element is not a token, or was marked as invalid.
    pub(crate) const fn has_invalid(&self) -> bool {
        self.invalid
    }

    /// Returns whether the known token with this index appears in the list.
    pub(crate) const fn found(&self, index: u8) -> bool {
        self.found & 1 << index != 0
    }

    /// Returns the index of the first known token that appears in the list.
    pub(crate) const fn first(&self) -> Option<u8> {
        if self.found == 0 { None } else { Some(self.found.trailing_zeros() as u8) }
    }

    /// Marks the list as invalid, whatever else comes.
    pub(crate) const fn invalidate(&mut self) {
        self.invalid = true;
    }
}

#[cfg(test)]
impl TokenList {
    /// Reads whole lines: in pieces of `cut` bytes and then the end of the line, or at once if they are shorter.
    pub(crate) fn read_lines(
        &mut self,
        lines: &[&str],
        cut: usize,
        known: &[&str],
        letters: Letters,
        mut show: impl FnMut(&mut Self, ElementPart) -> bool,
    ) {
        let mut elements = ElementReader::new();
        for line in lines {
            let last = line.len() < cut;
            for bytes in line.as_bytes().chunks(cut) {
                self.read(Run { bytes, last }, &mut elements, known, letters, &mut show);
            }
            if !last || line.is_empty() {
                self.read(Run { bytes: b"", last: true }, &mut elements, known, letters, &mut show);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(lines: &[&str], cut: usize) -> bool {
        let mut list = TokenList::new();
        list.read_lines(lines, cut, &["close", "upgrade"], Letters::AnyCase, |_, _| false);
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
    fn a_value_that_begins_and_ends_as_a_known_token_does_is_another() {
        for name in ["websocket", "WEBSOCKET", "websockeebsocket", "websocketwebsocket", "xebsocket", "websockey"] {
            let is_it = name.eq_ignore_ascii_case("websocket");
            for cut in [name.len(), name.len() + 1] {
                let mut list = TokenList::new();
                list.read_lines(&[name], cut, &["websocket"], Letters::AnyCase, |_, _| false);
                assert_eq!(list.found(0), is_it, "{name} {cut}");
            }
        }
    }
}
