//! A naive twin of the codec: slow, obvious, written from RFC 6455 and related RFCs only. It uses the crate's names,
//! but none of its computations.
//!
//! It looks at one byte at a time, keeps everything it has seen, and answers the same questions. If the two disagree,
//! one is wrong.
#![allow(dead_code, reason = "each test uses a part")]

pub mod authority;
pub mod deflate;
pub mod digest;
pub mod end;
pub mod frame;
pub mod head;
pub mod inflate;
pub mod lists;
pub mod request;
pub mod response;
pub mod sending;
pub mod stage;
pub mod utf8;

pub use end::End;

use super::laws::Seen;
use upframe::connection::{EndOfStream, MessageKind, Place, SendError, State};

/// The settings of an end.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    pub server: bool,
    /// The reserved bits that extensions own, as in the first byte of a frame.
    pub owned: u8,
    pub automatic_pong: bool,
    pub unmasked_frames_trusted: bool,
    pub message: u64,
    pub frame: u64,
    pub fragments: u32,
    pub empty_fragments: u16,
}

/// What happens to an end: it receives bytes, or its program calls it.
#[derive(Clone, Debug)]
pub enum Op {
    Receive(Vec<u8>),
    /// Calls `poll_transmit` once, with a buffer of this size.
    Transmit(usize),
    /// Sends into a buffer of `room` bytes. Text is UTF-8.
    Send {
        kind: MessageKind,
        place: Place,
        bytes: Vec<u8>,
        room: usize,
    },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
    Skip,
    EndOfStream,
}

/// What an end returned for an [`Op`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Said {
    Nothing,
    Wrote(Result<Vec<u8>, SendError>),
    Queued(Result<(), SendError>),
    Skips(bool),
    Ended(EndOfStream),
}

/// Everything that can be observed of an end. All of it is compared.
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

/// Returns the masking keys of a client, one after the other, so that a key that is used twice is noticed.
pub fn key(drawn: u32) -> [u8; 4] {
    (drawn.wrapping_mul(0x9E37_79B1) ^ 0x37FA_213D).to_be_bytes()
}
