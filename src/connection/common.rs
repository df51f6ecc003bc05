//! Both halves of a connection: see [`Connection`](super::Connection), which documents the methods.
//!
//! This is the only place where receiving and sending meet: what the receiver owes the peer passes to the queue of the
//! sender as soon as there is room. The source of keys is an argument, so that on small machines one copy of this code serves all
//! sources.

use super::closing::{EndOfStream, LocalClose};
use super::entropy::Keys;
use super::error::{SendError, Violation};
use super::event::Event;
#[cfg(not(upframe_small))]
use super::receive::begin::Front;
#[cfg(not(upframe_small))]
use super::receive::byte::Consumed;
use super::receive::input::Input;
use super::receive::state::{Receiver, Signal};
use super::reply::Owed;
use super::role::{Client, Role};
use super::send::control::close_code;
use super::send::state::Outgoing;
use super::settings::Settings;
use crate::frame::close_code::CloseCode;
use crate::frame::opcode::Opcode;
use crate::target::SMALL;

/// A connection without its source of keys.
///
/// What a whole message touches that is received and sent is at the end of the one and at the front of the other, in
/// less than a cache line of 64 bytes: then it costs one or two misses in a connection that has not been used for long.
#[repr(C)]
pub(super) struct Common<R: Role> {
    pub(super) outgoing: Outgoing,
    pub(super) receiver: Receiver<R>,
}

impl Common<Client> {
    /// Creates a client's. On a small machine one copy serves all sources of keys.
    #[cfg_attr(upframe_small, inline(never))]
    pub(super) const fn client(settings: Settings) -> Self {
        Self::new(Receiver::<Client>::new(settings), settings)
    }
}

impl<R: Role + Copy> Common<R> {
    pub(super) const fn new(receiver: Receiver<R>, settings: Settings) -> Self {
        Self { receiver, outgoing: Outgoing::new(settings) }
    }

    pub(super) fn reset(&mut self) {
        self.receiver.reset();
        self.outgoing.reset();
    }
}

/// Receiving.
impl<R: Role + Copy> Common<R> {
    #[inline(always)]
    pub(super) fn receive_from<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<Event<'b>> {
        if let Some(event) = self.receiver.receive_whole(input) {
            return Some(event);
        }
        #[cfg(not(upframe_small))]
        let piece = match self.receiver.front(input.bytes()) {
            Front::Nothing => return None,
            Front::Control => {
                let len = self.receive_control(input.bytes());
                input.skip(len);
                if len > 0 { Some(&[][..]) } else { None }
            }
            Front::FirstFragment => input.lend(|input| self.receiver.take_fragment::<true, _>(input)),
            Front::Fragment => input.lend(|input| self.receiver.take_fragment::<false, _>(input)),
            Front::MoreBinary => match self.receiver.receive_more_binary(input) {
                Some(event) => return Some(event),
                None => input.lend(|input| self.receiver.take_part(input)),
            },
            Front::Byte => {
                if let Some(event) = self.receiver.receive_ascii(input) {
                    return Some(event);
                }
                match self.receiver.take_byte(input) {
                    Consumed::Silently => return None,
                    Consumed::CodePoint => Some(&[][..]),
                    Consumed::No => input.lend(|input| self.receiver.take_part(input)),
                }
            }
            Front::Part => input.lend(|input| self.receiver.take_part(input)),
            Front::Other => None,
        };
        #[cfg(not(upframe_small))]
        let piece = match piece {
            Some(piece) => piece,
            None => input.lend(|input| self.resume(input)),
        };
        #[cfg(upframe_small)]
        let piece = match *input.bytes() {
            [] if self.receiver.has_nothing(&[]) => return None,
            [_] => match self.receiver.take_byte(input) {
                Some(piece) => piece,
                None => self.resume(input),
            },
            _ => self.resume(input),
        };
        self.receiver.event(piece)
    }

    /// Asks the machine, and passes on what is owed after it.
    #[cfg_attr(not(upframe_small), inline(never))]
    fn resume<'b, I: Input<'b>>(&mut self, input: &mut I) -> &'b [u8] {
        let piece = self.receiver.resume(input);
        if matches!(self.receiver.signal, Signal::Ping | Signal::Close | Signal::Failed) {
            self.settle();
        }
        piece
    }

    /// Calls [`take_short_control`](Receiver::take_short_control).
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn receive_control(&mut self, input: &[u8]) -> usize {
        let len = self.receiver.take_short_control(input);
        if len > 0 && self.outgoing.closing.local != LocalClose::NotSent {
            self.settle();
        }
        len
    }

    /// Tells the sender, once, what is owed, which stays in the room of the receiver until it is written. What may not be sent is
    /// not owed. Out of line, so that the caller's loop stays small.
    #[inline(never)]
    fn settle(&mut self) {
        let owed = self.receiver.owed;
        if !self.outgoing.note_owed(&mut self.receiver.room, owed) {
            self.receiver.owe_nothing();
        } else if !owed.is_pong() {
            self.outgoing.closing.local = LocalClose::Queued;
        }
    }

    pub(super) fn receive_eof(&mut self) -> EndOfStream {
        self.outgoing.closing.end_stream();
        self.receiver.receive_eof()
    }

    pub(super) fn fail(&mut self, violation: Violation, back: u64) {
        if self.receiver.fail_back(violation, back) {
            self.settle();
        }
    }

    pub(super) fn may_disconnect(&self) -> bool {
        let writable = self.wants_transmit() && self.outgoing.may_write();
        self.outgoing.closing.may_disconnect(self.receiver.role.is_server()) && !writable
    }

    pub(super) fn wants_transmit(&self) -> bool {
        !self.outgoing.queue.is_empty() || self.receiver.owed != Owed::Nothing
    }

    #[cfg_attr(not(upframe_small), inline(always))]
    pub(super) fn poll_transmit(&mut self, keys: impl Keys, out: &mut [u8]) -> usize {
        if !SMALL && !self.wants_transmit() { 0 } else { self.write(keys, out) }
    }

    #[cfg_attr(not(upframe_small), inline(never))]
    fn write(&mut self, keys: impl Keys, out: &mut [u8]) -> usize {
        let Self { receiver, outgoing } = self;
        let violation = receiver.limits.violation;
        outgoing.poll_transmit(&mut receiver.room, &mut receiver.owed, keys, out, |room, owed| {
            room.prepare_answer(owed, violation);
        })
    }
}

/// Sending.
impl<R: Role + Copy> Common<R> {
    pub(super) fn control(&mut self, opcode: Opcode, payload: [&[u8]; 2]) -> Result<(), SendError> {
        let Self { receiver, outgoing } = self;
        let used = receiver.used_in_room();
        let start = outgoing.queue_control(&mut receiver.room, opcode, payload, used)?;
        receiver.give_way(start);
        Ok(())
    }

    pub(super) fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.control(Opcode::Close, [&close_code(code)?, reason.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::entropy::Unmasked;
    use crate::connection::role::Server;
    use crate::frame::decoder::Decoder;
    use core::mem::offset_of;

    #[test]
    fn a_pong_is_owed_until_a_close_is_queued_and_never_after() {
        let mut ping = *b"\x89\x82\0\0\0\0hi";
        let mut common = Common::new(Receiver::<Server>::new(Settings::new()), Settings::new());
        assert_eq!(common.receive_from(&mut &mut ping[..]), Some(Event::Ping));
        assert!(common.receiver.owed == Owed::Pong && common.wants_transmit());
        common.control(Opcode::Close, [&[]; 2]).unwrap();
        assert_eq!(common.receive_from(&mut &mut ping[..]), Some(Event::Ping));
        let mut out = [0; 131];
        assert_eq!(common.poll_transmit(Unmasked, &mut out), 6);
        assert_eq!(out[..6], *b"\x8a\x02hi\x88\0");
        assert!(common.receiver.owed == Owed::Nothing && !common.wants_transmit());
    }

    /// A server's connection lies in memory at any multiple of 8. What a message in one frame touches that is received and
    /// sent, with nothing to write after it, is in less than 64 bytes, so in one or two cache lines.
    #[test]
    fn a_message_touches_two_cache_lines_at_most() {
        type Whole = Common<Server>;
        let outgoing = offset_of!(Whole, outgoing);
        let receiver = offset_of!(Whole, receiver);
        let mut touched = Outgoing::TOUCHED.map(|(at, len)| outgoing + at..outgoing + at + len).to_vec();
        let at = offset_of!(Receiver<Server>, decoder);
        touched.extend(
            [
                offset_of!(Receiver<Server>, medium_limit)..offset_of!(Receiver<Server>, medium_limit) + 2,
                offset_of!(Receiver<Server>, phase)..offset_of!(Receiver<Server>, phase) + 1,
                offset_of!(Receiver<Server>, owed)..offset_of!(Receiver<Server>, owed) + 1,
                at + Decoder::TOUCHED[0].0..at + Decoder::TOUCHED[0].0 + Decoder::TOUCHED[0].1,
                at + Decoder::TOUCHED[1].0..at + Decoder::TOUCHED[1].0 + Decoder::TOUCHED[1].1,
            ]
            .map(|bytes| receiver + bytes.start..receiver + bytes.end),
        );
        let from = touched.iter().map(|bytes| bytes.start).min().unwrap();
        let to = touched.iter().map(|bytes| bytes.end).max().unwrap();
        assert!(to - from <= 64, "{from}..{to}");
        for start in (0..64).step_by(8) {
            assert!((start + to - 1) / 64 - (start + from) / 64 < 2, "{from}..{to} at {start}");
        }
    }
}
