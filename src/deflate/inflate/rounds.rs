//! Rounds with few checks: a match, a literal and a match, or literals.
//!
//! Time goes by what waits for what: an entry gives the number of bits to shift by, and the bits after them are the
//! place of the next entry. So the next entry is looked up before the bit buffer is refilled.

use super::alphabet::{Entry, LITERAL, SPECIAL, byte, distance, is_end, is_long, length};
use super::bits::Bits;
use super::fast_copy::{chunk, chunk_mut, copy_words, put};
use super::near::copy_near;
use super::tables::Codes;
use super::window::{Place, SLACK};
use ::core::convert::Infallible;

/// Room that one round needs: a literal, the longest match (258), and what is written after its end.
pub(super) const ROOM: usize = 258 + SLACK;

/// The most literals of one round.
const MOST_LITERALS: usize = 6;

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
    /// A match was taken, and is to be copied: of `more + 3` bytes, from `distance` bytes before.
    Match { more: u8, distance: u16 },
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

    /// Decodes symbols as long as there are 8 bytes of input, and room for the longest match and for what is written
    /// after it.
    ///
    /// `front` is the memory that may be written; all of this lap up to `pos` belongs to this connection.
    #[inline(never)]
    pub(super) fn rounds<C: Codes, M: Mode>(&mut self, codes: &C, front: &mut [u8], bounds: &Bounds) -> Stop {
        self.inlined_rounds::<C, M>(codes, front, bounds)
    }

    #[inline(always)]
    pub(super) fn inlined_rounds<C: Codes, M: Mode>(&mut self, codes: &C, front: &mut [u8], bounds: &Bounds) -> Stop {
        let (mut run, mut before) = (*self, *self);
        let mut stop = match run.endless_rounds::<C, M>(&mut before, codes, front, bounds) {
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
        // no match begins after here, so that it has room
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
                // three times 15 bits, or six times 9, leave at least as many of 64
                self.refill()?;
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
                        return Err(Stop::One);
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
                    return Err(Stop::One);
                }
            }
            // A literal leaves enough for a length and a distance out of the tables, if these are not larger than those
            // of servers.
            if const { C::OFTEN_LONG || 2 * C::LITERAL_BITS + 5 + C::DISTANCE_BITS + 13 > 56 } && self.n & 63 < LONGEST
            {
                self.refill()?;
            }
            if self.pos > last {
                return Err(Stop::Here);
            }
            let after = self.word.wrapping_shr(entry);
            let next = after.wrapping_shr(far);
            let early = codes.literal(next);
            let more = length(self.word, entry);
            let distance = distance(after, far);
            self.word = next;
            self.n = self.n.wrapping_sub(entry).wrapping_sub(far);
            self.copy::<C, M>(more, distance, front, bounds)?;
            self.refill()?;
            entry = if const { !C::OFTEN_LONG && 3 * C::LITERAL_BITS + 5 + C::DISTANCE_BITS + 13 <= 64 } {
                early
            } else {
                codes.literal(self.word)
            };
        }
    }

    #[inline(always)]
    fn copy<C: Codes, M: Mode>(
        &mut self,
        more: u32,
        distance: u32,
        front: &mut [u8],
        bounds: &Bounds,
    ) -> Result<(), Stop> {
        let pos = self.pos;
        let end = pos.wrapping_add(more as usize).wrapping_add(3);
        let back = distance as usize;
        let from = pos.wrapping_sub(back);
        if back <= pos {
            let bytes = if M::FAR && back > bounds.agreed { None } else { word_before(front, pos, from) };
            let Some(bytes) = bytes else {
                // between the rounds of a long message this would take registers from all others
                if const { M::PADDED || 6 * C::LITERAL_BITS <= 56 } && copy_near(front, pos, end, back) {
                    self.pos = end;
                    return Ok(());
                }
                return Err(Stop::Match { more: more as u8, distance: distance as u16 });
            };
            let saved = if M::TIGHT { chunk::<SLACK>(front, end) } else { None };
            put(front, pos, bytes);
            self.pos = end;
            if more > 16 - 3 {
                copy_words(front, from.wrapping_add(16), pos.wrapping_add(16), end);
            }
            if let Some(saved) = saved {
                put(front, end, saved);
            }
        } else {
            let from = from.wrapping_add(bounds.lap);
            if back > bounds.reach || from >= bounds.last {
                return Err(Stop::Match { more: more as u8, distance: distance as u16 });
            }
            self.pos = end;
            let saved = if M::TIGHT { chunk::<SLACK>(front, end) } else { None };
            copy_words(front, from, pos, end);
            if let Some(saved) = saved {
                put(front, end, saved);
            }
        }
        Ok(())
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

/// What a distance may reach during a run.
pub(super) struct Bounds {
    agreed: usize,
    lap: usize,
    /// How far back the last lap may be read.
    reach: usize,
    /// Before here, all that a match copies lies in the last lap.
    last: usize,
}

impl Bounds {
    #[inline(always)]
    pub(super) fn new(place: Place, front: usize) -> Self {
        let Place { lap, history, window: agreed, .. } = place;
        let last = lap.min(front).saturating_sub(258 + 16);
        Self { agreed, lap, reach: history.min(lap).min(agreed), last }
    }
}

/// The 16 bytes at `from`, if all of them come before `pos`.
#[inline(always)]
fn word_before(front: &[u8], pos: usize, from: usize) -> Option<[u8; 16]> {
    front.get(..pos)?.get(from..)?.first_chunk().copied()
}
