//! Why a server refuses, and the answer that says so.

use crate::http::{HeadError, HeadViolation, ResponseError, render};
use core::fmt;

/// Why a request gets no connection. In the order of judgement where several rules are broken at once.
///
/// The answer is a whole HTTP response with a short text, ready to be written: see [`write`](Self::write).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// It is no HTTP/1.1 request, or one too large. 400, 431 or 505.
    Head(HeadError),
    /// HTTP/1.0, which knows no upgrade (RFC 9110 §7.8, RFC 6455 §4.2.1). 505.
    HttpVersion,
    /// It does not ask for a WebSocket (RFC 9110 §15.5.22). 426 with `Upgrade: websocket`.
    UpgradeRequired,
    /// The method is not GET (RFC 6455 §4.2.1). 405 with `Allow: GET`.
    Method,
    /// The target is neither a path nor an absolute URI (RFC 9112 §3.2). 400.
    Target,
    /// No `Host`, or two, or one that is none (RFC 9112 §3.2). 400.
    Host,
    /// A body is announced (RFC 9112 §6). 400: its bytes are never read as frames.
    Body,
    /// `Connection` has no token `Upgrade` (RFC 6455 §4.2.1). 400.
    Connection,
    /// `Sec-WebSocket-Key` is missing, there twice, or not 16 bytes in base64 (RFC 6455 §4.2.1). 400.
    Key,
    /// `Sec-WebSocket-Version` is missing (RFC 6455 §4.2.1). 400.
    VersionMissing,
    /// `Sec-WebSocket-Version` is there twice, or is no number (RFC 6455 §4.2.1). 400.
    VersionMalformed,
    /// `Sec-WebSocket-Version` is not 13 (RFC 6455 §4.2.2, §4.4). 426 with `Sec-WebSocket-Version: 13`.
    VersionUnsupported,
    /// `Sec-WebSocket-Protocol` is no list of different tokens (RFC 6455 §4.1). 400.
    Subprotocols,
    /// More than 16 subprotocols are offered. 431.
    TooManySubprotocols,
    /// `Sec-WebSocket-Extensions` is not written as one (RFC 6455 §9.1). 400.
    Extensions,
    /// `Origin` is not among those that may connect (RFC 6455 §4.2.2, §10.2). 403.
    Origin,
}

impl Refusal {
    /// The status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Self::Head(error) => error.violation.status(),
            Self::HttpVersion => 505,
            // [4.2.2-version-13]
            Self::UpgradeRequired | Self::VersionUnsupported => 426,
            // [4.2.1-get]
            Self::Method => 405,
            // [6585-5-subprotocols]
            Self::TooManySubprotocols => 431,
            // [10.2-origin]
            Self::Origin => 403,
            _ => 400,
        }
    }

    /// The reason phrase of the answer (RFC 9110 §15).
    pub const fn reason(self) -> &'static str {
        match self.status() {
            403 => "Forbidden",
            405 => "Method Not Allowed",
            426 => "Upgrade Required",
            431 => "Request Header Fields Too Large",
            505 => "HTTP Version Not Supported",
            _ => "Bad Request",
        }
    }

    /// Writes the whole answer to the front of `out`; gives what was written. 256 bytes are enough for any.
    ///
    /// Close the stream after it, but not before the peer could read it: read on, or linger.
    ///
    /// ```
    /// use upframe::handshake::Refusal;
    /// let mut out = [0; 256];
    /// assert_eq!(
    ///     Refusal::Method.write(&mut out).unwrap(),
    ///     b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\
    ///       Connection: close\r\n\r\nmethod is not GET\n"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// [`ResponseError::BufferTooSmall`]; `out` is unchanged.
    pub fn write(self, out: &mut [u8]) -> Result<&[u8], ResponseError> {
        let fields = match self {
            // §4.4: the version that is spoken here [4.4-versions] [9110-15.5.22-upgrade]
            Self::UpgradeRequired | Self::VersionUnsupported => {
                "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            }
            // RFC 9110 §15.5.6 [9110-15.5.6-allow]
            Self::Method => "Allow: GET\r\n",
            _ => "",
        };
        let line = self.line();
        render(out, |writer| {
            writer.text("HTTP/1.1 ");
            writer.number(usize::from(self.status()));
            writer.text(" ");
            writer.text(self.reason());
            writer.text("\r\n");
            writer.text(fields);
            // [4.2.1-refusal]
            writer.text("Content-Type: text/plain\r\nContent-Length: ");
            writer.number(line.len());
            writer.text("\r\nConnection: close\r\n\r\n");
            writer.text(line);
        })
    }

    /// What is wrong, in a line.
    const fn line(self) -> &'static str {
        match self {
            Self::Head(error) => match error.violation {
                HeadViolation::MajorVersion => "HTTP version is not 1.1\n",
                HeadViolation::TooManyBytes => "request head is too large\n",
                HeadViolation::TooManyFields => "too many fields\n",
                HeadViolation::LineEnd => "line does not end with CR LF\n",
                HeadViolation::FieldName => "malformed field name\n",
                HeadViolation::FieldValue => "malformed field value\n",
                _ => "malformed request line\n",
            },
            Self::HttpVersion => "HTTP version is not 1.1\n",
            Self::UpgradeRequired => "request does not ask for a WebSocket\n",
            Self::Method => "method is not GET\n",
            Self::Target => "malformed request target\n",
            Self::Host => "there must be one Host\n",
            Self::Body => "request must not have a body\n",
            Self::Connection => "Connection has no Upgrade\n",
            Self::Key => "Sec-WebSocket-Key must be 16 bytes in base64\n",
            Self::VersionMissing => "Sec-WebSocket-Version is missing\n",
            Self::VersionMalformed => "malformed Sec-WebSocket-Version\n",
            Self::VersionUnsupported => "Sec-WebSocket-Version is not 13\n",
            Self::Subprotocols => "malformed Sec-WebSocket-Protocol\n",
            Self::TooManySubprotocols => "too many subprotocols\n",
            Self::Extensions => "malformed Sec-WebSocket-Extensions\n",
            Self::Origin => "origin is not allowed\n",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line();
        write!(f, "{} ({})", line.strip_suffix('\n').unwrap_or(line), self.status())
    }
}

impl core::error::Error for Refusal {}

impl From<HeadError> for Refusal {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}
