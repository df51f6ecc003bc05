//! Errors, split by who is at fault.

use super::entropy::NoEntropy;
use crate::frame::{BufferTooSmall, CloseCode, FrameViolation};
use core::fmt;

/// The rule that the peer broke. In the order of judgement where several are broken at once.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum Violation {
    /// A frame that is not one (RFC 6455 §5). 1002.
    Frame(FrameViolation),
    /// A frame longer than [`Limits::frame`](super::Limits::frame). 1009.
    FrameTooBig,
    /// A message longer than [`Limits::message`](super::Limits::message), or than the memory lent for it. 1009.
    MessageTooBig,
    /// More frames in a message than [`Limits::fragments`](super::Limits::fragments). 1008.
    TooManyFragments,
    /// More empty frames in a message than [`Limits::empty_fragments`](super::Limits::empty_fragments). 1008.
    TooManyEmptyFragments,
    /// A text message that is not UTF-8 (§8.1). 1007.
    NotUtf8,
    /// A Close frame with a body of one byte (§5.5.1). 1002.
    CloseTruncated,
    /// A Close frame with a code that may not be sent (§7.4). 1002.
    CloseCode,
    /// A Close frame whose reason is not UTF-8 (§5.5.1, §8.1). 1007.
    CloseReason,
    /// Data that the extension which owns a reserved bit cannot read (§9). 1007.
    ExtensionData,
    /// What the application does not put up with (§7.4.1). 1008.
    Policy,
}

impl Violation {
    /// The code that the Close frame says to the peer (RFC 6455 §7.4.1).
    pub const fn close_code(self) -> CloseCode {
        match self {
            // [7.4.1-says-why]
            Self::Frame(_) | Self::CloseTruncated | Self::CloseCode => CloseCode::PROTOCOL_ERROR,
            Self::FrameTooBig | Self::MessageTooBig => CloseCode::MESSAGE_TOO_BIG,
            Self::TooManyFragments | Self::TooManyEmptyFragments | Self::Policy => {
                // [7.4.1-says-why]
                CloseCode::POLICY_VIOLATION
            }
            // [7.4.1-says-why]
            Self::NotUtf8 | Self::CloseReason | Self::ExtensionData => CloseCode::INVALID_PAYLOAD,
        }
    }

    /// The section of RFC 6455 that holds the rule.
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

/// The peer broke the protocol: the connection has failed (RFC 6455 §7.1.7), and the Close frame that says so is
/// queued.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct ProtocolError {
    /// The rule.
    pub violation: Violation,
    /// How many bytes came before the failing one, counted from the first byte behind the opening handshake.
    pub offset: u64,
}

impl ProtocolError {
    /// The code that the Close frame says to the peer.
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

/// The caller asked for something that cannot be sent. **Nothing was written, no key was drawn, and no state changed.**
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum SendError {
    /// The output is too short.
    BufferTooSmall {
        /// The length in bytes that it must have; in [`send_in_place`](super::Transmitter::send_in_place) the headroom.
        required: usize,
    },
    /// A Close was sent, or is about to be: no data may follow it (RFC 6455 §5.5.1). Also after the end of the stream.
    Closing,
    /// A frame is half written: its payload must be finished, or [`poll_transmit`](super::Connection::poll_transmit) be
    /// called until all it has is out.
    FrameInProgress,
    /// No frame was begun.
    NoFrame,
    /// More payload than the frame announced.
    PayloadTooLong {
        /// Bytes that the frame still takes.
        remaining: u64,
    },
    /// A new message, or a fragment of another kind, inside a message that is not finished (§5.4).
    MessageInProgress,
    /// A fragment that goes on with a message, and none is open (§5.4).
    NoMessage,
    /// More than 125 bytes for a Ping or Pong, more than 123 for a close reason (§5.5).
    ControlTooLong,
    /// A close code that may not stand in a frame (§7.4).
    CloseCode,
    /// Text that is not UTF-8 (§5.6), or that leaves a code point unfinished.
    NotUtf8,
    /// Reserved bits that no agreed extension owns (§5.2).
    ReservedBits,
    /// A payload longer than 2⁶³ − 1 bytes (§5.2).
    FrameTooBig,
    /// No masking key could be drawn (§5.3).
    NoEntropy,
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
