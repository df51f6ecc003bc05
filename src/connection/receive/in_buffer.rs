//! The buffer that a caller reads into, as an input: pieces stay in it, next to those before them. It is what the reader
//! of whole messages receives from. A small machine finds messages with ranges instead, as callers do.

use super::input::{Input, part};
use crate::frame::mask::key::PhasedKey;
use crate::frame::mask::loops::{apply_mask, move_masked};
use crate::target::move_down;
use core::mem::take;
use core::ops::Range;

/// A buffer that has input from a position on. The last piece is told as a range, since a slice of it would lend the
/// whole buffer: the slices that this input yields are empty.
#[derive(Default)]
pub(crate) struct InBuffer<'i> {
    /// The buffer, up to the end of the input.
    buffer: &'i mut [u8],
    /// Where the input begins that is not consumed.
    position: usize,
    /// Where the next piece is moved to, if it is after that.
    place: usize,
    /// Where the last piece is.
    piece: Range<usize>,
}

/// The place of a piece that stays where it is.
pub(crate) const STAYS: usize = usize::MAX;

impl<'i> InBuffer<'i> {
    /// The input begins at `position`. The next piece is moved to `place`, unless it [`STAYS`].
    #[inline(always)]
    pub(crate) fn new(buffer: &'i mut [u8], position: usize, place: usize) -> Self {
        Self { buffer, position, place, piece: 0..0 }
    }

    /// Returns where the input begins that is not consumed.
    #[inline(always)]
    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    /// Returns where the last piece is; an empty range if there is none.
    #[inline(always)]
    pub(crate) fn piece(&self) -> Range<usize> {
        self.piece.start..self.piece.end
    }

    /// Returns where the next piece is moved to.
    #[inline(always)]
    pub(crate) const fn place(&self) -> usize {
        self.place
    }

    /// The next piece is moved to the end of the last one.
    #[inline(always)]
    pub(crate) const fn go_on(&mut self) {
        self.place = self.piece.end;
    }

    #[inline(always)]
    fn rest(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.position..).unwrap_or_default()
    }

    /// Consumes `skip` bytes and a piece of `n` bytes after them, which must exist. Returns where it is and where it is
    /// moved to.
    #[inline(always)]
    fn pass(&mut self, skip: usize, n: usize) -> (usize, usize) {
        let from = self.position.wrapping_add(skip);
        let to = from.min(self.place);
        self.position = from.wrapping_add(n);
        self.piece = to..to.wrapping_add(n);
        (from, to)
    }
}

impl<'b> Input<'b> for InBuffer<'_> {
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self.buffer.get(self.position..).unwrap_or_default()
    }

    #[inline(always)]
    fn room(&self) -> usize {
        usize::MAX
    }

    #[inline(always)]
    fn unmask<const OR: bool>(&mut self, skip: usize, n: usize, key: PhasedKey) -> u64 {
        self.rest().unmask::<OR>(skip, n, key)
    }

    #[inline(always)]
    fn unmasked(&self, skip: usize, n: usize) -> &[u8] {
        part(self.bytes(), skip, n)
    }

    fn mask_again(&mut self, skip: usize, n: usize, key: PhasedKey) {
        self.rest().mask_again(skip, n, key);
    }

    #[inline(always)]
    fn take(&mut self, skip: usize, n: usize) -> &'b [u8] {
        let (from, to) = self.pass(skip, n);
        move_down(self.buffer, from, to, n);
        &[]
    }

    #[inline(always)]
    fn take_front(&mut self, n: usize, valid: usize, are_reported: bool) -> &'b [u8] {
        if are_reported {
            self.take(0, valid);
            self.skip(n.saturating_sub(valid));
        } else {
            self.skip(n);
        }
        &[]
    }

    #[inline(always)]
    fn skip(&mut self, n: usize) {
        self.position = self.position.saturating_add(n).min(self.buffer.len());
    }

    #[inline(always)]
    fn take_unmasked(&mut self, skip: usize, n: usize, key: PhasedKey) -> &'b [u8] {
        let (from, to) = self.pass(skip, n);
        if key.is_none() {
            move_down(self.buffer, from, to, n);
        } else if let Some(bytes) = self.buffer.get_mut(to..self.position) {
            match from.wrapping_sub(to) {
                0 => _ = apply_mask::<false>(bytes, key),
                distance => move_masked(bytes, distance, key),
            }
        }
        &[]
    }

    #[inline(always)]
    fn unmask_first(&mut self, key: PhasedKey) {
        self.rest().unmask_first(key);
    }

    #[inline(always)]
    fn unmask_all(&mut self, key: PhasedKey) {
        self.rest().unmask_all(key);
    }

    #[inline(always)]
    fn lend<T>(&mut self, borrow: impl FnOnce(&mut Self) -> T) -> T {
        let mut lent = take(self);
        let result = borrow(&mut lent);
        *self = lent;
        result
    }
}
