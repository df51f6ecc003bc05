//! One connection, as its users see it: receiving, sending and asking. The wiring is in `common.rs`.

use super::closing::{EndOfStream, State};
use super::common::Common;
use super::entropy::Entropy;
use super::error::{ProtocolError, SendError, Violation};
use super::event::Event;
use super::fragment::{DataFrame, Fragment};
use super::receive::input::Copied;
use super::receive::state::Receiver;
use super::receive::step::Step;
use super::role::{Client, Endpoint, Role, Server};
use super::send::transmitter::Transmitter;
use super::settings::Settings;
use crate::frame::close_code::CloseCode;
use crate::frame::opcode::Opcode;
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
    pub(super) common: Common<R::Keyless>,
}

impl Connection<Server> {
    /// A server's end, behind the opening handshake.
    pub const fn server(settings: Settings) -> Self {
        Self { role: Server, common: Common::new(Receiver::<Server>::new(settings), settings) }
    }

    /// [`Transmitter::frame_payload_shared`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn frame_payload_shared(&mut self, chunk: &[u8]) -> Result<u64, SendError> {
        self.common.outgoing.frame_payload_shared(chunk)
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
        self.common.writer()?.send_vectored(message.into(), out)
    }
}

impl<E: Entropy> Connection<Client<E>> {
    /// A client's end, behind the opening handshake, with its source of masking keys.
    pub const fn client(entropy: E, settings: Settings) -> Self {
        Self { role: Client(entropy), common: Common::client(settings) }
    }

    /// [`receive`](Self::receive) from memory that is only looked at, since nothing comes masked to a client: from a shared
    /// buffer, from flash. Pieces of it have its lifetime.
    #[inline(always)]
    pub fn receive_shared<'b>(&mut self, input: &mut &'b [u8]) -> Option<Event<'b>> {
        self.common.receive_from(input)
    }

    /// [`step`](Self::step) on memory that is only looked at.
    pub fn step_shared(&mut self, input: &[u8]) -> Step {
        Step::of(input, |rest| self.receive_shared(rest))
    }
}

impl<E: Entropy> Connection<Endpoint<E>> {
    /// An end that is chosen at run time, behind the opening handshake.
    pub const fn endpoint(endpoint: Endpoint<E>, settings: Settings) -> Self {
        let receiver = match endpoint {
            Endpoint::Server => Receiver::<Endpoint>::new(Endpoint::Server, settings),
            Endpoint::Client(_) => Receiver::<Endpoint>::new(Endpoint::Client(()), settings),
        };
        Self { role: endpoint, common: Common::new(receiver, settings) }
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
        self.common.receive_from(input)
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
        let event = self.common.receive_from(&mut copied);
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
        self.common.receive_eof()
    }

    /// Hands out no more of the message whose pieces are being received. It is still checked, and counts towards the limits.
    ///
    /// `false`: there is none, since nothing of it, or all of it, was handed out, or the connection has failed or ended.
    pub fn skip_message(&mut self) -> bool {
        self.common.receiver.skip_message()
    }

    /// Fails the connection for what the caller found (RFC 6455 §7.1.7): a Close is queued, and all further input is swallowed.
    ///
    /// No [`Event::Failed`] follows. After a Close or a failure it does nothing.
    pub fn fail(&mut self, violation: Violation) {
        self.common.fail(violation);
    }

    /// The payload of the control frame that the last call reported: `Some` until the next one.
    ///
    /// Also `None` after a Pong that came while the answer to a Ping had to wait for a half-written one: there is room for one
    /// payload then, and that of the Ping is owed. It gives way to the next Ping, or to a Close, as soon as that begins.
    pub fn control_payload(&self) -> Option<&[u8]> {
        self.common.receiver.control_payload()
    }
}

/// Sending.
impl<R: Role> Connection<R> {
    /// Writes what the protocol itself has to say, Pongs and Closes, to the front of `out`; gives how many bytes.
    ///
    /// **It returns less than `out.len()` if and only if nothing more may be written now**, so a caller with a small buffer calls
    /// it again while it gets a full one. It can stop and go on at any byte. While a frame that was begun lacks payload it writes
    /// nothing. A client whose [`Entropy`](super::Entropy) has none writes nothing; what is queued stays.
    pub fn poll_transmit(&mut self, out: &mut [u8]) -> usize {
        self.common.poll_transmit(self.role.keys(), out)
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has something to write, now or when the frame in progress is finished.
    pub fn wants_transmit(&self) -> bool {
        self.common.wants_transmit()
    }

    /// [`Transmitter::send`](super::Transmitter::send): writes a message, or a fragment of one, to the front of `out`; gives what was written.
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    #[inline]
    pub fn send<'a, 'o>(&mut self, message: impl Into<Fragment<'a>>, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        let Fragment { frame, bytes } = message.into();
        self.common.send(self.role.keys(), frame, bytes, out)
    }

    /// [`Transmitter::send_in_place`](super::Transmitter::send_in_place): makes a frame of a payload that lies in `buffer` behind `headroom` bytes.
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    pub fn send_in_place<'o>(
        &mut self,
        frame: DataFrame,
        buffer: &'o mut [u8],
        headroom: usize,
    ) -> Result<&'o [u8], SendError> {
        self.common.writer()?.send_in_place(self.role.keys(), frame, buffer, headroom)
    }

    /// [`Transmitter::begin_frame`](super::Transmitter::begin_frame): writes the header of a frame whose payload is streamed.
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    pub fn begin_frame<'o>(&mut self, frame: DataFrame, len: u64, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.common.writer()?.begin_frame(self.role.keys(), frame, len, out)
    }

    /// [`Transmitter::frame_payload`](super::Transmitter::frame_payload): masks the next chunk of a streamed frame in place.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn frame_payload(&mut self, chunk: &mut [u8]) -> Result<u64, SendError> {
        self.common.outgoing.frame_payload(chunk)
    }

    /// [`Transmitter::ping`](super::Transmitter::ping).
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    pub fn ping<'o>(&mut self, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.common.writer()?.control(self.role.keys(), Opcode::Ping, payload, out)
    }

    /// [`Transmitter::pong`](super::Transmitter::pong).
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    pub fn pong<'o>(&mut self, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.common.writer()?.control(self.role.keys(), Opcode::Pong, payload, out)
    }

    /// [`Transmitter::close`](super::Transmitter::close): starts the closing handshake. A Pong that is queued is written in front of the Close, and counts
    /// towards what is `required`; a client draws two keys then, and the first is lost where the second cannot be drawn.
    ///
    /// ```
    /// use upframe::connection::{Connection, SendError, Settings, State};
    /// use upframe::frame::CloseCode;
    /// let mut server = Connection::server(Settings::new());
    /// let mut out = [0; 16];
    /// assert_eq!(server.close(CloseCode::GOING_AWAY, "bye", &mut out).unwrap(), b"\x88\x05\x03\xe9bye");
    /// assert_eq!(server.state(), State::Closing);
    /// assert_eq!(server.send("more", &mut out), Err(SendError::Closing));
    /// ```
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    pub fn close<'o>(&mut self, code: CloseCode, reason: &str, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.common.close(self.role.keys(), code, reason, out)
    }

    /// [`Transmitter::close_without_code`](super::Transmitter::close_without_code): as [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// As `close`.
    pub fn close_without_code<'o>(&mut self, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.common.close_with(self.role.keys(), &[], out)
    }

    /// A message in one frame may be sent now.
    pub(crate) fn may_send(&mut self, frame: DataFrame) -> Result<(), SendError> {
        // [5.4-prepared]
        self.common.writer()?.may_send(frame)
    }
}

/// Asking.
impl<R: Role> Connection<R> {
    /// Where the connection is (RFC 6455 §7.1).
    pub fn state(&self) -> State {
        self.common.outgoing.closing.state()
    }

    /// *The WebSocket connection close code* (RFC 6455 §7.1.5): `None` while the connection is open, the peer's or
    /// [`CloseCode::NO_STATUS`] after its Close, [`CloseCode::ABNORMAL`] after a failure or the end of the stream without one.
    pub const fn close_code(&self) -> Option<CloseCode> {
        self.common.receiver.close_code()
    }

    /// *The WebSocket connection close reason* (RFC 6455 §7.1.6): what the peer's Close said, empty before it. It is for logs and
    /// programs, not for end users (§5.5.1).
    pub fn close_reason(&self) -> &str {
        self.common.receiver.close_reason()
    }

    /// What the peer did wrong, once [`Event::Failed`] has said so or [`fail`](Self::fail) was called.
    pub const fn failure(&self) -> Option<ProtocolError> {
        self.common.receiver.failure()
    }

    /// Whether the transport may be closed now (RFC 6455 §7.1.1): a server's as soon as its Close is written and the peer's has
    /// come, or it has failed; a client's when the server has closed it, which [`receive_eof`](Self::receive_eof) says. After that
    /// what is queued can be written first, unless a frame that lacks payload holds it up.
    ///
    /// How long a client waits for that is the caller's to decide.
    pub fn may_disconnect(&self) -> bool {
        self.common.may_disconnect()
    }

    /// How many bytes came before the next one; after a failure, before the failing one.
    pub const fn offset(&self) -> u64 {
        self.common.receiver.offset()
    }

    /// Both halves, for a transport that is read and written in two tasks. **What is queued is lost**: call
    /// [`poll_transmit`](Self::poll_transmit) to its end first.
    pub fn split(self) -> (Receiver<R::Keyless>, Transmitter<R>) {
        let (receiver, outgoing) = self.common.split();
        (receiver, Transmitter { role: self.role, outgoing })
    }

    /// Back to the state behind an opening handshake with the same settings: for pools.
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
