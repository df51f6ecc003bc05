//! The automaton of RFC 3629 §4: nine states; a row of transitions is one `u32`, and a step is one shift, without a branch on the text.

/// Where the field of each state lies in a row, and so what a state is: error, between code points, one or two more bytes of any
/// kind, behind E0, ED, F0, F1–F3, F4. The fields of 5 bits overlap; the places were searched for so that they agree in every
/// row, and `row` checks that they do.
const PLACES: [u32; 9] = [0, 6, 16, 1, 19, 25, 11, 18, 24];
/// The bits of a state that count; above them a step leaves what it shifted down.
pub(super) const STATE_BITS: u32 = 31;
pub(super) const ERROR: u32 = 0;
pub(super) const ACCEPT: u32 = 6;

/// The table of RFC 3629 §4: the state (an index of `PLACES`) that follows `state` at `byte`.
const fn next(state: usize, byte: u8) -> usize {
    match (state, byte) {
        (1, 0x00..=0x7F) => 1,
        (1, 0xC2..=0xDF) => 2,
        (1, 0xE0) => 4,
        (1, 0xED) => 5,
        (1, 0xE1..=0xEF) => 3,
        (1, 0xF0) => 6,
        (1, 0xF1..=0xF3) => 7,
        (1, 0xF4) => 8,
        (2, 0x80..=0xBF) => 1,
        (3, 0x80..=0xBF) | (4, 0xA0..=0xBF) | (5, 0x80..=0x9F) => 2,
        (6, 0x90..=0xBF) | (7, 0x80..=0xBF) | (8, 0x80..=0x8F) => 3,
        _ => 0,
    }
}

#[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; states are below 9")]
#[expect(clippy::arithmetic_side_effects, reason = "only evaluated by the compiler, which would refuse an overflow")]
const fn row(byte: u8) -> u32 {
    let (mut row, mut taken, mut state) = (0u32, 0u32, 0);
    while state < PLACES.len() {
        let (field, value) = (STATE_BITS << PLACES[state], PLACES[next(state, byte)] << PLACES[state]);
        assert!(row & field & taken == value & taken, "overlapping fields disagree");
        row |= value;
        taken |= field;
        state += 1;
    }
    row
}

/// One byte further.
#[inline(always)]
pub(super) fn step(state: u32, byte: u8) -> u32 {
    #[cfg(not(upframe_small))]
    return large::step(state, byte);
    #[cfg(upframe_small)]
    return small::step(state, byte);
}

/// One row a byte: 1 KiB.
#[cfg(any(test, not(upframe_small)))]
pub(super) mod large {
    use super::row;

    #[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; below 256")]
    static ROWS: [u32; 256] = {
        let mut rows = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            rows[byte] = row(byte as u8);
            byte += 1;
        }
        rows
    };

    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
    pub(in super::super) fn step(state: u32, byte: u8) -> u32 {
        // [8.1-overlong] [8.1-surrogates] [8.1-beyond] [8.1-stray] [8.1-interrupted]
        ROWS[byte as usize] >> (state & super::STATE_BITS)
    }
}

/// One row a class of bytes, for targets that count flash: 48 bytes, and the code that finds the class.
#[cfg(any(test, upframe_small))]
pub(super) mod small {
    use super::row;

    #[rustfmt::skip]
    static ROWS: [u32; 12] = [
        row(0x00), row(0x80), row(0x90), row(0xA0), row(0xC2), row(0xE0),
        row(0xED), row(0xE1), row(0xF0), row(0xF1), row(0xF4), row(0xFF),
    ];

    pub(in super::super) fn step(state: u32, byte: u8) -> u32 {
        let class = match byte {
            0x00..=0x7F => 0,
            0x80..=0x8F => 1,
            0x90..=0x9F => 2,
            0xA0..=0xBF => 3,
            0xC2..=0xDF => 4,
            0xE0 => 5,
            0xED => 6,
            0xE1..=0xEF => 7,
            0xF0 => 8,
            0xF1..=0xF3 => 9,
            0xF4 => 10,
            _ => 11,
        };
        ROWS.get(class).map_or(super::ERROR, |row| row >> (state & super::STATE_BITS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tables_hold_the_automaton_for_every_byte_in_every_state() {
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
