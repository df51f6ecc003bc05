//! The general way through the receiver: any frame, any cut, any failure, and the rules of messages and closing.
//!
//! It gives a slice, which travels in two registers, and leaves the rest of its answer in `signal` and `place`: events
//! that are handed back through memory cost more than all checks together.

use super::input::Input;
use super::state::{Phase, Receiver, Signal};
use crate::connection::error::Violation;
use crate::connection::reply::Owed;
use crate::connection::role::Role;
use crate::frame::{At, FrameViolation};
use crate::target::SMALL;

impl<R: Role + Copy> Receiver<R> {
    /// Takes input up to the next event, or all of it. The answer is in `signal`, `place` and the slice.
    #[inline(never)]
    pub(in crate::connection) fn resume<'b, I: Input<'b>>(&mut self, input: &mut I) -> &'b [u8] {
        if self.phase == Phase::ControlReported {
            self.phase = if self.decoder.at() == At::Failed { Phase::Ended } else { Phase::Running };
        }
        self.signal = Signal::Nothing;
        // [5.5.1-nothing-behind] [7.1.5-first] [7.1.7-nothing-behind]
        if matches!(self.phase, Phase::Ended | Phase::Failed | Phase::StreamEnded(_)) {
            // §5.5.1, §7.1.7: what comes after a Close or a failure is not looked at
            input.skip(usize::MAX);
            return &[];
        }
        // on small machines the code is worth more than the time
        #[cfg(not(upframe_small))]
        if let Some(piece) = self.take_short(input) {
            return piece;
        }
        loop {
            match self.decoder.at() {
                At::Failed => {
                    input.skip(usize::MAX);
                    // [7.1.7-close] [8.1-before]
                    (self.phase, self.signal, self.owed) = (Phase::Failed, Signal::Failed, Owed::Failure);
                    return &[];
                }
                At::Payload if self.decoder.remaining() > 0 && input.bytes().is_empty() => return &[],
                // one byte at a time: on small machines the code is worth more than the time
                At::Key | At::Start | At::Fragment | At::Second | At::Length if SMALL => {
                    let Some(byte) = input.bytes().first().copied() else { return &[] };
                    input.skip(1);
                    let known = self.decoder.take_byte(byte);
                    self.judge_header(known);
                }
                At::Payload => {
                    let piece = if self.decoder.is_in_control_frame() {
                        self.take_control_payload(input);
                        &[]
                    // [8.1-text-behind-cut]
                    } else if !self.cut.is_none() {
                        self.take_cut(input);
                        &[]
                    } else {
                        self.take_data(input)
                    };
                    if self.signal != Signal::Nothing {
                        return piece;
                    }
                }
                At::Key => {
                    let taken = self.decoder.take_key(input.bytes());
                    input.skip(taken);
                    if self.decoder.at() == At::Key {
                        return &[];
                    }
                }
                At::Start | At::Fragment | At::Second | At::Length => {
                    let mut bytes = input.bytes();
                    let before = bytes.len();
                    let known = self.decoder.take_length(&mut bytes);
                    let taken = before.saturating_sub(bytes.len());
                    input.skip(taken);
                    if known == Ok(false) {
                        return &[];
                    }
                    self.judge_header(known);
                }
            }
        }
    }

    /// A part of a header has come, with which its length may be known, or a rule be broken.
    #[inline(always)]
    fn judge_header(&mut self, known: Result<bool, FrameViolation>) {
        match known {
            Ok(false) => {}
            Ok(true) => {
                if let Err(violation) = self.judge_length() {
                    self.fail_at(violation, 1);
                }
            }
            Err(violation) => self.fail_at(Violation::Frame(violation), usize::from(violation.back())),
        }
    }

    /// Fails at the byte that lies `back` before the next one. Reported when what came before has been.
    #[cold]
    #[inline(never)]
    pub(super) fn fail_at(&mut self, violation: Violation, back: usize) {
        self.decoder.fail(back as u64);
        (self.phase, self.violation) = (Phase::FailurePending, violation);
    }
}
