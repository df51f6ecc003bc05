//! What the local end owes the peer (RFC 6455 §5.5.1, §5.5.2, §7.1.7).
//!
//! **The receiver owns what is owed**: [`Owed`] names the answer, and the receiver keeps its payload, which is that of the
//! control frame that asked for it, or the code of a failure. The answer to a newer Ping or to a Close takes its place.
//! The sending half learns of an answer when it is about to write it; only a Pong may have to move there earlier, to
//! make room for the next control frame.

use crate::frame::header::Header;
use core::fmt;

/// Which answer is owed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Owed {
    Nothing,
    /// A Pong with the payload of the newest Ping (§5.5.2, §5.5.3).
    Pong,
    /// A Close with the body of the peer's Close (§5.5.1).
    Close,
    /// A Close whose code reports what the peer did wrong (§7.1.7).
    Failure,
}

/// An answer that a [`Receiver`](super::Receiver) owes the peer, for the [`Transmitter`](super::Transmitter) to write.
///
/// It is a value of about 130 bytes that can be sent to another task. `Debug` shows no payload.
///
/// ```
/// use upframe::connection::{Receiver, Server, Settings, Transmitter};
/// let mut receiver = Receiver::<Server>::new(Settings::new());
/// let mut ping = *b"\x89\x82\0\0\0\0hi"; // masked with a key of zeros
/// receiver.receive(&mut &mut ping[..]).unwrap();
/// let reply = receiver.take_reply().unwrap();
/// assert!(reply.is_pong());
/// let mut transmitter = Transmitter::server(Settings::new());
/// assert_eq!(transmitter.answer(&reply, &mut [0; 131]).unwrap(), b"\x8a\x02hi");
/// ```
#[derive(Clone)]
#[must_use = "a reply that is ignored is never sent"]
pub struct Reply {
    pub(super) kind: ReplyKind,
    /// The payload of the Pong, or the body of the Close.
    pub(super) payload: heapless::Vec<u8, { Header::MAX_CONTROL_PAYLOAD }, u8>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ReplyKind {
    Pong,
    Close,
    Failure,
}

impl Reply {
    /// Creates a reply with up to 125 bytes of payload.
    pub(super) fn new(kind: ReplyKind, payload: &[u8]) -> Self {
        Self { kind, payload: heapless::Vec::from_slice(payload).unwrap_or_default() }
    }

    /// Whether it is a Pong; otherwise it is a Close.
    pub fn is_pong(&self) -> bool {
        self.kind == ReplyKind::Pong
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reply").field(&self.kind).finish()
    }
}
