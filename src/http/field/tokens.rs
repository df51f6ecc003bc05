//! Finds known tokens in comma lists that stream by (RFC 9110 §5.6.1): over several lines, with empty elements.

#[cfg(not(upframe_small))]
use super::known::is_same;
use super::letters::Letters;
#[cfg(not(upframe_small))]
use super::letters::MAX;
use super::list::{ElementPart, ElementReader};
use crate::http::span::Run;

/// What has come of a list of tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenList {
    /// One bit for each known token: whether it appears in the list.
    found: u32,
    /// Which of the marks below are set.
    marks: u16,
}

/// The field has a line. The bit after it: it has more.
const LINE: u16 = 1;
/// The list has a token. The bit after it: it has more.
const TOKEN: u16 = 1 << 2;
/// A token is not a known one.
const UNKNOWN: u16 = 1 << 4;
/// An element is empty.
const EMPTY: u16 = 1 << 6;
/// An element is not a token.
const INVALID: u16 = 1 << 8;

impl TokenList {
    pub(crate) const fn new() -> Self {
        Self { found: 0, marks: 0 }
    }

    /// Reads the next bytes of a line, and shows each part. With [`Letters::AnyCase`], `known` consists of lower case
    /// letters and hyphens.
    #[inline(always)]
    pub(crate) fn read(
        &mut self,
        run: Run,
        elements: &mut ElementReader,
        known: &[&str],
        letters: Letters,
        show: impl FnMut(&mut Self, ElementPart),
    ) {
        #[cfg(upframe_small)]
        self.read_any(run, elements, known, letters, false, show);
        #[cfg(not(upframe_small))]
        self.read_until(run, elements, known, letters, {
            let mut show = show;
            move |list, part| {
                show(list, part);
                false
            }
        });
    }

    /// Does what [`read`](Self::read) does. Once `show` returns `true`, the rest of the bytes is not read.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn read_until(
        &mut self,
        run: Run,
        elements: &mut ElementReader,
        known: &[&str],
        letters: Letters,
        mut show: impl FnMut(&mut Self, ElementPart) -> bool,
    ) {
        // the usual case: the line is one known token
        if run.last && letters == Letters::AnyCase && elements.is_before() && self.read_whole(run.bytes, known) {
            return;
        }
        elements.read_until(run, known, letters, |part| {
            self.push(part);
            show(self, part)
        });
        self.end(run.last);
    }

    /// Does what [`read`](Self::read) does. `parameters`: the tokens may have some, which are not shown.
    #[cfg(upframe_small)]
    #[inline(always)]
    pub(crate) fn read_any(
        &mut self,
        run: Run,
        elements: &mut ElementReader,
        known: &[&str],
        letters: Letters,
        parameters: bool,
        mut show: impl FnMut(&mut Self, ElementPart),
    ) {
        elements.read_any(run, known, letters, parameters, |part| {
            self.push(part);
            show(self, part);
        });
        self.end(run.last);
    }

    /// Reads a line that is one of the known tokens. Returns `false`, and changes nothing, if it is not.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn read_whole(&mut self, bytes: &[u8], known: &[&str]) -> bool {
        let is_it = |token: &&str| token.len() == bytes.len() && is_same(bytes, token.as_bytes());
        let found = known.iter().position(is_it);
        self.found |= found.map_or(0, |found| 1 << found);
        found.is_some()
    }

    /// Reads an element that is a token and came whole. Tokens are compared exactly.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn add_whole(&mut self, token: &[u8], known: &[&str]) {
        let known = known.get(..MAX).unwrap_or(known);
        // the first byte tells most tokens apart
        let is_it = |known: &&str| {
            let known = known.as_bytes();
            known.len() == token.len() && known.first() == token.first() && known == token
        };
        self.push(ElementPart::End(known.iter().position(is_it).map_or(0, |found| 1 << found)));
    }

    /// Reads a line that consists of the known token with this index.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn add_line(&mut self, index: u8) {
        self.push(ElementPart::End(1 << index));
        self.end_line();
    }

    /// Ends a line.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn end_line(&mut self) {
        self.mark(LINE);
    }

    /// Adds the next part of the list.
    #[inline(always)]
    fn push(&mut self, part: ElementPart) {
        let mark = match part {
            ElementPart::Token(_) => return,
            ElementPart::End(found) => {
                self.found |= found;
                if found == 0 { TOKEN | UNKNOWN } else { TOKEN }
            }
            ElementPart::Empty => EMPTY,
            ElementPart::Invalid => INVALID,
        };
        self.mark(mark);
    }

    /// Ends the line if it has ended.
    #[inline(always)]
    fn end(&mut self, last: bool) {
        if last {
            self.mark(LINE);
        }
    }

    /// Sets a mark, and the bit after it if the mark was set.
    const fn mark(&mut self, mark: u16) {
        self.marks |= mark | (self.marks & mark) << 1;
    }

    /// Returns whether the field is present.
    pub(crate) const fn has_line(&self) -> bool {
        self.marks & LINE != 0
    }

    /// Returns whether the field has more than one line.
    pub(crate) const fn has_lines(&self) -> bool {
        self.marks & LINE << 1 != 0
    }

    /// Returns whether the list has a token.
    pub(crate) const fn has_token(&self) -> bool {
        self.marks & TOKEN != 0
    }

    /// Returns whether the list has more than one token.
    pub(crate) const fn has_tokens(&self) -> bool {
        self.marks & TOKEN << 1 != 0
    }

    /// Returns whether a token is not a known one.
    pub(crate) const fn has_unknown(&self) -> bool {
        self.marks & UNKNOWN != 0
    }

    /// Returns whether an element is empty.
    pub(crate) const fn has_empty(&self) -> bool {
        self.marks & EMPTY != 0
    }

    /// Returns whether an element is not a token, or was marked as invalid.
    pub(crate) const fn has_invalid(&self) -> bool {
        self.marks & INVALID != 0
    }

    /// Returns whether the known token with this index appears in the list.
    pub(crate) const fn found(&self, index: u8) -> bool {
        self.found & 1 << index != 0
    }

    /// Returns the first of the known tokens that appears in the list.
    pub(crate) fn first<'k>(&self, known: &[&'k str]) -> Option<&'k str> {
        let mut found = self.found;
        for token in known {
            if found & 1 == 1 {
                return Some(token);
            }
            found >>= 1;
        }
        None
    }

    /// Marks the list as invalid, whatever else comes.
    pub(crate) const fn invalidate(&mut self) {
        self.marks |= INVALID;
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
        mut show: impl FnMut(&mut Self, ElementPart),
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
        list.read_lines(lines, cut, &["close", "upgrade"], Letters::AnyCase, |_, _| {});
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
                list.read_lines(&[name], cut, &["websocket"], Letters::AnyCase, |_, _| {});
                assert_eq!(list.found(0), is_it, "{name} {cut}");
            }
        }
    }
}
