//! The connection.

use crate::clock::{Clock, within};
use crate::config::Config;
use crate::deflate::{Deflate, Parts};
use crate::error::Error;
use crate::halves::Halves;
use crate::input::{Found, Input};
use crate::message::{CloseFrame, Message, Piece};
use crate::reading::{Drive, Reading};
use crate::shared::Shared;
use crate::writer::{NoKeys, Writer};
use core::fmt;
use core::ops::Range;
use core::time::Duration;
use embedded_io_async::{Read, Write};
use upframe::connection::{Endpoint, Entropy, Fragment, Reply, Settings, Transmitter};
use upframe::deflate::DeflateParams;
use upframe::frame::{CloseCode, ReservedBits};

/// A WebSocket connection over any transport that is `Read + Write` of embedded-io-async, with two caller-provided
/// buffers.
///
/// A message is returned in the receive buffer, which must be longer than the longest one; one that does not fit fails
/// the connection with 1009. A message that is sent must fit the send buffer, with 14 bytes for its header. In pieces,
/// messages may have any length. The opening handshake needs both buffers, too: 256 bytes each are enough for most
/// peers' heads.
///
/// **Reading drives the connection.** While [`next`](Self::next) waits, it also writes what is queued, answers Pings
/// and the peer's Close, and sends the Pings of the keepalive.
///
/// **Every method can be dropped while it waits** (`select`, timeouts), if a `read` and a `write` of the transport can:
/// a dropped `read` has consumed nothing, and a dropped `write` has written nothing. Those of embassy-net can.
///
/// It is for one task. [`halves`](Self::halves) are for two.
///
/// [`Deflate`] has the memory for compressed messages. One that is received must fit the receive buffer as it came, and
/// that memory when it is inflated.
///
/// It does not close the transport, since embedded-io has no method for that. Do it when [`next`](Self::next) has
/// returned `None` or an error.
///
/// `T` is the transport, `C` the clock, `E` the source of masking keys of a client.
pub struct WebSocket<'b, T, C, E: Entropy = NoKeys> {
    reading: Reading<'b>,
    writer: Writer<'b, T, C, E>,
    pub(crate) subprotocol: Option<&'b str>,
    pub(crate) deflate: Option<DeflateParams>,
}

/// What [`WebSocket::next_and_writer`] returns.
type Answerable<'a, 'b, T, C, E, X> = Result<(Message<'a>, &'a mut Writer<'b, T, C, E>), Error<X>>;

impl<'b, T: Read + Write, C: Clock, E: Entropy> WebSocket<'b, T, C, E> {
    /// Returns the connection on a transport that has already been upgraded. The source of masking keys is in
    /// `endpoint`.
    pub fn new(
        transport: T,
        clock: C,
        endpoint: Endpoint<E>,
        receive_buffer: &'b mut [u8],
        send_buffer: &'b mut [u8],
        config: Config,
    ) -> Self {
        Self::open(transport, clock, endpoint, (receive_buffer, 0..0), send_buffer, config, None)
    }

    /// Does what [`new`](Self::new) does with compression, which the opening handshake agreed on.
    ///
    /// If the memory of `deflate` is too short for what the peer may send by `params`, a compressed message fails the
    /// connection with 1009. Without takeover, any memory suffices that holds the inflated message.
    #[expect(clippy::too_many_arguments, reason = "what is owned by the caller comes in")]
    pub fn with_deflate(
        transport: T,
        clock: C,
        endpoint: Endpoint<E>,
        receive_buffer: &'b mut [u8],
        send_buffer: &'b mut [u8],
        config: Config,
        params: DeflateParams,
        deflate: &'b mut Deflate<'_>,
    ) -> Self {
        let is_server = matches!(endpoint, Endpoint::Server);
        let parts = deflate.begin(params, is_server);
        let mut websocket =
            Self::open(transport, clock, endpoint, (receive_buffer, 0..0), send_buffer, config, Some(parts));
        websocket.deflate = Some(params);
        websocket
    }

    /// `unread` is what came after the opening handshake.
    pub(crate) fn open(
        transport: T,
        clock: C,
        endpoint: Endpoint<E>,
        (buffer, unread): (&'b mut [u8], Range<usize>),
        send_buffer: &'b mut [u8],
        config: Config,
        deflate: Option<Parts<'b, E>>,
    ) -> Self {
        let end = match endpoint {
            Endpoint::Server => Endpoint::Server,
            Endpoint::Client(_) => Endpoint::Client(()),
        };
        let mut settings = Settings::new().with_limits(config.limits);
        if deflate.is_some() {
            settings = settings.with_reserved_bits(ReservedBits::RSV1);
        }
        let (inflating, packing) = deflate.unzip();
        let transmitter = Transmitter::endpoint(endpoint, settings);
        Self {
            reading: Reading::new(Input::new(end, settings, buffer, unread, inflating)),
            writer: Writer::new(transport, clock, transmitter, send_buffer, config, packing),
            subprotocol: None,
            deflate: None,
        }
    }

    /// Waits for the next message or control frame. `None` if the connection is closed.
    ///
    /// Pings are answered, and Closes, too: [`Message::Ping`] and [`Message::Close`] only tell about them. After a
    /// Close, call it until it returns `None`: it finishes the closing handshake. A client then waits until the server
    /// has closed the transport.
    ///
    /// # Cancel safety
    ///
    /// Safe, if those of the transport are. What has come stays in the buffer, and the next call goes on with it.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`], after the Close that tells why was written; [`Error::Ended`], [`Error::Dead`],
    /// [`Error::CloseTimedOut`], [`Error::Io`]. After an error, it returns `None`.
    pub async fn next(&mut self) -> Option<Result<Message<'_>, Error<T::Error>>> {
        Some(self.next_and_writer().await?.map(|(message, _)| message))
    }

    /// Does what [`next`](Self::next) does, and also returns the half that writes: so a message can be answered
    /// without a copy of it.
    ///
    /// ```
    /// # use upframe_embedded::{Clock, Error, WebSocket, embedded_io_async::{Read, Write}};
    /// async fn echo<T: Read + Write, C: Clock>(
    ///     websocket: &mut WebSocket<'_, T, C>,
    /// ) -> Result<(), Error<T::Error>> {
    ///     while let Some(next) = websocket.next_and_writer().await {
    ///         let (message, writer) = next?;
    ///         if let Some(data) = message.to_fragment() {
    ///             writer.send(data).await?;
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Safe, as [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// Those of [`next`](Self::next).
    pub async fn next_and_writer(&mut self) -> Option<Answerable<'_, 'b, T, C, E, T::Error>> {
        match self.reading.found(&mut self.writer, Input::find).await? {
            Ok(found) => Some(Ok((self.reading.input.message(found), &mut self.writer))),
            Err(error) => Some(Err(error)),
        }
    }

    /// Waits for the next piece of a message: for messages that are longer than the receive buffer. `None` if the
    /// connection is closed.
    ///
    /// If a call of [`next`](Self::next) was dropped within the message, what that has collected comes whole. If `next`
    /// is called after the first pieces of a message, it skips the rest of that; of a compressed message, also if no piece
    /// came yet.
    ///
    /// Control frames are answered, and not returned. [`close_frame`](Self::close_frame) tells how the peer closed.
    ///
    /// # Cancel safety
    ///
    /// Safe, as [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// Those of [`next`](Self::next).
    pub async fn next_piece(&mut self) -> Option<Result<Piece<'_>, Error<T::Error>>> {
        loop {
            match self.reading.found(&mut self.writer, Input::find_piece).await? {
                Ok(Found::Ping | Found::Pong | Found::Close) => {}
                Ok(found) => return self.reading.input.piece(found).map(Ok),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Sends a message, or a piece of one. See [`Writer::send`].
    ///
    /// # Cancel safety
    ///
    /// Safe: the message is queued whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of [`Writer::send`].
    pub async fn send(&mut self, message: impl Into<Fragment<'_>>) -> Result<(), Error<T::Error>> {
        self.writer.send(message).await
    }

    /// Returns the half that writes.
    pub const fn writer(&mut self) -> &mut Writer<'b, T, C, E> {
        &mut self.writer
    }

    /// Closes the connection: sends a Close with up to 123 bytes of reason, and waits for the peer's Close (RFC 6455
    /// §7.1.2).
    ///
    /// Messages that come meanwhile are discarded. It takes at most the `close_within` of the keepalive policy, 5 s by
    /// default. If the connection is closing already, it finishes that. Close the transport then.
    ///
    /// # Cancel safety
    ///
    /// Safe: call it, or [`next`](Self::next), to go on.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if code or reason are not valid; nothing was queued. [`Error::CloseTimedOut`] and the others of
    /// [`next`](Self::next): the connection is over then, too.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error<T::Error>> {
        if !self.reading.has_ended() {
            self.writer.close(code, reason).await?;
        }
        while let Some(piece) = self.next_piece().await {
            piece?;
        }
        Ok(())
    }

    /// Reads and discards until the stream ends, or until the time for the closing handshake is over: between closing
    /// the sending side of a TCP socket and dropping it, so that the peer surely gets the last Close. A system that
    /// drops a socket with unread bytes resets the connection.
    ///
    /// # Cancel safety
    ///
    /// Safe.
    pub async fn linger(&mut self) {
        self.writer.keepalive.on_closing(self.writer.clock.now());
        while self.writer.discard(self.reading.input.all()).await {}
    }

    /// Splits the connection into halves for two tasks of one executor. `split` splits the transport, for example
    /// `|tcp| tcp.split()`. See [`Halves`].
    pub fn halves<R: Read, W: Write<Error = R::Error>>(
        self,
        split: impl FnOnce(T) -> (R, W),
    ) -> Halves<'b, R, W, C, E> {
        let Writer { transport, clock, keepalive, output, broken, given_up } = self.writer;
        let (reader, writer) = split(transport);
        let shared = Shared::new(writer, clock, keepalive, output, broken, given_up);
        Halves::new(self.reading, reader, shared, self.subprotocol)
    }
}

impl<T: Read + Write, C: Clock, E: Entropy> Drive for Writer<'_, T, C, E> {
    type Error = T::Error;

    fn is_server(&self) -> bool {
        self.output.transmitter.is_server()
    }

    fn is_broken(&self) -> bool {
        self.broken
    }

    async fn flush(&mut self) -> Result<(), Error<T::Error>> {
        self.flush().await
    }

    /// What is queued is written first.
    async fn read(&mut self, room: &mut [u8]) -> Result<usize, Error<T::Error>> {
        loop {
            if !self.broken {
                match self.flush().await {
                    // what the peer sent before is still there
                    Ok(()) | Err(Error::Io(_) | Error::WriteZero) => {}
                    Err(error) => return Err(error),
                }
            }
            self.is_given_up()?;
            match within(&self.clock, self.keepalive.poll_timeout(), self.transport.read(room)).await {
                None => self.on_time()?,
                Some(Ok(0)) => return Ok(0),
                Some(Ok(n)) => {
                    self.keepalive.on_received(self.clock.now());
                    // a peer that sends without end does not keep the closing handshake from its end
                    self.on_time()?;
                    return Ok(n);
                }
                Some(Err(error)) => return Err(Error::Io(error)),
            }
        }
    }

    async fn discard(&mut self, buffer: &mut [u8]) -> bool {
        if self.is_given_up().is_err() {
            return false;
        }
        let read = within(&self.clock, self.keepalive.poll_timeout(), self.transport.read(buffer)).await;
        !matches!(read, Some(Ok(0) | Err(_))) && self.on_time().is_ok()
    }

    fn answer(&mut self, reply: Option<Reply>, last: bool) {
        if let Some(reply) = reply {
            self.output.reply(reply);
        }
        if last {
            self.keepalive.on_closing(self.clock.now());
        }
    }

    fn on_pong(&mut self, payload: &[u8]) -> Option<Duration> {
        self.keepalive.on_pong(self.clock.now(), payload)
    }

    fn end(&mut self) {
        self.end_stream();
    }
}

impl<'b, T, C, E: Entropy> WebSocket<'b, T, C, E> {
    /// Returns the subprotocol that was agreed on in the opening handshake.
    #[must_use]
    pub const fn subprotocol(&self) -> Option<&'b str> {
        self.subprotocol
    }

    /// Returns the parameters of permessage-deflate that were agreed on in the opening handshake; `None` if messages are
    /// not compressed.
    #[must_use]
    pub const fn deflate_params(&self) -> Option<DeflateParams> {
        self.deflate
    }

    /// Returns the close code (RFC 6455 §7.1.5), once the peer has closed or the stream has ended: 1005 if the peer's
    /// Close had none, 1006 if there was no Close.
    #[must_use]
    pub const fn close_code(&self) -> Option<CloseCode> {
        self.reading.input.close_code()
    }

    /// Returns what the peer's Close said; `None` if there was none, or if it had no code.
    #[must_use]
    pub fn close_frame(&self) -> Option<CloseFrame<'_>> {
        self.reading.input.close_frame()
    }

    /// Returns how long the peer took to answer the newest Ping of the keepalive.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.reading.round_trip
    }

    /// Borrows the transport: for its addresses, for example.
    pub const fn get_ref(&self) -> &T {
        &self.writer.transport
    }

    /// Borrows the transport: to close it, for example. Reading or writing it breaks the connection.
    pub const fn get_mut(&mut self) -> &mut T {
        &mut self.writer.transport
    }

    /// Returns the transport. What was received or queued is lost.
    pub fn into_inner(self) -> T {
        self.writer.transport
    }
}

impl<T, C, E: Entropy> fmt::Debug for WebSocket<'_, T, C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("close_code", &self.close_code()).finish_non_exhaustive()
    }
}
