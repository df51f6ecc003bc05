//! The sending half: messages in, bytes for the transport out.

use crate::config::Role;
use crate::message::{CloseFrame, Message};
use crate::random::Random;
use upframe::connection::{Client, Fragment, Reply, SendError, Server, Settings, Transmitter};
use upframe::frame::{CloseCode, Header};

/// All control frames that the codec queues fit this many bytes.
const QUEUE: usize = 262;

/// A buffer that is longer than this is released when it is empty.
const KEPT: usize = 64 << 10;

/// The codec's half: a type for each end, since only a server can send a payload as it is.
enum End {
    Server(Transmitter<Server>),
    Client(Transmitter<Client<Random>>),
}

/// Calls a method that both have.
macro_rules! both {
    ($end:expr, $transmitter:ident => $call:expr) => {
        match $end {
            End::Server($transmitter) => $call,
            End::Client($transmitter) => $call,
        }
    };
}

pub(crate) struct Output {
    end: End,
    /// What the transport is still to write.
    queued: Vec<u8>,
    /// So many bytes of it are written.
    written: usize,
    limit: usize,
}

impl Output {
    pub(crate) fn new(role: Role, settings: Settings, limit: usize) -> Self {
        let end = match role {
            Role::Server => End::Server(Transmitter::server(settings)),
            Role::Client => End::Client(Transmitter::client(Random::new(), settings)),
        };
        Self { end, queued: Vec::new(), written: 0, limit: limit.max(1) }
    }

    pub(crate) const fn is_server(&self) -> bool {
        matches!(self.end, End::Server(_))
    }

    /// The bytes that are to be written next.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.queued.get(self.written..).unwrap_or_default()
    }

    /// Removes bytes that were written.
    pub(crate) fn advance(&mut self, n: usize) {
        self.written = self.written.saturating_add(n);
        if self.bytes().is_empty() {
            self.written = 0;
            self.queued.clear();
            self.queued.shrink_to(KEPT);
        }
    }

    /// Whether a message may be queued now.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes().len() < self.limit
    }

    /// Queues a message whole, or changes nothing.
    pub(crate) fn send(&mut self, message: &Message) -> Result<(), SendError> {
        match message {
            Message::Text(text) => self.send_fragment(Fragment::text(text)),
            Message::Binary(bytes) => self.send_fragment(Fragment::binary(bytes)),
            Message::Ping(payload) => self.ping(payload),
            Message::Pong(payload) => self.pong(payload),
            Message::Close(frame) => self.close(frame.as_ref()),
        }
    }

    pub(crate) fn send_fragment(&mut self, fragment: Fragment<'_>) -> Result<(), SendError> {
        self.write_reply();
        match &mut self.end {
            End::Server(transmitter) => {
                let mut header = [0; Header::MAX_LEN];
                let [header, payload] = transmitter.send_vectored(fragment, &mut header)?;
                self.queued.reserve(header.len().saturating_add(payload.len()));
                self.queued.extend_from_slice(header);
                self.queued.extend_from_slice(payload);
            }
            End::Client(transmitter) => {
                let at = self.queued.len();
                self.queued.resize(at.saturating_add(fragment.frame_len(true)), 0);
                let sent = transmitter.send(fragment, self.queued.get_mut(at..).unwrap_or_default()).map(<[u8]>::len);
                self.queued.truncate(at.saturating_add(sent.unwrap_or(0)));
                sent?;
            }
        }
        Ok(())
    }

    pub(crate) fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.written(|end| both!(end, transmitter => transmitter.ping(payload)))
    }

    fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.written(|end| both!(end, transmitter => transmitter.pong(payload)))
    }

    fn close(&mut self, frame: Option<&CloseFrame>) -> Result<(), SendError> {
        match frame {
            Some(frame) => self.close_with(frame.code, &frame.reason),
            None => self.written(|end| both!(end, transmitter => transmitter.close_without_code())),
        }
    }

    pub(crate) fn close_with(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.written(|end| both!(end, transmitter => transmitter.close(code, reason)))
    }

    /// Queues a control frame of the program, after what is queued already.
    fn written(&mut self, queue: impl FnOnce(&mut End) -> Result<(), SendError>) -> Result<(), SendError> {
        self.write_queue();
        queue(&mut self.end)?;
        self.write_queue();
        Ok(())
    }

    /// Passes an answer of the receiver to the codec, which keeps the newest Pong only: a flood of Pings needs no memory.
    pub(crate) fn reply(&mut self, reply: &Reply) {
        if both!(&mut self.end, transmitter => transmitter.answer(reply)).is_err() {
            self.write_queue();
            // refused again only if there is no masking key for what is queued
            let _ = both!(&mut self.end, transmitter => transmitter.answer(reply));
        }
        // a Pong waits until there is room; there is only one Close
        if reply.is_pong() { self.write_reply() } else { self.write_queue() }
    }

    /// Writes the answer that the codec keeps, if there is room.
    pub(crate) fn write_reply(&mut self) {
        if self.has_room() {
            self.write_queue();
        }
    }

    /// Writes the control frames that the codec keeps.
    fn write_queue(&mut self) {
        if both!(&self.end, transmitter => transmitter.wants_transmit()) {
            let mut out = [0; QUEUE];
            let n = both!(&mut self.end, transmitter => transmitter.poll_transmit(&mut out));
            self.queued.extend_from_slice(out.get(..n).unwrap_or_default());
        }
    }

    /// Nothing can be sent any more.
    pub(crate) fn end_stream(&mut self) {
        both!(&mut self.end, transmitter => transmitter.end_stream());
    }

    /// Discards what is queued: the transport is broken.
    pub(crate) fn discard(&mut self) {
        self.end_stream();
        (self.queued, self.written) = (Vec::new(), 0);
    }
}
