//! One connection, as its users see it: sending. The rules are in `halves.rs` and `writing.rs`.

use super::{Connection, DataFrame, Fragment, Role, SendError};
use crate::frame::{CloseCode, Opcode};

/// Sending.
impl<R: Role> Connection<R> {
    /// Writes what the protocol itself has to say, Pongs and Closes, to the front of `out`; gives how many bytes.
    ///
    /// **It returns less than `out.len()` if and only if nothing more may be written now**, so a caller with a small buffer calls
    /// it again while it gets a full one. It can stop and go on at any byte. While a frame that was begun lacks payload it writes
    /// nothing. A client whose [`Entropy`](super::Entropy) has none writes nothing; what is queued stays.
    pub fn poll_transmit(&mut self, out: &mut [u8]) -> usize {
        self.halves.poll_transmit(self.role.keys(), out)
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has something to write, now or when the frame in progress is finished.
    pub fn wants_transmit(&self) -> bool {
        self.halves.wants_transmit()
    }

    /// [`Transmitter::send`](super::Transmitter::send): writes a message, or a fragment of one, to the front of `out`; gives what was written.
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    #[inline]
    pub fn send<'a, 'o>(&mut self, message: impl Into<Fragment<'a>>, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        let Fragment { frame, bytes } = message.into();
        self.halves.send(self.role.keys(), frame, bytes, out)
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
        self.halves.writer()?.send_in_place(self.role.keys(), frame, buffer, headroom)
    }

    /// [`Transmitter::begin_frame`](super::Transmitter::begin_frame): writes the header of a frame whose payload is streamed.
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    pub fn begin_frame<'o>(&mut self, frame: DataFrame, len: u64, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.halves.writer()?.begin_frame(self.role.keys(), frame, len, out)
    }

    /// [`Transmitter::frame_payload`](super::Transmitter::frame_payload): masks the next chunk of a streamed frame in place.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn frame_payload(&mut self, chunk: &mut [u8]) -> Result<u64, SendError> {
        self.halves.outgoing.frame_payload(chunk)
    }

    /// [`Transmitter::ping`](super::Transmitter::ping).
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    pub fn ping<'o>(&mut self, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.halves.writer()?.control(self.role.keys(), Opcode::Ping, payload, out)
    }

    /// [`Transmitter::pong`](super::Transmitter::pong).
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    pub fn pong<'o>(&mut self, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.halves.writer()?.control(self.role.keys(), Opcode::Pong, payload, out)
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
        self.halves.close(self.role.keys(), code, reason, out)
    }

    /// [`Transmitter::close_without_code`](super::Transmitter::close_without_code): as [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// As `close`.
    pub fn close_without_code<'o>(&mut self, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.halves.close_with(self.role.keys(), &[], out)
    }

    /// A message in one frame may be sent now.
    pub(crate) fn may_send(&mut self, frame: DataFrame) -> Result<(), SendError> {
        // [5.4-prepared]
        self.halves.writer()?.may_send(frame)
    }
}
