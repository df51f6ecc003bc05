//! The nine states of the automaton, and the row of transitions for a byte (RFC 3629 §4).

/// The place of each state's field in a row, in bits. This number is the state itself.
///
/// The states in this order: error; between code points; one more byte of any kind; two more bytes of any kind; after
/// E0; after ED; after F0; after F1 to F3; after F4. The fields of 5 bits overlap. The places were found by a search,
/// so that overlapping fields agree in every row; `row` checks this.
pub(super) const PLACES: [u32; 9] = [0, 6, 16, 1, 19, 25, 11, 18, 24];
/// The significant bits of a state. A step leaves other bits of the row above them.
pub(crate) const STATE_BITS: u32 = 31;
/// The state after a byte that cannot follow. No byte leads out of it.
pub(crate) const ERROR: u32 = 0;
/// The state between code points.
pub(crate) const ACCEPT: u32 = 6;

/// Returns the state after `state` and `byte`, both states as an index of `PLACES` (the table of RFC 3629 §4).
pub(super) const fn next(state: usize, byte: u8) -> usize {
    match (state, byte) {
        // No continuation byte appears alone: a code point begins with an ASCII byte or a lead byte. [8.1-stray]
        (1, 0x00..=0x7F) => 1,
        (1, 0xC2..=0xDF) => 2,
        // A code point is in its shortest form: no C0, C1, E0 with 80 to 9F, F0 with 80 to 8F. [8.1-overlong]
        (1, 0xE0) => 4,
        // There are no surrogates: no ED with A0 to BF. [8.1-surrogates]
        (1, 0xED) => 5,
        (1, 0xE0..=0xEF) => 3,
        (1, 0xF0) => 6,
        // There is nothing above U+10FFFF: no F4 with 90 to BF, no F5 to FF. [8.1-beyond]
        (1, 0xF4) => 8,
        (1, 0xF0..=0xF4) => 7,
        // No code point begins inside another one: only continuation bytes follow a lead byte. [8.1-interrupted]
        (3, 0x80..=0xBF) | (4, 0xA0..=0xBF) | (5, 0x80..=0x9F) => 2,
        (6, 0x90..=0xBF) | (7, 0x80..=0xBF) | (8, 0x80..=0x8F) => 3,
        (2, 0x80..=0xBF) => 1,
        _ => 0,
    }
}

/// Returns the row of a byte: the next state for each state, at the place of that state.
#[expect(clippy::indexing_slicing, reason = "only evaluated by the compiler; states are below 9")]
#[expect(clippy::arithmetic_side_effects, reason = "only evaluated by the compiler, which would refuse an overflow")]
pub(super) const fn row(byte: u8) -> u32 {
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
