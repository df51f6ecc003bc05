//! One connection as its users see it: sending.

use super::error::SendError;
use super::facade::Connection;
use super::fragment::{DataFrame, Fragment};
use super::role::{Role, Server};
use crate::frame::close_code::CloseCode;
use crate::frame::opcode::Opcode;

/// Sending. Each writer that takes `out` writes to its front, and returns the part that was written.
impl<R: Role> Connection<R> {
    /// Writes the control frames that are queued to the front of `out`: what the protocol owes the peer, then what the
    /// caller queued with [`ping`](Self::ping), [`pong`](Self::pong) or [`close`](Self::close). Returns how many bytes
    /// it wrote.
    ///
    /// It returns less than `out.len()` if and only if nothing more may be written now. Any length of `out` works:
    /// it can stop and go on at any byte, so a caller with a small buffer calls it again while that comes back full.
    /// All that is queued fits 262 bytes.
    ///
    /// It writes no frame while a frame that was begun lacks payload, nor while the [`Entropy`](super::Entropy) of a
    /// client has no bytes. What is queued stays queued then.
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// let mut wire = *b"\x89\x82\0\0\0\0hi"; // masked with a key of zeros
    /// assert_eq!(server.receive(&mut &mut wire[..]), Some(Event::Ping));
    /// let mut out = [0; 3];
    /// assert_eq!((server.poll_transmit(&mut out), &out), (3, b"\x8a\x02h"));
    /// assert_eq!((server.poll_transmit(&mut out), out[0]), (1, b'i'));
    /// ```
    #[must_use = "these bytes of `out` must be written to the transport"]
    pub fn poll_transmit(&mut self, out: &mut [u8]) -> usize {
        self.common.poll_transmit(self.role.keys(), out)
    }

    /// Whether [`poll_transmit`](Self::poll_transmit) has something to write, now or after the frame in progress.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings, Violation};
    /// let mut server = Connection::server(Settings::new());
    /// assert!(!server.wants_transmit());
    /// server.fail(Violation::Policy);
    /// assert!(server.wants_transmit());
    /// ```
    pub fn wants_transmit(&self) -> bool {
        self.common.wants_transmit()
    }

    /// Writes a message, or a fragment of one, as one frame (RFC 6455 §6.1). It copies and masks in one pass.
    ///
    /// A `&str` is a text message, a `&[u8]` a binary one; [`Fragment`] has the other forms. A header takes up to 10
    /// bytes at a server and 14 at a client.
    ///
    /// ```
    /// use upframe::connection::{Connection, Fragment, SendError, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// let mut out = [0; 7];
    /// assert_eq!(server.send("Hello", &mut out).unwrap(), b"\x81\x05Hello");
    /// assert_eq!(
    ///     server.send("Hello!", &mut out),
    ///     Err(SendError::BufferTooSmall { required: 8 })
    /// );
    /// assert_eq!(
    ///     server.send(Fragment::binary(b"a").first(), &mut out).unwrap(),
    ///     b"\x02\x01a"
    /// );
    /// assert_eq!(
    ///     server.send(Fragment::binary(b"b").last(), &mut out).unwrap(),
    ///     b"\x80\x01b"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// The first of these that applies. Nothing was written, no key was drawn, and the connection is unchanged.
    ///
    /// * [`FrameInProgress`](SendError::FrameInProgress): a streamed frame lacks payload, or `poll_transmit` has
    ///   written a part of a frame.
    /// * [`Closing`](SendError::Closing): the local Close is sent or owed, or the stream has ended.
    /// * [`MessageInProgress`](SendError::MessageInProgress), [`NoMessage`](SendError::NoMessage): the fragment does
    ///   not fit the message that is being sent.
    /// * [`ReservedBits`](SendError::ReservedBits): no agreed extension owns its reserved bits.
    /// * [`NotUtf8`](SendError::NotUtf8): a streamed frame before it left a code point unfinished.
    /// * [`BufferTooSmall`](SendError::BufferTooSmall): `out` is shorter than the frame.
    /// * [`NoEntropy`](SendError::NoEntropy): no masking key is available.
    #[inline]
    pub fn send<'a, 'o>(&mut self, message: impl Into<Fragment<'a>>, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        let Fragment { frame, bytes } = message.into();
        self.common.outgoing.send(self.role.keys(), frame, bytes, out)
    }

    /// Makes a frame of a payload that lies in `buffer` after `headroom` bytes. Returns the frame.
    ///
    /// The header is written directly before the payload, which is masked in place; nothing is copied. A headroom of
    /// [`Header::MAX_LEN`](crate::frame::Header::MAX_LEN) bytes fits any header.
    ///
    /// ```
    /// use upframe::connection::{Connection, DataFrame, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// let mut buffer = *b"..............Hello";
    /// assert_eq!(
    ///     server.send_in_place(DataFrame::TEXT, &mut buffer, 14).unwrap(),
    ///     b"\x81\x05Hello"
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send). [`NotUtf8`](SendError::NotUtf8) also means that the payload of a text frame is
    /// not valid UTF-8. [`BufferTooSmall`](SendError::BufferTooSmall) reports the headroom that is required; if
    /// `buffer` is shorter than `headroom`, which is judged first of all, the length of `buffer` that is required.
    /// `buffer` and the connection are unchanged.
    pub fn send_in_place<'o>(
        &mut self,
        frame: DataFrame,
        buffer: &'o mut [u8],
        headroom: usize,
    ) -> Result<&'o [u8], SendError> {
        self.common.outgoing.send_in_place(self.role.keys(), frame, buffer, headroom)
    }

    /// Begins a frame whose payload of `len` bytes is streamed: writes its header.
    ///
    /// The payload follows in chunks through [`frame_payload`](Self::frame_payload). A frame without payload is
    /// complete at once. Until the payload is complete, nothing else can be sent.
    ///
    /// ```
    /// use upframe::connection::{Connection, DataFrame, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// let mut out = [0; 14];
    /// assert_eq!(server.begin_frame(DataFrame::TEXT, 5, &mut out).unwrap(), b"\x81\x05");
    /// assert_eq!(server.frame_payload(&mut b"Hel".to_owned()), Ok(2));
    /// assert_eq!(server.frame_payload(&mut b"lo".to_owned()), Ok(0));
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send); `out` must have room for the header. [`FrameTooBig`](SendError::FrameTooBig) if
    /// `len` is above 2⁶³ − 1. The connection is unchanged.
    pub fn begin_frame<'o>(&mut self, frame: DataFrame, len: u64, out: &'o mut [u8]) -> Result<&'o [u8], SendError> {
        self.common.outgoing.begin_frame(self.role.keys(), frame, len, out)
    }

    /// Masks the next chunk of a streamed payload in place, so that the caller can write it. Returns how many bytes the
    /// frame still lacks.
    ///
    /// Text may be cut anywhere, also inside a code point. See [`begin_frame`](Self::begin_frame) for an example.
    ///
    /// # Errors
    ///
    /// [`NoFrame`](SendError::NoFrame) if no frame was begun, [`PayloadTooLong`](SendError::PayloadTooLong) if `chunk`
    /// is longer than what the frame lacks, [`NotUtf8`](SendError::NotUtf8) if the text before it cannot continue with
    /// `chunk`, or would end inside a code point. `chunk` and the connection are unchanged.
    pub fn frame_payload(&mut self, chunk: &mut [u8]) -> Result<u64, SendError> {
        self.common.outgoing.frame_payload(chunk)
    }

    /// Queues a Ping with up to 125 bytes of payload (RFC 6455 §5.5.2). [`poll_transmit`](Self::poll_transmit) writes
    /// it, after the Pongs that are owed.
    ///
    /// It can be queued while a streamed frame lacks payload, and is written after that.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// server.ping(b"hi").unwrap();
    /// let mut out = [0; 16];
    /// let n = server.poll_transmit(&mut out);
    /// assert_eq!(&out[..n], b"\x89\x02hi");
    /// ```
    ///
    /// # Errors
    ///
    /// The first of these that applies. The connection is unchanged.
    ///
    /// * [`ControlTooLong`](SendError::ControlTooLong): the payload is longer than 125 bytes.
    /// * [`Closing`](SendError::Closing): the local Close is queued, sent or owed, or the stream has ended.
    /// * [`QueueFull`](SendError::QueueFull): one Ping, Pong or Close of the caller's waits already, or the payload finds
    ///   no room. There is room for 125 bytes of payload: what the caller queues shares it with the answer that is owed or
    ///   half-written, and with the control frame that is being received. After `poll_transmit` had nothing more to write,
    ///   only the latter is in it, so that 125 bytes less its payload fit, and an empty payload always does.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.common.control(Opcode::Ping, [&[], payload])
    }

    /// Queues a Pong with up to 125 bytes of payload (RFC 6455 §5.5.3): one that answers no Ping, or the answer to a
    /// Ping if the caller [answers Pings](super::Settings::with_automatic_pong).
    ///
    /// ```
    /// use upframe::connection::{Connection, Event, Settings};
    /// let mut server = Connection::server(Settings::new().with_automatic_pong(false));
    /// let mut wire = *b"\x89\x82\0\0\0\0hi"; // masked with a key of zeros
    /// assert_eq!(server.receive(&mut &mut wire[..]), Some(Event::Ping));
    /// let payload = server.control_payload().unwrap().to_owned();
    /// server.pong(&payload).unwrap();
    /// let mut out = [0; 16];
    /// let n = server.poll_transmit(&mut out);
    /// assert_eq!(&out[..n], b"\x8a\x02hi");
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.common.control(Opcode::Pong, [&[], payload])
    }

    /// Starts the closing handshake (RFC 6455 §7.1.2): queues a Close with a code and a reason of up to 123 bytes.
    ///
    /// [`poll_transmit`](Self::poll_transmit) writes it, after the Pong that is owed and after the payload of a
    /// streamed frame. No other frame can be sent from then on, even if a fragmented message is not finished. What the
    /// peer sends before its own Close is still received, and until this Close begins, the newest Ping is answered.
    ///
    /// ```
    /// use upframe::connection::{Connection, SendError, Settings, State};
    /// use upframe::frame::CloseCode;
    /// let mut server = Connection::server(Settings::new());
    /// let mut out = [0; 16];
    /// server.close(CloseCode::GOING_AWAY, "bye").unwrap();
    /// assert_eq!(server.state(), State::Closing);
    /// assert_eq!(server.send("more", &mut out), Err(SendError::Closing));
    /// let n = server.poll_transmit(&mut out);
    /// assert_eq!(&out[..n], b"\x88\x05\x03\xe9bye");
    /// ```
    ///
    /// # Errors
    ///
    /// [`CloseCode`](SendError::CloseCode) if the code may not appear in a frame, and those of [`ping`](Self::ping).
    /// The connection is unchanged.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), SendError> {
        self.common.close(code, reason)
    }

    /// [`close`](Self::close) without a code and a reason: the peer's close code is 1005 (RFC 6455 §7.1.5).
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// server.close_without_code().unwrap();
    /// let mut out = [0; 2];
    /// assert_eq!((server.poll_transmit(&mut out), &out), (2, b"\x88\0"));
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`close`](Self::close), except the ones about code and reason.
    pub fn close_without_code(&mut self) -> Result<(), SendError> {
        self.common.control(Opcode::Close, [&[]; 2])
    }

    /// Whether a message in one frame may be sent now.
    pub(crate) fn may_send(&self, frame: DataFrame) -> Result<(), SendError> {
        self.common.outgoing.may_send(frame)
    }
}

/// Sending at a server.
impl Connection<Server> {
    /// [`frame_payload`](Self::frame_payload) from a read-only buffer: a server masks nothing.
    ///
    /// ```
    /// use upframe::connection::{Connection, DataFrame, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// assert_eq!(
    ///     server.begin_frame(DataFrame::TEXT, 5, &mut [0; 10]).unwrap(),
    ///     b"\x81\x05"
    /// );
    /// assert_eq!(server.frame_payload_shared(b"Hello"), Ok(0));
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `frame_payload`.
    pub fn frame_payload_shared(&mut self, chunk: &[u8]) -> Result<u64, SendError> {
        self.common.outgoing.frame_payload_shared(chunk)
    }

    /// Writes the header of a message, or of a fragment, for a vectored write. Returns the header and the payload,
    /// which is not copied.
    ///
    /// ```
    /// use upframe::connection::{Connection, Settings};
    /// let mut server = Connection::server(Settings::new());
    /// let mut out = [0; 10];
    /// assert_eq!(
    ///     server.send_vectored("Hello", &mut out).unwrap(),
    ///     [&b"\x81\x05"[..], b"Hello"]
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send); `out` must have room for the header.
    pub fn send_vectored<'a>(
        &mut self,
        message: impl Into<Fragment<'a>>,
        out: &'a mut [u8],
    ) -> Result<[&'a [u8]; 2], SendError> {
        self.common.outgoing.send_vectored(message.into(), out)
    }
}
