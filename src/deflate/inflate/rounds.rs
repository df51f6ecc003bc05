//! Rounds with few checks: literals, a match, or up to two literals and a match.
//!
//! Time goes by what waits for what: an entry gives the number of bits to shift by, and the bits after them are the
//! place of the next entry. So the next entry is looked up as early as may be: before a match is copied, and before the
//! bit buffer is refilled. After a wrong guess of what comes next, a processor begins with what comes first here.

use super::alphabet::{Entry, LITERAL, SPECIAL, byte, distance, is_end, is_long, length};
use super::bits::Bits;
use super::fast_copy::chunk_mut;
use super::mode::Mode;
use super::reach::Reach;
use super::tables::Codes;
use super::window::SLACK;
use ::core::convert::Infallible;

/// Room that a round needs: the longest match (258), and what is written after its end.
pub(super) const ROOM: usize = 258 + SLACK;

/// The most literals of one round.
const MOST_LITERALS: usize = 6;

/// The longest length has 15 bits of code and 5 extra bits, and the farthest distance 15 and 13.
pub(super) const LONGEST: u32 = 15 + 15 + LONGEST_EXTRA;

/// The most extra bits of a length, and of a distance.
const LONGEST_EXTRA: u32 = 5 + 13;

/// Why symbols are not taken any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stop {
    /// The next one is not whole, not valid, or for the way with all checks.
    Here,
    /// The block ended.
    End,
    /// The next one has a code that is longer than the tables', or bits without a meaning.
    Long,
    /// A literal was taken.
    Literal,
    /// A match was taken, and is to be copied: of `more + 3` bytes, from `distance` bytes before.
    Match { more: u8, distance: u16 },
}

/// What a run changes.
///
/// Only the low 6 bits of the number of bits count, and the word may have bits above it: they are those of the bytes
/// that come next.
#[derive(Clone, Copy)]
pub(super) struct Run<'i> {
    pub(super) word: u64,
    pub(super) n: u32,
    pub(super) input: &'i [u8],
    pub(super) pos: usize,
    /// How many bytes at the end of `input` do not belong to it.
    pub(super) padding: usize,
}

impl Run<'_> {
    pub(super) fn bits(&self) -> Bits {
        let n = self.n & 63;
        Bits { word: self.word & 1u64.wrapping_shl(n).wrapping_sub(1), n }
    }

    /// Decodes symbols as long as there are 8 bytes of input, and room for the longest match and for what is written
    /// after it.
    ///
    /// `front` is the memory that may be written; all of this lap up to `pos` belongs to this connection.
    #[inline(never)]
    pub(super) fn rounds<C: Codes, M: Mode>(&mut self, codes: &C, front: &mut [u8], reach: &Reach) -> Stop {
        self.inlined_rounds::<C, M>(codes, front, reach)
    }

    #[inline(always)]
    pub(super) fn inlined_rounds<C: Codes, M: Mode>(&mut self, codes: &C, front: &mut [u8], reach: &Reach) -> Stop {
        let (mut run, mut before) = (*self, *self);
        let mut stop = match run.endless_rounds::<C, M>(&mut before, codes, front, reach) {
            Ok(never) => match never {},
            Err(stop) => stop,
        };
        if M::PADDED && run.is_past_end() {
            (run, stop) = (before, Stop::Here);
        }
        *self = run;
        stop
    }

    /// Decodes symbols until something else is to be done. If the input is padded, `before` is what was before the last
    /// round.
    #[inline(always)]
    fn endless_rounds<C: Codes, M: Mode>(
        &mut self,
        before: &mut Self,
        codes: &C,
        front: &mut [u8],
        reach: &Reach,
    ) -> Result<Infallible, Stop> {
        // No round begins after here, so that there is room. The compiler proves by it that no write is out of bounds.
        let Some(last) = front.len().checked_sub(ROOM) else { return Err(Stop::Here) };
        let mut entry = self.next::<C, false>(codes)?;
        'rounds: loop {
            if M::PADDED {
                if self.is_past_end() {
                    return Err(Stop::Here);
                }
                *before = *self;
            }
            'literals: {
                if entry & LITERAL == 0 {
                    break 'literals;
                }
                if self.pos > last {
                    return Err(Stop::Here);
                }
                let Some(room) = chunk_mut::<MOST_LITERALS>(front, self.pos) else { return Err(Stop::Here) };
                let n = self.n;
                room[0] = byte(entry);
                entry = self.after_literal(entry, codes);
                if entry & LITERAL == 0 {
                    self.pos = self.pos.wrapping_add(1);
                    break 'literals;
                }
                room[1] = byte(entry);
                entry = self.after_literal(entry, codes);
                if entry & LITERAL == 0 {
                    self.pos = self.pos.wrapping_add(2);
                    // a match may take more bits than two literals leave
                    self.refill()?;
                    break 'literals;
                }
                room[2] = byte(entry);
                entry = self.after_literal(entry, codes);
                self.pos = self.pos.wrapping_add(3);
                // short codes, as those of fixed blocks: three more
                if const { 6 * C::LITERAL_BITS <= 56 } {
                    for place in &mut room[3..] {
                        if entry & LITERAL == 0 {
                            break;
                        }
                        *place = byte(entry);
                        entry = self.after_literal(entry, codes);
                        self.pos = self.pos.wrapping_add(1);
                    }
                }
                let ascii = C::ARE_FIXED && !M::PADDED && n.wrapping_sub(self.n) & 63 == 6 * 8;
                // three times 15 bits, or six times 9, leave at least as many of 64
                self.refill()?;
                if ascii {
                    entry = self.sixes(entry, codes, front, last)?;
                }
                continue 'rounds;
            }
            let mut far = codes.distance(self.word.wrapping_shr(entry));
            if (entry | far) & SPECIAL != 0 {
                if C::OFTEN_LONG && is_long(entry) {
                    entry = codes.long_literal(self.word);
                    if entry & LITERAL != 0 {
                        let Some(place) = front.get_mut(self.pos) else { return Err(Stop::Here) };
                        *place = byte(entry);
                        self.consume(entry);
                        self.pos = self.pos.wrapping_add(1);
                        entry = self.next::<C, false>(codes)?;
                        continue 'rounds;
                    }
                }
                if entry & SPECIAL != 0 {
                    if !is_end(entry) {
                        return Err(Stop::Long);
                    }
                    self.consume(entry);
                    return Err(Stop::End);
                }
                if C::OFTEN_LONG {
                    let after = self.word.wrapping_shr(entry);
                    far = codes.distance(after);
                    if is_long(far) {
                        far = codes.long_distance(after);
                    }
                }
                if far & SPECIAL != 0 {
                    return Err(Stop::Long);
                }
            }
            // A literal leaves enough for a length and a distance out of the tables, if these are not larger than those
            // of servers.
            if const { C::OFTEN_LONG || 2 * C::LITERAL_BITS + LONGEST_EXTRA + C::DISTANCE_BITS > 56 }
                && self.n & 63 < LONGEST
            {
                self.refill()?;
            }
            if self.pos > last {
                return Err(Stop::Here);
            }
            let after = self.word.wrapping_shr(entry);
            let next = after.wrapping_shr(far);
            let early = codes.literal(next);
            let (more, distance) = (length(self.word, entry), distance(after, far));
            self.word = next;
            self.n = self.n.wrapping_sub(entry).wrapping_sub(far);
            let len = (more as usize).wrapping_add(3);
            // between the rounds of a long message this would take registers from all others
            let near = const { M::PADDED || C::ARE_FIXED };
            let Some(end) = reach.copy::<M>(front, self.pos, len, distance as usize, near) else {
                return Err(Stop::Match { more: more as u8, distance: distance as u16 });
            };
            self.pos = end;
            self.refill()?;
            // the bits of a literal before the match, of the match, and of this one
            let was_there = const { 3 * C::LITERAL_BITS + LONGEST_EXTRA + C::DISTANCE_BITS <= 64 && !C::OFTEN_LONG };
            entry = if was_there { early } else { codes.literal(self.word) };
        }
    }

    /// Takes literals of 8 bits each, as ASCII has in fixed blocks, six at a time: none of the six waits for another.
    /// Returns the entry after them.
    #[inline(always)]
    fn sixes<C: Codes>(&mut self, mut entry: Entry, codes: &C, front: &mut [u8], last: usize) -> Result<Entry, Stop> {
        while entry & LITERAL != 0 && self.pos <= last {
            let entries = [0, 8, 16, 24, 32, 40].map(|at| codes.literal(self.word.wrapping_shr(at)));
            let (mut all, mut any) = (LITERAL, 0);
            for entry in entries {
                (all, any) = (all & entry, any | entry);
            }
            // a literal of a fixed block has 8 or 9 bits
            if all & LITERAL == 0 || any & 1 != 0 {
                break;
            }
            let Some(room) = chunk_mut(front, self.pos) else { return Err(Stop::Here) };
            *room = entries.map(byte);
            self.pos = self.pos.wrapping_add(6);
            self.word = self.word.wrapping_shr(6 * 8);
            self.n = self.n.wrapping_sub(6 * 8);
            entry = self.next::<C, true>(codes)?;
        }
        Ok(entry)
    }

    /// Refills the bit buffer, and returns the entry of the next symbol. If `EARLY`, all its bits are here before,
    /// together with those that do not count.
    #[inline(always)]
    fn next<C: Codes, const EARLY: bool>(&mut self, codes: &C) -> Result<Entry, Stop> {
        let early = codes.literal(self.word);
        self.refill()?;
        Ok(if EARLY { early } else { codes.literal(self.word) })
    }

    /// Refills the bit buffer. After it, at least 56 bits count, and all 64 are those of the input.
    #[inline(always)]
    fn refill(&mut self) -> Result<(), Stop> {
        let Some(eight) = self.input.first_chunk::<8>() else { return Err(Stop::Here) };
        // as `bits_wide::refill`
        self.word |= u64::from_le_bytes(*eight).wrapping_shl(self.n);
        self.input = self.input.get(((self.n ^ 63) >> 3 & 7) as usize..).unwrap_or_default();
        self.n |= 56;
        Ok(())
    }

    /// Whether bits were taken that do not belong to the input.
    #[inline(always)]
    fn is_past_end(&self) -> bool {
        self.input.len().wrapping_mul(8).wrapping_add(self.n as usize & 63) < self.padding.wrapping_mul(8)
    }

    /// Consumes a literal. Returns the entry after it.
    #[inline(always)]
    fn after_literal<C: Codes>(&mut self, entry: Entry, codes: &C) -> Entry {
        self.consume(entry);
        codes.literal(self.word)
    }

    #[inline(always)]
    fn consume(&mut self, entry: Entry) {
        self.word = self.word.wrapping_shr(entry);
        self.n = self.n.wrapping_sub(entry);
    }
}
