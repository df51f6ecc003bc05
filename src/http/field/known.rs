//! Compares values that stream by with known ones, without storing them.

use super::value::SoleValue;
use crate::http::class::Class;
use crate::http::span::Run;
use crate::target::SMALL;
use core::mem::replace;

/// How many known values are told apart. Those after the first 32 are never found.
pub(crate) const MAX: usize = 32;

/// How letters are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Letters {
    /// Upper and lower case are different.
    Exact,
    /// Upper and lower case are the same.
    AnyCase,
}

/// Which of the known values the bytes so far agree with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates {
    /// One bit for each of the first 32 known values: whether it is ruled out.
    out: u32,
    len: u16,
}

impl Candidates {
    pub(crate) const ALL: Self = Self { out: 0, len: 0 };

    /// Compares the next bytes of the value.
    #[cfg_attr(upframe_small, inline(never))]
    pub(crate) fn push(&mut self, run: &[u8], known: &[&str], letters: Letters) {
        let from = usize::from(self.len);
        let to = from.saturating_add(run.len());
        for (i, value) in known.iter().enumerate().take(MAX) {
            let same = |expected: &[u8]| match letters {
                Letters::AnyCase => expected.eq_ignore_ascii_case(run),
                Letters::Exact => expected == run,
            };
            if !value.as_bytes().get(from..to).is_some_and(same) {
                self.out |= 1 << i;
            }
        }
        self.len = u16::try_from(to).unwrap_or(u16::MAX);
    }

    /// Returns the index of the first known value that equals the whole value.
    pub(crate) fn found(&self, known: &[&str]) -> Option<u8> {
        let is_it = |(i, value): &(usize, &&str)| self.out >> i & 1 == 0 && value.len() == usize::from(self.len);
        known.iter().enumerate().take(MAX).find(is_it).map(|(i, _)| i as u8)
    }
}

/// Returns whether two parts of tokens, of the same length, are the same in any case of their letters. `known` consists
/// of lower case letters and hyphens.
///
/// It compares words: bit 0x20 makes a letter lower case, and makes no other byte of a token a letter or a hyphen.
#[cfg_attr(not(upframe_small), inline(always))]
pub(crate) fn is_same(part: &[u8], known: &[u8]) -> bool {
    if SMALL {
        return part.eq_ignore_ascii_case(known);
    }
    const LOWER: u64 = 0x2020_2020_2020_2020;
    let same = |a: &[u8; 8], b: &[u8; 8]| u64::from_le_bytes(*a) | LOWER == u64::from_le_bytes(*b);
    let same_half = |a: &[u8; 4], b: &[u8; 4]| u32::from_le_bytes(*a) | LOWER as u32 == u32::from_le_bytes(*b);
    // the last word overlaps the one before it
    match (part.last_chunk(), known.last_chunk()) {
        (Some(a), Some(b)) => same(a, b) && part.as_chunks().0.iter().zip(known.as_chunks().0).all(|(a, b)| same(a, b)),
        _ => match (part.last_chunk(), known.last_chunk(), part.first_chunk(), known.first_chunk()) {
            (Some(a), Some(b), Some(c), Some(d)) => same_half(a, b) && same_half(c, d),
            _ => part.eq_ignore_ascii_case(known),
        },
    }
}

/// Which known value the value of a field is, without the white space around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownValue {
    value: SoleValue,
    found: Option<u8>,
}

impl KnownValue {
    pub(crate) const fn new() -> Self {
        Self { value: SoleValue::new(), found: None }
    }

    /// Reads the next bytes of a line. `candidates` are [`Candidates::ALL`] before a line, and are again after it.
    pub(crate) fn push(&mut self, run: Run, candidates: &mut Candidates, known: &[&str], letters: Letters) {
        // no known value contains white space
        candidates.push(self.value.push(run, Class::NotSpace), known, letters);
        if run.last {
            self.found = replace(candidates, Candidates::ALL).found(known);
        }
    }

    /// Returns the index of the known value. `None`: the field is missing. `Some(None)`: its value is unknown, or it
    /// appears twice.
    pub(crate) fn judge(&self) -> Option<Option<u8>> {
        match self.value.lines() {
            0 => None,
            _ => Some(if self.value.is_sole() { self.found } else { None }),
        }
    }
}
