//! The receiving half: bytes of the transport in, messages and pieces out.

use crate::message::{CloseFrame, Message, Piece};
use crate::text::Utf8Bytes;
use bytes::{Buf, Bytes, BytesMut};
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::AsyncRead;
use upframe::connection::{
    EndOfStream, Endpoint, Event, MessageKind, Place, ProtocolError, Receiver, Reply, Violation,
};
use upframe::frame::CloseCode;
use upframe::message::{MessageInBuffer, MessageReader, Next};
use upframe_driver::{Inflated, Inflating};

/// What came.
pub(crate) enum Received {
    Message(Message),
    Piece(Piece),
    Failed(ProtocolError),
    /// All input is consumed.
    ReadOn,
}

/// A payload up to this length is copied. A longer one shares the memory of the read buffer, which then cannot be used
/// again as long as the payload is held.
const COPIED: usize = 2048;

/// What a peer announces reserves this much at most; beyond it, memory grows with what came.
const ANNOUNCED: usize = 64 << 10;

/// A buffer that is longer than this is released when it is empty: room for twice what is announced, as it grows.
const KEPT: usize = 2 * ANNOUNCED;

/// So many bytes of a code point that was cut stay in the buffer: see `MessageReader::at`.
const CUT: usize = 3;

pub(crate) struct Input {
    receiver: Receiver<Endpoint>,
    reader: MessageReader,
    /// As long as its input.
    buffer: BytesMut,
    /// At least so many bytes of the current frame are still to come.
    missing: u64,
    read_buffer: usize,
    /// The last read took all the room that it had.
    more: bool,
    /// What inflates messages, if that was agreed on.
    inflating: Option<Box<Inflating>>,
}

impl Input {
    /// `buffer` has what came after the opening handshake.
    pub(crate) fn new(
        receiver: Receiver<Endpoint>,
        buffer: BytesMut,
        read_buffer: usize,
        inflating: Option<Inflating>,
    ) -> Self {
        let (reader, inflating) = (MessageReader::new(), inflating.map(Box::new));
        Self { receiver, reader, buffer, missing: 0, read_buffer: read_buffer.max(64), more: false, inflating }
    }

    /// Returns the next message or control frame. What is left of a message whose first pieces were returned is
    /// skipped.
    pub(crate) fn next(&mut self) -> Received {
        // the rest of a compressed message comes in pieces, too
        while self.inflating.as_ref().is_some_and(|inflating| inflating.is_open()) {
            match self.part(Inflating::pull_whole) {
                Some(Received::Piece(piece)) => return Received::Message(piece.into()),
                Some(other) => return other,
                None => {}
            }
        }
        let filled = self.buffer.len();
        match self.reader.next_within(&mut self.receiver, &mut self.buffer, filled, usize::MAX) {
            Next::Message(message) if !message.reserved_bits.is_empty() => self.inflate(&message),
            Next::Message(message) => {
                let bytes = self.take(message.range);
                Received::Message(match message.kind {
                    MessageKind::Text => Message::Text(Utf8Bytes::checked(bytes)),
                    MessageKind::Binary => Message::Binary(bytes),
                })
            }
            Next::Ping => Received::Message(Message::Ping(self.control_payload())),
            Next::Pong => Received::Message(Message::Pong(self.control_payload())),
            Next::Close(_) => Received::Message(Message::Close(self.close_frame())),
            Next::Failed(error) => Received::Failed(error),
            Next::ReadOn { at, missing } => {
                self.buffer.truncate(at);
                self.missing = missing;
                Received::ReadOn
            }
            // more than the memory of the machine
            _ => {
                self.receiver.fail(Violation::MessageTooBig);
                self.receiver.failure().map_or(Received::ReadOn, Received::Failed)
            }
        }
    }

    /// Returns a compressed message.
    fn inflate(&mut self, message: &MessageInBuffer) -> Received {
        let Some(inflating) = &mut self.inflating else { return Received::ReadOn };
        match inflating.message(&mut self.receiver, message.as_extended(&self.buffer)) {
            Inflated::Piece(kind, bytes, place) => Received::Message(piece(kind, bytes.into(), place).into()),
            Inflated::Failed(error) => Received::Failed(error),
            _ => Received::ReadOn,
        }
    }

    /// Returns the next piece or control frame. A message that `next` has begun to collect comes as one piece.
    pub(crate) fn next_piece(&mut self) -> Received {
        if self.reader.is_message_begun() || self.inflating.as_ref().is_some_and(|inflating| inflating.is_joining()) {
            return match self.next() {
                Received::Message(message) if message.is_data() => Received::Piece(message.into()),
                other => other,
            };
        }
        loop {
            if let Some(received) = self.part(Inflating::pull) {
                return received;
            }
        }
    }

    /// Returns the next piece or control frame. `None`: some input is consumed.
    fn part(&mut self, pull: fn(&mut Inflating, &mut Receiver<Endpoint>, &[u8]) -> Inflated) -> Option<Received> {
        if let Some(inflating) = &mut self.inflating {
            match pull(inflating, &mut self.receiver, &self.buffer) {
                Inflated::Piece(kind, bytes, place) => return Some(Received::Piece(piece(kind, bytes.into(), place))),
                Inflated::Failed(error) => return Some(Received::Failed(error)),
                _ => {}
            }
        }
        let base = self.reader.position();
        let rest = self.buffer.get_mut(base..).unwrap_or_default();
        let step = self.receiver.step(rest);
        self.reader = MessageReader::at(base.saturating_add(step.consumed()));
        let range = base.saturating_add(step.payload().start)..base.saturating_add(step.payload().end);
        let rest = self.buffer.get(base..).unwrap_or_default();
        let (kind, place, cut) = match step.event(rest) {
            None => {
                let keep = self.reader.position().min(CUT);
                self.buffer.advance(self.buffer.len().saturating_sub(keep));
                self.reader = MessageReader::at(keep);
                self.missing = self.receiver.payload_remaining();
                return Some(Received::ReadOn);
            }
            Some(Event::Ping) => return Some(Received::Message(Message::Ping(self.control_payload()))),
            Some(Event::Pong) => return Some(Received::Message(Message::Pong(self.control_payload()))),
            Some(Event::Close(_)) => return Some(Received::Message(Message::Close(self.close_frame()))),
            Some(Event::Failed(error)) => return Some(Received::Failed(error)),
            // a code point that was cut does not lie in the input
            Some(Event::Text(text)) if step.payload().is_empty() => {
                (MessageKind::Text, text.place(), Some(Bytes::copy_from_slice(text.as_bytes())))
            }
            Some(Event::Text(text)) => (MessageKind::Text, text.place(), None),
            Some(Event::Binary(binary)) => (MessageKind::Binary, binary.place(), None),
            Some(Event::Extended(piece)) => {
                if let Some(inflating) = &mut self.inflating {
                    inflating.push(&piece, range.end);
                }
                return None;
            }
            // no other event is known
            Some(_) => return None,
        };
        let bytes = cut.unwrap_or_else(|| self.take(range));
        Some(Received::Piece(piece(kind, bytes, place)))
    }

    /// Takes a payload out of the buffer.
    fn take(&mut self, range: Range<usize>) -> Bytes {
        if range.len() <= COPIED {
            return Bytes::copy_from_slice(self.buffer.get(range).unwrap_or_default());
        }
        let mut front = self.buffer.split_to(range.end);
        self.reader = MessageReader::at(self.reader.position().saturating_sub(range.end));
        front.advance(range.start);
        if self.buffer.is_empty() && front.len() > KEPT {
            self.buffer = BytesMut::new();
        }
        front.freeze()
    }

    fn control_payload(&self) -> Bytes {
        Bytes::copy_from_slice(self.receiver.control_payload().unwrap_or_default())
    }

    /// Returns what the peer's Close said; `None` if it had no code, or if there was none.
    pub(crate) fn close_frame(&self) -> Option<CloseFrame> {
        let code = self.receiver.close_code().filter(|code| code.may_be_received())?;
        Some(CloseFrame { code, reason: self.receiver.close_reason().into() })
    }

    pub(crate) const fn close_code(&self) -> Option<CloseCode> {
        self.receiver.close_code()
    }

    pub(crate) fn take_reply(&mut self) -> Option<Reply> {
        self.receiver.take_reply()
    }

    pub(crate) fn receive_eof(&mut self) -> EndOfStream {
        self.receiver.receive_eof()
    }

    /// Reads from the transport into the buffer. Returns how many bytes came; 0: the stream has ended.
    pub(crate) fn poll_read<S: AsyncRead + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let missing = if self.more { u64::MAX } else { self.missing };
        let missing = usize::try_from(missing).unwrap_or(usize::MAX);
        let most = ANNOUNCED.max(self.buffer.len());
        let room = missing.min(most).max(self.read_buffer);
        if self.buffer.is_empty() && self.buffer.try_reclaim(KEPT.max(room).saturating_add(1)) {
            self.buffer = BytesMut::new();
        }
        if self.buffer.capacity().saturating_sub(self.buffer.len()) < room {
            self.buffer.reserve(room);
        }
        let read = tokio_util::io::poll_read_buf(Pin::new(io), cx, &mut self.buffer);
        self.more = read.is_ready() && self.buffer.len() == self.buffer.capacity();
        read
    }

    /// Releases the memory of the buffer, if nothing is in it.
    pub(crate) fn release(&mut self) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
    }

    /// Reads from the transport, and discards what comes. It is used after the last message.
    pub(crate) fn poll_discard<S: AsyncRead + Unpin>(
        &mut self,
        io: &mut S,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.buffer.clear();
        self.buffer.reserve(self.read_buffer);
        tokio_util::io::poll_read_buf(Pin::new(io), cx, &mut self.buffer)
    }
}

fn piece(kind: MessageKind, bytes: Bytes, place: Place) -> Piece {
    match kind {
        MessageKind::Text => Piece::text(Utf8Bytes::checked(bytes)),
        MessageKind::Binary => Piece::binary(bytes),
    }
    .at(place)
}
