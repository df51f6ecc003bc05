//! Whole symbols, on large machines. Rounds with few checks, as long as there are 8 bytes of input, and room for the
//! longest match and for what is written after it; symbols with all checks near the end of either.
//!
//! It reports nothing. What it does not accept, and a symbol that is cut, it leaves unchanged for the way that takes
//! one symbol in parts.

use super::alphabet::{LITERAL, SPECIAL, byte, distance, is_end, is_long, length, total};
use super::bits::Bits;
use super::fast_copy::copy_fast;
use super::rounds::{LONGEST, LONGEST_DISTANCE, Mode, ROOM, Run, Stop};
#[cfg(feature = "simd")]
use super::rounds_detected;
use super::tables::Codes;
use super::tail;
use super::window::{Place, SLACK, Window, copy_match};

/// A window of which the oldest bytes lie where a match writes after its end.
struct Tight;

/// A window of less than 15 bits, with room.
struct Narrow;

/// A window of 15 bits, with room.
struct Roomy;

impl Mode for Tight {
    const TIGHT: bool = true;
    const FAR: bool = true;
    const PADDED: bool = false;
}

impl Mode for Narrow {
    const TIGHT: bool = false;
    const FAR: bool = true;
    const PADDED: bool = false;
}

impl Mode for Roomy {
    const TIGHT: bool = false;
    const FAR: bool = false;
    const PADDED: bool = false;
}

/// Takes symbols. Returns whether it took the end of the block.
pub(super) fn take_symbols<C: Codes>(codes: &C, bits: &mut Bits, input: &mut &[u8], window: &mut Window<'_>) -> bool {
    // What a match writes after its end may be needed, and a distance may be longer than agreed: three loops, so that
    // none asks in each round what cannot be.
    if window.place.needs(SLACK) {
        take::<C, Tight>(codes, bits, input, window)
    } else if window.place.window < LONGEST_DISTANCE {
        take::<C, Narrow>(codes, bits, input, window)
    } else {
        take::<C, Roomy>(codes, bits, input, window)
    }
}

#[inline(never)]
fn take<C: Codes, M: Mode>(codes: &C, bits: &mut Bits, input: &mut &[u8], window: &mut Window<'_>) -> bool {
    let place = *window.place;
    let mut run = Run { word: bits.word, n: bits.n, input, pos: place.pos, padding: 0 };
    let ended = loop {
        let Some(front) = window.memory.get_mut(..window.end) else { break false };
        let mut stop = rounds::<C, M>(&mut run, codes, front, place);
        if stop == Stop::Here && run.input.len() < 8 && !place.needs(ROOM) {
            stop = tail::rounds(&mut run, codes, front, place);
        }
        if stop == Stop::One && run.near(codes, front) {
            continue;
        }
        if stop != Stop::End {
            stop = run.checked::<C, M>(codes, window.memory, window.end, place, stop != Stop::Here);
        }
        match stop {
            Stop::Here => break false,
            Stop::End => break true,
            Stop::One => {}
        }
    };
    *bits = run.bits();
    *input = run.input;
    window.place.advance(run.pos.wrapping_sub(place.pos));
    ended
}

/// Takes symbols with few checks.
#[inline(always)]
fn rounds<C: Codes, M: Mode>(run: &mut Run<'_>, codes: &C, front: &mut [u8], place: Place) -> Stop {
    #[cfg(feature = "simd")]
    if run.input.len() >= rounds_detected::LONG {
        return rounds_detected::rounds::<C, M>(run, codes, front, place);
    }
    run.rounds::<C, M>(codes, front, place)
}

impl Run<'_> {
    /// Takes whole symbols with all checks, or `one` only. Nothing after `end` is written, but for what follows a match.
    #[inline(never)]
    fn checked<C: Codes, M: Mode>(
        &mut self,
        codes: &C,
        memory: &mut [u8],
        end: usize,
        place: Place,
        one: bool,
    ) -> Stop {
        let Place { pos: first, lap, history, window: agreed } = place;
        // a distance may be up to the number of bytes since `origin`, and up to what is kept
        let (origin, kept) = (first.wrapping_sub(history), lap.min(agreed));
        let (mut bits, mut pos) = (self.bits(), self.pos);
        let stop = loop {
            if bits.n < LONGEST {
                bits.refill(&mut self.input);
            }
            let room = end.saturating_sub(pos);
            let mut entry = codes.literal(bits.word);
            if is_long(entry) {
                entry = codes.long_literal(bits.word);
            }
            if total(entry) > bits.n {
                break Stop::Here;
            }
            if entry & LITERAL != 0 {
                let Some(to) = memory.get_mut(pos).filter(|_| room > 0) else { break Stop::Here };
                *to = byte(entry);
                pos = pos.wrapping_add(1);
                bits.consume(total(entry));
                if one {
                    break Stop::One;
                }
                continue;
            }
            if entry & SPECIAL != 0 {
                if !is_end(entry) {
                    break Stop::Here;
                }
                bits.consume(total(entry));
                break Stop::End;
            }
            let after = bits.word.wrapping_shr(entry);
            let mut far = codes.distance(after);
            if is_long(far) {
                far = codes.long_distance(after);
            }
            let both = total(entry).wrapping_add(total(far));
            if far & SPECIAL != 0 || both > bits.n {
                break Stop::Here;
            }
            let len = length(bits.word, entry).wrapping_add(3) as usize;
            let less = distance(after, far) as usize;
            if less >= kept || less >= pos.wrapping_sub(origin) || len > room {
                break Stop::Here;
            }
            if len.wrapping_add(SLACK) <= room {
                copy_fast(memory, pos, lap, len, less.wrapping_add(1), M::TIGHT);
            } else {
                copy_match(memory, pos, lap, len, less.wrapping_add(1));
            }
            pos = pos.wrapping_add(len);
            bits.consume(both);
            if one {
                break Stop::One;
            }
        };
        (self.word, self.n, self.pos) = (bits.word, bits.n, pos);
        stop
    }
}
