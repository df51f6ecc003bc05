//! One Huffman code as a table (RFC 1951 §3.2.2).
//!
//! One table of `F` entries has all codes of up to log₂ `F` bits. The few longer ones are found by the order of their
//! symbols, without a second level of tables. A table is filled by doubling: the codes of up to k bits fill 2ᵏ entries,
//! and the same entries again are the table of k + 1 bits before the codes of that length are entered.

use super::alphabet::{Alphabet, Entry, INVALID, LONG};
use super::bits::{Word, low};
use super::each_used::each_used;
#[cfg(upframe_small)]
use super::meanings_small::Meanings;
#[cfg(not(upframe_small))]
use super::meanings_static::Meanings;
use crate::target::SMALL;

/// The longest code has 15 bits (RFC 1951 §3.2.7).
const LONGEST: u32 = 15;
/// Codes that may be longer than the table's: from 6 bits on, since the smallest table has 2⁵ entries.
const FIRST_LONG: u32 = 6;
const LONG_LENGTHS: usize = (LONGEST - FIRST_LONG + 1) as usize;

/// Why lengths are not those of a code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BadCode {
    Oversubscribed,
    Incomplete,
}

/// Which incomplete codes are accepted. zlib accepts the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Incomplete {
    Never,
    /// No code, or a single one, of one bit.
    UpToOneBit,
}

/// A code of at most `N` symbols, with a table of `F` entries.
#[derive(Clone)]
pub(super) struct Code<const N: usize, const F: usize> {
    pub(super) table: [Entry; F],
    order: Order<N>,
}

/// The symbols of a code in the order of their codes: first by length, then by number.
#[derive(Clone)]
struct Order<const N: usize> {
    symbols: [u16; N],
    ends: Ends,
}

/// Where the codes of each long length end.
#[derive(Clone)]
struct Ends {
    /// The first number that is not a code of this length or the front of a longer code.
    limit: [u16; LONG_LENGTHS],
    /// What is to be added to a code of this length to get the place of its symbol.
    to_place: [u16; LONG_LENGTHS],
}

impl<const N: usize, const F: usize> Code<N, F> {
    pub(super) const EMPTY: Self = Self {
        table: [0; F],
        order: Order { symbols: [0; N], ends: Ends { limit: [0; LONG_LENGTHS], to_place: [0; LONG_LENGTHS] } },
    };

    pub(super) fn build(&mut self, lens: &[u8], alphabet: Alphabet, accept: Incomplete) -> Result<(), BadCode> {
        let Order { symbols, ends } = &mut self.order;
        build(&mut self.table, symbols, ends, lens, alphabet, accept)
    }

    /// Builds the code for code lengths, whose longest code has 7 bits (RFC 1951 §3.2.7), in the first 2⁷ entries.
    pub(super) fn build_short(&mut self, lens: &[u8]) -> Result<(), BadCode> {
        let Order { symbols, ends } = &mut self.order;
        let table = self.table.first_chunk_mut::<128>().map_or(&mut [][..], |table| table);
        build(table, symbols, ends, lens, Alphabet::CodeLengths, Incomplete::Never)
    }

    /// Returns the entry in [`build_short`](Self::build_short)'s table.
    #[inline(always)]
    pub(super) fn short(&self, word: Word) -> Entry {
        self.table.first_chunk::<128>().map_or(INVALID, |table| at(table, word))
    }

    /// Returns the entry of a code that is longer than the table's.
    #[inline]
    pub(super) fn long(&self, word: Word, alphabet: Alphabet) -> Entry {
        long(&self.order.symbols, &self.order.ends, word, alphabet)
    }
}

/// Returns the entry for the next bits. `F` is a power of two.
#[inline(always)]
pub(super) fn at<const F: usize>(table: &[Entry; F], word: Word) -> Entry {
    table.get(word as usize & const { F.wrapping_sub(1) }).copied().unwrap_or(INVALID)
}

#[cold]
#[inline(never)]
fn long(symbols: &[u16], ends: &Ends, word: Word, alphabet: Alphabet) -> Entry {
    // codes come from the highest bit down
    let code = (low(word, LONGEST) as u16).reverse_bits() >> 1;
    let all = (FIRST_LONG..).zip(ends.limit.iter().zip(&ends.to_place));
    for (len, (limit, to_place)) in all {
        let code = code.wrapping_shr(LONGEST.wrapping_sub(len));
        if code < *limit {
            let symbol = symbols.get(usize::from(code.wrapping_add(*to_place))).copied().unwrap_or(u16::MAX);
            return alphabet.with_code(Meanings::of(alphabet).get(symbol), len);
        }
    }
    alphabet.with_code(INVALID, LONGEST)
}

/// Builds a code; once for all sizes.
#[inline(never)]
fn build(
    table: &mut [Entry],
    symbols: &mut [u16],
    ends: &mut Ends,
    lens: &[u8],
    alphabet: Alphabet,
    accept: Incomplete,
) -> Result<(), BadCode> {
    let mut count = [0u16; 16];
    each_used(lens, |_, len| {
        if let Some(count) = count.get_mut(usize::from(len & 15)) {
            *count = count.wrapping_add(1);
        }
    });
    let (longest, next) = judge(&count, accept)?;
    sort(symbols, lens, next);
    let bits = longest.min(table.len().trailing_zeros());
    // What no code reaches is the front of a longer code. In a code that is not complete it has no meaning: that is
    // known after one bit.
    let mut unused = alphabet.with_code(INVALID, 1);
    if longest > bits {
        unused = LONG;
        end_long(ends, &count);
    }
    fill(table, symbols, &count, bits, unused, alphabet);
    Ok(())
}

/// Judges whether the counts are those of a code. Returns its longest length, and for each length how many symbols have
/// shorter ones.
fn judge(count: &[u16; 16], accept: Incomplete) -> Result<(u32, [u16; 16]), BadCode> {
    let longest = count.iter().rposition(|count| *count > 0).unwrap_or_default();
    // how many codes of the length are not taken
    let mut free = 1i32;
    let (mut next, mut place) = ([0u16; 16], 0u16);
    for (next, count) in next.iter_mut().zip(count).skip(1).take(longest) {
        free = (free << 1).wrapping_sub(i32::from(*count));
        // A code has no more codes of a length than the shorter ones leave room for. [1951-3.2.2-oversubscribed]
        if free < 0 {
            return Err(BadCode::Oversubscribed);
        }
        *next = place;
        place = place.wrapping_add(*count);
    }
    // A code leaves no bits without a meaning, except a code of one bit, or no code at all. [1951-3.2.2-incomplete]
    if free > 0 && (longest > 1 || accept == Incomplete::Never) {
        return Err(BadCode::Incomplete);
    }
    Ok((longest as u32, next))
}

/// Puts the symbols in the order of their codes.
fn sort(symbols: &mut [u16], lens: &[u8], mut next: [u16; 16]) {
    each_used(lens, |symbol, len| {
        if let Some(next) = next.get_mut(usize::from(len & 15)) {
            if let Some(place) = symbols.get_mut(usize::from(*next)) {
                *place = symbol;
            }
            *next = next.wrapping_add(1);
        }
    });
}

/// Notes where the long codes of each length end.
#[cold]
#[cfg_attr(not(upframe_small), inline(never))]
fn end_long(ends: &mut Ends, count: &[u16; 16]) {
    let (mut place, mut code) = (0u16, 0u16);
    for (len, count) in (0..).zip(count).skip(1) {
        code <<= 1;
        let long = usize::wrapping_sub(len, FIRST_LONG as usize);
        if let (Some(limit), Some(to_place)) = (ends.limit.get_mut(long), ends.to_place.get_mut(long)) {
            *to_place = place.wrapping_sub(code);
            *limit = code.wrapping_add(*count);
        }
        place = place.wrapping_add(*count);
        code = code.wrapping_add(*count);
    }
}

/// Fills the table with the codes of up to `bits` bits.
fn fill(table: &mut [Entry], symbols: &[u16], count: &[u16; 16], bits: u32, unused: Entry, alphabet: Alphabet) {
    let meanings = Meanings::of(alphabet);
    let (mut counts, mut symbols) = (count.get(1..).unwrap_or_default(), symbols);
    let (mut len, mut half, mut code) = (0u32, 1usize, 0u32);
    // no code is shorter: as many bits at once
    while !SMALL
        && let Some((0, rest)) = counts.split_first()
        && len.wrapping_add(1) < bits
    {
        (counts, len, half) = (rest, len.wrapping_add(1), half.wrapping_mul(2));
    }
    for entry in table.get_mut(..half).unwrap_or_default() {
        *entry = unused;
    }
    while len < bits
        && let Some((count, rest)) = counts.split_first()
        && let Some((low, high)) = double(table, &mut half)
    {
        counts = rest;
        len = len.wrapping_add(1);
        let Some((these, rest)) = symbols.split_at_checked(usize::from(*count)) else { return };
        symbols = rest;
        // The first code of a length ends with 0. The next one is the same but for the last bit, which is the highest
        // one here: so it belongs to the same place of the other half.
        let (pairs, last) = these.as_chunks::<2>();
        for [first, second] in pairs {
            if let (Some(low), Some(high)) = (low.get_mut(code as usize), high.get_mut(code as usize)) {
                *low = alphabet.with_code(meanings.get(*first), len);
                *high = alphabet.with_code(meanings.get(*second), len);
            }
            // The next pair: 1 is added at the highest bit, which is the first one that the stream has. The carry goes
            // down, so the ones at the top become zeros, and the zero below them becomes a one.
            let top = (low.len() as u32).wrapping_sub(1);
            let zero = 1u32.wrapping_shl(((code ^ top) | 1).ilog2());
            code = code & zero.wrapping_sub(1) | zero;
        }
        if let [last] = last
            && let Some(place) = low.get_mut(code as usize)
        {
            *place = alphabet.with_code(meanings.get(*last), len);
            code |= low.len() as u32;
        }
    }
    while double(table, &mut half).is_some() {}
}

/// Repeats the first `half` entries once, if there is room. Returns both halves, and doubles `half`.
#[inline(always)]
fn double<'t>(table: &'t mut [Entry], half: &mut usize) -> Option<(&'t mut [Entry], &'t mut [Entry])> {
    let twice = half.wrapping_mul(2);
    let (low, high) = table.get_mut(..twice)?.split_at_mut_checked(*half)?;
    if SMALL {
        for (high, low) in high.iter_mut().zip(&*low) {
            *high = *low;
        }
    } else if low.len() == high.len() {
        high.copy_from_slice(low);
    }
    *half = twice;
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::super::alphabet::{code_bits, is_long, total};
    use super::*;
    use std::vec::Vec;

    type Naive = Vec<(u32, u32, usize)>;

    /// The codes as RFC 1951 §3.2.2 assigns them: code, length, symbol.
    fn naive(lens: &[u8]) -> Naive {
        let (mut codes, mut code) = (vec![], 0);
        for len in 1..=15 {
            code <<= 1;
            for (symbol, _) in lens.iter().enumerate().filter(|(_, of)| **of == len) {
                codes.push((code, u32::from(len), symbol));
                code += 1;
            }
        }
        codes
    }

    /// Looks each code up, with every bit pattern after it that fits.
    fn check<const F: usize>(lens: &[u8]) {
        let mut code = Code::<288, F>::EMPTY;
        code.build(lens, Alphabet::Literals, Incomplete::UpToOneBit).unwrap();
        for (bits, len, symbol) in naive(lens) {
            for after in [0, 1, 0x1_5555, 0x1_FFFF] {
                let word = bits.reverse_bits() >> (32 - len) | after << len;
                let mut entry = at(&code.table, word as Word);
                assert_eq!(is_long(entry), len > F.trailing_zeros());
                if is_long(entry) {
                    entry = code.long(word as Word, Alphabet::Literals);
                }
                assert_eq!(
                    entry,
                    Alphabet::Literals.with_code(Alphabet::Literals.meaning(symbol as u16), len),
                    "{bits:b} of {len}"
                );
            }
        }
    }

    fn check_all(lens: &[u8]) {
        check::<32>(lens);
        check::<128>(lens);
        check::<1024>(lens);
        check::<32768>(lens);
    }

    #[test]
    fn every_code_is_found_in_tables_of_every_size() {
        // the example of RFC 1951 §3.2.2
        check_all(&[3, 3, 3, 3, 3, 2, 4, 4]);
        check_all(&[1]);
        check_all(&[0, 0, 1, 1]);
        // as unequal as may be, in both directions, with holes between
        let deep: Vec<u8> = (1..=15).chain([15]).collect();
        check_all(&deep);
        let mut up = deep.clone();
        up.reverse();
        up.extend([0; 9]);
        check_all(&up);
        let holes: Vec<u8> = deep.iter().flat_map(|len| [0, 0, 0, *len]).collect();
        check_all(&holes);
        // 288 symbols: as in a fixed block, and 224 of 8 bits with 64 of 9
        check_all(&[[8; 144].as_slice(), &[9; 112], &[7; 24], &[8; 8]].concat());
        check_all(&[[8; 224].as_slice(), &[9; 64]].concat());
        check_all(&[&[15; 256][..], &[7, 6, 5, 4, 3, 2, 1]].concat());
    }

    #[test]
    fn lengths_that_are_no_code_are_refused() {
        let mut code = Code::<288, 128>::EMPTY;
        let mut judged = |lens: &[u8], accept| code.build(lens, Alphabet::Literals, accept);
        let (never, one) = (Incomplete::Never, Incomplete::UpToOneBit);
        assert_eq!(judged(&[1, 1, 1], one), Err(BadCode::Oversubscribed));
        assert_eq!(judged(&[2, 2, 2, 1, 15], one), Err(BadCode::Oversubscribed));
        assert_eq!(judged(&[2, 2, 2], one), Err(BadCode::Incomplete));
        assert_eq!(judged(&[2], one), Err(BadCode::Incomplete));
        assert_eq!((judged(&[0, 1], one), judged(&[0, 1], never)), (Ok(()), Err(BadCode::Incomplete)));
        assert_eq!((judged(&[0, 0], one), judged(&[], never)), (Ok(()), Err(BadCode::Incomplete)));
    }

    #[test]
    fn bits_without_a_meaning_are_known_after_one() {
        let invalid = Alphabet::Distances.with_code(INVALID, 1);
        let mut code = Code::<288, 32>::EMPTY;
        code.build(&[0, 0, 1], Alphabet::Distances, Incomplete::UpToOneBit).unwrap();
        assert_eq!(at(&code.table, 0b10), Alphabet::Distances.with_code(3 << 16, 1));
        assert_eq!(at(&code.table, 0b01), invalid);
        code.build(&[0], Alphabet::Distances, Incomplete::UpToOneBit).unwrap();
        assert!((0..32).all(|word| at(&code.table, word) == invalid));
        assert_eq!((total(invalid), code_bits(invalid)), (1, 1));
    }
}
