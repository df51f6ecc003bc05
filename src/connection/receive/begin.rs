//! The look at the first byte: which way the input takes. It is inlined into the caller's loop. A small machine has fewer
//! ways to choose from, and looks at the length only.

use super::state::{Phase, Receiver};
use crate::connection::role::Role;
use crate::frame::decoder::FramePosition;
use crate::frame::header::FIN_BIT;

pub(super) const PING_FRAME: u8 = 0x89;
const PONG_FRAME: u8 = 0x8A;

/// How input begins that is not a whole message. It is only likely: a byte in the middle of a header may look like the
/// first of a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Front {
    /// It is empty, and nothing is left to yield.
    Nothing,
    /// With more of the payload of a binary message.
    MoreBinary,
    /// It is one byte of anything else.
    Byte,
    /// With a Ping or a Pong.
    Control,
    /// With the first frame of a message.
    FirstFragment,
    /// With a later one.
    Fragment,
    /// With a part of a frame.
    Part,
    /// With anything else.
    Other,
}

impl<R: Role + Copy> Receiver<R> {
    /// Looks at the front of input that is not a whole message.
    #[inline(always)]
    pub(crate) fn front(&self, input: &[u8]) -> Front {
        if self.decoder.at() == FramePosition::StreamingBinary {
            return if input.is_empty() { Front::Nothing } else { Front::MoreBinary };
        }
        match *input {
            // so ends every run of events
            [] if self.phase == Phase::Running => Front::Nothing,
            [_] => Front::Byte,
            [PING_FRAME | PONG_FRAME, _, ..] => Front::Control,
            [b0, _, ..] if b0 & !FIN_BIT == 0 => Front::Fragment,
            [0x01 | 0x02, _, ..] => Front::FirstFragment,
            // a whole message was taken, but not after a control frame
            [0x81 | 0x82, _, ..] if self.phase == Phase::ControlReported => Front::FirstFragment,
            [_, _, ..] if !matches!(self.decoder.at(), FramePosition::Payload | FramePosition::StreamingText) => {
                Front::Other
            }
            _ => Front::Part,
        }
    }
}
