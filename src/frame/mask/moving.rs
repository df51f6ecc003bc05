//! Masks a payload and moves it towards the front of its buffer on the way: one pass for what would be a mask and a
//! copy.
//!
//! Source and target may overlap. **A block is read whole before it is written, and the target is not after the source**,
//! so nothing is overwritten before it is read, however near the two are.

use super::key::PhasedKey;
use super::wide::{apply_mask, masked_ends, put_ends, words};

/// The length in bytes of a block of the loop.
const BLOCK: usize = 64;

/// Masks all but the first `distance` bytes, and moves them to the front.
#[inline(always)]
pub(super) fn move_masked(bytes: &mut [u8], distance: usize, key: PhasedKey) {
    match bytes.len().saturating_sub(distance) {
        BLOCK.. => move_long(bytes, distance, key),
        32.. => move_ends::<32>(bytes, distance, key),
        16.. => move_ends::<16>(bytes, distance, key),
        8.. => move_ends::<8>(bytes, distance, key),
        _ => move_tiny(bytes, distance, key),
    }
}

/// Does the same with `W` to 2 × `W` bytes: the first `W` and the last `W`, which may overlap.
#[inline(always)]
fn move_ends<const W: usize>(bytes: &mut [u8], distance: usize, key: PhasedKey) {
    let Some(from) = bytes.get(distance..) else { return };
    let n = from.len();
    let Some((head, tail, _)) = masked_ends::<W>(from, key) else { return };
    if let Some(to) = bytes.get_mut(..n) {
        put_ends(to, head, tail);
    }
}

/// Does the same with fewer than 8 bytes.
#[inline(never)]
fn move_tiny(bytes: &mut [u8], distance: usize, key: PhasedKey) {
    if let Some(from) = bytes.get_mut(distance..) {
        apply_mask::<false>(from, key);
        bytes.copy_within(distance.., 0);
    }
}

/// Does the same with a long payload. Out of line, so that the loop compiles to the same code wherever it is called.
#[inline(never)]
fn move_long(bytes: &mut [u8], distance: usize, key: PhasedKey) {
    move_blocks(bytes, distance, key);
}

/// Does the same with at least a block: all whole blocks, and the last bytes as a block that may overlap with them.
#[inline(always)]
pub(super) fn move_blocks(bytes: &mut [u8], distance: usize, key: PhasedKey) {
    let n = bytes.len().saturating_sub(distance);
    let Some(mut last) = bytes.last_chunk::<BLOCK>().copied() else { return };
    // Read before the loop writes there; written after the loop. A block is a multiple of the key.
    words(last.as_chunks_mut().0, key.at(n).double_word());
    let wide = key.double_word();
    // One byte less, so that a block that is the last one is not written twice.
    let mut rest = bytes.split_last_mut().map(|(_, rest)| rest).unwrap_or_default();
    while let Some(block) = rest.get(distance..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        let mut plain = *block;
        words(plain.as_chunks_mut().0, wide);
        let Some((place, after)) = rest.split_first_chunk_mut::<BLOCK>() else { return };
        *place = plain;
        rest = after;
    }
    if let Some(place) = bytes.get_mut(..n).and_then(<[u8]>::last_chunk_mut) {
        *place = last;
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::MaskingKey;
    use super::*;
    use std::vec::Vec;

    #[test]
    fn every_length_is_masked_and_moved_however_near_the_target_is() {
        let raw = [0x37, 0xfa, 0x21, 0x3d];
        let key = PhasedKey::new(MaskingKey(raw));
        for n in (0..300).chain([511, 512, 513, 4096, 5000]) {
            for distance in (1..20).chain([31, 63, 64, 65, 200, 6000]) {
                let before: Vec<u8> = (0..distance + n).map(|i| (i * 37 % 251) as u8).collect();
                let want: Vec<u8> = before[distance..].iter().zip(raw.iter().cycle()).map(|(a, b)| a ^ b).collect();
                let mut bytes = before.clone();
                move_masked(&mut bytes, distance, key);
                assert!(bytes[..n] == want, "{n} bytes by {distance}");
                if n >= BLOCK {
                    let mut bytes = before;
                    super::super::loops::move_masked(&mut bytes, distance, key);
                    assert!(bytes[..n] == want, "{n} bytes by {distance}, detected");
                }
            }
        }
    }
}
