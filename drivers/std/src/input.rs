//! The receiving half: bytes of the transport in, messages and pieces out.

use crate::message::{CloseFrame, Message, Piece};
use std::io::{self, Read};
use std::ops::Range;
use upframe::connection::{EndOfStream, Endpoint, Event, MessageKind, ProtocolError, Receiver, Reply, Violation};
use upframe::frame::CloseCode;
use upframe::message::{MessageReader, Next};

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
}

impl Input {
    /// `buffer` has what came after the opening handshake.
    pub(crate) fn new(receiver: Receiver<Endpoint>, buffer: Vec<u8>, read_buffer: usize) -> Self {
        let filled = buffer.len();
        let read_buffer = read_buffer.max(64);
        Self { receiver, reader: MessageReader::new(), buffer, filled, missing: 0, read_buffer }
    }

    /// Returns the next message or control frame. What is left of a message whose first pieces were returned is
    /// skipped.
    pub(crate) fn next(&mut self) -> Received {
        match self.reader.next_within(&mut self.receiver, &mut self.buffer, self.filled, usize::MAX) {
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

    /// Returns the next piece or control frame. A message that `next` has begun to collect comes as one piece.
    pub(crate) fn next_piece(&mut self) -> Received {
        if self.reader.is_message_begun() {
            return match self.next() {
                Received::Message(message) if message.is_data() => Received::Piece(message.into()),
                other => other,
            };
        }
        let base = self.reader.position();
        let step = self.receiver.step(self.buffer.get_mut(base..self.filled).unwrap_or_default());
        self.reader = MessageReader::at(base.saturating_add(step.consumed()));
        let rest = self.buffer.get(base..self.filled).unwrap_or_default();
        let piece = match step.event(rest) {
            None => {
                let keep = self.reader.position().min(CUT);
                self.buffer.copy_within(self.filled.saturating_sub(keep)..self.filled, 0);
                self.reader = MessageReader::at(keep);
                (self.filled, self.missing) = (keep, self.receiver.payload_remaining());
                return Received::ReadOn;
            }
            Some(Event::Ping) => return Received::Message(Message::Ping(self.control_payload())),
            Some(Event::Pong) => return Received::Message(Message::Pong(self.control_payload())),
            Some(Event::Close(_)) => return Received::Message(Message::Close(self.close_frame())),
            Some(Event::Failed(error)) => return Received::Failed(error),
            Some(Event::Text(text)) => Piece::text(text.as_str()).at(text.place()),
            Some(Event::Binary(binary)) => Piece::binary(binary.as_bytes()).at(binary.place()),
            // no extension is offered or accepted, and no other event is known
            Some(_) => return self.next_piece(),
        };
        Received::Piece(piece)
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

/// Makes a text of bytes that the codec has checked.
fn checked(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
