//! Halves of a connection for two tasks.

use crate::link::Link;
use crate::message::{CloseFrame, Message, Piece};
use crate::reading::Reading;
use crate::writing;
use futures_core::Stream;
use futures_sink::Sink;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use upframe::frame::CloseCode;
use upframe_driver::{Error, Prepared};

pub(crate) fn split<S>(reading: Reading, link: Link<S>) -> (WriteHalf<S>, ReadHalf<S>) {
    let link = Arc::new(Mutex::new(link));
    (WriteHalf { link: link.clone() }, ReadHalf { reading, link })
}

/// The half that reads: a [`Stream`] of [`Message`]s.
///
/// It answers Pings and the peer's Close, and runs the keepalive, as a whole [`WebSocket`](crate::WebSocket) does
/// while it reads. Of the answers that wait for the transport it keeps one, the newest, so a flood of Pings needs no
/// memory. The lock that both halves share is held for single polls of the transport, and not while frames are read.
///
/// If it is dropped, nobody answers Pings. The transport is dropped with the last half.
///
/// ```
/// use upframe_tokio::{CloseCode, Config, Message, Role, WebSocket};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), upframe_tokio::Error> {
/// # let (here, there) = tokio::io::duplex(64);
/// # let mut client = WebSocket::new(here, Role::Client, Config::new());
/// let server = WebSocket::new(there, Role::Server, Config::new());
/// let (mut writer, mut reader) = server.split();
/// tokio::spawn(async move {
///     writer.send(Message::text("news")).await?;
///     writer.close(CloseCode::GOING_AWAY, "restart").await
/// });
/// tokio::spawn(async move { while let Some(Ok(_message)) = reader.next().await {} });
/// assert_eq!(client.next().await.unwrap()?, Message::text("news"));
/// assert!(client.next().await.unwrap()?.is_close());
/// assert!(client.next().await.is_none());
/// # Ok(())
/// # }
/// ```
pub struct ReadHalf<S> {
    reading: Reading,
    link: Arc<Mutex<Link<S>>>,
}

/// The half that writes: a [`Sink`] of [`Message`]s. Its methods do what those of a [`WebSocket`](crate::WebSocket) do,
/// with the same errors and the same cancel safety.
pub struct WriteHalf<S> {
    link: Arc<Mutex<Link<S>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> ReadHalf<S> {
    /// Waits for the next message or control frame. See [`WebSocket::next`](crate::WebSocket::next).
    ///
    /// # Cancel safety
    ///
    /// Safe. What has come stays in this half, and the next call goes on with it.
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::next`.
    ///
    /// # Panics
    ///
    /// As `WebSocket::next`.
    pub async fn next(&mut self) -> Option<Result<Message, Error>> {
        poll_fn(|cx| self.reading.poll_message(&mut self.link, cx)).await
    }

    /// Waits for the next piece of a message. See [`WebSocket::next_piece`](crate::WebSocket::next_piece).
    ///
    /// # Cancel safety
    ///
    /// Safe, as [`next`](Self::next).
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::next`.
    ///
    /// # Panics
    ///
    /// As `WebSocket::next`.
    pub async fn next_piece(&mut self) -> Option<Result<Piece, Error>> {
        poll_fn(|cx| self.reading.poll_piece(&mut self.link, cx)).await
    }

    /// Returns the close code. See [`WebSocket::close_code`](crate::WebSocket::close_code).
    #[must_use]
    pub const fn close_code(&self) -> Option<CloseCode> {
        self.reading.close_code()
    }

    /// Returns what the peer's Close said. See [`WebSocket::close_frame`](crate::WebSocket::close_frame).
    #[must_use]
    pub fn close_frame(&self) -> Option<CloseFrame> {
        self.reading.close_frame()
    }

    /// Returns how long the peer took to answer the newest Ping of the keepalive.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.reading.round_trip()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> WriteHalf<S> {
    /// Sends a message. See [`WebSocket::send`](crate::WebSocket::send).
    ///
    /// # Cancel safety
    ///
    /// Safe: the message is queued whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send`.
    pub async fn send(&mut self, message: Message) -> Result<(), Error> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Queues a message. See [`WebSocket::feed`](crate::WebSocket::feed).
    ///
    /// # Cancel safety
    ///
    /// Safe: if it is dropped before it returns, the message was not queued.
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send`.
    pub async fn feed(&mut self, message: Message) -> Result<(), Error> {
        poll_fn(|cx| writing::poll_ready(&mut self.link, cx)).await?;
        writing::queue(&mut self.link, &message)
    }

    /// Sends a piece of a message. See [`WebSocket::send_piece`](crate::WebSocket::send_piece).
    ///
    /// # Cancel safety
    ///
    /// Safe: the piece is queued whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send_piece`.
    pub async fn send_piece(&mut self, piece: Piece) -> Result<(), Error> {
        self.feed_piece(piece).await?;
        self.flush().await
    }

    /// Queues a piece of a message. See [`WebSocket::feed_piece`](crate::WebSocket::feed_piece).
    ///
    /// # Cancel safety
    ///
    /// Safe: if it is dropped before it returns, the piece was not queued.
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send_piece`.
    pub async fn feed_piece(&mut self, piece: Piece) -> Result<(), Error> {
        poll_fn(|cx| writing::poll_ready(&mut self.link, cx)).await?;
        writing::queue_piece(&mut self.link, &piece)
    }

    /// Sends a message that many connections get. See [`WebSocket::send_prepared`](crate::WebSocket::send_prepared).
    ///
    /// # Cancel safety
    ///
    /// Safe: the message is queued whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send`.
    pub async fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.feed_prepared(message).await?;
        self.flush().await
    }

    /// Queues a message that many connections get. See
    /// [`WebSocket::feed_prepared`](crate::WebSocket::feed_prepared).
    ///
    /// # Cancel safety
    ///
    /// Safe: if it is dropped before it returns, the message was not queued.
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send`.
    pub async fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        poll_fn(|cx| writing::poll_ready(&mut self.link, cx)).await?;
        writing::queue_prepared(&mut self.link, message)
    }

    /// Writes all that is queued. See [`WebSocket::flush`](crate::WebSocket::flush).
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

    /// Starts the closing handshake: sends a Close. The reader finishes it: its `next` returns `None` then, after the
    /// `close_within` of the keepalive policy at the latest.
    ///
    /// # Cancel safety
    ///
    /// Safe: the Close is queued at the first poll. Call it again, or [`flush`](Self::flush), to go on.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if code or reason are not valid; nothing was queued. [`Error::Io`] if the transport failed.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        writing::queue_close(&mut self.link, code, reason)?;
        poll_fn(|cx| writing::poll_close(&mut self.link, cx)).await
    }
}

impl<S> fmt::Debug for ReadHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadHalf").field("close_code", &self.reading.close_code()).finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for WriteHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteHalf").finish_non_exhaustive()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for ReadHalf<S> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { reading, link } = &mut *self;
        reading.poll_message(link, cx)
    }
}

/// Closing the sink sends a Close with 1000.
impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for WriteHalf<S> {
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
