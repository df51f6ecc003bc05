//! The buffers that the receiver reads: unmasked in place, read-only, or copied.

use crate::frame::mask::key::PhasedKey;
#[cfg(not(upframe_small))]
use crate::frame::mask::loops::mask_any;
use crate::frame::mask::loops::{apply_mask, copy_masked, or_all};
use crate::target::SMALL;
use core::mem::take;

/// Received bytes, and what may be done to them. A payload is first unmasked where it lies, and then consumed.
pub(crate) trait Input<'b>: Sized {
    /// Returns the bytes that are left.
    fn bytes(&self) -> &[u8];

    /// Returns how many bytes of payload can be yielded: at least 1 whenever a piece is still to be made.
    fn room(&self) -> usize;

    /// Unmasks the `n` bytes after the first `skip`, which must exist and fit the room. With `OR`, it returns the OR of
    /// their words.
    fn unmask<const OR: bool>(&mut self, skip: usize, n: usize, key: PhasedKey) -> u64;

    /// Returns the `n` bytes after the first `skip`, which were unmasked.
    fn unmasked(&self, skip: usize, n: usize) -> &[u8];

    /// Undoes [`unmask`](Self::unmask).
    fn mask_again(&mut self, skip: usize, n: usize, key: PhasedKey);

    /// Consumes `skip` bytes and the `n` bytes after them, which were unmasked. Returns the latter.
    fn take(&mut self, skip: usize, n: usize) -> &'b [u8];

    /// Consumes `n` bytes, which were unmasked. Returns the first `valid` of them, if they `are_reported`; otherwise the
    /// result means nothing.
    #[inline(always)]
    fn take_front(&mut self, n: usize, valid: usize, _are_reported: bool) -> &'b [u8] {
        self.take(0, n).get(..valid).unwrap_or_default()
    }

    /// Consumes `n` bytes, or all if there are fewer.
    fn skip(&mut self, n: usize);

    /// Consumes `skip` bytes and the `n` bytes after them, which must exist and fit the room. Returns the latter,
    /// unmasked.
    #[cfg(not(upframe_small))]
    fn take_unmasked(&mut self, skip: usize, n: usize, key: PhasedKey) -> &'b [u8];

    /// Unmasks the first byte, if there is one and the room is for one.
    fn unmask_first(&mut self, key: PhasedKey);

    /// Unmasks all of it, which must fit the room.
    #[cfg(not(upframe_small))]
    fn unmask_all(&mut self, key: PhasedKey);

    /// Lends all of it to a function out of line, and takes back what that has left. So a caller's slice stays in
    /// registers: its address is not passed on.
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn lend<T>(&mut self, borrow: impl FnOnce(&mut Self) -> T) -> T {
        borrow(self)
    }
}

/// Returns the `n` bytes after the first `skip`.
#[inline(always)]
pub(super) fn part(bytes: &[u8], skip: usize, n: usize) -> &[u8] {
    bytes.split_at_checked(skip).and_then(|(_, rest)| rest.get(..n)).unwrap_or_default()
}

/// A writable buffer: payloads are unmasked in place.
impl<'b> Input<'b> for &'b mut [u8] {
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self
    }

    #[inline(always)]
    fn room(&self) -> usize {
        usize::MAX
    }

    #[inline(always)]
    fn unmask<const OR: bool>(&mut self, skip: usize, n: usize, key: PhasedKey) -> u64 {
        let Some((_, rest)) = self.split_at_mut_checked(skip) else { return 0 };
        let Some(bytes) = rest.get_mut(..n) else { return 0 };
        match (key.is_none(), OR) {
            (true, false) if !SMALL => 0,
            (true, true) if !SMALL => or_all(bytes),
            // The payload of a masked frame is unmasked, also that of a control frame. [6.2-unmask]
            _ => apply_mask::<OR>(bytes, key),
        }
    }

    #[inline(always)]
    fn unmasked(&self, skip: usize, n: usize) -> &[u8] {
        part(self, skip, n)
    }

    fn mask_again(&mut self, skip: usize, n: usize, key: PhasedKey) {
        self.unmask::<false>(skip, n, key);
    }

    #[inline(always)]
    fn take(&mut self, skip: usize, n: usize) -> &'b [u8] {
        let Some((_, rest)) = take(self).split_at_mut_checked(skip) else { return &[] };
        let Some((piece, rest)) = rest.split_at_mut_checked(n) else { return &[] };
        *self = rest;
        piece
    }

    #[cfg_attr(upframe_small, inline(never))]
    fn skip(&mut self, n: usize) {
        *self = take(self).get_mut(n..).unwrap_or_default();
    }

    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn take_unmasked(&mut self, skip: usize, n: usize, key: PhasedKey) -> &'b [u8] {
        let Some((_, rest)) = take(self).split_at_mut_checked(skip) else { return &[] };
        let Some((piece, rest)) = rest.split_at_mut_checked(n) else { return &[] };
        *self = rest;
        if !key.is_none() {
            apply_mask::<false>(piece, key);
        }
        piece
    }

    #[inline(always)]
    fn unmask_first(&mut self, key: PhasedKey) {
        if let Some(byte) = self.first_mut() {
            *byte ^= key.first();
        }
    }

    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn unmask_all(&mut self, key: PhasedKey) {
        if !key.is_none() {
            mask_any(self, key);
        }
    }

    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn lend<T>(&mut self, borrow: impl FnOnce(&mut Self) -> T) -> T {
        let mut lent = take(self);
        let result = borrow(&mut lent);
        *self = lent;
        result
    }
}

/// A read-only buffer, for a client: the frames of a server are not masked.
impl<'b> Input<'b> for &'b [u8] {
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self
    }

    #[inline(always)]
    fn room(&self) -> usize {
        usize::MAX
    }

    #[inline(always)]
    fn unmask<const OR: bool>(&mut self, skip: usize, n: usize, _: PhasedKey) -> u64 {
        if OR { or_all(part(self, skip, n)) } else { 0 }
    }

    #[inline(always)]
    fn unmasked(&self, skip: usize, n: usize) -> &[u8] {
        part(self, skip, n)
    }

    fn mask_again(&mut self, _: usize, _: usize, _: PhasedKey) {}

    #[inline(always)]
    fn take(&mut self, skip: usize, n: usize) -> &'b [u8] {
        let Some((_, rest)) = self.split_at_checked(skip) else { return &[] };
        let Some((piece, rest)) = rest.split_at_checked(n) else { return &[] };
        *self = rest;
        piece
    }

    #[inline(always)]
    fn skip(&mut self, n: usize) {
        *self = self.get(n..).unwrap_or_default();
    }

    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn take_unmasked(&mut self, skip: usize, n: usize, _: PhasedKey) -> &'b [u8] {
        self.take(skip, n)
    }

    #[inline(always)]
    fn unmask_first(&mut self, _: PhasedKey) {}

    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn unmask_all(&mut self, _: PhasedKey) {}

    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn lend<T>(&mut self, borrow: impl FnOnce(&mut Self) -> T) -> T {
        let mut lent = *self;
        let result = borrow(&mut lent);
        *self = lent;
        result
    }
}

/// A read-only buffer, and a scratch to copy payloads to.
pub(crate) struct Copied<'i, 'b> {
    pub(crate) input: &'i [u8],
    pub(crate) scratch: &'b mut [u8],
}

impl<'b> Input<'b> for Copied<'_, 'b> {
    fn bytes(&self) -> &[u8] {
        self.input
    }

    fn room(&self) -> usize {
        self.scratch.len()
    }

    fn unmask<const OR: bool>(&mut self, skip: usize, n: usize, key: PhasedKey) -> u64 {
        match self.scratch.get_mut(..n) {
            Some(scratch) => copy_masked::<OR>(part(self.input, skip, n), scratch, key),
            None => 0,
        }
    }

    fn unmasked(&self, _: usize, n: usize) -> &[u8] {
        self.scratch.get(..n).unwrap_or_default()
    }

    fn mask_again(&mut self, _: usize, _: usize, _: PhasedKey) {}

    fn take(&mut self, skip: usize, n: usize) -> &'b [u8] {
        self.skip(skip.saturating_add(n));
        let Some((piece, rest)) = take(&mut self.scratch).split_at_mut_checked(n) else { return &[] };
        self.scratch = rest;
        piece
    }

    /// The scratch is for what is reported.
    fn take_front(&mut self, n: usize, valid: usize, are_reported: bool) -> &'b [u8] {
        if are_reported {
            return self.take(0, n).get(..valid).unwrap_or_default();
        }
        self.skip(n);
        &[]
    }

    fn skip(&mut self, n: usize) {
        self.input = self.input.get(n..).unwrap_or_default();
    }

    #[cfg(not(upframe_small))]
    fn take_unmasked(&mut self, skip: usize, n: usize, key: PhasedKey) -> &'b [u8] {
        self.unmask::<false>(skip, n, key);
        self.take(skip, n)
    }

    fn unmask_first(&mut self, key: PhasedKey) {
        self.unmask::<false>(0, 1, key);
    }

    #[cfg(not(upframe_small))]
    fn unmask_all(&mut self, key: PhasedKey) {
        self.unmask::<false>(0, self.input.len(), key);
    }
}
