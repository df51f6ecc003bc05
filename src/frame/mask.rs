//! Masking (RFC 6455 §5.3): byte `i` of a payload is combined with byte `i mod 4` of the key by exclusive or.
//!
//! The loops work on words. A key is held as a `u32` whose lowest byte is the next to be used, so that going on at another
//! byte of the payload is a rotation. On 64-bit targets payloads below 64 bytes take no loop at all (the first and the last
//! bytes in words that may overlap), longer ones a loop that the compiler turns into vectors; smaller targets have one loop
//! over 32-bit words.

use core::fmt;

/// The key that masks one frame (RFC 6455 §5.3). `Debug` does not show it.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct MaskingKey(pub [u8; 4]);

impl fmt::Debug for MaskingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaskingKey(..)")
    }
}

/// A key and how far it has been used: masks a payload in pieces of any length.
///
/// Masking and unmasking are the same.
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
    key: Key,
}

impl Mask {
    /// The mask at the first byte of a payload.
    pub const fn new(key: MaskingKey) -> Self {
        Self { key: Key::new(key) }
    }

    /// Masks the next bytes of the payload in place.
    pub fn apply(&mut self, bytes: &mut [u8]) {
        apply::<false>(bytes, self.key);
        self.key = self.key.at(bytes.len());
    }

    /// Masks the next bytes of the payload while it copies them.
    ///
    /// # Errors
    ///
    /// [`BufferTooSmall`](super::BufferTooSmall) where `to` is shorter than `from`; then nothing is copied and the mask stays where
    /// it was. Bytes of `to` beyond the length of `from` are left as they are.
    pub fn apply_copying(&mut self, from: &[u8], to: &mut [u8]) -> Result<(), super::BufferTooSmall> {
        let Some(to) = to.get_mut(..from.len()) else {
            return Err(super::BufferTooSmall { required: from.len() });
        };
        copy::<false>(from, to, self.key);
        self.key = self.key.at(from.len());
        Ok(())
    }
}

/// A masking key as a number: its lowest byte is for the next byte of the payload.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) struct Key(u32);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// The key that changes nothing: that of an unmasked frame.
    pub(crate) const NONE: Self = Self(0);

    #[inline(always)]
    pub(crate) const fn new(key: MaskingKey) -> Self {
        // [5.3-transform]
        Self(u32::from_le_bytes(key.0))
    }

    /// The key for the byte that lies `n` further on.
    #[inline(always)]
    pub(crate) const fn at(self, n: usize) -> Self {
        // only n mod 4 counts: 8 × 3 bits at most [5.3-transform]
        Self(self.0.rotate_right((n as u32 & 3) << 3))
    }

    /// The key with one more of its bytes known, as it comes from the wire: after four, all are.
    #[inline]
    pub(crate) const fn with_next(self, byte: u8) -> Self {
        Self(self.0 >> 8 | (byte as u32) << 24)
    }

    /// The key as it stands on the wire.
    /// The next byte of it.
    #[inline(always)]
    pub(crate) const fn first(self) -> u8 {
        self.0 as u8
    }

    /// The key as it stands on the wire.
    #[inline]
    pub(crate) const fn bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    #[inline(always)]
    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }

    #[cfg(any(test, not(upframe_small)))]
    #[inline(always)]
    const fn twice(self) -> u64 {
        self.0 as u64 | (self.0 as u64) << 32
    }
}

/// The bits that no ASCII byte has.
pub(crate) const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Masks `bytes` in place. With `OR`, gives the OR of all words that result, so that `& HIGH_BITS` tells ASCII.
#[inline(always)]
pub(crate) fn apply<const OR: bool>(bytes: &mut [u8], key: Key) -> u64 {
    #[cfg(not(upframe_small))]
    return wide::apply::<OR>(bytes, key);
    #[cfg(upframe_small)]
    return narrow::apply(bytes, key);
}

/// Masks `from` into `to`, which is as long. With `OR` as in [`apply`].
#[inline(always)]
pub(crate) fn copy<const OR: bool>(from: &[u8], to: &mut [u8], key: Key) -> u64 {
    #[cfg(not(upframe_small))]
    return wide::copy::<OR>(from, to, key);
    #[cfg(upframe_small)]
    return narrow::copy(from, to, key);
}

/// The OR of all words of `bytes`.
#[inline]
pub(crate) fn or_all(bytes: &[u8]) -> u64 {
    let (words, tail) = bytes.as_chunks::<8>();
    let or = words.iter().fold(0, |or, word| or | u64::from_le_bytes(*word));
    tail.iter().fold(or, |or, byte| or | u64::from(*byte))
}

/// For targets with 64-bit words.
#[cfg(any(test, not(upframe_small)))]
mod wide {
    use super::Key;

    /// From this length in bytes the loops out of line pay.
    const LONG: usize = 64;
    /// From this length in bytes it pays to bring the stores to a cache line.
    const ALIGNED: usize = 256;

    #[inline(always)]
    pub(super) fn apply<const OR: bool>(bytes: &mut [u8], key: Key) -> u64 {
        match bytes.len() {
            LONG.. => long::<OR>(bytes, key),
            32.. => ends::<32>(bytes, key),
            16.. => ends::<16>(bytes, key),
            8.. => ends::<8>(bytes, key),
            _ => tiny(bytes, key),
        }
    }

    #[inline(always)]
    pub(super) fn copy<const OR: bool>(from: &[u8], to: &mut [u8], key: Key) -> u64 {
        match from.len() {
            LONG.. => copy_long::<OR>(from, to, key),
            32.. => copy_ends::<32>(from, to, key),
            16.. => copy_ends::<16>(from, to, key),
            8.. => copy_ends::<8>(from, to, key),
            _ => {
                if let Some(to) = to.get_mut(..from.len()) {
                    to.copy_from_slice(from);
                }
                tiny(to, key)
            }
        }
    }

    /// Masks words; gives their OR.
    #[inline(always)]
    fn words(words: &mut [[u8; 8]], key: u64) -> u64 {
        let mut or = 0;
        for word in words {
            let plain = u64::from_le_bytes(*word) ^ key;
            or |= plain;
            *word = plain.to_le_bytes();
        }
        or
    }

    /// `W` to 2 × `W` bytes: the first and the last `W`, which may overlap; all loads before all stores.
    #[inline(always)]
    fn ends<const W: usize>(bytes: &mut [u8], key: Key) -> u64 {
        let Some((head, tail, or)) = masked_ends::<W>(bytes, key) else { return 0 };
        put_ends(bytes, head, tail);
        or
    }

    #[inline(always)]
    fn copy_ends<const W: usize>(from: &[u8], to: &mut [u8], key: Key) -> u64 {
        let Some((head, tail, or)) = masked_ends::<W>(from, key) else { return 0 };
        put_ends(to, head, tail);
        or
    }

    /// Both ends, masked, and the OR of their words.
    #[inline(always)]
    fn masked_ends<const W: usize>(bytes: &[u8], key: Key) -> Option<([u8; W], [u8; W], u64)> {
        // W is a multiple of 4, so the key stands at the last W bytes as it does at the length [5.3-transform]
        let (front, back) = (key.twice(), key.at(bytes.len()).twice());
        let (mut head, mut tail) = (*bytes.first_chunk::<W>()?, *bytes.last_chunk::<W>()?);
        let or = words(head.as_chunks_mut::<8>().0, front) | words(tail.as_chunks_mut::<8>().0, back);
        Some((head, tail, or))
    }

    #[inline(always)]
    fn put_ends<const W: usize>(bytes: &mut [u8], head: [u8; W], tail: [u8; W]) {
        if let Some(place) = bytes.first_chunk_mut() {
            *place = head;
        }
        if let Some(place) = bytes.last_chunk_mut() {
            *place = tail;
        }
    }

    /// Fewer than 8 bytes: two words of 4 that may overlap, or up to 3 bytes.
    #[inline(always)]
    fn tiny(bytes: &mut [u8], key: Key) -> u64 {
        // [5.3-transform]
        let back = key.at(bytes.len());
        if let (Some(&head), Some(&tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            let (head, tail) = (u32::from_le_bytes(head) ^ key.0, u32::from_le_bytes(tail) ^ back.0);
            if let Some(place) = bytes.first_chunk_mut() {
                *place = head.to_le_bytes();
            }
            if let Some(place) = bytes.last_chunk_mut() {
                *place = tail.to_le_bytes();
            }
            u64::from(head | tail)
        } else {
            super::bytes(bytes, key)
        }
    }

    /// Out of line, so that the loop comes out the same whatever stands around the call.
    #[inline(never)]
    fn long<const OR: bool>(bytes: &mut [u8], key: Key) -> u64 {
        if bytes.len() < ALIGNED {
            return run::<OR>(bytes, key);
        }
        let to_line = bytes.as_ptr().align_offset(64);
        match bytes.split_at_mut_checked(to_line) {
            // [5.3-transform]
            Some((head, rest)) => run::<OR>(head, key) | run::<OR>(rest, key.at(to_line)),
            None => run::<OR>(bytes, key),
        }
    }

    #[inline(always)]
    fn run<const OR: bool>(bytes: &mut [u8], key: Key) -> u64 {
        let wide = key.twice();
        let Some(last) = bytes.last_chunk::<8>() else { return tiny(bytes, key) };
        // read before the loop masks a part of it, written after
        // [5.3-transform]
        let last = u64::from_le_bytes(*last) ^ key.at(bytes.len()).twice();
        let mut or = last;
        if OR {
            or |= words(bytes.as_chunks_mut().0, wide);
        } else {
            let (blocks, rest) = bytes.as_chunks_mut::<64>();
            for block in blocks {
                words(block.as_chunks_mut().0, wide);
            }
            words(rest.as_chunks_mut().0, wide);
        }
        if let Some(place) = bytes.last_chunk_mut() {
            *place = last.to_le_bytes();
        }
        or
    }

    #[inline(never)]
    fn copy_long<const OR: bool>(from: &[u8], to: &mut [u8], key: Key) -> u64 {
        if from.len() >= ALIGNED {
            let to_line = to.as_ptr().align_offset(64);
            if let (Some((from, rest)), Some((to, rest_place))) =
                (from.split_at_checked(to_line), to.split_at_mut_checked(to_line))
            {
                // [5.3-transform]
                return copy_run::<OR>(from, to, key) | copy_run::<OR>(rest, rest_place, key.at(to_line));
            }
        }
        copy_run::<OR>(from, to, key)
    }

    #[inline(always)]
    fn copy_run<const OR: bool>(from: &[u8], to: &mut [u8], key: Key) -> u64 {
        let wide = key.twice();
        let Some(last) = from.last_chunk::<8>() else {
            crate::target::copy(from, to);
            return tiny(to, key);
        };
        // [5.3-transform]
        let last = u64::from_le_bytes(*last) ^ key.at(from.len()).twice();
        let mut or = last;
        let (blocks, rest) = from.as_chunks::<64>();
        let (places, rest_place) = to.as_chunks_mut::<64>();
        for (block, place) in blocks.iter().zip(places) {
            let mut plain = *block;
            or |= words(plain.as_chunks_mut().0, wide);
            *place = plain;
        }
        for (word, place) in rest.as_chunks::<8>().0.iter().zip(rest_place.as_chunks_mut::<8>().0) {
            let plain = u64::from_le_bytes(*word) ^ wide;
            or |= plain;
            *place = plain.to_le_bytes();
        }
        if let Some(place) = to.last_chunk_mut() {
            *place = last.to_le_bytes();
        }
        or
    }
}

/// For small targets: one loop over 32-bit words.
#[cfg(any(test, upframe_small))]
mod narrow {
    use super::Key;

    #[inline(never)]
    pub(super) fn apply(bytes: &mut [u8], key: Key) -> u64 {
        let mut or = 0;
        let (words, tail) = bytes.as_chunks_mut::<4>();
        for word in words {
            let plain = u32::from_le_bytes(*word) ^ key.0;
            or |= plain;
            *word = plain.to_le_bytes();
        }
        u64::from(or) | super::bytes(tail, key)
    }

    pub(super) fn copy(from: &[u8], to: &mut [u8], key: Key) -> u64 {
        match to.get_mut(..from.len()) {
            Some(to) => {
                crate::target::copy(from, to);
                apply(to, key)
            }
            None => 0,
        }
    }
}

/// Up to 3 bytes.
#[inline(always)]
fn bytes(bytes: &mut [u8], key: Key) -> u64 {
    let mut or = 0;
    for (byte, key) in bytes.iter_mut().zip(key.0.to_le_bytes()) {
        *byte ^= key;
        or |= *byte;
    }
    u64::from(or)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// RFC 6455 §5.3 to the letter.
    fn naive(bytes: &[u8], key: [u8; 4], phase: usize) -> Vec<u8> {
        bytes.iter().enumerate().map(|(i, byte)| byte ^ key[(i + phase) % 4]).collect()
    }

    fn noise(len: usize) -> Vec<u8> {
        (0..len as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 & 0x7F).collect()
    }

    fn lengths() -> impl Iterator<Item = usize> {
        (0..300).chain([2047, 2048, 2049, 2111, 4096, 70_001])
    }

    type Copying = fn(&[u8], &mut [u8], Key) -> u64;

    fn ascii(or: u64) -> bool {
        or & HIGH_BITS == 0
    }

    #[test]
    fn every_way_to_mask_agrees_with_the_naive_one_at_every_length_phase_and_alignment() {
        let raw = [0x37, 0xfa, 0x21, 0x3d];
        let noise = noise(71_000);
        for len in lengths() {
            for shift in [0, 1, 3, 7] {
                let phase = (len + shift) % 4;
                let key = Key::new(MaskingKey(raw)).at(phase);
                let from = &noise[shift..shift + len];
                let want = naive(from, raw, phase);
                let want_ascii = want.is_ascii();
                let in_place: [fn(&mut [u8], Key) -> u64; 3] = [wide::apply::<true>, narrow::apply, apply::<true>];
                for f in in_place {
                    let mut bytes = noise.clone();
                    let or = f(&mut bytes[shift..shift + len], key);
                    assert_eq!(bytes[shift..shift + len], want, "{len} {shift}");
                    assert_eq!(bytes[..shift], noise[..shift]);
                    assert_eq!(bytes[shift + len..], noise[shift + len..]);
                    assert_eq!(ascii(or), want_ascii, "{len} {shift}");
                }
                let copying: [Copying; 3] = [wide::copy::<true>, narrow::copy, copy::<true>];
                for f in copying {
                    let mut to = vec![0xEE; len + 9];
                    let or = f(from, &mut to[shift..shift + len], key);
                    assert_eq!(to[shift..shift + len], want, "{len} {shift}");
                    assert!(to[..shift].iter().chain(&to[shift + len..]).all(|byte| *byte == 0xEE));
                    assert_eq!(ascii(or), want_ascii, "{len} {shift}");
                }
                assert_eq!(ascii(or_all(&want)), want_ascii);
                let mut bytes = from.to_vec();
                wide::apply::<false>(&mut bytes, key);
                assert_eq!(bytes, want);
                let mut to = vec![0; len];
                wide::copy::<false>(from, &mut to, key);
                assert_eq!(to, want);
            }
        }
    }

    #[test]
    fn one_high_bit_anywhere_is_seen() {
        for len in lengths().take(302) {
            for at in (0..len).step_by(if len > 300 { 31 } else { 1 }) {
                let mut plain = vec![b'a'; len];
                plain[at] = 0xC3;
                let key = Key::new(MaskingKey([1, 2, 3, 4]));
                for f in [wide::apply::<true> as fn(&mut [u8], Key) -> u64, narrow::apply] {
                    let mut masked = naive(&plain, [1, 2, 3, 4], 0);
                    assert!(!ascii(f(&mut masked, key)), "{len} {at}");
                }
                assert!(!ascii(or_all(&plain)));
                let masked = naive(&plain, [1, 2, 3, 4], 0);
                assert!(!ascii(wide::copy::<true>(&masked, &mut plain, key)), "{len} {at}");
            }
        }
    }

    #[test]
    fn masking_twice_is_nothing() {
        let key = Key::new(MaskingKey([9, 8, 7, 6]));
        let mut bytes = noise(777);
        apply::<false>(&mut bytes, key);
        assert_ne!(bytes, noise(777));
        apply::<false>(&mut bytes, key);
        assert_eq!(bytes, noise(777));
    }

    #[test]
    fn pieces_of_any_length_keep_the_phase() {
        let raw = [0xDE, 0xAD, 0xBE, 0xEF];
        let bytes = noise(64);
        let want = naive(&bytes, raw, 0);
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
    fn copying_to_too_short_a_place_changes_nothing() {
        let mut mask = Mask::new(MaskingKey([1, 2, 3, 4]));
        let mut to = [7; 3];
        assert_eq!(mask.apply_copying(&[0; 4], &mut to), Err(crate::frame::BufferTooSmall { required: 4 }));
        assert_eq!(to, [7; 3]);
        let mut first = [0];
        mask.apply_copying(&[0], &mut first).unwrap();
        assert_eq!(first, [1]);
    }

    #[test]
    fn a_key_that_comes_byte_by_byte_is_the_key() {
        let key = [1, 2, 3, 4].into_iter().fold(Key::NONE, Key::with_next);
        assert_eq!(key, Key::new(MaskingKey([1, 2, 3, 4])));
    }

    #[test]
    fn keys_are_not_shown() {
        let key = MaskingKey([0xAB; 4]);
        assert_eq!(format!("{key:?} {:?}", Mask::new(key)), "MaskingKey(..) Mask { key: Key(..) }");
    }
}
