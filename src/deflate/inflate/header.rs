//! What comes before the symbols of a block: its header, and the code lengths of a dynamic one (RFC 1951 §3.2.3 to
//! §3.2.7).

use super::alphabet::{code_bits, start, total};
use super::bits::low;
use super::core::{Core, State};
use super::error::InflateViolation;
use super::tables::{Lengths, MOST_LENGTHS, Tables};

/// The order in which the lengths of the codes for code lengths come (RFC 1951 §3.2.7).
const ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

impl Core {
    /// Takes one element of a header. Returns `false` if the input ends before.
    #[inline(never)]
    pub(super) fn take_header<const L: usize, const D: usize>(
        &mut self,
        tables: &mut Tables<L, D>,
        input: &mut &[u8],
    ) -> Result<bool, InflateViolation> {
        match self.state {
            State::Header => {
                let Some(header) = self.bits.take(3, input) else { return Ok(false) };
                self.is_last_block = header & 1 == 1;
                self.state = match header >> 1 {
                    0 => {
                        self.bits.align();
                        State::StoredLength
                    }
                    1 => {
                        self.use_fixed_codes(tables)?;
                        State::Symbol
                    }
                    2 => State::Counts,
                    // Block type 3 is reserved. [1951-3.2.3-type]
                    _ => return Err(InflateViolation::BlockType),
                };
            }
            State::StoredLength => {
                let Some(len) = self.bits.take(16, input) else { return Ok(false) };
                self.state = State::StoredCheck(len);
            }
            State::StoredCheck(len) => {
                let Some(check) = self.bits.take(16, input) else { return Ok(false) };
                // The length of a stored block is followed by its complement. [1951-3.2.4-check]
                if check != !len {
                    return Err(InflateViolation::StoredLength);
                }
                self.state = State::Stored(len);
            }
            State::Counts => {
                let Some(counts) = self.bits.take(14, input) else { return Ok(false) };
                let (literals, distances) = ((counts & 31).wrapping_add(257), (counts >> 5 & 31).wrapping_add(1));
                // A block has at most 286 literal and length codes, and 30 distance codes. [1951-3.2.7-counts]
                if literals > 286 || distances > 30 {
                    return Err(InflateViolation::TooManyCodes);
                }
                self.lengths = Lengths { literals, distances, ..Lengths::NONE };
                self.length_code = 0;
                self.state = State::LengthCode { at: 0, count: (counts >> 10).wrapping_add(4) as u8 };
            }
            State::LengthCode { at, count } => {
                let mut bits = self.bits;
                for (at, symbol) in (0..count).zip(ORDER).skip(usize::from(at)) {
                    if bits.n < 3 {
                        bits.refill(input);
                    }
                    if bits.n < 3 {
                        (self.bits, self.state) = (bits, State::LengthCode { at, count });
                        return Ok(false);
                    }
                    let len = u64::from(low(bits.word, 3));
                    bits.consume(3);
                    self.length_code |= len.wrapping_shl(u32::wrapping_mul(3, symbol.into()));
                }
                self.bits = bits;
                tables.build_length_code(self.length_code)?;
                self.state = State::Lengths(0);
            }
            State::Lengths(at) => {
                let total = usize::from(self.lengths.literals.wrapping_add(self.lengths.distances));
                let at = self.take_lengths(tables, usize::from(at), total, input)?;
                if at < total {
                    self.state = State::Lengths(at as u16);
                    return Ok(false);
                }
                // A block has a code for its end. [1951-3.2.7-end]
                if self.lengths.all.get(256) == Some(&0) {
                    return Err(InflateViolation::NoEndOfBlock);
                }
                tables.build(&self.lengths)?;
                self.use_own_codes();
                self.state = State::Symbol;
            }
            _ => {}
        }
        Ok(true)
    }

    /// Takes code lengths, from the one at `at` on. Returns how many there are then.
    #[inline(always)]
    fn take_lengths<const L: usize, const D: usize>(
        &mut self,
        tables: &Tables<L, D>,
        mut at: usize,
        all: usize,
        input: &mut &[u8],
    ) -> Result<usize, InflateViolation> {
        let mut bits = self.bits;
        let lens = &mut self.lengths.all;
        let end = loop {
            if at >= all {
                break Ok(all);
            }
            // a code of at most 7 bits, and at most 7 extra bits
            if bits.n < 14 {
                bits.refill(input);
            }
            let entry = tables.literals.short(bits.word);
            if total(entry) > bits.n {
                break Ok(at);
            }
            let symbol = start(entry);
            if symbol < 16 {
                if let Some(len) = lens.get_mut(at) {
                    *len = symbol as u8;
                }
                bits.consume(total(entry));
                at = at.wrapping_add(1);
                continue;
            }
            // 16 and 17 repeat 3 times and more, 18 repeats 11 times and more
            let extra = low(bits.word, total(entry)).wrapping_shr(code_bits(entry)) as usize;
            let to = at.wrapping_add(extra).wrapping_add(if symbol == 18 { 11 } else { 3 });
            bits.consume(total(entry));
            // No repetition comes before the first code length. [1951-3.2.7-first]
            if symbol == 16 && at == 0 {
                break Err(InflateViolation::RepeatBeforeFirst);
            }
            // No repetition goes past the last code length. [1951-3.2.7-past]
            if to > all {
                break Err(InflateViolation::RepeatPastLast);
            }
            // 17 and 18 repeat 0, which is there
            if symbol == 16 {
                let before = lens.get(at.wrapping_sub(1)).copied().unwrap_or_default();
                repeat(lens, at, to, before);
            }
            at = to;
        };
        self.bits = bits;
        end
    }
}

/// Writes a length 3 to 6 times. What comes after is not known yet, and 0.
#[inline(always)]
fn repeat(lens: &mut [u8; MOST_LENGTHS], at: usize, to: usize, len: u8) {
    for place in lens.get_mut(at..to).unwrap_or_default() {
        *place = len;
    }
}
