//! The loops of large machines that mask from one place to another, which do not overlap.
//!
//! So a piece may be masked twice from the source, and a payload needs no loop for its last words and bytes: its last block
//! overlaps with the one before it.
//!
//! Functions with `OR` return the OR of all masked words. Without it, what they return means nothing.

use super::key::PhasedKey;
use super::wide::{masked_ends, put_ends};

/// From this length in bytes, a call out of line pays.
const LONG: usize = 64;
/// The length in bytes of a block of the loop.
const BLOCK: usize = 256;
/// The length in bytes of the vectors that every processor of the target has.
const VECTOR: usize = 16;
/// From this length in bytes, there is at least one block of the loop after the bytes that align it.
const BLOCKS: usize = BLOCK + VECTOR;

/// Masks at most 128 bytes of `from` into `to`, which has the same length.
#[cfg(not(upframe_small))]
#[inline(always)]
pub(super) fn copy_masked_short(from: &[u8], to: &mut [u8], key: PhasedKey) {
    if from.len() >= LONG {
        copy_ends::<64>(from, to, key);
    } else {
        copy_masked::<false>(from, to, key);
    }
}

/// Masks `from` into `to`, which has the same length.
#[inline(always)]
pub(super) fn copy_masked<const OR: bool>(from: &[u8], to: &mut [u8], key: PhasedKey) -> u64 {
    match from.len() {
        LONG.. => copy_long::<OR>(from, to, key),
        32.. => copy_ends::<32>(from, to, key),
        16.. => copy_ends::<16>(from, to, key),
        8.. => copy_ends::<8>(from, to, key),
        _ => copy_tiny(from, to, key),
    }
}

/// Masks `W` to 2 × `W` bytes: the first `W` and the last `W`, which may overlap. All loads are before all stores.
#[inline(always)]
fn copy_ends<const W: usize>(from: &[u8], to: &mut [u8], key: PhasedKey) -> u64 {
    let Some((head, tail, or)) = masked_ends::<W>(from, key) else { return 0 };
    put_ends(to, head, tail);
    or
}

/// Masks fewer than 8 bytes: two words of 4 bytes that may overlap, or up to 3 bytes.
#[inline(always)]
fn copy_tiny(from: &[u8], to: &mut [u8], key: PhasedKey) -> u64 {
    let back = key.at(from.len());
    if let (Some(&head), Some(&tail)) = (from.first_chunk::<4>(), from.last_chunk::<4>()) {
        let (head, tail) = (u32::from_le_bytes(head) ^ key.word(), u32::from_le_bytes(tail) ^ back.word());
        put_ends(to, head.to_le_bytes(), tail.to_le_bytes());
        return u64::from(head | tail);
    }
    let mut or = 0;
    for ((place, byte), key) in to.iter_mut().zip(from).zip(key.bytes()) {
        *place = *byte ^ key;
        or |= *place;
    }
    u64::from(or)
}

/// Masks a long payload. Out of line, so that the loop compiles to the same code wherever it is called.
#[inline(never)]
fn copy_long<const OR: bool>(from: &[u8], to: &mut [u8], key: PhasedKey) -> u64 {
    // Equal lengths, as the compiler sees them: so it compares none below.
    let Some(to) = to.get_mut(..from.len()) else { return 0 };
    match from.len() {
        BLOCKS.. => copy_blocks::<VECTOR, OR>(from, to, key),
        129.. => {
            let or = copy_both::<128, OR>(from, to, key);
            // up to 15 bytes between them
            or | copy_block::<16, OR>(from.get(128..), to.get_mut(128..), key)
        }
        _ => copy_both::<64, OR>(from, to, key),
    }
}

/// Masks at least 256 bytes and `A` of `from` into `to`, which has the same length: the first `A`, then blocks of 256 that
/// begin at a multiple of `A` in `to`, and the last bytes as a block that may overlap with what is before it.
///
/// `A` is a power of two, and at least the length of a vector. A vector that is stored across two cache lines takes longer,
/// and one across two pages much longer: 8 ns where it was measured, as long as 400 bytes of the loop.
#[inline(always)]
pub(super) fn copy_blocks<const A: usize, const OR: bool>(from: &[u8], to: &mut [u8], key: PhasedKey) -> u64 {
    let mut or = copy_block::<A, OR>(Some(from), Some(to), key);
    // `align_offset` would take more instructions. A is a multiple of 4, so the key goes back by the address.
    let address = to.as_ptr().addr();
    let mut at = address.wrapping_neg() & const { A.wrapping_sub(1) };
    let rolled = key.back(address);
    let (len, last) = (from.len(), from.len().saturating_sub(BLOCK));
    while at < last {
        or |= copy_block::<BLOCK, OR>(from.get(at..), to.get_mut(at..), rolled);
        at = at.wrapping_add(BLOCK);
    }
    // Now at most one block is left. Its halves are masked one by one, because the registers do not hold all of it.
    let back = key.at(len);
    or | if at < len.saturating_sub(128) {
        let half = copy_block::<128, OR>(from.get(last..), to.get_mut(last..), back);
        half | copy_last::<128, OR>(from, to, back)
    } else if at < len.saturating_sub(64) {
        copy_last::<128, OR>(from, to, back)
    } else {
        copy_last::<64, OR>(from, to, back)
    }
}

/// Masks `N` to 2 × `N` bytes: the first `N` and the last `N`, which may overlap.
#[inline(always)]
fn copy_both<const N: usize, const OR: bool>(from: &[u8], to: &mut [u8], key: PhasedKey) -> u64 {
    let or = copy_last::<N, OR>(from, to, key.at(from.len()));
    or | copy_block::<N, OR>(Some(from), Some(to), key)
}

/// Masks the last `N` bytes.
#[inline(always)]
fn copy_last<const N: usize, const OR: bool>(from: &[u8], to: &mut [u8], key: PhasedKey) -> u64 {
    let (from, to) = (from.last_chunk::<N>(), to.last_chunk_mut::<N>());
    copy_block::<N, OR>(from.map(|it| it.as_slice()), to.map(|it| it.as_mut_slice()), key)
}

/// Masks the first `N` bytes, if there are as many.
#[inline(always)]
fn copy_block<const N: usize, const OR: bool>(from: Option<&[u8]>, to: Option<&mut [u8]>, key: PhasedKey) -> u64 {
    let block = from.and_then(|from| from.first_chunk::<N>());
    let (Some(block), Some(place)) = (block, to.and_then(|to| to.first_chunk_mut::<N>())) else { return 0 };
    let (mut plain, mut or) = (*block, 0);
    for word in plain.as_chunks_mut().0 {
        let both = u32::from_le_bytes(*word) ^ key.word();
        or |= both;
        *word = both.to_le_bytes();
    }
    *place = plain;
    if OR { u64::from(or) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::key::MaskingKey;
    use super::*;
    use std::vec::Vec;

    type Copying = fn(&[u8], &mut [u8], PhasedKey) -> u64;

    /// Lengths around each way to copy and around each way to end, at every place in a cache line.
    #[test]
    fn every_place_of_the_target_and_every_rest_after_the_blocks_is_masked_and_nothing_else_is_written() {
        let raw = [0x37, 0xfa, 0x21, 0x3d];
        let key = PhasedKey::new(MaskingKey(raw));
        let from: Vec<u8> = (0..600_u32).map(|i| (i * 37 % 251) as u8 & 0x7F).collect();
        let want: Vec<u8> = from.iter().zip(raw.iter().cycle()).map(|(a, b)| a ^ b).collect();
        let ways: [(usize, Copying); 4] = [
            (0, copy_masked::<false>),
            (0, copy_masked::<true>),
            (BLOCK + 64, copy_blocks::<64, true>),
            (BLOCK + 32, copy_blocks::<32, false>),
        ];
        for len in (60..70).chain(124..150).chain(250..600) {
            for place in 0..64 {
                for (least, way) in ways {
                    if len < least {
                        continue;
                    }
                    let mut to = [0xEE; 700];
                    way(&from[..len], &mut to[place..place + len], key);
                    assert!(to[place..place + len] == want[..len], "{len} bytes at {place}");
                    assert!(to[..place].iter().chain(&to[place + len..]).all(|byte| *byte == 0xEE), "{len} at {place}");
                }
            }
        }
    }

    #[test]
    fn one_high_bit_in_any_part_of_a_long_copy_is_seen() {
        for len in [129, 143, 144, 271, 272, 290, 330, 400, 512, 530, 600] {
            for at in 0..len {
                let mut from = vec![b'a'; len];
                from[at] = 0xC3;
                assert_ne!(copy_masked::<true>(&from, &mut vec![0; len], PhasedKey::NONE) & 0x8080_8080_8080_8080, 0);
            }
            let or = copy_masked::<true>(&vec![b'a'; len], &mut vec![0; len], PhasedKey::NONE);
            assert_eq!(or & 0x8080_8080_8080_8080, 0);
        }
    }
}
