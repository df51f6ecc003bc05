//! The header in front of a frame's payload (RFC 6455 §5.2).

use super::{FrameViolation, MaskingKey, Opcode};
use crate::target::copy;
use core::fmt;

/// RSV1, RSV2, RSV3: the bits that only an agreed extension may set (RFC 6455 §5.2, §9).
///
/// ```
/// use upframe::frame::ReservedBits;
/// let owned = ReservedBits::RSV1.union(ReservedBits::RSV3);
/// assert!(owned.contains(ReservedBits::RSV1) && !owned.contains(ReservedBits::RSV2));
/// ```
#[derive(Clone, Copy, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct ReservedBits(u8);

impl ReservedBits {
    /// No bit.
    pub const NONE: Self = Self(0);
    /// RSV1, 0x40 of the first byte: permessage-deflate's.
    pub const RSV1: Self = Self(0x40);
    /// RSV2, 0x20 of the first byte.
    pub const RSV2: Self = Self(0x20);
    /// RSV3, 0x10 of the first byte.
    pub const RSV3: Self = Self(0x10);

    /// The three bits of a frame's first byte; the others are dropped.
    pub const fn of_first_byte(byte: u8) -> Self {
        Self(byte & 0x70)
    }

    /// The bits where they stand in a frame's first byte.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether no bit is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all bits of `other` are among these.
    pub const fn contains(self, other: Self) -> bool {
        // [5.2-rsv-owned]
        other.0 & !self.0 == 0
    }

    /// The bits of both.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for ReservedBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [(Self::RSV1, "RSV1"), (Self::RSV2, "RSV2"), (Self::RSV3, "RSV3")];
        f.debug_list().entries(names.iter().filter(|(bit, _)| self.contains(*bit)).map(|(_, name)| name)).finish()
    }
}

/// The header of one frame (RFC 6455 §5.2), in at most 14 bytes:
///
/// ```text
///   bit  0 1 2 3 4   7 8 9      15
///       +-+-+-+-+-----+-+---------+----------------------+-------------+
///       |F|R|R|R| op- |M| payload | extended length      | masking key |
///       |I|S|S|S| code|A| length  | 0, 2 or 8 bytes, in  | 0 or 4      |
///       |N|V|V|V|     |S| 7 bits  | network byte order   | bytes       |
///       | |1|2|3|     |K|         |                      |             |
///       +-+-+-+-+-----+-+---------+----------------------+-------------+
/// ```
///
/// ```
/// use upframe::frame::{Header, MaskingKey, Opcode};
/// let header = Header { masking_key: Some(MaskingKey([0x37, 0xfa, 0x21, 0x3d])), ..Header::new(Opcode::Text, 5) };
/// let mut out = [0; Header::MAX_LEN];
/// let written = header.encode(&mut out).unwrap();
/// assert_eq!(written, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d]);
/// assert_eq!(Header::parse(written), Ok(Some((header, 6))));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Header {
    /// FIN: the last frame of its message.
    pub fin: bool,
    /// RSV1 to RSV3.
    pub rsv: ReservedBits,
    /// What the frame is.
    pub opcode: Opcode,
    /// The key, where the payload is masked.
    pub masking_key: Option<MaskingKey>,
    /// Bytes of payload: at most 2⁶³ − 1, in a control frame at most 125.
    pub payload_len: u64,
}

/// `out` is too short for what should be written. Nothing was written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt-1", derive(defmt::Format))]
pub struct BufferTooSmall {
    /// The length in bytes that `out` must have.
    pub required: usize,
}

impl fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "output needs {} bytes", self.required)
    }
}

impl core::error::Error for BufferTooSmall {}

impl Header {
    /// The longest header in bytes: 2, a length of 8, a key of 4.
    pub const MAX_LEN: usize = 14;
    /// The longest payload of a control frame in bytes (RFC 6455 §5.5).
    pub const MAX_CONTROL_PAYLOAD: usize = 125;
    /// The longest payload of any frame in bytes: 2⁶³ − 1 (RFC 6455 §5.2).
    pub const MAX_PAYLOAD: u64 = u64::MAX >> 1;

    /// An unmasked frame that is a message of its own or a control frame.
    pub const fn new(opcode: Opcode, payload_len: u64) -> Self {
        Self { fin: true, rsv: ReservedBits::NONE, opcode, masking_key: None, payload_len }
    }

    /// Reads a header from the front of `bytes`: the header and its length in bytes, or `None` where it is cut short.
    ///
    /// Judges what can be seen in one frame alone. Reserved bits, mask and the sequence of fragments depend on the
    /// connection: [`Decoder`](super::Decoder) judges those too, and takes its bytes in any cut.
    ///
    /// # Errors
    ///
    /// The first rule that is broken, in the order of [`FrameViolation`].
    pub fn parse(bytes: &[u8]) -> Result<Option<(Self, usize)>, FrameViolation> {
        let &[b0, b1, ref rest @ ..] = bytes else { return Ok(None) };
        let opcode = judge_opcode(b0)?;
        if opcode.is_control() {
            judge_control(b0, b1)?;
        }
        let form = LengthForm::of(b1);
        let Some(payload_len) = form.read(b1, rest) else { return Ok(None) };
        // [5.2-minimal] [5.2-top-bit]
        form.judge(payload_len)?;
        let header =
            Self { fin: b0 & FIN != 0, rsv: ReservedBits::of_first_byte(b0), opcode, masking_key: None, payload_len };
        if b1 & MASK == 0 {
            return Ok(Some((header, header.encoded_len())));
        }
        let key = rest.get(usize::from(form.extra())..).and_then(|tail| tail.first_chunk::<4>());
        Ok(key.map(|key| {
            let header = Self { masking_key: Some(MaskingKey(*key)), ..header };
            (header, header.encoded_len())
        }))
    }

    /// How many bytes [`encode`](Self::encode) writes: 2 to 14.
    #[inline]
    pub const fn encoded_len(&self) -> usize {
        match (self.payload_len, self.masking_key) {
            (..=125, None) => 2,
            (..=125, Some(_)) => 6,
            (126..=0xFFFF, None) => 4,
            (126..=0xFFFF, Some(_)) => 8,
            (_, None) => 10,
            (_, Some(_)) => 14,
        }
    }

    /// Writes the header to the front of `out`, the length in its shortest form, and gives what was written.
    ///
    /// Writes what it is told: whether the fields are legal together is for the caller, or for
    /// [`Transmitter`](crate::connection::Transmitter), to know.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`]; `out` is unchanged.
    #[inline]
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], BufferTooSmall> {
        let mut bytes = [0; Self::MAX_LEN];
        let len = self.encode_whole(&mut bytes);
        let (Some(out), Some(bytes)) = (out.get_mut(..len), bytes.get(..len)) else {
            return Err(BufferTooSmall { required: len });
        };
        copy(bytes, out);
        Ok(out)
    }

    /// Writes the header to the front of a buffer that is long enough for any, and gives its length.
    #[inline(always)]
    pub(crate) fn encode_whole(&self, out: &mut [u8; Self::MAX_LEN]) -> usize {
        let [b0, b1, t0, t1, t2, t3, t4, t5, t6, t7, k0, k1, k2, k3] = out;
        // [5.3-mask-bit]
        let mask = if self.masking_key.is_some() { MASK } else { 0 };
        // [6.1-fin]
        *b0 = (if self.fin { FIN } else { 0 }) | self.rsv.bits() | self.opcode.bits();
        let key = self.masking_key.map(|MaskingKey(key)| key);
        match self.payload_len {
            // [5.2-minimal-sent]
            short @ ..=125 => {
                *b1 = mask | short as u8;
                if let Some(key) = key {
                    [*t0, *t1, *t2, *t3] = key;
                }
            }
            medium @ 126..=0xFFFF => {
                *b1 = mask | 126;
                // [5.2-network-order]
                [*t0, *t1] = (medium as u16).to_be_bytes();
                if let Some(key) = key {
                    [*t2, *t3, *t4, *t5] = key;
                }
            }
            long => {
                *b1 = mask | 127;
                // [5.2-network-order]
                [*t0, *t1, *t2, *t3, *t4, *t5, *t6, *t7] = long.to_be_bytes();
                if let Some(key) = key {
                    [*k0, *k1, *k2, *k3] = key;
                }
            }
        }
        self.encoded_len()
    }
}

/// FIN in the first byte.
pub(crate) const FIN: u8 = 0x80;
/// MASK in the second byte.
pub(crate) const MASK: u8 = 0x80;

/// Judges the opcode in the first byte of a frame (RFC 6455 §5.2).
pub(crate) const fn judge_opcode(b0: u8) -> Result<Opcode, FrameViolation> {
    match Opcode::from_bits(b0 & 0x0F) {
        Some(opcode) => Ok(opcode),
        None => Err(FrameViolation::ReservedOpcode),
    }
}

/// Judges the first two bytes of a control frame (RFC 6455 §5.5): all control frames MUST have a payload length of 125 bytes or less
/// and MUST NOT be fragmented.
pub(crate) const fn judge_control(b0: u8, b1: u8) -> Result<(), FrameViolation> {
    // [5.5-control-fin]
    if b0 & FIN == 0 {
        return Err(FrameViolation::FragmentedControl);
    }
    // [5.5-control-125]
    if b1 & !MASK > 125 {
        return Err(FrameViolation::ControlTooLong);
    }
    Ok(())
}

/// How the payload length is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum LengthForm {
    /// In the 7 bits of the second byte: up to 125.
    Bits7,
    /// In 2 bytes behind a 126.
    Bits16,
    /// In 8 bytes behind a 127.
    Bits64,
}

impl LengthForm {
    /// The form that the second byte announces.
    pub(crate) const fn of(b1: u8) -> Self {
        match b1 & !MASK {
            126 => Self::Bits16,
            127 => Self::Bits64,
            _ => Self::Bits7,
        }
    }

    /// How many bytes of length follow the second byte.
    pub(crate) const fn extra(self) -> u8 {
        match self {
            Self::Bits7 => 0,
            Self::Bits16 => 2,
            Self::Bits64 => 8,
        }
    }

    /// The length, from the second byte and those behind it; `None` where they are cut short.
    #[inline]
    pub(crate) fn read(self, b1: u8, rest: &[u8]) -> Option<u64> {
        Some(match self {
            Self::Bits7 => u64::from(b1 & !MASK),
            // [5.2-network-order]
            Self::Bits16 => u64::from(u16::from_be_bytes(*rest.first_chunk()?)),
            Self::Bits64 => u64::from_be_bytes(*rest.first_chunk()?),
        })
    }

    /// Judges a length that came in this form (RFC 6455 §5.2).
    #[inline]
    pub(crate) const fn judge(self, len: u64) -> Result<(), FrameViolation> {
        // §5.2: the most significant bit MUST be 0 [5.2-top-bit]
        if len > Header::MAX_PAYLOAD {
            return Err(FrameViolation::LengthTopBit);
        }
        // §5.2: the minimal number of bytes MUST be used to encode the length
        match (self, len) {
            // [5.2-minimal]
            (Self::Bits16, ..=125) | (Self::Bits64, ..=0xFFFF) => Err(FrameViolation::LengthNotMinimal),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const KEY: MaskingKey = MaskingKey([0x37, 0xfa, 0x21, 0x3d]);

    fn encoded(header: Header) -> Vec<u8> {
        let mut out = [0; Header::MAX_LEN];
        header.encode(&mut out).unwrap().to_vec()
    }

    #[test]
    fn the_headers_of_the_standards_examples() {
        // RFC 6455 §5.7
        for (header, bytes) in [
            (Header::new(Opcode::Text, 5), &[0x81, 0x05][..]),
            (Header { masking_key: Some(KEY), ..Header::new(Opcode::Text, 5) }, &[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d]),
            (Header { fin: false, ..Header::new(Opcode::Text, 3) }, &[0x01, 0x03]),
            (Header::new(Opcode::Continuation, 2), &[0x80, 0x02]),
            (Header::new(Opcode::Ping, 5), &[0x89, 0x05]),
            (Header::new(Opcode::Binary, 256), &[0x82, 0x7E, 0x01, 0x00]),
            (Header::new(Opcode::Binary, 65536), &[0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            assert_eq!(encoded(header), bytes);
            assert_eq!(Header::parse(bytes), Ok(Some((header, bytes.len()))));
        }
    }

    #[test]
    fn parse_is_the_inverse_of_encode_and_knows_every_prefix_as_cut() {
        for payload_len in [0, 1, 125, 126, 127, 128, 65_535, 65_536, u64::from(u32::MAX), Header::MAX_PAYLOAD] {
            for masking_key in [None, Some(KEY), Some(MaskingKey([0; 4]))] {
                for (fin, rsv) in [(true, ReservedBits::NONE), (false, ReservedBits::RSV1), (true, ReservedBits(0x70))]
                {
                    for opcode in [Opcode::Continuation, Opcode::Text, Opcode::Binary] {
                        let header = Header { fin, rsv, opcode, masking_key, payload_len };
                        let bytes = encoded(header);
                        assert_eq!(bytes.len(), header.encoded_len());
                        for cut in 0..bytes.len() {
                            assert_eq!(Header::parse(&bytes[..cut]), Ok(None), "{header:?} cut at {cut}");
                        }
                        let longer = [&bytes[..], b"payload"].concat();
                        assert_eq!(Header::parse(&longer), Ok(Some((header, bytes.len()))));
                    }
                }
            }
        }
    }

    #[test]
    fn an_output_that_is_too_short_is_left_unchanged() {
        let header = Header { masking_key: Some(KEY), ..Header::new(Opcode::Binary, 70_000) };
        for len in 0..14 {
            let mut out = [0xEE; 14];
            assert_eq!(header.encode(&mut out[..len]), Err(BufferTooSmall { required: 14 }));
            assert_eq!(out, [0xEE; 14]);
        }
    }

    #[test]
    fn a_length_that_is_not_minimal_or_too_large_is_refused() {
        for (bytes, want) in [
            (&[0x82, 126, 0, 125][..], FrameViolation::LengthNotMinimal),
            (&[0x82, 126, 0, 0], FrameViolation::LengthNotMinimal),
            (&[0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], FrameViolation::LengthNotMinimal),
            (&[0x82, 127, 0, 0, 0, 0, 0, 0, 0, 5], FrameViolation::LengthNotMinimal),
            (&[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 5], FrameViolation::LengthTopBit),
        ] {
            assert_eq!(Header::parse(bytes), Err(want), "{bytes:x?}");
        }
    }

    #[test]
    fn a_control_frame_is_short_and_whole() {
        assert_eq!(Header::parse(&[0x89, 126]), Err(FrameViolation::ControlTooLong));
        assert_eq!(Header::parse(&[0x88, 0xFF]), Err(FrameViolation::ControlTooLong));
        assert_eq!(Header::parse(&[0x0A, 0]), Err(FrameViolation::FragmentedControl));
        assert_eq!(Header::parse(&[0x83, 0]), Err(FrameViolation::ReservedOpcode));
    }

    #[test]
    fn reserved_bits_are_named_when_shown() {
        assert_eq!(format!("{:?}", ReservedBits::RSV1.union(ReservedBits::RSV3)), r#"["RSV1", "RSV3"]"#);
    }
}
