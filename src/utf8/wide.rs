//! The check of large machines: by the automaton, but ASCII is skipped 16 bytes at a time.

use super::automaton::states::{ACCEPT, ERROR, STATE_BITS};
use super::verdict::Verdict;

/// The bits that no ASCII byte has set.
pub(super) const HIGH_BITS: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;

/// Judges a run of bytes that begins with a code point. `step` is the step of the automaton.
#[inline(always)]
pub(super) fn check_with(bytes: &[u8], step: impl Fn(u32, u8) -> u32) -> Verdict {
    let (blocks, tail) = bytes.as_chunks::<16>();
    let mut state = ACCEPT;
    for (i, block) in blocks.iter().enumerate() {
        if state & STATE_BITS == ACCEPT && u128::from_le_bytes(*block) & HIGH_BITS == 0 {
            continue;
        }
        let before = state;
        state = block.iter().fold(state, |state, byte| step(state, *byte));
        if state & STATE_BITS == ERROR {
            return locate(bytes, i.saturating_mul(16), before, step);
        }
    }
    let before = state;
    state = tail.iter().fold(state, |state, byte| step(state, *byte));
    match state & STATE_BITS {
        ACCEPT => Verdict::Whole,
        ERROR => locate(bytes, bytes.len().saturating_sub(tail.len()), before, step),
        _ => Verdict::Cut { valid: lead_before(bytes, bytes.len()) },
    }
}

/// Finds the exact place of an error in the block that begins at `start`, in `state`.
#[cold]
fn locate(bytes: &[u8], start: usize, mut state: u32, step: impl Fn(u32, u8) -> u32) -> Verdict {
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        let next = step(state, *byte) & STATE_BITS;
        if next == ERROR {
            let valid = if state & STATE_BITS == ACCEPT { at } else { lead_before(bytes, at) };
            return Verdict::Bad { valid, at };
        }
        state = next;
    }
    // Not reached: there is an error in this block.
    Verdict::Bad { valid: start, at: start }
}

/// Returns where the incomplete code point begins that ends at `end`.
fn lead_before(bytes: &[u8], end: usize) -> usize {
    let before = bytes.get(..end).unwrap_or(bytes);
    before.iter().rposition(|byte| *byte >= 0xC0).unwrap_or(end)
}
