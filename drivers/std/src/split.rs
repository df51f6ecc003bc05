//! Halves of a connection for two threads.

use crate::link::{Access, Link, Mail, Owned, Shared};
use crate::message::{CloseFrame, Message, Piece};
use crate::reading::{Reach, Reading};
use crate::transport::{Transport, TryClone};
use crate::websocket::{flush, queue_close, send, send_piece, send_prepared};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use upframe::frame::CloseCode;
use upframe_driver::{Error, Prepared};

pub(crate) fn split<S: TryClone>(
    mut reading: Reading,
    owned: Owned<S>,
    close_within: Duration,
) -> io::Result<(WriteHalf<S>, ReadHalf<S>)> {
    reading.wait_no_longer_than(close_within);
    let io = owned.link.io.try_clone()?;
    let shared = Shared::new(owned);
    Ok((WriteHalf { shared: shared.clone() }, ReadHalf { reading, reader: Reader { io, shared } }))
}

/// What the reader has: a handle of the transport, to read, and what it shares.
struct Reader<S> {
    io: S,
    shared: Arc<Shared<S>>,
}

impl<S> Access<S> for Reader<S> {
    fn link<T>(&mut self, f: impl FnOnce(&mut Link<S>) -> T) -> T {
        self.shared.link(f)
    }
    fn try_link<T>(&mut self, f: impl FnOnce(&mut Link<S>) -> T) -> Option<T> {
        self.shared.try_link(f)
    }
    fn mail<T>(&mut self, f: impl FnOnce(&mut Mail) -> T) -> T {
        self.shared.mail(f)
    }
    fn closing<T>(&mut self, f: impl FnOnce(&mut Option<Instant>) -> T) -> T {
        self.shared.closing(f)
    }
}

impl<S> Reach<S> for Reader<S> {
    fn io<T>(&mut self, f: impl FnOnce(&mut S) -> T) -> T {
        f(&mut self.io)
    }
}

/// The half that reads: an [`Iterator`] of [`Message`]s.
///
/// It answers Pings and the peer's Close, and runs the keepalive, as a whole [`WebSocket`](crate::WebSocket) does
/// while it reads. While the other half writes, its answers wait for that: it keeps one, the newest, so a flood of
/// Pings needs no memory, and it goes on reading.
///
/// If it is dropped, nobody answers Pings. The transport is closed with the last half.
///
/// ```
/// # #[cfg(unix)]
/// # fn main() -> Result<(), upframe_std::Error> {
/// # use std::thread;
/// # use upframe_std::{CloseCode, Config, Message, Role, WebSocket};
/// # let (here, there) = std::os::unix::net::UnixStream::pair()?;
/// # let mut client = WebSocket::new(here, Role::Client, Config::new());
/// let server = WebSocket::new(there, Role::Server, Config::new());
/// let (mut writer, mut reader) = server.split()?;
/// thread::spawn(move || {
///     writer.send("news")?;
///     writer.close(CloseCode::GOING_AWAY, "restart")
/// });
/// thread::spawn(move || while let Some(Ok(_message)) = reader.next() {});
/// assert_eq!(client.next().unwrap()?, Message::text("news"));
/// assert!(client.next().unwrap()?.is_close());
/// assert!(client.next().is_none());
/// # Ok(())
/// # }
/// # #[cfg(not(unix))]
/// # fn main() {}
/// ```
pub struct ReadHalf<S> {
    reading: Reading,
    reader: Reader<S>,
}

/// The half that writes. Its methods do what those of a [`WebSocket`](crate::WebSocket) do, with the same errors.
pub struct WriteHalf<S> {
    shared: Arc<Shared<S>>,
}

impl<S: Transport> ReadHalf<S> {
    /// Waits for the next message or control frame. See [`WebSocket::next`](crate::WebSocket::next).
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::next`.
    #[expect(clippy::should_implement_trait, reason = "it does; so no import is needed, and the docs are here")]
    pub fn next(&mut self) -> Option<Result<Message, Error>> {
        match self.reading.next(&mut self.reader, None) {
            Poll::Ready(next) => next,
            Poll::Pending => None,
        }
    }

    /// Waits for the next message no longer than this. See [`WebSocket::next_within`](crate::WebSocket::next_within).
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::next`.
    pub fn next_within(&mut self, time: Duration) -> Poll<Option<Result<Message, Error>>> {
        self.reading.next(&mut self.reader, Instant::now().checked_add(time))
    }

    /// Waits for the next piece of a message. See [`WebSocket::next_piece`](crate::WebSocket::next_piece).
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::next`.
    pub fn next_piece(&mut self) -> Option<Result<Piece, Error>> {
        self.reading.next_piece(&mut self.reader)
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

impl<S: Transport> WriteHalf<S> {
    /// Sends a message. See [`WebSocket::send`](crate::WebSocket::send).
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send`.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        send(&mut self.shared, &message.into(), true)
    }

    /// Queues a message. See [`WebSocket::feed`](crate::WebSocket::feed).
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send`.
    pub fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        send(&mut self.shared, &message.into(), false)
    }

    /// Sends a piece of a message. See [`WebSocket::send_piece`](crate::WebSocket::send_piece).
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send_piece`.
    pub fn send_piece(&mut self, piece: Piece) -> Result<(), Error> {
        send_piece(&mut self.shared, &piece, true)
    }

    /// Queues a piece of a message. See [`WebSocket::feed_piece`](crate::WebSocket::feed_piece).
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send_piece`.
    pub fn feed_piece(&mut self, piece: Piece) -> Result<(), Error> {
        send_piece(&mut self.shared, &piece, false)
    }

    /// Sends a message that many connections get. See [`WebSocket::send_prepared`](crate::WebSocket::send_prepared).
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send`.
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        send_prepared(&mut self.shared, message, true)
    }

    /// Queues a message that many connections get. See
    /// [`WebSocket::feed_prepared`](crate::WebSocket::feed_prepared).
    ///
    /// # Errors
    ///
    /// Those of `WebSocket::send`.
    pub fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        send_prepared(&mut self.shared, message, false)
    }

    /// Writes all that is queued. See [`WebSocket::flush`](crate::WebSocket::flush).
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the transport failed.
    pub fn flush(&mut self) -> Result<(), Error> {
        flush(&mut self.shared)
    }

    /// Starts the closing handshake: sends a Close. The reader finishes it: its `next` returns `None` then, after the
    /// `close_within` of the keepalive policy at the latest.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if code or reason are not valid; nothing was queued. [`Error::Io`] if the transport failed.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        queue_close(&mut self.shared, code, reason)?;
        if self.shared.link(|link| link.check()).is_err() {
            return Ok(()); // it is closed
        }
        flush(&mut self.shared)
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

impl<S: Transport> Iterator for ReadHalf<S> {
    type Item = Result<Message, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        Self::next(self)
    }
}
