//! A naive twin of the codec: slow, obvious, written from RFC 6455 and its neighbours alone. Of the crate it uses names, and nothing
//! that computes.
//!
//! It looks at one byte at a time, keeps all it has seen, and answers the same questions; where the two disagree, one is wrong.
#![allow(dead_code, reason = "each user takes a part")]

pub mod digest;
pub mod end;
pub mod frame;
pub mod head;
pub mod lists;
pub mod request;
pub mod response;
pub mod sending;
pub mod utf8;

pub use end::End;

use super::laws::Seen;
use upframe::connection::{EndOfStream, MessageKind, Place, SendError, State};

/// How an end behaves.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub server: bool,
    /// Reserved bits that extensions own, where they stand in a frame's first byte.
    pub owned: u8,
    pub automatic_pong: bool,
    pub unmasked_frames_trusted: bool,
    pub message: u64,
    pub frame: u64,
    pub fragments: u32,
    pub empty_fragments: u16,
}

/// What happens to an end: bytes come, or its program asks something of it.
#[derive(Clone, Debug)]
pub enum Op {
    Receive(Vec<u8>),
    /// Through a buffer of this size, once.
    Transmit(usize),
    /// With this much room. Text is UTF-8.
    Send {
        kind: MessageKind,
        place: Place,
        bytes: Vec<u8>,
        room: usize,
    },
    Ping(Vec<u8>, usize),
    Pong(Vec<u8>, usize),
    Close(u16, String, usize),
    Skip,
    EndOfStream,
}

/// What an end answered to an [`Op`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Said {
    Nothing,
    Wrote(Result<Vec<u8>, SendError>),
    Skips(bool),
    Ended(EndOfStream),
}

/// All that can be seen of an end. Compared word by word.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Observed {
    pub seen: Vec<Seen>,
    pub said: Vec<Said>,
    pub offset: u64,
    pub state: State,
    pub close_code: Option<u16>,
    pub close_reason: String,
    pub may_disconnect: bool,
    pub wants_transmit: bool,
}

/// The masking keys of a client, one after the other: that each is used once can be seen.
pub fn key(drawn: u32) -> [u8; 4] {
    (drawn.wrapping_mul(0x9E37_79B1) ^ 0x37FA_213D).to_be_bytes()
}
