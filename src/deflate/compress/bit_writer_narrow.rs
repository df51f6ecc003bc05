//! Small machines write bytes.

use super::bit_writer::BitWriter;

/// Writes `n` bits. At most 7 are held before, so there is room for 16 more in a register of 32.
#[inline(never)]
pub(super) fn put(writer: &mut BitWriter<'_>, mut value: u32, mut n: u32) {
    if n > 16 {
        half(writer, value & 0xFFFF, 16);
        value = value.wrapping_shr(16);
        n = n.wrapping_sub(16);
    }
    half(writer, value, n);
}

fn half(writer: &mut BitWriter<'_>, value: u32, n: u32) {
    writer.word |= value.wrapping_shl(writer.held);
    writer.held = writer.held.wrapping_add(n);
    writer.drain();
}
