//! A block with the fixed codes, written while the message is parsed (RFC 1951 §3.2.6).

use super::bit_writer::BitWriter;
use super::code::{self, Word};
use super::finder::Match;
#[cfg(upframe_small)]
use super::fixed_small as fixed;
#[cfg(not(upframe_small))]
use super::fixed_static as fixed;
use super::parse::Sink;
use super::symbols::{END, SHORTEST, Symbol, distance_symbol, length_symbol};

/// Writes symbols with the fixed codes.
pub(super) struct FixedBlock<'b, 'o> {
    bits: &'b mut BitWriter<'o>,
    /// Where stored bytes would end in the output.
    limit: usize,
    /// The longest distance.
    pub(super) furthest: usize,
}

impl<'b, 'o> FixedBlock<'b, 'o> {
    /// Begins a block, which must not get longer than `len` stored bytes: it ends early then.
    pub(super) fn begin(bits: &'b mut BitWriter<'o>, len: usize) -> Self {
        let limit = bits.end_after(3).saturating_add(4).saturating_add(len);
        // BTYPE 01, not the last one
        bits.put(0b010, 3);
        Self { bits, limit, furthest: 0 }
    }

    /// Ends the block. Returns whether it is within its limit.
    pub(super) fn end(self) -> bool {
        put_symbol(self.bits, fixed::literal(END));
        self.is_within()
    }

    fn is_within(&self) -> bool {
        !self.bits.overflow && self.bits.end() <= self.limit
    }
}

impl Sink for FixedBlock<'_, '_> {
    #[inline(always)]
    fn token(&mut self, literals: &[u8], found: Match) -> bool {
        for byte in literals {
            put_symbol(self.bits, fixed::literal((*byte).into()));
        }
        if found.len > 0 {
            self.furthest = self.furthest.max(found.distance);
            put_match(self.bits, found, fixed::literal, fixed::distance);
        }
        !self.is_within()
    }
}

/// Writes a code.
#[inline(always)]
pub(super) fn put_symbol(bits: &mut BitWriter<'_>, word: Word) {
    bits.put(code::bits(word), code::len(word));
}

/// Writes the codes of a match with their extra bits.
#[inline(always)]
pub(super) fn put_match(
    bits: &mut BitWriter<'_>,
    found: Match,
    literal: impl Fn(u16) -> Word,
    distance: impl Fn(u16) -> Word,
) {
    let mut put = |word: Word, Symbol { extra, extra_bits, .. }: Symbol| {
        let n = code::len(word);
        bits.put(code::bits(word) | extra.wrapping_shl(n), n.wrapping_add(extra_bits));
    };
    let len = length_symbol(found.len.wrapping_sub(SHORTEST) as u8);
    put(literal(len.symbol), len);
    let far = distance_symbol(found.distance.wrapping_sub(1) as u16);
    put(distance(far.symbol), far);
}

/// Writes a block of at most 65,535 stored bytes (RFC 1951 §3.2.4).
pub(super) fn put_stored(bits: &mut BitWriter<'_>, bytes: &[u8]) {
    bits.put(0b000, 3);
    bits.align();
    let len = bytes.len() as u16;
    for byte in len.to_le_bytes().into_iter().chain((!len).to_le_bytes()) {
        bits.byte(byte);
    }
    bits.bytes(bytes);
}
