//! The half that sends, as its users see it. The rules are in `state.rs` and `frames.rs`.

use super::control::close_code;
use super::state::Outgoing;
use crate::connection::closing::{LocalClose, State};
use crate::connection::control_room::ControlRoom;
use crate::connection::entropy::Entropy;
use crate::connection::error::SendError;
use crate::connection::fragment::{DataFrame, Fragment};
use crate::connection::reply::{Owed, Reply};
use crate::connection::role::{Client, Endpoint, Role, Server};
use crate::connection::settings::Settings;
use crate::frame::close_code::CloseCode;
use crate::frame::opcode::Opcode;
use core::fmt;

/// The half of a connection that sends: messages in, frames out (RFC 6455 §5, §6.1, §7).
///
/// A [`Connection`](crate::connection::Connection) holds one, and documents the methods that both have. It is used
/// alone if reading and writing happen in two tasks: [`answer`](Self::answer) queues what the
/// [`Receiver`](crate::connection::Receiver) of the other task owes, and [`poll_transmit`](Self::poll_transmit) writes
/// it. Call it after every `answer`, so that each Ping gets its Pong.
///
/// **Every other method writes all or nothing.** After an error nothing was written, no key was drawn, and nothing
/// changed, except as `answer` tells. While a frame is half-written, every writer but
/// [`frame_payload`](Self::frame_payload) and `poll_transmit` returns [`SendError::FrameInProgress`].
///
/// ```
/// use upframe::connection::{Settings, Transmitter};
/// let mut transmitter = Transmitter::server(Settings::new());
/// assert_eq!(transmitter.send("Hello", &mut [0; 16]).unwrap(), b"\x81\x05Hello");
/// ```
pub struct Transmitter<R: Role> {
    pub(in crate::connection) role: R,
    pub(in crate::connection) outgoing: Outgoing,
    pub(in crate::connection) room: ControlRoom,
    pub(in crate::connection) owed: Owed,
}

impl Transmitter<Server> {
    /// Creates a server's transmitter, in the state after the opening handshake.
    pub const fn server(settings: Settings) -> Self {
        Self { role: Server, outgoing: Outgoing::new(settings), room: ControlRoom::EMPTY, owed: Owed::Nothing }
    }

    /// [`frame_payload`](Self::frame_payload) from a read-only buffer. See
    /// [`Connection::frame_payload_shared`](crate::connection::Connection::frame_payload_shared).
    ///
    /// # Errors
    ///
    /// Those of `Connection::frame_payload`.
    pub fn frame_payload_shared(&mut self, chunk: &[u8]) -> Result<u64, SendError> {
        self.outgoing.frame_payload_shared(chunk)
    }

    /// Writes the header of a message, or of a fragment, for a vectored write. See
    /// [`Connection::send_vectored`](crate::connection::Connection::send_vectored).
    ///
    /// # Errors
    ///
    /// Those of `Connection::send_vectored`.
    pub fn send_vectored<'a>(
        &mut self,
        message: impl Into<Fragment<'a>>,
        out: &'a mut [u8],
    ) -> Result<[&'a [u8]; 2], SendError> {
        self.outgoing.send_vectored(message.into(), out)
    }
}

impl<E: Entropy> Transmitter<Client<E>> {
    /// Creates a client's transmitter, in the state after the opening handshake. It draws its masking keys from
    /// `entropy`.
    pub const fn client(entropy: E, settings: Settings) -> Self {
        Self { role: Client(entropy), outgoing: Outgoing::new(settings), room: ControlRoom::EMPTY, owed: Owed::Nothing }
    }
}

impl<E: Entropy> Transmitter<Endpoint<E>> {
    /// Creates a transmitter of an end that is chosen at run time, in the state after the opening handshake.
    pub const fn endpoint(endpoint: Endpoint<E>, settings: Settings) -> Self {
        Self { role: endpoint, outgoing: Outgoing::new(settings), room: ControlRoom::EMPTY, owed: Owed::Nothing }
    }
}

impl<R: Role> Transmitter<R> {
    /// Writes a message, or a fragment of one, as one frame. See
    /// [`Connection::send`](crate::connection::Connection::send).
    ///
    /// # Errors
    ///
    /// Those of `Connection::send`.
    #[inline]
    pub fn send<'a, 'o>(&mut self, message: impl Into<Fragment<'a>>, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        let Fragment { frame, bytes } = message.into();
        self.outgoing.send(self.role.keys(), frame, bytes, out)
    }

    /// Makes a frame of a payload that lies in `buffer` after `headroom` bytes. See
    /// [`Connection::send_in_place`](crate::connection::Connection::send_in_place).
    ///
    /// # Errors
    ///
    /// Those of `Connection::send_in_place`.
    pub fn send_in_place<'o>(
        &mut self,
        frame: DataFrame,
        buffer: &'o mut [u8],
        headroom: usize,
    ) -> Result<&'o [u8], SendError> {
        self.outgoing.send_in_place(self.role.keys(), frame, buffer, headroom)
    }

    /// Begins a frame whose payload of `len` bytes is streamed: writes its header. See
    /// [`Connection::begin_frame`](crate::connection::Connection::begin_frame).
    ///
    /// # Errors
    ///
    /// Those of `Connection::begin_frame`.
    pub fn begin_frame<'o>(&mut self, frame: DataFrame, len: u64, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.outgoing.begin_frame(self.role.keys(), frame, len, out)
    }

    /// Masks the next chunk of a streamed payload in place. Returns how many bytes the frame still lacks. See
    /// [`Connection::frame_payload`](crate::connection::Connection::frame_payload).
    ///
    /// # Errors
    ///
    /// Those of `Connection::frame_payload`.
    pub fn frame_payload(&mut self, chunk: &mut [u8]) -> Result<u64, SendError> {
        self.outgoing.frame_payload(chunk)
    }

    /// Queues a Ping with up to 125 bytes of payload. See [`Connection::ping`](crate::connection::Connection::ping).
    ///
    /// # Errors
    ///
    /// Those of `Connection::ping`.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.control(Opcode::Ping, [&[], payload])
    }

    /// Queues a Pong with up to 125 bytes of payload. See [`Connection::pong`](crate::connection::Connection::pong).
    ///
    /// # Errors
    ///
    /// Those of `Connection::pong`.
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.control(Opcode::Pong, [&[], payload])
    }

    /// Starts the closing handshake: queues a Close with a code and a reason of up to 123 bytes. See
    /// [`Connection::close`](crate::connection::Connection::close).
    ///
    /// # Errors
    ///
    /// Those of `Connection::close`.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.control(Opcode::Close, [&close_code(code)?, reason.as_bytes()])
    }

    /// [`close`](Self::close) without a code and a reason. See
    /// [`Connection::close_without_code`](crate::connection::Connection::close_without_code).
    ///
    /// # Errors
    ///
    /// Those of `Connection::close_without_code`.
    pub fn close_without_code(&mut self) -> Result<(), SendError> {
        self.control(Opcode::Close, [&[]; 2])
    }

    /// Queues what the receiver owes the peer: a Pong, or the Close that answers or fails.
    ///
    /// A Pong takes the place of one that has not begun, since only the newest Ping has to be answered. A Close drops
    /// what has not begun. Once the local Close has begun, every reply is dropped; as long as it waits, a Pong is written
    /// before it, or dropped if it finds no room beside it.
    ///
    /// ```
    /// use upframe::connection::{Receiver, Server, Settings, Transmitter, Violation};
    /// let mut receiver = Receiver::<Server>::new(Settings::new());
    /// let mut transmitter = Transmitter::server(Settings::new());
    /// receiver.fail(Violation::Policy);
    /// transmitter.answer(&receiver.take_reply().unwrap()).unwrap();
    /// let mut out = [0; 131];
    /// assert_eq!(transmitter.poll_transmit(&mut out), 4);
    /// assert_eq!(&out[..4], b"\x88\x02\x03\xf0"); // 1008
    /// assert!(transmitter.may_disconnect());
    /// ```
    ///
    /// # Errors
    ///
    /// [`QueueFull`](SendError::QueueFull) if a half-written frame or a Ping of the caller's needs the room: call
    /// [`poll_transmit`](Self::poll_transmit), then pass the same reply again, or a newer one. Only that a Close is owed
    /// is remembered: data is refused from then on.
    pub fn answer(&mut self, reply: &Reply) -> Result<(), SendError> {
        if !self.outgoing.note_owed(&mut self.room, reply.owed) {
            return Ok(());
        }
        if !reply.is_pong() {
            self.owed = Owed::Nothing;
        }
        if !self.room.put_answer(&reply.payload) {
            // A Pong that finds no room before the local Close finds none later.
            let is_too_late = self.outgoing.closing.local == LocalClose::Queued;
            return if is_too_late { Ok(()) } else { Err(SendError::QueueFull) };
        }
        self.owed = reply.owed;
        if !reply.is_pong() {
            self.outgoing.closing.local = LocalClose::Queued;
        }
        Ok(())
    }

    /// Writes the control frames that are queued to the front of `out`. Returns how many bytes it wrote. See
    /// [`Connection::poll_transmit`](crate::connection::Connection::poll_transmit).
    #[must_use = "these bytes of `out` must be written to the transport"]
    pub fn poll_transmit(&mut self, out: &mut [u8]) -> usize {
        self.outgoing.poll_transmit(&mut self.room, &mut self.owed, self.role.keys(), out, |_, _| ())
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has something to write, now or after the frame in progress.
    pub fn wants_transmit(&self) -> bool {
        !self.outgoing.queue.is_empty() || self.owed != Owed::Nothing
    }

    /// Whether the transport may be closed now, as far as this half knows: what the peer did, it learns from
    /// [`answer`](Self::answer). See
    /// [`Connection::may_disconnect`](crate::connection::Connection::may_disconnect).
    pub fn may_disconnect(&self) -> bool {
        let writable = self.wants_transmit() && self.outgoing.may_write();
        self.outgoing.closing.may_disconnect(self.role.is_server()) && !writable
    }

    /// Whether this is the server's end.
    pub fn is_server(&self) -> bool {
        self.role.is_server()
    }

    /// Returns the state of the connection as far as this half knows it: what the peer did, it learns from
    /// [`answer`](Self::answer).
    pub fn state(&self) -> State {
        self.outgoing.closing.state()
    }

    /// Whether a frame that was begun lacks payload.
    ///
    /// ```
    /// use upframe::connection::{DataFrame, Settings, Transmitter};
    /// let mut transmitter = Transmitter::server(Settings::new());
    /// transmitter.begin_frame(DataFrame::BINARY, 1, &mut [0; 14]).unwrap();
    /// assert!(transmitter.is_frame_in_progress());
    /// ```
    pub const fn is_frame_in_progress(&self) -> bool {
        self.outgoing.frame.is_some()
    }

    /// Reports that the stream has ended: nothing can be sent after it.
    ///
    /// ```
    /// use upframe::connection::{SendError, Settings, Transmitter};
    /// let mut transmitter = Transmitter::server(Settings::new());
    /// transmitter.end_stream();
    /// assert_eq!(transmitter.send("late", &mut [0; 16]), Err(SendError::Closing));
    /// ```
    pub fn end_stream(&mut self) {
        self.outgoing.closing.end_stream();
    }

    /// Restores the state after the opening handshake, with the same settings: for pools.
    pub fn reset(&mut self) {
        self.outgoing.reset();
        (self.room, self.owed) = (ControlRoom::EMPTY, Owed::Nothing);
    }

    fn control(&mut self, opcode: Opcode, payload: [&[u8]; 2]) -> Result<(), SendError> {
        let used = self.room.owed_len;
        self.outgoing.queue_control(&mut self.room, opcode, payload, used).map(drop)
    }

    /// Whether a message in one frame may be sent now.
    pub(crate) fn may_send(&self, frame: DataFrame) -> Result<(), SendError> {
        self.outgoing.may_send(frame)
    }
}

impl<R: Role> fmt::Debug for Transmitter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transmitter").field("state", &self.state()).finish_non_exhaustive()
    }
}
