//! Rounds with few checks: a match, a literal and a match, or literals.
//!
//! Time goes by what waits for what: an entry gives the number of bits to shift by, and the bits after them are the place
//! of the next entry. So the next entry is looked up before the bit buffer is refilled.

use super::alphabet::{Entry, LITERAL, SPECIAL, byte, distance, is_end, is_long, length};
use super::bits::Bits;
use super::fast_copy::{chunk, chunk_mut, copy_words, put};
use super::tables::Codes;
use super::window::{Place, SLACK};
use ::core::convert::Infallible;

/// Room that one round needs: a literal, the longest match (258), and what is written after its end.
pub(super) const ROOM: usize = 1 + 258 + SLACK;

/// The longest length has 15 bits of code and 5 extra bits, and the farthest distance 15 and 13.
pub(super) const LONGEST: u32 = 15 + 5 + 15 + 13;

/// The longest distance that there is a code for.
pub(super) const LONGEST_DISTANCE: usize = 1 << 15;

/// Why symbols are not taken any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stop {
    /// The next one is not whole, not valid, or for the way with more checks.
    Here,
    /// The block ended.
    End,
    /// The next one is for the way with more checks, or was: it has a long code, or it is a match that the rounds do
    /// not copy, since to its start it is too near, or too far.
    One,
}

/// What is to be asked in each round.
pub(super) trait Mode {
    /// What a match writes after its end may be needed.
    const TIGHT: bool;
    /// A distance may be longer than agreed.
    const FAR: bool;
    /// The input ends with zeros that do not belong to it.
    const PADDED: bool;
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

    /// Decodes symbols as long as there are 8 bytes of input, and room for the longest match and for what is written after
    /// it.
    ///
    /// `front` is the memory that may be written; all of this lap up to `pos` belongs to this connection.
    #[inline(never)]
    pub(super) fn rounds<C: Codes, M: Mode>(&mut self, codes: &C, front: &mut [u8], place: Place) -> Stop {
        self.inlined_rounds::<C, M>(codes, front, place)
    }

    #[inline(always)]
    pub(super) fn inlined_rounds<C: Codes, M: Mode>(&mut self, codes: &C, front: &mut [u8], place: Place) -> Stop {
        let bounds = Bounds::new(place, front.len());
        let (mut run, mut before) = (*self, *self);
        let mut stop = match run.endless_rounds::<C, M>(&mut before, codes, front, &bounds) {
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
        bounds: &Bounds,
    ) -> Result<Infallible, Stop> {
        let mut entry = self.next::<C, false>(codes)?;
        loop {
            if M::PADDED {
                if self.is_past_end() {
                    return Err(Stop::Here);
                }
                *before = *self;
            }
            let Some(room) = room(front, self.pos) else { return Err(Stop::Here) };
            if entry & LITERAL == 0 {
                entry = self.after::<C, M, 0>(entry, codes, front, bounds)?;
                continue;
            }
            room[0] = byte(entry);
            self.consume(entry);
            entry = codes.literal(self.word);
            if entry & LITERAL == 0 {
                entry = self.after::<C, M, 1>(entry, codes, front, bounds)?;
                continue;
            }
            room[1] = byte(entry);
            self.consume(entry);
            entry = codes.literal(self.word);
            if entry & LITERAL == 0 {
                // a match may take more bits than two literals leave
                self.pos = self.pos.wrapping_add(2);
                self.refill()?;
                continue;
            }
            room[2] = byte(entry);
            self.consume(entry);
            self.pos = self.pos.wrapping_add(3);
            // short codes, as those of fixed blocks: three more
            if const { 6 * C::LITERAL_BITS <= 56 } {
                for place in &mut room[3..6] {
                    entry = codes.literal(self.word);
                    if entry & LITERAL == 0 {
                        break;
                    }
                    *place = byte(entry);
                    self.consume(entry);
                    self.pos = self.pos.wrapping_add(1);
                }
            }
            // three times 15 bits, or six times 9, leave at least as many of 64
            entry = self.next::<C, true>(codes)?;
        }
    }

    /// Refills the bit buffer, and returns the entry of the next symbol. If `EARLY`, all its bits are here before, together
    /// with those that do not count.
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

    /// Takes what comes after no or one literal: a match, as a rule. Returns the entry of the next round, or why
    /// nothing more can be taken.
    #[inline(always)]
    fn after<C: Codes, M: Mode, const LITERALS: usize>(
        &mut self,
        mut entry: Entry,
        codes: &C,
        front: &mut [u8],
        bounds: &Bounds,
    ) -> Result<Entry, Stop> {
        let before = self.pos;
        let to = before.wrapping_add(LITERALS);
        // A literal leaves enough for a length and a distance out of the tables, if these are not larger than those of
        // servers.
        let mut is_short = const { (LITERALS as u32 + 1) * C::LITERAL_BITS + 5 + C::DISTANCE_BITS + 13 > 56 };
        if entry & SPECIAL != 0 {
            if C::OFTEN_LONG && is_long(entry) {
                entry = codes.long_literal(self.word);
                is_short = LITERALS > 0;
            }
            if entry & LITERAL != 0 {
                if let Some(place) = front.get_mut(to) {
                    *place = byte(entry);
                }
                self.consume(entry);
                self.pos = to.wrapping_add(1);
                return self.next::<C, false>(codes);
            }
            if entry & SPECIAL != 0 {
                self.pos = to;
                if !is_end(entry) {
                    return Err(Stop::One);
                }
                self.consume(entry);
                return Err(Stop::End);
            }
        }
        let after = self.word.wrapping_shr(entry);
        let mut far = codes.distance(after);
        if far & SPECIAL != 0 {
            if C::OFTEN_LONG && is_long(far) {
                far = codes.long_distance(after);
                is_short = LITERALS > 0;
            }
            if far & SPECIAL != 0 {
                self.pos = to;
                return Err(Stop::One);
            }
        }
        if is_short && self.n & 63 < LONGEST {
            self.pos = to;
            return self.next::<C, false>(codes);
        }
        let less = distance(after, far) as usize;
        // how far before these literals the match begins; in them, the number wraps
        let back = less.wrapping_add(1).wrapping_sub(LITERALS);
        let mut from = before.wrapping_sub(back);
        let bytes = if back <= before && (!M::FAR || less < bounds.agreed) {
            front.get(..before).and_then(|bytes| bytes.get(from..)).and_then(|bytes| bytes.first_chunk::<16>()).copied()
        } else if less >= to && less < bounds.reach {
            from = from.wrapping_add(bounds.lap);
            if from < bounds.last { chunk::<16>(front, from) } else { None }
        } else {
            None
        };
        let Some(bytes) = bytes else {
            self.pos = to;
            // between the rounds of a long message this would take registers from all others
            if const { M::PADDED || 6 * C::LITERAL_BITS <= 56 } && self.copy_near(entry, far, front) {
                return self.next::<C, false>(codes);
            }
            return Err(Stop::One);
        };
        let len = length(self.word, entry).wrapping_add(3) as usize;
        self.word = after.wrapping_shr(far);
        self.n = self.n.wrapping_sub(entry).wrapping_sub(far);
        let Some(room) = room(front, before).and_then(|room| room.get_mut(LITERALS..)) else {
            return Err(Stop::Here);
        };
        let saved = if M::TIGHT { chunk::<SLACK>(room, len) } else { None };
        if let Some(place) = room.first_chunk_mut() {
            *place = bytes;
        }
        self.pos = to.wrapping_add(len);
        if len > 16 {
            copy_words(front, from.wrapping_add(16), to.wrapping_add(16), self.pos);
        }
        if let Some(saved) = saved {
            put(front, self.pos, saved);
        }
        if const { !C::OFTEN_LONG && (LITERALS as u32 + 2) * C::LITERAL_BITS + 5 + C::DISTANCE_BITS + 13 <= 64 } {
            self.next::<C, true>(codes)
        } else {
            self.next::<C, false>(codes)
        }
    }

    #[inline(always)]
    fn consume(&mut self, entry: Entry) {
        self.word = self.word.wrapping_shr(entry);
        self.n = self.n.wrapping_sub(entry);
    }
}

/// What a distance may reach during a run.
struct Bounds {
    agreed: usize,
    lap: usize,
    /// How far back the last lap may be read.
    reach: usize,
    /// Before here, all that a match copies lies in the last lap.
    last: usize,
}

impl Bounds {
    #[inline(always)]
    fn new(place: Place, front: usize) -> Self {
        let Place { lap, history, window: agreed, .. } = place;
        let last = lap.min(front).saturating_sub(258 + 16);
        Self { agreed, lap, reach: history.min(lap).min(agreed), last }
    }
}

/// The room of one round.
#[inline(always)]
fn room(front: &mut [u8], pos: usize) -> Option<&mut [u8; ROOM]> {
    chunk_mut(front, pos)
}
