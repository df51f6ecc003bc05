//! The short path, between the whole path and the machine: other frames that lie whole in the input. They are Pings and
//! Pongs, fragments, and whatever follows a control frame. A small machine has no such path.
//!
//! It judges by a few scalars before it changes anything. What is longer, what is cut, and whatever breaks a rule, it
//! leaves to the machine. It is not inlined, so that the whole path stays small.

use super::begin::PING_FRAME;
use super::input::Input;
use super::state::{Delivery, Phase, Receiver, Signal};
use crate::connection::piece::{MessageKind, Place};
use crate::connection::reply::Owed;
use crate::connection::role::Role;
use crate::frame::decoder::FramePosition;
use crate::frame::header::{FIN_BIT, MASK_BIT};
use crate::frame::mask::key::PhasedKey;
use crate::frame::mask::loops::{HIGH_BITS, copy_masked_short};
use crate::frame::reserved_bits::ReservedBits;
use crate::utf8::check::check;
use crate::utf8::validator::CutCodePoint;
use crate::utf8::verdict::Verdict;

const TEXT_FRAGMENT: u8 = 0x01;
const BINARY_FRAGMENT: u8 = 0x02;

impl<R: Role + Copy> Receiver<R> {
    /// Returns the lengths of header and payload, if a frame with up to 125 bytes lies whole at the front.
    #[inline(always)]
    pub(super) fn short_frame(&self, input: &[u8]) -> Option<(usize, usize)> {
        let (header_len, mask) = if self.role.is_server() { (6usize, MASK_BIT) } else { (2, 0) };
        let &[_, b1] = input.first_chunk()?;
        // a wrong mask bit makes this at least 128
        let n = usize::from(b1 ^ mask);
        (n <= 125 && input.len() >= header_len.wrapping_add(n)).then_some((header_len, n))
    }

    /// Returns the lengths of header and payload, if a frame with 126 to 65,535 bytes lies whole at the front.
    #[inline(always)]
    fn medium_frame(&self, input: &[u8]) -> Option<(usize, usize)> {
        let (header_len, form) = if self.role.is_server() { (8usize, MASK_BIT | 126) } else { (4, 126) };
        let &[_, b1, high, low] = input.first_chunk()?;
        let n = usize::from(u16::from_be_bytes([high, low]));
        (b1 == form && n > 125 && input.len() >= header_len.wrapping_add(n)).then_some((header_len, n))
    }

    /// Returns what either of these returns. A frame that is short and cut is not looked at again.
    #[inline(always)]
    fn short_or_medium_frame(&self, input: &[u8]) -> Option<(usize, usize)> {
        let (header_len, mask) = if self.role.is_server() { (6usize, MASK_BIT) } else { (2, 0) };
        let &[_, b1] = input.first_chunk()?;
        let n = usize::from(b1 ^ mask);
        if n > 125 {
            return self.medium_frame(input);
        }
        (input.len() >= header_len.wrapping_add(n)).then_some((header_len, n))
    }

    /// Consumes a Ping or a Pong (RFC 6455 §5.5.2, §5.5.3), if nothing waits to be written but a Pong. Returns the length of
    /// the frame, or 0 if it left everything unchanged.
    ///
    /// The caller has checked FIN, the reserved bits and the opcode.
    #[inline(never)]
    pub(in crate::connection) fn take_short_control(&mut self, input: &[u8]) -> usize {
        let Some((header_len, n)) = self.short_frame(input) else { return 0 };
        let Some((header, behind)) = input.split_at_checked(header_len) else { return 0 };
        let key = self.key_in(header);
        let Some(payload) = behind.get(..n) else { return 0 };
        // between frames, nothing else is going on; and all of the room is free
        if !self.decoder.is_between_frames() || self.room.taken > 0 {
            return 0;
        }
        if input.first() == Some(&PING_FRAME) {
            // it takes the place of the one before it
            if self.owed as u8 > Owed::Pong as u8 {
                return 0;
            }
            (self.phase, self.signal) = (Phase::ControlReported, Signal::Ping);
            if self.limits.automatic_pong {
                (self.owed, self.room.owed_len) = (Owed::Pong, n as u8);
            }
        } else {
            if self.owed != Owed::Nothing {
                return 0;
            }
            (self.phase, self.signal) = (Phase::ControlReported, Signal::Pong);
        }
        (self.room.at, self.room.end) = (0, n as u8);
        let len = header_len.wrapping_add(n);
        self.decoder.skip_frame(len);
        if let Some(place) = self.room.bytes.get_mut(..n) {
            copy_masked_short(payload, place, key);
        }
        len
    }

    /// Consumes a frame with up to 65,535 bytes of payload that begins a message, if `FIRST`, or continues it (RFC 6455
    /// §5.4, §5.6). The result is in `signal`, `place` and the slice. Anything that is not ordinary is left to the
    /// machine.
    ///
    /// The caller has checked that the first byte has no reserved bit and such an opcode.
    #[inline(never)]
    pub(in crate::connection) fn take_fragment<'b, const FIRST: bool, I: Input<'b>>(
        &mut self,
        input: &mut I,
    ) -> Option<&'b [u8]> {
        let is_text = if FIRST { input.bytes().first()? & 1 != 0 } else { self.kind == MessageKind::Text };
        if is_text {
            return self.take_text_fragment::<FIRST, I>(input);
        }
        self.take_fragment_with::<FIRST, I>(input, MessageKind::Binary, |_, _, _, _| true)
    }

    #[inline(never)]
    fn take_text_fragment<'b, const FIRST: bool, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        // most fragments after a code point that is cut are a part of it
        if !FIRST && !self.cut.is_none() {
            self.signal = Signal::Nothing;
            return self.take_cut_fragments(input);
        }
        self.take_fragment_with::<FIRST, I>(input, MessageKind::Text, unmask_whole_text)
    }

    /// Consumes a fragment that [`take_fragment`](Self::take_fragment) would consume, unless a code point is cut before it.
    /// Returns what its message contains, and whether the message ends with it. Anything else is left unchanged.
    #[inline(always)]
    pub(crate) fn take_next_fragment<'b, const FIRST: bool, I: Input<'b>>(
        &mut self,
        input: &mut I,
    ) -> Option<(MessageKind, bool)> {
        let &b0 = input.bytes().first()?;
        if !is_fragment::<FIRST>(b0) {
            return None;
        }
        let is_text = if FIRST { b0 == TEXT_FRAGMENT } else { self.kind == MessageKind::Text };
        let kind = if is_text {
            input.lend(|input| self.take_whole_text_fragment::<FIRST, I>(input))?;
            MessageKind::Text
        } else {
            self.take_fragment_with::<FIRST, I>(input, MessageKind::Binary, |_, _, _, _| true)?;
            MessageKind::Binary
        };
        Some((kind, self.place.is_last()))
    }

    #[inline(never)]
    fn take_whole_text_fragment<'b, const FIRST: bool, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        self.take_fragment_with::<FIRST, I>(input, MessageKind::Text, unmask_whole_text)
    }

    /// Consumes a fragment of this kind. Text is unmasked and checked by `is_good`.
    #[inline(always)]
    fn take_fragment_with<'b, const FIRST: bool, I: Input<'b>>(
        &mut self,
        input: &mut I,
        kind: MessageKind,
        is_good: impl FnOnce(&mut I, usize, usize, PhasedKey) -> bool,
    ) -> Option<&'b [u8]> {
        let bytes = input.bytes();
        let (header_len, n) = self.short_or_medium_frame(bytes)?;
        let fin = bytes.first()? & FIN_BIT != 0;
        let key = self.key_in(bytes.get(..header_len)?);
        let (message_len, fragments) = if FIRST { (0, 0) } else { (self.message_len, self.fragments) };
        let (place, continues_simply) = if FIRST {
            (FramePosition::Start, true)
        } else {
            let is_delivered = self.delivery != Delivery::Skipped;
            (FramePosition::Fragment, self.cut.is_none() && self.reserved_bits.is_empty() && is_delivered)
        };
        // between frames, nothing else is going on
        if self.decoder.at() != place
            || !continues_simply
            // it has payload, within both limits
            || n.wrapping_sub(1) >= usize::from(self.medium_limit)
            || n > input.room()
            || (!FIRST && n as u64 > self.limits.message.wrapping_sub(message_len))
            || fragments >= self.limits.fragments
            || !is_good(input, header_len, n, key)
        {
            return None;
        }
        if FIRST {
            (self.kind, self.reserved_bits, self.cut) = (kind, ReservedBits::NONE, CutCodePoint::NONE);
            self.empty_fragments = 0;
        }
        let is_first = FIRST || self.delivery == Delivery::NotStarted;
        self.place = Place::new(is_first, fin);
        self.delivery = if fin { Delivery::NotStarted } else { Delivery::Started };
        // Neither overflows: both are below their limits.
        (self.message_len, self.fragments) = (message_len.wrapping_add(n as u64), fragments.wrapping_add(1));
        self.phase = Phase::Running;
        self.decoder.skip_fragment(header_len.wrapping_add(n), fin);
        if kind == MessageKind::Text {
            self.signal = Signal::Text;
            return Some(input.take(header_len, n));
        }
        self.signal = Signal::Binary;
        Some(input.take_unmasked(header_len, n, key))
    }
}

/// Returns whether a frame with this first byte is a fragment, the first of its message if `FIRST`.
#[inline(always)]
const fn is_fragment<const FIRST: bool>(b0: u8) -> bool {
    if FIRST { matches!(b0, TEXT_FRAGMENT | BINARY_FRAGMENT) } else { b0 & !FIN_BIT == 0 }
}

/// Unmasks the text of a fragment, if it ends with a code point. Anything else is left as it was.
#[inline(always)]
fn unmask_whole_text<'b, I: Input<'b>>(input: &mut I, header_len: usize, n: usize, key: PhasedKey) -> bool {
    let ascii = input.unmask::<true>(header_len, n, key) & HIGH_BITS == 0;
    // one byte that is not ASCII is never a code point
    if ascii || (n > 1 && check(input.unmasked(header_len, n)) == Verdict::Whole) {
        return true;
    }
    input.mask_again(header_len, n, key);
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::receive::input::Copied;
    use crate::connection::{Client, Limits, Server, Settings};
    use std::vec::Vec;

    fn receiver(limits: Limits) -> Receiver<Server> {
        Receiver::<Server>::new(Settings::new().with_limits(limits))
    }

    /// A frame masked with a key of zero.
    fn frame(b0: u8, payload: &[u8]) -> Vec<u8> {
        [&[b0, MASK_BIT | payload.len() as u8, 0, 0, 0, 0][..], payload].concat()
    }

    fn taken(receiver: &mut Receiver<Server>, b0: u8, payload: &[u8]) -> bool {
        let mut wire = frame(b0, payload);
        let mut input = &mut wire[..];
        let piece = match b0 & 0x0F {
            0 => receiver.take_fragment::<false, _>(&mut input),
            _ => receiver.take_fragment::<true, _>(&mut input),
        };
        piece.is_some_and(|piece| piece == payload && input.is_empty())
    }

    #[test]
    fn control_frames_are_taken_up_to_125_bytes() {
        let mut server = receiver(Limits::NONE);
        for len in [0, 1, 125] {
            assert_eq!(server.take_short_control(&frame(0x89, &[7; 125][..len])), 6 + len);
            assert_eq!(server.room.current(0), &[7; 125][..len]);
        }
        let mut server = receiver(Limits::NONE);
        for _ in 0..3 {
            assert_eq!(server.take_short_control(&frame(0x8A, b"hi")), 8);
        }
        // inside a message, too
        let mut server = receiver(Limits::NONE);
        assert!(taken(&mut server, 0x01, b"He"));
        assert_eq!(server.take_short_control(&frame(0x89, b"hi")), 8);
        // the payload that the answer needs is kept
        assert_eq!(server.take_short_control(&frame(0x8A, b"no")), 0);
        assert_eq!(server.take_short_control(&frame(0x89, b"hi")), 8);
        let mut client = Receiver::<Client>::new(Settings::new());
        assert_eq!(client.take_short_control(b"\x89\x02hi\x81"), 4);
    }

    #[test]
    fn fragments_are_taken_up_to_each_limit() {
        let limits = Limits::NONE.with_message(5).with_frame(3).with_fragments(2);
        let mut server = receiver(limits);
        assert!(taken(&mut server, 0x01, b"Hel"));
        assert!(taken(&mut server, 0x80, b"lo"));
        assert!(taken(&mut server, 0x02, "é".as_bytes()));
        assert!(!taken(&mut server, 0x00, b"longer"[..4].as_ref()));
        assert!(!taken(&mut server, 0x00, b""));
        assert!(taken(&mut server, 0x80, b"\xff\xfe\xfd"));
        assert!(taken(&mut server, 0x01, b"a"));
        assert!(taken(&mut server, 0x00, "é".as_bytes()));
        assert!(!taken(&mut server, 0x80, b"z"));
        // only at its place in a message
        assert!(!taken(&mut receiver(limits), 0x80, b"lo"));
        assert!(!taken(&mut server, 0x01, b"a"));
    }

    #[test]
    fn what_continues_a_cut_code_point_or_is_skipped_is_left_to_the_machine() {
        for fragment in [&b"\xc3"[..], b"a"] {
            let mut server = receiver(Limits::NONE);
            let mut wire = [frame(0x01, b"a"), frame(0x00, fragment)].concat();
            let mut input = &mut wire[..];
            while server.receive(&mut input).is_some() {}
            assert_eq!(taken(&mut server, 0x80, b"b"), fragment == b"a");
        }
        let mut server = receiver(Limits::NONE);
        assert!(taken(&mut server, 0x01, b"a"));
        assert!(server.skip_message());
        assert!(!taken(&mut server, 0x80, b"b"));
    }

    #[test]
    fn a_payload_that_fills_the_scratch_is_taken() {
        for (room, want) in [(3, None), (4, Some(&b"text"[..]))] {
            let mut scratch = [0; 4];
            let wire = frame(0x01, b"text");
            let mut input = Copied { input: &wire, scratch: &mut scratch[..room] };
            assert_eq!(receiver(Limits::NONE).take_fragment::<true, _>(&mut input), want);
        }
    }
}
