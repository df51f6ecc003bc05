//! What the peer did.

use super::input::Input;
use super::{DataFrame, Fragment, ProtocolError};
use crate::frame::{CloseCode, ReservedBits};
use crate::utf8::Chars;
use core::{fmt, ops::Range};

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
    chars: Chars<'b>,
    place: Place,
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

    /// The same piece as something to send.
    #[inline]
    pub fn as_fragment(&self) -> Fragment<'_> {
        Fragment::checked(DataFrame::TEXT.at(self.place), self.as_bytes())
    }
}

/// A piece of a binary message.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Binary<'b> {
    bytes: &'b [u8],
    place: Place,
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

    /// The same piece as something to send.
    #[inline]
    pub const fn as_fragment(&self) -> Fragment<'b> {
        Fragment::checked(DataFrame::BINARY.at(self.place), self.bytes)
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

/// A piece of a message that an extension has changed, as it came: the first frame had a reserved bit that the extension owns.
///
/// Also for text: what is in it is checked when the extension has undone its work.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Extended<'b> {
    bytes: &'b [u8],
    place: Place,
    kind: MessageKind,
    reserved_bits: ReservedBits,
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

    /// The same piece as something to send.
    #[inline]
    pub const fn as_fragment(&self) -> Fragment<'b> {
        Fragment::checked(DataFrame::extended(self.kind, self.reserved_bits).at(self.place), self.bytes)
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

/// What the peer did. Borrows the input, never the connection, so that a reply can be sent while it is held.
///
/// Closed: RFC 6455 knows no other. `Debug` shows no payload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub enum Event<'b> {
    /// A piece of a text message.
    Text(Text<'b>),
    /// A piece of a binary message.
    Binary(Binary<'b>),
    /// A piece of a message that an extension changed: only where [`Settings`](super::Settings) own a reserved bit.
    Extended(Extended<'b>),
    /// A Ping (RFC 6455 §5.5.2). The Pong is queued, unless this end has sent its Close: nothing follows that. Its payload is the
    /// connection's `control_payload`.
    Ping,
    /// A Pong (§5.5.3). Its payload is the connection's `control_payload`.
    Pong,
    /// A Close (§5.5.1) with this code, [`CloseCode::NO_STATUS`] where it had none. The answer is queued; nothing comes after it.
    Close(CloseCode),
    /// The peer broke the protocol. The Close that says so is queued; nothing comes after it.
    Failed(ProtocolError),
}

impl<'b> Event<'b> {
    /// A piece of a message as something to send; `None` for what is no data. All that an echo needs.
    #[inline]
    pub fn as_fragment(&self) -> Option<Fragment<'_>> {
        match self {
            Self::Text(text) => Some(text.as_fragment()),
            Self::Binary(binary) => Some(binary.as_fragment()),
            Self::Extended(compressed) => Some(compressed.as_fragment()),
            Self::Ping | Self::Pong | Self::Close(_) | Self::Failed(_) => None,
        }
    }

    /// The bytes that lie in the input: none for a code point that was cut.
    fn in_input(&self) -> &'b [u8] {
        match self {
            Self::Text(text) => text.chars.in_input().unwrap_or_default(),
            Self::Binary(binary) => binary.bytes,
            Self::Extended(compressed) => compressed.bytes,
            _ => &[],
        }
    }

    /// The same event with its bytes elsewhere.
    fn moved_to(self, bytes: &[u8]) -> Event<'_> {
        match self {
            Self::Text(text) => Event::Text(Text { chars: text.chars.moved_to(bytes), ..text }),
            Self::Binary(binary) => Event::Binary(Binary { bytes, ..binary }),
            Self::Extended(compressed) => Event::Extended(Extended { bytes, ..compressed }),
            Self::Ping => Event::Ping,
            Self::Pong => Event::Pong,
            Self::Close(code) => Event::Close(code),
            Self::Failed(error) => Event::Failed(error),
        }
    }
}

/// An [`Event`] without the borrow: for wrappers that own their buffer and return events from a loop.
///
/// ```
/// use upframe::connection::{Connection, Event, Settings};
/// let mut connection = Connection::server(Settings::new());
/// let mut buffer = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
/// let step = connection.step(&mut buffer);
/// assert_eq!(step.consumed(), 11);
/// let Some(Event::Text(text)) = step.event(&buffer) else { panic!() };
/// assert_eq!(text.as_str(), "Hello");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
pub struct Step {
    consumed: usize,
    payload: Range<usize>,
    event: Option<Event<'static>>,
}

impl Step {
    /// What `receive` finds in this input.
    #[inline(always)]
    pub(super) fn of<'b, I: Input<'b>>(mut input: I, receive: impl FnOnce(&mut I) -> Option<Event<'b>>) -> Self {
        let (start, len) = (input.bytes().as_ptr().addr(), input.bytes().len());
        let event = receive(&mut input);
        Self::new(start, len.saturating_sub(input.bytes().len()), event)
    }

    /// What was found in an input of this address, of which so much was taken.
    fn new(start: usize, consumed: usize, event: Option<Event<'_>>) -> Self {
        let bytes = event.as_ref().map_or(&[][..], Event::in_input);
        let from = if bytes.is_empty() { 0 } else { bytes.as_ptr().addr().wrapping_sub(start) };
        let payload = from..from.wrapping_add(bytes.len());
        Self { consumed, payload, event: event.map(|event| event.moved_to(&[])) }
    }

    /// How many bytes were taken from the front of the input: all of them where there is no event.
    pub const fn consumed(&self) -> usize {
        self.consumed
    }

    /// Where the event's bytes lie in the input; `0..0` where it has none there.
    pub const fn payload(&self) -> Range<usize> {
        self.payload.start..self.payload.end
    }

    /// The event. `input` is the slice that was given to `step`, shared by now; of a shorter one, the event has no bytes.
    ///
    /// `None` means: all input is taken and nothing is left to hand out.
    #[inline]
    pub fn event<'b>(&self, input: &'b [u8]) -> Option<Event<'b>> {
        let bytes = input.get(self.payload()).unwrap_or_default();
        self.event.map(|event| event.moved_to(bytes))
    }
}
