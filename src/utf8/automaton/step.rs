//! A step of the automaton, with the table that this machine uses.

#[cfg(not(upframe_small))]
use super::large;
#[cfg(upframe_small)]
use super::small;

/// Returns the state after `byte`.
#[inline(always)]
pub(crate) fn step(state: u32, byte: u8) -> u32 {
    #[cfg(not(upframe_small))]
    return large::step(state, byte);
    #[cfg(upframe_small)]
    return small::step(state, byte);
}

#[cfg(test)]
mod tests {
    use super::super::states::{PLACES, STATE_BITS, next, row};
    use super::super::{large, small};

    #[test]
    fn both_tables_agree_with_the_automaton_for_every_byte_in_every_state() {
        for byte in 0..=255 {
            for state in 0..PLACES.len() {
                let want = PLACES[next(state, byte)];
                assert_eq!(row(byte) >> PLACES[state] & STATE_BITS, want);
                assert_eq!(large::step(PLACES[state], byte) & STATE_BITS, want, "{byte:#x} in state {state}");
                assert_eq!(small::step(PLACES[state], byte) & STATE_BITS, want, "{byte:#x} in state {state}");
            }
        }
    }
}
