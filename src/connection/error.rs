//! Errors, split by who is at fault.

use super::entropy::NoEntropy;
use crate::frame::close_code::CloseCode;
use crate::frame::error::{BufferTooSmall, FrameViolation};
use core::fmt;

/// The rule that the peer broke. If it broke several at once, the first in this order is reported.
///
/// The number is the close code that is sent. The last two are found by callers, with
/// [`Connection::fail`](super::Connection::fail):
///
/// ```
/// use upframe::connection::{Connection, Settings, State, Violation};
/// let mut server = Connection::server(Settings::new());
/// server.fail(Violation::Policy);
/// assert_eq!(server.state(), State::Failed);
/// let mut out = [0; 131];
/// let n = server.poll_transmit(&mut out);
/// assert_eq!(&out[..n], b"\x88\x02\x03\xf0"); // a Close with 1008
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum Violation {
    /// A frame that is not valid (RFC 6455 §5). 1002.
    Frame(FrameViolation),
    /// A frame longer than [`Limits::frame`](super::Limits::frame) (§10.4). 1009.
    FrameTooBig,
    /// A message longer than [`Limits::message`](super::Limits::message), or than the caller-provided buffer (§10.4).
    /// 1009.
    MessageTooBig,
    /// More frames in a message than [`Limits::fragments`](super::Limits::fragments) (§10.4). 1008.
    TooManyFragments,
    /// More empty frames in a message than [`Limits::empty_fragments`](super::Limits::empty_fragments) (§10.4). 1008.
    TooManyEmptyFragments,
    /// A text message that is not valid UTF-8 (§8.1). 1007.
    NotUtf8,
    /// A Close frame with a body of one byte (§5.5.1). 1002.
    CloseTruncated,
    /// A Close frame with a code that may not be sent (§7.4). 1002.
    CloseCode,
    /// A Close frame whose reason is not valid UTF-8 (§5.5.1, §8.1). 1007.
    CloseReason,
    /// Data that the extension which owns a reserved bit cannot read (§9). 1007.
    ExtensionData,
    /// Something that the application does not accept (§7.4.1). 1008.
    Policy,
}

impl Violation {
    /// Returns the code of the Close that reports the violation to the peer (RFC 6455 §7.4.1).
    pub const fn close_code(self) -> CloseCode {
        match self {
            // A Close that reports a failure has 1002 if the protocol was broken, 1007 if data was not valid, 1009 if
            // it was too big, 1008 in all other cases. [7.4.1-says-why]
            Self::Frame(_) | Self::CloseTruncated | Self::CloseCode => CloseCode::PROTOCOL_ERROR,
            Self::FrameTooBig | Self::MessageTooBig => CloseCode::MESSAGE_TOO_BIG,
            Self::TooManyFragments | Self::TooManyEmptyFragments | Self::Policy => CloseCode::POLICY_VIOLATION,
            Self::NotUtf8 | Self::CloseReason | Self::ExtensionData => CloseCode::INVALID_PAYLOAD,
        }
    }

    /// Returns the section of RFC 6455 that has the rule.
    pub const fn section(self) -> &'static str {
        match self {
            Self::Frame(violation) => violation.section(),
            Self::FrameTooBig | Self::MessageTooBig | Self::TooManyFragments | Self::TooManyEmptyFragments => "10.4",
            Self::NotUtf8 | Self::CloseReason => "8.1",
            Self::CloseTruncated => "5.5.1",
            Self::CloseCode => "7.4",
            Self::ExtensionData => "9",
            Self::Policy => "7.4.1",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frame(violation) => return violation.fmt(f),
            Self::FrameTooBig => "frame longer than the limit",
            Self::MessageTooBig => "message longer than the limit",
            Self::TooManyFragments => "more fragments than the limit",
            Self::TooManyEmptyFragments => "more empty fragments than the limit",
            Self::NotUtf8 => "text is not UTF-8",
            Self::CloseTruncated => "Close frame with a body of one byte",
            Self::CloseCode => "Close frame with a code that may not be sent",
            Self::CloseReason => "close reason is not UTF-8",
            Self::ExtensionData => "extension data cannot be read",
            Self::Policy => "refused by the application",
        })
    }
}

impl core::error::Error for Violation {}

/// What the peer did wrong, and where. The connection has failed (RFC 6455 §7.1.7); the Close that reports it is
/// queued.
///
/// ```
/// use upframe::connection::{Connection, Event, Settings, Violation};
/// let mut server = Connection::server(Settings::new());
/// let mut wire = *b"\x81\x82\0\0\0\0a\xff"; // text that is not UTF-8
/// let mut input = &mut wire[..];
/// let Some(Event::Text(piece)) = server.receive(&mut input) else { panic!() };
/// assert_eq!(piece.as_str(), "a");
/// let Some(Event::Failed(error)) = server.receive(&mut input) else { panic!() };
/// assert_eq!((error.violation, error.offset), (Violation::NotUtf8, 7));
/// assert_eq!(error.to_string(), "text is not UTF-8 (RFC 6455 section 8.1) at byte 7");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct ProtocolError {
    /// The rule that was broken.
    pub violation: Violation,
    /// How many bytes were received before the failing one, counted from the first byte after the opening handshake.
    pub offset: u64,
}

impl ProtocolError {
    /// Returns the code of the Close that reports it to the peer.
    pub const fn close_code(self) -> CloseCode {
        self.violation.close_code()
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { violation, offset } = self;
        write!(f, "{violation} (RFC 6455 section {}) at byte {offset}", violation.section())
    }
}

impl core::error::Error for ProtocolError {}

/// Why a call could not send. **Nothing was written, no key was drawn, and no state changed.**
///
/// ```
/// use upframe::connection::{Connection, SendError, Settings};
/// let mut server = Connection::server(Settings::new());
/// let mut out = [0; 4];
/// assert_eq!(
///     server.send("Hello", &mut out),
///     Err(SendError::BufferTooSmall { required: 7 })
/// );
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum SendError {
    /// The output is too short.
    BufferTooSmall {
        /// The required length in bytes; for [`send_in_place`](super::Connection::send_in_place) the required headroom.
        required: usize,
    },
    /// The local Close is sent or owed, so nothing else may be sent (RFC 6455 §5.5.1), or the stream has ended.
    Closing,
    /// A frame is half-written: its payload is not complete, or [`poll_transmit`](super::Connection::poll_transmit) has
    /// written only a part of it.
    FrameInProgress,
    /// No frame was begun.
    NoFrame,
    /// More payload than the frame announced.
    PayloadTooLong {
        /// How many bytes the frame lacks.
        remaining: u64,
    },
    /// A new message, or a fragment of another kind, inside a message that is not finished (§5.4).
    MessageInProgress,
    /// A fragment that is not the first one, and no message is open (§5.4).
    NoMessage,
    /// More than 125 bytes for a Ping or Pong, or more than 123 for a close reason (§5.5).
    ControlTooLong,
    /// A close code that may not appear in a frame (§7.4).
    CloseCode,
    /// Text that is not valid UTF-8, or that leaves a code point unfinished (§5.6).
    NotUtf8,
    /// Reserved bits that no agreed extension owns (§5.2).
    ReservedBits,
    /// A payload longer than 2⁶³ − 1 bytes (§5.2).
    FrameTooBig,
    /// No masking key is available (§5.3).
    NoEntropy,
    /// There is no room for a Ping, a Pong or a Close: another one waits, or an answer is not written. Call
    /// [`poll_transmit`](super::Connection::poll_transmit) until it has nothing more to write, then try again. If it had
    /// nothing to write, a control frame of the peer's is being received that needs the room: receive its rest.
    QueueFull,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BufferTooSmall { required } => return write!(f, "output needs {required} bytes"),
            Self::Closing => "connection is closing",
            Self::FrameInProgress => "a frame is half written",
            Self::NoFrame => "no frame was begun",
            Self::PayloadTooLong { remaining } => return write!(f, "frame takes only {remaining} more bytes"),
            Self::MessageInProgress => "a message is not finished",
            Self::NoMessage => "no message is open",
            Self::ControlTooLong => "control frame would have more than 125 bytes",
            Self::CloseCode => "close code may not be sent",
            Self::NotUtf8 => "text is not UTF-8",
            Self::ReservedBits => "reserved bits that no extension owns",
            Self::FrameTooBig => "frame would have more than 2^63 - 1 bytes",
            Self::NoEntropy => "no entropy for a masking key",
            Self::QueueFull => "no room for another control frame",
        })
    }
}

impl core::error::Error for SendError {}

impl From<BufferTooSmall> for SendError {
    fn from(BufferTooSmall { required }: BufferTooSmall) -> Self {
        Self::BufferTooSmall { required }
    }
}

impl From<NoEntropy> for SendError {
    fn from(NoEntropy: NoEntropy) -> Self {
        Self::NoEntropy
    }
}
