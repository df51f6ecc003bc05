//! The bit buffer: DEFLATE packs its elements from the lowest bit of each byte up (RFC 1951 §3.1.1).

#[cfg(upframe_small)]
use super::bits_narrow::refill;
#[cfg(not(upframe_small))]
use super::bits_wide::refill;

/// The bits of the buffer: as many as a register of the machine has.
#[cfg(not(upframe_small))]
pub(super) type Word = u64;
#[cfg(upframe_small)]
pub(super) type Word = u32;

/// The lowest `k` bits; `k` is below 32.
#[inline(always)]
#[cfg_attr(upframe_small, expect(clippy::unnecessary_cast, reason = "elsewhere, a word has 64 bits"))]
pub(super) const fn low(word: Word, k: u32) -> u32 {
    word as u32 & (1u32.wrapping_shl(k)).wrapping_sub(1)
}

/// Bits that were taken from the input and not used. **All bits above `n` are 0.**
#[derive(Clone, Copy, Debug)]
pub(super) struct Bits {
    pub(super) word: Word,
    pub(super) n: u32,
}

impl Bits {
    pub(super) const NONE: Self = Self { word: 0, n: 0 };

    /// Takes bytes from the front of `input` until at least 25 bits are here, or all input is.
    ///
    /// 25 bits are what a buffer of 32 holds at least after it was filled by bytes. The longest elements are a length
    /// with its extra bits (15 + 5) and a distance without them (15).
    #[inline(always)]
    pub(super) fn refill(&mut self, input: &mut &[u8]) {
        (self.word, self.n) = refill(self.word, self.n, input);
    }

    #[inline(always)]
    pub(super) fn consume(&mut self, k: u32) {
        self.word = self.word.wrapping_shr(k);
        self.n = self.n.wrapping_sub(k);
    }

    /// Returns the next `k` bits, at most 16; `None`, and nothing changes, if the input ends before.
    #[inline]
    pub(super) fn take(&mut self, k: u32, input: &mut &[u8]) -> Option<u16> {
        self.refill(input);
        if self.n < k {
            return None;
        }
        let value = low(self.word, k) as u16;
        self.consume(k);
        Some(value)
    }

    /// Discards the rest of the current byte.
    pub(super) fn align(&mut self) {
        self.consume(self.n & 7);
    }

    /// Returns how many whole bytes are here.
    pub(super) const fn whole_bytes(&self) -> u32 {
        self.n >> 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_from_the_lowest_up_and_none_is_lost_at_the_end_of_the_input() {
        let mut bits = Bits::NONE;
        let mut input = &b"\xb5\x01\xf0"[..];
        assert_eq!((bits.take(1, &mut input), bits.take(4, &mut input)), (Some(1), Some(0b1010)));
        assert_eq!((bits.take(5, &mut input), bits.take(15, &mut input)), (Some(0b01101), None));
        assert_eq!((bits.take(14, &mut input), bits.take(1, &mut input)), (Some(0xF000 >> 2), None));
        input = b"\x02";
        bits.take(3, &mut input).unwrap();
        assert_eq!((bits.n, bits.whole_bytes(), bits.word), (5, 0, 0));
        bits.align();
        assert_eq!(bits.n, 0);
    }

    #[test]
    fn at_least_25_bits_are_here_after_a_refill() {
        for start in 0..25 {
            let mut bits = Bits { word: 0, n: start };
            let mut input = &[0xFF; 16][..];
            bits.refill(&mut input);
            assert!(bits.n >= 25 && bits.n <= Word::BITS);
            assert_eq!(bits.n, start + 8 * (16 - input.len() as u32));
            assert_eq!(bits.word.count_ones(), bits.n - start);
        }
    }
}
