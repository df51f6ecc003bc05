//! The header of a frame (RFC 6455 §5.2).

use super::error::{BufferTooSmall, FrameViolation};
use super::mask::key::MaskingKey;
use super::opcode::Opcode;
use super::reserved_bits::ReservedBits;
use crate::target::copy;

/// FIN: the top bit of the first byte of a frame.
pub(crate) const FIN_BIT: u8 = 0x80;
/// MASK: the top bit of the second byte of a frame.
pub(crate) const MASK_BIT: u8 = 0x80;

/// The header of one frame (RFC 6455 §5.2), of 2 to 14 bytes:
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
/// let header = Header {
///     masking_key: Some(MaskingKey([0x37, 0xfa, 0x21, 0x3d])),
///     ..Header::new(Opcode::Text, 5)
/// };
/// let mut out = [0; Header::MAX_LEN];
/// let written = header.encode(&mut out).unwrap();
/// assert_eq!(written, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d]);
/// assert_eq!(Header::parse(written), Ok(Some((header, 6))));
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Header {
    /// FIN: the frame is the last of its message.
    pub fin: bool,
    /// The reserved bits, RSV1 to RSV3.
    pub rsv: ReservedBits,
    /// The kind of the frame.
    pub opcode: Opcode,
    /// The masking key, or `None` if the payload is not masked.
    pub masking_key: Option<MaskingKey>,
    /// The length of the payload in bytes: at most 2⁶³ − 1, in a control frame at most 125.
    pub payload_len: u64,
}

impl Header {
    /// The length of the longest header in bytes: 2, and 8 for the length, and 4 for the masking key.
    pub const MAX_LEN: usize = 14;
    /// The length of the longest payload of a control frame in bytes (RFC 6455 §5.5).
    pub const MAX_CONTROL_PAYLOAD: usize = 125;
    /// The length of the longest payload of any frame in bytes: 2⁶³ − 1 (RFC 6455 §5.2).
    pub const MAX_PAYLOAD: u64 = u64::MAX >> 1;

    /// Creates the header of an unmasked frame with FIN and without reserved bits: a whole message or a control frame.
    pub const fn new(opcode: Opcode, payload_len: u64) -> Self {
        Self { fin: true, rsv: ReservedBits::NONE, opcode, masking_key: None, payload_len }
    }

    /// Reads a header from the start of `bytes`. Returns the header and its length in bytes, or `None` if `bytes` end
    /// before the header does.
    ///
    /// Checks the rules that concern one frame alone: the opcode, the form of the length, and the limits of control
    /// frames. The rules for reserved bits, the mask and the sequence of fragments depend on the connection.
    /// [`Decoder`](super::Decoder) checks those too, and accepts input in pieces.
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
        form.judge(payload_len)?;
        let header = Self {
            fin: b0 & FIN_BIT != 0,
            rsv: ReservedBits::of_first_byte(b0),
            opcode,
            masking_key: None,
            payload_len,
        };
        if b1 & MASK_BIT == 0 {
            return Ok(Some((header, header.encoded_len())));
        }
        let key = rest.get(usize::from(form.extra())..).and_then(|tail| tail.first_chunk::<4>());
        Ok(key.map(|key| {
            let header = Self { masking_key: Some(MaskingKey(*key)), ..header };
            (header, header.encoded_len())
        }))
    }

    /// Returns how many bytes [`encode`](Self::encode) writes: 2 to 14.
    #[inline]
    pub const fn encoded_len(&self) -> usize {
        match (self.payload_len, self.masking_key) {
            (..=125, None) => 2,
            (..=125, Some(_)) => 6,
            (126..=0xFFFF, None) => 4,
            (126..=0xFFFF, Some(_)) => 8,
            (_, None) => 10,
            (_, Some(_)) => longest(),
        }
    }

    /// Writes the header to the start of `out`, with the length in its shortest form. Returns the bytes that were
    /// written.
    ///
    /// Does not check whether the fields are valid together. [`Transmitter`](crate::connection::Transmitter) does.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`] if the header does not fit. `out` is unchanged then.
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

    /// Writes the header to the start of a buffer that is long enough for any header. Returns the length of the header.
    #[inline(always)]
    pub(crate) fn encode_whole(&self, out: &mut [u8; Self::MAX_LEN]) -> usize {
        let [b0, b1, t0, t1, t2, t3, t4, t5, t6, t7, k0, k1, k2, k3] = out;
        let mask = if self.masking_key.is_some() { MASK_BIT } else { 0 };
        *b0 = (if self.fin { FIN_BIT } else { 0 }) | self.rsv.bits() | self.opcode.bits();
        let key = self.masking_key.map(|MaskingKey(key)| key);
        match self.payload_len {
            // A length must be sent in its shortest form. [5.2-minimal-sent]
            short @ ..=125 => {
                // A masked frame must have its mask bit set. [5.3-mask-bit]
                *b1 = mask | short as u8;
                if let Some(key) = key {
                    [*t0, *t1, *t2, *t3] = key;
                }
            }
            medium @ 126..=0xFFFF => {
                *b1 = mask | 126;
                [*t0, *t1] = (medium as u16).to_be_bytes();
                if let Some(key) = key {
                    [*t2, *t3, *t4, *t5] = key;
                }
            }
            long => {
                *b1 = mask | 127;
                [*t0, *t1, *t2, *t3, *t4, *t5, *t6, *t7] = long.to_be_bytes();
                if let Some(key) = key {
                    [*k0, *k1, *k2, *k3] = key;
                }
            }
        }
        self.encoded_len()
    }
}

/// Returns the length of the longest header. On a large machine this tells that it is rare: so the length of other headers
/// is found by branches that are predicted, and not by moves that depend on each other.
#[cfg_attr(not(upframe_small), cold)]
#[inline]
const fn longest() -> usize {
    Header::MAX_LEN
}

/// Judges the opcode in the first byte of a frame (RFC 6455 §5.2).
pub(crate) const fn judge_opcode(b0: u8) -> Result<Opcode, FrameViolation> {
    match Opcode::from_bits(b0 & 0x0F) {
        Some(opcode) => Ok(opcode),
        None => Err(FrameViolation::ReservedOpcode),
    }
}

/// Judges the first two bytes of a control frame (RFC 6455 §5.5).
pub(crate) const fn judge_control(b0: u8, b1: u8) -> Result<(), FrameViolation> {
    // A control frame must not be fragmented. [5.5-control-fin]
    if b0 & FIN_BIT == 0 {
        return Err(FrameViolation::FragmentedControl);
    }
    // A control frame must have a payload of at most 125 bytes. [5.5-control-125]
    if b1 & !MASK_BIT > 125 {
        return Err(FrameViolation::ControlTooLong);
    }
    Ok(())
}

/// The form in which the length of a payload is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(crate) enum LengthForm {
    /// In the 7 bits of the second byte: up to 125.
    Bits7,
    /// In 2 bytes after a 126.
    Bits16,
    /// In 8 bytes after a 127.
    Bits64,
}

impl LengthForm {
    /// Returns the form that the second byte announces.
    pub(crate) const fn of(b1: u8) -> Self {
        match b1 & !MASK_BIT {
            126 => Self::Bits16,
            127 => Self::Bits64,
            _ => Self::Bits7,
        }
    }

    /// Returns how many bytes of length follow the second byte.
    pub(crate) const fn extra(self) -> u8 {
        match self {
            Self::Bits7 => 0,
            Self::Bits16 => 2,
            Self::Bits64 => 8,
        }
    }

    /// Reads the length from the second byte and `rest`, the bytes after it. Returns `None` if `rest` is too short.
    #[inline]
    pub(crate) fn read(self, b1: u8, rest: &[u8]) -> Option<u64> {
        Some(match self {
            Self::Bits7 => u64::from(b1 & !MASK_BIT),
            Self::Bits16 => u64::from(u16::from_be_bytes(*rest.first_chunk()?)),
            Self::Bits64 => u64::from_be_bytes(*rest.first_chunk()?),
        })
    }

    /// Judges a length that arrived in this form (RFC 6455 §5.2).
    #[inline]
    pub(crate) const fn judge(self, len: u64) -> Result<(), FrameViolation> {
        // The most significant bit of a 64-bit length must be 0. [5.2-top-bit]
        if len > Header::MAX_PAYLOAD {
            return Err(FrameViolation::LengthTopBit);
        }
        match (self, len) {
            // The minimal number of bytes must be used to encode the length. [5.2-minimal]
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
    fn the_examples_of_the_rfc_are_read_and_written() {
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
    fn parse_is_the_inverse_of_encode_and_reports_every_prefix_as_incomplete() {
        for payload_len in [0, 1, 125, 126, 127, 128, 65_535, 65_536, u64::from(u32::MAX), Header::MAX_PAYLOAD] {
            for masking_key in [None, Some(KEY), Some(MaskingKey([0; 4]))] {
                for (fin, rsv) in
                    [(true, ReservedBits::NONE), (false, ReservedBits::RSV1), (true, ReservedBits::of_first_byte(0x70))]
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
    fn a_control_frame_that_is_long_or_fragmented_is_refused() {
        assert_eq!(Header::parse(&[0x89, 126]), Err(FrameViolation::ControlTooLong));
        assert_eq!(Header::parse(&[0x88, 0xFF]), Err(FrameViolation::ControlTooLong));
        assert_eq!(Header::parse(&[0x0A, 0]), Err(FrameViolation::FragmentedControl));
        assert_eq!(Header::parse(&[0x83, 0]), Err(FrameViolation::ReservedOpcode));
    }
}
