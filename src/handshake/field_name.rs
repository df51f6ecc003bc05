//! Which field a name is.

use crate::http::class::is_tchar;
use crate::http::field::known::{Candidates, is_same};
use crate::http::span::Run;
use crate::target::SMALL;
use core::mem::replace;

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
        if SMALL { Self::by_list(name) } else { Self::by_len(name) }
    }

    fn by_len(name: &[u8]) -> Self {
        match name.len() {
            4 if is(name, b"host") => Self::Host,
            // [9110-10.1.1-expect]
            6 if is(name, b"origin") => Self::Origin,
            7 if is(name, b"upgrade") => Self::Upgrade,
            10 if is(name, b"connection") => Self::Connection,
            14 if is(name, b"content-length") => Self::ContentLength,
            17 if is(name, b"sec-websocket-key") => Self::Key,
            17 if is(name, b"transfer-encoding") => Self::TransferEncoding,
            20 if is(name, b"sec-websocket-accept") => Self::Accept,
            21 if is(name, b"sec-websocket-version") => Self::Version,
            22 if is(name, b"sec-websocket-protocol") => Self::Protocol,
            LONGEST if is(name, b"sec-websocket-extensions") => Self::Extensions,
            _ => Self::Other,
        }
    }

    /// The same in less code.
    fn by_list(name: &[u8]) -> Self {
        let mut candidates = Candidates::ALL;
        candidates.push(name, NAMES, true);
        Self::found(&candidates)
    }

    /// The name that has come in whole.
    fn found(candidates: &Candidates) -> Self {
        candidates.found(NAMES).and_then(|found| FIELDS.get(usize::from(found))).copied().unwrap_or(Self::Other)
    }
}

// [9110-10.1.1-expect] [4.1-field-names]
const NAMES: &[&str] = &[
    "host",
    "origin",
    "upgrade",
    "connection",
    "content-length",
    "transfer-encoding",
    "sec-websocket-key",
    "sec-websocket-accept",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
];
/// What these names are, in their order.
const FIELDS: &[FieldName] = &[
    FieldName::Host,
    FieldName::Origin,
    FieldName::Upgrade,
    FieldName::Connection,
    FieldName::ContentLength,
    FieldName::TransferEncoding,
    FieldName::Key,
    FieldName::Accept,
    FieldName::Version,
    FieldName::Protocol,
    FieldName::Extensions,
];

/// [`is_same`] for a name that is known to the compiler: some comparisons of words.
#[cfg_attr(not(upframe_small), inline(always))]
fn is<const N: usize>(name: &[u8], known: &[u8; N]) -> bool {
    match name.first_chunk::<N>() {
        // [4.1-field-names]
        Some(name) if !SMALL => is_same(name, known),
        _ => is_same(name, known),
    }
}

/// The length of the longest name that counts.
const LONGEST: usize = 24;

/// A name that may be cut.
#[derive(Clone, Debug)]
pub(crate) struct NameReader {
    /// On a small machine, which reads by these; others keep the bytes.
    candidates: Candidates,
    bytes: heapless::Vec<u8, LONGEST, u8>,
    too_long: bool,
}

impl NameReader {
    pub(crate) const fn new() -> Self {
        Self { candidates: Candidates::ALL, bytes: heapless::Vec::new(), too_long: false }
    }

    /// The next bytes of a name; which it is, once it has ended.
    pub(crate) fn push(&mut self, run: Run) -> Option<FieldName> {
        if SMALL {
            // [4.2.1-cuts] [6585-5-long-field]
            self.candidates.push(run.bytes, NAMES, true);
            return run.last.then(|| FieldName::found(&replace(&mut self.candidates, Candidates::ALL)));
        }
        if run.last && self.bytes.is_empty() && !self.too_long {
            // the usual case: it lies whole in the input
            return Some(FieldName::of(run.bytes));
        }
        // [4.2.1-cuts]
        self.too_long |= self.bytes.extend_from_slice(run.bytes).is_err();
        if !run.last {
            return None;
        }
        // [6585-5-long-field]
        let field = if self.too_long { FieldName::Other } else { FieldName::of(&self.bytes) };
        *self = Self::new();
        Some(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [(&str, FieldName); 11] = [
        ("host", FieldName::Host),
        ("origin", FieldName::Origin),
        ("upgrade", FieldName::Upgrade),
        ("connection", FieldName::Connection),
        ("Content-Length", FieldName::ContentLength),
        ("sec-websocket-key", FieldName::Key),
        ("Transfer-Encoding", FieldName::TransferEncoding),
        ("Sec-Websocket-Accept", FieldName::Accept),
        ("Sec-WebSocket-Version", FieldName::Version),
        ("Sec-WebSocket-Protocol", FieldName::Protocol),
        ("Sec-WebSocket-Extensions", FieldName::Extensions),
    ];

    #[test]
    fn a_name_of_the_length_of_a_known_one_is_another() {
        for (name, field) in KNOWN {
            for of in [FieldName::by_len, FieldName::by_list] {
                assert_eq!(of(name.to_uppercase().as_bytes()), field, "{name}");
            }
            for at in 0..name.len() {
                let mut other = name.as_bytes().to_vec();
                other[at] = if other[at].eq_ignore_ascii_case(&b'q') { b'j' } else { b'q' };
                for of in [FieldName::by_len, FieldName::by_list] {
                    assert_eq!(of(&other), FieldName::Other, "{name} {at}");
                    assert_eq!(of(&other[..at]), FieldName::Other, "{name} {at}");
                }
            }
        }
    }

    #[test]
    fn a_name_is_known_in_any_case_and_at_every_cut() {
        let others = [
            ("HOST", FieldName::Host),
            ("Hos", FieldName::Other),
            ("Hosts", FieldName::Other),
            ("Sec-WebSocket-Extensions2", FieldName::Other),
            ("a-name-that-is-longer-than-any-other-Host", FieldName::Other),
            ("Sec-WebSocket-Kez", FieldName::Other),
            ("Xec-WebSocket-Key", FieldName::Other),
            ("Sec-WebSockey-Key", FieldName::Other),
            ("Sec~WebSocket-Key", FieldName::Other),
        ];
        for (name, field) in KNOWN.into_iter().chain(others) {
            let mut reader = NameReader::new();
            for cut in 0..=name.len() {
                let (a, b) = name.as_bytes().split_at(cut);
                assert_eq!(reader.push(Run { bytes: a, last: false }), None);
                assert_eq!(reader.push(Run { bytes: b, last: true }), Some(field), "{name} cut at {cut}");
            }
            assert_eq!(reader.push(Run { bytes: name.as_bytes(), last: true }), Some(field));
        }
    }
}
