//! What the crate knows about the target: whether it is a small machine, and a copy that cannot panic there.
//!
//! **A small machine is every target whose pointers are not 64 bits wide.** There, code size counts more than speed. The
//! crate leaves out the fast paths next to the general one, and reads single bytes instead of words. The rules and the
//! results are the same.
//!
//! `src/build.rs` sets `cfg(upframe_small)` for these targets, and nothing else in the crate looks at the target. On any
//! other machine, `RUSTFLAGS="--cfg upframe_small" cargo test` builds and tests exactly what a small machine runs.
//!
//! Three kinds of code depend on this predicate:
//!
//! * **Twins**, one body for each kind of machine, are in files of their own. `cfg` selects one of them. Under
//!   `cfg(test)` both are compiled if a test compares them.
//! * **Fast paths**, without which the general path does the same, are guarded by [`SMALL`] or by `cfg`.
//! * **Inline attributes.** `cfg_attr(not(upframe_small), inline(always))` inlines a function for speed, and leaves the
//!   choice to the compiler on a small machine. `cfg_attr(upframe_small, inline(never))` keeps one copy of a function
//!   that the compiler would duplicate on a small machine. No function needs both.

/// Whether the target is a small machine: the same predicate as `cfg(upframe_small)`, as a value.
pub(crate) const SMALL: bool = cfg!(upframe_small);

/// Copies `from` to the start of `to`, which is at least as long.
#[inline(always)]
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    #[cfg(not(upframe_small))]
    if let Some(to) = to.get_mut(..from.len()) {
        to.copy_from_slice(from);
    }
    #[cfg(upframe_small)]
    copy_words(from, to);
}

/// Copies words of 4 bytes, in one function for all callers.
///
/// `copy_from_slice` panics if the lengths differ, and links the panic machinery if the compiler cannot see that they
/// are equal. At the optimization level for size, a loop over bytes does not become a `memcpy`.
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
    fn any_length_is_copied_to_the_start() {
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
