//! What the receiver knows: where it is in a frame, in a message and in the closing handshake.

use crate::connection::control_room::ControlRoom;
use crate::connection::error::{ProtocolError, Violation};
use crate::connection::piece::{MessageKind, Place};
use crate::connection::reply::Owed;
use crate::connection::role::Role;
use crate::connection::settings::Settings;
use crate::frame::decoder::{Decoder, PeerMasking};
use crate::frame::mask::key::MaskingKey;
use crate::frame::mask::key::PhasedKey;
use crate::frame::reserved_bits::ReservedBits;
use crate::utf8::validator::CutCodePoint;

/// The half of a connection that receives: bytes in, events out (RFC 6455 §5, §6.2, §7, §8.1).
///
/// A [`Connection`](crate::connection::Connection) holds one, and documents the methods that both have. It is used
/// alone if reading and writing happen in two tasks: [`take_reply`](Self::take_reply) returns what the protocol has to
/// answer, and the [`Transmitter`](crate::connection::Transmitter) of the other task writes it, so that no lock is
/// needed.
///
/// ```
/// use upframe::connection::{Event, Receiver, Server, Settings, Transmitter};
/// let mut receiver = Receiver::<Server>::new(Settings::new());
/// let mut transmitter = Transmitter::server(Settings::new());
/// let mut wire = *b"\x89\x82\0\0\0\0hi"; // a Ping, masked with a key of zeros
/// let mut input = &mut wire[..];
/// while let Some(event) = receiver.receive(&mut input) {
///     assert_eq!(event, Event::Ping);
///     if let Some(reply) = receiver.take_reply() {
///         // travels to the other task
///         transmitter.answer(&reply).unwrap();
///         let mut out = [0; 131];
///         let n = transmitter.poll_transmit(&mut out);
///         assert_eq!(&out[..n], b"\x8a\x02hi");
///     }
/// }
/// ```
#[derive(Clone)]
// In this order, what a whole message touches is at the front, next to what sending touches: see `common.rs`. The single
// bytes are there, too: instructions that reach them are short on a small machine.
#[repr(C)]
pub struct Receiver<R: Role> {
    /// How much of the message in progress was delivered.
    pub(in crate::connection) delivery: Delivery,
    /// The answer that is owed.
    pub(in crate::connection) owed: Owed,
    /// The longest payload that the whole path accepts: the smaller of the two limits, at most 65,535.
    pub(in crate::connection) medium_limit: u16,
    pub(in crate::connection) phase: Phase,

    // ---- the result of the machine; with its slice, an event
    pub(in crate::connection) signal: Signal,
    pub(in crate::connection) place: Place,

    pub(in crate::connection) kind: MessageKind,

    /// Where it is in a frame.
    pub(in crate::connection) decoder: Decoder,

    pub(in crate::connection) limits: KeptLimits,

    // ---- the message in progress
    pub(in crate::connection) message_len: u64,
    pub(in crate::connection) fragments: u32,
    /// The code of the peer's Close; 0 before it.
    pub(in crate::connection) close_code: u16,
    pub(in crate::connection) empty_fragments: u16,
    pub(in crate::connection) cut: CutCodePoint,
    pub(in crate::connection) reserved_bits: ReservedBits,

    // ---- the control frame in progress, or reported, and the answer that is owed
    pub(in crate::connection) room: ControlRoom,
    pub(in crate::connection) role: R,
}

/// The limits and other rules.
#[derive(Clone, Copy)]
pub(in crate::connection) struct KeptLimits {
    pub(in crate::connection) message: u64,
    pub(in crate::connection) frame: u64,
    pub(in crate::connection) fragments: u32,
    pub(in crate::connection) empty_fragments: u16,
    /// Pings are answered.
    pub(in crate::connection) automatic_pong: bool,
    /// The rule that the peer broke, if it broke one.
    pub(in crate::connection) violation: Violation,
}

/// How much of the current message was delivered to the caller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(in crate::connection) enum Delivery {
    /// Nothing, or no message is open.
    NotStarted,
    /// Some pieces.
    Started,
    /// Some pieces; the caller skips the others.
    Skipped,
}

/// Where the receiver is, besides the position in the frame that the decoder knows.
// `Running` is 0, which the fast paths compare with most easily.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Frames are received, or discarded once the decoder has failed.
    Running,
    /// A control frame is being received whose payload is discarded: there is no room for it, and nobody needs it.
    Discarding,
    /// The payload of a control frame is not received until there is room for it, and the caller knows.
    Stopped,
    /// A control frame was reported, and its payload can be read.
    ControlReported,
    /// A failure waits until the text before it is delivered.
    FailurePending,
    /// A failure was reported.
    Failed,
    /// A Close was received.
    Ended,
    /// The stream ended before a Close, between two messages.
    EndedBetweenMessages,
    /// The same inside a message, between two frames.
    EndedInMessage,
    /// The same inside a frame.
    EndedInFrame,
}

impl Phase {
    /// Whether the stream ended before a Close.
    pub(in crate::connection) const fn is_lost(self) -> bool {
        matches!(self, Self::EndedBetweenMessages | Self::EndedInMessage | Self::EndedInFrame)
    }
}

/// What the machine reports.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum Signal {
    Nothing,
    Text,
    /// Text whose bytes are in `cut`.
    CodePoint,
    Binary,
    Extended,
    Ping,
    Pong,
    Close,
    Failed,
    TransmitFirst,
}

impl<R: Role + Copy> Receiver<R> {
    /// Creates a receiver of this role, whose peer masks its frames like this.
    pub(in crate::connection) const fn with(role: R, peer: PeerMasking, settings: Settings) -> Self {
        let Settings { limits, reserved_bits, automatic_pong, .. } = settings;
        let longest = if limits.message < limits.frame { limits.message } else { limits.frame };
        Self {
            medium_limit: if longest < 0xFFFF { longest as u16 } else { 0xFFFF },
            phase: Phase::Running,
            owed: Owed::Nothing,
            signal: Signal::Nothing,
            place: Place::Middle,
            delivery: Delivery::NotStarted,
            kind: MessageKind::Binary,
            reserved_bits: ReservedBits::NONE,
            decoder: Decoder::new(peer, reserved_bits),
            message_len: 0,
            fragments: 0,
            empty_fragments: 0,
            close_code: 0,
            limits: KeptLimits {
                message: limits.message,
                frame: limits.frame,
                fragments: limits.fragments,
                empty_fragments: limits.empty_fragments,
                automatic_pong,
                violation: Violation::Policy,
            },
            cut: CutCodePoint::NONE,
            room: ControlRoom::EMPTY,
            role,
        }
    }

    /// Returns whether nothing is left to yield: so ends every run of events.
    #[inline(always)]
    pub(crate) fn has_nothing(&self, input: &[u8]) -> bool {
        input.is_empty() && self.phase == Phase::Running
    }

    pub(in crate::connection) const fn error(&self) -> ProtocolError {
        ProtocolError { violation: self.limits.violation, offset: self.decoder.offset() }
    }

    /// Returns the key at the end of a header: only clients send one.
    #[inline(always)]
    pub(in crate::connection) fn key_in(&self, header: &[u8]) -> PhasedKey {
        match header.last_chunk() {
            Some(key) if self.role.is_server() => PhasedKey::new(MaskingKey(*key)),
            _ => PhasedKey::NONE,
        }
    }
}
