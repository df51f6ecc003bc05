//! Why a server refuses, and the answer that says so.

use crate::http::error::{HeadError, HeadViolation, WriteError};
use crate::http::writer::render;
use core::{fmt, str};

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
    /// [`WriteError::BufferTooSmall`]; `out` is unchanged.
    pub fn write(self, out: &mut [u8]) -> Result<&[u8], WriteError> {
        let (status, line) = self.status_and_line();
        render(out, |writer| {
            writer.text("HTTP/1.1 ");
            writer.bytes(nth(STATUSES, b';', status & 0x0F));
            // [4.2.1-refusal]
            writer.text("Content-Type: text/plain\r\nContent-Length: ");
            writer.two_digits(line.len().saturating_add(1));
            writer.text("\r\nConnection: close\r\n\r\n");
            writer.bytes(line);
            writer.text("\n");
        })
    }

    /// Which of the [`STATUSES`], and what is wrong, in a line.
    fn status_and_line(self) -> (u8, &'static [u8]) {
        let number = if let Self::Head(error) = self { Self::of_head(error.violation) } else { self.number() };
        nth(LINES, b'\n', number).split_first().map_or((0, &[]), |(status, line)| (*status, line))
    }

    /// Which of the [`LINES`] what is wrong with a head is.
    const fn of_head(violation: HeadViolation) -> u8 {
        match violation {
            HeadViolation::TooManyBytes => 1,
            HeadViolation::TooManyFields => 2,
            HeadViolation::LineEnd => 3,
            HeadViolation::FieldName => 4,
            HeadViolation::FieldValue => 5,
            HeadViolation::MajorVersion => 6,
            _ => 0,
        }
    }

    /// Which of the [`LINES`] it is, if it is not about the head.
    const fn number(self) -> u8 {
        match self {
            Self::Head(_) => 0,
            Self::HttpVersion => 6,
            Self::UpgradeRequired => 7,
            Self::Method => 8,
            Self::Target => 9,
            Self::Host => 10,
            Self::Body => 11,
            Self::Connection => 12,
            Self::Key => 13,
            Self::VersionMissing => 14,
            Self::VersionMalformed => 15,
            Self::VersionUnsupported => 16,
            Self::Subprotocols => 17,
            Self::TooManySubprotocols => 18,
            Self::Extensions => 19,
            Self::Origin => 20,
        }
    }
}

/// What is wrong, behind the number of its status, which is that of [`Refusal::status`].
const LINES: &[u8] = concat!(
    "0bad request line\n",
    // [6585-5-status]
    "4head is too large\n",
    "4too many fields\n",
    "0line ends without CR LF\n",
    "0bad field name\n",
    "0bad field value\n",
    // [9110-15.6.6-major]
    "5HTTP version is not 1.1\n",
    "3does not ask for a WebSocket\n",
    // [4.2.1-get]
    "2method is not GET\n",
    "0bad target\n",
    "0there must be one Host\n",
    "0there must be no body\n",
    "0Connection has no Upgrade\n",
    "0Sec-WebSocket-Key must be 16 bytes in base64\n",
    "0Sec-WebSocket-Version is missing\n",
    "0bad Sec-WebSocket-Version\n",
    // [4.2.2-version-13]
    "3Sec-WebSocket-Version is not 13\n",
    "0bad Sec-WebSocket-Protocol\n",
    // [6585-5-subprotocols]
    "4too many subprotocols\n",
    "0bad Sec-WebSocket-Extensions\n",
    // [10.2-origin]
    "1origin is not allowed\n",
)
.as_bytes();

/// Status and reason, and the fields that say what would be taken.
const STATUSES: &[u8] = concat!(
    "400 Bad Request\r\n;",
    "403 Forbidden\r\n;",
    // RFC 9110 §15.5.6 [9110-15.5.6-allow]
    "405 Method Not Allowed\r\nAllow: GET\r\n;",
    // §4.4: the version that is spoken here [4.4-versions] [9110-15.5.22-upgrade]
    "426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n;",
    "431 Request Header Fields Too Large\r\n;",
    "505 HTTP Version Not Supported\r\n;",
)
.as_bytes();

/// The text behind `n` separators, up to the next one.
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
    texts.get(start..end).unwrap_or_default()
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, line) = self.status_and_line();
        write!(f, "{} ({})", str::from_utf8(line).unwrap_or_default(), self.status())
    }
}

impl core::error::Error for Refusal {}

impl From<HeadError> for Refusal {
    fn from(error: HeadError) -> Self {
        Self::Head(error)
    }
}
