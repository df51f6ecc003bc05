//! The ways for reads of one byte: in the middle of a payload, in a code point, and in a header. A small machine leaves
//! them to the machine.
//!
//! They are for serial lines, and for peers that cut frames into bytes. What begins or ends a piece, what breaks a rule,
//! and headers that are not ordinary are left to the ways after them.

use super::input::Input;
use super::state::{Delivery, Phase, Receiver, Signal};
use crate::connection::event::Event;
use crate::connection::piece::{MessageKind, Place, Text};
use crate::connection::role::Role;
use crate::frame::decoder::FramePosition;
use crate::frame::header::MASK_BIT;
use crate::frame::reserved_bits::ReservedBits;
use crate::utf8::chars::Chars;
use crate::utf8::validator::{CutCodePoint, InvalidByte};

const TEXT_FRAME: u8 = 0x81;
const BINARY_FRAME: u8 = 0x82;

/// What became of a byte, as a number: so it is returned in a register.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(in crate::connection) enum Consumed {
    /// It was left, and nothing has changed.
    No,
    /// It was consumed, and nothing is to be reported.
    Silently,
    /// It was consumed, and ends a code point: `signal` and `place` have the event.
    CodePoint,
}

impl<R: Role + Copy> Receiver<R> {
    /// Consumes the only byte of the input, if it is ASCII in the middle of a text, and the payload does not end with it.
    /// Anything else is left unchanged.
    #[inline(always)]
    pub(in crate::connection) fn receive_ascii<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<Event<'b>> {
        let &[byte] = input.bytes() else { return None };
        if self.decoder.at() != FramePosition::StreamingText
            || !self.cut.is_none()
            || !(byte ^ self.decoder.key().first()).is_ascii()
        {
            return None;
        }
        let left = self.decoder.left_after_byte()?;
        input.unmask_first(self.decoder.key());
        self.decoder.take_middle_byte(left);
        Some(Event::Text(Text::new(Chars::checked(input.take(0, 1)), Place::Middle)))
    }

    /// Consumes the only byte of the input, if it belongs to an ordinary header or to a code point that is cut.
    #[inline(always)]
    pub(in crate::connection) fn take_byte<'b, I: Input<'b>>(&mut self, input: &mut I) -> Consumed {
        let &[byte] = input.bytes() else { return Consumed::No };
        let consumed = self.consume(byte);
        if consumed != Consumed::No {
            input.skip(1);
        }
        consumed
    }

    /// Does so without the input, which so stays in registers of the caller.
    #[inline(never)]
    fn consume(&mut self, byte: u8) -> Consumed {
        let is_header = match self.decoder.at() {
            FramePosition::StreamingText if self.decoder.remaining() > 1 => {
                return self.consume_of_code_point(byte ^ self.decoder.key().first());
            }
            FramePosition::Key => self.decoder.take_one_of_key(byte),
            FramePosition::Second => self.take_second(byte),
            FramePosition::Start | FramePosition::Fragment => {
                self.phase = Phase::Running;
                self.decoder.take_first(byte);
                true
            }
            _ => false,
        };
        if is_header { Consumed::Silently } else { Consumed::No }
    }

    /// Consumes a byte of a code point that is cut before or after it.
    #[inline(always)]
    fn consume_of_code_point(&mut self, byte: u8) -> Consumed {
        match self.cut.push(byte) {
            Ok(true) => {
                self.report_byte(Signal::CodePoint);
                Consumed::CodePoint
            }
            Ok(false) => {
                self.decoder.take_middle(1);
                Consumed::Silently
            }
            Err(InvalidByte) => Consumed::No,
        }
    }

    /// Consumes `byte`, the only byte of the input, if it belongs to a message that is reported as it is, and the payload
    /// does not end with it. The result is in `signal`, `place` and the slice. Anything else is left unchanged.
    #[inline(always)]
    pub(super) fn take_byte_of_payload<'b, I: Input<'b>>(&mut self, input: &mut I, byte: u8) -> Option<&'b [u8]> {
        let is_text = self.kind == MessageKind::Text;
        let byte = byte ^ self.decoder.key().first();
        if self.decoder.remaining() <= 1 || !(self.decoder.at() == FramePosition::StreamingText || self.is_ordinary()) {
            return None;
        }
        if is_text && !(byte.is_ascii() && self.cut.is_none()) {
            self.signal = Signal::Nothing;
            if self.consume_of_code_point(byte) == Consumed::No {
                return None;
            }
            input.skip(1);
            return Some(&[]);
        }
        input.unmask_first(self.decoder.key());
        self.report_byte(if is_text { Signal::Text } else { Signal::Binary });
        Some(input.take(0, 1))
    }

    /// Counts a byte after which there is a piece to report, and notes that the payload goes on.
    #[inline(always)]
    fn report_byte(&mut self, signal: Signal) {
        (self.signal, self.place) = (signal, Place::new(self.delivery == Delivery::NotStarted, false));
        self.delivery = Delivery::Started;
        self.decoder.take_middle(1);
        self.decoder.begin_streaming(signal != Signal::Binary);
    }

    /// Returns whether the payload is that of a message which no extension changed and which is not skipped.
    #[inline(always)]
    fn is_ordinary(&self) -> bool {
        self.decoder.at() == FramePosition::Payload
            && !self.decoder.is_in_control_frame()
            && self.reserved_bits.is_empty()
            && self.delivery != Delivery::Skipped
    }

    /// Consumes the second byte of the only frame of a message with 1 to 125 bytes, within the limits.
    #[inline(always)]
    fn take_second(&mut self, byte: u8) -> bool {
        let b0 = self.decoder.first();
        // a wrong mask bit makes this at least 128
        let n = byte ^ if self.role.is_server() { MASK_BIT } else { 0 };
        if !matches!(b0, TEXT_FRAME | BINARY_FRAME)
            || !matches!(n, 1..=125)
            || u16::from(n) > self.medium_limit
            || !self.decoder.take_second(byte, n)
        {
            return false;
        }
        self.kind = if b0 == TEXT_FRAME { MessageKind::Text } else { MessageKind::Binary };
        (self.reserved_bits, self.cut) = (ReservedBits::NONE, CutCodePoint::NONE);
        (self.message_len, self.fragments, self.empty_fragments) = (u64::from(n), 1, 0);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::receive::input::Copied;
    use crate::connection::{Client, Limits, Server, Settings};
    use std::{string::String, vec::Vec};

    const KEY: [u8; 4] = [1, 2, 0x80, 4];

    fn masked(payload: &[u8]) -> Vec<u8> {
        payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
    }

    /// A server that has received these bytes one by one, the header of a frame with 20 bytes first.
    fn received(b0: u8, payload: &[u8]) -> Receiver<Server> {
        let mut server = Receiver::<Server>::new(Settings::new().with_reserved_bits(ReservedBits::RSV1));
        for byte in [&[b0, 0x80 | 20][..], &KEY, &masked(payload)].concat() {
            let _ = server.receive(&mut &mut [byte][..]);
        }
        server
    }

    /// The byte that masks the payload at this place.
    fn mask(at: usize, byte: u8) -> u8 {
        byte ^ KEY[at % 4]
    }

    #[test]
    fn ascii_in_the_middle_of_a_text_needs_no_call() {
        for (before, byte, want) in [
            (&b"abc"[..], b'd', true),
            (b"abc", 0x7F, true),
            (b"abc", 0xC3, false),
            (b"ab\xC3", b'd', false),
            ("é".as_bytes(), b'd', true),
            // the first of the message, and the last
            (b"", b'a', false),
            (b"0123456789012345678", b'd', false),
        ] {
            let mut wire = [mask(before.len(), byte)];
            let mut input = &mut wire[..];
            let event = received(0x81, before).receive_ascii(&mut input);
            let bytes = [byte];
            let piece = Event::Text(Text::new(Chars::checked(&bytes), Place::Middle));
            assert_eq!(event, want.then_some(piece), "{before:x?}");
            assert_eq!(input.is_empty(), want);
            let mut scratch = [0; 2];
            let mut copied = Copied { input: &[mask(before.len(), byte)], scratch: &mut scratch };
            assert_eq!(received(0x81, before).receive_ascii(&mut copied), want.then_some(piece));
        }
        // bytes, an extension's, skipped
        assert_eq!(received(0x82, b"abc").receive_ascii(&mut &mut [4][..]), None);
        assert_eq!(received(0xC1, b"abc").receive_ascii(&mut &mut [4][..]), None);
        let mut server = received(0x81, b"abc");
        assert!(server.skip_message());
        assert_eq!(server.receive_ascii(&mut &mut [4][..]), None);
    }

    #[test]
    fn bytes_of_code_points_are_consumed_up_to_the_last_byte_of_the_payload() {
        let text = "aé世😀é世😀";
        let (mut server, mut seen) = (received(0x81, b"ab"), String::from("ab"));
        let mut silent = 0;
        for (i, byte) in text.bytes().enumerate().take(17) {
            let byte = mask(i + 2, byte);
            let mut wire = [byte];
            let mut input = &mut wire[..];
            if let Some(Event::Text(piece)) = server.receive_ascii(&mut input) {
                seen.push_str(piece.as_str());
                continue;
            }
            match server.take_byte(&mut input) {
                Consumed::Silently => silent += 1,
                Consumed::CodePoint => {
                    let Some(Event::Text(piece)) = server.event(&[]) else { panic!() };
                    assert_eq!(piece.place(), Place::Middle);
                    seen.push_str(piece.as_str());
                }
                Consumed::No => panic!("byte {i}"),
            }
            assert!(input.is_empty());
        }
        assert_eq!((seen.as_str(), silent, server.payload_remaining()), ("abaé世😀é世", 11, 1));
        // it ends the payload
        assert_eq!(server.take_byte(&mut &mut [0x80][..]), Consumed::No);
    }

    #[test]
    fn bytes_that_cannot_follow_are_left_and_then_fail() {
        for (before, byte) in [(&b"a\xC3"[..], b'a'), (b"a\xE4\xB8", 0xFF), (b"a", 0xFF), (b"a", 0x80), (b"\xE4", 0xC3)]
        {
            let mut server = received(0x81, before);
            let byte = mask(before.len(), byte);
            assert_eq!(server.take_byte(&mut &mut [byte][..]), Consumed::No, "{before:x?}");
            let offset = server.offset();
            assert!(
                matches!(server.receive(&mut &mut [byte][..]), Some(Event::Failed(error)) if error.offset == offset)
            );
        }
    }

    #[test]
    fn bytes_of_ordinary_headers_are_consumed_and_all_others_are_left() {
        let limits = Limits::NONE.with_message(100).with_frame(90);
        let settings = Settings::new().with_limits(limits).with_reserved_bits(ReservedBits::RSV1);
        for (b0, b1, want) in [
            (0x81, 0x80 | 1, true),
            (0x82, 0x80 | 90, true),
            // over the limit, empty, longer forms, unmasked
            (0x82, 0x80 | 91, false),
            (0x82, 0x80, false),
            (0x82, 0x80 | 126, false),
            (0x82, 0x80 | 127, false),
            (0x82, 1, false),
            // a fragment, a control frame, an extension's, reserved
            (0x02, 0x80 | 1, false),
            (0x80, 0x80 | 1, false),
            (0x89, 0x80 | 1, false),
            (0xC2, 0x80 | 1, false),
            (0x83, 0x80 | 1, false),
        ] {
            let mut server = Receiver::<Server>::new(settings);
            assert_eq!(server.take_byte(&mut &mut [b0][..]), Consumed::Silently);
            let consumed = if want { Consumed::Silently } else { Consumed::No };
            assert_eq!(server.take_byte(&mut &mut [b1][..]), consumed, "{b0:x} {b1:x}");
            assert_eq!(server.offset(), if want { 2 } else { 1 });
            assert_eq!(server.payload_remaining(), if want { u64::from(b1 & 0x7F) } else { 0 });
        }
        let mut client = Receiver::<Client>::new(settings);
        for (byte, want) in [(0x82, Consumed::Silently), (0x81, Consumed::No), (0x01, Consumed::Silently)] {
            assert_eq!(client.take_byte(&mut &mut [byte][..]), want);
        }
        assert_eq!(client.payload_remaining(), 1);
        // inside a message
        let mut server = Receiver::<Server>::new(settings);
        assert!(server.receive(&mut &mut [0x02, 0x81, 0, 0, 0, 0, 7][..]).is_some());
        assert_eq!(server.take_byte(&mut &mut [0x82][..]), Consumed::Silently);
        assert_eq!(server.take_byte(&mut &mut [0x81][..]), Consumed::No);
    }
}
