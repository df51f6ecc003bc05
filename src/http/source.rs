//! Where heads are read from.

use core::mem::take;

/// Where a head is read from: `&mut &[u8]` or `&mut &mut [u8]`. Sealed.
pub trait Source<'b>: sealed::Source<'b> {}
impl<'b> Source<'b> for &'b [u8] {}
impl<'b> Source<'b> for &'b mut [u8] {}

mod sealed {
    #[expect(unnameable_types, reason = "sealed")]
    pub trait Source<'b> {
        /// What is left.
        fn bytes(&self) -> &[u8];
        /// Takes `n` bytes, or all.
        fn take(&mut self, n: usize) -> &'b [u8];
        /// Takes all that is left.
        fn take_all(&mut self) -> &'b [u8];
    }
}

impl<'b> sealed::Source<'b> for &'b [u8] {
    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        self
    }
    #[inline(always)]
    fn take(&mut self, n: usize) -> &'b [u8] {
        let (taken, rest) = self.split_at_checked(n).unwrap_or((self, &[]));
        *self = rest;
        taken
    }
    #[inline(always)]
    fn take_all(&mut self) -> &'b [u8] {
        take(self)
    }
}

impl<'b> sealed::Source<'b> for &'b mut [u8] {
    #[cfg_attr(not(upframe_small), inline(always))]
    fn bytes(&self) -> &[u8] {
        self
    }
    #[inline(always)]
    fn take(&mut self, n: usize) -> &'b [u8] {
        let n = n.min(self.len());
        let Some((taken, rest)) = take(self).split_at_mut_checked(n) else { return &[] };
        *self = rest;
        taken
    }
    #[inline(always)]
    fn take_all(&mut self) -> &'b [u8] {
        let all: &'b mut [u8] = take(self);
        all
    }
}
