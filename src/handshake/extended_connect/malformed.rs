//! Why a field section is malformed.

use core::fmt;

/// Why a field section is malformed (RFC 9113 §8.1.1, RFC 9114 §4.1.2). The first problem of the section is reported.
///
/// A server resets the stream, with `PROTOCOL_ERROR` in HTTP/2 and `H3_MESSAGE_ERROR` in HTTP/3. It may answer with 400
/// before. A client resets the stream with the same code.
///
/// ```
/// use upframe::handshake::{ConnectOutcome, ConnectRequestJudge, MalformedFields, ServerOptions};
/// let mut judge = ConnectRequestJudge::new(ServerOptions::new());
/// judge.field(b":method", b"CONNECT");
/// judge.field(b"Origin", b"https://a");
/// let ConnectOutcome::Malformed(error) = judge.finish() else { panic!() };
/// assert_eq!((error, error.to_string().as_str()), (MalformedFields::Name, "field name is not a lower-case token"));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum MalformedFields {
    /// The name of a field is not a token, or has an upper-case letter (RFC 9113 §8.2.1, RFC 9114 §4.2).
    Name,
    /// The value of a field has a control byte, or white space around it (RFC 9113 §8.2.1).
    Value,
    /// A field belongs to one connection of HTTP/1.1: `Connection`, `Upgrade`, `Keep-Alive`, `Proxy-Connection`,
    /// `Transfer-Encoding`, or `TE` other than `trailers` in a request (RFC 9113 §8.2.2, RFC 9114 §4.2).
    ConnectionField,
    /// A pseudo-header field follows a field (RFC 9113 §8.3).
    PseudoLate,
    /// A pseudo-header field is duplicated (RFC 9113 §8.3).
    PseudoDuplicated,
    /// A pseudo-header field is unknown, or this message must not have it (RFC 9113 §8.3, §8.5).
    PseudoNotAllowed,
    /// A pseudo-header field is missing (RFC 9113 §8.3.1, RFC 8441 §4).
    PseudoMissing,
    /// `Host` and `:authority` differ (RFC 9113 §8.3.1, RFC 9114 §4.3.1).
    HostDiffers,
    /// `:status` is not a number of three digits from 100 to 999, or is 101 (RFC 9113 §8.3.2, §8.6).
    Status,
}

impl fmt::Display for MalformedFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "field name is not a lower-case token",
            Self::Value => "bad field value",
            Self::ConnectionField => "field belongs to one connection of HTTP/1.1",
            Self::PseudoLate => "pseudo-header field follows a field",
            Self::PseudoDuplicated => "pseudo-header field is duplicated",
            Self::PseudoNotAllowed => "pseudo-header field is not allowed",
            Self::PseudoMissing => "pseudo-header field is missing",
            Self::HostDiffers => "Host and :authority differ",
            Self::Status => "bad :status",
        })
    }
}

impl core::error::Error for MalformedFields {}
