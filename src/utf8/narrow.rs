//! The check of small machines: by the automaton, byte by byte.

use super::automaton::states::{ACCEPT, ERROR, STATE_BITS};
use super::verdict::Verdict;

/// Judges a run of bytes that begins with a code point. `step` is the step of the automaton.
pub(super) fn check_bytes(bytes: &[u8], step: impl Fn(u32, u8) -> u32) -> Verdict {
    let (mut state, mut valid) = (ACCEPT, 0);
    for (at, byte) in bytes.iter().enumerate() {
        state = step(state, *byte) & STATE_BITS;
        match state {
            ERROR => return Verdict::Bad { valid, at },
            ACCEPT => valid = at.saturating_add(1),
            _ => {}
        }
    }
    if state == ACCEPT { Verdict::Whole } else { Verdict::Cut { valid } }
}
