//! The machine, the slowest way through the receiver: any frame, any cut, any failure.
//!
//! It returns a slice, which travels in two registers, and leaves the rest of its result in `signal` and `place`: an
//! event that is returned through memory costs more than all checks together.

use super::input::Input;
use super::state::{Phase, Receiver, Signal};
use crate::connection::error::Violation;
#[cfg(not(upframe_small))]
use crate::connection::piece::MessageKind;
use crate::connection::role::Role;
use crate::frame::decoder::FramePosition;
use crate::frame::error::FrameViolation;
use crate::target::SMALL;

impl<R: Role + Copy> Receiver<R> {
    /// Consumes input up to the next event, or all of it. The result is in `signal`, `place` and the slice.
    #[inline(never)]
    pub(in crate::connection) fn resume<'b, I: Input<'b>>(&mut self, input: &mut I) -> &'b [u8] {
        if self.phase == Phase::ControlReported {
            self.phase = if self.decoder.at() == FramePosition::Failed { Phase::Ended } else { Phase::Running };
        }
        self.signal = Signal::Nothing;
        // Input after a Close or a failure is ignored. So the close code is that of the first Close. [7.1.5-first]
        if matches!(self.phase, Phase::Ended | Phase::Failed) || self.phase.is_lost() {
            input.skip(usize::MAX);
            return &[];
        }
        loop {
            match self.decoder.at() {
                FramePosition::Failed => {
                    input.skip(usize::MAX);
                    self.signal = Signal::Failed;
                    self.owe_failure();
                    return &[];
                }
                #[cfg(not(upframe_small))]
                FramePosition::StreamingBinary | FramePosition::StreamingText => self.decoder.end_streaming(),
                FramePosition::Payload if self.decoder.remaining() > 0 && input.bytes().is_empty() => return &[],
                // a small machine consumes headers byte by byte
                FramePosition::Key
                | FramePosition::Start
                | FramePosition::Fragment
                | FramePosition::Second
                | FramePosition::Length
                    if SMALL =>
                {
                    let Some(byte) = input.bytes().first().copied() else { return &[] };
                    input.skip(1);
                    let known = self.decoder.take_byte(byte);
                    self.judge_header(known);
                }
                FramePosition::Payload => {
                    let piece = if self.decoder.is_in_control_frame() {
                        if self.lacks_room() {
                            return &[];
                        }
                        self.take_control_payload(input);
                        &[]
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
                FramePosition::Key => {
                    let taken = self.decoder.take_key(input.bytes());
                    input.skip(taken);
                    if self.decoder.at() == FramePosition::Key {
                        return &[];
                    }
                }
                FramePosition::Start | FramePosition::Fragment | FramePosition::Second | FramePosition::Length => {
                    #[cfg(not(upframe_small))]
                    if self.kind == MessageKind::Text
                        && let Some(piece) = self.take_cut_fragments(input)
                    {
                        return piece;
                    }
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

    /// Judges a header after some more of it was received: its length may be known now, or a rule be broken.
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

    /// Fails at the byte that is `back` before the next one. The failure is reported after what precedes it.
    #[cold]
    #[inline(never)]
    pub(super) fn fail_at(&mut self, violation: Violation, back: usize) {
        self.decoder.fail(back as u64);
        (self.phase, self.limits.violation) = (Phase::FailurePending, violation);
    }
}
