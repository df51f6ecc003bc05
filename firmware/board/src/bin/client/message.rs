//! The messages: generated while sending, and again for comparing, so that no message needs memory.

use upframe::connection::{DataFrame, MessageKind};

/// A message.
pub struct Message {
    pub kind: MessageKind,
    pub len: u32,
    /// The number of frames in which it is sent.
    pub frames: u32,
}

/// All messages, in the order in which they are sent: every form of the length of a frame, and more bytes than the RAM
/// has.
pub const MESSAGES: &[Message] = &[
    text(GREETING.len() as u32),
    text(125),
    text(126).in_frames(3),
    text(70_000),
    binary(0),
    binary(1),
    binary(125),
    binary(126),
    binary(65_535),
    binary(65_536),
    binary(10_000).in_frames(7),
    binary(200_000),
];

/// A text consists of this greeting, repeated.
const GREETING: &str = "Hello from the board! ";

const fn text(len: u32) -> Message {
    Message { kind: MessageKind::Text, len, frames: 1 }
}

const fn binary(len: u32) -> Message {
    Message { kind: MessageKind::Binary, len, frames: 1 }
}

impl Message {
    const fn in_frames(self, frames: u32) -> Self {
        Self { frames, ..self }
    }

    /// Returns the byte at a place.
    pub fn byte(&self, at: u32) -> u8 {
        match self.kind {
            MessageKind::Text => GREETING.as_bytes()[at as usize % GREETING.len()],
            // No two places that an error could swap have a similar value.
            MessageKind::Binary => (at.wrapping_mul(0x9E37_79B1) >> 24) as u8,
        }
    }

    /// Returns the end of the frame with this number.
    pub const fn frame_end(&self, frame: u32) -> u32 {
        if frame + 1 >= self.frames { self.len } else { self.len / self.frames * (frame + 1) }
    }

    /// Returns the kind as a `DataFrame`.
    pub const fn data_frame(&self) -> DataFrame {
        match self.kind {
            MessageKind::Text => DataFrame::TEXT,
            MessageKind::Binary => DataFrame::BINARY,
        }
    }
}
