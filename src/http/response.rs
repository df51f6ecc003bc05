//! Whole responses, for requests that do not ask for a WebSocket, and the check of a caller's fields.

use super::class::Class;
use super::error::WriteError;
use super::method::Method;
use super::scan::is_tchar;
use super::writer::{Writer, render};
use core::fmt;

/// A field to send: its name and its value.
pub type Field<'a> = (&'a str, &'a str);

/// A whole HTTP/1.1 response with its body (RFC 9112 §4, §6.3): for requests that do not ask for a WebSocket, and to
/// refuse one.
///
/// It writes `Content-Length` and `Connection` itself, and for the status 426 also `Upgrade: websocket` if no field is
/// named `Upgrade`. A response with `Upgrade` has `Upgrade` in its `Connection`, too (RFC 9110 §7.8). `Debug` shows the
/// status and how much follows it.
///
/// ```
/// use upframe::http::{Method, Response};
/// let mut out = [0; 256];
/// let page = Response::new(200, "OK").with_fields(&[("Content-Type", "text/html")]).with_body(b"<p>Hello");
/// assert_eq!(
///     page.write(Method::GET, &mut out).unwrap(),
///     b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\nConnection: close\r\n\r\n<p>Hello"
/// );
/// let page = Response::new(426, "Upgrade Required").with_fields(&[("Sec-WebSocket-Version", "13")]);
/// assert_eq!(
///     page.write(Method::GET, &mut out).unwrap(),
///     b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n\
///       Content-Length: 0\r\nConnection: Upgrade, close\r\n\r\n"
/// );
/// ```
///
/// An interim response has a status from 100 to 199 and neither body nor length, and the final one follows it (RFC 9110
/// §15.2). A client that waits for it before it sends a body asks with `Expect: 100-continue` in HTTP/1.1:
///
/// ```
/// use upframe::http::{Method, Response};
/// let mut out = [0; 64];
/// let go_on = Response::new(100, "Continue").write(Method::of(b"PUT"), &mut out).unwrap();
/// assert_eq!(go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
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

/// Checks the caller's fields (RFC 9110 §5.1, §5.5). `owned` are the names that the codec writes itself.
pub(crate) fn check_fields(fields: &[Field], owned: &[&'static str]) -> Result<(), WriteError> {
    fields.iter().enumerate().try_for_each(|(index, (name, value))| {
        // The name of a caller's field is a token and not empty. [9110-5.1-own-name]
        if name.is_empty() || !name.bytes().all(is_tchar) {
            return Err(WriteError::FieldName { index });
        }
        // The value of a caller's field contains no CR, LF, NUL or other control byte. [9110-5.5-own-value]
        if !value.bytes().all(|byte| Class::Value.holds(byte)) {
            return Err(WriteError::FieldValue { index });
        }
        // The caller must not add a field that the codec writes. [4.1-field-owned]
        if let Some(owned) = owned.iter().find(|owned| owned.eq_ignore_ascii_case(name)) {
            return Err(WriteError::FieldOwned(owned));
        }
        Ok(())
    })
}

/// The fields that a response writes itself.
static OWNED_FIELDS: [&str; 3] = ["Content-Length", "Connection", "Transfer-Encoding"];

impl<'a> Response<'a> {
    /// Returns a response with this status, from 100 to 999 except 101, and this reason, without further fields and
    /// with an empty body.
    pub const fn new(status: u16, reason: &'a str) -> Self {
        Self { status, reason, fields: &[], body: &[], keep_alive: false }
    }

    /// Returns the same response with these fields instead of the previous ones.
    #[must_use]
    pub const fn with_fields(self, fields: &'a [Field<'a>]) -> Self {
        Self { fields, ..self }
    }

    /// Returns the same response with this body. The body is left out if the status is one that has none: an interim
    /// one, 204, 205 or 304.
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

    /// Writes the whole answer to a request with this method to the front of `out`, and returns what was written. The
    /// answer to a `HEAD` has the `Content-Length` of the body, but no body (RFC 9110 §9.3.2).
    ///
    /// The method is that of the [handshake](crate::handshake::ServerHandshake::method) or of the
    /// [request](crate::handshake::PlainHttp::method). A request for a WebSocket that is not refused is a `GET`.
    ///
    /// # Errors
    ///
    /// Any [`WriteError`] except `Extension`. `out` is unchanged.
    pub fn write<'o>(&self, method: Method, out: &'o mut [u8]) -> Result<&'o [u8], WriteError> {
        self.check()?;
        render(out, |writer| {
            self.render_head(writer);
            // A response to a HEAD has no body. [9110-9.3.2-page]
            if method != Method::HEAD {
                writer.bytes(self.sent_body());
            }
        })
    }

    /// Writes everything but the body to the front of `out`, and returns what was written: for a body that is sent
    /// after it in pieces, as from flash. `Content-Length` is that of the body.
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
    /// Any [`WriteError`] except `Extension`. `out` is unchanged.
    pub fn write_head<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], WriteError> {
        self.check()?;
        render(out, |writer| self.render_head(writer))
    }

    /// Checks status, reason and fields.
    fn check(&self) -> Result<(), WriteError> {
        // A page has a status from 100 to 999 except 101, and a reason without control bytes. [9112-4-page]
        if !matches!(self.status, 100 | 102..=999) {
            return Err(WriteError::Status);
        }
        if !self.reason.bytes().all(|byte| Class::Value.holds(byte)) {
            return Err(WriteError::Reason);
        }
        check_fields(self.fields, &OWNED_FIELDS)
    }

    /// Writes the status line, the fields and the length.
    fn render_head(&self, writer: &mut Writer<'_>) {
        writer.text("HTTP/1.1 ");
        writer.number(usize::from(self.status));
        writer.text(" ");
        writer.text(self.reason);
        writer.text("\r\n");
        for (name, value) in self.fields {
            writer.field(name, value);
        }
        let mut upgrade = self.fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("Upgrade"));
        // A page with 426 tells what to upgrade to. [9110-15.5.22-page]
        if self.status == 426 && !upgrade {
            writer.text("Upgrade: websocket\r\n");
            upgrade = true;
        }
        // An interim response and a 204 have no Content-Length. [9110-8.6-none]
        // RFC 9110 §8.6: that of a 304 would be the length of another response
        if !matches!(self.status, 100..=199 | 204 | 304) {
            writer.text("Content-Length: ");
            writer.number(self.sent_body().len());
            writer.text("\r\n");
        }
        let end = match (self.status, self.keep_alive) {
            // An interim response says nothing about the end of the connection. [9110-15.2-connection]
            (..200, _) => "",
            (_, true) => "keep-alive",
            (_, false) => "close",
        };
        // A response with Upgrade has Upgrade in its Connection. [9110-7.8-connection]
        let upgrade = if upgrade { "Upgrade" } else { "" };
        if !upgrade.is_empty() || !end.is_empty() {
            let comma = if upgrade.is_empty() || end.is_empty() { "" } else { ", " };
            for part in ["Connection: ", upgrade, comma, end, "\r\n"] {
                writer.text(part);
            }
        }
        writer.text("\r\n");
    }

    /// Returns the body, or nothing if the status is one that has none.
    const fn sent_body(&self) -> &'a [u8] {
        match self.status {
            // An interim response, a 204, a 205 and a 304 have no body. [9110-15.3.6-none]
            100..=199 | 204 | 205 | 304 => &[],
            _ => self.body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_would_break_the_response_are_refused_and_nothing_is_written() {
        for (field, want) in [
            (("", "x"), WriteError::FieldName { index: 1 }),
            (("A B", "x"), WriteError::FieldName { index: 1 }),
            (("A:", "x"), WriteError::FieldName { index: 1 }),
            (("A\r\nB", "x"), WriteError::FieldName { index: 1 }),
            (("Ä", "x"), WriteError::FieldName { index: 1 }),
            (("A", "x\r\nB: y"), WriteError::FieldValue { index: 1 }),
            (("A", "x\n"), WriteError::FieldValue { index: 1 }),
            (("A", "x\0"), WriteError::FieldValue { index: 1 }),
            (("A", "\x7F"), WriteError::FieldValue { index: 1 }),
            (("content-length", "1"), WriteError::FieldOwned("Content-Length")),
            (("Connection", "close"), WriteError::FieldOwned("Connection")),
            (("TRANSFER-ENCODING", "chunked"), WriteError::FieldOwned("Transfer-Encoding")),
        ] {
            let mut out = [0xEE; 100];
            assert_eq!(
                Response::new(200, "OK").with_fields(&[("B", "ok"), field]).write(Method::GET, &mut out),
                Err(want)
            );
            assert_eq!(out, [0xEE; 100]);
        }
        for (status, reason, want) in [
            (101, "x", WriteError::Status),
            (0, "x", WriteError::Status),
            (1000, "x", WriteError::Status),
            (200, "x\r\n", WriteError::Reason),
        ] {
            assert_eq!(Response::new(status, reason).write(Method::GET, &mut [0; 100]), Err(want));
        }
    }

    #[test]
    fn a_response_without_a_body_has_a_length_unless_it_may_not() {
        let mut out = [0; 100];
        let response = Response::new(404, "Not Found").with_keep_alive(true);
        assert_eq!(
            response.write(Method::GET, &mut out).unwrap(),
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
        );
        let response = Response::new(204, "No Content").with_body(b"never");
        assert_eq!(
            response.write(Method::GET, &mut out).unwrap(),
            b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(response.write(Method::GET, &mut out[..45]), Err(WriteError::BufferTooSmall { required: 46 }));
    }
}
