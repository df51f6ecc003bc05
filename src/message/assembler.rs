//! Assembles whole messages from pieces.

use crate::connection::fragment::{DataFrame, Fragment};
use crate::connection::piece::{Binary, MessageKind, Place, Text};
use crate::target::copy;
use crate::utf8::chars::Chars;
use core::{fmt, mem::take};

/// A piece of a message, text or binary, which [`MessageAssembler::push`] consumes.
///
/// ```
/// use upframe::connection::{Connection, Event, Settings};
/// use upframe::message::Piece;
/// let mut connection = Connection::client(|_: &mut [u8]| Ok(()), Settings::new());
/// let mut wire = *b"\x82\x03abc";
/// let mut input = &mut wire[..];
/// let Some(Event::Binary(binary)) = connection.receive(&mut input) else { panic!() };
/// assert_eq!(Piece::from(binary), Piece::Binary(binary));
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Piece<'a> {
    /// A piece of a text message.
    Text(Text<'a>),
    /// A piece of a binary message.
    Binary(Binary<'a>),
}

impl<'a> From<Text<'a>> for Piece<'a> {
    #[inline]
    fn from(text: Text<'a>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<Binary<'a>> for Piece<'a> {
    #[inline]
    fn from(binary: Binary<'a>) -> Self {
        Self::Binary(binary)
    }
}

/// A whole message (RFC 6455 §5.6, §6.2). `Debug` shows its length only.
///
/// ```
/// use upframe::connection::MessageKind;
/// use upframe::message::Message;
/// let message = Message::Binary(b"abc");
/// assert_eq!(
///     (message.kind(), message.as_bytes()),
///     (MessageKind::Binary, &b"abc"[..])
/// );
/// assert_eq!(format!("{message:?}"), "Binary(3 bytes)");
/// ```
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Message<'a> {
    /// Text, which is valid UTF-8.
    Text(Chars<'a>),
    /// Binary data.
    Binary(&'a [u8]),
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if matches!(self, Self::Text(_)) { "Text" } else { "Binary" };
        write!(f, "{kind}({} bytes)", self.as_bytes().len())
    }
}

impl Message<'_> {
    /// Returns the bytes of the text or of the binary data.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// Returns whether the message is text or binary.
    #[inline]
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Text(_) => MessageKind::Text,
            Self::Binary(_) => MessageKind::Binary,
        }
    }

    /// Returns the message as something to send.
    #[inline]
    pub fn as_fragment(&self) -> Fragment<'_> {
        match self {
            Self::Text(text) => Fragment::checked(DataFrame::TEXT, text.as_bytes()),
            Self::Binary(bytes) => Fragment::binary(bytes),
        }
    }
}

impl<'a> From<&'a Message<'_>> for Fragment<'a> {
    #[inline]
    fn from(message: &'a Message<'_>) -> Self {
        message.as_fragment()
    }
}

/// A message does not fit in the caller-provided buffer.
///
/// The other pieces of the message are ignored, so the connection can continue. A program that does not want that calls
/// [`fail`](crate::Connection::fail) with [`Violation::MessageTooBig`](crate::connection::Violation::MessageTooBig).
///
/// ```
/// use upframe::connection::{Connection, Event, Settings};
/// use upframe::message::{MessageAssembler, MessageTooBig};
/// let mut connection = Connection::client(|_: &mut [u8]| Ok(()), Settings::new());
/// let mut buffer = [0; 4];
/// let mut assembler = MessageAssembler::new(&mut buffer);
/// let mut wire = *b"\x01\x03Hel\x80\x02lo";
/// let (mut input, mut results) = (&mut wire[..], vec![]);
/// while let Some(Event::Text(piece)) = connection.receive(&mut input) {
///     results.push(assembler.push(piece).map(|message| message.is_some()));
/// }
/// assert_eq!(results, [Ok(false), Err(MessageTooBig { limit: 4 })]);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct MessageTooBig {
    /// The length of the buffer in bytes.
    pub limit: usize,
}

impl fmt::Display for MessageTooBig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message exceeds {} bytes", self.limit)
    }
}

impl core::error::Error for MessageTooBig {}

/// Assembles messages in a caller-provided buffer. A message that comes in one piece is not copied.
///
/// `Debug` shows lengths only.
///
/// ```
/// use upframe::connection::{Connection, Event, Settings};
/// use upframe::message::{Message, MessageAssembler};
/// let mut connection = Connection::client(|_: &mut [u8]| Ok(()), Settings::new());
/// let mut buffer = [0; 64];
/// let mut assembler = MessageAssembler::new(&mut buffer);
/// let mut wire = *b"\x01\x03Hel\x80\x02lo"; // RFC 6455 §5.7: "Hello" in two fragments
/// let mut input = &mut wire[..];
/// while let Some(event) = connection.receive(&mut input) {
///     if let Event::Text(piece) = event {
///         if let Some(Message::Text(text)) = assembler.push(piece).unwrap() {
///             assert_eq!(text.as_str(), "Hello");
///         }
///     }
/// }
/// ```
pub struct MessageAssembler<'m> {
    memory: &'m mut [u8],
    len: usize,
    /// Whether the other pieces of the open message are ignored.
    ignoring: bool,
}

impl<'m> MessageAssembler<'m> {
    /// Returns an assembler that uses `memory`. A message that comes in several pieces must not have more bytes than
    /// that.
    pub const fn new(memory: &'m mut [u8]) -> Self {
        Self { memory, len: 0, ignoring: false }
    }

    /// Adds a piece, and returns the message once it is whole.
    ///
    /// # Errors
    ///
    /// [`MessageTooBig`] if the message does not fit in the buffer. It is reported once for a message; the other pieces
    /// of the message are ignored, and return `None`.
    #[inline]
    pub fn push<'a>(&'a mut self, piece: impl Into<Piece<'a>>) -> Result<Option<Message<'a>>, MessageTooBig> {
        match piece.into() {
            Piece::Binary(binary) if binary.place() == Place::Whole => Ok(Some(Message::Binary(binary.as_bytes()))),
            Piece::Text(text) if text.place() == Place::Whole => Ok(Some(Message::Text(text.chars()))),
            Piece::Binary(binary) => {
                let whole = self.add(binary.as_bytes(), binary.place())?;
                Ok(whole.map(Message::Binary))
            }
            Piece::Text(text) => {
                let whole = self.add(text.as_bytes(), text.place())?;
                // each piece is valid UTF-8 and ends between code points, so the message is valid, too
                Ok(whole.map(|bytes| Message::Text(Chars::checked(bytes))))
            }
        }
    }

    fn add(&mut self, bytes: &[u8], place: Place) -> Result<Option<&[u8]>, MessageTooBig> {
        if place.is_first() {
            (self.len, self.ignoring) = (0, false);
        }
        if self.ignoring {
            return Ok(None);
        }
        let end = self.len.saturating_add(bytes.len());
        match self.memory.get_mut(self.len..end) {
            Some(to) => copy(bytes, to),
            _ => {
                self.ignoring = true;
                return Err(MessageTooBig { limit: self.memory.len() });
            }
        }
        self.len = end;
        if !place.is_last() {
            return Ok(None);
        }
        let len = take(&mut self.len);
        Ok(self.memory.get(..len))
    }

    /// Drops the open message. Its other pieces are ignored.
    pub const fn reset(&mut self) {
        self.len = 0;
        self.ignoring = true;
    }
}

impl fmt::Debug for MessageAssembler<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageAssembler({} of {} bytes)", self.len, self.memory.len())
    }
}
