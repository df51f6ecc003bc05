//! The receiving half: bytes of the transport in, messages and pieces out.

use crate::message::{CloseFrame, Message, Piece};
use std::io::{self, Read};
use std::ops::Range;
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

/// What a peer announces reserves this much at most; beyond it, memory grows with what came.
const ANNOUNCED: usize = 64 << 10;

/// A buffer that is longer than this is released when it is empty.
const KEPT: usize = 64 << 10;

/// So many bytes of a code point that was cut stay in the buffer: see `MessageReader::at`.
const CUT: usize = 3;

pub(crate) struct Input {
    receiver: Receiver<Endpoint>,
    reader: MessageReader,
    buffer: Vec<u8>,
    /// The input ends here.
    filled: usize,
    /// At least so many bytes of the current frame are still to come.
    missing: u64,
    read_buffer: usize,
    /// What inflates messages, if that was agreed on.
    inflating: Option<Box<Inflating>>,
}

impl Input {
    /// `buffer` has what came after the opening handshake.
    pub(crate) fn new(
        receiver: Receiver<Endpoint>,
        buffer: Vec<u8>,
        read_buffer: usize,
        inflating: Option<Inflating>,
    ) -> Self {
        let (filled, read_buffer, inflating) = (buffer.len(), read_buffer.max(64), inflating.map(Box::new));
        Self { receiver, reader: MessageReader::new(), buffer, filled, missing: 0, read_buffer, inflating }
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
        match self.reader.next_within(&mut self.receiver, &mut self.buffer, self.filled, usize::MAX) {
            Next::Message(message) if !message.reserved_bits.is_empty() => self.inflate(&message),
            Next::Message(message) => {
                let bytes = self.copied(message.range);
                Received::Message(match message.kind {
                    MessageKind::Text => Message::Text(checked(bytes)),
                    MessageKind::Binary => Message::Binary(bytes),
                })
            }
            Next::Ping => Received::Message(Message::Ping(self.control_payload())),
            Next::Pong => Received::Message(Message::Pong(self.control_payload())),
            Next::Close(_) => Received::Message(Message::Close(self.close_frame())),
            Next::Failed(error) => Received::Failed(error),
            Next::ReadOn { at, missing } => {
                (self.filled, self.missing) = (at, missing);
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
            Inflated::Piece(kind, bytes, place) => Received::Message(piece(kind, bytes, place).into()),
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
                Inflated::Piece(kind, bytes, place) => return Some(Received::Piece(piece(kind, bytes, place))),
                Inflated::Failed(error) => return Some(Received::Failed(error)),
                _ => {}
            }
        }
        let base = self.reader.position();
        let step = self.receiver.step(self.buffer.get_mut(base..self.filled).unwrap_or_default());
        self.reader = MessageReader::at(base.saturating_add(step.consumed()));
        let rest = self.buffer.get(base..self.filled).unwrap_or_default();
        Some(match step.event(rest) {
            None => {
                let keep = self.reader.position().min(CUT);
                self.buffer.copy_within(self.filled.saturating_sub(keep)..self.filled, 0);
                self.reader = MessageReader::at(keep);
                (self.filled, self.missing) = (keep, self.receiver.payload_remaining());
                Received::ReadOn
            }
            Some(Event::Ping) => Received::Message(Message::Ping(self.control_payload())),
            Some(Event::Pong) => Received::Message(Message::Pong(self.control_payload())),
            Some(Event::Close(_)) => Received::Message(Message::Close(self.close_frame())),
            Some(Event::Failed(error)) => Received::Failed(error),
            Some(Event::Text(text)) => Received::Piece(Piece::text(text.as_str()).at(text.place())),
            Some(Event::Binary(binary)) => Received::Piece(Piece::binary(binary.as_bytes()).at(binary.place())),
            Some(Event::Extended(piece)) => {
                if let Some(inflating) = &mut self.inflating {
                    inflating.push(&piece, base.saturating_add(step.payload().end));
                }
                return None;
            }
            // no other event is known
            Some(_) => return None,
        })
    }

    fn copied(&self, range: Range<usize>) -> Vec<u8> {
        self.buffer.get(range).unwrap_or_default().to_vec()
    }

    fn control_payload(&self) -> Vec<u8> {
        self.receiver.control_payload().unwrap_or_default().to_vec()
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
    pub(crate) fn read(&mut self, io: &mut impl Read) -> io::Result<usize> {
        if self.filled <= CUT && self.buffer.len() > KEPT {
            self.buffer.truncate(self.filled);
            self.buffer.shrink_to(self.read_buffer);
        }
        let missing = usize::try_from(self.missing).unwrap_or(usize::MAX);
        let room = missing.min(ANNOUNCED.max(self.filled)).max(self.read_buffer);
        let end = self.filled.saturating_add(room);
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        let n = io.read(self.buffer.get_mut(self.filled..).unwrap_or_default())?;
        self.filled = self.filled.saturating_add(n);
        Ok(n)
    }

    /// Reads from the transport, and discards what comes. It is used after the last message.
    pub(crate) fn discard(&mut self, io: &mut impl Read) -> io::Result<usize> {
        self.buffer.resize(self.read_buffer, 0);
        io.read(&mut self.buffer)
    }
}

fn piece(kind: MessageKind, bytes: Vec<u8>, place: Place) -> Piece {
    match kind {
        MessageKind::Text => Piece::text(checked(bytes)),
        MessageKind::Binary => Piece::binary(bytes),
    }
    .at(place)
}

/// Makes a text of bytes that the codec has checked.
fn checked(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
