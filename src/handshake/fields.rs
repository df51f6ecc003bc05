//! Which field a name is, and short values of them.

use crate::http::{Run, is_tchar, trim};

/// The fields that the opening handshake looks at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum FieldName {
    Other,
    Host,
    Origin,
    Upgrade,
    Connection,
    ContentLength,
    TransferEncoding,
    Key,
    Accept,
    Version,
    Protocol,
    Extensions,
}

impl FieldName {
    /// Of a name that nobody has checked.
    pub(crate) fn of_any(name: &[u8]) -> Self {
        if name.iter().all(|byte| is_tchar(*byte)) { Self::of(name) } else { Self::Other }
    }

    /// Of a token.
    pub(crate) fn of(name: &[u8]) -> Self {
        let (known, field): (&[u8], Self) = match name.len() {
            4 => (b"host", Self::Host),
            6 => (b"origin", Self::Origin),
            7 => (b"upgrade", Self::Upgrade),
            10 => (b"connection", Self::Connection),
            14 => (b"content-length", Self::ContentLength),
            17 if matches!(name, [b'T' | b't', ..]) => (b"transfer-encoding", Self::TransferEncoding),
            17 => (b"sec-websocket-key", Self::Key),
            20 => (b"sec-websocket-accept", Self::Accept),
            21 => (b"sec-websocket-version", Self::Version),
            22 => (b"sec-websocket-protocol", Self::Protocol),
            LONGEST => (b"sec-websocket-extensions", Self::Extensions),
            _ => return Self::Other,
        };
        if is_same(name, known) { field } else { Self::Other }
    }
}

/// Whether a token is a known one of the same length, in lower case letters and hyphens, without regard to case.
///
/// Words at a time: bit 0x20 makes a letter lower case, and no other byte of a token a letter or a hyphen.
fn is_same(name: &[u8], known: &[u8]) -> bool {
    const LOWER: u64 = 0x2020_2020_2020_2020;
    let same = |a: &[u8; 8], b: &[u8; 8]| u64::from_le_bytes(*a) | LOWER == u64::from_le_bytes(*b);
    let same_half = |a: &[u8; 4], b: &[u8; 4]| u32::from_le_bytes(*a) | LOWER as u32 == u32::from_le_bytes(*b);
    // the last word overlaps the one before
    match (name.last_chunk(), known.last_chunk()) {
        (Some(a), Some(b)) => same(a, b) && name.as_chunks().0.iter().zip(known.as_chunks().0).all(|(a, b)| same(a, b)),
        _ => match (name.last_chunk(), known.last_chunk(), name.first_chunk(), known.first_chunk()) {
            (Some(a), Some(b), Some(c), Some(d)) => same_half(a, b) && same_half(c, d),
            _ => false,
        },
    }
}

/// The length of the longest name that counts.
const LONGEST: usize = 24;

/// A name that may be cut.
#[derive(Clone, Debug)]
pub(crate) struct NameReader {
    bytes: heapless::Vec<u8, LONGEST, u8>,
    too_long: bool,
}

impl NameReader {
    pub(crate) const fn new() -> Self {
        Self { bytes: heapless::Vec::new(), too_long: false }
    }

    /// The next bytes of a name; which it is, once it has ended.
    pub(crate) fn push(&mut self, run: Run) -> Option<FieldName> {
        if run.last && self.bytes.is_empty() && !self.too_long {
            // the usual case: it lies whole in the input
            return Some(FieldName::of(run.bytes));
        }
        self.too_long |= self.bytes.extend_from_slice(run.bytes).is_err();
        if !run.last {
            return None;
        }
        let field = if self.too_long { FieldName::Other } else { FieldName::of(&self.bytes) };
        *self = Self::new();
        Some(field)
    }
}

/// A value of up to `N` bytes that may be cut, without the white space around it.
#[derive(Clone, Debug)]
pub(crate) struct ShortValue<const N: usize> {
    bytes: heapless::Vec<u8, N, u8>,
    lines: u8,
    /// White space has come behind it.
    ended: bool,
    /// It is longer, or holds white space.
    other: bool,
}

impl<const N: usize> ShortValue<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: heapless::Vec::new(), lines: 0, ended: false, other: false }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], last: bool) {
        for run in bytes.split_inclusive(|byte| matches!(byte, b' ' | b'\t')) {
            let value = trim(run);
            self.other |= !value.is_empty() && (self.ended || self.bytes.extend_from_slice(value).is_err());
            self.ended |= value.len() < run.len() && !self.bytes.is_empty();
        }
        if last {
            self.lines = self.lines.saturating_add(1);
            self.ended = true;
        }
    }

    /// The value, if the field is there once.
    pub(crate) fn once(&self) -> Option<&[u8]> {
        (self.lines == 1 && !self.other).then_some(&self.bytes)
    }
}

/// A value of any length whose bytes are all of one class, without the white space around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainValue {
    lines: u8,
    begun: bool,
    /// White space has come behind it.
    ended: bool,
    /// It holds another byte, or white space.
    other: bool,
}

impl PlainValue {
    pub(crate) const fn new() -> Self {
        Self { lines: 0, begun: false, ended: false, other: false }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], last: bool, allowed: impl Fn(u8) -> bool) {
        for byte in bytes {
            match byte {
                b' ' | b'\t' => self.ended = self.begun,
                byte => {
                    self.other |= self.ended || !allowed(*byte);
                    self.begun = true;
                }
            }
        }
        if last {
            self.lines = self.lines.saturating_add(1);
            self.ended = true;
        }
    }

    /// How many lines there are, with values of these bytes only, or none.
    pub(crate) const fn lines(&self) -> Option<u8> {
        if self.other { None } else { Some(self.lines) }
    }

    /// Whether the field is there once, and its value is not empty.
    pub(crate) const fn is_there_once(&self) -> bool {
        self.lines == 1 && self.begun && !self.other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_in_any_case_and_at_every_cut() {
        for (name, field) in [
            ("host", FieldName::Host),
            ("HOST", FieldName::Host),
            ("Hos", FieldName::Other),
            ("Hosts", FieldName::Other),
            ("Transfer-Encoding", FieldName::TransferEncoding),
            ("sec-websocket-key", FieldName::Key),
            ("Sec-Websocket-Accept", FieldName::Accept),
            ("Sec-WebSocket-Version", FieldName::Version),
            ("Sec-WebSocket-Protocol", FieldName::Protocol),
            ("Sec-WebSocket-Extensions", FieldName::Extensions),
            ("Sec-WebSocket-Extensions2", FieldName::Other),
            ("Content-Length", FieldName::ContentLength),
            ("origin", FieldName::Origin),
            ("upgrade", FieldName::Upgrade),
            ("connection", FieldName::Connection),
            ("a-name-that-is-longer-than-any-other-Host", FieldName::Other),
            ("Sec-WebSocket-Kez", FieldName::Other),
            ("Xec-WebSocket-Key", FieldName::Other),
            ("Sec-WebSockey-Key", FieldName::Other),
            ("Sec~WebSocket-Key", FieldName::Other),
        ] {
            let mut reader = NameReader::new();
            for cut in 0..=name.len() {
                let (a, b) = name.as_bytes().split_at(cut);
                assert_eq!(reader.push(Run { bytes: a, last: false }), None);
                assert_eq!(reader.push(Run { bytes: b, last: true }), Some(field), "{name} cut at {cut}");
            }
            assert_eq!(reader.push(Run { bytes: name.as_bytes(), last: true }), Some(field));
        }
    }

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
                        .for_each(|piece| value.push(piece, false, |b| b.is_ascii_alphanumeric()));
                    value.push(b"", true, |_| true);
                }
                assert_eq!((value.lines(), value.is_there_once()), (count, once), "{lines:?} {cut}");
            }
        }
    }
}
