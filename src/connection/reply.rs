//! What a receiver owes the peer, on its way to the transmitter (RFC 6455 §5.5).

use crate::frame::{CloseCode, Header};
use core::fmt;

/// What a receiver owes the peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Due {
    Nothing,
    /// A Pong with the payload of the Ping that came (§5.5.2).
    Pong,
    /// A Close that answers the one that came (§5.5.1).
    Close,
    /// A Close that says what the peer did wrong (§7.1.7).
    Failure,
}

/// What a [`Receiver`](super::Receiver) owes the peer, on its way to the [`Transmitter`](super::Transmitter).
///
/// It is a value of about 130 bytes that can be sent to another task. `Debug` shows no payload.
#[derive(Clone)]
pub struct Reply {
    pub(super) kind: ReplyKind,
    /// Of the control frame that asked for it.
    pub(super) payload: heapless::Vec<u8, { Header::MAX_CONTROL_PAYLOAD }, u8>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ReplyKind {
    Pong,
    Close(CloseCode),
    Failure(CloseCode),
}

impl Reply {
    /// With up to 125 bytes of payload.
    pub(super) fn new(kind: ReplyKind, payload: &[u8]) -> Self {
        Self { kind, payload: heapless::Vec::from_slice(payload).unwrap_or_default() }
    }

    /// Whether it answers a Ping.
    pub fn is_pong(&self) -> bool {
        self.kind == ReplyKind::Pong
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reply").field(&self.kind).finish()
    }
}
