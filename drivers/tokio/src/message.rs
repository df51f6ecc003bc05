//! Messages and pieces of messages, in memory of their own.

use crate::text::Utf8Bytes;
use bytes::Bytes;
use std::fmt;
use upframe::connection::{Fragment, MessageKind, Place, SendError};
use upframe::frame::CloseCode;
use upframe_driver::Output;

/// A whole message, or a control frame (RFC 6455 §5.5, §5.6). `Debug` shows lengths only.
///
/// ```
/// use upframe_tokio::Message;
/// let message = Message::text("Hello");
/// assert!(message.is_text() && message.is_data());
/// assert_eq!(message.to_text(), Some("Hello"));
/// assert_eq!(&message.into_data()[..], b"Hello");
/// ```
#[derive(Clone, Eq, PartialEq)]
pub enum Message {
    /// Text.
    Text(Utf8Bytes),
    /// Bytes.
    Binary(Bytes),
    /// A Ping with up to 125 bytes. If it was received, its Pong is queued already.
    Ping(Bytes),
    /// A Pong with up to 125 bytes. Pongs to the Pings of the keepalive are not delivered.
    Pong(Bytes),
    /// A Close; `None`: without a code. If it was received, its answer is queued already.
    Close(Option<CloseFrame>),
}

impl Message {
    /// Creates a text message.
    pub fn text(text: impl Into<Utf8Bytes>) -> Self {
        Self::Text(text.into())
    }

    /// Creates a binary message.
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::Binary(bytes.into())
    }

    /// Queues it whole, or changes nothing.
    pub(crate) fn queue(&self, output: &mut Output) -> Result<(), SendError> {
        match self {
            Self::Text(text) => output.send(Fragment::text(text)),
            Self::Binary(bytes) => output.send(Fragment::binary(bytes)),
            Self::Ping(payload) => output.ping(payload),
            Self::Pong(payload) => output.pong(payload),
            Self::Close(Some(frame)) => output.close(frame.code, &frame.reason),
            Self::Close(None) => output.close_without_code(),
        }
    }

    /// Whether it is text or binary, and not a control frame.
    #[must_use]
    pub const fn is_data(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Binary(_))
    }

    /// Whether it is text.
    #[must_use]
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }

    /// Whether it is binary.
    #[must_use]
    pub const fn is_binary(&self) -> bool {
        matches!(self, Self::Binary(_))
    }

    /// Whether it is a Close.
    #[must_use]
    pub const fn is_close(&self) -> bool {
        matches!(self, Self::Close(_))
    }

    /// Returns the text of a text message; `None` if it is something else.
    #[must_use]
    pub fn to_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Returns the payload, without a copy: for a Close, the bytes of its reason.
    #[must_use]
    pub fn into_data(self) -> Bytes {
        match self {
            Self::Text(text) => text.into_bytes(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes,
            Self::Close(frame) => frame.map(|frame| frame.reason.into_bytes()).unwrap_or_default(),
        }
    }

    /// Returns the length of the payload in bytes: for a Close, that of its reason.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) | Self::Ping(bytes) | Self::Pong(bytes) => bytes.len(),
            Self::Close(frame) => frame.as_ref().map_or(0, |frame| frame.reason.len()),
        }
    }

    /// Whether the payload is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Message {
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

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<Utf8Bytes> for Message {
    fn from(text: Utf8Bytes) -> Self {
        Self::Text(text)
    }
}

impl From<Bytes> for Message {
    fn from(bytes: Bytes) -> Self {
        Self::Binary(bytes)
    }
}

impl From<Vec<u8>> for Message {
    fn from(bytes: Vec<u8>) -> Self {
        Self::binary(bytes)
    }
}

/// Code and reason of a Close (RFC 6455 §5.5.1, §7.1.5, §7.1.6). `Debug` shows the length of the reason only.
///
/// ```
/// use upframe_tokio::{CloseCode, CloseFrame};
/// let frame = CloseFrame { code: CloseCode(4001), reason: "bye".into() };
/// assert_eq!(frame.to_string(), "4001 bye");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CloseFrame {
    /// The code.
    pub code: CloseCode,
    /// The reason, up to 123 bytes.
    pub reason: Utf8Bytes,
}

impl fmt::Display for CloseFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.reason.is_empty() { "" } else { " " };
        write!(f, "{}{space}{}", self.code, self.reason)
    }
}

/// A piece of a message: for messages that are too large to hold, or that come slowly. `Debug` shows its length only.
///
/// Pieces of text end between two code points. A piece that was received can be sent: it becomes a fragment (RFC 6455
/// §5.4).
///
/// ```
/// use upframe_tokio::{Piece, Place};
/// let piece = Piece::text("Hel").at(Place::First);
/// assert_eq!((piece.to_text(), piece.place().is_last()), (Some("Hel"), false));
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Piece {
    data: Data,
    place: Place,
    plain: bool,
}

#[derive(Clone, Eq, PartialEq)]
enum Data {
    Text(Utf8Bytes),
    Binary(Bytes),
}

impl Piece {
    /// Creates a piece that is a whole text message.
    pub fn text(text: impl Into<Utf8Bytes>) -> Self {
        Self { data: Data::Text(text.into()), place: Place::Whole, plain: false }
    }

    /// Creates a piece that is a whole binary message.
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self { data: Data::Binary(bytes.into()), place: Place::Whole, plain: false }
    }

    /// Returns the same at this place of a message.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// Returns the same, to be sent plain on a connection with [compression](crate::Config::deflate). Of a message in
    /// pieces, the first piece decides.
    ///
    /// **A message that has both a secret and text that an attacker chose must not be compressed.** Text that repeats the
    /// secret makes the message shorter, and encryption does not hide the length: an attacker who can try many texts
    /// finds the secret out byte by byte (CRIME, BREACH).
    ///
    /// ```
    /// use upframe_tokio::{Config, Deflate, Message, Piece, Role, WebSocket};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), upframe_tokio::Error> {
    /// # let (here, there) = tokio::io::duplex(64);
    /// # let mut server = WebSocket::new(there, Role::Server, Config::new());
    /// # let mut client = WebSocket::new(here, Role::Client, Config::new());
    /// client.send_piece(Piece::text("a token, and what a user typed").plain()).await?;
    /// # assert!(server.next().await.unwrap()?.is_text());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn plain(self) -> Self {
        Self { plain: true, ..self }
    }

    /// Returns where it lies in its message.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Returns what its message holds.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        match self.data {
            Data::Text(_) => MessageKind::Text,
            Data::Binary(_) => MessageKind::Binary,
        }
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.data {
            Data::Text(text) => text.as_bytes(),
            Data::Binary(bytes) => bytes,
        }
    }

    /// Returns the text; `None` if its message is binary.
    #[must_use]
    pub fn to_text(&self) -> Option<&str> {
        if let Data::Text(text) = &self.data { Some(text) } else { None }
    }

    /// Returns the bytes, without a copy.
    #[must_use]
    pub fn into_data(self) -> Bytes {
        match self.data {
            Data::Text(text) => text.into_bytes(),
            Data::Binary(bytes) => bytes,
        }
    }

    /// Queues it whole, or changes nothing.
    pub(crate) fn queue(&self, output: &mut Output) -> Result<(), SendError> {
        let fragment = match &self.data {
            Data::Text(text) => Fragment::text(text),
            Data::Binary(bytes) => Fragment::binary(bytes),
        };
        let fragment = fragment.at(self.place);
        if self.plain { output.send_plain(fragment) } else { output.send(fragment) }
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({} bytes, {:?})", self.kind(), self.as_bytes().len(), self.place)
    }
}

impl From<Piece> for Message {
    /// Makes a message of the bytes of a piece, wherever it lies.
    fn from(piece: Piece) -> Self {
        match piece.data {
            Data::Text(text) => Self::Text(text),
            Data::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

impl From<Message> for Piece {
    /// Makes a piece of a whole message. A control frame becomes binary data.
    fn from(message: Message) -> Self {
        match message {
            Message::Text(text) => Self::text(text),
            other => Self::binary(other.into_data()),
        }
    }
}
