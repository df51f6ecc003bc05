//! The connection.

use crate::config::Config;
use crate::input::Input;
use crate::link::{Access, Link, Owned};
use crate::message::{CloseFrame, Message, Piece};
use crate::reading::Reading;
use crate::split::{self, ReadHalf, WriteHalf};
use crate::transport::{Transport, TryClone};
use std::fmt;
use std::io;
use std::task::Poll;
use std::time::{Duration, Instant};
use upframe::connection::{Endpoint, Receiver, SendError, Settings};
use upframe::frame::{CloseCode, ReservedBits};
use upframe::keepalive::Keepalive;
use upframe_driver::{DeflateParams, Error, Inflating, Output, Prepared, Role};

/// A WebSocket connection over a [`Transport`]: a socket, TLS on a socket, or any other stream.
///
/// It is an [`Iterator`] of [`Message`]s.
///
/// **Reading drives the connection.** While [`next`](Self::next) waits, it also writes what is queued, answers Pings
/// and the peer's Close, and sends the Pings of the keepalive. So a program that only reads is a good peer, and one
/// that only writes is not: read in another thread then, with [`split`](Self::split), or call
/// [`next_within`](Self::next_within) between two messages.
///
/// It sets the time limits of the transport for each read and write. Do not set them besides.
///
/// A connection that is dropped without [`close`](Self::close) ends without a Close: the peer sees 1006.
///
/// ```
/// use std::net::TcpListener;
/// use std::thread;
/// use upframe_std::{CloseCode, Message, accept, connect};
/// # fn main() -> Result<(), upframe_std::Error> {
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let address = listener.local_addr()?;
/// thread::spawn(move || {
///     let mut server = accept(listener.accept()?.0)?;
///     while let Some(message) = server.next() {
///         let message = message?;
///         if message.is_data() {
///             server.send(message)?;
///         }
///     }
///     Ok::<_, upframe_std::Error>(())
/// });
/// let (mut client, _response) = connect(&format!("ws://{address}/"))?;
/// client.send(Message::text("Hello"))?;
/// assert_eq!(client.next().unwrap()?, Message::text("Hello"));
/// client.close(CloseCode::NORMAL, "")?;
/// # Ok(())
/// # }
/// ```
pub struct WebSocket<S> {
    reading: Reading,
    owned: Owned<S>,
    config: Config,
    subprotocol: Option<Box<str>>,
    deflate: Option<DeflateParams>,
}

impl<S: Transport> WebSocket<S> {
    /// Returns the connection on a transport that has already been upgraded, for example by an HTTP server.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # fn main() -> Result<(), upframe_std::Error> {
    /// use std::os::unix::net::UnixStream;
    /// use upframe_std::{Config, Message, Role, WebSocket};
    /// let (here, there) = UnixStream::pair()?;
    /// let mut server = WebSocket::new(there, Role::Server, Config::new());
    /// let mut client = WebSocket::new(here, Role::Client, Config::new());
    /// client.send(Message::text("Hello"))?;
    /// assert_eq!(server.next().unwrap()?, Message::text("Hello"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    pub fn new(transport: S, role: Role, config: Config) -> Self {
        Self::with_buffered(transport, role, config, Vec::new())
    }

    /// Does what [`new`](Self::new) does with bytes that were read after the opening handshake: the first frames.
    pub fn with_buffered(transport: S, role: Role, config: Config, buffered: Vec<u8>) -> Self {
        Self::with_params(transport, role, config, buffered, None)
    }

    /// Does what [`with_buffered`](Self::with_buffered) does with compression, which the opening handshake agreed on.
    ///
    /// [`Config::deflate`] tells how this end compresses. If it is `None`, [`Deflate::DEFAULT`](crate::Deflate::DEFAULT)
    /// does.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # fn main() -> Result<(), upframe_std::Error> {
    /// use std::os::unix::net::UnixStream;
    /// use upframe_std::{Config, DeflateParams, Direction, Message, Role, WebSocket};
    /// let (here, there) = UnixStream::pair()?;
    /// let params = DeflateParams { server: Direction::DEFAULT, client: Direction::DEFAULT };
    /// let open = |transport, role| {
    ///     WebSocket::with_params(transport, role, Config::new(), Vec::new(), Some(params))
    /// };
    /// let (mut server, mut client) = (open(there, Role::Server), open(here, Role::Client));
    /// client.send(Message::text("Hello! ".repeat(100)))?; // 20 bytes on the wire
    /// assert_eq!(server.next().unwrap()?, Message::text("Hello! ".repeat(100)));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    pub fn with_params(
        transport: S,
        role: Role,
        config: Config,
        buffered: Vec<u8>,
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
        let input = Input::new(receiver, buffered, config.read_buffer, inflating);
        let link = Link::new(transport, output, config.write_within, config.keepalive.close_within);
        Self {
            reading: Reading::new(input, Keepalive::new(config.keepalive, Instant::now())),
            owned: Owned::new(link),
            config,
            subprotocol: None,
            deflate,
        }
    }

    /// Waits for the next message or control frame. `None` if the connection is closed.
    ///
    /// Pings are answered, and Closes, too: [`Message::Ping`] and [`Message::Close`] only tell about them. After a
    /// Close, call it until it returns `None`: it finishes the closing handshake.
    ///
    /// # Errors
    ///
    /// [`Error::Protocol`], after the Close that tells why was written; [`Error::Ended`], [`Error::Dead`],
    /// [`Error::CloseTimedOut`], [`Error::Io`]. After an error, it returns `None`.
    #[expect(clippy::should_implement_trait, reason = "it does; so no import is needed, and the docs are here")]
    pub fn next(&mut self) -> Option<Result<Message, Error>> {
        match self.reading.next(&mut self.owned, None) {
            Poll::Ready(next) => next,
            Poll::Pending => None,
        }
    }

    /// Waits for the next message or control frame, but no longer than this: for programs that have something else to
    /// do. `Pending` if none came. Nothing is lost then, and the next call goes on.
    ///
    /// It finishes the closing handshake, too, and may take the time for that.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # fn main() -> Result<(), upframe_std::Error> {
    /// # use upframe_std::{Config, Message, Role, WebSocket};
    /// # let (here, there) = std::os::unix::net::UnixStream::pair()?;
    /// # let mut server = WebSocket::new(there, Role::Server, Config::new());
    /// # let mut client = WebSocket::new(here, Role::Client, Config::new());
    /// use std::task::Poll;
    /// use std::time::Duration;
    /// assert!(server.next_within(Duration::from_millis(5)).is_pending());
    /// client.send(Message::text("Hello"))?;
    /// let Poll::Ready(Some(message)) = server.next_within(Duration::from_secs(5)) else { panic!() };
    /// assert_eq!(message?, Message::text("Hello"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`next`](Self::next).
    pub fn next_within(&mut self, time: Duration) -> Poll<Option<Result<Message, Error>>> {
        self.reading.next(&mut self.owned, Instant::now().checked_add(time))
    }

    /// Waits for the next piece of a message: for messages that are too large to hold. `None` if the connection is
    /// closed.
    ///
    /// A piece has what one read brought, so it is never longer than the read buffer, unless a call of
    /// [`next_within`](Self::next_within) has collected a part of the message: that comes whole. If `next` is called
    /// after the first pieces of a message, it skips the rest of that.
    ///
    /// Control frames are answered, and not returned. [`close_frame`](Self::close_frame) tells how the peer closed.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # fn main() -> Result<(), upframe_std::Error> {
    /// # use upframe_std::{Config, Message, Role, WebSocket};
    /// # let (here, there) = std::os::unix::net::UnixStream::pair()?;
    /// # let mut server = WebSocket::new(there, Role::Server, Config::new());
    /// # let mut client = WebSocket::new(here, Role::Client, Config::new());
    /// # client.send(Message::binary(vec![7; 5000]))?;
    /// let mut received = 0;
    /// while let Some(piece) = server.next_piece() {
    ///     let piece = piece?;
    ///     received += piece.as_bytes().len(); // write it to a file
    ///     if piece.place().is_last() {
    ///         break;
    ///     }
    /// }
    /// assert_eq!(received, 5000);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`next`](Self::next).
    pub fn next_piece(&mut self) -> Option<Result<Piece, Error>> {
        self.reading.next_piece(&mut self.owned)
    }

    /// Sends a message: [`feed`](Self::feed), then [`flush`](Self::flush).
    ///
    /// A Ping may have up to 125 bytes; the keepalive sends its own.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if the message cannot be sent: the connection is closing, or it is a control frame that is not
    /// valid. Nothing was queued, and the connection is unchanged. [`Error::Io`] if the transport failed.
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        send(&mut self.owned, &message.into(), true)
    }

    /// Queues a message. It writes first if the write buffer is full.
    ///
    /// What is queued is written by [`flush`](Self::flush), and whenever [`next`](Self::next) waits: a program that
    /// answers what it reads needs no `flush`, and writes many short answers at once.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub fn feed(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        send(&mut self.owned, &message.into(), false)
    }

    /// Sends a piece of a message as a fragment: for messages that are too large to hold.
    ///
    /// The first piece is at [`Place::First`](crate::Place::First), the last one at `Last`. Control frames may be sent
    /// between them, other messages may not.
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # fn main() -> Result<(), upframe_std::Error> {
    /// # use upframe_std::{Config, Message, Piece, Place, Role, WebSocket};
    /// # let (here, there) = std::os::unix::net::UnixStream::pair()?;
    /// # let mut server = WebSocket::new(there, Role::Server, Config::new());
    /// # let mut client = WebSocket::new(here, Role::Client, Config::new());
    /// client.send_piece(Piece::text("Hel").at(Place::First))?;
    /// client.send_piece(Piece::text("lo").at(Place::Last))?;
    /// assert_eq!(server.next().unwrap()?, Message::text("Hello"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), and [`Error::Send`] if the piece does not fit the message that is being sent.
    pub fn send_piece(&mut self, piece: Piece) -> Result<(), Error> {
        send_piece(&mut self.owned, &piece, true)
    }

    /// Queues a piece of a message, as [`feed`](Self::feed) queues a message.
    ///
    /// # Errors
    ///
    /// Those of [`send_piece`](Self::send_piece).
    pub fn feed_piece(&mut self, piece: Piece) -> Result<(), Error> {
        send_piece(&mut self.owned, &piece, false)
    }

    /// Sends a message that many connections get: it was compressed once, by [`Prepared`].
    ///
    /// ```
    /// # #[cfg(unix)]
    /// # fn main() -> Result<(), upframe_std::Error> {
    /// # use upframe_std::{Config, Message, Role, WebSocket};
    /// # let (here, there) = std::os::unix::net::UnixStream::pair()?;
    /// # let mut servers = [WebSocket::new(there, Role::Server, Config::new())];
    /// # let mut client = WebSocket::new(here, Role::Client, Config::new());
    /// use upframe_std::{Deflate, Prepared};
    /// let news = Prepared::text("news", Some(Deflate::DEFAULT));
    /// for server in &mut servers {
    ///     server.send_prepared(&news)?;
    /// }
    /// assert_eq!(client.next().unwrap()?, Message::text("news"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(unix))]
    /// # fn main() {}
    /// ```
    ///
    /// A client, which masks each frame, compresses it again.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        send_prepared(&mut self.owned, message, true)
    }

    /// Queues a message that many connections get, as [`feed`](Self::feed) queues a message.
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send).
    pub fn feed_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        send_prepared(&mut self.owned, message, false)
    }

    /// Writes all that is queued.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the transport failed.
    pub fn flush(&mut self) -> Result<(), Error> {
        flush(&mut self.owned)
    }

    /// Closes the connection: sends a Close with up to 123 bytes of reason, waits for the peer's Close, and closes the
    /// transport (RFC 6455 §7.1.2).
    ///
    /// Messages that come meanwhile are discarded. It takes at most the `close_within` of the keepalive policy, 5 s by
    /// default. If the connection is closing already, it finishes that.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] if code or reason are not valid; nothing was queued. [`Error::CloseTimedOut`] and the others of
    /// [`next`](Self::next): the connection is over then, too.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        queue_close(&mut self.owned, code, reason)?;
        while let Some(piece) = self.next_piece() {
            piece?;
        }
        Ok(())
    }

    /// Splits the connection into halves for two threads. See [`ReadHalf`] and [`WriteHalf`].
    ///
    /// # Errors
    ///
    /// Those of [`TryClone::try_clone`]. The connection is dropped then.
    pub fn split(self) -> io::Result<(WriteHalf<S>, ReadHalf<S>)>
    where
        S: TryClone,
    {
        split::split(self.reading, self.owned, self.config.keepalive.close_within)
    }

    /// Returns the transport without time limits. What was received or queued is lost.
    pub fn into_inner(self) -> S {
        let mut transport = self.owned.link.io;
        // a transport that fails here will fail at its next use, too
        let _ = transport.limit_reads(None).and_then(|_| transport.limit_writes(None));
        transport
    }
}

impl<S> WebSocket<S> {
    pub(crate) fn with_agreed_subprotocol(self, subprotocol: Option<&str>) -> Self {
        Self { subprotocol: subprotocol.map(Box::from), ..self }
    }

    /// Returns the parameters of permessage-deflate that were agreed on in the opening handshake; `None` if messages are
    /// not compressed.
    #[must_use]
    pub const fn deflate_params(&self) -> Option<DeflateParams> {
        self.deflate
    }

    /// Returns the subprotocol that was agreed on in the opening handshake.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
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
        &self.owned.link.io
    }

    /// Borrows the transport, to set its options. Reading or writing it breaks the connection.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.owned.link.io
    }
}

impl<S> fmt::Debug for WebSocket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").field("close_code", &self.close_code()).finish_non_exhaustive()
    }
}

impl<S: Transport> Iterator for WebSocket<S> {
    type Item = Result<Message, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        Self::next(self)
    }
}

/// Queues something, and writes it.
fn queue<S: Transport>(
    access: &mut impl Access<S>,
    write: bool,
    queue: impl FnOnce(&mut Link<S>) -> Result<(), SendError>,
) -> Result<(), Error> {
    access.link(|link| {
        link.make_room()?;
        queue(link)?;
        Ok::<_, Error>(())
    })?;
    if write { flush(access) } else { access.look_for_mail() }
}

pub(crate) fn send<S: Transport>(access: &mut impl Access<S>, message: &Message, write: bool) -> Result<(), Error> {
    queue(access, false, |link| message.queue(&mut link.output))?;
    if message.is_close() {
        access.on_closing();
    }
    if write { flush(access) } else { Ok(()) }
}

pub(crate) fn send_piece<S: Transport>(access: &mut impl Access<S>, piece: &Piece, write: bool) -> Result<(), Error> {
    queue(access, write, |link| piece.queue(&mut link.output))
}

pub(crate) fn send_prepared<S: Transport>(
    access: &mut impl Access<S>,
    message: &Prepared,
    write: bool,
) -> Result<(), Error> {
    queue(access, write, |link| link.output.send_prepared(message))
}

pub(crate) fn flush<S: Transport>(access: &mut impl Access<S>) -> Result<(), Error> {
    let closing = access.closing(|since| *since);
    access.link(|link| link.flush(closing, true))?;
    access.look_for_mail()
}

/// Queues a Close, unless the connection is closing already.
pub(crate) fn queue_close<S>(access: &mut impl Access<S>, code: CloseCode, reason: &str) -> Result<(), Error> {
    match access.link(|link| link.output.close(code, reason)) {
        Ok(()) => {
            access.on_closing();
            Ok(())
        }
        Err(SendError::Closing) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
