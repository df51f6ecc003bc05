//! The loops of [`wide`](super::wide), compiled once more for the vectors that the processor turns out to have: feature
//! `simd`.
//!
//! The loops are the same safe code. Without the feature they run with what every processor of the target has, which is
//! 16 bytes at a time on x86-64; with AVX2 it is 32.

use super::copying::copy_blocks;
use super::key::PhasedKey;
use super::moving::move_blocks;
use super::wide::in_lines;
use fearless_simd::{Level, Simd, dispatch};
use std::sync::OnceLock;

// Only a system can say what its processor has; the feature needs one, and nothing else here does.
extern crate std;

/// What the processor has. To ask once is cheaper: it takes ten questions, as long as to mask 400 bytes.
static LEVEL: OnceLock<Level> = OnceLock::new();

#[inline(always)]
fn level() -> Level {
    *LEVEL.get_or_init(Level::new)
}

/// From this length in bytes, masking in place gains more than it takes to ask what the processor has.
pub(super) const LONG: usize = 512;
/// The same for copies.
pub(super) const LONG_COPY: usize = 1024;

/// Masks at least 64 `bytes` in place; returns what `wide::apply_mask` returns.
#[inline(never)]
pub(super) fn apply_mask<const OR: bool>(bytes: &mut [u8], key: PhasedKey) -> u64 {
    dispatch!(level(), level => apply_on::<OR, _>(level, bytes, key))
}

/// Does the same from `from` into `to`, which has the same length.
#[inline(never)]
pub(super) fn copy_masked<const OR: bool>(from: &[u8], to: &mut [u8], key: PhasedKey) -> u64 {
    dispatch!(level(), level => copy_on::<OR, _>(level, from, to, key))
}

/// Masks all but the first `distance` bytes, which are at least 64, and moves them to the front.
#[inline(never)]
pub(super) fn move_masked(bytes: &mut [u8], distance: usize, key: PhasedKey) {
    dispatch!(level(), level => move_on(level, bytes, distance, key))
}

// A function of its own for each level: so the macro repeats a call and not a loop.

#[inline(always)]
fn apply_on<const OR: bool, S: Simd>(_: S, bytes: &mut [u8], key: PhasedKey) -> u64 {
    in_lines::<OR>(bytes, key)
}

#[inline(always)]
fn copy_on<const OR: bool, S: Simd>(_: S, from: &[u8], to: &mut [u8], key: PhasedKey) -> u64 {
    // Equal lengths, as the compiler sees them. No closure: it would be compiled without the vectors.
    let Some(to) = to.get_mut(..from.len()) else { return 0 };
    copy_blocks::<64, OR>(from, to, key)
}

#[inline(always)]
fn move_on<S: Simd>(_: S, bytes: &mut [u8], distance: usize, key: PhasedKey) {
    move_blocks(bytes, distance, key);
}
