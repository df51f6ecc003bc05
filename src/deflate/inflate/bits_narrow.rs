//! The refill of small machines: byte by byte.

/// Returns the buffer and its number of bits after it was filled to at least 25 bits, or with all input.
pub(super) fn refill(mut word: u32, mut n: u32, input: &mut &[u8]) -> (u32, u32) {
    while n <= 24
        && let Some((byte, rest)) = input.split_first()
    {
        word |= u32::from(*byte).wrapping_shl(n);
        n = n.wrapping_add(8);
        *input = rest;
    }
    (word, n)
}
