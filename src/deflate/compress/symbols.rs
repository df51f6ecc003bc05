//! The symbols of lengths and distances (RFC 1951 §3.2.5), in closed form.

/// The shortest match.
pub(super) const SHORTEST: usize = 3;
/// The longest match.
pub(super) const LONGEST: usize = 258;
/// Symbols of literals, the end of a block, and lengths that have a meaning.
pub(super) const LITERALS: usize = 286;
/// Symbols of distances that have a meaning.
pub(super) const DISTANCES: usize = 30;
/// The symbol that ends a block.
pub(super) const END: u16 = 256;

/// A symbol, and the extra bits after its code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Symbol {
    pub(super) symbol: u16,
    pub(super) extra: u32,
    pub(super) extra_bits: u32,
}

/// Returns the symbol of a length, which is passed less 3.
///
/// From 8 on, a group of four symbols has one extra bit more than the group before. So a number whose highest bit is
/// bit k has k - 2 extra bits, and its three highest bits, from 4 to 7, are its place in the group. The longest length
/// has a symbol of its own.
#[inline(always)]
pub(super) const fn length_symbol(less_3: u8) -> Symbol {
    let number = less_3 as u32;
    if number == 255 {
        return Symbol { symbol: 285, extra: 0, extra_bits: 0 };
    }
    // the first two groups, 0 to 7, have none: so 4 takes the place of lower numbers
    let extra_bits = 29u32.wrapping_sub((number | 4).leading_zeros());
    let group = extra_bits.wrapping_mul(4).wrapping_add(number.wrapping_shr(extra_bits));
    Symbol { symbol: group.wrapping_add(257) as u16, extra: low_bits(number, extra_bits), extra_bits }
}

/// Returns the symbol of a distance, which is passed less 1. The groups have two symbols.
#[inline(always)]
pub(super) fn distance_symbol(less_1: u16) -> Symbol {
    let number = u32::from(less_1);
    let extra_bits = 30u32.wrapping_sub((number | 2).leading_zeros());
    let symbol = extra_bits.wrapping_mul(2).wrapping_add(number.wrapping_shr(extra_bits)) as u16;
    Symbol { symbol, extra: low_bits(number, extra_bits), extra_bits }
}

/// The lowest `n` bits, `n` below 32.
#[inline(always)]
const fn low_bits(number: u32, n: u32) -> u32 {
    number & 1u32.wrapping_shl(n).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first length or distance of each symbol, as RFC 1951 §3.2.5 prints them.
    #[test]
    fn symbols_are_those_of_the_rfc() {
        let lengths = [
            3u32, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
            227, 258,
        ];
        for len in 3..=258 {
            let Symbol { symbol, extra, extra_bits } = length_symbol(u8::try_from(len - 3).unwrap());
            let at = lengths.iter().rposition(|first| *first <= len).unwrap();
            assert_eq!((usize::from(symbol), extra), (257 + at, len - lengths[at]), "{len}");
            let next = lengths.get(at + 1).map_or(1, |next| next - lengths[at]);
            assert!(at >= 27 || next == 1 << extra_bits);
        }
        let distances = [
            1u32, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
            4097, 6145, 8193, 12289, 16385, 24577,
        ];
        for distance in 1..=32768 {
            let Symbol { symbol, extra, extra_bits } = distance_symbol(u16::try_from(distance - 1).unwrap());
            let at = distances.iter().rposition(|first| *first <= distance).unwrap();
            assert_eq!((usize::from(symbol), extra), (at, distance - distances[at]), "{distance}");
            let next = distances.get(at + 1).unwrap_or(&32769) - distances[at];
            assert_eq!(next, 1 << extra_bits);
        }
    }
}
