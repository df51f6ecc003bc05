//! Compares values that stream by with known ones, without storing them. Two ways with the same result: runs on most
//! machines, bytes on small ones.

#[cfg(upframe_small)]
use super::candidates_small as way;
#[cfg(not(upframe_small))]
use super::candidates_words as way;
use super::letters::{Letters, MAX};
use super::value::SoleValue;
use crate::http::class::Class;
use crate::http::span::Run;
use crate::target::SMALL;
use core::mem::replace;

/// Which of the known values the bytes so far agree with.
pub(crate) type Candidates = way::Candidates;

/// Returns whether two parts of tokens, of the same length, are the same in any case of their letters. `known` consists
/// of lower case letters and hyphens.
///
/// It compares words: bit 0x20 makes a letter lower case, and makes no other byte of a token a letter or a hyphen.
#[cfg(any(test, not(upframe_small)))]
#[inline(always)]
pub(crate) fn is_same(part: &[u8], known: &[u8]) -> bool {
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
        let part = self.value.push(run, Class::NotSpace);
        // the usual case: the value came whole
        if !SMALL && run.last && candidates.is_all() {
            self.found = whole(part, known, letters);
            return;
        }
        candidates.push(part, known, letters);
        if run.last {
            self.found = replace(candidates, Candidates::ALL).found(known, letters);
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

/// Returns the index of the first known value that equals a whole value.
fn whole(value: &[u8], known: &[&str], letters: Letters) -> Option<u8> {
    let is_it = |known: &&str| match letters {
        Letters::AnyCase => known.as_bytes().eq_ignore_ascii_case(value),
        Letters::Exact => known.as_bytes() == value,
    };
    known.iter().take(MAX).position(is_it).map(|found| found as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    /// The same with everything in memory.
    fn naive(value: &[u8], known: &[&str], letters: Letters) -> Option<u8> {
        let is_it = |known: &&str| match letters {
            Letters::Exact => known.as_bytes() == value,
            Letters::AnyCase => known.as_bytes().eq_ignore_ascii_case(value),
        };
        known.iter().take(32).position(is_it).map(|found| found as u8)
    }

    #[test]
    fn values_with_the_same_beginning_are_told_apart_at_every_cut() {
        let known = ["abc", "ab", "abcd", "ABD", "", "abd", "b", "ab", "abdd", "c"];
        let mut values: Vec<String> = known.iter().map(|known| (*known).into()).collect();
        values.extend(["a", "abcde", "aBc", "abx", "abdx", "x", "cc", "B"].map(String::from));
        for letters in [Letters::Exact, Letters::AnyCase] {
            for (start, value) in (0..known.len()).flat_map(|start| values.iter().map(move |value| (start, value))) {
                let known = &known[start..];
                for cuts in 0..1 << value.len() {
                    let mut candidates = Candidates::ALL;
                    let mut piece = vec![];
                    for (i, byte) in value.bytes().enumerate() {
                        piece.push(byte);
                        if cuts >> i & 1 != 0 {
                            candidates.push(&piece, known, letters);
                            piece.clear();
                        }
                    }
                    candidates.push(&piece, known, letters);
                    let want = naive(value.as_bytes(), known, letters);
                    assert_eq!(candidates.found(known, letters), want, "{value} in {known:?}");
                }
            }
        }
    }

    #[test]
    fn a_value_that_comes_whole_is_the_one_that_comes_in_parts() {
        let many: Vec<String> = (0..40).map(|i| format!("v{i}")).collect();
        let many: Vec<&str> = many.iter().map(|value| &value[..]).collect();
        for known in [&["websocket"][..], &["abc", "ab", "ABD", "", "ab"], &[], &many] {
            for value in ["websocket", "WebSocket", "websocke", "abd", "ab", "", "a b", " ab\t", "v31", "v32", "v39"] {
                for letters in [Letters::Exact, Letters::AnyCase] {
                    let read = |cut: usize| {
                        let (mut sole, mut candidates) = (KnownValue::new(), Candidates::ALL);
                        let (a, b) = value.as_bytes().split_at(cut);
                        sole.push(Run { bytes: a, last: false }, &mut candidates, known, letters);
                        sole.push(Run { bytes: b, last: true }, &mut candidates, known, letters);
                        sole.judge()
                    };
                    let (mut sole, mut candidates) = (KnownValue::new(), Candidates::ALL);
                    sole.push(Run { bytes: value.as_bytes(), last: true }, &mut candidates, known, letters);
                    for cut in 0..=value.len() {
                        assert_eq!(read(cut), sole.judge(), "{value} cut at {cut}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_32nd_value_is_found_and_the_33rd_is_not() {
        for (count, shared) in [(31, ""), (32, ""), (33, ""), (300, ""), (33, "shared-"), (300, "shared-")] {
            let known: Vec<String> = (0..count).map(|i| format!("{shared}{i}")).collect();
            let known: Vec<&str> = known.iter().map(|value| &value[..]).collect();
            for (i, value) in known.iter().enumerate() {
                for cut in [1, 3, 100] {
                    let mut candidates = Candidates::ALL;
                    value.as_bytes().chunks(cut).for_each(|run| candidates.push(run, &known, Letters::Exact));
                    let want = (i < 32).then_some(i as u8);
                    assert_eq!(candidates.found(&known, Letters::Exact), want, "{value} {count}");
                }
            }
        }
    }

    #[test]
    fn a_value_longer_than_64_kb_is_no_other() {
        let long = "a".repeat(65_535);
        let known = [&long[..]];
        for (extra, found) in [(0, Some(0)), (1, None), (2, None), (65_536, None)] {
            let mut candidates = Candidates::ALL;
            candidates.push(long.as_bytes(), &known, Letters::Exact);
            candidates.push(&long.as_bytes().repeat(2)[..extra], &known, Letters::Exact);
            assert_eq!(candidates.found(&known, Letters::Exact), found);
        }
    }
}
