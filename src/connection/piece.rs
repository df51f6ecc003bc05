//! Pieces of messages, as they are received.

use crate::frame::reserved_bits::ReservedBits;
use crate::utf8::chars::Chars;
use core::fmt;

/// What a message holds (RFC 6455 §5.6).
///
/// ```
/// use upframe::connection::{Connection, DataFrame, MessageKind, Settings};
/// use upframe::frame::ReservedBits;
/// let frame = DataFrame::extended(MessageKind::Binary, ReservedBits::NONE);
/// assert_eq!(frame, DataFrame::BINARY);
/// ```
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
///
/// ```
/// use upframe::connection::{Fragment, Place};
/// assert_eq!(Fragment::text("a").at(Place::First), Fragment::text("a").first());
/// assert_eq!(Place::new(true, true), Place::Whole);
/// assert!(Place::Whole.is_first() && Place::Whole.is_last());
/// ```
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
    /// Returns the place of a piece with which the message begins (`first`) or ends (`last`).
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
/// A code point that was cut by reads or by fragments is yielded whole, as a separate small piece.
///
/// ```
/// use upframe::connection::{Connection, Event, Place, Settings};
/// let mut server = Connection::server(Settings::new());
/// // two fragments, masked with a key of zeros
/// let mut wire = *b"\x01\x83\0\0\0\0Hel\x80\x82\0\0\0\0lo";
/// let mut input = &mut wire[..];
/// let Some(Event::Text(piece)) = server.receive(&mut input) else { panic!() };
/// assert_eq!((piece.as_str(), piece.place()), ("Hel", Place::First));
/// let Some(Event::Text(piece)) = server.receive(&mut input) else { panic!() };
/// assert_eq!((piece.as_str(), piece.place()), ("lo", Place::Last));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct Text<'b> {
    pub(super) chars: Chars<'b>,
    pub(super) place: Place,
}

impl<'b> Text<'b> {
    /// Creates a piece of text that was checked elsewhere, for example after decompression.
    #[inline(always)]
    pub const fn new(chars: Chars<'b>, place: Place) -> Self {
        Self { chars, place }
    }

    /// Returns the bytes, which are valid UTF-8.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.chars.as_bytes()
    }

    /// Returns the text. It scans the bytes again: safe code has no other way to make a `str` of them.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.chars.as_str()
    }

    /// Returns the text with the lifetime of the input, if it is whole in the input. Returns `None` for a code point that
    /// was cut: copy that from [`as_str`](Self::as_str). It scans the bytes again, as `as_str` does.
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, Server, Settings};
    /// /// Returns a text message that is whole in its input.
    /// fn next<'b>(
    ///     server: &mut Connection<Server>,
    ///     input: &mut &'b mut [u8],
    /// ) -> Option<&'b str> {
    ///     match server.receive(input)? {
    ///         Event::Text(piece) => piece.str_in_input(),
    ///         _ => None,
    ///     }
    /// }
    /// let mut server = Connection::server(Settings::new());
    /// let mut wire = *b"\x81\x82\0\0\0\0Hi"; // masked with a key of zeros
    /// assert_eq!(next(&mut server, &mut &mut wire[..]), Some("Hi"));
    /// ```
    #[inline]
    pub fn str_in_input(&self) -> Option<&'b str> {
        self.chars.str_in_input()
    }

    /// Returns the checked code points, with the lifetime of the input.
    #[inline]
    pub const fn chars(&self) -> Chars<'b> {
        self.chars
    }

    /// Returns where it lies in its message.
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
///
/// ```
/// use upframe::connection::{Connection, Event, Settings};
/// let mut server = Connection::server(Settings::new());
/// let mut wire = *b"\x82\x82\0\0\0\0\xfe\xff"; // masked with a key of zeros
/// let Some(Event::Binary(piece)) = server.receive(&mut &mut wire[..]) else {
///     panic!()
/// };
/// assert_eq!((piece.as_bytes(), piece.is_last()), (&b"\xfe\xff"[..], true));
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Binary<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) place: Place,
}

impl<'b> Binary<'b> {
    /// Creates a piece that was made elsewhere, for example by decompression.
    #[inline(always)]
    pub const fn new(bytes: &'b [u8], place: Place) -> Self {
        Self { bytes, place }
    }

    /// Returns the bytes, with the lifetime of the input.
    #[inline]
    pub const fn as_bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// Returns where it lies in its message.
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

/// A piece of a message that an extension changed, as it was received: its first frame has a reserved bit that the
/// extension owns (RFC 6455 §9).
///
/// Text is not checked either: that is possible only after the extension has undone its work.
///
/// ```
/// use upframe::connection::{Connection, Event, MessageKind, Settings};
/// use upframe::frame::ReservedBits;
/// let settings = Settings::new().with_reserved_bits(ReservedBits::RSV1);
/// let mut server = Connection::server(settings);
/// let mut wire = *b"\xc1\x82\0\0\0\0\xfe\xff"; // masked with a key of zeros
/// let Some(Event::Extended(piece)) = server.receive(&mut &mut wire[..]) else {
///     panic!()
/// };
/// assert_eq!((piece.kind(), piece.as_bytes()), (MessageKind::Text, &b"\xfe\xff"[..]));
/// ```
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

    /// Returns the bytes that are not consumed, for the extension to consume from the front.
    pub(crate) const fn rest(&mut self) -> &mut &'b [u8] {
        &mut self.bytes
    }

    /// Notes that the beginning of the message was consumed.
    pub(crate) const fn go_on(&mut self) {
        self.place = Place::new(false, self.place.is_last());
    }

    /// Returns the bytes, with the lifetime of the input.
    #[inline]
    pub const fn as_bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// Returns where it lies in its message.
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

    /// Returns what the message holds after the extension has undone its work.
    #[inline]
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// Returns the reserved bits of the message's first frame.
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
