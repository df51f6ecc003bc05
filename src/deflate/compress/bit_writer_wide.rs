//! Large machines write 4 bytes at once.

use super::bit_writer::BitWriter;

/// Writes `n` bits. Fewer than 32 are held before, so there is room for 32 more in a register of 64.
#[inline(always)]
pub(super) fn put(writer: &mut BitWriter<'_>, value: u32, n: u32) {
    writer.word |= u64::from(value).wrapping_shl(writer.held);
    writer.held = writer.held.wrapping_add(n);
    if writer.held >= 32 {
        match writer.out.get_mut(writer.len..).and_then(<[u8]>::first_chunk_mut) {
            Some(place) => {
                *place = (writer.word as u32).to_le_bytes();
                writer.len = writer.len.wrapping_add(4);
                writer.word = writer.word.wrapping_shr(32);
                writer.held = writer.held.wrapping_sub(32);
            }
            None => writer.drain(),
        }
    }
}
