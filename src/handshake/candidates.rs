//! Compares values that stream by with known ones, without storing them.

use crate::http::trim;

/// How many known values are told apart; those behind are never found.
pub(crate) const MAX: usize = 32;

/// Which of the known values the bytes so far agree with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates {
    /// One bit for each of the first 32.
    left: u32,
    len: u16,
}

impl Candidates {
    pub(crate) const ALL: Self = Self { left: u32::MAX, len: 0 };

    /// The next bytes of the value.
    pub(crate) fn push(&mut self, run: &[u8], known: &[&str], same: impl Fn(&[u8], &[u8]) -> bool) {
        let from = usize::from(self.len);
        let to = from.saturating_add(run.len());
        for (i, value) in known.iter().enumerate().take(MAX) {
            if !value.as_bytes().get(from..to).is_some_and(|expected| same(expected, run)) {
                self.left &= !(1 << i);
            }
        }
        self.len = u16::try_from(to).unwrap_or(u16::MAX);
    }

    /// The first known value that is the value that has come.
    pub(crate) fn found(&self, known: &[&str]) -> Option<u8> {
        let is_it = |(i, value): &(usize, &&str)| self.left >> i & 1 == 1 && value.len() == usize::from(self.len);
        known.iter().enumerate().take(MAX).find(is_it).map(|(i, _)| i as u8)
    }
}

/// Which known value a field's value is, without the white space around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OneOf<'p> {
    known: &'p [&'p str],
    any_case: bool,
    candidates: Candidates,
    /// White space has come behind it.
    ended: bool,
    lines: u8,
    found: Option<u8>,
}

impl<'p> OneOf<'p> {
    pub(crate) const fn new(known: &'p [&'p str], any_case: bool) -> Self {
        Self { known, any_case, candidates: Candidates::ALL, ended: false, lines: 0, found: None }
    }

    pub(crate) fn push(&mut self, bytes: &[u8], last: bool) {
        for run in bytes.split_inclusive(|byte| matches!(byte, b' ' | b'\t')) {
            let value = trim(run);
            let (ended, any_case) = (self.ended, self.any_case);
            if !value.is_empty() {
                // nothing that is known holds a space
                self.candidates.push(value, self.known, |a, b| {
                    !ended && if any_case { a.eq_ignore_ascii_case(b) } else { a == b }
                });
            }
            self.ended |= value.len() < run.len() && self.candidates.len > 0;
        }
        if last {
            self.lines = self.lines.saturating_add(1);
            self.found = self.candidates.found(self.known);
            (self.candidates, self.ended) = (Candidates::ALL, false);
        }
    }

    /// `None`: the field is not there; `Some(None)`: it is no known value, or is there twice.
    pub(crate) fn judge(&self) -> Option<Option<&'p str>> {
        match self.lines {
            0 => None,
            1 => Some(self.found.and_then(|found| self.known.get(usize::from(found)).copied())),
            _ => Some(None),
        }
    }
}
