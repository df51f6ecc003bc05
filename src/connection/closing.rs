//! The closing handshake (RFC 6455 §7).
//!
//! ```text
//!            a Close is sent or received               the other Close, too
//!    Open  ──────────────────────────────►  Closing  ──────────────────────►  Closed
//!     │                                                                         ▲
//!     ├── the peer breaks a rule ──►  Failed  (a Close reports why)             │
//!     └── the stream ends ──────────────────────────────────────────────────────┘
//! ```

/// The state of a connection (RFC 6455 §7.1).
///
/// ```
/// use upframe::connection::{Connection, Event, Settings, State};
/// let mut server = Connection::server(Settings::new());
/// assert_eq!(server.state(), State::Open);
/// let mut close = *b"\x88\x80\0\0\0\0"; // masked with a key of zeros
/// assert!(matches!(server.receive(&mut &mut close[..]), Some(Event::Close(_))));
/// assert_eq!(server.state(), State::Closing);
/// server.poll_transmit(&mut [0; 131]);
/// assert_eq!(server.state(), State::Closed);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum State {
    /// Data flows both ways.
    Open,
    /// *The WebSocket Closing Handshake is Started* (§7.1.3): one Close was sent or received, the other one was not.
    Closing,
    /// A Close was sent and one was received, or the stream ended.
    Closed,
    /// The peer broke the protocol, or the caller failed the connection (§7.1.7).
    Failed,
}

/// Where the input stream ended.
///
/// ```
/// use upframe::connection::{Connection, EndOfStream, Settings};
/// let mut server = Connection::server(Settings::new());
/// let mut part = *b"\x81\x85\0\0\0\0Hel"; // 3 of 5 bytes of payload
/// server.receive(&mut &mut part[..]);
/// assert_eq!(server.receive_eof(), EndOfStream::InFrame);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum EndOfStream {
    /// After the peer's Close, or after a failure: the close code is unchanged.
    Expected,
    /// Between two messages, without a Close: the close code is 1006 (RFC 6455 §7.1.5).
    WithoutClose,
    /// Between two fragments of a message: the close code is 1006, and the message is not complete.
    InMessage,
    /// Inside a frame: the close code is 1006, and the frame is not complete.
    InFrame,
}

/// How far the local Close is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum LocalClose {
    NotSent,
    /// The peer's Close was received, or the connection failed: nothing but the local Close may be sent.
    Owed,
    /// It waits, or is half-written.
    Queued,
    Sent,
}

/// What the peer has done about closing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
enum Peer {
    Open,
    Closed,
    Failed,
}

/// What has happened of the closing handshake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closing {
    pub(crate) local: LocalClose,
    peer: Peer,
    stream_ended: bool,
}

impl Closing {
    pub(crate) const NOT_STARTED: Self = Self { local: LocalClose::NotSent, peer: Peer::Open, stream_ended: false };

    /// Whether data may be sent.
    #[inline(always)]
    pub(crate) fn is_open(&self) -> bool {
        self.local == LocalClose::NotSent && !self.stream_ended
    }

    /// Whether the local Close may still be sent: there is only one.
    pub(crate) fn may_send_close(&self) -> bool {
        matches!(self.local, LocalClose::NotSent | LocalClose::Owed)
    }

    /// The peer's Close was received.
    pub(crate) fn peer_closed(&mut self) {
        self.peer = Peer::Closed;
        self.owe_close();
    }

    /// The connection has failed (§7.1.7).
    pub(crate) fn failed(&mut self) {
        self.peer = Peer::Failed;
        self.owe_close();
    }

    fn owe_close(&mut self) {
        if self.local == LocalClose::NotSent {
            self.local = LocalClose::Owed;
        }
    }

    pub(crate) const fn end_stream(&mut self) {
        self.stream_ended = true;
    }

    pub(crate) fn state(&self) -> State {
        match (self.peer, self.local) {
            (Peer::Failed, _) => State::Failed,
            // The connection is closed if the stream has ended. [7.1.4-ended]
            _ if self.stream_ended => State::Closed,
            (Peer::Open, LocalClose::NotSent) => State::Open,
            (Peer::Closed, LocalClose::Sent) => State::Closed,
            // The closing handshake has started once a Close was sent or received. [7.1.3-closing]
            _ => State::Closing,
        }
    }

    /// Whether the transport may be closed now.
    pub(crate) fn may_disconnect(&self, server: bool) -> bool {
        // The server closes the TCP connection first; the client waits for that. [7.1.1-server-first]
        self.stream_ended || (server && self.local == LocalClose::Sent && self.peer != Peer::Open)
    }
}
