//! What a head is made of.

use super::error::HeadError;
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
