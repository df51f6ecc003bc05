//! A block with the fixed codes, written while the message is parsed (RFC 1951 §3.2.6).

use super::bit_writer::BitWriter;
use super::finder::Match;
#[cfg(upframe_small)]
use super::fixed_small as fixed;
#[cfg(not(upframe_small))]
use super::fixed_static as fixed;
use super::parse::Sink;
use super::put::{put_literals, put_symbol};
use super::symbols::END;

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
        put_literals::<4, 2>(self.bits, literals, fixed::literal);
        if found.len > 0 {
            self.furthest = self.furthest.max(found.distance);
            fixed::put_match(self.bits, found);
        }
        !self.is_within()
    }
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
