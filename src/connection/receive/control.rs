//! Control frames (RFC 6455 §5.5): Ping, Pong, Close.

use super::input::Input;
use super::state::{Phase, Receiver, Signal};
use crate::connection::error::Violation;
use crate::connection::reply::Owed;
use crate::connection::role::Role;
use crate::frame::{CloseCode, Opcode, copy_masked};
use crate::utf8::{self, Verdict};

impl<R: Role + Copy> Receiver<R> {
    /// A control frame whose header is complete.
    pub(super) fn begin_control(&mut self) {
        // Only the newest Ping is answered: a payload is kept for one. A Ping or a Close takes the place of an older
        // Ping as soon as it begins; the payload of a Pong is discarded instead. [5.5.3-newest]
        if self.decoder.is(Opcode::Pong) && self.owed == Owed::Pong {
            self.phase = Phase::DiscardingPong;
        } else {
            (self.control_len, self.owed) = (0, Owed::Nothing);
        }
    }

    /// Payload of a control frame; at its end, what it means.
    #[inline(never)]
    pub(super) fn take_control_payload<'b, I: Input<'b>>(&mut self, input: &mut I) {
        let n = self.decoder.payload_in(input.bytes().len());
        if self.phase != Phase::DiscardingPong
            && let Some(from) = input.bytes().get(..n)
            && let Some((_, place)) = self.control.split_at_mut_checked(usize::from(self.control_len))
            && let Some(place) = place.get_mut(..n)
        {
            // [6.2-unmask]
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
        if !self.decoder.is(Opcode::Ping) {
            // [5.5.3-unsolicited]
            self.signal = Signal::Pong;
            return;
        }
        self.signal = Signal::Ping;
        // [5.5.2-automatic]
        if self.automatic_pong {
            // [5.5.2-pong]
            self.owed = Owed::Pong;
        }
    }

    /// The body of a Close frame, or what has come of it (§5.5.1, §7.4, §8.1). Nothing is looked at behind it.
    pub(super) fn take_close<'b, I: Input<'b>>(&mut self, input: &mut I, whole: bool) {
        let len = usize::from(self.control_len);
        let body = self.kept_control();
        let code = match *body {
            // [7.1.5-1005]
            [] if whole => CloseCode::NO_STATUS,
            // [5.5.1-truncated]
            [_] if whole => return self.fail_at(Violation::CloseTruncated, len),
            [] | [_] => return,
            [high, low, ref reason @ ..] => {
                // [5.5.1-network-order]
                let code = CloseCode(u16::from_be_bytes([high, low]));
                // [5.5.1-code]
                if !code.may_be_received() {
                    return self.fail_at(Violation::CloseCode, len);
                }
                match utf8::check(reason) {
                    Verdict::Whole if whole => code,
                    // [5.5.1-reason]
                    Verdict::Cut { .. } if whole => return self.fail_at(Violation::CloseReason, 0),
                    Verdict::Bad { at, .. } => {
                        // [5.5.1-reason]
                        return self.fail_at(Violation::CloseReason, reason.len().saturating_sub(at));
                    }
                    _ => return,
                }
            }
        };
        input.skip(usize::MAX);
        self.phase = Phase::ControlReported;
        self.close_code = code.0;
        // [5.5.1-answer] [5.5.1-nothing-behind]
        self.decoder.fail(0);
        (self.signal, self.owed) = (Signal::Close, Owed::Close);
    }
}
