//! Rounds: up to three literals, or literals and a match, with few checks.

use super::alphabet::{Entry, LITERAL, SPECIAL, byte, extra, is_end, is_long, start};
use super::bits::Bits;
use super::fast_copy::{chunk, chunk_mut, copy_words, put};
use super::tables::Codes;
use super::window::{Place, SLACK};

/// Room that one round needs: two literals, the longest match (258), and what is written after its end.
const ROOM: usize = 2 + 258 + SLACK;

/// The longest length has 15 bits of code and 5 extra bits, and the farthest distance 15 and 13.
pub(super) const LONGEST: u32 = 15 + 5 + 15 + 13;

/// Why symbols are not taken any more.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Stop {
    /// The next one is not whole, not valid, or for the way with more checks.
    Here,
    /// The block ended.
    End,
    /// The next one, or the last one, is a match that the rounds do not copy: to its start it is too near, or too far.
    Match,
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
    pub(super) fn rounds<C: Codes, const TIGHT: bool>(&mut self, codes: &C, front: &mut [u8], place: Place) -> Stop {
        self.inlined_rounds::<C, TIGHT>(codes, front, place)
    }

    #[inline(always)]
    pub(super) fn inlined_rounds<C: Codes, const TIGHT: bool>(
        &mut self,
        codes: &C,
        front: &mut [u8],
        place: Place,
    ) -> Stop {
        let Place { lap, history, window: agreed, .. } = place;
        let reach = history.min(lap).min(agreed);
        let last = lap.min(front.len()).saturating_sub(258 + 16);
        let Self { mut word, mut n, input: mut rest, mut pos } = *self;
        let stop = loop {
            let Some(eight) = rest.first_chunk::<8>() else { break Stop::Here };
            let Some((before, room)) = front.split_at_mut_checked(pos) else { break Stop::Here };
            let Some(room) = room.first_chunk_mut::<ROOM>() else { break Stop::Here };
            // as `bits_wide::refill`; 56 bits or more from here on
            word |= u64::from_le_bytes(*eight).wrapping_shl(n);
            rest = rest.get(((n ^ 63) >> 3 & 7) as usize..).unwrap_or_default();
            n |= 56;
            let mut entry = codes.literal(word);
            let mut literals = 0;
            if entry & LITERAL != 0 {
                room[0] = byte(entry);
                consume(entry, &mut word, &mut n);
                entry = codes.literal(word);
                literals = 1;
                if entry & LITERAL != 0 {
                    room[1] = byte(entry);
                    consume(entry, &mut word, &mut n);
                    entry = codes.literal(word);
                    literals = 2;
                    if entry & LITERAL != 0 {
                        room[2] = byte(entry);
                        consume(entry, &mut word, &mut n);
                        pos = pos.wrapping_add(3);
                        continue;
                    }
                }
            }
            // Two literals leave enough for a length and a distance out of the tables, but not for all others.
            let mut is_short = const { 3 * C::LITERAL_BITS + 5 + C::DISTANCE_BITS + 13 > 56 };
            if entry & SPECIAL != 0 {
                if is_long(entry) {
                    entry = codes.long_literal(word);
                    is_short = true;
                }
                if entry & LITERAL != 0 {
                    if let Some(to) = room.get_mut(literals) {
                        *to = byte(entry);
                    }
                    consume(entry, &mut word, &mut n);
                    pos = pos.wrapping_add(literals).wrapping_add(1);
                    continue;
                }
                if entry & SPECIAL != 0 {
                    pos = pos.wrapping_add(literals);
                    if !is_end(entry) {
                        break Stop::Here;
                    }
                    consume(entry, &mut word, &mut n);
                    break Stop::End;
                }
            }
            let after = word.wrapping_shr(entry);
            let mut far = codes.distance(after);
            if far & SPECIAL != 0 {
                if is_long(far) {
                    far = codes.long_distance(after);
                    is_short = true;
                }
                if far & SPECIAL != 0 {
                    pos = pos.wrapping_add(literals);
                    break Stop::Here;
                }
            }
            if is_short && n & 63 < LONGEST {
                pos = pos.wrapping_add(literals);
                continue;
            }
            let less = start(far).wrapping_add(extra(after, far)) as usize;
            // how far before `room` the match begins; in it, the number wraps
            let back = less.wrapping_add(1).wrapping_sub(literals);
            let to = pos.wrapping_add(literals);
            let mut from = before.len().wrapping_sub(back);
            let bytes = if back <= before.len() && less < agreed {
                before.get(from..).and_then(|bytes| bytes.first_chunk::<16>()).copied()
            } else if less >= to && less < reach {
                from = from.wrapping_add(lap);
                if from < last { chunk::<16>(front, from) } else { None }
            } else {
                None
            };
            let Some(bytes) = bytes else {
                pos = to;
                break Stop::Match;
            };
            let len = start(entry).wrapping_add(extra(word, entry)) as usize;
            word = after.wrapping_shr(far);
            n = n.wrapping_sub(entry).wrapping_sub(far);
            let Some(room) = chunk_mut::<ROOM>(front, pos).and_then(|room| room.get_mut(literals..)) else {
                break Stop::Here;
            };
            let saved = if TIGHT { chunk::<SLACK>(room, len) } else { None };
            if let Some(place) = room.first_chunk_mut() {
                *place = bytes;
            }
            pos = to.wrapping_add(len);
            if len > 16 {
                copy_words(front, from.wrapping_add(16), to.wrapping_add(16), pos);
            }
            if let Some(saved) = saved {
                put(front, pos, saved);
            }
        };
        *self = Self { word, n, input: rest, pos };
        stop
    }
}

#[inline(always)]
fn consume(entry: Entry, word: &mut u64, n: &mut u32) {
    *word = word.wrapping_shr(entry);
    *n = n.wrapping_sub(entry);
}
