//! The receiving half: the buffer and what lies in it, without the transport.

use crate::message::{CloseFrame, Message, Piece};
use core::ops::Range;
use core::str;
use upframe::connection::{
    EndOfStream, Endpoint, Event, MessageKind, Place, ProtocolError, Receiver, Reply, Settings, Step, Violation,
};
use upframe::frame::CloseCode;
use upframe::message::{MessageReader, Next};

/// What came, without a borrow.
pub(crate) enum Found {
    Message(MessageKind, Range<usize>),
    Piece(Step, Range<usize>),
    Ping,
    Pong,
    Close,
}

/// So many bytes of a code point that was cut stay in the buffer: see `MessageReader::at`.
const CUT: usize = 3;

pub(crate) struct Input<'b> {
    receiver: Receiver<Endpoint>,
    reader: MessageReader,
    buffer: &'b mut [u8],
    /// The input ends here.
    filled: usize,
}

impl<'b> Input<'b> {
    /// `unread` is what is in the buffer already.
    pub(crate) const fn new(end: Endpoint, settings: Settings, buffer: &'b mut [u8], unread: Range<usize>) -> Self {
        let receiver = Receiver::<Endpoint>::new(end, settings);
        Self { receiver, reader: MessageReader::at(unread.start), buffer, filled: unread.end }
    }

    /// `None`: read on, unless the connection has failed.
    pub(crate) fn find(&mut self) -> Option<Found> {
        match self.reader.next(&mut self.receiver, self.buffer, self.filled) {
            Next::Message(message) => Some(Found::Message(message.kind, message.range)),
            Next::Ping => Some(Found::Ping),
            Next::Pong => Some(Found::Pong),
            Next::Close(_) => Some(Found::Close),
            Next::ReadOn { at, .. } => {
                self.filled = at;
                None
            }
            Next::TooBig => {
                self.receiver.fail(Violation::MessageTooBig);
                None
            }
            _ => None,
        }
    }

    pub(crate) fn find_piece(&mut self) -> Option<Found> {
        if self.reader.is_message_begun() {
            return self.find();
        }
        let base = self.reader.position();
        let range = base..self.filled;
        let step = self.receiver.step(self.buffer.get_mut(range.clone()).unwrap_or_default());
        self.reader = MessageReader::at(base.saturating_add(step.consumed()));
        match step.event(&[]) {
            Some(Event::Ping) => Some(Found::Ping),
            Some(Event::Pong) => Some(Found::Pong),
            Some(Event::Close(_)) => Some(Found::Close),
            Some(Event::Failed(_)) => None,
            Some(_) => Some(Found::Piece(step, range)),
            None => {
                let keep = self.reader.position().min(CUT).min(self.buffer.len().saturating_sub(1));
                let from = self.filled.saturating_sub(keep);
                for i in 0..keep {
                    let byte = self.buffer.get(from.saturating_add(i)).copied().unwrap_or_default();
                    if let Some(place) = self.buffer.get_mut(i) {
                        *place = byte;
                    }
                }
                self.reader = MessageReader::at(keep);
                self.filled = keep;
                None
            }
        }
    }

    /// Returns what `find` has found.
    pub(crate) fn message(&self, found: Found) -> Message<'_> {
        match found {
            Found::Message(MessageKind::Text, range) => {
                let bytes = self.buffer.get(range).unwrap_or_default();
                // the codec has checked it
                Message::Text(str::from_utf8(bytes).unwrap_or_default())
            }
            Found::Message(MessageKind::Binary, range) => Message::Binary(self.buffer.get(range).unwrap_or_default()),
            Found::Ping => Message::Ping(self.control_payload()),
            Found::Pong => Message::Pong(self.control_payload()),
            // pieces are not asked for
            Found::Close | Found::Piece(..) => Message::Close(self.close_frame()),
        }
    }

    /// Returns what `find_piece` has found; `None` for a control frame.
    pub(crate) fn piece(&self, found: Found) -> Option<Piece<'_>> {
        match found {
            Found::Message(kind, range) => {
                Some(Piece::new(kind, self.buffer.get(range).unwrap_or_default(), Place::Whole))
            }
            Found::Piece(step, range) => Some(match step.event(self.buffer.get(range).unwrap_or_default()) {
                Some(Event::Text(text)) => Piece::of_text(text),
                Some(Event::Binary(binary)) => Piece::new(MessageKind::Binary, binary.as_bytes(), binary.place()),
                _ => Piece::new(MessageKind::Binary, &[], Place::Middle),
            }),
            Found::Ping | Found::Pong | Found::Close => None,
        }
    }

    /// Returns where the next bytes go. Tell `received` how many came.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.filled..).unwrap_or_default()
    }

    pub(crate) const fn received(&mut self, n: usize) {
        self.filled = self.filled.saturating_add(n);
    }

    /// Returns the buffer, for bytes that are discarded: after the last message.
    pub(crate) const fn all(&mut self) -> &mut [u8] {
        self.buffer
    }

    pub(crate) fn control_payload(&self) -> &[u8] {
        self.receiver.control_payload().unwrap_or_default()
    }

    pub(crate) const fn failure(&self) -> Option<ProtocolError> {
        self.receiver.failure()
    }

    pub(crate) fn take_reply(&mut self) -> Option<Reply> {
        self.receiver.take_reply()
    }

    pub(crate) fn receive_eof(&mut self) -> EndOfStream {
        self.receiver.receive_eof()
    }

    pub(crate) const fn close_code(&self) -> Option<CloseCode> {
        self.receiver.close_code()
    }

    pub(crate) fn close_frame(&self) -> Option<CloseFrame<'_>> {
        let code = self.receiver.close_code().filter(|code| code.may_be_received())?;
        Some(CloseFrame { code, reason: self.receiver.close_reason() })
    }
}
