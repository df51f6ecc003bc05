//! The way for one byte in the middle of a payload on a small machine, which else has the whole path and the machine only:
//! serial lines are read byte by byte.

use super::input::Input;
use super::state::{Receiver, Signal};
use crate::connection::piece::Place;
use crate::connection::role::Role;
use crate::frame::decoder::FramePosition;

impl<R: Role + Copy> Receiver<R> {
    /// Consumes the only byte of the input, if it is a piece of its own and the payload does not end with it. The result is
    /// in `signal`, `place` and the slice. Anything else is left unchanged.
    #[inline(never)]
    pub(in crate::connection) fn take_byte<'b, I: Input<'b>>(&mut self, input: &mut I) -> Option<&'b [u8]> {
        let &[byte] = input.bytes() else { return None };
        if self.decoder.at() != FramePosition::Payload {
            return None;
        }
        let left = self.decoder.left_after_byte()?;
        let key = self.decoder.key();
        // What the machine reported last goes on: whoever changes how the payload is received makes it `Nothing`.
        match self.signal {
            Signal::Binary => {}
            Signal::Text if self.cut.is_none() && (byte ^ key.first()).is_ascii() => {}
            _ => return None,
        }
        input.unmask_first(key);
        self.decoder.take_middle_byte(left);
        self.place = Place::Middle;
        Some(input.take(0, 1))
    }
}
