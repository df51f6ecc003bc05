//! Both halves of a connection: see [`Connection`](super::Connection), which documents the methods.
//!
//! This is the only place where receiving and sending meet: what the receiver owes the peer passes to the queue of the
//! sender as soon as there is room. The source of keys is an argument, so that on small machines one copy of this code serves all
//! sources.

use super::closing::EndOfStream;
use super::entropy::Keys;
use super::error::{SendError, Violation};
use super::event::Event;
#[cfg(not(upframe_small))]
use super::receive::begin::Front;
#[cfg(not(upframe_small))]
use super::receive::byte::Consumed;
use super::receive::input::Input;
use super::receive::state::Receiver;
use super::reply::Owed;
use super::role::{Client, Role};
use super::send::state::Outgoing;
use super::settings::Settings;
use crate::frame::close_code::CloseCode;
use crate::frame::opcode::Opcode;
use crate::target::SMALL;

/// A connection without its source of keys.
pub(super) struct Common<R: Role> {
    pub(super) receiver: Receiver<R>,
    pub(super) outgoing: Outgoing,
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
            Front::Control { ping } => {
                let len = self.receive_control(ping, input.bytes());
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
        // a Pong that `receive_control` left with the receiver, which needs the room now
        if !SMALL && self.receiver.owed == Owed::Pong {
            self.settle();
        }
        let piece = self.receiver.resume(input);
        if self.receiver.owed != Owed::Nothing {
            self.settle();
        }
        piece
    }

    /// Calls [`take_short_control`](Receiver::take_short_control). The Pong stays with the receiver until something
    /// else is received or written: most give way to a newer one.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn receive_control(&mut self, ping: bool, input: &[u8]) -> usize {
        let len = self.receiver.take_short_control(ping, input);
        if !self.outgoing.closing.is_open() {
            self.settle();
        }
        len
    }

    /// Passes what is owed on to the queue.
    ///
    /// A Pong stays with the receiver while there is no room for it; then it gives way to the next Ping or Close. Out
    /// of line, so that the caller's loop stays small.
    #[inline(never)]
    fn settle(&mut self) {
        settle(&mut self.receiver, &mut self.outgoing);
    }

    pub(super) fn receive_eof(&mut self) -> EndOfStream {
        self.outgoing.closing.end_stream();
        self.receiver.receive_eof()
    }

    pub(super) fn fail(&mut self, violation: Violation, back: u64) {
        self.receiver.fail_back(violation, back);
        self.settle();
    }

    pub(super) fn may_disconnect(&self) -> bool {
        let writable = self.wants_transmit() && self.outgoing.may_write();
        self.outgoing.closing.may_disconnect(self.receiver.role.is_server()) && !writable
    }

    pub(super) fn wants_transmit(&self) -> bool {
        !self.outgoing.queue.is_empty() || self.receiver.owed != Owed::Nothing
    }

    pub(super) fn poll_transmit(&mut self, keys: impl Keys, out: &mut [u8]) -> usize {
        let Self { receiver, outgoing } = self;
        outgoing.poll_transmit(keys, out, |outgoing| settle(receiver, outgoing))
    }
}

/// Sending: a Pong that the receiver has left comes first.
impl<R: Role + Copy> Common<R> {
    pub(super) fn control(&mut self, opcode: Opcode, payload: &[u8]) -> Result<(), SendError> {
        let pong_waits = self.pong_waits();
        self.outgoing.queue_control(opcode, payload, pong_waits)
    }

    pub(super) fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        let pong_waits = self.pong_waits();
        self.outgoing.queue_close(code, reason, pong_waits)
    }

    pub(super) fn close_without_code(&mut self) -> Result<(), SendError> {
        let pong_waits = self.pong_waits();
        self.outgoing.queue_close_body(&[], pong_waits)
    }

    /// Passes on a Pong that is owed, which comes first. Returns whether there is no room for it.
    fn pong_waits(&mut self) -> bool {
        self.settle();
        self.receiver.owed == Owed::Pong
    }
}

/// Passes what the receiver owes on to the queue, if there is room.
fn settle<R: Role + Copy>(receiver: &mut Receiver<R>, outgoing: &mut Outgoing) {
    if receiver.owed != Owed::Nothing && outgoing.queue_answer(receiver.owed, receiver.kept_control()) {
        receiver.owed = Owed::Nothing;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::entropy::Unmasked;
    use crate::connection::role::Server;

    #[test]
    fn a_pong_is_owed_until_a_close_is_queued_and_never_after() {
        let mut ping = *b"\x89\x82\0\0\0\0hi";
        let mut common = Common::new(Receiver::<Server>::new(Settings::new()), Settings::new());
        assert_eq!(common.receive_from(&mut &mut ping[..]), Some(Event::Ping));
        // a small machine passes it on at once
        assert_eq!(common.receiver.owed == Owed::Pong, !SMALL);
        assert!(common.wants_transmit());
        common.close_without_code().unwrap();
        assert_eq!(common.receive_from(&mut &mut ping[..]), Some(Event::Ping));
        let mut out = [0; 131];
        assert_eq!(common.poll_transmit(Unmasked, &mut out), 6);
        assert_eq!(out[..6], *b"\x8a\x02hi\x88\0");
        assert!(common.receiver.owed == Owed::Nothing && !common.wants_transmit());
    }
}
