//! Rounds: up to three literals, or literals and a match, with few checks.

use super::alphabet::{Entry, LITERAL, SPECIAL, byte, distance, is_end, length};
use super::bits::Bits;
use super::fast_copy::{chunk, chunk_mut, copy_words, put};
use super::tables::Codes;
use super::window::{Place, SLACK};

/// Room that one round needs: two literals, the longest match (258), and what is written after its end.
const ROOM: usize = 2 + 258 + SLACK;

/// The longest length has 15 bits of code and 5 extra bits, and the farthest distance 15 and 13.
pub(super) const LONGEST: u32 = 15 + 5 + 15 + 13;

/// The longest distance that there is a code for.
pub(super) const LONGEST_DISTANCE: usize = 1 << 15;

/// Why symbols are not taken any more.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Stop {
    /// The next one is not whole, not valid, or for the way with more checks.
    Here,
    /// The block ended.
    End,
    /// The next one is for the way with more checks, or was: it has a long code, or it is a match that the rounds do
    /// not copy, since to its start it is too near, or too far.
    One,
}

/// What a run changes.
///
/// Only the low 6 bits of the number of bits count, and the word may have bits above it: they are those of the bytes
/// that come next.
pub(super) struct Run<'i> {
    pub(super) word: u64,
    pub(super) n: u32,
    pub(super) input: &'i [u8],
    pub(super) pos: usize,
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
    pub(super) fn rounds<C: Codes, const TIGHT: bool, const FAR: bool>(
        &mut self,
        codes: &C,
        front: &mut [u8],
        place: Place,
    ) -> Stop {
        self.inlined_rounds::<C, TIGHT, FAR>(codes, front, place)
    }

    #[inline(always)]
    pub(super) fn inlined_rounds<C: Codes, const TIGHT: bool, const FAR: bool>(
        &mut self,
        codes: &C,
        front: &mut [u8],
        place: Place,
    ) -> Stop {
        let bounds = Bounds::new(place, front.len());
        let mut run = Self { ..*self };
        let stop = loop {
            let Some(eight) = run.input.first_chunk::<8>() else { break Stop::Here };
            let Some(room) = room(front, run.pos) else { break Stop::Here };
            // as `bits_wide::refill`; 56 bits or more from here on
            run.word |= u64::from_le_bytes(*eight).wrapping_shl(run.n);
            run.input = run.input.get(((run.n ^ 63) >> 3 & 7) as usize..).unwrap_or_default();
            run.n |= 56;
            let mut entry = codes.literal(run.word);
            let mut stop = None;
            if entry & LITERAL == 0 {
                stop = run.after::<C, TIGHT, FAR, 0>(entry, codes, front, &bounds);
            } else {
                room[0] = byte(entry);
                run.consume(entry);
                entry = codes.literal(run.word);
                if entry & LITERAL == 0 {
                    stop = run.after::<C, TIGHT, FAR, 1>(entry, codes, front, &bounds);
                } else {
                    room[1] = byte(entry);
                    run.consume(entry);
                    entry = codes.literal(run.word);
                    if entry & LITERAL == 0 {
                        stop = run.after::<C, TIGHT, FAR, 2>(entry, codes, front, &bounds);
                    } else {
                        room[2] = byte(entry);
                        run.consume(entry);
                        run.pos = run.pos.wrapping_add(3);
                    }
                }
            }
            if let Some(stop) = stop {
                break stop;
            }
        };
        *self = run;
        stop
    }

    /// Takes what comes after so many literals: a match, as a rule. Returns why nothing more can be taken; `None` if it
    /// can.
    #[inline(always)]
    fn after<C: Codes, const TIGHT: bool, const FAR: bool, const LITERALS: usize>(
        &mut self,
        entry: Entry,
        codes: &C,
        front: &mut [u8],
        bounds: &Bounds,
    ) -> Option<Stop> {
        let before = self.pos;
        let to = before.wrapping_add(LITERALS);
        if entry & SPECIAL != 0 {
            self.pos = to;
            if !is_end(entry) {
                return Some(Stop::One);
            }
            self.consume(entry);
            return Some(Stop::End);
        }
        let after = self.word.wrapping_shr(entry);
        let far = codes.distance(after);
        if far & SPECIAL != 0 {
            self.pos = to;
            return Some(Stop::One);
        }
        // Two literals leave enough for a length and a distance out of the tables, if these are not larger than those
        // of servers.
        let is_short = const { (LITERALS as u32 + 1) * C::LITERAL_BITS + 5 + C::DISTANCE_BITS + 13 > 56 };
        if is_short && self.n & 63 < LONGEST {
            self.pos = to;
            return None;
        }
        let less = distance(after, far) as usize;
        // how far before these literals the match begins; in them, the number wraps
        let back = less.wrapping_add(1).wrapping_sub(LITERALS);
        let mut from = before.wrapping_sub(back);
        let bytes = if back <= before && (!FAR || less < bounds.agreed) {
            front.get(..before).and_then(|bytes| bytes.get(from..)).and_then(|bytes| bytes.first_chunk::<16>()).copied()
        } else if less >= to && less < bounds.reach {
            from = from.wrapping_add(bounds.lap);
            if from < bounds.last { chunk::<16>(front, from) } else { None }
        } else {
            None
        };
        let Some(bytes) = bytes else {
            self.pos = to;
            return Some(Stop::One);
        };
        let len = length(self.word, entry).wrapping_add(3) as usize;
        self.word = after.wrapping_shr(far);
        self.n = self.n.wrapping_sub(entry).wrapping_sub(far);
        let Some(room) = room(front, before).and_then(|room| room.get_mut(LITERALS..)) else {
            return Some(Stop::Here);
        };
        let saved = if TIGHT { chunk::<SLACK>(room, len) } else { None };
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
        None
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
