//! The ways for reads that hold less than a frame: more of a payload, and a part of a header. Those for single bytes are in
//! `byte.rs`. A small machine leaves them to the machine.
//!
//! They are for peers and transports that cut frames into small parts. What breaks a rule, and whatever ends in the
//! middle of something else, is left to the machine.

use super::input::Input;
use super::state::{Delivery, Phase, Receiver, Signal};
use crate::connection::event::Event;
use crate::connection::piece::{Binary, Place};
use crate::connection::role::Role;
use crate::frame::decoder::FramePosition;

impl<R: Role + Copy> Receiver<R> {
    /// Consumes all of the input, if the payload of a binary message does not end with it. Anything else is left unchanged.
    ///
    /// The position is [`StreamingBinary`](FramePosition::StreamingBinary), and the input is not empty. This is inlined on
    /// purpose, as the whole path is: so this event is made in registers.
    #[inline(always)]
    pub(in crate::connection) fn receive_more_binary<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<Event<'b>> {
        let n = input.bytes().len();
        if n == 1 {
            let left = self.decoder.left_after_byte()?;
            input.unmask_first(self.decoder.key());
            self.decoder.take_middle_byte(left);
            return Some(Event::Binary(Binary::new(input.take(0, 1), Place::Middle)));
        }
        if n as u64 >= self.decoder.remaining() || n > input.room() {
            return None;
        }
        input.unmask_all(self.decoder.key());
        self.decoder.take_middle(n);
        Some(Event::Binary(Binary::new(input.take(0, n), Place::Middle)))
    }

    /// Consumes more of a binary payload, and returns whether the message ends.
    ///
    /// The position is [`StreamingBinary`](FramePosition::StreamingBinary).
    #[inline(always)]
    pub(crate) fn take_more_binary<'b, I: Input<'b>>(&mut self, input: &mut I) -> bool {
        self.take_more_bytes(input);
        self.place.is_last()
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

    /// Consumes a part of a data frame: its payload, or bytes of its masking key. The result is in `signal`, `place` and
    /// the slice. Returns `None` if the machine has to go on: it has changed nothing then, or it has consumed input for
    /// which there is no event.
    #[inline(never)]
    pub(in crate::connection) fn take_part<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        if self.decoder.at() == FramePosition::StreamingBinary {
            return Some(self.take_more_bytes(input));
        }
        if let &[byte] = input.bytes()
            && let Some(piece) = self.take_byte_of_payload(input, byte)
        {
            return Some(piece);
        }
        self.decoder.end_streaming();
        match (self.decoder.at(), input.bytes()) {
            (FramePosition::Payload, [_, ..]) if !self.decoder.is_in_control_frame() => {
                self.take_part_of_payload(input)
            }
            (FramePosition::Key, [_, ..]) => {
                let taken = self.decoder.take_key(input.bytes());
                input.skip(taken);
                let is_more_to_do = !input.bytes().is_empty() || self.decoder.remaining() == 0;
                if is_more_to_do { None } else { self.report_nothing() }
            }
            _ => None,
        }
    }

    fn report_nothing<'b>(&mut self) -> Option<&'b [u8]> {
        self.signal = Signal::Nothing;
        Some(&[])
    }

    /// Consumes payload of a data frame as the machine does, but makes one step only.
    #[inline(never)]
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
            // what comes next is more of the same kind
            Signal::Text | Signal::CodePoint | Signal::Binary if self.decoder.at() == FramePosition::Payload => {
                self.decoder.begin_streaming(self.signal != Signal::Binary);
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

    /// A server in the middle of a payload of 20 bytes, masked with a key of zeros, of which it has received three.
    fn streaming(b0: u8) -> Receiver<Server> {
        let mut server = Receiver::<Server>::new(Settings::new().with_reserved_bits(ReservedBits::RSV1));
        assert_eq!(server.receive(&mut &mut [b0, 0x80 | 20, 0, 0, 0, 0][..]), None);
        assert!(server.receive(&mut &mut b"abc".to_vec()[..]).is_some());
        server
    }

    #[test]
    fn bytes_in_the_middle_of_a_binary_payload_need_no_call() {
        for (len, want) in [(1, true), (2, true), (7, true), (16, true), (17, false), (18, false)] {
            let (mut server, mut wire) = (streaming(0x82), vec![7; len]);
            assert_eq!(server.front(&wire), Front::MoreBinary);
            let mut input = &mut wire[..];
            let event = server.receive_more_binary(&mut input);
            assert_eq!(event, want.then_some(Event::Binary(Binary::new(&vec![7; len], Place::Middle))));
            let left = if want { 17 - len } else { 17 };
            assert_eq!((server.offset(), server.payload_remaining()), (26 - left as u64, left as u64));
            // copied, if there is room for all
            let mut scratch = [0; 7];
            let mut copied = Copied { input: &vec![7; len], scratch: &mut scratch };
            assert_eq!(streaming(0x82).receive_more_binary(&mut copied).is_some(), want && len <= 7);
        }
    }

    #[test]
    fn the_last_byte_of_a_payload_is_left_and_then_ends_the_message() {
        let mut server = streaming(0x82);
        assert!(server.receive(&mut &mut [7; 16][..]).is_some());
        assert_eq!(server.receive_more_binary(&mut &mut [7][..]), None);
        let mut last = [7];
        let Some(Event::Binary(piece)) = server.receive(&mut &mut last[..]) else { panic!() };
        assert_eq!((piece.as_bytes(), piece.place()), (&[7][..], Place::Last));
        assert_eq!(server.front(b""), Front::Nothing);
        assert_eq!(server.state(), State::Open);
    }

    #[test]
    fn what_the_first_bytes_decide() {
        let mut server = streaming(0x82);
        assert_eq!(server.front(b""), Front::Nothing);
        assert_eq!(server.front(b"\x89\x80"), Front::MoreBinary);
        // between frames
        assert!(server.receive(&mut &mut [7; 17][..]).is_some());
        for (front, want) in [
            (&b""[..], Front::Nothing),
            (b"\x82", Front::Byte),
            (b"\x89\x80", Front::Control),
            (b"\x8A\x80", Front::Control),
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
        let mut server = streaming(0x81);
        assert!(server.skip_message());
        for byte in *b"never seen" {
            assert_eq!(server.receive(&mut &mut [byte][..]), None);
        }
        assert!(matches!(server.receive(&mut &mut [0xFF][..]), Some(Event::Failed(_))), "it is still checked");
        let mut server = streaming(0x82);
        server.fail(Violation::Policy);
        assert_eq!(server.receive(&mut &mut [7][..]), None);
        let mut server = streaming(0x82);
        assert_eq!(server.receive_eof(), EndOfStream::InFrame);
        assert_eq!(server.receive(&mut &mut [7][..]), None);
    }

    #[test]
    fn what_an_extension_changed_goes_on_as_such() {
        let mut server = streaming(0xC1);
        assert_ne!(server.front(b"\xFF\xFF"), Front::MoreBinary);
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
