//! The sending half: messages in, bytes to the transport.

use crate::clock::{Clock, within};
use crate::config::Config;
use crate::error::Error;
use crate::output::{Output, Queued};
use crate::packing::Packer;
use core::fmt;
use core::time::Duration;
use embedded_io_async::Write;
use upframe::connection::{Endpoint, Entropy, Fragment, NoEntropy, SendError, Transmitter};
use upframe::frame::CloseCode;
use upframe::keepalive::{Due, Keepalive};

/// The source of masking keys of a server, which has none.
#[derive(Clone, Copy, Debug)]
pub enum NoKeys {}

impl Entropy for NoKeys {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), NoEntropy> {
        match *self {}
    }
}

/// The half of a [`WebSocket`](crate::WebSocket) that writes. With it, a message can be answered while it is borrowed:
/// see [`WebSocket::next_and_writer`](crate::WebSocket::next_and_writer).
pub struct Writer<'b, T, C, E: Entropy> {
    pub(crate) transport: T,
    pub(crate) clock: C,
    pub(crate) keepalive: Keepalive<Duration>,
    pub(crate) output: Output<'b, E>,
    /// Nothing can be written any more.
    pub(crate) broken: bool,
    /// Why the connection was given up.
    pub(crate) given_up: Option<Due>,
}

impl<'b, T: Write, C: Clock, E: Entropy> Writer<'b, T, C, E> {
    pub(crate) fn new(
        transport: T,
        clock: C,
        transmitter: Transmitter<Endpoint<E>>,
        buffer: &'b mut [u8],
        config: Config,
        packing: Option<Packer<'b, E>>,
    ) -> Self {
        let keepalive = Keepalive::new(config.keepalive, clock.now());
        let output = Output::new(transmitter, buffer, packing);
        Self { transport, clock, keepalive, output, broken: false, given_up: None }
    }

    /// Sends a message, or a piece of one: [`feed`](Self::feed), then [`flush`](Self::flush).
    ///
    /// A `&str` is a text message, a `&[u8]` a binary one. It must fit the send buffer, with 14 bytes for its header.
    /// Send a longer one in pieces, as fragments (RFC 6455 §5.4): the first one is
    /// `Fragment::binary(bytes).at(Place::First)`, the last one is at `Place::Last`.
    ///
    /// # Cancel safety
    ///
    /// Safe: the message is queued whole or not at all. A program that must know which calls `feed`, then `flush`.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if it cannot be sent: the connection is closing, it does not fit the send buffer, or it does not
    /// fit the message that is being sent. Nothing was queued, and the connection is unchanged. [`Error::Io`] if the
    /// transport failed; [`Error::Dead`] and [`Error::CloseTimedOut`] if the peer accepts no bytes.
    pub async fn send(&mut self, message: impl Into<Fragment<'_>>) -> Result<(), Error<T::Error>> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Queues a message, or a piece of one. It waits until there is room for it in the send buffer.
    ///
    /// What is queued is written by [`flush`](Self::flush), and whenever [`next`](crate::WebSocket::next) waits.
    ///
    /// # Cancel safety
    ///
    /// Safe: if it is dropped before it returns, the message was not queued.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn feed(&mut self, message: impl Into<Fragment<'_>>) -> Result<(), Error<T::Error>> {
        let fragment = message.into();
        self.queue(|output| output.queue_message(fragment, false)).await
    }

    /// Does what [`feed`](Self::feed) does, and does not compress the message. Of a message in pieces, the first piece
    /// decides.
    ///
    /// **A message that has both a secret and text that an attacker chose must not be compressed.** Text that repeats the
    /// secret makes the message shorter, and encryption does not hide the length: an attacker who can try many texts
    /// finds the secret out byte by byte (CRIME, BREACH).
    ///
    /// # Cancel safety
    ///
    /// Safe, as [`feed`](Self::feed).
    ///
    /// # Errors
    ///
    /// Those of [`feed`](Self::feed).
    pub async fn feed_plain(&mut self, message: impl Into<Fragment<'_>>) -> Result<(), Error<T::Error>> {
        let fragment = message.into();
        self.queue(|output| output.queue_message(fragment, true)).await
    }

    /// Sends a Ping with up to 125 bytes; the keepalive sends its own.
    ///
    /// # Cancel safety
    ///
    /// Safe, as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error<T::Error>> {
        self.queue(|output| output.queue(|transmitter, _| transmitter.ping(payload).map(|()| 0))).await?;
        self.flush().await
    }

    /// Sends a Pong that nobody asked for (RFC 6455 §5.5.3). Pings are answered without it.
    ///
    /// # Cancel safety
    ///
    /// Safe, as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn pong(&mut self, payload: &[u8]) -> Result<(), Error<T::Error>> {
        self.queue(|output| output.queue(|transmitter, _| transmitter.pong(payload).map(|()| 0))).await?;
        self.flush().await
    }

    /// Starts the closing handshake: sends a Close with up to 123 bytes of reason. Read on until `next` returns `None`.
    ///
    /// # Cancel safety
    ///
    /// Safe: call it again to go on.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if code or reason are not valid; nothing was queued. The others of [`send`](Self::send).
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error<T::Error>> {
        match self.queue(|output| output.queue(|transmitter, _| transmitter.close(code, reason).map(|()| 0))).await {
            // it is closing already, or closed
            Ok(()) | Err(Error::Send(SendError::Closing)) => {}
            Err(error) => return Err(error),
        }
        self.keepalive.on_closing(self.clock.now());
        if self.broken { Ok(()) } else { self.flush().await }
    }

    /// Writes all that is queued.
    ///
    /// # Cancel safety
    ///
    /// Safe, if `write` and `flush` of the transport are: what was not written stays queued.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the transport failed; [`Error::Dead`] and [`Error::CloseTimedOut`] if the peer accepts no
    /// bytes.
    pub async fn flush(&mut self) -> Result<(), Error<T::Error>> {
        loop {
            self.output.queue_owed();
            if !self.output.is_empty() {
                self.write().await?;
            } else if self.output.unflushed {
                match within(&self.clock, self.keepalive.poll_timeout(), self.transport.flush()).await {
                    None => self.on_time()?,
                    Some(flushed) => {
                        self.output.unflushed = false;
                        flushed.map_err(|error| self.broken_by(Error::Io(error)))?;
                    }
                }
            } else {
                return if self.broken { Err(Error::WriteZero) } else { Ok(()) };
            }
        }
    }

    /// Queues something whole, as soon as there is room.
    async fn queue(&mut self, mut queue: impl FnMut(&mut Output<'b, E>) -> Queued) -> Result<(), Error<T::Error>> {
        loop {
            match queue(&mut self.output) {
                Queued::Done => return Ok(()),
                Queued::WriteFirst => self.write().await?,
                Queued::Refused(error) => return Err(Error::Send(error)),
            }
        }
    }

    /// Writes a part of what is queued.
    async fn write(&mut self) -> Result<(), Error<T::Error>> {
        self.output.unflushed = true;
        let write = self.transport.write(self.output.bytes());
        match within(&self.clock, self.keepalive.poll_timeout(), write).await {
            None => self.on_time(),
            Some(Ok(0)) => Err(self.broken_by(Error::WriteZero)),
            Some(Ok(n)) => {
                self.output.advance(n);
                Ok(())
            }
            Some(Err(error)) => Err(self.broken_by(Error::Io(error))),
        }
    }

    /// Does what is due. An error ends the connection: a writer may see it first, so it is returned again.
    pub(crate) fn on_time(&mut self) -> Result<(), Error<T::Error>> {
        let due = self.keepalive.handle_timeout(self.clock.now());
        if due == Some(Due::Ping) {
            // refused if another one waits
            let _ = self.output.transmitter.ping(&self.keepalive.ping_payload());
        } else if due.is_some() {
            self.given_up = due;
            self.end_stream();
        }
        self.is_given_up()
    }

    /// Returns an error if the connection was given up: nothing limits the time of a read then.
    pub(crate) const fn is_given_up(&self) -> Result<(), Error<T::Error>> {
        match self.given_up {
            None => Ok(()),
            Some(Due::CloseTimedOut) => Err(Error::CloseTimedOut),
            Some(_) => Err(Error::Dead),
        }
    }

    /// Nothing can be written any more.
    fn broken_by(&mut self, error: Error<T::Error>) -> Error<T::Error> {
        self.end_stream();
        error
    }

    pub(crate) fn end_stream(&mut self) {
        self.output.end_stream();
        self.broken = true;
    }
}

impl<T, C, E: Entropy> fmt::Debug for Writer<'_, T, C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}
