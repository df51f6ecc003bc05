//! Control frames (RFC 6455 §5.5): Ping, Pong, Close.

use super::input::Input;
use super::state::{Phase, Receiver, Signal};
use crate::connection::error::Violation;
use crate::connection::reply::Owed;
use crate::connection::role::Role;
use crate::frame::close_code::CloseCode;
use crate::frame::decoder::FramePosition;
use crate::frame::mask::loops::copy_masked;
use crate::frame::opcode::Opcode;
use crate::utf8::check::check;
use crate::utf8::verdict::Verdict;

impl<R: Role + Copy> Receiver<R> {
    /// Begins a control frame: its header is complete.
    pub(super) fn begin_control(&mut self) {
        // A Ping or a Close takes the place of an older Ping as soon as it begins. A Pong does not: its payload lies
        // after that of the Ping. Only the newest Ping is answered. [5.5.3-newest]
        if !self.decoder.is(Opcode::Pong) {
            self.owe_nothing();
        }
        self.room.at = self.room.owed_len;
        self.room.end = self.room.at.wrapping_add(self.missing_of_control());
    }

    /// Returns how many bytes of the payload of a control frame have not arrived.
    fn missing_of_control(&self) -> u8 {
        self.decoder.remaining() as u8
    }

    /// Whether the next bytes of a control frame must not be received, since their place is not free.
    pub(super) fn lacks_room(&mut self) -> bool {
        if self.room.end <= self.room.free() {
            return false;
        }
        // nobody needs the payload of a Pong
        if self.decoder.is(Opcode::Pong) {
            self.discard_payload();
            return false;
        }
        if self.phase != Phase::Stopped {
            (self.phase, self.signal) = (Phase::Stopped, Signal::TransmitFirst);
        }
        true
    }

    /// Forgets the answer that is owed.
    #[inline(always)]
    pub(in crate::connection) fn owe_nothing(&mut self) {
        (self.owed, self.room.owed_len) = (Owed::Nothing, 0);
    }

    /// Records that the connection has failed, and that a Close with the code of the failure is owed.
    pub(super) fn owe_failure(&mut self) {
        // A connection that fails sends a Close that reports why. [7.1.7-close]
        (self.phase, self.owed) = (Phase::Failed, Owed::Failure);
        (self.room.at, self.room.end, self.room.owed_len) = (0, 0, 0);
    }

    /// Returns how many bytes at the front of the room are needed: for the answer that is owed, or for the Ping or the
    /// Close that is being received.
    pub(in crate::connection) fn used_in_room(&self) -> u8 {
        // nobody needs the payload of a Pong
        if self.is_in_control_payload() && !self.decoder.is(Opcode::Pong) { self.room.end } else { self.room.owed_len }
    }

    /// Whether a control frame is being received, and how long it is is known.
    fn is_in_control_payload(&self) -> bool {
        matches!(self.decoder.at(), FramePosition::Key | FramePosition::Payload) && self.decoder.is_in_control_frame()
    }

    /// The bytes of the room from `start` on are in use from now on. If a payload that was reported is there, or that of a
    /// Pong which is being received, it is gone.
    pub(in crate::connection) fn give_way(&mut self, start: u8) {
        if start >= self.room.end {
            return;
        }
        if self.phase == Phase::ControlReported {
            self.phase = Phase::Running;
        } else if self.phase == Phase::Running && self.is_in_control_payload() {
            self.discard_payload();
        }
    }

    /// The payload of the Pong that is being received is not kept from now on.
    fn discard_payload(&mut self) {
        (self.phase, self.room.end) = (Phase::Discarding, self.room.at);
    }

    /// Consumes payload of a control frame; at its end, reports the frame.
    #[inline(never)]
    pub(super) fn take_control_payload<'b, I: Input<'b>>(&mut self, input: &mut I) {
        let n = self.decoder.payload_in(input.bytes().len());
        let at = usize::from(self.room.end.wrapping_sub(self.missing_of_control()));
        if self.phase != Phase::Discarding
            && let Some(from) = input.bytes().get(..n)
            && let Some(place) = self.room.bytes.get_mut(at..at.wrapping_add(n))
        {
            copy_masked::<false>(from, place, self.decoder.key());
        }
        input.skip(n);
        let whole = self.decoder.take_payload(n);
        if self.decoder.is(Opcode::Close) {
            return self.take_close(input, whole);
        }
        if !whole {
            return;
        }
        self.phase = if self.phase == Phase::Discarding { Phase::Running } else { Phase::ControlReported };
        // A Pong is never answered. [5.5.3-unsolicited]
        if !self.decoder.is(Opcode::Ping) {
            self.signal = Signal::Pong;
            return;
        }
        self.signal = Signal::Ping;
        // Pings are left to the caller if the settings say so. [5.5.2-automatic]
        if self.limits.automatic_pong {
            // A Ping is answered with a Pong. [5.5.2-pong]
            self.owed = Owed::Pong;
            // A Pong has the payload of its Ping. [5.5.3-same-payload]
            self.room.owed_len = self.room.end;
        }
    }

    /// Judges the body of a Close frame, or the part of it that was received (§5.5.1, §7.4, §8.1).
    pub(super) fn take_close<'b, I: Input<'b>>(&mut self, input: &mut I, whole: bool) {
        let body = self.room.current(self.missing_of_control());
        let len = body.len();
        let code = match *body {
            // A Close without a code is reported as 1005. [7.1.5-1005]
            [] if whole => CloseCode::NO_STATUS,
            // The body of a Close must not be one byte. [5.5.1-truncated]
            [_] if whole => return self.fail_at(Violation::CloseTruncated, len),
            [] | [_] => return,
            [high, low, ref reason @ ..] => {
                // The close code is two bytes in network byte order. [5.5.1-network-order]
                let code = CloseCode(u16::from_be_bytes([high, low]));
                // A Close must not have a code that may not appear in a frame. [5.5.1-code]
                if !code.may_be_received() {
                    return self.fail_at(Violation::CloseCode, len);
                }
                match check(reason) {
                    Verdict::Whole if whole => code,
                    Verdict::Cut { .. } if whole => return self.fail_at(Violation::CloseReason, 0),
                    // A close reason must be valid UTF-8. [5.5.1-reason]
                    Verdict::Bad { at, .. } => {
                        return self.fail_at(Violation::CloseReason, reason.len().saturating_sub(at));
                    }
                    _ => return,
                }
            }
        };
        input.skip(usize::MAX);
        self.phase = Phase::ControlReported;
        self.close_code = code.0;
        // Input after a Close is ignored. [5.5.1-nothing-behind]
        self.decoder.fail(0);
        self.signal = Signal::Close;
        // A Close is answered with a Close. [5.5.1-answer]
        self.owed = Owed::Close;
        // The answer to a Close has the body of that Close. [5.5.1-echo]
        self.room.owed_len = self.room.end;
    }
}
