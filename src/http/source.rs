//! The input that a head is read from.

#[cfg(not(upframe_small))]
use super::line_words::{field_line, get_line};
use core::mem::take;

/// The input that a head is read from: a `&[u8]` or a `&mut [u8]`, which is shortened by what was consumed. Sealed.
///
/// ```
/// use upframe::http::{HeadLimits, HeadReader, Run, Span};
/// let mut buffer = *b"GET /chat";
/// let (mut shared, mut unique) = (&b"GET /chat"[..], &mut buffer[..]);
/// let method = Some(Span::Method(Run { bytes: b"GET", last: true }));
/// assert_eq!(HeadReader::request(HeadLimits::DEFAULT).read(&mut shared), method);
/// assert_eq!(HeadReader::request(HeadLimits::DEFAULT).read(&mut unique), method);
/// assert_eq!((shared, unique), (&b"/chat"[..], &mut b"/chat".clone()[..]));
/// ```
pub trait Source<'b>: sealed::Source<'b> {}
impl<'b> Source<'b> for &'b [u8] {}
impl<'b> Source<'b> for &'b mut [u8] {}

mod sealed {
    #[expect(unnameable_types, reason = "sealed")]
    pub trait Source<'b> {
        /// Returns what is left.
        fn bytes(&self) -> &[u8];
        /// Consumes and returns `n` bytes, or all that are left if there are fewer.
        fn take(&mut self, n: usize) -> &'b [u8];
        /// Consumes and returns all that is left.
        fn take_all(&mut self) -> &'b [u8];
        /// Consumes a whole field line in the usual form, and returns name and value. `None`: there is none, and
        /// nothing is consumed.
        #[cfg(not(upframe_small))]
        fn take_field(&mut self) -> Option<(&'b [u8], &'b [u8])>;
        /// Consumes a whole request line of a GET, and returns method and target. `None`: there is none, and nothing
        /// is consumed.
        #[cfg(not(upframe_small))]
        fn take_get(&mut self) -> Option<(&'b [u8], &'b [u8])>;
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
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn take_field(&mut self) -> Option<(&'b [u8], &'b [u8])> {
        let (name, value, rest) = field_line(self)?;
        *self = rest;
        Some((name, value))
    }
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn take_get(&mut self) -> Option<(&'b [u8], &'b [u8])> {
        let (method, target, rest) = get_line(self)?;
        *self = rest;
        Some((method, target))
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
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn take_field(&mut self) -> Option<(&'b [u8], &'b [u8])> {
        let (name, value, rest) = field_line(self)?;
        let (name, value, line) = (name.len(), value.len(), self.len().wrapping_sub(rest.len()));
        parts(self.take(line), name, FIELD_GAP, value)
    }
    #[cfg(not(upframe_small))]
    #[inline(always)]
    fn take_get(&mut self) -> Option<(&'b [u8], &'b [u8])> {
        let (method, target, rest) = get_line(self)?;
        let (method, target, line) = (method.len(), target.len(), self.len().wrapping_sub(rest.len()));
        parts(self.take(line), method, 1, target)
    }
}

/// What is between the name and the value of a field line in the usual form: a colon and a space.
#[cfg(not(upframe_small))]
pub(super) const FIELD_GAP: usize = 2;

/// Returns the first bytes of a line, and those after a gap.
#[cfg(not(upframe_small))]
#[inline(always)]
pub(super) fn parts(line: &[u8], first: usize, gap: usize, second: usize) -> Option<(&[u8], &[u8])> {
    let (first, rest) = line.split_at_checked(first)?;
    Some((first, rest.get(gap..)?.get(..second)?))
}
