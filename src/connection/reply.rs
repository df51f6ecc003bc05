//! What the local end owes the peer (RFC 6455 §5.5.1, §5.5.2, §7.1.7).
//!
//! **The receiver owns what is owed**: [`Owed`] names the answer, and the receiver keeps its payload, which is that of the
//! control frame that asked for it, or the code of a failure. The answer to a newer Ping or to a Close takes its place.
//! It passes to the queue of the sending half as soon as that has room for it.

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

impl Owed {
    pub(crate) const fn is_pong(self) -> bool {
        matches!(self, Self::Pong)
    }
}

/// An answer that a [`Receiver`](super::Receiver) owes the peer, for the [`Transmitter`](super::Transmitter) to write.
///
/// It is a value of about 130 bytes that can be sent to another task. **Room for one is enough**: a newer reply takes
/// the place of one that was not passed on, because only the newest Ping has to be answered (RFC 6455 §5.5.3), and
/// nothing follows a Close. So use a place that is overwritten, not a queue: a peer that sends Pings of 6 bytes would
/// fill a queue with replies of 130 bytes. `Debug` shows no payload.
///
/// ```
/// use upframe::connection::{Receiver, Server, Settings, Transmitter};
/// let mut receiver = Receiver::<Server>::new(Settings::new());
/// let mut ping = *b"\x89\x82\0\0\0\0hi"; // masked with a key of zeros
/// receiver.receive(&mut &mut ping[..]).unwrap();
/// let reply = receiver.take_reply().unwrap();
/// assert!(reply.is_pong());
/// let mut transmitter = Transmitter::server(Settings::new());
/// transmitter.answer(&reply).unwrap();
/// let mut out = [0; 131];
/// let n = transmitter.poll_transmit(&mut out);
/// assert_eq!(&out[..n], b"\x8a\x02hi");
/// ```
#[derive(Clone)]
#[must_use = "a reply that is ignored is never sent"]
pub struct Reply {
    pub(super) owed: Owed,
    /// The payload of the Pong, or the body of the Close.
    pub(super) payload: heapless::Vec<u8, { Header::MAX_CONTROL_PAYLOAD }, u8>,
}

impl Reply {
    /// Creates a reply with up to 125 bytes of payload.
    pub(super) fn new(owed: Owed, payload: &[u8]) -> Self {
        Self { owed, payload: heapless::Vec::from_slice(payload).unwrap_or_default() }
    }

    /// Whether it is a Pong; otherwise it is a Close.
    pub fn is_pong(&self) -> bool {
        self.owed.is_pong()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reply").field(&self.owed).finish()
    }
}
