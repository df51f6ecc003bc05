//! The control frames that a transmitter queues, and how they are written (RFC 6455 §5.5).

use super::state::Outgoing;
use crate::connection::closing::LocalClose;
use crate::connection::entropy::Keys;
use crate::connection::error::SendError;
use crate::connection::reply::Owed;
use crate::frame::close_code::CloseCode;
use crate::frame::header::Header;
use crate::frame::opcode::Opcode;
use crate::target::copy;

impl Outgoing {
    /// Queues a Ping or a Pong, unless a Pong that is owed finds no room before it.
    pub(in crate::connection) fn queue_control(
        &mut self,
        opcode: Opcode,
        payload: &[u8],
        pong_waits: bool,
    ) -> Result<(), SendError> {
        // The payload of a control frame must not be longer than 125 bytes. [5.5-control-125-sent]
        if payload.len() > Header::MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong);
        }
        self.queue_frame(opcode, payload, pong_waits)
    }

    /// Queues a Close with a code and a reason.
    pub(in crate::connection) fn queue_close(
        &mut self,
        code: CloseCode,
        reason: &str,
        pong_waits: bool,
    ) -> Result<(), SendError> {
        let mut body = [0; Header::MAX_CONTROL_PAYLOAD];
        let body = close_body(code, reason, &mut body)?;
        self.queue_close_body(body, pong_waits)
    }

    /// Queues a Close with this body.
    pub(in crate::connection) fn queue_close_body(&mut self, body: &[u8], pong_waits: bool) -> Result<(), SendError> {
        self.queue_frame(Opcode::Close, body, pong_waits)?;
        self.closing.local = LocalClose::Queued;
        Ok(())
    }

    fn queue_frame(&mut self, opcode: Opcode, payload: &[u8], pong_waits: bool) -> Result<(), SendError> {
        if !self.closing.is_open() {
            return Err(SendError::Closing);
        }
        if !pong_waits && self.queue.put_frame(opcode, payload) { Ok(()) } else { Err(SendError::QueueFull) }
    }

    /// Queues an answer to the peer, or drops it if it may not be sent any more. Returns `false` if there is no room
    /// for it now; then only that a Close is owed is noted.
    pub(in crate::connection) fn queue_answer(&mut self, owed: Owed, payload: &[u8]) -> bool {
        let Self { closing, queue, .. } = self;
        match owed {
            Owed::Nothing => return true,
            // A Pong has the payload of its Ping. [5.5.3-same-payload]
            Owed::Pong => return closing.local != LocalClose::NotSent || queue.put_answer(Opcode::Pong, payload),
            Owed::Close => closing.peer_closed(),
            Owed::Failure => closing.failed(),
        }
        // Each end sends one Close: none is owed after the local one. [5.5.1-once]
        if !closing.may_send_close() {
            return true;
        }
        // No Pong follows a Close that was received or that reports a failure. [5.5.2-not-after-close]
        queue.drop_waiting();
        // The answer to a Close has the body of that Close. [5.5.1-echo]
        let queued = queue.put_answer(Opcode::Close, payload);
        if queued {
            closing.local = LocalClose::Queued;
        }
        queued
    }

    /// Writes what is queued. `before_each` is called before a frame begins: it may queue an answer.
    pub(in crate::connection) fn poll_transmit(
        &mut self,
        mut keys: impl Keys,
        out: &mut [u8],
        mut before_each: impl FnMut(&mut Self),
    ) -> usize {
        let mut written = 0;
        loop {
            let rest = out.get_mut(written..).unwrap_or_default();
            written = self.queue.flush(rest).saturating_add(written);
            if self.queue.is_in_progress() {
                return written;
            }
            before_each(self);
            if self.queue.is_empty() {
                if self.closing.local == LocalClose::Queued {
                    self.closing.local = LocalClose::Sent;
                }
                return written;
            }
            // A frame begins only if at least one byte of it can be written.
            // It waits for the payload of a frame that was begun. [5.5.1-answer-behind-payload]
            if written == out.len() || self.frame.is_some() {
                return written;
            }
            let drawn = keys.draw();
            self.queue.note_draw(drawn.is_ok());
            let Ok(key) = drawn else { return written };
            self.queue.begin(key);
        }
    }

    /// Whether `poll_transmit` has something to write that it could write now.
    pub(in crate::connection) fn may_write(&self) -> bool {
        self.frame.is_none() && !self.queue.is_starved()
    }
}

/// Returns the body of a Close frame, after it checked code and reason (RFC 6455 §5.5.1, §7.4).
fn close_body<'a>(
    code: CloseCode,
    reason: &str,
    body: &'a mut [u8; Header::MAX_CONTROL_PAYLOAD],
) -> Result<&'a [u8], SendError> {
    // A code that may not appear in a frame is not sent. [7.4-sent]
    if !code.may_be_sent() {
        return Err(SendError::CloseCode);
    }
    let len = reason.len().saturating_add(2);
    let Some(body) = body.get_mut(..len) else { return Err(SendError::ControlTooLong) };
    if let Some((place, rest)) = body.split_first_chunk_mut() {
        // A Close has the code and the reason that the caller passed. [7.1.2-close-sent]
        *place = code.0.to_be_bytes();
        copy(reason.as_bytes(), rest);
    }
    Ok(body)
}
