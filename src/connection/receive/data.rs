//! Messages and their fragments (RFC 6455 §5.4, §6.2, §8.1, §10.4).

use super::input::Input;
use super::state::{Delivery, Receiver, Signal};
use crate::connection::error::Violation;
use crate::connection::piece::{MessageKind, Place};
use crate::connection::role::Role;
use crate::frame::mask::loops::HIGH_BITS;
use crate::frame::opcode::Opcode;
use crate::utf8::check::check;
use crate::utf8::validator::{CutCodePoint, InvalidByte};
use crate::utf8::verdict::Verdict;

impl<R: Role + Copy> Receiver<R> {
    /// A frame whose length has come: the budgets, judged before any of its payload (§10.4).
    pub(super) fn judge_length(&mut self) -> Result<(), Violation> {
        if self.decoder.is_in_control_frame() {
            self.begin_control();
            return Ok(());
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

    /// Payload of a message.
    #[inline(always)]
    pub(super) fn take_data<'b, I: Input<'b>>(&mut self, input: &mut I) -> &'b [u8] {
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
            check(input.unmasked(0, n))
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
        self.deliver(input, signal, n, valid, last)
    }

    /// Takes `n` bytes and hands out the first `valid`, if that says anything.
    #[inline(always)]
    pub(super) fn deliver<'b, I: Input<'b>>(
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
    pub(super) fn piece(&mut self, signal: Signal, says_anything: bool, last: bool) -> bool {
        if self.delivery == Delivery::Skipped {
            if last {
                self.delivery = Delivery::NotStarted;
            }
            return false;
        }
        if says_anything {
            self.signal = signal;
            self.place = Place::new(self.delivery == Delivery::NotStarted, last);
            self.delivery = if last { Delivery::NotStarted } else { Delivery::Started };
        }
        says_anything
    }

    /// The next byte of a code point that was cut.
    #[inline(never)]
    pub(super) fn take_cut<'b, I: Input<'b>>(&mut self, input: &mut I) {
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
}
