//! Headers from bytes that are cut anywhere, and the payloads between them.

use super::header::{LengthForm, MASK, judge_control, judge_opcode};
use super::{FIN, FrameError, FrameViolation, Header, Key, MaskingKey, Opcode, ReservedBits};
use crate::target::SMALL;
use core::mem::take;

/// What the mask bit of the frames that come in must be (RFC 6455 §5.1).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
pub enum PeerMasking {
    /// They come from a client: each is masked.
    Required,
    /// They come from a server: none is masked.
    Forbidden,
    /// Either. Against the standard; for dissectors and for networks whose other end is trusted.
    Optional,
}

/// What a [`Decoder`] found.
#[derive(Debug, Eq, PartialEq)]
pub enum Part<'b> {
    /// A whole header. Its payload comes next.
    Header(Header),
    /// Bytes of payload, unmasked in place.
    Payload {
        /// The bytes: none only where the whole payload is empty.
        bytes: &'b mut [u8],
        /// The frame ends with them.
        last: bool,
    },
    /// A frame that is not one. Given once; all that follows is swallowed.
    Failed(FrameError),
}

/// Takes frames apart, cut anywhere (RFC 6455 §5.2).
///
/// Judges every rule that needs no more than the sequence of headers: reserved bits, opcodes, masking, control frames, the form
/// of lengths, and which fragment may follow which. Knows no limit, no text and no closing handshake.
///
/// The order of judgement is fixed, so that no cut changes it: the first two bytes together when the second has come, in the
/// order of [`FrameViolation`]; then the length at its last byte.
///
/// ```
/// use upframe::frame::{Decoder, Header, Opcode, Part, PeerMasking, ReservedBits};
/// let mut decoder = Decoder::new(PeerMasking::Required, ReservedBits::NONE);
/// let mut wire = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"; // RFC 6455 §5.7: "Hello"
/// let mut input = &mut wire[..];
/// let Some(Part::Header(header)) = decoder.decode(&mut input) else { panic!() };
/// assert_eq!((header.opcode, header.payload_len), (Opcode::Text, 5));
/// let Some(Part::Payload { bytes, last }) = decoder.decode(&mut input) else { panic!() };
/// assert_eq!((&*bytes, last), (&b"Hello"[..], true));
/// assert_eq!(decoder.decode(&mut input), None);
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    at: At,
    peer: PeerMasking,
    owned: ReservedBits,
    /// The first byte of the frame under way.
    b0: u8,
    /// The second.
    b1: u8,
    /// Bytes of length or key that have not come.
    missing: u8,
    /// A message is open: only a continuation may follow.
    fragmented: bool,
    key: Key,
    /// Bytes of payload that have not come; while the length comes in, as much of it as has.
    remaining: u64,
    /// Bytes before the next one; once failed, before the failing one.
    offset: u64,
}

/// What the next byte is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum At {
    /// The first of a frame, between messages.
    Start,
    /// The first of a frame, while a message is open.
    Fragment,
    /// The second of a frame.
    Second,
    Length,
    Key,
    Payload,
    /// Of no interest: a frame was refused.
    Failed,
}

impl Decoder {
    /// At the start of a stream; extensions own the bits in `owned`, which may stand on the first frame of a message only.
    pub const fn new(peer: PeerMasking, owned: ReservedBits) -> Self {
        Self {
            at: At::Start,
            peer,
            owned,
            b0: 0,
            b1: 0,
            missing: 0,
            fragmented: false,
            key: Key::NONE,
            remaining: 0,
            offset: 0,
        }
    }

    /// Takes bytes from the front of `input` up to the next part.
    ///
    /// **`None` means: all input is taken and nothing is left to hand out.** `input.is_empty()` does not: the payload of an empty
    /// frame is still to come then.
    pub fn decode<'b>(&mut self, input: &mut &'b mut [u8]) -> Option<Part<'b>> {
        loop {
            match self.at {
                At::Failed => {
                    *input = &mut [];
                    return None;
                }
                At::Payload => {
                    if self.remaining > 0 && input.is_empty() {
                        return None;
                    }
                    let (n, key) = (self.payload_in(input.len()), self.key);
                    let (bytes, rest) = take(input).split_at_mut_checked(n)?;
                    *input = rest;
                    // [6.2-unmask]
                    super::apply_mask::<false>(bytes, key);
                    let last = self.take_payload(n);
                    return Some(Part::Payload { bytes, last });
                }
                At::Key => {
                    let taken = self.take_key(input);
                    skip(input, taken);
                    if self.at != At::Payload {
                        return None;
                    }
                    return Some(Part::Header(self.header()));
                }
                At::Start | At::Fragment | At::Second | At::Length => {
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
                        Ok(true) if self.at == At::Payload => return Some(Part::Header(self.header())),
                        Ok(true) => {}
                    }
                }
            }
        }
    }

    /// How many bytes came before the next one; once failed, before the failing one.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the stream may end here: between frames, no message open.
    pub const fn is_at_rest(&self) -> bool {
        matches!(self.at, At::Start)
    }

    /// Whether the next byte is the first of a frame.
    pub const fn is_between_frames(&self) -> bool {
        matches!(self.at, At::Start | At::Fragment)
    }

    /// The header of the frame whose payload comes next.
    fn header(&self) -> Header {
        Header {
            fin: self.fin(),
            rsv: self.rsv(),
            opcode: self.opcode(),
            masking_key: (self.b1 & MASK != 0).then_some(MaskingKey(self.key.bytes())),
            payload_len: self.remaining,
        }
    }
}

/// Moves `input` on.
fn skip(input: &mut &mut [u8], n: usize) {
    if let Some((_, rest)) = take(input).split_at_mut_checked(n) {
        *input = rest;
    }
}

/// The machine, one stage at a time: what the receiver of a connection drives.
impl Decoder {
    #[inline(always)]
    pub(crate) const fn at(&self) -> At {
        self.at
    }

    pub(crate) const fn peer(&self) -> PeerMasking {
        self.peer
    }

    pub(crate) const fn owned(&self) -> ReservedBits {
        self.owned
    }

    #[inline(always)]
    pub(crate) const fn key(&self) -> Key {
        self.key
    }

    /// Bytes of payload that have not come; right behind the length, all.
    #[inline(always)]
    pub(crate) const fn remaining(&self) -> u64 {
        self.remaining
    }

    #[inline]
    pub(crate) const fn fin(&self) -> bool {
        self.b0 & FIN != 0
    }

    #[inline]
    pub(crate) const fn rsv(&self) -> ReservedBits {
        ReservedBits::of_first_byte(self.b0)
    }

    /// The opcode of the frame under way: judged, so never reserved.
    #[inline]
    pub(crate) const fn opcode(&self) -> Opcode {
        match Opcode::from_bits(self.b0 & 0x0F) {
            Some(opcode) => opcode,
            None => Opcode::Continuation,
        }
    }

    /// Whether the frame under way has this opcode.
    #[inline(always)]
    pub(crate) const fn is(&self, opcode: Opcode) -> bool {
        self.b0 & 0x0F == opcode.bits()
    }

    /// Whether the frame under way is a control frame: the highest bit of its opcode is set (RFC 6455 §5.5).
    #[inline(always)]
    pub(crate) const fn is_in_control_frame(&self) -> bool {
        self.b0 & 0x08 != 0
    }

    /// Counts a frame that was judged and taken elsewhere.
    #[inline(always)]
    pub(crate) const fn skip_frame(&mut self, len: usize) {
        self.offset = self.offset.wrapping_add(len as u64);
    }

    /// The same for a fragment, the last of its message or not.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    pub(crate) const fn skip_fragment(&mut self, len: usize, fin: bool) {
        self.skip_frame(len);
        self.fragmented = !fin;
        self.at = if fin { At::Start } else { At::Fragment };
    }

    /// Fails at the byte that lies `back` before the next one.
    pub(crate) const fn fail(&mut self, back: u64) {
        // those bytes were counted
        self.offset = self.offset.wrapping_sub(back);
        // [7.1.7-nothing-behind]
        self.at = At::Failed;
    }

    /// Takes the first two bytes of a frame and its length. `true`: the length is known, the key or the payload comes next. After a
    /// violation the caller [fails](Self::fail) [so far back](FrameViolation::back).
    pub(crate) fn take_length(&mut self, bytes: &mut &[u8]) -> Result<bool, FrameViolation> {
        if !SMALL
            && self.is_between_frames()
            && let &[b0, b1, ref rest @ ..] = *bytes
            && let form = LengthForm::of(b1)
            && let Some(len) = form.read(b1, rest)
            && let Some(rest) = rest.get(usize::from(form.extra())..)
        {
            // the usual case: all of it is in sight
            *bytes = rest;
            self.offset = self.offset.wrapping_add(2);
            self.judge_start(b0, b1)?;
            self.offset = self.offset.wrapping_add(u64::from(form.extra()));
            self.judge_length(form, len)?;
            return Ok(true);
        }
        while let Some((byte, rest)) = bytes.split_first() {
            *bytes = rest;
            if self.take_byte(*byte)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[cfg_attr(upframe_small, inline(never))]
    pub(crate) fn take_byte(&mut self, byte: u8) -> Result<bool, FrameViolation> {
        self.offset = self.offset.wrapping_add(1);
        match self.at {
            At::Second => {
                self.judge_start(self.b0, byte)?;
                let form = LengthForm::of(byte);
                let short = if form == LengthForm::Bits7 { byte & !MASK } else { 0 };
                (self.at, self.missing, self.remaining) = (At::Length, form.extra(), u64::from(short));
            }
            At::Length => {
                // [5.2-network-order]
                self.remaining = self.remaining << 8 | u64::from(byte);
                self.missing = self.missing.saturating_sub(1);
            }
            At::Key => {
                self.take_key_byte(byte);
                return Ok(false);
            }
            _ => {
                (self.at, self.b0) = (At::Second, byte);
                return Ok(false);
            }
        }
        // [5.3-key-zero]
        if self.missing > 0 {
            return Ok(false);
        }
        self.judge_length(LengthForm::of(self.b1), self.remaining)?;
        Ok(true)
    }

    /// The first two bytes, judged together, in the order of [`FrameViolation`].
    fn judge_start(&mut self, b0: u8, b1: u8) -> Result<(), FrameViolation> {
        (self.b0, self.b1) = (b0, b1);
        let rsv = ReservedBits::of_first_byte(b0);
        // §5.2: MUST be 0 unless an extension is negotiated; RFC 7692 §6: on the first frame of a message only
        // [7692-6-rsv1-first]
        let agreed = self.owned.contains(rsv) && matches!(b0 & 0x0F, 0x1 | 0x2);
        // [5.2-rsv]
        if !agreed && !rsv.is_empty() {
            return Err(FrameViolation::ReservedBit);
        }
        judge_opcode(b0)?;
        // §5.1: a server MUST close on an unmasked frame, a client on a masked one
        match self.peer {
            // [5.1-unmasked]
            PeerMasking::Required if b1 & MASK == 0 => return Err(FrameViolation::Unmasked),
            // [5.1-masked]
            PeerMasking::Forbidden if b1 & MASK != 0 => return Err(FrameViolation::Masked),
            _ => {}
        }
        // [5.4-control-inside] [5.5-control-fin] [5.5-control-125]
        if self.is_in_control_frame() {
            return judge_control(b0, b1);
        }
        // §5.4: a continuation belongs to a message that is open; fragments of one message are not mixed with another's
        // [5.4-continuation] [5.4-interleaved]
        if self.is(Opcode::Continuation) != self.fragmented {
            let open = self.fragmented;
            return Err(if open { FrameViolation::UnfinishedMessage } else { FrameViolation::UnexpectedContinuation });
        }
        // [5.4-fin]
        self.fragmented = b0 & FIN == 0;
        Ok(())
    }

    fn judge_length(&mut self, form: LengthForm, len: u64) -> Result<(), FrameViolation> {
        // [5.2-minimal] [5.2-top-bit]
        form.judge(len)?;
        self.remaining = len;
        self.key = Key::NONE;
        if self.b1 & MASK != 0 {
            (self.at, self.missing) = (At::Key, 4);
        } else {
            self.at = At::Payload;
        }
        Ok(())
    }

    /// Takes bytes of the masking key; gives how many. Afterwards the payload comes next, or the bytes have run out.
    pub(crate) fn take_key(&mut self, bytes: &[u8]) -> usize {
        if let (Some(key), 4, false) = (bytes.first_chunk::<4>(), self.missing, SMALL) {
            // [5.3-key-bytes]
            self.key = Key::new(MaskingKey(*key));
            self.offset = self.offset.wrapping_add(4);
            self.at = At::Payload;
            return 4;
        }
        let before = self.missing;
        for byte in bytes.iter().take(usize::from(before)) {
            self.take_key_byte(*byte);
        }
        let taken = before.saturating_sub(self.missing);
        self.offset = self.offset.wrapping_add(u64::from(taken));
        usize::from(taken)
    }

    #[inline(always)]
    fn take_key_byte(&mut self, byte: u8) {
        // [5.3-key-bytes]
        self.key = self.key.with_next(byte);
        self.missing = self.missing.saturating_sub(1);
        // [5.3-key-zero]
        if self.missing == 0 {
            self.at = At::Payload;
        }
    }

    /// How many of `available` bytes belong to the payload.
    #[inline(always)]
    pub(crate) fn payload_in(&self, available: usize) -> usize {
        usize::try_from(self.remaining).unwrap_or(usize::MAX).min(available)
    }

    /// Takes `n` bytes of payload, no more than remain. `true`: the frame ends with them.
    #[cfg_attr(not(upframe_small), inline(always))]
    #[cfg_attr(upframe_small, inline(never))]
    pub(crate) fn take_payload(&mut self, n: usize) -> bool {
        self.offset = self.offset.wrapping_add(n as u64);
        self.remaining = self.remaining.saturating_sub(n as u64);
        // [5.3-phase]
        self.key = self.key.at(n);
        if self.remaining > 0 {
            return false;
        }
        self.at = if self.fragmented { At::Fragment } else { At::Start };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[derive(Clone, Debug, PartialEq)]
    enum Seen {
        Frame(Header, Vec<u8>),
        Failed(FrameError),
    }

    #[test]
    fn a_header_shows_its_key_and_the_decoder_where_a_stream_may_end() {
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

    /// Frames, with payloads joined; whether the last one is whole does not show.
    fn frames(decoder: &mut Decoder, pieces: &[&[u8]]) -> Vec<Seen> {
        let mut seen = vec![];
        for piece in pieces {
            let mut piece = piece.to_vec();
            let mut input = &mut piece[..];
            while let Some(part) = decoder.decode(&mut input) {
                match part {
                    Part::Header(header) => seen.push(Seen::Frame(header, vec![])),
                    Part::Payload { bytes, last } => {
                        let Some(Seen::Frame(header, payload)) = seen.last_mut() else { panic!("payload of no frame") };
                        payload.extend_from_slice(bytes);
                        assert_eq!(last, payload.len() as u64 == header.payload_len);
                    }
                    Part::Failed(error) => seen.push(Seen::Failed(error)),
                }
            }
            assert!(input.is_empty(), "None, and input left");
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
    fn any_two_cuts_give_the_same_frames() {
        let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x8a\x80\x01\x02\x03\x04\x02\x81\0\0\0\0x\x80\x80\x09\x09\x09\x09";
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
            let wire = [wire, b"more, which is swallowed"].concat();
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
    fn either_masking_is_taken_where_the_caller_says_so() {
        let mut decoder = Decoder::new(PeerMasking::Optional, ReservedBits::NONE);
        let seen = frames(&mut decoder, &[b"\x81\x01a\x81\x81\x01\x01\x01\x01`"]);
        let payloads: Vec<_> =
            seen.iter().map(|seen| if let Seen::Frame(_, payload) = seen { &payload[..] } else { b"" }).collect();
        assert_eq!(payloads, [b"a", b"a"]);
    }
}
