//! Why a server refuses a request, and the answer that it writes then.

use super::field_lines::{FieldLines, split};
use crate::http::error::{HeadError, HeadViolation, WriteError};
use crate::http::method::Method;
use crate::http::writer::render;
use core::{fmt, str};

/// Why a request is refused. If several rules are broken at once, the first one in this order is reported.
///
/// The number at the end of each description is the status of the answer. The answer is a whole HTTP response with a
/// short text: see [`write`](Self::write).
///
/// ```
/// use upframe::handshake::Refusal;
/// assert_eq!((Refusal::Origin.status(), Refusal::Origin.reason()), (403, "Forbidden"));
/// assert_eq!(Refusal::Origin.to_string(), "origin is not allowed (403)");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// The request is not valid HTTP/1.1, or its head is too large. 400, 414, 431 or 505.
    Head(HeadError),
    /// The request is HTTP/1.0, which has no upgrade (RFC 9110 §7.8, RFC 6455 §4.2.1). 505.
    HttpVersion,
    /// The request does not ask for a WebSocket (RFC 9110 §15.5.22). 426 with `Upgrade: websocket`.
    UpgradeRequired,
    /// The method is not GET (RFC 6455 §4.2.1). 405 with `Allow: GET`.
    Method,
    /// The target is neither a path nor an absolute URI of `http`, `https`, `ws` or `wss`, or its authority is malformed
    /// (RFC 9112 §3.2, RFC 9110 §4.2). A request that does not ask for a WebSocket may also have `*` or a host and a port
    /// as its target. 400.
    Target,
    /// `Host` is missing, duplicated, or not a host that may be followed by a port (RFC 9112 §3.2). It may be empty only
    /// if the request does not ask for a WebSocket. 400.
    Host,
    /// A request that does not ask for a WebSocket has a `Content-Length` or `Transfer-Encoding` that is malformed or
    /// contradictory (RFC 9112 §6.3). 400.
    ///
    /// `Content-Length` must appear once and be a decimal number below 2^64, `Transfer-Encoding` must end with
    /// `chunked`, and only one of both may be present. Equal lengths, as in `5, 5`, are refused, too. This is strict on
    /// purpose: whatever the two ends of a connection read differently can be used to attack what is between them.
    BodyLength,
    /// The request asks for a WebSocket and announces a body (RFC 9112 §6), whose bytes are never read as frames. 400.
    Body,
    /// `Connection` has no token `Upgrade` (RFC 6455 §4.2.1). 400.
    Connection,
    /// `Sec-WebSocket-Key` is missing, duplicated, or not 16 bytes in base64 (RFC 6455 §4.2.1). 400.
    Key,
    /// `Sec-WebSocket-Version` is missing (RFC 6455 §4.2.1). 400.
    VersionMissing,
    /// `Sec-WebSocket-Version` is duplicated or not a number (RFC 6455 §4.2.1). 400.
    VersionMalformed,
    /// `Sec-WebSocket-Version` is not 13 (RFC 6455 §4.2.2, §4.4). 426 with `Sec-WebSocket-Version: 13`.
    VersionUnsupported,
    /// `Sec-WebSocket-Protocol` is not a list of different tokens (RFC 6455 §4.1). 400.
    Subprotocols,
    /// The client offers more than 16 subprotocols, and the first 16 are different tokens. 431.
    TooManySubprotocols,
    /// `Sec-WebSocket-Extensions` is malformed (RFC 6455 §9.1). 400.
    Extensions,
    /// `Origin` is not one that may connect (RFC 6455 §4.2.2, §10.2). 403.
    Origin,
}

impl Refusal {
    /// Returns the status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Self::Head(error) => error.violation.status(),
            Self::HttpVersion => 505,
            Self::UpgradeRequired | Self::VersionUnsupported => 426,
            Self::Method => 405,
            Self::TooManySubprotocols => 431,
            Self::Origin => 403,
            _ => 400,
        }
    }

    /// Returns the reason phrase of the answer (RFC 9110 §15).
    pub const fn reason(self) -> &'static str {
        match self.status() {
            403 => "Forbidden",
            405 => "Method Not Allowed",
            414 => "URI Too Long",
            426 => "Upgrade Required",
            431 => "Request Header Fields Too Large",
            505 => "HTTP Version Not Supported",
            _ => "Bad Request",
        }
    }

    /// Returns the fields of the answer, for servers with an HTTP stack of their own: names and values. `Connection:
    /// close` and `Content-Length` are left to the HTTP stack.
    ///
    /// ```
    /// use upframe::handshake::Refusal;
    /// let fields: Vec<_> = Refusal::Method.fields().collect();
    /// assert_eq!(fields, [("Allow", "GET"), ("Content-Type", "text/plain")]);
    /// assert_eq!((Refusal::Method.status(), Refusal::Method.body()), (405, "method is not GET\n"));
    /// ```
    pub fn fields(self) -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
        // before the fields: the reason
        let (_, rest) = split(status_and_fields(self.index()), b"\r\n");
        let text = |bytes| str::from_utf8(bytes).unwrap_or_default();
        let fields = FieldLines { rest }.map(move |(name, value)| (text(name), text(value)));
        fields.chain([("Content-Type", "text/plain")])
    }

    /// Returns the body of the answer: a line of text.
    pub fn body(self) -> &'static str {
        str::from_utf8(self.line()).unwrap_or_default()
    }

    /// Writes the whole answer to a request with this method to the front of `out`, and returns what was written. 256
    /// bytes are enough for every answer. The answer to a `HEAD` has no body.
    ///
    /// The method is that of the [handshake](super::ServerHandshake::method), or of the
    /// [request](super::PlainHttp::method) that does not ask for a WebSocket.
    ///
    /// Close the stream after it, but not before the peer could read the answer: keep reading for a while, or linger.
    ///
    /// ```
    /// use upframe::handshake::Refusal;
    /// use upframe::http::Method;
    /// let mut out = [0; 256];
    /// assert_eq!(
    ///     Refusal::Method.write(Method::of(b"PUT"), &mut out).unwrap(),
    ///     b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\
    ///       Connection: close\r\n\r\nmethod is not GET\n"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// [`WriteError::BufferTooSmall`]. `out` is unchanged.
    pub fn write(self, method: Method, out: &mut [u8]) -> Result<&[u8], WriteError> {
        let index = self.index();
        let (head, line) = (status_and_fields(index), nth(LINES, b'\n', index));
        render(out, |writer| {
            writer.text("HTTP/1.1 ");
            writer.bytes(head);
            writer.text("Content-Type: text/plain\r\nContent-Length: ");
            // A request that breaks a rule is answered with a whole response of an error status. [4.2.1-refusal]
            writer.two_digits(line.len());
            writer.text(END_OF_HEAD);
            // A refusal of a HEAD has no body. [9110-9.3.2-refusal]
            if method != Method::HEAD {
                writer.bytes(line);
            }
        })
    }

    /// Does what [`write`](Self::write) does, without a body, whatever the method is: status and fields are the same.
    ///
    /// A program that calls this and neither `write` nor `body` saves 700 bytes of flash on a Cortex-M4: the lines of text
    /// are not linked.
    ///
    /// ```
    /// use upframe::handshake::Refusal;
    /// let mut out = [0; 256];
    /// assert_eq!(
    ///     Refusal::Method.write_without_body(&mut out).unwrap(),
    ///     b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// [`WriteError::BufferTooSmall`]. `out` is unchanged.
    pub fn write_without_body(self, out: &mut [u8]) -> Result<&[u8], WriteError> {
        let head = status_and_fields(self.index());
        render(out, |writer| {
            writer.text("HTTP/1.1 ");
            writer.bytes(head);
            writer.text("Content-Length: 0\r\nConnection: close\r\n\r\n");
        })
    }

    /// Returns the line that tells what is wrong, with its line feed.
    fn line(self) -> &'static [u8] {
        nth(LINES, b'\n', self.index())
    }

    /// Returns which of the [`LINES`] describes the refusal.
    #[cfg_attr(upframe_small, inline(never))]
    const fn index(self) -> u8 {
        if let Self::Head(error) = self { Self::of_head(error.violation) } else { self.number() }
    }

    /// Returns which of the [`LINES`] describes a violation of the head.
    const fn of_head(violation: HeadViolation) -> u8 {
        match violation {
            HeadViolation::TooManyBytes => 1,
            HeadViolation::TooManyFields => 2,
            HeadViolation::LineEnd => 3,
            HeadViolation::FieldName => 4,
            HeadViolation::FieldValue => 5,
            HeadViolation::MajorVersion => 6,
            HeadViolation::RequestLineTooLong => 22,
            _ => 0,
        }
    }

    /// Returns which of the [`LINES`] describes the refusal, if the head is valid.
    const fn number(self) -> u8 {
        match self {
            Self::Head(_) => 0,
            Self::HttpVersion => 6,
            Self::UpgradeRequired => 7,
            Self::Method => 8,
            Self::Target => 9,
            Self::Host => 10,
            Self::BodyLength => 11,
            Self::Body => 12,
            Self::Connection => 13,
            Self::Key => 14,
            Self::VersionMissing => 15,
            Self::VersionMalformed => 16,
            Self::VersionUnsupported => 17,
            Self::Subprotocols => 18,
            Self::TooManySubprotocols => 19,
            Self::Extensions => 20,
            Self::Origin => 21,
        }
    }
}

/// The end of every answer's head, after the length of the body.
const END_OF_HEAD: &str = "\r\nConnection: close\r\n\r\n";

/// Which of the [`STATUSES`] belongs to which of the [`LINES`]. It agrees with [`Refusal::status`].
static STATUS_OF: [u8; 23] = [0, 4, 4, 0, 0, 0, 5, 3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 4, 0, 1, 6];

/// The lines that tell what is wrong.
const LINES: &[u8] = concat!(
    "bad request line\n",
    "head is too large\n",
    "too many fields\n",
    "line ends without CR LF\n",
    "bad field name\n",
    "bad field value\n",
    "HTTP version is not 1.1\n",
    "does not ask for a WebSocket\n",
    "method is not GET\n",
    "bad target\n",
    "there must be one valid Host\n",
    "bad body length\n",
    "body is not allowed\n",
    "Connection has no Upgrade\n",
    "Sec-WebSocket-Key must be 16 bytes in base64\n",
    "Sec-WebSocket-Version is missing\n",
    "bad Sec-WebSocket-Version\n",
    "Sec-WebSocket-Version is not 13\n",
    "bad Sec-WebSocket-Protocol\n",
    "too many subprotocols\n",
    "bad Sec-WebSocket-Extensions\n",
    "origin is not allowed\n",
    "URI is too long\n",
)
.as_bytes();

/// Status and reason, and the fields that tell what would be accepted.
const STATUSES: &[u8] = concat!(
    "400 Bad Request\r\n;",
    "403 Forbidden\r\n;",
    // A 405 tells which method is allowed. [9110-15.5.6-allow]
    "405 Method Not Allowed\r\nAllow: GET\r\n;",
    // A 426 tells which version is supported. [4.4-versions]
    // A 426 tells what to upgrade to. [9110-15.5.22-upgrade]
    "426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n;",
    "431 Request Header Fields Too Large\r\n;",
    "505 HTTP Version Not Supported\r\n;",
    "414 URI Too Long\r\n;",
)
.as_bytes();

/// Returns status and reason of the refusal with this line, and the fields that tell what would be accepted.
fn status_and_fields(index: u8) -> &'static [u8] {
    let status = STATUS_OF.get(usize::from(index)).copied().unwrap_or_default();
    nth(STATUSES, b';', status)
}

/// Returns the text after `n` separators, up to the next one, which belongs to it if it is a line feed.
#[cfg_attr(upframe_small, inline(never))]
fn nth(texts: &'static [u8], separator: u8, n: u8) -> &'static [u8] {
    let (mut left, mut start, mut end) = (n, 0_usize, 0_usize);
    for byte in texts {
        if *byte == separator {
            if left == 0 {
                break;
            }
            left = left.wrapping_sub(1);
            start = end.wrapping_add(1);
        }
        end = end.wrapping_add(1);
    }
    texts.get(start..end.wrapping_add(usize::from(separator == b'\n'))).unwrap_or_default()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.body().trim_end(), self.status())
    }
}

impl core::error::Error for Refusal {}

impl From<HeadError> for Refusal {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}
