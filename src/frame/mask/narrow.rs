//! The loop of small machines, over words of 4 bytes.

use super::key::PhasedKey;
use crate::target::copy;

/// Masks `bytes` in place; returns the OR of all masked words.
#[inline(never)]
pub(super) fn apply_mask(bytes: &mut [u8], key: PhasedKey) -> u64 {
    let mut or = 0;
    let (words, tail) = bytes.as_chunks_mut::<4>();
    for word in words {
        let plain = u32::from_le_bytes(*word) ^ key.word();
        or |= plain;
        *word = plain.to_le_bytes();
    }
    u64::from(or) | key.mask_tail(tail)
}

/// Masks `from` into `to`, which has the same length; returns the OR of all masked words.
pub(super) fn copy_masked(from: &[u8], to: &mut [u8], key: PhasedKey) -> u64 {
    match to.get_mut(..from.len()) {
        Some(to) => {
            copy(from, to);
            apply_mask(to, key)
        }
        None => 0,
    }
}
