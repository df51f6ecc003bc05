//! The closing handshake (RFC 6455 §7).
//!
//! ```text
//!                 own Close is queued or sent            the peer's Close, too
//!    Open  ───────────────────────────────►  Closing  ─────────────────────────►  Closed
//!      │            the peer's Close came ───►   │      own Close, too                ▲
//!      │                                         │                                    │
//!      ├── the peer broke the protocol ──►  Failed  (its Close is queued)             │
//!      └── end of the stream ─────────────────────────────────────────────────────────┘
//! ```

use crate::frame::CloseCode;

/// Where a connection is (RFC 6455 §7.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub enum State {
    /// Data flows both ways.
    Open,
    /// *The WebSocket Closing Handshake is Started* (§7.1.3): one Close was sent, queued or received, and the other is missing.
    Closing,
    /// A Close went each way, or the stream ended.
    Closed,
    /// The peer broke the protocol, or the caller failed the connection (§7.1.7).
    Failed,
}

/// Where the stream of input ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub enum EndOfStream {
    /// Behind the peer's Close, or after a failure: as it should be.
    Expected,
    /// Between two messages, without a Close: code 1006 (RFC 6455 §7.1.5).
    WithoutClose,
    /// Between two fragments of a message: code 1006, and the message is not whole.
    InMessage,
    /// Inside a frame: code 1006, and the frame is not whole.
    InFrame,
}

/// This end's Close.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Own {
    Open,
    Queued,
    /// Some of its bytes are out.
    InProgress,
    Sent,
}

/// What the peer did about closing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Peer {
    Open,
    Closed,
    Failed,
}

/// What has happened of the closing handshake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closing {
    pub(crate) own: Own,
    peer: Peer,
    stream_ended: bool,
    /// The code of the Close that is queued.
    code: CloseCode,
}

impl Closing {
    pub(crate) const NOT: Self =
        Self { own: Own::Open, peer: Peer::Open, stream_ended: false, code: CloseCode::NO_STATUS };

    /// Whether data may be sent.
    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        // [5.5.1-no-data-after]
        self.own == Own::Open && !self.stream_ended
    }

    /// The peer's Close came: it is answered once, with its own code (§5.5.1).
    pub(crate) fn peer_closed(&mut self, code: CloseCode) {
        // [5.5.1-answer]
        self.peer = Peer::Closed;
        // [7.1.7-close]
        self.queue(code);
    }

    /// The connection fails (§7.1.7).
    pub(crate) fn failed(&mut self, code: CloseCode) {
        // [7.1.7-close]
        self.peer = Peer::Failed;
        self.queue(code);
    }

    /// No second Close follows one that was sent.
    fn queue(&mut self, code: CloseCode) {
        // [5.5.1-once]
        if self.own == Own::Open {
            (self.own, self.code) = (Own::Queued, code);
        }
    }

    pub(crate) const fn end_stream(&mut self) {
        self.stream_ended = true;
    }

    /// The code of the Close that is queued, which may be one that stands in no frame.
    pub(crate) fn queued(&self) -> Option<CloseCode> {
        (self.own == Own::Queued).then_some(self.code)
    }

    pub(crate) fn state(&self) -> State {
        match (self.peer, self.own) {
            (Peer::Failed, _) => State::Failed,
            // [7.1.4-ended]
            _ if self.stream_ended => State::Closed,
            // [7.1.3-closing]
            (Peer::Open, Own::Open) => State::Open,
            (Peer::Closed, Own::Sent) => State::Closed,
            _ => State::Closing,
        }
    }

    /// §7.1.1: the server closes the TCP connection first, at once; the client when the server has.
    pub(crate) fn may_disconnect(&self, server: bool) -> bool {
        // [7.1.1-server-first]
        self.stream_ended || (server && self.own == Own::Sent && self.peer != Peer::Open)
    }
}
