//! The sending half: messages in, bytes for the transport out.

use crate::deflate::config::Deflate;
use crate::deflate::deflating::Deflating;
use crate::deflate::prepared::Prepared;
use crate::random::Random;
use crate::role::Role;
use std::fmt;
use upframe::connection::{Client, Fragment, Reply, SendError, Server, Settings, Transmitter};
use upframe::deflate::DeflateParams;
use upframe::frame::{CloseCode, Header, ReservedBits};

/// All control frames that the codec queues fit this many bytes.
const QUEUE: usize = 262;

/// A buffer that is longer than this is released when it is empty: room for twice what may wait by default, as it grows.
const KEPT: usize = 128 << 10;

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

/// The sending half of a connection, with a queue of bytes for the transport.
///
/// Frames are queued whole or not at all. Answers to the peer are written before what the program sends next; **of the
/// Pongs that wait for room there is only the newest**, so a flood of Pings needs no memory.
///
/// ```
/// use upframe::connection::{Fragment, Settings};
/// use upframe::frame::CloseCode;
/// use upframe_driver::{Output, Role};
/// let mut output = Output::new(Role::Server, Settings::new(), 4);
/// output.send(Fragment::text("Hi")).unwrap();
/// assert!(!output.has_room()); // flush before the next message
/// output.close(CloseCode::NORMAL, "").unwrap();
/// assert_eq!(output.bytes(), b"\x81\x02Hi\x88\x02\x03\xE8");
/// output.advance(8);
/// assert!(output.bytes().is_empty());
/// ```
pub struct Output {
    end: End,
    queued: Vec<u8>,
    /// So many bytes of it are written.
    written: usize,
    limit: usize,
    /// What compresses messages, if that was agreed on.
    deflating: Option<Box<Deflating>>,
}

impl Output {
    /// Returns the sending half of a connection that is open. Once `limit` bytes are queued, there is no room for more
    /// messages; 0 counts as 1.
    #[must_use]
    pub fn new(role: Role, settings: Settings, limit: usize) -> Self {
        let end = match role {
            Role::Server => End::Server(Transmitter::server(settings)),
            Role::Client => End::Client(Transmitter::client(Random::new(), settings)),
        };
        Self { end, queued: Vec::new(), written: 0, limit: limit.max(1), deflating: None }
    }

    /// Returns the sending half of a connection that is open, and that compresses messages as agreed on.
    ///
    /// ```
    /// use upframe::connection::{Fragment, Settings};
    /// use upframe_driver::{Deflate, DeflateParams, Direction, Output, Role};
    /// let params = DeflateParams { server: Direction::DEFAULT, client: Direction::DEFAULT };
    /// let deflate = Deflate::DEFAULT;
    /// let mut output = Output::compressing(Role::Server, Settings::new(), 64 << 10, params, deflate);
    /// output.send(Fragment::text(&"Hello! ".repeat(100))).unwrap();
    /// assert!(output.bytes().len() < 30);
    /// ```
    #[must_use]
    pub fn compressing(role: Role, settings: Settings, limit: usize, params: DeflateParams, deflate: Deflate) -> Self {
        let owned = settings.reserved_bits().union(ReservedBits::RSV1);
        let output = Self::new(role, settings.with_reserved_bits(owned), limit);
        let direction = params.outgoing(output.is_server());
        Self { deflating: Some(Box::new(Deflating::new(deflate, direction))), ..output }
    }

    /// Whether this is the end that accepted the connection.
    #[must_use]
    pub const fn is_server(&self) -> bool {
        matches!(self.end, End::Server(_))
    }

    /// Returns the bytes that the transport is to write next.
    #[inline]
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.queued.get(self.written..).unwrap_or_default()
    }

    /// Removes `n` bytes that were written.
    #[inline]
    pub fn advance(&mut self, n: usize) {
        self.written = self.written.saturating_add(n);
        if self.written >= self.queued.len() {
            self.written = 0;
            self.queued.clear();
            if self.queued.capacity() > KEPT {
                self.queued = Vec::new();
            }
        }
    }

    /// Releases the memory of the queue if it is empty. Otherwise up to 128 KiB of it are kept for what comes next.
    pub fn release(&mut self) {
        if self.queued.is_empty() {
            self.queued = Vec::new();
        }
    }

    /// Whether a message may be queued now.
    #[inline]
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.bytes().len() < self.limit
    }

    /// Queues a message, or a piece of one, whole. If compression was agreed on, it is compressed.
    ///
    /// # Errors
    ///
    /// Those of [`Transmitter::send`]. On an error nothing is queued, and the connection is unchanged.
    pub fn send(&mut self, fragment: Fragment<'_>) -> Result<(), SendError> {
        self.queue(fragment, false)
    }

    /// Does what [`send`](Self::send) does, and does not compress: for secrets, see
    /// [`Deflater`](upframe::deflate::Deflater). Of a message in pieces, the first piece decides.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub fn send_plain(&mut self, fragment: Fragment<'_>) -> Result<(), SendError> {
        self.queue(fragment, true)
    }

    fn queue(&mut self, fragment: Fragment<'_>, plain: bool) -> Result<(), SendError> {
        self.write_reply();
        remove_written(&mut self.queued, &mut self.written);
        if let Some(deflating) = &mut self.deflating
            && deflating.wants(&fragment, plain)
        {
            return both!(&mut self.end, transmitter => deflating.send(fragment, transmitter, &mut self.queued));
        }
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

    /// Queues a message that is prepared for many connections, as it is: compressed, if that was agreed on and its window
    /// is large enough, or plain. A client, which masks each frame, does what [`send`](Self::send) does.
    ///
    /// ```
    /// use upframe::connection::Settings;
    /// use upframe_driver::{Deflate, DeflateParams, Direction, Output, Prepared, Role};
    /// let news = Prepared::text("news, news, and more news", Some(Deflate::DEFAULT.with_min_len(0)));
    /// let mut plain = Output::new(Role::Server, Settings::new(), 64 << 10);
    /// plain.send_prepared(&news).unwrap();
    /// assert_eq!(plain.bytes().len(), 27);
    ///
    /// let params = DeflateParams { server: Direction::DEFAULT, client: Direction::DEFAULT };
    /// let mut compressing =
    ///     Output::compressing(Role::Server, Settings::new(), 64 << 10, params, Deflate::DEFAULT);
    /// compressing.send_prepared(&news).unwrap();
    /// assert!(compressing.bytes().len() < 25);
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send). On an error nothing is queued, and the connection is unchanged.
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), SendError> {
        self.write_reply();
        remove_written(&mut self.queued, &mut self.written);
        let End::Server(transmitter) = &mut self.end else {
            return self.queue(message.fragment(), !message.is_compressed());
        };
        match &mut self.deflating {
            Some(deflating) => deflating.send_prepared(message, transmitter, &mut self.queued),
            None => message.queue_plain(transmitter, &mut self.queued),
        }
    }

    /// Queues a Ping with up to 125 bytes (RFC 6455 §5.5.2).
    ///
    /// # Errors
    ///
    /// Those of [`Transmitter::ping`]. On an error nothing is queued.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.control(|end| both!(end, transmitter => transmitter.ping(payload)))
    }

    /// Queues a Pong that nobody asked for, with up to 125 bytes (RFC 6455 §5.5.3). Answers go through
    /// [`reply`](Self::reply).
    ///
    /// # Errors
    ///
    /// Those of [`Transmitter::pong`]. On an error nothing is queued.
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.control(|end| both!(end, transmitter => transmitter.pong(payload)))
    }

    /// Queues a Close with up to 123 bytes of reason (RFC 6455 §5.5.1). Nothing can be sent after it.
    ///
    /// # Errors
    ///
    /// Those of [`Transmitter::close`]. On an error nothing is queued.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.control(|end| both!(end, transmitter => transmitter.close(code, reason)))
    }

    /// Queues a Close without a code. Nothing can be sent after it.
    ///
    /// # Errors
    ///
    /// Those of [`Transmitter::close_without_code`]. On an error nothing is queued.
    pub fn close_without_code(&mut self) -> Result<(), SendError> {
        self.control(|end| both!(end, transmitter => transmitter.close_without_code()))
    }

    /// Queues a control frame of the program, after what is queued already.
    fn control(&mut self, queue: impl FnOnce(&mut End) -> Result<(), SendError>) -> Result<(), SendError> {
        self.write_queue();
        queue(&mut self.end)?;
        self.write_queue();
        Ok(())
    }

    /// Accepts an answer of the receiving half. A Close is queued at once; a Pong waits until there is room, and a
    /// newer one replaces it.
    pub fn reply(&mut self, reply: &Reply) {
        if both!(&mut self.end, transmitter => transmitter.answer(reply)).is_err() {
            self.write_queue();
            // refused again only if there is no masking key for what is queued
            let _ = both!(&mut self.end, transmitter => transmitter.answer(reply));
        }
        // a Pong waits until there is room; there is only one Close
        if reply.is_pong() { self.write_reply() } else { self.write_queue() }
    }

    /// Queues the answer that waits, if there is room now.
    #[inline]
    pub fn write_reply(&mut self) {
        if self.waits() && self.has_room() {
            self.write_queue();
        }
    }

    /// Whether the codec keeps a control frame.
    #[inline]
    fn waits(&self) -> bool {
        both!(&self.end, transmitter => transmitter.wants_transmit())
    }

    /// Queues the control frames that the codec keeps.
    fn write_queue(&mut self) {
        if self.waits() {
            let mut out = [0; QUEUE];
            let n = both!(&mut self.end, transmitter => transmitter.poll_transmit(&mut out));
            remove_written(&mut self.queued, &mut self.written);
            self.queued.extend_from_slice(out.get(..n).unwrap_or_default());
        }
    }

    /// Notes that nothing can be sent any more. What is queued stays.
    pub fn end_stream(&mut self) {
        both!(&mut self.end, transmitter => transmitter.end_stream());
    }

    /// Notes that nothing can be sent any more, and discards what is queued: the transport is broken.
    pub fn discard(&mut self) {
        self.end_stream();
        (self.queued, self.written) = (Vec::new(), 0);
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Output({} bytes)", self.bytes().len())
    }
}

/// Removes what was written from the front of a queue, if that is more than what is left: so the queue does not grow
/// with what was written, and fewer bytes are moved than were written.
fn remove_written(queued: &mut Vec<u8>, written: &mut usize) {
    if *written > queued.len().saturating_sub(*written) {
        queued.drain(..*written);
        *written = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_that_never_empties_does_not_grow_with_what_was_written() {
        for role in [Role::Server, Role::Client] {
            let mut output = Output::new(role, Settings::new(), 64);
            for turn in 0..10_000 {
                output.send(Fragment::binary(&[7; 1000])).unwrap();
                let left = output.bytes().len();
                output.advance(left - 1 - turn % 3);
                output.ping(b"?").unwrap();
            }
            assert!(output.queued.capacity() < 8 << 10, "{role:?}: {}", output.queued.capacity());
        }
    }

    #[test]
    fn what_is_left_after_any_write_is_the_rest_of_the_stream() {
        let (mut output, mut whole, mut seen) = (Output::new(Role::Server, Settings::new(), 64), vec![], vec![]);
        for turn in 0..500_usize {
            let payload = vec![turn as u8; turn % 50];
            output.send(Fragment::binary(&payload)).unwrap();
            whole.extend([0x82, payload.len() as u8]);
            whole.extend(payload);
            let n = output.bytes().len().min(turn * 7 % 61);
            seen.extend_from_slice(&output.bytes()[..n]);
            output.advance(n);
        }
        seen.extend_from_slice(output.bytes());
        assert_eq!(seen, whole);
    }

    #[test]
    fn a_long_queue_is_released_when_it_is_written_and_a_short_one_is_kept() {
        let mut output = Output::new(Role::Server, Settings::new(), 64);
        for (len, kept) in [(64 << 10, true), (1 << 20, false)] {
            output.send(Fragment::binary(&vec![7; len])).unwrap();
            let queued = output.bytes().len();
            output.advance(queued);
            assert_eq!(output.queued.capacity() > 0, kept, "{len}");
        }
    }
}
