//! What the crate knows about the target: whether it is a small machine, and a copy that cannot panic there.
//!
//! **On a small machine, code size counts more than speed.** The crate leaves out the fast paths next to the general one,
//! and reads single bytes instead of words. The rules and the results are the same.
//!
//! The program chooses, with `--cfg upframe_small` or `--cfg upframe_fast` in its `RUSTFLAGS`. If it does not, every
//! target whose pointers are not 64 bits wide is a small machine. `RUSTFLAGS` belong to the program and not to one of its
//! libraries, so there is one choice for all of them. A feature would not do: features of all libraries are united, so
//! one that asks for small code and one that asks for fast code would get both.
//!
//! `src/build.rs` reads the choice and sets `cfg(upframe_small)`. Nothing else in the crate looks at the target or at
//! `cfg(upframe_fast)`.
//!
//! Three kinds of code depend on this predicate:
//!
//! * **Twins**, one body for each kind of machine, are in files of their own. `cfg` selects one of them. Under
//!   `cfg(test)` both are compiled if a test compares them.
//! * **Fast paths**, without which the general path does the same, are guarded by [`SMALL`] or by `cfg`.
//! * **Inline attributes.** `cfg_attr(not(upframe_small), inline(always))` inlines a function for speed, and leaves the
//!   choice to the compiler on a small machine. `cfg_attr(upframe_small, inline(never))` keeps one copy of a function
//!   that the compiler would duplicate on a small machine. A function with both is inlined here, and is one there.

/// Whether the crate is built for a small machine: the same predicate as `cfg(upframe_small)`, as a value.
pub(crate) const SMALL: bool = cfg!(upframe_small);

/// The longest copy, in bytes, that is made in one piece.
///
/// Some versions of the C library copy more than 2,111 bytes with one instruction for strings (`rep movsb`). Some
/// processors then need 20 to 30 times as long if the target lies up to 31 bytes after the source, counted modulo 4,096.
/// That is where an echo lies: its payload came at the front of a buffer, and leaves after a header. Shorter copies use
/// vectors.
#[cfg(any(test, not(upframe_small)))]
pub(crate) const PIECE: usize = 2048;

/// Copies `from` to the start of `to`, which is at least as long.
#[inline(always)]
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    #[cfg(not(upframe_small))]
    if from.len() > PIECE {
        copy_pieces(from, to);
    } else if let Some(to) = to.get_mut(..from.len()) {
        to.copy_from_slice(from);
    }
    #[cfg(upframe_small)]
    copy_words(from, to);
}

/// Copies in pieces that the C library copies with vectors. All but the first begin at a cache line of the target.
#[cfg(any(test, not(upframe_small)))]
#[inline(never)]
fn copy_pieces(from: &[u8], to: &mut [u8]) {
    let Some(to) = to.get_mut(..from.len()) else { return };
    let to_line = to.as_ptr().align_offset(64).min(from.len());
    let (Some((head, from)), Some((place, to))) = (from.split_at_checked(to_line), to.split_at_mut_checked(to_line))
    else {
        return;
    };
    copy_piece(head, place);
    for (from, to) in from.chunks(PIECE).zip(to.chunks_mut(PIECE)) {
        copy_piece(from, to);
    }
}

#[cfg(any(test, not(upframe_small)))]
#[inline(always)]
fn copy_piece(from: &[u8], to: &mut [u8]) {
    if from.len() == to.len() {
        to.copy_from_slice(from);
    }
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

/// Moves `len` bytes towards the front of a buffer, in pieces, for the reason that [`PIECE`] tells. Does
/// nothing if `to` is not before `from`.
#[cfg(not(upframe_small))]
pub(crate) fn move_down(buffer: &mut [u8], from: usize, to: usize, len: usize) {
    let Some(end) = from.checked_add(len) else { return };
    if to >= from || end > buffer.len() {
        return;
    }
    let (mut from, mut to) = (from, to);
    while end.wrapping_sub(from) > PIECE {
        let after = from.wrapping_add(PIECE);
        buffer.copy_within(from..after, to);
        (from, to) = (after, to.wrapping_add(PIECE));
    }
    buffer.copy_within(from..end, to);
}

/// The same without the panic of `copy_within`, which the compiler would link: see [`copy_words`].
#[cfg(any(test, upframe_small))]
pub(crate) fn move_down_in_parts(buffer: &mut [u8], from: usize, to: usize, len: usize) {
    let Some(distance) = from.checked_sub(to) else { return };
    let Some(mut rest) = buffer.get_mut(to..from.saturating_add(len)) else { return };
    // parts as long as the distance do not overlap
    while distance > 0
        && let Some((front, back)) = rest.split_at_mut_checked(distance)
        && !back.is_empty()
    {
        let n = back.len().min(distance);
        if let (Some(from), Some(to)) = (back.get(..n), front.get_mut(..n)) {
            copy(from, to);
        }
        rest = back;
    }
}

#[cfg(upframe_small)]
pub(crate) use move_down_in_parts as move_down;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_of_the_program_comes_before_the_width_of_pointers() {
        let by_target = cfg!(not(target_pointer_width = "64"));
        assert_eq!(SMALL, if cfg!(upframe_fast) { false } else { by_target || cfg!(upframe_small) });
    }

    #[test]
    fn any_length_is_copied_to_the_start() {
        const MOST: usize = 3 * PIECE;
        let from: [u8; MOST] = core::array::from_fn(|i| (i % 251) as u8);
        let long = [PIECE, 2 * PIECE, MOST].into_iter().flat_map(|len| len - 2..=len.saturating_add(2).min(MOST));
        for len in (0..=20).chain(long) {
            for copy in [copy as fn(&[u8], &mut [u8]), copy_pieces, copy_words] {
                let mut to = [0xEE; MOST + 4];
                copy(&from[..len], &mut to);
                assert_eq!((&to[..len], &to[len..]), (&from[..len], &[0xEE; MOST + 4][len..]));
            }
        }
    }

    #[test]
    fn a_target_that_is_too_short_is_left_unchanged() {
        for len in [3, 3 * PIECE] {
            for copy in [copy as fn(&[u8], &mut [u8]), copy_pieces, copy_words] {
                let mut to = vec![0xEE; len - 1];
                copy(&vec![0; len], &mut to);
                assert!(to.iter().all(|byte| *byte == 0xEE), "{len}");
            }
        }
    }

    #[test]
    fn bytes_move_towards_the_front_in_parts_as_at_once() {
        let from: std::vec::Vec<u8> = (0..40).collect();
        for (start, to, len) in
            [(6, 0, 30), (6, 5, 34), (20, 3, 20), (20, 3, 5), (5, 5, 9), (8, 2, 0), (10, 0, 31), (3, 9, 4)]
        {
            let (mut one, mut two) = (from.clone(), from.clone());
            move_down_in_parts(&mut one, start, to, len);
            if to < start && start + len <= 40 {
                two.copy_within(start..start + len, to);
            }
            assert_eq!(one[..to + len], two[..to + len], "{start} {to} {len}");
        }
    }

    #[cfg(not(upframe_small))]
    #[test]
    fn bytes_move_towards_the_front_in_pieces_as_at_once() {
        let from: std::vec::Vec<u8> = (0..3 * PIECE).map(|i| (i % 251) as u8).collect();
        for len in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1] {
            for (start, to) in [(1, 0), (9, 3), (PIECE - 1, 0), (PIECE, 1), (9, 9), (3, 4), (PIECE, 0)] {
                let (mut one, mut two) = (from.clone(), from.clone());
                move_down(&mut one, start, to, len);
                if to < start && start + len <= two.len() {
                    two.copy_within(start..start + len, to);
                }
                assert!(one == two, "{len} bytes from {start} to {to}");
            }
        }
    }
}
