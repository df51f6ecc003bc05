//! What all layers stand on: whether the code is built for a small machine, and a copy that cannot panic.
//!
//! A **small machine** is one on which code size counts more than speed: every target whose pointers are not 64 bits wide. On it
//! the crate leaves out the fast paths beside the general one, and reads bytes one at a time instead of words. The rules are the
//! same. `build.rs` sets `cfg(upframe_small)` for such targets; nothing else in the crate looks at the target. On any other
//! machine `RUSTFLAGS="--cfg upframe_small" cargo test` builds and tests what a small machine runs.

/// Whether this is built for a small machine: the same predicate as `cfg(upframe_small)`, as a value.
pub(crate) const SMALL: bool = cfg!(upframe_small);

/// Copies `from` to the front of `to`, which is at least as long.
#[inline(always)]
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    #[cfg(not(upframe_small))]
    if let Some(to) = to.get_mut(..from.len()) {
        to.copy_from_slice(from);
    }
    #[cfg(upframe_small)]
    copy_words(from, to);
}

/// `copy_from_slice` panics where the lengths are not equal, and brings that along where code is small and the compiler does not
/// see that they are. A loop over bytes does not become a `memcpy` there. So words, in one function.
#[cfg(any(test, upframe_small))]
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
