//! Known values that are told apart run by run, on most machines: as fast as the comparison of bytes in memory.

use super::letters::{Letters, MAX};

impl Letters {
    /// Returns what follows `front` in a value that begins with it.
    #[inline(always)]
    fn rest_after<'v>(self, front: &[u8], value: &'v [u8]) -> Option<&'v [u8]> {
        let (begin, rest) = value.split_at_checked(front.len())?;
        let is_same = match self {
            Self::AnyCase => begin.eq_ignore_ascii_case(front),
            Self::Exact => begin == front,
        };
        is_same.then_some(rest)
    }
}

/// Which of the known values the bytes so far agree with.
///
/// Only the first such value is compared with what comes. When it differs, the next one that agrees is looked for, once
/// for each value, so that values with the same beginning cost no more than different ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates {
    /// The index of the first known value that begins with the bytes so far; out of bounds if none does.
    first: u8,
    len: u16,
}

impl Candidates {
    pub(crate) const ALL: Self = Self { first: 0, len: 0 };

    /// Returns whether nothing of the value has come.
    #[inline(always)]
    pub(crate) const fn is_all(&self) -> bool {
        self.first == 0 && self.len == 0
    }

    /// Compares the next bytes of the value.
    #[inline(always)]
    pub(crate) fn push(&mut self, run: &[u8], known: &[&str], letters: Letters) {
        self.advance(run, false, known, letters);
    }

    /// Returns the index of the first known value that equals the whole value.
    #[inline(always)]
    pub(crate) fn found(mut self, known: &[&str], letters: Letters) -> Option<u8> {
        self.advance(&[], true, known, letters);
        (self.first < MAX as u8).then_some(self.first)
    }

    /// Goes to the first known value that begins with the bytes so far and the run, and, if it is the end, has no more.
    fn advance(&mut self, run: &[u8], end: bool, known: &[&str], letters: Letters) {
        let known = known.get(..MAX).unwrap_or(known);
        let (from, begin) = (usize::from(self.len), usize::from(self.first));
        let to = from.saturating_add(run.len());
        let so_far = known.get(begin).and_then(|value| value.as_bytes().get(..from));
        self.len = u16::try_from(to).unwrap_or(u16::MAX);
        loop {
            if let Some(byte) = run.first() {
                // the first byte tells most values apart, in any case of a letter
                let others = known.get(usize::from(self.first)..).unwrap_or_default();
                let is_same =
                    |value: &&str| value.as_bytes().get(from).is_some_and(|other| (other ^ byte) & !0x20 == 0);
                let next = others.iter().position(is_same).unwrap_or(MAX);
                self.first = self.first.wrapping_add(next as u8);
            }
            let Some(value) = known.get(usize::from(self.first)) else { return self.first = u8::MAX };
            let value = value.as_bytes();
            // of the first one it is known already
            let is_known = usize::from(self.first) == begin;
            let rest = if is_known { value.get(from..) } else { letters.rest_after(so_far.unwrap_or_default(), value) };
            let rest = rest.and_then(|rest| letters.rest_after(run, rest));
            if rest.is_some_and(|rest| !end || rest.is_empty()) {
                return;
            }
            self.first = self.first.wrapping_add(1);
        }
    }
}
