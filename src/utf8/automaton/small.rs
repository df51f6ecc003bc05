//! The table of small machines: one row for each class of bytes, 48 bytes, and the code that finds the class.

use super::states::{ERROR, STATE_BITS, row};

#[rustfmt::skip]
static ROWS: [u32; 12] = [
    row(0x00), row(0x80), row(0x90), row(0xA0), row(0xC2), row(0xE0),
    row(0xED), row(0xE1), row(0xF0), row(0xF1), row(0xF4), row(0xFF),
];

/// Returns the state after `byte`.
pub(crate) fn step(state: u32, byte: u8) -> u32 {
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
    ROWS.get(class).map_or(ERROR, |row| row >> (state & STATE_BITS))
}
