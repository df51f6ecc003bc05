//! Pieces in, whole messages out.

use crate::connection::{Binary, DataFrame, Fragment, MessageKind, Place, Text};
use crate::target::copy;
use crate::utf8::Chars;
use core::{fmt, mem::take};

/// A piece of a message, text or binary.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Piece<'a> {
    /// Of a text message.
    Text(Text<'a>),
    /// Of a binary message.
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
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Message<'a> {
    /// Text, whose bytes were checked.
    Text(Chars<'a>),
    /// Bytes.
    Binary(&'a [u8]),
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if matches!(self, Self::Text(_)) { "Text" } else { "Binary" };
        write!(f, "{kind}({} bytes)", self.as_bytes().len())
    }
}

impl Message<'_> {
    /// The bytes of either.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// What it holds.
    #[inline]
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Text(_) => MessageKind::Text,
            Self::Binary(_) => MessageKind::Binary,
        }
    }

    /// The same as something to send.
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

/// The message does not fit the memory that was lent. Its other pieces will be ignored, so the connection can go on; or
/// [`fail`](crate::Connection::fail) it with [`Violation::MessageTooBig`](crate::connection::Violation::MessageTooBig).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct MessageTooBig {
    /// The bytes that were lent.
    pub limit: usize,
}

impl fmt::Display for MessageTooBig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message does not fit {} bytes", self.limit)
    }
}

impl core::error::Error for MessageTooBig {}

/// Puts messages together in lent memory. One that lies whole in the input is not copied.
///
/// ```
/// use upframe::connection::{Connection, Event, Settings};
/// use upframe::message::{Message, MessageAssembler};
/// let mut connection = Connection::client(|_: &mut [u8]| Ok(()), Settings::new());
/// let mut memory = [0; 64];
/// let mut assembler = MessageAssembler::new(&mut memory);
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
    /// The rest of the message that is open is ignored.
    ignore: bool,
}

impl<'m> MessageAssembler<'m> {
    /// Puts messages together in this memory: none that comes in several pieces may be longer.
    pub const fn new(memory: &'m mut [u8]) -> Self {
        Self { memory, len: 0, ignore: false }
    }

    /// Adds a piece; gives the message when it is whole.
    ///
    /// # Errors
    ///
    /// [`MessageTooBig`], once a message; from then on its pieces are ignored.
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
                // pieces were checked and end between code points: so is what they make
                Ok(whole.map(|bytes| Message::Text(Chars::checked(bytes))))
            }
        }
    }

    fn add(&mut self, bytes: &[u8], place: Place) -> Result<Option<&[u8]>, MessageTooBig> {
        if place.is_first() {
            (self.len, self.ignore) = (0, false);
        }
        if self.ignore {
            return Ok(None);
        }
        let end = self.len.saturating_add(bytes.len());
        match self.memory.get_mut(self.len..end) {
            Some(to) => copy(bytes, to),
            _ => {
                self.ignore = true;
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

    /// Forgets the message that is open; its other pieces will be ignored.
    pub const fn reset(&mut self) {
        self.len = 0;
        self.ignore = true;
    }
}

impl fmt::Debug for MessageAssembler<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageAssembler({} of {} bytes)", self.len, self.memory.len())
    }
}
