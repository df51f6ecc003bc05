//! What is wrong with a received head, and why a head cannot be written.

use core::fmt;

/// What is wrong with a received head. The number at the end of each description is the status that a server answers
/// with.
///
/// ```
/// use upframe::http::HeadViolation;
/// assert_eq!((HeadViolation::LineEnd.status(), HeadViolation::TooManyBytes.status()), (400, 431));
/// assert_eq!(HeadViolation::LineEnd.to_string(), "line ends without CR LF");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum HeadViolation {
    /// The method is not a token followed by one space (RFC 9112 §3.1). 400.
    Method,
    /// The target is empty, or contains a space, a control byte, a byte beyond ASCII, or a fragment (RFC 9112 §3.2).
    /// 400.
    Target,
    /// The HTTP version is malformed (RFC 9112 §2.3). 400.
    Version,
    /// The first digit of the HTTP version is not 1 (RFC 9110 §15.6.6). 505.
    MajorVersion,
    /// The status is not a number of three digits from 100 to 999 (RFC 9112 §4). 400.
    Status,
    /// The reason contains a control byte (RFC 9112 §4). 400.
    Reason,
    /// A field name is empty or not a token, white space precedes the colon, a line is folded, or a line has no colon
    /// (RFC 9112 §5). 400.
    FieldName,
    /// A field value contains a control byte (RFC 9110 §5.5). 400.
    FieldValue,
    /// A line ends with a bare LF or a bare CR (RFC 9112 §2.2). 400. This is strict on purpose: whatever the two ends
    /// of a connection read differently can be used to attack what is between them.
    LineEnd,
    /// The request line exceeds [`HeadLimits::bytes`](crate::http::HeadLimits::bytes) (RFC 9112 §3). 414.
    RequestLineTooLong,
    /// The head has more bytes than [`HeadLimits::bytes`](crate::http::HeadLimits::bytes), and the limit is not in its
    /// request line (RFC 6585 §5). 431.
    TooManyBytes,
    /// The head has more fields than [`HeadLimits::fields`](crate::http::HeadLimits::fields) (RFC 6585 §5). 431.
    TooManyFields,
}

impl HeadViolation {
    /// Returns the status of the response with which a server answers: 400, 414, 431 or 505.
    pub const fn status(self) -> u16 {
        match self {
            Self::MajorVersion => 505,
            // A request line beyond the limit is answered with 414. [9112-3-uri-length]
            Self::RequestLineTooLong => 414,
            // A head beyond the limits is answered with 431. [6585-5-status]
            Self::TooManyBytes | Self::TooManyFields => 431,
            _ => 400,
        }
    }
}

impl fmt::Display for HeadViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Method => "malformed method",
            Self::Target => "bad target",
            Self::Version => "malformed HTTP version",
            Self::MajorVersion => "HTTP version not supported",
            Self::Status => "malformed status",
            Self::Reason => "malformed reason",
            Self::FieldName => "bad field name",
            Self::FieldValue => "bad field value",
            Self::LineEnd => "line ends without CR LF",
            Self::RequestLineTooLong => "request line too long",
            Self::TooManyBytes => "head too large",
            Self::TooManyFields => "too many fields",
        })
    }
}

impl core::error::Error for HeadViolation {}

/// An invalid head: what is wrong with it, and at which byte.
///
/// ```
/// use upframe::http::{HeadError, HeadLimits, HeadReader, HeadViolation, Span};
/// let mut reader = HeadReader::request(HeadLimits::DEFAULT);
/// let mut input = &b"(GET) / HTTP/1.1\r\n\r\n"[..];
/// let error = HeadError { violation: HeadViolation::Method, offset: 0 };
/// assert_eq!(reader.read(&mut input), Some(Span::Failed(error)));
/// assert_eq!(error.to_string(), "malformed method at byte 0");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct HeadError {
    /// What is wrong.
    pub violation: HeadViolation,
    /// How many bytes of the head precede the byte that is wrong.
    pub offset: u32,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.violation, self.offset)
    }
}

impl core::error::Error for HeadError {}

/// Why a head cannot be written. Nothing was written.
///
/// `index` is the place of a field among those that the caller provided, from 0.
///
/// ```
/// use upframe::http::{Method, Response, WriteError};
/// let page = Response::new(200, "OK");
/// let Err(WriteError::BufferTooSmall { required }) = page.write(Method::GET, &mut [0; 10]) else { panic!() };
/// assert_eq!(page.write(Method::GET, &mut vec![0; required]).unwrap().len(), required);
/// let error = page.with_fields(&[("connection", "close")]).write(Method::GET, &mut [0; 99]).unwrap_err();
/// assert_eq!((error, error.to_string().as_str()), (WriteError::FieldOwned("Connection"), "Connection is written by the codec"));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum WriteError {
    /// The output is too small.
    BufferTooSmall {
        /// The number of bytes that the output must have.
        required: usize,
    },
    /// The status is not from 100 to 999, or it is 101, which only the codec writes.
    Status,
    /// The reason contains a control byte.
    Reason,
    /// The name of a field is not a token (RFC 9110 §5.1).
    FieldName {
        /// Which of the caller's fields it is.
        index: usize,
    },
    /// The value of a field contains CR, LF, NUL or another control byte (RFC 9110 §5.5).
    FieldValue {
        /// Which of the caller's fields it is.
        index: usize,
    },
    /// The codec writes the field with this name itself.
    FieldOwned(&'static str),
    /// The extension writes an invalid token (RFC 6455 §9.1).
    Extension,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BufferTooSmall { required } => return write!(f, "output needs {required} bytes"),
            Self::Status => "invalid status",
            Self::Reason => "reason has a control byte",
            Self::FieldName { index } => return write!(f, "invalid field name at index {index}"),
            Self::FieldValue { index } => return write!(f, "field value has a control byte at index {index}"),
            Self::FieldOwned(name) => return write!(f, "{name} is written by the codec"),
            Self::Extension => "extension writes an invalid token",
        })
    }
}

impl core::error::Error for WriteError {}
