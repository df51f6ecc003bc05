//! The quick ways of the reader of whole messages: a message in one frame, fragments one after the other, and more of a
//! payload. A small machine has none of them.
//!
//! A message in one frame that lies whole in the input is returned where it is. Fragments that lie whole in the input are
//! consumed in a loop, without an event for each, and are moved next to those before them while they are unmasked; so is
//! more of a binary payload. All use the quick ways of the receiver, which leave everything unusual unchanged. The reader
//! then asks for an event.

use super::found::{MessageInBuffer, Quick};
use super::reader::MessageReader;
use crate::connection::event::Event;
use crate::connection::piece::MessageKind;
use crate::connection::receive::begin::Front;
use crate::connection::receive::in_buffer::{InBuffer, STAYS};
use crate::connection::receive::state::Receiver;
use crate::connection::role::Role;
use crate::frame::reserved_bits::ReservedBits;

impl MessageReader {
    /// Consumes the front of the input, if that is a message or a part of the current one.
    #[inline(always)]
    pub(super) fn find_quickly<R: Role + Copy>(&mut self, receiver: &mut Receiver<R>, buffer: &mut [u8]) -> Quick {
        let mut input = InBuffer::new(buffer, self.pos, STAYS);
        if !self.begun
            && let Some(event) = receiver.receive_whole(&mut input)
        {
            *self = Self::at(input.position());
            let kind = if let Event::Text(_) = event { MessageKind::Text } else { MessageKind::Binary };
            return Quick::Message(MessageInBuffer { kind, reserved_bits: ReservedBits::NONE, range: input.piece() });
        }
        let rest = buffer.get(self.pos..).unwrap_or_default();
        match (receiver.front(rest), self.begun) {
            (Front::FirstFragment, false) => self.gather::<true, R>(receiver, buffer),
            (Front::Fragment, true) => self.gather::<false, R>(receiver, buffer),
            (Front::MoreBinary, true) => self.go_on(receiver, buffer),
            _ => Quick::Nothing,
        }
    }

    /// Consumes fragments of the current message, or of one that begins.
    #[inline(never)]
    fn gather<const FIRST: bool, R: Role + Copy>(&mut self, receiver: &mut Receiver<R>, buffer: &mut [u8]) -> Quick {
        let mut input = InBuffer::new(buffer, self.pos, if FIRST { STAYS } else { self.end() });
        if FIRST {
            if receiver.take_next_fragment::<true, _>(&mut input).is_none() {
                return Quick::Nothing;
            }
            (self.start, self.begun) = (input.piece().start, true);
            input.go_on();
        }
        let mut whole = None;
        while let Some((kind, last)) = receiver.take_next_fragment::<false, _>(&mut input) {
            input.go_on();
            if last {
                whole = Some(kind);
                break;
            }
        }
        let is_part = input.position() > self.pos;
        self.pos = input.position();
        self.len = input.place().saturating_sub(self.start);
        match whole {
            Some(kind) => Quick::Message(self.finish(kind, ReservedBits::NONE)),
            None if is_part => Quick::Part,
            None => Quick::Nothing,
        }
    }

    /// Consumes more of a binary payload.
    #[inline(never)]
    fn go_on<R: Role + Copy>(&mut self, receiver: &mut Receiver<R>, buffer: &mut [u8]) -> Quick {
        let mut input = InBuffer::new(buffer, self.pos, self.end());
        let last = receiver.take_more_binary(&mut input);
        self.pos = input.position();
        self.len = self.len.saturating_add(input.piece().len());
        if last { Quick::Message(self.finish(MessageKind::Binary, ReservedBits::NONE)) } else { Quick::Part }
    }
}
