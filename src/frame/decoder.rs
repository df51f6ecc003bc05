//! Frames from bytes that arrive in pieces.

use super::error::FrameError;
use super::header::{Header, MASK_BIT};
use super::mask::key::{MaskingKey, PhasedKey};
use super::mask::loops::apply_mask;
use super::reserved_bits::ReservedBits;
use core::fmt;
use core::mem::take;

/// Whether the frames of the peer must be masked (RFC 6455 §5.1).
///
/// ```
/// use upframe::frame::{Decoder, FrameViolation, Part, PeerMasking, ReservedBits};
/// let mut of_a_client = Decoder::new(PeerMasking::Required, ReservedBits::NONE);
/// let Some(Part::Failed(error)) = of_a_client.decode(&mut &mut [0x81, 0x00][..])
/// else {
///     panic!()
/// };
/// assert_eq!(error.violation, FrameViolation::Unmasked);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum PeerMasking {
    /// The peer is a client: each frame must be masked.
    Required,
    /// The peer is a server: no frame may be masked.
    Forbidden,
    /// Frames may be masked or not. This violates RFC 6455; it is for dissectors, and for networks whose other end is
    /// trusted.
    Optional,
}

/// What [`Decoder::decode`] yields. `Debug` shows the number of bytes of a payload.
///
/// ```
/// use upframe::frame::{Decoder, Header, Opcode, Part, PeerMasking, ReservedBits};
/// let mut decoder = Decoder::new(PeerMasking::Forbidden, ReservedBits::NONE);
/// let (mut first, mut second) = (*b"\x82\x05He", *b"llo");
/// let (mut first, mut second) = (&mut first[..], &mut second[..]);
/// assert_eq!(
///     decoder.decode(&mut first),
///     Some(Part::Header(Header::new(Opcode::Binary, 5)))
/// );
/// assert_eq!(
///     decoder.decode(&mut first),
///     Some(Part::Payload { bytes: &mut b"He".clone(), last: false })
/// );
/// assert_eq!(decoder.decode(&mut first), None);
/// assert_eq!(
///     decoder.decode(&mut second),
///     Some(Part::Payload { bytes: &mut b"llo".clone(), last: true })
/// );
/// ```
#[derive(Eq, PartialEq)]
#[non_exhaustive]
pub enum Part<'b> {
    /// A complete header. The payload of the frame comes next.
    Header(Header),
    /// The next bytes of the payload.
    Payload {
        /// The bytes, unmasked in place. Empty only if the whole payload is empty.
        bytes: &'b mut [u8],
        /// Whether the frame ends with these bytes.
        last: bool,
    },
    /// The frame breaks a rule. Yielded once; everything that follows is discarded.
    Failed(FrameError),
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(header) => f.debug_tuple("Header").field(header).finish(),
            Self::Payload { bytes, last } => {
                write!(f, "Payload({} bytes{})", bytes.len(), if *last { ", the last" } else { "" })
            }
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

/// Decodes frames from input in pieces of any size (RFC 6455 §5.2).
///
/// Checks every rule that depends on the sequence of headers only: reserved bits, opcodes, masking, control frames, the
/// form of the length, and the order of fragments. Does not check UTF-8 or close codes, has no limits, and does not
/// know the closing handshake.
///
/// The first two bytes of a frame are judged together when the second arrives, in the order of
/// [`FrameViolation`](super::FrameViolation); the length is judged when its last byte arrives. **The result does not
/// depend on how the input is cut.**
///
/// ```
/// use upframe::frame::{Decoder, Header, Opcode, Part, PeerMasking, ReservedBits};
/// let mut decoder = Decoder::new(PeerMasking::Required, ReservedBits::NONE);
/// // RFC 6455 §5.7: "Hello"
/// let mut wire = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
/// let mut input = &mut wire[..];
/// let Some(Part::Header(header)) = decoder.decode(&mut input) else { panic!() };
/// assert_eq!((header.opcode, header.payload_len), (Opcode::Text, 5));
/// let Some(Part::Payload { bytes, last }) = decoder.decode(&mut input) else { panic!() };
/// assert_eq!((&*bytes, last), (&b"Hello"[..], true));
/// assert_eq!(decoder.decode(&mut input), None);
/// ```
#[derive(Clone, Debug)]
// In this order, the offset and the position, which are all that a whole message touches, are next to each other.
#[repr(C)]
pub struct Decoder {
    /// The number of bytes before the next one. After a failure: before the failing one.
    pub(super) offset: u64,
    /// How many bytes of the payload have not arrived. Until the length is complete: the bytes of the length that have
    /// arrived.
    pub(super) remaining: u64,
    /// The masking key at the next byte of the payload.
    pub(super) key: PhasedKey,
    /// The position of the next byte.
    pub(super) at: FramePosition,
    /// The first byte of the current frame.
    pub(super) b0: u8,
    /// Whether a message is open: then only a continuation may follow.
    pub(super) fragmented: bool,
    /// How many bytes of the length or of the masking key have not arrived.
    pub(super) missing: u8,
    /// The second byte.
    pub(super) b1: u8,
    pub(super) peer: PeerMasking,
    /// The reserved bits that an agreed extension owns.
    pub(super) owned: ReservedBits,
}

/// The position of the next byte in the sequence of frames.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum FramePosition {
    /// The first byte of a frame, between messages.
    Start,
    /// The first byte of a frame, while a message is open.
    Fragment,
    /// The second byte of a frame.
    Second,
    /// A byte of the length.
    Length,
    /// A byte of the masking key.
    Key,
    /// A byte of the payload. If none remain, the end of the frame.
    Payload,
    /// The same, and the receiver of a connection knows that what comes is more of a binary message that it delivers, but
    /// not its first piece, and that no extension changed it. At least one byte remains.
    #[cfg(not(upframe_small))]
    StreamingBinary,
    /// The same in a text message. A code point may be cut.
    #[cfg(not(upframe_small))]
    StreamingText,
    /// After a frame that broke a rule. All bytes are discarded.
    Failed,
}

impl Decoder {
    /// Creates a decoder at the start of a stream. `owned` are the reserved bits that agreed extensions own; these may
    /// be set on the first frame of a message only.
    pub const fn new(peer: PeerMasking, owned: ReservedBits) -> Self {
        Self {
            at: FramePosition::Start,
            peer,
            owned,
            b0: 0,
            b1: 0,
            missing: 0,
            fragmented: false,
            key: PhasedKey::NONE,
            remaining: 0,
            offset: 0,
        }
    }

    /// Consumes bytes from the start of `input` and returns the next part. Call it until it returns `None`.
    ///
    /// **`None` means that all input is consumed and nothing is left to yield.** An empty `input` does not mean that:
    /// after the header of an empty frame, its payload is still to come.
    ///
    /// Work is linear in the length of `input`.
    #[must_use = "a part that is ignored is lost"]
    pub fn decode<'b>(&mut self, input: &mut &'b mut [u8]) -> Option<Part<'b>> {
        loop {
            match self.at {
                FramePosition::Failed => {
                    *input = &mut [];
                    return None;
                }
                #[cfg(not(upframe_small))]
                FramePosition::StreamingBinary | FramePosition::StreamingText => self.end_streaming(),
                FramePosition::Payload => {
                    if self.remaining > 0 && input.is_empty() {
                        return None;
                    }
                    let (n, key) = (self.payload_in(input.len()), self.key);
                    let (bytes, rest) = take(input).split_at_mut_checked(n)?;
                    *input = rest;
                    apply_mask::<false>(bytes, key);
                    let last = self.take_payload(n);
                    return Some(Part::Payload { bytes, last });
                }
                FramePosition::Key => {
                    let taken = self.take_key(input);
                    skip(input, taken);
                    if self.at != FramePosition::Payload {
                        return None;
                    }
                    return Some(Part::Header(self.header()));
                }
                FramePosition::Start | FramePosition::Fragment | FramePosition::Second | FramePosition::Length => {
                    let mut bytes = &**input;
                    let known = self.take_length(&mut bytes);
                    let taken = input.len().saturating_sub(bytes.len());
                    skip(input, taken);
                    match known {
                        Err(violation) => {
                            self.fail(u64::from(violation.back()));
                            return Some(Part::Failed(FrameError { violation, offset: self.offset }));
                        }
                        Ok(false) => return None,
                        Ok(true) if self.at == FramePosition::Payload => return Some(Part::Header(self.header())),
                        Ok(true) => {}
                    }
                }
            }
        }
    }

    /// Returns the number of bytes before the next one, counted from the start of the stream. After a failure: before
    /// the failing one.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns whether the stream may end here: between frames, while no message is open.
    pub const fn is_at_rest(&self) -> bool {
        matches!(self.at, FramePosition::Start)
    }

    /// Returns whether the next byte is the first byte of a frame.
    pub const fn is_between_frames(&self) -> bool {
        matches!(self.at, FramePosition::Start | FramePosition::Fragment)
    }

    /// Returns the header of the frame whose payload comes next.
    fn header(&self) -> Header {
        Header {
            fin: self.fin(),
            rsv: self.rsv(),
            opcode: self.opcode(),
            masking_key: (self.b1 & MASK_BIT != 0).then_some(MaskingKey(self.key.bytes())),
            payload_len: self.remaining,
        }
    }
}

/// Drops `n` bytes from the start of `input`.
fn skip(input: &mut &mut [u8], n: usize) {
    if let Some((_, rest)) = take(input).split_at_mut_checked(n) {
        *input = rest;
    }
}

/// Where the fields are that a whole message touches, and how long they are.
#[cfg(test)]
impl Decoder {
    pub(crate) const TOUCHED: [(usize, usize); 2] =
        [(core::mem::offset_of!(Self, offset), 8), (core::mem::offset_of!(Self, at), 1)];
}

#[cfg(test)]
mod tests {
    use super::super::error::FrameViolation;
    use super::*;
    use std::vec::Vec;

    #[derive(Clone, Debug, PartialEq)]
    enum Seen {
        Frame(Header, Vec<u8>),
        Failed(FrameError),
    }

    #[test]
    fn a_header_has_its_key_and_the_decoder_reports_whether_a_stream_may_end() {
        let mut decoder = Decoder::new(PeerMasking::Optional, ReservedBits::NONE);
        assert!(decoder.is_at_rest() && decoder.is_between_frames());
        let mut wire = *b"\x01\x82\x05\x06\x07\x08ab\x80\x00";
        let (first, second) = wire.split_at_mut(8);
        let mut input = first;
        let Some(Part::Header(header)) = decoder.decode(&mut input) else { panic!("a header has come") };
        assert_eq!(header.masking_key, Some(MaskingKey([5, 6, 7, 8])));
        assert!(!decoder.is_at_rest() && !decoder.is_between_frames());
        while decoder.decode(&mut input).is_some() {}
        assert!(!decoder.is_at_rest() && decoder.is_between_frames());
        let mut input = second;
        let Some(Part::Header(header)) = decoder.decode(&mut input) else { panic!("a header has come") };
        assert_eq!(header.masking_key, None);
        while decoder.decode(&mut input).is_some() {}
        assert!(decoder.is_at_rest() && decoder.is_between_frames());
    }

    /// Decodes the frames and joins their payloads. The last payload may be incomplete.
    fn frames(decoder: &mut Decoder, pieces: &[&[u8]]) -> Vec<Seen> {
        let mut seen = vec![];
        for piece in pieces {
            let mut piece = piece.to_vec();
            let mut input = &mut piece[..];
            while let Some(part) = decoder.decode(&mut input) {
                match part {
                    Part::Header(header) => seen.push(Seen::Frame(header, vec![])),
                    Part::Payload { bytes, last } => {
                        let Some(Seen::Frame(header, payload)) = seen.last_mut() else {
                            panic!("payload without a header")
                        };
                        payload.extend_from_slice(bytes);
                        assert_eq!(last, payload.len() as u64 == header.payload_len);
                    }
                    Part::Failed(error) => seen.push(Seen::Failed(error)),
                }
            }
            assert!(input.is_empty(), "None, but input is left");
        }
        seen
    }

    fn server() -> Decoder {
        Decoder::new(PeerMasking::Required, ReservedBits::NONE)
    }

    fn client() -> Decoder {
        Decoder::new(PeerMasking::Forbidden, ReservedBits::RSV1)
    }

    const FRAGMENTS: &[u8] = b"\x01\x03Hel\x89\x05Hello\x80\x02lo\x82\x7e\x00\x80\
        0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\
        0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\x88\x00";

    #[test]
    fn any_two_cuts_yield_the_same_frames() {
        let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x8a\x80\x01\x02\x03\x04\
            \x02\x81\0\0\0\0x\x80\x80\x09\x09\x09\x09";
        for (decoder, wire) in [(client(), FRAGMENTS), (server(), &masked[..])] {
            let whole = frames(&mut decoder.clone(), &[wire]);
            assert!(whole.iter().all(|seen| matches!(seen, Seen::Frame(..))), "{whole:?}");
            for a in 0..=wire.len() {
                for b in a..=wire.len() {
                    let mut decoder = decoder.clone();
                    assert_eq!(frames(&mut decoder, &[&wire[..a], &wire[a..b], &wire[b..]]), whole);
                    assert_eq!(decoder.offset(), wire.len() as u64);
                    assert!(decoder.is_at_rest());
                }
            }
            assert_eq!(frames(&mut decoder.clone(), &wire.chunks(1).collect::<Vec<_>>()), whole);
        }
    }

    #[test]
    fn every_violation_is_found_at_its_byte_whatever_the_cut() {
        use FrameViolation::*;
        let cases: [(Decoder, &[u8], FrameViolation, u64); 14] = [
            (client(), b"\x81\x01a\xA1\x00", ReservedBit, 3),
            (client(), b"\x81\x01a\xC9\x00", ReservedBit, 3),
            (client(), b"\x41\x01a\xC0\x00", ReservedBit, 3),
            (client(), b"\x83\x00", ReservedOpcode, 0),
            (client(), b"\x81\x81aaaab", Masked, 1),
            (server(), b"\x81\x01a", Unmasked, 1),
            (client(), b"\x09\x00", FragmentedControl, 0),
            (client(), b"\x89\x7e\x00\x7e", ControlTooLong, 1),
            (client(), b"\x88\x7f", ControlTooLong, 1),
            (client(), b"\x81\x00\x80\x00", UnexpectedContinuation, 2),
            (client(), b"\x01\x00\x81\x00", UnfinishedMessage, 2),
            (client(), b"\x01\x00\x02\x00", UnfinishedMessage, 2),
            (client(), b"\x82\x7f\x80\0\0\0\0\0\0\0", LengthTopBit, 9),
            (client(), b"\x82\x7e\x00\x7d", LengthNotMinimal, 3),
        ];
        for (decoder, wire, violation, offset) in cases {
            let wire = [wire, b"more, which is discarded"].concat();
            let want = Seen::Failed(FrameError { violation, offset });
            for cut in 0..=wire.len() {
                let mut decoder = decoder.clone();
                assert_eq!(frames(&mut decoder, &[&wire[..cut], &wire[cut..]]).last(), Some(&want), "{wire:x?} {cut}");
                assert_eq!(decoder.offset(), offset);
            }
            assert_eq!(frames(&mut decoder.clone(), &wire.chunks(1).collect::<Vec<_>>()).last(), Some(&want));
        }
    }

    #[test]
    fn of_several_broken_rules_the_first_listed_is_reported() {
        for (wire, violation) in [
            (b"\x7b\xff", FrameViolation::ReservedBit),
            (b"\x0b\xff", FrameViolation::ReservedOpcode),
            (b"\x09\xff", FrameViolation::Masked),
            (b"\x09\x7f", FrameViolation::FragmentedControl),
        ] {
            let seen = frames(&mut Decoder::new(PeerMasking::Forbidden, ReservedBits::NONE), &[wire]);
            assert!(matches!(seen[..], [Seen::Failed(error)] if error.violation == violation), "{seen:?}");
        }
    }

    #[test]
    fn a_length_beyond_memory_passes_through_small_pieces() {
        let mut decoder = client();
        let mut head = *b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff";
        let mut input = &mut head[..];
        let Some(Part::Header(header)) = decoder.decode(&mut input) else { panic!() };
        assert_eq!(header.payload_len, Header::MAX_PAYLOAD);
        for _ in 0..10 {
            let mut bytes = [1; 100];
            let mut input = &mut bytes[..];
            assert!(
                matches!(decoder.decode(&mut input), Some(Part::Payload { bytes, last: false }) if bytes.len() == 100)
            );
            assert_eq!(decoder.decode(&mut input), None);
        }
    }

    #[test]
    fn frames_may_be_masked_or_not_if_the_caller_allows_it() {
        let mut decoder = Decoder::new(PeerMasking::Optional, ReservedBits::NONE);
        let seen = frames(&mut decoder, &[b"\x81\x01a\x81\x81\x01\x01\x01\x01`"]);
        let payloads: Vec<_> =
            seen.iter().map(|seen| if let Seen::Frame(_, payload) = seen { &payload[..] } else { b"" }).collect();
        assert_eq!(payloads, [b"a", b"a"]);
    }
}
