//! What is wrong with a head that came, and with one that is to be written.

use core::fmt;

/// What is wrong with a head.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum HeadViolation {
    /// The method is not a token followed by one space (RFC 9112 §3.1). 400.
    Method,
    /// The target is empty, or holds a space, a control byte, a byte beyond ASCII or a fragment (RFC 9112 §3.2). 400.
    Target,
    /// The version is not written as one (RFC 9112 §2.3). 400.
    Version,
    /// A version of HTTP whose first digit is not 1 (RFC 9110 §15.6.6). 505.
    MajorVersion,
    /// The status is not three digits from 100 up (RFC 9112 §4). 400.
    Status,
    /// A control byte in the reason (RFC 9112 §4). 400.
    Reason,
    /// A field name that is empty or no token, white space in front of the colon, a folded line, or a line without a colon (RFC
    /// 9112 §5). 400.
    FieldName,
    /// A control byte in a field value (RFC 9110 §5.5). 400.
    FieldValue,
    /// A line that ends with a bare LF or a bare CR (RFC 9112 §2.2). 400. Strict on purpose: what the ends of a connection do not
    /// agree on, something between them can be made to misread.
    LineEnd,
    /// More bytes than [`HeadLimits::bytes`](super::HeadLimits::bytes) (RFC 6585 §5). 431.
    TooManyBytes,
    /// More fields than [`HeadLimits::fields`](super::HeadLimits::fields) (RFC 6585 §5). 431.
    TooManyFields,
}

impl HeadViolation {
    /// The status of the response that a server gives.
    pub const fn status(self) -> u16 {
        match self {
            // [9110-15.6.6-major]
            Self::MajorVersion => 505,
            // [6585-5-status]
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
            Self::TooManyBytes => "head too large",
            Self::TooManyFields => "too many fields",
        })
    }
}

impl core::error::Error for HeadViolation {}

/// A head that cannot be read: what is wrong, and where.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct HeadError {
    /// What is wrong.
    pub violation: HeadViolation,
    /// How many bytes came before the failing one.
    pub offset: u32,
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.violation, self.offset)
    }
}

impl core::error::Error for HeadError {}

/// A response, or a request, that cannot be written. Nothing was written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum WriteError {
    /// The output is too short.
    BufferTooSmall {
        /// The length in bytes that it must have.
        required: usize,
    },
    /// The status is not one of a final response: 200 to 999.
    Status,
    /// The reason holds a control byte.
    Reason,
    /// A field name that is no token (RFC 9110 §5.1).
    FieldName,
    /// A field value with CR, LF, NUL or another control byte (RFC 9110 §5.5).
    FieldValue,
    /// A field that the codec writes itself.
    FieldOwned,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BufferTooSmall { required } => return write!(f, "output needs {required} bytes"),
            Self::Status => "status is not one of a final response",
            Self::Reason => "reason holds a control byte",
            Self::FieldName => "field name is no token",
            Self::FieldValue => "field value holds a control byte",
            Self::FieldOwned => "field is written by the codec",
        })
    }
}

impl core::error::Error for WriteError {}
