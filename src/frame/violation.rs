//! What a frame header can do wrong.

use core::fmt;

/// A rule of RFC 6455 §5 that a frame's header breaks. Each fails the connection with code 1002.
///
/// In the order of judgement: of several broken rules in one frame, the first listed here is the one reported.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum FrameViolation {
    /// A reserved bit that no agreed extension owns, or an owned one elsewhere than on the first frame of a message (§5.2).
    ReservedBit,
    /// Opcode 0x3–0x7 or 0xB–0xF (§5.2).
    ReservedOpcode,
    /// A frame from a client without a mask (§5.1).
    Unmasked,
    /// A frame from a server with a mask (§5.1).
    Masked,
    /// A control frame with FIN clear (§5.5).
    FragmentedControl,
    /// A control frame with more than 125 bytes of payload (§5.5).
    ControlTooLong,
    /// A continuation where no message is open (§5.4).
    UnexpectedContinuation,
    /// A new message before the last fragment of the one that is open (§5.4).
    UnfinishedMessage,
    /// A 64-bit payload length whose top bit is set (§5.2).
    LengthTopBit,
    /// A payload length that is not in its shortest form (§5.2).
    LengthNotMinimal,
}

impl FrameViolation {
    /// The section of RFC 6455 that holds the rule.
    pub const fn section(self) -> &'static str {
        match self {
            Self::ReservedBit | Self::ReservedOpcode | Self::LengthTopBit | Self::LengthNotMinimal => "5.2",
            Self::Unmasked | Self::Masked => "5.1",
            Self::FragmentedControl | Self::ControlTooLong => "5.5",
            Self::UnexpectedContinuation | Self::UnfinishedMessage => "5.4",
        }
    }

    /// How far the failing byte lies before the next one, where this is found: the first byte of a frame is judged with the second.
    pub(crate) const fn back(self) -> u8 {
        match self {
            Self::ReservedBit
            | Self::ReservedOpcode
            | Self::FragmentedControl
            | Self::UnexpectedContinuation
            | Self::UnfinishedMessage => 2,
            Self::Unmasked | Self::Masked | Self::ControlTooLong | Self::LengthTopBit | Self::LengthNotMinimal => 1,
        }
    }
}

impl fmt::Display for FrameViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReservedBit => "reserved bit set",
            Self::ReservedOpcode => "reserved opcode",
            Self::Unmasked => "frame from a client is not masked",
            Self::Masked => "frame from a server is masked",
            Self::FragmentedControl => "control frame is fragmented",
            Self::ControlTooLong => "control frame has more than 125 bytes",
            Self::UnexpectedContinuation => "continuation of no message",
            Self::UnfinishedMessage => "new message before the last one ended",
            Self::LengthTopBit => "top bit of the payload length is set",
            Self::LengthNotMinimal => "payload length is not in its shortest form",
        })
    }
}

impl core::error::Error for FrameViolation {}

/// A frame that cannot be decoded: the rule it breaks, and where.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct FrameError {
    /// The rule.
    pub violation: FrameViolation,
    /// How many bytes came before the failing one, counted from the first byte that the decoder was given.
    pub offset: u64,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (RFC 6455 section {}) at byte {}", self.violation, self.violation.section(), self.offset)
    }
}

impl core::error::Error for FrameError {}
