//! The [`rounds`](super::rounds), compiled once more for what the processor turns out to have: feature `simd`.
//!
//! They are the same safe code. With BMI2, a shift by a number of bits that is known at run time takes one instruction
//! instead of three, and a round has five of them.

use super::mode::Mode;
use super::reach::Reach;
use super::rounds::{Run, Stop};
use super::tables::Codes;
use fearless_simd::{Level, Simd, dispatch};

/// From this many bytes of input, the rounds gain more than it takes to ask what the processor has.
pub(super) const LONG: usize = 64;

/// Does what [`Run::rounds`] does.
#[inline(never)]
pub(super) fn rounds<C: Codes, M: Mode>(run: &mut Run<'_>, codes: &C, front: &mut [u8], reach: &Reach) -> Stop {
    dispatch!(Level::new(), level => rounds_on::<C, M, _>(level, run, codes, front, reach))
}

#[inline(always)]
fn rounds_on<C: Codes, M: Mode, S: Simd>(_: S, run: &mut Run<'_>, codes: &C, front: &mut [u8], reach: &Reach) -> Stop {
    run.inlined_rounds::<C, M>(codes, front, reach)
}
