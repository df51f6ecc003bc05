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
    /// The phase is [`Streaming`](Phase::Streaming).
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

    /// Consumes more of a payload. The result is in `signal`, `place` and the slice. Returns `None` as
    /// [`take_part`](Self::take_part) does.
    ///
    /// The phase is [`Streaming`](Phase::Streaming), and the input is not empty.
    #[inline(never)]
    pub(in crate::connection) fn take_more<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        if self.kind == MessageKind::Text {
            return self.take_part(input);
        }
        let n = self.decoder.payload_in(input.bytes().len().min(input.room()));
        let key = self.decoder.key();
        self.place = Place::Middle;
        if self.decoder.take_payload(n) {
            self.phase = Phase::Running;
            if self.decoder.fin() {
                (self.place, self.delivery) = (Place::Last, Delivery::NotStarted);
            }
        }
        Some(input.take_unmasked(0, n, key))
    }

    /// Consumes a part of a data frame: its payload, or bytes of a header that decide nothing. The result is in
    /// `signal`, `place` and the slice. Returns `None` if the machine has to go on: it has changed nothing then, or it
    /// has consumed input for which there is no event.
    #[inline(never)]
    pub(in crate::connection) fn take_part<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        if !matches!(self.phase, Phase::Running | Phase::Streaming) {
            return None;
        }
        self.signal = Signal::Nothing;
        match (self.decoder.at(), input.bytes()) {
            (FramePosition::Payload, [_, ..]) if !self.decoder.is_in_control_frame() => {
                let piece = if self.cut.is_none() {
                    self.take_data(input)
                } else {
                    self.take_cut(input);
                    &[]
                };
                if self.phase == Phase::FailurePending {
                    return if self.signal == Signal::Nothing { None } else { Some(piece) };
                }
                self.phase = if self.is_streaming() { Phase::Streaming } else { Phase::Running };
                let is_more_to_do = self.signal == Signal::Nothing && !input.bytes().is_empty();
                if is_more_to_do { None } else { Some(piece) }
            }
            (FramePosition::Start | FramePosition::Fragment, &[byte]) => {
                self.decoder.take_first(byte);
                input.skip(1);
                Some(&[])
            }
            (FramePosition::Key, bytes) => {
                let taken = self.decoder.take_key(bytes);
                input.skip(taken);
                let is_more_to_do = !input.bytes().is_empty() || self.decoder.remaining() == 0;
                if is_more_to_do { None } else { Some(&[]) }
            }
            _ => None,
        }
    }

    /// Whether what comes next is one more piece of the same kind.
    #[inline(always)]
    fn is_streaming(&self) -> bool {
        self.decoder.at() == FramePosition::Payload
            && self.cut.is_none()
            && matches!(self.signal, Signal::Text | Signal::Binary)
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
