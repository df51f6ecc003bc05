//! Both halves of a connection: see [`Connection`](super::Connection), which documents the methods.
//!
//! This is the only place where receiving and sending meet: what the receiver owes the peer stays with it until the
//! answer begins. The source of keys is an argument, so that on small machines one copy of this code serves all
//! sources.

use super::closing::{EndOfStream, LocalClose};
use super::entropy::Keys;
use super::error::{SendError, Violation};
use super::event::Event;
use super::fragment::DataFrame;
use super::receive::input::Input;
use super::receive::receiver::take_ping_or_pong;
use super::receive::state::Receiver;
use super::reply::Owed;
use super::role::{Client, Role};
use super::send::control_queue::ControlQueue;
use super::send::frames::close_body;
use super::send::state::Outgoing;
use super::settings::Settings;
use crate::frame::close_code::CloseCode;
use crate::frame::header::Header;
use crate::target::SMALL;

/// A connection without its source of keys.
pub(super) struct Common<R: Role> {
    pub(super) receiver: Receiver<R>,
    pub(super) outgoing: Outgoing,
    queue: ControlQueue,
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
        Self { receiver, outgoing: Outgoing::new(settings), queue: ControlQueue::EMPTY }
    }

    /// Returns the receiver and the sender. What is owed or half-written is lost.
    pub(super) fn split(mut self) -> (Receiver<R>, Outgoing) {
        self.receiver.owed = Owed::Nothing;
        (self.receiver, self.outgoing)
    }

    pub(super) fn reset(&mut self) {
        self.receiver.reset();
        self.outgoing.reset();
        self.queue = ControlQueue::EMPTY;
    }
}

/// Receiving.
impl<R: Role + Copy> Common<R> {
    #[inline(always)]
    pub(super) fn receive_from<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<Event<'b>> {
        if let Some(event) = self.receiver.receive_whole(input) {
            return Some(event);
        }
        let piece = if take_ping_or_pong(input, |ping, bytes| self.receive_control(ping, bytes)) {
            &[]
        } else {
            if self.receiver.has_nothing_to_say(input.bytes()) {
                return None;
            }
            // a Pong that `receive_control` left with the receiver, which needs the room now
            if !SMALL && self.receiver.owed == Owed::Pong {
                self.settle();
            }
            let piece = self.receiver.resume(input);
            if self.receiver.owed != Owed::Nothing {
                self.settle();
            }
            piece
        };
        self.receiver.event(piece)
    }

    /// Calls [`take_short_control`](Receiver::take_short_control). The Pong stays with the receiver until something
    /// else is received or written: most give way to a newer one.
    #[inline(never)]
    fn receive_control(&mut self, ping: bool, input: &[u8]) -> usize {
        let len = self.receiver.take_short_control(ping, input);
        if !self.outgoing.closing.is_open() {
            self.settle();
        }
        len
    }

    /// Passes on what is owed: a Pong to the queue, a Close to the closing handshake.
    ///
    /// A Pong stays with the receiver while another answer is half-written; then it gives way to the next Ping or
    /// Close. Out of line, so that the caller's loop stays small.
    #[inline(never)]
    fn settle(&mut self) {
        let Self { receiver, outgoing, queue } = self;
        let closing = &mut outgoing.closing;
        match receiver.owed {
            Owed::Nothing => return,
            Owed::Pong if !closing.may_send_close() => {}
            Owed::Pong if queue.is_in_progress() => return,
            // A Pong has the payload of its Ping. [5.5.3-same-payload]
            Owed::Pong => queue.keep_pong(receiver.kept_control()),
            Owed::Close => closing.peer_closed(),
            Owed::Failure => closing.failed(),
        }
        if receiver.owed != Owed::Pong {
            // No Pong follows a Close that was received or that reports a failure. [5.5.2-not-after-close]
            queue.drop_pong();
            // Each end sends one Close: none is owed after the local one. [5.5.1-once]
            if closing.may_send_close() {
                return;
            }
        }
        receiver.owed = Owed::Nothing;
    }

    pub(super) fn receive_eof(&mut self) -> EndOfStream {
        self.outgoing.closing.end_stream();
        self.receiver.receive_eof()
    }

    pub(super) fn fail(&mut self, violation: Violation) {
        self.receiver.fail(violation);
        self.settle();
    }

    pub(super) fn may_disconnect(&self) -> bool {
        let writable = self.wants_transmit() && self.outgoing.frame.is_none() && !self.queue.is_starved();
        self.outgoing.closing.may_disconnect(self.receiver.role.is_server()) && !writable
    }
}

/// Sending.
impl<R: Role + Copy> Common<R> {
    pub(super) fn poll_transmit(&mut self, mut keys: impl Keys, out: &mut [u8]) -> usize {
        let mut written = 0;
        loop {
            let rest = out.get_mut(written..).unwrap_or_default();
            written = self.queue.flush(rest).saturating_add(written);
            if self.queue.is_in_progress() {
                return written;
            }
            let closing = &mut self.outgoing.closing;
            if closing.local == LocalClose::InProgress {
                closing.local = LocalClose::Sent;
            }
            self.settle();
            // a frame begins only if at least one byte of it can be written
            if written == out.len() || !self.wants_transmit() || !self.begin_answer(&mut keys) {
                return written;
            }
        }
    }

    /// Begins the answer that is owed. Returns `false` if it may not be sent now.
    fn begin_answer(&mut self, keys: &mut impl Keys) -> bool {
        let Self { receiver, outgoing, queue } = self;
        // The answer waits for the payload of a frame that was begun. [5.5.1-answer-behind-payload]
        if outgoing.frame.is_some() {
            return false;
        }
        let drawn = keys.draw();
        queue.note_draw(drawn.is_ok());
        let Ok(key) = drawn else { return false };
        if receiver.owed == Owed::Nothing {
            queue.begin_pong(key);
            return true;
        }
        // The answer to a Close has the body of that Close. [5.5.1-echo]
        queue.begin_close(receiver.kept_control(), key);
        outgoing.closing.local = LocalClose::InProgress;
        receiver.owed = Owed::Nothing;
        true
    }

    pub(super) fn wants_transmit(&self) -> bool {
        self.queue.is_in_progress() || self.queue.kept_pong().is_some() || self.receiver.owed != Owed::Nothing
    }

    /// The same as `self.writer()?.send(…)`, in fewer instructions for a client.
    #[cfg_attr(not(upframe_small), inline(always))]
    pub(super) fn send<'o>(
        &mut self,
        keys: impl Keys,
        frame: DataFrame,
        payload: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        self.writer()?.send(keys, frame, payload, out)
    }

    pub(super) fn close<'o>(
        &mut self,
        keys: impl Keys,
        code: CloseCode,
        reason: &str,
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        let mut body = [0; Header::MAX_CONTROL_PAYLOAD];
        let body = close_body(code, reason, &mut body)?;
        self.close_with(keys, body, out)
    }

    /// Writes a Close, after the Pong that is owed.
    pub(super) fn close_with<'o>(
        &mut self,
        keys: impl Keys,
        body: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        if self.queue.is_in_progress() {
            return Err(SendError::FrameInProgress);
        }
        self.settle();
        let written = self.outgoing.close_after(keys, self.queue.kept_pong(), body, out)?;
        self.queue.drop_pong();
        Ok(written)
    }

    /// Returns what writes frames, unless an answer is half-written.
    #[inline(always)]
    pub(super) fn writer(&mut self) -> Result<&mut Outgoing, SendError> {
        if self.queue.is_in_progress() { Err(SendError::FrameInProgress) } else { Ok(&mut self.outgoing) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::entropy::Unmasked;
    use crate::connection::role::Server;

    #[test]
    fn a_pong_is_owed_until_a_close_is_sent_and_never_after() {
        let mut ping = *b"\x89\x82\0\0\0\0hi";
        let mut common = Common::new(Receiver::<Server>::new(Settings::new()), Settings::new());
        assert_eq!(common.receive_from(&mut &mut ping[..]), Some(Event::Ping));
        // a small machine passes it on at once
        assert_eq!(common.receiver.owed == Owed::Pong, !SMALL);
        assert!(common.wants_transmit());
        assert_eq!(common.close_with(Unmasked, &[], &mut [0; 131]).unwrap(), b"\x8a\x02hi\x88\0");
        assert_eq!(common.receive_from(&mut &mut ping[..]), Some(Event::Ping));
        assert!(common.receiver.owed == Owed::Nothing && !common.wants_transmit());
    }
}
