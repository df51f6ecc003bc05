//! Matches in words of 16 bytes, on large machines.

use super::window::{SLACK, copy_match};

/// Copies a match to `pos`. There is room for [`SLACK`] bytes after it; if `tight`, they are unchanged in the end.
#[inline(always)]
pub(super) fn copy_fast(memory: &mut [u8], pos: usize, lap: usize, len: usize, distance: usize, tight: bool) {
    let end = pos.wrapping_add(len);
    let after = if tight { chunk::<SLACK>(memory, end) } else { None };
    let mut from = pos.wrapping_sub(distance);
    if distance < 16 {
        // The window holds the start of this lap at least; a period that began in the last one is rare.
        if distance > pos || !repeat(memory, from, pos, end, distance) {
            copy_match(memory, pos, lap, len, distance);
        }
    } else {
        if distance > pos {
            from = from.wrapping_add(lap);
            if from.wrapping_add(len).wrapping_add(16) > lap {
                return copy_match(memory, pos, lap, len, distance);
            }
        }
        let mut to = pos;
        while let Some(word) = chunk::<16>(memory, from) {
            put(memory, to, word);
            (from, to) = (from.wrapping_add(16), to.wrapping_add(16));
            if to >= end {
                break;
            }
        }
    }
    if let Some(after) = after {
        put(memory, end, after);
    }
}

/// Repeats the last `distance` bytes, fewer than 16, up to `end`: as words that hold the period as often as it fits.
#[inline(never)]
fn repeat(memory: &mut [u8], from: usize, mut to: usize, end: usize, distance: usize) -> bool {
    let Some(word) = chunk::<16>(memory, from) else { return false };
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
    true
}

#[inline(always)]
fn chunk<const N: usize>(memory: &[u8], at: usize) -> Option<[u8; N]> {
    memory.get(at..)?.first_chunk().copied()
}

#[inline(always)]
fn put<const N: usize>(memory: &mut [u8], at: usize, word: [u8; N]) {
    if let Some(place) = memory.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
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
