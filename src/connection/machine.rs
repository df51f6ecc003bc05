//! The general way through the receiver: any frame, any cut, any failure, and the rules of messages and closing.
//!
//! It gives a slice, which travels in two registers, and leaves the rest of its answer in `signal` and `place`: events that are
//! handed back through memory cost more than all checks together.

use super::input::Input;
use super::receiver::{HandedOut, Receiver};
use super::replies::Due;
use super::role::Side;
use super::{EndOfStream, MessageKind, Place, Violation};
use crate::frame::{CloseCode, FramePosition, FrameViolation, HIGH_BITS, Opcode, copy_masked};
use crate::target::SMALL;
use crate::utf8::{self, CutCodePoint, InvalidByte, Verdict};
use core::num::NonZeroU16;

/// Where the receiver is, beside the place in the frame that the decoder knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// Frames are taken, or swallowed once the decoder is of no interest.
    Running,
    /// A Pong comes in whose payload is not kept: that of a Ping is owed, and there is room for one.
    NotKept,
    /// The payload of the control frame just reported can be seen.
    Shown,
    /// A failure waits to be reported.
    Parked,
    /// A failure was reported.
    Failed,
    /// A Close was received.
    Ended,
    /// The stream ended before one was.
    StreamEnded(EndOfStream),
}

/// What the machine has to say.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Signal {
    Nothing,
    Text,
    /// Text whose bytes lie in `cut`.
    CodePoint,
    Binary,
    Extended,
    Ping,
    Pong,
    Close,
    Failed,
}

impl<S: Side> Receiver<S> {
    /// Takes input up to the next event, or all of it. The answer is in `signal`, `place` and the slice.
    #[inline(never)]
    pub(super) fn resume<'b, I: Input<'b>>(&mut self, input: &mut I) -> &'b [u8] {
        if self.phase == Phase::Shown {
            self.phase = if self.decoder.at() == FramePosition::Failed { Phase::Ended } else { Phase::Running };
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
                FramePosition::Failed => {
                    input.skip(usize::MAX);
                    // [7.1.7-close] [8.1-before]
                    (self.phase, self.signal, self.due) = (Phase::Failed, Signal::Failed, Due::Failure);
                    return &[];
                }
                FramePosition::Payload if self.decoder.remaining() > 0 && input.bytes().is_empty() => return &[],
                // one byte at a time: on small machines the code is worth more than the time
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
                        self.take_control(input);
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
                FramePosition::Key => {
                    let taken = self.decoder.take_key(input.bytes());
                    input.skip(taken);
                    if self.decoder.at() == FramePosition::Key {
                        return &[];
                    }
                }
                FramePosition::Start | FramePosition::Fragment | FramePosition::Second | FramePosition::Length => {
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
                if let Err(violation) = self.admit() {
                    self.fail_at(violation, 1);
                }
            }
            Err(violation) => self.fail_at(Violation::Frame(violation), usize::from(violation.back())),
        }
    }

    /// Fails at the byte that lies `back` before the next one. Reported when what came before has been.
    #[cold]
    #[inline(never)]
    fn fail_at(&mut self, violation: Violation, back: usize) {
        self.decoder.fail(back as u64);
        (self.phase, self.violation) = (Phase::Parked, violation);
    }

    /// A frame whose length has come: the budgets, judged before any of its payload (§10.4).
    fn admit(&mut self) -> Result<(), Violation> {
        if self.decoder.is_in_control_frame() {
            return self.admit_control();
        }
        let first = !self.decoder.is(Opcode::Continuation);
        if first {
            // [6.2-type]
            self.kind = if self.decoder.is(Opcode::Text) { MessageKind::Text } else { MessageKind::Binary };
            self.reserved_bits = self.decoder.rsv();
            // [6.2-new-message]
            (self.message_len, self.fragments, self.empty_fragments) = (0, 0, 0);
            self.cut = CutCodePoint::NONE;
        }
        let len = self.decoder.remaining();
        // [10.4-frame] [10.4-streams]
        if len > self.limits.frame {
            return Err(Violation::FrameTooBig);
        }
        self.message_len = self.message_len.saturating_add(len);
        // [10.4-message]
        if self.message_len > self.limits.message {
            return Err(Violation::MessageTooBig);
        }
        self.fragments = self.fragments.saturating_add(1);
        // [10.4-fragments]
        if self.fragments > self.limits.fragments.max(1) {
            return Err(Violation::TooManyFragments);
        }
        if len == 0 && !(first && self.decoder.fin()) {
            self.empty_fragments = self.empty_fragments.saturating_add(1);
            // [10.4-empty-fragments]
            if self.empty_fragments > self.limits.empty_fragments {
                return Err(Violation::TooManyEmptyFragments);
            }
        }
        Ok(())
    }

    fn admit_control(&mut self) -> Result<(), Violation> {
        if let Some(frames) = self.answer_waits
            && !self.decoder.is(Opcode::Close)
        {
            // one more than the frames that came before this one [10.4-control-frames]
            if frames.get() > self.limits.control_frames {
                return Err(Violation::TooManyControlFrames);
            }
            self.answer_waits = Some(frames.saturating_add(1));
        }
        // one payload is kept: that of a Ping whose answer is owed gives way to a newer Ping (§5.5.3) and to a Close, as soon as
        // they begin, for there is no room for both [5.5.3-newest]
        if self.decoder.is(Opcode::Pong) && self.due == Due::Pong {
            self.phase = Phase::NotKept;
        } else {
            (self.control_len, self.due) = (0, Due::Nothing);
        }
        Ok(())
    }

    /// Payload of a message.
    #[inline(always)]
    fn take_data<'b, I: Input<'b>>(&mut self, input: &mut I) -> &'b [u8] {
        let n = self.decoder.payload_in(input.bytes().len().min(input.room()));
        let (key, fin) = (self.decoder.key(), self.decoder.fin());
        let signal = match self.kind {
            _ if !self.reserved_bits.is_empty() => Signal::Extended,
            MessageKind::Binary => Signal::Binary,
            MessageKind::Text => Signal::Text,
        };
        // [6.2-unmask]
        let verdict = if signal != Signal::Text {
            input.unmask::<false>(0, n, key);
            Verdict::Whole
        } else if input.unmask::<true>(0, n, key) & HIGH_BITS == 0 {
            Verdict::Whole
        } else {
            utf8::check(input.unmasked(0, n))
        };
        // [5.4-fin]
        let last = self.decoder.take_payload(n) && fin;
        let (valid, last) = match verdict {
            // [8.1-skipped]
            Verdict::Whole => (n, last),
            Verdict::Cut { valid } => {
                // [8.1-whole]
                if last {
                    // §8.1: the message ends inside a code point
                    self.fail_at(Violation::NotUtf8, 0);
                } else {
                    // [8.1-text-behind-cut]
                    self.cut = CutCodePoint::begin(input.unmasked(0, n).get(valid..).unwrap_or_default());
                }
                (valid, false)
            }
            Verdict::Bad { valid, at } => {
                // §8.1: fail at the first byte that can continue nothing, after what was good [8.1-text]
                self.fail_at(Violation::NotUtf8, n.saturating_sub(at));
                // [8.1-before]
                (valid, false)
            }
        };
        self.hand_out(input, signal, n, valid, last)
    }

    /// Takes `n` bytes and hands out the first `valid`, if that says anything.
    #[inline(always)]
    fn hand_out<'b, I: Input<'b>>(
        &mut self,
        input: &mut I,
        signal: Signal,
        n: usize,
        valid: usize,
        last: bool,
    ) -> &'b [u8] {
        // [5.4-empty]
        if !self.piece(signal, valid > 0 || last, last) {
            input.skip(n);
            return &[];
        }
        input.take(0, n).get(..valid).unwrap_or_default()
    }

    /// Says that there is a piece, unless it says nothing or is not wanted.
    #[cfg_attr(not(upframe_small), inline(always))]
    fn piece(&mut self, signal: Signal, says_anything: bool, last: bool) -> bool {
        if self.handed_out == HandedOut::Enough {
            if last {
                self.handed_out = HandedOut::Nothing;
            }
            return false;
        }
        if says_anything {
            self.signal = signal;
            self.place = Place::new(self.handed_out == HandedOut::Nothing, last);
            self.handed_out = if last { HandedOut::Nothing } else { HandedOut::Some };
        }
        says_anything
    }

    /// The next byte of a code point that was cut.
    #[inline(never)]
    fn take_cut<'b, I: Input<'b>>(&mut self, input: &mut I) {
        let n = self.decoder.payload_in(input.bytes().len().min(1));
        let pushed = match input.bytes().first() {
            // [6.2-unmask]
            Some(byte) if n > 0 => self.cut.push(byte ^ self.decoder.key().first()),
            // the frame is empty
            _ => Ok(false),
        };
        input.skip(n);
        // [5.4-fin]
        let last = self.decoder.take_payload(n) && self.decoder.fin();
        match pushed {
            // [8.1-text]
            Err(InvalidByte) => self.fail_at(Violation::NotUtf8, n),
            Ok(true) => {
                self.piece(Signal::CodePoint, true, last);
            }
            // [8.1-whole]
            Ok(false) if last => self.fail_at(Violation::NotUtf8, 0),
            Ok(false) => {}
        }
    }

    /// Payload of a control frame; at its end, what it means.
    #[inline(never)]
    fn take_control<'b, I: Input<'b>>(&mut self, input: &mut I) {
        let n = self.decoder.payload_in(input.bytes().len());
        if self.phase != Phase::NotKept
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
        self.phase = if self.phase == Phase::NotKept { Phase::Running } else { Phase::Shown };
        if !self.decoder.is(Opcode::Ping) {
            // [5.5.3-unsolicited]
            self.signal = Signal::Pong;
            return;
        }
        self.signal = Signal::Ping;
        // [5.5.2-automatic]
        if self.automatic_pong {
            // [5.5.2-pong]
            self.due = Due::Pong;
            self.answer_waits = self.answer_waits.or(Some(NonZeroU16::MIN));
        }
    }

    /// The body of a Close frame, or what has come of it (§5.5.1, §7.4, §8.1). Nothing is looked at behind it.
    fn take_close<'b, I: Input<'b>>(&mut self, input: &mut I, whole: bool) {
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
        self.phase = Phase::Shown;
        self.close_code = code.0;
        // [5.5.1-answer] [5.5.1-nothing-behind]
        self.decoder.fail(0);
        (self.signal, self.due) = (Signal::Close, Due::Close);
    }
}
