//! A code word with its length, in one word; the fixed codes (RFC 1951 §3.2.6).

use super::symbols::{DISTANCES, LITERALS};

/// A code: its bits in the order in which they are written, the first in the lowest place; and above bit 16 how many
/// they are. 0 is the code of a symbol that does not occur.
pub(super) type Word = u32;

/// Makes a code of `n` bits, at most 16, of its number.
pub(super) const fn word(code: u16, n: u32) -> Word {
    code.reverse_bits().wrapping_shr(16u32.wrapping_sub(n)) as u32 | n << 16
}

/// Returns the bits of a code.
#[inline(always)]
pub(super) const fn bits(word: Word) -> u32 {
    word & 0xFFFF
}

/// Returns the length of a code in bits.
#[inline(always)]
pub(super) const fn len(word: Word) -> u32 {
    word >> 16
}

/// Returns the length of the fixed code of a literal, the end, or a length.
pub(super) const fn fixed_len(symbol: u16) -> u32 {
    match symbol {
        0..=143 => 8,
        144..=255 => 9,
        256..=279 => 7,
        _ => 8,
    }
}

/// The length of the fixed code of every distance.
pub(super) const FIXED_DISTANCE_LEN: u32 = 5;

/// Returns the fixed code of a literal, the end, or a length.
pub(super) const fn fixed_literal(symbol: u16) -> Word {
    // the first code of each group, less its first symbol
    let code = match symbol {
        0..=143 => symbol.wrapping_add(0x30),
        144..=255 => symbol.wrapping_add(0x190 - 144),
        256..=279 => symbol.wrapping_sub(256),
        _ => symbol.wrapping_sub(280 - 0xC0),
    };
    word(code, fixed_len(symbol))
}

/// Returns the fixed code of a distance.
pub(super) const fn fixed_distance(symbol: u16) -> Word {
    word(symbol, FIXED_DISTANCE_LEN)
}

/// The codes of a block.
pub(super) struct Codes {
    pub(super) literals: [Word; LITERALS],
    pub(super) distances: [Word; DISTANCES],
}

impl Codes {
    /// The fixed codes.
    #[cfg(not(upframe_small))]
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which checks the bounds")]
    pub(super) const FIXED: Self = {
        let (mut literals, mut distances) = ([0; LITERALS], [0; DISTANCES]);
        let mut symbol = 0;
        while symbol < LITERALS {
            literals[symbol] = fixed_literal(symbol as u16);
            symbol += 1;
        }
        symbol = 0;
        while symbol < DISTANCES {
            distances[symbol] = fixed_distance(symbol as u16);
            symbol += 1;
        }
        Self { literals, distances }
    };

    /// Returns the code of a literal, the end, or a length.
    #[inline(always)]
    pub(super) fn literal(&self, symbol: u16) -> Word {
        self.literals.get(usize::from(symbol)).copied().unwrap_or(0)
    }

    /// Returns the code of a distance.
    #[inline(always)]
    pub(super) fn distance(&self, symbol: u16) -> Word {
        self.distances.get(usize::from(symbol)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1951 §3.2.6.
    #[test]
    fn the_fixed_codes_are_those_of_the_rfc() {
        for (symbol, code, n) in [
            (0, 0b0011_0000, 8),
            (143, 0b1011_1111, 8),
            (144, 0b1_1001_0000, 9),
            (255, 0b1_1111_1111, 9),
            (256, 0, 7),
            (279, 0b001_0111, 7),
            (280, 0b1100_0000, 8),
            (287, 0b1100_0111, 8),
        ] {
            let reversed = (0..n).map(|k| (code >> k & 1) << (n - 1 - k)).sum();
            let word = fixed_literal(symbol);
            assert_eq!((bits(word), len(word)), (reversed, n));
        }
        assert_eq!((bits(fixed_distance(1)), len(fixed_distance(29))), (0b10000, 5));
    }
}
