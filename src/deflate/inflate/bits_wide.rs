//! The refill of large machines: 8 bytes at once.

/// Returns the buffer and its number of bits after it was filled to at least 56 bits, or with all input.
#[inline(always)]
pub(super) fn refill(word: u64, n: u32, input: &mut &[u8]) -> (u64, u32) {
    if n >= 56 {
        return (word, n);
    }
    if let Some(eight) = input.first_chunk::<8>() {
        // As many whole bytes as there is room for: 7 - n / 8. With them n is 56 to 63, that is n | 56. What was read
        // of the next byte is cleared.
        let all = word | u64::from_le_bytes(*eight).wrapping_shl(n);
        *input = input.get((63u32.wrapping_sub(n) >> 3) as usize..).unwrap_or_default();
        let n = n | 56;
        return (all & u64::MAX.wrapping_shr(64u32.wrapping_sub(n)), n);
    }
    slow(word, n, input)
}

/// Near the end of the input: byte by byte.
#[inline]
fn slow(mut word: u64, mut n: u32, input: &mut &[u8]) -> (u64, u32) {
    while n < 56
        && let Some((byte, rest)) = input.split_first()
    {
        word |= u64::from(*byte).wrapping_shl(n);
        n = n.wrapping_add(8);
        *input = rest;
    }
    (word, n)
}
