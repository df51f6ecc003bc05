//! What the protocol itself has to say: Pongs and Closes (RFC 6455 §5.5).

use crate::frame::{CloseCode, Header, MaskingKey, Opcode, PhasedKey, apply_mask};
use crate::target::copy;
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

/// Bytes in front of a control frame's payload at most: 2, and a key of 4.
const HEAD: usize = 6;

/// The control frame that is being written, and the Pong that waits.
#[derive(Clone)]
pub(crate) struct Replies {
    /// Room for a header, then a payload.
    frame: [u8; HEAD + Header::MAX_CONTROL_PAYLOAD],
    /// Where the bytes begin that are not out. With `end` the same, nothing is in progress.
    start: u8,
    end: u8,
    /// The length of the payload of the Pong that waits.
    pong: Option<u8>,
}

impl Replies {
    pub(crate) const NONE: Self = Self { frame: [0; HEAD + Header::MAX_CONTROL_PAYLOAD], start: 0, end: 0, pong: None };

    /// Whether a frame is half written.
    #[inline(always)]
    pub(crate) const fn in_progress(&self) -> bool {
        self.start != self.end
    }

    /// The payload of the Pong that waits.
    #[cfg_attr(upframe_small, inline(always))]
    pub(crate) fn waiting_pong(&self) -> Option<&[u8]> {
        let len = usize::from(self.pong?);
        self.frame.get(HEAD..).and_then(|payload| payload.get(..len))
    }

    /// Queues a Pong instead of one that waits (§5.5.3). Not while a frame is half written.
    pub(crate) fn queue_pong(&mut self, payload: &[u8]) {
        // [5.5.3-newest]
        if let Some(place) = self.frame.get_mut(HEAD..).and_then(|place| place.get_mut(..payload.len())) {
            // [5.5.3-same-payload]
            copy(payload, place);
            self.pong = Some(payload.len() as u8);
        }
    }

    pub(crate) const fn drop_pong(&mut self) {
        self.pong = None;
    }

    /// Makes the Pong that waits the frame in progress, or a Close with this code.
    pub(crate) fn begin(&mut self, close: Option<CloseCode>, key: Option<MaskingKey>) {
        let (opcode, len) = match close {
            Some(code) => {
                if let Some(place) = self.frame.get_mut(HEAD..).and_then(|place| place.first_chunk_mut()) {
                    // [5.5.1-network-order]
                    *place = code.0.to_be_bytes();
                }
                (Opcode::Close, code.body_len() as u8)
            }
            None => match self.pong.take() {
                Some(len) => (Opcode::Pong, len),
                None => return,
            },
        };
        self.begin_frame(opcode, len, key);
    }

    fn begin_frame(&mut self, opcode: Opcode, len: u8, masking_key: Option<MaskingKey>) {
        // a control frame: the longer forms of the length need no code here
        let header = Header { masking_key, ..Header::new(opcode, u64::from(len.min(125))) };
        let start = HEAD.saturating_sub(header.encoded_len());
        let Some((head, payload)) = self.frame.split_at_mut_checked(HEAD) else { return };
        if let (Some(key), Some(payload)) = (masking_key, payload.get_mut(..usize::from(len))) {
            // [5.1-client-masks]
            apply_mask::<false>(payload, PhasedKey::new(key));
        }
        // 2 or 6 bytes: they end where the payload begins
        if head.get_mut(start..).is_some_and(|place| header.encode(place).is_ok()) {
            (self.start, self.end) = (start as u8, len.saturating_add(HEAD as u8));
        }
    }

    /// Writes what it can of the frame in progress; gives how much.
    pub(crate) fn flush(&mut self, out: &mut [u8]) -> usize {
        let rest = self.frame.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default();
        let n = rest.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), rest.get(..n)) {
            copy(from, to);
        }
        self.start = self.start.saturating_add(n as u8);
        n
    }
}
