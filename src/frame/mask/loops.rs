//! The loops that mask (RFC 6455 §5.3), in the form that this machine runs.

#[cfg(not(upframe_small))]
use super::copying;
#[cfg(all(feature = "simd", not(upframe_small)))]
use super::detected;
use super::key::PhasedKey;
#[cfg(not(upframe_small))]
use super::moving;
#[cfg(upframe_small)]
use super::narrow;
#[cfg(not(upframe_small))]
use super::wide;

/// The bits that no ASCII byte has set.
pub(crate) const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Masks `bytes` in place.
///
/// With `OR`, returns the OR of all masked words: `& HIGH_BITS` is zero if and only if all bytes are ASCII. Without
/// `OR`, the number means nothing.
#[inline(always)]
pub(crate) fn apply_mask<const OR: bool>(bytes: &mut [u8], key: PhasedKey) -> u64 {
    #[cfg(all(feature = "simd", not(upframe_small)))]
    if bytes.len() >= detected::LONG {
        return detected::apply_mask::<OR>(bytes, key);
    }
    #[cfg(not(upframe_small))]
    return wide::apply_mask::<OR>(bytes, key);
    #[cfg(upframe_small)]
    return narrow::apply_mask(bytes, key);
}

/// [`apply_mask`] out of line, for callers that are inlined themselves.
#[cfg(not(upframe_small))]
#[inline(never)]
pub(crate) fn mask_any(bytes: &mut [u8], key: PhasedKey) {
    apply_mask::<false>(bytes, key);
}

/// Masks `from` into `to`, which has the same length. Returns what [`apply_mask`] returns.
#[inline(always)]
pub(crate) fn copy_masked<const OR: bool>(from: &[u8], to: &mut [u8], key: PhasedKey) -> u64 {
    #[cfg(all(feature = "simd", not(upframe_small)))]
    if from.len() >= detected::LONG_COPY {
        return detected::copy_masked::<OR>(from, to, key);
    }
    #[cfg(not(upframe_small))]
    return copying::copy_masked::<OR>(from, to, key);
    #[cfg(upframe_small)]
    return narrow::copy_masked(from, to, key);
}

/// Masks all but the first `distance` bytes, and moves them to the front.
#[cfg(not(upframe_small))]
#[inline(always)]
pub(crate) fn move_masked(bytes: &mut [u8], distance: usize, key: PhasedKey) {
    #[cfg(feature = "simd")]
    if bytes.len().saturating_sub(distance) >= detected::LONG_COPY {
        return detected::move_masked(bytes, distance, key);
    }
    moving::move_masked(bytes, distance, key);
}

/// [`copy_masked`] for at most 128 bytes, all of it inlined.
#[cfg(not(upframe_small))]
#[inline(always)]
pub(crate) fn copy_masked_short(from: &[u8], to: &mut [u8], key: PhasedKey) {
    copying::copy_masked_short(from, to, key);
}

/// Returns the OR of all words of `bytes`.
#[inline]
pub(crate) fn or_all(bytes: &[u8]) -> u64 {
    let (words, tail) = bytes.as_chunks::<8>();
    let or = words.iter().fold(0, |or, word| or | u64::from_le_bytes(*word));
    tail.iter().fold(or, |or, byte| or | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::super::key::MaskingKey;
    use super::super::{copying, narrow, wide};
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

    type Copying = fn(&[u8], &mut [u8], PhasedKey) -> u64;

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
                let key = PhasedKey::new(MaskingKey(raw)).at(phase);
                let from = &noise[shift..shift + len];
                let want = naive(from, raw, phase);
                let want_ascii = want.is_ascii();
                let in_place: [fn(&mut [u8], PhasedKey) -> u64; 3] =
                    [wide::apply_mask::<true>, narrow::apply_mask, apply_mask::<true>];
                for f in in_place {
                    let mut bytes = noise.clone();
                    let or = f(&mut bytes[shift..shift + len], key);
                    assert_eq!(bytes[shift..shift + len], want, "{len} {shift}");
                    assert_eq!(bytes[..shift], noise[..shift]);
                    assert_eq!(bytes[shift + len..], noise[shift + len..]);
                    assert_eq!(ascii(or), want_ascii, "{len} {shift}");
                }
                let copying: [Copying; 3] = [copying::copy_masked::<true>, narrow::copy_masked, copy_masked::<true>];
                for f in copying {
                    let mut to = vec![0xEE; len + 9];
                    let or = f(from, &mut to[shift..shift + len], key);
                    assert_eq!(to[shift..shift + len], want, "{len} {shift}");
                    assert!(to[..shift].iter().chain(&to[shift + len..]).all(|byte| *byte == 0xEE));
                    assert_eq!(ascii(or), want_ascii, "{len} {shift}");
                }
                assert_eq!(ascii(or_all(&want)), want_ascii);
                for f in [wide::apply_mask::<false> as fn(&mut [u8], PhasedKey) -> u64, apply_mask::<false>] {
                    let mut bytes = from.to_vec();
                    f(&mut bytes, key);
                    assert_eq!(bytes, want);
                }
                for f in [copying::copy_masked::<false> as Copying, copy_masked::<false>] {
                    let mut to = vec![0; len];
                    f(from, &mut to, key);
                    assert_eq!(to, want);
                }
            }
        }
    }

    #[test]
    fn one_high_bit_anywhere_is_seen() {
        for len in lengths().take(302) {
            for at in (0..len).step_by(if len > 300 { 31 } else { 1 }) {
                let mut plain = vec![b'a'; len];
                plain[at] = 0xC3;
                let key = PhasedKey::new(MaskingKey([1, 2, 3, 4]));
                for f in [wide::apply_mask::<true> as fn(&mut [u8], PhasedKey) -> u64, narrow::apply_mask] {
                    let mut masked = naive(&plain, [1, 2, 3, 4], 0);
                    assert!(!ascii(f(&mut masked, key)), "{len} {at}");
                }
                assert!(!ascii(or_all(&plain)));
                let masked = naive(&plain, [1, 2, 3, 4], 0);
                assert!(!ascii(copying::copy_masked::<true>(&masked, &mut plain, key)), "{len} {at}");
            }
        }
    }

    #[test]
    fn masking_twice_changes_nothing() {
        let key = PhasedKey::new(MaskingKey([9, 8, 7, 6]));
        let mut bytes = noise(777);
        apply_mask::<false>(&mut bytes, key);
        assert_ne!(bytes, noise(777));
        apply_mask::<false>(&mut bytes, key);
        assert_eq!(bytes, noise(777));
    }
}
