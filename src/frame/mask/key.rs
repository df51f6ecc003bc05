//! The masking key of a frame, as it is on the wire and as the loops use it (RFC 6455 §5.3).

use core::fmt;

/// The key that masks one frame (RFC 6455 §5.3). `Debug` does not show it.
///
/// ```
/// use upframe::frame::MaskingKey;
/// let key = MaskingKey([0x37, 0xfa, 0x21, 0x3d]);
/// assert_eq!(format!("{key:?}"), "MaskingKey(..)");
/// ```
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct MaskingKey(pub [u8; 4]);

impl fmt::Debug for MaskingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaskingKey(..)")
    }
}

/// A masking key, rolled to a place in the payload: its first byte masks the next byte of the payload.
///
/// The key is a number whose lowest byte is the first, so to roll it is a rotation.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) struct PhasedKey(u32);

impl fmt::Debug for PhasedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhasedKey(..)")
    }
}

impl PhasedKey {
    /// The key that changes nothing: that of an unmasked frame.
    pub(crate) const NONE: Self = Self(0);

    /// The key at the first byte of a payload.
    #[inline(always)]
    pub(crate) const fn new(key: MaskingKey) -> Self {
        Self(u32::from_le_bytes(key.0))
    }

    /// The key rolled by `n` bytes of payload.
    #[inline(always)]
    pub(crate) const fn at(self, n: usize) -> Self {
        // Only n mod 4 counts, so the rotation is by 24 bits at most.
        Self(self.0.rotate_right((n as u32 & 3) << 3))
    }

    /// The key rolled back by `n` bytes.
    #[cfg(any(test, not(upframe_small)))]
    #[inline(always)]
    pub(crate) const fn back(self, n: usize) -> Self {
        Self(self.0.rotate_left((n as u32 & 3) << 3))
    }

    /// Adds the next byte of a key that arrives byte by byte. After four bytes the key is complete.
    #[inline]
    pub(crate) const fn with_next(self, byte: u8) -> Self {
        Self(self.0 >> 8 | (byte as u32) << 24)
    }

    /// The byte that masks the next byte of the payload.
    #[inline(always)]
    pub(crate) const fn first(self) -> u8 {
        self.0 as u8
    }

    /// The four bytes that mask the next four bytes of the payload. At the first byte of a payload: the key as it is on
    /// the wire.
    #[inline]
    pub(crate) const fn bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    /// Whether masking with this key changes nothing.
    #[inline(always)]
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The key as a little-endian word of 4 bytes.
    #[inline(always)]
    pub(super) const fn word(self) -> u32 {
        self.0
    }

    /// The key, repeated, as a little-endian word of 8 bytes.
    #[cfg(any(test, not(upframe_small)))]
    #[inline(always)]
    pub(super) const fn double_word(self) -> u64 {
        self.0 as u64 | (self.0 as u64) << 32
    }

    /// Masks up to 3 bytes in place; returns their OR.
    #[inline(always)]
    pub(super) fn mask_tail(self, bytes: &mut [u8]) -> u64 {
        let mut or = 0;
        for (byte, key) in bytes.iter_mut().zip(self.0.to_le_bytes()) {
            // Octet i of a payload is combined with octet i mod 4 of the key. [5.3-transform]
            *byte ^= key;
            or |= *byte;
        }
        u64::from(or)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_arrives_byte_by_byte_is_the_key() {
        let key = [1, 2, 3, 4].into_iter().fold(PhasedKey::NONE, PhasedKey::with_next);
        assert_eq!(key, PhasedKey::new(MaskingKey([1, 2, 3, 4])));
    }

    #[test]
    fn keys_are_not_shown() {
        let key = MaskingKey([0xAB; 4]);
        assert_eq!(format!("{key:?} {:?}", PhasedKey::new(key)), "MaskingKey(..) PhasedKey(..)");
    }
}
