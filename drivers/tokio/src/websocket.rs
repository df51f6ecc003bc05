//! The connection.

use crate::config::Config;
use crate::input::Input;
use crate::link::Link;
use crate::message::{CloseFrame, Message, Piece};
use crate::reading::Reading;
use crate::split::{self, ReadHalf, WriteHalf};
use crate::writing;
use bytes::{Bytes, BytesMut};
use futures_core::{FusedStream, Stream};
use futures_sink::Sink;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use upframe::connection::{Endpoint, Receiver, Settings};
use upframe::frame::{CloseCode, ReservedBits};
use upframe::keepalive::Keepalive;
use upframe_driver::{DeflateParams, Error, Inflating, Output, Prepared, Role};

/// A WebSocket connection over any transport that is `AsyncRead + AsyncWrite + Unpin`.
///
/// It is a [`Stream`] and a [`Sink`] of [`Message`]s. The methods that are documented here need no other crate.
///
/// **Reading drives the connection.** While [`next`](Self::next) waits, it also writes what is queued, answers Pings
/// and the peer's Close, and sends the Pings of the keepalive. So a program that only reads is a good peer, and one
/// that only writes is not: read in another task then, with [`split`](Self::split).
///
/// **Every method can be dropped while it waits** (`select!`, timeouts), and nothing is lost or half-sent. Each method
/// tells what a drop means.
///
/// A connection that is dropped without [`close`](Self::close) ends without a Close: the peer sees 1006.
///
/// ```
/// use upframe_tokio::{CloseCode, Message, accept, client};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), upframe_tokio::Error> {
/// let (here, there) = tokio::io::duplex(1024);
/// tokio::spawn(async {
///     let mut server = accept(there).await?;
///     while let Some(message) = server.next().await {
///         let message = message?;
///         if message.is_data() {
///             server.send(message).await?;
///         }
///     }
///     Ok::<_, upframe_tokio::Error>(())
/// });
/// let (mut client, _response) = client("ws://localhost/", here).await?;
/// client.send(Message::text("Hello")).await?;
/// assert_eq!(client.next().await.unwrap()?, Message::text("Hello"));
/// client.close(CloseCode::NORMAL, "").await?;
/// # Ok(())
/// # }
/// ```
pub struct WebSocket<S> {
    reading: Reading,
    link: Link<S>,
    subprotocol: Option<Box<str>>,
    deflate: Option<DeflateParams>,
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WebSocket<S> {
    /// Returns the connection on a transport that has already been upgraded, for example by an HTTP server.
    ///
    /// ```
    /// use upframe_tokio::{Config, Message, Role, WebSocket};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), upframe_tokio::Error> {
    /// let (here, there) = tokio::io::duplex(64);
    /// let mut server = WebSocket::new(there, Role::Server, Config::new());
    /// let mut client = WebSocket::new(here, Role::Client, Config::new());
    /// client.send(Message::text("Hello")).await?;
    /// assert_eq!(server.next().await.unwrap()?, Message::text("Hello"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(transport: S, role: Role, config: Config) -> Self {
        Self::with_buffered(transport, role, config, Bytes::new())
    }

    /// Does what [`new`](Self::new) does with bytes that were read after the opening handshake: the first frames.
    pub fn with_buffered(transport: S, role: Role, config: Config, buffered: Bytes) -> Self {
        Self::open(transport, role, config, BytesMut::from(buffered), None)
    }

    /// Does what [`with_buffered`](Self::with_buffered) does with compression, which the opening handshake agreed on.
    ///
    /// [`Config::deflate`] tells how this end compresses. If it is `None`, [`Deflate::DEFAULT`](crate::Deflate::DEFAULT) does.
    ///
    /// ```
    /// use upframe_tokio::{Bytes, Config, DeflateParams, Direction, Message, Role, WebSocket};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), upframe_tokio::Error> {
    /// let (here, there) = tokio::io::duplex(64);
    /// let params = DeflateParams { server: Direction::DEFAULT, client: Direction::DEFAULT };
    /// let open = |transport, role| {
    ///     WebSocket::with_params(transport, role, Config::new(), Bytes::new(), Some(params))
    /// };
    /// let (mut server, mut client) = (open(there, Role::Server), open(here, Role::Client));
    /// client.send(Message::text("Hello! ".repeat(100))).await?; // 20 bytes on the wire
    /// assert_eq!(server.next().await.unwrap()?, Message::text("Hello! ".repeat(100)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_params(
        transport: S,
        role: Role,
        config: Config,
        buffered: Bytes,
        deflate: Option<DeflateParams>,
    ) -> Self {
        Self::open(transport, role, config, BytesMut::from(buffered), deflate)
    }

    pub(crate) fn open(
        transport: S,
        role: Role,
        config: Config,
        buffer: BytesMut,
        deflate: Option<DeflateParams>,
    ) -> Self {
        let settings = Settings::new().with_limits(config.limits);
        let (settings, output) = match deflate {
            None => (settings, Output::new(role, settings, config.write_buffer)),
            Some(params) => {
                let settings = settings.with_reserved_bits(ReservedBits::RSV1);
                let deflate = config.deflate.unwrap_or_default();
                (settings, Output::compressing(role, settings, config.write_buffer, params, deflate))
            }
        };
        let receiver = match role {
            Role::Server => Receiver::<Endpoint>::new(Endpoint::Server, settings),
            Role::Client => Receiver::<Endpoint>::new(Endpoint::Client(()), settings),
        };
        let inflating = deflate.map(|params| Inflating::new(params, role));
        Self {
            reading: Reading::new(Input::new(receiver, buffer, config.read_buffer, inflating)),
            link: Link::new(transport, output, Keepalive::new(config.keepalive, Instant::now())),
            subprotocol: None,
            deflate,
            ended: false,
        }
    }

    /// Waits for the next message or control frame. `None` if the connection is closed.
    ///
    /// Pings are answered, and Closes, too: [`Message::Ping`] and [`Message::Close`] only tell about them. After a
    /// Close, call it until it returns `None`: it finishes the closing handshake.
    ///
    /// # Cancel safety
    ///
    /// Safe. What has come stays in the connection, and the next call goes on with it.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`], after the Close that tells why was written; [`Error::Ended`], [`Error::Dead`],
    /// [`Error::CloseTimedOut`], [`Error::Io`]. After an error, it returns `None`.
    ///
    /// # Panics
    ///
    /// Panics outside a tokio runtime with time, since the keepalive needs a timer.
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        poll_fn(|cx| self.poll_message(cx)).await
    }

    /// Waits for the next piece of a message: for messages that are too large to hold. `None` if the connection is
    /// closed.
    ///
    /// A piece has what one read brought, so it is never longer than the read buffer, unless a call of
    /// [`next`](Self::next) was dropped within the message: what that has collected comes whole. If `next` is called
    /// after the first pieces of a message, it skips the rest of that.
    ///
    /// Control frames are answered, and not returned. [`close_frame`](Self::close_frame) tells how the peer closed.
    ///
    /// ```
    /// use upframe_tokio::{Config, Message, Role, WebSocket};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), upframe_tokio::Error> {
    /// # let (here, there) = tokio::io::duplex(64);
    /// # let mut server = WebSocket::new(there, Role::Server, Config::new());
    /// # let mut client = WebSocket::new(here, Role::Client, Config::new());
    /// # tokio::spawn(async move {
    /// #     client.send(Message::binary(vec![7; 5000])).await?;
    /// #     while client.next().await.is_some() {}
    /// #     Ok::<_, upframe_tokio::Error>(())
    /// # });
    /// let mut received = 0;
    /// while let Some(piece) = server.next_piece().await {
    ///     let piece = piece?;
    ///     received += piece.as_bytes().len(); // write it to a file
    ///     if piece.place().is_last() {
    ///         break;
    ///     }
    /// }
    /// assert_eq!(received, 5000);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Safe, as [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// Those of [`next`](Self::next).
    ///
    /// # Panics
    ///
    /// As [`next`](Self::next).
    pub async fn next_piece(&mut self) -> Option<Result<Piece, Error>> {
        poll_fn(|cx| self.reading.poll_piece(&mut self.link, cx)).await
    }

    /// Sends a message: [`feed`](Self::feed), then [`flush`](Self::flush).
    ///
    /// A Ping may have up to 125 bytes; the keepalive sends its own.
    ///
    /// # Cancel safety
    ///
    /// Safe: the message is queued whole or not at all. A program that must know which calls `feed`, then `flush`.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the message cannot be sent: the connection is closing, or it is a control frame that is not
    /// valid. Nothing was queued, and the connection is unchanged. [`Error::Io`] if the transport failed.
    pub async fn send(&mut self, message: Message) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Queues a message. It waits while more than the write buffer is queued.
    ///
    /// What is queued is written by [`flush`](Self::flush), and whenever [`next`](Self::next) waits: a program that
    /// answers what it reads needs no `flush`, and writes many short answers at once.
    ///
    /// # Cancel safety
    ///
    /// Safe: if it is dropped before it returns, the message was not queued.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn feed(&mut self, message: Message) -> Result<(), Error> {
        poll_fn(|cx| writing::poll_ready(&mut self.link, cx)).await?;
        writing::queue(&mut self.link, &message)
    }

    /// Sends a piece of a message as a fragment: for messages that are too large to hold.
    ///
    /// The first piece is at [`Place::First`](crate::Place::First), the last one at `Last`. Control frames may be sent
    /// between them, other messages may not.
    ///
    /// ```
    /// use upframe_tokio::{Config, Message, Piece, Place, Role, WebSocket};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), upframe_tokio::Error> {
    /// # let (here, there) = tokio::io::duplex(64);
    /// # let mut server = WebSocket::new(there, Role::Server, Config::new());
    /// # let mut client = WebSocket::new(here, Role::Client, Config::new());
    /// client.send_piece(Piece::text("Hel").at(Place::First)).await?;
    /// client.send_piece(Piece::text("lo").at(Place::Last)).await?;
    /// assert_eq!(server.next().await.unwrap()?, Message::text("Hello"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Safe, as [`send`](Self::send): the piece is queued whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), and [`Error::Send`] if the piece does not fit the message that is being sent.
    pub async fn send_piece(&mut self, piece: Piece) -> Result<(), Error> {
        self.feed_piece(piece).await?;
        self.flush().await
    }

    /// Queues a piece of a message, as [`feed`](Self::feed) queues a message.
    ///
    /// # Cancel safety
    ///
    /// Safe: if it is dropped before it returns, the piece was not queued.
    ///
    /// # Errors
    ///
    /// Those of [`send_piece`](Self::send_piece).
    pub async fn feed_piece(&mut self, piece: Piece) -> Result<(), Error> {
        poll_fn(|cx| writing::poll_ready(&mut self.link, cx)).await?;
        writing::queue_piece(&mut self.link, &piece)
    }

    /// Sends a message that many connections get: it was compressed once, by [`Prepared`].
    ///
    /// ```
    /// use upframe_tokio::{Config, Deflate, Message, Prepared, Role, WebSocket};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), upframe_tokio::Error> {
    /// # let (here, there) = tokio::io::duplex(64);
    /// # let mut servers = [WebSocket::new(there, Role::Server, Config::new())];
    /// # let mut client = WebSocket::new(here, Role::Client, Config::new());
    /// let news = Prepared::text("news", Some(Deflate::DEFAULT));
    /// for server in &mut servers {
    ///     server.send_prepared(&news).await?;
    /// }
    /// assert_eq!(client.next().await.unwrap()?, Message::text("news"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A client, which masks each frame, compresses it again.
    ///
    /// # Cancel safety
    ///
    /// Safe, as [`send`](Self::send): the message is queued whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.feed_prepared(message).await?;
        self.flush().await
    }

    /// Queues a message that many connections get, as [`feed`](Self::feed) queues a message.
    ///
    /// # Cancel safety
    ///
    /// Safe: if it is dropped before it returns, the message was not queued.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub async fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        poll_fn(|cx| writing::poll_ready(&mut self.link, cx)).await?;
        writing::queue_prepared(&mut self.link, message)
    }

    /// Writes all that is queued.
    ///
    /// # Cancel safety
    ///
    /// Safe: what was not written stays queued.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the transport failed.
    pub async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| writing::poll_flush(&mut self.link, cx)).await
    }

    /// Closes the connection: sends a Close with up to 123 bytes of reason, waits for the peer's Close, and closes the
    /// transport (RFC 6455 §7.1.2).
    ///
    /// Messages that come meanwhile are discarded. It takes at most the `close_within` of the keepalive policy, 5 s by
    /// default. If the connection is closing already, it finishes that.
    ///
    /// # Cancel safety
    ///
    /// Safe: call it, or [`next`](Self::next), to go on. The Close is queued at the first poll, and the time runs from
    /// then on.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if code or reason are not valid; nothing was queued. [`Error::CloseTimedOut`] and the others of
    /// [`next`](Self::next): the connection is over then, too.
    ///
    /// # Panics
    ///
    /// As [`next`](Self::next).
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        writing::queue_close(&mut self.link, code, reason)?;
        while let Some(piece) = self.next_piece().await {
            piece?;
        }
        Ok(())
    }

    /// Splits the connection into halves for two tasks. See [`ReadHalf`] and [`WriteHalf`].
    pub fn split(self) -> (WriteHalf<S>, ReadHalf<S>) {
        split::split(self.reading, self.link)
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message, Error>>> {
        let message = self.reading.poll_message(&mut self.link, cx);
        self.ended |= matches!(message, Poll::Ready(None));
        message
    }
}

impl<S> WebSocket<S> {
    /// Returns the same connection with this subprotocol: for one that [`new`](WebSocket::new) made, whose opening
    /// handshake was elsewhere.
    ///
    /// ```
    /// use upframe_tokio::{Config, Role, WebSocket};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let (here, _) = tokio::io::duplex(64);
    /// let server = WebSocket::new(here, Role::Server, Config::new()).with_subprotocol("chat");
    /// assert_eq!(server.subprotocol(), Some("chat"));
    /// # }
    /// ```
    #[must_use]
    pub fn with_subprotocol(self, subprotocol: &str) -> Self {
        Self { subprotocol: Some(subprotocol.into()), ..self }
    }

    pub(crate) fn with_agreed_subprotocol(self, subprotocol: Option<&str>) -> Self {
        Self { subprotocol: subprotocol.map(Box::from), ..self }
    }

    /// Returns the subprotocol that was agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
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
        self.reading.close_code()
    }

    /// Returns what the peer's Close said; `None` if there was none, or if it had no code.
    #[must_use]
    pub fn close_frame(&self) -> Option<CloseFrame> {
        self.reading.close_frame()
    }

    /// Returns how long the peer took to answer the newest Ping of the keepalive.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.reading.round_trip()
    }

    /// Borrows the transport: for its addresses, for example.
    pub const fn get_ref(&self) -> &S {
        &self.link.io
    }

    /// Borrows the transport, to set its options. Reading or writing it breaks the connection.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.link.io
    }

    /// Returns the transport. What was received or queued is lost.
    pub fn into_inner(self) -> S {
        self.link.io
    }
}

impl<S> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("close_code", &self.close_code()).finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for WebSocket<S> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_message(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> FusedStream for WebSocket<S> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

/// Closing the sink sends a Close with 1000. Read on until the stream ends to finish the closing handshake.
impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for WebSocket<S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        writing::poll_ready(&mut self.link, cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        writing::queue(&mut self.link, &message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        writing::poll_flush(&mut self.link, cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        writing::poll_close(&mut self.link, cx)
    }
}
