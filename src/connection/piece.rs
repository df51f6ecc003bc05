//! Pieces of messages, as they come.

use crate::frame::ReservedBits;
use crate::utf8::Chars;
use core::fmt;

/// What a message holds (RFC 6455 §5.6).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[repr(u8)]
pub enum MessageKind {
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
}

/// Where a piece or a fragment lies in its message.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[repr(u8)]
pub enum Place {
    /// Neither first nor last.
    Middle,
    /// The message begins with it.
    First,
    /// The message ends with it.
    Last,
    /// It is the message.
    Whole,
}

impl Place {
    /// Of something that the message begins with, or ends with, or both.
    #[inline(always)]
    pub const fn new(first: bool, last: bool) -> Self {
        match (first, last) {
            (true, true) => Self::Whole,
            (true, false) => Self::First,
            (false, true) => Self::Last,
            (false, false) => Self::Middle,
        }
    }

    /// Whether the message begins here.
    #[inline]
    pub const fn is_first(self) -> bool {
        matches!(self, Self::First | Self::Whole)
    }

    /// Whether the message ends here.
    #[inline]
    pub const fn is_last(self) -> bool {
        matches!(self, Self::Last | Self::Whole)
    }
}

/// A piece of a text message: checked UTF-8 that ends between two code points (RFC 6455 §5.6, §8.1).
///
/// A code point that was cut by reads or by fragments comes whole, as a small piece of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Text<'b> {
    pub(super) chars: Chars<'b>,
    pub(super) place: Place,
}

impl<'b> Text<'b> {
    /// A piece of text that was checked elsewhere, such as behind a decompressor.
    #[inline(always)]
    pub const fn new(chars: Chars<'b>, place: Place) -> Self {
        Self { chars, place }
    }

    /// The bytes: UTF-8.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.chars.as_bytes()
    }

    /// The text. Scans the bytes again: safe code has no other way to make a `str` of them.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.chars.as_str()
    }

    /// The checked code points, with the lifetime of the input.
    #[inline]
    pub const fn chars(&self) -> Chars<'b> {
        self.chars
    }

    /// Where it lies in its message.
    #[inline]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Whether the message begins with it.
    #[inline]
    pub const fn is_first(&self) -> bool {
        self.place.is_first()
    }

    /// Whether the message ends with it.
    #[inline]
    pub const fn is_last(&self) -> bool {
        self.place.is_last()
    }
}

/// A piece of a binary message.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Binary<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) place: Place,
}

impl<'b> Binary<'b> {
    /// A piece that was made elsewhere, such as behind a decompressor.
    #[inline(always)]
    pub const fn new(bytes: &'b [u8], place: Place) -> Self {
        Self { bytes, place }
    }

    /// The bytes, with the lifetime of the input.
    #[inline]
    pub const fn as_bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// Where it lies in its message.
    #[inline]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Whether the message begins with it.
    #[inline]
    pub const fn is_first(&self) -> bool {
        self.place.is_first()
    }

    /// Whether the message ends with it.
    #[inline]
    pub const fn is_last(&self) -> bool {
        self.place.is_last()
    }
}

impl fmt::Debug for Binary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Binary({} bytes, {:?})", self.bytes.len(), self.place)
    }
}

#[cfg(feature = "defmt-1")]
impl defmt::Format for Binary<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Binary({} bytes, {})", self.bytes.len(), self.place);
    }
}

/// A piece of a message that an extension has changed, as it came: the first frame had a reserved bit that the
/// extension owns.
///
/// Also for text: what is in it is checked when the extension has undone its work.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Extended<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) place: Place,
    pub(super) kind: MessageKind,
    pub(super) reserved_bits: ReservedBits,
}

impl<'b> Extended<'b> {
    #[inline(always)]
    pub(crate) const fn new(bytes: &'b [u8], place: Place, kind: MessageKind, reserved_bits: ReservedBits) -> Self {
        Self { bytes, place, kind, reserved_bits }
    }

    /// The bytes, with the lifetime of the input.
    #[inline]
    pub const fn as_bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// Where it lies in its message.
    #[inline]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Whether the message begins with it.
    #[inline]
    pub const fn is_first(&self) -> bool {
        self.place.is_first()
    }

    /// Whether the message ends with it.
    #[inline]
    pub const fn is_last(&self) -> bool {
        self.place.is_last()
    }

    /// What the message holds once the extension has undone its work.
    #[inline]
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The reserved bits of the message's first frame.
    #[inline]
    pub const fn reserved_bits(&self) -> ReservedBits {
        self.reserved_bits
    }
}

impl fmt::Debug for Extended<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extended({:?}, {} bytes, {:?})", self.kind, self.bytes.len(), self.place)
    }
}

#[cfg(feature = "defmt-1")]
impl defmt::Format for Extended<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Extended({}, {} bytes, {})", self.kind, self.bytes.len(), self.place);
    }
}
