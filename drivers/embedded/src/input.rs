//! The receiving half: the buffer and what lies in it, without the transport.

use crate::inflating::{Inflated, Inflates};
use crate::message::{CloseFrame, Message, Piece};
use core::ops::Range;
use core::str;
use upframe::connection::{
    EndOfStream, Endpoint, Event, Extended, MessageKind, Place, ProtocolError, Receiver, Reply, Settings, Step,
    Violation,
};
use upframe::frame::{CloseCode, ReservedBits};
use upframe::message::{MessageInBuffer, MessageReader, Next};

/// What came, without a borrow.
pub(crate) enum Found {
    Message(MessageKind, Range<usize>),
    Piece(Step, Range<usize>),
    Inflated(Inflated),
    Ping,
    Pong,
    Close,
}

/// What a part of the input has brought.
enum Part {
    Found(Found),
    Nothing,
}

/// So many bytes of a code point that was cut stay in the buffer: see `MessageReader::at`.
const CUT: usize = 3;

pub(crate) struct Input<'b> {
    receiver: Receiver<Endpoint>,
    reader: MessageReader,
    buffer: &'b mut [u8],
    /// The input ends here.
    filled: usize,
    /// What inflates messages, if that was agreed on.
    inflating: Option<&'b mut dyn Inflates>,
    /// The piece of a compressed message that is being inflated.
    rest: Option<Rest>,
    /// Whether a compressed message is open that is read in pieces.
    open: bool,
}

/// What is left of a piece.
struct Rest {
    range: Range<usize>,
    kind: MessageKind,
    reserved_bits: ReservedBits,
    place: Place,
}

impl<'b> Input<'b> {
    /// `unread` is what is in the buffer already.
    pub(crate) const fn new(
        end: Endpoint,
        settings: Settings,
        buffer: &'b mut [u8],
        unread: Range<usize>,
        inflating: Option<&'b mut dyn Inflates>,
    ) -> Self {
        let receiver = Receiver::<Endpoint>::new(end, settings);
        let reader = MessageReader::at(unread.start);
        Self { receiver, reader, buffer, filled: unread.end, inflating, rest: None, open: false }
    }

    /// `None`: read on, unless the connection has failed.
    pub(crate) fn find(&mut self) -> Option<Found> {
        // the rest of a compressed message is inflated, since later ones may refer to it
        while self.open {
            if let Some(inflating) = &mut self.inflating {
                inflating.skip_message();
            }
            match self.find_part()? {
                Part::Found(Found::Inflated(_)) | Part::Nothing => {}
                Part::Found(found) => return Some(found),
            }
        }
        match self.reader.next(&mut self.receiver, self.buffer, self.filled) {
            Next::Message(message) if !message.reserved_bits.is_empty() => self.find_inflated(&message),
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
        loop {
            match self.find_part()? {
                Part::Found(found) => return Some(found),
                Part::Nothing => {}
            }
        }
    }

    /// `None`: read on, unless the connection has failed.
    fn find_part(&mut self) -> Option<Part> {
        if let Some(inflated) = self.find_in_rest() {
            return Some(Part::Found(Found::Inflated(inflated)));
        }
        let base = self.reader.position();
        let range = base..self.filled;
        let step = self.receiver.step(self.buffer.get_mut(range.clone()).unwrap_or_default());
        self.reader = MessageReader::at(base.saturating_add(step.consumed()));
        match step.event(self.buffer.get(range.clone()).unwrap_or_default()) {
            Some(Event::Ping) => Some(Part::Found(Found::Ping)),
            Some(Event::Pong) => Some(Part::Found(Found::Pong)),
            Some(Event::Close(_)) => Some(Part::Found(Found::Close)),
            Some(Event::Failed(_)) => None,
            Some(Event::Extended(piece)) => {
                let (kind, reserved_bits, place) = (piece.kind(), piece.reserved_bits(), piece.place());
                let range = base.saturating_add(step.payload().start)..base.saturating_add(step.payload().end);
                (self.rest, self.open) = (Some(Rest { range, kind, reserved_bits, place }), true);
                Some(Part::Nothing)
            }
            Some(_) => Some(Part::Found(Found::Piece(step, range))),
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

    /// Inflates the next bytes of a piece.
    fn find_in_rest(&mut self) -> Option<Inflated> {
        let (rest, inflating) = (self.rest.as_mut()?, self.inflating.as_mut()?);
        let bytes = self.buffer.get(rest.range.clone()).unwrap_or_default();
        let mut piece = Extended::new(bytes, rest.place, rest.kind, rest.reserved_bits);
        let inflated = inflating.next(&mut self.receiver, &mut piece);
        rest.range.start = rest.range.end.saturating_sub(piece.as_bytes().len());
        rest.place = piece.place();
        let ends = match inflated {
            Inflated::Bytes(_, _, _, place) | Inflated::CodePoint(_, _, place) => place.is_last(),
            Inflated::Nothing => {
                self.open = !piece.is_last();
                self.rest = None;
                return None;
            }
        };
        if ends {
            (self.rest, self.open) = (None, false);
        }
        Some(inflated)
    }

    /// Inflates a whole message, which must fit the memory.
    fn find_inflated(&mut self, message: &MessageInBuffer) -> Option<Found> {
        let inflating = self.inflating.as_mut()?;
        let mut message = message.as_extended(self.buffer);
        loop {
            match inflating.next(&mut self.receiver, &mut message) {
                whole @ Inflated::Bytes(_, _, _, Place::Whole) => return Some(Found::Inflated(whole)),
                // it has a fault further on, or it goes on where the memory begins again
                Inflated::Bytes(..) | Inflated::CodePoint(..) => {}
                Inflated::Nothing => break,
            }
        }
        if self.receiver.failure().is_none() {
            self.receiver.fail(Violation::MessageTooBig);
        }
        None
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
            Found::Inflated(Inflated::Bytes(MessageKind::Text, from, to, _)) => {
                Message::Text(str::from_utf8(self.inflated(from, to)).unwrap_or_default())
            }
            Found::Inflated(Inflated::Bytes(MessageKind::Binary, from, to, _)) => {
                Message::Binary(self.inflated(from, to))
            }
            // pieces are not asked for
            Found::Close | Found::Piece(..) | Found::Inflated(_) => Message::Close(self.close_frame()),
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
            Found::Inflated(Inflated::Bytes(kind, from, to, place)) => {
                Some(Piece::new(kind, self.inflated(from, to), place))
            }
            Found::Inflated(Inflated::CodePoint(joined, len, place)) => Some(Piece::of_code_point(joined, len, place)),
            Found::Ping | Found::Pong | Found::Close | Found::Inflated(Inflated::Nothing) => None,
        }
    }

    fn inflated(&self, from: usize, to: usize) -> &[u8] {
        self.inflating.as_ref().map(|inflating| inflating.bytes(from..to)).unwrap_or_default()
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
