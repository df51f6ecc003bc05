//! The stages of a frame: first two bytes and length, masking key, payload. [`Decoder::decode`] and the receiver of a
//! connection run them one by one.

use super::decoder::{Decoder, FramePosition, PeerMasking};
use super::error::FrameViolation;
use super::header::{FIN_BIT, LengthForm, MASK_BIT, judge_control, judge_opcode};
use super::mask::key::{MaskingKey, PhasedKey};
use super::opcode::Opcode;
use super::reserved_bits::ReservedBits;
use crate::target::SMALL;
use core::num::NonZeroU64;

impl Decoder {
    /// Returns the position of the next byte.
    #[inline(always)]
    pub(crate) const fn at(&self) -> FramePosition {
        self.at
    }

    /// Returns whether the frames of the peer must be masked.
    pub(crate) const fn peer(&self) -> PeerMasking {
        self.peer
    }

    /// Returns the reserved bits that agreed extensions own.
    pub(crate) const fn owned(&self) -> ReservedBits {
        self.owned
    }

    /// Returns the masking key at the next byte of the payload.
    #[inline(always)]
    pub(crate) const fn key(&self) -> PhasedKey {
        self.key
    }

    /// Returns how many bytes of the payload have not arrived. Right after the length, these are all.
    #[inline(always)]
    pub(crate) const fn remaining(&self) -> u64 {
        self.remaining
    }

    /// Returns whether the current frame has FIN.
    #[inline]
    pub(crate) const fn fin(&self) -> bool {
        self.b0 & FIN_BIT != 0
    }

    /// Returns the reserved bits of the current frame.
    #[inline]
    pub(crate) const fn rsv(&self) -> ReservedBits {
        ReservedBits::of_first_byte(self.b0)
    }

    /// Returns the opcode of the current frame. It was judged, so it is not a reserved one.
    #[inline]
    pub(crate) const fn opcode(&self) -> Opcode {
        match Opcode::from_bits(self.b0 & 0x0F) {
            Some(opcode) => opcode,
            None => Opcode::Continuation,
        }
    }

    /// Returns whether the current frame has this opcode.
    #[inline(always)]
    pub(crate) const fn is(&self, opcode: Opcode) -> bool {
        self.b0 & 0x0F == opcode.bits()
    }

    /// Returns whether the current frame is a control frame: the top bit of its opcode is set (RFC 6455 §5.5).
    #[inline(always)]
    pub(crate) const fn is_in_control_frame(&self) -> bool {
        self.b0 & 0x08 != 0
    }

    /// Counts the `len` bytes of a frame that the caller judged and consumed itself.
    #[inline(always)]
    pub(crate) const fn skip_frame(&mut self, len: usize) {
        self.offset = self.offset.wrapping_add(len as u64);
    }

    /// Does the same for a fragment, the last of its message if `fin`.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) const fn skip_fragment(&mut self, len: usize, fin: bool) {
        self.skip_frame(len);
        self.fragmented = !fin;
        self.at = if fin { FramePosition::Start } else { FramePosition::Fragment };
    }

    /// Consumes the first byte of a frame. It is judged together with the second.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) const fn take_first(&mut self, byte: u8) {
        self.skip_frame(1);
        self.b0 = byte;
        self.at = FramePosition::Second;
    }

    /// Returns the first byte of the current frame.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) const fn first(&self) -> u8 {
        self.b0
    }

    /// Consumes the second byte of a message's only frame, which the caller has judged by both bytes. Returns `false`, and
    /// changes nothing, if another message is open. `n` is its length, at least 1.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) const fn take_second(&mut self, byte: u8, n: u8) -> bool {
        if self.fragmented {
            return false;
        }
        self.skip_frame(1);
        self.b1 = byte;
        self.begin_payload(n as u64);
        true
    }

    /// Consumes a byte of the masking key, unless an empty frame ends with it.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) fn take_one_of_key(&mut self, byte: u8) -> bool {
        if self.missing <= 1 && self.remaining == 0 {
            return false;
        }
        self.skip_frame(1);
        self.take_key_byte(byte);
        true
    }

    /// Notes that what comes is more of a message that is delivered.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) const fn begin_streaming(&mut self, is_text: bool) {
        self.at = if is_text { FramePosition::StreamingText } else { FramePosition::StreamingBinary };
    }

    /// Notes that what comes may be anything.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) const fn end_streaming(&mut self) {
        if matches!(self.at, FramePosition::StreamingBinary | FramePosition::StreamingText) {
            self.at = FramePosition::Payload;
        }
    }

    /// Returns how many bytes of the payload remain after the next one, at least one of which remains; `None` if that is
    /// the last.
    #[inline(always)]
    pub(crate) const fn left_after_byte(&self) -> Option<NonZeroU64> {
        NonZeroU64::new(self.remaining.wrapping_sub(1))
    }

    /// Consumes a byte of the payload, after which so many remain.
    #[inline(always)]
    pub(crate) const fn take_middle_byte(&mut self, left: NonZeroU64) {
        self.skip_frame(1);
        (self.remaining, self.key) = (left.get(), self.key.at(1));
    }

    /// Consumes `n` bytes of the payload, which does not end with them.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) const fn take_middle(&mut self, n: usize) {
        self.skip_frame(n);
        self.remaining = self.remaining.wrapping_sub(n as u64);
        self.key = self.key.at(n);
    }

    /// Fails at the byte that is `back` bytes before the next one.
    pub(crate) const fn fail(&mut self, back: u64) {
        // These bytes were counted.
        self.offset = self.offset.wrapping_sub(back);
        // After a failure, which is reported once, nothing more is received. [7.1.7-nothing-behind]
        self.at = FramePosition::Failed;
    }

    /// Consumes the first two bytes of a frame and its length. Returns `true` if the length is complete; then the
    /// masking key or the payload comes next. After a violation, the caller must [fail](Self::fail) at the byte that is
    /// [so far back](FrameViolation::back).
    pub(crate) fn take_length(&mut self, bytes: &mut &[u8]) -> Result<bool, FrameViolation> {
        if !SMALL
            && self.is_between_frames()
            && let &[b0, b1, ref rest @ ..] = *bytes
            && let form = LengthForm::of(b1)
            && let Some(len) = form.read(b1, rest)
            && let Some(rest) = rest.get(usize::from(form.extra())..)
        {
            // The usual case: the input holds all of it.
            *bytes = rest;
            self.offset = self.offset.wrapping_add(2);
            self.judge_start(b0, b1)?;
            self.offset = self.offset.wrapping_add(u64::from(form.extra()));
            self.judge_length(form, len)?;
            return Ok(true);
        }
        while let Some((byte, rest)) = bytes.split_first() {
            *bytes = rest;
            if self.take_byte(*byte)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Consumes one byte before the payload. Returns `true` if it completes the length.
    #[cfg_attr(upframe_small, inline(never))]
    pub(crate) fn take_byte(&mut self, byte: u8) -> Result<bool, FrameViolation> {
        self.offset = self.offset.wrapping_add(1);
        match self.at {
            FramePosition::Second => {
                self.judge_start(self.b0, byte)?;
                let form = LengthForm::of(byte);
                let short = if form == LengthForm::Bits7 { byte & !MASK_BIT } else { 0 };
                (self.at, self.missing, self.remaining) = (FramePosition::Length, form.extra(), u64::from(short));
            }
            FramePosition::Length => {
                // A length is read and written in network byte order. [5.2-network-order]
                self.remaining = self.remaining << 8 | u64::from(byte);
                self.missing = self.missing.wrapping_sub(1);
            }
            FramePosition::Key => {
                self.take_key_byte(byte);
                return Ok(false);
            }
            _ => {
                (self.at, self.b0) = (FramePosition::Second, byte);
                return Ok(false);
            }
        }
        if self.missing > 0 {
            return Ok(false);
        }
        self.judge_length(LengthForm::of(self.b1), self.remaining)?;
        Ok(true)
    }

    /// Judges the first two bytes together, in the order of [`FrameViolation`].
    fn judge_start(&mut self, b0: u8, b1: u8) -> Result<(), FrameViolation> {
        (self.b0, self.b1) = (b0, b1);
        let rsv = ReservedBits::of_first_byte(b0);
        let agreed = self.owned.contains(rsv) && matches!(b0 & 0x0F, 0x1 | 0x2);
        // A reserved bit that no agreed extension owns must be 0. [5.2-rsv]
        // An extension that owns one reserved bit does not own the others. [5.2-rsv-owned]
        // A reserved bit that is owned may be set on the first frame of a message only. [7692-6-rsv1-first]
        if !agreed && !rsv.is_empty() {
            return Err(FrameViolation::ReservedBit);
        }
        // A reserved opcode fails the connection. [5.2-opcode]
        judge_opcode(b0)?;
        match self.peer {
            // A server must fail the connection on an unmasked frame. [5.1-unmasked]
            PeerMasking::Required if b1 & MASK_BIT == 0 => return Err(FrameViolation::Unmasked),
            // A client must fail the connection on a masked frame. [5.1-masked]
            PeerMasking::Forbidden if b1 & MASK_BIT != 0 => return Err(FrameViolation::Masked),
            _ => {}
        }
        // A control frame between fragments does not change the open message. [5.4-control-inside]
        if self.is_in_control_frame() {
            return judge_control(b0, b1);
        }
        // A continuation while no message is open fails the connection. [5.4-continuation]
        // A new message inside an open one fails the connection. [5.4-interleaved]
        if self.is(Opcode::Continuation) != self.fragmented {
            let open = self.fragmented;
            return Err(if open { FrameViolation::UnfinishedMessage } else { FrameViolation::UnexpectedContinuation });
        }
        // A message ends with its frame that has FIN. [5.4-fin]
        self.fragmented = b0 & FIN_BIT == 0;
        Ok(())
    }

    /// Judges a complete length and stores it.
    fn judge_length(&mut self, form: LengthForm, len: u64) -> Result<(), FrameViolation> {
        form.judge(len)?;
        self.begin_payload(len);
        Ok(())
    }

    /// Stores the length of the payload. What comes next is its masking key, if it has one.
    #[inline(always)]
    const fn begin_payload(&mut self, len: u64) {
        (self.remaining, self.key) = (len, PhasedKey::NONE);
        if self.b1 & MASK_BIT != 0 {
            (self.at, self.missing) = (FramePosition::Key, 4);
        } else {
            self.at = FramePosition::Payload;
        }
    }

    /// Consumes bytes of the masking key and returns how many. After it, the payload comes next or all bytes are
    /// consumed.
    pub(crate) fn take_key(&mut self, bytes: &[u8]) -> usize {
        if let (Some(key), 4, false) = (bytes.first_chunk::<4>(), self.missing, SMALL) {
            self.key = PhasedKey::new(MaskingKey(*key));
            self.offset = self.offset.wrapping_add(4);
            self.at = FramePosition::Payload;
            return 4;
        }
        let before = self.missing;
        for byte in bytes.iter().take(usize::from(before)) {
            self.take_key_byte(*byte);
        }
        let taken = before.saturating_sub(self.missing);
        self.offset = self.offset.wrapping_add(u64::from(taken));
        usize::from(taken)
    }

    /// Consumes one byte of the masking key; the caller counts it.
    #[inline(always)]
    fn take_key_byte(&mut self, byte: u8) {
        // The masking key is read in the order of its bytes, also if it is cut. [5.3-key-bytes]
        self.key = self.key.with_next(byte);
        self.missing = self.missing.wrapping_sub(1);
        // A masking key of zero is legal: the key is complete after four bytes, whatever they are. [5.3-key-zero]
        if self.missing == 0 {
            self.at = FramePosition::Payload;
        }
    }

    /// Returns how many of `available` bytes belong to the payload.
    #[inline(always)]
    pub(crate) fn payload_in(&self, available: usize) -> usize {
        usize::try_from(self.remaining).unwrap_or(usize::MAX).min(available)
    }

    /// Consumes `n` bytes of payload, at most as many as remain. Returns `true` if the frame ends with them.
    #[cfg_attr(not(upframe_small), inline(always))]
    #[cfg_attr(upframe_small, inline(never))]
    pub(crate) fn take_payload(&mut self, n: usize) -> bool {
        self.offset = self.offset.wrapping_add(n as u64);
        self.remaining = self.remaining.wrapping_sub(n as u64);
        // The mask continues at the byte where the payload was cut. [5.3-phase]
        self.key = self.key.at(n);
        if self.remaining > 0 {
            return false;
        }
        self.at = if self.fragmented { FramePosition::Fragment } else { FramePosition::Start };
        true
    }
}
