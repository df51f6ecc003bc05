//! The control frames that a transmitter queues, and how they are written (RFC 6455 §5.5).

use super::state::Outgoing;
use crate::connection::closing::LocalClose;
use crate::connection::control_room::ControlRoom;
use crate::connection::entropy::Keys;
use crate::connection::error::SendError;
use crate::connection::reply::Owed;
use crate::frame::close_code::CloseCode;
use crate::frame::header::Header;
use crate::frame::opcode::Opcode;

impl Outgoing {
    /// Queues a Ping, a Pong or a Close with this payload, in two parts. The first `used` bytes of the room are in use.
    /// Returns where in the room its payload begins.
    pub(in crate::connection) fn queue_control(
        &mut self,
        room: &mut ControlRoom,
        opcode: Opcode,
        payload: [&[u8]; 2],
        used: u8,
    ) -> Result<u8, SendError> {
        // The payload of a control frame must not be longer than 125 bytes. [5.5-control-125-sent]
        if payload[0].len().saturating_add(payload[1].len()) > Header::MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong);
        }
        if !self.closing.is_open() {
            return Err(SendError::Closing);
        }
        let Some(start) = self.queue.put_frame(room, opcode, payload, used) else { return Err(SendError::QueueFull) };
        if opcode == Opcode::Close {
            self.closing.local = LocalClose::Queued;
        }
        Ok(start)
    }

    /// Notes what is owed to the peer. Returns whether it may be sent.
    pub(in crate::connection) fn note_owed(&mut self, room: &mut ControlRoom, owed: Owed) -> bool {
        let Self { closing, queue, .. } = self;
        match owed {
            Owed::Nothing => return false,
            // a Pong precedes the local Close, as long as that has not begun
            Owed::Pong => return closing.local == LocalClose::NotSent || queue.is_waiting(),
            Owed::Close => closing.peer_closed(),
            Owed::Failure => closing.failed(),
        }
        // Each end sends one Close: none is owed after the local one. [5.5.1-once]
        if !closing.may_send_close() {
            return false;
        }
        // No Pong follows a Close that was received or that reports a failure. [5.5.2-not-after-close]
        queue.drop_waiting(room);
        true
    }

    /// Writes what is queued, from this room. `before_each` is called before a frame begins.
    pub(in crate::connection) fn poll_transmit(
        &mut self,
        room: &mut ControlRoom,
        owed: &mut Owed,
        mut keys: impl Keys,
        out: &mut [u8],
        before_each: impl Fn(&mut ControlRoom, Owed),
    ) -> usize {
        let mut written = 0;
        loop {
            if self.queue.is_in_progress() {
                let rest = out.get_mut(written..).unwrap_or_default();
                written = self.queue.flush(room, keys.is_masked(), rest).wrapping_add(written);
                if self.queue.is_in_progress() {
                    return written;
                }
            }
            if self.queue.is_empty() {
                room.taken = 0;
                if *owed == Owed::Nothing {
                    if self.closing.local == LocalClose::Queued {
                        self.closing.local = LocalClose::Sent;
                    }
                    return written;
                }
            }
            // A frame begins only if at least one byte of it can be written.
            // It waits for the payload of a frame that was begun. [5.5.1-answer-behind-payload]
            if written == out.len() || self.frame.is_some() {
                return written;
            }
            let drawn = keys.draw();
            self.queue.note_draw(drawn.is_ok());
            let Ok(key) = drawn else { return written };
            before_each(room, *owed);
            self.queue.begin(room, owed, key);
        }
    }

    /// Whether `poll_transmit` has something to write that it could write now.
    pub(in crate::connection) fn may_write(&self) -> bool {
        self.frame.is_none() && !self.queue.is_starved()
    }
}

/// Returns the body of a Close frame in two parts, after it checked the code (RFC 6455 §5.5.1, §7.4).
pub(in crate::connection) fn close_code(code: CloseCode) -> Result<[u8; 2], SendError> {
    // A code that may not appear in a frame is not sent. [7.4-sent]
    if !code.may_be_sent() {
        return Err(SendError::CloseCode);
    }
    // A Close has the code and the reason that the caller passed. [7.1.2-close-sent]
    Ok(code.0.to_be_bytes())
}
