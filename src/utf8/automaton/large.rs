//! The table of large machines: one row for each byte, 1 KiB.

use super::states::{STATE_BITS, row};

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

/// Returns the state after `byte`.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "a byte is below 256")]
pub(crate) fn step(state: u32, byte: u8) -> u32 {
    ROWS[byte as usize] >> (state & STATE_BITS)
}
