//! A mask for payloads that arrive in pieces.

use super::key::{MaskingKey, PhasedKey};
use super::loops::{apply_mask, copy_masked};
use crate::frame::error::BufferTooSmall;

/// Masks or unmasks one payload in pieces of any length (RFC 6455 §5.3).
///
/// Holds the masking key and remembers how far it has been used. Masking and unmasking are the same operation.
///
/// ```
/// use upframe::frame::{Mask, MaskingKey};
/// let mut mask = Mask::new(MaskingKey([0x37, 0xfa, 0x21, 0x3d]));
/// let mut payload = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
/// let (first, rest) = payload.split_at_mut(3);
/// mask.apply(first);
/// mask.apply(rest);
/// assert_eq!(&payload, b"Hello");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Mask {
    key: PhasedKey,
}

impl Mask {
    /// Creates a mask at the first byte of a payload.
    pub const fn new(key: MaskingKey) -> Self {
        Self { key: PhasedKey::new(key) }
    }

    /// Masks the next bytes of the payload in place.
    pub fn apply(&mut self, bytes: &mut [u8]) {
        apply_mask::<false>(bytes, self.key);
        self.key = self.key.at(bytes.len());
    }

    /// Copies the next bytes of the payload from `from` to the start of `to` and masks them on the way.
    ///
    /// Bytes of `to` after the length of `from` are unchanged.
    ///
    /// ```
    /// use upframe::frame::{BufferTooSmall, Mask, MaskingKey};
    /// let mut mask = Mask::new(MaskingKey([0x37, 0xfa, 0x21, 0x3d]));
    /// let mut to = [0; 5];
    /// assert_eq!(
    ///     mask.apply_copying(b"Hello", &mut to[..4]),
    ///     Err(BufferTooSmall { required: 5 })
    /// );
    /// mask.apply_copying(b"Hello", &mut to)?;
    /// assert_eq!(to, [0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    /// # Ok::<(), BufferTooSmall>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`] if `to` is shorter than `from`. Nothing is copied then, and the mask does not advance.
    pub fn apply_copying(&mut self, from: &[u8], to: &mut [u8]) -> Result<(), BufferTooSmall> {
        let Some(to) = to.get_mut(..from.len()) else {
            return Err(BufferTooSmall { required: from.len() });
        };
        copy_masked::<false>(from, to, self.key);
        self.key = self.key.at(from.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn pieces_of_any_length_keep_the_phase() {
        let raw = [0xDE, 0xAD, 0xBE, 0xEF];
        let bytes: Vec<u8> = (0..64u8).map(|i| i.wrapping_mul(37)).collect();
        let want: Vec<u8> = bytes.iter().enumerate().map(|(i, byte)| byte ^ raw[i % 4]).collect();
        for piece in 1..20 {
            let (mut in_place, mut copied) = (bytes.clone(), vec![0; 64]);
            let (mut a, mut b) = (Mask::new(MaskingKey(raw)), Mask::new(MaskingKey(raw)));
            for chunk in in_place.chunks_mut(piece) {
                a.apply(chunk);
            }
            for (from, to) in bytes.chunks(piece).zip(copied.chunks_mut(piece)) {
                b.apply_copying(from, to).unwrap();
            }
            assert_eq!((in_place, copied), (want.clone(), want.clone()));
        }
    }

    #[test]
    fn copying_to_a_place_that_is_too_short_changes_nothing() {
        let mut mask = Mask::new(MaskingKey([1, 2, 3, 4]));
        let mut to = [7; 3];
        assert_eq!(mask.apply_copying(&[0; 4], &mut to), Err(BufferTooSmall { required: 4 }));
        assert_eq!(to, [7; 3]);
        let mut first = [0];
        mask.apply_copying(&[0], &mut first).unwrap();
        assert_eq!(first, [1]);
    }

    #[test]
    fn a_mask_does_not_show_its_key() {
        assert_eq!(format!("{:?}", Mask::new(MaskingKey([0xAB; 4]))), "Mask { key: PhasedKey(..) }");
    }
}
