//! Which field a name is, on small machines: all names are compared at once, byte by byte, while the name streams by.
//! Little code.

use super::field_name::FieldName;
use crate::http::field::known::Candidates;
use crate::http::field::letters::Letters;
use crate::http::span::Run;
use core::mem::replace;

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
/// The fields with these names, in the same order.
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

/// Returns the field with this name, which is a token.
pub(super) fn of(name: &[u8]) -> FieldName {
    let mut candidates = Candidates::ALL;
    candidates.push(name, NAMES, Letters::AnyCase);
    found(&candidates)
}

/// Returns the field whose name has come whole.
fn found(candidates: &Candidates) -> FieldName {
    candidates
        .found(NAMES, Letters::AnyCase)
        .and_then(|found| FIELDS.get(usize::from(found)))
        .copied()
        .unwrap_or(FieldName::Other)
}

/// Reads a name, which may be cut.
#[derive(Clone, Debug)]
pub(crate) struct NameReader {
    candidates: Candidates,
}

impl NameReader {
    pub(crate) const fn new() -> Self {
        Self { candidates: Candidates::ALL }
    }

    /// Reads the next bytes of a name. Returns the field once the name has ended.
    pub(crate) fn push(&mut self, run: Run) -> Option<FieldName> {
        self.candidates.push(run.bytes, NAMES, Letters::AnyCase);
        run.last.then(|| found(&replace(&mut self.candidates, Candidates::ALL)))
    }
}
