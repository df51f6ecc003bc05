//! Messages in, frames out: the half that sends.

use super::state::Outgoing;
use crate::connection::closing::State;
use crate::connection::entropy::Entropy;
use crate::connection::error::SendError;
use crate::connection::fragment::{DataFrame, Fragment};
use crate::connection::reply::Reply;
use crate::connection::role::{Client, Endpoint, Role, Server};
use crate::connection::settings::Settings;
use crate::frame::close_code::CloseCode;
use crate::frame::opcode::Opcode;
use core::fmt;

/// The half of a connection that sends: messages in, frames out (RFC 6455 §5, §6.1, §7).
///
/// A [`Connection`](super::Connection) holds one. It is used alone where reading and writing live in two tasks; then
/// [`answer`](Self::answer) writes what the [`Receiver`](super::Receiver) of the other task owes.
///
/// **Every method writes all or nothing.** An error says why, and nothing was written, no key was drawn, no state changed. While
/// a frame that was begun lacks payload, every method but [`frame_payload`](Self::frame_payload) is
/// [`SendError::FrameInProgress`].
pub struct Transmitter<R: Role> {
    pub(in crate::connection) role: R,
    pub(in crate::connection) outgoing: Outgoing,
}

impl Transmitter<Server> {
    /// A server's transmitter, behind the opening handshake.
    pub const fn server(settings: Settings) -> Self {
        Self { role: Server, outgoing: Outgoing::new(settings) }
    }

    /// [`frame_payload`](Self::frame_payload) from memory that is only looked at, since a server masks nothing.
    ///
    /// # Errors
    ///
    /// As `frame_payload`.
    pub fn frame_payload_shared(&mut self, chunk: &[u8]) -> Result<u64, SendError> {
        self.outgoing.frame_payload_shared(chunk)
    }

    /// Header and payload apart, for a vectored write: the payload is not copied.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); `out` must have room for the header.
    pub fn send_vectored<'a>(
        &mut self,
        message: impl Into<Fragment<'a>>,
        out: &'a mut [u8],
    ) -> Result<[&'a [u8]; 2], SendError> {
        self.outgoing.send_vectored(message.into(), out)
    }
}

impl<E: Entropy> Transmitter<Client<E>> {
    /// A client's transmitter, behind the opening handshake.
    pub const fn client(entropy: E, settings: Settings) -> Self {
        Self { role: Client(entropy), outgoing: Outgoing::new(settings) }
    }
}

impl<E: Entropy> Transmitter<Endpoint<E>> {
    /// A transmitter of an end that is chosen at run time, behind the opening handshake.
    pub const fn endpoint(endpoint: Endpoint<E>, settings: Settings) -> Self {
        Self { role: endpoint, outgoing: Outgoing::new(settings) }
    }
}

impl<R: Role> Transmitter<R> {
    /// Writes a message, or a fragment of one, as one frame to the front of `out`; gives what was written.
    ///
    /// Copies and masks in one pass.
    ///
    /// ```
    /// use upframe::connection::{SendError, Settings, Transmitter};
    /// let mut transmitter = Transmitter::server(Settings::new());
    /// let mut out = [0; 7];
    /// assert_eq!(transmitter.send("Hello", &mut out).unwrap(), b"\x81\x05Hello");
    /// assert_eq!(transmitter.send("Hello!", &mut out), Err(SendError::BufferTooSmall { required: 8 }));
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError::FrameInProgress`], [`Closing`](SendError::Closing), [`MessageInProgress`](SendError::MessageInProgress),
    /// [`NoMessage`](SendError::NoMessage), [`ReservedBits`](SendError::ReservedBits), [`NotUtf8`](SendError::NotUtf8) where a
    /// streamed frame left a code point unfinished, [`BufferTooSmall`](SendError::BufferTooSmall),
    /// [`NoEntropy`](SendError::NoEntropy), judged in this order.
    #[inline]
    pub fn send<'a, 'o>(&mut self, message: impl Into<Fragment<'a>>, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        let Fragment { frame, bytes } = message.into();
        self.outgoing.send(self.role.keys(), frame, bytes, out)
    }

    /// Makes a frame of a payload that lies in `buffer` behind `headroom` bytes: the header is written right in front of it, and it
    /// is masked where it lies. Gives the frame.
    ///
    /// A headroom of [`Header::MAX_LEN`](crate::frame::Header::MAX_LEN) is enough for any.
    ///
    /// ```
    /// use upframe::connection::{DataFrame, Settings, Transmitter};
    /// let mut transmitter = Transmitter::server(Settings::new());
    /// let mut buffer = *b"..............Hello";
    /// assert_eq!(transmitter.send_in_place(DataFrame::TEXT, &mut buffer, 14).unwrap(), b"\x81\x05Hello");
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`SendError::NotUtf8`] also where the payload of a text frame is not whole UTF-8, and
    /// [`BufferTooSmall`](SendError::BufferTooSmall) says what headroom is required, or, first of all, what length of `buffer` where
    /// that is shorter than the headroom. `buffer` is unchanged.
    pub fn send_in_place<'o>(
        &mut self,
        frame: DataFrame,
        buffer: &'o mut [u8],
        headroom: usize,
    ) -> Result<&'o [u8], SendError> {
        self.outgoing.send_in_place(self.role.keys(), frame, buffer, headroom)
    }

    /// Begins a frame whose payload of `len` bytes is streamed: writes its header to the front of `out`; gives what was written.
    ///
    /// The payload follows in chunks through [`frame_payload`](Self::frame_payload). A frame without payload is over at once.
    ///
    /// ```
    /// use upframe::connection::{DataFrame, Settings, Transmitter};
    /// let mut transmitter = Transmitter::server(Settings::new());
    /// let mut out = [0; 14];
    /// assert_eq!(transmitter.begin_frame(DataFrame::TEXT, 5, &mut out).unwrap(), b"\x81\x05");
    /// assert_eq!(transmitter.frame_payload(&mut b"Hel".to_owned()), Ok(2));
    /// assert_eq!(transmitter.frame_payload(&mut b"lo".to_owned()), Ok(0));
    /// ```
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); `out` must have room for the header. [`SendError::FrameTooBig`] above 2⁶³ − 1.
    pub fn begin_frame<'o>(&mut self, frame: DataFrame, len: u64, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.outgoing.begin_frame(self.role.keys(), frame, len, out)
    }

    /// Masks the next chunk of the frame's payload in place, so that it can be written; gives how many bytes the frame still lacks.
    ///
    /// Chunks of text may be cut anywhere.
    ///
    /// # Errors
    ///
    /// [`SendError::NoFrame`]; [`SendError::PayloadTooLong`]; [`SendError::NotUtf8`] where the chunk of a text frame cannot go on
    /// with what came before, or ends the message inside a code point. `chunk` is unchanged.
    pub fn frame_payload(&mut self, chunk: &mut [u8]) -> Result<u64, SendError> {
        self.outgoing.frame_payload(chunk)
    }

    /// Writes a Ping with up to 125 bytes of payload (RFC 6455 §5.5.2).
    ///
    /// # Errors
    ///
    /// [`SendError::ControlTooLong`], [`FrameInProgress`](SendError::FrameInProgress), [`Closing`](SendError::Closing),
    /// [`BufferTooSmall`](SendError::BufferTooSmall), [`NoEntropy`](SendError::NoEntropy).
    pub fn ping<'o>(&mut self, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.outgoing.control(self.role.keys(), Opcode::Ping, payload, out)
    }

    /// Writes a Pong that nobody asked for, or that answers a Ping where this is left to the caller (RFC 6455 §5.5.3).
    ///
    /// # Errors
    ///
    /// As [`ping`](Self::ping).
    pub fn pong<'o>(&mut self, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.outgoing.control(self.role.keys(), Opcode::Pong, payload, out)
    }

    /// Starts the closing handshake (RFC 6455 §7.1.2): writes a Close with a code and a reason of up to 123 bytes.
    ///
    /// Nothing can be sent after it, also where a fragmented message is not finished. What the peer sends until its own Close is
    /// still received.
    ///
    /// # Errors
    ///
    /// [`SendError::CloseCode`], [`ControlTooLong`](SendError::ControlTooLong), then as [`ping`](Self::ping).
    pub fn close<'o>(&mut self, code: CloseCode, reason: &str, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.outgoing.close(self.role.keys(), code, reason, out)
    }

    /// [`close`](Self::close) without a code: the peer's close code will be 1005 (RFC 6455 §7.1.5).
    ///
    /// # Errors
    ///
    /// As [`ping`](Self::ping).
    pub fn close_without_code<'o>(&mut self, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.outgoing.close_after(self.role.keys(), None, &[], out)
    }

    /// Writes what the receiver owes the peer: a Pong, or the Close that answers or fails.
    ///
    /// Nothing, and that is what it gives, where a Close has gone before.
    ///
    /// # Errors
    ///
    /// [`SendError::FrameInProgress`], [`BufferTooSmall`](SendError::BufferTooSmall) (131 bytes are enough for any),
    /// [`NoEntropy`](SendError::NoEntropy). That a Close is owed is remembered all the same: data is refused from then on. Give the
    /// same reply again.
    pub fn answer<'o>(&mut self, reply: &Reply, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.outgoing.answer(self.role.keys(), reply, out)
    }

    /// Where the connection is, as far as this half knows.
    pub fn state(&self) -> State {
        self.outgoing.closing.state()
    }

    /// Whether a frame that was begun lacks payload.
    pub const fn is_frame_in_progress(&self) -> bool {
        self.outgoing.frame.is_some()
    }

    /// The stream has ended: nothing more can be sent.
    pub fn end_stream(&mut self) {
        self.outgoing.closing.end_stream();
    }

    /// Back to the state behind an opening handshake with the same settings: for pools.
    pub fn reset(&mut self) {
        self.outgoing.reset();
    }

    /// A message in one frame may be sent now.
    pub(crate) fn may_send(&self, frame: DataFrame) -> Result<(), SendError> {
        self.outgoing.may_send(frame)
    }
}

impl<R: Role> fmt::Debug for Transmitter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transmitter").field("state", &self.state()).finish_non_exhaustive()
    }
}
