//! Copying without a way to panic.

/// Copies `from` to the front of `to`, which is at least as long.
#[inline(always)]
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    #[cfg(target_pointer_width = "64")]
    if let Some(to) = to.get_mut(..from.len()) {
        to.copy_from_slice(from);
    }
    // `copy_from_slice` panics where the lengths are not equal, and brings that along where code is small and the compiler does not
    // see that they are
    #[cfg(not(target_pointer_width = "64"))]
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
