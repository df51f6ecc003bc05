//! Messages and pieces of messages, in the receive buffer.

use core::{fmt, str};
use upframe::connection::{Fragment, MessageKind, Place, Text};
use upframe::frame::CloseCode;

/// A whole message, or a control frame (RFC 6455 §5.5, §5.6), in the receive buffer. `Debug` shows lengths only.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Message<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Binary(&'a [u8]),
    /// A Ping. Its Pong is queued already.
    Ping(&'a [u8]),
    /// A Pong. Pongs to the Pings of the keepalive are not delivered.
    Pong(&'a [u8]),
    /// A Close; `None`: without a code. Its answer is queued already.
    Close(Option<CloseFrame<'a>>),
}

impl<'a> Message<'a> {
    /// Returns text or binary data as it is sent; `None` for a control frame.
    ///
    /// ```
    /// use upframe_embedded::{Fragment, Message};
    /// assert_eq!(Message::Text("Hi").to_fragment(), Some(Fragment::text("Hi")));
    /// assert_eq!(Message::Ping(b"Hi").to_fragment(), None);
    /// ```
    #[must_use]
    pub const fn to_fragment(self) -> Option<Fragment<'a>> {
        match self {
            Self::Text(text) => Some(Fragment::text(text)),
            Self::Binary(bytes) => Some(Fragment::binary(bytes)),
            _ => None,
        }
    }

    /// Returns the length of the payload in bytes: for a Close, that of its reason.
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Close(Some(frame)) => frame.reason.len(),
            Self::Close(None) => 0,
        }
    }

    /// Whether the payload is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Text(_) => "Text",
            Self::Binary(_) => "Binary",
            Self::Ping(_) => "Ping",
            Self::Pong(_) => "Pong",
            Self::Close(frame) => return f.debug_tuple("Close").field(frame).finish(),
        };
        write!(f, "{kind}({} bytes)", self.len())
    }
}

/// Code and reason of a Close (RFC 6455 §5.5.1, §7.1.5, §7.1.6). `Debug` shows the length of the reason only.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct CloseFrame<'a> {
    /// The code.
    pub code: CloseCode,
    /// The reason.
    pub reason: &'a str,
}

impl fmt::Debug for CloseFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseFrame({}, {} bytes)", self.code, self.reason.len())
    }
}

/// A piece of a message: for messages that are longer than the receive buffer. `Debug` shows its length only.
///
/// Pieces of text end between two code points. A piece that was received can be sent: it becomes a fragment (RFC 6455
/// §5.4).
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Piece<'a> {
    bytes: Bytes<'a>,
    kind: MessageKind,
    place: Place,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Bytes<'a> {
    InBuffer(&'a [u8]),
    /// A code point that was cut.
    Joined(Text<'a>),
    /// The same in a compressed message, and its length.
    Inflated([u8; 4], usize),
}

impl<'a> Piece<'a> {
    pub(crate) const fn new(kind: MessageKind, bytes: &'a [u8], place: Place) -> Self {
        Self { bytes: Bytes::InBuffer(bytes), kind, place }
    }

    pub(crate) const fn of_text(text: Text<'a>) -> Self {
        let bytes = match text.chars().in_input() {
            Some(bytes) => Bytes::InBuffer(bytes),
            None => Bytes::Joined(text),
        };
        Self { bytes, kind: MessageKind::Text, place: text.place() }
    }

    pub(crate) const fn of_code_point(joined: [u8; 4], len: usize, place: Place) -> Self {
        Self { bytes: Bytes::Inflated(joined, len), kind: MessageKind::Text, place }
    }

    /// Returns where it lies in its message.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Returns what its message holds.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::InBuffer(bytes) => bytes,
            Bytes::Joined(text) => text.as_bytes(),
            Bytes::Inflated(joined, len) => joined.get(..*len).unwrap_or_default(),
        }
    }

    /// Returns the text; `None` if its message is binary.
    #[must_use]
    pub fn to_text(&self) -> Option<&str> {
        match self.kind {
            MessageKind::Text => str::from_utf8(self.as_bytes()).ok(),
            MessageKind::Binary => None,
        }
    }

    /// Returns the piece as it is sent.
    #[must_use]
    pub fn as_fragment(&self) -> Fragment<'_> {
        self.to_text().map_or_else(|| Fragment::binary(self.as_bytes()), Fragment::text).at(self.place)
    }
}

impl fmt::Debug for Piece<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({} bytes, {:?})", self.kind, self.as_bytes().len(), self.place)
    }
}
