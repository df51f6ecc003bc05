//! Messages in, frames out: the half that sends.

use super::closing::Own;
use super::outgoing::Outgoing;
use super::replies::{Reply, ReplyKind};
use super::role::sealed;
use super::{Client, DataFrame, Endpoint, Entropy, Fragment, Role, SendError, Server, Settings, State};
use crate::bytes::copy;
use crate::frame::{CloseCode, Header, Key, MaskingKey, Opcode, apply_mask, copy_masked};
use crate::utf8::{self, Verdict};
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
    pub(super) role: R,
    pub(super) outgoing: Outgoing,
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
        let (frame, text) = self.outgoing.check_payload(chunk)?;
        Ok(self.outgoing.take_payload(frame, text, chunk.len()))
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
        let Fragment { frame, bytes } = message.into();
        let header = self.outgoing.admit_fragment(frame, bytes.len() as u64)?.encode(out)?;
        self.outgoing.commit(frame);
        Ok([header, bytes])
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
        let mut header = self.outgoing.admit_fragment(frame, bytes.len() as u64)?;
        let out = self.room_for(&mut header, bytes.len(), out)?;
        self.outgoing.commit(frame);
        Ok(write(&header, bytes, out))
    }

    /// Makes a frame of a payload that lies in `buffer` behind `headroom` bytes: the header is written right in front of it, and it
    /// is masked where it lies. Gives the frame.
    ///
    /// A headroom of [`Header::MAX_LEN`] is enough for any.
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
        let Some((room, payload)) = buffer.split_at_mut_checked(headroom) else {
            return Err(SendError::BufferTooSmall { required: headroom });
        };
        let mut header = self.outgoing.admit_fragment(frame, payload.len() as u64)?;
        // [5.6-text-sent]
        if frame.is_plain_text() && utf8::check(payload) != Verdict::Whole {
            return Err(SendError::NotUtf8);
        }
        let required = self.masked(header).encoded_len();
        let Some(start) = headroom.checked_sub(required) else {
            return Err(SendError::BufferTooSmall { required });
        };
        header.masking_key = self.role.masking_key()?;
        if let Some(key) = header.masking_key {
            // [5.1-client-masks]
            apply_mask::<false>(payload, Key::new(key));
        }
        header.encode(room.get_mut(start..).unwrap_or_default())?;
        self.outgoing.commit(frame);
        Ok(buffer.get(start..).unwrap_or_default())
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
        let mut header = self.outgoing.admit(frame, len)?;
        // [5.6-text-sent]
        if len == 0 && frame.is_plain_text() && frame.place.is_last() && !self.outgoing.text.is_whole() {
            return Err(SendError::NotUtf8);
        }
        let out = self.room_for(&mut header, 0, out)?;
        self.outgoing.commit(frame);
        self.outgoing.begin(frame, len, header.masking_key);
        Ok(header.encode(out)?)
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
        let (frame, text) = self.outgoing.check_payload(chunk)?;
        // [5.1-client-masks]
        apply_mask::<false>(chunk, frame.key);
        Ok(self.outgoing.take_payload(frame, text, chunk.len()))
    }

    /// Writes a Ping with up to 125 bytes of payload (RFC 6455 §5.5.2).
    ///
    /// # Errors
    ///
    /// [`SendError::ControlTooLong`], [`FrameInProgress`](SendError::FrameInProgress), [`Closing`](SendError::Closing),
    /// [`BufferTooSmall`](SendError::BufferTooSmall), [`NoEntropy`](SendError::NoEntropy).
    pub fn ping<'o>(&mut self, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.control(Opcode::Ping, payload, out)
    }

    /// Writes a Pong that nobody asked for, or that answers a Ping where this is left to the caller (RFC 6455 §5.5.3).
    ///
    /// # Errors
    ///
    /// As [`ping`](Self::ping).
    pub fn pong<'o>(&mut self, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.control(Opcode::Pong, payload, out)
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
        let mut body = [0; Header::MAX_CONTROL_PAYLOAD];
        let body = close_body(code, reason, &mut body)?;
        self.close_behind(None, body, out)
    }

    /// [`close`](Self::close) without a code: the peer's close code will be 1005 (RFC 6455 §7.1.5).
    ///
    /// # Errors
    ///
    /// As [`ping`](Self::ping).
    pub fn close_without_code<'o>(&mut self, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.close_behind(None, &[], out)
    }

    /// A Close, behind the Pong that still waits.
    pub(super) fn close_behind<'o>(
        &mut self,
        pong: Option<&[u8]>,
        body: &[u8],
        out: &'o mut [u8],
    ) -> Result<&'o [u8], SendError> {
        // [5.2-frame-whole]
        if self.outgoing.frame.is_some() {
            return Err(SendError::FrameInProgress);
        }
        // [5.5.1-no-data-after]
        if !self.outgoing.closing.is_open() {
            return Err(SendError::Closing);
        }
        let pong_len = pong.map_or(0, |payload| self.control_len(payload.len()));
        // at most twice 131
        let required = self.control_len(body.len()).saturating_add(pong_len);
        let out = out.get_mut(..required).ok_or(SendError::BufferTooSmall { required })?;
        let pong_key = if pong.is_some() { self.role.masking_key()? } else { None };
        let close_key = self.role.masking_key()?;
        if let Some((first, second)) = out.split_at_mut_checked(pong_len) {
            let header = |opcode, payload: &[u8], masking_key| Header {
                masking_key,
                ..Header::new(opcode, payload.len() as u64)
            };
            if let Some(pong) = pong {
                write(&header(Opcode::Pong, pong, pong_key), pong, first);
            }
            write(&header(Opcode::Close, body, close_key), body, second);
        }
        // [5.5.1-once]
        self.outgoing.closing.own = Own::Sent;
        Ok(out)
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
        match reply.kind {
            // [5.5.3-same-payload]
            ReplyKind::Pong => match self.control(Opcode::Pong, &reply.payload, out) {
                // [5.5.2-not-after-close]
                Err(SendError::Closing) => return Ok(&[]),
                written => return written,
            },
            // [5.5.1-answer]
            ReplyKind::Close(code) => self.outgoing.closing.peer_closed(code),
            // [7.1.7-close]
            ReplyKind::Failure(code) => self.outgoing.closing.failed(code),
        }
        let Some((body, len)) = self.outgoing.closing.queued_body() else { return Ok(&[]) };
        let written = self.control_anyway(Opcode::Close, body.get(..len).unwrap_or_default(), out)?;
        // [5.5.1-once]
        self.outgoing.closing.own = Own::Sent;
        Ok(written)
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
        self.outgoing = Outgoing::new(Settings::new().with_reserved_bits(self.outgoing.owned));
    }

    /// A message in one frame may be sent now.
    pub(crate) fn may_send(&self, frame: DataFrame) -> Result<(), SendError> {
        // [5.4-prepared]
        self.outgoing.admit(frame, 0).map(drop)
    }

    #[inline(always)]
    pub(super) fn is_server(&self) -> bool {
        sealed::Side::is_server(self.role.side())
    }

    /// The header as it will be on this side: only its length counts.
    #[inline(always)]
    fn masked(&self, header: Header) -> Header {
        Header { masking_key: if self.is_server() { None } else { Some(MaskingKey([0; 4])) }, ..header }
    }

    /// The part of `out` that header and payload take, and the key drawn: the last check before writing.
    #[inline(always)]
    fn room_for<'o>(
        &mut self,
        header: &mut Header,
        payload: usize,
        out: &'o mut [u8],
    ) -> Result<&'o mut [u8], SendError> {
        // saturated, it is longer than any slice
        let required = self.masked(*header).encoded_len().saturating_add(payload);
        let out = out.get_mut(..required).ok_or(SendError::BufferTooSmall { required })?;
        header.masking_key = self.role.masking_key()?;
        Ok(out)
    }

    /// A control frame, where data may be sent too.
    fn control<'o>(&mut self, opcode: Opcode, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        // §5.5: all control frames MUST have a payload length of 125 bytes or less [5.5-control-125-sent]
        if payload.len() > Header::MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong);
        }
        // [5.5.1-no-data-after]
        if self.outgoing.frame.is_none() && !self.outgoing.closing.is_open() {
            return Err(SendError::Closing);
        }
        self.control_anyway(opcode, payload, out)
    }

    fn control_anyway<'o>(&mut self, opcode: Opcode, payload: &[u8], out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        // [5.2-frame-whole]
        if self.outgoing.frame.is_some() {
            return Err(SendError::FrameInProgress);
        }
        let mut header = Header::new(opcode, payload.len() as u64);
        let out = self.room_for(&mut header, payload.len(), out)?;
        Ok(write(&header, payload, out))
    }

    /// How many bytes a control frame with this payload takes on this side.
    fn control_len(&self, payload: usize) -> usize {
        self.masked(Header::new(Opcode::Pong, payload as u64)).encoded_len().saturating_add(payload)
    }
}

impl<R: Role> fmt::Debug for Transmitter<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transmitter").field("state", &self.state()).finish_non_exhaustive()
    }
}

/// The body of a Close frame, checked (RFC 6455 §5.5.1, §7.4).
pub(super) fn close_body<'a>(
    code: CloseCode,
    reason: &str,
    body: &'a mut [u8; Header::MAX_CONTROL_PAYLOAD],
) -> Result<&'a [u8], SendError> {
    // [7.4-sent]
    if !code.may_be_sent() {
        return Err(SendError::CloseCode);
    }
    let len = reason.len().saturating_add(2);
    // [5.5-control-125-sent]
    let Some(body) = body.get_mut(..len) else { return Err(SendError::ControlTooLong) };
    if let Some((place, rest)) = body.split_first_chunk_mut() {
        // [7.1.2-close-sent] [5.5.1-network-order]
        *place = code.0.to_be_bytes();
        copy(reason.as_bytes(), rest);
    }
    Ok(body)
}

/// Writes a frame over all of `out`, which is as long as it.
#[inline(always)]
fn write<'o>(header: &Header, payload: &[u8], out: &'o mut [u8]) -> &'o [u8] {
    let header_len = match out.first_chunk_mut() {
        // longer than any header: written where it belongs
        Some(front) => header.encode_whole(front),
        None => header.encode(out).map_or(0, <[u8]>::len),
    };
    if let Some((_, place)) = out.split_at_mut_checked(header_len)
        && place.len() == payload.len()
    {
        match header.masking_key {
            Some(key) => {
                // [5.1-client-masks]
                copy_masked::<false>(payload, place, Key::new(key));
            }
            None => copy(payload, place),
        }
    }
    out
}
