//! The whole path, the fastest way through the receiver: a message in one frame that lies whole in the input.
//!
//! It judges by a few scalars, and writes nothing but the offset. What it does not accept, it leaves unchanged.

use super::input::Input;
use super::state::{Phase, Receiver};
use crate::connection::event::Event;
use crate::connection::piece::{Binary, Place, Text};
use crate::connection::role::Role;
use crate::frame::decoder::FramePosition;
use crate::frame::header::MASK_BIT;
use crate::frame::mask::loops::HIGH_BITS;
use crate::utf8::chars::Chars;
use crate::utf8::check::check;
use crate::utf8::verdict::Verdict;

const TEXT_FRAME: u8 = 0x81;
const BINARY_FRAME: u8 = 0x82;

impl<R: Role + Copy> Receiver<R> {
    /// Consumes a message whose only frame lies whole in the input and breaks no rule.
    ///
    /// This is inlined on purpose, and the machine is not: so this event is made in registers.
    #[inline(always)]
    pub(crate) fn receive_whole<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<Event<'b>> {
        let (header, n) = self.whole_frame(input.bytes())?;
        if n > input.room() {
            return None;
        }
        let key = self.key_in(input.bytes().get(..header)?);
        if input.bytes().first() == Some(&BINARY_FRAME) {
            input.unmask::<false>(header, n, key);
            let piece = input.take(header, n);
            self.decoder.skip_frame(header.wrapping_add(n));
            return Some(Event::Binary(Binary::new(piece, Place::Whole)));
        }
        let ascii = input.unmask::<true>(header, n, key) & HIGH_BITS == 0;
        if ascii || check(input.unmasked(header, n)) == Verdict::Whole {
            let piece = input.take(header, n);
            self.decoder.skip_frame(header.wrapping_add(n));
            return Some(Event::Text(Text::new(Chars::checked(piece), Place::Whole)));
        }
        // rare; the machine finds the byte that is wrong
        input.mask_again(header, n, key);
        None
    }

    /// Returns the lengths of header and payload, if this path accepts the frame at the front.
    #[inline(always)]
    fn whole_frame(&self, input: &[u8]) -> Option<(usize, usize)> {
        // one comparison, not two
        let begins = (self.decoder.at() == FramePosition::Start) & (self.phase == Phase::Running);
        if !begins {
            return None;
        }
        // two bytes and a key; two more if the length has 16 bits
        let (short_header, medium_header, mask) =
            if self.role.is_server() { (6usize, 8usize, MASK_BIT) } else { (2, 4, 0) };
        let &[b0, b1] = input.first_chunk()?;
        // FIN, no reserved bit, Text or Binary
        if b0 != TEXT_FRAME && b0 != BINARY_FRAME {
            return None;
        }
        // a wrong mask bit makes this at least 128; a limit below 125 is in `medium_limit`, too
        let short = usize::from(b1 ^ mask);
        if short <= 125 {
            let fits = short <= usize::from(self.medium_limit) && input.len() >= short.wrapping_add(short_header);
            return fits.then_some((short_header, short));
        }
        // A second byte of 126 or 127 is not a length itself. [5.2-length-form]
        if short != 126 {
            return None;
        }
        let &[_, _, high, low] = input.first_chunk()?;
        let n = u16::from_be_bytes([high, low]);
        let fits = n > 125 && n <= self.medium_limit && input.len() >= usize::from(n).saturating_add(medium_header);
        fits.then_some((medium_header, usize::from(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::receive::input::Copied;
    use crate::connection::{Limits, Server, Settings};
    use std::vec::Vec;

    /// The front of a message of `len` bytes, masked with a key of zero.
    fn message(b0: u8, len: usize) -> Vec<u8> {
        let mut wire = vec![b0, MASK_BIT | len.min(126) as u8];
        if len > 125 {
            wire.extend((len as u16).to_be_bytes());
        }
        wire.extend([0; 4]);
        wire.resize(wire.len() + len, b'.');
        wire
    }

    #[test]
    fn whole_messages_are_taken_up_to_the_limit_in_either_form_of_the_length() {
        for limit in [0, 1, 125, 126, 127, 65_534, 65_535, u64::MAX] {
            let settings = Settings::new().with_limits(Limits::NONE.with_message(limit));
            for len in [0, 1, 2, 125, 126, 127, 128, 65_534, 65_535] {
                for b0 in [TEXT_FRAME, BINARY_FRAME] {
                    let mut wire = message(b0, len);
                    let header = wire.len() - len;
                    let fits = len as u64 <= limit;
                    let server = Receiver::<Server>::new(settings);
                    assert_eq!(server.whole_frame(&wire), fits.then_some((header, len)), "{len} of {limit}");
                    assert_eq!(server.whole_frame(&wire[..wire.len() - 1]), None);
                    let mut server = server;
                    assert_eq!(server.receive_whole(&mut &mut wire[..]).is_some(), fits);
                }
            }
        }
    }

    #[test]
    fn text_of_any_language_is_taken_whole_and_bad_text_is_left_as_it_was() {
        for (text, good) in [(&b"abc"[..], true), ("né".as_bytes(), true), (b"a\xc3", false), (b"\xff", false)] {
            let mut wire = [&[TEXT_FRAME, MASK_BIT | text.len() as u8, 1, 2, 3, 4][..], text].concat();
            for (byte, key) in wire[6..].iter_mut().zip([1, 2, 3, 4]) {
                *byte ^= key;
            }
            let before = wire.clone();
            let mut server = Receiver::<Server>::new(Settings::new());
            let mut input = &mut wire[..];
            assert_eq!(server.receive_whole(&mut input).is_some(), good);
            assert_eq!((input.is_empty(), wire == before), (good, !good));
        }
    }

    #[test]
    fn a_message_that_fills_the_scratch_is_taken_whole() {
        for (room, fits) in [(3, false), (4, true)] {
            let mut scratch = [0; 4];
            let wire = message(BINARY_FRAME, 4);
            let mut input = Copied { input: &wire, scratch: &mut scratch[..room] };
            assert_eq!(Receiver::<Server>::new(Settings::new()).receive_whole(&mut input).is_some(), fits);
        }
    }
}
