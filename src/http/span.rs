//! What a head is made of.

use core::fmt;

/// Some bytes of an element that may come in several runs.
///
/// The last run of an element says so; it may be empty.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Run<'b> {
    /// The bytes.
    pub bytes: &'b [u8],
    /// The element ends with them.
    pub last: bool,
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes{}", self.bytes.len(), if self.last { ", the last" } else { "" })
    }
}

#[cfg(feature = "defmt-1")]
impl defmt::Format for Run<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{} bytes{}", self.bytes.len(), if self.last { ", the last" } else { "" });
    }
}

/// A version of HTTP (RFC 9112 §2.3).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Version {
    /// The first digit: always 1, since other versions have other heads.
    pub major: u8,
    /// The second digit.
    pub minor: u8,
}

/// The next bit of a head. Runs borrow the input.
///
/// A request is `Method`, `Target`, `Version`, fields, `End`; a response `Version`, `Status`, `Reason`, fields, `End`; a field is
/// `Name`, `Value`. `Debug` shows no bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub enum Span<'b> {
    /// Of the method: a token.
    Method(Run<'b>),
    /// Of the request target: visible ASCII without `#`.
    Target(Run<'b>),
    /// The version.
    Version(Version),
    /// The status code, from 100 to 999.
    Status(u16),
    /// Of the reason phrase, which may be empty.
    Reason(Run<'b>),
    /// Of a field's name: a token, in the sender's upper and lower case.
    Name(Run<'b>),
    /// Of a field's value. White space in front of it has been skipped; white space behind it is part of the value, since it
    /// cannot be told before the line has ended.
    Value(Run<'b>),
    /// The head is whole. What follows in the input is no part of it, and is left there.
    End,
    /// This is no head, or one too large. Nothing more is taken.
    Failed(HeadError),
}

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
