//! Large machines look up the fixed codes.

use super::bit_writer::BitWriter;
use super::code::{self, Codes, Word};
use super::finder::Match;
use super::symbols::{SHORTEST, distance_symbol, length_symbol};

static CODES: Codes = Codes::FIXED;

/// The code of each length with its extra bits, 13 bits at most: as words of codes. A length is less 3.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which checks the bounds")]
static LENGTHS: [Word; 256] = {
    let mut lengths = [0; 256];
    let mut less_3 = 0;
    while less_3 < 256 {
        let length = length_symbol(less_3 as u8);
        let word = code::fixed_literal(length.symbol);
        let n = code::len(word);
        lengths[less_3] = code::bits(word) | length.extra << n | (n + length.extra_bits) << 16;
        less_3 += 1;
    }
    lengths
};

/// The code of each distance, of which 30 have a meaning.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler, which checks the bounds")]
static DISTANCE_CODES: [u8; 32] = {
    let mut distances = [0; 32];
    let mut symbol = 0;
    while symbol < 32 {
        distances[symbol] = code::bits(code::fixed_distance(symbol as u16)) as u8;
        symbol += 1;
    }
    distances
};

#[inline(always)]
pub(super) fn literal(symbol: u16) -> Word {
    CODES.literal(symbol)
}

/// Writes a match.
#[inline(always)]
pub(super) fn put_match(bits: &mut BitWriter<'_>, found: Match) {
    let length = LENGTHS.get(found.len.wrapping_sub(SHORTEST)).copied().unwrap_or_default();
    let far = distance_symbol(found.distance.wrapping_sub(1) as u16);
    let distance = DISTANCE_CODES.get(usize::from(far.symbol & 31)).copied().unwrap_or_default();
    let distance = u32::from(distance) | far.extra.wrapping_shl(code::FIXED_DISTANCE_LEN);
    bits.add(code::bits(length).into(), code::len(length));
    bits.add(distance.into(), code::FIXED_DISTANCE_LEN.wrapping_add(far.extra_bits));
    bits.flush();
}

/// Does something with all of them.
#[inline(always)]
pub(super) fn with_codes(f: impl FnOnce(&Codes)) {
    f(&CODES);
}
