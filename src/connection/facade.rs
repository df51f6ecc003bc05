//! One connection as its users see it: construction and questions. `common.rs` connects the halves.

use super::closing::{LocalClose, State};
use super::common::Common;
use super::entropy::Entropy;
use super::error::ProtocolError;
use super::receive::state::Receiver;
use super::reply::Owed;
use super::role::{Client, Endpoint, Role, Server};
use super::send::transmitter::Transmitter;
use super::settings::Settings;
use crate::frame::close_code::CloseCode;
use core::fmt;

/// An open connection, either end (RFC 6455 §5 to §8): bytes in, events out; messages in, bytes out.
///
/// # The loop
///
/// Every program runs the same loop, whatever its transport: read, receive until `None`, and **write what
/// [`poll_transmit`](Self::poll_transmit) returns after every event**, so that each Ping gets its Pong. An echo server:
///
/// ```
/// use upframe::connection::{Connection, Event, Settings};
/// # use std::io::{self, Read, Write};
/// # fn serve(mut stream: impl Read + Write) -> io::Result<()> {
/// let mut connection = Connection::server(Settings::new());
/// let (mut buf, mut out) = ([0; 4096], [0; 4096 + 14]);
/// while !connection.may_disconnect() {
///     let n = stream.read(&mut buf)?;
///     if n == 0 {
///         connection.receive_eof();
///     }
///     let mut input = &mut buf[..n];
///     while let Some(event) = connection.receive(&mut input) {
///         let sent = match &event {
///             Event::Text(piece) => connection.send(piece, &mut out), // an echo
///             Event::Binary(piece) => connection.send(piece, &mut out),
///             Event::Failed(error) => {
///                 println!("{error}"); // the Close is queued
///                 Ok(&[][..])
///             }
///             _ => Ok(&[][..]), // Ping, Close: the answer is queued
///         };
///         stream.write_all(sent.map_err(io::Error::other)?)?;
///         // `out` has room for all that is queued
///         let n = connection.poll_transmit(&mut out);
///         stream.write_all(&out[..n])?;
///     }
/// }
/// # Ok(())
/// # }
/// # struct Pipe(&'static [u8], Vec<u8>);
/// # impl Read for Pipe { fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> { self.0.read(buf) } }
/// # impl Write for Pipe {
/// #     fn write(&mut self, bytes: &[u8]) -> io::Result<usize> { self.1.write(bytes) }
/// #     fn flush(&mut self) -> io::Result<()> { Ok(()) }
/// # }
/// # let wire = b"\x89\x81\0\0\0\01\x89\x81\0\0\0\02\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x80\0\0\0\0";
/// # let mut pipe = Pipe(wire, vec![]);
/// # serve(&mut pipe).unwrap();
/// # assert_eq!(pipe.1, b"\x8a\x011\x8a\x012\x81\x05Hello\x88\x00");
/// ```
///
/// # Sending
///
/// **Every writer writes all or nothing.** An error reports why; then nothing was written, no masking key was drawn,
/// and the connection is unchanged. Only `poll_transmit` may stop inside a frame. Control frames need no buffer:
/// [`ping`](Self::ping), [`pong`](Self::pong) and [`close`](Self::close) queue, and `poll_transmit` writes.
///
/// # Control frames
///
/// A connection has one room for the payloads of control frames, of 125 bytes. What the peer sends lies at its front: a
/// Ping that was received is the Pong that waits, and the next Ping takes its place. What is to be written lies at its
/// end: the frame that the caller queued, and one that is half-written. Both are nearly always empty, and a payload of 125
/// bytes is rare, so this room is enough. If it is not, nothing is lost: [`ping`](Self::ping) reports
/// [`QueueFull`](super::SendError::QueueFull), and [`receive`](Self::receive) yields
/// [`Event::TransmitFirst`](super::Event::TransmitFirst) and stops before the payload that has no room.
///
/// # Memory
///
/// A server's connection takes 256 bytes, a client's 256 and its [`Entropy`]. If reading and writing happen in two tasks,
/// [`split`](Self::split) returns the halves: a [`Receiver`] of 216 bytes and a [`Transmitter`] of 176, each with a room
/// of its own.
pub struct Connection<R: Role> {
    pub(super) role: R,
    pub(super) common: Common<R::Keyless>,
}

impl Connection<Server> {
    /// Creates a server's connection, in the state after the opening handshake.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings, State};
    /// let server = Connection::server(Settings::new());
    /// assert_eq!(server.state(), State::Open);
    /// ```
    pub const fn server(settings: Settings) -> Self {
        Self { role: Server, common: Common::new(Receiver::<Server>::new(settings), settings) }
    }
}

impl<E: Entropy> Connection<Client<E>> {
    /// Creates a client's connection, in the state after the opening handshake. It draws its masking keys from
    /// `entropy`.
    ///
    /// ```
    /// use upframe::connection::{Connection, NoEntropy, Settings};
    /// # fn system_random(bytes: &mut [u8]) -> Result<(), ()> { bytes.fill(0x5A); Ok(()) }
    /// let entropy = |bytes: &mut [u8]| system_random(bytes).map_err(|()| NoEntropy);
    /// let mut client = Connection::client(entropy, Settings::new());
    /// let mut out = [0; 16];
    /// // header, masking key, payload
    /// assert_eq!(client.send("Hi", &mut out).unwrap().len(), 2 + 4 + 2);
    /// ```
    pub const fn client(entropy: E, settings: Settings) -> Self {
        Self { role: Client(entropy), common: Common::client(settings) }
    }
}

impl<E: Entropy> Connection<Endpoint<E>> {
    /// Creates a connection whose end is chosen at run time, in the state after the opening handshake.
    ///
    /// ```
    /// use upframe::connection::{Connection, Endpoint, NoEntropy, Settings};
    /// type Source = fn(&mut [u8]) -> Result<(), NoEntropy>;
    /// let mut end = Connection::endpoint(Endpoint::<Source>::Server, Settings::new());
    /// assert_eq!(end.send("Hi", &mut [0; 16]).unwrap(), b"\x81\x02Hi");
    /// ```
    pub const fn endpoint(endpoint: Endpoint<E>, settings: Settings) -> Self {
        let receiver = match endpoint {
            Endpoint::Server => Receiver::<Endpoint>::new(Endpoint::Server, settings),
            Endpoint::Client(_) => Receiver::<Endpoint>::new(Endpoint::Client(()), settings),
        };
        Self { role: endpoint, common: Common::new(receiver, settings) }
    }
}

/// Questions, and the connection as a whole.
impl<R: Role> Connection<R> {
    /// Returns the state of the connection (RFC 6455 §7.1). See [`State`] for an example.
    pub fn state(&self) -> State {
        self.common.outgoing.closing.state()
    }

    /// Returns *the WebSocket connection close code* (RFC 6455 §7.1.5).
    ///
    /// It is `None` while the connection is open. After the peer's Close it is the code of that Close, or
    /// [`CloseCode::NO_STATUS`] if that has none. After a failure, and after the end of a stream without a Close, it is
    /// [`CloseCode::ABNORMAL`]. The local Close does not count.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// use upframe::frame::CloseCode;
    /// let mut server = Connection::server(Settings::new());
    /// assert_eq!(server.close_code(), None);
    /// server.receive_eof();
    /// assert_eq!(server.close_code(), Some(CloseCode::ABNORMAL));
    /// ```
    pub const fn close_code(&self) -> Option<CloseCode> {
        self.common.receiver.close_code()
    }

    /// Returns *the WebSocket connection close reason* (RFC 6455 §7.1.6): up to 123 bytes from the peer's Close, empty
    /// before it.
    ///
    /// It is for logs and programs, not for end users (§5.5.1).
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, Settings};
    /// use upframe::frame::CloseCode;
    /// let mut server = Connection::server(Settings::new());
    /// let mut wire = *b"\x88\x85\0\0\0\0\x03\xe9bye"; // masked with a key of zeros
    /// assert_eq!(
    ///     server.receive(&mut &mut wire[..]),
    ///     Some(Event::Close(CloseCode::GOING_AWAY))
    /// );
    /// assert_eq!(server.close_reason(), "bye");
    /// ```
    pub fn close_reason(&self) -> &str {
        self.common.receiver.close_reason()
    }

    /// Returns what the peer did wrong: `Some` after [`Event::Failed`](super::Event::Failed) or [`fail`](Self::fail).
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings, Violation};
    /// let mut server = Connection::server(Settings::new());
    /// assert_eq!(server.failure(), None);
    /// server.fail(Violation::Policy);
    /// assert_eq!(server.failure().unwrap().violation, Violation::Policy);
    /// ```
    pub const fn failure(&self) -> Option<ProtocolError> {
        self.common.receiver.failure()
    }

    /// Whether the transport may be closed now (RFC 6455 §7.1.1).
    ///
    /// A server's transport may be closed when the local Close is written and the peer's Close was received, or the
    /// connection failed. A client waits until the server closed the transport, which it reports with
    /// [`receive_eof`](Self::receive_eof); how long it waits is for the caller to decide. After the end of the stream
    /// it stays `false` while [`poll_transmit`](Self::poll_transmit) can still write something.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// let mut out = [0; 16];
    /// let mut close = *b"\x88\x80\0\0\0\0"; // masked with a key of zeros
    /// server.receive(&mut &mut close[..]);
    /// assert!(!server.may_disconnect());
    /// server.poll_transmit(&mut out);
    /// assert!(server.may_disconnect());
    /// ```
    pub fn may_disconnect(&self) -> bool {
        self.common.may_disconnect()
    }

    /// Whether this is the server's end.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// assert!(Connection::server(Settings::new()).is_server());
    /// ```
    pub fn is_server(&self) -> bool {
        self.role.is_server()
    }

    /// Returns how many bytes were received before the next one; after a failure, before the failing one.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// server.receive(&mut &mut b"\x81\x82\0\0\0\0Hi".to_owned()[..]);
    /// assert_eq!(server.offset(), 8);
    /// ```
    pub const fn offset(&self) -> u64 {
        self.common.receiver.offset()
    }

    /// Splits the connection into its halves, for a transport that is read and written in two tasks.
    ///
    /// Nothing is lost: what is owed, queued or half-written is with the transmitter, whose
    /// [`poll_transmit`](Transmitter::poll_transmit) writes it. Only a Close that reports a failure is with the receiver
    /// if an answer of more than 62 bytes is half-written: [`take_reply`](Receiver::take_reply) returns it.
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, Settings};
    /// let (mut receiver, mut transmitter) = Connection::server(Settings::new()).split();
    /// let mut wire = *b"\x89\x82\0\0\0\0hi"; // a Ping, masked with a key of zeros
    /// assert_eq!(receiver.receive(&mut &mut wire[..]), Some(Event::Ping));
    /// let reply = receiver.take_reply().unwrap(); // travels to the task that writes
    /// transmitter.answer(&reply).unwrap();
    /// let mut out = [0; 131];
    /// let n = transmitter.poll_transmit(&mut out);
    /// assert_eq!(&out[..n], b"\x8a\x02hi");
    /// ```
    #[must_use = "both halves are needed"]
    pub fn split(self) -> (Receiver<R::Keyless>, Transmitter<R>) {
        let Common { mut receiver, mut outgoing } = self.common;
        let violation = receiver.limits.violation;
        let (room, owed) = receiver.room.split(&mut receiver.owed, violation);
        if receiver.owed == Owed::Failure {
            outgoing.closing.local = LocalClose::Owed;
        }
        (receiver, Transmitter { role: self.role, outgoing, room, owed })
    }

    /// Restores the state after the opening handshake, with the same settings: for pools of connections.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings, State};
    /// let mut server = Connection::server(Settings::new());
    /// server.receive_eof();
    /// server.reset();
    /// assert_eq!((server.state(), server.offset()), (State::Open, 0));
    /// ```
    pub fn reset(&mut self) {
        self.common.reset();
    }
}

impl<R: Role> fmt::Debug for Connection<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("state", &self.state())
            .field("receiver", &self.common.receiver)
            .finish_non_exhaustive()
    }
}
