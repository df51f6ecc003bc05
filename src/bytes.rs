//! What all layers stand on: copying without a way to panic, and whether code is to be short.

/// Whether the machine is a small one, where code must be short rather than quick: no words at a time, no usual case beside the
/// general one. The rules are the same: `RUSTFLAGS="--cfg upframe_small" cargo test` tests what small machines take on any other.
pub(crate) const SMALL: bool = cfg!(any(upframe_small, not(target_pointer_width = "64")));

/// Copies `from` to the front of `to`, which is at least as long.
#[inline(always)]
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    #[cfg(target_pointer_width = "64")]
    if let Some(to) = to.get_mut(..from.len()) {
        to.copy_from_slice(from);
    }
    #[cfg(not(target_pointer_width = "64"))]
    copy_words(from, to);
}

/// `copy_from_slice` panics where the lengths are not equal, and brings that along where code is small and the compiler does not
/// see that they are. A loop over bytes does not become a `memcpy` there. So words, in one function.
#[cfg(any(test, not(target_pointer_width = "64")))]
#[inline(never)]
fn copy_words(from: &[u8], to: &mut [u8]) {
    let Some(to) = to.get_mut(..from.len()) else { return };
    let ((from, from_tail), (to, to_tail)) = (from.as_chunks::<4>(), to.as_chunks_mut::<4>());
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    for (to, from) in to_tail.iter_mut().zip(from_tail) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_is_copied_to_the_front() {
        let from: [u8; 20] = core::array::from_fn(|i| i as u8);
        for len in 0..=20 {
            for copy in [copy as fn(&[u8], &mut [u8]), copy_words] {
                let mut to = [0xEE; 24];
                copy(&from[..len], &mut to);
                assert_eq!((&to[..len], &to[len..]), (&from[..len], &[0xEE; 24][len..]));
            }
        }
    }
}
