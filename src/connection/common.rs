//! Both halves of a connection, and the replies between them: see [`Connection`](super::Connection), whose docs have the errors.
//!
//! The keys are an argument, so that on small machines one copy of this serves all sources of them.

use super::closing::EndOfStream;
use super::closing::Own;
use super::error::{SendError, Violation};
use super::event::Event;
use super::fragment::DataFrame;
use super::receive::Receiver;
use super::receive::{Input, take_control};
use super::reply::Due;
use super::role::sealed::Keys;
use super::role::{ClientSide, Side};
use super::send::{Outgoing, Replies, close_body};
use super::settings::Settings;
use crate::frame::{CloseCode, Header};
use crate::target::SMALL;

/// All of a connection but its source of keys.
pub(super) struct Common<S: Side> {
    pub(super) receiver: Receiver<S>,
    pub(super) outgoing: Outgoing,
    replies: Replies,
}

impl Common<ClientSide> {
    /// A client's. Out of line on small machines: one copy for all of them.
    #[cfg_attr(upframe_small, inline(never))]
    pub(super) const fn client(settings: Settings) -> Self {
        Self::new(ClientSide, false, settings)
    }
}

impl<S: Side> Common<S> {
    /// On this side, which is the server's or not.
    pub(super) const fn new(side: S, server: bool, settings: Settings) -> Self {
        let receiver = Receiver::with(side, server, settings);
        Self { receiver, outgoing: Outgoing::new(settings), replies: Replies::NONE }
    }

    /// The receiver, and what sends. A Pong that the receiver still has is lost with what is queued.
    pub(super) fn split(mut self) -> (Receiver<S>, Outgoing) {
        self.receiver.due = Due::Nothing;
        self.receiver.answered();
        (self.receiver, self.outgoing)
    }

    pub(super) fn reset(&mut self) {
        self.receiver.reset();
        self.outgoing.reset();
        self.replies = Replies::NONE;
    }
}

/// Receiving.
impl<S: Side> Common<S> {
    #[inline(always)]
    pub(super) fn receive_from<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<Event<'b>> {
        if let Some(event) = self.receiver.receive_whole(input) {
            return Some(event);
        }
        let piece = if take_control(input, |ping, bytes| self.receive_control(ping, bytes)) {
            &[]
        } else {
            // a Pong that was left to the receiver, see `receive_control`
            if !SMALL && self.receiver.due == Due::Pong {
                self.react();
            }
            let piece = self.receiver.proceed(input)?;
            // [7.1.7-close]
            if self.receiver.due != Due::Nothing {
                self.react();
            }
            piece
        };
        self.receiver.event(piece)
    }

    /// [`take_short_control`](Receiver::take_short_control). The Pong stays with the receiver until something else comes or is to be
    /// written: most make way for a newer one.
    #[inline(never)]
    fn receive_control(&mut self, ping: bool, input: &[u8]) -> usize {
        let len = self.receiver.take_short_control(ping, input);
        if !self.outgoing.closing.is_open() {
            self.react();
        }
        len
    }

    /// Queues what is owed. A Pong stays with the receiver while another one is half written.
    ///
    /// Out of line, so that the caller's loop stays small.
    #[inline(never)]
    fn react(&mut self) {
        let Self { receiver, outgoing, replies } = self;
        let closing = &mut outgoing.closing;
        match receiver.due {
            Due::Nothing => return,
            // nothing follows an own Close [5.5.2-not-after-close]
            Due::Pong if closing.own != Own::Open => receiver.answered(),
            Due::Pong if replies.in_progress() => return,
            // [5.5.2-pong]
            Due::Pong => replies.queue_pong(receiver.kept_control()),
            // [5.5.2-not-after-close]
            Due::Close => {
                replies.drop_pong();
                // [5.5.1-answer] [5.5.1-echo]
                closing.peer_closed(receiver.close_code().unwrap_or(CloseCode::NO_STATUS));
            }
            // [5.5.2-not-after-close]
            Due::Failure => {
                replies.drop_pong();
                // [7.1.7-close]
                closing.failed(receiver.error().close_code());
            }
        }
        receiver.due = Due::Nothing;
    }

    pub(super) fn receive_eof(&mut self) -> EndOfStream {
        // [7.1.4-ended]
        self.outgoing.closing.end_stream();
        self.receiver.receive_eof()
    }

    pub(super) fn fail(&mut self, violation: Violation) {
        self.receiver.fail(violation);
        // [7.1.7-close]
        self.react();
    }

    pub(super) fn may_disconnect(&self) -> bool {
        let writable = self.wants_transmit() && self.outgoing.frame.is_none();
        // [7.1.1-server-first]
        self.outgoing.closing.may_disconnect(self.receiver.side.is_server()) && !writable
    }
}

/// Sending.
impl<S: Side> Common<S> {
    pub(super) fn poll_transmit(&mut self, mut keys: impl Keys, out: &mut [u8]) -> usize {
        let mut written = 0;
        loop {
            let rest = out.get_mut(written..).unwrap_or_default();
            written = self.replies.flush(rest).saturating_add(written);
            if self.replies.in_progress() {
                return written;
            }
            self.outgoing.reply_is_out();
            self.react();
            if !self.wants_transmit() {
                // [10.4-control-frames-anew]
                // also where the last byte filled `out`, and nobody has to call again
                self.receiver.answered();
                return written;
            }
            // a frame is begun only where one byte of it, at least, can be written
            if written == out.len() || !self.begin_reply(&mut keys) {
                return written;
            }
        }
    }

    /// Begins the next frame that is queued; `false` where there is none, or it may not be sent now.
    fn begin_reply(&mut self, keys: &mut impl Keys) -> bool {
        let Self { outgoing, replies, .. } = self;
        let close = outgoing.closing.queued();
        // [5.2-frame-whole] [5.5.1-answer-behind-payload]
        if outgoing.frame.is_some() {
            return false;
        }
        // [5.3-no-entropy]
        let Ok(key) = keys.draw() else { return false };
        // no Pong waits behind a Close: `react` has dropped it
        replies.begin(close, key);
        if close.is_some() {
            // [5.5.1-once]
            outgoing.closing.own = Own::InProgress;
        }
        true
    }

    pub(super) fn wants_transmit(&self) -> bool {
        self.replies.in_progress()
            || self.replies.waiting_pong().is_some()
            || self.receiver.due != Due::Nothing
            || self.outgoing.closing.queued().is_some()
    }

    /// What [`writer`](Self::writer) would do, and in fewer instructions for a client.
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

    /// A Close, behind the Pong that is queued.
    pub(super) fn close_with<'o>(
        &mut self,
        keys: impl Keys,
        body: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        self.react();
        let Self { outgoing, replies, .. } = self;
        // [5.2-frame-whole]
        if replies.in_progress() {
            return Err(SendError::FrameInProgress);
        }
        // [5.5.2-pong]
        let written = outgoing.close_behind(keys, replies.waiting_pong(), body, out)?;
        replies.drop_pong();
        self.receiver.answered();
        Ok(written)
    }

    /// What writes frames, unless a reply is half written.
    #[inline(always)]
    pub(super) fn writer(&mut self) -> Result<&mut Outgoing, SendError> {
        // [5.2-frame-whole]
        if self.replies.in_progress() { Err(SendError::FrameInProgress) } else { Ok(&mut self.outgoing) }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(not(upframe_small))]
    fn a_pong_stays_with_the_receiver_until_something_else_comes_or_is_written() {
        use super::{Common, Due, Settings};
        use crate::connection::{Server, ServerSide};

        let ping = b"\x89\x82\0\0\0\0hi";
        let mut halves = Common::new(ServerSide, true, Settings::new());
        assert_eq!(halves.receive_control(true, ping), 8);
        assert!(halves.receiver.due == Due::Pong && halves.replies.waiting_pong().is_none());
        assert_eq!(halves.close_with(Server, &[], &mut [0; 131]).unwrap(), b"\x8a\x02hi\x88\0");
        // nothing is owed behind an own Close
        assert_eq!(halves.receive_control(true, ping), 8);
        assert!(halves.receiver.due == Due::Nothing && halves.replies.waiting_pong().is_none());
    }
}
