//! A block with the fixed codes, written while the message is parsed (RFC 1951 §3.2.6).

use super::bit_writer::{BitWriter, Mark};
use super::finder::Match;
#[cfg(upframe_small)]
use super::fixed_small as fixed;
#[cfg(not(upframe_small))]
use super::fixed_static as fixed;
use super::parse::Sink;
use super::put::put_symbol;
use super::symbols::END;

/// Writes symbols with the fixed codes. It has a writer of its own, which the compiler keeps in registers.
pub(super) struct FixedBlock<'o> {
    bits: BitWriter<'o>,
    /// The longest distance.
    pub(super) furthest: usize,
}

impl<'o> FixedBlock<'o> {
    /// Begins a block, which must not get longer than `len` stored bytes: it ends early then.
    pub(super) fn begin(bits: &'o mut BitWriter<'_>, len: usize) -> Self {
        let limit = bits.end_after(3).saturating_add(4).saturating_add(len);
        let mut bits = bits.up_to(limit);
        // BTYPE 01, not the last one
        bits.put(0b010, 3);
        Self { bits, furthest: 0 }
    }

    /// Ends the block. Returns where, if that is within its limit.
    pub(super) fn end(mut self) -> Option<Mark> {
        put_symbol(&mut self.bits, fixed::literal(END));
        Some(self.bits.mark()).filter(|_| !self.bits.overflow && self.bits.has_room_for(0))
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
        self.bits.overflow
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
