//! The ways for reads that hold less than a frame: one byte in the middle of a payload, more of a payload, and a part of
//! a header. A small machine leaves them to the machine.
//!
//! They are for peers and transports that cut frames into small parts. What breaks a rule, and whatever ends in the
//! middle of something else, is left to the machine.

use super::input::Input;
use super::state::{Delivery, Phase, Receiver, Signal};
use crate::connection::piece::{MessageKind, Place};
use crate::connection::role::Role;
use crate::frame::decoder::FramePosition;

impl<R: Role + Copy> Receiver<R> {
    /// Consumes the only byte of the input, if the payload does not end with it and it is a piece of its own. The result
    /// is in `signal`, `place` and the slice. Anything else is left unchanged.
    ///
    /// The position is [`Streaming`](FramePosition::Streaming).
    #[inline(always)]
    pub(in crate::connection) fn take_byte<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        let &[byte] = input.bytes() else { return None };
        let key = self.decoder.key();
        if self.decoder.remaining() <= 1 || (self.kind == MessageKind::Text && !(byte ^ key.first()).is_ascii()) {
            return None;
        }
        input.unmask_first(key);
        self.decoder.take_middle(1);
        self.place = Place::Middle;
        Some(input.take(0, 1))
    }

    /// Consumes all of the input, if it is bytes from the middle of a binary payload. The result is in `signal`, `place`
    /// and the slice. Anything else is left unchanged.
    ///
    /// The position is [`Streaming`](FramePosition::Streaming).
    #[inline(always)]
    pub(in crate::connection) fn take_middle<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        let n = input.bytes().len();
        if self.kind == MessageKind::Text || n as u64 >= self.decoder.remaining() || n > input.room() {
            return None;
        }
        input.unmask_all(self.decoder.key());
        self.decoder.take_middle(n);
        self.place = Place::Middle;
        Some(input.take(0, n))
    }

    /// Consumes more of a payload. The result is in `signal`, `place` and the slice. Returns `None` as
    /// [`take_part`](Self::take_part) does.
    ///
    /// The position is [`Streaming`](FramePosition::Streaming), and the input is not empty.
    #[inline(never)]
    pub(in crate::connection) fn take_more<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        if self.kind == MessageKind::Text {
            return self.take_part(input);
        }
        Some(self.take_more_bytes(input))
    }

    /// Does the same in a binary message, and returns whether the message ends. Returns `None`, and changes nothing, in a
    /// text.
    #[inline(always)]
    pub(crate) fn take_more_binary<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<bool> {
        if self.kind == MessageKind::Text {
            return None;
        }
        self.take_more_bytes(input);
        Some(self.place.is_last())
    }

    #[inline(always)]
    fn take_more_bytes<'b, I: Input<'b>>(&mut self, input: &mut I) -> &'b [u8] {
        let n = self.decoder.payload_in(input.bytes().len().min(input.room()));
        let key = self.decoder.key();
        self.place = Place::Middle;
        if self.decoder.take_payload(n) && self.decoder.fin() {
            (self.place, self.delivery) = (Place::Last, Delivery::NotStarted);
        }
        input.take_unmasked(0, n, key)
    }

    /// Consumes a part of a data frame: its payload, or bytes of a header that decide nothing. The result is in
    /// `signal`, `place` and the slice. Returns `None` if the machine has to go on: it has changed nothing then, or it
    /// has consumed input for which there is no event.
    #[inline(never)]
    pub(in crate::connection) fn take_part<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        self.decoder.end_streaming();
        match (self.decoder.at(), input.bytes()) {
            (FramePosition::Start | FramePosition::Fragment, &[byte]) => {
                self.phase = Phase::Running;
                self.decoder.take_first(byte);
            }
            (FramePosition::Key, &[byte]) if self.decoder.take_one_of_key(byte) => {}
            (FramePosition::Payload, &[byte]) if self.take_byte_of_code_point(byte) => {
                input.skip(1);
                return Some(&[]);
            }
            (FramePosition::Payload | FramePosition::Key, [_, ..]) => return self.take_long_part(input),
            _ => return None,
        }
        input.skip(1);
        self.signal = Signal::Nothing;
        Some(&[])
    }

    /// Consumes a byte of a code point that is cut before or after it, if the frame does not end with it. The result is in
    /// `signal` and `place`. Returns `false` if it consumed nothing.
    #[inline(always)]
    fn take_byte_of_code_point(&mut self, byte: u8) -> bool {
        if self.kind != MessageKind::Text
            || self.decoder.is_in_control_frame()
            || self.decoder.remaining() <= 1
            || !self.reserved_bits.is_empty()
            || self.delivery == Delivery::Skipped
        {
            return false;
        }
        let was_cut = !self.cut.is_none();
        self.signal = match self.cut.push(byte ^ self.decoder.key().first()) {
            Ok(false) => Signal::Nothing,
            Ok(true) if was_cut => {
                self.place = Place::new(self.delivery == Delivery::NotStarted, false);
                self.delivery = Delivery::Started;
                Signal::CodePoint
            }
            _ => return false,
        };
        self.decoder.take_middle(1);
        true
    }

    #[inline(never)]
    fn take_long_part<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        if self.decoder.at() == FramePosition::Key {
            let taken = self.decoder.take_key(input.bytes());
            input.skip(taken);
            let is_more_to_do = !input.bytes().is_empty() || self.decoder.remaining() == 0;
            return if is_more_to_do { None } else { self.report_nothing() };
        }
        if self.decoder.is_in_control_frame() { None } else { self.take_part_of_payload(input) }
    }

    fn report_nothing<'b>(&mut self) -> Option<&'b [u8]> {
        self.signal = Signal::Nothing;
        Some(&[])
    }

    /// Consumes payload of a data frame as the machine does, but makes one step only.
    #[inline(always)]
    fn take_part_of_payload<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        self.signal = Signal::Nothing;
        let piece = if self.cut.is_none() {
            self.take_data(input)
        } else {
            self.take_cut(input);
            &[]
        };
        match self.signal {
            Signal::Nothing if !input.bytes().is_empty() || self.phase == Phase::FailurePending => None,
            // what comes next is one more piece of the same kind
            Signal::Text | Signal::Binary if self.decoder.at() == FramePosition::Payload && self.cut.is_none() => {
                self.decoder.begin_streaming();
                Some(piece)
            }
            _ => Some(piece),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::closing::{EndOfStream, State};
    use crate::connection::error::Violation;
    use crate::connection::event::Event;
    use crate::connection::receive::begin::Front;
    use crate::connection::receive::input::Copied;
    use crate::connection::{Server, Settings};
    use crate::frame::reserved_bits::ReservedBits;
    use std::vec::Vec;

    /// A server in the middle of a payload of 20 bytes, masked with this key, of which it has received three.
    fn streaming(b0: u8, key: [u8; 4]) -> Receiver<Server> {
        let mut server = Receiver::<Server>::new(Settings::new().with_reserved_bits(ReservedBits::RSV1));
        let mut header = [b0, 0x80 | 20, key[0], key[1], key[2], key[3]];
        assert_eq!(server.receive(&mut &mut header[..]), None);
        let mut payload: Vec<u8> = b"abc".iter().zip(key).map(|(byte, key)| byte ^ key).collect();
        assert!(server.receive(&mut &mut payload[..]).is_some());
        server
    }

    #[test]
    fn a_byte_in_the_middle_of_a_payload_needs_no_call() {
        for (b0, byte, want) in [(0x82, b'd', true), (0x82, 0xFF, true), (0x81, b'd', true), (0x81, 0xC3, false)] {
            let mut server = streaming(b0, [1, 2, 3, 4]);
            assert_eq!(server.front(&[byte ^ 4]), Front::Byte);
            let mut wire = [byte ^ 4];
            let mut input = &mut wire[..];
            assert_eq!(server.take_byte(&mut input), want.then_some(&[byte][..]));
            assert_eq!((server.offset(), server.payload_remaining()), if want { (10, 16) } else { (9, 17) });
            let mut scratch = [0; 2];
            let mut copied = Copied { input: &[byte ^ 4], scratch: &mut scratch };
            assert_eq!(streaming(b0, [1, 2, 3, 4]).take_byte(&mut copied), want.then_some(&[byte][..]));
        }
    }

    #[test]
    fn the_last_byte_of_a_payload_is_left_and_then_ends_the_message() {
        let mut server = streaming(0x82, [0; 4]);
        assert!(server.receive(&mut &mut [7; 16][..]).is_some());
        assert_eq!(server.take_byte(&mut &mut [7][..]), None);
        let mut last = [7];
        let Some(Event::Binary(piece)) = server.receive(&mut &mut last[..]) else { panic!() };
        assert_eq!((piece.as_bytes(), piece.place()), (&[7][..], Place::Last));
        assert_eq!(server.front(b""), Front::Nothing);
        assert_eq!(server.state(), State::Open);
    }

    #[test]
    fn what_the_first_bytes_decide() {
        let mut server = streaming(0x82, [0; 4]);
        assert_eq!(server.front(b""), Front::Nothing);
        assert_eq!(server.front(b"\x89\x80"), Front::More);
        // between frames
        assert!(server.receive(&mut &mut [7; 17][..]).is_some());
        for (front, want) in [
            (&b""[..], Front::Nothing),
            (b"\x82", Front::Part),
            (b"\x89\x80", Front::Control { ping: true }),
            (b"\x8A\x80", Front::Control { ping: false }),
            (b"\x01\x80", Front::FirstFragment),
            (b"\x02\x80", Front::FirstFragment),
            (b"\x00\x80", Front::Fragment),
            (b"\x80\x80", Front::Fragment),
            (b"\x81\x80", Front::Other),
            (b"\x88\x80", Front::Other),
            (b"\xC1\x80", Front::Other),
        ] {
            assert_eq!(server.front(front), want, "{front:x?}");
        }
        // after a control frame the machine is asked, and a whole message is a fragment
        assert!(server.receive(&mut &mut [0x89, 0x80, 0, 0, 0, 0][..]).is_some());
        assert_eq!(server.front(b""), Front::Part);
        assert_eq!(server.front(b"\x81\x80"), Front::FirstFragment);
        assert_eq!(server.receive(&mut &mut [][..]), None);
        assert_eq!(server.front(b""), Front::Nothing);
    }

    #[test]
    fn a_message_is_skipped_failed_and_ended_in_the_middle_of_a_payload() {
        let mut server = streaming(0x81, [0; 4]);
        assert!(server.skip_message());
        for byte in *b"never seen" {
            assert_eq!(server.receive(&mut &mut [byte][..]), None);
        }
        assert!(matches!(server.receive(&mut &mut [0xFF][..]), Some(Event::Failed(_))), "it is still checked");
        let mut server = streaming(0x82, [0; 4]);
        server.fail(Violation::Policy);
        assert_eq!(server.receive(&mut &mut [7][..]), None);
        let mut server = streaming(0x82, [0; 4]);
        assert_eq!(server.receive_eof(), EndOfStream::InFrame);
        assert_eq!(server.receive(&mut &mut [7][..]), None);
    }

    #[test]
    fn what_an_extension_changed_goes_on_as_such() {
        let mut server = streaming(0xC1, [0; 4]);
        assert_ne!(server.front(b"\xFF"), Front::Byte);
        assert!(matches!(server.receive(&mut &mut [0xFF][..]), Some(Event::Extended(_))));
    }

    #[test]
    fn the_machine_goes_on_where_nothing_can_be_reported() {
        // an empty frame is reported as soon as its header is complete
        let mut server = Receiver::<Server>::new(Settings::new());
        let mut wire = *b"\x82\x80\0\0\0\0";
        for byte in &mut wire[..5] {
            assert_eq!(server.receive(&mut core::slice::from_mut(byte)), None);
        }
        let Some(Event::Binary(piece)) = server.receive(&mut &mut wire[5..]) else { panic!() };
        assert_eq!((piece.as_bytes(), piece.place()), (&b""[..], Place::Whole));
    }
}
