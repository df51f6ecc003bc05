//! Many symbols with few checks, on large machines: as long as there are 8 bytes of input, and room for the longest
//! match and for what is written after it.
//!
//! It reports nothing. What it does not accept, it leaves unchanged for the way that takes one symbol after the other.

use super::alphabet::{Entry, LITERAL, SPECIAL, code_bits, is_end, is_long, total};
use super::bits::{Bits, low};
use super::fast_copy::copy_fast;
use super::tables::Codes;
use super::window::{Place, SLACK, Window};

/// Room that one round needs: two literals, the longest match (258), and what is written after its end.
const ROOM: usize = 2 + 258 + SLACK;

/// Takes symbols. Returns whether it took the end of the block.
///
/// In here only the low 6 bits of the number of bits count, and the word may have bits above it: they are those of the
/// bytes that come next.
#[inline(never)]
pub(super) fn take_symbols<C: Codes>(codes: &C, bits: &mut Bits, input: &mut &[u8], window: &mut Window<'_>) -> bool {
    let Some(stop) = window.end.checked_sub(ROOM) else { return false };
    let memory = &mut *window.memory;
    let Place { pos: start, lap, history, window: agreed } = *window.place;
    let tight = window.place.is_tight();
    // a distance may be up to the number of bytes since `origin`, and up to what is kept
    let origin = start.wrapping_sub(history);
    let kept = lap.min(agreed);
    let (mut word, mut n, mut rest, mut pos) = (bits.word, bits.n, *input, start);
    let mut ended = false;
    while let Some(eight) = rest.first_chunk::<8>()
        && pos <= stop
    {
        // as `bits_wide::refill`; 56 bits or more from here on
        word |= u64::from_le_bytes(*eight).wrapping_shl(n);
        rest = rest.get(((n ^ 63) >> 3 & 7) as usize..).unwrap_or_default();
        n |= 56;
        let mut entry = codes.literal(word);
        if entry & LITERAL != 0 {
            let Some(to) = memory.get_mut(pos..).and_then(|to| to.first_chunk_mut::<3>()) else { break };
            take_literal(&mut to[0], entry, &mut word, &mut n);
            pos = pos.wrapping_add(1);
            entry = codes.literal(word);
            if entry & LITERAL != 0 {
                take_literal(&mut to[1], entry, &mut word, &mut n);
                pos = pos.wrapping_add(1);
                entry = codes.literal(word);
                if entry & LITERAL != 0 {
                    take_literal(&mut to[2], entry, &mut word, &mut n);
                    pos = pos.wrapping_add(1);
                    continue;
                }
            }
        }
        if entry & SPECIAL != 0 {
            if is_long(entry) {
                entry = codes.long_literal(word);
            }
            if total(entry) > n & 63 {
                continue;
            }
            if entry & LITERAL != 0 {
                let Some(to) = memory.get_mut(pos) else { break };
                take_literal(to, entry, &mut word, &mut n);
                pos = pos.wrapping_add(1);
                continue;
            }
            if entry & SPECIAL != 0 {
                if is_end(entry) {
                    consume(entry, &mut word, &mut n);
                    ended = true;
                }
                break;
            }
        }
        let after = word.wrapping_shr(entry);
        let mut far = codes.distance(after);
        if far & SPECIAL != 0 {
            if is_long(far) {
                far = codes.long_distance(after);
            }
            if far & SPECIAL != 0 {
                break;
            }
        }
        // up to three literals may have left too little for both
        if total(entry).wrapping_add(total(far)) > n & 63 {
            continue;
        }
        let len = (entry >> 16).wrapping_add(low(word, total(entry)).wrapping_shr(code_bits(entry))) as usize;
        let less = (far >> 16).wrapping_add(low(after, total(far)).wrapping_shr(code_bits(far))) as usize;
        if less >= kept || less >= pos.wrapping_sub(origin) {
            break;
        }
        word = after.wrapping_shr(far);
        n = n.wrapping_sub(entry).wrapping_sub(far);
        copy_fast(memory, pos, lap, len, less.wrapping_add(1), tight);
        pos = pos.wrapping_add(len);
    }
    n &= 63;
    *bits = Bits { word: word & 1u64.wrapping_shl(n).wrapping_sub(1), n };
    *input = rest;
    window.place.advance(pos.wrapping_sub(start));
    ended
}

#[inline(always)]
fn consume(entry: Entry, word: &mut u64, n: &mut u32) {
    *word = word.wrapping_shr(entry);
    *n = n.wrapping_sub(entry);
}

#[inline(always)]
fn take_literal(to: &mut u8, entry: Entry, word: &mut u64, n: &mut u32) {
    *to = (entry >> 16) as u8;
    consume(entry, word, n);
}
