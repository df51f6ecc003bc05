//! What is sent: made on the way, and made again to be compared, so that no message needs memory.

use upframe::connection::{DataFrame, MessageKind};

/// A message.
pub struct Message {
    pub kind: MessageKind,
    pub len: u32,
    /// How many frames it is sent in.
    pub frames: u32,
}

/// In the order in which they are sent: every form of the length of a frame, and more than all RAM.
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

/// What a text begins with, and goes on with again and again.
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

    /// The byte at a place.
    pub fn byte(&self, at: u32) -> u8 {
        match self.kind {
            MessageKind::Text => GREETING.as_bytes()[at as usize % GREETING.len()],
            // no two places that a slip could swap are alike
            MessageKind::Binary => (at.wrapping_mul(0x9E37_79B1) >> 24) as u8,
        }
    }

    /// Where its frame with this number ends.
    pub const fn frame_end(&self, frame: u32) -> u32 {
        if frame + 1 >= self.frames { self.len } else { self.len / self.frames * (frame + 1) }
    }

    /// The kind as one that can be sent.
    pub const fn data_frame(&self) -> DataFrame {
        match self.kind {
            MessageKind::Text => DataFrame::TEXT,
            MessageKind::Binary => DataFrame::BINARY,
        }
    }
}
