//! Fragments of a few bytes that are a part of one code point. A small machine leaves them to the machine.
//!
//! A peer may cut every code point at every byte, and each byte then costs a frame. So they are nearly as fast as other
//! fragments.

use super::input::Input;
use super::state::{Delivery, Phase, Receiver, Signal};
use crate::connection::piece::MessageKind;
use crate::connection::role::Role;
use crate::frame::decoder::FramePosition;
use crate::frame::header::FIN_BIT;
use crate::frame::mask::key::PhasedKey;
use crate::utf8::validator::CutCodePoint;

impl<R: Role + Copy> Receiver<R> {
    /// Consumes continuations of a text message that are a part of one code point, up to its end or that of
    /// the input. Then returns an empty slice, and an end is in `signal`. Anything else is left unchanged.
    #[inline(never)]
    pub(super) fn take_cut_fragments<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        if self.phase != Phase::Running
            || self.decoder.at() != FramePosition::Fragment
            || self.kind != MessageKind::Text
            || self.delivery == Delivery::Skipped
            || !self.reserved_bits.is_empty()
        {
            return None;
        }
        while let Some((header_len, n)) = self.short_frame(input.bytes())
            && let Some((header, behind)) = input.bytes().split_at_checked(header_len)
            && let (Some(&b0), Some(payload)) = (header.first(), behind.get(..n))
            // no reserved bit, no other opcode
            && b0 & !FIN_BIT == 0
            && let Some(cut) = part_of_one(self.cut, payload, self.key_in(header))
        {
            let fin = b0 & FIN_BIT != 0;
            let message_len = self.message_len.saturating_add(n as u64);
            let fragments = self.fragments.saturating_add(1);
            if n as u64 > self.limits.frame
                || message_len > self.limits.message
                || fragments > self.limits.fragments.max(1)
                || (fin && !cut.is_none())
            {
                return None;
            }
            (self.message_len, self.fragments, self.cut) = (message_len, fragments, cut);
            let len = header_len.wrapping_add(n);
            self.decoder.skip_fragment(len, fin);
            input.skip(len);
            if cut.is_none() {
                self.report_piece(Signal::CodePoint, true, fin);
                return Some(&[]);
            }
        }
        input.bytes().is_empty().then_some(&[])
    }
}

/// Returns what is `cut` after a payload, if the payload is a part of one code point, and the whole of none.
#[inline(always)]
fn part_of_one(mut cut: CutCodePoint, payload: &[u8], key: PhasedKey) -> Option<CutCodePoint> {
    let (key, was_cut) = (key.bytes(), !cut.is_none());
    let ends = match *payload {
        [a] => cut.push(a ^ key[0]),
        [a, b] if !cut.push(a ^ key[0]).ok()? => cut.push(b ^ key[1]),
        [a, b, c] if !cut.push(a ^ key[0]).ok()? && !cut.push(b ^ key[1]).ok()? => cut.push(c ^ key[2]),
        _ => return None,
    };
    (!ends.ok()? || was_cut).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{Limits, Server, Settings};
    use crate::frame::header::MASK_BIT;
    use std::vec::Vec;

    /// A frame masked with a key of zero.
    fn frame(b0: u8, payload: &[u8]) -> Vec<u8> {
        [&[b0, MASK_BIT | payload.len() as u8, 0, 0, 0, 0][..], payload].concat()
    }

    /// A server after the beginning of a message, and whether it consumes `frames` here, with a code point at the end.
    fn taken(begin: &[u8], frames: &[Vec<u8>]) -> Option<bool> {
        let settings = Settings::new().with_limits(Limits::NONE.with_message(9).with_frame(3).with_fragments(4));
        let mut server = Receiver::<Server>::new(settings);
        let (mut begin, mut wire) = (begin.to_vec(), frames.concat());
        let mut begin = &mut begin[..];
        while server.receive(&mut begin).is_some() {}
        server.signal = Signal::Nothing;
        let mut input = &mut wire[..];
        let taken = server.take_cut_fragments(&mut input);
        assert_eq!(taken.is_some(), input.is_empty() || server.signal == Signal::CodePoint);
        taken.map(|_| server.signal == Signal::CodePoint)
    }

    #[test]
    fn parts_of_one_code_point_are_taken_and_everything_else_is_left() {
        let (text, cut, cuts) = (frame(0x01, b"a"), frame(0x01, b"\xe4"), frame(0x01, b"\xf0\x9f"));
        let more = |payload: &[u8]| frame(0x00, payload);
        for (begin, frames, want) in [
            // begun
            (&text, vec![more(b"\xc3")], Some(false)),
            (&text, vec![more(b"\xf0\x9f\x98")], Some(false)),
            // continued, by one to three bytes
            (&cut, vec![more(b"\xb8")], Some(false)),
            (&cut, vec![more(b"\xb8\x96")], Some(true)),
            (&cut, vec![more(b"\xb8"), more(b"\x96"), more(b"a")], Some(true)),
            (&cut, vec![more(b"\xb8"), frame(0x80, b"\x96")], Some(true)),
            (&cuts, vec![more(b"\x98"), more(b"\x80")], Some(true)),
            (&text, vec![more(b"\xf0"), more(b"\x9f\x98\x80")], Some(true)),
            // more than a code point, whole ones, nothing
            (&cut, vec![more(b"\xb8\x96a")], None),
            (&cuts, vec![more(b"\x98\x80a")], None),
            (&text, vec![more(b"\xc3\xa9")], None),
            (&text, vec![more(b"a")], None),
            (&cut, vec![more(b"")], None),
            // not UTF-8, at once or at the end
            (&cut, vec![more(b"a")], None),
            (&cut, vec![more(b"\xb8a")], None),
            (&text, vec![more(b"\xff")], None),
            (&text, vec![frame(0x80, b"\xc3")], None),
            (&cut, vec![frame(0x80, b"\xb8")], None),
            // other frames
            (&cut, vec![frame(0x01, b"\xb8")], None),
            (&cut, vec![frame(0x40, b"\xb8")], None),
            (&cut, vec![frame(0x89, b"\xb8")], None),
            (&frame(0x02, b"a"), vec![more(b"\xc3")], None),
            (&frame(0x81, b"a"), vec![more(b"\xc3")], None),
            // cut by the input
            (&cut, vec![more(b"\xb8")[..6].to_vec()], None),
        ] {
            assert_eq!(taken(begin, &frames), want, "{begin:x?} {frames:x?}");
        }
    }

    #[test]
    fn each_limit_is_kept() {
        let more = |payload: &[u8]| frame(0x00, payload);
        let face = [more(b"\xf0"), more(b"\x9f"), more(b"\x98"), more(b"\x80")];
        let begin = frame(0x01, b"a");
        // four fragments
        assert_eq!(taken(&begin, &face[..3]), Some(false));
        assert_eq!(taken(&begin, &face), None);
        // nine bytes
        let begin = |last: &[u8]| [frame(0x01, b"abc"), more(b"abc"), more(last)].concat();
        assert_eq!(taken(&begin(b"a\xc3"), &[more(b"\xa9")]), Some(true));
        assert_eq!(taken(&begin(b"ab\xc3"), &[more(b"\xa9")]), None);
    }
}
