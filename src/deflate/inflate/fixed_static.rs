//! The codes of fixed blocks as tables that the compiler makes (RFC 1951 §3.2.6): for large machines.

use super::alphabet::{Alphabet, Entry, INVALID};
use super::bits::Word;
use super::code::at;
use super::tables::Codes;

/// The codes of fixed blocks. No literal has more than 9 bits, and every distance has 5.
pub(super) struct FixedCodes;

static LITERALS: [Entry; 512] = literals();
static DISTANCES: [Entry; 32] = distances();

impl Codes for FixedCodes {
    const LITERAL_BITS: u32 = 9;
    const DISTANCE_BITS: u32 = 5;
    const OFTEN_LONG: bool = false;
    const ARE_FIXED: bool = true;

    #[inline(always)]
    fn literal(&self, word: Word) -> Entry {
        at(&LITERALS, word)
    }

    #[inline(always)]
    fn distance(&self, word: Word) -> Entry {
        at(&DISTANCES, word)
    }

    #[inline(always)]
    fn long_literal(&self, _: Word) -> Entry {
        INVALID
    }

    #[inline(always)]
    fn long_distance(&self, _: Word) -> Entry {
        INVALID
    }
}

/// For each 9 bits, the code that they begin with. From the highest bit down, RFC 1951 §3.2.6 has
///
/// ```text
///   symbol      bits   codes                         as the front of 9 bits
///   256 - 279     7    000_0000    - 001_0111         0.. 95
///     0 - 143     8    0011_0000   - 1011_1111       96..383
///   280 - 287     8    1100_0000   - 1100_0111      384..399
///   144 - 255     9    1_1001_0000 - 1_1111_1111    400..511
/// ```
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "only evaluated by the compiler, which would refuse an overflow"
)]
const fn literals() -> [Entry; 512] {
    let mut table = [0; 512];
    let mut i = 0;
    while i < 512 {
        let front = (i as u16).reverse_bits() >> 7;
        let (symbol, bits) = match front {
            0..=95 => (256 + (front >> 2), 7),
            96..=383 => ((front >> 1) - 48, 8),
            384..=399 => (280 + (front >> 1) - 192, 8),
            _ => (144 + front - 400, 9),
        };
        table[i] = Alphabet::Literals.with_code(Alphabet::Literals.meaning(symbol), bits);
        i += 1;
    }
    table
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "only evaluated by the compiler, which would refuse an overflow"
)]
const fn distances() -> [Entry; 32] {
    let mut table = [0; 32];
    let mut i = 0;
    while i < 32 {
        table[i] = Alphabet::Distances.with_code(Alphabet::Distances.meaning((i as u16).reverse_bits() >> 11), 5);
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::fixed_small::fixed_lengths;
    use super::super::tables::FastTables;
    use super::*;

    #[test]
    fn the_tables_are_those_that_are_built_of_the_lengths() {
        let mut tables = FastTables::new();
        tables.build(&fixed_lengths()).unwrap();
        for word in 0..1024 {
            assert_eq!(FixedCodes.literal(word), tables.literal(word));
            assert_eq!(FixedCodes.distance(word), tables.distance(word));
        }
    }
}
