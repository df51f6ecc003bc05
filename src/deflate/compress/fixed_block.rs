//! A block with the fixed codes, written while the message is parsed (RFC 1951 §3.2.6).

use super::bit_writer::BitWriter;
use super::finder::Match;
#[cfg(upframe_small)]
use super::fixed_small as fixed;
#[cfg(not(upframe_small))]
use super::fixed_static as fixed;
use super::parse::Sink;
use super::put::put_symbol;
use super::symbols::END;

/// Writes symbols with the fixed codes. It has the writer while the block lasts, so that the compiler keeps that in
/// registers.
pub(super) struct FixedBlock<'o> {
    bits: BitWriter<'o>,
    /// Where stored bytes would end in the output.
    limit: usize,
    /// The longest distance.
    pub(super) furthest: usize,
}

impl<'o> FixedBlock<'o> {
    /// Begins a block, which must not get longer than `len` stored bytes: it ends early then.
    pub(super) fn begin(mut bits: BitWriter<'o>, len: usize) -> Self {
        let limit = bits.end_after(3).saturating_add(4).saturating_add(len);
        // BTYPE 01, not the last one
        bits.put(0b010, 3);
        Self { bits, limit, furthest: 0 }
    }

    /// Ends the block. Returns the writer, and whether the block is within its limit.
    pub(super) fn end(mut self) -> (BitWriter<'o>, bool) {
        put_symbol(&mut self.bits, fixed::literal(END));
        let is_within = self.is_within();
        (self.bits, is_within)
    }

    fn is_within(&self) -> bool {
        !self.bits.overflow && self.bits.end() <= self.limit
    }
}

impl Sink for FixedBlock<'_> {
    /// A run that is known only at its end would have a loop, whose end is hard to guess.
    const LITERALS_BY_THEMSELVES: bool = true;

    #[inline(always)]
    fn literal(&mut self, byte: u8) {
        put_symbol(&mut self.bits, fixed::literal(byte.into()));
    }

    #[inline(always)]
    fn token(&mut self, _: &[u8], found: Match) -> bool {
        if found.len > 0 {
            self.furthest = self.furthest.max(found.distance);
            fixed::put_match(&mut self.bits, found);
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
