//! Values of fields that may appear once. A value may be cut anywhere. There are two ways to read one: from both ends on
//! most machines, and from the front on small ones.

use crate::http::class::Class;
use crate::http::span::Run;
use crate::target::SMALL;

/// The value, without the white space around it, of a field that may appear once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoleValue {
    pub(super) lines: u8,
    pub(super) begun: bool,
    /// Whether white space has come after the value.
    pub(super) ended: bool,
    /// Whether the value contains white space or a byte that is not allowed.
    pub(super) invalid: bool,
}

impl SoleValue {
    pub(crate) const fn new() -> Self {
        Self { lines: 0, begun: false, ended: false, invalid: false }
    }

    /// Marks the value as invalid, whatever else comes.
    pub(crate) const fn invalidate(&mut self) {
        self.invalid = true;
    }

    /// Returns how many lines the field has.
    pub(crate) const fn lines(&self) -> u8 {
        self.lines
    }

    /// Returns whether the field appears once with a valid value, which may be empty.
    pub(crate) const fn is_sole(&self) -> bool {
        // A field that must not be duplicated appears once: key, accept value, host, subprotocol of a response.
        // [4.1-once]
        self.lines == 1 && !self.invalid
    }

    /// Returns whether the field appears once with a valid value that is not empty.
    pub(crate) const fn is_sole_and_not_empty(&self) -> bool {
        self.is_sole() && self.begun
    }
}

/// Appends as many bytes as fit, and returns whether all did.
#[cfg_attr(not(upframe_small), inline(always))]
pub(crate) fn keep_start(start: &mut heapless::VecView<u8, u8>, bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| start.push(*byte).is_ok())
}

/// A value of up to `N` bytes, which is stored.
#[derive(Clone, Debug)]
pub(crate) struct ShortValue<const N: usize> {
    bytes: heapless::Vec<u8, N, u8>,
    value: SoleValue,
}

impl<const N: usize> ShortValue<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: heapless::Vec::new(), value: SoleValue::new() }
    }

    pub(crate) fn push(&mut self, run: Run) {
        let bytes = self.value.push(run, Class::NotSpace);
        if !SMALL && let (Ok(whole), []) = (<[u8; N]>::try_from(bytes), &self.bytes[..]) {
            // the usual case
            self.bytes = heapless::Vec::from_array(whole);
        } else if !keep_start(&mut self.bytes, bytes) {
            self.value.invalidate();
        }
    }

    /// Reads a whole line that is a value of `N` bytes without white space. Returns `false`, and changes nothing, if it is
    /// not, or if another line has come.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn push_whole(&mut self, line: &[u8]) -> bool {
        let Ok(whole) = <&[u8; N]>::try_from(line) else { return false };
        // the compiler makes vectors of it
        let has_space = whole.iter().fold(false, |has, byte| has | matches!(byte, b' ' | b'\t'));
        if has_space || self.value.lines > 0 {
            return false;
        }
        self.bytes = heapless::Vec::from_array(*whole);
        self.value = SoleValue { lines: 1, begun: true, ended: true, invalid: false };
        true
    }

    /// Returns how many lines the field has.
    pub(crate) const fn lines(&self) -> u8 {
        self.value.lines()
    }

    /// Returns the value if the field appears once and the value fits.
    pub(crate) fn sole(&self) -> Option<&[u8]> {
        self.value.is_sole().then_some(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_value_appears_once_or_counts_as_missing() {
        for (lines, want) in [
            (&["abcd"][..], Some(&b"abcd"[..])),
            (&[" a \t"], Some(b"a")),
            (&[""], Some(b"")),
            (&[], None),
            (&["abcde"], None),
            (&["a b"], None),
            (&["a", "a"], None),
            (&["", "a"], None),
        ] {
            for cut in 1..5 {
                let mut value = ShortValue::<4>::new();
                for line in lines {
                    line.as_bytes().chunks(cut).for_each(|bytes| value.push(Run { bytes, last: false }));
                    value.push(Run { bytes: b"", last: true });
                }
                assert_eq!(value.sole(), want, "{lines:?}");
            }
        }
    }

    #[test]
    fn white_space_inside_a_value_is_seen_at_every_cut() {
        for (lines, sole, not_empty) in [
            (&["a1"][..], true, true),
            (&[" a1\t"], true, true),
            (&["a 1"], false, false),
            (&["a\t"], true, true),
            (&[""], true, false),
            (&["  "], true, false),
            (&["a/"], false, false),
            (&[], false, false),
            (&["a", ""], false, false),
        ] {
            for cut in 1..4 {
                let mut value = SoleValue::new();
                for line in lines {
                    for bytes in line.as_bytes().chunks(cut) {
                        value.push(Run { bytes, last: false }, Class::Token);
                    }
                    value.push(Run { bytes: b"", last: true }, Class::Token);
                }
                let (count, is_sole, is_sole_and_not_empty) =
                    (value.lines(), value.is_sole(), value.is_sole_and_not_empty());
                assert_eq!(
                    (count, is_sole, is_sole_and_not_empty),
                    (lines.len() as u8, sole, not_empty),
                    "{lines:?} {cut}"
                );
            }
        }
    }

    #[cfg(not(upframe_small))]
    #[test]
    fn a_whole_line_is_stored_if_it_fits_and_is_the_first_and_has_no_white_space() {
        for (line, want) in [("abcd", true), ("abc", false), ("abcde", false), ("ab d", false), ("abc\t", false)] {
            let mut value = ShortValue::<4>::new();
            assert_eq!(value.push_whole(line.as_bytes()), want, "{line}");
            assert_eq!(value.sole(), want.then_some(line.as_bytes()), "{line}");
            assert!(!want || !value.push_whole(line.as_bytes()), "{line} twice");
        }
    }
}
