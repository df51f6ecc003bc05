//! Control frames (RFC 6455 §5.5): Ping, Pong, Close.

use super::input::Input;
use super::state::{Phase, Receiver, Signal};
use crate::connection::error::Violation;
use crate::connection::reply::Owed;
use crate::connection::role::Role;
use crate::frame::close_code::CloseCode;
use crate::frame::mask::loops::copy_masked;
use crate::frame::opcode::Opcode;
use crate::utf8::check::check;
use crate::utf8::verdict::Verdict;

impl<R: Role + Copy> Receiver<R> {
    /// Begins a control frame: its header is complete.
    pub(super) fn begin_control(&mut self) {
        // There is room for one payload. A Ping or a Close takes the place of an older Ping as soon as it begins; the
        // payload of a Pong is discarded instead. Only the newest Ping is answered. [5.5.3-newest]
        if self.decoder.is(Opcode::Pong) && self.owed == Owed::Pong {
            self.phase = Phase::DiscardingPong;
        } else {
            (self.control_len, self.owed) = (0, Owed::Nothing);
        }
    }

    /// Records that the connection has failed, and that a Close with the code of the failure is owed.
    pub(super) fn owe_failure(&mut self) {
        // A connection that fails sends a Close that reports why. [7.1.7-close]
        (self.phase, self.owed) = (Phase::Failed, Owed::Failure);
        if let Some(place) = self.control.first_chunk_mut() {
            *place = self.violation.close_code().0.to_be_bytes();
            self.control_len = 2;
        }
    }

    /// Consumes payload of a control frame; at its end, reports the frame.
    #[inline(never)]
    pub(super) fn take_control_payload<'b, I: Input<'b>>(&mut self, input: &mut I) {
        let n = self.decoder.payload_in(input.bytes().len());
        if self.phase != Phase::DiscardingPong
            && let Some(from) = input.bytes().get(..n)
            && let Some((_, place)) = self.control.split_at_mut_checked(usize::from(self.control_len))
            && let Some(place) = place.get_mut(..n)
        {
            copy_masked::<false>(from, place, self.decoder.key());
            self.control_len = self.control_len.saturating_add(n as u8);
        }
        input.skip(n);
        let whole = self.decoder.take_payload(n);
        if self.decoder.is(Opcode::Close) {
            return self.take_close(input, whole);
        }
        if !whole {
            return;
        }
        self.phase = if self.phase == Phase::DiscardingPong { Phase::Running } else { Phase::ControlReported };
        // A Pong is never answered. [5.5.3-unsolicited]
        if !self.decoder.is(Opcode::Ping) {
            self.signal = Signal::Pong;
            return;
        }
        self.signal = Signal::Ping;
        // Pings are left to the caller if the settings say so. [5.5.2-automatic]
        if self.automatic_pong {
            // A Ping is answered with a Pong. [5.5.2-pong]
            self.owed = Owed::Pong;
        }
    }

    /// Judges the body of a Close frame, or the part of it that was received (§5.5.1, §7.4, §8.1).
    pub(super) fn take_close<'b, I: Input<'b>>(&mut self, input: &mut I, whole: bool) {
        let len = usize::from(self.control_len);
        let body = self.kept_control();
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
        // A Close is answered with a Close. [5.5.1-answer]
        (self.signal, self.owed) = (Signal::Close, Owed::Close);
    }
}
