//! Why a frame cannot be decoded, and why a header cannot be written.

use core::fmt;

/// A rule of RFC 6455 §5 that the header of a frame breaks. Each fails the connection with code 1002.
///
/// The rules are checked in this order: if one frame breaks several, the first in this list is reported.
///
/// ```
/// use upframe::frame::{FrameViolation, Header};
/// let reserved_opcode = Header::parse(&[0x83, 0x00]).unwrap_err();
/// assert_eq!(reserved_opcode, FrameViolation::ReservedOpcode);
/// assert_eq!(
///     (reserved_opcode.to_string(), reserved_opcode.section()),
///     ("reserved opcode".into(), "5.2")
/// );
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
#[non_exhaustive]
pub enum FrameViolation {
    /// A reserved bit that no agreed extension owns, or an owned one on a frame other than the first of a message
    /// (§5.2).
    ReservedBit,
    /// Opcode 0x3–0x7 or 0xB–0xF (§5.2).
    ReservedOpcode,
    /// An unmasked frame from a client (§5.1).
    Unmasked,
    /// A masked frame from a server (§5.1).
    Masked,
    /// A control frame without FIN (§5.5).
    FragmentedControl,
    /// A control frame with more than 125 bytes of payload (§5.5).
    ControlTooLong,
    /// A continuation frame while no message is open (§5.4).
    UnexpectedContinuation,
    /// The first frame of a new message while another message is open (§5.4).
    UnfinishedMessage,
    /// A 64-bit payload length whose top bit is set (§5.2).
    LengthTopBit,
    /// A payload length that is not in its shortest form (§5.2).
    LengthNotMinimal,
}

impl FrameViolation {
    /// Returns the section of RFC 6455 that states the rule, such as `"5.2"`.
    pub const fn section(self) -> &'static str {
        match self {
            Self::ReservedBit | Self::ReservedOpcode | Self::LengthTopBit | Self::LengthNotMinimal => "5.2",
            Self::Unmasked | Self::Masked => "5.1",
            Self::FragmentedControl | Self::ControlTooLong => "5.5",
            Self::UnexpectedContinuation | Self::UnfinishedMessage => "5.4",
        }
    }

    /// Returns how many bytes the failing byte is before the next one when the violation is found. The first byte of a
    /// frame is judged together with the second.
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
            Self::UnexpectedContinuation => "continuation frame while no message is open",
            Self::UnfinishedMessage => "new message while another message is open",
            Self::LengthTopBit => "top bit of the payload length is set",
            Self::LengthNotMinimal => "payload length is not in its shortest form",
        })
    }
}

impl core::error::Error for FrameViolation {}

/// A frame that cannot be decoded: the rule that it breaks, and the place.
///
/// ```
/// use upframe::frame::{
///     Decoder, FrameError, FrameViolation, Part, PeerMasking, ReservedBits,
/// };
/// let mut decoder = Decoder::new(PeerMasking::Required, ReservedBits::NONE);
/// let unmasked = FrameError { violation: FrameViolation::Unmasked, offset: 1 };
/// assert_eq!(
///     decoder.decode(&mut &mut [0x81, 0x00][..]),
///     Some(Part::Failed(unmasked))
/// );
/// assert_eq!(
///     unmasked.to_string(),
///     "frame from a client is not masked (RFC 6455 section 5.1) at byte 1"
/// );
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct FrameError {
    /// The rule that the frame breaks.
    pub violation: FrameViolation,
    /// The number of bytes before the failing one, counted from the first byte that the decoder received.
    pub offset: u64,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (RFC 6455 section {}) at byte {}", self.violation, self.violation.section(), self.offset)
    }
}

impl core::error::Error for FrameError {}

/// The output buffer is too short. Nothing was written.
///
/// ```
/// use upframe::frame::{BufferTooSmall, Header, Opcode};
/// let header = Header::new(Opcode::Text, 1000);
/// assert_eq!(header.encode(&mut [0; 3]), Err(BufferTooSmall { required: 4 }));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct BufferTooSmall {
    /// The length in bytes that the buffer must have.
    pub required: usize,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "output needs {} bytes", self.required)
    }
}

impl core::error::Error for BufferTooSmall {}
