//! Short matches with a short period, which a copy in words would get wrong: frequent in short messages.

/// Copies a short match with a short period byte for byte. Returns `false` if it is not one.
#[inline(always)]
pub(super) fn copy_near(front: &mut [u8], pos: usize, end: usize, distance: usize) -> bool {
    let len = end.wrapping_sub(pos);
    if distance > 16 || len > 16 {
        return false;
    }
    let Some(from) = pos.checked_sub(distance) else { return false };
    let Some(both) = front.get_mut(from..end) else { return false };
    for at in 0..len {
        if let Some(byte) = both.get(at).copied()
            && let Some(place) = both.get_mut(at.wrapping_add(distance))
        {
            *place = byte;
        }
    }
    true
}
