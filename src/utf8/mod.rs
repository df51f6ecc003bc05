//! UTF-8 in pieces (RFC 3629, RFC 6455 §8.1).
//!
//! [`check`] judges one run of bytes: whole, cut inside its last code point, or bad at a byte. [`Validator`] joins runs: it keeps
//! the one to three bytes of a code point that was cut, and hands it out whole as [`Chars`] of its own when the rest has come.
//! Both find the first byte that can continue nothing, as early as that byte.
//!
//! Bytes go through the automaton of `automaton.rs`. Long runs are judged a block at a time, without it (`blocks.rs`); not on small
//! machines, whose registers hold no block.

mod automaton;
#[cfg(not(upframe_small))]
mod blocks;
mod chars;
mod validator;

pub use chars::Chars;
pub use validator::{NotUtf8, Validator};

pub(crate) use validator::{CutCodePoint, Impossible};

use crate::target::SMALL;
use automaton::{ACCEPT, ERROR, STATE_BITS, step};

/// Where a run of bytes stops being whole code points: what [`check`] found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// All is UTF-8.
    Whole,
    /// All could be UTF-8, but the last one to three bytes begin a code point that goes on behind the end.
    Cut {
        /// Bytes in whole code points.
        valid: usize,
    },
    /// Not UTF-8.
    Bad {
        /// Bytes in whole code points.
        valid: usize,
        /// Bytes before the first one that can continue nothing: `valid` plus 0 to 3.
        at: usize,
    },
}

/// Judges a run of bytes that begins with a code point.
///
/// Work is linear in the length, and a run of ASCII is skipped 16 bytes at a time.
///
/// ```
/// use upframe::utf8::{Verdict, check};
/// assert_eq!(check("añb".as_bytes()), Verdict::Whole);
/// assert_eq!(check(b"a\xC3"), Verdict::Cut { valid: 1 });
/// assert_eq!(check(b"a\xE2\x82A"), Verdict::Bad { valid: 1, at: 3 });
/// ```
#[inline(never)]
pub fn check(bytes: &[u8]) -> Verdict {
    #[cfg(feature = "simd")]
    if let Some(verdict) = check_in_vectors(bytes) {
        return verdict;
    }
    #[cfg(not(upframe_small))]
    if let Some(verdict) = blocks::check(bytes) {
        return verdict;
    }
    if SMALL { check_bytes(bytes, step) } else { check_with(bytes, step) }
}

/// The same for long runs with wide vectors, whose kind is found out at run time. None for short ones, which would pay for it, and
/// for what is bad: the automaton says where.
#[cfg(feature = "simd")]
fn check_in_vectors(bytes: &[u8]) -> Option<Verdict> {
    const LONG: usize = 64;
    if bytes.len() < LONG {
        return None;
    }
    // from the last lead byte on, if it is so near the end that its code point may be cut
    let near = bytes.len().saturating_sub(3);
    let lead = bytes.get(near..)?.iter().rposition(|byte| *byte >= 0xC0).map(|lead| near.saturating_add(lead));
    let (whole, tail) = bytes.split_at_checked(lead.unwrap_or(bytes.len()))?;
    simdutf8::basic::from_utf8(whole).ok()?;
    match check_with(tail, step) {
        Verdict::Whole => Some(Verdict::Whole),
        Verdict::Cut { .. } => Some(Verdict::Cut { valid: whole.len() }),
        Verdict::Bad { .. } => None,
    }
}

#[inline(always)]
fn check_with(bytes: &[u8], step: impl Fn(u32, u8) -> u32) -> Verdict {
    let (blocks, tail) = bytes.as_chunks::<16>();
    let mut state = ACCEPT;
    for (i, block) in blocks.iter().enumerate() {
        if state & STATE_BITS == ACCEPT && u128::from_le_bytes(*block) & HIGH_BITS == 0 {
            continue;
        }
        let before = state;
        state = block.iter().fold(state, |state, byte| step(state, *byte));
        if state & STATE_BITS == ERROR {
            return locate(bytes, i.saturating_mul(16), before, step);
        }
    }
    let before = state;
    state = tail.iter().fold(state, |state, byte| step(state, *byte));
    match state & STATE_BITS {
        ACCEPT => Verdict::Whole,
        ERROR => locate(bytes, bytes.len().saturating_sub(tail.len()), before, step),
        _ => Verdict::Cut { valid: lead_before(bytes, bytes.len()) },
    }
}

const HIGH_BITS: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;

/// Byte by byte, for small machines.
fn check_bytes(bytes: &[u8], step: impl Fn(u32, u8) -> u32) -> Verdict {
    let (mut state, mut valid) = (ACCEPT, 0);
    for (at, byte) in bytes.iter().enumerate() {
        state = step(state, *byte) & STATE_BITS;
        match state {
            ERROR => return Verdict::Bad { valid, at },
            ACCEPT => valid = at.saturating_add(1),
            _ => {}
        }
    }
    if state == ACCEPT { Verdict::Whole } else { Verdict::Cut { valid } }
}

/// The exact place of an error that lies in the block from `start`, which begins in `state`.
#[cold]
fn locate(bytes: &[u8], start: usize, mut state: u32, step: impl Fn(u32, u8) -> u32) -> Verdict {
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        let next = step(state, *byte) & STATE_BITS;
        if next == ERROR {
            let valid = if state & STATE_BITS == ACCEPT { at } else { lead_before(bytes, at) };
            return Verdict::Bad { valid, at };
        }
        state = next;
    }
    // the caller saw an error in this block
    Verdict::Bad { valid: start, at: start }
}

/// Where the unfinished code point begins that ends at `end`.
fn lead_before(bytes: &[u8], end: usize) -> usize {
    let before = bytes.get(..end).unwrap_or(bytes);
    before.iter().rposition(|byte| *byte >= 0xC0).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::automaton::{large, small};
    use super::*;
    use core::str::from_utf8;
    use std::vec::Vec;

    /// What `core` says, as a verdict.
    pub(super) fn naive(bytes: &[u8]) -> Verdict {
        let Err(error) = from_utf8(bytes) else { return Verdict::Whole };
        let valid = error.valid_up_to();
        match error.error_len() {
            None => Verdict::Cut { valid },
            // core counts the good bytes behind a lead, and 1 where the first byte itself is bad
            Some(len) => {
                Verdict::Bad { valid, at: if matches!(bytes[valid], 0xC2..=0xF4) { valid + len } else { valid } }
            }
        }
    }

    fn agree(bytes: &[u8]) {
        let want = naive(bytes);
        assert_eq!(check(bytes), want, "{bytes:x?}");
        assert_eq!(check_with(bytes, large::step), want, "{bytes:x?}");
        assert_eq!(check_with(bytes, small::step), want, "{bytes:x?}");
        assert_eq!(check_bytes(bytes, small::step), want, "{bytes:x?}");
    }

    #[test]
    fn every_byte_pair_and_every_interesting_quadruple_agrees_with_core() {
        for a in 0..=255 {
            agree(&[a]);
            for b in 0..=255 {
                agree(&[a, b]);
            }
        }
        let edges = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
            0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ];
        for a in edges {
            for b in edges {
                for c in edges {
                    agree(&[a, b, c]);
                    agree(
                        &[&b"at the end of a long run, whose last code point may go on behind it"[..], &[a, b, c]]
                            .concat(),
                    );
                    for d in edges {
                        agree(&[a, b, c, d]);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_wrong_is_seen_wherever_it_stands_in_a_block_or_across_two() {
        let edges = [
            0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xF0, 0xF1, 0xF4, 0xF5,
        ];
        for before in [13, 14, 15, 16, 45, 46, 47, 48, 77, 78] {
            for after in [0, 1, 2, 3, 60] {
                for a in edges {
                    for b in edges {
                        for c in [0x41, 0x80, 0xBF, 0xC2] {
                            let middle = [a, b, c, 0x80];
                            let bytes = [&[b'x'; 80][..before], &middle, &[b'y'; 60][..after]].concat();
                            assert_eq!(check(&bytes), naive(&bytes), "{middle:x?} between {before} and {after}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn runs_of_every_length_and_alphabet_agree_with_core() {
        let mut x = 1u32;
        let mut random = |n: usize| {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 8) as usize % n
        };
        for alphabet in
            ["aü", "abcdefghijklmnopqrstuvwxyzß", "世界", "я 😀", "\u{800}\u{D7FF}\u{E000}\u{10FFFF}\u{10000}"]
        {
            let chars: Vec<char> = alphabet.chars().collect();
            for len in 50..300 {
                let mut bytes = Vec::new();
                while bytes.len() < len {
                    bytes.extend(chars[random(chars.len())].encode_utf8(&mut [0; 4]).bytes());
                }
                // cut anywhere, and with one wrong byte
                assert_eq!(check(&bytes), Verdict::Whole);
                assert_eq!(check(&bytes[..len]), naive(&bytes[..len]));
                let at = random(len);
                bytes[at] = random(256) as u8;
                assert_eq!(check(&bytes), naive(&bytes), "{bytes:x?}");
            }
        }
    }

    #[test]
    fn every_scalar_value_is_accepted_and_every_cut_of_it_is_seen() {
        for c in (0..=u32::from(char::MAX)).step_by(7).filter_map(char::from_u32) {
            let mut buf = [0; 4];
            let bytes = c.encode_utf8(&mut buf).as_bytes();
            assert_eq!(check(bytes), Verdict::Whole);
            for cut in 1..bytes.len() {
                assert_eq!(check(&bytes[..cut]), Verdict::Cut { valid: 0 });
            }
        }
    }

    #[test]
    fn an_error_is_found_at_every_place_of_a_long_text() {
        let text = "Grüße, 世界! 😀 κόσμε and then some ASCII to fill a block of sixteen — 日本語".repeat(3);
        for at in 0..text.len() {
            for bad in [0x80, 0xC0, 0xC3, 0xE0, 0xED, 0xF4, 0xFF, b'a'] {
                let mut bytes = text.clone().into_bytes();
                bytes[at] = bad;
                agree(&bytes);
                agree(&bytes[..=at]);
            }
        }
    }
}
