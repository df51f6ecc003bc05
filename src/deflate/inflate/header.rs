//! What comes before the symbols of a block: its header, and the code lengths of a dynamic one (RFC 1951 §3.2.3 to
//! §3.2.7).

use super::alphabet::{LITERAL, byte, length, repeats_previous, total};
use super::bits::low;
use super::core::{Core, State};
use super::error::InflateViolation;
use super::tables::{Lengths, Tables};

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
                let (mut at, mut lengths) = (at, self.length_code);
                while let Some(symbol) = ORDER.get(usize::from(at))
                    && at < count
                {
                    if bits.n < 3 {
                        bits.refill(input);
                        if bits.n < 3 {
                            (self.bits, self.length_code, self.state) =
                                (bits, lengths, State::LengthCode { at, count });
                            return Ok(false);
                        }
                    }
                    lengths |= u64::from(low(bits.word, 3)).wrapping_shl(u32::wrapping_mul(3, u32::from(*symbol)));
                    bits.consume(3);
                    at = at.wrapping_add(1);
                }
                self.length_code = lengths;
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
        at: usize,
        all: usize,
        input: &mut &[u8],
    ) -> Result<usize, InflateViolation> {
        let Some((done, rest)) = self.lengths.all.get_mut(..all).and_then(|all| all.split_at_mut_checked(at)) else {
            return Ok(all);
        };
        let mut before = done.last().copied();
        let (mut bits, mut free) = (self.bits, rest.iter_mut());
        let mut bad = None;
        while free.len() > 0 {
            // a code of at most 7 bits, and at most 7 extra bits
            if bits.n < 14 {
                bits.refill(input);
                if bits.n < 14 && total(tables.literals.short(bits.word)) > bits.n {
                    break;
                }
            }
            let entry = tables.literals.short(bits.word);
            if entry & LITERAL != 0 {
                if let Some(len) = free.next() {
                    *len = byte(entry);
                }
                before = Some(byte(entry));
                bits.consume(total(entry));
                continue;
            }
            let n = length(bits.word, entry) as usize;
            bits.consume(total(entry));
            // No repetition comes before the first code length. [1951-3.2.7-first]
            let Some(len) = (if repeats_previous(entry) { before } else { Some(0) }) else {
                bad = Some(InflateViolation::RepeatBeforeFirst);
                break;
            };
            // No repetition goes past the last code length. [1951-3.2.7-past]
            if n > free.len() {
                bad = Some(InflateViolation::RepeatPastLast);
                break;
            }
            before = Some(len);
            if len == 0 {
                // it is there
                free.nth(n.wrapping_sub(1));
            } else {
                free.by_ref().take(n).for_each(|place| *place = len);
            }
        }
        self.bits = bits;
        bad.map_or(Ok(all.wrapping_sub(free.len())), Err)
    }
}
