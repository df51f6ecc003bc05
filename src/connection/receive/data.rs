//! Messages and their fragments (RFC 6455 §5.4, §6.2, §8.1, §10.4).

use super::input::Input;
use super::state::{Delivery, Receiver, Signal};
use crate::connection::error::Violation;
use crate::connection::piece::{MessageKind, Place};
use crate::connection::role::Role;
use crate::frame::mask::loops::HIGH_BITS;
use crate::frame::opcode::Opcode;
use crate::target::SMALL;
use crate::utf8::check::check;
use crate::utf8::validator::{CutCodePoint, InvalidByte};
use crate::utf8::verdict::Verdict;

impl<R: Role + Copy> Receiver<R> {
    /// Judges a frame whose length was received by the limits, before any of its payload (§10.4).
    pub(super) fn judge_length(&mut self) -> Result<(), Violation> {
        if self.decoder.is_in_control_frame() {
            self.begin_control();
            return Ok(());
        }
        let first = !self.decoder.is(Opcode::Continuation);
        if first {
            // The kind of a message is that of its first frame. [6.2-type]
            self.kind = if self.decoder.is(Opcode::Text) { MessageKind::Text } else { MessageKind::Binary };
            self.reserved_bits = self.decoder.rsv();
            // After the last frame of a message, a new message begins. [6.2-new-message]
            (self.message_len, self.fragments, self.empty_fragments) = (0, 0, 0);
            self.cut = CutCodePoint::NONE;
        }
        let len = self.decoder.remaining();
        // A frame must not be longer than its limit. [10.4-frame]
        // A frame within the limit streams, even if it is longer than memory. [10.4-streams]
        if len > self.limits.frame {
            return Err(Violation::FrameTooBig);
        }
        // A message must not be longer than its limit. [10.4-message]
        if len > self.limits.message.wrapping_sub(self.message_len) {
            return Err(Violation::MessageTooBig);
        }
        // neither overflows: what came before is within the limit
        self.message_len = self.message_len.wrapping_add(len);
        self.fragments = self.fragments.saturating_add(1);
        // A message must not have more fragments than the limit. [10.4-fragments]
        if self.fragments > self.limits.fragments.max(1) {
            return Err(Violation::TooManyFragments);
        }
        if len == 0 && !(first && self.decoder.fin()) {
            self.empty_fragments = self.empty_fragments.saturating_add(1);
            // A message must not have more empty fragments than the limit. [10.4-empty-fragments]
            if self.empty_fragments > self.limits.empty_fragments {
                return Err(Violation::TooManyEmptyFragments);
            }
        }
        Ok(())
    }

    /// Consumes payload of a message.
    #[inline(always)]
    pub(super) fn take_data<'b, I: Input<'b>>(&mut self, input: &mut I) -> &'b [u8] {
        let n = self.decoder.payload_in(input.bytes().len().min(input.room()));
        let key = self.decoder.key();
        let signal = match self.kind {
            _ if !self.reserved_bits.is_empty() => Signal::Extended,
            MessageKind::Binary => Signal::Binary,
            MessageKind::Text => Signal::Text,
        };
        // Text that is skipped is checked, too. [8.1-skipped]
        let verdict = if signal != Signal::Text && !SMALL {
            input.unmask::<false>(0, n, key);
            Verdict::Whole
        } else if input.unmask::<true>(0, n, key) & HIGH_BITS == 0 || signal != Signal::Text {
            Verdict::Whole
        } else {
            check(input.unmasked(0, n))
        };
        let last = self.decoder.take_payload(n) && self.decoder.fin();
        let (valid, last) = match verdict {
            Verdict::Whole => (n, last),
            Verdict::Cut { valid } => {
                // A text message must not end inside a code point. [8.1-whole]
                if last {
                    self.fail_at(Violation::NotUtf8, 0);
                } else {
                    // A code point that was cut continues in the next bytes of the message. [8.1-text-behind-cut]
                    self.cut.extend(input.unmasked(0, n).get(valid..).unwrap_or_default());
                }
                (valid, false)
            }
            Verdict::Bad { valid, at } => {
                // A text message must be valid UTF-8; it fails at the first byte that is not. [8.1-text]
                self.fail_at(Violation::NotUtf8, n.saturating_sub(at));
                // Valid text before a failure is delivered. [8.1-before]
                (valid, false)
            }
        };
        self.yield_piece(input, signal, n, valid, last)
    }

    /// Consumes `n` bytes and yields the first `valid` of them as a piece, if there is a piece to report.
    #[inline(always)]
    pub(super) fn yield_piece<'b, I: Input<'b>>(
        &mut self,
        input: &mut I,
        signal: Signal,
        n: usize,
        valid: usize,
        last: bool,
    ) -> &'b [u8] {
        // Fragments and messages may be empty: the end of a message is always reported. [5.4-empty]
        self.report_piece(signal, valid > 0 || last, last);
        input.take_front(n, valid, self.signal != Signal::Nothing)
    }

    /// Reports a piece, unless it is not worth an event or the caller skips the message. Nothing was reported before.
    #[cfg_attr(not(upframe_small), inline(always))]
    #[cfg_attr(upframe_small, inline(never))]
    pub(super) fn report_piece(&mut self, signal: Signal, worth_an_event: bool, last: bool) {
        if self.delivery == Delivery::Skipped {
            if last {
                self.delivery = Delivery::NotStarted;
            }
        } else if worth_an_event {
            self.signal = signal;
            self.place = Place::new(self.delivery == Delivery::NotStarted, last);
            self.delivery = if last { Delivery::NotStarted } else { Delivery::Started };
        }
    }

    /// Consumes the next byte of a code point that was cut.
    #[inline(never)]
    pub(super) fn take_cut<'b, I: Input<'b>>(&mut self, input: &mut I) {
        let (n, pushed) = match input.bytes().first() {
            Some(byte) if self.decoder.remaining() > 0 => (1, self.cut.push(byte ^ self.decoder.key().first())),
            // the frame is empty
            _ => (0, Ok(false)),
        };
        input.skip(n);
        let last = self.decoder.take_payload(n) && self.decoder.fin();
        match pushed {
            Err(InvalidByte) => self.fail_at(Violation::NotUtf8, n),
            Ok(true) => self.report_piece(Signal::CodePoint, true, last),
            Ok(false) if last => self.fail_at(Violation::NotUtf8, 0),
            Ok(false) => {}
        }
    }
}
