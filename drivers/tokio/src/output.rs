//! The sending half: messages in, bytes for the transport out.

use crate::message::{CloseFrame, Message};
use crate::random::Random;
use bytes::{Buf, BytesMut};
use upframe::connection::{Endpoint, Fragment, Reply, SendError, Transmitter};
use upframe::frame::CloseCode;

/// The longest control frame: 2 bytes of header, a masking key, 125 bytes of payload.
const CONTROL: usize = 131;

/// A buffer that is longer than this is released when it is empty.
const KEPT: usize = 64 << 10;

pub(crate) struct Output {
    transmitter: Transmitter<Endpoint<Random>>,
    /// What the transport is still to write.
    bytes: BytesMut,
    /// What the receiver owes and what did not fit: the newest answer only, so that a flood of Pings needs no memory.
    reply: Option<Reply>,
    limit: usize,
    is_server: bool,
}

impl Output {
    pub(crate) fn new(transmitter: Transmitter<Endpoint<Random>>, is_server: bool, limit: usize) -> Self {
        Self { transmitter, bytes: BytesMut::new(), reply: None, limit: limit.max(1), is_server }
    }

    pub(crate) const fn is_server(&self) -> bool {
        self.is_server
    }

    /// The bytes that are to be written next.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Removes bytes that were written.
    pub(crate) fn advance(&mut self, n: usize) {
        self.bytes.advance(n);
        if self.bytes.is_empty() && self.bytes.capacity() > KEPT {
            self.bytes = BytesMut::new();
        }
    }

    /// Whether a message may be queued now.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes.len() < self.limit
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
        self.queue_reply();
        self.append(fragment.frame_len(!self.is_server), |transmitter, out| transmitter.send(fragment, out))
    }

    // ---- The only places that queue control frames.

    pub(crate) fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.queue_reply();
        self.append(CONTROL, |transmitter, out| transmitter.ping(payload, out))
    }

    fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.queue_reply();
        self.append(CONTROL, |transmitter, out| transmitter.pong(payload, out))
    }

    pub(crate) fn close(&mut self, frame: Option<&CloseFrame>) -> Result<(), SendError> {
        match frame {
            Some(frame) => self.close_with(frame.code, &frame.reason),
            None => self.append(CONTROL, |transmitter, out| transmitter.close_without_code(out)),
        }
    }

    pub(crate) fn close_with(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.append(CONTROL, |transmitter, out| transmitter.close(code, reason, out))
    }

    /// Keeps an answer of the receiver in place of an older one, and queues it if there is room.
    pub(crate) fn reply(&mut self, reply: Reply) {
        self.reply = Some(reply);
        self.queue_reply();
    }

    /// Queues the answer that is kept. A Pong waits until there is room; there is only one Close.
    pub(crate) fn queue_reply(&mut self) {
        if let Some(reply) = self.reply.take()
            && ((reply.is_pong() && !self.has_room())
                || self.append(CONTROL, |transmitter, out| transmitter.answer(&reply, out)).is_err())
        {
            self.reply = Some(reply);
        }
    }

    // ----

    /// Nothing can be sent any more.
    pub(crate) fn end_stream(&mut self) {
        self.transmitter.end_stream();
        self.reply = None;
    }

    /// Discards what is queued: the transport is broken.
    pub(crate) fn discard(&mut self) {
        self.end_stream();
        self.bytes = BytesMut::new();
    }

    /// Appends what `write` writes to `room` bytes.
    fn append<F>(&mut self, room: usize, write: F) -> Result<(), SendError>
    where
        F: for<'o> FnOnce(&mut Transmitter<Endpoint<Random>>, &'o mut [u8]) -> Result<&'o [u8], SendError>,
    {
        let at = self.bytes.len();
        self.bytes.resize(at.saturating_add(room), 0);
        let out = self.bytes.get_mut(at..).unwrap_or_default();
        let written = write(&mut self.transmitter, out).map(<[u8]>::len);
        self.bytes.truncate(at.saturating_add(written.unwrap_or(0)));
        written.map(|_| ())
    }
}
