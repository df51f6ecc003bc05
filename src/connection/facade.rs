//! One connection, as its users see it: receiving and asking. The rules are in `halves.rs`.

use super::halves::Halves;
use super::input::Copied;
use super::{
    Client, EitherSide, EndOfStream, Endpoint, Entropy, Event, Fragment, ProtocolError, Receiver, Role, SendError,
    Server, ServerSide, Settings, State, Step, Transmitter, Violation,
};
use crate::frame::CloseCode;
use core::fmt;

/// One connection behind its opening handshake, either end (RFC 6455 §5 to §8).
///
/// The loop that every program writes, whatever its transport:
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
///             Event::Text(piece) => connection.send(piece, &mut out),      // an echo
///             Event::Binary(piece) => connection.send(piece, &mut out),
///             Event::Extended(_) => continue,       // only where an extension was agreed on
///             Event::Ping | Event::Pong => continue,  // the Pong is queued
///             Event::Close(_) => continue,            // the answer is queued
///             Event::Failed(error) => {               // the Close is queued
///                 println!("{error}");
///                 continue;
///             }
///         };
///         stream.write_all(sent.map_err(io::Error::other)?)?;
///     }
///     loop {
///         let n = connection.poll_transmit(&mut out);
///         stream.write_all(&out[..n])?;
///         if n < out.len() {
///             break;
///         }
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
/// # let mut pipe = Pipe(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x88\x80\0\0\0\0", vec![]);
/// # serve(&mut pipe).unwrap();
/// # assert_eq!(pipe.1, b"\x81\x05Hello\x88\x00");
/// ```
pub struct Connection<R: Role> {
    pub(super) role: R,
    pub(super) halves: Halves<R::Side>,
}

impl Connection<Server> {
    /// A server's end, behind the opening handshake.
    pub const fn server(settings: Settings) -> Self {
        Self { role: Server, halves: Halves::new(ServerSide, true, settings) }
    }

    /// [`Transmitter::frame_payload_shared`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn frame_payload_shared(&mut self, chunk: &[u8]) -> Result<u64, SendError> {
        self.halves.outgoing.frame_payload_shared(chunk)
    }

    /// [`Transmitter::send_vectored`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn send_vectored<'a>(
        &mut self,
        message: impl Into<Fragment<'a>>,
        out: &'a mut [u8],
    ) -> Result<[&'a [u8]; 2], SendError> {
        self.halves.writer()?.send_vectored(message.into(), out)
    }
}

impl<E: Entropy> Connection<Client<E>> {
    /// A client's end, behind the opening handshake, with its source of masking keys.
    pub const fn client(entropy: E, settings: Settings) -> Self {
        Self { role: Client(entropy), halves: Halves::client(settings) }
    }

    /// [`receive`](Self::receive) from memory that is only looked at, since nothing comes masked to a client: from a shared
    /// buffer, from flash. Pieces of it have its lifetime.
    #[inline(always)]
    pub fn receive_shared<'b>(&mut self, input: &mut &'b [u8]) -> Option<Event<'b>> {
        self.halves.receive_from(input)
    }

    /// [`step`](Self::step) on memory that is only looked at.
    pub fn step_shared(&mut self, input: &[u8]) -> Step {
        Step::of(input, |rest| self.receive_shared(rest))
    }
}

impl<E: Entropy> Connection<Endpoint<E>> {
    /// An end that is chosen at run time, behind the opening handshake.
    pub const fn endpoint(endpoint: Endpoint<E>, settings: Settings) -> Self {
        let server = matches!(endpoint, Endpoint::Server);
        Self { role: endpoint, halves: Halves::new(EitherSide { server }, server, settings) }
    }
}

/// Receiving.
impl<R: Role> Connection<R> {
    /// Takes bytes from the front of `input` up to the next event; payloads are unmasked in place.
    ///
    /// **`None` means: all input is taken and nothing is left to hand out.** Call it until then; `input.is_empty()` does not mean
    /// the same. After a Close and after a failure all input is taken and nothing is handed out.
    #[inline(always)]
    pub fn receive<'b>(&mut self, input: &mut &'b mut [u8]) -> Option<Event<'b>> {
        self.halves.receive_from(input)
    }

    /// [`receive`](Self::receive) from memory that is only looked at; payloads are unmasked while they are copied to `scratch`.
    ///
    /// Pieces are as long as the scratch at most. One of no bytes does not compile.
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// let mut input = &b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"[..]; // RFC 6455 §5.7: "Hello"
    /// let (mut scratch, mut text) = ([0; 2], String::new());
    /// while let Some(Event::Text(piece)) = server.receive_copied(&mut input, &mut scratch) {
    ///     text.push_str(piece.as_str());
    /// }
    /// assert_eq!(text, "Hello");
    /// ```
    pub fn receive_copied<'b, const N: usize>(
        &mut self,
        input: &mut &[u8],
        scratch: &'b mut [u8; N],
    ) -> Option<Event<'b>> {
        const { assert!(N > 0, "a scratch of no bytes holds no piece") };
        let mut copied = Copied { input, scratch };
        let event = self.halves.receive_from(&mut copied);
        *input = copied.input;
        event
    }

    /// [`receive`](Self::receive) with ranges of `input` and not slices: for wrappers that own their buffer and return events
    /// from a loop, which the borrow checker refuses with slices.
    pub fn step(&mut self, input: &mut [u8]) -> Step {
        Step::of(input, |rest| self.receive(rest))
    }

    /// The stream of input has ended: says where that was (RFC 6455 §7.1.4, §7.1.5).
    ///
    /// Nothing is received or sent any more, but what is queued can still be written.
    pub fn receive_eof(&mut self) -> EndOfStream {
        self.halves.receive_eof()
    }

    /// Hands out no more of the message whose pieces are being received. It is still checked, and counts towards the limits.
    ///
    /// `false`: there is none, since nothing of it, or all of it, was handed out, or the connection has failed or ended.
    pub fn skip_message(&mut self) -> bool {
        self.halves.receiver.skip_message()
    }

    /// Fails the connection for what the caller found (RFC 6455 §7.1.7): a Close is queued, and all further input is swallowed.
    ///
    /// No [`Event::Failed`] follows. After a Close or a failure it does nothing.
    pub fn fail(&mut self, violation: Violation) {
        self.halves.fail(violation);
    }

    /// The payload of the control frame that the last call reported: `Some` until the next one.
    ///
    /// Also `None` after a Pong that came while the answer to a Ping had to wait for a half-written one: there is room for one
    /// payload then, and that of the Ping is owed. It gives way to the next Ping, or to a Close, as soon as that begins.
    pub fn control_payload(&self) -> Option<&[u8]> {
        self.halves.receiver.control_payload()
    }
}

/// Asking.
impl<R: Role> Connection<R> {
    /// Where the connection is (RFC 6455 §7.1).
    pub fn state(&self) -> State {
        self.halves.outgoing.closing.state()
    }

    /// *The WebSocket connection close code* (RFC 6455 §7.1.5): `None` while the connection is open, the peer's or
    /// [`CloseCode::NO_STATUS`] after its Close, [`CloseCode::ABNORMAL`] after a failure or the end of the stream without one.
    pub const fn close_code(&self) -> Option<CloseCode> {
        self.halves.receiver.close_code()
    }

    /// *The WebSocket connection close reason* (RFC 6455 §7.1.6): what the peer's Close said, empty before it. It is for logs and
    /// programs, not for end users (§5.5.1).
    pub fn close_reason(&self) -> &str {
        self.halves.receiver.close_reason()
    }

    /// What the peer did wrong, once [`Event::Failed`] has said so or [`fail`](Self::fail) was called.
    pub const fn failure(&self) -> Option<ProtocolError> {
        self.halves.receiver.failure()
    }

    /// Whether the transport may be closed now (RFC 6455 §7.1.1): a server's as soon as its Close is written and the peer's has
    /// come, or it has failed; a client's when the server has closed it, which [`receive_eof`](Self::receive_eof) says. After that
    /// what is queued can be written first, unless a frame that lacks payload holds it up.
    ///
    /// How long a client waits for that is the caller's to decide.
    pub fn may_disconnect(&self) -> bool {
        self.halves.may_disconnect()
    }

    /// How many bytes came before the next one; after a failure, before the failing one.
    pub const fn offset(&self) -> u64 {
        self.halves.receiver.offset()
    }

    /// Both halves, for a transport that is read and written in two tasks. **What is queued is lost**: call
    /// [`poll_transmit`](Self::poll_transmit) to its end first.
    pub fn split(self) -> (Receiver<R::Side>, Transmitter<R>) {
        let (receiver, outgoing) = self.halves.split();
        (receiver, Transmitter { role: self.role, outgoing })
    }

    /// Back to the state behind an opening handshake with the same settings: for pools.
    pub fn reset(&mut self) {
        self.halves.reset();
    }
}

impl<R: Role> fmt::Debug for Connection<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("state", &self.state())
            .field("receiver", &self.halves.receiver)
            .finish_non_exhaustive()
    }
}
