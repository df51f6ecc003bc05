//! Whole symbols, on large machines. Rounds with few checks, as long as there is input, and room for the longest match
//! and for what is written after it; symbols with all checks near the end of the room.
//!
//! It reports nothing. What it does not accept, and a symbol that is cut, it leaves unchanged for the way that takes
//! one symbol in parts.

use super::alphabet::{LITERAL, SPECIAL, byte, distance, is_end, is_long, length, total};
use super::bits::Bits;
use super::fast_copy::copy_fast;
use super::mode::{Mode, Narrow, Roomy, Tight};
use super::reach::Reach;
use super::rounds::{LONGEST, ROOM, Run, Stop};
#[cfg(feature = "simd")]
use super::rounds_detected;
use super::tables::Codes;
use super::tail;
use super::window::{Place, SLACK, Window, copy_match};

/// The longest distance that there is a code for.
const LONGEST_DISTANCE: usize = 1 << 15;

/// Why symbols are not taken any more.
pub(super) enum Ended {
    /// The next one is to be taken in parts.
    Here,
    /// The block ended.
    Block,
    /// A match was taken, and not copied: of `len` bytes, from `distance` bytes before.
    Match { len: u16, distance: u16 },
}

/// Takes symbols. Returns why it stopped.
pub(super) fn take_symbols<C: Codes>(codes: &C, bits: &mut Bits, input: &mut &[u8], window: &mut Window<'_>) -> Ended {
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
fn take<C: Codes, M: Mode>(codes: &C, bits: &mut Bits, input: &mut &[u8], window: &mut Window<'_>) -> Ended {
    let place = *window.place;
    let reach = Reach::new(place, window.memory.len().min(window.end));
    let mut run = Run { word: bits.word, n: bits.n, input, pos: place.pos, padding: 0 };
    let ended = loop {
        let Some(front) = window.memory.get_mut(..window.end) else { break Ended::Here };
        let mut stop = if run.input.len() >= 8 { rounds::<C, M>(&mut run, codes, front, &reach) } else { Stop::Here };
        if stop == Stop::Here && run.input.len() < 8 && !place.needs(ROOM) {
            stop = tail::rounds(&mut run, codes, front, &reach);
        }
        if stop == Stop::Long {
            stop = run.long(codes, front);
        }
        if let Stop::Match { more, distance } = stop
            && run.copy_any::<M>(window.memory, window.end, place, more, distance)
        {
            continue;
        }
        if stop == Stop::Here {
            stop = run.checked::<C, M>(codes, window.memory, window.end, place);
        }
        match stop {
            Stop::Here => break Ended::Here,
            Stop::End => break Ended::Block,
            Stop::Long | Stop::Literal => {}
            Stop::Match { more, distance } => break Ended::Match { len: u16::from(more).wrapping_add(3), distance },
        }
    };
    *bits = run.bits();
    *input = run.input;
    window.place.advance(run.pos.wrapping_sub(place.pos));
    ended
}

/// Takes symbols with few checks.
#[inline(always)]
fn rounds<C: Codes, M: Mode>(run: &mut Run<'_>, codes: &C, front: &mut [u8], reach: &Reach) -> Stop {
    #[cfg(feature = "simd")]
    if run.input.len() >= rounds_detected::LONG {
        return rounds_detected::rounds::<C, M>(run, codes, front, reach);
    }
    run.rounds::<C, M>(codes, front, reach)
}

impl Run<'_> {
    /// Takes one symbol, which may have a long code.
    #[inline(never)]
    fn long<C: Codes>(&mut self, codes: &C, front: &mut [u8]) -> Stop {
        let mut bits = self.bits();
        if bits.n < LONGEST {
            bits.refill(&mut self.input);
        }
        let stop = self.symbol(codes, front, &mut bits);
        (self.word, self.n) = (bits.word, bits.n);
        stop
    }

    /// Takes symbols with all checks.
    #[inline(never)]
    fn checked<C: Codes, M: Mode>(&mut self, codes: &C, memory: &mut [u8], end: usize, place: Place) -> Stop {
        let mut bits = self.bits();
        let stop = loop {
            let Some(front) = memory.get_mut(..end) else { break Stop::Here };
            if bits.n < LONGEST {
                bits.refill(&mut self.input);
            }
            match self.symbol(codes, front, &mut bits) {
                Stop::Literal => {}
                Stop::Match { more, distance } if self.copy_any::<M>(memory, end, place, more, distance) => {}
                stop => break stop,
            }
        };
        (self.word, self.n) = (bits.word, bits.n);
        stop
    }

    /// Takes a symbol whole. Returns [`Stop::Here`] if nothing changed.
    #[inline(always)]
    fn symbol<C: Codes>(&mut self, codes: &C, front: &mut [u8], bits: &mut Bits) -> Stop {
        let mut entry = codes.literal(bits.word);
        if is_long(entry) {
            entry = codes.long_literal(bits.word);
        }
        if total(entry) > bits.n {
            return Stop::Here;
        }
        if entry & LITERAL != 0 {
            let Some(to) = front.get_mut(self.pos) else { return Stop::Here };
            *to = byte(entry);
            self.pos = self.pos.wrapping_add(1);
            bits.consume(total(entry));
            return Stop::Literal;
        }
        if entry & SPECIAL != 0 {
            if !is_end(entry) {
                return Stop::Here;
            }
            bits.consume(total(entry));
            return Stop::End;
        }
        let after = bits.word.wrapping_shr(entry);
        let mut far = codes.distance(after);
        if is_long(far) {
            far = codes.long_distance(after);
        }
        let both = total(entry).wrapping_add(total(far));
        if far & SPECIAL != 0 || both > bits.n {
            return Stop::Here;
        }
        let (more, distance) = (length(bits.word, entry) as u8, distance(after, far) as u16);
        bits.consume(both);
        Stop::Match { more, distance }
    }

    /// Copies the match that was taken. Returns `false` if there is no room for it, or if it begins too far before;
    /// nothing changes then.
    #[inline(never)]
    fn copy_any<M: Mode>(&mut self, memory: &mut [u8], end: usize, place: Place, more: u8, distance: u16) -> bool {
        let Place { pos: first, lap, history, window: agreed } = place;
        let (len, distance) = (usize::from(more).wrapping_add(3), usize::from(distance));
        // a distance may be up to the number of bytes since `origin`, and up to what is kept
        let (origin, kept) = (first.wrapping_sub(history), lap.min(agreed));
        let room = end.saturating_sub(self.pos);
        if distance > kept || distance > self.pos.wrapping_sub(origin) || len > room {
            return false;
        }
        if len.wrapping_add(SLACK) <= room {
            copy_fast(memory, self.pos, lap, len, distance, M::TIGHT);
        } else {
            copy_match(memory, self.pos, lap, len, distance);
        }
        self.pos = self.pos.wrapping_add(len);
        true
    }
}
