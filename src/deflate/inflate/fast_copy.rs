//! Matches in words of 16 bytes, on large machines.

use super::window::{SLACK, copy_match};

/// Copies a match to `pos`. There is room for [`SLACK`] bytes after it; if `tight`, they are unchanged in the end.
///
/// It is for matches that begin in the last lap: all others are copied by [`fast`](super::fast) itself.
#[inline(never)]
pub(super) fn copy_fast(memory: &mut [u8], pos: usize, lap: usize, len: usize, distance: usize, tight: bool) {
    let end = pos.wrapping_add(len);
    let from = pos.wrapping_sub(distance).wrapping_add(lap);
    let saved = if tight { chunk::<SLACK>(memory, end) } else { None };
    if distance <= pos {
        repeat(memory, pos, end, distance);
    } else if distance < 16 || from.wrapping_add(len).wrapping_add(16) > lap {
        // A match that goes on in this lap, or repeats a period that began in the last one, is rare.
        return copy_match(memory, pos, lap, len, distance);
    } else {
        copy_words(memory, from, pos, end);
    }
    if let Some(saved) = saved {
        put(memory, end, saved);
    }
}

/// Copies words, up to `end` at least.
#[inline(always)]
pub(super) fn copy_words(memory: &mut [u8], mut from: usize, mut to: usize, end: usize) {
    while let Some(word) = chunk::<16>(memory, from) {
        put(memory, to, word);
        (from, to) = (from.wrapping_add(16), to.wrapping_add(16));
        if to >= end {
            break;
        }
    }
}

/// Copies a match from `distance` bytes before. A period of fewer than 16 bytes is copied as words that hold it as often
/// as it fits.
#[inline(never)]
pub(super) fn repeat(memory: &mut [u8], mut to: usize, end: usize, distance: usize) {
    if distance >= 16 {
        return copy_words(memory, to.wrapping_sub(distance), to, end);
    }
    let Some(word) = chunk::<16>(memory, to.wrapping_sub(distance)) else { return };
    let mut bits = 8u32.wrapping_mul(distance as u32);
    let mut pattern = u128::from_le_bytes(word) & 1u128.wrapping_shl(bits).wrapping_sub(1);
    while bits < 128 {
        pattern |= pattern.wrapping_shl(bits);
        bits = bits.wrapping_mul(2);
    }
    let step = 16usize.wrapping_sub(16usize.checked_rem(distance).unwrap_or_default());
    while to < end {
        put(memory, to, pattern.to_le_bytes());
        to = to.wrapping_add(step);
    }
}

#[inline(always)]
pub(super) fn chunk<const N: usize>(memory: &[u8], at: usize) -> Option<[u8; N]> {
    memory.get(at..)?.first_chunk().copied()
}

#[inline(always)]
pub(super) fn chunk_mut<const N: usize>(memory: &mut [u8], at: usize) -> Option<&mut [u8; N]> {
    memory.get_mut(at..)?.first_chunk_mut()
}

#[inline(always)]
pub(super) fn put<const N: usize>(memory: &mut [u8], at: usize, word: [u8; N]) {
    if let Some(place) = chunk_mut(memory, at) {
        *place = word;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn the_copy_in_words_is_that_byte_for_byte() {
        let old: Vec<u8> = (0..700u32).map(|i| (i * 31 / 8) as u8).collect();
        for pos in [0, 1, 15, 16, 17, 300, 400] {
            for lap in [pos.max(400), 600, 700] {
                for distance in (1..=40).chain([100, 257, 399, lap - 1, lap]) {
                    for len in (3..=35).chain([257, 258]) {
                        if distance > lap || pos + len + SLACK > 700 {
                            continue;
                        }
                        let (mut want, mut got, mut loose) = (old.clone(), old.clone(), old.clone());
                        copy_match(&mut want, pos, lap, len, distance);
                        copy_fast(&mut got, pos, lap, len, distance, true);
                        assert!(want == got, "{pos} {lap} {distance} {len}");
                        copy_fast(&mut loose, pos, lap, len, distance, false);
                        let end = pos + len;
                        assert!(want[..end] == loose[..end] && want[end + SLACK..] == loose[end + SLACK..]);
                    }
                }
            }
        }
    }
}
