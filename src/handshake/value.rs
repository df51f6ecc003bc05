//! Values of fields that may be there once, which may be cut.

use crate::http::{Class, Run, trim_end, trim_start};
use crate::target::SMALL;

/// A value without the white space around it, of a field that may be there once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SoleValue {
    lines: u8,
    begun: bool,
    /// White space has come behind it.
    ended: bool,
    /// It holds white space, or what is not allowed.
    other: bool,
}

impl SoleValue {
    pub(crate) const fn new() -> Self {
        Self { lines: 0, begun: false, ended: false, other: false }
    }

    /// The next bytes of a line, which are all to be of a class without white space; those of them that are the value's.
    #[cfg_attr(not(upframe_small), inline(always))]
    pub(crate) fn push<'v>(&mut self, Run { bytes, last }: Run<'v>, class: Class) -> &'v [u8] {
        // [4.1-accept-space]
        let rest = if self.begun { bytes } else { trim_start(bytes) };
        let value = trim_end(rest);
        // [4.2.1-value-space] [9112-3.2-host]
        self.other |= self.ended && !value.is_empty() || class.len(value) < value.len();
        self.begun |= !value.is_empty();
        // [4.2.1-cuts]
        self.ended |= last || value.len() < rest.len();
        self.lines = self.lines.saturating_add(u8::from(last));
        value
    }

    /// What came is not what is wanted.
    pub(crate) const fn refuse(&mut self) {
        self.other = true;
    }

    /// How many lines there are.
    pub(crate) const fn lines(&self) -> u8 {
        self.lines
    }

    /// Whether the field is there once and its value, which may be empty, is one.
    pub(crate) const fn is_sole(&self) -> bool {
        // [4.1-once]
        self.lines == 1 && !self.other
    }

    /// Whether the field is there once, and its value is not empty.
    pub(crate) const fn is_there_once(&self) -> bool {
        // [9112-3.2-host]
        self.is_sole() && self.begun
    }
}

/// Keeps what fits of the front; whether that is all.
#[cfg_attr(not(upframe_small), inline(always))]
pub(crate) fn keep_start(start: &mut heapless::VecView<u8, u8>, bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| start.push(*byte).is_ok())
}

/// A value of up to `N` bytes.
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
        // [4.2.1-value-space]
        let bytes = self.value.push(run, Class::NotSpace);
        if !SMALL && let (Ok(whole), []) = (<[u8; N]>::try_from(bytes), &self.bytes[..]) {
            // the usual case
            self.bytes = heapless::Vec::from_array(whole);
        // [4.2.1-key-length]
        } else if !keep_start(&mut self.bytes, bytes) {
            self.value.refuse();
        }
    }

    /// The value, if the field is there once.
    pub(crate) fn once(&self) -> Option<&[u8]> {
        self.value.is_sole().then_some(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_value_is_there_once_or_not_at_all() {
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
                assert_eq!(value.once(), want, "{lines:?}");
            }
        }
    }

    #[test]
    fn white_space_inside_a_value_is_seen_at_every_cut() {
        for (lines, sole, once) in [
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
                let (count, is_sole, is_there_once) = (value.lines(), value.is_sole(), value.is_there_once());
                assert_eq!((count, is_sole, is_there_once), (lines.len() as u8, sole, once), "{lines:?} {cut}");
            }
        }
    }
}
