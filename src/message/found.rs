//! What the reader of whole messages finds.

use crate::connection::error::ProtocolError;
use crate::connection::piece::{Extended, MessageKind, Place};
use crate::frame::close_code::CloseCode;
use crate::frame::reserved_bits::ReservedBits;
use core::ops::Range;

/// A whole message in the caller's buffer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MessageInBuffer {
    /// What the message contains.
    pub kind: MessageKind,
    /// The reserved bits of its first frame. If there are none, a text message is valid UTF-8.
    pub reserved_bits: ReservedBits,
    /// Where the message is in the buffer. It stays there until the next call.
    pub range: Range<usize>,
}

impl MessageInBuffer {
    /// Returns the message as a piece that is the whole of it, for the extension that owns its reserved bits. `buffer` is
    /// the whole buffer.
    ///
    /// See [`Connection::inflate_message`](crate::connection::Connection::inflate_message) for an example.
    pub fn as_extended<'b>(&self, buffer: &'b [u8]) -> Extended<'b> {
        let bytes = buffer.get(self.range.clone()).unwrap_or_default();
        Extended::new(bytes, Place::Whole, self.kind, self.reserved_bits)
    }
}

/// What [`MessageReader::next`](super::MessageReader::next) found.
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use]
#[non_exhaustive]
pub enum Next {
    /// A whole message.
    Message(MessageInBuffer),
    /// A Ping. Its payload is the `control_payload` of what receives, and the Pong is owed.
    Ping,
    /// A Pong. Its payload is the `control_payload` of what receives.
    Pong,
    /// The peer's Close with this code; its answer is owed.
    Close(CloseCode),
    /// The peer broke the protocol; the Close that reports it is owed.
    Failed(ProtocolError),
    /// All input is consumed. Read more into the buffer.
    ReadOn {
        /// The next byte from the transport belongs here. It is less than the buffer's length, unless the buffer is one
        /// that [can grow](super::MessageReader::next_within).
        at: usize,
        /// At least so many bytes of the current message are still to come.
        missing: u64,
    },
    /// The current message is longer than the buffer. The reader has forgotten it: call `skip_message` to discard its
    /// rest, or `fail` with [`Violation::MessageTooBig`](crate::connection::Violation::MessageTooBig). Where
    /// `skip_message` returns `false`, the message belongs to an extension: later messages may refer to it, so `fail`.
    TooBig,
    /// The payload of the next Ping or Close finds no room beside what waits to be written: write what
    /// [`poll_transmit`](crate::connection::Connection::poll_transmit) returns until that is nothing, and call `next`
    /// again. A loop that drains `poll_transmit` after every call does not see it: see
    /// [`Event::TransmitFirst`](crate::connection::Event::TransmitFirst).
    TransmitFirst,
}

/// What a quick way of the reader has come to.
#[cfg(not(upframe_small))]
pub(super) enum Quick {
    Message(MessageInBuffer),
    /// More of the current message.
    Part,
    /// Nothing: it is for the general way.
    Nothing,
}
