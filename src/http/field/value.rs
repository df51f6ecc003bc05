//! Values of fields that may appear once. A value may be cut anywhere.

use crate::http::class::{Class, trim_end, trim_start};
use crate::http::span::Run;
use crate::target::SMALL;

/// The value, without the white space around it, of a field that may appear once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoleValue {
    lines: u8,
    begun: bool,
    /// Whether white space has come after the value.
    ended: bool,
    /// Whether the value contains white space or a byte that is not allowed.
    invalid: bool,
}

impl SoleValue {
    pub(crate) const fn new() -> Self {
        Self { lines: 0, begun: false, ended: false, invalid: false }
    }

    /// Reads the next bytes of a line, and returns those that belong to the value. All of them must be of a class
    /// without white space.
    #[cfg_attr(not(upframe_small), inline(always))]
    pub(crate) fn push<'v>(&mut self, Run { bytes, last }: Run<'v>, class: Class) -> &'v [u8] {
        let rest = if self.begun { bytes } else { trim_start(bytes) };
        // White space around a value, such as the accept value, does not belong to it. [4.1-accept-space]
        let value = trim_end(rest);
        // A key or an accept value contains no white space. [4.2.1-value-space]
        self.invalid |= self.ended && !value.is_empty() || class.len(value) < value.len();
        self.begun |= !value.is_empty();
        self.ended |= last || value.len() < rest.len();
        self.lines = self.lines.saturating_add(u8::from(last));
        value
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
}
