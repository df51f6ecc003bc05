//! Halves of a connection, for two tasks.

use crate::clock::Clock;
use crate::error::Error;
use crate::input::{Found, Input};
use crate::message::{CloseFrame, Message, Piece};
use crate::reading::{Drive, Reading};
use crate::shared::{Shared, Side};
use crate::writer::NoKeys;
use core::fmt;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use embedded_io_async::{Read, Write};
use upframe::connection::{Entropy, Fragment, Reply, SendError};
use upframe::frame::CloseCode;

/// A connection whose halves are in two tasks of one executor: [`WebSocket::halves`](crate::WebSocket::halves).
///
/// It needs a transport that can be split, such as a `TcpSocket` of embassy-net. [`split`](Self::split) borrows the two
/// halves. **They share cells without a lock**, so both tasks must be on the same executor: run them with `join` in one
/// task, or keep this value in a `StaticCell` and spawn two tasks. The compiler refuses them on two threads.
///
/// The half that reads answers Pings and the peer's Close, and runs the keepalive, as a whole connection does while it
/// reads; neither the other half nor a peer that does not read keeps it from reading. While the other half uses the
/// transport, that writes the answers. There is one place for an answer, so a flood of Pings needs no memory.
///
/// ```
/// # use upframe_embedded::embedded_io_async::{Read, Write};
/// use upframe_embedded::{Clock, CloseCode, Error, Message, WebSocket};
///
/// async fn run<T, R, W, C>(
///     websocket: WebSocket<'_, T, C>,
///     split: impl FnOnce(T) -> (R, W), // for embassy-net: |tcp| tcp.split()
/// ) -> Result<(), Error<R::Error>>
/// where
///     T: Read + Write<Error = R::Error>,
///     R: Read,
///     W: Write<Error = R::Error>,
///     C: Clock,
/// {
///     let mut halves = websocket.halves(split);
///     let (mut reader, mut writer) = halves.split();
///     let report = async {
///         writer.send("21.5").await?;
///         writer.close(CloseCode::NORMAL, "bye").await
///     };
///     let listen = async {
///         while let Some(message) = reader.next().await {
///             if let Message::Text(text) = message? {
///                 println!("{text}");
///             }
///         }
///         Ok(())
///     };
///     # async fn join<A: Future, B: Future>(one: A, other: B) -> (A::Output, B::Output) {
///     #     (one.await, other.await)
///     # }
///     let (reported, listened) = join(report, listen).await; // such as that of embassy-futures
///     reported.and(listened)
/// }
/// ```
pub struct Halves<'b, R, W, C, E: Entropy = NoKeys> {
    reading: Reading<'b>,
    transport: R,
    shared: Shared<'b, W, C, E>,
    subprotocol: Option<&'b str>,
}

/// The half that reads. Its methods do what those of a [`WebSocket`](crate::WebSocket) do, with the same errors and the
/// same cancel safety.
///
/// If it is dropped or not polled, nobody answers Pings, and the keepalive works only while the other half waits.
pub struct ReadHalf<'s, 'b, R, W, C, E: Entropy = NoKeys> {
    reading: &'s mut Reading<'b>,
    ends: Ends<'s, 'b, R, W, C, E>,
}

/// The half that writes. Its methods do what those of a [`Writer`](crate::Writer) do, with the same errors and the same
/// cancel safety.
///
/// When the other half has returned `None` or an error, they return [`Error::WriteZero`] or [`Error::Send`], or the
/// error with which the connection was given up.
pub struct WriteHalf<'s, 'b, W, C, E: Entropy = NoKeys> {
    shared: &'s Shared<'b, W, C, E>,
}

/// What [`Halves::split`] returns.
type Pair<'s, 'b, R, W, C, E> = (ReadHalf<'s, 'b, R, W, C, E>, WriteHalf<'s, 'b, W, C, E>);

/// What the reader reads, and what it shares with the writer.
struct Ends<'s, 'b, R, W, C, E: Entropy> {
    transport: &'s mut R,
    shared: &'s Shared<'b, W, C, E>,
}

impl<'b, R, W, C: Clock, E: Entropy> Halves<'b, R, W, C, E> {
    pub(crate) const fn new(
        reading: Reading<'b>,
        transport: R,
        shared: Shared<'b, W, C, E>,
        subprotocol: Option<&'b str>,
    ) -> Self {
        Self { reading, transport, shared, subprotocol }
    }

    /// Borrows the half that reads and the half that writes.
    pub const fn split(&mut self) -> Pair<'_, 'b, R, W, C, E> {
        let ends = Ends { transport: &mut self.transport, shared: &self.shared };
        (ReadHalf { reading: &mut self.reading, ends }, WriteHalf { shared: &self.shared })
    }

    /// Returns the subprotocol that was agreed on in the opening handshake.
    #[must_use]
    pub const fn subprotocol(&self) -> Option<&'b str> {
        self.subprotocol
    }

    /// Returns the halves of the transport. What was received or queued is lost.
    pub fn into_inner(self) -> (R, W) {
        (self.transport, self.shared.into_transport())
    }
}

impl<R: Read, W: Write<Error = R::Error>, C: Clock, E: Entropy> ReadHalf<'_, '_, R, W, C, E> {
    /// Waits for the next message or control frame. See [`WebSocket::next`](crate::WebSocket::next).
    ///
    /// # Cancel safety
    ///
    /// Safe, if those of the transport are. What has come stays in the buffer, and the next call goes on with it.
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::next`.
    pub async fn next(&mut self) -> Option<Result<Message<'_>, Error<R::Error>>> {
        let found = self.reading.found(&mut self.ends, Input::find).await?;
        Some(found.map(|found| self.reading.input.message(found)))
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
    pub async fn next_piece(&mut self) -> Option<Result<Piece<'_>, Error<R::Error>>> {
        loop {
            match self.reading.found(&mut self.ends, Input::find_piece).await? {
                Ok(Found::Ping | Found::Pong | Found::Close) => {}
                Ok(found) => return self.reading.input.piece(found).map(Ok),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Returns the close code. See [`WebSocket::close_code`](crate::WebSocket::close_code).
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
}

impl<R: Read, W: Write<Error = R::Error>, C: Clock, E: Entropy> Drive for Ends<'_, '_, R, W, C, E> {
    type Error = R::Error;

    fn is_server(&self) -> bool {
        self.shared.is_server
    }

    fn is_broken(&self) -> bool {
        self.shared.is_broken()
    }

    async fn flush(&mut self) -> Result<(), Error<R::Error>> {
        self.shared.flush(Side::Reader).await
    }

    async fn read(&mut self, room: &mut [u8]) -> Result<usize, Error<R::Error>> {
        let (mut read, mut deliver) = (pin!(self.transport.read(room)), pin!(self.shared.deliver()));
        let read = poll_fn(|cx| match read.as_mut().poll(cx) {
            Poll::Ready(read) => Poll::Ready(read),
            Poll::Pending => deliver.as_mut().poll(cx).map(|never| match never {}),
        });
        let n = self.shared.run(Side::Reader, read).await?.map_err(Error::Io)?;
        if n > 0 {
            self.shared.on_received();
            // a peer that sends without end does not keep the closing handshake from its end
            self.shared.on_time()?;
        }
        Ok(n)
    }

    async fn discard(&mut self, buffer: &mut [u8]) -> bool {
        let read = self.shared.run(Side::Reader, self.transport.read(buffer)).await;
        matches!(read, Ok::<_, Error<R::Error>>(Ok(1..))) && self.shared.on_time::<R::Error>().is_ok()
    }

    fn answer(&mut self, reply: Option<Reply>, last: bool) {
        if let Some(reply) = reply {
            self.shared.reply(reply);
        }
        if last {
            self.shared.on_closing();
        }
    }

    fn on_pong(&mut self, payload: &[u8]) -> Option<Duration> {
        self.shared.on_pong(payload)
    }

    fn end(&mut self) {
        self.shared.end();
    }
}

impl<W: Write, C: Clock, E: Entropy> WriteHalf<'_, '_, W, C, E> {
    /// Sends a message, or a piece of one. See [`Writer::send`](crate::Writer::send).
    ///
    /// # Cancel safety
    ///
    /// Safe: the message is queued whole or not at all. A program that must know which calls `feed`, then `flush`.
    ///
    /// # Errors
    ///
    /// Those of `Writer::send`.
    pub async fn send(&mut self, message: impl Into<Fragment<'_>>) -> Result<(), Error<W::Error>> {
        self.feed(message).await?;
        self.flush().await
    }

    /// Queues a message, or a piece of one. See [`Writer::feed`](crate::Writer::feed). The other half writes it while
    /// it waits.
    ///
    /// # Cancel safety
    ///
    /// Safe: if it is dropped before it returns, the message was not queued.
    ///
    /// # Errors
    ///
    /// Those of `Writer::send`.
    pub async fn feed(&mut self, message: impl Into<Fragment<'_>>) -> Result<(), Error<W::Error>> {
        let fragment = message.into();
        self.shared.queue(|output| output.queue_message(fragment, false)).await
    }

    /// Queues a message that is not compressed. See [`Writer::feed_plain`](crate::Writer::feed_plain).
    ///
    /// # Cancel safety
    ///
    /// Safe, as [`feed`](Self::feed).
    ///
    /// # Errors
    ///
    /// Those of [`feed`](Self::feed).
    pub async fn feed_plain(&mut self, message: impl Into<Fragment<'_>>) -> Result<(), Error<W::Error>> {
        let fragment = message.into();
        self.shared.queue(|output| output.queue_message(fragment, true)).await
    }

    /// Sends a Ping with up to 125 bytes; the keepalive sends its own.
    ///
    /// # Cancel safety
    ///
    /// Safe, as [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// Those of `Writer::send`.
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error<W::Error>> {
        self.shared.queue(|output| output.queue(|transmitter, _| transmitter.ping(payload).map(|()| 0))).await?;
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
    /// Those of `Writer::send`.
    pub async fn pong(&mut self, payload: &[u8]) -> Result<(), Error<W::Error>> {
        self.shared.queue(|output| output.queue(|transmitter, _| transmitter.pong(payload).map(|()| 0))).await?;
        self.flush().await
    }

    /// Starts the closing handshake: sends a Close with up to 123 bytes of reason. The other half finishes it: its
    /// `next` returns `None` then, after the `close_within` of the keepalive policy at the latest.
    ///
    /// # Cancel safety
    ///
    /// Safe: call it again to go on.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if code or reason are not valid; nothing was queued. The others of `Writer::send`.
    pub async fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error<W::Error>> {
        match self
            .shared
            .queue(|output| output.queue(|transmitter, _| transmitter.close(code, reason).map(|()| 0)))
            .await
        {
            // it is closing already, or closed
            Ok(()) | Err(Error::Send(SendError::Closing)) => {}
            Err(error) => return Err(error),
        }
        self.shared.on_closing();
        if self.shared.is_broken() { Ok(()) } else { self.flush().await }
    }

    /// Writes all that is queued.
    ///
    /// # Cancel safety
    ///
    /// Safe, if `write` and `flush` of the transport are: what was not written stays queued.
    ///
    /// # Errors
    ///
    /// Those of `Writer::flush`.
    pub async fn flush(&mut self) -> Result<(), Error<W::Error>> {
        self.shared.flush(Side::Writer).await
    }
}

impl<R, W, C, E: Entropy> fmt::Debug for Halves<'_, R, W, C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.reading.input.close_code();
        f.debug_struct("Halves").field("close_code", &code).finish_non_exhaustive()
    }
}

impl<R, W, C, E: Entropy> fmt::Debug for ReadHalf<'_, '_, R, W, C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.reading.input.close_code();
        f.debug_struct("ReadHalf").field("close_code", &code).finish_non_exhaustive()
    }
}

impl<W, C, E: Entropy> fmt::Debug for WriteHalf<'_, '_, W, C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteHalf").finish_non_exhaustive()
    }
}
