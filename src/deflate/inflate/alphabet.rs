//! The three alphabets, and what each symbol means, in one word (RFC 1951 §3.2.5, §3.2.7).

use super::bits::Word;
#[cfg(not(upframe_small))]
use super::bits::low;

/// What is to be done for a code.
///
/// ```text
///   literal     1 | 0 (11) | code (4) | byte (8)         | 0 | 0 | total (6)
///   length      0 | 0 (5) | extra (5) | 0 | code (4) | shortest - 3 (8) | 0 | 0 | total (6)
///   distance    0 | nearest (15)     | 0 (4) | code (4)  | 0 | 0 | total (6)
///   code length 1 | 0 (11) | code (4) | code length (8)  | 0 | 0 | total (6)
///   run of them 0 | 0 (3) | extra (7) | 0 | code (4) | shortest (8)     | 0 | 0 | total (6)
///   special     0 | which (3) | 0 (20), `code` among them | 1 | 0 | total (6)
/// ```
///
/// `total` is the number of bits of the code and of the extra bits after it, at most 15 + 13 = 28. It is at the low end
/// because a shift of 64 bits looks at the low 6 bits of its operand only. `code` is the number of bits of the code
/// alone. `extra` has a one for each extra bit. A byte or length is in the second byte, which a processor writes out of
/// the register that it shifts by.
pub(super) type Entry = u32;

pub(super) const LITERAL: Entry = 1 << 31;
pub(super) const SPECIAL: Entry = 1 << 7;
/// The code has no meaning.
pub(super) const INVALID: Entry = SPECIAL;
/// The block ends.
pub(super) const END: Entry = SPECIAL | 1 << 28;
/// The code is longer than the table's.
pub(super) const LONG: Entry = SPECIAL | 2 << 28;
/// What of an entry tells which special one it is.
const WHICH: Entry = 0xF << 28 | SPECIAL;

pub(super) const fn is_long(entry: Entry) -> bool {
    entry & WHICH == LONG
}

pub(super) const fn is_end(entry: Entry) -> bool {
    entry & WHICH == END
}

/// The number of bits of the code and its extra bits.
#[inline(always)]
pub(super) const fn total(entry: Entry) -> u32 {
    entry & 63
}

/// The byte of a literal, the shortest length less 3, a code length, or the shortest run.
#[inline(always)]
pub(super) const fn byte(entry: Entry) -> u8 {
    (entry >> 8) as u8
}

/// The nearest distance.
#[inline(always)]
pub(super) const fn start(entry: Entry) -> u32 {
    entry >> 16
}

/// The number of bits of the code of a distance.
#[inline(always)]
pub(super) const fn code_bits(entry: Entry) -> u32 {
    entry >> 8 & 15
}

/// Whether a run repeats the length before it: it has fewer extra bits than those that repeat 0.
#[inline(always)]
pub(super) const fn repeats_previous(entry: Entry) -> bool {
    entry & 1 << 23 == 0
}

/// The length less 3, or the run, that is next in `word`: the shortest one, and the extra bits above its code.
#[inline(always)]
#[cfg_attr(upframe_small, expect(clippy::unnecessary_cast, reason = "elsewhere, a word has 64 bits"))]
pub(super) const fn length(word: Word, entry: Entry) -> u32 {
    // a shift of 32 bits looks at the low 5 bits: the one above the 4 of `code` is 0
    ((word as u32).wrapping_shr(entry >> 16) & (entry >> 21)).wrapping_add(byte(entry) as u32)
}

/// The distance that is next in `word`.
#[cfg(not(upframe_small))]
#[inline(always)]
pub(super) const fn distance(word: Word, entry: Entry) -> u32 {
    // a shift of 32 bits looks at the low 5 bits: no total is more, and the bit above the 4 of `code` is 0
    low(word, entry).wrapping_shr(entry >> 8).wrapping_add(start(entry))
}

/// What the codes of a block stand for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Alphabet {
    /// Literals, the end of the block, and lengths.
    Literals,
    Distances,
    CodeLengths,
}

impl Alphabet {
    /// A meaning with a code of this many bits.
    #[inline(always)]
    pub(super) const fn with_code(self, meaning: Entry, bits: u32) -> Entry {
        let code = if matches!(self, Self::Distances) { bits << 8 } else { bits << 16 };
        meaning.wrapping_add(code | bits)
    }

    /// Returns what a symbol means, without its code.
    ///
    /// The tables of RFC 1951 §3.2.5 in closed form. Lengths and distances go up in groups that have one extra bit more
    /// than the group before and so are twice as far apart: four lengths in a group, from 3, and two distances, from 1.
    #[expect(clippy::arithmetic_side_effects, reason = "each `match` arm bounds the symbol; tests cover all symbols")]
    pub(super) const fn meaning(self, symbol: u16) -> Entry {
        let symbol = symbol as u32;
        match (self, symbol) {
            (Self::Literals, 0..=255) => LITERAL | symbol << 8,
            (Self::Literals, 256) => END,
            // no extra bits yet
            (Self::Literals, 257..=264) => (symbol - 257) << 8,
            (Self::Literals, 265..=284) => {
                let extra = (symbol - 261) / 4;
                ((1 << extra) - 1) << 21 | ((4 + (symbol - 261) % 4) << extra) << 8 | extra
            }
            // the longest length, which 284 could express, too, has a code of its own
            (Self::Literals, 285) => (258 - 3) << 8,
            (Self::Distances, 0..=3) => (symbol + 1) << 16,
            (Self::Distances, 4..=29) => {
                let extra = symbol / 2 - 1;
                (((2 + symbol % 2) << extra) + 1) << 16 | extra
            }
            (Self::CodeLengths, 0..=15) => LITERAL | symbol << 8,
            (Self::CodeLengths, 16) => 3 << 21 | 3 << 8 | 2,
            (Self::CodeLengths, 17) => 7 << 21 | 3 << 8 | 3,
            (Self::CodeLengths, 18) => 127 << 21 | 11 << 8 | 7,
            // 286, 287, and distances 30 and 31 have codes in fixed blocks only, and no meaning (RFC 1951 §3.2.6)
            _ => INVALID,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables as RFC 1951 §3.2.5 prints them: extra bits and first value.
    #[test]
    fn lengths_and_distances_are_those_of_the_rfc() {
        let lengths: [(u32, u32); 29] = [
            (0, 3),
            (0, 4),
            (0, 5),
            (0, 6),
            (0, 7),
            (0, 8),
            (0, 9),
            (0, 10),
            (1, 11),
            (1, 13),
            (1, 15),
            (1, 17),
            (2, 19),
            (2, 23),
            (2, 27),
            (2, 31),
            (3, 35),
            (3, 43),
            (3, 51),
            (3, 59),
            (4, 67),
            (4, 83),
            (4, 99),
            (4, 115),
            (5, 131),
            (5, 163),
            (5, 195),
            (5, 227),
            (0, 258),
        ];
        for (symbol, (extra, base)) in (257..).zip(lengths) {
            assert_eq!(Alphabet::Literals.meaning(symbol), ((1 << extra) - 1) << 21 | (base - 3) << 8 | extra);
        }
        let distances: [(u32, u32); 30] = [
            (0, 1),
            (0, 2),
            (0, 3),
            (0, 4),
            (1, 5),
            (1, 7),
            (2, 9),
            (2, 13),
            (3, 17),
            (3, 25),
            (4, 33),
            (4, 49),
            (5, 65),
            (5, 97),
            (6, 129),
            (6, 193),
            (7, 257),
            (7, 385),
            (8, 513),
            (8, 769),
            (9, 1025),
            (9, 1537),
            (10, 2049),
            (10, 3073),
            (11, 4097),
            (11, 6145),
            (12, 8193),
            (12, 12289),
            (13, 16385),
            (13, 24577),
        ];
        for (symbol, (extra, base)) in (0..).zip(distances) {
            assert_eq!(Alphabet::Distances.meaning(symbol), base << 16 | extra);
        }
        for (alphabet, from, to) in [(Alphabet::Literals, 286, 288), (Alphabet::Distances, 30, 32)] {
            assert!((from..to).all(|symbol| alphabet.meaning(symbol) == INVALID));
        }
        assert!(is_end(Alphabet::Literals.with_code(Alphabet::Literals.meaning(256), 7)));
        assert!((0..256).all(|byte| Alphabet::Literals.meaning(byte) == LITERAL | u32::from(byte) << 8));
    }
}
