//! Whole responses, for requests that do not ask for a WebSocket, and the check of a caller's fields.

use super::class::Class;
use super::error::WriteError;
use super::scan::is_tchar;
use super::writer::{Writer, render};
use core::fmt;

/// A field to send: its name and its value.
pub type Field<'a> = (&'a str, &'a str);

/// A whole HTTP/1.1 response with its body (RFC 9112 §4, §6.3): for requests that do not ask for a WebSocket, and to
/// refuse one.
///
/// It writes `Content-Length` and `Connection` itself. `Debug` shows the status and how much follows it.
///
/// ```
/// use upframe::http::Response;
/// let mut out = [0; 256];
/// let page = Response::new(200, "OK").with_fields(&[("Content-Type", "text/html")]).with_body(b"<p>Hello");
/// assert_eq!(
///     page.write(&mut out).unwrap(),
///     b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\nConnection: close\r\n\r\n<p>Hello"
/// );
/// ```
#[derive(Clone, Copy)]
pub struct Response<'a> {
    status: u16,
    reason: &'a str,
    fields: &'a [Field<'a>],
    body: &'a [u8],
    keep_alive: bool,
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} fields, {} bytes)", self.status, self.fields.len(), self.body.len())
    }
}

/// Checks a field of the caller's (RFC 9110 §5.1, §5.5). `owned` are the names that the codec writes itself.
pub(crate) fn check_field((name, value): Field, owned: &[&str]) -> Result<(), WriteError> {
    // The name of a caller's field is a token and not empty. [9110-5.1-own-name]
    if name.is_empty() || !name.bytes().all(is_tchar) {
        return Err(WriteError::FieldName);
    }
    // The value of a caller's field contains no CR, LF, NUL or other control byte. [9110-5.5-own-value]
    if !value.bytes().all(|byte| Class::Value.holds(byte)) {
        return Err(WriteError::FieldValue);
    }
    // The caller must not add a field that the codec writes. [4.1-field-owned]
    if owned.iter().any(|owned| owned.eq_ignore_ascii_case(name)) {
        return Err(WriteError::FieldOwned);
    }
    Ok(())
}

/// The fields that a response writes itself.
const OWNED_FIELDS: [&str; 3] = ["Content-Length", "Connection", "Transfer-Encoding"];

impl<'a> Response<'a> {
    /// Returns a response with this status, from 200 to 999, and this reason, without further fields and with an empty
    /// body.
    pub const fn new(status: u16, reason: &'a str) -> Self {
        Self { status, reason, fields: &[], body: &[], keep_alive: false }
    }

    /// Returns the same response with these fields instead of the previous ones.
    #[must_use]
    pub const fn with_fields(self, fields: &'a [Field<'a>]) -> Self {
        Self { fields, ..self }
    }

    /// Returns the same response with this body. The body is left out if the status is 204 or 304, which have none.
    #[must_use]
    pub const fn with_body(self, body: &'a [u8]) -> Self {
        Self { body, ..self }
    }

    /// Returns the same response with `Connection: keep-alive` for `true`, and `Connection: close`, the default, for
    /// `false`.
    #[must_use]
    pub const fn with_keep_alive(self, keep_alive: bool) -> Self {
        Self { keep_alive, ..self }
    }

    /// Writes the whole response to the front of `out`, and returns what was written.
    ///
    /// # Errors
    ///
    /// Any [`WriteError`]. `out` is unchanged.
    pub fn write<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], WriteError> {
        self.check(&OWNED_FIELDS)?;
        render(out, |writer| {
            self.render_head(writer, |writer| writer.field("Connection", self.connection()));
            self.render_body(writer);
        })
    }

    /// Writes everything but the body to the front of `out`, and returns what was written: for a body that is sent
    /// after it in pieces, as from flash, and for the answer to a HEAD (RFC 9110 §9.3.2). `Content-Length` is that of
    /// the body.
    ///
    /// ```
    /// use upframe::http::Response;
    /// let page = [b'.'; 100_000];
    /// let mut out = [0; 64];
    /// assert_eq!(
    ///     Response::new(200, "OK").with_body(&page).write_head(&mut out).unwrap(),
    ///     b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// Any [`WriteError`]. `out` is unchanged.
    pub fn write_head<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], WriteError> {
        self.check(&OWNED_FIELDS)?;
        render(out, |writer| self.render_head(writer, |writer| writer.field("Connection", self.connection())))
    }

    const fn connection(&self) -> &'static str {
        if self.keep_alive { "keep-alive" } else { "close" }
    }

    /// Checks status, reason and fields. `owned` are the names that the codec writes itself.
    pub(crate) fn check(&self, owned: &[&str]) -> Result<(), WriteError> {
        // A page has the status of a final response, and a reason without control bytes. [9112-4-page]
        if !matches!(self.status, 200..=999) {
            return Err(WriteError::Status);
        }
        if !self.reason.bytes().all(|byte| Class::Value.holds(byte)) {
            return Err(WriteError::Reason);
        }
        self.fields.iter().try_for_each(|field| check_field(*field, owned))
    }

    /// Writes the status line, the fields, the length, and what `more` adds.
    pub(crate) fn render_head(&self, writer: &mut Writer<'_>, more: impl Fn(&mut Writer<'_>)) {
        writer.text("HTTP/1.1 ");
        writer.number(usize::from(self.status));
        writer.text(" ");
        writer.text(self.reason);
        writer.text("\r\n");
        for (name, value) in self.fields {
            writer.field(name, value);
        }
        // RFC 9110 §8.6: a 204 must not have the field, and a 304 has no body
        if !matches!(self.status, 204 | 304) {
            writer.text("Content-Length: ");
            writer.number(self.body.len());
            writer.text("\r\n");
        }
        more(writer);
        writer.text("\r\n");
    }

    pub(crate) fn render_body(&self, writer: &mut Writer<'_>) {
        if !matches!(self.status, 204 | 304) {
            writer.bytes(self.body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_would_break_the_response_are_refused_and_nothing_is_written() {
        for (field, want) in [
            (("", "x"), WriteError::FieldName),
            (("A B", "x"), WriteError::FieldName),
            (("A:", "x"), WriteError::FieldName),
            (("A\r\nB", "x"), WriteError::FieldName),
            (("Ä", "x"), WriteError::FieldName),
            (("A", "x\r\nB: y"), WriteError::FieldValue),
            (("A", "x\n"), WriteError::FieldValue),
            (("A", "x\0"), WriteError::FieldValue),
            (("A", "\x7F"), WriteError::FieldValue),
            (("content-length", "1"), WriteError::FieldOwned),
            (("Connection", "close"), WriteError::FieldOwned),
            (("TRANSFER-ENCODING", "chunked"), WriteError::FieldOwned),
        ] {
            let mut out = [0xEE; 100];
            assert_eq!(Response::new(200, "OK").with_fields(&[("B", "ok"), field]).write(&mut out), Err(want));
            assert_eq!(out, [0xEE; 100]);
        }
        for (status, reason, want) in [
            (101, "x", WriteError::Status),
            (0, "x", WriteError::Status),
            (1000, "x", WriteError::Status),
            (200, "x\r\n", WriteError::Reason),
        ] {
            assert_eq!(Response::new(status, reason).write(&mut [0; 100]), Err(want));
        }
    }

    #[test]
    fn a_response_without_a_body_has_a_length_unless_it_may_not() {
        let mut out = [0; 100];
        let response = Response::new(404, "Not Found").with_keep_alive(true);
        assert_eq!(
            response.write(&mut out).unwrap(),
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
        );
        let response = Response::new(204, "No Content").with_body(b"never");
        assert_eq!(response.write(&mut out).unwrap(), b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        assert_eq!(response.write(&mut out[..45]), Err(WriteError::BufferTooSmall { required: 46 }));
    }
}
