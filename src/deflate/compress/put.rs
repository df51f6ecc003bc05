//! Writes codes.

use super::bit_writer::{self, BitWriter};
use super::code::{self, Codes, Word};
use super::finder::Match;
use super::symbols::{SHORTEST, Symbol, distance_symbol, length_symbol};
use crate::target::SMALL;

/// Writes a code.
#[inline(always)]
pub(super) fn put_symbol(bits: &mut BitWriter<'_>, word: Word) {
    bits.put(code::bits(word), code::len(word));
}

/// Writes the codes of literals.
#[inline(always)]
pub(super) fn put_literals(bits: &mut BitWriter<'_>, mut literals: &[u8], codes: &Codes) {
    let code = |byte: &u8| codes.literal((*byte).into());
    if SMALL {
        for byte in literals {
            put_symbol(bits, code(byte));
        }
        return;
    }
    // three codes of 15 bits always fit a register beside 7 bits
    while let Some((group, rest)) = literals.split_first_chunk::<3>() {
        for byte in group {
            add(bits, code(byte));
        }
        bits.flush();
        literals = rest;
    }
    for byte in literals {
        add(bits, code(byte));
    }
    if !literals.is_empty() {
        bits.flush();
    }
}

#[inline(always)]
fn add(bits: &mut BitWriter<'_>, word: Word) {
    bits.add(code::bits(word) as bit_writer::Word, code::len(word));
}

/// Writes the codes of a match with their extra bits: 48 bits at most.
#[inline(always)]
pub(super) fn put_match(
    bits: &mut BitWriter<'_>,
    found: Match,
    literal: impl Fn(u16) -> Word,
    distance: impl Fn(u16) -> Word,
) {
    let mut put = |word: Word, Symbol { extra, extra_bits, .. }: Symbol| {
        let n = code::len(word);
        let (value, n) = (code::bits(word) | extra.wrapping_shl(n), n.wrapping_add(extra_bits));
        if SMALL {
            bits.put(value, n);
        } else {
            bits.add(value as bit_writer::Word, n);
        }
    };
    let len = length_symbol(found.len.wrapping_sub(SHORTEST) as u8);
    put(literal(len.symbol), len);
    let far = distance_symbol(found.distance.wrapping_sub(1) as u16);
    put(distance(far.symbol), far);
    if !SMALL {
        bits.flush();
    }
}
