//! A field section to send.

use crate::handshake::field_lines::FieldLines;
use crate::http::class::trim;
use crate::http::response::Field;
use crate::http::writer::Writer;
use core::fmt;

/// A field section to send: an iterator of names and values, pseudo-header fields first, in lower case.
///
/// [`ConnectRequest::fields`](super::ConnectRequest::fields) and
/// [`ConnectRequestJudge::accept`](super::ConnectRequestJudge::accept) return one. `Debug` shows lengths only.
#[derive(Clone)]
pub struct ConnectFields<'o> {
    lines: FieldLines<'o>,
}

impl<'o> ConnectFields<'o> {
    /// Returns the fields of lines that the codec has written.
    pub(super) const fn of(lines: &'o [u8]) -> Self {
        Self { lines: FieldLines { rest: lines } }
    }
}

impl<'o> Iterator for ConnectFields<'o> {
    type Item = (&'o [u8], &'o [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.lines.next()
    }
}

impl fmt::Debug for ConnectFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectFields({} bytes)", self.lines.rest.len())
    }
}

/// Writes the caller's fields.
pub(super) fn write_fields(fields: &[Field<'_>], writer: &mut Writer<'_>) {
    for (name, value) in fields {
        // Names are sent in lower case. [8441-5-lower-case]
        name.bytes().for_each(|byte| writer.bytes(&[byte.to_ascii_lowercase()]));
        writer.text(": ");
        // Values are sent without white space around them. [9113-8.2.1-sent]
        writer.bytes(trim(value.as_bytes()));
        writer.text("\r\n");
    }
}
