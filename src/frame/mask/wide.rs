//! The loops of large machines that mask in place, over words of 8 bytes.
//!
//! A payload below 128 bytes needs no loop: its first and its last bytes are masked in words that may overlap. A longer
//! one goes through a loop that the compiler turns into vectors.
//!
//! Functions with `OR` return the OR of all masked words. Without it, what they return means nothing.

use super::key::PhasedKey;

/// From this length in bytes, a call of a loop out of line pays.
const LONG: usize = 64;
/// From this length in bytes, it pays to align the stores to a cache line.
const ALIGNED: usize = 256;
/// Masks `bytes` in place.
#[inline(always)]
pub(super) fn apply_mask<const OR: bool>(bytes: &mut [u8], key: PhasedKey) -> u64 {
    match bytes.len() {
        LONG.. => long::<OR>(bytes, key),
        32.. => ends::<32>(bytes, key),
        16.. => ends::<16>(bytes, key),
        8.. => ends::<8>(bytes, key),
        _ => tiny(bytes, key),
    }
}

/// Masks words; returns their OR.
#[inline(always)]
pub(super) fn words(words: &mut [[u8; 8]], key: u64) -> u64 {
    let mut or = 0;
    for word in words {
        let plain = u64::from_le_bytes(*word) ^ key;
        or |= plain;
        *word = plain.to_le_bytes();
    }
    or
}

/// Masks `W` to 2 × `W` bytes: the first `W` and the last `W`, which may overlap. All loads are before all stores.
#[inline(always)]
fn ends<const W: usize>(bytes: &mut [u8], key: PhasedKey) -> u64 {
    let Some((head, tail, or)) = masked_ends::<W>(bytes, key) else { return 0 };
    put_ends(bytes, head, tail);
    or
}

/// Returns both ends, masked, and the OR of their words.
#[inline(always)]
pub(super) fn masked_ends<const W: usize>(bytes: &[u8], key: PhasedKey) -> Option<([u8; W], [u8; W], u64)> {
    // W is a multiple of 4, so the key at the last W bytes is the key at the length.
    let (front, back) = (key.double_word(), key.at(bytes.len()).double_word());
    let (mut head, mut tail) = (*bytes.first_chunk::<W>()?, *bytes.last_chunk::<W>()?);
    let or = words(head.as_chunks_mut::<8>().0, front) | words(tail.as_chunks_mut::<8>().0, back);
    Some((head, tail, or))
}

/// Writes both ends. They may overlap.
#[inline(always)]
pub(super) fn put_ends<const W: usize>(bytes: &mut [u8], head: [u8; W], tail: [u8; W]) {
    if let Some(place) = bytes.first_chunk_mut() {
        *place = head;
    }
    if let Some(place) = bytes.last_chunk_mut() {
        *place = tail;
    }
}

/// Masks fewer than 8 bytes: two words of 4 bytes that may overlap, or up to 3 bytes.
#[inline(always)]
fn tiny(bytes: &mut [u8], key: PhasedKey) -> u64 {
    let back = key.at(bytes.len());
    if let (Some(&head), Some(&tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (head, tail) = (u32::from_le_bytes(head) ^ key.word(), u32::from_le_bytes(tail) ^ back.word());
        put_ends(bytes, head.to_le_bytes(), tail.to_le_bytes());
        u64::from(head | tail)
    } else {
        key.mask_tail(bytes)
    }
}

/// Masks a long payload. Out of line, so that the loop compiles to the same code wherever it is called.
#[inline(never)]
fn long<const OR: bool>(bytes: &mut [u8], key: PhasedKey) -> u64 {
    if !OR && bytes.len() <= 128 {
        return ends::<64>(bytes, key);
    }
    if bytes.len() < ALIGNED { run::<OR>(bytes, key) } else { in_lines::<OR>(bytes, key) }
}

/// Masks at least 64 bytes: the first and the last 64 bytes, and all cache lines between them, which may overlap with them.
#[inline(always)]
pub(super) fn in_lines<const OR: bool>(bytes: &mut [u8], key: PhasedKey) -> u64 {
    // Read before the loop masks a part of them; written after the loop.
    let Some((head, tail, or)) = masked_ends::<64>(bytes, key) else { return 0 };
    let to_line = bytes.as_ptr().align_offset(64);
    let wide = key.at(to_line).double_word();
    let lines = bytes.get_mut(to_line..).unwrap_or_default();
    let or = if OR {
        or | blocks_or(lines.as_chunks_mut().0, wide)
    } else {
        let (pairs, rest) = lines.as_chunks_mut::<128>();
        blocks(pairs, wide);
        blocks::<64>(rest.as_chunks_mut().0, wide);
        or
    };
    put_ends(bytes, head, tail);
    or
}

/// Masks whole blocks.
#[inline(always)]
fn blocks<const N: usize>(blocks: &mut [[u8; N]], key: u64) {
    for block in blocks {
        let mut plain = *block;
        words(plain.as_chunks_mut().0, key);
        *block = plain;
    }
}

/// Does the same, and returns the OR of all words. It is collected in as many bytes as a block has, so that this is a vector's work,
/// too.
#[inline(always)]
fn blocks_or(blocks: &mut [[u8; 64]], key: u64) -> u64 {
    let mut ors = [0; 64];
    for block in blocks {
        let mut plain = *block;
        words(plain.as_chunks_mut().0, key);
        ors.iter_mut().zip(&plain).for_each(|(or, byte)| *or |= byte);
        *block = plain;
    }
    words(ors.as_chunks_mut().0, 0)
}

/// Masks a payload of any length with a loop over blocks of 64 bytes.
#[inline(always)]
fn run<const OR: bool>(bytes: &mut [u8], key: PhasedKey) -> u64 {
    let wide = key.double_word();
    let Some(last) = bytes.last_chunk::<8>() else { return tiny(bytes, key) };
    // Read before the loop masks a part of it; written after the loop.
    let last = u64::from_le_bytes(*last) ^ key.at(bytes.len()).double_word();
    let (whole, rest) = bytes.as_chunks_mut::<64>();
    let or = if OR {
        blocks_or(whole, wide)
    } else {
        blocks(whole, wide);
        0
    };
    let or = or | words(rest.as_chunks_mut().0, wide) | last;
    if let Some(place) = bytes.last_chunk_mut() {
        *place = last.to_le_bytes();
    }
    or
}
