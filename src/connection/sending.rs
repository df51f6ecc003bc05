//! What a connection writes: its own replies, and what the caller sends in between.

use super::closing::Own;
use super::replies::Due;
use super::role::sealed;
use super::transmitter::close_body;
use super::{Connection, DataFrame, Fragment, Role, SendError, Transmitter};
use crate::frame::{CloseCode, Header};

/// Sending.
impl<R: Role> Connection<R> {
    /// Writes what the protocol itself has to say, Pongs and Closes, to the front of `out`; gives how many bytes.
    ///
    /// **It returns less than `out.len()` if and only if nothing more may be written now**, so a caller with a small buffer calls
    /// it again while it gets a full one. It can stop and go on at any byte. While a frame that was begun lacks payload it writes
    /// nothing. A client whose [`Entropy`](super::Entropy) has none writes nothing; what is queued stays.
    pub fn poll_transmit(&mut self, out: &mut [u8]) -> usize {
        let mut written = 0;
        loop {
            let rest = out.get_mut(written..).unwrap_or_default();
            written = self.replies.flush(rest).saturating_add(written);
            if self.replies.in_progress() {
                return written;
            }
            self.transmitter.outgoing.reply_is_out();
            self.react();
            if !self.wants_transmit() {
                // [10.4-control-frames-anew]
                // also where the last byte filled `out`, and nobody has to call again
                self.receiver.answered();
                return written;
            }
            // a frame is begun only where one byte of it, at least, can be written
            if written == out.len() || !self.begin_reply() {
                return written;
            }
        }
    }

    /// Begins the next frame that is queued; `false` where there is none, or it may not be sent now.
    fn begin_reply(&mut self) -> bool {
        let Self { transmitter, replies, .. } = self;
        let close = transmitter.outgoing.closing.queued_body();
        // [5.2-frame-whole] [5.5.1-answer-behind-payload]
        if transmitter.is_frame_in_progress() {
            return false;
        }
        // [5.3-no-entropy]
        let Ok(key) = sealed::Role::masking_key(&mut transmitter.role) else { return false };
        match close {
            Some((body, len)) => {
                replies.begin_close(body, len, key);
                // [5.5.1-once]
                transmitter.outgoing.closing.own = Own::InProgress;
            }
            None => replies.begin_pong(key),
        }
        true
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has something to write, now or when the frame in progress is finished.
    pub fn wants_transmit(&self) -> bool {
        self.replies.in_progress()
            || self.replies.waiting_pong().is_some()
            || self.receiver.due != Due::Nothing
            || self.transmitter.outgoing.closing.queued_body().is_some()
    }

    /// [`Transmitter::send`]: writes a message, or a fragment of one, to the front of `out`; gives what was written.
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    #[inline]
    pub fn send<'a, 'o>(&mut self, message: impl Into<Fragment<'a>>, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.writer()?.send(message, out)
    }

    /// [`Transmitter::send_in_place`]: makes a frame of a payload that lies in `buffer` behind `headroom` bytes.
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
        self.writer()?.send_in_place(frame, buffer, headroom)
    }

    /// [`Transmitter::begin_frame`]: writes the header of a frame whose payload is streamed.
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    pub fn begin_frame<'o>(&mut self, frame: DataFrame, len: u64, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.writer()?.begin_frame(frame, len, out)
    }

    /// [`Transmitter::frame_payload`]: masks the next chunk of a streamed frame in place.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn frame_payload(&mut self, chunk: &mut [u8]) -> Result<u64, SendError> {
        self.transmitter.frame_payload(chunk)
    }

    /// [`Transmitter::ping`].
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    pub fn ping<'o>(&mut self, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.writer()?.ping(payload, out)
    }

    /// [`Transmitter::pong`].
    ///
    /// # Errors
    ///
    /// As there; [`SendError::FrameInProgress`] also while `poll_transmit` has written half a frame.
    pub fn pong<'o>(&mut self, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.writer()?.pong(payload, out)
    }

    /// [`Transmitter::close`]: starts the closing handshake. A Pong that is queued is written in front of the Close, and counts
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
        let mut body = [0; Header::MAX_CONTROL_PAYLOAD];
        let body = close_body(code, reason, &mut body)?;
        self.close_with(body, out)
    }

    /// [`Transmitter::close_without_code`]: as [`close`](Self::close).
    ///
    /// # Errors
    ///
    /// As `close`.
    pub fn close_without_code<'o>(&mut self, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.close_with(&[], out)
    }

    fn close_with<'o>(&mut self, body: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.react();
        let Self { transmitter, replies, .. } = self;
        // [5.2-frame-whole]
        if replies.in_progress() {
            return Err(SendError::FrameInProgress);
        }
        // [5.5.2-pong]
        let written = transmitter.close_behind(replies.waiting_pong(), body, out)?;
        replies.drop_pong();
        self.receiver.answered();
        Ok(written)
    }

    /// A message in one frame may be sent now.
    pub(crate) fn may_send(&mut self, frame: DataFrame) -> Result<(), SendError> {
        // [5.4-prepared]
        self.writer()?.may_send(frame)
    }

    /// The transmitter, unless a reply is half written.
    #[inline(always)]
    pub(super) fn writer(&mut self) -> Result<&mut Transmitter<R>, SendError> {
        // [5.2-frame-whole]
        if self.replies.in_progress() { Err(SendError::FrameInProgress) } else { Ok(&mut self.transmitter) }
    }
}
