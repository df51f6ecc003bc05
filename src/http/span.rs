//! The elements of a head.

use super::error::HeadError;
use core::fmt;

/// Some bytes of an element, which may come in several runs.
///
/// `Debug` shows the number of bytes only.
///
/// ```
/// use upframe::http::{HeadLimits, HeadReader, Run, Span};
/// let mut reader = HeadReader::request(HeadLimits::DEFAULT);
/// let mut runs = vec![];
/// for mut piece in [&b"G"[..], b"ET "] {
///     runs.extend(reader.read(&mut piece));
/// }
/// let of_method = |bytes, last| Span::Method(Run { bytes, last });
/// assert_eq!(runs, [of_method(b"G", false), of_method(b"ET", true)]);
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Run<'b> {
    /// The bytes. The last run of an element may be empty.
    pub bytes: &'b [u8],
    /// Whether the element ends with these bytes.
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
///
/// ```
/// use upframe::http::Version;
/// assert!(Version { major: 1, minor: 0 } < Version { major: 1, minor: 1 });
/// ```
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Version {
    /// The first digit. It is always 1, since the heads of other major versions are different.
    pub major: u8,
    /// The second digit.
    pub minor: u8,
}

/// The next element of a head, or some of its bytes. Runs borrow the input.
///
/// A request consists of `Method`, `Target`, `Version`, fields, `End`; a response of `Version`, `Status`, `Reason`,
/// fields, `End`; a field of `Name`, `Value`. `Debug` shows no bytes.
///
/// ```
/// use upframe::http::{HeadLimits, HeadReader, Run, Span};
/// let mut reader = HeadReader::response(HeadLimits::DEFAULT);
/// let mut input = &b"HTTP/1.1 204 No Content\r\nA: b\r\n\r\n"[..];
/// let spans: Vec<_> = std::iter::from_fn(|| reader.read(&mut input)).skip(1).collect();
/// let whole = |bytes| Run { bytes, last: true };
/// let field = [Span::Name(whole(b"A")), Span::Value(whole(b"b"))];
/// assert_eq!(spans, [Span::Status(204), Span::Reason(whole(b"No Content")), field[0], field[1], Span::End]);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
// not `non_exhaustive`: RFC 9112 §2 to §5 know no other element
pub enum Span<'b> {
    /// Bytes of the method, which is a token.
    Method(Run<'b>),
    /// Bytes of the request target, which is visible ASCII without `#`.
    Target(Run<'b>),
    /// The version.
    Version(Version),
    /// The status code, from 100 to 999.
    Status(u16),
    /// Bytes of the reason phrase, which may be empty.
    Reason(Run<'b>),
    /// Bytes of the name of a field, which is a token in the sender's upper and lower case.
    Name(Run<'b>),
    /// Bytes of the value of a field. White space before the value is skipped; white space after it is reported with
    /// the value, since it cannot be told from the value before the line ends.
    Value(Run<'b>),
    /// The head is complete. What follows in the input does not belong to it, and is left there.
    End,
    /// The head is invalid or too large. Nothing more is consumed.
    Failed(HeadError),
}
