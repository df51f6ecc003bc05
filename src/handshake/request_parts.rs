//! The request of a client in parts, for clients with an HTTP stack of their own.

use super::field_lines::{FieldLines, split};
use core::fmt;

/// The request of a client in parts, for clients with an HTTP stack of their own. See
/// [`ClientHandshake::request_parts`](super::ClientHandshake::request_parts).
///
/// `Debug` shows lengths only.
#[derive(Clone, Copy)]
pub struct RequestParts<'o> {
    target: &'o [u8],
    /// The lines of the fields.
    fields: &'o [u8],
}

impl<'o> RequestParts<'o> {
    /// Returns the parts of a request that the codec has written.
    pub(super) fn of(request: &'o [u8]) -> Self {
        let (line, fields) = split(request, b"\r\n");
        let (_method, rest) = split(line, b" ");
        let (target, _version) = split(rest, b" ");
        Self { target, fields }
    }

    /// Returns the method: `GET` (RFC 6455 §4.1).
    pub const fn method(&self) -> &'static str {
        "GET"
    }

    /// Returns the target: path and query.
    pub const fn target(&self) -> &'o [u8] {
        self.target
    }

    /// Returns the names and values of all fields, with `Host`, in the order in which they are sent.
    pub const fn fields(&self) -> RequestFields<'o> {
        RequestFields { lines: FieldLines { rest: self.fields } }
    }
}

impl fmt::Debug for RequestParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestParts({} bytes)", self.target.len().saturating_add(self.fields.len()))
    }
}

/// The fields of a [`RequestParts`]: an iterator of names and values, which [`RequestParts::fields`] returns.
///
/// `Debug` shows lengths only.
#[derive(Clone)]
pub struct RequestFields<'o> {
    lines: FieldLines<'o>,
}

impl<'o> Iterator for RequestFields<'o> {
    type Item = (&'o [u8], &'o [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.lines.next()
    }
}

impl fmt::Debug for RequestFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestFields({} bytes)", self.lines.rest.len())
    }
}
