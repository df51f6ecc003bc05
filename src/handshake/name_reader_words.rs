//! Which field a name is: names of the same length are compared word by word.

use super::field_name::FieldName;
use crate::http::field::known::is_same;
use crate::http::span::Run;

/// Returns the field with this name, which is a token.
pub(super) fn of(name: &[u8]) -> FieldName {
    match name.len() {
        4 if is(name, b"host") => FieldName::Host,
        6 if is(name, b"origin") => FieldName::Origin,
        7 if is(name, b"upgrade") => FieldName::Upgrade,
        10 if is(name, b"connection") => FieldName::Connection,
        14 if is(name, b"content-length") => FieldName::ContentLength,
        17 if is(name, b"sec-websocket-key") => FieldName::Key,
        17 if is(name, b"transfer-encoding") => FieldName::TransferEncoding,
        20 if is(name, b"sec-websocket-accept") => FieldName::Accept,
        21 if is(name, b"sec-websocket-version") => FieldName::Version,
        22 if is(name, b"sec-websocket-protocol") => FieldName::Protocol,
        LONGEST if is(name, b"sec-websocket-extensions") => FieldName::Extensions,
        // Any other field is ignored: a request that expects a 100 gets the final answer. [9110-10.1.1-expect]
        _ => FieldName::Other,
    }
}

/// Returns whether a name is this one. The compiler knows its length, so this becomes a few comparisons of words.
#[inline(always)]
fn is<const N: usize>(name: &[u8], known: &[u8; N]) -> bool {
    // The names of fields are known in any case of their letters. [4.1-field-names]
    name.first_chunk::<N>().is_some_and(|name| is_same(name, known))
}

/// The length of the longest name that is known.
const LONGEST: usize = 24;

/// Reads a name, which may be cut.
#[derive(Clone, Debug)]
pub(crate) struct NameReader {
    bytes: heapless::Vec<u8, LONGEST, u8>,
    too_long: bool,
}

impl NameReader {
    pub(crate) const fn new() -> Self {
        Self { bytes: heapless::Vec::new(), too_long: false }
    }

    /// Reads the next bytes of a name. Returns the field once the name has ended.
    pub(crate) fn push(&mut self, run: Run) -> Option<FieldName> {
        if run.last && self.bytes.is_empty() && !self.too_long {
            // the usual case: the name lies whole in the input
            return Some(of(run.bytes));
        }
        // A head may be cut anywhere, with the same outcome. [4.2.1-cuts]
        self.too_long |= self.bytes.extend_from_slice(run.bytes).is_err();
        if !run.last {
            return None;
        }
        // A field that the handshake does not need passes through, however long. [6585-5-long-field]
        let field = if self.too_long { FieldName::Other } else { of(&self.bytes) };
        *self = Self::new();
        Some(field)
    }
}
