//! What the peer did.

use super::error::ProtocolError;
use super::fragment::Fragment;
use super::piece::{Binary, Extended, Text};
use crate::frame::close_code::CloseCode;

/// What the peer did. It borrows the input, never the connection, so that a reply can be sent while it is held.
///
/// RFC 6455 has no other frames. [`TransmitFirst`](Self::TransmitFirst) is the only event that is about this end.
/// `Debug` shows no payload.
///
/// ```
/// use upframe::connection::{Connection, Event, Settings};
/// let mut server = Connection::server(Settings::new());
/// // a message and a Ping, masked with a key of zeros
/// let mut wire = *b"\x82\x82\0\0\0\0Hi\x89\x80\0\0\0\0";
/// let mut input = &mut wire[..];
/// let Some(Event::Binary(piece)) = server.receive(&mut input) else { panic!() };
/// assert_eq!(piece.as_bytes(), b"Hi");
/// assert_eq!(server.receive(&mut input), Some(Event::Ping));
/// assert_eq!(server.receive(&mut input), None);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event<'b> {
    /// A piece of a text message.
    Text(Text<'b>),
    /// A piece of a binary message.
    Binary(Binary<'b>),
    /// A piece of a message that an extension changed. It only occurs if the [`Settings`](super::Settings) own a
    /// reserved bit. With permessage-deflate, [`Connection::inflate`](super::Connection::inflate) makes text or bytes
    /// of it.
    Extended(Extended<'b>),
    /// A Ping (RFC 6455 §5.5.2). The Pong is queued, unless the local Close has begun. Its payload is the connection's
    /// [`control_payload`](super::Connection::control_payload).
    Ping,
    /// A Pong (§5.5.3). Its payload is the connection's [`control_payload`](super::Connection::control_payload).
    Pong,
    /// A Close (§5.5.1) with this code; [`CloseCode::NO_STATUS`] if it has none. The answer is queued. No event
    /// follows.
    Close(CloseCode),
    /// The peer broke the protocol. The Close that reports it is queued. No event follows.
    Failed(ProtocolError),
    /// The payload of the next Ping or Close finds no room beside what waits to be written. Nothing of that payload is
    /// consumed. Write what [`poll_transmit`](super::Connection::poll_transmit) returns, until there is nothing more, and
    /// receive again.
    ///
    /// **A loop that drains `poll_transmit` after every event does not see it**: there is room for 125 bytes of payload,
    /// and nothing else is in it then. It occurs if all of these are true:
    ///
    /// * A control frame is half-written, since the caller's output is short and it receives before it writes on; or a
    ///   [`ping`](super::Connection::ping), `pong` or `close` of the caller's waits, since it receives before it writes, or
    ///   since a streamed frame or the source of keys holds it up.
    /// * That payload and the next one have more than 125 bytes together; or an answer of more than 62 bytes is
    ///   half-written.
    ///
    /// It is yielded once. As long as there is no room, `receive` then returns `None`, and **the rest of the input is
    /// left**: keep it, and pass it again after something was written. So a loop that ignores this event ends, and does
    /// not spin. Wait until the transport takes bytes, not until it has some: the peer may be waiting for what is
    /// half-written. A [`Receiver`](super::Receiver), which has a room of its own, never yields it.
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// server.ping(&[7; 100]).unwrap();
    /// // a Ping of 30 bytes, masked with a key of zeros
    /// let mut wire = [&[0x89, 0x80 | 30, 0, 0, 0, 0][..], &[1; 30]].concat();
    /// let mut input = &mut wire[..];
    /// assert_eq!(server.receive(&mut input), Some(Event::TransmitFirst));
    /// assert_eq!((server.receive(&mut input), input.len()), (None, 30));
    /// let mut out = [0; 262];
    /// assert_eq!(server.poll_transmit(&mut out), 2 + 100);
    /// assert_eq!(server.receive(&mut input), Some(Event::Ping));
    /// ```
    TransmitFirst,
}

impl<'b> Event<'b> {
    /// Returns a piece of a message as a fragment to send; `None` if the event is not data. An echo needs no more.
    #[inline]
    pub fn as_fragment(&self) -> Option<Fragment<'_>> {
        match self {
            Self::Text(text) => Some(text.as_fragment()),
            Self::Binary(binary) => Some(binary.as_fragment()),
            Self::Extended(extended) => Some(extended.as_fragment()),
            Self::Ping | Self::Pong | Self::Close(_) | Self::Failed(_) | Self::TransmitFirst => None,
        }
    }

    /// Returns the bytes that lie in the input: none for a code point that was cut.
    pub(super) fn in_input(&self) -> &'b [u8] {
        match self {
            Self::Text(text) => text.chars.in_input().unwrap_or_default(),
            Self::Binary(binary) => binary.bytes,
            Self::Extended(extended) => extended.bytes,
            _ => &[],
        }
    }

    /// Returns the same event with other bytes.
    pub(super) fn moved_to(self, bytes: &[u8]) -> Event<'_> {
        match self {
            Self::Text(text) => Event::Text(Text { chars: text.chars.moved_to(bytes), ..text }),
            Self::Binary(binary) => Event::Binary(Binary { bytes, ..binary }),
            Self::Extended(extended) => Event::Extended(Extended { bytes, ..extended }),
            Self::Ping => Event::Ping,
            Self::Pong => Event::Pong,
            Self::Close(code) => Event::Close(code),
            Self::Failed(error) => Event::Failed(error),
            Self::TransmitFirst => Event::TransmitFirst,
        }
    }
}
