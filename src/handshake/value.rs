//! Values of fields that may be there once, which may be cut.

use crate::bytes::SMALL;
use crate::http::{Class, trim_end, trim_start};

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

    /// The next bytes of a line; those of them that are the value's. White space among these is for the caller to refuse: most
    /// would do so anyway.
    pub(crate) fn push<'v>(&mut self, bytes: &'v [u8], last: bool) -> &'v [u8] {
        // [4.1-accept-space]
        let rest = if self.begun { bytes } else { trim_start(bytes) };
        let value = trim_end(rest);
        // [4.2.1-value-space]
        self.other |= self.ended && !value.is_empty();
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

    pub(crate) fn push(&mut self, bytes: &[u8], last: bool) {
        let bytes = self.value.push(bytes, last);
        // [4.2.1-value-space]
        if Class::NotSpace.len(bytes) < bytes.len() {
            self.value.refuse();
        }
        if !SMALL && let (Ok(whole), []) = (<[u8; N]>::try_from(bytes), &self.bytes[..]) {
            // the usual case
            self.bytes = heapless::Vec::from_array(whole);
        // [4.2.1-key-length]
        } else if self.bytes.extend_from_slice(bytes).is_err() {
            self.value.refuse();
        }
    }

    /// The value, if the field is there once.
    pub(crate) fn once(&self) -> Option<&[u8]> {
        self.value.is_sole().then_some(&self.bytes)
    }
}

/// A value of any length whose bytes are all of one class, in which there is no white space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainValue {
    value: SoleValue,
}

impl PlainValue {
    pub(crate) const fn new() -> Self {
        Self { value: SoleValue::new() }
    }

    /// With the length of the run of such bytes at the front of some.
    pub(crate) fn push(&mut self, bytes: &[u8], last: bool, run: impl Fn(&[u8]) -> usize) {
        let value = self.value.push(bytes, last);
        // [9112-3.2-host]
        if run(value) < value.len() {
            self.value.refuse();
        }
    }

    /// How many lines there are, with values of these bytes only, or none.
    pub(crate) const fn lines(&self) -> Option<u8> {
        if self.value.other { None } else { Some(self.value.lines) }
    }

    /// Whether the field is there once, and its value is not empty.
    pub(crate) const fn is_there_once(&self) -> bool {
        // [9112-3.2-host]
        self.value.is_sole() && self.value.begun
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
                    line.as_bytes().chunks(cut).for_each(|piece| value.push(piece, false));
                    value.push(b"", true);
                }
                assert_eq!(value.once(), want, "{lines:?}");
            }
        }
    }

    #[test]
    fn white_space_inside_a_value_is_seen_at_every_cut() {
        for (lines, count, once) in [
            (&["a1"][..], Some(1), true),
            (&[" a1\t"], Some(1), true),
            (&["a 1"], None, false),
            (&["a\t"], Some(1), true),
            (&[""], Some(1), false),
            (&["  "], Some(1), false),
            (&["a/"], None, false),
            (&[], Some(0), false),
            (&["a", ""], Some(2), false),
        ] {
            for cut in 1..4 {
                let mut value = PlainValue::new();
                for line in lines {
                    line.as_bytes()
                        .chunks(cut)
                        .for_each(|piece| value.push(piece, false, |value| Class::Token.len(value)));
                    value.push(b"", true, |value| Class::Token.len(value));
                }
                assert_eq!((value.lines(), value.is_there_once()), (count, once), "{lines:?} {cut}");
            }
        }
    }
}
