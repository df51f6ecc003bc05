//! What can be sent as data.

use super::piece::{Binary, Extended, MessageKind, Place, Text};
use crate::frame::header::Header;
use crate::frame::opcode::Opcode;
use crate::frame::reserved_bits::ReservedBits;
use core::fmt;

/// A data frame without its payload: the kind of its message, its place in the message, and reserved bits.
///
/// ```
/// use upframe::connection::{Connection, DataFrame, Settings};
/// let mut server = Connection::server(Settings::new());
/// let mut out = [0; 10];
/// assert_eq!(
///     server.begin_frame(DataFrame::TEXT.first(), 0, &mut out).unwrap(),
///     b"\x01\0"
/// );
/// assert_eq!(
///     server.begin_frame(DataFrame::TEXT.middle(), 0, &mut out).unwrap(),
///     b"\0\0"
/// );
/// assert_eq!(
///     server.begin_frame(DataFrame::TEXT.last(), 0, &mut out).unwrap(),
///     b"\x80\0"
/// );
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DataFrame {
    pub(crate) kind: MessageKind,
    pub(crate) place: Place,
    /// Those of the message: they appear on its first frame only.
    pub(crate) reserved_bits: ReservedBits,
}

impl DataFrame {
    /// A text message in one frame.
    pub const TEXT: Self = Self::extended(MessageKind::Text, ReservedBits::NONE);
    /// A binary message in one frame.
    pub const BINARY: Self = Self::extended(MessageKind::Binary, ReservedBits::NONE);

    /// Creates a message in one frame that an extension changed (RFC 6455 §9).
    ///
    /// The [`Settings`](super::Settings) must own its bits. If the message gets several frames, only the first one has
    /// them.
    pub const fn extended(kind: MessageKind, reserved_bits: ReservedBits) -> Self {
        Self { kind, place: Place::Whole, reserved_bits }
    }

    /// Returns the same at this place of a message.
    #[must_use]
    pub const fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// Returns the same as the first of several frames.
    #[must_use]
    pub const fn first(self) -> Self {
        self.at(Place::First)
    }

    /// Returns the same as neither the first nor the last frame.
    #[must_use]
    pub const fn middle(self) -> Self {
        self.at(Place::Middle)
    }

    /// Returns the same as the last of several frames.
    #[must_use]
    pub const fn last(self) -> Self {
        self.at(Place::Last)
    }

    /// Returns what the message contains.
    #[inline]
    pub const fn kind(self) -> MessageKind {
        self.kind
    }

    /// Returns the place of the frame in its message.
    #[inline]
    pub const fn place(self) -> Place {
        self.place
    }

    /// Returns the reserved bits of the message, which appear on its first frame only.
    #[inline]
    pub const fn reserved_bits(self) -> ReservedBits {
        self.reserved_bits
    }

    /// Whether its payload must be UTF-8 as it is.
    pub(crate) const fn is_plain_text(self) -> bool {
        matches!(self.kind, MessageKind::Text) && self.reserved_bits.is_empty()
    }
}

/// A message, or a fragment of one (RFC 6455 §5.4), to be sent in one frame.
///
/// A `&str` is a text message, a `&[u8]` is a binary one, and a piece that was received is a fragment.
///
/// ```
/// use upframe::connection::{Connection, Fragment, Settings};
/// let mut server = Connection::server(Settings::new());
/// let mut out = [0; 16];
/// assert_eq!(server.send("Hello", &mut out).unwrap(), b"\x81\x05Hello");
/// assert_eq!(
///     server.send(Fragment::text("Hel").first(), &mut out).unwrap(),
///     b"\x01\x03Hel"
/// );
/// assert_eq!(
///     server.send(Fragment::text("lo").last(), &mut out).unwrap(),
///     b"\x80\x02lo"
/// );
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Fragment<'a> {
    pub(crate) frame: DataFrame,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Fragment<'a> {
    #[inline(always)]
    pub(crate) const fn checked(frame: DataFrame, bytes: &'a [u8]) -> Self {
        Self { frame, bytes }
    }

    /// Returns what its frame says besides the payload: kind, place and reserved bits.
    ///
    /// ```
    /// use upframe::connection::{DataFrame, Fragment, MessageKind};
    /// let fragment = Fragment::text("Hel").first();
    /// assert_eq!(fragment.frame(), DataFrame::TEXT.first());
    /// assert_eq!((fragment.frame().kind(), fragment.bytes()), (MessageKind::Text, &b"Hel"[..]));
    /// assert_eq!((fragment.frame_len(false), fragment.frame_len(true)), (2 + 3, 2 + 4 + 3));
    /// ```
    #[inline]
    pub const fn frame(&self) -> DataFrame {
        self.frame
    }

    /// Returns its payload.
    #[inline]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the length in bytes of its frame, header and payload: the room that
    /// [`send`](super::Connection::send) requires. `masked` is true for the frames of a client.
    pub const fn frame_len(&self, masked: bool) -> usize {
        let header = Header::new(Opcode::Binary, self.bytes.len() as u64);
        let key = if masked { 4 } else { 0 };
        header.encoded_len().saturating_add(key).saturating_add(self.bytes.len())
    }

    /// Creates a text message.
    #[inline]
    pub const fn text(text: &'a str) -> Self {
        Self { frame: DataFrame::TEXT, bytes: text.as_bytes() }
    }

    /// Creates a binary message.
    #[inline]
    pub const fn binary(bytes: &'a [u8]) -> Self {
        Self { frame: DataFrame::BINARY, bytes }
    }

    /// Creates a message that an extension changed: see [`DataFrame::extended`].
    #[inline]
    pub const fn extended(kind: MessageKind, reserved_bits: ReservedBits, bytes: &'a [u8]) -> Self {
        Self { frame: DataFrame::extended(kind, reserved_bits), bytes }
    }

    /// Returns the same at this place of a message.
    #[must_use]
    #[inline]
    pub const fn at(self, place: Place) -> Self {
        Self { frame: self.frame.at(place), ..self }
    }

    /// Returns the same as the first of several fragments.
    #[must_use]
    pub const fn first(self) -> Self {
        self.at(Place::First)
    }

    /// Returns the same as neither the first nor the last fragment.
    #[must_use]
    pub const fn middle(self) -> Self {
        self.at(Place::Middle)
    }

    /// Returns the same as the last of several fragments.
    #[must_use]
    pub const fn last(self) -> Self {
        self.at(Place::Last)
    }
}

impl fmt::Debug for Fragment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fragment({:?}, {} bytes)", self.frame, self.bytes.len())
    }
}

impl<'a> From<&'a str> for Fragment<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self::text(text)
    }
}

impl<'a> From<&'a [u8]> for Fragment<'a> {
    #[inline]
    fn from(bytes: &'a [u8]) -> Self {
        Self::binary(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Fragment<'a> {
    #[inline]
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::binary(bytes)
    }
}

impl<'a> From<&'a Text<'_>> for Fragment<'a> {
    #[inline]
    fn from(text: &'a Text<'_>) -> Self {
        text.as_fragment()
    }
}

impl<'a> From<&Binary<'a>> for Fragment<'a> {
    #[inline]
    fn from(binary: &Binary<'a>) -> Self {
        binary.as_fragment()
    }
}

impl<'b> Text<'b> {
    /// Returns the same piece as a fragment to send.
    #[inline]
    pub fn as_fragment(&self) -> Fragment<'_> {
        Fragment::checked(DataFrame::TEXT.at(self.place()), self.as_bytes())
    }
}

impl<'b> Binary<'b> {
    /// Returns the same piece as a fragment to send.
    #[inline]
    pub const fn as_fragment(&self) -> Fragment<'b> {
        Fragment::checked(DataFrame::BINARY.at(self.place()), self.bytes)
    }
}

impl<'b> Extended<'b> {
    /// Returns the same piece as a fragment to send.
    #[inline]
    pub const fn as_fragment(&self) -> Fragment<'b> {
        Fragment::checked(DataFrame::extended(self.kind(), self.reserved_bits()).at(self.place()), self.bytes)
    }
}
